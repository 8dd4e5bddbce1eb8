// Reading and writing elements by index tensors.
import * as core from '@nn/core';
import { type Operand, raw, Tensor } from '../tensor/handle.js';
import { dimOf } from './arguments.js';

function checkIndex(name: string, index: Tensor): core.Tensor {
  const { dtype } = index.spec;
  if (dtype !== 'i32' && dtype !== 'u32' && dtype !== 'u8') {
    throw new core.DTypeError(
      `${name}(): Expected dtype int32 for index, but got ${index.dtype}. Convert it first: index.int()`,
    );
  }
  return index.value;
}

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
/** `gather` whose index broadcasts against x on the other axes. */
export function takeAlongDim(x: Tensor, indices: Tensor, dim?: number): Tensor {
  const i = checkIndex('take_along_dim', indices);
  if (dim === undefined)
    return new Tensor(core.gather(core.reshape(x.value, [-1]), core.reshape(i, [-1]), 0), 'Gather');
  const v = x.value;
  const axis = dimOf(dim, v.ndim);
  const common = core.broadcastShapes('take_along_dim', v.shape.with(axis, 1), i.shape.with(axis, 1));
  return new Tensor(
    core.gather(
      core.expand(v, common.with(axis, v.shape[axis]!)),
      core.expand(i, common.with(axis, i.shape[axis]!)),
      axis,
    ),
    'Gather',
  );
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

/** The part of x that `index` covers from its corner, when the index is smaller. */
function updates(value: Operand, index: core.Tensor, dtype: core.DType): core.Tensor {
  const v = raw(value);
  if (!(v instanceof core.Tensor)) return core.full(index.shape, Number(v), dtype);
  const same = v.ndim === index.ndim && v.shape.every((n, d) => n === index.shape[d]);
  const cut = same
    ? v
    : v.ndim
      ? core.slice(
          v,
          index.shape.map(() => 0),
          [...index.shape],
        )
      : core.expand(v, index.shape);
  return cut.dtype === dtype ? cut : core.cast(cut, dtype);
}

/** A copy of x with `src` (a tensor or a number) at the indices along an axis; `reduce` combines it with what is there. */
export function scatter(
  x: Tensor,
  dim: number,
  index: Tensor,
  src: Operand,
  o: { reduce?: 'add' | 'multiply' } = {},
): Tensor {
  const v = x.value;
  const i = checkIndex('scatter', index);
  const axis = dimOf(dim, v.ndim);
  if (o.reduce === 'add') return new Tensor(core.scatterAdd(v, i, updates(src, i, v.dtype), axis), 'Scatter');
  if (o.reduce === 'multiply') return scatterReduce(x, dim, index, new Tensor(updates(src, i, v.dtype)), 'prod');
  return new Tensor(core.scatter(v, i, updates(src, i, v.dtype), axis), 'Scatter');
}
/** A copy of x with `src` added at the indices along an axis; equal indices add up. */
export function scatterAdd(x: Tensor, dim: number, index: Tensor, src: Tensor): Tensor {
  const v = x.value;
  const i = checkIndex('scatter_add', index);
  return new Tensor(core.scatterAdd(v, i, updates(src, i, v.dtype), dimOf(dim, v.ndim)), 'ScatterAdd');
}

export type ScatterReduction = 'sum' | 'prod' | 'mean' | 'amax' | 'amin';
/** A copy of x with all values of `src` for one place reduced into it. */
export function scatterReduce(
  x: Tensor,
  dim: number,
  index: Tensor,
  src: Tensor,
  reduce: ScatterReduction,
  o: { includeSelf?: boolean } = {},
): Tensor {
  const v = x.value;
  const i = checkIndex('scatter_reduce', index);
  const axis = dimOf(dim, v.ndim);
  const u = updates(src, i, v.dtype);
  const self = o.includeSelf ?? true;
  const ones = core.onesLike(u);
  const counts = core.scatterAdd(core.zerosLike(v), i, ones, axis);
  const hit = core.greater(counts, 0);
  if (reduce === 'sum' || reduce === 'mean') {
    const start = self ? v : core.where(hit, 0, v);
    const total = core.scatterAdd(start, i, u, axis);
    if (reduce === 'sum') return new Tensor(total, 'ScatterReduce');
    const n = core.maximum(self ? core.add(counts, 1) : counts, 1);
    return new Tensor(core.isFloat(v.dtype) ? core.div(total, n) : core.floorDivide(total, n), 'ScatterReduce');
  }
  // All pairs of places and updates along the axis: [..., place, update].
  const last = (t: core.Tensor): core.Tensor => core.transpose(t, axis, -1);
  const cut = (t: core.Tensor): core.Tensor =>
    core.slice(
      t,
      t.shape.map(() => 0),
      t.shape.map((n, d) => (d === axis ? n : i.shape[d]!)),
    );
  const covered = i.shape.every((n, d) => d === axis || n === v.shape[d]);
  if (!covered)
    throw new core.ShapeError(
      `scatter_reduce: with '${reduce}' the index must cover x on all axes but dim ${axis}; x is [${v.shape.join(', ')}], the index [${i.shape.join(', ')}]`,
    );
  const places = core.iota([v.shape[axis]!, 1], 0, 'i32');
  const match = core.equal(core.unsqueeze(last(i), -2), places);
  const from = core.unsqueeze(last(u), -2);
  const neutral = reduce === 'prod' ? 1 : reduce === 'amax' ? -Infinity : Infinity;
  const spread = core.where(match, from, neutral);
  const f = reduce === 'prod' ? core.prod : reduce === 'amax' ? core.max : core.min;
  const found = last(
    f(self ? core.concat([spread, core.unsqueeze(last(cut(v)), -1)], spread.ndim - 1) : spread, { axes: -1 }),
  );
  return new Tensor(core.where(hit, found, v), 'ScatterReduce');
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
      : core.full(places.shape, Number(fill), v.dtype);
  return new Tensor(core.scatter(v, places, u, axis), 'IndexFill');
}

/** A copy of x in which the places where `mask` is true take the elements of `source` in order. */
export function maskedScatter(x: Tensor, mask: Tensor, source: Tensor): Tensor {
  const v = x.value;
  const m = core.expand(mask.value, v.shape);
  const order = core.sub(core.cumsum(core.cast(core.reshape(m, [-1]), 'i32'), 0), 1);
  const from = core.reshape(source.value, [-1]);
  const values = core.take(from, core.clamp(order, { min: 0, max: Math.max(0, from.size - 1) }), 0);
  return new Tensor(core.where(m, core.reshape(values, v.shape), v), 'MaskedScatter');
}
