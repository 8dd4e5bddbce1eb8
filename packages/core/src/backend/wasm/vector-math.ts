// The transcendental functions on four 32-bit floats, at most 1.5 units in the last place from the truth. exp, log, tanh, sin and cos follow Cephes'
// single-precision polynomials; pow, expm1, log1p compute in 64 bits, two lanes at a time.
import type { ScalarOp } from '../../kernel/index.js';
import { f32x4, f64, f64x2, i32, i32x4, i64x2, f32, v128, type Local, type V128 } from './instructions.js';
import { defined } from './definitions.js';
import type { Func } from './module.js';

type VectorFunction = (f: Func, x: V128, y: V128) => V128;

/** a*b + c and c - a*b; rounded once where the module may use relaxed instructions, else twice. */
const madd = (f: Func, a: V128, b: V128, c: V128): V128 =>
  f.module.engine.madd ? f32x4.relaxedMadd(a, b, c) : f32x4.add(f32x4.mul(a, b), c);
const nmadd = (f: Func, a: V128, b: V128, c: V128): V128 =>
  f.module.engine.madd ? f32x4.relaxedNmadd(a, b, c) : f32x4.sub(c, f32x4.mul(a, b));
const madd64 = (f: Func, a: V128, b: V128, c: V128): V128 =>
  f.module.engine.madd ? f64x2.relaxedMadd(a, b, c) : f64x2.add(f64x2.mul(a, b), c);
const nmadd64 = (f: Func, a: V128, b: V128, c: V128): V128 =>
  f.module.engine.madd ? f64x2.relaxedNmadd(a, b, c) : f64x2.sub(c, f64x2.mul(a, b));

/** c[0]*x^n + … + c[n] in 32 bits. */
const poly = (f: Func, x: V128, c: readonly number[]): V128 =>
  c.slice(1).reduce((p, k) => madd(f, p, x, f.f32s(k)), f.f32s(c[0]!));
/** The same in 64 bits. */
const poly64 = (f: Func, x: V128, c: readonly number[]): V128 =>
  c.slice(1).reduce((p, k) => madd64(f, p, x, f.f64s(k)), f.f64s(c[0]!));
const signBit = (f: Func, x: V128): V128 => v128.and(x, f.f32s(-0));
/** ln 2 in two parts; the first has so few bits that its products with small integers are exact. */
const [ln2High, ln2Low] = [0.693359375, -2.1219444e-4];
/** A number whose unit is 1: adding it rounds to an integer n, and leaves n + 127 in the low bits, where shifting makes 2^n of it. */
const rounding = 1.5 * 2 ** 23 + 127;

/** v as n*step + r with a small r, for steps of k ln 2; and 2^(n + more). */
function reduce(f: Func, v: V128, k: number, more = 0): { readonly r: Local<'v128'>; readonly power: Local<'v128'> } {
  const t = f.let(madd(f, v, f.f32s(Math.LOG2E / k), f.f32s(rounding + more)));
  const n = f.let(f32x4.sub(t, f.f32s(rounding + more)));
  const r = f.let(nmadd(f, n, f.f32s(k * ln2Low), nmadd(f, n, f.f32s(k * ln2High), v)));
  return { r, power: f.let(i32x4.shl(t, i32.const(23))) };
}
/** e^r - 1 = r + r^2 P(r) */
const expm1Near = (f: Func, r: Local<'v128'>, p: readonly number[]): V128 => madd(f, f32x4.mul(r, r), poly(f, r, p), r);
/** P for |r| up to ln 2 / 2, and up to ln 2; fitted to the true values. */
const nearHalf = [1.381314476e-3, 8.369418792e-3, 4.166845605e-2, 1.666651517e-1, 0.4999999404];
const nearWhole = [1.960673981e-4, 1.410841593e-3, 8.336212486e-3, 4.166107252e-2, 1.666661054e-1, 0.5000003576];

/** e^x = (2^n)^2 e^r with |r| up to ln 2: the power is put in twice, so that neither end is cut. */
function exp(f: Func, x: V128): V128 {
  const v = f.let(f32x4.pmin(f32x4.pmax(x, f.f32s(-104)), f.f32s(89)));
  const { r, power } = reduce(f, v, 2);
  return f32x4.mul(madd(f, expm1Near(f, r, nearWhole), power, power), power);
}
/** e^x for x that are not above 0: only the lower end needs care. */
function expBelow(f: Func, x: V128): V128 {
  const { r, power } = reduce(f, f.let(f32x4.pmax(x, f.f32s(-104))), 1, 64);
  return f32x4.mul(madd(f, expm1Near(f, r, nearHalf), power, power), f.f32s(2 ** -64));
}
/** e^x for x from -80 to 80. */
function expInside(f: Func, x: V128): V128 {
  const { r, power } = reduce(f, x, 1);
  return madd(f, expm1Near(f, r, nearHalf), power, power);
}
/** log x = e ln 2 + log m with m between sqrt(1/2) and sqrt(2). */
function log(f: Func, x: V128): V128 {
  const tiny = f.let(f32x4.lt(x, f.f32s(2 ** -126)));
  const v = f.let(v128.bitselect(f32x4.mul(x, f.f32s(2 ** 23)), x, tiny));
  // the exponent, such that the mantissa starts at sqrt(1/2)
  const bits = f.let(i32x4.sub(v, f.i32s(0x3f3504f3)));
  const e = f.let(f32x4.sub(f32x4.fromI32(i32x4.shr(bits, i32.const(23))), v128.and(tiny, f.f32s(23))));
  const m = i32x4.add(v128.and(bits, f.i32s(0x7fffff)), f.i32s(0x3f3504f3));
  const r = f.let(f32x4.sub(m, f.f32s(1)));
  const z = f.let(f32x4.mul(r, r));
  const p = poly(
    f,
    r,
    [
      7.0376836292e-2, -1.151461031e-1, 1.167699874e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1,
      2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
    ],
  );
  const low = nmadd(f, z, f.f32s(0.5), madd(f, f32x4.mul(p, r), z, f32x4.mul(e, f.f32s(ln2Low))));
  const y = f.let(madd(f, e, f.f32s(ln2High), f32x4.add(r, low)));
  // infinity and NaN stay, 0 gives -infinity, what is below NaN
  f.set(y, v128.bitselect(y, x, f32x4.lt(x, f.f32s(Infinity))));
  f.set(y, v128.bitselect(f.f32s(-Infinity), y, f32x4.eq(x, f.f32s(0))));
  return v128.or(y, f32x4.lt(x, f.f32s(0)));
}
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

type Pair = (f: Func, x: V128, y: V128) => V128;
/** A function of two 64-bit floats on four 32-bit ones. */
function wide(f: Func, x: V128, y: V128, g: Pair): V128 {
  const half = (high: boolean): V128 => {
    const part = (v: V128): V128 => f.let(f64x2.promote(high ? v128.shuffle32(v, v, [2, 3, 2, 3]) : v));
    const a = part(x);
    return f.let(f32x4.demote(g(f, a, y === x ? a : part(y))));
  };
  return v128.shuffle32(half(false), half(true), [0, 1, 4, 5]);
}
/** e^x in 64 bits to 1e-11, for |x| < 700. */
function exp64(f: Func, x: V128): V128 {
  const n = f.let(f64x2.nearest(f64x2.mul(x, f.f64s(Math.LOG2E))));
  const r = f.let(nmadd64(f, n, f.f64s(Math.LN2), x));
  const p = poly64(f, r, [1 / 3628800, 1 / 362880, 1 / 40320, 1 / 5040, 1 / 720, 1 / 120, 1 / 24, 1 / 6, 1 / 2, 1, 1]);
  // n as an integer in the low bits of a float
  const magic = 2 ** 52 + 2 ** 51;
  const whole = f64x2.add(n, f.f64s(magic + 1023));
  return f64x2.mul(p, i64x2.shl(whole, i32.const(52)));
}
/** log of positive normal 64-bit floats, to 1e-12 near any value but 1: 2 atanh((m - 1)/(m + 1)) and the exponent. */
function log64(f: Func, x: V128): V128 {
  const root = f.constant('sqrt half', () => v128.f64s(Math.SQRT1_2));
  const bits = f.let(i64x2.sub(x, root));
  const mantissa = f.constant('mantissa', () => v128.i32s(-1, 0xfffff, -1, 0xfffff));
  const m = f.let(i64x2.add(v128.and(bits, mantissa), root));
  const e = f.let(i64x2.shr(bits, i32.const(52)));
  const exponent = f64x2.fromI32(v128.shuffle32(e, e, [0, 2, 0, 2]));
  const s = f.let(f64x2.div(f64x2.sub(m, f.f64s(1)), f64x2.add(m, f.f64s(1))));
  const z = f.let(f64x2.mul(s, s));
  const p = poly64(f, z, [2 / 13, 2 / 11, 2 / 9, 2 / 7, 2 / 5, 2 / 3, 2]);
  return madd64(f, p, s, f64x2.mul(exponent, f.f64s(Math.LN2)));
}
/** x + x^2/2 + x^3/6 near 0, where the difference would cancel. */
const expm1: VectorFunction = (f, x) =>
  wide(f, f.let(f32x4.pmin(f32x4.pmax(x, f.f32s(-30)), f.f32s(100))), x, (g, v, given) => {
    const near = f64x2.mul(v, poly64(g, v, [1 / 24, 1 / 6, 1 / 2, 1]));
    const y = v128.bitselect(near, f64x2.sub(exp64(g, v), g.f64s(1)), f64x2.lt(f64x2.abs(v), g.f64s(2 ** -8)));
    // -0 and NaN as they are
    return v128.bitselect(given, y, v128.or(f64x2.ne(given, given), f64x2.eq(given, g.f64s(0))));
  });
const log1p: VectorFunction = (f, x) =>
  wide(f, x, x, (g, v) => {
    const near = f64x2.mul(v, poly64(g, v, [1 / 5, -1 / 4, 1 / 3, -1 / 2, 1]));
    const t = g.let(f64x2.add(v, g.f64s(1)));
    const y = g.let(v128.bitselect(near, log64(g, t), f64x2.lt(f64x2.abs(v), g.f64s(2 ** -8))));
    g.set(y, v128.bitselect(y, v, f64x2.lt(v, g.f64s(Infinity))));
    g.set(y, v128.bitselect(g.f64s(-Infinity), y, f64x2.eq(t, g.f64s(0))));
    return v128.or(y, f64x2.lt(t, g.f64s(0)));
  });
/** |x|^y = e^(y log |x|), with the sign of x where y is odd; the special cases are those of the definition. */
const pow: VectorFunction = (f, x, y) => {
  const a = f.let(f32x4.abs(x));
  const size = f.let(
    wide(f, a, y, (g, base, power) => {
      const l = g.let(log64(g, base));
      g.set(l, v128.bitselect(g.f64s(-Infinity), l, f64x2.eq(base, g.f64s(0))));
      g.set(l, v128.bitselect(l, base, f64x2.lt(base, g.f64s(Infinity))));
      const t = g.let(f64x2.mul(l, power));
      g.set(t, v128.bitselect(g.f64s(200), t, f64x2.gt(t, g.f64s(200))));
      g.set(t, v128.bitselect(g.f64s(-200), t, f64x2.lt(t, g.f64s(-200))));
      return exp64(g, t);
    }),
  );
  const whole = f.let(f32x4.eq(f32x4.trunc(y), y));
  const half = f.let(f32x4.mul(y, f.f32s(0.5)));
  const odd = v128.andnot(whole, f32x4.eq(f32x4.trunc(half), half));
  const negative = f32x4.lt(x, f.f32s(0));
  const signed = v128.or(size, v128.and(signBit(f, x), odd));
  const impossible = v128.andnot(v128.and(negative, f32x4.gt(x, f.f32s(-Infinity))), whole);
  const one = v128.or(f32x4.eq(x, f.f32s(1)), f32x4.eq(y, f.f32s(0)));
  return v128.bitselect(f.f32s(1), v128.or(signed, impossible), one);
};

/** Numbers from here on are too large to be brought into the first octant with 64 bits. */
const largeAngle = 2 ** 19;
/** sin and cos: x = n pi/2 + r in 64 bits, then the polynomial of r that n mod 4 chooses. */
const circular =
  (op: 'sin' | 'cos'): VectorFunction =>
  (f, x) => {
    const parts = [false, true].map((high) => {
      const v = f.let(f64x2.promote(high ? v128.shuffle32(x, x, [2, 3, 2, 3]) : x));
      const n = f.let(f64x2.nearest(f64x2.mul(v, f.f64s(2 / Math.PI))));
      const r = f64x2.sub(
        f64x2.sub(v, f64x2.mul(n, f.f64s(1.5707963267341256))),
        f64x2.mul(n, f.f64s(6.077100506506192e-11)),
      );
      return { n: f.let(i32x4.truncate64(n)), r: f.let(f32x4.demote(r)) };
    }) as [{ n: Local<'v128'>; r: Local<'v128'> }, { n: Local<'v128'>; r: Local<'v128'> }];
    const n = f.let(v128.shuffle32(parts[0].n, parts[1].n, [0, 1, 4, 5]));
    const r = f.let(v128.shuffle32(parts[0].r, parts[1].r, [0, 1, 4, 5]));
    if (op === 'cos') f.set(n, i32x4.add(n, f.i32s(1)));
    const z = f.let(f32x4.mul(r, r));
    const sine = madd(f, f32x4.mul(poly(f, z, [-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1]), z), r, r);
    const cosine = madd(
      f,
      poly(f, z, [2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2]),
      f32x4.mul(z, z),
      nmadd(f, z, f.f32s(0.5), f.f32s(1)),
    );
    const odd = i32x4.eq(v128.and(n, f.i32s(1)), f.i32s(1));
    const y = f.let(v128.xor(v128.bitselect(cosine, sine, odd), i32x4.shl(v128.and(n, f.i32s(2)), i32.const(30))));
    f.if(v128.anyTrue(f32x4.ge(f32x4.abs(x), f.f32s(largeAngle))), () => {
      for (let k = 0; k < 4; k++)
        f.set(y, f32x4.replace(y, k, f32.demote(defined(f, op, [f64.promote(f32x4.lane(x, k))]))));
    });
    // -0 stays
    return op === 'sin' ? v128.bitselect(x, y, f32x4.eq(x, f.f32s(0))) : y;
  };

/** Operations, and what is less work where numbers are known to allow it. */
export type VectorOp = ScalarOp | 'expBelow';
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
