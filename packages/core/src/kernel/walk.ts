// What schedules ask of expressions: which loops they depend on, how they grow along one, and copies of them with parts replaced.
import { cast, expr, lit, load, type Expr } from './expr.js';
import { accBit } from './term.js';

const below = (e: Expr): readonly Expr[] =>
  e.kind === 'load' ? [e.at] : e.kind === 'op' || e.kind === 'cast' ? e.args : [];

/** The loop variables that an expression depends on, as bits. */
export const loopsOf = (e: Expr): number => e.reads & ~accBit;

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

/** The expressions with parts replaced, where `by` gives something else for a part, whose own parts have been replaced in `made`. */
export function replace(roots: readonly Expr[], by: (e: Expr, made: Expr) => Expr | null): Expr[] {
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
    done.set(e, by(e, same) ?? same);
  }
  return roots.map((e) => done.get(e)!);
}
/** The expressions with their loop variables replaced. */
export const substitute = (roots: readonly Expr[], by: (over: 'i' | 'r', axis: number) => Expr): Expr[] =>
  replace(roots, (e) => (e.kind === 'loop' ? by(e.over, e.axis) : null));
