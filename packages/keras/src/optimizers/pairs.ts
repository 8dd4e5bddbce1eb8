// Gradients and the variables that they belong to.
import * as core from '@nn/core';
import { toCore, type Tensor, type TensorLike } from '../tensor/tensor.js';
import type { Variable } from '../tensor/variable.js';

/** A gradient and its variable. */
export type GradientPair = readonly [Tensor | null, Variable];
/** A variable with its gradient. */
export interface Pair {
  readonly v: Variable;
  readonly g: core.Tensor;
}

/**
 * The variables that have a gradient, with it; and the paths of those that have none.
 *
 * @param isKnown      whether the optimizer has state for a variable
 * @throws ValueError  No gradients provided for any variable.
 */
export function pairGradients(
  grads: readonly (TensorLike | null)[],
  variables: readonly Variable[],
  isKnown: (v: Variable) => boolean,
): { pairs: Pair[]; missing: string[] } {
  if (variables.length !== grads.length) {
    throw new core.ValueError(
      `When passing \`grads\` as a list of gradient tensors, the gradients must match the variables one-to-one. Received a list of ${grads.length} gradients, but there are ${variables.length} variables.`,
    );
  }
  const stranger = variables.find((v) => !isKnown(v));
  if (stranger) {
    throw new core.ValueError(
      `Unknown variable: ${stranger.path}. This optimizer can only be called for the variables it was originally built with. When working with a new set of variables, you should recreate a new optimizer instance.`,
    );
  }
  const pairs: Pair[] = [];
  const missing: string[] = [];
  variables.forEach((v, k) => {
    const g = grads[k];
    if (g === null || g === undefined) missing.push(v.path);
    else pairs.push({ v, g: toCore(g) });
  });
  if (!pairs.length) throw new core.ValueError('No gradients provided for any variable.');
  return { pairs, missing };
}
