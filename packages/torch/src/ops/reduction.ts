// What reductions have in common: their options, their axes, moments, norms.
import * as core from '@nn/core';
import type { DType } from '../tensor/dtype.js';
import { optionalDType, type Tensor } from '../tensor/handle.js';
import { bind, type Dim, dimsOf } from './arguments.js';

export interface ReduceOptions {
  /** The axes to reduce; default all. */
  dim?: Dim;
  /** Keep the reduced axes with size 1; default false. */
  keepdim?: boolean;
  /** Convert to this dtype first. */
  dtype?: DType;
}

export type DimOr<O> = Dim | O;

export interface Reduction {
  readonly v: core.Tensor;
  readonly axes: number[];
  readonly keepdims: boolean;
}

export function reduction(x: Tensor, dim: DimOr<ReduceOptions> | undefined, o: ReduceOptions | undefined): Reduction {
  const { dim: d, keepdim, dtype } = bind<ReduceOptions>(['dim'], dim, o);
  const kind = optionalDType(dtype);
  const v = x.value;
  return { v: kind && kind !== v.dtype ? core.cast(v, kind) : v, axes: dimsOf(d, v.ndim), keepdims: keepdim ?? false };
}

export interface VarianceOptions extends ReduceOptions {
  /** What is subtracted from the number of elements; default 1. */
  correction?: number;
  /** false is `correction: 0`. */
  unbiased?: boolean;
}

export function moments(
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

/** The gradient at the zero vector is 0. */
export function pNorm(v: core.Tensor, p: number, at: { axes?: number[]; keepdims?: boolean }): core.Tensor {
  const size = core.abs(v);
  if (p === -Infinity) return core.min(size, at);
  if (p === 0) return core.sum(core.cast(core.notEqual(v, 0), v.dtype), at);
  if (p === 1 || p === Infinity) return core.vectorNorm(v, p, at);
  const total = core.sum(p === 2 ? core.square(v) : core.pow(size, p), at);
  const zero = core.equal(total, 0);
  const safe = core.where(zero, 1, total);
  return core.where(zero, 0, p === 2 ? core.sqrt(safe) : core.pow(safe, 1 / p));
}
