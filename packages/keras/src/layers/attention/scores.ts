// What attention layers share: masks, and scores to outputs.
import * as core from '@nn/core';
import { apply, Tensor } from '../../tensor/tensor.js';

export interface AttentionCallOptions {
  /** [batch, queries, keys], true where a query may look at a key. */
  attentionMask?: Tensor | null;
  queryMask?: Tensor | null;
  valueMask?: Tensor | null;
  keyMask?: Tensor | null;
  /** Also returns the weights; default false. */
  returnAttentionScores?: boolean;
  /** No query looks at later keys; default false. */
  useCausalMask?: boolean;
  training?: boolean;
}
/** What follows query and value in a call: the key, by place or among the options, and the options. */
export type KeyAndOptions =
  | [o?: AttentionCallOptions & { key?: Tensor | null }]
  | [key: Tensor | null | undefined, o?: AttentionCallOptions];
/** The key, null when the value stands for it, and the options. */
export function keyAndOptions(rest: KeyAndOptions): [key: Tensor | null, o: AttentionCallOptions] {
  const [first, second] = rest;
  if (first instanceof Tensor || !first) return [first ?? null, second ?? {}];
  return [first.key ?? null, first];
}

const and = (a: Tensor | null, b: Tensor): Tensor => (a ? a.logicalAnd(b) : b);
const asBool = (m: Tensor): Tensor => (m.dtype === 'bool' ? m : m.cast('bool'));
const expandDims = (m: Tensor, axis: number): Tensor => apply('ExpandDims', [m], (x) => core.unsqueeze(x, axis));

/** All masks as one [batch or 1, queries, keys]; null when there is none. */
export function combineMasks(
  query: Tensor,
  value: Tensor,
  o: AttentionCallOptions,
  slidingWindow: number | null,
): Tensor | null {
  let mask: Tensor | null = null;
  if (o.queryMask) mask = expandDims(asBool(o.queryMask), -1);
  for (const m of [o.valueMask, o.keyMask]) if (m) mask = and(mask, expandDims(asBool(m), -2));
  const grid = (f: (rows: core.Tensor, columns: core.Tensor) => core.Tensor): Tensor =>
    apply('Mask', [query, value], (q, v) => {
      const [rows, columns] = [q.shape[1]!, v.shape[1]!];
      return core.unsqueeze(f(core.iota([rows, 1], 0, 'i32'), core.iota([1, columns], 1, 'i32')), 0);
    });
  if (o.useCausalMask)
    mask = and(
      mask,
      grid((i, j) => core.greaterEqual(i, j)),
    );
  if (slidingWindow !== null)
    mask = and(
      mask,
      grid((i, j) => core.less(core.abs(core.sub(i, j)), slidingWindow)),
    );
  if (!o.attentionMask) return mask;
  return and(mask, asBool(o.attentionMask));
}
/** The mask with the axes of scores: new ones come at `axis`. */
export function spreadMask(mask: Tensor, rank: number, axis: number): Tensor {
  let m = mask;
  while (m.ndim < rank) m = expandDims(m, axis);
  return m;
}
/** Softmax in which a row without any key is uniform, as TensorFlow's fused attention has it. */
export const softmaxOver = (scores: core.Tensor, mask: core.Tensor | undefined): core.Tensor =>
  core.softmax(mask ? core.where(mask, scores, -2.3819763e38) : scores, -1);
