// Embeddings: rows of a table by index.
import * as core from '@nn/core';
import { assign } from '../tensor/assign.js';
import { Tensor } from '../tensor/handle.js';

export interface EmbeddingOptions {
  /** A row that gets no gradient. */
  paddingIdx?: number | null;
  /** Rows that are used and longer than this are shortened to it, in place. */
  maxNorm?: number | null;
  /** Which norm is meant; default 2. */
  normType?: number;
  /** Divide the gradient of a row by how often it is used; default false. */
  scaleGradByFreq?: boolean;
  /** Accepted for PyTorch's sake: gradients are dense here. */
  sparse?: boolean;
}

function indexOf(op: string, x: Tensor): core.Tensor {
  const { dtype } = x.spec;
  if (core.isFloat(dtype) || dtype === 'bool') {
    throw new core.DTypeError(
      `Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, Int; but got torch.${x.dtype} instead (while checking arguments for ${op}). Make them with dtype: 'int32'`,
    );
  }
  return x.value;
}

/** Shortens the rows at the indices to a largest norm, in place. */
function renormalize(weight: Tensor, index: core.Tensor, maxNorm: number, normType: number): void {
  core.noGrad(() => {
    const w = weight.value;
    const size = core.vectorNorm(w, normType, { axes: 1, keepdims: true });
    const used = core.scatterAdd(
      core.beside(w, () => core.zeros([w.shape[0]!], 'i32')),
      core.reshape(index, [-1]),
      core.beside(w, () => core.ones([index.size], 'i32')),
      0,
    );
    const long = core.logicalAnd(core.greater(core.unsqueeze(used, 1), 0), core.greater(size, maxNorm));
    assign(weight, core.where(long, core.mul(w, core.div(maxNorm, core.add(size, 1e-7))), w), 'EmbeddingRenorm');
  });
}

/** The table as its rows' gradients see it: none for the padding row, less for rows that are used often. */
export function table(w: core.Tensor, index: core.Tensor, o: EmbeddingOptions): core.Tensor {
  let rows = w;
  const n = w.shape[0]!;
  if (o.paddingIdx !== undefined && o.paddingIdx !== null) {
    const padding = o.paddingIdx < 0 ? o.paddingIdx + n : o.paddingIdx;
    rows = core.where(
      core.equal(
        core.beside(w, () => core.iota([n, 1], 0)),
        padding,
      ),
      core.detach(w),
      w,
    );
  }
  if (o.scaleGradByFreq) {
    const flat = core.reshape(index, [-1]);
    const used = core.scatterAdd(
      core.beside(w, () => core.zeros([n], w.dtype)),
      flat,
      core.beside(w, () => core.ones([flat.size], w.dtype)),
      0,
    );
    const share = core.unsqueeze(core.div(1, core.maximum(used, 1)), 1);
    const fixed = core.detach(rows);
    // The value of the row, with its gradient times the share.
    rows = core.add(fixed, core.mul(core.sub(rows, fixed), share));
  }
  return rows;
}

/** Rows of `weight` at the indices: [...indices, width]. */
export function embedding(input: Tensor, weight: Tensor, o: EmbeddingOptions = {}): Tensor {
  const index = indexOf('embedding', input);
  if (o.maxNorm !== undefined && o.maxNorm !== null) renormalize(weight, index, o.maxNorm, o.normType ?? 2);
  return new Tensor(core.take(table(weight.value, index, o), index, 0), 'Embedding');
}

export interface EmbeddingBagOptions extends EmbeddingOptions {
  /** How the rows of a bag become one: 'mean' (default), 'sum' or 'max'. */
  mode?: 'mean' | 'sum' | 'max';
  /** A factor for each row (mode 'sum' only). */
  perSampleWeights?: Tensor | null;
  /** The last offset is the end of the last bag; default false. */
  includeLastOffset?: boolean;
}
/**
 * Rows of `weight`, reduced over bags: the rows of a matrix of indices, or the pieces of a vector that start at `offsets`.
 *
 * @returns  [bags, width]
 */
export function embeddingBag(
  input: Tensor,
  weight: Tensor,
  offsets?: Tensor | null,
  o: EmbeddingBagOptions = {},
): Tensor {
  const { mode = 'mean', perSampleWeights, includeLastOffset = false } = o;
  const index = indexOf('embedding_bag', input);
  if (!['mean', 'sum', 'max'].includes(mode))
    throw new core.ValueError(`mode has to be one of sum, mean or max, but got '${mode}'`);
  if (perSampleWeights && mode !== 'sum') {
    throw new core.ValueError(
      `embedding_bag: per_sample_weights was not None. per_sample_weights is only supported for mode='sum' (got mode='${mode}').`,
    );
  }
  if (index.ndim === 2 && offsets)
    throw new core.ValueError(
      'if input is 2D, then offsets has to be None, as input is treated is a mini-batch of fixed length sequences.',
    );
  if (index.ndim === 1 && !offsets) throw new core.ValueError('offsets has to be a 1D Tensor but got None');
  if (o.maxNorm !== undefined && o.maxNorm !== null) renormalize(weight, index, o.maxNorm, o.normType ?? 2);
  const w = table(weight.value, index, o);
  const flat = core.reshape(index, [-1]);
  const n = flat.size;
  // membership [bags, n]: which index belongs to which bag
  const place = core.beside(w, () => core.iota([1, n], 1));
  const member =
    index.ndim === 2
      ? core.equal(
          core.floorDivide(place, Math.max(1, index.shape[1]!)),
          core.beside(w, () => core.iota([index.shape[0]!, 1], 0)),
        )
      : between(place, offsets!.value, n, includeLastOffset);
  const padding = o.paddingIdx ?? null;
  const counted =
    padding === null
      ? member
      : core.logicalAnd(member, core.notEqual(core.unsqueeze(flat, 0), padding < 0 ? padding + w.shape[0]! : padding));
  const rows = core.take(w, flat, 0);
  if (mode === 'max') {
    const spread = core.where(core.unsqueeze(counted, 2), core.unsqueeze(rows, 0), -Infinity);
    const best = core.argmax(spread, { axis: 1, keepdims: true });
    const picked = core.squeeze(core.gather(spread, best, 1), [1]);
    return new Tensor(core.where(core.any(counted, { axes: 1, keepdims: true }), picked, 0), 'EmbeddingBag');
  }
  const share = core.cast(counted, w.dtype);
  const weighted = perSampleWeights ? core.mul(share, core.reshape(perSampleWeights.value, [1, n])) : share;
  const total = core.matmul(weighted, rows);
  if (mode === 'sum') return new Tensor(total, 'EmbeddingBag');
  return new Tensor(core.div(total, core.maximum(core.sum(share, { axes: 1, keepdims: true }), 1)), 'EmbeddingBag');
}
/** [bags, n]: true from each offset up to the next. */
function between(place: core.Tensor, offsets: core.Tensor, n: number, includeLast: boolean): core.Tensor {
  const count = offsets.shape[0]!;
  const starts = includeLast ? core.slice(offsets, [0], [count - 1]) : offsets;
  const rest = core.slice(offsets, [1], [count]);
  const ends = includeLast
    ? rest
    : core.concat([rest, core.beside(offsets, () => core.tensor([n], { dtype: offsets.dtype }))], 0);
  return core.logicalAnd(
    core.greaterEqual(place, core.unsqueeze(starts, 1)),
    core.less(place, core.unsqueeze(ends, 1)),
  );
}
