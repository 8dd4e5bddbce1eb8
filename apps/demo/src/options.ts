// What the command line says, checked; and the help that describes it.
import { parseArgs } from 'node:util';
import { nearest, type DeviceName } from '@nn/core';

export type ModelName = 'mlp' | 'cnn';
export interface Options {
  /** Null: where everything starts. */
  readonly device: DeviceName | null;
  readonly models: readonly ModelName[];
  /** Null: as many as the network asks for. */
  readonly epochs: number | null;
  readonly seed: number;
  readonly split: number;
  /** Trains with as many seeds on as many splits, and prints only how each went; null: one comparison. */
  readonly sweep: { readonly seeds: number; readonly splits: number } | null;
  readonly help: boolean;
}
/** A mistake on the command line: its message is the whole story. */
export class UsageError extends Error {}

const devices: readonly DeviceName[] = ['cpu', 'wasm', 'webgpu'];
const models = ['mlp', 'cnn', 'both'] as const;
/** Seeds are 32 bits. */
const largestSeed = 2 ** 32 - 1;

const known = {
  device: { type: 'string' },
  model: { type: 'string' },
  epochs: { type: 'string' },
  seed: { type: 'string' },
  split: { type: 'string' },
  sweep: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** The text of `--help`; `epochs` are those of each network when none are given. */
export const helpText = (epochs: Readonly<Record<ModelName, number>>): string =>
  `Trains the same network on 1,797 handwritten digits twice, in PyTorch's style and in Keras's, from the same
weights; draws both loss curves; tests both networks; ports each of them to the other style and measures
whether anything changed.

Usage
  npm start -- [options]

Options
  --device NAME  where to compute: ${devices.join(', ')} (default: wasm where it loads, else cpu)
  --model NAME   which network: ${models.join(', ')} (default: both)
                 mlp is two dense layers, cnn two convolutions and a dense layer
  --epochs N     passes over the training digits (default: ${epochs.mlp} for mlp, ${epochs.cnn} for cnn)
  --seed N       decides the first weights and the order of the digits (default: 0)
  --split N      decides which fifth of the digits is held out for the test (default: 0)
  --sweep AxB    trains with A seeds on B splits, from --seed and --split on, and prints a line for each
  -h, --help     prints this text

Examples
  npm start -- --model mlp             the small network only, a few seconds
  npm start -- --model cnn --epochs 3  a short run of the convolutional one
  npm start -- --seed 7 | cat          other weights; without a terminal, plain lines instead of bars
  npm start -- --sweep 5x2             how accurate and how near each other, over five seeds and two splits

Exit status: 0 when both styles agreed (in a sweep: and every network was as accurate as it has to be), 1 when
they did not, 2 when the program could not run.`;

function oneOf<T extends string>(option: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((a) => a === value);
  if (found !== undefined) return found;
  throw new UsageError(`--${option} ${value}: expected one of ${allowed.join(', ')}.${nearest(value, allowed)}`);
}

function wholeNumber(option: string, value: string, least: number, most: number): number {
  const n = Number(value);
  if (/^\d+$/.test(value) && n >= least && n <= most) return n;
  throw new UsageError(`--${option} ${value}: expected a whole number from ${least} to ${most}`);
}

function grid(value: string): { seeds: number; splits: number } {
  const [, seeds, splits] = /^([1-9]\d{0,2})x([1-9]\d{0,2})$/.exec(value) ?? [];
  if (seeds && splits) return { seeds: Number(seeds), splits: Number(splits) };
  throw new UsageError(`--sweep ${value}: expected seeds x splits, as in --sweep 5x2`);
}

/** Reads the options; throws a UsageError that names what is wrong. */
export function parseOptions(args: readonly string[]): Options {
  // Not strict: Node's own messages for mistakes name neither the value nor what is near.
  const { values, tokens } = parseArgs({
    args: [...args],
    options: known,
    strict: false,
    tokens: true,
    allowPositionals: true,
  });
  for (const token of tokens) {
    if (token.kind === 'positional')
      throw new UsageError(`${token.value}: options start with two dashes, as in --model mlp`);
    if (token.kind !== 'option') continue;
    if (!(token.name in known)) {
      const near = nearest(token.name, Object.keys(known)).replaceAll(/"(\w+)"/g, '--$1');
      throw new UsageError(`${token.rawName}: there is no such option.${near}`);
    }
    if (token.name === 'help') {
      if (token.value !== undefined) throw new UsageError(`--help takes no value, but was given ${token.value}`);
    } else if (token.value === undefined || token.value === '')
      throw new UsageError(`${token.rawName}: a value is missing, as in ${token.rawName} ${example[token.name]}`);
  }
  const text = (name: Exclude<keyof typeof known, 'help'>): string | undefined => {
    const value = values[name];
    return typeof value === 'string' ? value : undefined;
  };
  const epochs = text('epochs');
  const model = oneOf('model', text('model') ?? 'both', models);
  const device = text('device');
  const sweep = text('sweep');
  return {
    device: device === undefined ? null : oneOf('device', device, devices),
    models: model === 'both' ? ['mlp', 'cnn'] : [model],
    epochs: epochs === undefined ? null : wholeNumber('epochs', epochs, 1, 1000),
    seed: wholeNumber('seed', text('seed') ?? '0', 0, largestSeed),
    split: wholeNumber('split', text('split') ?? '0', 0, largestSeed),
    sweep: sweep === undefined ? null : grid(sweep),
    help: values.help === true,
  };
}

const example: Readonly<Record<string, string>> = {
  device: 'cpu',
  model: 'mlp',
  epochs: '5',
  seed: '1',
  split: '1',
  sweep: '5x2',
};
