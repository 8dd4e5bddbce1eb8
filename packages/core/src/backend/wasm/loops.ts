// What the schedules ask of expressions: which loops they depend on, how they grow along one, and kernels with fewer, longer loops.
import { sizeOf } from '../../base/index.js';
import { cast, expr, lit, load, loop, type Expr } from '../../kernel/index.js';
import type { Kernel } from './plain-kernel.js';

/** Bit of a loop variable in a set of them. */
export const bitOf = (over: 'i' | 'r', axis: number): number => 1 << (over === 'i' ? axis : 16 + axis);

const below = (e: Expr): readonly Expr[] =>
  e.kind === 'load' ? [e.at] : e.kind === 'op' || e.kind === 'cast' ? e.args : [];

const known = new WeakMap<Expr, number>();
/** The loop variables that an expression depends on, as bits. */
export function loopsOf(e: Expr): number {
  const found = known.get(e);
  if (found !== undefined) return found;
  let bits = e.kind === 'loop' ? bitOf(e.over, e.axis) : 0;
  for (const x of below(e)) bits |= loopsOf(x);
  known.set(e, bits);
  return bits;
}

/** An index as `stride * variable + rest`, where rest does not depend on the variable. */
export interface Linear {
  readonly stride: number;
  readonly rest: Expr;
}
/** How an i32 expression grows along the loop variable with this bit; null when not by equal steps. */
export function linear(e: Expr, bit: number): Linear | null {
  if (!(loopsOf(e) & bit)) return { stride: 0, rest: e };
  if (e.kind === 'loop') return { stride: 1, rest: lit(0) };
  if (e.kind !== 'op' || e.dtype !== 'i32') return null;
  const [a, b] = e.args as [Expr, Expr];
  if (e.op === 'neg') {
    const x = linear(a, bit);
    return x && { stride: -x.stride, rest: expr('neg', x.rest) };
  }
  if (e.op === 'mul') {
    const [x, by] =
      b.kind === 'const' ? [linear(a, bit), b.value] : a.kind === 'const' ? [linear(b, bit), a.value] : [null, 0];
    return x && { stride: x.stride * by, rest: expr('mul', x.rest, lit(by)) };
  }
  if (e.op !== 'add' && e.op !== 'sub') return null;
  const [x, y] = [linear(a, bit), linear(b, bit)];
  return (
    x && y && { stride: e.op === 'add' ? x.stride + y.stride : x.stride - y.stride, rest: expr(e.op, x.rest, y.rest) }
  );
}

/** All expressions below the roots, arguments first. */
export function everyExpr(roots: readonly Expr[]): Expr[] {
  const seen = new Set<Expr>();
  const visit = (e: Expr): void => {
    if (seen.has(e)) return;
    for (const x of below(e)) visit(x);
    seen.add(e);
  };
  for (const e of roots) visit(e);
  return [...seen];
}

/** The expressions with parts replaced, where `by` gives something else for a part without parts of its own. */
export function replace(roots: readonly Expr[], by: (e: Expr) => Expr | null): Expr[] {
  const done = new Map<Expr, Expr>();
  for (const e of everyExpr(roots)) {
    const get = (x: Expr): Expr => done.get(x)!;
    const same =
      e.kind === 'load'
        ? load(e.input, get(e.at), e.dtype)
        : e.kind === 'cast'
          ? cast(get(e.args[0]), e.dtype)
          : e.kind === 'op'
            ? expr(e.op, ...e.args.map(get))
            : e;
    done.set(e, by(e) ?? same);
  }
  return roots.map((e) => done.get(e)!);
}
/** The expressions with their loop variables replaced. */
export const substitute = (roots: readonly Expr[], by: (over: 'i' | 'r', axis: number) => Expr): Expr[] =>
  replace(roots, (e) => (e.kind === 'loop' ? by(e.over, e.axis) : null));
const divisions = (roots: readonly Expr[]): number =>
  everyExpr(roots).filter((e) => e.kind === 'op' && e.dtype === 'i32' && (e.op === 'idiv' || e.op === 'mod')).length;

/** A kernel whose neighbouring loops are one loop wherever that needs no new division: a map over whole arrays has a single one. */
export function joinLoops(kernel: Kernel): Kernel {
  if (kernel.form !== 'map' && kernel.form !== 'reduce') return kernel;
  let { shape, over, body } = kernel;
  /** Tries other extents for one kind of loop; each old variable becomes `at(its axis)`. */
  const attempt = (kind: 'i' | 'r', extents: readonly number[], at: (axis: number) => Expr): boolean => {
    const [next] = substitute([body], (o, axis) =>
      o === kind ? at(axis) : loop(o, axis, (o === 'i' ? shape : over)[axis]!),
    ) as [Expr];
    if (divisions([next]) > divisions([body])) return false;
    body = next;
    if (kind === 'i') shape = extents;
    else over = extents;
    return true;
  };
  for (const kind of ['i', 'r'] as const) {
    const now = (): readonly number[] => (kind === 'i' ? shape : over);
    if (sizeOf(now()) === 0) continue;
    const long = now().flatMap((n, d) => (n === 1 ? [] : [d]));
    if (long.length < now().length) {
      const extents = long.map((d) => now()[d]!);
      attempt(kind, extents, (axis) =>
        long.includes(axis) ? loop(kind, long.indexOf(axis), extents[long.indexOf(axis)]!) : lit(0),
      );
    }
    for (let d = now().length - 2; d >= 0; d--) {
      const sizes = now();
      const inner = sizes[d + 1]!;
      const extents = [...sizes.slice(0, d), sizes[d]! * inner, ...sizes.slice(d + 2)];
      const joined = loop(kind, d, extents[d]!);
      attempt(kind, extents, (axis) =>
        axis === d
          ? expr('idiv', joined, lit(inner))
          : axis === d + 1
            ? expr('mod', joined, lit(inner))
            : loop(kind, axis > d ? axis - 1 : axis, sizes[axis]!),
      );
    }
  }
  return { ...kernel, shape, over, body };
}
