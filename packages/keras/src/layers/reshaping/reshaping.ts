// Flatten, Reshape, Permute, RepeatVector.
import * as core from '@nn/core';
import { dataFormatOf, type DataFormat } from '../../config.js';
import { formatShape } from '../../tensor/format.js';
import { apply, type Tensor } from '../../tensor/tensor.js';
import { InputSpec } from '../input-spec.js';
import { Layer, type ConfigKey, type LayerOptions } from '../layer.js';

export interface Flatten {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/** One axis of everything but the batch; with dataFormat 'channels_first' the channels are moved last before. */
export class Flatten extends Layer {
  static override readonly className = 'Flatten';
  static override get configKeys(): readonly ConfigKey[] {
    return ['data_format'];
  }
  readonly dataFormat: DataFormat;
  constructor(o: LayerOptions & { dataFormat?: string | null } = {}) {
    super(o);
    this.dataFormat = dataFormatOf(o.dataFormat);
    this.inputSpec = new InputSpec({ minNdim: 1 });
  }
  override call(inputs: Tensor): Tensor {
    return apply(this.className, [inputs], (x) => {
      const last =
        this.dataFormat === 'channels_first' && x.ndim > 1
          ? core.permute(x, [0, ...x.shape.map((_, i) => i).slice(2), 1])
          : x;
      return core.reshape(last, [x.shape[0]!, core.sizeOf(x.shape.slice(1))]);
    });
  }
}

export interface Reshape {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/**
 * Another shape for each sample; one size may be -1.
 *
 * @param targetShape  without the batch axis
 * @example
 * new tf.keras.layers.Reshape([3, -1])(tf.ones([2, 6])).shape // => [2, 3, 2]
 */
export class Reshape extends Layer {
  static override readonly className = 'Reshape';
  static override readonly positional: readonly string[] = ['target_shape'];
  static override get configKeys(): readonly ConfigKey[] {
    return ['target_shape'];
  }
  readonly targetShape: readonly number[];
  constructor(targetShape: readonly number[], o: LayerOptions = {}) {
    super(o);
    if (targetShape.filter((d) => d === -1).length > 1)
      throw new core.ValueError(
        `The \`target_shape\` argument must not contain more than one \`-1\` value. Received: target_shape=${formatShape(targetShape)}`,
      );
    this.targetShape = [...targetShape];
  }
  override call(inputs: Tensor): Tensor {
    return apply(this.className, [inputs], (x) => {
      const size = core.sizeOf(x.shape.slice(1));
      const rest = this.targetShape.reduce((n, d) => (d === -1 ? n : n * d), 1);
      const target = this.targetShape.map((d) => (d === -1 ? size / rest : d));
      if (core.sizeOf(target) !== size || target.some((d) => !Number.isInteger(d))) {
        throw new core.ValueError(
          `The total size of the tensor must be unchanged. Received: input_shape=${formatShape(x.shape.slice(1))}, target_shape=${formatShape(this.targetShape)}`,
        );
      }
      return core.reshape(x, [x.shape[0]!, ...target]);
    });
  }
}

export interface Permute {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/** Reorders the axes of each sample; axes count from 1. */
export class Permute extends Layer {
  static override readonly className = 'Permute';
  static override readonly positional: readonly string[] = ['dims'];
  static override get configKeys(): readonly ConfigKey[] {
    return ['dims'];
  }
  readonly dims: readonly number[];
  constructor(dims: readonly number[], o: LayerOptions = {}) {
    super(o);
    if ([...dims].sort((a, b) => a - b).some((d, i) => d !== i + 1)) {
      throw new core.ValueError(
        `Invalid permutation argument \`dims\` for Permute Layer. The set of indices in \`dims\` must be consecutive and start from 1. Received dims=${formatShape(dims)}`,
      );
    }
    this.dims = [...dims];
    this.inputSpec = new InputSpec({ ndim: dims.length + 1 });
  }
  override call(inputs: Tensor): Tensor {
    return apply(this.className, [inputs], (x) => core.permute(x, [0, ...this.dims]));
  }
}

export interface RepeatVector {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/** Repeats [batch, features] n times along a new axis 1. */
export class RepeatVector extends Layer {
  static override readonly className = 'RepeatVector';
  static override readonly positional: readonly string[] = ['n'];
  static override get configKeys(): readonly ConfigKey[] {
    return ['n'];
  }
  readonly n: number;
  constructor(n: number, o: LayerOptions = {}) {
    super(o);
    if (!Number.isInteger(n)) throw new core.ValueError(`Expected an integer value for \`n\`, got ${typeof n}.`);
    this.n = n;
    this.inputSpec = new InputSpec({ ndim: 2 });
  }
  override call(inputs: Tensor): Tensor {
    return apply(this.className, [inputs], (x) =>
      core.expand(core.unsqueeze(x, 1), [x.shape[0]!, this.n, x.shape[1]!]),
    );
  }
}
