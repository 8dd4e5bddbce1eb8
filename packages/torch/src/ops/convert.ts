// Other dtypes.
import * as core from '@nn/core';
import { coreDType, type DType } from '../tensor/dtype.js';
import { Tensor } from '../tensor/handle.js';

/** The tensor in another dtype, or itself when it has it already. Floats become ints by cutting off. */
export function type(x: Tensor, dtype: DType): Tensor {
  const kind = coreDType(dtype);
  return x.spec.dtype === kind ? x : new Tensor(core.cast(x.value, kind), 'ToCopy');
}
/** As float32. */
export const float = (x: Tensor): Tensor => type(x, 'float32');
/** As float64. */
export const double = (x: Tensor): Tensor => type(x, 'float64');
/** As int32. */
export const int = (x: Tensor): Tensor => type(x, 'int32');
/** As int32, the widest integer here. */
export const long = (x: Tensor): Tensor => type(x, 'int32');
/** As bool: true where not 0. */
export const bool = (x: Tensor): Tensor => type(x, 'bool');
/** As uint8. */
export const byte = (x: Tensor): Tensor => type(x, 'uint8');
/** In the dtype of another tensor. */
export const typeAs = (x: Tensor, other: Tensor): Tensor => type(x, other.dtype);
