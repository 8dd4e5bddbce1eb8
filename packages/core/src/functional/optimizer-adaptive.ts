// More optimizer updates: the relatives of Adam and Adagrad, and those that only look at signs. See optimizer.ts for the conventions.
import {
  abs,
  add,
  clamp,
  div,
  exp,
  greater,
  less,
  maximum,
  mul,
  pow,
  sign,
  sqrt,
  square,
  sub,
  where,
  type Operand,
} from '../ops/index.js';
import type { Tensor } from '../graph/tensor.js';
import { vectorNorm } from './distance.js';
import type { Form } from './form.js';
import {
  biasCorrection,
  decayingMean,
  likeParameter,
  moveMoments,
  type AdamOptions,
  type Moments,
} from './optimizer.js';

/**
 * Adagrad: `s' = s + g^2`, `p' = p - lr / (1 + (t - 1) decay) * g / (sqrt(s') + eps)`; Keras has eps inside the root and no decay.
 *
 * @param state.sum   at first 0 in PyTorch, 0.1 in Keras
 * @param o.step      how many steps were made, this one included; only needed with a decay
 * @param o.lrDecay   default 0
 * @param o.eps       1e-10 in PyTorch, 1e-7 in Keras
 * @see Duchi, Hazan & Singer 2011
 * @example
 * adagradUpdate(tensor([1]), tensor([2]), { sum: tensor([0]) }, { lr: 0.5, eps: 0, form: 'torch' }).p // => [0.5]
 */
export function adagradUpdate(
  p: Tensor,
  g: Tensor,
  state: { sum: Tensor },
  o: { lr: Operand; eps: number; form: Form; step?: Operand; lrDecay?: number },
): { p: Tensor; sum: Tensor } {
  const total = add(state.sum, square(g));
  const lr = likeParameter(p, o.lr);
  const rate = o.lrDecay ? div(lr, add(mul(sub(likeParameter(p, o.step ?? 1), 1), o.lrDecay), 1)) : lr;
  const size = o.form === 'torch' ? add(sqrt(total), o.eps) : sqrt(add(total, o.eps));
  return { p: sub(p, div(mul(g, rate), size)), sum: total };
}

/**
 * Adadelta: `v' = rho v + (1 - rho) g^2`, `d = sqrt(a + eps) / sqrt(v' + eps) * g`, `a' = rho a + (1 - rho) d^2`, `p' = p - lr d`.
 *
 * @param state.v  mean square gradient, at first 0
 * @param state.a  mean square change, at first 0
 * @param o.rho    0.9 in PyTorch, 0.95 in Keras
 * @param o.eps    1e-6 in PyTorch, 1e-7 in Keras
 * @see Zeiler 2012, arXiv:1212.5701
 * @example
 * adadeltaUpdate(tensor([1]), tensor([2]), { v: tensor([0]), a: tensor([4]) }, { lr: 1, rho: 0.75, eps: 0 }).p // => [-3]
 */
export function adadeltaUpdate(
  p: Tensor,
  g: Tensor,
  state: { v: Tensor; a: Tensor },
  o: { lr: Operand; rho: number; eps: number },
): { p: Tensor; v: Tensor; a: Tensor } {
  const v = decayingMean(state.v, square(g), o.rho);
  const change = mul(div(sqrt(add(state.a, o.eps)), sqrt(add(v, o.eps))), g);
  const a = decayingMean(state.a, square(change), o.rho);
  return { p: sub(p, mul(change, likeParameter(p, o.lr))), v, a };
}

/**
 * Adamax: `u' = max(beta2 u, |g| + eps)`, `p' = p - lr / (1 - beta1^t) * m' / u'`; Keras adds eps to u' in the quotient instead.
 *
 * @param state  m and the largest gradient u, at first 0
 * @see Kingma & Ba 2014, arXiv:1412.6980, section 7
 * @example
 * adamaxUpdate(tensor([1]), tensor([2]), { m: tensor([0]), u: tensor([0]) }, { lr: 0.5, step: 1, eps: 0, form: 'torch' }).p // => [0.5] within 1e-6
 */
export function adamaxUpdate(
  p: Tensor,
  g: Tensor,
  state: { m: Tensor; u: Tensor },
  o: AdamOptions,
): { p: Tensor; m: Tensor; u: Tensor } {
  const { beta1 = 0.9, beta2 = 0.999 } = o;
  const torch = o.form === 'torch';
  const m = decayingMean(state.m, g, beta1);
  const u = maximum(mul(state.u, beta2), torch ? add(abs(g), o.eps) : abs(g));
  const rate = div(likeParameter(p, o.lr), biasCorrection(beta1, likeParameter(p, o.step)));
  return { p: sub(p, div(mul(m, rate), torch ? u : add(u, o.eps))), m, u };
}

/**
 * The momentum that NAdam has at a step: `beta1 * (1 - 0.96^(step * decay) / 2)`. Its product over all steps is a part of the state.
 *
 * @param decay  0.004 in PyTorch, 1 in Keras
 * @example
 * nadamMomentum(tensor(1), 0.9, 1) // => 0.468 within 1e-6
 */
export function nadamMomentum(step: Operand, beta1: Operand, decay: number): Tensor {
  const fall = sub(1, mul(exp(mul(step, decay * Math.log(0.96))), 0.5));
  return mul(fall, likeParameter(fall, beta1));
}

/**
 * NAdam, Adam with Nesterov momentum: `p' = p - lr (mu_(t+1) m' / (1 - P mu_(t+1)) + (1 - mu_t) g / (1 - P)) / (sqrt(v^) + eps)`.
 *
 * @param o.muProduct  P = the product of nadamMomentum over all steps, this one included
 * @param o.decay      0.004 in PyTorch, 1 in Keras
 * @see Dozat 2016
 * @example
 * nadamUpdate(tensor([1]), tensor([2]), { m: tensor([0]), v: tensor([0]) }, { lr: 1, step: 1, eps: 0, decay: 1, muProduct: 0.468 }).p // => [-0.062788] within 1e-6
 */
export function nadamUpdate(
  p: Tensor,
  g: Tensor,
  state: Moments,
  o: Omit<AdamOptions, 'form'> & { decay: number; muProduct: Operand },
): { p: Tensor; m: Tensor; v: Tensor } {
  const { beta1 = 0.9, beta2 = 0.999 } = o;
  const step = likeParameter(p, o.step);
  const product = likeParameter(p, o.muProduct);
  const { m, v } = moveMoments(g, state, beta1, beta2);
  const mu = nadamMomentum(step, beta1, o.decay);
  const next = nadamMomentum(add(step, 1), beta1, o.decay);
  const ahead = add(mul(m, div(next, sub(1, mul(product, next)))), mul(g, div(sub(1, mu), sub(1, product))));
  const size = add(sqrt(div(v, biasCorrection(beta2, step))), o.eps);
  return { p: sub(p, div(mul(ahead, likeParameter(p, o.lr)), size)), m, v };
}

/**
 * RAdam, Adam whose first steps are plain momentum until the second moment is worth something (rho_t > 5), and rectified after.
 *
 * @see Liu et al. 2019, arXiv:1908.03265
 * @example
 * radamUpdate(tensor([1]), tensor([2]), { m: tensor([0]), v: tensor([0]) }, { lr: 0.25, step: 1, eps: 1e-8 }).p // => [0.5] within 1e-6
 */
export function radamUpdate(
  p: Tensor,
  g: Tensor,
  state: Moments,
  o: Omit<AdamOptions, 'form'>,
): { p: Tensor; m: Tensor; v: Tensor } {
  const { beta1 = 0.9, beta2 = 0.999 } = o;
  const step = likeParameter(p, o.step);
  const { m, v } = moveMoments(g, state, beta1, beta2);
  const correction = biasCorrection(beta2, step);
  const limit = 2 / (1 - beta2) - 1;
  const rho = sub(limit, div(mul(mul(step, 2), sub(1, correction)), correction));
  const trusted = greater(rho, 5);
  const r = where(trusted, rho, 6);
  const rectified = sqrt(div(mul(mul(sub(r, 4), sub(r, 2)), limit), mul(r, (limit - 4) * (limit - 2))));
  const factor = where(trusted, div(mul(rectified, sqrt(correction)), add(sqrt(v), o.eps)), 1);
  const rate = div(likeParameter(p, o.lr), biasCorrection(beta1, step));
  return { p: sub(p, mul(mul(m, rate), factor)), m, v };
}

/**
 * Lion: `p' = p - lr sign(beta1 m + (1 - beta1) g)`, `m' = beta2 m + (1 - beta2) g`.
 *
 * @param o.beta1  default 0.9
 * @param o.beta2  default 0.99
 * @see Chen et al. 2023, arXiv:2302.06675
 * @example
 * lionUpdate(tensor([1]), tensor([2]), { m: tensor([0]) }, { lr: 0.5 }).p // => [0.5]
 */
export function lionUpdate(
  p: Tensor,
  g: Tensor,
  state: { m: Tensor },
  o: { lr: Operand; beta1?: number; beta2?: number },
): { p: Tensor; m: Tensor } {
  const direction = sign(decayingMean(state.m, g, o.beta1 ?? 0.9));
  return { p: sub(p, mul(direction, likeParameter(p, o.lr))), m: decayingMean(state.m, g, o.beta2 ?? 0.99) };
}

/**
 * LAMB: Adam's direction u (eps after the correction), scaled for each parameter by `|p| / |u|` (1 where either is 0).
 *
 * @see You et al. 2019, arXiv:1904.00962
 * @example
 * lambUpdate(tensor([3]), tensor([2]), { m: tensor([0]), v: tensor([0]) }, { lr: 0.5, step: 1, eps: 0 }).p // => [1.5] within 1e-6
 */
export function lambUpdate(
  p: Tensor,
  g: Tensor,
  state: Moments,
  o: Omit<AdamOptions, 'form'>,
): { p: Tensor; m: Tensor; v: Tensor } {
  const { beta1 = 0.9, beta2 = 0.999 } = o;
  const step = likeParameter(p, o.step);
  const { m, v } = moveMoments(g, state, beta1, beta2);
  const u = div(div(m, biasCorrection(beta1, step)), add(sqrt(div(v, biasCorrection(beta2, step))), o.eps));
  const [own, move] = [vectorNorm(p), vectorNorm(u)];
  const ratio = where(greater(mul(own, move), 0), div(own, move), 1);
  return { p: sub(p, mul(u, mul(ratio, likeParameter(p, o.lr)))), m, v };
}

/**
 * Follow the regularized leader: `n' = n + g^2`, `z' = z + g - (n'^-q - n^-q) / lr * p`, `p' = (clamp(z', -l1, l1) - z') / (n'^-q / lr + 2 l2)`,
 * q the (negative) power of the rate; g in z' also carries `2 shrinkage p`, and l2 grows by `beta / (2 lr)`.
 *
 * @param state.n  at first 0.1
 * @param state.z  at first 0
 * @param o.power  default -0.5
 * @see McMahan et al. 2013, "Ad click prediction: a view from the trenches"
 * @example
 * ftrlUpdate(tensor([1]), tensor([2]), { n: tensor([0]), z: tensor([0]) }, { lr: 1 }).p // => [0]
 */
export function ftrlUpdate(
  p: Tensor,
  g: Tensor,
  state: { n: Tensor; z: Tensor },
  o: { lr: Operand; power?: number; l1?: number; l2?: number; shrinkage?: number; beta?: number },
): { p: Tensor; n: Tensor; z: Tensor } {
  const { power = -0.5, l1 = 0, l2 = 0, shrinkage = 0, beta = 0 } = o;
  const lr = likeParameter(p, o.lr);
  const n = add(state.n, square(g));
  const grown = pow(n, -power);
  const z = add(state.z, sub(add(g, mul(p, 2 * shrinkage)), mul(div(sub(grown, pow(state.n, -power)), lr), p)));
  const quadratic = add(div(add(grown, beta), lr), 2 * l2);
  return { p: div(sub(clamp(z, { min: -l1, max: l1 }), z), quadratic), n, z };
}

/**
 * Rprop: each step size grows by `grow` while its gradient keeps the sign, and shrinks by `shrink` when it turns (then the step is skipped).
 *
 * @param state.previous  the gradient before, at first 0
 * @param state.size      step sizes, at first lr
 * @param o.shrink        default 0.5
 * @param o.grow          default 1.2
 * @param o.min           default 1e-6
 * @param o.max           default 50
 * @see Riedmiller & Braun 1993
 * @example
 * rpropUpdate(tensor([1]), tensor([2]), { previous: tensor([0]), size: tensor([0.5]) }).p // => [0.5]
 */
export function rpropUpdate(
  p: Tensor,
  g: Tensor,
  state: { previous: Tensor; size: Tensor },
  o: { shrink?: number; grow?: number; min?: number; max?: number } = {},
): { p: Tensor; previous: Tensor; size: Tensor } {
  const { shrink = 0.5, grow = 1.2, min = 1e-6, max = 50 } = o;
  const agreement = mul(g, state.previous);
  const grown = where(greater(agreement, 0), mul(state.size, grow), state.size);
  const size = clamp(where(less(agreement, 0), mul(state.size, shrink), grown), { min, max });
  const previous = where(less(agreement, 0), 0, g);
  return { p: sub(p, mul(sign(previous), size)), previous, size };
}

/**
 * Averaged SGD: `p' = p (1 - lambd eta) - eta g`, `a' = a + mu (p' - a)`, then `eta' = lr / (1 + lambd lr t)^alpha`, `mu' = 1 / max(1, t - t0)`.
 *
 * @param state.eta  0-d, at first lr
 * @param state.mu   0-d, at first 1
 * @param state.a    the average of p, at first 0
 * @see Polyak & Juditsky 1992
 * @example
 * asgdUpdate(tensor([1]), tensor([2]), { eta: tensor(0.25), mu: tensor(1), a: tensor([0]) }, { lr: 0.25, step: 1, lambd: 0 }).p // => [0.5]
 */
export function asgdUpdate(
  p: Tensor,
  g: Tensor,
  state: { eta: Tensor; mu: Tensor; a: Tensor },
  o: { lr: Operand; step: Operand; lambd?: number; alpha?: number; t0?: number },
): { p: Tensor; eta: Tensor; mu: Tensor; a: Tensor } {
  const { lambd = 1e-4, alpha = 0.75, t0 = 1e6 } = o;
  const [lr, step] = [likeParameter(p, o.lr), likeParameter(p, o.step)];
  const moved = sub(mul(p, sub(1, mul(state.eta, lambd))), mul(g, state.eta));
  return {
    p: moved,
    a: add(state.a, mul(sub(moved, state.a), state.mu)),
    eta: div(lr, pow(add(mul(mul(lr, step), lambd), 1), alpha)),
    mu: div(1, maximum(sub(step, t0), 1)),
  };
}
