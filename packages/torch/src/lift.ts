// Operations of core as operations of this face.
import type * as core from '@nn/core';
import { Tensor } from './tensor/tensor.js';

/**
 * Makes an operation of core, also one of your own, one of this face: tensors in, a tensor with its history out.
 *
 * @param f     a function of core tensors
 * @param name  what `gradFn` shows; default 'Lifted'
 * @example
 * const twice = torch.lift((x) => core.mul(x, 2))
 * twice(torch.tensor([1, 2])) // => [2, 4]
 */
export const lift =
  (f: (...xs: core.Tensor[]) => core.Tensor, name = 'Lifted'): ((...xs: Tensor[]) => Tensor) =>
  (...xs) =>
    new Tensor(f(...xs.map((x) => x.value)), name);
