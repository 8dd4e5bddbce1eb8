// What the command line says, checked.
import { parseArgs } from 'node:util';
import { nearest, type DeviceName } from '@nn/core';

export type ModelName = 'mlp' | 'cnn';
export interface Options {
  readonly device: DeviceName;
  readonly models: readonly ModelName[];
  readonly epochs: number | null;
  readonly seed: number;
  readonly help: boolean;
}
/** A mistake on the command line: its message is the whole story. */
export class UsageError extends Error {}

const devices: readonly DeviceName[] = ['cpu', 'wasm', 'webgpu'];
const models = ['mlp', 'cnn', 'both'] as const;

export const help = `Trains the same network on 1,797 handwritten digits in both styles, PyTorch's and Keras's, from the same weights; compares
the loss curves; ports each trained model to the other style and proves that nothing changed.

Usage: npm start -- [options]

  --device NAME   where to compute: ${devices.join(', ')}          default cpu
  --model NAME    which network: ${models.join(', ')}               default both
  --epochs N      passes over the training digits             default 30 (mlp), 20 (cnn)
  --seed N        of the first weights and the split          default 0
  --help          this text`;

function oneOf<T extends string>(option: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((a) => a === value);
  if (found) return found;
  throw new UsageError(`--${option} ${value}: expected one of ${allowed.join(', ')}.${nearest(value, allowed)}`);
}
function wholeNumber(option: string, value: string, least: number): number {
  const n = Number(value);
  if (Number.isInteger(n) && n >= least) return n;
  throw new UsageError(`--${option} ${value}: expected a whole number of at least ${least}`);
}

/** Reads the options; throws a UsageError that names what is wrong. */
export function parseOptions(args: readonly string[]): Options {
  const known = {
    device: { type: 'string' },
    model: { type: 'string' },
    epochs: { type: 'string' },
    seed: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  } as const;
  const { values, tokens } = parseArgs({
    args: [...args],
    options: known,
    strict: false,
    tokens: true,
    allowPositionals: true,
  });
  for (const token of tokens) {
    if (token.kind === 'positional') throw new UsageError(`${token.value}: options start with --, as in --model mlp`);
    if (token.kind !== 'option') continue;
    if (!(token.name in known))
      throw new UsageError(`${token.rawName}: no such option.${nearest(token.name, Object.keys(known))}`);
    if (token.name !== 'help' && token.value === undefined)
      throw new UsageError(`${token.rawName}: a value is missing`);
  }
  const text = (name: 'device' | 'model' | 'epochs' | 'seed', fallback: string): string =>
    (values[name] as string | undefined) ?? fallback;
  const model = oneOf('model', text('model', 'both'), models);
  return {
    device: oneOf('device', text('device', 'cpu'), devices),
    models: model === 'both' ? ['mlp', 'cnn'] : [model],
    epochs: values.epochs === undefined ? null : wholeNumber('epochs', text('epochs', ''), 1),
    seed: wholeNumber('seed', text('seed', '0'), 0),
    help: values.help === true,
  };
}
