// Reading and writing elements by index tensors.
import * as core from '@nn/core';
import { type Operand, raw, Tensor } from '../tensor/handle.js';
import { dimOf } from './arguments.js';
import { checkIndex, updates } from './index-arguments.js';

/**
 * `out[i][j] = x[index[i][j]][j]` for dim 0, and so on: one element for each element of `index`.
 *
 * @example
 * gather(tensor([[1, 2], [3, 4]]), 1, tensor([[1, 1], [0, 1]], { dtype: 'int32' })) // => [[2, 2], [3, 4]]
 */
export function gather(x: Tensor, dim: number, index: Tensor): Tensor {
  const v = x.value;
  const i = checkIndex('gather', index);
  if (i.ndim !== v.ndim)
    throw new core.ShapeError(
      `Index tensor must have the same number of dimensions as input tensor, but they have ${i.ndim} and ${v.ndim}`,
    );
  return new Tensor(core.gather(v, i, dimOf(dim, v.ndim)), 'Gather');
}
/** The slices of an axis at the indices. */
export function indexSelect(x: Tensor, dim: number, index: Tensor): Tensor {
  const i = checkIndex('index_select', index);
  if (i.ndim > 1) throw new core.ShapeError(`index_select(): Index is supposed to be a vector, but got dim: ${i.ndim}`);
  const v = x.value;
  return new Tensor(core.take(v, core.reshape(i, [-1]), dimOf(dim, v.ndim)), 'IndexSelect');
}
/** Elements of the flattened tensor. */
export function take(x: Tensor, index: Tensor): Tensor {
  return new Tensor(core.take(core.reshape(x.value, [-1]), checkIndex('take', index), 0), 'Take');
}

/** A copy of x with `src` (a tensor or a number) at the indices along an axis; `reduce` combines it with what is there. */
export function scatter(x: Tensor, dim: number, index: Tensor, src: Operand, o: { reduce?: 'add' } = {}): Tensor {
  const v = x.value;
  const i = checkIndex('scatter', index);
  const axis = dimOf(dim, v.ndim);
  if (o.reduce === 'add') return new Tensor(core.scatterAdd(v, i, updates(src, i, v.dtype), axis), 'Scatter');
  if (o.reduce !== undefined) {
    throw new core.ValueError(
      `scatter: reduce must be 'add', got '${String(o.reduce)}'. For products use torch.scatterReduce(x, dim, index, src, 'prod')`,
    );
  }
  return new Tensor(core.scatter(v, i, updates(src, i, v.dtype), axis), 'Scatter');
}
/** A copy of x with `src` added at the indices along an axis; equal indices add up. */
export function scatterAdd(x: Tensor, dim: number, index: Tensor, src: Tensor): Tensor {
  const v = x.value;
  const i = checkIndex('scatter_add', index);
  return new Tensor(core.scatterAdd(v, i, updates(src, i, v.dtype), dimOf(dim, v.ndim)), 'ScatterAdd');
}

/** A full index for the slices of an axis, from a vector of places. */
function spreadIndex(index: core.Tensor, axis: number, shape: readonly number[]): core.Tensor {
  const flat = core.reshape(index, [-1]);
  return core.expand(
    core.reshape(
      flat,
      shape.map((_, d) => (d === axis ? flat.shape[0]! : 1)),
    ),
    shape.with(axis, flat.shape[0]!),
  );
}
/** A copy of x with `alpha * source` added to the slices at the indices. */
export function indexAdd(x: Tensor, dim: number, index: Tensor, source: Tensor, o: { alpha?: number } = {}): Tensor {
  const v = x.value;
  const axis = dimOf(dim, v.ndim);
  const s = o.alpha === undefined ? source.value : core.mul(source.value, o.alpha);
  return new Tensor(
    core.scatterAdd(v, spreadIndex(checkIndex('index_add', index), axis, s.shape), s, axis),
    'IndexAdd',
  );
}
/** A copy of x with the slices at the indices replaced. */
export function indexCopy(x: Tensor, dim: number, index: Tensor, source: Tensor): Tensor {
  const v = x.value;
  const axis = dimOf(dim, v.ndim);
  return new Tensor(
    core.scatter(v, spreadIndex(checkIndex('index_copy', index), axis, source.shape), source.value, axis),
    'IndexCopy',
  );
}
/** A copy of x with one value in the slices at the indices. */
export function indexFill(x: Tensor, dim: number, index: Tensor, value: Operand): Tensor {
  const v = x.value;
  const axis = dimOf(dim, v.ndim);
  const places = spreadIndex(checkIndex('index_fill', index), axis, v.shape);
  const fill = raw(value);
  const u =
    fill instanceof core.Tensor
      ? core.expand(core.cast(fill, v.dtype), places.shape)
      : core.beside(v, () => core.full(places.shape, Number(fill), v.dtype));
  return new Tensor(core.scatter(v, places, u, axis), 'IndexFill');
}
