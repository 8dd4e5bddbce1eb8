// Operations that only tf has.
import * as core from '@nn/core';
import { toIndices } from '../layers/core/embedding.js';
import * as ops from '../ops/index.js';
import { apply, asTensor, type Shape, type Tensor, type TensorLike } from '../tensor/tensor.js';

/** One value everywhere (tf.fill). */
export const fill = (dims: Shape, value: number | boolean, dtype?: ops.DTypeOption): Tensor =>
  ops.full(dims, value, dtype);
/** The number of axes. */
export const rank = (x: TensorLike): number => asTensor(x).ndim;
/** The number of elements. */
export const size = (x: TensorLike): number => asTensor(x).size;
/** Replaces whole rows: `indices` [n, 1], `updates` [n, ...]. */
export const tensorScatterNdUpdate = (x: TensorLike, indices: TensorLike, updates: TensorLike): Tensor =>
  apply('ScatterUpdate', [x, indices, updates], (t, i, u) => {
    if (i.shape.at(-1) !== 1)
      throw new core.ShapeError(
        `tensorScatterNdUpdate: only whole rows can be replaced, indices [n, 1]; received ${core.describe(i.spec)}`,
      );
    const rows = toIndices(core.reshape(i, [-1, ...t.shape.slice(1).map(() => 1)]));
    return core.scatter(t, core.expand(rows, u.shape), u, 0);
  });
