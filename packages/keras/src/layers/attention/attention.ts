// Attention and AdditiveAttention: one head, without projections.
import * as core from '@nn/core';
import { SeedGenerator } from '../../seed.js';
import { shown } from '../../tensor/format.js';
import { apply, type Shape, type Tensor } from '../../tensor/tensor.js';
import type { Nested } from '../../tensor/tree.js';
import type { Variable } from '../../tensor/variable.js';
import { knownSize } from '../core/dense.js';
import { callTraining, Layer, type ConfigKey, type LayerOptions, type Open } from '../layer.js';

export interface AttentionOptions extends LayerOptions {
  /** Multiplies the scores by a learned scalar; default false. */
  useScale?: boolean;
  /** 'dot' (default): `q k^T`; 'concat': `sum(tanh(q + k))`. */
  scoreMode?: string;
  dropout?: number;
  seed?: number | null;
}
export interface AttentionLayerCall {
  /** [query mask, value mask]. */
  mask?: readonly (Tensor | null)[] | null;
  training?: boolean;
  returnAttentionScores?: boolean;
  useCausalMask?: boolean;
}
export interface Attention {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/**
 * Dot-product attention on `[query, value]` or `[query, value, key]`, without division by sqrt(d).
 *
 * @example
 * new tf.keras.layers.Attention()([tf.ones([1, 5, 8]), tf.ones([1, 3, 8])]).shape // => [1, 5, 8]
 */
export class Attention extends Layer {
  static override readonly className: string = 'Attention';
  static override get configKeys(): readonly ConfigKey[] {
    return ['use_scale', 'score_mode', 'dropout', 'seed'];
  }
  readonly useScale: boolean;
  readonly scoreMode: 'dot' | 'concat';
  readonly dropout: number;
  readonly seed: number | null;
  readonly seedGenerator: SeedGenerator | null;
  scale: Variable | null = null;
  concatScoreWeight: Variable | null = null;
  constructor(o: AttentionOptions = {}) {
    super(o);
    const mode = o.scoreMode ?? 'dot';
    if (mode !== 'dot' && mode !== 'concat')
      throw new core.ValueError(
        `Invalid value for argument score_mode. Expected one of {'dot', 'concat'}. Received: score_mode=${mode}`,
      );
    this.useScale = o.useScale ?? false;
    this.scoreMode = mode;
    this.dropout = o.dropout ?? 0;
    this.seed = o.seed ?? null;
    this.seedGenerator = this.dropout > 0 ? new SeedGenerator(this.seed) : null;
    this.supportsMasking = true;
  }
  private check(inputs: unknown, mask?: unknown): void {
    const list = `namely [query, value] or [query, value, key].`;
    if (!Array.isArray(inputs))
      throw new core.ValueError(
        `${this.className} layer must be called on a list of inputs, ${list} Received: inputs=${String(inputs)}.`,
      );
    if (inputs.length < 2 || inputs.length > 3)
      throw new core.ValueError(
        `${this.className} layer accepts inputs list of length 2 or 3, ${list} Received length: ${inputs.length}.`,
      );
    if (mask === null || mask === undefined) return;
    if (!Array.isArray(mask))
      throw new core.ValueError(
        `${this.className} layer mask must be a list, namely [query_mask, value_mask]. Received: mask=${shown(mask)}.`,
      );
    if (mask.length < 2 || mask.length > 3)
      throw new core.ValueError(
        `${this.className} layer accepts mask list of length 2 or 3. Received length: ${mask.length}.`,
      );
  }
  override build(inputShape: Open): void {
    this.check(inputShape);
    this.makeWeights((inputShape as readonly Shape[])[0]!);
  }
  protected makeWeights(_queryShape: Shape): void {
    if (this.useScale) this.scale = this.addWeight({ name: 'scale', shape: [], initializer: 'ones' });
    if (this.scoreMode === 'concat')
      this.concatScoreWeight = this.addWeight({ name: 'concat_score_weight', shape: [], initializer: 'ones' });
  }
  protected scores(query: Tensor, key: Tensor): Tensor {
    const given = [this.scale, this.concatScoreWeight].filter((v) => v !== null);
    return apply('Scores', [query, key, ...given], (q, k, ...w) => {
      const scale = this.scale ? w[0] : undefined;
      const weight = this.concatScoreWeight ? w[this.scale ? 1 : 0] : undefined;
      if (!weight) {
        const dot = core.matmul(q, core.transpose(k));
        return scale ? core.mul(dot, scale) : dot;
      }
      const sum = core.add(core.unsqueeze(q, -2), core.unsqueeze(k, -3));
      return core.mul(core.sum(core.tanh(scale ? core.mul(sum, scale) : sum), { axes: -1 }), weight);
    });
  }
  override call(inputs: readonly Tensor[], o: AttentionLayerCall = {}): Open {
    this.check(inputs, o.mask);
    const [query, value, key = value] = inputs as [Tensor, Tensor, Tensor?];
    const [queryMask = null, valueMask = null] = o.mask ?? [];
    const scores = this.scores(query, key);
    const drop = this.dropout > 0 && callTraining(o);
    const weights = apply('Softmax', valueMask ? [scores, valueMask] : [scores], (s, m) => {
      let seen: core.Tensor | null = m ? core.unsqueeze(core.cast(m, 'bool'), -2) : null;
      if (o.useCausalMask) {
        const causal = core.causalMask(s.shape.at(-2)!, s.shape.at(-1)!);
        seen = seen ? core.logicalAnd(seen, causal) : causal;
      }
      const p = core.softmax(seen ? core.where(seen, s, core.sub(s, 1e9)) : s, -1);
      return drop ? core.dropout(p, this.dropout, { generator: this.seedGenerator!.generator }) : p;
    });
    const output = apply('Attention', queryMask ? [weights, value, queryMask] : [weights, value], (p, v, m) => {
      const y = core.matmul(p, v);
      return m ? core.where(core.unsqueeze(core.cast(m, 'bool'), -1), y, 0) : y;
    });
    return o.returnAttentionScores ? [output, weights] : output;
  }
  override computeMask(_inputs: unknown, mask: Nested<Tensor | null> | null): Nested<Tensor | null> | null {
    return Array.isArray(mask) ? ((mask[0] as Tensor | null) ?? null) : null;
  }
}

export interface AdditiveAttention {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/** Bahdanau attention: scores `sum(scale * tanh(q + k))`, with a learned scale of one value per feature. */
export class AdditiveAttention extends Attention {
  static override readonly className = 'AdditiveAttention';
  static override get configKeys(): readonly ConfigKey[] {
    return ['use_scale', 'dropout', 'seed'];
  }
  constructor(o: Omit<AttentionOptions, 'scoreMode'> = {}) {
    super({ ...o, useScale: o.useScale ?? true, scoreMode: 'dot' });
  }
  protected override makeWeights(queryShape: Shape): void {
    if (this.useScale)
      this.scale = this.addWeight({
        name: 'scale',
        shape: [knownSize(this, queryShape)],
        initializer: 'glorot_uniform',
      });
  }
  protected override scores(query: Tensor, key: Tensor): Tensor {
    return apply('Scores', this.scale ? [query, key, this.scale] : [query, key], (q, k, scale) => {
      const t = core.tanh(core.add(core.unsqueeze(q, -2), core.unsqueeze(k, -3)));
      return core.sum(scale ? core.mul(t, scale) : t, { axes: -1 });
    });
  }
}
