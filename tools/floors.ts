// Checks the architecture: floors of @nn/core, who may import whom, cycles, file names and lengths, and comments that silence a tool.
// Run by `pnpm floors`; prints each offence with its file and line and exits 1 when there is one.
import { basename } from 'node:path';
import { pathToFileURL } from 'node:url';
import { readSources, type Source } from './sources.ts';

/** The floors of @nn/core from the ground up. A file imports its own floor or a lower one. */
export const floors: readonly string[] = [
  'base',
  'kernel',
  'backend',
  'graph',
  'ops',
  'autograd',
  'functional',
  'testing',
];

/** Which packages of the workspace each package may import; packages that are not named may import all. */
export const mayImport: Readonly<Record<string, readonly string[]>> = {
  core: [],
  torch: ['core'],
  keras: ['core', 'formats'],
  formats: ['core'],
  port: ['core', 'torch', 'keras', 'formats'],
};

const maximumLines = 300;
const vagueNames = /^(utils?|helpers?|common|misc)$/;
const silencers = /(eslint-disable|oxlint-disable|biome-ignore|@ts-(ignore|nocheck)|v8 ignore|c8 ignore)/;

export interface Offence {
  readonly path: string;
  readonly line: number;
  readonly message: string;
}

type Rule = (source: Source) => Offence[];

const isTest = (path: string): boolean => path.endsWith('.test.ts');
const packageOf = (path: string): string | undefined => /^packages\/([^/]+)\//.exec(path)?.[1];

/** Where a file of @nn/core stands: floor 8 is the roof, the public entries `src/*.ts`. */
interface Place {
  readonly floor: number;
  readonly name: string;
  /** The named backend (`cpu`) that the file belongs to. */
  readonly backend: string | undefined;
}

function placeOf(path: string): Place | undefined {
  const inside = /^packages\/core\/src\/(.+)$/.exec(path)?.[1];
  if (inside === undefined) return undefined;
  const folders = inside.split('/');
  if (folders.length === 1) return { floor: floors.length, name: 'the public entry', backend: undefined };
  const name = folders[0]!;
  return {
    floor: floors.indexOf(name),
    name,
    backend: name === 'backend' && folders.length > 2 ? folders[1] : undefined,
  };
}

/** The public entries and the list of backends, which has one line for each. */
const namesBackends = (path: string, { floor }: Place): boolean =>
  floor === floors.length || path === 'packages/core/src/backend/registry.ts';

const floorRule: Rule = (source) => {
  const from = placeOf(source.path);
  if (!from) return [];
  if (from.floor < 0)
    return [
      {
        path: source.path,
        line: 1,
        message: `'${from.name}' is not a floor of @nn/core; floors: ${floors.join(', ')}`,
      },
    ];
  if (isTest(source.path)) return [];
  const offences: Offence[] = [];
  for (const { target, line } of source.imports) {
    const to = target === undefined ? undefined : placeOf(target);
    if (!to) continue;
    const say = (message: string): void =>
      void offences.push({ path: source.path, line, message: `${message}: ${target}` });
    if (to.floor > from.floor) say(`floor ${from.floor} (${from.name}) imports floor ${to.floor} (${to.name})`);
    else if (to.backend !== undefined && from.backend !== to.backend && !namesBackends(source.path, from))
      say(
        `${from.backend ? `backend ${from.backend}` : from.name} imports the named backend ${to.backend}; only backend.ts is seen`,
      );
    else if (
      from.backend !== undefined &&
      to.name === 'backend' &&
      to.backend === undefined &&
      basename(target!) !== 'backend.ts'
    )
      say(`backend ${from.backend} imports more of floor 2 than backend.ts`);
  }
  return offences;
};

const packageRule: Rule = (source) => {
  const from = packageOf(source.path);
  const offences: Offence[] = [];
  for (const { specifier, target, line } of source.imports) {
    const say = (message: string): void => void offences.push({ path: source.path, line, message });
    const other = /^@nn\/([^/]+)/.exec(specifier)?.[1];
    const allowed = from === undefined ? undefined : mayImport[from];
    if (other !== undefined && allowed && !allowed.includes(other)) say(`@nn/${from} may not import @nn/${other}`);
    if (specifier.startsWith('node:') && allowed && source.path.includes('/src/') && !isTest(source.path))
      say(`@nn/${from} runs in browsers and may not import ${specifier}`);
    if (target === undefined || !source.path.includes('/src/')) continue;
    if (packageOf(target) !== from) say(`relative import leaves the package: ${specifier}`);
    if (!/\.(js|mjs|json|css)$/.test(specifier)) say(`relative import must end in .js: ${specifier}`);
  }
  return offences;
};

const fileRule: Rule = (source) => {
  const offences: Offence[] = [];
  const say = (message: string, line = 1): void => void offences.push({ path: source.path, line, message });
  const lines = source.text.split('\n');
  const name = basename(source.path).replace(/(\.test)?\.ts$/, '');
  if (vagueNames.test(name)) say(`'${name}' says nothing; name the file after what it holds`);
  if (!/^(#!.*\n)?\s*(\/\/|\/\*)/.test(source.text))
    say('the first line of a file is a comment that says what it is for');
  if (lines.length > maximumLines + 1 && !lines.slice(0, 8).some((line) => /long.*because/i.test(line)))
    say(`${lines.length - 1} lines; over ${maximumLines} the first lines say why ("Long because ...")`);
  if (source.defaultExport && !/\.config\.m?ts$|^tsup\.base\.ts$|\.vitepress\//.test(source.path))
    say('default export');
  for (const comment of source.comments) {
    const silencer = silencers.exec(comment.text);
    if (silencer) say(`'${silencer[1]}' silences a tool`, comment.line);
  }
  return offences;
};

/** A new op must not need an edit elsewhere, so only ops/ may ask which primitive it has. */
const primitiveNameRule: Rule = (source) => {
  const place = placeOf(source.path);
  if (!place || place.name === 'ops' || isTest(source.path)) return [];
  const offences: Offence[] = [];
  source.text.split('\n').forEach((text, index) => {
    if (/\bprim(itive)?!?\.name\s*[!=]==?|switch\s*\(\s*[\w.!]*\bprim(itive)?!?\.name\s*\)/.test(text))
      offences.push({
        path: source.path,
        line: index + 1,
        message: 'branches on the name of a primitive; put what differs into its record',
      });
  });
  return offences;
};

const namedBackend = /['"`](cpu|wasm|webgpu)['"`]/;
/** What works on every device says the name of none: the upper floors and the two faces. */
const deviceRule: Rule = ({ path, text }) =>
  isTest(path) || !/^packages\/(core\/src\/(graph|ops|autograd|functional)|torch\/src|keras\/src)\//.test(path)
    ? []
    : text.split('\n').flatMap((line, index) => {
        const named = /^\s*(\*|\/)/.test(line) ? null : namedBackend.exec(line);
        return named ? [{ path, line: index + 1, message: `names the backend ${named[1]}` }] : [];
      });

/** One offence for each import that closes a cycle. */
export function cycles(sources: readonly Source[]): Offence[] {
  const byPath = new Map(sources.map((source) => [source.path, source]));
  const state = new Map<string, 'open' | 'done'>();
  const trail: string[] = [];
  const offences: Offence[] = [];
  const visit = (source: Source): void => {
    state.set(source.path, 'open');
    trail.push(source.path);
    for (const { target, line } of source.imports) {
      const next = target === undefined ? undefined : byPath.get(target);
      if (!next) continue;
      if (state.get(next.path) === 'open') {
        const loop = [...trail.slice(trail.indexOf(next.path)), next.path].map((path) =>
          path.replace(/^packages\/[^/]+\/src\//, ''),
        );
        offences.push({ path: source.path, line, message: `cycle: ${loop.join(' -> ')}` });
      } else if (!state.has(next.path)) visit(next);
    }
    trail.pop();
    state.set(source.path, 'done');
  };
  for (const source of sources) if (!state.has(source.path)) visit(source);
  return offences;
}

export function offences(sources: readonly Source[]): Offence[] {
  const rules: Rule[] = [floorRule, packageRule, fileRule, primitiveNameRule, deviceRule];
  return [...sources.flatMap((source) => rules.flatMap((rule) => rule(source))), ...cycles(sources)];
}

export const sourcePatterns: readonly string[] = [
  '*.ts',
  'tools/**/*.ts',
  'packages/*/*.ts',
  'packages/*/src/**/*.ts',
  'apps/*/**/*.ts',
];

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const sources = readSources(sourcePatterns);
  const found = offences(sources);
  for (const { path, line, message } of found) console.log(`${path}:${line}  ${message}`);
  const longest = sources.reduce((a, b) => (a.text.split('\n').length > b.text.split('\n').length ? a : b));
  console.log(
    `floors: ${sources.length} files, ${found.length} offences; longest: ${longest.path}, ${longest.text.split('\n').length - 1} lines`,
  );
  process.exitCode = found.length > 0 ? 1 : 0;
}
