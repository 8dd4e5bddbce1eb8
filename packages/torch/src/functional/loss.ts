// Losses of two tensors, and of classes.
import * as core from '@nn/core';
import { Tensor } from '../tensor/handle.js';

/** How the losses of the elements become one: their mean (default), their sum, or not at all. */
export type Reduction = 'mean' | 'sum' | 'none';
export interface LossOptions {
  reduction?: Reduction;
}
const reductions: readonly string[] = ['mean', 'sum', 'none'];
/** Applies a reduction. */
export function reduced(v: core.Tensor, reduction: Reduction = 'mean', fn = 'Loss'): Tensor {
  if (!reductions.includes(reduction)) {
    throw new core.ValueError(
      `${String(reduction)} is not a valid value for reduction.${core.nearest(String(reduction), reductions)}`,
    );
  }
  return new Tensor(reduction === 'none' ? v : reduction === 'sum' ? core.sum(v) : core.mean(v), fn);
}

/** Both tensors at their common shape. */
function matched(x: Tensor, y: Tensor): [core.Tensor, core.Tensor] {
  const [a, b] = [x.value, y.value];
  if (core.sameShape(a.shape, b.shape)) return [a, b];
  const shape = core.broadcastShapes('loss', a.shape, b.shape);
  return [core.expand(a, shape), core.expand(b, shape)];
}

export interface WeightOption {
  /** Factors of the elements' losses. */
  weight?: Tensor | null;
}
/** `(input - target)^2`; with weights the mean divides by their sum. */
export function mseLoss(input: Tensor, target: Tensor, o: LossOptions & WeightOption = {}): Tensor {
  const [a, b] = matched(input, target);
  const loss = core.squaredError(a, b);
  if (!o.weight) return reduced(loss, o.reduction, 'MseLoss');
  const w = core.expand(o.weight.value, loss.shape);
  const weighted = core.mul(loss, w);
  if ((o.reduction ?? 'mean') === 'mean') return new Tensor(core.div(core.sum(weighted), core.sum(w)), 'MseLoss');
  return reduced(weighted, o.reduction, 'MseLoss');
}
/** `|input - target|` */
export function l1Loss(input: Tensor, target: Tensor, o: LossOptions = {}): Tensor {
  return reduced(core.absoluteError(...matched(input, target)), o.reduction, 'Mean');
}
/** `d^2 / 2 / beta` near 0, `|d| - beta / 2` from beta (1) on. */
export function smoothL1Loss(input: Tensor, target: Tensor, o: LossOptions & { beta?: number } = {}): Tensor {
  const beta = o.beta ?? 1;
  if (beta < 0) throw new core.ValueError('smooth_l1_loss does not support negative values for beta.');
  return reduced(core.smoothL1(core.sub(...matched(input, target)), beta), o.reduction, 'SmoothL1Loss');
}
/** `d^2 / 2` near 0, `delta * (|d| - delta / 2)` from delta (1) on. */
export function huberLoss(
  input: Tensor,
  target: Tensor,
  o: LossOptions & WeightOption & { delta?: number } = {},
): Tensor {
  const delta = o.delta ?? 1;
  if (delta <= 0) throw new core.ValueError('huber_loss does not support non-positive values for delta.');
  const loss = core.huber(core.sub(...matched(input, target)), delta);
  return reduced(o.weight ? core.mul(loss, o.weight.value) : loss, o.reduction, 'HuberLoss');
}

/** The class axis of logits: 1, or 0 without a batch. */
const classAxis = (x: core.Tensor): number => (x.ndim === 1 ? 0 : 1);
export interface ClassOptions extends LossOptions, WeightOption {
  /** A target that does not count; default -100. */
  ignoreIndex?: number;
}
function checkTargets(name: string, x: core.Tensor, target: core.Tensor): void {
  const axis = classAxis(x);
  const expected = x.shape.filter((_, d) => d !== axis);
  if (core.isFloat(target.dtype) || target.dtype === 'bool') {
    throw new core.DTypeError(
      `${name}: expected scalar type Long (int32 here) for class indices but found ${target.dtype}. Use target.int(), or targets in the shape of the input for class probabilities`,
    );
  }
  if (x.shape[0] !== target.shape[0] && x.ndim > 1) {
    throw new core.ShapeError(
      `Expected input batch_size (${x.shape[0]}) to match target batch_size (${target.shape[0] ?? 0}).`,
    );
  }
  if (!core.sameShape(expected, target.shape)) {
    throw new core.ShapeError(
      `${name}: Expected target size [${expected.join(', ')}], got [${target.shape.join(', ')}]`,
    );
  }
}
function weightedMean({ loss, weight }: core.WeightedLoss, o: LossOptions, fn: string): Tensor {
  if ((o.reduction ?? 'mean') === 'mean') return new Tensor(core.div(core.sum(loss), core.sum(weight)), fn);
  return reduced(loss, o.reduction, fn);
}
const classWeights = (o: ClassOptions, classes: number): { weight?: core.Tensor } => {
  if (!o.weight) return {};
  if (o.weight.shape.length !== 1 || o.weight.shape[0] !== classes) {
    throw new core.ShapeError(
      `weight tensor should be defined either for all ${classes} classes or no classes but got weight tensor of shape: [${o.weight.shape.join(', ')}]`,
    );
  }
  return { weight: o.weight.value };
};

/**
 * Cross-entropy of logits with class indices, or with class probabilities in the shape of the input. Classes are on axis 1.
 * The mean divides by the sum of the weights of the targets.
 */
export function crossEntropy(
  input: Tensor,
  target: Tensor,
  o: ClassOptions & { labelSmoothing?: number } = {},
): Tensor {
  const [x, y] = [input.value, target.value];
  const axis = classAxis(x);
  const smoothing = o.labelSmoothing ?? 0;
  if (smoothing < 0 || smoothing > 1)
    throw new core.ValueError(`label_smoothing must be between 0.0 and 1.0. Got: ${smoothing}`);
  const weights = classWeights(o, x.shape[axis]!);
  if (core.isFloat(y.dtype) && core.sameShape(x.shape, y.shape)) {
    const loss = core.softCrossEntropy(x, y, axis, { ...weights, labelSmoothing: smoothing });
    if ((o.reduction ?? 'mean') === 'mean') return new Tensor(core.div(core.sum(loss), Math.max(1, loss.size)), 'Div');
    return reduced(loss, o.reduction, 'Neg');
  }
  checkTargets('cross_entropy_loss', x, y);
  return weightedMean(
    core.crossEntropy(x, y, axis, { ...weights, ignoreIndex: o.ignoreIndex ?? -100, labelSmoothing: smoothing }),
    o,
    'NllLoss',
  );
}
/** `-input_t` for the target classes t of log-probabilities; classes are on axis 1. */
export function nllLoss(input: Tensor, target: Tensor, o: ClassOptions = {}): Tensor {
  const [x, y] = [input.value, target.value];
  checkTargets('nll_loss', x, y);
  const axis = classAxis(x);
  const found = core.nll(x, y, axis, { ...classWeights(o, x.shape[axis]!), ignoreIndex: o.ignoreIndex ?? -100 });
  return weightedMean(found, o, 'NllLoss');
}

function sameSize(name: string, x: Tensor, y: Tensor): void {
  if (core.sameShape(x.shape, y.shape)) return;
  throw new core.ShapeError(
    name === 'binary_cross_entropy'
      ? `Using a target size (torch.Size([${y.shape.join(', ')}])) that is different to the input size (torch.Size([${x.shape.join(', ')}])) is deprecated. Please ensure they have the same size.`
      : `Target size (torch.Size([${y.shape.join(', ')}])) must be the same as input size (torch.Size([${x.shape.join(', ')}]))`,
  );
}
const weighted = (v: core.Tensor, o: WeightOption): core.Tensor => (o.weight ? core.mul(v, o.weight.value) : v);
/** `-(y log p + (1 - y) log(1 - p))`; logarithms are at least -100. */
export function binaryCrossEntropy(input: Tensor, target: Tensor, o: LossOptions & WeightOption = {}): Tensor {
  sameSize('binary_cross_entropy', input, target);
  return reduced(weighted(core.binaryCrossEntropy(input.value, target.value), o), o.reduction, 'BinaryCrossEntropy');
}
/** `binaryCrossEntropy` of `sigmoid(input)` without overflow; `posWeight` multiplies the loss of positive targets. */
export function binaryCrossEntropyWithLogits(
  input: Tensor,
  target: Tensor,
  o: LossOptions & WeightOption & { posWeight?: Tensor | null } = {},
): Tensor {
  sameSize('binary_cross_entropy_with_logits', input, target);
  const loss = core.binaryCrossEntropyWithLogits(input.value, target.value, {
    ...(o.posWeight && { posWeight: o.posWeight.value }),
  });
  return reduced(weighted(loss, o), o.reduction, 'BinaryCrossEntropyWithLogits');
}
/** `y (log y - input)` for log-probabilities as input; 'batchmean' divides the sum by the batch size. */
export function klDiv(
  input: Tensor,
  target: Tensor,
  o: { reduction?: Reduction | 'batchmean'; logTarget?: boolean } = {},
): Tensor {
  const loss = core.klDiv(...matched(input, target), { logTarget: o.logTarget ?? false });
  if (o.reduction === 'batchmean') return new Tensor(core.div(core.sum(loss), input.shape[0] ?? 1), 'Div');
  return reduced(loss, o.reduction, 'KlDiv');
}
export interface PoissonOptions extends LossOptions {
  logInput?: boolean;
  full?: boolean;
  eps?: number;
}
/** Negative log-likelihood of counts. */
export function poissonNllLoss(input: Tensor, target: Tensor, o: PoissonOptions = {}): Tensor {
  return reduced(
    core.poissonNll(...matched(input, target), {
      logInput: o.logInput ?? true,
      full: o.full ?? false,
      eps: o.eps ?? 1e-8,
    }),
    o.reduction,
    'Mean',
  );
}
/** Negative log-likelihood of normal distributions with means `input` and variances `variance`. */
export function gaussianNllLoss(
  input: Tensor,
  target: Tensor,
  variance: Tensor | number,
  o: LossOptions & { full?: boolean; eps?: number } = {},
): Tensor {
  const v =
    typeof variance === 'number'
      ? core.beside(input.value, () => core.full(input.shape, variance, input.spec.dtype))
      : variance.value;
  // One variance for each row: the last axis is missing.
  const shaped =
    v.ndim === input.shape.length - 1 && core.sameShape(v.shape, input.shape.slice(0, -1)) ? core.unsqueeze(v, -1) : v;
  return reduced(
    core.gaussianNll(input.value, target.value, shaped, { full: o.full ?? false, eps: o.eps ?? 1e-6 }),
    o.reduction,
    'Mean',
  );
}
