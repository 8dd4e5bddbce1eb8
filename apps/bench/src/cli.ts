// The benchmark: `pnpm bench`. Measures, prints tables, keeps the results.
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { helpText, parseOptions, UsageError, type Options } from './options.js';
import { keep, merged, writeReadme } from './report/files.js';
import type { Results } from './report/results.js';
import { plain, tablesOf, targetTable } from './report/tables.js';
import { targetDevice } from './report/targets.js';
import { installPeers } from './run/install.js';
import { adapterOf, machine } from './run/machine.js';
import { gpuRows, peerRows, type PeerRow } from './run/peers.js';
import { python } from './run/process.js';
import { progress } from './run/progress.js';
import { measure } from './run/rounds.js';
import { workloadsOn } from './work/gpu-workloads.js';

const say = (text: string): void => console.log(text);

const hasTorch = (): boolean => spawnSync(python, ['-c', 'import torch, numpy']).status === 0;

/** Who takes part: those that are asked for, or all that are there. */
function participants({ device, threads, peers }: Options): readonly PeerRow[] {
  const all = peerRows(device, threads);
  const absent = peers?.find((name) => !all.some((row) => row.name === name));
  if (absent !== undefined)
    throw new UsageError(`--peers ${absent}: on ${device} there are ${all.map((row) => row.name).join(', ')}`);
  const rows = all.filter((row) => peers?.includes(row.name) ?? true);
  const torch = rows.find((row) => row.setup.library === 'torch');
  if (!torch || hasTorch()) return rows;
  const remedy = `${python} has no torch. Install it there, or name a Python that has it by NN_BENCH_PYTHON`;
  if (peers) throw new UsageError(`--peers torch: ${remedy}`);
  console.error(`torch is left out: ${remedy}.`);
  return rows.filter((row) => row !== torch);
}

/** Whether results disagreed or ours failed. */
const wrong = ({ results }: Results, rows: readonly PeerRow[]): boolean =>
  results.some(
    ({ cells, disagreements }) =>
      disagreements.length > 0 ||
      rows.some(({ own, name }) => own && cells[name]?.failure && cells[name].failure !== 'not supported'),
  );

async function run(options: Options): Promise<number> {
  const { device, threads, small } = options;
  const rows = participants(options);
  const json = options.json && resolve(process.env['INIT_CWD'] ?? '.', options.json);
  const about = Object.fromEntries(rows.map((row) => [row.name, row.about]));
  const gpu = device === 'webgpu' ? await adapterOf() : null;
  if (gpu?.software && !small)
    console.error(`${gpu.name} plays a GPU on the CPU: large sizes take very long there. --small takes small ones.`);
  const setting = {
    machine: { ...machine(), ...(gpu && { gpu: gpu.name }) },
    device,
    threads,
    ...(small && { small }),
    peers: about,
  };
  // Before an hour of measuring, not after it.
  if (json) merged(json, { ...setting, versions: {}, results: [] });
  if (rows.some((row) => row.installed)) installPeers(say);
  const measured = await measure(options.workloads, rows, options.rounds, progress());
  const results: Results = { ...setting, ...measured };
  for (const table of tablesOf(results, workloadsOn(device, small))) say(`\n${plain(table)}`);
  if (device === targetDevice) say(`\n${plain(targetTable(results, false))}`);
  if (json) {
    keep(json, results);
    say(`\nResults are in ${options.json}.`);
  }
  return wrong(results, rows) ? 1 : 0;
}

async function main(): Promise<number> {
  const all = [...peerRows('wasm', 1), ...gpuRows].filter(
    (row, k, rows) => rows.findIndex((r) => r.name === row.name) === k,
  );
  const options = parseOptions(
    process.argv.slice(2),
    all.map((row) => row.name),
  );
  if (options.instead === 'help') say(helpText(all.map((row) => [row.name, row.about] as const)));
  else if (options.instead === 'list')
    say(
      workloadsOn(options.device, options.small)
        .map((w) => w.name)
        .join('\n'),
    );
  else if (options.instead === 'readme') writeReadme();
  else return run(options);
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  if (error instanceof UsageError) console.error(`${error.message}\npnpm bench --help lists the options.`);
  else console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
