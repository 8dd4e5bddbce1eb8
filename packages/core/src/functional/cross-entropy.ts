// Cross-entropy over classes, not reduced: of logits or probabilities, with classes given as indices or as probabilities.
import {
  add,
  clamp,
  div,
  equal,
  gather,
  log,
  logSumExp,
  mul,
  neg,
  ones,
  pow,
  squeeze,
  sub,
  sum,
  take,
  unsqueeze,
  where,
} from '../ops/index.js';
import { detach } from '../graph/create.js';
import type { Tensor } from '../graph/tensor.js';
import { describe, normalizeAxis, sameShape, ShapeError } from '../base/index.js';
import { beside } from '../graph/state.js';
import type { Form } from './form.js';
import { logSoftmax } from './softmax.js';

/** A loss for each target, and the weight with which it counts: PyTorch's mean is `sum(loss) / sum(weight)`. */
export interface WeightedLoss {
  readonly loss: Tensor;
  readonly weight: Tensor;
}

/**
 * Negative log-likelihood: `-w_t * logProbs_t` for the target class t; 0 with weight 0 where the target is `ignoreIndex`.
 *
 * @param logProbs       [..., classes, ...], classes on `axis`
 * @param target         i32, the shape of logProbs without that axis
 * @param axis           negative counts from the end
 * @param o.weight       [classes]; default 1
 * @param o.ignoreIndex  a target that does not count; default none
 * @throws ShapeError  when the shapes do not fit
 * @example
 * nll(tensor([[-1, -2], [-3, -4]]), tensor([0, 1], { dtype: 'i32' }), 1).loss // => [1, 4]
 */
export function nll(
  logProbs: Tensor,
  target: Tensor,
  axis: number,
  o: { weight?: Tensor; ignoreIndex?: number } = {},
): WeightedLoss {
  const a = normalizeAxis('nll', axis, logProbs.ndim);
  return pickTargets('nll', logProbs, target, a, o);
}

/** `-w_t x_t` for the target classes t, and w_t; both 0 where the target is ignored. */
function pickTargets(
  op: string,
  x: Tensor,
  target: Tensor,
  axis: number,
  o: { weight?: Tensor; ignoreIndex?: number },
): WeightedLoss {
  const expected = x.shape.filter((_, i) => i !== axis);
  if (!sameShape(target.shape, expected)) {
    throw new ShapeError(
      `${op}: expected targets [${expected}] for ${describe(x.spec)} with classes on axis ${axis}, got ${describe(target.spec)}`,
    );
  }
  const ignored = o.ignoreIndex === undefined ? undefined : equal(target, o.ignoreIndex);
  const index = ignored ? where(ignored, 0, target) : target;
  const picked = neg(pick(x, index, axis));
  const weight = o.weight ? take(o.weight, index, 0) : beside(x, () => ones(index.shape, x.dtype));
  const loss = o.weight ? mul(picked, weight) : picked;
  // chosen, not multiplied by 0: the mean over nothing divides by 0, and no gradient may come of that
  return ignored ? { loss: where(ignored, 0, loss), weight: where(ignored, 0, weight) } : { loss, weight };
}

function pick(x: Tensor, index: Tensor, axis: number): Tensor {
  return squeeze(gather(x, unsqueeze(index, axis), axis), axis);
}

/**
 * Cross-entropy of logits with class indices: `(1 - s) w_t (-log p_t) + s / C * sum_c w_c (-log p_c)`, p = softmax(logits), s the smoothing.
 *
 * @param logits            [..., classes, ...], classes on `axis`
 * @param target            i32, the shape of logits without that axis
 * @param axis              negative counts from the end
 * @param o.weight          [classes]; default 1
 * @param o.ignoreIndex     a target that does not count; default none
 * @param o.labelSmoothing  from 0 to 1; default 0
 * @throws ShapeError  when the shapes do not fit
 * @example
 * crossEntropy(tensor([[1, 1]]), tensor([0], { dtype: 'i32' }), 1).loss // => [0.693147] within 1e-6
 */
export function crossEntropy(
  logits: Tensor,
  target: Tensor,
  axis: number,
  o: { weight?: Tensor; ignoreIndex?: number; labelSmoothing?: number } = {},
): WeightedLoss {
  const a = normalizeAxis('crossEntropy', axis, logits.ndim);
  const smoothing = o.labelSmoothing ?? 0;
  const logProbs = logSoftmax(logits, a);
  const { loss: hard, weight } = pickTargets('crossEntropy', logProbs, target, a, o);
  if (smoothing === 0) return { loss: hard, weight };
  const even = neg(sum(onClasses(logProbs, o.weight, a), { axes: a }));
  const counted = o.ignoreIndex === undefined ? even : where(equal(target, o.ignoreIndex), 0, even);
  return { loss: add(mul(hard, 1 - smoothing), mul(counted, smoothing / logits.shape[a]!)), weight };
}

/**
 * Cross-entropy of logits with class probabilities: `-sum_c w_c y_c log p_c`, p = softmax(logits), y smoothed to `y (1 - s) + s / C`.
 *
 * @param logits            [..., classes, ...], classes on `axis`
 * @param target            the shape of logits
 * @param axis              negative counts from the end
 * @param o.weight          [classes]; default 1
 * @param o.labelSmoothing  from 0 to 1; default 0
 * @param o.form            'torch' (default): the gradient is `p sum(y) - y`; 'keras': `p - y`, whatever the targets sum to
 * @returns                 the shape of logits without the axis
 * @example
 * softCrossEntropy(tensor([[1, 1]]), tensor([[0.5, 0.5]]), 1) // => [0.693147] within 1e-6
 */
export function softCrossEntropy(
  logits: Tensor,
  target: Tensor,
  axis: number,
  o: { weight?: Tensor; labelSmoothing?: number; form?: Form } = {},
): Tensor {
  const a = normalizeAxis('softCrossEntropy', axis, logits.ndim);
  const y = onClasses(smoothLabels(target, a, o.labelSmoothing ?? 0), o.weight, a);
  const loss = neg(sum(mul(logSoftmax(logits, a), y), { axes: a }));
  if (o.form !== 'keras') return loss;
  const excess = detach(sub(sum(y, { axes: a }), 1));
  const scale = logSumExp(logits, { axes: a });
  return sub(loss, mul(sub(scale, detach(scale)), excess));
}

/** x times one weight per class, if there are weights. */
function onClasses(x: Tensor, weight: Tensor | undefined, axis: number): Tensor {
  if (!weight) return x;
  const trailing = x.ndim - 1 - axis;
  return mul(
    x,
    Array.from({ length: trailing }).reduce<Tensor>((w) => unsqueeze(w, -1), weight),
  );
}

/**
 * Class probabilities moved towards even ones: `y (1 - s) + s / classes`.
 *
 * @param smoothing  from 0 to 1
 * @example
 * smoothLabels(tensor([[1, 0]]), 1, 0.2) // => [[0.9, 0.1]] within 1e-6
 */
export function smoothLabels(y: Tensor, axis: number, smoothing: number): Tensor {
  if (smoothing === 0) return y;
  return add(mul(y, 1 - smoothing), smoothing / y.shape[normalizeAxis('smoothLabels', axis, y.ndim)]!);
}

/** Keras's reading of probabilities: divided by their sum, then held inside [eps, 1 - eps]. */
function heldProbabilities(p: Tensor, axis: number, eps: number): Tensor {
  return clamp(div(p, sum(p, { axes: axis, keepdims: true })), { min: eps, max: 1 - eps });
}

/**
 * Cross-entropy of probabilities with class probabilities, Keras's form: `-sum_c y_c log q_c`, q = p / sum(p) held inside [eps, 1 - eps].
 *
 * @param eps  default 1e-7
 * @returns    the shape of p without the axis
 * @example
 * clippedCrossEntropy(tensor([[1, 1]]), tensor([[1, 0]]), 1) // => [0.693147] within 1e-6
 */
export function clippedCrossEntropy(p: Tensor, y: Tensor, axis: number, eps = 1e-7): Tensor {
  return neg(sum(mul(y, log(heldProbabilities(p, axis, eps))), { axes: axis }));
}

/**
 * Cross-entropy of probabilities with class indices, Keras's form on TensorFlow: crossEntropy of `log p`, p held inside [eps, 1 - eps].
 *
 * @param eps  default 1e-7
 * @returns    the shape of target
 * @example
 * clippedSparseCrossEntropy(tensor([[1, 1]]), tensor([0], { dtype: 'i32' }), 1) // => [0.693147] within 1e-6
 */
export function clippedSparseCrossEntropy(p: Tensor, target: Tensor, axis: number, eps = 1e-7): Tensor {
  return crossEntropy(log(clamp(p, { min: eps, max: 1 - eps })), target, axis).loss;
}

/**
 * Focal cross-entropy of probabilities: `-sum_c alpha (1 - q_c)^gamma y_c log q_c`, q as in clippedCrossEntropy.
 *
 * @param o.alpha  default 0.25
 * @param o.gamma  default 2
 * @param o.eps    default 1e-7
 * @see Lin et al. 2017, arXiv:1708.02002
 * @example
 * focalCrossEntropy(tensor([[1, 1]]), tensor([[1, 0]]), 1) // => [0.0433217] within 1e-6
 */
export function focalCrossEntropy(
  p: Tensor,
  y: Tensor,
  axis: number,
  o: { alpha?: number; gamma?: number; eps?: number } = {},
): Tensor {
  const { alpha = 0.25, gamma = 2, eps = 1e-7 } = o;
  const q = heldProbabilities(p, axis, eps);
  return neg(sum(mul(mul(pow(sub(1, q), gamma), alpha), mul(y, log(q))), { axes: axis }));
}

/**
 * Generalized cross-entropy of probabilities: `(1 - p_t^q) / q` for the target class t; between cross-entropy (q to 0) and absolute error (q = 1).
 *
 * @see Zhang & Sabuncu 2018, arXiv:1805.07836
 * @example
 * generalizedCrossEntropy(tensor([[0.25, 0.75]]), tensor([0], { dtype: 'i32' }), 1, 0.5) // => [1]
 */
export function generalizedCrossEntropy(p: Tensor, target: Tensor, axis: number, q: number): Tensor {
  const a = normalizeAxis('generalizedCrossEntropy', axis, p.ndim);
  return div(sub(1, pow(pick(p, target, a), q)), q);
}
