// Elementwise functions of two or more tensors: arithmetic, comparison, logic, choice. Shapes broadcast.
import * as core from '@nn/core';
import { type Operand, raw, Tensor } from '../tensor/handle.js';

export type Binary = (x: Operand, other: Operand) => Tensor;
const binary =
  (fn: string, f: (x: core.Operand, y: core.Operand) => core.Tensor): Binary =>
  (x, other) =>
    new Tensor(f(raw(x), raw(other)), fn);

/** `x + alpha * other` */
export function add(x: Operand, other: Operand, o?: { alpha?: number }): Tensor {
  return new Tensor(core.add(raw(x), scaled(other, o)), 'Add');
}
/** `x - alpha * other` */
export function sub(x: Operand, other: Operand, o?: { alpha?: number }): Tensor {
  return new Tensor(core.sub(raw(x), scaled(other, o)), 'Sub');
}
/** `alpha * other - x` turned round: `other - alpha * x`. */
export function rsub(x: Tensor, other: Operand, o?: { alpha?: number }): Tensor {
  return new Tensor(core.sub(raw(other), scaled(x, o)), 'Rsub');
}
const scaled = (x: Operand, o: { alpha?: number } | undefined): core.Operand =>
  o?.alpha === undefined ? raw(x) : core.mul(raw(x), o.alpha);

/** The product. */
export const mul: Binary = /* @__PURE__ */ binary('Mul', core.mul);
/**
 * The quotient; integers give float32. With a rounding mode, the quotient rounded towards zero ('trunc') or down ('floor').
 *
 * @example
 * div(tensor([-7]), 2) // => [-3.5]
 * div(tensor([-7]), 2, { roundingMode: 'trunc' }) // => [-3]
 */
export function div(x: Operand, other: Operand, o: { roundingMode?: 'trunc' | 'floor' | null } = {}): Tensor {
  const [a, b] = [raw(x), raw(other)];
  if (o.roundingMode == null) return new Tensor(core.div(a, b), 'Div');
  if (o.roundingMode === 'floor') return new Tensor(core.floorDivide(a, b), 'Div');
  if (o.roundingMode !== 'trunc') {
    throw new core.ValueError(
      `div expected rounding_mode to be one of None, 'trunc', or 'floor' but found '${String(o.roundingMode)}'`,
    );
  }
  // The remainder with the sign of x makes the quotient whole, also for integers.
  const quotient = core.div(core.sub(a, core.fmod(a, b)), b);
  const kind = core.promote('div', dtypeOf(a, b), dtypeOf(b, a));
  return new Tensor(core.cast(core.trunc(quotient), kind), 'Div');
}
const dtypeOf = (x: core.Operand, other: core.Operand): core.DType =>
  x instanceof core.Tensor
    ? x.dtype
    : other instanceof core.Tensor && (core.isFloat(other.dtype) || Number.isInteger(x))
      ? other.dtype
      : 'f32';

/** `x ^ exponent` */
export const pow: Binary = /* @__PURE__ */ binary('Pow', core.pow);
/** The quotient rounded down. */
export const floorDivide: Binary = /* @__PURE__ */ binary('', core.floorDivide);
/** The remainder with the sign of the divisor. */
export const remainder: Binary = /* @__PURE__ */ binary('Remainder', core.remainder);
/** The remainder with the sign of the dividend. */
export const fmod: Binary = /* @__PURE__ */ binary('Fmod', core.fmod);
/** The angle of the point (other, x). */
export const atan2: Binary = /* @__PURE__ */ binary('Atan2', core.atan2);
/** The larger one; NaN wins. */
export const maximum: Binary = /* @__PURE__ */ binary('Maximum', core.maximum);
/** The smaller one; NaN wins. */
export const minimum: Binary = /* @__PURE__ */ binary('Minimum', core.minimum);
/** x == other */
export const eq: Binary = /* @__PURE__ */ binary('', core.equal);
/** x != other */
export const ne: Binary = /* @__PURE__ */ binary('', core.notEqual);
/** x < other */
export const lt: Binary = /* @__PURE__ */ binary('', core.less);
/** x <= other */
export const le: Binary = /* @__PURE__ */ binary('', core.lessEqual);
/** x > other */
export const gt: Binary = /* @__PURE__ */ binary('', core.greater);
/** x >= other */
export const ge: Binary = /* @__PURE__ */ binary('', core.greaterEqual);
export const logicalAnd: Binary = /* @__PURE__ */ binary('', core.logicalAnd);
export const logicalOr: Binary = /* @__PURE__ */ binary('', core.logicalOr);
export const logicalXor: Binary = /* @__PURE__ */ binary('', core.logicalXor);
export const bitwiseAnd: Binary = /* @__PURE__ */ binary('', core.bitwiseAnd);
export const bitwiseOr: Binary = /* @__PURE__ */ binary('', core.bitwiseOr);
export const bitwiseXor: Binary = /* @__PURE__ */ binary('', core.bitwiseXor);
export const bitwiseLeftShift: Binary = /* @__PURE__ */ binary('', core.leftShift);
export const bitwiseRightShift: Binary = /* @__PURE__ */ binary('', core.rightShift);

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

/** `x + weight * (end - x)` */
export function lerp(x: Tensor, end: Tensor, weight: Operand): Tensor {
  return new Tensor(core.add(x.value, core.mul(raw(weight), core.sub(end.value, x.value))), 'Lerp');
}

/** `x + value * a * b` */
export function addcmul(x: Tensor, a: Operand, b: Operand, o: { value?: number } = {}): Tensor {
  return new Tensor(core.add(x.value, core.mul(core.mul(raw(a), o.value ?? 1), raw(b))), 'Addcmul');
}
/** `x + value * a / b` */
export function addcdiv(x: Tensor, a: Operand, b: Operand, o: { value?: number } = {}): Tensor {
  return new Tensor(core.add(x.value, core.div(core.mul(raw(a), o.value ?? 1), raw(b))), 'Addcdiv');
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

/** `values` where `mask` is true, x elsewhere. */
export function maskedFill(x: Tensor, mask: Tensor, value: Operand): Tensor {
  checkMask(mask);
  return new Tensor(core.where(mask.value, like(value, x.value), x.value), 'MaskedFill');
}
const like = (value: Operand, x: core.Tensor): core.Operand => {
  const v = raw(value);
  return v instanceof core.Tensor && v.dtype !== x.dtype ? core.cast(v, x.dtype) : v;
};
function checkMask(mask: Tensor): void {
  if (mask.dtype !== 'bool')
    throw new core.DTypeError(
      `masked_fill_ only supports boolean masks, but got mask with dtype ${mask.dtype}. Make one with a comparison or mask.bool()`,
    );
}
