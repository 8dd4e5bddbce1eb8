// MaxPooling and AveragePooling of 1, 2 and 3 dimensions.
import * as core from '@nn/core';
import { dataFormatOf, type DataFormat } from '../../config.js';
import { apply, type Tensor } from '../../tensor/tensor.js';
import { channelsBack, channelsFirst, padsOf } from '../convolution/convolve.js';
import { standardizePadding, standardizeTuple, type Padding, type Size } from '../convolution/tuples.js';
import { InputSpec } from '../input-spec.js';
import { Layer, type ConfigKey, type LayerOptions } from '../layer.js';

export interface PoolingOptions extends LayerOptions {
  /** Default 2. */
  poolSize?: Size;
  /** Default: the pool size. */
  strides?: Size | null;
  /** 'valid' (default) or 'same'; padding never counts. */
  padding?: string;
  dataFormat?: string | null;
}
/** Pooling of any rank. */
export abstract class BasePooling extends Layer {
  static override get configKeys(): readonly ConfigKey[] {
    return ['pool_size', 'padding', 'strides', 'data_format'];
  }
  readonly poolSize: readonly number[];
  readonly strides: readonly number[];
  readonly padding: Padding;
  readonly dataFormat: DataFormat;
  private readonly kind: 'max' | 'average';
  constructor(rank: number, kind: 'max' | 'average', o: PoolingOptions) {
    super(o);
    this.kind = kind;
    this.poolSize = standardizeTuple(o.poolSize ?? 2, rank, 'pool_size');
    this.strides =
      o.strides === null || o.strides === undefined ? this.poolSize : standardizeTuple(o.strides, rank, 'strides');
    this.padding = standardizePadding(o.padding ?? 'valid');
    this.dataFormat = dataFormatOf(o.dataFormat);
    this.inputSpec = new InputSpec({ ndim: rank + 2 });
    this.built = true;
  }
  override call(inputs: Tensor): Tensor {
    return apply(this.className, [inputs], (x) => {
      const t = channelsFirst(x, this.dataFormat);
      const padding = padsOf(t.shape.slice(2), this.poolSize, {
        strides: this.strides,
        padding: this.padding,
        dilationRate: this.poolSize.map(() => 1),
      });
      const o = { window: this.poolSize, stride: this.strides, padding };
      return channelsBack(
        this.kind === 'max' ? core.maxPool(t, o) : core.avgPool(t, { ...o, countIncludePad: false }),
        this.dataFormat,
      );
    });
  }
}

export interface MaxPooling1D {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/** The largest value of each window of a sequence. */
export class MaxPooling1D extends BasePooling {
  static override readonly className = 'MaxPooling1D';
  constructor(o: PoolingOptions = {}) {
    super(1, 'max', o);
  }
}
export interface MaxPooling2D {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/**
 * The largest value of each window of an image.
 *
 * @example
 * new tf.keras.layers.MaxPooling2D()(tf.ones([1, 4, 4, 3])).shape // => [1, 2, 2, 3]
 */
export class MaxPooling2D extends BasePooling {
  static override readonly className = 'MaxPooling2D';
  constructor(o: PoolingOptions = {}) {
    super(2, 'max', o);
  }
}
export interface MaxPooling3D {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/** The largest value of each window of a volume. */
export class MaxPooling3D extends BasePooling {
  static override readonly className = 'MaxPooling3D';
  constructor(o: PoolingOptions = {}) {
    super(3, 'max', o);
  }
}
export interface AveragePooling1D {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/** The mean of each window of a sequence. */
export class AveragePooling1D extends BasePooling {
  static override readonly className = 'AveragePooling1D';
  constructor(o: PoolingOptions = {}) {
    super(1, 'average', o);
  }
}
export interface AveragePooling2D {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/** The mean of each window of an image. */
export class AveragePooling2D extends BasePooling {
  static override readonly className = 'AveragePooling2D';
  constructor(o: PoolingOptions = {}) {
    super(2, 'average', o);
  }
}
export interface AveragePooling3D {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/** The mean of each window of a volume. */
export class AveragePooling3D extends BasePooling {
  static override readonly className = 'AveragePooling3D';
  constructor(o: PoolingOptions = {}) {
    super(3, 'average', o);
  }
}
