// Functions of four 32-bit floats that trade exactness for time: at most 8 units in the last place from the truth, denormal results may be 0. What is
// said here of the errors is what `setFastMath` says to users. All polynomials are fitted to the true values, by largest relative error.
import type { DType } from '../../base/index.js';
import type { ScalarOp } from '../../kernel/index.js';
import { doubleMath } from './double-math.js';
import { doublePow } from './double-pow.js';
import { f32x4, i32, i32x4, type V128 } from './instructions.js';
import type { Func } from './module.js';
import { isPower, powerOf } from './powers.js';
import { madd, nmadd, poly, type VectorFunction } from './polynomials.js';
import { vectorMath, type VectorOp } from './vector-math.js';

/** A number whose unit is 1; with 127, the exponent of 1, in the low bits. */
const rounding = 1.5 * 2 ** 23 + 127;
/** e^x of a number in range: n = -127 makes 0 of it, and n = 128 infinity. */
function expWithin(f: Func, v: V128): V128 {
  const t = f.let(madd(f, v, f.f32s(Math.LOG2E), f.f32s(rounding)));
  const n = f.let(f32x4.sub(t, f.f32s(rounding)));
  // Where a product is rounded before it is subtracted, ln 2 has to come in two parts.
  const r = f.let(
    f.module.engine.madd
      ? nmadd(f, n, f.f32s(Math.LN2), v)
      : nmadd(f, n, f.f32s(-2.1219444e-4), nmadd(f, n, f.f32s(0.693359375), v)),
  );
  const p = poly(f, r, [8.29027004e-3, 4.18981606e-2, 0.166676382, 0.499991478, 0.999999706, 1]);
  return f32x4.mul(p, i32x4.shl(t, i32.const(23)));
}
const [lowest, highest] = [-88.2, 88.8];
const exp: VectorFunction = (f, x) => expWithin(f, f.let(f32x4.pmin(f32x4.pmax(x, f.f32s(lowest)), f.f32s(highest))));
const expBelow: VectorFunction = (f, x) => expWithin(f, f.let(f32x4.pmax(x, f.f32s(lowest))));

/** x P(x^2) / Q(x^2), for |x| up to a number from which on the value is 1. */
const ratio =
  (limit: number, p: readonly number[], q: readonly number[]): VectorFunction =>
  (f, x) => {
    const v = f.let(f32x4.pmin(f32x4.pmax(x, f.f32s(-limit)), f.f32s(limit)));
    const z = f.let(f32x4.mul(v, v));
    return f32x4.div(f32x4.mul(v, poly(f, z, p)), poly(f, z, q));
  };
const tanh = ratio(
  9.01,
  [1.3319094e-8, 2.058351e-5, 3.49403694e-3, 0.133797202, 0.999999979],
  [7.76203214e-7, 3.28309627e-4, 2.5871083e-2, 0.467130354, 1],
);
const erf = ratio(
  3.925,
  [2.04194947e-6, 2.84804904e-4, 3.77954853e-3, 5.27900979e-2, 0.190782731, 1.12837915],
  [3.80036594e-5, 1.1651935e-3, 1.49973203e-2, 0.114257028, 0.502409513, 1],
);

const fastMath: Partial<Record<VectorOp, VectorFunction>> = {
  exp,
  expBelow,
  tanh,
  erf,
};
/** The functions of vectors of f64. */
export const doubles: Partial<Record<ScalarOp, VectorFunction>> = { ...doubleMath, pow: doublePow };
/** The function that an operation is on a vector, or on each part of one, if it is a function. */
export function mathOf(f: Func, op: VectorOp, dtype: DType): VectorFunction | undefined {
  if (isPower(op)) return powerOf(op, dtype);
  if (dtype === 'f64') return doubles[op as ScalarOp];
  if (dtype !== 'f32') return undefined;
  return (f.module.engine.fast ? fastMath[op] : undefined) ?? vectorMath[op];
}
