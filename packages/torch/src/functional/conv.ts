// Convolutions over one, two or three axes.
import * as core from '@nn/core';
import { bind } from '../ops/arguments.js';
import { Tensor } from '../tensor/handle.js';

/** One number for all axes, or one for each. */
export type PerAxis = number | readonly number[];
/** One number for each axis. */
export const spread = (x: PerAxis, rank: number, what: string): number[] => {
  const list =
    typeof x === 'number'
      ? new Array<number>(rank).fill(x)
      : x.length === 1
        ? new Array<number>(rank).fill(x[0]!)
        : [...x];
  if (list.length !== rank)
    throw new core.ShapeError(
      `expected ${what} to be a single integer value or a list of ${rank} values to match the convolution dimensions, but got ${what}=[${list.join(', ')}]`,
    );
  return list;
};

export interface ConvOptions {
  bias?: Tensor | null;
  /** Default 1. */
  stride?: PerAxis;
  /** Zeros on both sides, 'valid' (none) or 'same' (as many as keep the size; stride 1); default 0. */
  padding?: PerAxis | 'valid' | 'same';
  /** Default 1. */
  dilation?: PerAxis;
  /** Default 1. */
  groups?: number;
}
export type ConvArg = Tensor | null | PerAxis | 'valid' | 'same' | ConvOptions;
const convKeys = ['bias', 'stride', 'padding', 'dilation', 'groups'] as const;

/** Before and after each axis, so that the size stays; the odd one comes after. */
export function samePads(window: readonly number[], dilation: readonly number[]): [number, number][] {
  return window.map((k, i) => {
    const total = dilation[i]! * (k - 1);
    return [Math.floor(total / 2), total - Math.floor(total / 2)];
  });
}

/** With a batch axis, and whether one was added. */
function batched(name: string, x: Tensor, rank: number): [core.Tensor, boolean] {
  const v = x.value;
  if (v.ndim !== rank + 1 && v.ndim !== rank + 2) {
    throw new core.ShapeError(
      `Expected ${rank + 1}D (unbatched) or ${rank + 2}D (batched) input to ${name}${rank}d, but got input of size: [${v.shape.join(', ')}]`,
    );
  }
  return v.ndim === rank + 1 ? [core.unsqueeze(v, 0), true] : [v, false];
}
function finish(y: core.Tensor, bias: Tensor | null | undefined, single: boolean): Tensor {
  const out = bias ? core.add(y, core.reshape(bias.value, [1, bias.shape[0]!, ...y.shape.slice(2).map(() => 1)])) : y;
  return new Tensor(single ? core.squeeze(out, [0]) : out, 'Convolution');
}
function sameType(x: core.Tensor, w: core.Tensor): void {
  if (x.dtype !== w.dtype)
    throw new core.DTypeError(
      `Input type (${x.dtype}) and weight type (${w.dtype}) should be the same. Convert one of them with .to(dtype)`,
    );
}

function conv(rank: number, x: Tensor, weight: Tensor, args: readonly (ConvArg | undefined)[]): Tensor {
  const o = bind<ConvOptions>(convKeys, ...args);
  const [v, single] = batched('conv', x, rank);
  const w = weight.value;
  const groups = o.groups ?? 1;
  const window = w.shape.slice(2);
  if (w.ndim !== rank + 2)
    throw new core.ShapeError(`conv${rank}d: expected a weight with ${rank + 2} axes, but got [${w.shape.join(', ')}]`);
  if (v.shape[1] !== w.shape[1]! * groups) {
    throw new core.ShapeError(
      `Given groups=${groups}, weight of size [${w.shape.join(', ')}], expected input[${v.shape.join(', ')}] to have ${w.shape[1]! * groups} channels, but got ${v.shape[1]} channels instead`,
    );
  }
  sameType(v, w);
  const stride = spread(o.stride ?? 1, rank, 'stride');
  const dilation = spread(o.dilation ?? 1, rank, 'dilation');
  const { padding = 0 } = o;
  if (padding === 'same' && stride.some((s) => s !== 1))
    throw new core.ValueError("padding='same' is not supported for strided convolutions");
  const pads: [number, number][] =
    padding === 'same'
      ? samePads(window, dilation)
      : spread(padding === 'valid' ? 0 : padding, rank, 'padding').map((p) => [p, p]);
  const spatial = v.shape.slice(2).map((n, i) => n + pads[i]![0] + pads[i]![1]);
  const reach = window.map((k, i) => dilation[i]! * (k - 1) + 1);
  if (spatial.some((n, i) => n < reach[i]!)) {
    throw new core.ShapeError(
      `Calculated padded input size per channel: (${spatial.join(' x ')}). Kernel size: (${reach.join(' x ')}). Kernel size can't be greater than actual input size`,
    );
  }
  return finish(core.conv(v, w, { stride, padding: pads, dilation, groups }), o.bias, single);
}

/** Cross-correlation of [n, in, l] with [out, in / groups, k]. */
export function conv1d(x: Tensor, weight: Tensor, ...args: (ConvArg | undefined)[]): Tensor {
  return conv(1, x, weight, args);
}
/** Cross-correlation of [n, in, h, w] with [out, in / groups, kh, kw]. */
export function conv2d(x: Tensor, weight: Tensor, ...args: (ConvArg | undefined)[]): Tensor {
  return conv(2, x, weight, args);
}
/** Cross-correlation of [n, in, d, h, w] with [out, in / groups, kd, kh, kw]. */
export function conv3d(x: Tensor, weight: Tensor, ...args: (ConvArg | undefined)[]): Tensor {
  return conv(3, x, weight, args);
}

export interface ConvTransposeOptions {
  bias?: Tensor | null;
  stride?: PerAxis;
  padding?: PerAxis;
  /** Added to one side of the result; default 0. */
  outputPadding?: PerAxis;
  groups?: number;
  dilation?: PerAxis;
}
export type ConvTransposeArg = Tensor | null | PerAxis | ConvTransposeOptions;
const transposeKeys = ['bias', 'stride', 'padding', 'outputPadding', 'groups', 'dilation'] as const;

function convTranspose(
  rank: number,
  x: Tensor,
  weight: Tensor,
  args: readonly (ConvTransposeArg | undefined)[],
): Tensor {
  const o = bind<ConvTransposeOptions>(transposeKeys, ...args);
  const [v, single] = batched('conv_transpose', x, rank);
  const w = weight.value;
  if (v.shape[1] !== w.shape[0]) {
    throw new core.ShapeError(
      `Given transposed=1, weight of size [${w.shape.join(', ')}], expected input[${v.shape.join(', ')}] to have ${w.shape[0]} channels, but got ${v.shape[1]} channels instead`,
    );
  }
  sameType(v, w);
  const stride = spread(o.stride ?? 1, rank, 'stride');
  const dilation = spread(o.dilation ?? 1, rank, 'dilation');
  const outputPadding = spread(o.outputPadding ?? 0, rank, 'output_padding');
  outputPadding.forEach((p, i) => {
    if (p >= stride[i]! && p >= dilation[i]!) {
      throw new core.ValueError(
        `output padding must be smaller than either stride or dilation, but got output_padding: ${p} stride: ${stride[i]} dilation: ${dilation[i]}`,
      );
    }
  });
  const padding = spread(o.padding ?? 0, rank, 'padding');
  const y = core.convTranspose(v, w, { stride, padding, outputPadding, dilation, groups: o.groups ?? 1 });
  return finish(y, o.bias, single);
}
/** The transposed convolution of [n, in, l] with [in, out / groups, k]. */
export function convTranspose1d(x: Tensor, weight: Tensor, ...args: (ConvTransposeArg | undefined)[]): Tensor {
  return convTranspose(1, x, weight, args);
}
/** The transposed convolution of [n, in, h, w] with [in, out / groups, kh, kw]. */
export function convTranspose2d(x: Tensor, weight: Tensor, ...args: (ConvTransposeArg | undefined)[]): Tensor {
  return convTranspose(2, x, weight, args);
}
/** The transposed convolution of [n, in, d, h, w] with [in, out / groups, kd, kh, kw]. */
export function convTranspose3d(x: Tensor, weight: Tensor, ...args: (ConvTransposeArg | undefined)[]): Tensor {
  return convTranspose(3, x, weight, args);
}

export interface SlidingOptions {
  dilation?: PerAxis;
  padding?: PerAxis;
  stride?: PerAxis;
}
/** The flat places in a padded image that the windows read: [kh * kw, windows]. */
function windowPlaces(
  x: core.Tensor,
  size: readonly [number, number],
  kernel: readonly number[],
  stride: readonly number[],
  dilation: readonly number[],
): { table: core.Tensor; count: number } {
  const out = size.map((n, i) => Math.floor((n - dilation[i]! * (kernel[i]! - 1) - 1) / stride[i]!) + 1) as [
    number,
    number,
  ];
  const places: number[] = [];
  for (let i = 0; i < kernel[0]!; i++) {
    for (let j = 0; j < kernel[1]!; j++) {
      for (let y = 0; y < out[0]; y++) {
        for (let x = 0; x < out[1]; x++)
          places.push((y * stride[0]! + i * dilation[0]!) * size[1] + x * stride[1]! + j * dilation[1]!);
      }
    }
  }
  const count = Math.max(0, out[0]) * Math.max(0, out[1]);
  return { table: core.beside(x, () => core.tensor(Int32Array.from(places))), count };
}
interface Sliding {
  readonly kernel: number[];
  readonly padding: number[];
  readonly stride: number[];
  readonly dilation: number[];
}
function sliding(kernelSize: PerAxis, args: readonly (PerAxis | SlidingOptions | undefined)[]): Sliding {
  const o = bind<SlidingOptions>(['dilation', 'padding', 'stride'], ...args);
  return {
    kernel: spread(kernelSize, 2, 'kernel_size'),
    padding: spread(o.padding ?? 0, 2, 'padding'),
    stride: spread(o.stride ?? 1, 2, 'stride'),
    dilation: spread(o.dilation ?? 1, 2, 'dilation'),
  };
}
/** The windows of an image as columns: [n, c * kh * kw, windows]. */
export function unfold(x: Tensor, kernelSize: PerAxis, ...args: (PerAxis | SlidingOptions | undefined)[]): Tensor {
  const { kernel, padding, stride, dilation } = sliding(kernelSize, args);
  const single = x.shape.length === 3;
  const v = single ? core.unsqueeze(x.value, 0) : x.value;
  if (v.ndim !== 4)
    throw new core.ShapeError(`Expected 3D or 4D (batch mode) tensor for input, but got [${x.shape.join(', ')}]`);
  const padded = core.pad(v, [
    [0, 0],
    [0, 0],
    [padding[0]!, padding[0]!],
    [padding[1]!, padding[1]!],
  ]);
  const [n, c, h, w] = padded.shape as [number, number, number, number];
  const { table, count } = windowPlaces(padded, [h, w], kernel, stride, dilation);
  const columns = core.take(core.reshape(padded, [n, c, h * w]), table, 2);
  const out = core.reshape(columns, [n, c * kernel[0]! * kernel[1]!, count]);
  return new Tensor(single ? core.squeeze(out, [0]) : out, 'Im2Col');
}
/** The sum of columns back into an image: the transpose of `unfold`. */
export function fold(
  x: Tensor,
  outputSize: PerAxis,
  kernelSize: PerAxis,
  ...args: (PerAxis | SlidingOptions | undefined)[]
): Tensor {
  const { kernel, padding, stride, dilation } = sliding(kernelSize, args);
  const size = spread(outputSize, 2, 'output_size');
  const single = x.shape.length === 2;
  const v = single ? core.unsqueeze(x.value, 0) : x.value;
  const [h, w] = [size[0]! + 2 * padding[0]!, size[1]! + 2 * padding[1]!];
  const { table, count } = windowPlaces(v, [h, w], kernel, stride, dilation);
  const area = kernel[0]! * kernel[1]!;
  const [n, rows] = v.shape as [number, number];
  if (v.ndim !== 3 || rows % area || v.shape[2] !== count) {
    throw new core.ShapeError(
      `Given output_size=(${size.join(', ')}), kernel_size=(${kernel.join(', ')}), dilation=(${dilation.join(', ')}), padding=(${padding.join(', ')}), stride=(${stride.join(', ')}), expected input's size at dimension 2 to match the calculated number of sliding blocks ${count}, but got input [${x.shape.join(', ')}]`,
    );
  }
  const c = rows / area;
  const flat = core.reshape(v, [n, c, area * count]);
  const places = core.expand(core.reshape(table, [1, 1, area * count]), [n, c, area * count]);
  const image = core.reshape(
    core.scatterAdd(
      core.beside(v, () => core.zeros([n, c, h * w], v.dtype)),
      places,
      flat,
      2,
    ),
    [n, c, h, w],
  );
  const out = core.pad(image, [
    [0, 0],
    [0, 0],
    [-padding[0]!, -padding[0]!],
    [-padding[1]!, -padding[1]!],
  ]);
  return new Tensor(single ? core.squeeze(out, [0]) : out, 'Col2Im');
}
