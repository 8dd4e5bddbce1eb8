// Views: other shapes and orders of the same data. A change of a view in place changes its base.
import * as core from '@nn/core';
import { alias, Tensor } from '../tensor/handle.js';
import { isContiguous, reshapedStrides, rowMajor, stridesOf, viewOf } from '../tensor/view.js';
import { dimOf, dimsOf, sizes, type Sizes } from './arguments.js';
import { range } from '../tensor/range.js';

/** Replaces the one -1 of a shape by what fits. */
function fill(shape: readonly number[], numel: number): number[] {
  const hole = shape.indexOf(-1);
  const known = shape.reduce((a, b) => (b === -1 ? a : a * b), 1);
  const bad = shape.lastIndexOf(-1) !== hole || shape.some((n) => !Number.isInteger(n) || n < -1);
  if (shape.lastIndexOf(-1) !== hole) throw new core.ShapeError('only one dimension can be inferred');
  if (bad || (hole < 0 ? known !== numel : known === 0 || numel % known !== 0)) {
    throw new core.ShapeError(`shape '[${shape.join(', ')}]' is invalid for input of size ${numel}`);
  }
  return shape.map((n) => (n === -1 ? numel / known : n));
}

function reshaped(x: Tensor, fn: string, shape: readonly number[], strides: readonly number[]): Tensor {
  return viewOf(
    x,
    fn,
    (b) => core.reshape(b, shape),
    (b, v) => core.reshape(v, b.shape),
    strides,
  );
}

/**
 * The same elements in another shape; one size may be -1. A view where that is possible, else a copy.
 *
 * @throws ShapeError  shape '[4]' is invalid for input of size 6
 * @example
 * reshape(tensor([1, 2, 3, 4]), [2, -1]) // => [[1, 2], [3, 4]]
 */
export function reshape(x: Tensor, ...shape: Sizes): Tensor {
  const target = fill(sizes(shape), core.sizeOf(x.shape));
  const strides = reshapedStrides(x.shape, stridesOf(x), target);
  return strides ? reshaped(x, 'View', target, strides) : new Tensor(core.reshape(x.value, target), 'UnsafeView');
}

/** `reshape` that refuses to copy. */
export function view(x: Tensor, ...shape: Sizes): Tensor {
  const target = fill(sizes(shape), core.sizeOf(x.shape));
  const strides = reshapedStrides(x.shape, stridesOf(x), target);
  if (!strides) {
    throw new core.ShapeError(
      "view size is not compatible with input tensor's size and stride (at least one dimension spans across two contiguous subspaces). Use .reshape(...) instead.",
    );
  }
  return reshaped(x, 'View', target, strides);
}
/** The shape of another tensor. */
export function viewAs(x: Tensor, other: Tensor): Tensor {
  return view(x, other.shape);
}
/** The shape of another tensor. */
export function reshapeAs(x: Tensor, other: Tensor): Tensor {
  return reshape(x, other.shape);
}
/** One axis. */
export function ravel(x: Tensor): Tensor {
  return reshape(x, -1);
}
/** A copy in order when the elements do not lie in order, else the tensor itself. */
export function contiguous(x: Tensor): Tensor {
  return isContiguous(x) ? x : clone(x);
}

/** Axes `startDim` to `endDim` as one. */
export function flatten(x: Tensor, startDim = 0, endDim = -1): Tensor {
  const rank = x.shape.length;
  if (rank === 0) return reshape(x, 1);
  const [a, b] = [dimOf(startDim, rank), dimOf(endDim, rank)];
  if (a > b) throw new core.ShapeError('flatten() has invalid args: start_dim cannot come after end_dim');
  return a === b
    ? x
    : reshape(x, [...x.shape.slice(0, a), core.sizeOf(x.shape.slice(a, b + 1)), ...x.shape.slice(b + 1)]);
}
/** One axis as several; one size may be -1. */
export function unflatten(x: Tensor, dim: number, sizes: readonly number[]): Tensor {
  const axis = dimOf(dim, x.shape.length);
  const n = x.shape[axis]!;
  const known = sizes.reduce((a, b) => (b === -1 ? a : a * b), 1);
  if (sizes.includes(-1) ? n % known !== 0 : known !== n) {
    throw new core.ShapeError(
      `unflatten: Provided sizes [${sizes.join(', ')}] don't multiply up to the size of dim ${axis} (${n}) in the input tensor`,
    );
  }
  return reshape(x, [
    ...x.shape.slice(0, axis),
    ...sizes.map((s) => (s === -1 ? n / known : s)),
    ...x.shape.slice(axis + 1),
  ]);
}

/** Axes in another order. */
export function permute(x: Tensor, ...dims: Sizes): Tensor {
  const rank = x.shape.length;
  const order = sizes(dims);
  if (order.length !== rank) {
    throw new core.ShapeError(
      `permute(sparse_coo): number of dimensions in the tensor input does not match the length of the desired ordering of dimensions i.e. input.dim() = ${rank} is not equal to len(dims) = ${order.length}`.replace(
        '(sparse_coo)',
        '',
      ),
    );
  }
  const perm = dimsOf(order, rank);
  return permuted(x, 'Permute', perm);
}
function permuted(x: Tensor, fn: string, perm: readonly number[]): Tensor {
  const inverse = perm.map((_, i) => perm.indexOf(i));
  const strides = stridesOf(x);
  return viewOf(
    x,
    fn,
    (b) => core.permute(b, perm),
    (_, v) => core.permute(v, inverse),
    perm.map((d) => strides[d]!),
  );
}
/** Two axes swapped. */
export function transpose(x: Tensor, dim0: number, dim1: number): Tensor {
  const rank = x.shape.length;
  const [a, b] = [dimOf(dim0, rank), dimOf(dim1, rank)];
  if (rank === 0) return x;
  return permuted(
    x,
    'Transpose',
    range(rank).map((d) => (d === a ? b : d === b ? a : d)),
  );
}
/** The transpose of a matrix; vectors stay as they are. */
export function t(x: Tensor): Tensor {
  const rank = x.shape.length;
  if (rank > 2) throw new core.ShapeError(`t() expects a tensor with <= 2 dimensions, but self is ${rank}D`);
  return rank < 2 ? x : permuted(x, 'T', [1, 0]);
}
/** Axes moved to other places. */
export function movedim(
  x: Tensor,
  source: number | readonly number[],
  destination: number | readonly number[],
): Tensor {
  const rank = x.shape.length;
  const [from, to] = [dimsOf(source, rank), dimsOf(destination, rank)];
  if (from.length !== to.length)
    throw new core.ShapeError(
      'movedim: Invalid source or destination dims: source and destination must have the same number of axes',
    );
  const rest = range(rank).filter((d) => !from.includes(d));
  const perm = range(rank).map((d) => (to.includes(d) ? from[to.indexOf(d)]! : rest.shift()!));
  return permuted(x, 'Permute', perm);
}

/** Without the axes of size 1, or without those of `dim` that have size 1. */
export function squeeze(x: Tensor, dim?: number | readonly number[] | { dim?: number | readonly number[] }): Tensor {
  const { shape } = x;
  const given =
    typeof dim === 'object' && !Array.isArray(dim)
      ? (dim as { dim?: number | readonly number[] }).dim
      : (dim as number | readonly number[] | undefined);
  const axes = given === undefined ? range(shape.length) : dimsOf(given, shape.length);
  const keep = range(shape.length).filter((d) => shape[d] !== 1 || !axes.includes(d));
  const strides = stridesOf(x);
  return reshaped(
    x,
    'Squeeze',
    keep.map((d) => shape[d]!),
    keep.map((d) => strides[d]!),
  );
}
/** With a new axis of size 1 at `dim`. */
export function unsqueeze(x: Tensor, dim: number): Tensor {
  const { shape } = x;
  const axis = dimOf(dim, shape.length + 1);
  const strides = [...stridesOf(x)];
  strides.splice(axis, 0, axis < shape.length ? shape[axis]! * strides[axis]! : 1);
  return reshaped(x, 'Unsqueeze', [...shape.slice(0, axis), 1, ...shape.slice(axis)], strides);
}

/** Axes of size 1 repeated to other sizes, without a copy; -1 keeps a size. */
export function expand(x: Tensor, ...shape: Sizes): Tensor {
  const target = sizes(shape);
  const { shape: from } = x;
  const lead = target.length - from.length;
  if (lead < 0) {
    throw new core.ShapeError(
      `expand(${x.dtype}[${from.join(', ')}], size=[${target.join(', ')}]): the number of sizes provided (${target.length}) must be greater or equal to the number of dimensions in the tensor (${from.length})`,
    );
  }
  const full = target.map((n, i) => (n === -1 && i >= lead ? from[i - lead]! : n));
  full.forEach((n, i) => {
    const have = i < lead ? 1 : from[i - lead]!;
    if (n !== have && have !== 1) {
      throw new core.ShapeError(
        `The expanded size of the tensor (${n}) must match the existing size (${have}) at non-singleton dimension ${i}.  Target sizes: [${target.join(', ')}].  Tensor sizes: [${from.join(', ')}]`,
      );
    }
  });
  const strides = stridesOf(x);
  const repeats = full.some((n, i) => n !== 1 && (i < lead || from[i - lead] !== n));
  return viewOf(
    x,
    'Expand',
    (b) => core.expand(b, full),
    repeats ? null : (b, v) => core.reshape(v, b.shape),
    full.map((n, i) => (i < lead || (from[i - lead] !== n && n !== 1) ? 0 : strides[i - lead]!)),
  );
}
/** Expanded to the shape of another tensor. */
export function expandAs(x: Tensor, other: Tensor): Tensor {
  return expand(x, other.shape);
}
/** Expanded to a shape. */
export function broadcastTo(x: Tensor, shape: readonly number[]): Tensor {
  return expand(x, shape);
}

/** The same data without a history: gradients stop here. A change in place changes the original. */
export function detach(x: Tensor): Tensor {
  return viewOf(
    x,
    '',
    (b) => core.detach(b),
    (_, v) => v,
    stridesOf(x),
    true,
  );
}
/** A copy that gradients flow through. */
export function clone(x: Tensor): Tensor {
  return new Tensor(alias(x.value), 'Clone');
}
/** Steps between neighbours on each axis, as PyTorch counts them. */
export function stride(x: Tensor): number[] {
  return [...(x._view ? stridesOf(x) : rowMajor(x.shape))];
}

export { transpose as swapaxes, transpose as swapdims, movedim as moveaxis, squeeze as squeezeDims };
