// Norms, distances and similarities along axes.
import { abs, add, div, max, mul, pow, sqrt, square, sub, sum } from '../ops/index.js';
import type { Tensor } from '../graph/tensor.js';
import { l2Normalize } from './norm.js';

/**
 * The p-norm along the axes: `(sum |x|^p)^(1/p)`; the largest |x| for p = Infinity.
 *
 * @param p           default 2
 * @param o.axes      default all
 * @param o.keepdims  default false
 * @example
 * vectorNorm(tensor([3, -4])) // => 5
 * vectorNorm(tensor([3, -4]), 1) // => 7
 */
export function vectorNorm(
  x: Tensor,
  p = 2,
  o: { axes?: number | readonly number[]; keepdims?: boolean } = {},
): Tensor {
  if (p === 2) return sqrt(sum(square(x), o));
  if (p === 1) return sum(abs(x), o);
  if (p === Infinity) return max(abs(x), o);
  return pow(sum(pow(abs(x), p), o), 1 / p);
}

/**
 * The p-norm of `x - y + eps` along the axis.
 *
 * @param o.p         default 2
 * @param o.eps       keeps the gradient at equal points finite; default 1e-6
 * @param o.axis      default -1
 * @param o.keepdims  default false
 * @example
 * pairwiseDistance(tensor([[3, 4]]), tensor([[0, 0]])) // => [5] within 1e-5
 */
export function pairwiseDistance(
  x: Tensor,
  y: Tensor,
  o: { p?: number; eps?: number; axis?: number; keepdims?: boolean } = {},
): Tensor {
  const { p = 2, eps = 1e-6, axis = -1, keepdims = false } = o;
  return vectorNorm(add(sub(x, y), eps), p, { axes: axis, keepdims });
}

/**
 * The cosine of the angle between x and y along the axis; each norm counts as at least eps.
 *
 * @param o.axis  default -1
 * @param o.eps   default 1e-8 as in PyTorch; Keras takes 1e-12
 * @example
 * cosineSimilarity(tensor([3, 4]), tensor([4, 3])) // => 0.96 within 1e-6
 */
export function cosineSimilarity(x: Tensor, y: Tensor, o: { axis?: number; eps?: number } = {}): Tensor {
  const { axis = -1, eps = 1e-8 } = o;
  return sum(mul(l2Normalize(x, axis, { eps }), l2Normalize(y, axis, { eps })), { axes: axis });
}

/**
 * One minus the overlap of two sets given by memberships: `1 - i / (i + alpha * f + beta * m + eps)`, i = sum of x y (in both),
 * f = sum of x (1 - y) (wrongly in), m = sum of (1 - x) y (missed). alpha = beta = 0.5 is the Dice loss up to where eps stands.
 *
 * @param o.alpha  default 0.5
 * @param o.beta   default 0.5
 * @param o.axes   default all
 * @param o.eps    default 1e-7
 * @see Salehi et al. 2017, arXiv:1706.05721
 * @example
 * tversky(tensor([1, 0, 1]), tensor([1, 0, 0])) // => 0.333333 within 1e-6
 */
export function tversky(
  x: Tensor,
  y: Tensor,
  o: { alpha?: number; beta?: number; axes?: number | readonly number[]; eps?: number } = {},
): Tensor {
  const { alpha = 0.5, beta = 0.5, axes, eps = 1e-7 } = o;
  const both = sum(mul(x, y), { axes });
  const wrong = sum(mul(x, sub(1, y)), { axes });
  const missed = sum(mul(sub(1, x), y), { axes });
  return sub(1, div(both, add(add(both, add(mul(wrong, alpha), mul(missed, beta))), eps)));
}

/**
 * The Dice loss: `1 - 2 sum(x y) / (sum x + sum y + eps)`.
 *
 * @param o.axes  default all
 * @param o.eps   default 1e-7
 * @example
 * dice(tensor([1, 0, 1]), tensor([1, 0, 0])) // => 0.333333 within 1e-6
 */
export function dice(x: Tensor, y: Tensor, o: { axes?: number | readonly number[]; eps?: number } = {}): Tensor {
  const { axes, eps = 1e-7 } = o;
  return sub(1, div(mul(sum(mul(x, y), { axes }), 2), add(add(sum(x, { axes }), sum(y, { axes })), eps)));
}
