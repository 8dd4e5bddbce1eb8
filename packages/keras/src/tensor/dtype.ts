// The names that Keras gives to data types, and what they are in core.
import { DTypeError, nearest, type DType } from '@nn/core';

/** Data types by their Keras names. */
export type DTypeName = 'float32' | 'float64' | 'int32' | 'uint32' | 'uint8' | 'bool';

const coreNames: Readonly<Record<DTypeName, DType>> = {
  float32: 'f32',
  float64: 'f64',
  int32: 'i32',
  uint32: 'u32',
  uint8: 'u8',
  bool: 'bool',
};
const kerasNames: Readonly<Record<DType, DTypeName>> = {
  f32: 'float32',
  f64: 'float64',
  i32: 'int32',
  u32: 'uint32',
  u8: 'uint8',
  bool: 'bool',
};
const remedies: Readonly<Record<string, string>> = {
  int64: 'JavaScript has no 64-bit integer arrays for numbers: use int32',
  int16: 'use int32',
  int8: 'use int32',
  uint16: 'use int32',
  float16: 'use float32',
  bfloat16: 'use float32',
};

/** The core dtype of a Keras name. */
export function coreDType(op: string, name: string): DType {
  if (Object.hasOwn(coreNames, name)) return coreNames[name as DTypeName];
  const remedy =
    remedies[name] ?? `expected one of ${Object.keys(coreNames).join(', ')}.${nearest(name, Object.keys(coreNames))}`;
  throw new DTypeError(`${op}: dtype '${name}' is not supported here; ${remedy}`);
}

export const dtypeName = (dtype: DType): DTypeName => kerasNames[dtype];
export const isFloatName = (dtype: string): boolean => dtype.startsWith('float');
/** Bytes of one element. */
export const dtypeSize = (dtype: DTypeName): number =>
  ({ float32: 4, float64: 8, int32: 4, uint32: 4, uint8: 1, bool: 1 })[dtype];
