// Reading and writing by index tensors, the rarer forms, which are not methods.
import * as core from '@nn/core';
import { Tensor } from '../tensor/handle.js';
import { dimOf } from './arguments.js';
import { checkIndex, updates } from './index-arguments.js';

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
  const places = core.beside(v, () => core.iota([v.shape[axis]!, 1], 0, 'i32'));
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

/** A copy of x in which the places where `mask` is true take the elements of `source` in order. */
export function maskedScatter(x: Tensor, mask: Tensor, source: Tensor): Tensor {
  const v = x.value;
  const m = core.expand(mask.value, v.shape);
  const order = core.sub(core.cumsum(core.cast(core.reshape(m, [-1]), 'i32'), 0), 1);
  const from = core.reshape(source.value, [-1]);
  const values = core.take(from, core.clamp(order, { min: 0, max: Math.max(0, from.size - 1) }), 0);
  return new Tensor(core.where(m, core.reshape(values, v.shape), v), 'MaskedScatter');
}
