// Looking up and writing at indices.
import * as core from '@nn/core';
import { toIndices } from '../layers/core/embedding.js';
import { coreDType } from '../tensor/dtype.js';
import { apply, type Tensor, type TensorLike } from '../tensor/tensor.js';

/**
 * Slices of x at integer indices along `axis`; the whole array in one row when axis is null.
 *
 * @example
 * tf.gather([10, 20, 30], tf.constant([2, 0], 'int32')).toArraySync() // => [30, 10]
 */
export const take = (x: TensorLike, indices: TensorLike, o: { axis?: number | null } = {}): Tensor =>
  apply('Take', [x, indices], (t, i) =>
    o.axis === undefined || o.axis === null
      ? core.take(core.reshape(t, [-1]), toIndices(i), 0)
      : core.take(t, toIndices(i), o.axis),
  );
/** One value for each index along `axis`; shapes match on the other axes. */
export const takeAlongAxis = (x: TensorLike, indices: TensorLike, o: { axis?: number } = {}): Tensor =>
  apply('TakeAlongAxis', [x, indices], (t, i) => core.gather(t, toIndices(i), o.axis ?? -1));
/** Slices of axis 0 (TensorFlow's gather). */
export const gather = (x: TensorLike, indices: TensorLike, o: { axis?: number } = {}): Tensor =>
  apply('Take', [x, indices], (t, i) => core.take(t, toIndices(i), o.axis ?? 0));
/** 1 at the index and 0 elsewhere, along a new axis (default the last). */
export function oneHot(x: TensorLike, numClasses: number, o: { axis?: number; dtype?: string } = {}): Tensor {
  const dtype = coreDType('oneHot', o.dtype ?? 'float32');
  return apply('OneHot', [x], (t) => {
    const hot = core.oneHot(toIndices(t), numClasses, dtype);
    const axis = core.normalizeAxis('oneHot', o.axis ?? -1, hot.ndim);
    if (axis === hot.ndim - 1) return hot;
    const order = hot.shape.map((_, i) => i).slice(0, -1);
    order.splice(axis, 0, hot.ndim - 1);
    return core.permute(hot, order);
  });
}
/** 1 for every index that occurs along the last axis. */
export const multiHot = (x: TensorLike, numClasses: number, o: { dtype?: string } = {}): Tensor => {
  const dtype = coreDType('multiHot', o.dtype ?? 'float32');
  return apply('MultiHot', [x], (t) => core.max(core.oneHot(toIndices(t), numClasses, dtype), { axes: t.ndim - 1 }));
};
/** Sums of the values whose segment id is 0, 1, … */
export const segmentSum = (x: TensorLike, segmentIds: TensorLike, o: { numSegments: number }): Tensor =>
  apply('SegmentSum', [x, segmentIds], (t, ids) =>
    core.takeAdd(core.zeros([o.numSegments, ...t.shape.slice(1)], t.dtype), toIndices(ids), t, 0),
  );
/** Whether each target is among the k largest predictions of its row. */
export const inTopK = (targets: TensorLike, predictions: TensorLike, k: number): Tensor =>
  apply('InTopK', [targets, predictions], (y, p) => {
    const own = core.gather(p, core.unsqueeze(toIndices(y), -1), -1);
    return core.less(core.sum(core.cast(core.greater(p, own), 'i32'), { axes: -1 }), k);
  });
