// Shapes: sizes, axes, broadcasting, and specs (what is known of a tensor without its data).
import type { DType } from './dtype.js';
import { ShapeError } from './errors.js';

export type Shape = readonly number[];
/** What is known of a tensor without its data. */
export interface Spec {
  readonly shape: Shape;
  readonly dtype: DType;
}

export const sizeOf = (shape: Shape): number => {
  let n = 1;
  for (const d of shape) n *= d;
  return n;
};
/** `f32[2,3]` */
export const describe = ({ shape, dtype }: Spec): string => `${dtype}[${shape.join(',')}]`;
export function sameShape(a: Shape, b: Shape): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let d = 0; d < a.length; d++) if (a[d] !== b[d]) return false;
  return true;
}
/** [0, 1, …, n-1] */
export function range(n: number): number[] {
  const list: number[] = [];
  for (let i = 0; i < n; i++) list.push(i);
  return list;
}

/**
 * NumPy broadcasting of two shapes.
 *
 * @throws ShapeError  "add: cannot broadcast [2,3] with [4]"
 * @example
 * broadcastShapes('add', [2, 1], [3]) // => [2, 3]
 */
export function broadcastShapes(op: string, a: Shape, b: Shape): Shape {
  if (sameShape(a, b)) return a;
  const n = Math.max(a.length, b.length);
  return Array.from({ length: n }, (_, i) => {
    const x = a[i - n + a.length] ?? 1;
    const y = b[i - n + b.length] ?? 1;
    if (x !== y && x !== 1 && y !== 1) {
      throw new ShapeError(
        `${op}: cannot broadcast [${a}] with [${b}]: sizes ${x} and ${y} differ on axis ${i}, and neither is 1`,
      );
    }
    return x === 1 ? y : x;
  });
}

/** An axis counted from the front; negative axes count from the back. */
export function normalizeAxis(op: string, axis: number, rank: number): number {
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank) {
    throw new ShapeError(
      `${op}: axis ${axis} is out of range for ${rank} dimensions (expected ${rank ? `${-rank} to ${rank - 1}` : 'none'})`,
    );
  }
  return axis < 0 ? axis + rank : axis;
}

/** Axes counted from the front, in increasing order and without repetition; all of them when none are given. */
export function normalizeAxes(op: string, axes: number | readonly number[] | undefined, rank: number): number[] {
  if (axes === undefined) return range(rank);
  const list = (typeof axes === 'number' ? [axes] : axes).map((a) => normalizeAxis(op, a, rank));
  const unique = [...new Set(list)].sort((a, b) => a - b);
  if (unique.length !== list.length) throw new ShapeError(`${op}: an axis appears twice in [${axes}]`);
  return unique;
}

/** Throws unless every size is a non-negative integer. */
export function checkShape(op: string, shape: Shape): Shape {
  for (const n of shape)
    if (!Number.isInteger(n) || n < 0)
      throw new ShapeError(`${op}: [${shape}] is not a shape: sizes are integers of 0 or more`);
  return shape;
}
