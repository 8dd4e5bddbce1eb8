// Kernels with fewer, longer loops.
import { sizeOf } from '../../base/index.js';
import { everyExpr, expr, lit, loop, substitute, type Expr } from '../../kernel/index.js';
import type { Kernel } from './plain-kernel.js';

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
