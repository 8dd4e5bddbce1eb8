// Operations of core as operations of this face.
import type * as core from '@nn/core';
import { apply, type Tensor, type TensorLike } from './tensor/tensor.js';

/**
 * Makes an operation of core, also one of your own, one of this face. On symbolic tensors it becomes a node of the model.
 *
 * @param name  names the node
 * @param f     a function of core tensors
 * @example
 * const twice = lift('Twice', (x) => core.mul(x, 2))
 * twice(tf.constant([1, 2])).toArraySync() // => [2, 4]
 */
export const lift =
  (name: string, f: (...xs: core.Tensor[]) => core.Tensor): ((...xs: TensorLike[]) => Tensor) =>
  (...xs) =>
    apply(name, xs, f);
