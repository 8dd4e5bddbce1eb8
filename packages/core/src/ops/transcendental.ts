// Roots, exponentials, logarithms, trigonometric and special functions, element by element.
import { isFloat } from '../base/index.js';
import { expr, lit, type Expr } from '../kernel/index.js';
import type { Tensor } from '../graph/tensor.js';
import { abs, add, div, equal, greaterEqual, logicalAnd, mul, neg, sign, sub, where } from './arithmetic.js';
import { zerosFor, type Operand } from './define.js';
import {
  binaryFunction,
  both,
  floating,
  like,
  numeric,
  op,
  realFunction,
  type BinaryOp,
  type UnaryOp,
} from './makers.js';

/** Square root. */
export const sqrt: UnaryOp = realFunction('sqrt', {
  expr: op('sqrt'),
  grad: (g, _, y) => div(g, mul(y, 2)),
  keep: 'y',
  domain: 'positive',
});
/** 1 / sqrt(x) */
export const rsqrt: UnaryOp = realFunction('rsqrt', {
  expr: (x) => expr('div', like(1, x), expr('sqrt', x)),
  grad: (g, _, y) => mul(g, mul(mul(mul(y, y), y), -0.5)),
  keep: 'y',
  domain: 'positive',
});
/** 1 / x */
export const reciprocal: UnaryOp = realFunction('reciprocal', {
  expr: (x) => expr('div', like(1, x), x),
  grad: (g, _, y) => neg(mul(g, mul(y, y))),
  keep: 'y',
  domain: 'positive',
});
/** e^x */
export const exp: UnaryOp = realFunction('exp', { expr: op('exp'), grad: (g, _, y) => mul(g, y), keep: 'y' });
/** 2^x */
export const exp2: UnaryOp = realFunction('exp2', {
  expr: (x) => expr('pow', like(2, x), x),
  grad: (g, _, y) => mul(g, mul(y, Math.LN2)),
  keep: 'y',
});
/** e^x - 1, exact near 0. */
export const expm1: UnaryOp = realFunction('expm1', {
  expr: op('expm1'),
  grad: (g, _, y) => mul(g, add(y, 1)),
  keep: 'y',
});
/** Natural logarithm. */
export const log: UnaryOp = realFunction('log', {
  expr: op('log'),
  grad: (g, x) => div(g, x),
  keep: 'x',
  domain: 'positive',
});
/** log(1 + x), exact near 0. */
export const log1p: UnaryOp = realFunction('log1p', {
  expr: op('log1p'),
  grad: (g, x) => div(g, add(x, 1)),
  keep: 'x',
  domain: 'positive',
});
/** Logarithm to base 2. */
export const log2: UnaryOp = realFunction('log2', {
  expr: (x) => expr('mul', expr('log', x), like(Math.LOG2E, x)),
  grad: (g, x) => div(g, mul(x, Math.LN2)),
  keep: 'x',
  domain: 'positive',
});
/** Logarithm to base 10. */
export const log10: UnaryOp = realFunction('log10', {
  expr: (x) => expr('mul', expr('log', x), like(Math.LOG10E, x)),
  grad: (g, x) => div(g, mul(x, Math.LN10)),
  keep: 'x',
  domain: 'positive',
});
/** Sine of x in radians. */
export const sin: UnaryOp = realFunction('sin', { expr: op('sin'), grad: (g, x) => mul(g, cos(x)), keep: 'x' });
/** Cosine of x in radians. */
export const cos: UnaryOp = realFunction('cos', { expr: op('cos'), grad: (g, x) => neg(mul(g, sin(x))), keep: 'x' });
/** Tangent of x in radians. */
export const tan: UnaryOp = realFunction('tan', {
  expr: op('tan'),
  grad: (g, _, y) => mul(g, add(mul(y, y), 1)),
  keep: 'y',
  domain: 'unit',
});
/** Arc sine, in radians. */
export const asin: UnaryOp = realFunction('asin', {
  expr: op('asin'),
  grad: (g, x) => mul(g, rsqrt(sub(1, mul(x, x)))),
  keep: 'x',
  domain: 'unit',
});
/** Arc cosine, in radians. */
export const acos: UnaryOp = realFunction('acos', {
  expr: op('acos'),
  grad: (g, x) => neg(mul(g, rsqrt(sub(1, mul(x, x))))),
  keep: 'x',
  domain: 'unit',
});
/** Arc tangent, in radians. */
export const atan: UnaryOp = realFunction('atan', {
  expr: op('atan'),
  grad: (g, x) => div(g, add(mul(x, x), 1)),
  keep: 'x',
});
/** Hyperbolic sine. */
export const sinh: UnaryOp = realFunction('sinh', { expr: op('sinh'), grad: (g, x) => mul(g, cosh(x)), keep: 'x' });
/** Hyperbolic cosine. */
export const cosh: UnaryOp = realFunction('cosh', { expr: op('cosh'), grad: (g, x) => mul(g, sinh(x)), keep: 'x' });
/** Hyperbolic tangent. */
export const tanh: UnaryOp = realFunction('tanh', {
  expr: op('tanh'),
  grad: (g, _, y) => mul(g, sub(1, mul(y, y))),
  keep: 'y',
});
/** Inverse hyperbolic sine. */
export const asinh: UnaryOp = realFunction('asinh', {
  expr: op('asinh'),
  grad: (g, x) => mul(g, rsqrt(add(mul(x, x), 1))),
  keep: 'x',
});
/** Inverse hyperbolic cosine, for x >= 1. */
export const acosh: UnaryOp = realFunction('acosh', {
  expr: op('acosh'),
  grad: (g, x) => mul(g, rsqrt(sub(mul(x, x), 1))),
  keep: 'x',
  domain: 'aboveOne',
});
/** Inverse hyperbolic tangent, for |x| < 1. */
export const atanh: UnaryOp = realFunction('atanh', {
  expr: op('atanh'),
  grad: (g, x) => div(g, sub(1, mul(x, x))),
  keep: 'x',
  domain: 'unit',
});
const twoOverRootPi = 2 / Math.sqrt(Math.PI);
/** Error function: 2/sqrt(pi) * integral of exp(-t^2) from 0 to x. */
export const erf: UnaryOp = realFunction('erf', {
  expr: op('erf'),
  grad: (g, x) => mul(g, mul(exp(neg(mul(x, x))), twoOverRootPi)),
  keep: 'x',
});
/** 1 - erf(x), without cancellation. */
export const erfc: UnaryOp = realFunction('erfc', {
  expr: op('erfc'),
  grad: (g, x) => mul(g, mul(exp(neg(mul(x, x))), -twoOverRootPi)),
  keep: 'x',
});
/** Inverse of erf. */
export const erfinv: UnaryOp = realFunction('erfinv', {
  expr: op('erfinv'),
  grad: (g, _, y) => mul(g, mul(exp(mul(y, y)), 1 / twoOverRootPi)),
  keep: 'y',
  domain: 'unit',
});
/** log |Gamma(x)| */
export const lgamma: UnaryOp = realFunction('lgamma', {
  expr: op('lgamma'),
  grad: (g, x) => mul(g, digamma(x)),
  keep: 'x',
  domain: 'positive',
});
/** The derivatives of digamma by number, each with the next one as its own derivative. */
const polygammas = new Map<number, UnaryOp>();
/** The n-th derivative of digamma. */
export function polygamma(n: number, x: Operand): Tensor {
  let f = polygammas.get(n);
  if (!f)
    polygammas.set(
      n,
      (f = realFunction(`polygamma${n}`, {
        expr: (e) => expr('polygamma', lit(n, 'i32'), e),
        grad: (g, t) => mul(g, polygamma(n + 1, t)),
        keep: 'x',
        domain: 'positive',
      })),
    );
  return f(x);
}
/** Derivative of lgamma. */
export const digamma: UnaryOp = realFunction('digamma', {
  expr: (x) => expr('polygamma', lit(0, 'i32'), x),
  grad: (g, x) => mul(g, polygamma(1, x)),
  keep: 'x',
  domain: 'positive',
});
/** 1 / (1 + e^-x), without overflow. */
export const sigmoid: UnaryOp = realFunction('sigmoid', {
  expr: (x) => {
    const e = expr('exp', expr('neg', expr('abs', x)));
    return expr('div', expr('where', expr('lt', x, like(0, x)), e, like(1, x)), expr('add', like(1, x), e));
  },
  grad: (g, _, y) => mul(g, mul(y, sub(1, y))),
  keep: 'y',
});

/** a to the power of b. */
export const pow: BinaryOp = binaryFunction('pow', numeric, {
  expr: op('pow'),
  domain: 'positive',
  keep: { inputs: [0, 1], output: true },
  vjp: [
    (g, { inputs: [a, b] }) => mul(g, where(equal(b!, 0), 0, mul(b!, pow(a!, sub(b!, 1))))),
    (g, { inputs: [a, b], out }) =>
      mul(g, where(logicalAnd(equal(a!, 0), greaterEqual(b!, 0)), 0, mul(out, log(where(equal(a!, 0), 1, a!))))),
  ],
});
/** floor(a / b); -1 where a quotient below 0 is too small to be told from 0, as in C and NumPy. */
function floorDiv(a: Expr, b: Expr): Expr {
  if (!isFloat(a.dtype)) return expr('idiv', a, b);
  const q = expr('floor', expr('div', a, b));
  const zero = like(0, a);
  const below = expr('and', expr('ne', a, zero), expr('xor', expr('lt', a, zero), expr('lt', b, zero)));
  return expr('where', expr('and', expr('eq', q, zero), below), like(-1, a), q);
}
/** a / b rounded down. */
export const floorDivide: BinaryOp = binaryFunction('floorDivide', numeric, {
  expr: floorDiv,
  domain: 'apart',
  vjp: [(g) => zerosFor(g.shape, g), (g) => zerosFor(g.shape, g)],
});
/** a - b * floor(a / b): it has the sign of b. */
export const remainder: BinaryOp = binaryFunction('remainder', numeric, {
  expr: op('mod'),
  domain: 'positive',
  vjp: [(g) => g, (g, { inputs: [a, b] }) => neg(mul(g, floorDivide(a!, b!)))],
  ...both,
});
/** a - b * trunc(a / b): it has the sign of a. */
export const fmod: BinaryOp = binaryFunction('fmod', numeric, {
  expr: op('rem'),
  domain: 'positive',
  vjp: [(g) => g, (g, { inputs: [a, b] }) => neg(mul(g, mul(sign(div(a!, b!)), floorDivide(abs(a!), abs(b!)))))],
  ...both,
});
/** The angle of the point (b, a), in radians. */
export const atan2: BinaryOp = binaryFunction('atan2', floating, {
  expr: op('atan2'),
  domain: 'positive',
  vjp: [
    (g, { inputs: [a, b] }) => mul(g, div(b!, add(mul(a!, a!), mul(b!, b!)))),
    (g, { inputs: [a, b] }) => neg(mul(g, div(a!, add(mul(a!, a!), mul(b!, b!))))),
  ],
  ...both,
});
