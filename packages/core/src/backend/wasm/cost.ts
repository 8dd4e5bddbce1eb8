// Rough costs of expressions, for the choice of schedules: 1 is an instruction on vectors of f32.
import type { DType } from '../../base/index.js';
import type { Expr, ScalarOp } from '../../kernel/index.js';
import { doubles } from './fast-math.js';
import { exponentOf } from './powers.js';
import { isSpelled } from './vector.js';

const dear: Partial<Record<ScalarOp, number>> = {
  div: 4,
  sqrt: 4,
  max: 2,
  min: 2,
  exp: 16,
  log: 18,
  tanh: 30,
  erf: 36,
  sin: 28,
  cos: 28,
  expm1: 22,
  log1p: 26,
  pow: 90,
};
/** What goes through a definition in JavaScript, lane by lane. */
const foreign = 200;
const operationWeight = (op: ScalarOp, dtype: DType): number => {
  const width = dtype === 'f64' ? 2 : 1;
  if (isSpelled(op, dtype)) return width * (dear[op] ?? 1);
  if (dtype === 'f64') return doubles[op] ? 2 * width * (dear[op] ?? 1) : foreign;
  return dtype === 'f32' ? (dear[op] ?? foreign) : 24;
};
/** The operations below the roots that have to be done again in each iteration of the loops with these bits; loads count as one. */
export function weightOf(roots: readonly Expr[], bits: number, known: ReadonlySet<Expr> = new Set()): number {
  const seen = new Set<Expr>();
  let weight = 0;
  const visit = (e: Expr): void => {
    if (seen.has(e) || !(e.reads & bits)) return;
    seen.add(e);
    if (known.has(e)) weight += 1;
    else if (e.kind === 'load') {
      weight += 1;
      if (e.at.kind === 'op') visitIndex(e.at);
    } else if (e.kind === 'op') {
      weight += exponentOf(e) === null ? operationWeight(e.op, e.args.at(-1)!.dtype) : 4;
      e.args.forEach(visit);
    } else if (e.kind === 'cast') {
      weight += 1;
      visit(e.args[0]);
    }
  };
  /** Indices cost little, except for what they read. */
  const visitIndex = (e: Expr): void => {
    if (seen.has(e)) return;
    seen.add(e);
    if (e.kind === 'load') visit(e);
    else if (e.kind === 'op' || e.kind === 'cast') e.args.forEach(visitIndex);
  };
  roots.forEach(visit);
  return weight;
}
