// The transcendental functions on four 32-bit floats, at most 1.5 units in the last place from the truth.
import type { ScalarOp } from '../../kernel/index.js';
import { circular } from './circular.js';
import { f32x4, i32, i32x4, v128, type Local, type V128 } from './instructions.js';
import type { Func } from './module.js';
import { madd, nmadd, poly, signBit, unless, type VectorFunction } from './polynomials.js';
import type { Power } from './powers.js';
import { pow } from './wide-math.js';

/** ln 2 in two parts; the first has so few bits that its products with small integers are exact. */
const [ln2High, ln2Low] = [0.693359375, -2.1219444e-4];
/** A number whose unit is 1: adding it rounds to an integer n, and leaves n + 127 in the low bits, where shifting makes 2^n of it. */
const rounding = 1.5 * 2 ** 23 + 127;

/** P(r) in e^r = 1 + r + r^2 P(r) with |r| up to ln 2 / 2; fitted to the true values. */
const curve = (f: Func, r: Local<'v128'>): V128 =>
  poly(f, r, [1.381314476e-3, 8.369418792e-3, 4.166845605e-2, 1.666651517e-1, 0.4999999404]);
/** x as n ln 2 + r: n, and e^r - 1; and what 2^(n + more) is made of. */
function reduce(f: Func, x: V128, more = 0): { readonly n: V128; readonly near: V128; readonly bits: V128 } {
  const t = f.let(madd(f, x, f.f32s(Math.LOG2E), f.f32s(rounding + more)));
  const n = f.let(f32x4.sub(t, f.f32s(rounding + more)));
  const r = f.let(nmadd(f, n, f.f32s(ln2Low), nmadd(f, n, f.f32s(ln2High), x)));
  return { n, near: madd(f, f32x4.mul(r, r), curve(f, r), r), bits: t };
}
/** 2^n, of a number with n + 127 in its low bits. */
const power = (f: Func, bits: V128): Local<'v128'> => f.let(i32x4.shl(bits, i32.const(23)));
/** e^x = (1 + near) 2^n, with one half of n after the other, so that neither end is cut. */
function exp(f: Func, x: V128): V128 {
  const { n, near } = reduce(f, f.let(f32x4.pmin(f32x4.pmax(x, f.f32s(-104)), f.f32s(89))));
  const half = f.let(madd(f, n, f.f32s(0.5), f.f32s(rounding)));
  const rest = f32x4.add(f32x4.sub(n, f32x4.sub(half, f.f32s(rounding))), f.f32s(rounding));
  const first = power(f, half);
  return f32x4.mul(madd(f, near, first, first), power(f, rest));
}
/** e^x for x that are not above 0: only the lower end needs care. */
function expBelow(f: Func, x: V128): V128 {
  const { near, bits } = reduce(f, f.let(f32x4.pmax(x, f.f32s(-104))), 64);
  const large = power(f, bits);
  return f32x4.mul(madd(f, near, large, large), f.f32s(2 ** -64));
}
/** e^x for x from -80 to 80. */
function expInside(f: Func, x: V128): V128 {
  const { near, bits } = reduce(f, x);
  const whole = power(f, bits);
  return madd(f, near, whole, whole);
}
/** log x = e ln 2 + log m with m between sqrt(1/2) and sqrt(2), for numbers that are positive, normal and finite; plus a small number. */
function logInside(f: Func, x: V128, more?: V128): V128 {
  // the exponent, such that the mantissa starts at sqrt(1/2)
  const bits = f.let(i32x4.sub(x, f.i32s(0x3f3504f3)));
  const e = f.let(f32x4.fromI32(i32x4.shr(bits, i32.const(23))));
  const m = i32x4.add(v128.and(bits, f.i32s(0x7fffff)), f.i32s(0x3f3504f3));
  const r = f.let(f32x4.sub(m, f.f32s(1)));
  const p = poly(
    f,
    r,
    [8.70035996e-2, -0.142674763, 0.14914787, -0.16577586, 0.199630623, -0.25001337, 0.333339108, -0.5],
  );
  const z = f32x4.mul(r, r);
  return madd(f, e, f.f32s(Math.LN2), more ? f32x4.add(r, madd(f, p, z, more)) : madd(f, p, z, r));
}
/** Whether numbers are not positive, normal and finite: as integers, from that of 2^-126 to that of infinity, moved to the end of their range. */
const isRare = (f: Func, x: V128): V128 => i32x4.gt(i32x4.add(x, f.i32s(0x7f800000)), f.i32s(0xfeffffff));
/** log of any numbers. */
const logRare: VectorFunction = (f, x) => {
  const tiny = f.let(f32x4.lt(x, f.f32s(2 ** -126)));
  const scaled = f.let(v128.bitselect(f32x4.mul(x, f.f32s(2 ** 24)), x, tiny));
  const y = f.let(f32x4.sub(logInside(f, scaled), v128.and(tiny, f.f32s(24 * Math.LN2))));
  // infinity and NaN stay, 0 gives -infinity, what is below NaN
  f.set(y, v128.bitselect(y, x, f32x4.lt(x, f.f32s(Infinity))));
  f.set(y, v128.bitselect(f.f32s(-Infinity), y, f32x4.eq(x, f.f32s(0))));
  return v128.or(y, f32x4.lt(x, f.f32s(0)));
};
function log(f: Func, x: V128): V128 {
  return unless(f, logInside(f, x), isRare(f, x), [x], 'log of any', logRare);
}
/** log(1 + x) = log t + (x - (t - 1))/t, where t is 1 + x rounded, for ordinary t; -0 stays. */
const log1pInside = (f: Func, x: V128, t: V128): V128 =>
  v128.bitselect(x, logInside(f, t, f32x4.div(f32x4.sub(x, f32x4.sub(t, f.f32s(1))), t)), f32x4.eq(x, f.f32s(0)));
function log1p(f: Func, x: V128): V128 {
  const t = f.let(f32x4.add(x, f.f32s(1)));
  return unless(f, log1pInside(f, x, t), isRare(f, t), [x], 'log1p of any', (g, v) => {
    const sum = g.let(f32x4.add(v, g.f32s(1)));
    return v128.bitselect(logRare(g, sum, sum), log1pInside(g, v, sum), isRare(g, sum));
  });
}
/** Beyond it, e^x - 1 is e^x. */
const large = 88;
/** e^x - 1 = 2^n - 1 + 2^n r + 2^n (r^2 P(r) + what r was rounded by), for x that are not large; -0 stays. */
function expm1Inside(f: Func, x: V128): V128 {
  const v = f.let(f32x4.pmin(f32x4.pmax(x, f.f32s(-30)), f.f32s(large)));
  const t = f.let(madd(f, v, f.f32s(Math.LOG2E), f.f32s(rounding)));
  const n = f.let(f32x4.sub(t, f.f32s(rounding)));
  const start = f.let(nmadd(f, n, f.f32s(ln2High), v));
  const r = f.let(nmadd(f, n, f.f32s(ln2Low), start));
  const low = nmadd(f, n, f.f32s(ln2Low), f32x4.sub(start, r));
  const whole = power(f, t);
  const first = madd(f, whole, r, f32x4.sub(whole, f.f32s(1)));
  const y = madd(f, whole, madd(f, f32x4.mul(r, r), curve(f, r), low), first);
  return v128.bitselect(x, y, f32x4.eq(x, f.f32s(0)));
}
const expm1: VectorFunction = (f, x) =>
  unless(f, expm1Inside(f, x), f32x4.gt(x, f.f32s(large)), [x], 'expm1 of any', (g, v) =>
    v128.bitselect(exp(g, v), expm1Inside(g, v), f32x4.gt(v, g.f32s(large))),
  );
/** An odd polynomial near 0, else 1 - 2/(e^2|x| + 1). */
function tanh(f: Func, x: V128): V128 {
  const a = f.let(f32x4.abs(x));
  const z = f.let(f32x4.mul(x, x));
  const bounded = f.let(f32x4.pmin(a, f.f32s(9.1)));
  const e = expInside(f, f.let(f32x4.add(bounded, bounded)));
  const far = f32x4.sub(f.f32s(1), f32x4.div(f.f32s(2), f32x4.add(e, f.f32s(1))));
  const p = poly(f, z, [-5.70498872745e-3, 2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1, -3.33332819422e-1]);
  const near = madd(f, f32x4.mul(p, z), x, x);
  return v128.or(v128.bitselect(near, far, f32x4.lt(a, f.f32s(0.625))), signBit(f, x));
}
/** x + x P(x^2) near 0, else 1 - e^Q(|x|); both fitted to the true values. */
function erf(f: Func, x: V128): V128 {
  const a = f.let(f32x4.pmin(f32x4.abs(x), f.f32s(4)));
  const z = f.let(f32x4.mul(x, x));
  const p = poly(
    f,
    z,
    [
      8.397800411e-5, -8.149807109e-4, 5.201715976e-3, -2.685970254e-2, 1.1283701658e-1, -3.7612634897e-1,
      1.28379167e-1,
    ],
  );
  const q = poly(
    f,
    a,
    [
      -4.378037282e-7, -1.547471259e-5, 4.0358791645e-4, -4.0762267928e-3, 2.494117648e-2, -1.08070024356e-1,
      -6.33498595732e-1, -1.12945351742, 1.6400254e-4,
    ],
  );
  const far = f32x4.sub(f.f32s(1), expInside(f, f.let(q)));
  const near = madd(f, p, x, x);
  const small = f32x4.lt(a, f.f32s(0.921875));
  return v128.bitselect(near, v128.or(far, signBit(f, x)), small);
}

/** Operations, and what is less work where numbers are known to allow it. */
export type VectorOp = ScalarOp | 'expBelow' | Power;
/** Functions of vectors, by operation. The arguments are locals. */
export const vectorMath: Partial<Record<VectorOp, VectorFunction>> = {
  exp,
  expBelow,
  log,
  tanh,
  erf,
  expm1,
  log1p,
  pow,
  sin: circular('sin'),
  cos: circular('cos'),
};
