// Embedding: integers to vectors.
import * as core from '@nn/core';
import { apply, Numeric, type Shape, type Tensor } from '../../tensor/tensor.js';
import type { Nested } from '../../tensor/tree.js';
import type { Variable } from '../../tensor/variable.js';
import { Layer, type ConfigKey, type LayerOptions } from '../layer.js';
import { weightFields, weightOptions, type WeightArguments, type WeightFields } from '../weights.js';

export interface EmbeddingOptions extends LayerOptions, WeightArguments<'embeddings'> {
  /** Index 0 means "no value": a mask goes with the output. Default false. */
  maskZero?: boolean;
}
export interface Embedding extends WeightFields<'embeddings'> {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
const dimension = (name: string, value: number): number => {
  if (!Number.isInteger(value) || value <= 0)
    throw new core.ValueError(
      `\`${name}\` must be a positive integer. Received: ${name}=${value} (of type ${typeof value}).`,
    );
  return value;
};
/** Indices as i32, whatever they came as. */
export const toIndices = (x: core.Tensor): core.Tensor => (x.dtype === 'i32' ? x : core.cast(x, 'i32'));

/**
 * A table of vectors: weight `embeddings` [inputDim, outputDim], looked up by integers.
 *
 * @param inputDim   how many different integers there are
 * @param outputDim  size of each vector
 * @example
 * new tf.keras.layers.Embedding(10, 4)(tf.constant([[1, 2, 3]], { dtype: 'int32' })).shape // => [1, 3, 4]
 */
export class Embedding extends Layer {
  static override readonly className: string = 'Embedding';
  static override readonly positional: readonly string[] = ['input_dim', 'output_dim'];
  static override get configKeys(): readonly ConfigKey[] {
    return [
      'input_dim',
      'output_dim',
      'embeddings_initializer',
      'embeddings_regularizer',
      'activity_regularizer',
      'embeddings_constraint',
      'mask_zero',
      'quantization_config',
    ];
  }
  readonly inputDim: number;
  readonly outputDim: number;
  readonly maskZero: boolean;
  embeddings!: Variable;

  constructor(inputDim: number, outputDim: number, o: EmbeddingOptions = {}) {
    super(o);
    this.inputDim = dimension('input_dim', inputDim);
    this.outputDim = dimension('output_dim', outputDim);
    this.maskZero = o.maskZero ?? false;
    this.supportsMasking = this.maskZero;
    Object.assign(this, weightFields(o, { embeddings: 'uniform' }));
  }
  override build(_inputShape: Shape): void {
    this.embeddings = this.addWeight(
      weightOptions(this, 'embeddings', { name: 'embeddings', shape: [this.inputDim, this.outputDim] }),
    );
  }
  override call(inputs: Tensor): Tensor {
    return apply('Embedding', [inputs, this.embeddings], (x, table) => core.take(table, toIndices(x), 0));
  }
  override computeMask(inputs: unknown, _previous?: Nested<Tensor | null> | null): Nested<Tensor | null> | null {
    return this.maskZero && inputs instanceof Numeric ? inputs.ne(0) : null;
  }
}
