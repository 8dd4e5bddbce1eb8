// Views of a part: slices, pieces, diagonals, windows. A change of a view in place changes its base.
import * as core from '@nn/core';
import type { Tensor } from '../tensor/handle.js';
import { range } from '../tensor/range.js';
import { type AxisRange, readRanges, replaceRanges, stridesOf, viewOf } from '../tensor/view.js';
import { dimOf } from './arguments.js';

/** The view of some ranges of `x`. */
function ranged(x: Tensor, fn: string, ranges: readonly AxisRange[]): Tensor {
  const used = ranges.filter(({ axis, start, size, step }) => start !== 0 || step !== 1 || size !== x.shape[axis]);
  const strides = [...stridesOf(x)];
  for (const { axis, step } of used) strides[axis]! *= step;
  return viewOf(
    x,
    fn,
    (b) => readRanges(b, used),
    (b, v) => replaceRanges(b, v, used),
    strides,
  );
}
/** `length` elements of an axis, from `start` on. */
export function narrow(x: Tensor, dim: number, start: number, length: number): Tensor {
  const axis = dimOf(dim, x.shape.length);
  const n = x.shape[axis] ?? 1;
  const from = start < 0 ? start + n : start;
  if (from < 0 || length < 0 || from + length > n) {
    throw new core.ShapeError(`start (${start}) + length (${length}) exceeds dimension size (${n}).`);
  }
  return ranged(x, 'Slice', [{ axis, start: from, size: length, step: 1 }]);
}
/** The slice at one index of an axis, without the axis. */
export function select(x: Tensor, dim: number, index: number): Tensor {
  const { shape } = x;
  if (shape.length === 0) throw new core.ShapeError('select() cannot be applied to a 0-dim tensor.');
  const axis = dimOf(dim, shape.length);
  const n = shape[axis]!;
  if (!Number.isInteger(index) || index < -n || index >= n) {
    throw new core.IndexError(
      `select(): index ${index} out of range for tensor of size [${shape.join(', ')}] at dimension ${axis}`,
    );
  }
  const place: AxisRange = { axis, start: index < 0 ? index + n : index, size: 1, step: 1 };
  return viewOf(
    x,
    'Select',
    (b) => core.squeeze(readRanges(b, [place]), [axis]),
    (b, v) => replaceRanges(b, core.unsqueeze(v, axis), [place]),
    stridesOf(x).filter((_, d) => d !== axis),
  );
}
/** All slices along an axis. */
export function unbind(x: Tensor, dim = 0): Tensor[] {
  return range(x.shape[dimOf(dim, x.shape.length)] ?? 0).map((i) => select(x, dim, i));
}

function parts(x: Tensor, dim: number, lengths: readonly number[]): Tensor[] {
  let start = 0;
  return lengths.map((size) => {
    start += size;
    return narrow(x, dim, start - size, size);
  });
}
/** Pieces of a size (the last may be smaller), or of the given sizes. */
export function split(x: Tensor, size: number | readonly number[], dim = 0): Tensor[] {
  const n = x.shape[dimOf(dim, x.shape.length)] ?? 1;
  if (typeof size !== 'number') {
    if (size.reduce((a, b) => a + b, 0) !== n) {
      throw new core.ShapeError(
        `split_with_sizes expects split_sizes to sum exactly to ${n} (input tensor's size at dimension ${dim}), but got split_sizes=[${size.join(', ')}]`,
      );
    }
    return parts(x, dim, size);
  }
  if (!(size > 0)) throw new core.ValueError(`split expects split_size be positive, but got split_size=${size}`);
  const count = Math.max(1, Math.ceil(n / size));
  return parts(
    x,
    dim,
    range(count).map((i) => Math.min(size, n - i * size)),
  );
}
/** At most `chunks` pieces of equal size; the last may be smaller. */
export function chunk(x: Tensor, chunks: number, dim = 0): Tensor[] {
  if (!(chunks > 0)) throw new core.ValueError(`chunk expects \`chunks\` to be greater than 0, got: ${chunks}`);
  return split(x, Math.max(1, Math.ceil((x.shape[dimOf(dim, x.shape.length)] ?? 1) / chunks)), dim);
}
/** Windows of `size` elements along an axis, `step` apart, as a new last axis. */
export function unfold(x: Tensor, dim: number, size: number, step: number): Tensor {
  const axis = dimOf(dim, x.shape.length);
  const n = x.shape[axis]!;
  if (size > n) throw new core.ShapeError(`maximum size for tensor at dimension ${axis} is ${n} but size is ${size}`);
  const count = Math.floor((n - size) / step) + 1;
  const places = range(count).flatMap((i) => range(size).map((k) => i * step + k));
  const strides = [...stridesOf(x)];
  const inner = strides[axis]!;
  strides[axis] = inner * step;
  return viewOf(
    x,
    'Unfold',
    (v) => {
      const index = core.beside(v, () => core.reshape(core.tensor(Int32Array.from(places)), [count, size]));
      return core.permute(core.take(v, index, axis), [
        ...range(axis + 1),
        ...range(v.ndim - axis - 1).map((d) => d + axis + 2),
        axis + 1,
      ]);
    },
    null,
    [...strides, inner],
  );
}
