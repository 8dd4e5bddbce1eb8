// Elementwise activations that bend at a point: rectifiers, hard and shrinking ones. At a bend the slope is PyTorch's; NaN stays NaN.
import {
  add,
  clamp,
  div,
  expm1,
  greater,
  greaterEqual,
  lessEqual,
  logicalAnd,
  mul,
  square,
  sub,
  where,
  type Operand,
} from '../ops/index.js';
import type { Tensor } from '../graph/tensor.js';

/**
 * `max(x, 0)`; the slope at 0 is 0.
 *
 * @param x  any shape
 * @returns  the shape of x
 * @example
 * relu(tensor([-1, 0, 2])) // => [0, 0, 2]
 */
export function relu(x: Tensor): Tensor {
  return where(lessEqual(x, 0), 0, x);
}

/**
 * `min(max(x, 0), 6)`.
 *
 * @example
 * relu6(tensor([-1, 3, 8])) // => [0, 3, 6]
 */
export function relu6(x: Tensor): Tensor {
  return hardTanh(x, { min: 0, max: 6 });
}

/**
 * `x` where x > 0, else `slope * x`.
 *
 * @param slope  a number, or a tensor that broadcasts against x; 0.01 in PyTorch, 0.2 or 0.3 in Keras
 * @example
 * leakyRelu(tensor([-2, 2]), 0.5) // => [-1, 2]
 */
export function leakyRelu(x: Tensor, slope: Operand): Tensor {
  return where(greater(x, 0), x, mul(x, slope));
}

/**
 * A leaky rectifier whose slope is learned: `x` where x > 0, else `weight * x`.
 *
 * @param weight  broadcasts against x; the caller reshapes it to the channel axis
 * @example
 * prelu(tensor([-2, 2]), tensor([0.25])) // => [-0.5, 2]
 */
export function prelu(x: Tensor, weight: Tensor): Tensor {
  return leakyRelu(x, weight);
}

/**
 * `x` where x > 0, else `alpha * (exp(x) - 1)`.
 *
 * @param alpha  default 1
 * @see Clevert, Unterthiner & Hochreiter 2015, arXiv:1511.07289
 * @example
 * elu(tensor([-1, 2])) // => [-0.632121, 2] within 1e-6
 */
export function elu(x: Tensor, alpha: Operand = 1): Tensor {
  return where(greater(x, 0), x, mul(expm1(negativePart(x)), alpha));
}

/**
 * `1.0507 * elu(x, 1.67326)`: keeps activations near zero mean and unit variance.
 *
 * @see Klambauer et al. 2017, arXiv:1706.02515
 * @example
 * selu(tensor([-1, 1])) // => [-1.111331, 1.050701] within 1e-6
 */
export function selu(x: Tensor): Tensor {
  return mul(elu(x, 1.6732632423543772), 1.0507009873554805);
}

/**
 * `x` where x > 0, else `alpha * (exp(x / alpha) - 1)`.
 *
 * @param alpha  default 1
 * @example
 * celu(tensor([-1, 2]), 2) // => [-0.786939, 2] within 1e-6
 */
export function celu(x: Tensor, alpha: Operand = 1): Tensor {
  return where(greater(x, 0), x, mul(expm1(div(negativePart(x), alpha)), alpha));
}

/** `min(x, 0)`: keeps exp finite in the branch that `where` throws away, else its slope would be 0 * Infinity. */
function negativePart(x: Tensor): Tensor {
  return where(greater(x, 0), 0, x);
}

/**
 * `x` between min and max, else the nearer bound; the slope at the bounds is 0.
 *
 * @param o.min  default -1
 * @param o.max  default 1
 * @example
 * hardTanh(tensor([-3, 0.5, 3])) // => [-1, 0.5, 1]
 */
export function hardTanh(x: Tensor, o: { min?: number; max?: number } = {}): Tensor {
  const { min = -1, max = 1 } = o;
  return where(lessEqual(x, min), min, where(greaterEqual(x, max), max, x));
}

/**
 * `relu6(x + 3) / 6`: a sigmoid of three straight lines.
 *
 * @example
 * hardSigmoid(tensor([-3, 0, 1.5])) // => [0, 0.5, 0.75]
 */
export function hardSigmoid(x: Tensor): Tensor {
  return div(relu6(add(x, 3)), 6);
}

/**
 * `x * hardSigmoid(x)`; Keras also calls it hard_silu.
 *
 * @see Howard et al. 2019, arXiv:1905.02244
 * @example
 * hardSwish(tensor([-4, 1, 4])) // => [0, 0.6666667, 4]
 */
export function hardSwish(x: Tensor): Tensor {
  return mul(x, hardSigmoid(x));
}

/**
 * `x` where x > limit, else `value`.
 *
 * @example
 * threshold(tensor([0.1, 2]), 1, 20) // => [20, 2]
 */
export function threshold(x: Tensor, limit: number, value: number): Tensor {
  return where(lessEqual(x, limit), value, x);
}

/**
 * `x` where |x| > lambd, else 0.
 *
 * @param lambd  default 0.5
 * @example
 * hardShrink(tensor([-1, 0.2, 0.6])) // => [-1, 0, 0.6]
 */
export function hardShrink(x: Tensor, lambd = 0.5): Tensor {
  return where(logicalAnd(greaterEqual(x, -lambd), lessEqual(x, lambd)), 0, x);
}

/**
 * `x` moved by lambd towards 0, and 0 where |x| <= lambd.
 *
 * @param lambd  default 0.5
 * @example
 * softShrink(tensor([-1, 0.2, 2])) // => [-0.5, 0, 1.5]
 */
export function softShrink(x: Tensor, lambd = 0.5): Tensor {
  return sub(x, clamp(x, { min: -lambd, max: lambd }));
}

/**
 * `0` below -1, `(x + 1)^2 / 4` up to 1, then `x`.
 *
 * @example
 * sparsePlus(tensor([-2, 0, 3])) // => [0, 0.25, 3]
 */
export function sparsePlus(x: Tensor): Tensor {
  const curve = mul(square(add(x, 1)), 0.25);
  return where(lessEqual(x, -1), 0, where(greaterEqual(x, 1), x, curve));
}

/**
 * `0` below -1, `(x + 1) / 2` up to 1, then `1`.
 *
 * @example
 * sparseSigmoid(tensor([-2, 0, 3])) // => [0, 0.5, 1]
 */
export function sparseSigmoid(x: Tensor): Tensor {
  return mul(add(hardTanh(x), 1), 0.5);
}
