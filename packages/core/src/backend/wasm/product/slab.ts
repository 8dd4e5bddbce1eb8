// The part of an array that one position of the outer loops reads: made there, just before it is used, it stays in a cache.
import { sizeOf, type Shape } from '../../../base/index.js';
import { expr, lit, loop, param, ravel, substitute, unravel, type Expr } from '../../../kernel/index.js';

/** A slab of an array: its shape, its elements at the loops `i` over that, and the position that is read in it. */
export interface Slab {
  readonly shape: Shape;
  /** The variables of the outer loops are parameters of the kernel. */
  readonly value: Expr;
  readonly at: Expr;
}
/**
 * The slab of an array that is read at `at`; null where there is no smaller one, or where slabs of different positions have much in common.
 *
 * @param outer      extents of the outer loops, which are the first loops `i`
 * @param parts      splits an index into what depends on the outer loops and the rest
 * @param parameter  number of the parameter that is the first outer variable
 */
export function slabOf(
  array: { readonly shape: Shape; readonly value: Expr },
  at: Expr,
  outer: Shape,
  parts: (index: Expr) => readonly Expr[] | null,
  parameter: number,
): Slab | null {
  const found = unravel(at, array.shape).map(parts);
  if (!outer.length || found.includes(null)) return null;
  const [outside, inside] = [0, 1].map((k) => found.map((p) => p![k]!)) as [Expr[], Expr[]];
  const shape = inside.map(({ lo, hi }) => hi - lo + 1);
  if (!(sizeOf(shape) * sizeOf(outer) <= 1.25 * sizeOf(array.shape))) return null;
  const first = substitute(
    outside.map((e, d) => expr('add', e, lit(inside[d]!.lo))),
    (_, d) => param(parameter + d, 'i32'),
  );
  const [value] = substitute([array.value], (_, d) => expr('add', first[d]!, loop('i', d, shape[d]!)));
  const place = inside.map((e) => expr('sub', e, lit(e.lo)));
  return { shape, value: value!, at: ravel(place, shape) };
}
