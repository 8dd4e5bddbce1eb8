// Reductions: one number for all elements, or for each line along some axes.
import * as core from '@nn/core';
import { type DType } from '../tensor/dtype.js';
import { optionalDType, Tensor } from '../tensor/handle.js';
import { bind, type Dim, dimOf, dimsOf, pair, type Pair } from './arguments.js';

export interface ReduceOptions {
  /** The axes to reduce; default all. */
  dim?: Dim;
  /** Keep the reduced axes with size 1; default false. */
  keepdim?: boolean;
  /** Convert to this dtype first. */
  dtype?: DType;
}
type DimOr<O> = Dim | O;

interface Reduction {
  readonly v: core.Tensor;
  readonly axes: number[];
  readonly keepdims: boolean;
}
function reduction(x: Tensor, dim: DimOr<ReduceOptions> | undefined, o: ReduceOptions | undefined): Reduction {
  const { dim: d, keepdim, dtype } = bind<ReduceOptions>(['dim'], dim, o);
  const kind = optionalDType(dtype);
  const v = x.value;
  return { v: kind && kind !== v.dtype ? core.cast(v, kind) : v, axes: dimsOf(d, v.ndim), keepdims: keepdim ?? false };
}

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

export interface VarianceOptions extends ReduceOptions {
  /** What is subtracted from the number of elements; default 1. */
  correction?: number;
  /** false is `correction: 0`. */
  unbiased?: boolean;
}
function moments(
  x: Tensor,
  dim: DimOr<VarianceOptions> | undefined,
  o: VarianceOptions | undefined,
): { variance: core.Tensor; at: Reduction } {
  const { correction, unbiased } = bind<VarianceOptions>(['dim'], dim, o);
  const at = reduction(x, dim, o);
  const { axes, keepdims } = at;
  return {
    variance: core.variance(at.v, { axes, keepdims, correction: correction ?? (unbiased === false ? 0 : 1) }),
    at,
  };
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
/** Variance and mean at once. */
export function varMean(x: Tensor, dim?: DimOr<VarianceOptions>, o?: VarianceOptions): Pair<'var', 'mean'> {
  const { variance: v, at } = moments(x, dim, o);
  return pair('var', new Tensor(v, 'VarMean'), 'mean', new Tensor(core.mean(at.v, at), 'VarMean'));
}
/** Standard deviation and mean at once. */
export function stdMean(x: Tensor, dim?: DimOr<VarianceOptions>, o?: VarianceOptions): Pair<'std', 'mean'> {
  const { variance: v, at } = moments(x, dim, o);
  return pair('std', new Tensor(core.sqrt(v), 'StdMean'), 'mean', new Tensor(core.mean(at.v, at), 'StdMean'));
}

/** The sum without the NaNs. */
export function nansum(x: Tensor, dim?: DimOr<ReduceOptions>, o?: ReduceOptions): Tensor {
  const { v, ...at } = reduction(x, dim, o);
  return new Tensor(core.sum(core.where(core.isNaN(v), 0, v), at), 'Nansum');
}
/** The mean without the NaNs. */
export function nanmean(x: Tensor, dim?: DimOr<ReduceOptions>, o?: ReduceOptions): Tensor {
  const { v, ...at } = reduction(x, dim, o);
  const bad = core.isNaN(v);
  return new Tensor(
    core.div(core.sum(core.where(bad, 0, v), at), core.sum(core.cast(core.logicalNot(bad), v.dtype), at)),
    'Nanmean',
  );
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
/** The gradient at the zero vector is 0. */
function pNorm(v: core.Tensor, p: number, at: { axes?: number[]; keepdims?: boolean }): core.Tensor {
  const size = core.abs(v);
  if (p === -Infinity) return core.min(size, at);
  if (p === 0) return core.sum(core.cast(core.notEqual(v, 0), v.dtype), at);
  if (p === 1 || p === Infinity) return core.vectorNorm(v, p, at);
  const total = core.sum(p === 2 ? core.square(v) : core.pow(size, p), at);
  const zero = core.equal(total, 0);
  const safe = core.where(zero, 1, total);
  return core.where(zero, 0, p === 2 ? core.sqrt(safe) : core.pow(safe, 1 / p));
}
/** The p-norm of the difference. */
export function dist(x: Tensor, other: Tensor, p = 2): Tensor {
  const d = core.sub(x.value, other.value);
  return new Tensor(pNorm(d, p, {}), 'Dist');
}

/** Smallest and largest element at once. */
export function aminmax(x: Tensor, dim?: number | ReduceOptions, o?: ReduceOptions): Pair<'min', 'max'> {
  return pair('min', amin(x, dim, o), 'max', amax(x, dim, o));
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
