// Attention: how much each query takes of each value.
import {
  add,
  div,
  equal,
  exp,
  greaterEqual,
  iota,
  matmul,
  max,
  mul,
  sub,
  sum,
  transpose,
  where,
  type Operand,
} from '../ops/index.js';
import { detach } from '../graph/create.js';
import type { Tensor } from '../graph/tensor.js';
import { describe, ShapeError } from '../base/index.js';

export interface AttentionOptions {
  /** bool, broadcasts against [..., queries, keys]: true where a query may look at a key. */
  readonly mask?: Tensor;
  /** Added to the scores, broadcasts against [..., queries, keys]; -Infinity hides a key. */
  readonly bias?: Operand;
  /** Factor of the scores; default `1 / sqrt(d)`, d the size of the last axis of q. */
  readonly scale?: number;
  /** Applied to the weights before they meet the values. */
  readonly dropout?: (weights: Tensor) => Tensor;
  /** Weights of a query that may look at nothing: 0 as in PyTorch's scaled_dot_product_attention (default), or NaN as a plain softmax has it. */
  readonly hidden?: 'zero' | 'nan';
}

/**
 * `softmax(scale * q k^T + bias) v`, with the scores that the mask hides at -Infinity.
 *
 * @param q  [..., queries, d]
 * @param k  [..., keys, d]
 * @param v  [..., keys, dv]
 * @param o  see AttentionOptions
 * @returns  output [..., queries, dv], and weights [..., queries, keys] as they were before dropout
 * @throws ShapeError  when the last axes of q and k differ
 * @see Vaswani et al. 2017, arXiv:1706.03762
 * @example
 * scaledDotProductAttention(tensor([[1]]), tensor([[0], [0]]), tensor([[2], [4]])).output // => [[3]]
 */
export function scaledDotProductAttention(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  o: AttentionOptions = {},
): { output: Tensor; weights: Tensor } {
  const width = q.shape[q.ndim - 1]!;
  if (width !== k.shape[k.ndim - 1]) {
    throw new ShapeError(
      `scaledDotProductAttention: the last axes of q ${describe(q.spec)} and k ${describe(k.spec)} differ`,
    );
  }
  const scores = mul(matmul(q, transpose(k, -2, -1)), o.scale ?? 1 / Math.sqrt(width));
  const weights = attentionWeights(scores, o);
  return { output: matmul(o.dropout ? o.dropout(weights) : weights, v), weights };
}

/**
 * Softmax of scores over the last axis, with a mask or a bias that may hide everything from a query.
 *
 * @param scores  [..., queries, keys]
 * @param o       see AttentionOptions; scale and dropout are not used here
 * @example
 * attentionWeights(tensor([[1, 1], [1, 1]]), { mask: tensor([[true, false], [false, false]]) }) // => [[1, 0], [0, 0]]
 */
export function attentionWeights(scores: Tensor, o: Pick<AttentionOptions, 'mask' | 'bias' | 'hidden'> = {}): Tensor {
  const biased = o.bias === undefined ? scores : add(scores, o.bias);
  const seen = o.mask === undefined ? biased : where(o.mask, biased, -Infinity);
  const top = detach(max(seen, { axes: -1, keepdims: true }));
  const maskable = o.mask !== undefined || o.bias !== undefined;
  if (!maskable || o.hidden === 'nan') {
    const e = exp(sub(seen, top));
    return div(e, sum(e, { axes: -1, keepdims: true }));
  }
  // a row of -Infinity: exp(-Infinity - 0) = 0 everywhere, divided by 1
  const e = exp(sub(seen, where(equal(top, -Infinity), 0, top)));
  const total = sum(e, { axes: -1, keepdims: true });
  return div(e, where(equal(total, 0), 1, total));
}

/**
 * The mask of a sequence that looks only back: true where query i may see key j, `j <= i + offset`.
 *
 * @param queries  number of queries
 * @param keys     number of keys
 * @param offset   how many keys lie before the first query; default 0
 * @example
 * causalMask(2, 3) // => [[true, false, false], [true, true, false]]
 */
export function causalMask(queries: number, keys: number, offset = 0): Tensor {
  return greaterEqual(add(iota([queries, 1], 0, 'i32'), offset), iota([1, keys], 1, 'i32'));
}
