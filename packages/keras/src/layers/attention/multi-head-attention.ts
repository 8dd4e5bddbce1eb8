// MultiHeadAttention.
import * as core from '@nn/core';
import * as initializers from '../../initializers/index.js';
import { formatShape } from '../../tensor/format.js';
import { apply, type Shape, type Tensor } from '../../tensor/tensor.js';
import { EinsumDense, type EinsumDenseOptions } from '../core/einsum-dense.js';
import { Softmax } from '../core/activation-layers.js';
import { positiveInteger } from '../core/dense.js';
import { Layer, callTraining, type ConfigKey, type LayerOptions, type Open } from '../layer.js';
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

export interface MultiHeadAttentionOptions extends LayerOptions, WeightArguments<'kernel' | 'bias'> {
  /** Size of each head for values; default keyDim. */
  valueDim?: number | null;
  dropout?: number;
  /** Default true. */
  useBias?: boolean;
  /** Multiplies the heads by a sigmoid gate of the query; default false. */
  useGate?: boolean;
  /** Size of the output; default that of the query. */
  outputShape?: number | readonly number[] | null;
  /** Axes over which attention goes; default all between batch and features. */
  attentionAxes?: number | readonly number[] | null;
  /** Only keys nearer than this are seen. */
  slidingWindow?: number | null;
  seed?: number | null;
}
const letters = 'abcdefghijklmnopqrstuvwxyz';
/** [equation, bias axes, rank of the result] of a projection over the last `bound` axes. */
function projection(free: number, bound: number, outputs: number): [string, string, number] {
  const a = letters.slice(0, free);
  const b = letters.slice(free, free + bound);
  const c = letters.slice(free + bound, free + bound + outputs);
  return [`${a}${b},${b}${c}->${a}${c}`, c, free + outputs];
}
const fill = (rank: number, last: readonly number[]): Shape => [
  ...Array.from({ length: rank - last.length }, () => null),
  ...last,
];
/** The einsum equations of scores and of the result for tensors of `rank` with attention over `axes`. */
function attentionEquations(rank: number, axes: readonly number[]): { scores: string; combine: string; rank: number } {
  const target = letters.slice(0, rank);
  let next = rank;
  const source = Array.from(target, (l, i) => (axes.includes(i) ? letters[next++]! : l)).join('');
  const batch = Array.from(target)
    .filter((_, i) => !axes.includes(i) && i !== rank - 1)
    .join('');
  const product = batch + axes.map((i) => target[i]).join('') + axes.map((i) => source[i]).join('');
  return {
    scores: `${source},${target}->${product}`,
    combine: `${product},${source}->${target}`,
    rank: product.length,
  };
}

export interface MultiHeadAttention extends WeightFields<'kernel' | 'bias'> {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/**
 * Scaled dot-product attention of several heads: called with (query, value, { key }) or (query, value, key), key = value by default.
 *
 * @param numHeads  number of heads
 * @param keyDim    size of each head for queries and keys
 * @example
 * new tf.keras.layers.MultiHeadAttention(2, 4)(tf.ones([1, 5, 8]), tf.ones([1, 3, 8])).shape // => [1, 5, 8]
 */
export class MultiHeadAttention extends Layer {
  static override readonly className = 'MultiHeadAttention';
  static override readonly positional: readonly string[] = ['num_heads', 'key_dim'];
  static override get buildOptions(): readonly string[] {
    return ['key'];
  }
  static override get configKeys(): readonly ConfigKey[] {
    return [
      'num_heads',
      'key_dim',
      'value_dim',
      'dropout',
      'use_bias',
      'use_gate',
      'output_shape',
      'attention_axes',
      'sliding_window',
      ...weightKeys(['kernel', 'bias'], ['activity_regularizer']),
      'seed',
    ];
  }
  readonly numHeads: number;
  readonly keyDim: number;
  readonly valueDim: number;
  readonly dropout: number;
  readonly useBias: boolean;
  readonly useGate: boolean;
  readonly outputShape: readonly number[] | null;
  attentionAxes: readonly number[] | null;
  readonly slidingWindow: number | null;
  readonly seed: number | null;
  queryDense!: EinsumDense;
  keyDense!: EinsumDense;
  gateDense: EinsumDense | null = null;
  valueDense!: EinsumDense;
  outputDense!: EinsumDense;
  private softmax!: Softmax;
  private readonly dropoutLayer: Dropout;
  private equations!: { scores: string; combine: string; rank: number };

  constructor(numHeads: number, keyDim: number, o: MultiHeadAttentionOptions = {}) {
    super(o);
    this.numHeads = positiveInteger('num_heads', numHeads);
    this.keyDim = positiveInteger('key_dim', keyDim);
    this.valueDim = o.valueDim ?? keyDim;
    this.dropout = o.dropout ?? 0;
    this.useBias = o.useBias ?? true;
    this.useGate = o.useGate ?? false;
    this.outputShape =
      o.outputShape === null || o.outputShape === undefined
        ? null
        : typeof o.outputShape === 'number'
          ? [o.outputShape]
          : o.outputShape;
    this.attentionAxes =
      o.attentionAxes === null || o.attentionAxes === undefined
        ? null
        : typeof o.attentionAxes === 'number'
          ? [o.attentionAxes]
          : o.attentionAxes;
    this.slidingWindow = o.slidingWindow ?? null;
    this.seed = o.seed ?? null;
    Object.assign(this, weightFields(o, { kernel: 'glorot_uniform', bias: 'zeros' }));
    this.supportsMasking = true;
    this.dropoutLayer = new Dropout(this.dropout, { seed: this.seed });
  }
  /** Sub-layers must not share an initializer: it would give them the same values. */
  private dense(
    name: string,
    [equation, biasAxes, rank]: [string, string, number],
    last: readonly number[],
    o: EinsumDenseOptions = {},
  ): EinsumDense {
    const fresh = (i: initializers.Initializer): initializers.Initializer => initializers.get(i.serialize() as never);
    return new EinsumDense(equation, fill(rank - 1, last), {
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
    if (formatShape(valueShape.slice(1, -1)) !== formatShape(keyShape.slice(1, -1))) {
      throw new core.ValueError(
        `All dimensions of \`value\` and \`key\`, except the last one, must be equal. Received: value_shape=${formatShape(valueShape)} and key_shape=${formatShape(keyShape)}`,
      );
    }
    const rank = queryShape.length;
    this.queryDense = this.dense('query', projection(rank - 1, 1, 2), [this.numHeads, this.keyDim]);
    this.queryDense.build(queryShape);
    this.keyDense = this.dense('key', projection(keyShape.length - 1, 1, 2), [this.numHeads, this.keyDim]);
    this.keyDense.build(keyShape);
    if (this.useGate) {
      this.gateDense = this.dense('gate', projection(rank - 1, 1, 2), [this.numHeads, this.valueDim], {
        activation: 'sigmoid',
      });
      this.gateDense.build(queryShape);
    }
    const value = projection(valueShape.length - 1, 1, 2);
    this.valueDense = this.dense('value', value, [this.numHeads, this.valueDim]);
    this.valueDense.build(valueShape);
    const full = value[2];
    this.attentionAxes = (this.attentionAxes ?? Array.from({ length: full - 3 }, (_, i) => i + 1)).map((a) =>
      a < 0 ? full - 1 + a : a,
    );
    this.equations = attentionEquations(full, this.attentionAxes);
    const over = this.attentionAxes.map((_, i) => this.equations.rank - this.attentionAxes!.length + i);
    this.softmax = new Softmax({ axis: over, dtype: this.dtype });
    const outputs = this.outputShape ?? [queryShape.at(-1)!];
    this.outputDense = this.dense('attention_output', projection(rank - 1, 2, outputs.length), outputs);
    this.outputDense.build([...queryShape.slice(0, -1), this.numHeads, this.valueDim]);
  }
  override call(query: Tensor, value: Tensor, ...rest: KeyAndOptions): Open {
    const [given, o] = keyAndOptions(rest);
    const key = given ?? value;
    // as Keras: only the mask that the query carries counts
    const queryMask = query.kerasMask;
    const masks = {
      ...o,
      queryMask,
      valueMask: o.valueMask ?? value.kerasMask,
      keyMask: o.keyMask ?? given?.kerasMask ?? null,
    };
    const bare = (t: Tensor): Tensor => (t.kerasMask ? apply('Identity', [t], (x) => x) : t);
    const mask = combineMasks(query, value, masks, this.slidingWindow);
    const q = this.queryDense(bare(query));
    const k = this.keyDense(bare(key));
    const v = this.valueDense(bare(value));
    const [heads, scores] = this.attend(q, k, v, mask, o);
    const gated = this.gateDense ? heads.mul(this.gateDense(bare(query))) : heads;
    const output = this.outputDense(gated);
    if (queryMask) output.kerasMask = queryMask;
    return o.returnAttentionScores ? [output, scores] : output;
  }
  private attend(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    mask: Tensor | null,
    o: AttentionCallOptions,
  ): [Tensor, Tensor | null] {
    const scale = 1 / Math.sqrt(this.keyDim);
    const axis = -this.attentionAxes!.length * 2 - 1;
    if (this.dropout === 0 && !o.returnAttentionScores && q.ndim === 4) {
      const spread = mask && spreadMask(mask, 4, axis);
      return [
        apply('DotProductAttention', spread ? [q, k, v, spread] : [q, k, v], (a, b, c, m) => {
          const heads = (t: core.Tensor): core.Tensor => core.transpose(t, 1, 2);
          const weights = softmaxOver(core.mul(core.matmul(heads(a), core.transpose(heads(b))), scale), m);
          return heads(core.matmul(weights, heads(c)));
        }),
        null,
      ];
    }
    const raw = apply('Einsum', [k, q], (b, a) => core.einsum(this.equations.scores, b, core.mul(a, scale)));
    const scores = mask ? this.softmax(raw, { mask: spreadMask(mask, raw.ndim, axis) }) : this.softmax(raw);
    const dropped = this.dropout > 0 ? this.dropoutLayer(scores, { training: callTraining(o) }) : scores;
    return [apply('Einsum', [dropped, v], (s, c) => core.einsum(this.equations.combine, s, c)), scores];
  }
}
