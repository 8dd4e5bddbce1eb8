// pow of four 32-bit floats, computed in 64 bits, two lanes at a time.
import { f32x4, f64x2, i32, i64x2, v128, type V128 } from './instructions.js';
import type { Func } from './module.js';
import { madd64, nmadd64, poly64, signBit, type VectorFunction } from './polynomials.js';

/** A function of two 64-bit floats on four 32-bit ones. */
export function wide(f: Func, x: V128, y: V128, g: VectorFunction): V128 {
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
/** |x|^y = e^(y log |x|), with the sign of x where y is odd; the special cases are those of the definition. */
export const pow: VectorFunction = (f, x, y) => {
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
