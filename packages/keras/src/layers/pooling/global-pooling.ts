// Pooling over everything (Global…) and to a given size (Adaptive…).
import * as core from '@nn/core';
import { dataFormatOf, type DataFormat } from '../../config.js';
import { apply, type Tensor } from '../../tensor/tensor.js';
import type { Nested } from '../../tensor/tree.js';
import { channelsBack, channelsFirst } from '../convolution/convolve.js';
import { standardizeTuple, type Size } from '../convolution/tuples.js';
import { InputSpec } from '../input-spec.js';
import { Layer, type ConfigKey, type LayerOptions } from '../layer.js';

export interface GlobalPoolingOptions extends LayerOptions {
  dataFormat?: string | null;
  /** Keeps the spatial axes with size 1; default false. */
  keepdims?: boolean;
}
/** Reduces all spatial axes. */
export abstract class BaseGlobalPooling extends Layer {
  static override get configKeys(): readonly ConfigKey[] {
    return ['data_format', 'keepdims'];
  }
  readonly dataFormat: DataFormat;
  readonly keepdims: boolean;
  private readonly kind: 'max' | 'mean';
  protected readonly axes: readonly number[];
  constructor(rank: number, kind: 'max' | 'mean', o: GlobalPoolingOptions) {
    super(o);
    this.kind = kind;
    this.dataFormat = dataFormatOf(o.dataFormat);
    this.keepdims = o.keepdims ?? false;
    this.axes = Array.from({ length: rank }, (_, i) => i + (this.dataFormat === 'channels_last' ? 1 : 2));
    this.inputSpec = new InputSpec({ ndim: rank + 2 });
    this.built = true;
  }
  override call(inputs: Tensor): Tensor {
    const reduce = this.kind === 'max' ? core.max : core.mean;
    return apply(this.className, [inputs], (x) => reduce(x, { axes: this.axes, keepdims: this.keepdims }));
  }
}
export interface GlobalAveragePooling1D {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/** The mean over the steps of a sequence; masked steps do not count. */
export class GlobalAveragePooling1D extends BaseGlobalPooling {
  static override readonly className = 'GlobalAveragePooling1D';
  constructor(o: GlobalPoolingOptions = {}) {
    super(1, 'mean', o);
    this.supportsMasking = true;
  }
  override call(inputs: Tensor, o: { mask?: Tensor } = {}): Tensor {
    if (!o.mask) return super.call(inputs);
    return apply(this.className, [inputs, o.mask], (x, mask) => {
      const m = core.unsqueeze(core.cast(mask, x.dtype), this.dataFormat === 'channels_last' ? 2 : 1);
      const over = { axes: this.axes, keepdims: this.keepdims };
      return core.div(core.sum(core.mul(x, m), over), core.sum(m, over));
    });
  }
  override computeMask(_inputs: unknown, _previous: Nested<Tensor | null> | null): null {
    return null;
  }
}
export interface GlobalAveragePooling2D {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/** The mean over an image. */
export class GlobalAveragePooling2D extends BaseGlobalPooling {
  static override readonly className = 'GlobalAveragePooling2D';
  constructor(o: GlobalPoolingOptions = {}) {
    super(2, 'mean', o);
  }
}
export interface GlobalAveragePooling3D {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/** The mean over a volume. */
export class GlobalAveragePooling3D extends BaseGlobalPooling {
  static override readonly className = 'GlobalAveragePooling3D';
  constructor(o: GlobalPoolingOptions = {}) {
    super(3, 'mean', o);
  }
}
export interface GlobalMaxPooling1D {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/** The largest value over the steps of a sequence. */
export class GlobalMaxPooling1D extends BaseGlobalPooling {
  static override readonly className = 'GlobalMaxPooling1D';
  constructor(o: GlobalPoolingOptions = {}) {
    super(1, 'max', o);
  }
}
export interface GlobalMaxPooling2D {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/** The largest value over an image. */
export class GlobalMaxPooling2D extends BaseGlobalPooling {
  static override readonly className = 'GlobalMaxPooling2D';
  constructor(o: GlobalPoolingOptions = {}) {
    super(2, 'max', o);
  }
}
export interface GlobalMaxPooling3D {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/** The largest value over a volume. */
export class GlobalMaxPooling3D extends BaseGlobalPooling {
  static override readonly className = 'GlobalMaxPooling3D';
  constructor(o: GlobalPoolingOptions = {}) {
    super(3, 'max', o);
  }
}

export interface AdaptivePoolingOptions extends LayerOptions {
  dataFormat?: string | null;
}
/** Windows `floor(i n / size) .. ceil((i + 1) n / size)`. */
export abstract class BaseAdaptivePooling extends Layer {
  static override readonly positional: readonly string[] = ['output_size'];
  static override get configKeys(): readonly ConfigKey[] {
    return ['output_size', 'data_format'];
  }
  readonly outputSize: readonly number[];
  readonly dataFormat: DataFormat;
  private readonly kind: 'max' | 'average';
  constructor(rank: number, kind: 'max' | 'average', outputSize: Size, o: AdaptivePoolingOptions) {
    super(o);
    this.kind = kind;
    this.outputSize = standardizeTuple(outputSize, rank, 'output_size');
    this.dataFormat = dataFormatOf(o.dataFormat);
    this.inputSpec = new InputSpec({ ndim: rank + 2 });
  }
  override call(inputs: Tensor): Tensor {
    return apply(this.className, [inputs], (x) => {
      const t = channelsFirst(x, this.dataFormat);
      return channelsBack(
        this.kind === 'max' ? core.adaptiveMaxPool(t, this.outputSize) : core.adaptiveAvgPool(t, this.outputSize),
        this.dataFormat,
      );
    });
  }
}
export interface AdaptiveAveragePooling1D {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/** Means that give a sequence of a fixed length. */
export class AdaptiveAveragePooling1D extends BaseAdaptivePooling {
  static override readonly className = 'AdaptiveAveragePooling1D';
  constructor(outputSize: Size, o: AdaptivePoolingOptions = {}) {
    super(1, 'average', outputSize, o);
  }
}
export interface AdaptiveAveragePooling2D {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/** Means that give an image of a fixed size. */
export class AdaptiveAveragePooling2D extends BaseAdaptivePooling {
  static override readonly className = 'AdaptiveAveragePooling2D';
  constructor(outputSize: Size, o: AdaptivePoolingOptions = {}) {
    super(2, 'average', outputSize, o);
  }
}
export interface AdaptiveAveragePooling3D {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/** Means that give a volume of a fixed size. */
export class AdaptiveAveragePooling3D extends BaseAdaptivePooling {
  static override readonly className = 'AdaptiveAveragePooling3D';
  constructor(outputSize: Size, o: AdaptivePoolingOptions = {}) {
    super(3, 'average', outputSize, o);
  }
}
export interface AdaptiveMaxPooling1D {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/** Largest values that give a sequence of a fixed length. */
export class AdaptiveMaxPooling1D extends BaseAdaptivePooling {
  static override readonly className = 'AdaptiveMaxPooling1D';
  constructor(outputSize: Size, o: AdaptivePoolingOptions = {}) {
    super(1, 'max', outputSize, o);
  }
}
export interface AdaptiveMaxPooling2D {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/** Largest values that give an image of a fixed size. */
export class AdaptiveMaxPooling2D extends BaseAdaptivePooling {
  static override readonly className = 'AdaptiveMaxPooling2D';
  constructor(outputSize: Size, o: AdaptivePoolingOptions = {}) {
    super(2, 'max', outputSize, o);
  }
}
export interface AdaptiveMaxPooling3D {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/** Largest values that give a volume of a fixed size. */
export class AdaptiveMaxPooling3D extends BaseAdaptivePooling {
  static override readonly className = 'AdaptiveMaxPooling3D';
  constructor(outputSize: Size, o: AdaptivePoolingOptions = {}) {
    super(3, 'max', outputSize, o);
  }
}
