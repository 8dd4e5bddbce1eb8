// Statistics that are not methods: moments together, reductions without NaN, covariances.
import * as core from '@nn/core';
import { Tensor } from '../tensor/handle.js';
import { pair, type Pair } from './arguments.js';
import { amax, amin } from './reduce.js';
import { type DimOr, moments, pNorm, type ReduceOptions, reduction, type VarianceOptions } from './reduction.js';

export interface CovOptions {
  /** What is subtracted from the number of observations; default 1. */
  correction?: number;
  /** How often each observation counts. */
  fweights?: Tensor | null;
  /** How much each observation weighs. */
  aweights?: Tensor | null;
}
/** The covariance matrix of variables (rows) over observations (columns). */
export function cov(x: Tensor, o: CovOptions = {}): Tensor {
  const v = x.value.ndim < 2 ? core.reshape(x.value, [1, -1]) : x.value;
  const f = o.fweights ? core.cast(o.fweights.value, v.dtype) : null;
  const a = o.aweights?.value ?? null;
  const w = f && a ? core.mul(f, a) : (f ?? a ?? core.beside(v, () => core.ones([v.shape[1]!], v.dtype)));
  const total = core.sum(w);
  const mean = core.div(core.sum(core.mul(v, w), { axes: 1, keepdims: true }), total);
  const centered = core.sub(v, mean);
  const correction = o.correction ?? 1;
  const lost = a ? core.div(core.mul(core.sum(core.mul(w, a)), correction), total) : correction;
  const c = core.div(core.matmul(core.mul(centered, w), core.transpose(centered)), core.sub(total, lost));
  return new Tensor(x.shape.length < 2 ? core.reshape(c, []) : c, 'Squeeze');
}
/** The correlation matrix of variables (rows) over observations (columns). */
export function corrcoef(x: Tensor): Tensor {
  if (x.shape.length < 2) return new Tensor(core.div(cov(x).value, cov(x).value));
  const c = cov(x).value;
  const deviation = core.sqrt(core.diagonal(c));
  return new Tensor(
    core.clamp(core.div(core.div(c, core.unsqueeze(deviation, 1)), deviation), { min: -1, max: 1 }),
    'Clamp',
  );
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

/** The p-norm of the difference. */
export function dist(x: Tensor, other: Tensor, p = 2): Tensor {
  const d = core.sub(x.value, other.value);
  return new Tensor(pNorm(d, p, {}), 'Dist');
}

/** Smallest and largest element at once. */
export function aminmax(x: Tensor, dim?: number | ReduceOptions, o?: ReduceOptions): Pair<'min', 'max'> {
  return pair('min', amin(x, dim, o), 'max', amax(x, dim, o));
}
