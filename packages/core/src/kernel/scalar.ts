// The closed set of scalar operations. `js` is their definition; a backend only spells them.
import { erf, erfc, erfinv, lgamma, polygamma, roundEven } from './special.js';

/** What the result's dtype is: that of the first argument, a bool, or that of the last argument. */
type Result = 'first' | 'bool' | 'last';
export interface ScalarInfo {
  readonly js: (...x: number[]) => number;
  readonly result: Result;
}
const row = (js: (...x: number[]) => number, result: Result = 'first'): ScalarInfo => ({ js, result });
const binary = (js: (a: number, b: number) => number, result: Result = 'first'): ScalarInfo => row(js, result);
const unary = (js: (a: number) => number): ScalarInfo => row(js);

export type ScalarOp =
  | 'add'
  | 'sub'
  | 'mul'
  | 'div'
  | 'idiv'
  | 'mod'
  | 'rem'
  | 'pow'
  | 'max'
  | 'min'
  | 'atan2'
  | 'lt'
  | 'le'
  | 'eq'
  | 'ne'
  | 'and'
  | 'or'
  | 'xor'
  | 'shl'
  | 'shr'
  | 'ushr'
  | 'neg'
  | 'abs'
  | 'sign'
  | 'floor'
  | 'ceil'
  | 'trunc'
  | 'round'
  | 'sqrt'
  | 'exp'
  | 'expm1'
  | 'log'
  | 'log1p'
  | 'sin'
  | 'cos'
  | 'tan'
  | 'asin'
  | 'acos'
  | 'atan'
  | 'sinh'
  | 'cosh'
  | 'tanh'
  | 'asinh'
  | 'acosh'
  | 'atanh'
  | 'erf'
  | 'erfc'
  | 'erfinv'
  | 'lgamma'
  | 'polygamma'
  | 'where';

/** One row for each operation. */
export const scalarOps: Readonly<Record<ScalarOp, ScalarInfo>> = {
  add: binary((a, b) => a + b),
  sub: binary((a, b) => a - b),
  mul: binary((a, b) => a * b),
  div: binary((a, b) => a / b),
  /** Division of integers, rounded down. */
  idiv: binary((a, b) => Math.floor(a / b)),
  /** a - b*floor(a/b): the sign of the divisor. */
  mod: binary((a, b) => {
    const r = a % b;
    return r !== 0 && r < 0 !== b < 0 ? r + b : r;
  }),
  /** Remainder with the sign of the dividend. */
  rem: binary((a, b) => a % b),
  pow: binary((a, b) => (a === 1 || b === 0 ? 1 : a ** b)),
  max: binary((a, b) => Math.max(a, b)),
  min: binary((a, b) => Math.min(a, b)),
  atan2: binary((a, b) => Math.atan2(a, b)),
  lt: binary((a, b) => +(a < b), 'bool'),
  le: binary((a, b) => +(a <= b), 'bool'),
  eq: binary((a, b) => +(a === b), 'bool'),
  ne: binary((a, b) => +(a !== b), 'bool'),
  /** Bit by bit; on bools the logical operation. */
  and: binary((a, b) => a & b),
  or: binary((a, b) => a | b),
  xor: binary((a, b) => a ^ b),
  shl: binary((a, b) => a << b),
  /** Keeps the sign; for i32. */
  shr: binary((a, b) => a >> b),
  /** Fills with zeros; for u32 and u8. */
  ushr: binary((a, b) => a >>> b),
  neg: unary((a) => -a),
  abs: unary((a) => Math.abs(a)),
  sign: unary((a) => Math.sign(a)),
  floor: unary((a) => Math.floor(a)),
  ceil: unary((a) => Math.ceil(a)),
  trunc: unary((a) => Math.trunc(a)),
  /** Halves go to the even neighbour. */
  round: unary(roundEven),
  sqrt: unary((a) => Math.sqrt(a)),
  exp: unary((a) => Math.exp(a)),
  expm1: unary((a) => Math.expm1(a)),
  log: unary((a) => Math.log(a)),
  log1p: unary((a) => Math.log1p(a)),
  sin: unary((a) => Math.sin(a)),
  cos: unary((a) => Math.cos(a)),
  tan: unary((a) => Math.tan(a)),
  asin: unary((a) => Math.asin(a)),
  acos: unary((a) => Math.acos(a)),
  atan: unary((a) => Math.atan(a)),
  sinh: unary((a) => Math.sinh(a)),
  cosh: unary((a) => Math.cosh(a)),
  tanh: unary((a) => Math.tanh(a)),
  asinh: unary((a) => Math.asinh(a)),
  acosh: unary((a) => Math.acosh(a)),
  atanh: unary((a) => Math.atanh(a)),
  erf: unary(erf),
  erfc: unary(erfc),
  erfinv: unary(erfinv),
  lgamma: unary(lgamma),
  /** polygamma(n, x): the n-th derivative of digamma; n is a constant. */
  polygamma: binary((n, x) => polygamma(n, x), 'last'),
  where: row((c, a, b) => (c ? a : b), 'last'),
};
