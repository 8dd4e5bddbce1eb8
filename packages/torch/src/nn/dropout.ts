// Dropout modules: active in training, nothing in evaluation.
import * as core from '@nn/core';
import * as F from '../functional/dropout.js';
import { bind } from '../ops/arguments.js';
import type { Tensor } from '../tensor/tensor.js';
import { Module } from './module.js';
import { args } from './repr.js';

export type DropoutOptions = Omit<F.DropoutOptions, 'training'>;

abstract class DropoutNd extends Module {
  readonly p: number;
  readonly inplace: boolean;
  constructor(p?: number | DropoutOptions, o?: DropoutOptions) {
    super();
    const a = bind<DropoutOptions>(['p'], p, o);
    this.p = a.p ?? 0.5;
    this.inplace = a.inplace ?? false;
    if (!(this.p >= 0 && this.p <= 1))
      throw new core.ValueError(`dropout probability has to be between 0 and 1, but got ${this.p}`);
  }
  abstract override forward(x: Tensor): Tensor;
  protected options(): F.DropoutOptions {
    return { p: this.p, training: this.training, inplace: this.inplace };
  }
  override extraRepr(): string {
    return args({ p: this.p, inplace: this.inplace });
  }
}
/**
 * Sets elements to 0 with probability p and scales the others by `1 / (1 - p)`.
 *
 * @param p  default 0.5
 * @example
 * new nn.Dropout(0.2).eval()(torch.ones([2])) // => [1, 1]
 */
export class Dropout extends DropoutNd {
  forward(x: Tensor): Tensor {
    return F.dropout(x, this.options());
  }
}
/** Drops whole channels of [n, c, l] or [c, l]. */
export class Dropout1d extends DropoutNd {
  forward(x: Tensor): Tensor {
    return F.dropout1d(x, this.options());
  }
}
/** Drops whole channels of [n, c, h, w] or [c, h, w]. */
export class Dropout2d extends DropoutNd {
  forward(x: Tensor): Tensor {
    return F.dropout2d(x, this.options());
  }
}
/** Drops whole channels of [n, c, d, h, w] or [c, d, h, w]. */
export class Dropout3d extends DropoutNd {
  forward(x: Tensor): Tensor {
    return F.dropout3d(x, this.options());
  }
}
/** Dropout that keeps mean and variance of what selu makes. */
export class AlphaDropout extends DropoutNd {
  forward(x: Tensor): Tensor {
    return F.alphaDropout(x, this.options());
  }
}
/** `AlphaDropout` of whole channels. */
export class FeatureAlphaDropout extends DropoutNd {
  forward(x: Tensor): Tensor {
    return F.featureAlphaDropout(x, this.options());
  }
}
