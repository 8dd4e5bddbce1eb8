// Powers with exponents that are known when code is written: products, roots and quotients instead of logarithms, as exact or more so.
import type { DType } from '../../base/index.js';
import type { Expr } from '../../kernel/index.js';
import { f32x4, f64x2, v128, type V128 } from './instructions.js';
import type { Func } from './module.js';
import type { VectorFunction } from './polynomials.js';
import { wide } from './wide-math.js';

/** The operation that a power with this exponent is. */
export type Power = `pow ${number}`;
type Make = (f: Func, x: V128, lanes: typeof f32x4 | typeof f64x2, constant: (v: number) => V128) => V128;

/** sqrt(x), but 0 of -0 and infinity of -infinity, as powers have it. */
const root: Make = (_, x, lanes, constant) =>
  v128.bitselect(constant(Infinity), lanes.add(lanes.sqrt(x), constant(0)), lanes.eq(x, constant(-Infinity)));
/** By exponent, for floats of both sizes. */
const both: Readonly<Record<string, Make>> = {
  '1': (_, x) => x,
  '2': (_, x, lanes) => lanes.mul(x, x),
  '3': (_, x, lanes) => lanes.mul(lanes.mul(x, x), x),
  '-1': (_, x, lanes, constant) => lanes.div(constant(1), x),
  '0.5': root,
  '-0.5': (f, x, lanes, constant) => lanes.div(constant(1), root(f, x, lanes, constant)),
};
/** The largest exponent of which products are made; from 4 on they have 64 bits. */
const largest = 8;
const raised = (f: Func, x: V128, n: number): V128 => {
  if (n === 1) return x;
  const half = f.let(raised(f, x, n >> 1));
  const square = f64x2.mul(half, half);
  return n % 2 ? f64x2.mul(square, x) : square;
};

/** The exponent of a power, if it is one of those that are known here. */
export function exponentOf(e: Expr): number | null {
  if (e.kind !== 'op' || e.op !== 'pow' || (e.dtype !== 'f32' && e.dtype !== 'f64')) return null;
  const exponent = e.args[1]!;
  if (exponent.kind !== 'const') return null;
  const n = exponent.value;
  return both[n] || (e.dtype === 'f32' && Number.isInteger(n) && n > 3 && n <= largest) ? n : null;
}
export const isPower = (op: string): op is Power => op.startsWith('pow ');
/** The function that a power is. */
export function powerOf(op: Power, dtype: DType): VectorFunction {
  const n = Number(op.slice(4));
  const make = both[n];
  if (!make) return (f, x) => wide(f, x, x, (g, v) => raised(g, v, n));
  return dtype === 'f64'
    ? (f, x) => make(f, x, f64x2, (v) => f.f64s(v))
    : (f, x) => make(f, x, f32x4, (v) => f.f32s(v));
}
