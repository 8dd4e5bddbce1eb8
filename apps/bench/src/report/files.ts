// The results that are kept: files of JSON, and the README that is written from them and never by hand.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { merge, type Results } from './results.js';
import { markdown, tablesOf, targetTable } from './tables.js';
import { workloadsOn } from '../work/gpu-workloads.js';
import { targetDevice } from './targets.js';

export const resultsFolder: string = fileURLToPath(new URL('../../results', import.meta.url));
const readmeFile = join(resultsFolder, 'README.md');

const read = (file: string): Results => JSON.parse(readFileSync(file, 'utf8')) as Results;

function section(file: string, results: Results): string {
  const { machine: m, versions, device, threads, peers, small = false } = results;
  const dates = results.results.map((r) => r.date).sort();
  const libraries = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const name = basename(file, '.json');
  return [
    `## ${name}`,
    '',
    `- Machine: ${m.cpu}, ${m.cores} cores, ${m.memoryGb} GB; ${m.system}; Node ${m.node} (V8 ${m.v8})`,
    ...(m.gpu ? [`- GPU: ${m.gpu}${small ? '; small sizes, because it is slow' : ''}`] : []),
    `- Ours on ${device}; ${threads === 1 ? 'one thread' : `${threads} threads`} for each peer`,
    ...(libraries.length > 0 ? [`- With ${libraries.join(', ')}`] : []),
    `- Measured from ${dates[0]} to ${dates.at(-1)} UTC; again by \`pnpm bench --device ${device}${small ? ' --small' : ` --threads ${threads}`} --json apps/bench/results/${name}.json\``,
    '',
    'A cell is the median of the medians of the rounds, and the best single run in brackets. `-`: the library cannot do it. Peers:',
    '',
    ...Object.entries(peers).map(([peer, about]) => `- \`${peer}\`: ${about}`),
    '',
    ...(device === targetDevice ? [markdown(targetTable(results, true)), ''] : []),
    ...tablesOf(results, workloadsOn(device, small)).flatMap((t) => [markdown(t), '']),
  ].join('\n');
}

/** What the README says of all results that are kept. */
export function readme(): string {
  const files = readdirSync(resultsFolder)
    .filter((name) => name.endsWith('.json'))
    .sort();
  const intro = `# Results

Written by \`pnpm bench\` from the files of JSON beside it. How to read the tables, and how fair they are, is in
[the benchmark's README](../README.md).
`;
  return `${[intro, ...files.map((name) => section(name, read(join(resultsFolder, name))))].join('\n').trimEnd()}\n`;
}
export const writtenReadme = (): string => readFileSync(readmeFile, 'utf8');
export const writeReadme = (): void => writeFileSync(readmeFile, readme());

/** A line for each workload, and no more digits than a clock has. */
function written({ results, ...setting }: Results): string {
  const short = (value: unknown): string =>
    JSON.stringify(value, (_, v: unknown) =>
      typeof v === 'number' && !Number.isInteger(v) ? Number(v.toPrecision(6)) : v,
    );
  const head = Object.entries(setting).map(([name, value]) => `  "${name}": ${short(value)},`);
  const lines = results.map((r) => `    ${short(r)}`).join(',\n');
  return `{\n${head.join('\n')}\n  "results": [\n${lines}\n  ]\n}\n`;
}

/** What a file would hold with these results in it; an error when it holds those of another machine or setting. */
export const merged = (file: string, results: Results): Results =>
  existsSync(file) ? merge(read(file), results) : results;

/** Keeps results in a file. Results of the same workloads are replaced. */
export function keep(file: string, results: Results): void {
  writeFileSync(file, written(merged(file, results)));
  if (resolve(dirname(file)) === resolve(resultsFolder)) writeReadme();
}
