// Losses and metrics of models with one or several outputs: which belongs to which.
import { nearest, ValueError } from '@nn/core';
import type { Tensor } from '../tensor/tensor.js';
import { flattenTree, isPlain, type Nested } from '../tensor/tree.js';

/** One setting, a list with one for each output, or an object by output names. */
export type PerOutput<T> = T | readonly PerOutput<T>[] | { readonly [name: string]: PerOutput<T> };

/** Names of the outputs: the keys of an object, else those of the model. */
export function namesOf(yPred: Nested<Tensor>, modelNames: readonly string[] | null): readonly (string | null)[] {
  if (isPlain(yPred)) return Object.keys(yPred).sort();
  const count = flattenTree(yPred).length;
  return modelNames?.length === count ? modelNames : Array.from({ length: count }, () => null);
}
/** One value for each output out of a tree of targets, weights or predictions; null where there is none. */
export function byOutput(tree: Nested<Tensor> | null, names: readonly (string | null)[]): readonly (Tensor | null)[] {
  if (tree === null) return names.map(() => null);
  if (isPlain(tree) && names.every((n) => n !== null && n in tree)) return names.map((n) => tree[n!] as Tensor);
  const flat = flattenTree(tree) as Tensor[];
  return flat.length === 1 && names.length > 1 ? names.map(() => flat[0]!) : flat;
}
/** The settings of an argument such as `loss`, one for each output. */
export function settingsFor<T>(
  argument: string,
  given: PerOutput<T> | null | undefined,
  names: readonly (string | null)[],
): readonly (PerOutput<T> | null)[] {
  if (given === null || given === undefined) return names.map(() => null);
  if (isPlain(given) && !('class_name' in given)) {
    const known = names.filter((n): n is string => n !== null);
    const wrong = Object.keys(given).find((key) => !known.includes(key));
    if (wrong !== undefined)
      throw new ValueError(
        `Expected keys [${known.join(', ')}] in ${argument} dict, but found ${argument}.keys()=[${Object.keys(given).join(', ')}].${nearest(wrong, known)}`,
      );
    return names.map((n) => given[n!] ?? null);
  }
  if (Array.isArray(given) && names.length > 1) {
    if (given.length !== names.length)
      throw new ValueError(
        `\`${argument}\` should have one entry for each of the ${names.length} outputs. Received: ${given.length} entries`,
      );
    return given as readonly PerOutput<T>[];
  }
  return names.map(() => given);
}
