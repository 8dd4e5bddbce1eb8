// torch.where with its three forms.
import * as core from '@nn/core';
import { type Operand, raw, Tensor } from '../tensor/handle.js';

/**
 * `a` where `condition` is true, `b` elsewhere; all three broadcast.
 *
 * @example
 * where(tensor([true, false]), tensor([1, 2]), 0) // => [1, 0]
 */
export function where(condition: Tensor, a: Operand, b: Operand): Tensor {
  const c = condition.value;
  return new Tensor(core.where(c.dtype === 'bool' ? c : core.notEqual(c, 0), raw(a), raw(b)), 'Where');
}
