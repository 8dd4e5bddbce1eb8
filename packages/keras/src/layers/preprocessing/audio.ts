// Sound as spectrograms: STFTSpectrogram, whose kernels can be trained, and MelSpectrogram.
import * as core from '@nn/core';
import { dataFormatOf, epsilon, type DataFormat } from '../../config.js';
import { fourierKernel, scalingOf, STFT, windowValues, type WindowLike } from '../../initializers/stft.js';
import { apply, type Shape, type Tensor } from '../../tensor/tensor.js';
import type { Variable } from '../../tensor/variable.js';
import { InputSpec } from '../input-spec.js';
import { Layer, type ConfigKey, type LayerOptions } from '../layer.js';

const modes = ['log', 'magnitude', 'psd', 'real', 'imag', 'angle', 'stft'] as const;
export type SpectrogramMode = (typeof modes)[number];
export interface STFTSpectrogramOptions extends LayerOptions {
  /** What comes out: 'log' magnitudes (the default), 'magnitude', 'psd', 'real', 'imag', 'angle', or 'stft' (both sides). */
  mode?: SpectrogramMode;
  /** Samples of a frame; default 256. */
  frameLength?: number;
  /** Samples between frames; default half a frame. */
  frameStep?: number | null;
  /** Default the next power of two. */
  fftLength?: number | null;
  /** Default 'hann'. */
  window?: WindowLike;
  periodic?: boolean;
  /** Divides the window by its norm; default 'density'. */
  scaling?: 'density' | 'spectrum' | null;
  padding?: 'valid' | 'same';
  /** Frequencies in an axis of their own; default false. */
  expandDims?: boolean;
  dataFormat?: string | null;
}
export interface STFTSpectrogram {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/** Spectrograms of [batch, samples, channels] by two convolutions. */
export class STFTSpectrogram extends Layer {
  static override readonly className = 'STFTSpectrogram';
  static override get configKeys(): readonly ConfigKey[] {
    const names = 'mode frame_length frame_step fft_length window periodic scaling padding data_format expand_dims';
    return names.split(' ');
  }
  readonly mode: SpectrogramMode;
  readonly frameLength: number;
  readonly frameStep: number | null;
  readonly fftLength: number | null;
  readonly window: WindowLike;
  readonly periodic: boolean;
  readonly scaling: 'density' | 'spectrum' | null;
  readonly padding: 'valid' | 'same';
  readonly expandDims: boolean;
  readonly dataFormat: DataFormat;
  realKernel: Variable | null = null;
  imagKernel: Variable | null = null;
  constructor(o: STFTSpectrogramOptions = {}) {
    super(o);
    this.mode = o.mode ?? 'log';
    this.frameLength = o.frameLength ?? 256;
    this.frameStep = o.frameStep ?? null;
    this.fftLength = o.fftLength ?? null;
    this.window = o.window === undefined ? 'hann' : o.window;
    this.periodic = o.periodic ?? false;
    this.scaling = scalingOf(o.scaling);
    this.padding = o.padding ?? 'valid';
    this.expandDims = o.expandDims ?? false;
    this.dataFormat = dataFormatOf(o.dataFormat);
    this.inputSpec = new InputSpec({ ndim: 3 });
    if (!modes.includes(this.mode)) {
      throw new core.ValueError(
        `Output mode is invalid, it must be one of ${modes.join(', ')}. Received: mode=${String(this.mode)}`,
      );
    }
    if (this.frameStep !== null && !(this.frameStep >= 1 && this.frameStep <= this.frameLength)) {
      throw new core.ValueError(
        `\`frame_step\` should be a positive integer not greater than \`frame_length\`. Received frame_step=${this.frameStep}, frame_length=${this.frameLength}`,
      );
    }
    if (this.fftLength !== null && this.fftLength < this.frameLength) {
      throw new core.ValueError(
        `\`fft_length\` should be not less than \`frame_length\`. Received fft_length=${this.fftLength}, frame_length=${this.frameLength}`,
      );
    }
  }
  override build(_inputShape: Shape): void {
    const bins = (this.fftLength ?? 2 ** Math.ceil(Math.log2(this.frameLength))) / 2 + 1;
    const kernel = (side: 'real' | 'imag'): Variable =>
      this.addWeight({
        name: `${side}_kernel`,
        shape: [this.frameLength, 1, Math.floor(bins)],
        initializer: new STFT(side, this.window, this.scaling, this.periodic),
      });
    if (this.mode !== 'imag') this.realKernel = kernel('real');
    if (this.mode !== 'real') this.imagKernel = kernel('imag');
  }
  override call(inputs: Tensor): Tensor {
    const kernels = [this.realKernel, this.imagKernel].filter((k) => k !== null);
    return apply(this.className, [inputs, ...kernels], (given, ...ks) => {
      const x = this.dataFormat === 'channels_last' ? core.transpose(given, 1, 2) : given;
      const step = this.frameStep ?? Math.floor(this.frameLength / 2);
      return this.arranged(this.combine(ks.map((k) => frames(x, k, step, this.padding))));
    });
  }
  private combine(sides: readonly core.Tensor[]): core.Tensor {
    const [real, imag] = sides as [core.Tensor, core.Tensor];
    if (sides.length === 1) return real;
    if (this.mode === 'angle') return core.atan2(imag, real);
    if (this.mode === 'stft') return core.concat(sides, 2);
    const power = core.add(core.square(real), core.square(imag));
    if (this.mode === 'psd') {
      // the bins between the first and the last stand for two
      const bins = power.shape[2]!;
      const inner = core.slice(power, [0, 0, 1, 0], [power.shape[0]!, power.shape[1]!, bins - 1, power.shape[3]!]);
      return core.add(
        power,
        core.pad(inner, [
          [0, 0],
          [0, 0],
          [1, 1],
        ]),
      );
    }
    const magnitude = core.sqrt(core.maximum(power, epsilon()));
    return this.mode === 'magnitude' ? magnitude : core.log(core.maximum(magnitude, epsilon()));
  }
  /** [batch, channels, bins, time] in the layout of the layer. */
  private arranged(x: core.Tensor): core.Tensor {
    const last = this.dataFormat === 'channels_last';
    if (this.expandDims) return core.permute(x, last ? [0, 3, 2, 1] : [0, 1, 3, 2]);
    const flat = core.reshape(x, [x.shape[0]!, x.shape[1]! * x.shape[2]!, x.shape[3]!]);
    return last ? core.transpose(flat, 1, 2) : flat;
  }
}
/** Each channel of [batch, channels, samples] through a kernel [frame, 1, bins]: [batch, channels, bins, time]. */
function frames(x: core.Tensor, kernel: core.Tensor, stride: number, padding: 'valid' | 'same'): core.Tensor {
  const [batch, channels, samples] = x.shape as [number, number, number];
  const y = core.conv(core.reshape(x, [batch * channels, 1, samples]), core.permute(kernel, [2, 1, 0]), {
    stride,
    padding: padding === 'same' ? [core.samePadding(samples, kernel.shape[0]!, stride)] : 0,
  });
  return core.reshape(y, [batch, channels, y.shape[1]!, y.shape[2]!]);
}

export interface MelSpectrogramOptions extends LayerOptions {
  /** Default 2048. */
  fftLength?: number;
  /** Samples between frames; default 512. */
  sequenceStride?: number;
  /** Samples of a frame; default `fftLength`. */
  sequenceLength?: number | null;
  window?: string;
  /** Samples of a second; default 16000. */
  samplingRate?: number;
  /** Default 128. */
  numMelBins?: number;
  minFreq?: number;
  /** Default half the sampling rate. */
  maxFreq?: number | null;
  /** Decibels instead of powers; default true. */
  powerToDb?: boolean;
  topDb?: number;
  magExp?: number;
  minPower?: number;
  refPower?: number;
}
export interface MelSpectrogram {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/** Spectrograms of [batch, samples] (or [samples]) on the mel scale: [batch, bins, time]. */
export class MelSpectrogram extends Layer {
  static override readonly className = 'MelSpectrogram';
  static override get configKeys(): readonly ConfigKey[] {
    const names = 'fft_length sequence_stride sequence_length window sampling_rate num_mel_bins';
    return `${names} min_freq max_freq power_to_db top_db mag_exp min_power ref_power`.split(' ');
  }
  readonly fftLength: number;
  readonly sequenceStride: number;
  readonly sequenceLength: number;
  readonly window: string;
  readonly samplingRate: number;
  readonly numMelBins: number;
  readonly minFreq: number;
  readonly maxFreq: number;
  readonly powerToDb: boolean;
  readonly topDb: number;
  readonly magExp: number;
  readonly minPower: number;
  readonly refPower: number;
  constructor(o: MelSpectrogramOptions = {}) {
    super(o);
    this.fftLength = o.fftLength ?? 2048;
    this.sequenceStride = o.sequenceStride ?? 512;
    this.sequenceLength = o.sequenceLength ?? this.fftLength;
    this.window = o.window ?? 'hann';
    this.samplingRate = o.samplingRate ?? 16000;
    this.numMelBins = o.numMelBins ?? 128;
    this.minFreq = o.minFreq ?? 20;
    this.maxFreq = o.maxFreq ?? Math.trunc(this.samplingRate / 2);
    this.powerToDb = o.powerToDb ?? true;
    this.topDb = o.topDb ?? 80;
    this.magExp = o.magExp ?? 2;
    this.minPower = o.minPower ?? 1e-10;
    this.refPower = o.refPower ?? 1;
    if (this.fftLength < this.sequenceLength) {
      throw new core.ValueError(
        `\`fft_length\` must be greater than or equal to  \`sequence_length\`. Received: \`sequence_length\`=${this.sequenceLength}, \`fft_length\`=${this.fftLength}.`,
      );
    }
    this.built = true;
  }
  override call(inputs: Tensor): Tensor {
    return apply(this.className, [inputs], (x) => {
      const bins = Math.floor(this.fftLength / 2) + 1;
      const [real, imag] = this.transform(x.ndim === 1 ? core.unsqueeze(x, 0) : x, bins);
      const magnitude = core.sqrt(core.add(core.square(real), core.square(imag)));
      const mel = core.tensor(this.melWeights(bins), { shape: [bins, this.numMelBins], dtype: x.dtype });
      const scaled = core.matmul(core.transpose(mel), core.pow(magnitude, this.magExp));
      const y = this.powerToDb ? this.decibels(scaled) : scaled;
      return x.ndim === 1 ? core.squeeze(y, 0) : y;
    });
  }
  /** Both sides of the transform of [batch, samples]: [batch, bins, time]. */
  private transform(x: core.Tensor, bins: number): readonly [core.Tensor, core.Tensor] {
    const half = Math.floor(this.fftLength / 2);
    const padded = core.unsqueeze(
      core.pad(
        x,
        [
          [0, 0],
          [half, half],
        ],
        { mode: 'reflect' },
      ),
      1,
    );
    const before = Math.floor((this.fftLength - this.sequenceLength) / 2);
    const window = new Array<number>(this.fftLength).fill(0);
    windowValues(this.window, this.sequenceLength, true).forEach((w, i) => (window[before + i] = w));
    const side = (name: 'real' | 'imag'): core.Tensor => {
      const kernel = core.tensor(fourierKernel(name, window, bins), {
        shape: [this.fftLength, 1, bins],
        dtype: x.dtype,
      });
      return core.squeeze(frames(padded, kernel, this.sequenceStride, 'valid'), 1);
    };
    return [side('real'), side('imag')];
  }
  /** How much each bin of frequencies [bins] counts for each triangle of the mel scale. */
  private melWeights(bins: number): Float32Array {
    const mel = (hertz: number): number => 1127 * Math.log(1 + hertz / 700);
    const [low, high] = [mel(this.minFreq), mel(this.maxFreq)];
    const width = (high - low) / (this.numMelBins + 1);
    return Float32Array.from({ length: bins * this.numMelBins }, (_, i) => {
      const bin = Math.floor(i / this.numMelBins);
      if (!bin) return 0;
      const at = mel((bin * this.samplingRate) / 2 / (bins - 1));
      const center = low + width * ((i % this.numMelBins) + 1);
      return Math.max(0, 1 - Math.abs(at - center) / width);
    });
  }
  private decibels(power: core.Tensor): core.Tensor {
    const reference = 10 * Math.log10(Math.max(Math.abs(this.refPower), this.minPower));
    const db = core.sub(core.mul(core.log10(core.maximum(power, this.minPower)), 10), reference);
    return core.maximum(db, core.sub(core.max(db), this.topDb));
  }
}
