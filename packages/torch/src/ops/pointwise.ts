// Elementwise functions of one tensor.
import * as core from '@nn/core';
import { type Operand, raw, rawTensor, Tensor } from '../tensor/handle.js';
import { bind, dimOf } from './arguments.js';

export type Unary = (x: Tensor) => Tensor;
const unary =
  (fn: string, f: (x: core.Operand) => core.Tensor): Unary =>
  (x) =>
    new Tensor(f(raw(x)), fn);

/** `|x|` */
export const abs: Unary = /* @__PURE__ */ unary('Abs', core.abs);
/** `-x` */
export const neg: Unary = /* @__PURE__ */ unary('Neg', core.neg);
/** -1, 0 or 1; 0 for NaN. */
export const sign: Unary = /* @__PURE__ */ unary('Sign', (x) => core.where(core.isNaN(x), 0, core.sign(x)));
/** Down to the next integer. */
export const floor: Unary = /* @__PURE__ */ unary('Floor', core.floor);
/** Up to the next integer. */
export const ceil: Unary = /* @__PURE__ */ unary('Ceil', core.ceil);
/** Towards zero. */
export const trunc: Unary = /* @__PURE__ */ unary('Trunc', core.trunc);
/** The square root. */
export const sqrt: Unary = /* @__PURE__ */ unary('Sqrt', core.sqrt);
/** `1 / sqrt(x)` */
export const rsqrt: Unary = /* @__PURE__ */ unary('Rsqrt', core.rsqrt);
/** `1 / x` */
export const reciprocal: Unary = /* @__PURE__ */ unary('Reciprocal', core.reciprocal);
/** `x^2` */
export const square: Unary = /* @__PURE__ */ unary('Pow', core.square);
/** `e^x` */
export const exp: Unary = /* @__PURE__ */ unary('Exp', core.exp);
/** `2^x` */
export const exp2: Unary = /* @__PURE__ */ unary('Exp2', core.exp2);
/** `e^x - 1`, exact near 0. */
export const expm1: Unary = /* @__PURE__ */ unary('Expm1', core.expm1);
/** The natural logarithm. */
export const log: Unary = /* @__PURE__ */ unary('Log', core.log);
/** `log(1 + x)`, exact near 0. */
export const log1p: Unary = /* @__PURE__ */ unary('Log1P', core.log1p);
export const log2: Unary = /* @__PURE__ */ unary('Log2', core.log2);
export const log10: Unary = /* @__PURE__ */ unary('Log10', core.log10);
export const sin: Unary = /* @__PURE__ */ unary('Sin', core.sin);
export const cos: Unary = /* @__PURE__ */ unary('Cos', core.cos);
export const tan: Unary = /* @__PURE__ */ unary('Tan', core.tan);
export const asin: Unary = /* @__PURE__ */ unary('Asin', core.asin);
export const acos: Unary = /* @__PURE__ */ unary('Acos', core.acos);
export const atan: Unary = /* @__PURE__ */ unary('Atan', core.atan);
export const sinh: Unary = /* @__PURE__ */ unary('Sinh', core.sinh);
export const cosh: Unary = /* @__PURE__ */ unary('Cosh', core.cosh);
/** The hyperbolic tangent. */
export const tanh: Unary = /* @__PURE__ */ unary('Tanh', core.tanh);
export const asinh: Unary = /* @__PURE__ */ unary('Asinh', core.asinh);
export const acosh: Unary = /* @__PURE__ */ unary('Acosh', core.acosh);
export const atanh: Unary = /* @__PURE__ */ unary('Atanh', core.atanh);
/** The error function. */
export const erf: Unary = /* @__PURE__ */ unary('Erf', core.erf);
/** `1 - erf(x)` */
export const erfc: Unary = /* @__PURE__ */ unary('Erfc', core.erfc);
/** `1 / (1 + e^-x)` */
export const sigmoid: Unary = /* @__PURE__ */ unary('Sigmoid', core.sigmoid);
/** `max(x, 0)` */
export const relu: Unary = (x) => new Tensor(core.relu(x.value), 'Relu');
/** The opposite truth value. */
export const logicalNot: Unary = /* @__PURE__ */ unary('', core.logicalNot);
/** All bits turned round; the opposite for booleans. */
export const bitwiseNot: Unary = /* @__PURE__ */ unary('', core.bitwiseNot);
export const isnan: Unary = /* @__PURE__ */ unary('', core.isNaN);
export const isinf: Unary = /* @__PURE__ */ unary('', core.isInf);
export const isfinite: Unary = /* @__PURE__ */ unary('', core.isFinite);

/**
 * To the nearest integer, ties to the even one; `decimals` digits after the point are kept.
 *
 * @example
 * round(tensor([0.5, 1.5, 2.6])) // => [0, 2, 3]
 */
export function round(x: Tensor, o: { decimals?: number } = {}): Tensor {
  if (!o.decimals) return new Tensor(core.round(x.value), 'Round');
  const scale = 10 ** o.decimals;
  return new Tensor(core.div(core.round(core.mul(x.value, scale)), scale), 'Round');
}

/** `x - trunc(x)` */
export function frac(x: Tensor): Tensor {
  return new Tensor(core.sub(x.value, core.trunc(x.value)), 'Frac');
}

export interface ClampOptions {
  min?: Operand | null;
  max?: Operand | null;
}
/**
 * Keeps values within bounds; either bound may be missing or a tensor.
 *
 * @example
 * clamp(tensor([-1, 0.5, 2]), 0, 1) // => [0, 0.5, 1]
 */
export function clamp(x: Tensor, min?: Operand | ClampOptions | null, max?: Operand | ClampOptions | null): Tensor {
  const o = bind<ClampOptions>(['min', 'max'], min, max);
  if (o.min == null && o.max == null)
    throw new core.ValueError("torch.clamp: At least one of 'min' or 'max' must not be None. Give a bound");
  return new Tensor(
    core.clamp(x.value, { ...(o.min != null && { min: raw(o.min) }), ...(o.max != null && { max: raw(o.max) }) }),
    'Clamp',
  );
}

/** `softmax` over an axis: `exp(x) / sum(exp(x))`. */
export function softmax(x: Tensor, dim: number | { dim: number }): Tensor {
  const axis = bind<{ dim: number }>(['dim'], dim).dim!;
  return new Tensor(core.softmax(rawTensor(x), dimOf(axis, x.shape.length)), 'Softmax');
}

/** The logarithm of `softmax`, computed without overflow. */
export function logSoftmax(x: Tensor, dim: number | { dim: number }): Tensor {
  const axis = bind<{ dim: number }>(['dim'], dim).dim!;
  return new Tensor(core.logSoftmax(x.value, dimOf(axis, x.shape.length)), 'LogSoftmax');
}

export {
  abs as absolute,
  neg as negative,
  trunc as fix,
  asin as arcsin,
  acos as arccos,
  atan as arctan,
  asinh as arcsinh,
  acosh as arccosh,
  atanh as arctanh,
  clamp as clip,
  sign as sgn,
};
