// Kernels of the short-time Fourier transform: windows, sines and cosines.
import * as core from '@nn/core';
import type { Config } from '../object.js';
import { Initializer } from './initializer.js';

/** The name of a window ('hann', 'hamming', 'blackman', 'boxcar'), its values, or null for none. */
export type WindowLike = string | readonly number[] | null;

const cosineSums: Readonly<Record<string, readonly number[]>> = {
  hann: [0.5, 0.5],
  hamming: [0.54, 0.46],
  blackman: [0.42, 0.5, 0.08],
  boxcar: [1],
};
/** The values of a window; all ones for null. A periodic one is a period of a longer sequence. */
export function windowValues(window: WindowLike, length: number, periodic: boolean): readonly number[] {
  if (Array.isArray(window)) {
    if (window.length === length) return window as readonly number[];
    throw new core.ValueError(
      `The shape of \`window\` must be equal to [frame_length].Received: window shape=(${window.length},)`,
    );
  }
  const name = (window as string | null) ?? 'boxcar';
  const terms = Object.hasOwn(cosineSums, name) ? cosineSums[name]! : null;
  if (!terms) {
    throw new core.ValueError(
      `Unknown window type '${name}'. Expected one of ${Object.keys(cosineSums).join(', ')}, or an array.${core.nearest(name, Object.keys(cosineSums))}`,
    );
  }
  const period = Math.max(1, periodic ? length : length - 1);
  return Array.from({ length }, (_, t) =>
    terms.reduce((sum, a, k) => sum + (k % 2 ? -a : a) * Math.cos((2 * Math.PI * k * t) / period), 0),
  );
}
/** What a convolution [frame, 1, bins] needs to be one side of a Fourier transform of windowed frames. */
export function fourierKernel(side: 'real' | 'imag', window: readonly number[], bins: number): Float64Array {
  const length = 2 * (bins - 1);
  return Float64Array.from({ length: window.length * bins }, (_, i) => {
    const angle = (-2 * Math.PI * ((Math.floor(i / bins) * (i % bins)) % length)) / length;
    return window[Math.floor(i / bins)]! * (side === 'real' ? Math.cos(angle) : Math.sin(angle));
  });
}

/** Kernels with which a convolution computes one side of a short-time Fourier transform; for weights [frame, 1, fftLength / 2 + 1]. */
export class STFT extends Initializer {
  static override readonly className = 'STFT';
  static override readonly positional: readonly string[] = ['side', 'window', 'scaling', 'periodic'];
  readonly side: 'real' | 'imag';
  readonly window: WindowLike;
  readonly scaling: 'density' | 'spectrum' | null;
  readonly periodic: boolean;
  constructor(
    side: 'real' | 'imag' = 'real',
    window: WindowLike = 'hann',
    scaling: 'density' | 'spectrum' | null = 'density',
    periodic = false,
  ) {
    super();
    if (side !== 'real' && side !== 'imag')
      throw new core.ValueError(`side should be 'real' or 'imag', not ${String(side)}`);
    this.side = side;
    this.window = window;
    this.scaling = scalingOf(scaling);
    this.periodic = periodic;
    if (typeof window === 'string') windowValues(window, 1, periodic);
  }
  protected override make(shape: readonly number[], dtype: core.DType): core.Tensor {
    const [frame, , bins] = shape as [number, number, number];
    const window = windowValues(this.window, frame, this.periodic);
    const norm =
      this.window === null || this.scaling === null
        ? 1
        : this.scaling === 'density'
          ? Math.sqrt(window.reduce((s, w) => s + w * w, 0))
          : window.reduce((s, w) => s + Math.abs(w), 0);
    const scaled = window.map((w) => w / norm);
    return core.tensor(fourierKernel(this.side, scaled, bins), { shape, dtype });
  }
  override getConfig(): Config {
    return { side: this.side, window: this.window, periodic: this.periodic, scaling: this.scaling };
  }
}
/** Checks the name of a normalization. */
export function scalingOf(scaling: string | null | undefined): 'density' | 'spectrum' | null {
  const found = scaling === undefined ? 'density' : scaling;
  if (found === null || found === 'density' || found === 'spectrum') return found;
  throw new core.ValueError(
    `Scaling is invalid, it must be \`None\`, 'density' or 'spectrum'. Received scaling=${found}`,
  );
}
