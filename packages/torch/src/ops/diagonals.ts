// Diagonals and turns, which are not methods.
import * as core from '@nn/core';
import { Tensor } from '../tensor/handle.js';
import { range } from '../tensor/range.js';
import { type AxisRange, readRanges, replaceRanges, stridesOf, viewOf } from '../tensor/view.js';
import { dimOf, dimsOf } from './arguments.js';
import { narrow, split } from './parts.js';
import { flip } from './rearrange.js';

/** Columns from right to left. */
export function fliplr(x: Tensor): Tensor {
  return flip(x, 1);
}

/** Rows from bottom to top. */
export function flipud(x: Tensor): Tensor {
  return flip(x, 0);
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
  const square = core.mul(
    core.unsqueeze(v, -1),
    core.cast(
      core.beside(v, () => core.eye(n)),
      v.dtype,
    ),
  );
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

/** Exactly `sections` pieces whose sizes differ by at most one, or pieces cut at the given indices. */
export function tensorSplit(x: Tensor, sections: number | readonly number[], dim = 0): Tensor[] {
  const n = x.shape[dimOf(dim, x.shape.length)] ?? 1;
  if (typeof sections === 'number') {
    return split(
      x,
      range(sections).map((i) => Math.floor(n / sections) + (i < n % sections ? 1 : 0)),
      dim,
    );
  }
  const cuts = [0, ...sections.map((c) => Math.min(Math.max(c < 0 ? c + n : c, 0), n)), n];
  return cuts.slice(1).map((end, i) => narrow(x, dim, Math.min(cuts[i]!, end), Math.max(end - cuts[i]!, 0)));
}

/** A diagonal of two axes, as the last axis. */
export function diagonal(x: Tensor, offset = 0, dim1 = 0, dim2 = 1): Tensor {
  const rank = x.shape.length;
  const [a, b] = [dimOf(dim1, rank), dimOf(dim2, rank)];
  const [n, m] = [x.shape[a]!, x.shape[b]!];
  const rest = range(rank).filter((d) => d !== a && d !== b);
  const size = Math.max(0, offset >= 0 ? Math.min(n, m - offset) : Math.min(n + offset, m));
  const strides = stridesOf(x);
  const order = [...rest, a, b];
  const inverse = order.map((_, i) => order.indexOf(i));
  const start = offset >= 0 ? offset : -offset * m;
  // In the flattened pair of axes a diagonal is every (m + 1)-th element.
  const line: AxisRange = { axis: rest.length, start, size, step: m + 1 };
  const flat = (v: core.Tensor): core.Tensor =>
    core.reshape(core.permute(v, order), [...rest.map((d) => x.shape[d]!), n * m]);
  return viewOf(
    x,
    'Diagonal',
    (v) => readRanges(flat(v), [line]),
    (v, d) =>
      core.permute(
        core.reshape(
          replaceRanges(flat(v), d, [line]),
          order.map((k) => x.shape[k]!),
        ),
        inverse,
      ),
    [...rest.map((d) => strides[d]!), strides[a]! + strides[b]!],
  );
}
