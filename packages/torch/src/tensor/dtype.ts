// The names of data types in PyTorch's words, and what an in-place write may convert.
import * as core from '@nn/core';

/** Names of element types. Index and counting results are `int32`: the widest integer that every device has. */
export type DType = 'float32' | 'float64' | 'int32' | 'uint32' | 'uint8' | 'bool';

const toCore: Readonly<Record<DType, core.DType>> = {
  float32: 'f32',
  float64: 'f64',
  int32: 'i32',
  uint32: 'u32',
  uint8: 'u8',
  bool: 'bool',
};
const names: Readonly<Record<core.DType, readonly [name: DType, scalarType: string]>> = {
  f32: ['float32', 'Float'],
  f64: ['float64', 'Double'],
  i32: ['int32', 'Int'],
  u32: ['uint32', 'UInt32'],
  u8: ['uint8', 'Byte'],
  bool: ['bool', 'Bool'],
};

/** The core dtype of a name; a name that does not exist here throws and tells the nearest ones. */
export function coreDType(name: DType): core.DType {
  const found = toCore[name];
  if (!found) {
    const wide = /^(u?int64|long)$/.test(name)
      ? ' Integers have 32 bits here: use int32.'
      : core.nearest(String(name), Object.keys(toCore));
    throw new core.DTypeError(
      `dtype '${name}' does not exist here. Use one of ${Object.keys(toCore).join(', ')}.${wide}`,
    );
  }
  return found;
}

/** `float32` for f32, and so on. */
export const dtypeName = (dtype: core.DType): DType => names[dtype][0];

/** PyTorch's name of a scalar type in messages: `Float`, `Int`, `Bool`. */
export const scalarType = (dtype: core.DType): string => names[dtype][1];

/** Whether an in-place operation may store a result of one dtype in a tensor of another: never float to int, never number to bool. */
export function canCast(from: core.DType, to: core.DType): boolean {
  if (core.isFloat(from) && !core.isFloat(to)) return false;
  return to !== 'bool' || from === 'bool';
}
