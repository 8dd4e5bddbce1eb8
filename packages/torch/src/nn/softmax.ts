// Softmax and its relatives, and gated linear units, as modules.
import * as core from '@nn/core';
import * as F from '../functional/activation.js';
import type { Tensor } from '../tensor/tensor.js';
import { Module } from './module.js';
import { args } from './repr.js';

/** A module of one axis. */
abstract class AlongDim extends Module {
  readonly dim: number | null;
  constructor(dim: number | null | { dim?: number | null } = null) {
    super();
    this.dim = typeof dim === 'object' && dim !== null ? (dim.dim ?? null) : dim;
  }
  override extraRepr(): string {
    return args({ dim: this.dim });
  }
}
/** `exp(x) / sum(exp(x))` along an axis. */
export class Softmax extends AlongDim {
  forward(x: Tensor): Tensor {
    return F.softmax(x, this.dim);
  }
}
/** `softmax(-x)` */
export class Softmin extends AlongDim {
  forward(x: Tensor): Tensor {
    return F.softmin(x, this.dim);
  }
}
/** The logarithm of `softmax`. */
export class LogSoftmax extends AlongDim {
  forward(x: Tensor): Tensor {
    return F.logSoftmax(x, this.dim);
  }
}
/** `softmax` over the channels of [n, c, h, w] or [c, h, w]. */
export class Softmax2d extends Module {
  forward(x: Tensor): Tensor {
    const rank = x.shape.length;
    if (rank !== 3 && rank !== 4)
      throw new core.ShapeError(`Softmax2d: expected input to be 3D or 4D, got ${rank}D instead`);
    return F.softmax(x, -3);
  }
}
/** The first half of an axis times the sigmoid of the second. */
export class GLU extends Module {
  readonly dim: number;
  constructor(dim: number | { dim?: number } = -1) {
    super();
    this.dim = typeof dim === 'number' ? dim : (dim.dim ?? -1);
  }
  forward(x: Tensor): Tensor {
    return F.glu(x, this.dim);
  }
  override extraRepr(): string {
    return args({ dim: this.dim });
  }
}
