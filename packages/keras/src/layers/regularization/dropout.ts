// Noise that acts only in training: Dropout and its kin, Gaussian noise; and ActivityRegularization.
import * as core from '@nn/core';
import { dataFormatOf, type DataFormat } from '../../config.js';
import type { Config } from '../../object.js';
import { L1L2 } from '../../regularizers.js';
import { SeedGenerator } from '../../seed.js';
import { apply, type Shape, type Tensor } from '../../tensor/tensor.js';
import { InputSpec } from '../input-spec.js';
import { callTraining, Layer, type CallOptions, type ConfigKey, type LayerOptions } from '../layer.js';

export interface NoiseOptions extends LayerOptions {
  seed?: number | null;
}
/** A layer that changes its input only in training. */
export abstract class NoiseLayer extends Layer {
  readonly seed: number | null;
  readonly seedGenerator: SeedGenerator;
  constructor(o: NoiseOptions) {
    super(o);
    this.seed = o.seed ?? null;
    this.seedGenerator = new SeedGenerator(this.seed);
    this.supportsMasking = true;
    this.built = true;
  }
  protected abstract noise(x: core.Tensor, generator: core.Generator): core.Tensor;
  override call(inputs: Tensor, o: Pick<CallOptions, 'training'> = {}): Tensor {
    return callTraining(o)
      ? apply(this.className, [inputs], (x) => this.noise(x, this.seedGenerator.generator))
      : inputs;
  }
}
function checkRate(rate: number): number {
  if (!(rate >= 0 && rate <= 1))
    throw new core.ValueError(
      `Invalid value received for argument \`rate\`. Expected a float value between 0 and 1. Received: rate=${rate}`,
    );
  return rate;
}

export interface DropoutLayerOptions extends NoiseOptions {
  /** Shape of the noise; null means the size of the input, 1 keeps or drops the axis as a whole. */
  noiseShape?: Shape | null;
}
/** Shape of the noise for an input of this shape. */
const noiseSizes = (noiseShape: Shape | null, shape: readonly number[]): readonly number[] =>
  noiseShape ? noiseShape.map((d, i) => d ?? shape[i]!) : shape;

export interface Dropout {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/**
 * In training, sets a share `rate` of the inputs to 0 and multiplies the others by `1 / (1 - rate)`.
 *
 * @example
 * new tf.keras.layers.Dropout(0.5)(tf.ones([2])).toArraySync() // => [1, 1]
 */
export class Dropout extends NoiseLayer {
  static override readonly className: string = 'Dropout';
  static override readonly positional: readonly string[] = ['rate'];
  static override get configKeys(): readonly ConfigKey[] {
    return ['rate', 'seed', 'noise_shape'];
  }
  readonly rate: number;
  readonly noiseShape: Shape | null;
  constructor(rate: number, o: DropoutLayerOptions = {}) {
    super(o);
    this.rate = checkRate(rate);
    this.noiseShape = o.noiseShape ?? null;
  }
  protected override noise(x: core.Tensor, generator: core.Generator): core.Tensor {
    return core.dropout(x, this.rate, { generator, shape: this.shapeOfNoise(x.shape) });
  }
  protected shapeOfNoise(shape: readonly number[]): readonly number[] {
    return noiseSizes(this.noiseShape, shape);
  }
}
export interface SpatialDropoutOptions extends NoiseOptions {
  dataFormat?: string | null;
}
/** Drops whole feature maps. */
export abstract class BaseSpatialDropout extends Dropout {
  readonly dataFormat: DataFormat;
  private readonly hasLayout: boolean;
  constructor(rank: number, rate: number, o: SpatialDropoutOptions) {
    super(rate, o);
    this.dataFormat = dataFormatOf(o.dataFormat);
    this.hasLayout = rank > 1;
    this.inputSpec = new InputSpec({ ndim: rank + 2 });
  }
  override getConfig(): Config {
    return {
      rate: this.rate,
      seed: this.seed,
      name: this.name,
      dtype: this.dtype,
      ...(this.hasLayout && { data_format: this.dataFormat }),
    };
  }
  protected override shapeOfNoise(shape: readonly number[]): readonly number[] {
    const channel = this.dataFormat === 'channels_first' ? 1 : shape.length - 1;
    return shape.map((n, i) => (i === 0 || i === channel ? n : 1));
  }
}
export interface SpatialDropout1D {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/** Drops whole features of a sequence. */
export class SpatialDropout1D extends BaseSpatialDropout {
  static override readonly className: string = 'SpatialDropout1D';
  constructor(rate: number, o: NoiseOptions = {}) {
    super(1, rate, { ...o, dataFormat: 'channels_last' });
  }
}
export interface SpatialDropout2D {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/** Drops whole channels of an image. */
export class SpatialDropout2D extends BaseSpatialDropout {
  static override readonly className: string = 'SpatialDropout2D';
  constructor(rate: number, o: SpatialDropoutOptions = {}) {
    super(2, rate, o);
  }
}
export interface SpatialDropout3D {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/** Drops whole channels of a volume. */
export class SpatialDropout3D extends BaseSpatialDropout {
  static override readonly className: string = 'SpatialDropout3D';
  constructor(rate: number, o: SpatialDropoutOptions = {}) {
    super(3, rate, o);
  }
}

export interface AlphaDropout {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/** Dropout for selu: keeps mean 0 and variance 1. */
export class AlphaDropout extends NoiseLayer {
  static override readonly className = 'AlphaDropout';
  static override readonly positional: readonly string[] = ['rate'];
  static override get configKeys(): readonly ConfigKey[] {
    return ['rate', 'seed', 'noise_shape'];
  }
  readonly rate: number;
  readonly noiseShape: Shape | null;
  constructor(rate: number, o: DropoutLayerOptions = {}) {
    super(o);
    this.rate = checkRate(rate);
    this.noiseShape = o.noiseShape ?? null;
  }
  protected override noise(x: core.Tensor, generator: core.Generator): core.Tensor {
    return core.alphaDropout(x, this.rate, { generator, shape: noiseSizes(this.noiseShape, x.shape) });
  }
}
export interface GaussianDropout {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/** In training, multiplies by normal noise of mean 1 and standard deviation `sqrt(rate / (1 - rate))`. */
export class GaussianDropout extends NoiseLayer {
  static override readonly className = 'GaussianDropout';
  static override readonly positional: readonly string[] = ['rate'];
  static override get configKeys(): readonly ConfigKey[] {
    return ['rate', 'seed'];
  }
  readonly rate: number;
  constructor(rate: number, o: NoiseOptions = {}) {
    super(o);
    this.rate = checkRate(rate);
  }
  protected override noise(x: core.Tensor, generator: core.Generator): core.Tensor {
    if (!this.rate) return x;
    return core.mul(
      x,
      core.normal(x.shape, { mean: 1, std: Math.sqrt(this.rate / (1 - this.rate)), dtype: x.dtype, generator }),
    );
  }
}
export interface GaussianNoise {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/** In training, adds normal noise of standard deviation `stddev`. */
export class GaussianNoise extends NoiseLayer {
  static override readonly className = 'GaussianNoise';
  static override readonly positional: readonly string[] = ['stddev'];
  static override get configKeys(): readonly ConfigKey[] {
    return ['stddev', 'seed'];
  }
  readonly stddev: number;
  constructor(stddev: number, o: NoiseOptions = {}) {
    super(o);
    if (!(stddev >= 0))
      throw new core.ValueError(
        `Invalid value received for argument \`stddev\`. Expected a float value greater than or equal to 0. Received: stddev=${stddev}`,
      );
    this.stddev = stddev;
  }
  protected override noise(x: core.Tensor, generator: core.Generator): core.Tensor {
    return this.stddev ? core.add(x, core.normal(x.shape, { std: this.stddev, dtype: x.dtype, generator })) : x;
  }
}

export interface ActivityRegularization {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/** Passes its input on, and adds `l1 * sum(|x|) + l2 * sum(x^2)`, divided by the batch size, to the loss. */
export class ActivityRegularization extends Layer {
  static override readonly className = 'ActivityRegularization';
  static override get configKeys(): readonly ConfigKey[] {
    return ['l1', 'l2'];
  }
  readonly l1: number;
  readonly l2: number;
  constructor(o: LayerOptions & { l1?: number; l2?: number } = {}) {
    super({ ...o, activityRegularizer: new L1L2({ l1: o.l1 ?? 0, l2: o.l2 ?? 0 }) });
    this.l1 = o.l1 ?? 0;
    this.l2 = o.l2 ?? 0;
    this.supportsMasking = true;
    this.built = true;
  }
  override call(inputs: Tensor): Tensor {
    return inputs;
  }
  override getConfig(): Config {
    const { activity_regularizer: _, ...config } = super.getConfig();
    return config;
  }
}
