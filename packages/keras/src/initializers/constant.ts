// Initializers without randomness.
import * as core from '@nn/core';
import type { Config } from '../object.js';
import { Initializer } from './initializer.js';

/** All zeros. */
export class Zeros extends Initializer {
  static override readonly className = 'Zeros';
  protected override make(shape: readonly number[], dtype: core.DType): core.Tensor {
    return core.zeros(shape, dtype);
  }
}
/** All ones. */
export class Ones extends Initializer {
  static override readonly className = 'Ones';
  protected override make(shape: readonly number[], dtype: core.DType): core.Tensor {
    return core.ones(shape, dtype);
  }
}
/** One value everywhere; default 0. */
export class Constant extends Initializer {
  static override readonly className = 'Constant';
  static override readonly positional: readonly string[] = ['value'];
  readonly value: number;
  constructor(value = 0) {
    super();
    this.value = value;
  }
  protected override make(shape: readonly number[], dtype: core.DType): core.Tensor {
    return core.full(shape, this.value, dtype);
  }
  override getConfig(): Config {
    return { value: this.value };
  }
}
/** The identity matrix times `gain`; only for 2-d weights. */
export class Identity extends Initializer {
  static override readonly className = 'Identity';
  readonly gain: number;
  constructor(o: { gain?: number } = {}) {
    super();
    this.gain = o.gain ?? 1;
  }
  protected override make(shape: readonly number[], dtype: core.DType): core.Tensor {
    if (shape.length !== 2)
      throw new core.ValueError(
        `Identity matrix initializer can only be used for 2D matrices. Received: shape=[${shape}] of rank ${shape.length}.`,
      );
    return core.cast(core.mul(core.eye(shape[0]!, shape[1]), this.gain), dtype);
  }
  override getConfig(): Config {
    return { gain: this.gain };
  }
}
