// New tensors: from data, filled, or counted.
import * as core from '@nn/core';
import { type DType } from '../tensor/dtype.js';
import { optionalDType, requireGrad } from '../tensor/handle.js';
import { Tensor } from '../tensor/tensor.js';
import { range } from '../tensor/range.js';

export interface CreateOptions {
  /** Default float32 (int32 and bool where the values say so). */
  dtype?: DType;
  /** Record gradients for it; default false. */
  requiresGrad?: boolean;
}
/** Sizes as an array, or one size. */
export type Size = number | readonly number[];
export const sizeList = (size: Size): readonly number[] => (typeof size === 'number' ? [size] : size);

export const made = (v: core.Tensor, o: CreateOptions | undefined): Tensor => {
  const t = new Tensor(v);
  return o?.requiresGrad ? requireGrad(t, true) : t;
};

/** What `torch.tensor` takes: numbers, booleans, nested arrays of them, typed arrays. */
export type Data = core.NestedArray | core.TypedArray;

/**
 * A tensor from a number, nested arrays, or a typed array (which is copied and keeps its type).
 *
 * @param data            rows must have one length
 * @param o.dtype         default float32 for numbers, bool for booleans
 * @param o.requiresGrad  default false
 * @throws ShapeError  when rows differ in length
 * @example
 * tensor([[1, 2], [3, 4]]).shape // => [2, 2]
 * tensor([1, 2], { dtype: 'int32' }).dtype // => 'int32'
 */
export function tensor(data: Data | Tensor, o: CreateOptions = {}): Tensor {
  const dtype = optionalDType(o.dtype);
  if (data instanceof Tensor) {
    const plain = core.detach(data.value);
    return made(dtype && dtype !== plain.dtype ? core.cast(plain, dtype) : plain, o);
  }
  return made(core.tensor(data, dtype ? { dtype } : {}), o);
}
/** A tensor from a typed array. */
export function fromNumpy(data: core.TypedArray): Tensor {
  return tensor(data);
}
/** The tensor itself when it is one already, else a new one. */
export function asTensor(data: Data | Tensor, o: CreateOptions = {}): Tensor {
  return data instanceof Tensor && (o.dtype === undefined || o.dtype === data.dtype) ? data : tensor(data, o);
}

/** A tensor filled with zeros. */
export function zeros(size: Size, o?: CreateOptions): Tensor {
  return made(core.zeros(sizeList(size), optionalDType(o?.dtype)), o);
}
/** A tensor filled with ones. */
export function ones(size: Size, o?: CreateOptions): Tensor {
  return made(core.ones(sizeList(size), optionalDType(o?.dtype)), o);
}
/** A tensor without particular values; zeros here. */
export function empty(size: Size, o?: CreateOptions): Tensor {
  return zeros(size, o);
}
/** A tensor filled with one value; booleans give bool. */
export function full(size: Size, value: number | boolean, o?: CreateOptions): Tensor {
  return made(
    core.full(sizeList(size), Number(value), optionalDType(o?.dtype) ?? (typeof value === 'boolean' ? 'bool' : 'f32')),
    o,
  );
}
const like = (x: Tensor, o: CreateOptions | undefined): core.DType => optionalDType(o?.dtype) ?? x.spec.dtype;
/** Zeros in the shape and dtype of another tensor. */
export function zerosLike(x: Tensor, o?: CreateOptions): Tensor {
  return made(
    core.beside(x.value, () => core.zeros(x.shape, like(x, o))),
    o,
  );
}
/** Ones in the shape and dtype of another tensor. */
export function onesLike(x: Tensor, o?: CreateOptions): Tensor {
  return made(
    core.beside(x.value, () => core.ones(x.shape, like(x, o))),
    o,
  );
}
/** One value in the shape and dtype of another tensor. */
export function fullLike(x: Tensor, value: number | boolean, o?: CreateOptions): Tensor {
  return made(
    core.beside(x.value, () => core.full(x.shape, Number(value), like(x, o))),
    o,
  );
}
/** Zeros in the shape and dtype of another tensor. */
export function emptyLike(x: Tensor, o?: CreateOptions): Tensor {
  return zerosLike(x, o);
}

/**
 * Numbers from `start` up to (not including) `end`: int32 when all three are whole, else float32.
 *
 * @example
 * arange(3) // => [0, 1, 2]
 * arange(1, 2, 0.25) // => [1, 1.25, 1.5, 1.75]
 */
export function arange(
  start: number,
  end?: number | CreateOptions,
  step?: number | CreateOptions,
  o?: CreateOptions,
): Tensor {
  const options = [end, step, o].find((a) => typeof a === 'object');
  const [from, to] = typeof end === 'number' ? [start, end] : [0, start];
  const by = typeof step === 'number' ? step : 1;
  if (by === 0) throw new core.ValueError('step must be nonzero');
  if ((to - from) / by < 0) throw new core.ValueError('upper bound and lower bound inconsistent with step sign');
  const dtype = optionalDType(options?.dtype) ?? ([from, to, by].every(Number.isInteger) ? 'i32' : 'f32');
  return made(core.arange(from, to, by, dtype), options);
}
/** `steps` numbers from `start` to `end`, both included. */
export function linspace(start: number, end: number, steps: number, o?: CreateOptions): Tensor {
  const dtype = optionalDType(o?.dtype) ?? 'f32';
  const v = core.linspace(start, end, steps);
  return made(v.dtype === dtype ? v : core.cast(v, dtype), o);
}
/** `steps` numbers from `base^start` to `base^end`, evenly spaced on the logarithmic scale. */
export function logspace(start: number, end: number, steps: number, o?: CreateOptions & { base?: number }): Tensor {
  return made(core.pow(o?.base ?? 10, linspace(start, end, steps, { ...o, requiresGrad: false }).value), o);
}
/** The identity matrix. */
export function eye(n: number, m?: number | CreateOptions, o?: CreateOptions): Tensor {
  const options = typeof m === 'object' ? m : o;
  const v = core.eye(n, typeof m === 'number' ? m : n);
  const dtype = optionalDType(options?.dtype) ?? 'f32';
  return made(v.dtype === dtype ? v : core.cast(v, dtype), options);
}
/** The places on and below a diagonal of a matrix, as rows and columns. */
export function trilIndices(rows: number, columns: number, offset = 0): Tensor {
  return places(rows, columns, (r, c) => c - r <= offset);
}
/** The places on and above a diagonal of a matrix, as rows and columns. */
export function triuIndices(rows: number, columns: number, offset = 0): Tensor {
  return places(rows, columns, (r, c) => c - r >= offset);
}
function places(rows: number, columns: number, inside: (r: number, c: number) => boolean): Tensor {
  const found = range(rows).flatMap((r) =>
    range(columns)
      .filter((c) => inside(r, c))
      .map((c) => [r, c]),
  );
  return new Tensor(
    core.reshape(core.tensor(Int32Array.from([...found.map(([r]) => r!), ...found.map(([, c]) => c!)])), [
      2,
      found.length,
    ]),
  );
}

/** Powers of a vector as columns, the highest first unless `increasing`. */
export function vander(x: Tensor, n?: number, o: { increasing?: boolean } = {}): Tensor {
  const v = x.value;
  const count = n ?? v.shape[0]!;
  const powers = core.beside(v, () => core.arange(0, count, 1, v.dtype));
  return new Tensor(core.pow(core.unsqueeze(v, 1), o.increasing ? powers : core.sub(count - 1, powers)));
}

/** A number as a tensor without axes. */
export function scalarTensor(value: number | boolean, o?: CreateOptions): Tensor {
  return full([], value, o);
}

type WindowOptions = CreateOptions & { periodic?: boolean };
function cosineWindow(length: number, a: readonly number[], o: WindowOptions): Tensor {
  const dtype = optionalDType(o.dtype) ?? 'f32';
  const n = (o.periodic ?? true) ? length : length - 1;
  const values = range(length).map((i) =>
    n === 0 ? 1 : a.reduce((sum, c, k) => sum + (k % 2 ? -c : c) * Math.cos((2 * Math.PI * k * i) / n), 0),
  );
  return made(core.tensor(values, { shape: [length], dtype }), o);
}
/** The Hann window. */
export function hannWindow(length: number, o: WindowOptions = {}): Tensor {
  return cosineWindow(length, [0.5, 0.5], o);
}
/** The Hamming window. */
export function hammingWindow(length: number, o: WindowOptions & { alpha?: number; beta?: number } = {}): Tensor {
  return cosineWindow(length, [o.alpha ?? 0.54, o.beta ?? 0.46], o);
}
/** The Blackman window. */
export function blackmanWindow(length: number, o: WindowOptions = {}): Tensor {
  return cosineWindow(length, [0.42, 0.5, 0.08], o);
}
/** The triangle window. */
export function bartlettWindow(length: number, o: WindowOptions = {}): Tensor {
  const n = (o.periodic ?? true) ? length : length - 1;
  const values = range(length).map((i) => (n === 0 ? 1 : 1 - Math.abs((2 * i) / n - 1)));
  return made(core.tensor(values, { shape: [length], dtype: optionalDType(o.dtype) ?? 'f32' }), o);
}
