// Views: tensors that show a part or another order of their base, and follow it both ways.
import * as core from '@nn/core';
import { Tensor, type View } from './handle.js';

/** Steps of a tensor that fills its memory in order. */
export function rowMajor(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = step;
    step *= Math.max(shape[i]!, 1);
  }
  return strides;
}

/** Steps between neighbours on each axis, in elements of the outermost base. */
export const stridesOf = (t: Tensor): readonly number[] => t._view?.strides ?? rowMajor(t.shape);

/** Whether the elements lie in order without gaps. */
export function isContiguous(t: Tensor): boolean {
  if (!t._view) return true;
  const { shape } = t;
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    if (shape[i] !== 1 && t._view.strides[i] !== step) return shape.includes(0);
    step *= shape[i]!;
  }
  return true;
}

/**
 * The view of `base` that `read` shows.
 *
 * @param fn       the operation, for `gradFn`
 * @param write    puts a new value of the view into the base; null where the view repeats elements
 * @param strides  of the view
 */
export function viewOf(
  base: Tensor,
  fn: string,
  read: View['read'],
  write: View['write'],
  strides: readonly number[],
  detached = false,
): Tensor {
  const seen = base.value;
  const value = read(seen);
  const t = new Tensor(value, fn);
  t._held = null;
  const weak = detached && seen.needsGrad && !base.isLeaf;
  t._view = {
    base: weak ? null : base,
    weak: weak ? new WeakRef(base) : null,
    read,
    write,
    strides,
    detached,
    seen,
    value,
  };
  return t;
}

/**
 * Steps under which a tensor appears with another shape, when it can without a copy: axes merge only where the outer one steps over the
 * whole inner one.
 */
export function reshapedStrides(
  shape: readonly number[],
  strides: readonly number[],
  target: readonly number[],
): number[] | null {
  if (core.sizeOf(shape) === 0) return rowMajor(target);
  const out = new Array<number>(target.length);
  let to = target.length - 1;
  let base = strides.at(-1) ?? 1;
  let run = 1;
  let covered = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    run *= shape[i]!;
    if (i > 0 && (shape[i - 1] === 1 || strides[i - 1] === run * base)) continue;
    while (to >= 0 && (covered < run || target[to] === 1)) {
      out[to] = covered * base;
      covered *= target[to]!;
      to--;
    }
    if (covered !== run) return null;
    if (i > 0) {
      base = strides[i - 1]!;
      run = covered = 1;
    }
  }
  for (; to >= 0; to--) out[to] = 1;
  return out;
}

/** A range of one axis. */
export interface AxisRange {
  readonly axis: number;
  readonly start: number;
  readonly size: number;
  readonly step: number;
}

/** `base` with the elements of the ranges replaced by `value`, which has the shape of the ranges. */
export function replaceRanges(base: core.Tensor, value: core.Tensor, ranges: readonly AxisRange[]): core.Tensor {
  const [first, ...rest] = ranges;
  if (!first) return value;
  const { axis, start, size, step } = first;
  const n = base.shape[axis]!;
  if (size === 0) return base;
  const inner = rest.length ? replaceRanges(readRanges(base, [first]), value, rest) : value;
  if (step !== 1) {
    const places = core.add(
      core.mul(
        core.beside(base, () => core.iota(inner.shape, axis, 'i32')),
        step,
      ),
      start,
    );
    return core.scatter(base, places, inner, axis);
  }
  const part = (from: number, to: number): core.Tensor[] =>
    from < to ? [readRanges(base, [{ axis, start: from, size: to - from, step: 1 }])] : [];
  const parts = [...part(0, start), inner, ...part(start + size, n)];
  return parts.length === 1 ? inner : core.concat(parts, axis);
}

/** The elements of the ranges. */
export function readRanges(base: core.Tensor, ranges: readonly AxisRange[]): core.Tensor {
  const starts = base.shape.map(() => 0);
  const ends = [...base.shape];
  const steps = base.shape.map(() => 1);
  for (const { axis, start, size, step } of ranges) {
    starts[axis] = start;
    ends[axis] = size === 0 ? start : start + (size - 1) * step + 1;
    steps[axis] = step;
  }
  return core.slice(base, starts, ends, steps);
}
