// A contraction as one product of two matrices for each element of a batch: operands, positions and results are expressions of four flat loops.
import { sizeOf, type DType, type Shape } from '../../../base/index.js';
import { everyExpr, expr, lit, load, loop, cast, acc, param, scalarOps, unravel } from '../../../kernel/index.js';
import type { Contraction, Expr, Factor, Output, RowsKernel } from '../../../kernel/index.js';

/** The flat loops: `i` over batch, rows and columns, `r` over the depth. */
export const axis = { batch: 0, row: 1, column: 2 } as const;

/** out[at] = sum over the depth of a*b, then what the outputs make of that sum. */
export interface Product {
  readonly batch: number;
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  readonly dtype: DType;
  /** Element of a at (batch, row, depth), and of b at (batch, column, depth). */
  readonly a: Expr;
  readonly b: Expr;
  /** Row-major position in the outputs at (batch, row, column). */
  readonly at: Expr;
  /** The outputs' elements there; the sum is `acc` 0. */
  readonly outputs: readonly Output[];
}

/** Copies of expressions with other things in place of loops and sums; built anew, so that equal ones are one object. */
export function rebuild(roots: readonly Expr[], by: (e: Expr & { kind: 'loop' | 'acc' }) => Expr): Expr[] {
  const done = new Map<Expr, Expr>();
  const made = (e: Expr): Expr => {
    const get = (x: Expr): Expr => done.get(x)!;
    switch (e.kind) {
      case 'const':
        return lit(e.value, e.dtype);
      case 'param':
        return param(e.slot, e.dtype);
      case 'loop':
      case 'acc':
        return by(e);
      case 'load':
        return load(e.input, get(e.at), e.dtype);
      case 'cast':
        return cast(get(e.args[0]), e.dtype);
      case 'op': {
        const [x, y] = e.args.map(get) as [Expr, Expr];
        // conditions of padding that hold for all loops
        if (e.op === 'and' && e.dtype === 'bool' && (x.kind === 'const' || y.kind === 'const'))
          return x.kind === 'const' ? (x.value ? y : x) : (y as Expr & { kind: 'const' }).value ? x : y;
        return expr(e.op, ...e.args.map(get));
      }
    }
  };
  for (const e of everyExpr(roots)) done.set(e, made(e));
  return roots.map((e) => done.get(e)!);
}

/** Index of a row-major position, divided step by step from the last axis on. */
function indexOf(at: Expr, shape: Shape): Expr[] {
  const index: Expr[] = [];
  let rest = at;
  for (let d = shape.length - 1; d >= 0; d--) {
    const n = shape[d]!;
    index.unshift(n === 1 ? lit(0) : d === 0 ? rest : expr('mod', rest, lit(n)));
    rest = expr('idiv', rest, lit(n));
  }
  return index;
}

/** The value of an index at loops of these values; what is loaded counts as 0. */
export function numberAt(e: Expr, at: (e: Expr & { kind: 'loop' }) => number): number {
  const done = new Map<Expr, number>();
  for (const x of everyExpr([e])) {
    const value =
      x.kind === 'const'
        ? x.value
        : x.kind === 'loop'
          ? at(x)
          : x.kind === 'op'
            ? scalarOps[x.op].js(...x.args.map((y) => done.get(y)!))
            : x.kind === 'cast'
              ? done.get(x.args[0])!
              : 0;
    done.set(x, value);
  }
  return done.get(e)!;
}
/** How far apart neighbours along a loop lie, seen in the middle of all loops. */
function stepAlong(index: Expr, kind: 'i' | 'r', along: number): number {
  const middle =
    (next: number) =>
    ({ over, axis: a, extent }: Expr & { kind: 'loop' }): number =>
      (extent >> 1) + (over === kind && a === along ? next : 0);
  return numberAt(index, middle(0)) - numberAt(index, middle(-1));
}
/** Whether neighbours along the depth lie nearer to each other than neighbours along the lines (rows of a, columns of b). */
export function alongDepth(operand: Expr, line: number): boolean {
  const loads = everyExpr([operand]).filter((e) => e.kind === 'load');
  const near = (kind: 'i' | 'r', along: number): number =>
    loads.filter((e) => Math.abs(stepAlong(e.at, kind, along)) === 1).length;
  return near('r', 0) > near('i', line);
}

/** The contraction of a kernel on flat loops, such that outputs lie side by side along the columns where they can. */
export function productOf(kernel: RowsKernel): Product | null {
  const stage = kernel.stages[0];
  const c = stage?.contraction;
  if (!c || kernel.stages.length !== 1 || kernel.outputs.some((o) => o.over.length)) return null;
  const product = onFlatLoops(kernel, c);
  if (Math.min(product.batch, product.rows, product.columns, product.depth) === 0) return null;
  const step = (along: number): number => Math.abs(stepAlong(product.at, 'i', along));
  const turn = product.rows > 1 && step(axis.row) === 1 && step(axis.column) !== 1;
  return turn ? onFlatLoops(kernel, { ...c, m: c.n, n: c.m, a: c.b, b: c.a }, c) : product;
}
/** @param loops  the contraction on whose loops `at` and the factors stand, when rows and columns have changed places */
function onFlatLoops({ stages, outputs, shape }: RowsKernel, c: Contraction, loops: Contraction = c): Product {
  const sizes = { batch: sizeOf(c.batch), rows: sizeOf(c.m), columns: sizeOf(c.n), depth: sizeOf(c.k) };
  const turned = loops !== c;
  const i = [
    ...unravel(loop('i', axis.batch, sizes.batch), loops.batch),
    ...unravel(loop('i', turned ? axis.column : axis.row, sizeOf(loops.m)), loops.m),
    ...unravel(loop('i', turned ? axis.row : axis.column, sizeOf(loops.n)), loops.n),
  ];
  const r = unravel(loop('r', 0, sizes.depth), c.k);
  const flat = (e: Expr): Expr =>
    rebuild([e], (x) => (x.kind === 'loop' ? (x.over === 'i' ? i : r)[x.axis]! : acc(x.slot, x.dtype)))[0]!;
  const read = ({ read: value }: Factor): Expr => flat(value);
  const at = flat(c.at);
  const index = indexOf(at, shape);
  const bodies = rebuild(
    outputs.map((o) => o.body),
    (x) => (x.kind === 'loop' ? index[x.axis]! : acc(x.slot, x.dtype)),
  );
  return {
    ...sizes,
    dtype: stages[0]!.dtype,
    a: read(c.a),
    b: read(c.b),
    at,
    outputs: outputs.map((o, k) => ({ ...o, body: bodies[k]! })),
  };
}
