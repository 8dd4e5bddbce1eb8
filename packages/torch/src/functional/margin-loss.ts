// Losses that stop once a margin is kept.
import * as core from '@nn/core';
import { Tensor } from '../tensor/handle.js';
import { type LossOptions, reduced } from './loss.js';

export interface MarginOptions extends LossOptions {
  margin?: number;
}
/** `1 - cos(x1, x2)` for targets 1, `max(0, cos(x1, x2) - margin)` for -1. */
export function cosineEmbeddingLoss(input1: Tensor, input2: Tensor, target: Tensor, o: MarginOptions = {}): Tensor {
  return reduced(core.cosineEmbedding(input1.value, input2.value, target.value, o.margin ?? 0), o.reduction, 'Mean');
}
/** x for targets 1, `max(0, margin - x)` for -1; margin 1. */
export function hingeEmbeddingLoss(input: Tensor, target: Tensor, o: MarginOptions = {}): Tensor {
  return reduced(core.hingeEmbedding(input.value, target.value, o.margin ?? 1), o.reduction, 'Mean');
}
/** `max(0, -y (x1 - x2) + margin)` */
export function marginRankingLoss(input1: Tensor, input2: Tensor, target: Tensor, o: MarginOptions = {}): Tensor {
  return reduced(core.marginRanking(input1.value, input2.value, target.value, o.margin ?? 0), o.reduction, 'Mean');
}
/** `sum over other classes of max(0, margin - x_y + x_i)^p / classes` */
export function multiMarginLoss(
  input: Tensor,
  target: Tensor,
  o: MarginOptions & { p?: number; weight?: Tensor | null } = {},
): Tensor {
  const p = o.p ?? 1;
  if (p !== 1 && p !== 2) throw new core.ValueError('only p == 1 and p == 2 supported');
  return reduced(
    core.multiMargin(input.value, target.value, {
      p,
      margin: o.margin ?? 1,
      ...(o.weight && { weight: o.weight.value }),
    }),
    o.reduction,
    'MultiMarginLoss',
  );
}
/** `multiMarginLoss` for several targets, which end at the first -1. */
export function multilabelMarginLoss(input: Tensor, target: Tensor, o: LossOptions = {}): Tensor {
  return reduced(core.multiLabelMargin(input.value, target.value), o.reduction, 'MultilabelMarginLoss');
}
/** `log(1 + exp(-y x))` */
export function softMarginLoss(input: Tensor, target: Tensor, o: LossOptions = {}): Tensor {
  return reduced(core.softMargin(input.value, target.value), o.reduction, 'SoftMarginLoss');
}
/** The mean over classes of binary cross-entropies of logits. */
export function multilabelSoftMarginLoss(
  input: Tensor,
  target: Tensor,
  o: LossOptions & { weight?: Tensor | null } = {},
): Tensor {
  return reduced(core.multiLabelSoftMargin(input.value, target.value, o.weight?.value), o.reduction, 'Mean');
}
export interface TripletOptions extends MarginOptions {
  p?: number;
  eps?: number;
  swap?: boolean;
}
/** `max(0, d(anchor, positive) - d(anchor, negative) + margin)` with p-norm distances. */
export function tripletMarginLoss(anchor: Tensor, positive: Tensor, negative: Tensor, o: TripletOptions = {}): Tensor {
  const options = { margin: o.margin ?? 1, p: o.p ?? 2, eps: o.eps ?? 1e-6, swap: o.swap ?? false };
  return reduced(core.tripletMargin(anchor.value, positive.value, negative.value, options), o.reduction, 'Mean');
}
export type Distance = (a: Tensor, b: Tensor) => Tensor;
/** `tripletMarginLoss` with any distance. */
export function tripletMarginWithDistanceLoss(
  anchor: Tensor,
  positive: Tensor,
  negative: Tensor,
  o: MarginOptions & { distanceFunction?: Distance | null; swap?: boolean } = {},
): Tensor {
  const f = o.distanceFunction;
  const distance = f
    ? (a: core.Tensor, b: core.Tensor): core.Tensor => f(new Tensor(a), new Tensor(b)).value
    : undefined;
  const options = { margin: o.margin ?? 1, swap: o.swap ?? false, ...(distance && { distance }) };
  return reduced(core.tripletMargin(anchor.value, positive.value, negative.value, options), o.reduction, 'Mean');
}
