// Shapes, axes and indices, as users of this face write them, in core's terms.
import * as core from '@nn/core';
import { formatShape } from './format.js';

/** A shape; `null` is a size that is not known yet (the batch axis of a symbolic tensor). */
export type Shape = readonly (number | null)[];
export interface AxisOptions {
  /** Axis or axes to reduce; all of them by default. */
  axis?: number | readonly number[] | null;
  /** Keeps reduced axes with size 1; default false. */
  keepdims?: boolean;
}
/** One place of `tensor.at(...)`: an index, `[start, stop, step]` with `null` for an open end, or `null` for a whole axis. */
export type Index = number | null | readonly (number | null)[];

/** Keras's reduction options as core's. */
export const reduction = ({
  axis,
  keepdims,
}: AxisOptions): { axes?: number | readonly number[]; keepdims?: boolean } => ({
  ...(axis !== undefined && axis !== null && { axes: axis }),
  ...(keepdims !== undefined && { keepdims }),
});

/** A shape without unknown sizes. */
export function known(op: string, shape: Shape): readonly number[] {
  return shape.map((d) => {
    if (d === null)
      throw new core.ShapeError(
        `${op}: shape ${formatShape(shape)} has an unknown size; give a number, or -1 for one size that follows from the rest`,
      );
    return d;
  });
}

/** The part of a tensor that indices name. */
export function pick(x: core.Tensor, indices: readonly Index[]): core.Tensor {
  if (indices.length > x.ndim) throw new core.ShapeError(`at: ${indices.length} indices for ${core.describe(x.spec)}`);
  const picked: number[] = [];
  const ranges = x.shape.map((n, axis): [number, number, number] => {
    const index = indices[axis] ?? null;
    if (typeof index !== 'number') {
      const [start = null, stop = null, step = null] = index ?? [];
      const by = step ?? 1;
      return [start ?? (by > 0 ? 0 : n - 1), stop ?? (by > 0 ? n : -n - 1), by];
    }
    if (index < -n || index >= n)
      throw new core.ShapeError(`at: index ${index} is out of range for axis ${axis} of size ${n}`);
    picked.push(axis);
    const i = index < 0 ? index + n : index;
    return [i, i + 1, 1];
  });
  const [starts, stops, steps] = [0, 1, 2].map((k) => ranges.map((r) => r[k as 0 | 1 | 2]));
  const part = core.slice(x, starts!, stops, steps);
  return picked.length ? core.squeeze(part, picked) : part;
}
