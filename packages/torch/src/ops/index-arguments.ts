// How functions of index tensors check and shape their arguments.
import * as core from '@nn/core';
import { type Operand, raw, type Tensor } from '../tensor/handle.js';

export function checkIndex(name: string, index: Tensor): core.Tensor {
  const { dtype } = index.spec;
  if (dtype !== 'i32' && dtype !== 'u32' && dtype !== 'u8') {
    throw new core.DTypeError(
      `${name}(): Expected dtype int32 for index, but got ${index.dtype}. Convert it first: index.int()`,
    );
  }
  return index.value;
}

/** The part of x that `index` covers from its corner, when the index is smaller. */
export function updates(value: Operand, index: core.Tensor, dtype: core.DType): core.Tensor {
  const v = raw(value);
  if (!(v instanceof core.Tensor)) return core.beside(index, () => core.full(index.shape, Number(v), dtype));
  const same = v.ndim === index.ndim && v.shape.every((n, d) => n === index.shape[d]);
  const cut = same
    ? v
    : v.ndim
      ? core.slice(
          v,
          index.shape.map(() => 0),
          [...index.shape],
        )
      : core.expand(v, index.shape);
  return cut.dtype === dtype ? cut : core.cast(cut, dtype);
}
