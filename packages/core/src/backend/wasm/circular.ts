// sin and cos of four 32-bit floats: x = n pi/2 + r, then the polynomial of r that n mod 4 chooses; the polynomials follow Cephes'.
import { defined } from './definitions.js';
import { f32, f32x4, f64, f64x2, i32, i32x4, v128, type Local, type V128 } from './instructions.js';
import type { Func } from './module.js';
import { madd, nmadd, poly, unless, type VectorFunction } from './polynomials.js';

/** sin or cos of n pi/2 + r + low, where n mod 4 is in the low bits, and `low` is what r was rounded by. */
function turned(f: Func, op: 'sin' | 'cos', n: V128, r: Local<'v128'>, low: V128): V128 {
  const quarter = f.let(op === 'cos' ? i32x4.add(n, f.i32s(1)) : n);
  const z = f.let(f32x4.mul(r, r));
  const p = poly(f, z, [-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1]);
  const sine = f32x4.add(r, madd(f, f32x4.mul(p, z), r, low));
  // 1 - (z/2 - z^2 Q): what is taken from 1 is small, and so are its roundings
  const q = poly(f, z, [2.442943644e-5, -1.388728418e-3, 4.166664503e-2]);
  const cosine = f32x4.sub(f.f32s(1), nmadd(f, f32x4.mul(z, z), q, f32x4.mul(z, f.f32s(0.5))));
  const odd = i32x4.eq(v128.and(quarter, f.i32s(1)), f.i32s(1));
  return v128.xor(v128.bitselect(cosine, sine, odd), i32x4.shl(v128.and(quarter, f.i32s(2)), i32.const(30)));
}
/** Numbers from here on are too large to be brought into the first octant with 64 bits. */
const largeAngle = 2 ** 19;
/** With x = n pi/2 + r in 64 bits. */
const precise =
  (op: 'sin' | 'cos'): VectorFunction =>
  (f, x) => {
    const parts = [false, true].map((high) => {
      const v = f.let(f64x2.promote(high ? v128.shuffle32(x, x, [2, 3, 2, 3]) : x));
      const n = f.let(f64x2.nearest(f64x2.mul(v, f.f64s(2 / Math.PI))));
      const near = f64x2.sub(v, f64x2.mul(n, f.f64s(1.5707963267341256)));
      const whole = f.let(f64x2.sub(near, f64x2.mul(n, f.f64s(6.077100506506192e-11))));
      const r = f.let(f32x4.demote(whole));
      return [f.let(i32x4.truncate64(n)), r, f.let(f32x4.demote(f64x2.sub(whole, f64x2.promote(r))))] as const;
    });
    const both = (k: 0 | 1 | 2): Local<'v128'> => f.let(v128.shuffle32(parts[0]![k], parts[1]![k], [0, 1, 4, 5]));
    const y = f.let(turned(f, op, both(0), both(1), both(2)));
    f.if(v128.anyTrue(f32x4.ge(f32x4.abs(x), f.f32s(largeAngle))), () => {
      for (let k = 0; k < 4; k++)
        f.set(y, f32x4.replace(y, k, f32.demote(defined(f, op, [f64.promote(f32x4.lane(x, k))]))));
    });
    return y;
  };

/** From here on, and nearer than this to a multiple of pi/2 other than 0, r takes more than 32 bits: see below. */
const [farthest, nearest] = [2048, 2 ** -11];
const start = 1.5 * 2 ** 23;
/**
 * sin or cos. pi/2 is in three parts, the first two of which have exact products with n, and differences that are exact: the third leaves an error of
 * 6e-12 for x below 2048, an eighth of a unit in the last place of r where that is at least 2^-11.
 */
export const circular =
  (op: 'sin' | 'cos'): VectorFunction =>
  (f, x) => {
    const t = f.let(madd(f, x, f.f32s(2 / Math.PI), f.f32s(start)));
    const n = f.let(f32x4.sub(t, f.f32s(start)));
    const near = f.let(nmadd(f, n, f.f32s(4.837512969970703e-4), nmadd(f, n, f.f32s(1.5703125), x)));
    const r = f.let(nmadd(f, n, f.f32s(7.549789948768648e-8), near));
    const low = nmadd(f, n, f.f32s(7.549789948768648e-8), f32x4.sub(near, r));
    const y = f.let(turned(f, op, t, r, low));
    const close = v128.and(f32x4.lt(f32x4.abs(r), f.f32s(nearest)), f32x4.ne(n, f.f32s(0)));
    const all = unless(
      f,
      y,
      v128.or(close, f32x4.ge(f32x4.abs(x), f.f32s(farthest))),
      [x],
      `${op} in 64 bits`,
      precise(op),
    );
    // -0 stays
    return op === 'sin' ? v128.bitselect(x, all, f32x4.eq(x, f.f32s(0))) : all;
  };
