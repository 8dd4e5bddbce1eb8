// How losses and metrics treat ranks, masks, sample weights and reductions: Keras's rules, in one place.
import * as core from '@nn/core';

/** Ways to make one number of the losses of a batch. */
export const reductions = ['sum_over_batch_size', 'sum', 'mean', 'mean_with_sample_weight', 'none'] as const;
export type Reduction = (typeof reductions)[number];

/** Checks a reduction; null means 'none'. */
export function reductionOf(value: string | null | undefined): Reduction {
  const name = value === null ? 'none' : (value ?? 'sum_over_batch_size');
  const found = reductions.find((r) => r === name);
  if (found) return found;
  throw new core.ValueError(
    `Invalid value for argument \`reduction\`. Expected one of ${reductions.join(', ')}. Received: reduction=${name}.${core.nearest(name, reductions)}`,
  );
}

/** Makes ranks equal that differ by a last axis of size 1: [n, 1] against [n] becomes [n, 1] against [n, 1]. */
export function sameRank(a: core.Tensor, b: core.Tensor): [core.Tensor, core.Tensor] {
  if (a.ndim === b.ndim + 1 && a.shape.at(-1) === 1)
    return b.ndim === 1 ? [a, core.unsqueeze(b, -1)] : [core.squeeze(a, -1), b];
  if (b.ndim === a.ndim + 1 && b.shape.at(-1) === 1)
    return a.ndim === 1 ? [core.unsqueeze(a, -1), b] : [a, core.squeeze(b, -1)];
  return [a, b];
}

const divideNoNan = (a: core.Tensor, b: core.Operand): core.Tensor => {
  const zero = core.equal(b, 0);
  return core.where(zero, 0, core.div(a, core.where(zero, 1, b)));
};
export { divideNoNan };

/** Sample weights with the mask in them. A mean over all then equals the mean over what the mask lets through. */
export function maskedWeights(
  mask: core.Tensor | null,
  weight: core.Tensor | null,
  dtype: core.DType,
  reduction: Reduction | null,
): core.Tensor | null {
  if (!mask) return weight;
  let m = core.cast(mask, dtype);
  if (reduction === 'mean' || reduction === 'sum_over_batch_size')
    m = core.mul(m, divideNoNan(core.literal(m.size, dtype), core.sum(m)));
  if (!weight) return m;
  const [a, b] = sameRank(m, core.cast(weight, dtype));
  return core.mul(b, a);
}

/** Weighted and reduced losses of samples. */
export function reduceWeighted(
  values: core.Tensor,
  weight: core.Tensor | null,
  mask: core.Tensor | null,
  reduction: Reduction,
): core.Tensor {
  let v = values;
  let w = maskedWeights(mask, weight && core.cast(weight, values.dtype), values.dtype, reduction);
  if (w) {
    [v, w] = sameRank(v, w);
    v = core.mul(v, w);
  }
  if (reduction === 'none' || v.ndim === 0) return v;
  const total = core.sum(v);
  if (reduction === 'sum') return total;
  if (reduction === 'mean_with_sample_weight' && w) return divideNoNan(total, core.sum(w));
  return v.size ? core.mul(total, 1 / v.size) : core.mul(total, 0);
}
