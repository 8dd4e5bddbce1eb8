// Rows kernels with fewer, longer loops: neighbouring axes become one wherever that needs no new division.
import { sizeOf, type Shape } from '../../base/index.js';
import { everyExpr, expr, lit, loop, substitute, type Expr, type RowsKernel } from '../../kernel/index.js';

const divisions = (roots: readonly Expr[]): number =>
  everyExpr(roots).filter((e) => e.kind === 'op' && e.dtype === 'i32' && (e.op === 'idiv' || e.op === 'mod')).length;

/** The expressions and the loops `over` that they are left with. */
function joinAxes(over: 'i' | 'r', shape: Shape, roots: readonly Expr[]): { shape: Shape; roots: readonly Expr[] } {
  if (sizeOf(shape) === 0) return { shape, roots };
  const kept = (e: Expr, at: (axis: number) => Expr): Expr => {
    if (e.kind !== 'loop') return e;
    return e.over === over ? at(e.axis) : loop(e.over, e.axis, e.extent);
  };
  const with_ = (at: (axis: number) => Expr): Expr[] => {
    const own = new Map<string, Expr>();
    for (const e of everyExpr(roots)) if (e.kind === 'loop') own.set(`${e.over}${e.axis}`, kept(e, at));
    return substitute(roots, (o, axis) => own.get(`${o}${axis}`)!);
  };
  const long = shape.flatMap((n, d) => (n === 1 ? [] : [d]));
  let sizes = long.map((d) => shape[d]!);
  roots = with_((axis) => loop(over, long.indexOf(axis), shape[axis]!));
  for (let d = sizes.length - 2; d >= 0; d--) {
    const inner = sizes[d + 1]!;
    const next = [...sizes.slice(0, d), sizes[d]! * inner, ...sizes.slice(d + 2)];
    const joined = loop(over, d, next[d]!);
    const made = with_((axis) => {
      if (axis === d) return expr('idiv', joined, lit(inner));
      if (axis === d + 1) return expr('mod', joined, lit(inner));
      return loop(over, axis > d ? axis - 1 : axis, sizes[axis]!);
    });
    if (divisions(made) > divisions(roots)) continue;
    roots = made;
    sizes = next;
  }
  return { shape: sizes, roots };
}

/** The same kernel with as few loops as the indices allow. */
export function joinRows(kernel: RowsKernel): RowsKernel {
  const bodies = [...kernel.stages, ...kernel.outputs].map((p) => p.body);
  const rows = joinAxes('i', kernel.shape, bodies);
  const inner = [...kernel.stages, ...kernel.outputs].map((p, k) => joinAxes('r', p.over, [rows.roots[k]!]));
  const count = kernel.stages.length;
  const loops = inner.map(({ shape, roots }) => ({ over: shape, body: roots[0]! }));
  // Outputs over the same loops stay together, so they are joined only where all can be.
  const outputs = kernel.outputs.map((o, k) => {
    const same = kernel.outputs.flatMap((p, n) =>
      p.over.join() === o.over.join() ? [loops[count + n]!.over.join()] : [],
    );
    return new Set(same).size === 1 ? { ...o, ...loops[count + k]! } : { ...o, body: rows.roots[count + k]! };
  });
  return { ...kernel, shape: rows.shape, stages: kernel.stages.map((s, k) => ({ ...s, ...loops[k]! })), outputs };
}
/** Outputs over the same loops, which are computed together: all reads of an element come before its writes. */
export function byLoops(kernel: RowsKernel): { readonly over: Shape; readonly slots: readonly number[] }[] {
  const groups = new Map<string, { over: Shape; slots: number[] }>();
  kernel.outputs.forEach(({ over }, slot) => {
    const key = over.join();
    const group = groups.get(key) ?? { over, slots: [] };
    groups.set(key, group);
    group.slots.push(slot);
  });
  return [...groups.values()];
}
