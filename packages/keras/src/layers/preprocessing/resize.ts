// Resizing images as TensorFlow does: half-pixel centres; kernels that are cut at the border and normalized.
import * as core from '@nn/core';
import { type DataFormat } from '../../config.js';
import { channelsBack, channelsFirst } from '../convolution/convolve.js';

export const interpolations = ['bilinear', 'nearest', 'bicubic', 'area', 'lanczos3', 'lanczos5'] as const;
export type ResizeMethod = (typeof interpolations)[number];
export function resizeMethod(layer: string, name: string): ResizeMethod {
  const found = interpolations.find((m) => m === name.toLowerCase());
  if (found) return found;
  throw new core.ValueError(
    `${layer}: invalid value for argument \`interpolation\`. Expected one of ${interpolations.join(', ')}. Received: interpolation=${name}.${core.nearest(name, interpolations)}`,
  );
}

/** One list of [index, weight] for each output, as taps of equal length. */
function tapsOf(outputs: readonly (readonly (readonly [number, number])[])[]): core.Tap[] {
  const longest = Math.max(...outputs.map((o) => o.length));
  return Array.from({ length: longest }, (_, k) => ({
    index: outputs.map((o) => o[k]?.[0] ?? 0),
    weight: outputs.map((o) => o[k]?.[1] ?? 0),
  }));
}
const lanczos =
  (radius: number) =>
  (x: number): number => {
    if (Math.abs(x) > radius) return 0;
    if (Math.abs(x) < 1e-3) return 1;
    return (radius * Math.sin(Math.PI * x) * Math.sin((Math.PI * x) / radius)) / (Math.PI * x) ** 2;
  };
/** A kernel of a radius, stretched when it shrinks the image with `antialias`; weights of places that exist, normalized. */
function kernelTaps(
  size: number,
  out: number,
  radius: number,
  kernel: (x: number) => number,
  antialias: boolean,
): core.Tap[] {
  const scale = size / out;
  const stretch = antialias ? Math.max(1, scale) : 1;
  return tapsOf(
    Array.from({ length: out }, (_, i) => {
      const center = (i + 0.5) * scale;
      const [from, to] = [Math.ceil(center - radius * stretch - 0.5), Math.floor(center + radius * stretch - 0.5)];
      const places: [number, number][] = [];
      for (let k = Math.max(0, from); k <= Math.min(size - 1, to); k++)
        places.push([k, kernel((k + 0.5 - center) / stretch)]);
      const total = places.reduce((sum, [, w]) => sum + w, 0);
      return places.map(([k, w]) => [k, total ? w / total : 0] as const);
    }),
  );
}
/** Means of the pixels that an output covers, in part or in whole. */
function areaTaps(size: number, out: number): core.Tap[] {
  const scale = size / out;
  return tapsOf(
    Array.from({ length: out }, (_, i) => {
      const [start, end] = [i * scale, (i + 1) * scale];
      const places: [number, number][] = [];
      for (let k = Math.floor(start); k < Math.ceil(end - 1e-9) && k < size; k++)
        places.push([k, (Math.min(end, k + 1) - Math.max(start, k)) / scale]);
      return places;
    }),
  );
}
const triangle = (x: number): number => Math.max(0, 1 - Math.abs(x));
const cubic = (v: number): number => {
  const x = Math.abs(v);
  if (x >= 2) return 0;
  return x >= 1 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : (1.5 * x - 2.5) * x * x + 1;
};
/** The taps of one axis. */
export function resizeTaps(size: number, out: number, method: ResizeMethod, antialias: boolean): readonly core.Tap[] {
  if (method === 'nearest') return core.nearestTaps(size, out, { exact: true });
  if (method === 'area') return areaTaps(size, out);
  if (method === 'lanczos3') return kernelTaps(size, out, 3, lanczos(3), antialias);
  if (method === 'lanczos5') return kernelTaps(size, out, 5, lanczos(5), antialias);
  if (antialias)
    return method === 'bilinear' ? kernelTaps(size, out, 1, triangle, true) : kernelTaps(size, out, 2, cubic, true);
  return method === 'bilinear' ? core.linearTaps(size, out) : core.cubicTaps(size, out, { a: -0.5, edges: 'drop' });
}
/** Images [batch, height, width, channels] (or channels first) in another size. */
export function resizeImages(
  x: core.Tensor,
  size: readonly [number, number],
  method: ResizeMethod,
  format: DataFormat,
  antialias = false,
): core.Tensor {
  const t = channelsFirst(x, format);
  const high = core.resample(t, 2, resizeTaps(t.shape[2]!, size[0], method, antialias));
  return channelsBack(core.resample(high, 3, resizeTaps(t.shape[3]!, size[1], method, antialias)), format);
}
/** The largest part in the middle with the aspect ratio of `size`. */
export function cropToAspect(x: core.Tensor, size: readonly [number, number], format: DataFormat): core.Tensor {
  const t = channelsFirst(x, format);
  const [height, width] = [t.shape[2]!, t.shape[3]!];
  const cropHeight = Math.max(1, Math.min(height, Math.trunc((width * size[0]) / size[1])));
  const cropWidth = Math.max(1, Math.min(width, Math.trunc((height * size[1]) / size[0])));
  const [top, left] = [Math.trunc((height - cropHeight) / 2), Math.trunc((width - cropWidth) / 2)];
  return channelsBack(
    core.slice(t, [0, 0, top, left], [t.shape[0]!, t.shape[1]!, top + cropHeight, left + cropWidth]),
    format,
  );
}
/** Borders of one value, so that the aspect ratio is that of `size`. */
export function padToAspect(
  x: core.Tensor,
  size: readonly [number, number],
  format: DataFormat,
  value: number,
): core.Tensor {
  const t = channelsFirst(x, format);
  const [height, width] = [t.shape[2]!, t.shape[3]!];
  const top = Math.trunc((Math.max(height, Math.trunc((width * size[0]) / size[1])) - height) / 2);
  const left = Math.trunc((Math.max(width, Math.trunc((height * size[1]) / size[0])) - width) / 2);
  return channelsBack(
    core.pad(
      t,
      [
        [0, 0],
        [0, 0],
        [top, top],
        [left, left],
      ],
      { value },
    ),
    format,
  );
}
