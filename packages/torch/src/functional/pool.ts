// Pooling over windows.
import * as core from '@nn/core';
import { bind, pair, type Pair } from '../ops/arguments.js';
import { Tensor } from '../tensor/handle.js';
import { type PerAxis, spread } from './conv.js';

export interface PoolOptions {
  /** Default the window. */
  stride?: PerAxis | null;
  /** Default 0. */
  padding?: PerAxis;
  /** Round the number of windows up; default false. */
  ceilMode?: boolean;
}
export interface MaxPoolOptions extends PoolOptions {
  dilation?: PerAxis;
  /** Also return where the largest elements were; default false. */
  returnIndices?: boolean;
}
export type Indexed = Pair<'values', 'indices'>;

function checkRank(name: string, x: Tensor, rank: number): void {
  const n = x.shape.length;
  if (n !== rank + 1 && n !== rank + 2) {
    throw new core.ShapeError(
      `${name}${rank}d: Expected ${rank + 1}D or ${rank + 2}D input, but got [${x.shape.join(', ')}]`,
    );
  }
}
function placed(
  rank: number,
  kernel: PerAxis,
  o: MaxPoolOptions,
): { window: number[]; stride: number[]; padding: number[]; dilation: number[]; ceilMode: boolean } {
  const window = spread(kernel, rank, 'kernel_size');
  const padding = spread(o.padding ?? 0, rank, 'padding');
  const dilation = spread(o.dilation ?? 1, rank, 'dilation');
  padding.forEach((p, i) => {
    if (p > Math.floor((dilation[i]! * (window[i]! - 1) + 1) / 2)) {
      throw new core.ValueError(
        `pad should be at most half of effective kernel size, but got pad=${p}, kernel_size=${window[i]} and dilation=${dilation[i]}`,
      );
    }
  });
  return {
    window,
    stride: o.stride == null ? window : spread(o.stride, rank, 'stride'),
    padding,
    dilation,
    ceilMode: o.ceilMode ?? false,
  };
}

type MaxArg = PerAxis | null | boolean | MaxPoolOptions | undefined;
function maxPool(rank: number, x: Tensor, kernel: PerAxis, args: readonly MaxArg[]): Tensor | Indexed {
  checkRank('max_pool', x, rank);
  const o = bind<MaxPoolOptions>(['stride', 'padding', 'dilation', 'ceilMode', 'returnIndices'], ...args);
  const at = placed(rank, kernel, o);
  const fn = `MaxPool${rank}DWithIndices`;
  if (!o.returnIndices) return new Tensor(core.maxPool(x.value, at), fn);
  const { values, indices } = core.maxPoolWithIndices(x.value, at);
  return pair('values', new Tensor(values, fn), 'indices', new Tensor(indices));
}
type WithIndices = MaxPoolOptions & { returnIndices: true };
type Plain = MaxPoolOptions & { returnIndices?: false };
/** The largest element of each window of [n, c, l]; with `returnIndices` also where it was. */
export function maxPool1d(x: Tensor, kernelSize: PerAxis, o: WithIndices): Indexed;
export function maxPool1d(
  x: Tensor,
  kernelSize: PerAxis,
  stride?: PerAxis | Plain | null,
  padding?: PerAxis | Plain,
): Tensor;
export function maxPool1d(x: Tensor, kernelSize: PerAxis, o?: MaxPoolOptions): Tensor | Indexed;
export function maxPool1d(x: Tensor, kernelSize: PerAxis, ...args: MaxArg[]): Tensor | Indexed {
  return maxPool(1, x, kernelSize, args);
}
/** The largest element of each window of [n, c, h, w]; with `returnIndices` also where it was. */
export function maxPool2d(x: Tensor, kernelSize: PerAxis, o: WithIndices): Indexed;
export function maxPool2d(
  x: Tensor,
  kernelSize: PerAxis,
  stride?: PerAxis | Plain | null,
  padding?: PerAxis | Plain,
): Tensor;
export function maxPool2d(x: Tensor, kernelSize: PerAxis, o?: MaxPoolOptions): Tensor | Indexed;
export function maxPool2d(x: Tensor, kernelSize: PerAxis, ...args: MaxArg[]): Tensor | Indexed {
  return maxPool(2, x, kernelSize, args);
}
/** The largest element of each window of [n, c, d, h, w]; with `returnIndices` also where it was. */
export function maxPool3d(x: Tensor, kernelSize: PerAxis, o: WithIndices): Indexed;
export function maxPool3d(
  x: Tensor,
  kernelSize: PerAxis,
  stride?: PerAxis | Plain | null,
  padding?: PerAxis | Plain,
): Tensor;
export function maxPool3d(x: Tensor, kernelSize: PerAxis, o?: MaxPoolOptions): Tensor | Indexed;
export function maxPool3d(x: Tensor, kernelSize: PerAxis, ...args: MaxArg[]): Tensor | Indexed {
  return maxPool(3, x, kernelSize, args);
}

export interface AvgPoolOptions extends PoolOptions {
  /** Padding counts as values; default true. */
  countIncludePad?: boolean;
  /** Divide by this instead of the number of values. */
  divisorOverride?: number | null;
}
type AvgArg = PerAxis | null | boolean | AvgPoolOptions | undefined;
function avgPool(rank: number, x: Tensor, kernel: PerAxis, args: readonly AvgArg[]): Tensor {
  checkRank('avg_pool', x, rank);
  const o = bind<AvgPoolOptions>(['stride', 'padding', 'ceilMode', 'countIncludePad', 'divisorOverride'], ...args);
  if (o.divisorOverride === 0) throw new core.ValueError('divisor must be not zero');
  const value = core.avgPool(x.value, {
    ...placed(rank, kernel, o),
    countIncludePad: o.countIncludePad ?? true,
    ...(o.divisorOverride != null && { divisor: o.divisorOverride }),
  });
  return new Tensor(value, `AvgPool${rank}D`);
}
/** The mean of each window of [n, c, l]. */
export function avgPool1d(x: Tensor, kernelSize: PerAxis, ...args: AvgArg[]): Tensor {
  return avgPool(1, x, kernelSize, args);
}
/** The mean of each window of [n, c, h, w]. */
export function avgPool2d(x: Tensor, kernelSize: PerAxis, ...args: AvgArg[]): Tensor {
  return avgPool(2, x, kernelSize, args);
}
/** The mean of each window of [n, c, d, h, w]. */
export function avgPool3d(x: Tensor, kernelSize: PerAxis, ...args: AvgArg[]): Tensor {
  return avgPool(3, x, kernelSize, args);
}

function lpPool(rank: number, x: Tensor, normType: number, kernel: PerAxis, o: PoolOptions): Tensor {
  checkRank('lp_pool', x, rank);
  const at = placed(rank, kernel, { ...o, padding: 0 });
  const power = core.mul(core.avgPool(core.pow(x.value, normType), at), core.sizeOf(at.window));
  // PyTorch guards the root: sign(s) * relu(|s|).
  return new Tensor(core.pow(core.mul(core.sign(power), core.relu(core.abs(power))), 1 / normType), 'Pow');
}
/** The p-norm of each window of [n, c, l]. */
export function lpPool1d(x: Tensor, normType: number, kernelSize: PerAxis, o: PoolOptions = {}): Tensor {
  return lpPool(1, x, normType, kernelSize, o);
}
/** The p-norm of each window of [n, c, h, w]. */
export function lpPool2d(x: Tensor, normType: number, kernelSize: PerAxis, o: PoolOptions = {}): Tensor {
  return lpPool(2, x, normType, kernelSize, o);
}
/** The p-norm of each window of [n, c, d, h, w]. */
export function lpPool3d(x: Tensor, normType: number, kernelSize: PerAxis, o: PoolOptions = {}): Tensor {
  return lpPool(3, x, normType, kernelSize, o);
}

/** A size for each axis, null keeping what the input has. */
export type OutputSize = number | null | readonly (number | null)[];
function target(rank: number, x: Tensor, size: OutputSize): number[] {
  const list = size === null || typeof size === 'number' ? new Array<number | null>(rank).fill(size) : size;
  return list.map((n, i) => n ?? x.shape[x.shape.length - rank + i]!);
}
function adaptiveAvgPool(rank: number, x: Tensor, size: OutputSize): Tensor {
  checkRank('adaptive_avg_pool', x, rank);
  return new Tensor(core.adaptiveAvgPool(x.value, target(rank, x, size)), `AdaptiveAvgPool${rank}D`);
}
/** Means over windows chosen so that the result has the given size. */
export function adaptiveAvgPool1d(x: Tensor, outputSize: OutputSize): Tensor {
  return adaptiveAvgPool(1, x, outputSize);
}
/** Means over windows chosen so that the result has the given sizes. */
export function adaptiveAvgPool2d(x: Tensor, outputSize: OutputSize): Tensor {
  return adaptiveAvgPool(2, x, outputSize);
}
/** Means over windows chosen so that the result has the given sizes. */
export function adaptiveAvgPool3d(x: Tensor, outputSize: OutputSize): Tensor {
  return adaptiveAvgPool(3, x, outputSize);
}
export interface AdaptiveMaxOptions {
  returnIndices?: boolean;
}
function adaptiveMaxPool(rank: number, x: Tensor, size: OutputSize, o: AdaptiveMaxOptions): Tensor | Indexed {
  checkRank('adaptive_max_pool', x, rank);
  const fn = `AdaptiveMaxPool${rank}D`;
  if (!o.returnIndices) return new Tensor(core.adaptiveMaxPool(x.value, target(rank, x, size)), fn);
  const { values, indices } = core.adaptiveMaxPoolWithIndices(x.value, target(rank, x, size));
  return pair('values', new Tensor(values, fn), 'indices', new Tensor(indices));
}
type Both = { returnIndices: true };
/** Maxima over windows chosen so that the result has the given size. */
export function adaptiveMaxPool1d(x: Tensor, outputSize: OutputSize, o: Both): Indexed;
export function adaptiveMaxPool1d(x: Tensor, outputSize: OutputSize, o?: { returnIndices?: false }): Tensor;
export function adaptiveMaxPool1d(x: Tensor, outputSize: OutputSize, o?: AdaptiveMaxOptions): Tensor | Indexed;
export function adaptiveMaxPool1d(x: Tensor, outputSize: OutputSize, o: AdaptiveMaxOptions = {}): Tensor | Indexed {
  return adaptiveMaxPool(1, x, outputSize, o);
}
/** Maxima over windows chosen so that the result has the given sizes. */
export function adaptiveMaxPool2d(x: Tensor, outputSize: OutputSize, o: Both): Indexed;
export function adaptiveMaxPool2d(x: Tensor, outputSize: OutputSize, o?: { returnIndices?: false }): Tensor;
export function adaptiveMaxPool2d(x: Tensor, outputSize: OutputSize, o?: AdaptiveMaxOptions): Tensor | Indexed;
export function adaptiveMaxPool2d(x: Tensor, outputSize: OutputSize, o: AdaptiveMaxOptions = {}): Tensor | Indexed {
  return adaptiveMaxPool(2, x, outputSize, o);
}
/** Maxima over windows chosen so that the result has the given sizes. */
export function adaptiveMaxPool3d(x: Tensor, outputSize: OutputSize, o: Both): Indexed;
export function adaptiveMaxPool3d(x: Tensor, outputSize: OutputSize, o?: { returnIndices?: false }): Tensor;
export function adaptiveMaxPool3d(x: Tensor, outputSize: OutputSize, o?: AdaptiveMaxOptions): Tensor | Indexed;
export function adaptiveMaxPool3d(x: Tensor, outputSize: OutputSize, o: AdaptiveMaxOptions = {}): Tensor | Indexed {
  return adaptiveMaxPool(3, x, outputSize, o);
}
