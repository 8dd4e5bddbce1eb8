// How far apart two results are, in the one measure that all tests use.
import type { NestedArray } from '../graph/create.js';
import type { TypedArray } from '../base/index.js';

/** Numbers as a test has them: one, nested arrays, or what `data()` gives. */
export type Values = NestedArray | TypedArray;

function flat(v: Values): ArrayLike<number> {
  if (ArrayBuffer.isView(v)) return v;
  return (Array.isArray(v) ? v.flat(Infinity as 1) : [v]).map(Number);
}

/** The distance of two numbers: `|a - b| / (1 + |b|)`; NaN equals NaN, an infinity the same infinity. */
export function apart(a: number, b: number): number {
  if (Object.is(a, b) || a === b) return 0;
  const d = Math.abs(a - b) / (1 + Math.abs(b));
  return Number.isNaN(d) ? Infinity : d;
}

/**
 * The largest of `|a - b| / (1 + |b|)` over all elements, so that a tolerance acts as an absolute one near 0 and as a relative one far away.
 *
 * @param a  what was computed
 * @param b  what is right
 * @returns  0 for equal values (NaN equals NaN), Infinity where only one is NaN, or where the numbers of elements differ
 * @example
 * distance([1, 3], [1, 4]) // => 0.2
 * distance([NaN], [NaN]) // => 0
 */
export function distance(a: Values, b: Values): number {
  const [x, y] = [flat(a), flat(b)];
  if (x.length !== y.length) return Infinity;
  let worst = 0;
  for (let i = 0; i < x.length; i++) worst = Math.max(worst, apart(x[i]!, y[i]!));
  return worst;
}

/**
 * Whether the distance of two results is at most `tol`.
 *
 * @param tol  default 1e-6
 * @example
 * close([1, 2], [1, 2.0000001]) // => true
 */
export function close(a: Values, b: Values, tol = 1e-6): boolean {
  return distance(a, b) <= tol;
}
