// Convolutions of core in Keras's conventions: layouts, 'same' and 'causal' padding, transposed crops.
import * as core from '@nn/core';
import type { DataFormat } from '../../config.js';
import type { Padding } from './tuples.js';

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
/** [n, *spatial, c] -> [n, c, *spatial] */
export const channelsFirst = (x: core.Tensor, format: DataFormat): core.Tensor =>
  format === 'channels_first' ? x : core.permute(x, [0, x.ndim - 1, ...range(x.ndim - 2).map((i) => i + 1)]);
/** [n, c, *spatial] -> [n, *spatial, c] */
export const channelsBack = (x: core.Tensor, format: DataFormat): core.Tensor =>
  format === 'channels_first' ? x : core.permute(x, [0, ...range(x.ndim - 2).map((i) => i + 2), 1]);
/** Adds a vector of one value per channel. As in Keras on TensorFlow, a last axis of that size is taken for the channels, whatever the layout. */
export function addBias(x: core.Tensor, bias: core.Tensor | undefined, format: DataFormat): core.Tensor {
  if (!bias) return x;
  const last = format === 'channels_last' || (bias.size > 1 && x.shape.at(-1) === bias.size);
  return core.add(x, last ? bias : core.reshape(bias, [bias.size, ...range(x.ndim - 2).map(() => 1)]));
}

export interface ConvolutionOptions {
  readonly strides: readonly number[];
  readonly padding: Padding;
  readonly dataFormat: DataFormat;
  readonly dilationRate: readonly number[];
  readonly groups?: number;
}
/** Pads of each spatial axis. */
export function padsOf(
  spatial: readonly number[],
  window: readonly number[],
  o: Omit<ConvolutionOptions, 'dataFormat'>,
): [number, number][] {
  return spatial.map((size, i): [number, number] => {
    if (o.padding === 'same') return core.samePadding(size, window[i]!, o.strides[i]!, o.dilationRate[i]);
    return o.padding === 'causal' ? [(window[i]! - 1) * o.dilationRate[i]!, 0] : [0, 0];
  });
}
function correlate(x: core.Tensor, w: core.Tensor, o: ConvolutionOptions): core.Tensor {
  const channelsLast = o.dataFormat === 'channels_last';
  const padding = padsOf(channelsLast ? x.shape.slice(1, -1) : x.shape.slice(2), w.shape.slice(2), o);
  return core.conv(x, w, {
    stride: o.strides,
    padding,
    dilation: o.dilationRate,
    groups: o.groups ?? 1,
    channelsLast,
  });
}

/** Cross-correlation with a kernel [*window, inputs / groups, outputs]. */
export function convolve(x: core.Tensor, kernel: core.Tensor, o: ConvolutionOptions): core.Tensor {
  const n = kernel.ndim - 2;
  return correlate(x, core.permute(kernel, [n + 1, n, ...range(n)]), o);
}
/** Each channel by itself, with a kernel [*window, inputs, multiplier]; output channel c * multiplier + m. */
export function depthwise(x: core.Tensor, kernel: core.Tensor, o: ConvolutionOptions): core.Tensor {
  const n = kernel.ndim - 2;
  const [channels, multiplier] = [kernel.shape[n]!, kernel.shape[n + 1]!];
  const w = core.reshape(core.permute(kernel, [n, n + 1, ...range(n)]), [
    channels * multiplier,
    1,
    ...kernel.shape.slice(0, n),
  ]);
  return correlate(x, w, { ...o, groups: channels });
}

/** What is cut off the full transposed convolution of one axis; negative: zeros are added. */
export function transposedCrop(
  window: number,
  stride: number,
  dilation: number,
  padding: Padding,
  outputPadding: number | null,
): [number, number] {
  const extent = (window - 1) * dilation + 1;
  if (padding === 'valid') return [0, -(outputPadding ?? Math.max(extent, stride) - extent)];
  const total = outputPadding === null ? stride + extent - 2 : extent + (extent % 2) - 2 + outputPadding;
  const left = Math.min(Math.ceil(total / 2), extent - 1);
  return [extent - 1 - left, extent - 1 - (total - left)];
}
/** Transposed convolution with a kernel [*window, outputs, inputs]. */
export function convolveTransposed(
  x: core.Tensor,
  kernel: core.Tensor,
  o: ConvolutionOptions & { readonly outputPadding: readonly number[] | null },
): core.Tensor {
  const n = kernel.ndim - 2;
  const w = core.permute(kernel, [n + 1, n, ...range(n)]);
  const full = core.convTranspose(channelsFirst(x, o.dataFormat), w, { stride: o.strides, dilation: o.dilationRate });
  const crops = range(n).map((i) =>
    transposedCrop(w.shape[i + 2]!, o.strides[i]!, o.dilationRate[i]!, o.padding, o.outputPadding?.[i] ?? null),
  );
  const pads = [[0, 0], [0, 0], ...crops.map(([a, b]) => [-a, -b])] as [number, number][];
  return channelsBack(pads.some(([a, b]) => a || b) ? core.pad(full, pads) : full, o.dataFormat);
}
