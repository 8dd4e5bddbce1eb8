// What scans and order statistics have in common.
import * as core from '@nn/core';
import type { DType } from '../tensor/dtype.js';
import { optionalDType, Tensor } from '../tensor/handle.js';
import { dimOf, pair, type ValuesIndices } from './arguments.js';

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
