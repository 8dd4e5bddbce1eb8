// Pooling modules.
import { type PerAxis } from '../functional/conv.js';
import * as F from '../functional/pool.js';
import type { Tensor } from '../tensor/tensor.js';
import { bind } from '../ops/arguments.js';
import { Module } from './module.js';
import { args, float, py } from './repr.js';

export type {
  AdaptiveMaxOptions,
  AvgPoolOptions,
  MaxPoolOptions,
  OutputSize,
  PoolOptions,
} from '../functional/pool.js';
type Result<R> = R extends true ? F.Indexed : Tensor;

abstract class MaxPoolNd<R extends boolean> extends Module {
  readonly kernelSize: PerAxis;
  readonly stride: PerAxis;
  readonly padding: PerAxis;
  readonly dilation: PerAxis;
  readonly returnIndices: boolean;
  readonly ceilMode: boolean;
  constructor(kernelSize: PerAxis, o: F.MaxPoolOptions & { returnIndices?: R } = {}) {
    super();
    this.kernelSize = kernelSize;
    this.stride = o.stride ?? kernelSize;
    this.padding = o.padding ?? 0;
    this.dilation = o.dilation ?? 1;
    this.returnIndices = o.returnIndices ?? false;
    this.ceilMode = o.ceilMode ?? false;
  }
  abstract override forward(x: Tensor): Result<R>;
  protected options(): F.MaxPoolOptions {
    const { stride, padding, dilation, returnIndices, ceilMode } = this;
    return { stride, padding, dilation, returnIndices, ceilMode };
  }
  override extraRepr(): string {
    return args({
      kernel_size: this.kernelSize,
      stride: this.stride,
      padding: this.padding,
      dilation: this.dilation,
      ceil_mode: this.ceilMode,
    });
  }
}
/** The largest element of each window of [n, c, l]. */
export class MaxPool1d<R extends boolean = false> extends MaxPoolNd<R> {
  forward(x: Tensor): Result<R> {
    return F.maxPool1d(x, this.kernelSize, this.options()) as Result<R>;
  }
}
/**
 * The largest element of each window of [n, c, h, w].
 *
 * @param kernelSize       size of the window
 * @param o.stride         default the window
 * @param o.returnIndices  also return where the largest elements were
 * @example
 * new nn.MaxPool2d(2)(torch.ones([1, 1, 4, 4])).shape // => [1, 1, 2, 2]
 */
export class MaxPool2d<R extends boolean = false> extends MaxPoolNd<R> {
  forward(x: Tensor): Result<R> {
    return F.maxPool2d(x, this.kernelSize, this.options()) as Result<R>;
  }
}
/** The largest element of each window of [n, c, d, h, w]. */
export class MaxPool3d<R extends boolean = false> extends MaxPoolNd<R> {
  forward(x: Tensor): Result<R> {
    return F.maxPool3d(x, this.kernelSize, this.options()) as Result<R>;
  }
}

abstract class AvgPoolNd extends Module {
  readonly kernelSize: PerAxis;
  readonly stride: PerAxis;
  readonly padding: PerAxis;
  readonly ceilMode: boolean;
  readonly countIncludePad: boolean;
  readonly divisorOverride: number | null;
  constructor(kernelSize: PerAxis, o: F.AvgPoolOptions = {}) {
    super();
    this.kernelSize = kernelSize;
    this.stride = o.stride ?? kernelSize;
    this.padding = o.padding ?? 0;
    this.ceilMode = o.ceilMode ?? false;
    this.countIncludePad = o.countIncludePad ?? true;
    this.divisorOverride = o.divisorOverride ?? null;
  }
  abstract override forward(x: Tensor): Tensor;
  protected options(): F.AvgPoolOptions {
    const { stride, padding, ceilMode, countIncludePad, divisorOverride } = this;
    return { stride, padding, ceilMode, countIncludePad, divisorOverride };
  }
  override extraRepr(): string {
    return args({ kernel_size: this.kernelSize, stride: this.stride, padding: this.padding });
  }
}
/** A number as the one-element tuple that PyTorch keeps. */
const one = (x: PerAxis): PerAxis => (typeof x === 'number' ? [x] : x);
/** The mean of each window of [n, c, l]. */
export class AvgPool1d extends AvgPoolNd {
  forward(x: Tensor): Tensor {
    return F.avgPool1d(x, this.kernelSize, this.options());
  }
  override extraRepr(): string {
    return args({ kernel_size: one(this.kernelSize), stride: one(this.stride), padding: one(this.padding) });
  }
}
/** The mean of each window of [n, c, h, w]. */
export class AvgPool2d extends AvgPoolNd {
  forward(x: Tensor): Tensor {
    return F.avgPool2d(x, this.kernelSize, this.options());
  }
}
/** The mean of each window of [n, c, d, h, w]. */
export class AvgPool3d extends AvgPoolNd {
  forward(x: Tensor): Tensor {
    return F.avgPool3d(x, this.kernelSize, this.options());
  }
}

abstract class LPPoolNd extends Module {
  readonly normType: number;
  readonly kernelSize: PerAxis;
  readonly stride: PerAxis | null;
  readonly ceilMode: boolean;
  constructor(normType: number, kernelSize: PerAxis, o: Omit<F.PoolOptions, 'padding'> = {}) {
    super();
    this.normType = normType;
    this.kernelSize = kernelSize;
    this.stride = o.stride ?? null;
    this.ceilMode = o.ceilMode ?? false;
  }
  abstract override forward(x: Tensor): Tensor;
  protected options(): F.PoolOptions {
    return { stride: this.stride, ceilMode: this.ceilMode };
  }
  override extraRepr(): string {
    return args({
      norm_type: float(this.normType),
      kernel_size: this.kernelSize,
      stride: this.stride,
      ceil_mode: this.ceilMode,
    });
  }
}
/** The p-norm of each window of [n, c, l]. */
export class LPPool1d extends LPPoolNd {
  forward(x: Tensor): Tensor {
    return F.lpPool1d(x, this.normType, this.kernelSize, this.options());
  }
}
/** The p-norm of each window of [n, c, h, w]. */
export class LPPool2d extends LPPoolNd {
  forward(x: Tensor): Tensor {
    return F.lpPool2d(x, this.normType, this.kernelSize, this.options());
  }
}
/** The p-norm of each window of [n, c, d, h, w]. */
export class LPPool3d extends LPPoolNd {
  forward(x: Tensor): Tensor {
    return F.lpPool3d(x, this.normType, this.kernelSize, this.options());
  }
}

abstract class AdaptiveAvgPoolNd extends Module {
  readonly outputSize: F.OutputSize;
  constructor(outputSize: F.OutputSize) {
    super();
    this.outputSize = outputSize;
  }
  abstract override forward(x: Tensor): Tensor;
  override extraRepr(): string {
    return `output_size=${py(this.outputSize)}`;
  }
}
/** Means over windows chosen so that the result has the given size. */
export class AdaptiveAvgPool1d extends AdaptiveAvgPoolNd {
  forward(x: Tensor): Tensor {
    return F.adaptiveAvgPool1d(x, this.outputSize);
  }
}
/** Means over windows chosen so that the result has the given sizes. */
export class AdaptiveAvgPool2d extends AdaptiveAvgPoolNd {
  forward(x: Tensor): Tensor {
    return F.adaptiveAvgPool2d(x, this.outputSize);
  }
}
/** Means over windows chosen so that the result has the given sizes. */
export class AdaptiveAvgPool3d extends AdaptiveAvgPoolNd {
  forward(x: Tensor): Tensor {
    return F.adaptiveAvgPool3d(x, this.outputSize);
  }
}

abstract class AdaptiveMaxPoolNd<R extends boolean> extends Module {
  readonly outputSize: F.OutputSize;
  readonly returnIndices: boolean;
  constructor(outputSize: F.OutputSize, returnIndices?: R | { returnIndices?: R }) {
    super();
    const o = typeof returnIndices === 'boolean' ? { returnIndices } : bind<F.AdaptiveMaxOptions>([], returnIndices);
    this.outputSize = outputSize;
    this.returnIndices = o.returnIndices ?? false;
  }
  abstract override forward(x: Tensor): Result<R>;
  override extraRepr(): string {
    return `output_size=${py(this.outputSize)}`;
  }
}
/** Maxima over windows chosen so that the result has the given size. */
export class AdaptiveMaxPool1d<R extends boolean = false> extends AdaptiveMaxPoolNd<R> {
  forward(x: Tensor): Result<R> {
    return F.adaptiveMaxPool1d(x, this.outputSize, {
      returnIndices: this.returnIndices,
    } as F.AdaptiveMaxOptions) as Result<R>;
  }
}
/** Maxima over windows chosen so that the result has the given sizes. */
export class AdaptiveMaxPool2d<R extends boolean = false> extends AdaptiveMaxPoolNd<R> {
  forward(x: Tensor): Result<R> {
    return F.adaptiveMaxPool2d(x, this.outputSize, {
      returnIndices: this.returnIndices,
    } as F.AdaptiveMaxOptions) as Result<R>;
  }
}
/** Maxima over windows chosen so that the result has the given sizes. */
export class AdaptiveMaxPool3d<R extends boolean = false> extends AdaptiveMaxPoolNd<R> {
  forward(x: Tensor): Result<R> {
    return F.adaptiveMaxPool3d(x, this.outputSize, {
      returnIndices: this.returnIndices,
    } as F.AdaptiveMaxOptions) as Result<R>;
  }
}
