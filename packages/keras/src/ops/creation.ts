// Making tensors: from arrays, filled, ranges.
import * as core from '@nn/core';
import { coreDType } from '../tensor/dtype.js';
import { known } from '../tensor/arguments.js';
import { apply, asTensor, Tensor, toCore, type Shape, type TensorLike } from '../tensor/tensor.js';

/** A dtype by itself, or `{ dtype }`. */
export type DTypeOption = string | { dtype?: string };
const dtypeOf = (op: string, o: DTypeOption | undefined): core.DType | undefined => {
  const name = typeof o === 'string' ? o : o?.dtype;
  return name === undefined ? undefined : coreDType(op, name);
};

/**
 * A tensor of a number, nested arrays or a typed array. Numbers become float32 unless a dtype is given.
 *
 * @example
 * tf.constant([[1, 2], [3, 4]]).shape // => [2, 2]
 * tf.constant([1, 2], { dtype: 'int32' }).dtype // => 'int32'
 */
export function constant(value: TensorLike, o: string | { dtype?: string; shape?: Shape } = {}): Tensor {
  const dtype = dtypeOf('constant', o);
  const t = toCore(value, dtype);
  const shape = typeof o === 'string' || !o.shape ? null : known('constant', o.shape);
  if (!shape) return value instanceof Tensor && !dtype ? value : new Tensor(t);
  return new Tensor(
    t.size === 1
      ? core.expand(
          core.reshape(
            t,
            shape.map(() => 1),
          ),
          shape,
        )
      : core.reshape(t, shape),
  );
}
/** keras.ops' name for `constant`. */
export const convertToTensor = (x: TensorLike, o: DTypeOption = {}): Tensor => {
  const dtype = dtypeOf('convertToTensor', o);
  return dtype ? new Tensor(toCore(x, dtype)) : asTensor(x);
};
/** A tensor of zeros; dtype default 'float32'. */
export const zeros = (shape: Shape, dtype?: DTypeOption): Tensor =>
  new Tensor(core.zeros(known('zeros', shape), dtypeOf('zeros', dtype)));
/** A tensor of ones; dtype default 'float32'. */
export const ones = (shape: Shape, dtype?: DTypeOption): Tensor =>
  new Tensor(core.ones(known('ones', shape), dtypeOf('ones', dtype)));
/** One value everywhere. */
export const full = (shape: Shape, value: number | boolean, dtype?: DTypeOption): Tensor =>
  new Tensor(core.full(known('full', shape), value, dtypeOf('full', dtype)));
export const zerosLike = (x: TensorLike, o?: DTypeOption): Tensor =>
  apply('ZerosLike', [x], (t) => core.zerosLike(t, dtypeOf('zerosLike', o)));
export const onesLike = (x: TensorLike, o?: DTypeOption): Tensor =>
  apply('OnesLike', [x], (t) => core.onesLike(t, dtypeOf('onesLike', o)));
export const fullLike = (x: TensorLike, value: number, o?: DTypeOption): Tensor =>
  apply('FullLike', [x], (t) => core.fullLike(t, value, dtypeOf('fullLike', o)));
/** The identity matrix [n, m]; m default n. */
export const eye = (n: number, o: { m?: number; dtype?: string } = {}): Tensor =>
  new Tensor(core.eye(n, o.m ?? n, dtypeOf('eye', o)));
export interface RangeOptions {
  /** Default 1. */
  step?: number;
  dtype?: string;
}
/**
 * start, start + step, … below stop. One number is the stop. int32 for whole numbers unless a dtype is given.
 *
 * @example
 * tf.range(3).toArraySync() // => [0, 1, 2]
 */
export function arange(stop: number, o?: RangeOptions): Tensor;
export function arange(start: number, stop?: number | null, o?: RangeOptions): Tensor;
export function arange(first: number, second?: number | null | RangeOptions, third: RangeOptions = {}): Tensor {
  const [stop, o] = typeof second === 'object' && second !== null ? [null, second] : [second ?? null, third];
  const [from, to, step] = [stop === null ? 0 : first, stop ?? first, o.step ?? 1];
  const whole = [from, to, step].every(Number.isInteger);
  return new Tensor(core.arange(from, to, step, dtypeOf('range', o) ?? (whole ? 'i32' : 'f32')));
}
/** `num` values from start to stop, both included. */
export const linspace = (start: number, stop: number, o: { num?: number; dtype?: string } = {}): Tensor =>
  new Tensor(core.linspace(start, stop, o.num ?? 50, dtypeOf('linspace', o) ?? 'f32'));
export const tril = (x: TensorLike, o: { k?: number } = {}): Tensor =>
  apply('Tril', [x], (t) => core.tril(t, o.k ?? 0));
export const triu = (x: TensorLike, o: { k?: number } = {}): Tensor =>
  apply('Triu', [x], (t) => core.triu(t, o.k ?? 0));
