// Optimizer updates that look at a parameter as a matrix: Adafactor and Muon. See optimizer.ts for the conventions.
import {
  abs,
  add,
  clamp,
  div,
  equal,
  exp2,
  floor,
  log2,
  matmul,
  maximum,
  mean,
  minimum,
  mul,
  pow,
  round,
  rsqrt,
  sqrt,
  square,
  sub,
  transpose,
  where,
  type Operand,
} from '../ops/index.js';
import type { Tensor } from '../graph/tensor.js';
import { vectorNorm } from './distance.js';
import type { Form } from './form.js';
import { decoupledDecay, likeParameter, restOf } from './optimizer.js';

const rootMeanSquare = (x: Tensor): Tensor => sqrt(mean(square(x)));

/** Mean squares of the gradient: along rows and columns of the last two axes, or, below two axes, of each element. */
export type Spread = { readonly row: Tensor; readonly col: Tensor } | { readonly v: Tensor };

/**
 * Adafactor: Adam's second moment as the product of its row and column means, `v = row col / mean(row)`; `u = g / sqrt(v)`,
 * `p' = p - max(eps2, rms(p)) min(lr, 1 / sqrt(t)) u / max(1, rms(u) / threshold)`. The means move by `t^beta2Decay` towards g^2.
 * PyTorch keeps `mean(row)` and `sqrt(v)` above eps1; Keras adds eps1 to g^2.
 *
 * @param state         row [..., n, 1] and col [..., 1, m], or v in the shape of p; at first 0
 * @param o.step        how many steps were made, this one included
 * @param o.beta2Decay  default -0.8
 * @param o.threshold   default 1
 * @param o.decay       weight decay of PyTorch: beside the gradient, and after rms(p) was taken; default 0
 * @returns             the new p and state, and the estimate of g^2
 * @see Shazeer & Stern 2018, arXiv:1804.04235
 * @example
 * adafactorUpdate(tensor([1]), tensor([2]), { v: tensor([0]) }, { lr: 0.5, step: 1, eps1: 0, eps2: 0, form: 'torch' }).p // => [0.5] within 1e-6
 */
export function adafactorUpdate<S extends Spread>(
  p: Tensor,
  g: Tensor,
  state: S,
  o: {
    lr: Operand;
    step: Operand;
    eps1: number;
    eps2: number;
    form: Form;
    beta2Decay?: number;
    threshold?: number;
    decay?: number;
  },
): { p: Tensor; state: S; estimate: Tensor } {
  const { eps1, form, beta2Decay = -0.8, threshold = 1, decay = 0 } = o;
  const [lr, step] = [likeParameter(p, o.lr), likeParameter(p, o.step)];
  const fresh = pow(step, beta2Decay);
  const move = (old: Tensor, now: Tensor): Tensor => add(old, mul(sub(now, old), fresh));
  const size = mul(maximum(rootMeanSquare(p), o.eps2), minimum(lr, rsqrt(step)));
  const squared = form === 'keras' ? add(square(g), eps1) : square(g);
  let next: Spread;
  let estimate: Tensor;
  if ('row' in state) {
    const row = move(state.row, mean(squared, { axes: -1, keepdims: true }));
    const col = move(state.col, mean(squared, { axes: -2, keepdims: true }));
    const level = mean(row, { axes: -2, keepdims: true });
    next = { row, col };
    estimate = mul(div(row, form === 'torch' ? clamp(level, { min: eps1 }) : level), col);
  } else {
    estimate = move(state.v, squared);
    next = { v: estimate };
  }
  const update = mul(g, rsqrt(form === 'torch' ? clamp(estimate, { min: eps1 * eps1 }) : estimate));
  const clipped = div(mul(update, size), maximum(div(rootMeanSquare(update), threshold), 1));
  return { p: sub(decay ? decoupledDecay(p, lr, decay) : p, clipped), state: next as S, estimate };
}

/** The nearest number with 8 significant bits, as bfloat16 has them. */
function toBfloat16(x: Tensor): Tensor {
  const unit = exp2(sub(floor(log2(abs(x))), 7));
  return where(equal(x, 0), 0, mul(round(div(x, unit)), unit));
}

export interface NewtonSchulzOptions {
  /** Default 5. */
  readonly steps?: number;
  /** a, b, c of `a x + (b A + c A^2) x` with `A = x x^T`; default [3.4445, -4.775, 2.0315]. */
  readonly coefficients?: readonly [number, number, number];
  /** Default 1e-7. */
  readonly eps?: number;
  /** PyTorch computes in bfloat16, so its results are rounded to it here. */
  readonly form: Form;
}
/**
 * A matrix with its singular values pushed towards 1, by steps of a polynomial of fifth degree.
 *
 * @param x  [n, m]
 * @see Jordan et al. 2024, "Muon: an optimizer for hidden layers in neural networks"
 * @example
 * newtonSchulz(tensor([[3, 0], [0, 3]]), { form: 'keras' }) // => [[1.108111, 0], [0, 1.108111]] within 1e-5
 */
export function newtonSchulz(x: Tensor, o: NewtonSchulzOptions): Tensor {
  const { steps = 5, coefficients: [a, b, c] = [3.4445, -4.775, 2.0315], eps = 1e-7, form } = o;
  const narrow = form === 'torch' ? toBfloat16 : (v: Tensor): Tensor => v;
  const tall = x.shape[0]! > x.shape[1]!;
  const start = narrow(tall ? transpose(x) : x);
  const norm = narrow(vectorNorm(start));
  let y = narrow(div(start, form === 'torch' ? clamp(norm, { min: eps }) : add(norm, eps)));
  for (let i = 0; i < steps; i++) {
    const gram = narrow(matmul(y, transpose(y)));
    const inner = narrow(add(mul(gram, b), mul(matmul(gram, gram), c)));
    y = narrow(add(mul(y, a), matmul(inner, y)));
  }
  return tall ? transpose(y) : y;
}

/**
 * Muon: the momentum of a matrix, orthogonalized. PyTorch averages, `m' = mu m + (1 - mu) g`, and looks ahead by `mu m' + (1 - mu) g`;
 * Keras adds, `m' = mu m + g`, and looks ahead by `mu m' + g`. `p' = p - lr scale newtonSchulz(...)`.
 *
 * @param p        [n, m]
 * @param state.m  at first 0
 * @param o.scale  by the shape of p: PyTorch `sqrt(max(1, n / m))`, Keras `0.2 sqrt(max(n, m))`
 * @example
 * muonUpdate(tensor([[1]]), tensor([[2]]), { m: tensor([[0]]) }, { lr: 1, momentum: 0.5, nesterov: false, scale: 1, form: 'keras' }).p // => [[0.303564]] within 1e-5
 */
export function muonUpdate(
  p: Tensor,
  g: Tensor,
  state: { m: Tensor },
  o: NewtonSchulzOptions & { lr: Operand; momentum: Operand; nesterov: boolean; scale: number },
): { p: Tensor; m: Tensor } {
  const { momentum, nesterov, form } = o;
  const share = form === 'torch' ? restOf(p, momentum) : 1;
  const blend = (x: Tensor): Tensor => add(mul(x, likeParameter(p, momentum)), mul(g, share));
  const m = blend(state.m);
  const update = newtonSchulz(nesterov ? blend(m) : m, o);
  return { p: sub(p, mul(update, mul(likeParameter(p, o.lr), o.scale))), m };
}
