// Which numbers are known not to be above 0, or not below: exp of the former cannot overflow. NaN is neither.
import type { Expr, Stage } from '../../kernel/index.js';

const isBelow0 = (e: Expr): boolean => e.kind === 'const' && e.value < 0;
/** Whether a number is never below 0. */
function isNotBelow(e: Expr): boolean {
  if (e.kind === 'const') return e.value >= 0;
  if (e.kind !== 'op') return false;
  const [a, b] = e.args as [Expr, Expr];
  if (e.op === 'abs' || e.op === 'exp') return true;
  if (e.op === 'mul') return a === b || (isNotBelow(a) && isNotBelow(b));
  return e.op === 'max' && (isNotBelow(a) || isNotBelow(b));
}
/** Whether a number is x less the largest of all x in a row. */
export function isBelowLargest(e: Expr, stages: readonly Stage[]): boolean {
  if (e.kind !== 'op' || e.op !== 'sub') return false;
  const [x, most] = e.args as [Expr, Expr];
  const stage = most.kind === 'acc' ? stages[most.slot] : undefined;
  return stage?.op === 'max' && stage.body === x;
}
/** Whether a stage looks for the largest or the smallest of what this is a part of: others may ask which element it was, so all have to round alike. */
export function isSearched(e: Expr, stages: readonly Stage[]): boolean {
  const seen = new Set<Expr>();
  const holds = (x: Expr): boolean => {
    if (x === e || seen.has(x)) return x === e;
    seen.add(x);
    return (x.kind === 'op' || x.kind === 'cast') && x.args.some(holds);
  };
  return stages.some(({ op, body }) => (op === 'max' || op === 'min') && holds(body));
}
/** Whether a number is never above 0. */
export function isNotAbove(e: Expr, stages: readonly Stage[]): boolean {
  if (e.kind !== 'op') return false;
  const [a, b] = e.args as [Expr, Expr];
  if (e.op === 'neg') return isNotBelow(a);
  if (e.op === 'mul') return (isBelow0(a) && isNotBelow(b)) || (isBelow0(b) && isNotBelow(a));
  return isBelowLargest(e, stages);
}
