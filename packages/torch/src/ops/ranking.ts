// What scans and order statistics have in common.
import * as core from '@nn/core';
import type { DType } from '../tensor/dtype.js';
import { optionalDType, Tensor } from '../tensor/handle.js';
import { dimOf, pair, type ValuesIndices } from './arguments.js';

const isPair = (r: Tensor | ValuesIndices): r is ValuesIndices => !(r instanceof Tensor);
/** A scalar has an axis 0 in PyTorch: f is given it as a vector of one element, and what comes back is a scalar again. */
export function scalarsToo<R extends Tensor | ValuesIndices>(x: Tensor, f: (x: Tensor) => R): R {
  if (x.shape.length > 0) return f(x);
  const scalar = (t: Tensor): Tensor => new Tensor(core.reshape(t.value, []), t._fn);
  const out = f(new Tensor(core.reshape(x.value, [1]), 'View'));
  return (isPair(out) ? pair('values', scalar(out.values), 'indices', scalar(out.indices)) : scalar(out)) as R;
}

export function along(
  x: Tensor,
  dim: number,
  dtype: DType | undefined,
  f: (v: core.Tensor, axis: number) => core.Tensor,
  fn: string,
): Tensor {
  const kind = optionalDType(dtype);
  const v = kind ? core.cast(x.value, kind) : x.value;
  const axis = dimOf(dim, v.ndim);
  return new Tensor(v.ndim ? f(v, axis) : v, fn);
}

export function ranked(v: core.Tensor, axis: number, place: number, keepdim: boolean, fn: string): ValuesIndices {
  const order = core.argsort(v, { axis });
  const starts = v.shape.map((_, d) => (d === axis ? place : 0));
  const ends = v.shape.map((n, d) => (d === axis ? place + 1 : n));
  const index = core.slice(order, starts, ends);
  const out = (t: core.Tensor): core.Tensor => (keepdim ? t : core.squeeze(t, [axis]));
  return pair('values', new Tensor(out(core.gather(v, index, axis)), fn), 'indices', new Tensor(out(index)));
}
