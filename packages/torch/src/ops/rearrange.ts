// Copies in another order or with repetitions: flip, roll, tile, diag.
import * as core from '@nn/core';
import { Tensor } from '../tensor/handle.js';
import { type Dim, dimOf, dimsOf, sizes, type Sizes } from './arguments.js';
import { range } from '../tensor/range.js';

/** The order of some axes turned round. */
export function flip(x: Tensor, ...dims: Sizes): Tensor {
  const v = x.value;
  return new Tensor(core.flip(v, dimsOf(sizes(dims), v.ndim)), 'Flip');
}
/** Columns from right to left. */
export function fliplr(x: Tensor): Tensor {
  return flip(x, 1);
}
/** Rows from bottom to top. */
export function flipud(x: Tensor): Tensor {
  return flip(x, 0);
}
/** Elements moved along axes; what leaves at the end comes back at the start. Without axes the flattened tensor is rolled. */
export function roll(x: Tensor, shifts: number | readonly number[], dims?: Dim | { dims?: Dim }): Tensor {
  const v = x.value;
  const given = dims !== null && typeof dims === 'object' && 'dims' in dims ? dims.dims : (dims as Dim | undefined);
  const by = typeof shifts === 'number' ? [shifts] : [...shifts];
  if (given === undefined || given === null)
    return new Tensor(core.reshape(core.roll(core.reshape(v, [-1]), by, [0]), v.shape), 'Roll');
  const axes = (typeof given === 'number' ? [given] : given).map((d) => dimOf(d, v.ndim));
  if (axes.length !== by.length)
    throw new core.ShapeError(`shifts and dimensions must align. shifts: ${by.length}, dims:${axes.length}`);
  return new Tensor(core.roll(v, by, axes), 'Roll');
}
/** Turned by 90 degrees `k` times, from the first axis of `dims` towards the second. */
export function rot90(x: Tensor, k = 1, dims: readonly [number, number] = [0, 1]): Tensor {
  const v = x.value;
  const [a, b] = dimsOf(dims, v.ndim) as [number, number];
  const turns = ((k % 4) + 4) % 4;
  const swap = (t: core.Tensor): core.Tensor => core.transpose(t, a, b);
  const out =
    turns === 0
      ? v
      : turns === 1
        ? core.flip(swap(v), [a])
        : turns === 2
          ? core.flip(v, [a, b])
          : core.flip(swap(v), [b]);
  return new Tensor(out, 'Rot90');
}
/** The whole tensor repeated along each axis; more numbers than axes add axes in front. */
export function repeat(x: Tensor, ...repeats: Sizes): Tensor {
  const v = x.value;
  const n = sizes(repeats);
  if (n.length < v.ndim)
    throw new core.ShapeError(
      'Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor',
    );
  return new Tensor(tiled(v, n), 'Repeat');
}
/** The whole tensor repeated along the last axes. */
export function tile(x: Tensor, ...repeats: Sizes): Tensor {
  const v = x.value;
  const n = sizes(repeats);
  return new Tensor(tiled(v, [...new Array<number>(Math.max(0, v.ndim - n.length)).fill(1), ...n]), 'Repeat');
}
function tiled(v: core.Tensor, repeats: readonly number[]): core.Tensor {
  const lead = repeats.length - v.ndim;
  return core.tile(lead ? core.reshape(v, [...new Array<number>(lead).fill(1), ...v.shape]) : v, repeats);
}
/** Each element repeated along an axis, a number of times or as often as a tensor says (which is read at once). */
export function repeatInterleave(x: Tensor, repeats: number | Tensor, o: { dim?: number } = {}): Tensor {
  const v = o.dim === undefined ? core.reshape(x.value, [-1]) : x.value;
  const axis = o.dim === undefined ? 0 : dimOf(o.dim, v.ndim);
  if (typeof repeats === 'number') return new Tensor(core.repeat(v, repeats, axis), 'Repeat');
  const counts = [...core.dataSync(repeats.value)];
  const each = counts.length === 1 ? new Array<number>(v.shape[axis]!).fill(counts[0]!) : counts;
  const places = Int32Array.from(each.flatMap((n, i) => new Array<number>(n).fill(i)));
  return new Tensor(core.take(v, core.tensor(places), axis), 'IndexSelect');
}

/** A matrix with a vector on a diagonal, or the diagonal of a matrix. */
export function diag(x: Tensor, diagonal = 0): Tensor {
  const v = x.value;
  if (v.ndim === 1) return diagEmbed(x, diagonal);
  if (v.ndim !== 2) throw new core.ShapeError(`diag(): Supports 1D or 2D tensors. Got ${v.ndim}D`);
  return new Tensor(core.diagonal(v, { offset: diagonal }), 'Diagonal');
}
/** Matrices with the last axis on a diagonal. */
export function diagEmbed(x: Tensor, offset = 0, dim1 = -2, dim2 = -1): Tensor {
  const v = x.value;
  const n = v.shape.at(-1)!;
  const size = n + Math.abs(offset);
  const [top, left] = [Math.max(-offset, 0), Math.max(offset, 0)];
  const square = core.mul(core.unsqueeze(v, -1), core.cast(core.eye(n), v.dtype));
  const pads = square.shape.map((_, d): [number, number] =>
    d === square.ndim - 2 ? [top, size - n - top] : d === square.ndim - 1 ? [left, size - n - left] : [0, 0],
  );
  const padded = core.pad(square, pads);
  const rank = padded.ndim;
  const [a, b] = [dimOf(dim1, rank), dimOf(dim2, rank)];
  const rest = range(rank - 2);
  const perm = range(rank).map((d) => (d === a ? rank - 2 : d === b ? rank - 1 : rest.shift()!));
  return new Tensor(core.permute(padded, perm), 'DiagEmbed');
}
/** A matrix with a flattened tensor on a diagonal. */
export function diagflat(x: Tensor, offset = 0): Tensor {
  return diagEmbed(new Tensor(core.reshape(x.value, [-1]), 'View'), offset);
}
