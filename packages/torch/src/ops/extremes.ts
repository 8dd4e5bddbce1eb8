// max and min in their three forms: of all elements, along an axis, and of two tensors.
import * as core from '@nn/core';
import { Tensor } from '../tensor/handle.js';
import { bind, dimOf, pair, type ValuesIndices } from './arguments.js';
import type { ReduceOptions } from './reduction.js';

/** `max` and `min` as methods. */
export interface Extremes {
  /** The largest element. */
  max(): Tensor;
  /** The larger one of two, elementwise. */
  max(other: Tensor): Tensor;
  /** The largest element along one axis, with its index. */
  max(dim: number | ReduceOptions, o?: ReduceOptions): ValuesIndices;
  /** The smallest element. */
  min(): Tensor;
  /** The smaller one of two, elementwise. */
  min(other: Tensor): Tensor;
  /** The smallest element along one axis, with its index. */
  min(dim: number | ReduceOptions, o?: ReduceOptions): ValuesIndices;
}

/** The largest element; along an axis with its index; or the larger one of two tensors. */
export function max(x: Tensor): Tensor;
export function max(x: Tensor, other: Tensor): Tensor;
export function max(x: Tensor, dim: number | ReduceOptions, o?: ReduceOptions): ValuesIndices;
export function max(x: Tensor, dim?: number | Tensor | ReduceOptions, o?: ReduceOptions): Tensor | ValuesIndices {
  return extreme('max', x, dim, o);
}

/** The smallest element; along an axis with its index; or the smaller one of two tensors. */
export function min(x: Tensor): Tensor;
export function min(x: Tensor, other: Tensor): Tensor;
export function min(x: Tensor, dim: number | ReduceOptions, o?: ReduceOptions): ValuesIndices;
export function min(x: Tensor, dim?: number | Tensor | ReduceOptions, o?: ReduceOptions): Tensor | ValuesIndices {
  return extreme('min', x, dim, o);
}

/** Value and index of the extreme along one axis, or the extreme of all, or the extreme of two tensors. */
function extreme(
  kind: 'max' | 'min',
  x: Tensor,
  dim: number | Tensor | ReduceOptions | undefined,
  o: ReduceOptions | undefined,
): Tensor | ValuesIndices {
  if (dim instanceof Tensor)
    return new Tensor(
      (kind === 'max' ? core.maximum : core.minimum)(x.value, dim.value),
      kind === 'max' ? 'Maximum' : 'Minimum',
    );
  const { dim: d, keepdim } = bind<ReduceOptions>(['dim'], dim, o);
  if (d === undefined || d === null)
    return new Tensor((kind === 'max' ? core.max : core.min)(x.value), kind === 'max' ? 'Max' : 'Min');
  const v = x.value;
  const at = v.ndim ? v : core.reshape(v, [1]);
  const axis = dimOf(d as number, at.ndim);
  const indices = (kind === 'max' ? core.argmax : core.argmin)(at, { axis, keepdims: true });
  const values = core.gather(at, indices, axis);
  const out = (t: core.Tensor): core.Tensor => (keepdim && v.ndim ? t : core.squeeze(t, [axis]));
  return pair('values', new Tensor(out(values), kind === 'max' ? 'Max' : 'Min'), 'indices', new Tensor(out(indices)));
}
