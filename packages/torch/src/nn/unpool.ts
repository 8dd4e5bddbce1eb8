// Modules for the inverse of max pooling, and for max pooling over windows at random places.
import type { PerAxis } from '../functional/conv.js';
import type { Indexed } from '../functional/pool.js';
import {
  type FractionalOptions,
  fractionalMaxPool2d,
  fractionalMaxPool3d,
  maxUnpool1d,
  maxUnpool2d,
  maxUnpool3d,
  type UnpoolOptions,
} from '../functional/unpool.js';
import type { Tensor } from '../tensor/tensor.js';
import { Module } from './module.js';
import { py } from './repr.js';

abstract class MaxUnpoolNd extends Module {
  readonly kernelSize: PerAxis;
  readonly stride: PerAxis;
  readonly padding: PerAxis;
  constructor(kernelSize: PerAxis, o: Omit<UnpoolOptions, 'outputSize'> = {}) {
    super();
    this.kernelSize = kernelSize;
    this.stride = o.stride ?? kernelSize;
    this.padding = o.padding ?? 0;
  }
  abstract override forward(
    x: Tensor,
    indices: Tensor,
    outputSize?: UnpoolOptions['outputSize'] | UnpoolOptions,
  ): Tensor;
  protected options(size: UnpoolOptions['outputSize'] | UnpoolOptions): UnpoolOptions {
    const outputSize = size && 'outputSize' in size ? size.outputSize : (size as readonly number[] | null | undefined);
    return { stride: this.stride, padding: this.padding, ...(outputSize && { outputSize }) };
  }
  override extraRepr(): string {
    const tuple = (x: PerAxis): string =>
      py(typeof x === 'number' ? new Array<number>(Number(this.getName().at(-2))).fill(x) : x);
    return `kernel_size=${tuple(this.kernelSize)}, stride=${tuple(this.stride)}, padding=${tuple(this.padding)}`;
  }
}
/** Puts pooled elements back where they were, zeros elsewhere. */
export class MaxUnpool1d extends MaxUnpoolNd {
  forward(x: Tensor, indices: Tensor, outputSize?: UnpoolOptions['outputSize'] | UnpoolOptions): Tensor {
    return maxUnpool1d(x, indices, this.kernelSize, this.options(outputSize));
  }
}
/** Puts pooled elements back where they were, zeros elsewhere. */
export class MaxUnpool2d extends MaxUnpoolNd {
  forward(x: Tensor, indices: Tensor, outputSize?: UnpoolOptions['outputSize'] | UnpoolOptions): Tensor {
    return maxUnpool2d(x, indices, this.kernelSize, this.options(outputSize));
  }
}
/** Puts pooled elements back where they were, zeros elsewhere. */
export class MaxUnpool3d extends MaxUnpoolNd {
  forward(x: Tensor, indices: Tensor, outputSize?: UnpoolOptions['outputSize'] | UnpoolOptions): Tensor {
    return maxUnpool3d(x, indices, this.kernelSize, this.options(outputSize));
  }
}

export interface FractionalModuleOptions extends Omit<FractionalOptions, 'randomSamples'> {
  /** [n, c, axes] in [0, 1): where the windows begin; default drawn at each call. */
  _randomSamples?: Tensor | null;
}
abstract class FractionalMaxPoolNd extends Module {
  readonly kernelSize: PerAxis;
  readonly outputSize: PerAxis | null;
  readonly outputRatio: PerAxis | null;
  readonly returnIndices: boolean;
  declare _random_samples: Tensor | null;
  constructor(kernelSize: PerAxis, o: FractionalModuleOptions) {
    super();
    this.kernelSize = kernelSize;
    this.outputSize = o.outputSize ?? null;
    this.outputRatio = o.outputRatio ?? null;
    this.returnIndices = o.returnIndices ?? false;
    this.registerBuffer('_random_samples', o._randomSamples ?? null);
  }
  abstract override forward(x: Tensor): Tensor | Indexed;
  protected options(): FractionalOptions {
    const { outputSize, outputRatio, returnIndices } = this;
    return { outputSize, outputRatio, returnIndices, randomSamples: this._random_samples };
  }
}
/** Max pooling over windows at random places. */
export class FractionalMaxPool2d extends FractionalMaxPoolNd {
  forward(x: Tensor): Tensor | Indexed {
    return fractionalMaxPool2d(x, this.kernelSize, this.options());
  }
}
/** Max pooling over windows at random places. */
export class FractionalMaxPool3d extends FractionalMaxPoolNd {
  forward(x: Tensor): Tensor | Indexed {
    return fractionalMaxPool3d(x, this.kernelSize, this.options());
  }
}
