// Kernels whose last kept axis is read in an irregular way (padding, joined arrays, reshaped ones): cut where conditions change, and the axis made two
// where indices are divided, so that each piece is read by equal steps.
import { sizeOf } from '../../base/index.js';
import { bitOf, expr, lit, loop, loops, ravel, replace, type Expr, type RowsKernel } from '../../kernel/index.js';
import { positionIn, stepOf, sumOf, type Axis, type Sum } from './sums.js';

/** A kernel that computes a part of what another one does: its elements go to the positions `at` of the outputs. */
export interface Piece extends RowsKernel {
  readonly at?: Expr;
}
/** Where the elements of an output go. */
export const positionOf = (kernel: Piece, axes: readonly Axis[]): Sum =>
  kernel.at ? sumOf(kernel.at) : positionIn(axes);

const rootsOf = ({ stages, outputs }: RowsKernel): Expr[] => [...stages, ...outputs].map((x) => x.body);
/** All expressions below the roots that change along a loop. */
function changing(roots: readonly Expr[], bit: number): Set<Expr> {
  const seen = new Set<Expr>();
  const visit = (e: Expr): void => {
    if (seen.has(e) || !(e.reads & bit)) return;
    seen.add(e);
    if (e.kind === 'load') visit(e.at);
    else if (e.kind === 'op' || e.kind === 'cast') e.args.forEach(visit);
  };
  roots.forEach(visit);
  return seen;
}
const readsData = (e: Expr): boolean =>
  e.kind === 'load' || e.kind === 'acc' || ((e.kind === 'op' || e.kind === 'cast') && e.args.some(readsData));
/** Loads whose steps along a loop are not equal, although no data decides where they read. */
function irregular(roots: readonly Expr[], bit: number): number {
  let count = 0;
  for (const e of changing(roots, bit))
    if (e.kind === 'load' && stepOf(sumOf(e.at), bit) === null && !readsData(e.at)) count++;
  return count;
}

/** The bounds of a sum's terms other than one, with its constant. */
function boundsBut(sums: readonly (readonly [Sum, number])[], but: number): { lo: number; hi: number } {
  let [lo, hi] = [0, 0];
  for (const [{ terms, constant }, sign] of sums) {
    lo += sign * constant;
    hi += sign * constant;
    for (const { by, of } of terms) {
      if (of.kind === 'loop' && of.reads === but) continue;
      const ends = [sign * by * of.lo, sign * by * of.hi];
      lo += Math.min(...ends);
      hi += Math.max(...ends);
    }
  }
  return { lo, hi };
}
const comparing = new Set(['lt', 'le', 'eq', 'ne', 'max', 'min']);
/** Positions of a loop where the comparison of two indices may begin, or cease, to have the same result. */
function cuts(every: ReadonlySet<Expr>, bit: number, extent: number): number[] {
  const found = new Set<number>();
  const either: number[] = [];
  for (const e of every) {
    if (e.kind !== 'op' || !comparing.has(e.op)) continue;
    const [a, b] = e.args as [Expr, Expr];
    if (a.dtype !== 'i32' || readsData(a) || readsData(b)) continue;
    const [x, y] = [sumOf(a), sumOf(b)];
    const [p, q] = [stepOf(x, bit), stepOf(y, bit)];
    if (p === null || q === null || p === q) continue;
    const step = p - q;
    const { lo, hi } = boundsBut(
      [
        [x, 1],
        [y, -1],
      ],
      bit,
    );
    // a - b = step*v + rest is 0 between these two
    for (const end of [-lo / step, -hi / step]) {
      if (!Number.isFinite(end)) continue;
      if (e.op === 'max' || e.op === 'min') either.push(end);
      else {
        if (e.op !== 'le' || step < 0) found.add(e.op === 'lt' && step < 0 ? Math.floor(end) + 1 : Math.ceil(end));
        if (e.op !== 'lt' && !(e.op === 'le' && step < 0)) found.add(Math.floor(end) + 1);
      }
    }
  }
  // Where the two are equal, either is the larger.
  for (const end of either)
    if (!found.has(Math.ceil(end)) && !found.has(Math.floor(end) + 1)) found.add(Math.ceil(end));
  return [...found].filter((v) => v > 0 && v < extent).sort((v, w) => v - w);
}
/** A number, from `least` on, that divides an axis so that divisions of indices along it are regular on both sides; 1 when there is none. */
function period(every: ReadonlySet<Expr>, bit: number, extent: number, least: number): number {
  let best = 1;
  for (const e of every) {
    if (e.kind !== 'op' || (e.op !== 'idiv' && e.op !== 'mod') || e.dtype !== 'i32') continue;
    const [a, by] = e.args as [Expr, Expr];
    const step = by.kind === 'const' ? stepOf(sumOf(a), bit) : null;
    if (!step || by.kind !== 'const' || by.value % step !== 0) continue;
    const n = Math.abs(by.value / step);
    if (n >= least && n < extent && extent % n === 0 && (best === 1 || n < best)) best = n;
  }
  return best;
}

/** The most pieces that a kernel is cut into, and the most axes of one. */
const most = 8;
const mostAxes = 15;
/** The pieces of a kernel; the kernel itself where cutting it gains nothing. */
export function piecesOf(kernel: RowsKernel): readonly Piece[] {
  const { shape, outputs } = kernel;
  const axis = shape.length - 1;
  const extent = shape[axis] ?? 0;
  const bit = bitOf('i', axis);
  if (extent < 8 || outputs.some((o) => sizeOf(o.over) !== 1 || o.over.length)) return [kernel];
  const roots = rootsOf(kernel);
  const before = irregular(roots, bit);
  if (!before) return [kernel];
  const ends = [0, ...cuts(changing(roots, bit), bit, extent), extent];
  if (ends.length - 1 > most) return [kernel];
  const position = ravel(loops('i', shape), shape);
  const pieces = ends.slice(1).map((to, k) => {
    const from = ends[k]!;
    const variable = expr('add', loop('i', axis, to - from), lit(from));
    return regular(along({ ...kernel, at: position }, axis, [to - from], variable));
  });
  const after = pieces.reduce((n, p) => n + irregular(rootsOf(p), bitOf('i', p.shape.length - 1)), 0);
  return after < before * pieces.length ? pieces : [kernel];
}
/** What is left of conditions, one of which is known. */
function decided(e: Expr): Expr | null {
  if (e.kind !== 'op' || e.dtype !== 'bool' || (e.op !== 'and' && e.op !== 'or')) return null;
  const [a, b] = e.args as [Expr, Expr];
  const [known, other] = a.kind === 'const' ? [a, b] : [b, a];
  if (known.kind !== 'const') return null;
  return (known.value !== 0) === (e.op === 'and') ? other : known;
}
/** The piece with its axes made two where that makes indices regular. */
function regular(piece: Required<Piece>): Required<Piece> {
  let made = piece;
  for (let axis = piece.shape.length - 1; axis >= 0; axis--) {
    const extent = piece.shape[axis]!;
    const bit = bitOf('i', axis);
    // vectors lie along the last axis
    const n = period(changing(rootsOf(made), bit), bit, extent, axis === piece.shape.length - 1 ? 4 : 2);
    if (n === 1 || made.shape.length === mostAxes) continue;
    const outer = expr('mul', loop('i', axis, extent / n), lit(n));
    made = along(made, axis, [extent / n, n], expr('add', outer, loop('i', axis + 1, n)));
  }
  return made;
}
/** A piece with other loops instead of those of one axis. */
function along(piece: Required<Piece>, axis: number, extents: readonly number[], variable: Expr): Required<Piece> {
  const { stages, outputs, shape, at } = piece;
  const by = (e: Expr, now: Expr): Expr | null => {
    if (e.kind !== 'loop' || e.over !== 'i' || e.axis < axis) return decided(now);
    return e.axis === axis ? variable : loop('i', e.axis + extents.length - 1, e.extent);
  };
  const made = replace([...rootsOf(piece), at], by);
  return {
    ...piece,
    shape: [...shape.slice(0, axis), ...extents, ...shape.slice(axis + 1)],
    stages: stages.map(({ op, dtype, over }, k) => ({ op, dtype, over, body: made[k]! })),
    outputs: outputs.map((o, k) => ({ ...o, body: made[stages.length + k]! })),
    at: made.at(-1)!,
  };
}
