// Reductions, running sums, order.
import * as core from '@nn/core';
import { reduction } from '../tensor/arguments.js';
import { apply, applyMany, type AxisOptions, type Tensor, type TensorLike } from '../tensor/tensor.js';

export type Reduce = (x: TensorLike, o?: AxisOptions) => Tensor;
/**
 * The sum over `axis` (all by default).
 *
 * @example
 * tf.reduceSum([[1, 2], [3, 4]], { axis: 1 }).toArraySync() // => [3, 7]
 */
export const sum: Reduce = (x, o = {}) => apply('Sum', [x], (t) => core.sum(t, reduction(o)));
export const mean: Reduce = (x, o = {}) => apply('Mean', [x], (t) => core.mean(t, reduction(o)));
export const prod: Reduce = (x, o = {}) => apply('Prod', [x], (t) => core.prod(t, reduction(o)));
export const max: Reduce = (x, o = {}) => apply('Max', [x], (t) => core.max(t, reduction(o)));
export const min: Reduce = (x, o = {}) => apply('Min', [x], (t) => core.min(t, reduction(o)));
export const any: Reduce = (x, o = {}) => apply('Any', [x], (t) => core.any(t, reduction(o)));
export const all: Reduce = (x, o = {}) => apply('All', [x], (t) => core.all(t, reduction(o)));
/** The biased variance (divides by n). */
export const variance: Reduce = (x, o = {}) => apply('Var', [x], (t) => core.variance(t, reduction(o)));
export const std: Reduce = (x, o = {}) => apply('Std', [x], (t) => core.sqrt(core.variance(t, reduction(o))));
export const logsumexp: Reduce = (x, o = {}) => apply('Logsumexp', [x], (t) => core.logSumExp(t, reduction(o)));
export const countNonzero: Reduce = (x, o = {}) =>
  apply('CountNonzero', [x], (t) => core.countNonzero(t, reduction(o)));

export interface ArgOptions {
  /** All elements in one row when not given. */
  axis?: number | null;
  keepdims?: boolean;
}
const one = (o: ArgOptions): { axis?: number; keepdims?: boolean } => ({
  ...(o.axis !== undefined && o.axis !== null && { axis: o.axis }),
  ...(o.keepdims !== undefined && { keepdims: o.keepdims }),
});
/** The place of the largest value along `axis`, int32. */
export const argmax = (x: TensorLike, o: ArgOptions = {}): Tensor =>
  apply('Argmax', [x], (t) => core.argmax(t, one(o)));
export const argmin = (x: TensorLike, o: ArgOptions = {}): Tensor =>
  apply('Argmin', [x], (t) => core.argmin(t, one(o)));

export const cumsum = (x: TensorLike, o: { axis?: number; reverse?: boolean; exclusive?: boolean } = {}): Tensor =>
  apply('Cumsum', [x], (t) =>
    core.cumsum(t, o.axis ?? 0, { reverse: o.reverse ?? false, exclusive: o.exclusive ?? false }),
  );
export const cumprod = (x: TensorLike, o: { axis?: number; reverse?: boolean; exclusive?: boolean } = {}): Tensor =>
  apply('Cumprod', [x], (t) =>
    core.cumprod(t, o.axis ?? 0, { reverse: o.reverse ?? false, exclusive: o.exclusive ?? false }),
  );
export const sort = (x: TensorLike, o: { axis?: number; descending?: boolean } = {}): Tensor =>
  apply('Sort', [x], (t) => core.sort(t, { axis: o.axis ?? -1, descending: o.descending ?? false }).values);
export const argsort = (x: TensorLike, o: { axis?: number; descending?: boolean } = {}): Tensor =>
  apply('Argsort', [x], (t) => core.argsort(t, { axis: o.axis ?? -1, descending: o.descending ?? false }));
/** The k largest values of the last axis and where they are. */
export function topK(x: TensorLike, k: number): { values: Tensor; indices: Tensor } {
  const [values, indices] = applyMany('TopK', [x], (t) => {
    const top = core.topk(t, k);
    return [top.values, top.indices];
  }) as [Tensor, Tensor];
  return { values, indices };
}
/** Mean and biased variance over the axes. */
export function moments(
  x: TensorLike,
  axes: number | readonly number[],
  o: { keepdims?: boolean } = {},
): [Tensor, Tensor] {
  return applyMany('Moments', [x], (t) => {
    const m = core.moments(t, axes, { keepdims: o.keepdims ?? false });
    return [m.mean, m.variance];
  }) as [Tensor, Tensor];
}
/** The Euclidean norm (or `ord` 1 or Infinity) over the axes. */
export const norm = (x: TensorLike, o: AxisOptions & { ord?: number } = {}): Tensor =>
  apply('Norm', [x], (t) => core.vectorNorm(t, o.ord ?? 2, reduction(o)));
