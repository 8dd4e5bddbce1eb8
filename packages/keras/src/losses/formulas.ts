// The losses as functions of targets and predictions: one value for each sample, the mean over the last axis. Keras order: (yTrue, yPred).
import * as core from '@nn/core';
import { epsilon } from '../config.js';
import { apply, asTensor, type Tensor, type TensorLike } from '../tensor/tensor.js';
import { sameRank } from './reduction.js';

type Formula = (x: core.Tensor, y: core.Tensor) => core.Tensor;
/** Predictions as floats, targets in their dtype, ranks made equal. */
function prepare(yTrue: core.Tensor, yPred: core.Tensor): [core.Tensor, core.Tensor] {
  const x = core.isFloat(yPred.dtype) ? yPred : core.cast(yPred, 'f32');
  return sameRank(x, core.cast(yTrue, x.dtype));
}
const perSample = (name: string, formula: Formula, yTrue: TensorLike, yPred: TensorLike): Tensor =>
  apply(name, [yTrue, yPred], (t, p) => formula(...prepare(t, p)));
const mean = (values: core.Tensor): core.Tensor => core.mean(values, { axes: values.ndim ? -1 : [] });

/** `mean((y - x)^2)` over the last axis. */
export const meanSquaredError = (yTrue: TensorLike, yPred: TensorLike): Tensor =>
  perSample('mean_squared_error', (x, y) => mean(core.squaredError(x, y)), yTrue, yPred);
/** `mean(|y - x|)` over the last axis. */
export const meanAbsoluteError = (yTrue: TensorLike, yPred: TensorLike): Tensor =>
  perSample('mean_absolute_error', (x, y) => mean(core.absoluteError(x, y)), yTrue, yPred);
/** `100 * mean(|y - x| / max(|y|, epsilon))` over the last axis. */
export const meanAbsolutePercentageError = (yTrue: TensorLike, yPred: TensorLike): Tensor =>
  perSample(
    'mean_absolute_percentage_error',
    (x, y) => mean(core.absolutePercentageError(x, y, epsilon())),
    yTrue,
    yPred,
  );
/** `mean((log(y + 1) - log(x + 1))^2)` over the last axis, both held at epsilon or above. */
export const meanSquaredLogarithmicError = (yTrue: TensorLike, yPred: TensorLike): Tensor =>
  perSample(
    'mean_squared_logarithmic_error',
    (x, y) => mean(core.squaredLogarithmicError(x, y, epsilon())),
    yTrue,
    yPred,
  );
/** Minus the cosine of the angle between targets and predictions along `axis` (default -1). */
export const cosineSimilarity = (yTrue: TensorLike, yPred: TensorLike, o: { axis?: number } = {}): Tensor =>
  perSample(
    'cosine_similarity',
    (x, y) => core.neg(core.cosineSimilarity(x, y, { axis: o.axis ?? -1, eps: 1e-12 })),
    yTrue,
    yPred,
  );
/** Quadratic up to `delta` (default 1), linear beyond. */
export const huber = (yTrue: TensorLike, yPred: TensorLike, o: { delta?: number } = {}): Tensor =>
  perSample('huber', (x, y) => mean(core.huber(core.sub(x, y), o.delta ?? 1)), yTrue, yPred);
/** `mean(log(cosh(x - y)))` over the last axis. */
export const logCosh = (yTrue: TensorLike, yPred: TensorLike): Tensor =>
  perSample('log_cosh', (x, y) => mean(core.logCosh(core.sub(x, y))), yTrue, yPred);
/** `mean(max(1 - y x, 0))`; labels 0 and 1 become -1 and 1. */
export const hinge = (yTrue: TensorLike, yPred: TensorLike): Tensor =>
  perSample('hinge', (x, y) => mean(core.hinge(x, core.signedLabels(y))), yTrue, yPred);
/** `mean(max(1 - y x, 0)^2)`; labels 0 and 1 become -1 and 1. */
export const squaredHinge = (yTrue: TensorLike, yPred: TensorLike): Tensor =>
  perSample('squared_hinge', (x, y) => mean(core.square(core.hinge(x, core.signedLabels(y)))), yTrue, yPred);
/** `max(neg - pos + 1, 0)`: pos is the score of the target class, neg the highest of the others. */
export const categoricalHinge = (yTrue: TensorLike, yPred: TensorLike): Tensor =>
  perSample('categorical_hinge', core.categoricalHinge, yTrue, yPred);
/** `sum(y log(y / x))` over the last axis, both held inside [epsilon, 1]. */
export const klDivergence = (yTrue: TensorLike, yPred: TensorLike): Tensor =>
  perSample('kl_divergence', (x, y) => core.sum(core.klDivergence(x, y, epsilon()), { axes: -1 }), yTrue, yPred);
/** `mean(x - y log(x + epsilon))` over the last axis. */
export const poisson = (yTrue: TensorLike, yPred: TensorLike): Tensor =>
  perSample('poisson', (x, y) => mean(core.poissonNll(x, y, { logInput: false, eps: epsilon() })), yTrue, yPred);

export interface CrossentropyOptions {
  /** Predictions are logits, not probabilities. Default false. */
  fromLogits?: boolean;
  /** Mixes targets with the even distribution, from 0 to 1. Default 0. */
  labelSmoothing?: number;
  /** Axis of the classes. Default -1. */
  axis?: number;
}
/** What a softmax or sigmoid layer was computed from says more than its output: losses use it, as Keras does on TensorFlow. */
function logitsOf(yPred: TensorLike, fromLogits: boolean): { x: TensorLike; fromLogits: boolean } {
  const logits = asTensor(yPred).symbolic ? null : asTensor(yPred).kerasLogits;
  return logits ? { x: logits, fromLogits: true } : { x: yPred, fromLogits };
}
const evenLabels = (y: core.Tensor, smoothing: number): core.Tensor =>
  smoothing ? core.add(core.mul(y, 1 - smoothing), smoothing / 2) : y;

/** Mean over the last axis of `-(y log x + (1 - y) log(1 - x))`, x held inside [epsilon, 1 - epsilon]. */
export function binaryCrossentropy(yTrue: TensorLike, yPred: TensorLike, o: CrossentropyOptions = {}): Tensor {
  const { x, fromLogits } = logitsOf(yPred, o.fromLogits ?? false);
  const formula: Formula = (p, y) => {
    const target = evenLabels(y, o.labelSmoothing ?? 0);
    return mean(
      fromLogits ? core.binaryCrossEntropyWithLogits(p, target) : core.clippedBinaryCrossEntropy(p, target, epsilon()),
    );
  };
  return perSample('binary_crossentropy', formula, yTrue, x);
}
/** `(1 - p_t)^gamma` times the binary cross-entropy, p_t the probability given to the target; alpha weighs the positive class. */
export function binaryFocalCrossentropy(
  yTrue: TensorLike,
  yPred: TensorLike,
  o: CrossentropyOptions & { applyClassBalancing?: boolean; alpha?: number; gamma?: number } = {},
): Tensor {
  const formula: Formula = (p, y) =>
    mean(
      core.binaryFocalCrossEntropy(o.fromLogits ? core.sigmoid(p) : p, evenLabels(y, o.labelSmoothing ?? 0), {
        gamma: o.gamma ?? 2,
        eps: epsilon(),
        ...(o.applyClassBalancing && { alpha: o.alpha ?? 0.25 }),
      }),
    );
  return perSample('binary_focal_crossentropy', formula, yTrue, yPred);
}
function sameClasses(name: string, x: core.Tensor, y: core.Tensor): void {
  if (core.sameShape(x.shape, y.shape)) return;
  throw new core.ShapeError(
    `${name}: Arguments \`target\` and \`output\` must have the same shape. Received: target.shape=[${y.shape}], output.shape=[${x.shape}]. Use sparse_categorical_crossentropy for integer targets`,
  );
}
/** `-sum(y log x)` over the classes; probabilities are divided by their sum first. */
export function categoricalCrossentropy(yTrue: TensorLike, yPred: TensorLike, o: CrossentropyOptions = {}): Tensor {
  const { x, fromLogits } = logitsOf(yPred, o.fromLogits ?? false);
  const axis = o.axis ?? -1;
  const formula: Formula = (p, y) => {
    sameClasses('categorical_crossentropy', p, y);
    const target = core.smoothLabels(y, axis, o.labelSmoothing ?? 0);
    return fromLogits
      ? core.softCrossEntropy(p, target, axis, { form: 'keras' })
      : core.clippedCrossEntropy(p, target, axis, epsilon());
  };
  return perSample('categorical_crossentropy', formula, yTrue, x);
}
/** `sum(alpha (1 - x)^gamma * -y log x)` over the classes. */
export function categoricalFocalCrossentropy(
  yTrue: TensorLike,
  yPred: TensorLike,
  o: CrossentropyOptions & { alpha?: number; gamma?: number } = {},
): Tensor {
  const axis = o.axis ?? -1;
  const formula: Formula = (p, y) => {
    sameClasses('categorical_focal_crossentropy', p, y);
    return core.focalCrossEntropy(
      o.fromLogits ? core.softmax(p, axis) : p,
      core.smoothLabels(y, axis, o.labelSmoothing ?? 0),
      axis,
      {
        alpha: o.alpha ?? 0.25,
        gamma: o.gamma ?? 2,
        eps: epsilon(),
      },
    );
  };
  return perSample('categorical_focal_crossentropy', formula, yTrue, yPred);
}
/**
 * Cross-entropy with integer targets. Targets equal to `ignoreClass` count as 0, and the result carries a mask without them.
 *
 * @param axis  of the classes; default -1
 */
export function sparseCategoricalCrossentropy(
  yTrue: TensorLike,
  yPred: TensorLike,
  o: Omit<CrossentropyOptions, 'labelSmoothing'> & { ignoreClass?: number | null } = {},
): Tensor {
  const { x, fromLogits } = logitsOf(yPred, o.fromLogits ?? false);
  const axis = o.axis ?? -1;
  const ignored = o.ignoreClass ?? null;
  const targetsOf = (t: core.Tensor, p: core.Tensor): core.Tensor => {
    const y = core.cast(t, 'i32');
    return y.ndim === p.ndim && y.shape.at(-1) === 1 ? core.squeeze(y, -1) : y;
  };
  const loss = apply('sparse_categorical_crossentropy', [yTrue, x], (t, p) => {
    const logits = core.isFloat(p.dtype) ? p : core.cast(p, 'f32');
    const y = targetsOf(t, logits);
    const keep = ignored === null ? null : core.notEqual(y, ignored);
    const safe = keep ? core.where(keep, y, 0) : y;
    const value = fromLogits
      ? core.crossEntropy(logits, safe, axis).loss
      : core.clippedSparseCrossEntropy(logits, safe, axis, epsilon());
    return keep ? core.where(keep, value, 0) : value;
  });
  if (ignored !== null && !loss.symbolic)
    loss.kerasMask = apply('not_equal', [yTrue, x], (t, p) => core.notEqual(targetsOf(t, p), ignored));
  return loss;
}
/** `(1 - p_t^q) / q` for the probability p_t of the integer target: between cross-entropy (q near 0) and absolute error (q = 1). */
export const categoricalGeneralizedCrossEntropy = (
  yTrue: TensorLike,
  yPred: TensorLike,
  o: { q?: number } = {},
): Tensor =>
  apply('categorical_generalized_cross_entropy', [yTrue, yPred], (t, p) =>
    core.generalizedCrossEntropy(p, core.cast(t, 'i32'), -1, o.q ?? 0.5),
  );
const axesOf = (axis: number | readonly number[] | null | undefined): { axes?: number | readonly number[] } =>
  axis === null || axis === undefined ? {} : { axes: axis };
/** `1 - 2 sum(x y) / (sum x + sum y)` over `axis`, all axes by default. */
export const dice = (
  yTrue: TensorLike,
  yPred: TensorLike,
  o: { axis?: number | readonly number[] | null } = {},
): Tensor => perSample('dice', (x, y) => core.dice(x, y, { ...axesOf(o.axis), eps: epsilon() }), yTrue, yPred);
/** Dice with weights, both 0.5 by default. Keras's code counts a miss as false positive: alpha weighs `y (1 - x)`, beta `x (1 - y)`. */
export const tversky = (
  yTrue: TensorLike,
  yPred: TensorLike,
  o: { alpha?: number; beta?: number; axis?: number | readonly number[] | null } = {},
): Tensor =>
  perSample(
    'tversky',
    (x, y) => core.tversky(y, x, { alpha: o.alpha ?? 0.5, beta: o.beta ?? 0.5, ...axesOf(o.axis), eps: epsilon() }),
    yTrue,
    yPred,
  );
/**
 * Circle loss of normalized embeddings with integer labels: pairs of one label attract, others repel, far ones more than near ones.
 *
 * @see Sun et al. 2020, arXiv:2002.10857
 */
export function circle(
  yTrue: TensorLike,
  yPred: TensorLike,
  o: { gamma?: number; margin?: number; removeDiagonal?: boolean } = {},
): Tensor {
  const { gamma = 80, margin = 0.4, removeDiagonal = true } = o;
  return apply('circle', [yTrue, yPred], (t, e) => {
    const labels = core.reshape(t, [-1]);
    const n = labels.size;
    const distances = core.maximum(core.sub(1, core.matmul(e, core.transpose(e))), 0);
    const same = core.equal(core.unsqueeze(labels, 1), core.unsqueeze(labels, 0));
    const self = core.eye(n, n, 'bool');
    const positive = removeDiagonal ? core.logicalAnd(same, core.logicalNot(self)) : same;
    const negative = core.logicalNot(same);
    const pull = core.mul(core.mul(core.relu(core.add(distances, margin)), core.sub(margin, distances)), -gamma);
    const push = core.mul(core.mul(core.relu(core.sub(1 + margin, distances)), core.sub(1 - margin, distances)), gamma);
    const collect = (mask: core.Tensor, x: core.Tensor): core.Tensor =>
      core.logSumExp(core.where(mask, x, -Infinity), { axes: 1 });
    return core.softplus(core.add(collect(positive, pull), collect(negative, push)));
  });
}
/**
 * Negative log-likelihood of label sequences under all alignments. Labels that are 0 are padding, class 0 is the blank, all frames count.
 *
 * @param yTrue  int32 (batch, labels)
 * @param yPred  logits (batch, frames, classes)
 */
export const ctc = (yTrue: TensorLike, yPred: TensorLike): Tensor =>
  apply('ctc', [yTrue, yPred], (t, p) => {
    const [batch, frames] = p.shape as [number, number, number];
    const lengths = core.countNonzero(t, { axes: -1 });
    const logProbs = core.permute(core.logSoftmax(p, -1), [1, 0, 2]);
    return core.ctc(logProbs, t, core.full([batch], frames, 'i32'), lengths, { form: 'keras' });
  });
