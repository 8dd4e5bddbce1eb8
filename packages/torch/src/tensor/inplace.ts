// The methods that end in an underscore: an operation whose result takes the tensor's place.
import * as core from '@nn/core';
import { assign, store } from './assign.js';
import { clearGrad, type Operand, requireGrad, type Tensor } from './handle.js';

/** The values of another tensor, broadcast and converted. */
export function copy_(x: Tensor, source: Operand): Tensor {
  return store(x, source, 'Copy');
}
/** One value everywhere. */
export function fill_(x: Tensor, value: Operand): Tensor {
  return store(x, value, 'Fill');
}
/** 0 everywhere. */
export function zero_(x: Tensor): Tensor {
  return store(x, 0, 'Zero');
}

interface Draw {
  generator?: core.Generator;
}
const source = (o: Draw | undefined): Draw => (o?.generator ? { generator: o.generator } : {});
/** What random numbers are drawn in: the tensor's dtype, or float32 for integers. */
const drawn = (x: Tensor): core.DType => (core.isFloat(x.spec.dtype) ? x.spec.dtype : 'f32');
const put = (x: Tensor, v: core.Tensor, fn: string): Tensor =>
  assign(x, v.dtype === x.spec.dtype ? v : core.cast(v, x.spec.dtype), fn);

/** Uniform numbers in [from, to). */
export function uniform_(x: Tensor, from = 0, to = 1, o?: Draw): Tensor {
  if (!core.isFloat(x.spec.dtype))
    throw new core.DTypeError(
      `"check_uniform_bounds" not implemented for ${x.dtype}; use random_(from, to) for integers`,
    );
  if (from > to)
    throw new core.ValueError(`uniform_ expects to return a [from, to) range, but found from=${from} > to=${to}`);
  return put(
    x,
    core.beside(x.value, () => core.uniform(x.shape, { low: from, high: to, dtype: drawn(x), ...source(o) })),
    'Uniform',
  );
}
/** Normal numbers. */
export function normal_(x: Tensor, mean = 0, std = 1, o?: Draw): Tensor {
  if (std < 0) throw new core.ValueError(`normal expects std >= 0.0, but found std ${std}`);
  return put(
    x,
    core.beside(x.value, () => core.normal(x.shape, { mean, std, dtype: drawn(x), ...source(o) })),
    'Normal',
  );
}
/** 1 with probability p (a number, or a tensor of its shape), else 0. */
export function bernoulli_(x: Tensor, p: Operand = 0.5, o?: Draw): Tensor {
  return put(
    x,
    core.beside(x.value, () => core.bernoulli(typeof p === 'object' ? p.value : p, x.shape, source(o))),
    'Bernoulli',
  );
}
/** Exponentially distributed numbers of rate `lambd`. */
export function exponential_(x: Tensor, lambd = 1, o?: Draw): Tensor {
  const u = core.beside(x.value, () => core.uniform(x.shape, { dtype: drawn(x), ...source(o) }));
  return put(x, core.div(core.neg(core.log1p(core.neg(u))), lambd), 'Exponential');
}
/** Whole numbers in [from, to); with one argument in [0, from). */
export function random_(x: Tensor, from: number = 2 ** 24, to?: number, o?: Draw): Tensor {
  const [low, high] = to === undefined ? [0, from] : [from, to];
  return put(
    x,
    core.beside(x.value, () => core.randint(x.shape, low, high, source(o))),
    'Random',
  );
}
/** A number on the diagonal of a matrix. */
export function fillDiagonal_(x: Tensor, value: number): Tensor {
  const [n, m] = x.shape as [number, number];
  return assign(
    x,
    core.where(
      core.beside(x.value, () => core.eye(n, m, 'bool')),
      value,
      x.value,
    ),
    'FillDiagonal',
  );
}
/** Records gradients for this leaf, or stops doing so. */
export function requiresGrad_(x: Tensor, on = true): Tensor {
  return requireGrad(x, on);
}
/** Forgets the history: the tensor becomes a leaf. */
export function detach_(x: Tensor): Tensor {
  if (x._view) throw new core.GradError("Can't detach views in-place. Use detach() instead.");
  const plain = core.detach(x.value);
  clearGrad(x);
  if (x._cell) {
    x._cell.trainable = false;
    x._held = null;
  } else x._held = plain;
  return x;
}
