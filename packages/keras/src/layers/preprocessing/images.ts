// Resizing, CenterCrop, RandomFlip, RandomCrop.
import * as core from '@nn/core';
import { dataFormatOf, type DataFormat } from '../../config.js';
import type { Config } from '../../object.js';
import { SeedGenerator } from '../../seed.js';
import { apply, type Tensor } from '../../tensor/tensor.js';
import { channelsBack, channelsFirst } from '../convolution/convolve.js';
import { callTraining, Layer, type CallOptions, type ConfigKey, type LayerOptions } from '../layer.js';
import { cropToAspect, padToAspect, resizeImages, resizeMethod, type ResizeMethod } from './resize.js';

export interface ImageOptions extends LayerOptions {
  dataFormat?: string | null;
}
/** A layer on images [batch, height, width, channels] or one image without the batch axis. */
export abstract class ImageLayer extends Layer {
  readonly dataFormat: DataFormat;
  constructor(o: ImageOptions) {
    super(o);
    this.dataFormat = dataFormatOf(o.dataFormat);
    this.built = true;
  }
  /** Runs `f` on a batch of images of the layer's dtype. */
  protected images(inputs: Tensor, f: (x: core.Tensor) => core.Tensor): Tensor {
    if (inputs.ndim !== 3 && inputs.ndim !== 4)
      throw new core.ValueError(
        `Layer '${this.name}': expected a batch of images (4 dimensions) or one image (3 dimensions), received ${inputs.ndim} dimensions`,
      );
    const x = inputs.dtype === this.dtype ? inputs : inputs.cast(this.dtype);
    return apply(this.className, [x], (t) => (t.ndim === 4 ? f(t) : core.squeeze(f(core.unsqueeze(t, 0)), 0)));
  }
}

export interface Resizing {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/**
 * Images in another size, as tf.image.resize makes it.
 *
 * @example
 * new tf.keras.layers.Resizing(2, 2)(tf.ones([1, 4, 4, 3])).shape // => [1, 2, 2, 3]
 */
export class Resizing extends ImageLayer {
  static override readonly className = 'Resizing';
  static override readonly positional: readonly string[] = ['height', 'width'];
  static override get configKeys(): readonly ConfigKey[] {
    return [
      'height',
      'width',
      'interpolation',
      'crop_to_aspect_ratio',
      'pad_to_aspect_ratio',
      'fill_mode',
      'fill_value',
      'antialias',
      'data_format',
    ];
  }
  readonly height: number;
  readonly width: number;
  readonly interpolation: ResizeMethod;
  readonly cropToAspectRatio: boolean;
  readonly padToAspectRatio: boolean;
  readonly fillMode: string;
  readonly fillValue: number;
  readonly antialias: boolean;
  constructor(
    height: number,
    width: number,
    o: ImageOptions & {
      interpolation?: string;
      cropToAspectRatio?: boolean;
      padToAspectRatio?: boolean;
      fillMode?: string;
      fillValue?: number;
      antialias?: boolean;
    } = {},
  ) {
    super(o);
    this.height = height;
    this.width = width;
    this.interpolation = resizeMethod(`Layer '${this.name}'`, o.interpolation ?? 'bilinear');
    this.cropToAspectRatio = o.cropToAspectRatio ?? false;
    this.padToAspectRatio = o.padToAspectRatio ?? false;
    this.fillMode = o.fillMode ?? 'constant';
    this.fillValue = o.fillValue ?? 0;
    this.antialias = o.antialias ?? false;
    if (this.fillMode !== 'constant')
      throw new core.ValueError(
        `Invalid value for argument \`fill_mode\`. Only \`'constant'\` is supported. Received: fill_mode=${this.fillMode}`,
      );
    if (this.cropToAspectRatio && this.padToAspectRatio)
      throw new core.ValueError('Only one of `pad_to_aspect_ratio` & `crop_to_aspect_ratio` can be `True`.');
  }
  override call(inputs: Tensor): Tensor {
    const size = [this.height, this.width] as const;
    return this.images(inputs, (x) => {
      const part = this.cropToAspectRatio
        ? cropToAspect(x, size, this.dataFormat)
        : this.padToAspectRatio
          ? padToAspect(x, size, this.dataFormat, this.fillValue)
          : x;
      return resizeImages(part, size, this.interpolation, this.dataFormat, this.antialias);
    });
  }
}

/** The middle of an image, or the whole of it resized where it is too small. */
function centerCrop(x: core.Tensor, size: readonly [number, number], format: DataFormat): core.Tensor {
  const t = channelsFirst(x, format);
  const [height, width] = [t.shape[2]!, t.shape[3]!];
  if (height < size[0] || width < size[1]) return resizeImages(cropToAspect(x, size, format), size, 'bilinear', format);
  const [top, left] = [Math.floor((height - size[0]) / 2), Math.floor((width - size[1]) / 2)];
  return channelsBack(
    core.slice(t, [0, 0, top, left], [t.shape[0]!, t.shape[1]!, top + size[0], left + size[1]]),
    format,
  );
}
export interface CenterCrop {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/** The middle of images. */
export class CenterCrop extends ImageLayer {
  static override readonly className = 'CenterCrop';
  static override readonly positional: readonly string[] = ['height', 'width'];
  static override get configKeys(): readonly ConfigKey[] {
    return ['height', 'width', 'data_format'];
  }
  readonly height: number;
  readonly width: number;
  constructor(height: number, width: number, o: ImageOptions = {}) {
    super(o);
    this.height = height;
    this.width = width;
  }
  override call(inputs: Tensor): Tensor {
    return this.images(inputs, (x) => centerCrop(x, [this.height, this.width], this.dataFormat));
  }
}

const flips = ['horizontal', 'vertical', 'horizontal_and_vertical'] as const;
export interface RandomFlip {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/** In training, mirrors each image with probability 1/2 along each axis of `mode`. */
export class RandomFlip extends ImageLayer {
  static override readonly className = 'RandomFlip';
  static override get configKeys(): readonly ConfigKey[] {
    return ['seed', 'mode', 'data_format'];
  }
  readonly mode: (typeof flips)[number];
  readonly seed: number | null;
  readonly seedGenerator: SeedGenerator;
  constructor(o: ImageOptions & { mode?: string; seed?: number | null } = {}) {
    super(o);
    const mode = flips.find((m) => m === (o.mode ?? 'horizontal_and_vertical'));
    if (!mode)
      throw new core.ValueError(
        `Unknown \`mode\` argument. Expected one of ${flips.join(', ')}. Received: mode=${o.mode}.${core.nearest(o.mode ?? '', flips)}`,
      );
    this.mode = mode;
    this.seed = o.seed ?? null;
    this.seedGenerator = new SeedGenerator(this.seed);
  }
  override call(inputs: Tensor, o: Pick<CallOptions, 'training'> = {}): Tensor {
    if (!callTraining(o)) return this.images(inputs, (x) => x);
    const { generator } = this.seedGenerator;
    return this.images(inputs, (x) => {
      const maybe = (t: core.Tensor, axis: number): core.Tensor =>
        core.where(core.bernoulli(0.5, [t.shape[0]!, 1, 1, 1], { generator }), core.flip(t, axis), t);
      const [height, width] = this.dataFormat === 'channels_first' ? [2, 3] : [1, 2];
      const wide = this.mode === 'vertical' ? x : maybe(x, width);
      return this.mode === 'horizontal' ? wide : maybe(wide, height);
    });
  }
}
export interface RandomCrop {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/** In training, a part of the images at a random place (the same for a batch); in inference the images as they are. */
export class RandomCrop extends ImageLayer {
  static override readonly className = 'RandomCrop';
  static override readonly positional: readonly string[] = ['height', 'width'];
  readonly height: number;
  readonly width: number;
  readonly seed: number | null;
  readonly seedGenerator: SeedGenerator;
  constructor(height: number, width: number, o: ImageOptions & { seed?: number | null } = {}) {
    super(o);
    this.height = height;
    this.width = width;
    this.seedGenerator = new SeedGenerator(o.seed ?? null);
    this.seed = this.seedGenerator.seed;
  }
  override call(inputs: Tensor, o: Pick<CallOptions, 'training'> = {}): Tensor {
    const size = [this.height, this.width] as const;
    const place = (n: number, part: number): core.Tensor =>
      core.add(core.randint([1], 0, n - part + 1, { generator: this.seedGenerator.generator }), core.iota([part], 0));
    return this.images(inputs, (x) => {
      const t = channelsFirst(x, this.dataFormat);
      const [height, width] = [t.shape[2]!, t.shape[3]!];
      if (!callTraining(o)) return x;
      if (height < size[0] || width < size[1]) return resizeImages(x, size, 'bilinear', this.dataFormat);
      return channelsBack(
        core.take(core.take(t, place(height, size[0]), 2), place(width, size[1]), 3),
        this.dataFormat,
      );
    });
  }
  override getConfig(): Config {
    return {
      ...super.getConfig(),
      height: this.height,
      width: this.width,
      seed: this.seed,
      data_format: this.dataFormat,
    };
  }
}
