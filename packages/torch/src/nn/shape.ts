// Modules that reorder: flatten, windows as columns, pixels and channels, resizing.
import { fold, type PerAxis, type SlidingOptions, unfold } from '../functional/conv.js';
import {
  channelShuffle,
  interpolate,
  type InterpolateMode,
  type InterpolateOptions,
  pixelShuffle,
  pixelUnshuffle,
} from '../functional/image.js';
import { flatten, unflatten } from '../ops/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { Module } from './module.js';
import { args, float, py } from './repr.js';

/**
 * Axes `startDim` (1) to `endDim` (-1) as one.
 *
 * @example
 * new nn.Flatten()(torch.ones([2, 3, 4])).shape // => [2, 12]
 */
export class Flatten extends Module {
  readonly startDim: number;
  readonly endDim: number;
  constructor(o: { startDim?: number; endDim?: number } = {}) {
    super();
    this.startDim = o.startDim ?? 1;
    this.endDim = o.endDim ?? -1;
  }
  forward(x: Tensor): Tensor {
    return flatten(x, this.startDim, this.endDim);
  }
  override extraRepr(): string {
    return args({ start_dim: this.startDim, end_dim: this.endDim });
  }
}
/** One axis as several. */
export class Unflatten extends Module {
  readonly dim: number;
  readonly unflattenedSize: readonly number[];
  constructor(dim: number, unflattenedSize: readonly number[]) {
    super();
    this.dim = dim;
    this.unflattenedSize = [...unflattenedSize];
  }
  forward(x: Tensor): Tensor {
    return unflatten(x, this.dim, this.unflattenedSize);
  }
  override extraRepr(): string {
    return args({ dim: this.dim, unflattened_size: this.unflattenedSize });
  }
}

/** The windows of an image as columns. */
export class Unfold extends Module {
  readonly kernelSize: PerAxis;
  readonly dilation: PerAxis;
  readonly padding: PerAxis;
  readonly stride: PerAxis;
  constructor(kernelSize: PerAxis, o: SlidingOptions = {}) {
    super();
    this.kernelSize = kernelSize;
    this.dilation = o.dilation ?? 1;
    this.padding = o.padding ?? 0;
    this.stride = o.stride ?? 1;
  }
  forward(x: Tensor): Tensor {
    return unfold(x, this.kernelSize, { dilation: this.dilation, padding: this.padding, stride: this.stride });
  }
  override extraRepr(): string {
    return args({ kernel_size: this.kernelSize, dilation: this.dilation, padding: this.padding, stride: this.stride });
  }
}
/** The sum of columns back into an image. */
export class Fold extends Module {
  readonly outputSize: PerAxis;
  readonly kernelSize: PerAxis;
  readonly dilation: PerAxis;
  readonly padding: PerAxis;
  readonly stride: PerAxis;
  constructor(outputSize: PerAxis, kernelSize: PerAxis, o: SlidingOptions = {}) {
    super();
    this.outputSize = outputSize;
    this.kernelSize = kernelSize;
    this.dilation = o.dilation ?? 1;
    this.padding = o.padding ?? 0;
    this.stride = o.stride ?? 1;
  }
  forward(x: Tensor): Tensor {
    return fold(x, this.outputSize, this.kernelSize, {
      dilation: this.dilation,
      padding: this.padding,
      stride: this.stride,
    });
  }
  override extraRepr(): string {
    return args({
      output_size: this.outputSize,
      kernel_size: this.kernelSize,
      dilation: this.dilation,
      padding: this.padding,
      stride: this.stride,
    });
  }
}

/** Channels into pixels: [*, c r^2, h, w] to [*, c, h r, w r]. */
export class PixelShuffle extends Module {
  readonly upscaleFactor: number;
  constructor(upscaleFactor: number) {
    super();
    this.upscaleFactor = upscaleFactor;
  }
  forward(x: Tensor): Tensor {
    return pixelShuffle(x, this.upscaleFactor);
  }
  override extraRepr(): string {
    return args({ upscale_factor: this.upscaleFactor });
  }
}
/** Pixels into channels: the inverse of PixelShuffle. */
export class PixelUnshuffle extends Module {
  readonly downscaleFactor: number;
  constructor(downscaleFactor: number) {
    super();
    this.downscaleFactor = downscaleFactor;
  }
  forward(x: Tensor): Tensor {
    return pixelUnshuffle(x, this.downscaleFactor);
  }
  override extraRepr(): string {
    return args({ downscale_factor: this.downscaleFactor });
  }
}
/** Channels dealt out among groups. */
export class ChannelShuffle extends Module {
  readonly groups: number;
  constructor(groups: number) {
    super();
    this.groups = groups;
  }
  forward(x: Tensor): Tensor {
    return channelShuffle(x, this.groups);
  }
  override extraRepr(): string {
    return args({ groups: this.groups });
  }
}

/** Resizes to a size or by a factor. */
export class Upsample extends Module {
  readonly size: number | readonly number[] | null;
  readonly scaleFactor: number | readonly number[] | null;
  readonly mode: InterpolateMode;
  readonly alignCorners: boolean | null;
  readonly recomputeScaleFactor: boolean | null;
  constructor(o: Omit<InterpolateOptions, 'antialias'> = {}) {
    super();
    this.size = o.size ?? null;
    this.scaleFactor = o.scaleFactor ?? null;
    this.mode = o.mode ?? 'nearest';
    this.alignCorners = o.alignCorners ?? null;
    this.recomputeScaleFactor = o.recomputeScaleFactor ?? null;
  }
  forward(x: Tensor): Tensor {
    const { size, scaleFactor, mode, alignCorners, recomputeScaleFactor } = this;
    return interpolate(x, { size, scaleFactor, mode, alignCorners, recomputeScaleFactor });
  }
  override extraRepr(): string {
    const { scaleFactor: f } = this;
    const factor = f === null ? null : typeof f === 'number' ? float(f) : f.map((x) => float(x));
    const where = factor === null ? `size=${py(this.size)}` : `scale_factor=${py(factor)}`;
    return `${where}, mode=${py(this.mode)}`;
  }
}
type UpsampleSize = Pick<InterpolateOptions, 'size' | 'scaleFactor'>;
/** `Upsample` of images by repetition. */
export class UpsamplingNearest2d extends Upsample {
  constructor(o: UpsampleSize = {}) {
    super({ ...o, mode: 'nearest' });
  }
}
/** `Upsample` of images between neighbours, corners on corners. */
export class UpsamplingBilinear2d extends Upsample {
  constructor(o: UpsampleSize = {}) {
    super({ ...o, mode: 'bilinear', alignCorners: true });
  }
}
