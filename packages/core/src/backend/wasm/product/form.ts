// The normal form of a contraction: loops outside of both matrices, one loop over rows, one over columns, and loops over the depth. The position of an
// element of a factor is a sum of parts that depend on one kind of loop each.
import { sizeOf, type DType, type Shape } from '../../../base/index.js';
import { isIndex, lineOf, separate, type Line } from './positions.js';
import { slabOf } from './slab.js';
import {
  bitOf,
  everyExpr,
  expr,
  linear,
  lit,
  loop,
  substitute,
  unravel,
  type Contraction,
  type Expr,
  type RowsKernel,
} from '../../../kernel/index.js';

/** One of the two factors, and where its elements are. */
export interface Factor {
  /** Number of the kernel's input; null for an array that has to be computed first. */
  readonly input: number | null;
  readonly shape: Shape;
  readonly value: Expr;
  /** It is computed anew at each position of the outer loops, whose variables are parameters of it after those of the kernel. */
  readonly anew: boolean;
  /** Position outside of the matrix, by the outer loops. */
  readonly outer: Expr;
  /** Along rows (of a) or columns (of b). */
  readonly line: Line;
  /** Along each loop over the depth; null where a step is not constant. */
  readonly steps: readonly number[] | null;
  /** The position along the depth, by its loops. */
  readonly depth: Expr;
}
export interface Product {
  readonly dtype: DType;
  readonly outer: Shape;
  readonly m: number;
  readonly n: number;
  readonly k: Shape;
  readonly a: Factor;
  readonly b: Factor;
  /** Row-major position in the outputs, and what they hold, by the outer loops, the row and the column, which are the loops `i` in this order. */
  readonly at: Expr;
  readonly bodies: readonly Expr[];
}
export const rowBit = ({ outer }: Product): number => bitOf('i', outer.length);
export const columnBit = ({ outer }: Product): number => bitOf('i', outer.length + 1);
/** Steps of the output along rows and columns; null where they are not constant. */
export function outputSteps(p: Product): { readonly row: number; readonly column: number } | null {
  const [row, column] = [linear(p.at, rowBit(p)), linear(p.at, columnBit(p))];
  return row && column && { row: row.stride, column: column.stride };
}

type Group = 'outer' | 'm' | 'n';
interface Axis {
  readonly extent: number;
  readonly group: Group;
}
const divisions = (roots: readonly Expr[]): number =>
  everyExpr(roots).filter((e) => e.kind === 'op' && e.dtype === 'i32' && (e.op === 'idiv' || e.op === 'mod')).length;

/** The most lines whose positions are kept in a table for the sake of one loop over them. */
const longestTable = 2 ** 16;
/** Expressions over loops that are joined and put in another order. */
class Loops {
  constructor(
    public axes: Axis[],
    public depth: number[],
    /** Position in the output, positions in the factors, outputs. */
    public all: Expr[],
  ) {}
  private rewritten(i: (d: number) => Expr, r: (d: number) => Expr): Expr[] {
    return substitute(this.all, (over, d) => (over === 'i' ? i(d) : r(d)));
  }
  private readonly same = {
    i: (d: number): Expr => loop('i', d, this.axes[d]!.extent),
    r: (d: number): Expr => loop('r', d, this.depth[d]!),
  };
  /** Loops of one step are gone from the expressions. */
  dropOnes(): void {
    const [long, deep] = [
      this.axes.flatMap(({ extent }, d) => (extent === 1 ? [] : [d])),
      this.depth.flatMap((extent, d) => (extent === 1 ? [] : [d])),
    ];
    this.all = this.rewritten(
      (d) => loop('i', long.indexOf(d), this.axes[d]!.extent),
      (d) => loop('r', deep.indexOf(d), this.depth[d]!),
    );
    this.axes = long.map((d) => this.axes[d]!);
    this.depth = deep.map((d) => this.depth[d]!);
  }
  /** Makes neighbours one loop where `concerned`, some of the expressions, need no new division. */
  private tryJoin(over: 'i' | 'r', d: number, extents: readonly number[], concerned: (all: Expr[]) => Expr[]): boolean {
    const inner = extents[d + 1]!;
    const joined = loop(over, d, extents[d]! * inner);
    const part = (e: number): Expr =>
      e === d
        ? expr('idiv', joined, lit(inner))
        : e === d + 1
          ? expr('mod', joined, lit(inner))
          : loop(over, e > d ? e - 1 : e, extents[e]!);
    const next = over === 'i' ? this.rewritten(part, this.same.r) : this.rewritten(this.same.i, part);
    if (divisions(concerned(next)) > divisions(concerned(this.all))) return false;
    this.all = next;
    return true;
  }
  join(): void {
    for (let d = this.axes.length - 2; d >= 0; d--) {
      const [x, y] = [this.axes[d]!, this.axes[d + 1]!];
      if (x.group !== y.group) continue;
      // Lines may become tables, as long as these are short.
      const all = x.group === 'outer' || x.extent * y.extent > longestTable;
      const concerned = (list: Expr[]): Expr[] => (all ? list : [list[0]!, ...list.slice(3)]);
      if (
        this.tryJoin(
          'i',
          d,
          this.axes.map((a) => a.extent),
          concerned,
        )
      )
        this.axes.splice(d, 2, { extent: x.extent * y.extent, group: x.group });
    }
    for (let d = this.depth.length - 2; d >= 0; d--)
      if (this.tryJoin('r', d, this.depth, (all) => [all[1]!, all[2]!]))
        this.depth.splice(d, 2, this.depth[d]! * this.depth[d + 1]!);
  }
  /** Puts the axes in this order; -1 stands for an axis of one step. */
  arrange(order: readonly number[]): void {
    this.all = this.rewritten((d) => loop('i', order.indexOf(d), this.axes[d]!.extent), this.same.r);
    this.axes = order.map((d) => this.axes[d] ?? { extent: 1, group: 'outer' });
  }
}

interface Masks {
  readonly outer: number;
  readonly line: number;
  readonly depth: number;
}
/** Where a factor is read: in an input, or in an array that holds all of its values. */
interface Place {
  readonly input: number | null;
  readonly at: Expr;
}
const masksOf = (count: number, line: number, k: Shape): Masks => {
  const bits = (over: 'i' | 'r', n: number): number => (bitOf(over, n) - bitOf(over, 0)) | 0;
  return { outer: bits('i', count), line, depth: bits('r', k.length) };
};
function factorOf(
  array: Contraction['a'],
  { input, at: whole }: Place,
  masks: Masks,
  extent: number,
  { k, outer, parameter }: { readonly k: Shape; readonly outer: Shape; readonly parameter: number },
): Factor | null {
  const split = (index: Expr): Expr[] | null =>
    isIndex(index) ? separate(index, [masks.outer, masks.line | masks.depth]) : null;
  const slab = input === null ? slabOf(array, whole, outer, split, parameter) : null;
  const { shape, value, at } = slab ?? { ...array, at: whole };
  const parts = isIndex(at) ? separate(at, [masks.outer, masks.line, masks.depth]) : null;
  if (!parts) return null;
  const { line, start } = lineOf(parts[1]!, masks.line, extent);
  const steps: number[] = [];
  let rest = parts[2]!;
  for (const d of k.keys()) {
    const step = linear(rest, bitOf('r', d));
    if (!step) break;
    steps.push(step.stride);
    rest = step.rest;
  }
  const first = steps.length === k.length && rest.kind === 'const' ? rest.value : null;
  const before = expr('add', parts[0]!, lit(start + (first ?? 0)));
  const depth = expr('add', parts[2]!, lit(-(first ?? 0)));
  return { input, shape, value, anew: slab !== null, outer: before, line, steps: first === null ? null : steps, depth };
}

/** Elements from which on it may be worth putting a factor in another order. */
const large = 2 ** 12;
/** Whether a factor is read as it should be: it is made first, or small, or vectors of lines or of the depth can be read at once. */
const liesWell = ({ input, shape, line, steps, depth }: Factor, lines: number): boolean =>
  input === null ||
  sizeOf(shape) < large ||
  (lines >= 4 && ('step' in line ? line.step : line.table[1]! - line.table[0]!) === 1) ||
  Math.abs(steps?.at(-1) ?? 0) === 1 ||
  !depth.reads;
/**
 * The products that a kernel may be computed as: with factors that are read where they lie, or whose arrays are made first, which is all that there is
 * where positions are irregular. None where it is no product.
 */
export function productsOf(kernel: RowsKernel): Product[] {
  const [stage] = kernel.stages;
  const c = stage?.contraction;
  if (!c || kernel.stages.length > 1 || kernel.outputs.some((o) => o.over.length)) return [];
  const made = [c.a, c.b].map(({ at }): Place => ({ input: null, at }));
  const direct = [c.a, c.b].map(({ read }, f) =>
    read.kind === 'load' ? { input: read.input, at: read.at } : made[f]!,
  );
  const found: Product[] = [];
  const known = new Set<string>();
  for (const places of [direct, [made[0]!, direct[1]!], [direct[0]!, made[1]!], made]) {
    const key = places.map((p) => p.input).join();
    if (known.has(key) || (found.length && places === made)) continue;
    known.add(key);
    const product = normalize(kernel, stage.dtype, c, places);
    if (!product) continue;
    found.push(product);
    if (liesWell(product.a, product.m) && liesWell(product.b, product.n)) break;
  }
  return found;
}
function normalize(kernel: RowsKernel, dtype: DType, c: Contraction, places: readonly Place[]): Product | null {
  const index = unravel(c.at, kernel.shape);
  const bodies = substitute(
    kernel.outputs.map((o) => o.body),
    (_, d) => index[d]!,
  );
  const axes = (shape: Shape, group: Group): Axis[] => shape.map((extent) => ({ extent, group }));
  const loops = new Loops(
    [...axes(c.batch, 'outer'), ...axes(c.m, 'm'), ...axes(c.n, 'n')],
    [...c.k],
    [c.at, ...places.map((p) => p.at), ...bodies],
  );
  loops.dropOnes();
  loops.join();
  /** The axis of a group that becomes rows or columns: the one that lies side by side in the output, or the last one. */
  const stepOf = (d: number): number | undefined => linear(loops.all[0]!, bitOf('i', d))?.stride;
  const ofGroup = (group: Group): number => {
    const own = loops.axes.flatMap((x, d) => (x.group === group ? [d] : []));
    return own.find((d) => stepOf(d) === 1) ?? own.at(-1) ?? -1;
  };
  let [m, n] = [ofGroup('m'), ofGroup('n')];
  /** Columns are what lies side by side in the output. */
  const turned = m >= 0 && stepOf(m) === 1 && (n < 0 || stepOf(n) !== 1);
  if (turned) [m, n] = [n, m];
  const outer = loops.axes.flatMap((_, d) => (d === m || d === n ? [] : [d]));
  loops.arrange([...outer, m, n]);
  const sides = turned ? [1, 0] : [0, 1];
  const { extent: rows } = loops.axes[outer.length]!;
  const { extent: columns } = loops.axes[outer.length + 1]!;
  const extents = loops.axes.slice(0, outer.length).map((x) => x.extent);
  const around = { k: loops.depth, outer: extents, parameter: kernel.params.length };
  const [a, b] = sides.map((f, k) =>
    factorOf(
      f ? c.b : c.a,
      { input: places[f]!.input, at: loops.all[f + 1]! },
      masksOf(outer.length, bitOf('i', outer.length + k), loops.depth),
      k ? columns : rows,
      around,
    ),
  );
  if (!a || !b) return null;
  const [at, , , ...outs] = loops.all as [Expr, ...Expr[]];
  return { dtype, outer: extents, m: rows, n: columns, k: loops.depth, a, b, at, bodies: outs };
}
