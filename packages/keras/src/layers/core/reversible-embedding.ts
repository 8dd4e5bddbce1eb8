// ReversibleEmbedding: an embedding that can also project back to the vocabulary.
import * as core from '@nn/core';
import { apply, type Shape, type Tensor } from '../../tensor/tensor.js';
import type { Variable } from '../../tensor/variable.js';
import type { ConfigKey } from '../layer.js';
import { weightOptions } from '../weights.js';
import { Embedding, type EmbeddingOptions } from './embedding.js';

export interface ReversibleEmbedding {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/**
 * Looks vectors up; with `{ reverse: true }` multiplies by the transposed table (or by its own, with `tieWeights: false`).
 *
 * @example
 * const e = new tf.keras.layers.ReversibleEmbedding(10, 4)
 * e(e(tf.constant([[1, 2]])), { reverse: true }).shape // => [1, 2, 10]
 */
export class ReversibleEmbedding extends Embedding {
  static override readonly className = 'ReversibleEmbedding';
  static override get configKeys(): readonly ConfigKey[] {
    return [...super.configKeys, 'tie_weights', 'reverse_dtype', 'logit_soft_cap'];
  }
  readonly tieWeights: boolean;
  readonly reverseDtype: string | null;
  readonly logitSoftCap: number | null;
  reverseEmbeddings: Variable | null = null;
  constructor(
    inputDim: number,
    outputDim: number,
    o: EmbeddingOptions & { tieWeights?: boolean; reverseDtype?: string | null; logitSoftCap?: number | null } = {},
  ) {
    super(inputDim, outputDim, o);
    this.tieWeights = o.tieWeights ?? true;
    this.reverseDtype = o.reverseDtype ?? null;
    this.logitSoftCap = o.logitSoftCap ?? null;
  }
  override build(inputShape: Shape): void {
    super.build(inputShape);
    if (!this.tieWeights)
      this.reverseEmbeddings = this.addWeight({
        ...weightOptions(this, 'embeddings', { name: 'reverse_embeddings', shape: [this.outputDim, this.inputDim] }),
        regularizer: null,
        constraint: null,
      });
  }
  override call(inputs: Tensor, o: { reverse?: boolean } = {}): Tensor {
    if (!o.reverse) {
      const result = super.call(inputs);
      result.kerasMask = this.maskZero ? inputs.ne(0) : null;
      return result;
    }
    const cap = this.logitSoftCap;
    return apply(this.className, [inputs, this.reverseEmbeddings ?? this.embeddings], (x, table) => {
      const logits = core.matmul(x, this.reverseEmbeddings ? table : core.transpose(table));
      return cap === null ? logits : core.mul(core.tanh(core.div(logits, cap)), cap);
    });
  }
  override computeMask(): null {
    return null;
  }
}
