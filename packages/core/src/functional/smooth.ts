// Elementwise activations without a bend, written so that neither a large input nor its gradient overflows.
import {
  abs,
  add,
  div,
  erf,
  exp,
  greater,
  log1p,
  mul,
  neg,
  sigmoid,
  sqrt,
  square,
  sub,
  tanh,
  where,
} from '../ops/index.js';
import type { Tensor } from '../graph/tensor.js';

/**
 * `x * P(N(0, 1) <= x)`, by erf or by the tanh approximation `x/2 * (1 + tanh(sqrt(2/pi) * (x + 0.044715 x^3)))`.
 *
 * @param o.approximate  true takes the tanh form; default false
 * @see Hendrycks & Gimpel 2016, arXiv:1606.08415
 * @example
 * gelu(tensor([-1, 1])) // => [-0.158655, 0.841345] within 1e-6
 * gelu(tensor([-1, 1]), { approximate: true }) // => [-0.158808, 0.841192] within 1e-6
 */
export function gelu(x: Tensor, o: { approximate?: boolean } = {}): Tensor {
  const inner = o.approximate
    ? tanh(mul(mul(x, add(mul(square(x), 0.044715), 1)), Math.sqrt(2 / Math.PI)))
    : erf(mul(x, Math.SQRT1_2));
  return mul(mul(x, 0.5), add(inner, 1));
}

/**
 * `x * sigmoid(x)`; also called swish.
 *
 * @example
 * silu(tensor([-1, 1])) // => [-0.268941, 0.731059] within 1e-6
 */
export function silu(x: Tensor): Tensor {
  return mul(x, sigmoid(x));
}

/**
 * `x * tanh(softplus(x))`.
 *
 * @see Misra 2019, arXiv:1908.08681
 * @example
 * mish(tensor([-1, 1])) // => [-0.303401, 0.865098] within 1e-6
 */
export function mish(x: Tensor): Tensor {
  return mul(x, tanh(logOnePlusExp(x)));
}

/**
 * `log(1 + exp(beta * x)) / beta`, and `x` itself where `beta * x > threshold`.
 *
 * @param o.beta       default 1
 * @param o.threshold  default 20, as in PyTorch; Infinity never leaves the curve, as in Keras
 * @example
 * softplus(tensor([-1, 0, 30])) // => [0.313262, 0.693147, 30] within 1e-6
 */
export function softplus(x: Tensor, o: { beta?: number; threshold?: number } = {}): Tensor {
  const { beta = 1, threshold = 20 } = o;
  const z = beta === 1 ? x : mul(x, beta);
  const soft = beta === 1 ? logOnePlusExp(z) : div(logOnePlusExp(z), beta);
  return threshold === Infinity ? soft : where(greater(z, threshold), x, soft);
}

/** `log(1 + exp(x)) = max(x, 0) + log1p(exp(-|x|))`; -|x| is written by `where`, whose slope at 0 is right to every order. */
function logOnePlusExp(x: Tensor): Tensor {
  const positive = greater(x, 0);
  return add(where(positive, x, 0), log1p(exp(where(positive, neg(x), x))));
}

/**
 * `log(sigmoid(x)) = -softplus(-x)`, finite for every finite x.
 *
 * @example
 * logSigmoid(tensor([-100, 0])) // => [-100, -0.693147] within 1e-6
 */
export function logSigmoid(x: Tensor): Tensor {
  return neg(logOnePlusExp(neg(x)));
}

/**
 * `x / (1 + |x|)`.
 *
 * @example
 * softsign(tensor([-1, 3])) // => [-0.5, 0.75]
 */
export function softsign(x: Tensor): Tensor {
  return div(x, add(abs(x), 1));
}

/**
 * `x - tanh(x)`.
 *
 * @example
 * tanhShrink(tensor([1])) // => [0.238406] within 1e-6
 */
export function tanhShrink(x: Tensor): Tensor {
  return sub(x, tanh(x));
}

/**
 * `(x + sqrt(x^2 + b)) / 2`: a softplus without exp.
 *
 * @param b  the width of the bend; default 4
 * @example
 * squareplus(tensor([0, 3]), 16) // => [2, 4]
 */
export function squareplus(x: Tensor, b = 4): Tensor {
  return mul(add(x, sqrt(add(square(x), b))), 0.5);
}
