// Covariances and correlations.
import * as core from '@nn/core';
import { Tensor } from '../tensor/handle.js';

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
  const w = f && a ? core.mul(f, a) : (f ?? a ?? core.ones([v.shape[1]!], v.dtype));
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
