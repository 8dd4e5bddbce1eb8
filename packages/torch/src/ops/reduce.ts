// Reductions: one number for all elements, or for each line along some axes.
import * as core from '@nn/core';
import { Tensor } from '../tensor/handle.js';
export type { ReduceOptions, VarianceOptions } from './reduction.js';
import { bind, dimOf } from './arguments.js';
import { type DimOr, moments, pNorm, type ReduceOptions, reduction, type VarianceOptions } from './reduction.js';

/**
 * The sum over some axes.
 *
 * @param dim        axes; default all
 * @param o.keepdim  keep the axes with size 1
 * @example
 * sum(tensor([[1, 2], [3, 4]]), 0) // => [4, 6]
 */
export function sum(x: Tensor, dim?: DimOr<ReduceOptions>, o?: ReduceOptions): Tensor {
  const { v, ...at } = reduction(x, dim, o);
  return new Tensor(core.sum(v, at), 'Sum');
}

/**
 * The mean over some axes.
 *
 * @throws DTypeError  for integers, as in PyTorch
 * @example
 * mean(tensor([1, 2, 6])) // => 3
 */
export function mean(x: Tensor, dim?: DimOr<ReduceOptions>, o?: ReduceOptions): Tensor {
  const { v, ...at } = reduction(x, dim, o);
  if (!core.isFloat(v.dtype)) {
    throw new core.DTypeError(
      `mean(): could not infer output dtype. Input dtype must be either a floating point or complex dtype. Got: ${x.dtype}. Convert it first: x.float()`,
    );
  }
  return new Tensor(core.mean(v, at), 'Mean');
}

/** The product over one axis, or of all elements. */
export function prod(x: Tensor, dim?: DimOr<ReduceOptions>, o?: ReduceOptions): Tensor {
  const { v, ...at } = reduction(x, dim, o);
  return new Tensor(core.prod(v, at), 'Prod');
}
/** The largest element over some axes; the gradient is shared among ties. */
export function amax(x: Tensor, dim?: DimOr<ReduceOptions>, o?: ReduceOptions): Tensor {
  const { v, ...at } = reduction(x, dim, o);
  return new Tensor(core.max(v, at), 'Amax');
}
/** The smallest element over some axes; the gradient is shared among ties. */
export function amin(x: Tensor, dim?: DimOr<ReduceOptions>, o?: ReduceOptions): Tensor {
  const { v, ...at } = reduction(x, dim, o);
  return new Tensor(core.min(v, at), 'Amin');
}
/** Whether any element is true (not 0). */
export function any(x: Tensor, dim?: DimOr<ReduceOptions>, o?: ReduceOptions): Tensor {
  const { v, ...at } = reduction(x, dim, o);
  return new Tensor(core.any(v, at));
}
/** Whether all elements are true (not 0). */
export function all(x: Tensor, dim?: DimOr<ReduceOptions>, o?: ReduceOptions): Tensor {
  const { v, ...at } = reduction(x, dim, o);
  return new Tensor(core.all(v, at));
}
/** How many elements are not 0. */
export function countNonzero(x: Tensor, dim?: DimOr<ReduceOptions>): Tensor {
  const { v, axes } = reduction(x, dim, undefined);
  return new Tensor(core.countNonzero(v, { axes }));
}
/** `log(sum(exp(x)))` without overflow. */
export function logsumexp(x: Tensor, dim: DimOr<ReduceOptions>, o?: ReduceOptions): Tensor {
  const { v, ...at } = reduction(x, dim, o);
  return new Tensor(core.logSumExp(v, at), 'Logsumexp');
}

/** The variance over some axes; divides by n - 1 unless `correction` says otherwise. */
function variance(x: Tensor, dim?: DimOr<VarianceOptions>, o?: VarianceOptions): Tensor {
  return new Tensor(moments(x, dim, o).variance, 'Var');
}
export { variance as var };
/** The square root of the variance. */
export function std(x: Tensor, dim?: DimOr<VarianceOptions>, o?: VarianceOptions): Tensor {
  return new Tensor(core.sqrt(moments(x, dim, o).variance), 'Std');
}
export interface NormOptions extends ReduceOptions {
  /** 2 is the Euclidean norm; default. Infinity is the largest size, 0 counts what is not 0. */
  p?: number | 'fro';
}
/** The p-norm `sum(|x|^p)^(1/p)` over some axes. */
export function norm(x: Tensor, p?: number | 'fro' | NormOptions, dim?: DimOr<NormOptions>, o?: NormOptions): Tensor {
  const all = bind<NormOptions>(['p', 'dim'], p, dim, o);
  const { v, ...at } = reduction(x, all, undefined);
  return new Tensor(pNorm(v, all.p === 'fro' ? 2 : (all.p ?? 2), at), 'LinalgVectorNorm');
}
function place(
  f: typeof core.argmax,
  x: Tensor,
  dim: number | null | ReduceOptions | undefined,
  o: ReduceOptions | undefined,
): Tensor {
  const { dim: d, keepdim } = bind<ReduceOptions>(['dim'], dim, o);
  const v = x.value;
  if (d === null || d === undefined || v.ndim === 0) return new Tensor(f(core.reshape(v, [-1]), { axis: 0 }));
  return new Tensor(f(v, { axis: dimOf(d as number, v.ndim), keepdims: keepdim ?? false }));
}
/** The index of the largest element, of the flattened tensor or along one axis. */
export function argmax(x: Tensor, dim?: number | null | ReduceOptions, o?: ReduceOptions): Tensor {
  return place(core.argmax, x, dim, o);
}
/** The index of the smallest element, of the flattened tensor or along one axis. */
export function argmin(x: Tensor, dim?: number | null | ReduceOptions, o?: ReduceOptions): Tensor {
  return place(core.argmin, x, dim, o);
}
