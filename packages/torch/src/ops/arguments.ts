// How operations read their arguments: axes in PyTorch's words, and optional arguments in order or by name.
import * as core from '@nn/core';
import { Tensor } from '../tensor/handle.js';
import { range } from '../tensor/range.js';

/** One axis, several, or all of them (null). Negative axes count from the last. */
export type Dim = number | readonly number[] | null;

/** An axis counted from the front. A tensor without dimensions takes 0 and -1. */
export function dimOf(dim: number, rank: number): number {
  const n = Math.max(rank, 1);
  if (!Number.isInteger(dim) || dim < -n || dim >= n) {
    throw new core.IndexError(`Dimension out of range (expected to be in range of [${-n}, ${n - 1}], but got ${dim})`);
  }
  return dim < 0 ? dim + n : dim;
}

/** The axes of a reduction: all of them for undefined, null and []. */
export function dimsOf(dim: Dim | undefined, rank: number): number[] {
  if (dim === undefined || dim === null || (typeof dim !== 'number' && dim.length === 0)) return range(rank);
  if (rank === 0) return [];
  const list = (typeof dim === 'number' ? [dim] : dim).map((d) => dimOf(d, rank));
  const twice = list.find((d, i) => list.indexOf(d) !== i);
  if (twice !== undefined) throw new core.ShapeError(`dim ${twice} appears multiple times in the list of dims`);
  return list;
}

const isOptions = (x: unknown): x is object =>
  typeof x === 'object' && x !== null && !Array.isArray(x) && !(x instanceof Tensor);

/** Optional arguments given in order, by name in an options object, or both. */
export function bind<O extends object>(keys: readonly (keyof O)[], ...args: readonly unknown[]): Partial<O> {
  const out: Partial<O> = {};
  args.forEach((a, i) => {
    if (isOptions(a)) Object.assign(out, a);
    else if (a !== undefined) out[keys[i]!] = a as O[keyof O];
  });
  return out;
}

/** Sizes given as one array or as numbers: `x.view([2, 3])` or `x.view(2, 3)`. */
export type Sizes = (number | readonly number[])[];
export const sizes = (s: readonly (number | readonly number[])[]): number[] => s.flatMap((n) => n);

/** A value with its place, as PyTorch's named tuples: `const [values, indices] = x.max(0)` or `x.max(0).values`. */
export type Pair<A extends string, B extends string> = readonly [Tensor, Tensor] & Readonly<Record<A | B, Tensor>>;
export type ValuesIndices = Pair<'values', 'indices'>;

export function pair<A extends string, B extends string>(a: A, x: Tensor, b: B, y: Tensor): Pair<A, B> {
  return Object.assign([x, y] as const, { [a]: x, [b]: y } as Record<A | B, Tensor>);
}
