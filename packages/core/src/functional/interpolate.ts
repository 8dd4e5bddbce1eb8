// Resizing along axes: each output position is a weighted sum of a few input positions, which tables on the host list.
import { add, mul, reshape, take } from '../ops/index.js';
import { tensor } from '../graph/create.js';
import type { Tensor } from '../graph/tensor.js';
import { allocate, describe, normalizeAxis, range, ShapeError } from '../base/index.js';
import { beside } from '../graph/state.js';
import { adaptiveAvgPool } from './adaptive-pool.js';

/** One term of a weighted sum: for each output position an input position and its weight. */
export interface Tap {
  readonly index: readonly number[];
  readonly weight: readonly number[];
}

/**
 * Resizes one axis: `y[o] = sum over taps of weight[o] * x[index[o]]`.
 *
 * @param taps  at least one; all equally long
 * @returns     x with the axis as long as the taps
 * @example
 * resample(tensor([10, 20]), 0, [{ index: [0, 0, 1], weight: [1, 0.5, 1] }, { index: [0, 1, 1], weight: [0, 0.5, 0] }]) // => [10, 15, 20]
 */
export function resample(x: Tensor, axis: number, taps: readonly Tap[]): Tensor {
  const a = normalizeAxis('resample', axis, x.ndim);
  const term = ({ index, weight }: Tap): Tensor => {
    const moved = take(
      x,
      beside(x, () => tensor(Int32Array.from(index))),
      a,
    );
    if (weight.every((w) => w === 1)) return moved;
    const w = allocate(x.dtype, weight.length);
    w.set(weight);
    return mul(
      moved,
      reshape(
        beside(x, () => tensor(w)),
        x.shape.map((_, i) => (i === a ? -1 : 1)),
      ),
    );
  };
  return taps.map(term).reduce((y, t) => add(y, t));
}

/** How the output positions lie among the input positions. */
export interface SampleOptions {
  /** The first and last positions of both coincide; default false: the outer edges coincide. */
  readonly alignCorners?: boolean;
  /** Input steps per output step; default input size / output size. Not used with alignCorners. */
  readonly scale?: number;
}

/** The input coordinate of each output position. */
function coordinates(size: number, out: number, o: SampleOptions): number[] {
  if (o.alignCorners) return range(out).map((i) => (out > 1 ? (i * (size - 1)) / (out - 1) : 0));
  const scale = o.scale ?? size / out;
  return range(out).map((i) => (i + 0.5) * scale - 0.5);
}

/**
 * One input position for each output position: `floor(o * scale)`, or the nearest one, `floor((o + 0.5) * scale)`, with `exact`.
 *
 * @example
 * nearestTaps(2, 4)[0].index // => [0, 0, 1, 1]
 */
export function nearestTaps(size: number, out: number, o: { exact?: boolean; scale?: number } = {}): Tap[] {
  // in float32, as PyTorch computes it: its roundings decide ties
  const scale = Math.fround(o.scale ?? size / out);
  const at = (i: number): number => Math.min(size - 1, Math.floor(Math.fround((o.exact ? i + 0.5 : i) * scale)));
  return [{ index: range(out).map(at), weight: range(out).map(() => 1) }];
}

/**
 * The two input positions around each output position, weighted by nearness.
 *
 * @example
 * linearTaps(2, 4)[1].weight // => [0, 0.25, 0.75, 0]
 */
export function linearTaps(size: number, out: number, o: SampleOptions = {}): Tap[] {
  const at = coordinates(size, out, o).map((c) => Math.min(size - 1, Math.max(0, c)));
  const left = at.map(Math.floor);
  const near = at.map((c, i) => c - left[i]!);
  return [
    { index: left, weight: near.map((t) => 1 - t) },
    { index: left.map((i) => Math.min(i + 1, size - 1)), weight: near },
  ];
}

/** The cubic convolution kernel at distance t. */
function cubicKernel(t: number, a: number): number {
  const d = Math.abs(t);
  if (d <= 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0;
}

/**
 * The four input positions around each output position, weighted by cubic convolution.
 *
 * @param o.a      the kernel's slope at distance 1: default -0.75 as in PyTorch; TensorFlow has -0.5
 * @param o.edges  positions outside repeat the edge ('repeat', default) or do not count ('drop', TensorFlow)
 * @see Keys 1981
 * @example
 * cubicTaps(4, 4).map((tap) => tap.weight[1]) // => [0, 1, 0, 0]
 */
export function cubicTaps(
  size: number,
  out: number,
  o: SampleOptions & { a?: number; edges?: 'repeat' | 'drop' } = {},
): Tap[] {
  const { a = -0.75, edges = 'repeat' } = o;
  const at = coordinates(size, out, o);
  const inside = (i: number): boolean => edges === 'repeat' || (i >= 0 && i < size);
  const columns = at.map((c) => {
    const index = range(4).map((k) => Math.floor(c) - 1 + k);
    const weight = index.map((i) => (inside(i) ? cubicKernel(c - i, a) : 0));
    const total = edges === 'repeat' ? 1 : weight.reduce((s, w) => s + w, 0);
    return { index: index.map((i) => Math.min(size - 1, Math.max(0, i))), weight: weight.map((w) => w / total) };
  });
  return range(4).map((k) => ({ index: columns.map((c) => c.index[k]!), weight: columns.map((c) => c.weight[k]!) }));
}

/**
 * All input positions that a shrinking filter covers, with weights that sum to 1: the tent (linear) or cubic convolution with a = -0.5.
 *
 * @example
 * antialiasTaps(4, 2, 'linear').map((tap) => tap.weight[0]) // => [0.428571, 0.428571, 0.142857] within 1e-5
 */
export function antialiasTaps(size: number, out: number, kind: 'linear' | 'cubic', o: SampleOptions = {}): Tap[] {
  const scale = o.alignCorners ? (out > 1 ? (size - 1) / (out - 1) : 0) : (o.scale ?? size / out);
  const wide = Math.max(1, scale);
  const reach = (kind === 'linear' ? 1 : 2) * wide;
  const kernel = (t: number): number => (kind === 'linear' ? Math.max(0, 1 - Math.abs(t)) : cubicKernel(t, -0.5));
  const columns = range(out).map((i) => {
    const center = scale * (i + 0.5);
    const first = Math.max(0, Math.trunc(center - reach + 0.5));
    const end = Math.min(size, Math.trunc(center + reach + 0.5));
    const weight = range(end - first).map((k) => kernel((first + k - center + 0.5) / wide));
    const total = weight.reduce((s, w) => s + w, 0);
    return { first, weight: weight.map((w) => w / total) };
  });
  const width = Math.max(0, ...columns.map((c) => c.weight.length));
  return range(width).map((k) => ({
    index: columns.map((c) => (k < c.weight.length ? c.first + k : 0)),
    weight: columns.map((c) => c.weight[k] ?? 0),
  }));
}

export type InterpolateMode = 'nearest' | 'nearest-exact' | 'linear' | 'cubic' | 'area';

/**
 * Resizes the last axes as PyTorch's interpolate does; 'linear' is bilinear over two axes and trilinear over three.
 *
 * @param x               [..., ...spatial]
 * @param o.size          sizes of the result's last axes
 * @param o.mode          default 'nearest'
 * @param o.alignCorners  for 'linear' and 'cubic'; default false
 * @param o.scale         input steps per output step for each axis; default the quotient of the sizes
 * @param o.antialias     'linear' and 'cubic' average what a smaller result would skip; default false
 * @throws ShapeError  when x has fewer axes than sizes
 * @example
 * interpolate(tensor([[[1, 2]]]), { size: [4] }) // => [[[1, 1, 2, 2]]]
 * interpolate(tensor([[[1, 2]]]), { size: [3], mode: 'linear', alignCorners: true }) // => [[[1, 1.5, 2]]]
 */
export function interpolate(
  x: Tensor,
  o: {
    size: readonly number[];
    mode?: InterpolateMode;
    alignCorners?: boolean;
    scale?: readonly number[];
    antialias?: boolean;
  },
): Tensor {
  const { size, mode = 'nearest', alignCorners = false, antialias = false } = o;
  const first = x.ndim - size.length;
  if (first < 0) throw new ShapeError(`interpolate: x ${describe(x.spec)} has fewer axes than the size [${size}]`);
  if (mode === 'area') return adaptiveAvgPool(x, size);
  return size.reduce((y, out, i) => {
    const n = x.shape[first + i]!;
    const at = { alignCorners, scale: o.scale?.[i] };
    if (n === out && mode !== 'cubic' && (at.scale ?? 1) === 1) return y;
    return resample(y, first + i, tapsOf(mode, n, out, at, antialias));
  }, x);
}

function tapsOf(
  mode: Exclude<InterpolateMode, 'area'>,
  size: number,
  out: number,
  at: SampleOptions,
  antialias: boolean,
): Tap[] {
  switch (mode) {
    case 'nearest':
      return nearestTaps(size, out, at);
    case 'nearest-exact':
      return nearestTaps(size, out, { ...at, exact: true });
    case 'linear':
      return antialias ? antialiasTaps(size, out, 'linear', at) : linearTaps(size, out, at);
    case 'cubic':
      return antialias ? antialiasTaps(size, out, 'cubic', at) : cubicTaps(size, out, at);
  }
}
