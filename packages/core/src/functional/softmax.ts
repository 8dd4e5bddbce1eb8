// Activations that look along an axis: softmax and its relatives, and the gated linear unit.
import {
  add,
  cumsum,
  div,
  exp,
  greater,
  iota,
  log,
  max,
  mul,
  sigmoid,
  slice,
  sort,
  sub,
  sum,
  where,
  cast,
} from '../ops/index.js';
import { customFunction } from '../autograd/index.js';
import { detach } from '../graph/create.js';
import { beside, isGradEnabled } from '../graph/state.js';
import type { Tensor } from '../graph/tensor.js';
import { normalizeAxis, normalizeAxes, ShapeError, describe } from '../base/index.js';

/**
 * `exp(x_i) / sum_j exp(x_j)` along the axis (or several axes together); the largest value is subtracted first.
 *
 * @param axis  negative counts from the end
 * @throws ShapeError  when the axis is out of range
 * @example
 * softmax(tensor([1, 2, 3]), 0) // => [0.0900306, 0.244728, 0.665241] within 1e-6
 */
export function softmax(x: Tensor, axis: number | readonly number[]): Tensor {
  const axes = normalizeAxes('softmax', axis, x.ndim);
  if (x.size === 0) return x;
  return byResult('softmax', x, normalized, axes, (g, y) => {
    const weighted = mul(g, y);
    return sub(weighted, mul(y, sum(weighted, { axes, keepdims: true })));
  });
}
function normalized(x: Tensor, axes: readonly number[]): Tensor {
  const e = exp(sub(x, peak(x, axes)));
  return div(e, sum(e, { axes, keepdims: true }));
}

/**
 * `x_i - log(sum_j exp(x_j))` along the axis (or several axes together); finite where `log(softmax(x))` is not.
 *
 * @param axis  negative counts from the end
 * @throws ShapeError  when the axis is out of range
 * @example
 * logSoftmax(tensor([1, 2, 3]), 0) // => [-2.407606, -1.407606, -0.407606] within 1e-6
 */
export function logSoftmax(x: Tensor, axis: number | readonly number[]): Tensor {
  const axes = normalizeAxes('logSoftmax', axis, x.ndim);
  if (x.size === 0) return x;
  return byResult('logSoftmax', x, logNormalized, axes, (g, y) =>
    sub(g, mul(exp(y), sum(g, { axes, keepdims: true }))),
  );
}
function logNormalized(x: Tensor, axes: readonly number[]): Tensor {
  const shifted = sub(x, peak(x, axes));
  return sub(shifted, log(sum(exp(shifted), { axes, keepdims: true })));
}

/** A function whose gradient reads its result alone: one array is kept, and the backward pass is short. */
function byResult(
  name: string,
  x: Tensor,
  f: (x: Tensor, axes: readonly number[]) => Tensor,
  axes: readonly number[],
  backward: (g: Tensor, y: Tensor) => Tensor,
): Tensor {
  let y = x;
  return customFunction({
    name,
    derived: true,
    forward: () => (y = f(x, axes)),
    // a gradient that is differentiated again needs the result as a function of x
    backward: (_, g) => backward(g, isGradEnabled() ? f(x, axes) : y),
  })(x);
}

/** The largest value along the axes, as a constant: the results do not depend on it. */
function peak(x: Tensor, axes: readonly number[]): Tensor {
  return detach(max(x, { axes, keepdims: true }));
}

/**
 * The probabilities nearest to x in the Euclidean sense: `max(x - tau, 0)` with tau such that they sum to 1. Many are exactly 0.
 *
 * @param axis  negative counts from the end
 * @see Martins & Astudillo 2016, arXiv:1602.02068
 * @example
 * sparsemax(tensor([1, 2, 2.5]), 0) // => [0, 0.25, 0.75]
 */
export function sparsemax(x: Tensor, axis: number): Tensor {
  const a = normalizeAxis('sparsemax', axis, x.ndim);
  const sorted = sort(x, { axis: a, descending: true }).values;
  const rank = cast(
    beside(x, () =>
      iota(
        x.shape.map((n, i) => (i === a ? n : 1)),
        a,
        'i32',
      ),
    ),
    x.dtype,
  );
  const k = add(rank, 1);
  const sums = cumsum(sorted, a);
  const inside = greater(add(mul(k, sorted), 1), sums);
  const count = detach(sum(cast(inside, x.dtype), { axes: a, keepdims: true }));
  const tau = div(sub(sum(where(inside, sorted, 0), { axes: a, keepdims: true }), 1), count);
  const y = sub(x, tau);
  return where(greater(y, 0), y, 0);
}

/**
 * Gated linear unit: the first half along the axis times the sigmoid of the second half.
 *
 * @param axis  negative counts from the end; its size must be even
 * @throws ShapeError  when the size is odd
 * @see Dauphin et al. 2016, arXiv:1612.08083
 * @example
 * glu(tensor([3, 0]), 0) // => [1.5]
 */
export function glu(x: Tensor, axis: number): Tensor {
  const a = normalizeAxis('glu', axis, x.ndim);
  const half = x.shape[a]! / 2;
  if (!Number.isInteger(half))
    throw new ShapeError(`glu: axis ${axis} of ${describe(x.spec)} has an odd size and cannot be halved`);
  const part = (from: number): Tensor =>
    slice(
      x,
      x.shape.map((_, i) => (i === a ? from : 0)),
      x.shape.map((n, i) => (i === a ? from + half : n)),
    );
  return mul(part(0), sigmoid(part(half)));
}
