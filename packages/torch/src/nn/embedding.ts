// Embedding modules.
import * as core from '@nn/core';
import { embedding, embeddingBag, type EmbeddingOptions as Common } from '../functional/embedding.js';
import { empty } from '../ops/create.js';
import type { Tensor } from '../tensor/tensor.js';
import { normal_ } from './init.js';
import { Module } from './module.js';
import { Parameter } from './parameter.js';
import { py } from './repr.js';
import { holdParameters } from './tree.js';

export interface EmbeddingOptions extends Common {
  /** The first table, [numEmbeddings, embeddingDim]; default normal numbers. */
  _weight?: Tensor | null;
}
/** A padding row counted from the front. */
function padding(index: number | null | undefined, n: number): number | null {
  if (index === undefined || index === null) return null;
  if (index >= n || index < -n)
    throw new core.ValueError(`Padding_idx must be within num_embeddings: ${index} is not one of ${n} rows`);
  return index < 0 ? index + n : index;
}
function table(n: number, width: number, zeroRow: number | null, given: Tensor | null | undefined): Parameter {
  const weight = new Parameter(given ?? empty([n, width]));
  if (!given) fill(weight, zeroRow);
  return weight;
}
function fill(weight: Parameter, zeroRow: number | null): void {
  normal_(weight);
  if (zeroRow !== null) core.noGrad(() => weight.set(zeroRow, 0));
}

/**
 * A table of vectors, looked up by index: int32 [...] to [..., embeddingDim]. The table begins as normal numbers.
 *
 * @param numEmbeddings  rows
 * @param embeddingDim   size of each
 * @param o.paddingIdx   a row that begins as zeros and gets no gradient
 * @param o.maxNorm      rows that are used and longer than this are shortened
 * @example
 * new nn.Embedding(10, 3)(torch.tensor([[1, 2, 4]], { dtype: 'int32' })).shape // => [1, 3, 3]
 */
export class Embedding extends Module {
  readonly numEmbeddings: number;
  readonly embeddingDim: number;
  readonly paddingIdx: number | null;
  readonly maxNorm: number | null;
  readonly normType: number;
  readonly scaleGradByFreq: boolean;
  readonly sparse: boolean;
  /** [numEmbeddings, embeddingDim] */
  weight: Parameter;
  constructor(numEmbeddings: number, embeddingDim: number, o: EmbeddingOptions = {}) {
    super();
    this.numEmbeddings = numEmbeddings;
    this.embeddingDim = embeddingDim;
    this.paddingIdx = padding(o.paddingIdx, numEmbeddings);
    this.maxNorm = o.maxNorm ?? null;
    this.normType = o.normType ?? 2;
    this.scaleGradByFreq = o.scaleGradByFreq ?? false;
    this.sparse = o.sparse ?? false;
    this.weight = table(numEmbeddings, embeddingDim, this.paddingIdx, o._weight);
    holdParameters(this, 'weight');
  }
  resetParameters(): void {
    fill(this.weight, this.paddingIdx);
  }
  /** An embedding with given vectors, which are not trained unless `freeze` is false. */
  static fromPretrained(embeddings: Tensor, o: EmbeddingOptions & { freeze?: boolean } = {}): Embedding {
    if (embeddings.shape.length !== 2)
      throw new core.ShapeError('Embeddings parameter is expected to be 2-dimensional');
    const made = new Embedding(embeddings.shape[0]!, embeddings.shape[1]!, { ...o, _weight: embeddings });
    made.weight.requiresGrad = !(o.freeze ?? true);
    return made;
  }
  forward(input: Tensor): Tensor {
    const { paddingIdx, maxNorm, normType, scaleGradByFreq } = this;
    return embedding(input, this.weight, { paddingIdx, maxNorm, normType, scaleGradByFreq });
  }
  override extraRepr(): string {
    const parts = [`${this.numEmbeddings}, ${this.embeddingDim}`];
    if (this.paddingIdx !== null) parts.push(`padding_idx=${this.paddingIdx}`);
    if (this.maxNorm !== null) parts.push(`max_norm=${py(this.maxNorm)}`);
    if (this.normType !== 2) parts.push(`norm_type=${py(this.normType)}`);
    if (this.scaleGradByFreq) parts.push('scale_grad_by_freq=True');
    if (this.sparse) parts.push('sparse=True');
    return parts.join(', ');
  }
}

export interface EmbeddingBagOptions extends EmbeddingOptions {
  /** How the rows of a bag become one: 'mean' (default), 'sum' or 'max'. */
  mode?: 'mean' | 'sum' | 'max';
  /** The last offset is the end of the last bag; default false. */
  includeLastOffset?: boolean;
}
/** Means, sums or maxima of bags of rows: the rows of a matrix of indices, or the pieces of a vector that start at `offsets`. */
export class EmbeddingBag extends Module {
  readonly numEmbeddings: number;
  readonly embeddingDim: number;
  readonly paddingIdx: number | null;
  readonly maxNorm: number | null;
  readonly normType: number;
  readonly scaleGradByFreq: boolean;
  readonly sparse: boolean;
  readonly mode: 'mean' | 'sum' | 'max';
  readonly includeLastOffset: boolean;
  weight: Parameter;
  constructor(numEmbeddings: number, embeddingDim: number, o: EmbeddingBagOptions = {}) {
    super();
    this.numEmbeddings = numEmbeddings;
    this.embeddingDim = embeddingDim;
    this.paddingIdx = padding(o.paddingIdx, numEmbeddings);
    this.maxNorm = o.maxNorm ?? null;
    this.normType = o.normType ?? 2;
    this.scaleGradByFreq = o.scaleGradByFreq ?? false;
    this.sparse = o.sparse ?? false;
    this.mode = o.mode ?? 'mean';
    this.includeLastOffset = o.includeLastOffset ?? false;
    this.weight = table(numEmbeddings, embeddingDim, this.paddingIdx, o._weight);
    holdParameters(this, 'weight');
  }
  resetParameters(): void {
    fill(this.weight, this.paddingIdx);
  }
  forward(
    input: Tensor,
    offsets?: Tensor | null | { offsets?: Tensor; perSampleWeights?: Tensor },
    perSampleWeights?: Tensor | null,
  ): Tensor {
    const named = offsets && !('shape' in offsets) ? offsets : null;
    const { paddingIdx, maxNorm, normType, scaleGradByFreq, mode, includeLastOffset } = this;
    return embeddingBag(input, this.weight, named ? (named.offsets ?? null) : (offsets as Tensor | null | undefined), {
      paddingIdx,
      maxNorm,
      normType,
      scaleGradByFreq,
      mode,
      includeLastOffset,
      perSampleWeights: named?.perSampleWeights ?? perSampleWeights ?? null,
    });
  }
  override extraRepr(): string {
    const parts = [`${this.numEmbeddings}, ${this.embeddingDim}`];
    if (this.maxNorm !== null) parts.push(`max_norm=${py(this.maxNorm)}`);
    if (this.normType !== 2) parts.push(`norm_type=${py(this.normType)}`);
    if (this.scaleGradByFreq) parts.push('scale_grad_by_freq=True');
    parts.push(`mode=${py(this.mode)}`);
    if (this.paddingIdx !== null) parts.push(`padding_idx=${this.paddingIdx}`);
    return parts.join(', ');
  }
}
