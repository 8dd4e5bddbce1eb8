// Losses of two values, elementwise and not reduced: regression, binary cross-entropy, divergences. The faces average as their frameworks do.
import {
  abs,
  add,
  clamp,
  div,
  equal,
  exp,
  greater,
  less,
  lessEqual,
  log,
  maximum,
  mul,
  neg,
  pow,
  square,
  sub,
  where,
  type Operand,
} from '../ops/index.js';
import { detach } from '../graph/create.js';
import type { Tensor } from '../graph/tensor.js';
import { customFunction } from '../autograd/index.js';
import { softplus } from './smooth.js';

/**
 * `(x - y)^2`.
 *
 * @example
 * squaredError(tensor([3]), tensor([1])) // => [4]
 */
export function squaredError(x: Tensor, y: Operand): Tensor {
  return square(sub(x, y));
}

/**
 * `|x - y|`; the slope at 0 is 0.
 *
 * @example
 * absoluteError(tensor([3]), tensor([1])) // => [2]
 */
export function absoluteError(x: Tensor, y: Operand): Tensor {
  return abs(sub(x, y));
}

/**
 * `d^2 / 2` where |d| <= delta, else `delta * (|d| - delta / 2)`.
 *
 * @param d      the error x - y
 * @param delta  default 1
 * @see Huber 1964
 * @example
 * huber(tensor([0.5, 3])) // => [0.125, 2.5]
 */
export function huber(d: Tensor, delta = 1): Tensor {
  const size = abs(d);
  return where(lessEqual(size, delta), mul(square(d), 0.5), mul(sub(size, 0.5 * delta), delta));
}

/**
 * `d^2 / (2 beta)` where |d| < beta, else `|d| - beta / 2`: huber / beta, and the absolute error for beta = 0.
 *
 * @param d     the error x - y
 * @param beta  default 1
 * @example
 * smoothL1(tensor([0.5, 3]), 2) // => [0.0625, 2]
 */
export function smoothL1(d: Tensor, beta = 1): Tensor {
  const size = abs(d);
  return beta === 0 ? size : where(less(size, beta), mul(square(d), 0.5 / beta), sub(size, 0.5 * beta));
}

/**
 * `log(cosh(d)) = d + softplus(-2 d) - log 2`, which does not overflow.
 *
 * @param d  the error x - y
 * @example
 * logCosh(tensor([1])) // => [0.433781] within 1e-6
 */
export function logCosh(d: Tensor): Tensor {
  return sub(add(d, softplus(mul(d, -2), { threshold: Infinity })), Math.LN2);
}

/**
 * `100 * |x - y| / max(|y|, eps)`.
 *
 * @param x    predictions
 * @param y    targets
 * @param eps  default 1e-7
 * @example
 * absolutePercentageError(tensor([3]), tensor([2])) // => [50]
 */
export function absolutePercentageError(x: Tensor, y: Tensor, eps = 1e-7): Tensor {
  return mul(abs(div(sub(y, x), maximum(abs(y), eps))), 100);
}

/**
 * `(log(max(x, eps) + 1) - log(max(y, eps) + 1))^2`.
 *
 * @param eps  default 1e-7
 * @example
 * squaredLogarithmicError(tensor([1]), tensor([0])) // => [0.480453] within 1e-6
 */
export function squaredLogarithmicError(x: Tensor, y: Tensor, eps = 1e-7): Tensor {
  const l = (v: Tensor): Tensor => log(add(maximum(v, eps), 1));
  return square(sub(l(x), l(y)));
}

/**
 * Binary cross-entropy of logits: `-(posWeight * y * log(sigmoid(x)) + (1 - y) * log(1 - sigmoid(x)))`, finite for every finite x.
 *
 * @param x            logits
 * @param y            targets from 0 to 1, broadcast against x
 * @param o.posWeight  weight of the positive part; default 1
 * @example
 * binaryCrossEntropyWithLogits(tensor([0, 200]), tensor([1, 0])) // => [0.693147, 200] within 1e-5
 */
export function binaryCrossEntropyWithLogits(x: Tensor, y: Tensor, o: { posWeight?: Operand } = {}): Tensor {
  const soft = softplus(neg(x), { threshold: Infinity });
  const weighted = o.posWeight === undefined ? soft : mul(soft, add(mul(y, sub(o.posWeight, 1)), 1));
  return add(mul(sub(1, y), x), weighted);
}

/**
 * Binary cross-entropy of probabilities, Keras's form: p is first held inside [eps, 1 - eps], where it has no gradient.
 *
 * @param p    probabilities
 * @param y    targets from 0 to 1
 * @param eps  default 1e-7
 * @example
 * clippedBinaryCrossEntropy(tensor([0.5, 0]), tensor([1, 1])) // => [0.693147, 16.118096] within 1e-5
 */
export function clippedBinaryCrossEntropy(p: Tensor, y: Tensor, eps = 1e-7): Tensor {
  const q = clamp(p, { min: eps, max: 1 - eps });
  return neg(add(mul(y, log(q)), mul(sub(1, y), log(sub(1, q)))));
}

/**
 * Focal binary cross-entropy: `(1 - p_t)^gamma` times the clipped cross-entropy, p_t the probability given to the target.
 *
 * @param o.gamma  default 2
 * @param o.alpha  weight of the positive class, 1 - alpha of the negative; default none
 * @see Lin et al. 2017, arXiv:1708.02002
 * @example
 * binaryFocalCrossEntropy(tensor([0.5]), tensor([1])) // => [0.173287] within 1e-6
 */
export function binaryFocalCrossEntropy(
  p: Tensor,
  y: Tensor,
  o: { gamma?: number; alpha?: number; eps?: number } = {},
): Tensor {
  const { gamma = 2, alpha, eps = 1e-7 } = o;
  const given = add(mul(y, p), mul(sub(1, y), sub(1, p)));
  const focal = mul(pow(sub(1, given), gamma), clippedBinaryCrossEntropy(p, y, eps));
  return alpha === undefined ? focal : mul(focal, add(mul(y, alpha), mul(sub(1, y), 1 - alpha)));
}

/**
 * `x * log(y)`, and 0 where x = 0 whatever y is.
 *
 * @example
 * xlogy(tensor([0, 2]), tensor([0, 1])) // => [0, 0]
 */
export function xlogy(x: Tensor, y: Tensor): Tensor {
  const zero = equal(x, 0);
  return where(zero, 0, mul(x, log(where(zero, 1, y))));
}

/**
 * Terms of the Kullback-Leibler divergence of log-probabilities x from targets y: `y * (log y - x)`, or `exp(y) * (y - x)`.
 *
 * @param x            log-probabilities
 * @param y            probabilities, or their logarithms with `logTarget`
 * @param o.logTarget  default false
 * @example
 * klDiv(tensor([-1]), tensor([1])) // => [1]
 */
export function klDiv(x: Tensor, y: Tensor, o: { logTarget?: boolean } = {}): Tensor {
  return o.logTarget ? mul(exp(y), sub(y, x)) : sub(xlogy(y, y), mul(y, x));
}

/**
 * Terms of the Kullback-Leibler divergence of probabilities, Keras's form: `y * log(y / p)` with both held inside [eps, 1].
 *
 * @param eps  default 1e-7
 * @example
 * klDivergence(tensor([0.5]), tensor([1])) // => [0.693147] within 1e-6
 */
export function klDivergence(p: Tensor, y: Tensor, eps = 1e-7): Tensor {
  const held = (v: Tensor): Tensor => clamp(v, { min: eps, max: 1 });
  const t = held(y);
  return mul(t, log(div(t, held(p))));
}

/**
 * Negative log-likelihood of counts y under a Poisson distribution: `exp(x) - y x` for logits, else `x - y log(x + eps)`.
 *
 * @param o.logInput  x is the logarithm of the rate; default true
 * @param o.full      add Stirling's `y log y - y + log(2 pi y) / 2` where y > 1; default false
 * @param o.eps       default 1e-8 (Keras: 1e-7)
 * @example
 * poissonNll(tensor([0]), tensor([2])) // => [1]
 */
export function poissonNll(x: Tensor, y: Tensor, o: { logInput?: boolean; full?: boolean; eps?: number } = {}): Tensor {
  const { logInput = true, full = false, eps = 1e-8 } = o;
  const loss = logInput ? sub(exp(x), mul(y, x)) : sub(x, mul(y, log(add(x, eps))));
  if (!full) return loss;
  const many = greater(y, 1);
  const t = where(many, y, 1);
  const stirling = add(sub(mul(t, log(t)), t), mul(log(mul(t, 2 * Math.PI)), 0.5));
  return add(loss, where(many, stirling, 0));
}

/**
 * Negative log-likelihood of y under normal distributions: `(log v + (x - y)^2 / v) / 2`, v = max(variance, eps).
 *
 * @param x         means
 * @param variance  broadcasts against x; where it is below eps it counts as the constant eps
 * @param o.full    add `log(2 pi) / 2`; default false
 * @param o.eps     default 1e-6
 * @example
 * gaussianNll(tensor([3]), tensor([1]), tensor([4])) // => [1.193147] within 1e-6
 */
export function gaussianNll(x: Tensor, y: Tensor, variance: Tensor, o: { full?: boolean; eps?: number } = {}): Tensor {
  const { full = false, eps = 1e-6 } = o;
  // the gradient ignores the clamp, as PyTorch's does
  const v = add(variance, detach(sub(clamp(variance, { min: eps }), variance)));
  const loss = mul(add(log(v), div(square(sub(x, y)), v)), 0.5);
  return full ? add(loss, 0.5 * Math.log(2 * Math.PI)) : loss;
}

const heldLog = (p: Tensor): Tensor => clamp(log(p), { min: -100 });

/**
 * Binary cross-entropy of probabilities, PyTorch's form: `-(y log p + (1 - y) log(1 - p))` with each log held at -100 or above, and the
 * gradient `(p - y) / max(p (1 - p), 1e-12)`, which is not 0 where the log is held.
 *
 * @param p  probabilities from 0 to 1
 * @param y  targets from 0 to 1, the shape of p
 * @example
 * binaryCrossEntropy(tensor([0.5, 0]), tensor([1, 1])) // => [0.693147, 100] within 1e-5
 */
export const binaryCrossEntropy: (p: Tensor, y: Tensor) => Tensor = /* @__PURE__ */ customFunction({
  name: 'binaryCrossEntropy',
  forward(ctx, p, y) {
    ctx.saveForBackward(p, y);
    return neg(add(mul(y, heldLog(p)), mul(sub(1, y), heldLog(sub(1, p)))));
  },
  backward({ saved: [p, y] }, g) {
    const slope = div(sub(p!, y!), maximum(mul(p!, sub(1, p!)), 1e-12));
    return [mul(g, slope), mul(g, sub(heldLog(sub(1, p!)), heldLog(p!)))];
  },
});
