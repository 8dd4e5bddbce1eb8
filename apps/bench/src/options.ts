// What the command line says, checked; and the help that describes it.
import { parseArgs } from 'node:util';
import { nearest, type DeviceName } from '@nn/core';
import { workloadsOn } from './work/gpu-workloads.js';
import type { Workload } from './work/workloads.js';

export interface Options {
  readonly workloads: readonly Workload[];
  /** Null: all that are there. */
  readonly peers: readonly string[] | null;
  readonly rounds: number;
  readonly device: DeviceName;
  /** Sizes for a program that plays a GPU. */
  readonly small: boolean;
  readonly threads: number;
  readonly json: string | null;
  /** What to do instead of measuring. */
  readonly instead: 'help' | 'list' | 'readme' | null;
}
/** A mistake on the command line: its message is the whole story. */
export class UsageError extends Error {}

const devices: readonly DeviceName[] = ['cpu', 'wasm', 'webgpu'];
const known = {
  only: { type: 'string' },
  peers: { type: 'string' },
  rounds: { type: 'string' },
  device: { type: 'string' },
  threads: { type: 'string' },
  json: { type: 'string' },
  small: { type: 'boolean' },
  list: { type: 'boolean' },
  readme: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;
type ValueOption = 'only' | 'peers' | 'rounds' | 'device' | 'threads' | 'json';
const examples: Readonly<Record<ValueOption, string>> = {
  only: 'matmul-NN,lenet',
  peers: 'ours,tfjs-wasm',
  rounds: '5',
  device: 'wasm',
  threads: '1',
  json: 'apps/bench/results/wasm.json',
};

/** The text of `--help`. */
export const helpText = (peers: readonly (readonly [name: string, about: string])[]): string =>
  `Measures this library and others on the same tasks: one process for each, in turns, round after round; results that
do not agree are an error. Libraries to compare with are installed when they are first needed. PyTorch is taken from
python3, or from the Python that NN_BENCH_PYTHON names.

Usage
  pnpm bench [options]

Options
  --only NAME,...   workloads, or beginnings of their names (default: all; --list prints them)
  --peers NAME,...  who takes part (default: all)
  --rounds N        turns of each peer (default: 5)
  --device NAME     where ours computes: ${devices.join(', ')} (default: wasm); on webgpu only ours is measured,
                    with and without autotune, replay and half precision
  --small           with --device webgpu: small sizes, for programs that play a GPU on the CPU
  --threads N       threads of each peer that can have several (default: 1)
  --json FILE       writes the results, replacing those of the same workloads that FILE has; in apps/bench/results
                    the README is written anew, too
  --readme          measures nothing; writes the README of apps/bench/results from the files there
  --list            prints the names of all workloads
  -h, --help        prints this text

Peers
${peers.map(([name, about]) => `  ${name.padEnd(16)}  ${about}`).join('\n')}

Exit status: 0, 1 when results disagreed or ours failed, 2 when the program could not run.`;

function wholeNumber(option: string, value: string, least: number, most: number): number {
  const n = Number(value);
  if (/^\d+$/.test(value) && n >= least && n <= most) return n;
  throw new UsageError(`--${option} ${value}: expected a whole number from ${least} to ${most}`);
}
function oneOf<T extends string>(option: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((a) => a === value);
  if (found !== undefined) return found;
  throw new UsageError(`--${option} ${value}: expected one of ${allowed.join(', ')}.${nearest(value, allowed)}`);
}

function chosen(text: string, workloads: readonly Workload[]): readonly Workload[] {
  const wanted = text.split(',');
  for (const name of wanted)
    if (name === '' || !workloads.some((w) => w.name.startsWith(name))) {
      const near = nearest(
        name,
        workloads.map((w) => w.name),
      );
      throw new UsageError(`--only ${name}: no workload begins like that.${near} --list prints them`);
    }
  return workloads.filter((w) => wanted.some((name) => w.name.startsWith(name)));
}

/** Reads the options; throws a UsageError that names what is wrong. */
export function parseOptions(args: readonly string[], peers: readonly string[]): Options {
  // Not strict: Node's own messages for mistakes name neither the value nor what is near.
  const { values, tokens } = parseArgs({
    args: args.filter((a) => a !== '--'),
    options: known,
    strict: false,
    tokens: true,
    allowPositionals: true,
  });
  for (const token of tokens) {
    if (token.kind === 'positional')
      throw new UsageError(`${token.value}: options start with two dashes, as in --only matmul`);
    if (token.kind !== 'option') continue;
    if (!(token.name in known)) {
      const near = nearest(token.name, Object.keys(known)).replaceAll(/"(\w+)"/g, '--$1');
      throw new UsageError(`${token.rawName}: there is no such option.${near}`);
    }
    if (token.name in examples && !token.value)
      throw new UsageError(
        `${token.rawName}: a value is missing, as in ${token.rawName} ${examples[token.name as ValueOption]}`,
      );
  }
  const text = (name: ValueOption): string | undefined => values[name] as string | undefined;
  const [only, some] = [text('only'), text('peers')];
  const device = oneOf('device', text('device') ?? 'wasm', devices);
  const small = values['small'] === true;
  if (small && device !== 'webgpu') throw new UsageError('--small: only with --device webgpu');
  const all = workloadsOn(device, small);
  return {
    workloads: only === undefined ? all : chosen(only, all),
    peers: some === undefined ? null : some.split(',').map((name) => oneOf('peers', name, peers)),
    rounds: wholeNumber('rounds', text('rounds') ?? '5', 1, 1000),
    device,
    small,
    threads: wholeNumber('threads', text('threads') ?? '1', 1, 256),
    json: text('json') ?? null,
    instead: (['help', 'list', 'readme'] as const).find((name) => values[name]) ?? null,
  };
}
