// Shapes: reshaping, joining, cutting, repeating.
import * as core from '@nn/core';
import { known } from '../tensor/arguments.js';
import { apply, applyMany, asTensor, type Index, type Shape, type Tensor, type TensorLike } from '../tensor/tensor.js';

/** The shape as an array; sizes of symbolic tensors may be null. */
export const shape = (x: TensorLike): Shape => asTensor(x).shape;
export const ndim = (x: TensorLike): number => asTensor(x).ndim;
/**
 * The same elements in another shape; one size may be -1.
 *
 * @example
 * tf.reshape([1, 2, 3, 4], [2, -1]).shape // => [2, 2]
 */
export const reshape = (x: TensorLike, to: Shape): Tensor => asTensor(x).reshape(to);
/** Reorders the axes; reverses them without `axes`. */
export const transpose = (x: TensorLike, o: { axes?: readonly number[] } | readonly number[] = {}): Tensor =>
  asTensor(x).transpose(Array.isArray(o) ? (o as readonly number[]) : (o as { axes?: readonly number[] }).axes);
export const swapaxes = (x: TensorLike, a: number, b: number): Tensor =>
  apply('Swapaxes', [x], (t) => core.transpose(t, a, b));
export function moveaxis(x: TensorLike, source: number, destination: number): Tensor {
  return apply('Moveaxis', [x], (t) => {
    const [from, to] = [
      core.normalizeAxis('moveaxis', source, t.ndim),
      core.normalizeAxis('moveaxis', destination, t.ndim),
    ];
    const order = t.shape.map((_, i) => i).filter((i) => i !== from);
    order.splice(to, 0, from);
    return core.permute(t, order);
  });
}
export const expandDims = (x: TensorLike, axis: number): Tensor =>
  apply('ExpandDims', [x], (t) => core.unsqueeze(t, axis));
/** Drops axes of size 1: all of them, or those given. */
export const squeeze = (x: TensorLike, o: { axis?: number | readonly number[] | null } = {}): Tensor =>
  apply('Squeeze', [x], (t) => core.squeeze(t, o.axis ?? undefined));
export const broadcastTo = (x: TensorLike, to: Shape): Tensor =>
  apply('BroadcastTo', [x], (t) => core.expand(t, known('broadcastTo', to)));
export const concatenate = (xs: readonly TensorLike[], o: { axis?: number } | number = {}): Tensor =>
  apply('Concatenate', xs, (...ts) => core.concat(ts, typeof o === 'number' ? o : (o.axis ?? 0)));
export const stack = (xs: readonly TensorLike[], o: { axis?: number } = {}): Tensor =>
  apply('Stack', xs, (...ts) => core.stack(ts, o.axis ?? 0));
export function unstack(x: TensorLike, o: { axis?: number } = {}): Tensor[] {
  return applyMany('Unstack', [x], (t) => {
    const axis = core.normalizeAxis('unstack', o.axis ?? 0, t.ndim);
    return Array.from({ length: t.shape[axis]! }, (_, i) => core.select(t, axis, i));
  });
}
/** Equal parts (a number), or parts that end at the indices. */
export function split(x: TensorLike, parts: number | readonly number[], o: { axis?: number } = {}): Tensor[] {
  return applyMany('Split', [x], (t) => {
    const axis = core.normalizeAxis('split', o.axis ?? 0, t.ndim);
    const n = t.shape[axis]!;
    if (typeof parts === 'number' && n % parts)
      throw new core.ShapeError(
        `split: axis ${axis} of ${core.describe(t.spec)} does not split into ${parts} equal parts`,
      );
    const ends =
      typeof parts === 'number' ? Array.from({ length: parts }, (_, i) => ((i + 1) * n) / parts) : [...parts, n];
    return core.split(
      t,
      ends.map((end, i) => end - (ends[i - 1] ?? 0)),
      axis,
    );
  });
}
export const tile = (x: TensorLike, repeats: readonly number[]): Tensor =>
  apply('Tile', [x], (t) => core.tile(t, repeats));
export const repeat = (x: TensorLike, repeats: number, o: { axis?: number | null } = {}): Tensor =>
  apply('Repeat', [x], (t) =>
    o.axis === undefined || o.axis === null
      ? core.repeat(core.reshape(t, [-1]), repeats, 0)
      : core.repeat(t, repeats, o.axis),
  );
export const flip = (x: TensorLike, o: { axis?: number | readonly number[] | null } = {}): Tensor =>
  apply('Flip', [x], (t) => core.flip(t, o.axis ?? undefined));
export const roll = (
  x: TensorLike,
  shift: number | readonly number[],
  o: { axis?: number | readonly number[] | null } = {},
): Tensor =>
  apply('Roll', [x], (t) =>
    o.axis === undefined || o.axis === null
      ? core.reshape(core.roll(core.reshape(t, [-1]), shift, 0), t.shape)
      : core.roll(t, shift, o.axis),
  );

const modes: Readonly<Record<string, core.PadMode>> = {
  constant: 'constant',
  reflect: 'reflect',
  edge: 'replicate',
  wrap: 'circular',
};
/** Adds `[before, after]` to each axis: zeros (or `constantValues`), or 'reflect', 'edge', 'wrap'. */
export function pad(
  x: TensorLike,
  padWidth: number | readonly (number | readonly number[])[],
  o: { mode?: string; constantValues?: number } = {},
): Tensor {
  const mode = o.mode?.toLowerCase() ?? 'constant';
  if (!Object.hasOwn(modes, mode))
    throw new core.ValueError(
      `pad: mode '${mode}' is not known; expected ${Object.keys(modes).join(', ')}.${core.nearest(mode, Object.keys(modes))}`,
    );
  return apply('Pad', [x], (t) => {
    const pads = t.shape.map((_, i): [number, number] => {
      const p = typeof padWidth === 'number' ? padWidth : padWidth[i];
      if (p === undefined)
        throw new core.ShapeError(
          `pad: ${t.ndim} axes need ${t.ndim} pairs, received ${(padWidth as readonly unknown[]).length}`,
        );
      return typeof p === 'number' ? [p, p] : [p[0]!, p[1]!];
    });
    return core.pad(t, pads, {
      mode: modes[mode]!,
      ...(o.constantValues !== undefined && { value: o.constantValues }),
    });
  });
}
/** A block of `size` from `start`; a size of -1 goes to the end. */
export const slice = (x: TensorLike, start: readonly number[], size: readonly number[]): Tensor =>
  apply('Slice', [x], (t) =>
    core.slice(
      t,
      start,
      size.map((n, i) => (n === -1 ? t.shape[i]! : start[i]! + n)),
    ),
  );
/** Indexing, see `Tensor.at`. */
export const getItem = (x: TensorLike, ...indices: Index[]): Tensor => asTensor(x).at(...indices);
export const diagonal = (x: TensorLike, o: { offset?: number; axis1?: number; axis2?: number } = {}): Tensor =>
  apply('Diagonal', [x], (t) => core.diagonal(t, { offset: o.offset ?? 0, axes: [o.axis1 ?? 0, o.axis2 ?? 1] }));
