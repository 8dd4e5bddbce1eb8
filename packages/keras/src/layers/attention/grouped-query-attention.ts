// GroupQueryAttention: several query heads share one key and value head.
import * as core from '@nn/core';
import * as initializers from '../../initializers/index.js';
import { apply, type Shape, type Tensor } from '../../tensor/tensor.js';
import { Softmax } from '../core/activation-layers.js';
import { knownSize, positiveInteger } from '../core/dense.js';
import { EinsumDense, type EinsumDenseOptions } from '../core/einsum-dense.js';
import { callTraining, Layer, type ConfigKey, type LayerOptions, type Open } from '../layer.js';
import { Dropout } from '../regularization/dropout.js';
import { weightFields, weightKeys, type WeightArguments, type WeightFields } from '../weights.js';
import {
  combineMasks,
  type KeyAndOptions,
  keyAndOptions,
  softmaxOver,
  spreadMask,
  type AttentionCallOptions,
} from './scores.js';

export interface GroupQueryAttentionOptions extends LayerOptions, WeightArguments<'kernel' | 'bias'> {
  dropout?: number;
  /** Default true. */
  useBias?: boolean;
  useGate?: boolean;
  slidingWindow?: number | null;
  seed?: number | null;
}
export interface GroupQueryAttention extends WeightFields<'kernel' | 'bias'> {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/**
 * Attention in which `numQueryHeads / numKeyValueHeads` query heads share a key and value head; called with (query, value, { key }).
 *
 * @param headDim           size of each head
 * @param numQueryHeads     a multiple of numKeyValueHeads
 * @param numKeyValueHeads  number of key and value heads
 * @example
 * new tf.keras.layers.GroupQueryAttention(4, 4, 2)(tf.ones([1, 5, 8]), tf.ones([1, 3, 8])).shape // => [1, 5, 8]
 */
export class GroupQueryAttention extends Layer {
  static override readonly className = 'GroupQueryAttention';
  static override readonly positional: readonly string[] = ['head_dim', 'num_query_heads', 'num_key_value_heads'];
  static override get buildOptions(): readonly string[] {
    return ['key'];
  }
  static override get configKeys(): readonly ConfigKey[] {
    return [
      'head_dim',
      'num_query_heads',
      'num_key_value_heads',
      'use_bias',
      'use_gate',
      'sliding_window',
      'dropout',
      ...weightKeys(['kernel', 'bias'], ['activity_regularizer']),
      'seed',
    ];
  }
  readonly headDim: number;
  readonly numQueryHeads: number;
  readonly numKeyValueHeads: number;
  readonly dropout: number;
  readonly useBias: boolean;
  readonly useGate: boolean;
  readonly slidingWindow: number | null;
  readonly seed: number | null;
  queryDense!: EinsumDense;
  keyDense!: EinsumDense;
  gateDense: EinsumDense | null = null;
  valueDense!: EinsumDense;
  outputDense!: EinsumDense;
  private readonly softmax: Softmax;
  private readonly dropoutLayer: Dropout;

  constructor(headDim: number, numQueryHeads: number, numKeyValueHeads: number, o: GroupQueryAttentionOptions = {}) {
    super(o);
    this.headDim = positiveInteger('head_dim', headDim);
    this.numQueryHeads = positiveInteger('num_query_heads', numQueryHeads);
    this.numKeyValueHeads = positiveInteger('num_key_value_heads', numKeyValueHeads);
    if (numQueryHeads % numKeyValueHeads)
      throw new core.ValueError(
        `\`num_query_heads\` must be divisible by \`num_key_value_heads\`. Received: num_query_heads=${numQueryHeads}, num_key_value_heads=${numKeyValueHeads}`,
      );
    this.dropout = o.dropout ?? 0;
    this.useBias = o.useBias ?? true;
    this.useGate = o.useGate ?? false;
    this.slidingWindow = o.slidingWindow ?? null;
    this.seed = o.seed ?? null;
    Object.assign(this, weightFields(o, { kernel: 'glorot_uniform', bias: 'zeros' }));
    this.supportsMasking = true;
    this.softmax = new Softmax({ axis: -1, dtype: this.dtype });
    this.dropoutLayer = new Dropout(this.dropout, { seed: this.seed });
  }
  private dense(
    name: string,
    equation: string,
    outputShape: Shape,
    biasAxes: string,
    o: EinsumDenseOptions = {},
  ): EinsumDense {
    const fresh = (i: initializers.Initializer): initializers.Initializer => initializers.get(i.serialize() as never);
    return new EinsumDense(equation, outputShape, {
      name,
      biasAxes: this.useBias ? biasAxes : null,
      dtype: this.dtype,
      kernelInitializer: fresh(this.kernelInitializer),
      biasInitializer: fresh(this.biasInitializer),
      kernelRegularizer: this.kernelRegularizer,
      biasRegularizer: this.biasRegularizer,
      activityRegularizer: this.activityRegularizer,
      kernelConstraint: this.kernelConstraint,
      biasConstraint: this.biasConstraint,
      ...o,
    });
  }
  override build(queryShape: Shape, valueShape: Shape, keyShape: Shape = valueShape): void {
    const [queries, pairs, size] = [this.numQueryHeads, this.numKeyValueHeads, this.headDim];
    this.queryDense = this.dense('query', 'bqm,muh->bquh', [null, queries, size], 'uh');
    this.queryDense.build(queryShape);
    this.keyDense = this.dense('key', 'bkm,mvh->bkvh', [null, pairs, size], 'vh');
    this.keyDense.build(keyShape);
    if (this.useGate) {
      this.gateDense = this.dense('gate', 'bqm,muh->bquh', [null, queries, size], 'uh', { activation: 'sigmoid' });
      this.gateDense.build(queryShape);
    }
    this.valueDense = this.dense('value', 'bkm,mvh->bkvh', [null, pairs, size], 'vh');
    this.valueDense.build(valueShape);
    this.outputDense = this.dense('attention_output', 'bquh,uhm->bqm', [null, knownSize(this, queryShape)], 'm');
    this.outputDense.build([null, null, queries, size]);
  }
  override call(query: Tensor, value: Tensor, ...rest: KeyAndOptions): Open {
    const [given, o] = keyAndOptions(rest);
    const key = given ?? value;
    const masks = {
      ...o,
      queryMask: o.queryMask ?? query.kerasMask,
      valueMask: o.valueMask ?? value.kerasMask,
      keyMask: o.keyMask ?? given?.kerasMask ?? null,
    };
    const mask = combineMasks(query, value, masks, this.slidingWindow);
    const repeats = this.numQueryHeads / this.numKeyValueHeads;
    const spread = (t: Tensor): Tensor => (repeats === 1 ? t : apply('Repeat', [t], (x) => core.repeat(x, repeats, 2)));
    const q = this.queryDense(query);
    const [heads, scores] = this.attend(
      q,
      spread(this.keyDense(key)),
      spread(this.valueDense(value)),
      mask && spreadMask(mask, 4, -3),
      o,
    );
    const output = this.outputDense(this.gateDense ? heads.mul(this.gateDense(query)) : heads);
    return o.returnAttentionScores ? [output, scores] : output;
  }
  private attend(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | null, o: AttentionCallOptions): [Tensor, Tensor] {
    const scale = 1 / Math.sqrt(this.headDim);
    const heads = (t: core.Tensor): core.Tensor => core.transpose(t, 1, 2);
    const raw = apply('Scores', [q, k], (a, b) => core.matmul(heads(core.mul(a, scale)), core.transpose(heads(b))));
    const fused = this.dropout === 0 && !o.returnAttentionScores;
    const scores = fused
      ? apply('Softmax', mask ? [raw, mask] : [raw], (s, m) => softmaxOver(s, m))
      : mask
        ? this.softmax(raw, { mask })
        : this.softmax(raw);
    const dropped = this.dropout > 0 ? this.dropoutLayer(scores, { training: callTraining(o) }) : scores;
    return [apply('Combine', [dropped, v], (s, c) => heads(core.matmul(s, heads(c)))), scores];
  }
}
