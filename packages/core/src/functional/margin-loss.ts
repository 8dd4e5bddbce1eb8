// Losses that stop once a margin is kept: hinges, rankings, triplets. Not reduced over the batch.
import {
  add,
  all,
  any,
  cast,
  cumsum,
  div,
  equal,
  gather,
  iota,
  less,
  logicalAnd,
  logicalNot,
  logicalOr,
  max,
  minimum,
  mul,
  neg,
  notEqual,
  pow,
  sqrt,
  square,
  sub,
  sum,
  take,
  unsqueeze,
  where,
} from '../ops/index.js';
import type { Tensor } from '../graph/tensor.js';
import { beside } from '../graph/state.js';
import { relu } from './activation.js';
import { pairwiseDistance } from './distance.js';
import { logSigmoid, softplus } from './smooth.js';

/**
 * `max(0, 1 - y x)` for targets -1 and 1.
 *
 * @example
 * hinge(tensor([0.25, 2]), tensor([1, 1])) // => [0.75, 0]
 */
export function hinge(x: Tensor, y: Tensor): Tensor {
  return relu(sub(1, mul(y, x)));
}

/**
 * Targets for a hinge: when every one is 0 or 1 they become -1 and 1, else they stay.
 *
 * @example
 * signedLabels(tensor([0, 1])) // => [-1, 1]
 */
export function signedLabels(y: Tensor): Tensor {
  return where(all(logicalOr(equal(y, 0), equal(y, 1))), sub(mul(y, 2), 1), y);
}

/**
 * `max(0, max_c((1 - y_c) x_c) - sum_c(y_c x_c) + 1)` over the last axis, y one-hot.
 *
 * @example
 * categoricalHinge(tensor([[0.5, 0.25]]), tensor([[1, 0]])) // => [0.75]
 */
export function categoricalHinge(x: Tensor, y: Tensor): Tensor {
  const wrong = max(mul(sub(1, y), x), { axes: -1 });
  return relu(add(sub(wrong, sum(mul(y, x), { axes: -1 })), 1));
}

/**
 * `x` where the target is 1, `max(0, margin - x)` where it is -1.
 *
 * @param margin  default 1
 * @example
 * hingeEmbedding(tensor([0.5, 0.5]), tensor([1, -1])) // => [0.5, 0.5]
 */
export function hingeEmbedding(x: Tensor, y: Tensor, margin = 1): Tensor {
  return where(equal(y, 1), x, relu(sub(margin, x)));
}

/**
 * `max(0, -y (a - b) + margin)`: y = 1 wants a above b, y = -1 below.
 *
 * @param margin  default 0
 * @example
 * marginRanking(tensor([1]), tensor([3]), tensor([1])) // => [2]
 */
export function marginRanking(a: Tensor, b: Tensor, y: Tensor, margin = 0): Tensor {
  return relu(add(neg(mul(y, sub(a, b))), margin));
}

/**
 * `1 - cos` where the target is 1, `max(0, cos - margin)` where it is -1; cos of a and b along the last axis, 1e-12 added to each squared norm.
 *
 * @param margin  default 0
 * @example
 * cosineEmbedding(tensor([[3, 4]]), tensor([[4, 3]]), tensor([1])) // => [0.04] within 1e-6
 */
export function cosineEmbedding(a: Tensor, b: Tensor, y: Tensor, margin = 0): Tensor {
  const over = (v: Tensor): Tensor => sum(v, { axes: -1 });
  const power = (v: Tensor): Tensor => add(over(square(v)), 1e-12);
  const cos = div(over(mul(a, b)), sqrt(mul(power(a), power(b))));
  return where(equal(y, 1), sub(1, cos), relu(sub(cos, margin)));
}

/**
 * `log(1 + exp(-y x))` for targets -1 and 1, finite for every finite x.
 *
 * @example
 * softMargin(tensor([0, -200]), tensor([1, 1])) // => [0.693147, 200] within 1e-5
 */
export function softMargin(x: Tensor, y: Tensor): Tensor {
  return softplus(neg(mul(y, x)), { threshold: Infinity });
}

/**
 * `-w_c (y_c log sigmoid(x_c) + (1 - y_c) log sigmoid(-x_c))`, the mean over the last axis.
 *
 * @param weight  [classes]; default 1
 * @example
 * multiLabelSoftMargin(tensor([[0, 0]]), tensor([[0, 1]])) // => [0.693147] within 1e-6
 */
export function multiLabelSoftMargin(x: Tensor, y: Tensor, weight?: Tensor): Tensor {
  const loss = neg(add(mul(y, logSigmoid(x)), mul(sub(1, y), logSigmoid(neg(x)))));
  return div(sum(weight ? mul(loss, weight) : loss, { axes: -1 }), x.shape[x.ndim - 1]!);
}

/** [classes] with 0, 1, 2, … to compare targets with. */
const classes = (x: Tensor): Tensor => beside(x, () => iota([x.shape[x.ndim - 1]!], 0, 'i32'));

/**
 * `sum over c != t of w_t max(0, margin - x_t + x_c)^p / classes` for the target class t.
 *
 * @param x         [..., classes]
 * @param target    i32[...]
 * @param o.p       1 or 2; default 1
 * @param o.margin  default 1
 * @param o.weight  [classes]; default 1
 * @returns         [...]
 * @example
 * multiMargin(tensor([[0.5, 1]]), tensor([0], { dtype: 'i32' })) // => [0.75]
 */
export function multiMargin(
  x: Tensor,
  target: Tensor,
  o: { p?: number; margin?: number; weight?: Tensor } = {},
): Tensor {
  const { p = 1, margin = 1, weight } = o;
  const index = unsqueeze(target, -1);
  const short = relu(add(sub(x, gather(x, index, -1)), margin));
  const powered = p === 1 ? short : pow(short, p);
  const counted = where(notEqual(classes(x), index), weight ? mul(powered, take(weight, index, 0)) : powered, 0);
  return div(sum(counted, { axes: -1 }), x.shape[x.ndim - 1]!);
}

/**
 * `sum over targets t and other classes c of max(0, 1 - x_t + x_c) / classes`; the targets end at the first negative one.
 *
 * @param x       [..., classes]
 * @param target  i32[..., classes]: class indices, then -1
 * @returns       [...]
 * @example
 * multiLabelMargin(tensor([[0.5, 1]]), tensor([[0, -1]], { dtype: 'i32' })) // => [0.75]
 */
export function multiLabelMargin(x: Tensor, target: Tensor): Tensor {
  const valid = equal(cumsum(cast(less(target, 0), 'i32'), -1), 0);
  const named = logicalAnd(equal(unsqueeze(target, -1), classes(x)), unsqueeze(valid, -1));
  const other = logicalNot(any(named, { axes: -2 }));
  const chosen = gather(x, where(valid, target, 0), -1);
  const short = relu(add(sub(unsqueeze(x, -2), unsqueeze(chosen, -1)), 1));
  const counted = where(logicalAnd(unsqueeze(valid, -1), unsqueeze(other, -2)), short, 0);
  return div(sum(counted, { axes: [-2, -1] }), x.shape[x.ndim - 1]!);
}

/**
 * `max(0, d(anchor, positive) - d(anchor, negative) + margin)` with the distance `norm(u - v + eps)` over the last axis.
 *
 * @param o.margin    default 1
 * @param o.p         the norm; default 2
 * @param o.eps       default 1e-6
 * @param o.swap      take d(positive, negative) where it is smaller than d(anchor, negative); default false
 * @param o.distance  another distance of two tensors
 * @see Balntas et al. 2016
 * @example
 * tripletMargin(tensor([[0, 0]]), tensor([[3, 4]]), tensor([[6, 8]])) // => [0]
 */
export function tripletMargin(
  anchor: Tensor,
  positive: Tensor,
  negative: Tensor,
  o: { margin?: number; p?: number; eps?: number; swap?: boolean; distance?: (a: Tensor, b: Tensor) => Tensor } = {},
): Tensor {
  const { margin = 1, p = 2, eps = 1e-6, swap = false } = o;
  const d = o.distance ?? ((a: Tensor, b: Tensor): Tensor => pairwiseDistance(a, b, { p, eps }));
  const far = d(anchor, negative);
  return relu(add(sub(d(anchor, positive), swap ? minimum(far, d(positive, negative)) : far), margin));
}
