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
