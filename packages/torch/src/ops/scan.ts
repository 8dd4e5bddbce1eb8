// Running reductions and orders: cumsum, sort, topk and their like.
import * as core from '@nn/core';
import { type DType } from '../tensor/dtype.js';
import { Tensor } from '../tensor/handle.js';
import { bind, dimOf, pair, type ValuesIndices } from './arguments.js';
import { along, ranked } from './ranking.js';

/** Running sums along an axis. */
export function cumsum(x: Tensor, dim: number, o: { dtype?: DType } = {}): Tensor {
  return along(x, dim, o.dtype, (v, axis) => core.cumsum(v, axis), 'Cumsum');
}
/** Running products along an axis. */
export function cumprod(x: Tensor, dim: number, o: { dtype?: DType } = {}): Tensor {
  return along(x, dim, o.dtype, (v, axis) => core.cumprod(v, axis), 'Cumprod');
}
export interface SortOptions {
  /** The axis; default the last. */
  dim?: number;
  descending?: boolean;
  /** Sorting is always stable here. */
  stable?: boolean;
}
/**
 * The elements in order along an axis, with their former indices.
 *
 * @example
 * sort(tensor([3, 1, 2])).indices // => [1, 2, 0]
 */
export function sort(x: Tensor, dim?: number | SortOptions, o?: SortOptions): ValuesIndices {
  const { dim: d = -1, descending = false } = bind<SortOptions>(['dim'], dim, o);
  const v = x.value;
  if (v.ndim === 0) return pair('values', x, 'indices', new Tensor(core.beside(v, () => core.zeros([], 'i32'))));
  const sorted = core.sort(v, { axis: dimOf(d, v.ndim), descending });
  return pair('values', new Tensor(sorted.values, 'Sort'), 'indices', new Tensor(sorted.indices));
}
/** The indices that sort an axis. */
export function argsort(x: Tensor, dim?: number | SortOptions, o?: SortOptions): Tensor {
  return sort(x, dim, o).indices;
}
export interface TopkOptions {
  dim?: number;
  /** false takes the smallest; default true. */
  largest?: boolean;
  sorted?: boolean;
}
/** The `k` largest elements along an axis in order, with their indices. */
export function topk(x: Tensor, k: number, dim?: number | TopkOptions, o?: TopkOptions): ValuesIndices {
  const { dim: d = -1, largest = true } = bind<TopkOptions>(['dim'], dim, o);
  const v = x.value;
  const axis = dimOf(d, v.ndim);
  if (!(k >= 0 && k <= (v.shape[axis] ?? 1)))
    throw new core.ShapeError(
      `selected index k out of range: k is ${k}, and dimension ${axis} has size ${v.shape[axis] ?? 1}`,
    );
  const top = core.topk(v, k, { axis, largest });
  return pair('values', new Tensor(top.values, 'Topk'), 'indices', new Tensor(top.indices));
}
/** The lower middle element along an axis with its index; of all elements without `dim`. */
export function median(x: Tensor): Tensor;
export function median(
  x: Tensor,
  dim: number | { dim: number; keepdim?: boolean },
  o?: { keepdim?: boolean },
): ValuesIndices;
export function median(
  x: Tensor,
  dim?: number | { dim: number; keepdim?: boolean },
  o?: { keepdim?: boolean },
): Tensor | ValuesIndices {
  const at = bind<{ dim: number; keepdim: boolean }>(['dim'], dim, o);
  const v = x.value;
  if (at.dim === undefined)
    return ranked(core.reshape(v, [-1]), 0, Math.max(0, (v.size - 1) >> 1), false, 'Median').values;
  const axis = dimOf(at.dim, v.ndim);
  return ranked(v, axis, (v.shape[axis]! - 1) >> 1, at.keepdim ?? false, 'Median');
}
/** `median` as a method. */
export interface Median {
  /** The lower middle element. */
  median(): Tensor;
  /** The lower middle element along an axis, with its index. */
  median(dim: number | { dim: number; keepdim?: boolean }, o?: { keepdim?: boolean }): ValuesIndices;
}
