// Updates of optimizers as pure functions of a parameter, its gradient and its state. Numbers that change per step (lr, step) are operands,
// so that a compiled step never bakes them in. Where PyTorch and Keras differ, `form` says whose formula counts.
import {
  add,
  cast,
  div,
  expm1,
  log,
  maximum,
  minimum,
  mul,
  neg,
  sqrt,
  square,
  stack,
  sub,
  type Operand,
} from '../ops/index.js';
import { Tensor } from '../graph/tensor.js';
import { vectorNorm } from './distance.js';
import type { Form } from './form.js';

/** An operand in the dtype of the parameter, so that a rate of another dtype does not change the parameter's. */
export function likeParameter(p: Tensor, v: Operand): Operand {
  return v instanceof Tensor ? cast(v, p.dtype) : v;
}

/** `old + (now - old) * (1 - keep)`: an exponential average. */
export function decayingMean(old: Tensor, now: Tensor, keep: Operand): Tensor {
  return add(old, mul(sub(now, old), restOf(old, keep)));
}
/** `1 - keep`, computed before it is rounded where keep is a number. */
export const restOf = (p: Tensor, keep: Operand): Operand =>
  typeof keep === 'number' ? 1 - keep : sub(1, likeParameter(p, keep));

/**
 * `1 - beta^step`, by expm1 so that float32 keeps its digits when beta is near 1.
 *
 * @param step  how many steps were made, this one included
 * @example
 * biasCorrection(0.999, tensor(1)) // => 0.001 within 1e-9
 */
export function biasCorrection(beta: Operand, step: Operand): Tensor {
  const rate =
    typeof beta === 'number' ? Math.log(beta) : log(step instanceof Tensor ? likeParameter(step, beta) : beta);
  return neg(expm1(mul(step, rate)));
}

/**
 * Weight decay as a part of the gradient (L2): `g + decay * p`. PyTorch's weight_decay outside AdamW.
 *
 * @example
 * coupledDecay(tensor([2]), tensor([1]), 0.5) // => [2]
 */
export function coupledDecay(p: Tensor, g: Tensor, decay: Operand): Tensor {
  return add(g, mul(p, likeParameter(p, decay)));
}

/**
 * Weight decay beside the gradient: `p - lr * decay * p`. AdamW's, and every weight_decay of Keras.
 *
 * @example
 * decoupledDecay(tensor([2]), tensor(0.5), 0.5) // => [1.5]
 */
export function decoupledDecay(p: Tensor, lr: Operand, decay: Operand): Tensor {
  return sub(p, mul(p, mul(likeParameter(p, lr), likeParameter(p, decay))));
}

/**
 * Stochastic gradient descent, PyTorch's: `b' = momentum * b + (1 - dampening) * g` (`b' = g` at first), `p' = p - lr * b'`,
 * with nesterov `p' = p - lr * (g + momentum * b')`.
 *
 * @param state.buffer  b; missing at the first step and without momentum
 * @param o.momentum    default 0
 * @example
 * sgdUpdate(tensor([1]), tensor([2]), {}, { lr: 0.25 }).p // => [0.5]
 * sgdUpdate(tensor([1]), tensor([2]), { buffer: tensor([2]) }, { lr: 0.25, momentum: 0.5 }).p // => [0.25]
 */
export function sgdUpdate(
  p: Tensor,
  g: Tensor,
  state: { buffer?: Tensor },
  o: { lr: Operand; momentum?: Operand; dampening?: number; nesterov?: boolean },
): { p: Tensor; buffer?: Tensor } {
  const lr = likeParameter(p, o.lr);
  if (o.momentum === undefined || o.momentum === 0) return { p: sub(p, mul(g, lr)) };
  const momentum = likeParameter(p, o.momentum);
  const buffer = state.buffer ? add(mul(state.buffer, momentum), mul(g, 1 - (o.dampening ?? 0))) : g;
  const direction = o.nesterov ? add(g, mul(buffer, momentum)) : buffer;
  return { p: sub(p, mul(direction, lr)), buffer };
}

/**
 * Stochastic gradient descent, Keras's: the rate is inside the velocity, `m' = momentum * m - lr * g`, `p' = p + m'`,
 * with nesterov `p' = p + momentum * m' - lr * g`. The same as sgdUpdate as long as lr stays what it is.
 *
 * @param state.velocity  m, at first 0
 * @example
 * sgdVelocityUpdate(tensor([1]), tensor([2]), { velocity: tensor([-0.5]) }, { lr: 0.25, momentum: 0.5 }).p // => [0.25]
 */
export function sgdVelocityUpdate(
  p: Tensor,
  g: Tensor,
  state: { velocity: Tensor },
  o: { lr: Operand; momentum: Operand; nesterov?: boolean },
): { p: Tensor; velocity: Tensor } {
  const momentum = likeParameter(p, o.momentum);
  const move = mul(g, likeParameter(p, o.lr));
  const velocity = sub(mul(state.velocity, momentum), move);
  return { p: add(p, o.nesterov ? sub(mul(velocity, momentum), move) : velocity), velocity };
}

/** What the Adam family needs to know. */
export interface AdamOptions {
  readonly lr: Operand;
  /** How many steps were made, this one included. */
  readonly step: Operand;
  /** Default 0.9. */
  readonly beta1?: Operand;
  /** Default 0.999. */
  readonly beta2?: number;
  /** 1e-8 in PyTorch, 1e-7 in Keras. */
  readonly eps: number;
  readonly form: Form;
}

/** First and second moment, at first 0. */
export interface Moments {
  readonly m: Tensor;
  readonly v: Tensor;
}

/** Both moments after this gradient. */
export function moveMoments(g: Tensor, state: Moments, beta1: Operand, beta2: number): { m: Tensor; v: Tensor } {
  return { m: decayingMean(state.m, g, beta1), v: decayingMean(state.v, square(g), beta2) };
}

/**
 * Adam: `m' = beta1 m + (1 - beta1) g`, `v' = beta2 v + (1 - beta2) g^2`, `p' = p - lr m^ / (sqrt(v^) + eps)`, m^ = m' / (1 - beta1^t),
 * v^ = v' / (1 - beta2^t). Keras adds eps before the correction, so that it acts as `eps / sqrt(1 - beta2^t)`.
 * With decoupledDecay before it: AdamW. With `vMax`: AMSGrad, where v^ is made of the largest v' so far.
 *
 * @param state.vMax  at first 0; leave out for plain Adam
 * @see Kingma & Ba 2014, arXiv:1412.6980; Loshchilov & Hutter 2017, arXiv:1711.05101
 * @example
 * adamUpdate(tensor([1]), tensor([2]), { m: tensor([0]), v: tensor([0]) }, { lr: 0.5, step: 1, eps: 0, form: 'torch' }).p // => [0.5] within 1e-6
 */
export function adamUpdate<V extends Tensor | undefined>(
  p: Tensor,
  g: Tensor,
  state: Moments & { readonly vMax?: V },
  o: AdamOptions,
): { p: Tensor; m: Tensor; v: Tensor; vMax: V } {
  const { beta1 = 0.9, beta2 = 0.999 } = o;
  const { m, v } = moveMoments(g, state, beta1, beta2);
  const vMax = (state.vMax && maximum(state.vMax, v)) as V;
  const step = likeParameter(p, o.step);
  const root = sqrt(biasCorrection(beta2, step));
  const rate = div(likeParameter(p, o.lr), biasCorrection(beta1, step));
  const size = sqrt(vMax ?? v);
  // PyTorch's `m rate / (size / root + eps)`, with one division for each element
  const eps = o.form === 'torch' ? mul(root, o.eps) : o.eps;
  const moved = div(mul(m, mul(rate, root)), add(size, eps));
  return { p: sub(p, moved), m, v, vMax };
}

/**
 * RMSprop: `v' = rho v + (1 - rho) g^2`, `u = g / (sqrt(v') + eps)`, with momentum `b' = momentum b + u`, `p' = p - lr b'`; centered: v' loses
 * the square of the mean gradient. Keras has eps inside the root, and lr inside the momentum.
 *
 * @param state.v     at first 0
 * @param state.mean  the mean gradient, at first 0; leave out when not centered
 * @param state.buffer  at first 0; leave out without momentum
 * @param o.rho       0.99 in PyTorch (alpha), 0.9 in Keras
 * @param o.eps       1e-8 in PyTorch, 1e-7 in Keras
 * @see Hinton 2012, lecture 6e; Graves 2013, arXiv:1308.0850 (centered)
 * @example
 * rmspropUpdate(tensor([1]), tensor([2]), { v: tensor([0]) }, { lr: 0.5, rho: 0.75, eps: 0, form: 'torch' }).p // => [0]
 */
export function rmspropUpdate(
  p: Tensor,
  g: Tensor,
  state: { v: Tensor; mean?: Tensor; buffer?: Tensor },
  o: { lr: Operand; rho: number; eps: number; momentum?: Operand; form: Form },
): { p: Tensor; v: Tensor; mean?: Tensor; buffer?: Tensor } {
  const lr = likeParameter(p, o.lr);
  const v = decayingMean(state.v, square(g), o.rho);
  const mean = state.mean && decayingMean(state.mean, g, o.rho);
  const spread = mean ? sub(v, square(mean)) : v;
  const torch = o.form === 'torch';
  const u = div(g, torch ? add(sqrt(spread), o.eps) : sqrt(add(spread, o.eps)));
  const common = { v, ...(mean && { mean }) };
  if (!state.buffer) return { p: sub(p, mul(u, lr)), ...common };
  const buffer = add(mul(state.buffer, likeParameter(p, o.momentum ?? 0)), torch ? u : mul(u, lr));
  return { p: sub(p, torch ? mul(buffer, lr) : buffer), ...common, buffer };
}

/**
 * The p-norm of several tensors taken as one vector.
 *
 * @param gs    at least one
 * @param p     default 2
 * @returns     0-d
 * @example
 * globalNorm([tensor([3]), tensor([[4]])]) // => 5
 */
export function globalNorm(gs: readonly Tensor[], p = 2): Tensor {
  return vectorNorm(
    stack(
      gs.map((g) => vectorNorm(g, p)),
      0,
    ),
    p,
  );
}

/**
 * Scales tensors so that their common norm is at most `limit`: each times `min(1, limit / (norm + eps))`.
 *
 * @param o.p    the norm; default 2
 * @param o.eps  1e-6 in PyTorch; default 0 as in Keras
 * @returns      the scaled tensors, and the norm before
 * @example
 * clipByNorm([tensor([3, 4])], 1).clipped // => [[0.6, 0.8]] within 1e-6
 */
export function clipByNorm(
  gs: readonly Tensor[],
  limit: number,
  o: { p?: number; eps?: number } = {},
): { clipped: Tensor[]; norm: Tensor } {
  const norm = globalNorm(gs, o.p ?? 2);
  const factor = minimum(div(limit, o.eps ? add(norm, o.eps) : norm), 1);
  return { clipped: gs.map((g) => mul(g, factor)), norm };
}
