// Arrays from nothing: constants, ranges, identity matrices.
import { checkShape, isFloat, normalizeAxis, ShapeError, ValueError, type DType, type Shape } from '../base/index.js';
import { cast as castExpr, expr } from '../kernel/index.js';
import { apply, literal } from '../graph/apply.js';
import type { Primitive, Tensor } from '../graph/tensor.js';
import { beside } from '../graph/state.js';
import { equal } from './arithmetic.js';
import { expandTo, toTensor, toType, type Operand } from './define.js';
import { unsqueeze } from './movement.js';

/** `shape` filled with one number. */
export const full = (shape: Shape, value: number | boolean, dtype?: DType): Tensor =>
  expandTo(literal(value, dtype), checkShape('full', shape));
/** Zeros, f32 unless said. */
export const zeros = (shape: Shape, dtype: DType = 'f32'): Tensor => full(shape, 0, dtype);
/** Ones, f32 unless said. */
export const ones = (shape: Shape, dtype: DType = 'f32'): Tensor => full(shape, 1, dtype);
/** The shape and dtype of x, filled with one number. */
export const fullLike = (x: Tensor, value: number | boolean, dtype: DType = x.dtype): Tensor =>
  expandTo(literal(value, dtype, x.backend), x.shape);
export const zerosLike = (x: Tensor, dtype?: DType): Tensor => fullLike(x, 0, dtype);
export const onesLike = (x: Tensor, dtype?: DType): Tensor => fullLike(x, 1, dtype);

interface RampAttrs {
  readonly shape: Shape;
  readonly axis: number;
}
/** start + step * position along an axis, in one rounding: inputs are the two numbers. */
export const rampPrimitive: Primitive<RampAttrs> = {
  name: 'ramp',
  domain: 'real',
  keep: {},
  samples: [],
  infer: ([start], { shape }) => ({ shape, dtype: start!.dtype }),
  lower: ([start, step], { axis }) => ({
    form: 'map',
    body: (i) => expr('add', start!([]), expr('mul', castExpr(i[axis]!, step!([]).dtype), step!([]))),
  }),
  vjp: () => null,
};
/** The position along `axis`. */
export const iota = (shape: Shape, axis: number, dtype: DType = 'i32'): Tensor =>
  apply(rampPrimitive, [literal(0, dtype), literal(1, dtype)], {
    shape: [...checkShape('iota', shape)],
    axis: normalizeAxis('iota', axis, shape.length),
  });

/**
 * start, start + step, … up to but not including stop.
 *
 * @param dtype  default i32 when all three are integers, else f32
 * @example
 * arange(0, 6, 2) // => [0, 2, 4]
 */
export function arange(start: number, stop?: number, step = 1, dtype?: DType): Tensor {
  const [from, to] = stop === undefined ? [0, start] : [start, stop];
  if (step === 0 || !Number.isFinite(step) || !Number.isFinite(from) || !Number.isFinite(to))
    throw new ValueError(`arange: start ${from}, stop ${to} and step ${step} must be finite, and the step not 0`);
  const type = dtype ?? ([from, to, step].every(Number.isInteger) ? 'i32' : 'f32');
  const n = Math.max(0, Math.ceil((to - from) / step));
  const work: DType = isFloat(type) || [from, step].every(Number.isInteger) ? type : 'f32';
  return toType(apply(rampPrimitive, [literal(from, work), literal(step, work)], { shape: [n], axis: 0 }), type);
}
/** n numbers from a to b, both included. */
export function linspace(a: number, b: number, n: number, dtype: DType = 'f32'): Tensor {
  if (!Number.isInteger(n) || n < 0) throw new ValueError(`linspace: ${n} is not a number of points`);
  return apply(rampPrimitive, [literal(a, dtype), literal(n > 1 ? (b - a) / (n - 1) : 0, dtype)], {
    shape: [n],
    axis: 0,
  });
}
/** Ones on the diagonal of an n by m matrix. */
export const eye = (n: number, m: number = n, dtype: DType = 'f32'): Tensor =>
  toType(equal(iota([n, m], 0), iota([n, m], 1)), dtype);
/** A new last axis of n with a one at each index and zeros elsewhere; all zeros for an index out of range. */
export function oneHot(indices: Operand, n: number, dtype: DType = 'f32'): Tensor {
  const t = toTensor(indices);
  if (isFloat(t.dtype))
    throw new ShapeError(`oneHot: indices are integers, received ${t.dtype}. Cast them to i32 first`);
  return toType(
    equal(
      unsqueeze(t, -1),
      beside(t, () => iota([...t.shape.map(() => 1), n], t.ndim, t.dtype)),
    ),
    dtype,
  );
}
