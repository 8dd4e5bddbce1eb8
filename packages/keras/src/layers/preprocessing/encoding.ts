// Integers and numbers as categories: CategoryEncoding, Discretization, IntegerLookup.
import * as core from '@nn/core';
import type { Config } from '../../object.js';
import { apply, asTensor, type Tensor, type TensorLike } from '../../tensor/tensor.js';
import { toIndices } from '../core/embedding.js';
import { Layer, type ConfigKey, type LayerOptions } from '../layer.js';

export const outputModes = ['int', 'one_hot', 'multi_hot', 'count'] as const;
export type OutputMode = (typeof outputModes)[number];
export function modeOf(
  layer: string,
  mode: string | undefined,
  fallback: OutputMode,
  allowed: readonly OutputMode[] = outputModes,
): OutputMode {
  const found = allowed.find((m) => m === (mode ?? fallback));
  if (found) return found;
  throw new core.ValueError(
    `Unknown arg for output_mode of layer '${layer}': ${mode}. Expected one of ${allowed.join(', ')}.${core.nearest(mode ?? '', allowed)}`,
  );
}
/** Categories as integers, or as rows: a 1 for each (one_hot), for all of a sample (multi_hot), or how often each occurs (count). */
export function encode(indices: core.Tensor, mode: OutputMode, depth: number, weights?: core.Tensor): core.Tensor {
  if (mode === 'int') return indices;
  const x = indices.ndim ? indices : core.unsqueeze(indices, 0);
  if (mode === 'one_hot')
    return core.oneHot(x.ndim > 1 && x.shape.at(-1) === 1 ? core.squeeze(x, x.ndim - 1) : x, depth);
  const hot = core.oneHot(x, depth);
  if (mode === 'multi_hot') return core.max(hot, { axes: x.ndim - 1 });
  return core.sum(weights ? core.mul(hot, core.unsqueeze(weights, -1)) : hot, { axes: x.ndim > 1 ? 1 : 0 });
}

export interface CategoryEncoding {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/** Integers below `numTokens` as rows; outputMode 'multi_hot' by default. */
export class CategoryEncoding extends Layer {
  static override readonly className = 'CategoryEncoding';
  static override readonly positional: readonly string[] = ['num_tokens'];
  static override get configKeys(): readonly ConfigKey[] {
    return ['num_tokens', 'output_mode'];
  }
  readonly numTokens: number;
  readonly outputMode: OutputMode;
  constructor(numTokens: number, o: LayerOptions & { outputMode?: string } = {}) {
    super(o);
    if (!(numTokens >= 1)) throw new core.ValueError(`\`num_tokens\` must be >= 1. Received: num_tokens=${numTokens}.`);
    this.numTokens = numTokens;
    this.outputMode = modeOf(this.name, o.outputMode, 'multi_hot', ['one_hot', 'multi_hot', 'count']);
    this.built = true;
  }
  override call(inputs: Tensor, o: { countWeights?: TensorLike | null } = {}): Tensor {
    const weights = o.countWeights ?? null;
    if (weights !== null && this.outputMode !== 'count')
      throw new core.ValueError("`countWeights` is not used when `outputMode` is not `'count'`.");
    return apply(this.className, weights === null ? [inputs] : [inputs, weights], (x, w) =>
      encode(toIndices(x), this.outputMode, this.numTokens, w),
    );
  }
}

export interface Discretization {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/** Numbers as the number of the bin that they fall into: bin i holds what is at least the i-th boundary and below the next. */
export class Discretization extends Layer {
  static override readonly className = 'Discretization';
  binBoundaries: readonly number[] | null;
  readonly numBins: number | null;
  readonly epsilon: number;
  readonly outputMode: OutputMode;
  constructor(
    o: LayerOptions & {
      binBoundaries?: readonly number[] | null;
      numBins?: number | null;
      epsilon?: number;
      outputMode?: string;
      sparse?: boolean;
    } = {},
  ) {
    super(o);
    this.binBoundaries = o.binBoundaries ?? null;
    this.numBins = o.numBins ?? null;
    this.epsilon = o.epsilon ?? 0.01;
    this.outputMode = modeOf(this.name, o.outputMode, 'int');
    if (o.sparse) throw new core.ValueError('`sparse: true` is not supported: there are no sparse tensors');
    if (this.numBins !== null && this.numBins < 0)
      throw new core.ValueError(
        `\`num_bins\` must be greater than or equal to 0. Received: \`num_bins=${this.numBins}\``,
      );
    if (this.numBins === null && this.binBoundaries === null)
      throw new core.ValueError('You need to set either `num_bins` or `bin_boundaries`.');
    this.built = this.binBoundaries !== null;
  }
  /** Finds boundaries that put as many values into each bin. */
  adapt(data: TensorLike): void {
    if (this.numBins === null)
      throw new core.ValueError(
        'Cannot adapt a Discretization layer that has been initialized with `bin_boundaries`, use `num_bins` instead.',
      );
    const values = Array.from(asTensor(data).dataSync()).sort((a, b) => a - b);
    const summary = (list: readonly number[], share: number): number[] => {
      const step = Math.max(list.length * share, 1);
      return list.filter((_, i) => i >= Math.trunc(step - 1) && (i - Math.trunc(step - 1)) % Math.trunc(step) === 0);
    };
    this.binBoundaries = summary(summary(values, this.epsilon), 1 / this.numBins).slice(0, -1);
    this.built = true;
  }
  override call(inputs: Tensor): Tensor {
    const bounds = this.binBoundaries;
    if (!bounds)
      throw new core.ValueError(
        'You need to either pass the `binBoundaries` argument at construction time or call `adapt(data)` before you can start using the `Discretization` layer.',
      );
    return apply(this.className, [inputs], (x) => {
      const over = core.greaterEqual(core.unsqueeze(x, -1), core.tensor(bounds));
      return encode(core.sum(core.cast(over, 'i32'), { axes: x.ndim }), this.outputMode, bounds.length + 1);
    });
  }
  override getConfig(): Config {
    return {
      bin_boundaries: this.binBoundaries && [...this.binBoundaries],
      num_bins: this.numBins,
      epsilon: this.epsilon,
      output_mode: this.outputMode,
      sparse: false,
      name: this.name,
      dtype: this.dtype,
    };
  }
}

export interface IntegerLookup {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/** Integers as their place in a vocabulary; those that are not in it come before, in `numOovIndices` places. */
export class IntegerLookup extends Layer {
  static override readonly className = 'IntegerLookup';
  readonly vocabulary: readonly number[];
  private readonly o: {
    maxTokens: number | null;
    numOovIndices: number;
    maskToken: number | null;
    oovToken: number;
    outputMode: OutputMode;
    padToMaxTokens: boolean;
  };
  constructor(
    o: LayerOptions & {
      vocabulary?: readonly number[];
      maxTokens?: number | null;
      numOovIndices?: number;
      maskToken?: number | null;
      oovToken?: number;
      outputMode?: string;
      invert?: boolean;
      sparse?: boolean;
      padToMaxTokens?: boolean;
    } = {},
  ) {
    super(o);
    if (!o.vocabulary) throw new core.ValueError('IntegerLookup: pass a `vocabulary`, an array of integers');
    if (o.invert)
      throw new core.ValueError(
        'IntegerLookup: `invert: true` is not supported; look places up with tf.gather on the vocabulary',
      );
    this.o = {
      maxTokens: o.maxTokens ?? null,
      numOovIndices: o.numOovIndices ?? 1,
      maskToken: o.maskToken ?? null,
      oovToken: o.oovToken ?? -1,
      outputMode: modeOf(this.name, o.outputMode, 'int'),
      padToMaxTokens: o.padToMaxTokens ?? false,
    };
    this.vocabulary = [...o.vocabulary];
    this.built = true;
  }
  /** Places that come before the vocabulary. */
  private get offset(): number {
    return (this.o.maskToken !== null && this.o.outputMode === 'int' ? 1 : 0) + this.o.numOovIndices;
  }
  /** How many places there are. */
  vocabularySize(): number {
    return this.vocabulary.length + this.offset;
  }
  override call(inputs: Tensor): Tensor {
    const { numOovIndices, maskToken } = this.o;
    return apply(this.className, [inputs], (given) => {
      const x = toIndices(given);
      const first = this.offset - numOovIndices;
      // without places for unknown integers they become -1
      let index: core.Tensor = numOovIndices
        ? core.add(numOovIndices === 1 ? core.mul(x, 0) : core.remainder(x, numOovIndices), first)
        : core.sub(core.mul(x, 0), 1);
      this.vocabulary.forEach(
        (v, i) => (index = core.where(core.equal(x, v), core.literal(i + this.offset, 'i32'), index)),
      );
      if (first && maskToken !== null) index = core.where(core.equal(x, maskToken), core.literal(0, 'i32'), index);
      return core.cast(encode(index, this.o.outputMode, this.vocabularySize()), 'i32');
    });
  }
  override getConfig(): Config {
    return {
      ...super.getConfig(),
      invert: false,
      max_tokens: this.o.maxTokens,
      num_oov_indices: this.o.numOovIndices,
      oov_token: this.o.oovToken,
      mask_token: this.o.maskToken,
      output_mode: this.o.outputMode,
      sparse: false,
      pad_to_max_tokens: this.o.padToMaxTokens,
      vocabulary_dtype: 'int64',
      idf_weights: null,
      vocabulary: [...this.vocabulary],
      vocabulary_size: this.vocabularySize(),
      oov_method: 'floormod',
      salt: null,
    };
  }
}
