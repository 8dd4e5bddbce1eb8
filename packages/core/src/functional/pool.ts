// Pooling over windows of the last axes (channels first: [n, channels, ...spatial]). Sizes, ceil mode and what an average counts follow PyTorch.
import { div, mul, pow, reshape, scatter, windowMax, windowReduce, zeros, type WindowOptions } from '../ops/index.js';
import { tensor } from '../graph/create.js';
import type { Tensor } from '../graph/tensor.js';
import { dtypes, describe, ShapeError, sizeOf } from '../base/index.js';
import { beside } from '../graph/state.js';

/** Where windows lie. One entry per window axis, which are the last axes of x; a single number counts for all of them. */
export interface PoolOptions {
  /** Sizes of the window. */
  readonly window: readonly number[];
  /** Default: the window, so that windows do not overlap. */
  readonly stride?: number | readonly number[];
  /** Rows added before and after: one number for both or a pair; default 0. */
  readonly padding?: number | readonly (number | readonly [number, number])[];
  /** Distance between two elements of a window; default 1. */
  readonly dilation?: number | readonly number[];
  /** Round the number of windows up, so that the last may reach past the padding; default false. */
  readonly ceilMode?: boolean;
}

/** The windows along one axis: window o starts at `o * stride - lo`. */
interface WindowAxis {
  readonly size: number;
  readonly window: number;
  readonly stride: number;
  readonly dilation: number;
  readonly lo: number;
  /** Padding after, as asked for. */
  readonly hi: number;
  /** Padding after that the windows need, which ceil mode may enlarge. */
  readonly reach: number;
  readonly out: number;
}

/** The windows that the options describe, axis by axis. */
function windowAxes(op: string, x: Tensor, o: PoolOptions): WindowAxis[] {
  const n = o.window.length;
  if (x.ndim < n) throw new ShapeError(`${op}: x ${describe(x.spec)} has fewer axes than the window [${o.window}]`);
  const each = <T>(v: T | readonly T[] | undefined, i: number, otherwise: T): T => {
    if (!Array.isArray(v)) return v === undefined ? otherwise : (v as T);
    if (v.length !== n) throw new ShapeError(`${op}: expected ${n} values for the window [${o.window}], got [${v}]`);
    return (v as readonly T[])[i]!;
  };
  return o.window.map((window, i) => {
    const size = x.shape[x.ndim - n + i]!;
    const stride = each(o.stride, i, window);
    const dilation = each(o.dilation, i, 1);
    const pad = each<number | readonly [number, number]>(o.padding, i, 0);
    const [lo, hi] = typeof pad === 'number' ? [pad, pad] : pad;
    const extent = (window - 1) * dilation + 1;
    const steps = (size + lo + hi - extent) / stride;
    let out = Math.floor(steps) + 1;
    // a window may only start inside the input or the padding before it
    if (o.ceilMode && Math.ceil(steps) * stride < size + lo) out = Math.ceil(steps) + 1;
    if (out < 1) {
      throw new ShapeError(
        `${op}: a window of ${extent} does not fit on axis ${x.ndim - n + i} of ${describe(x.spec)} with padding [${lo},${hi}]`,
      );
    }
    return { size, window, stride, dilation, lo, hi, reach: Math.max(0, (out - 1) * stride + extent - size - lo), out };
  });
}

/** The axes as core's window reductions take them. */
const placed = (axes: readonly WindowAxis[]): WindowOptions => ({
  window: axes.map((a) => a.window),
  stride: axes.map((a) => a.stride),
  dilation: axes.map((a) => a.dilation),
  padding: axes.map((a): [number, number] => [a.lo, a.reach]),
});

/**
 * The largest value of each window; padding never wins.
 *
 * @param x  [..., ...spatial]: the last axes, as many as the window has
 * @param o  see PoolOptions
 * @returns  [..., ...windows]: `floor((size + pads - dilation * (window - 1) - 1) / stride) + 1` along each axis, ceil with `ceilMode`
 * @throws ShapeError  when a window does not fit
 * @example
 * maxPool(tensor([[[1, 5, 2, 3]]]), { window: [2] }) // => [[[5, 3]]]
 */
export function maxPool(x: Tensor, o: PoolOptions): Tensor {
  return windowReduce(x, 'max', placed(windowAxes('maxPool', x, o)));
}

/**
 * The largest value of each window and where it was: an index into the flattened window axes of x. Of equal values the first counts.
 *
 * @param x  [..., ...spatial]
 * @param o  see PoolOptions
 * @returns  values and i32 indices, [..., ...windows]
 * @throws ShapeError  when a window does not fit
 * @example
 * maxPoolWithIndices(tensor([[[1, 5, 2, 3]]]), { window: [2] }).indices // => [[[1, 3]]]
 */
export function maxPoolWithIndices(x: Tensor, o: PoolOptions): { values: Tensor; indices: Tensor } {
  return windowMax(x, placed(windowAxes('maxPoolWithIndices', x, o)));
}

/**
 * The inverse of maxPoolWithIndices: values at their places, 0 elsewhere.
 *
 * @param x        [..., ...windows]
 * @param indices  i32, the shape of x: places in the flattened `sizes`
 * @param sizes    sizes of the result's last axes
 * @returns        [..., ...sizes]
 * @example
 * maxUnpool(tensor([[[5, 3]]]), tensor([[[1, 3]]], { dtype: 'i32' }), [4]) // => [[[0, 5, 0, 3]]]
 */
export function maxUnpool(x: Tensor, indices: Tensor, sizes: readonly number[]): Tensor {
  const lead = x.shape.slice(0, x.ndim - sizes.length);
  const count = sizeOf(x.shape.slice(lead.length));
  const flat = reshape(indices, [...lead, count]);
  return reshape(
    scatter(
      beside(x, () => zeros([...lead, sizeOf(sizes)], x.dtype)),
      flat,
      reshape(x, [...lead, count]),
      lead.length,
    ),
    [...lead, ...sizes],
  );
}

/**
 * The mean of each window.
 *
 * @param x                  [..., ...spatial]: the last axes, as many as the window has
 * @param o                  see PoolOptions
 * @param o.countIncludePad  zeros of the padding count as values; default true, as in PyTorch (Keras: false)
 * @param o.divisor          divide by this instead of the number of values
 * @returns                  [..., ...windows]
 * @throws ShapeError  when a window does not fit
 * @example
 * avgPool(tensor([[[1, 5, 2, 4]]]), { window: [2] }) // => [[[3, 3]]]
 * avgPool(tensor([[[4, 2]]]), { window: [2], stride: 1, padding: 1, countIncludePad: false }) // => [[[4, 3, 2]]]
 */
export function avgPool(x: Tensor, o: PoolOptions & { countIncludePad?: boolean; divisor?: number }): Tensor {
  const axes = windowAxes('avgPool', x, o);
  const sums = windowReduce(x, 'sum', placed(axes));
  if (o.divisor !== undefined) return div(sums, o.divisor);
  const counts = axes.map((a) => windowCounts(a, o.countIncludePad ?? true));
  if (counts.every((c) => c.every((n) => n === c[0])))
    return div(
      sums,
      counts.reduce((n, c) => n * c[0]!, 1),
    );
  return div(sums, outer(counts, sums));
}

/** How many values each window along the axis averages. */
function windowCounts(a: WindowAxis, includePad: boolean): number[] {
  return Array.from({ length: a.out }, (_, o) => {
    const start = o * a.stride - a.lo;
    const inside = (j: number): boolean => {
      const at = start + j * a.dilation;
      return includePad ? at < a.size + a.hi : at >= 0 && at < a.size;
    };
    return Array.from({ length: a.window }, (_, j) => j).filter(inside).length;
  });
}

/** The outer product of vectors as a tensor of the dtype of x. */
function outer(vectors: readonly (readonly number[])[], x: Tensor): Tensor {
  const flat = vectors.reduce<number[]>((all, v) => all.flatMap((a) => v.map((b) => a * b)), [1]);
  return beside(x, () => tensor(dtypes[x.dtype].array.from(flat), { shape: vectors.map((v) => v.length) }));
}

/**
 * The p-norm of each window, `(sum of x^p)^(1/p)`; NaN where the sum is negative and p is not odd.
 *
 * @param p  the power
 * @example
 * lpPool(tensor([[[3, 4]]]), 2, { window: [2] }) // => [[[5]]]
 */
export function lpPool(x: Tensor, p: number, o: PoolOptions): Tensor {
  return pow(mul(avgPool(pow(x, p), o), sizeOf(o.window)), 1 / p);
}

/**
 * TensorFlow's 'same' padding of one axis: `ceil(size / stride)` windows, and the odd row comes after.
 *
 * @returns  [before, after]
 * @example
 * samePadding(5, 2, 2) // => [0, 1]
 */
export function samePadding(size: number, window: number, stride: number, dilation = 1): [number, number] {
  const extent = (window - 1) * dilation + 1;
  const total = Math.max(0, (Math.ceil(size / stride) - 1) * stride + extent - size);
  return [Math.floor(total / 2), total - Math.floor(total / 2)];
}
