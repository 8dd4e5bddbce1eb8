// Indices of the factors of a product: as sums of parts that depend on some loops each, and as numbers.
import { sizeOf, type Shape } from '../../../base/index.js';
import { bitOf, everyExpr, expr, linear, lit, loopsOf, scalarOps, type Expr } from '../../../kernel/index.js';

/** Positions along one loop, in elements: equal steps, or a table. */
export type Line = { readonly step: number } | { readonly table: Int32Array<ArrayBuffer> };

/** The value of an index whose loop variables are known. */
export function valueOf(e: Expr, variable: (bit: number) => number): number {
  if (e.kind === 'const') return e.value;
  if (e.kind === 'loop') return variable(bitOf(e.over, e.axis));
  if (e.kind !== 'op') throw new Error(`wasm: ${e.kind} in an index`);
  return scalarOps[e.op].js(...e.args.map((a) => valueOf(a, variable)));
}
/** Whether only loops decide it. */
export const isIndex = (e: Expr): boolean => everyExpr([e]).every((x) => ['const', 'loop', 'op'].includes(x.kind));

/** An index as a sum of parts, the k-th of which depends on the loops of the k-th mask only; null where it is none. */
export function separate(e: Expr, masks: readonly number[]): Expr[] | null {
  const parts = masks.map(() => lit(0));
  const visit = (x: Expr, times: number): boolean => {
    if (x.kind === 'op' && (x.op === 'add' || x.op === 'sub'))
      return visit(x.args[0]!, times) && visit(x.args[1]!, x.op === 'add' ? times : -times);
    const [by, scale] = [x.kind === 'op' && x.op === 'mul' ? x.args[1]! : null, loopsOf(x)];
    if (x.kind === 'op' && by?.kind === 'const') return visit(x.args[0]!, times * by.value);
    const k = scale === 0 ? 0 : masks.findIndex((m) => !(scale & ~m));
    if (k < 0) return false;
    parts[k] = expr('add', parts[k]!, expr('mul', x, lit(times)));
    return true;
  };
  return visit(e, 1) ? parts : null;
}
/** Positions along one loop. */
export function lineOf(part: Expr, bit: number, extent: number): { line: Line; start: number } {
  const steady = linear(part, bit);
  if (steady?.rest.kind === 'const') return { line: { step: steady.stride }, start: steady.rest.value };
  return { line: { table: Int32Array.from({ length: extent }, (_, v) => valueOf(part, () => v)) }, start: 0 };
}
/** Positions at all steps of nested loops, the last one fastest. */
export function positions(depth: Expr, extents: Shape): Int32Array<ArrayBuffer> {
  const out = new Int32Array(sizeOf(extents));
  const at = extents.map(() => 0);
  for (let k = 0; k < out.length; k++) {
    out[k] = valueOf(depth, (bit) => at[Math.log2(bit) - 16]!);
    for (let d = extents.length - 1; d >= 0 && ++at[d]! === extents[d]!; d--) at[d] = 0;
  }
  return out;
}
/** The step of a position along an outer loop; null where it is not constant. */
export const outerStep = (e: Expr, d: number): number | null => linear(e, bitOf('i', d))?.stride ?? null;
