// What the functions of vectors are made of: multiply-adds, polynomials, and a way out for numbers that are out of the ordinary.
import { f32x4, f64x2, v128, type V128 } from './instructions.js';
import type { Func } from './module.js';

export type VectorFunction = (f: Func, x: V128, y: V128) => V128;

/** a*b + c and c - a*b; rounded once where the module may use relaxed instructions, else twice. */
export const madd = (f: Func, a: V128, b: V128, c: V128): V128 =>
  f.module.engine.madd ? f32x4.relaxedMadd(a, b, c) : f32x4.add(f32x4.mul(a, b), c);
export const nmadd = (f: Func, a: V128, b: V128, c: V128): V128 =>
  f.module.engine.madd ? f32x4.relaxedNmadd(a, b, c) : f32x4.sub(c, f32x4.mul(a, b));
export const madd64 = (f: Func, a: V128, b: V128, c: V128): V128 =>
  f.module.engine.madd ? f64x2.relaxedMadd(a, b, c) : f64x2.add(f64x2.mul(a, b), c);
export const nmadd64 = (f: Func, a: V128, b: V128, c: V128): V128 =>
  f.module.engine.madd ? f64x2.relaxedNmadd(a, b, c) : f64x2.sub(c, f64x2.mul(a, b));

/** c[0]*x^n + … + c[n] in 32 bits. */
export const poly = (f: Func, x: V128, c: readonly number[]): V128 =>
  c.slice(1).reduce((p, k) => madd(f, p, x, f.f32s(k)), f.f32s(c[0]!));
/** The same in 64 bits. */
export const poly64 = (f: Func, x: V128, c: readonly number[]): V128 =>
  c.slice(1).reduce((p, k) => madd64(f, p, x, f.f64s(k)), f.f64s(c[0]!));
export const signBit = (f: Func, x: V128): V128 => v128.and(x, f.f32s(-0));

/** y, or where a lane is out of the ordinary the vector that `rare` makes of the arguments. The code for it stands apart, once in a module. */
export function unless(f: Func, y: V128, out: V128, args: readonly V128[], name: string, rare: VectorFunction): V128 {
  const value = f.let(y);
  f.if(v128.anyTrue(out), () => {
    const params = args.map(() => 'v128' as const);
    const g = f.module.once(name, { params, result: 'v128' }, (h) =>
      h.do(rare(h, h.param(0), h.param(args.length - 1))),
    );
    f.set(value, f.module.call(g, ...args));
  });
  return value;
}
