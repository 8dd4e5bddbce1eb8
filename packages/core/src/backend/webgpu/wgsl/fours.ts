// Sums of indices taken apart: what is certain to come in steps of four can be read as a vector.
import { expr, lit, type Expr } from '../../../kernel/index.js';

export const termsOf = (e: Expr): Expr[] => (e.kind === 'op' && e.op === 'add' ? e.args.flatMap(termsOf) : [e]);
export const sumOf = (xs: readonly Expr[]): Expr => xs.reduce((a, b) => expr('add', a, b), lit(0));
/** The number in front of a term. */
export function factorOf(e: Expr): number {
  if (e.kind === 'const') return e.value;
  const by = e.kind === 'op' && e.op === 'mul' ? e.args[1] : undefined;
  return by?.kind === 'const' ? by.value : 1;
}
/** A term with a smaller number in front. */
export const reduced = (e: Expr, by: number): Expr =>
  e.kind === 'const' ? lit(e.value / by) : expr('mul', (e as Expr & { kind: 'op' }).args[0]!, lit(factorOf(e) / by));

/** A position as `4 * whole + lane`; null where it is not certain to be that for all loops. */
export function fours(at: Expr): { readonly whole: Expr; readonly lane: number } | null {
  const parts = termsOf(at).filter((e) => e.kind !== 'const');
  const start = termsOf(at).reduce((s, e) => s + (e.kind === 'const' ? e.value : 0), 0);
  if (parts.some((e) => factorOf(e) % 4)) return null;
  const quarter = Math.floor(start / 4);
  return { whole: sumOf([...parts.map((e) => reduced(e, 4)), lit(quarter)]), lane: start - 4 * quarter };
}
