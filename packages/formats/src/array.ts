// Named arrays as files hold them, and their change to and from core's dtypes.
import type { DType, Shape, TypedArray } from '@nn/core';
import { FormatError } from './error.js';
import { smallFloat, type SmallFloat } from './float.js';

/** Element types of files. Core's own names where core has the type; the others are read as one of core's by {@link decode}. */
export type StoredDType = DType | 'f16' | 'bf16' | 'i8' | 'i16' | 'u16' | 'i64' | 'u64' | 'c64' | SmallFloat;

/** An array as a file holds it: row-major, little-endian bytes of `dtype`, not yet converted. */
export interface StoredArray {
  readonly dtype: StoredDType;
  readonly shape: Shape;
  readonly bytes: Uint8Array;
}

/** An array in one of core's dtypes: what `tensor(data, { shape, dtype })` takes. */
export interface CoreArray {
  readonly dtype: DType;
  readonly shape: Shape;
  readonly data: TypedArray;
}

/** Core's own dtypes are copied byte for byte. */
const constructors = {
  f32: Float32Array,
  f64: Float64Array,
  i32: Int32Array,
  u32: Uint32Array,
  u8: Uint8Array,
  bool: Uint8Array,
} as const;

interface Decoder {
  /** Bytes of one number (a complex element is two). */
  readonly bytes: number;
  readonly to: DType;
  read(view: DataView, at: number): number;
}

const small = (name: SmallFloat | 'f16' | 'bf16', bytes: 1 | 2): Decoder => {
  const value = smallFloat(name);
  return { bytes, to: 'f32', read: (v, at) => value(bytes === 1 ? v.getUint8(at) : v.getUint16(at, true)) };
};

/** 64-bit integers become 32-bit ones: core has no others, and a silent wrap would be a wrong number. */
const narrow = (name: string, to: 'i32' | 'u32', read: (v: DataView, at: number) => bigint): Decoder => ({
  bytes: 8,
  to,
  read: (v, at) => {
    const value = read(v, at);
    const [low, high] = to === 'i32' ? [-(2n ** 31n), 2n ** 31n - 1n] : [0n, 2n ** 32n - 1n];
    if (value < low || value > high) {
      throw new FormatError(
        `decode: the ${name} value ${value} does not fit ${to} (${low}..${high}), the widest integer here; rescale it or store it as f64.`,
      );
    }
    return Number(value);
  },
});

const decoders: Readonly<Record<Exclude<StoredDType, keyof typeof constructors>, Decoder>> = {
  i8: { bytes: 1, to: 'i32', read: (v, at) => v.getInt8(at) },
  u16: { bytes: 2, to: 'i32', read: (v, at) => v.getUint16(at, true) },
  i16: { bytes: 2, to: 'i32', read: (v, at) => v.getInt16(at, true) },
  u64: narrow('u64', 'u32', (v, at) => v.getBigUint64(at, true)),
  i64: narrow('i64', 'i32', (v, at) => v.getBigInt64(at, true)),
  c64: { bytes: 4, to: 'f32', read: (v, at) => v.getFloat32(at, true) },
  f16: small('f16', 2),
  bf16: small('bf16', 2),
  f8_e4m3: small('f8_e4m3', 1),
  f8_e5m2: small('f8_e5m2', 1),
  f8_e4m3fnuz: small('f8_e4m3fnuz', 1),
  f8_e5m2fnuz: small('f8_e5m2fnuz', 1),
  f8_e8m0: small('f8_e8m0', 1),
};

const isCore = (dtype: StoredDType): dtype is keyof typeof constructors => dtype in constructors;

/** Bytes of one element of `dtype` in a file. */
export function elementBytes(dtype: StoredDType): number {
  return isCore(dtype) ? constructors[dtype].BYTES_PER_ELEMENT : decoders[dtype].bytes * (dtype === 'c64' ? 2 : 1);
}

/**
 * A stored array in the core dtype that holds its values: the small floats widen to f32, short integers to i32,
 * 64-bit integers narrow with a range check, complex numbers become pairs in a last axis of 2.
 *
 * @returns a copy; `array.bytes` is not kept alive by it
 * @throws FormatError  a 64-bit integer beyond 32 bits
 * @example
 * decode({ dtype: 'f16', shape: [2], bytes: new Uint8Array([0, 60, 0, 192]) }).data // => Float32Array [1, -2]
 */
export function decode({ dtype, shape, bytes }: StoredArray): CoreArray {
  if (isCore(dtype)) {
    const copy = dtype === 'bool' ? Uint8Array.from(bytes, (b) => (b ? 1 : 0)) : Uint8Array.from(bytes);
    return { dtype, shape, data: new constructors[dtype](copy.buffer) };
  }
  const { bytes: step, to, read } = decoders[dtype];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const data = new constructors[to](bytes.byteLength / step);
  for (let i = 0; i < data.length; i++) data[i] = read(view, i * step);
  return { dtype: to, shape: dtype === 'c64' ? [...shape, 2] : shape, data };
}

/**
 * The stored form of an array of core.
 *
 * @throws FormatError  the data has another element type or length than `dtype` and `shape` say
 * @example
 * encode({ dtype: 'i32', shape: [1], data: new Int32Array([7]) }).bytes // => Uint8Array [7, 0, 0, 0]
 */
export function encode({ dtype, shape, data }: CoreArray): StoredArray {
  const size = shape.reduce((n, d) => n * d, 1);
  if (!(data instanceof constructors[dtype]) || data.length !== size) {
    throw new FormatError(
      `encode: ${dtype}[${shape.join(',')}] needs a ${constructors[dtype].name} of ${size}, got a ${data.constructor.name} of ${data.length}.`,
    );
  }
  return { dtype, shape, bytes: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) };
}
