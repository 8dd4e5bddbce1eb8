// Indices as sums of numbers times loop variables (or other expressions): how they grow along a loop, and which loops may become one.
import { sizeOf, type Shape } from '../../base/index.js';
import { bitOf, loop, loopsOf, type Expr } from '../../kernel/index.js';

/** All loops of stages and outputs. */
export const rowBits: number = -1 << 16;

/** A number times an expression that is no sum. */
export interface Term {
  readonly by: number;
  readonly of: Expr;
}
/** Sum of the terms and a constant. Two sums with the same `key` differ by their constants alone. */
export interface Sum {
  readonly terms: readonly Term[];
  readonly constant: number;
  readonly key: string;
}
/** Whether an expression is a sum of others: no operation but + - and multiplication by a constant. */
export function isSum(e: Expr): boolean {
  if (e.kind !== 'op' || e.dtype !== 'i32') return false;
  if (e.op === 'mul') return e.args[0]!.kind === 'const' || e.args[1]!.kind === 'const';
  return e.op === 'add' || e.op === 'sub' || e.op === 'neg';
}
const sums = new WeakMap<Expr, Sum>();
/** The sum that an expression of i32 is. */
export function sumOf(e: Expr): Sum {
  let sum = sums.get(e);
  if (sum) return sum;
  const terms = new Map<Expr, number>();
  let constant = 0;
  const collect = (x: Expr, by: number): void => {
    if (x.kind === 'const') constant = (constant + Math.imul(x.value, by)) | 0;
    else if (x.kind !== 'op' || !isSum(x)) terms.set(x, ((terms.get(x) ?? 0) + by) | 0);
    else if (x.op === 'mul') {
      const [a, b] = x.args as [Expr, Expr];
      if (b.kind === 'const') collect(a, Math.imul(by, b.value));
      else if (a.kind === 'const') collect(b, Math.imul(by, a.value));
    } else if (x.op === 'neg') collect(x.args[0]!, -by);
    else {
      collect(x.args[0]!, by);
      collect(x.args[1]!, x.op === 'sub' ? -by : by);
    }
  };
  collect(e, 1);
  sums.set(e, (sum = makeSum(terms, constant)));
  return sum;
}
function makeSum(terms: ReadonlyMap<Expr, number>, constant: number): Sum {
  const list: Term[] = [];
  let key = '';
  for (const [of, by] of terms)
    if (by !== 0) {
      list.push({ by, of });
      key += `${by}*${of.id} `;
    }
  return { terms: list, constant, key };
}
/** The step of a sum along the loop with this bit; null where it is not equal. With `accBit` too, results of stages change along the loop. */
export function stepOf(sum: Sum, bits: number): number | null {
  let step = 0;
  for (const { by, of } of sum.terms) {
    if (!(of.reads & bits)) continue;
    if (of.kind !== 'loop') return null;
    step += by;
  }
  return step;
}

/** The step along a loop of the terms that are loop variables. */
function growth({ terms }: Sum, bit: number): number {
  for (const { by, of } of terms) if (of.kind === 'loop' && bitOf(of.over, of.axis) === bit) return by;
  return 0;
}

/** All indices below the roots: each sum that is no part of another one. */
function indices(roots: readonly Expr[]): Set<Expr> {
  const found = new Set<Expr>();
  const seen = new Set<Expr>();
  const visit = (e: Expr, inSum: boolean): void => {
    if (e.kind === 'const' || e.kind === 'param' || e.kind === 'acc') return;
    const sum = e.kind === 'loop' || isSum(e);
    if (sum && !inSum) found.add(e);
    if (seen.has(e)) return;
    seen.add(e);
    if (e.kind === 'load') visit(e.at, false);
    else if (e.kind !== 'loop') for (const x of e.args) visit(x, sum);
  };
  for (const e of roots) visit(e, false);
  return found;
}

/** A loop; it stands for the variable with this bit, and for those of loops that have become part of it. */
export interface Axis {
  readonly bit: number;
  readonly extent: number;
}
export interface Axes {
  readonly axes: readonly Axis[];
  /** The variables that are part of another one: what is multiplied by them is left out of sums. */
  readonly gone: number;
}
/** The loops over a shape that are longer than 1. */
export const axesOf = (over: 'i' | 'r', shape: Shape): Axis[] =>
  shape.flatMap((extent, d): Axis[] => (extent === 1 ? [] : [{ bit: bitOf(over, d), extent }]));
/** The loops over a shape, neighbouring ones as one wherever every index below the roots grows along them as along one loop. */
export function joinAxes(over: 'i' | 'r', shape: Shape, roots: readonly Expr[]): Axes {
  if (sizeOf(shape) === 0) return { axes: [], gone: 0 };
  const axes = axesOf(over, shape);
  let gone = 0;
  if (axes.length < 2) return { axes, gone };
  let all: Sum[] | null = null;
  for (let d = axes.length - 2; d >= 0; d--) {
    const [outer, inner] = [axes[d]!, axes[d + 1]!];
    all ??= [...indices(roots)].filter((e) => loopsOf(e) !== 0).map(sumOf);
    // What is no loop variable has sums of its own in it, which decide for it.
    const joins = all.every((sum) => growth(sum, outer.bit) === growth(sum, inner.bit) * inner.extent);
    if (!joins) continue;
    gone |= outer.bit;
    axes.splice(d, 2, { bit: inner.bit, extent: outer.extent * inner.extent });
  }
  return { axes, gone };
}
/** The row-major position in an array over the loops, outermost first. */
export function positionIn(axes: readonly Axis[]): Sum {
  const terms = new Map<Expr, number>();
  let step = 1;
  for (let d = axes.length - 1; d >= 0; d--) {
    const { bit, extent } = axes[d]!;
    const number = Math.log2(bit >>> 0);
    terms.set(loop(number < 16 ? 'i' : 'r', number % 16, extent), step);
    step *= extent;
  }
  return makeSum(terms, 0);
}
