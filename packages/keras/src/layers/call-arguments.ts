// What reaches a layer's `call`: tensors made of arrays, and the options that it asks for.
import { tensor, ValueError, type NestedArray } from '@nn/core';
import { shown } from '../tensor/format.js';
import { Tensor } from '../tensor/tensor.js';
import { isPlain } from '../tensor/tree.js';
import { Variable } from '../tensor/variable.js';

const originals = new WeakMap<object, object>();
/** Says that `wrapper` stands for `original`: what the original asks for counts (methods under `tf.function`). */
export const standsFor = (wrapper: object, original: object): void => void originals.set(wrapper, original);

const asked = new WeakMap<object, { readonly training: boolean; readonly mask: boolean }>();
/**
 * Whether a `call` takes the options `training` and `mask`: whether its source mentions them, as Keras looks at a signature.
 * Property names survive minification.
 */
export function askedOptions(call: object): { readonly training: boolean; readonly mask: boolean } {
  const f = originals.get(call) ?? call;
  let found = asked.get(f);
  if (!found) {
    const source = Function.prototype.toString.call(f);
    found = { training: /\b(training|options)\b/.test(source), mask: /\b(mask|options)\b/.test(source) };
    asked.set(f, found);
  }
  return found;
}

/** Inputs, and the trailing options object if there is one (never the first argument: that may be a dict of tensors). */
export function splitOptions(args: readonly unknown[]): {
  inputs: readonly unknown[];
  options: Record<string, unknown>;
} {
  const last = args.at(-1);
  return args.length > 1 && isPlain(last)
    ? { inputs: args.slice(0, -1), options: { ...last } }
    : { inputs: args, options: {} };
}

const isTyped = (x: unknown): boolean => ArrayBuffer.isView(x);
const isData = (x: unknown): boolean =>
  Array.isArray(x) ? x.length > 0 && isData(x[0]) : typeof x === 'number' || typeof x === 'boolean';

/** Tensors of a tree in which arrays of numbers, typed arrays and variables may stand for tensors. */
export function convertInputs(x: unknown, cast: (t: Tensor) => Tensor, layer: string): unknown {
  if (x === null || x === undefined) return x;
  if (x instanceof Tensor) return cast(x);
  if (x instanceof Variable) return cast(x.value);
  if (isTyped(x) || (Array.isArray(x) && isData(x))) return cast(new Tensor(tensor(x as NestedArray)));
  if (Array.isArray(x)) return x.map((y: unknown) => convertInputs(y, cast, layer));
  if (isPlain(x)) return Object.fromEntries(Object.entries(x).map(([key, y]) => [key, convertInputs(y, cast, layer)]));
  throw new ValueError(
    `Only input tensors may be passed as positional arguments. The following argument value should be passed as a keyword argument: ${shown(x)} (of type ${typeof x}), to layer '${layer}'`,
  );
}
