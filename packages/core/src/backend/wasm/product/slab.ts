// The part of an array that one position of the outer loops reads: made there, just before it is used, it stays in a cache.
import { sizeOf, type Shape } from '../../../base/index.js';
import {
  bitOf,
  everyExpr,
  expr,
  lit,
  loop,
  param,
  ravel,
  substitute,
  unravel,
  type Expr,
} from '../../../kernel/index.js';
import { isIndex, valueOf } from './positions.js';

/** A slab of an array: its shape, its elements at the loops `i` over that, and the position that is read in it. */
export interface Slab {
  readonly shape: Shape;
  /** The variables of the outer loops are parameters of the kernel. */
  readonly value: Expr;
  readonly at: Expr;
}
interface Elements {
  readonly shape: Shape;
  readonly value: Expr;
}
/** Whether neighbours along the last axis of a part are read from places near one another. */
function readsInOrder({ shape, value }: Elements, part: Shape): boolean {
  const last = part.findLastIndex((n) => n > 2);
  const at = (e: Expr, by: number): number =>
    valueOf(e, (bit) => (shape[Math.log2(bit)]! >> 1) + (bit === bitOf('i', last) ? by : 0));
  return everyExpr([value]).every(
    (e) => e.kind !== 'load' || !isIndex(e.at) || Math.abs(at(e.at, 1) - at(e.at, -1)) <= 8,
  );
}
/**
 * The slab of an array that is read at `at`; null where there is no smaller one, where slabs of different positions
 * have much in common, or where all of the array is better made at once, as it is read in another order.
 *
 * @param outer      extents of the outer loops, which are the first loops `i`
 * @param parts      splits an index into what depends on the outer loops and the rest
 * @param parameter  number of the parameter that is the first outer variable
 */
export function slabOf(
  array: Elements,
  at: Expr,
  outer: Shape,
  parts: (index: Expr) => readonly Expr[] | null,
  parameter: number,
): Slab | null {
  const found = unravel(at, array.shape).map(parts);
  if (!outer.length || found.includes(null)) return null;
  const [outside, inside] = [0, 1].map((k) => found.map((p) => p![k]!)) as [Expr[], Expr[]];
  const shape = inside.map(({ lo, hi }) => hi - lo + 1);
  if (!(sizeOf(shape) * sizeOf(outer) <= 1.25 * sizeOf(array.shape)) || !readsInOrder(array, shape)) return null;
  const first = substitute(
    outside.map((e, d) => expr('add', e, lit(inside[d]!.lo))),
    (_, d) => param(parameter + d, 'i32'),
  );
  const [value] = substitute([array.value], (_, d) => expr('add', first[d]!, loop('i', d, shape[d]!)));
  const place = inside.map((e) => expr('sub', e, lit(e.lo)));
  return { shape, value: value!, at: ravel(place, shape) };
}
