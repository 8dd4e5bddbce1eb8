// Data types: their storage, their order of promotion, and the specs that carry them.
import { DTypeError } from './errors.js';

/** Element types. `bool` is stored as bytes 0 and 1. */
export type DType = 'f32' | 'f64' | 'i32' | 'u32' | 'u8' | 'bool';
export type TypedArray = Float32Array | Float64Array | Int32Array | Uint32Array | Uint8Array;
type ArrayOf = {
  f32: Float32Array;
  f64: Float64Array;
  i32: Int32Array;
  u32: Uint32Array;
  u8: Uint8Array;
  bool: Uint8Array;
};

interface DTypeInfo {
  readonly bytes: number;
  readonly kind: 'bool' | 'int' | 'float';
  /** Place in the order of promotion. */
  readonly rank: number;
  readonly lowest: number;
  readonly highest: number;
  readonly array: { new (length: number): TypedArray; from(values: ArrayLike<number>): TypedArray };
}

export const dtypes: Readonly<Record<DType, DTypeInfo>> = {
  bool: { bytes: 1, kind: 'bool', rank: 0, lowest: 0, highest: 1, array: Uint8Array },
  u8: { bytes: 1, kind: 'int', rank: 1, lowest: 0, highest: 255, array: Uint8Array },
  i32: { bytes: 4, kind: 'int', rank: 2, lowest: -(2 ** 31), highest: 2 ** 31 - 1, array: Int32Array },
  u32: { bytes: 4, kind: 'int', rank: 2, lowest: 0, highest: 2 ** 32 - 1, array: Uint32Array },
  f32: { bytes: 4, kind: 'float', rank: 3, lowest: -Infinity, highest: Infinity, array: Float32Array },
  f64: { bytes: 8, kind: 'float', rank: 4, lowest: -Infinity, highest: Infinity, array: Float64Array },
};

export const isFloat = (dtype: DType): boolean => dtypes[dtype].kind === 'float';

/** A new zeroed array that stores `size` elements of `dtype`. */
export const allocate = <D extends DType>(dtype: D, size: number): ArrayOf[D] =>
  new dtypes[dtype].array(size) as ArrayOf[D];

/** The dtype that a typed array holds; bytes are `u8`. */
export function dtypeOf(array: TypedArray): DType {
  const found = (Object.keys(dtypes) as DType[]).find(
    (d) => d !== 'bool' && dtypes[d].array.name === array.constructor.name,
  );
  if (!found)
    throw new DTypeError(
      `tensor: ${array.constructor.name} has no dtype here. Use Float32Array, Float64Array, Int32Array, Uint32Array or Uint8Array`,
    );
  return found;
}

/** The dtype of the result when `a` meets `b`: bool < u8 < i32, u32 < f32 < f64. */
export function promote(op: string, a: DType, b: DType): DType {
  if (a === b) return a;
  const [x, y] = [dtypes[a], dtypes[b]];
  if (x.rank === y.rank) throw new DTypeError(`${op}: ${a} and ${b} have no common type; cast one of them first`);
  return x.rank > y.rank ? a : b;
}
