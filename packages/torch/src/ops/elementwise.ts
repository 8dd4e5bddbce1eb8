// More elementwise functions, which are not methods: special functions, integers, signs, closeness.
import * as core from '@nn/core';
import { type Operand, raw, Tensor } from '../tensor/handle.js';
import { bind } from './arguments.js';
import type { Unary } from './pointwise.js';

const scaled = (x: Operand, o: { alpha?: number } | undefined): core.Operand =>
  o?.alpha === undefined ? raw(x) : core.mul(raw(x), o.alpha);
const unary =
  (fn: string, f: (x: core.Operand) => core.Tensor): Unary =>
  (x) =>
    new Tensor(f(raw(x)), fn);

/** The inverse of `erf`. */
export const erfinv: Unary = /* @__PURE__ */ unary('Erfinv', core.erfinv);

/** The logarithm of the gamma function. */
export const lgamma: Unary = /* @__PURE__ */ unary('Lgamma', core.lgamma);

/** The derivative of `lgamma`. */
export const digamma: Unary = /* @__PURE__ */ unary('Digamma', core.digamma);

/** Degrees to radians. */
export function deg2rad(x: Tensor): Tensor {
  return new Tensor(core.mul(x.value, Math.PI / 180), 'Mul');
}

/** Radians to degrees. */
export function rad2deg(x: Tensor): Tensor {
  return new Tensor(core.mul(x.value, 180 / Math.PI), 'Mul');
}

/** `log(x / (1 - x))`, with x kept `eps` away from 0 and 1 when given. */
export function logit(x: Tensor, eps?: number | { eps?: number }): Tensor {
  const e = bind<{ eps: number }>(['eps'], eps).eps;
  const v = e === undefined ? x.value : core.clamp(x.value, { min: e, max: 1 - e });
  return new Tensor(core.sub(core.log(v), core.log1p(core.neg(v))), 'Logit');
}

/** `sin(pi x) / (pi x)`, 1 at 0. */
export function sinc(x: Tensor): Tensor {
  const v = core.mul(x.value, Math.PI);
  const zero = core.equal(v, 0);
  const safe = core.where(zero, 1, v);
  return new Tensor(core.where(zero, 1, core.div(core.sin(safe), safe)), 'Sinc');
}

/** True where the sign bit is set: negative numbers and -0. */
export function signbit(x: Tensor): Tensor {
  const v = x.value;
  return new Tensor(core.less(core.isFloat(v.dtype) ? core.where(core.equal(v, 0), core.reciprocal(v), v) : v, 0));
}

/** Replaces NaN and infinities; by default by 0 and by the largest numbers of the dtype. */
export function nanToNum(x: Tensor, o: { nan?: number; posinf?: number; neginf?: number } | number = {}): Tensor {
  const { nan = 0, posinf, neginf } = bind<{ nan: number; posinf: number; neginf: number }>(['nan'], o);
  const v = x.value;
  if (!core.isFloat(v.dtype)) return x;
  const largest = v.dtype === 'f64' ? Number.MAX_VALUE : 3.4028234663852886e38;
  const finite = core.where(core.isNaN(v), nan, v);
  const low = core.where(core.equal(finite, -Infinity), neginf ?? -largest, finite);
  return new Tensor(core.where(core.equal(low, Infinity), posinf ?? largest, low), 'NanToNum');
}

/** `alpha * other - x` turned round: `other - alpha * x`. */
export function rsub(x: Tensor, other: Operand, o?: { alpha?: number }): Tensor {
  return new Tensor(core.sub(raw(other), scaled(x, o)), 'Rsub');
}

/** The larger one; a number wins over NaN. */
export function fmax(x: Operand, other: Operand): Tensor {
  return extreme(core.maximum, x, other, 'Fmax');
}

/** The smaller one; a number wins over NaN. */
export function fmin(x: Operand, other: Operand): Tensor {
  return extreme(core.minimum, x, other, 'Fmin');
}

function extreme(f: (a: core.Operand, b: core.Operand) => core.Tensor, x: Operand, other: Operand, fn: string): Tensor {
  const [a, b] = [raw(x), raw(other)];
  return new Tensor(core.where(core.isNaN(a), b, core.where(core.isNaN(b), a, f(a, b))), fn);
}

/** `sqrt(x^2 + other^2)` without overflow. */
export function hypot(x: Tensor, other: Operand): Tensor {
  const [a, b] = [core.abs(x.value), core.abs(raw(other))];
  const large = core.maximum(a, b);
  const safe = core.where(core.equal(large, 0), 1, large);
  const ratio = core.div(core.minimum(a, b), safe);
  return new Tensor(core.mul(large, core.sqrt(core.add(core.square(ratio), 1))), 'Hypot');
}

/** `log(exp(x) + exp(other))` without overflow. */
export function logaddexp(x: Tensor, other: Tensor): Tensor {
  return new Tensor(logAddExp(x.value, other.value), 'Logaddexp');
}

function logAddExp(a: core.Tensor, b: core.Tensor): core.Tensor {
  const same = core.equal(a, b);
  const distance = core.where(same, 0, core.abs(core.sub(a, b)));
  const top = core.where(same, core.mul(core.add(a, b), 0.5), core.maximum(a, b));
  return core.add(top, core.log1p(core.exp(core.neg(distance))));
}

/** `log2(2^x + 2^other)` without overflow. */
export function logaddexp2(x: Tensor, other: Tensor): Tensor {
  return new Tensor(
    core.div(logAddExp(core.mul(x.value, Math.LN2), core.mul(other.value, Math.LN2)), Math.LN2),
    'Logaddexp2',
  );
}

/** The size of x with the sign of `other`, whose gradient is 0. */
export function copysign(x: Tensor, other: Operand): Tensor {
  const [a, b] = [x.value, raw(other)];
  const negative = (v: core.Operand): core.Tensor => core.less(core.where(core.equal(v, 0), core.reciprocal(v), v), 0);
  const flipped = core.where(core.notEqual(negative(a), negative(b)), core.neg(a), a);
  const finite = core.where(core.isFinite(b), b, 0);
  return new Tensor(core.mul(flipped, core.add(core.sub(finite, finite), 1)), 'Copysign');
}

/** 0 below zero, 1 above, and `values` at zero. */
export function heaviside(x: Tensor, values: Tensor): Tensor {
  const v = x.value;
  return new Tensor(core.where(core.equal(v, 0), values.value, core.cast(core.greater(v, 0), v.dtype)));
}

/** `x * log(other)`, 0 where x is 0. */
export function xlogy(x: Operand, other: Operand): Tensor {
  return new Tensor(timesLog(raw(x), raw(other), core.log), 'Xlogy');
}

/** `x * log1p(other)`, 0 where x is 0. */
export function xlog1py(x: Operand, other: Operand): Tensor {
  return new Tensor(timesLog(raw(x), raw(other), core.log1p), 'Xlog1Py');
}

function timesLog(a: core.Operand, b: core.Operand, log: (x: core.Operand) => core.Tensor): core.Tensor {
  const zero = core.logicalAnd(core.equal(a, 0), core.logicalNot(core.isNaN(b)));
  return core.where(zero, 0, core.mul(a, log(core.where(zero, 1, b))));
}

/** `x ^ exponent` in float64. */
export function floatPower(x: Operand, exponent: Operand): Tensor {
  const wide = (v: core.Operand): core.Operand => (v instanceof core.Tensor ? core.cast(v, 'f64') : v);
  return new Tensor(core.pow(wide(raw(x)), wide(raw(exponent))), 'Pow');
}

/** The greatest common divisor of integers. */
export function gcd(x: Tensor, other: Tensor): Tensor {
  return new Tensor(greatestDivisor(x.value, other.value));
}

function greatestDivisor(x: core.Tensor, y: core.Tensor): core.Tensor {
  let [a, b] = [core.abs(x), core.abs(y)];
  // Euclid's algorithm takes at most 47 steps for 32 bits.
  for (let i = 0; i < 47; i++) {
    const done = core.equal(b, 0);
    const rest = core.where(done, 0, core.remainder(a, core.where(done, 1, b)));
    a = core.where(done, a, b);
    b = rest;
  }
  return a;
}

/** The least common multiple of integers. */
export function lcm(x: Tensor, other: Tensor): Tensor {
  const [a, b] = [x.value, other.value];
  const divisor = greatestDivisor(a, b);
  const safe = core.where(core.equal(divisor, 0), 1, divisor);
  return new Tensor(core.abs(core.mul(core.floorDivide(a, safe), b)));
}

export interface CloseOptions {
  rtol?: number;
  atol?: number;
  equalNan?: boolean;
}

/** Where `|x - other| <= atol + rtol * |other|`. */
export function isclose(x: Tensor, other: Tensor, o: CloseOptions = {}): Tensor {
  const [a, b] = [x.value, other.value];
  const near = core.lessEqual(
    core.abs(core.sub(a, b)),
    core.add(core.mul(core.abs(b), o.rtol ?? 1e-5), o.atol ?? 1e-8),
  );
  const finite = core.logicalAnd(core.isFinite(a), core.isFinite(b));
  const close = core.logicalOr(core.equal(a, b), core.logicalAnd(finite, near));
  return new Tensor(o.equalNan ? core.logicalOr(close, core.logicalAnd(core.isNaN(a), core.isNaN(b))) : close);
}

/** Where each element is among the elements of `test`. */
export function isin(x: Tensor, test: Operand, o: { invert?: boolean } = {}): Tensor {
  const flat = test instanceof Tensor ? core.reshape(test.value, [-1]) : core.reshape(core.literal(test), [1]);
  const found = core.any(core.equal(core.unsqueeze(x.value, -1), flat), { axes: -1 });
  return new Tensor(o.invert ? core.logicalNot(found) : found);
}
