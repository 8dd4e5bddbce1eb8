// Kernels whose divisions by what is the same for a whole row are products with its reciprocal: one division for all, and another rounding.
import { expr, lit, replace, type Expr, type RowsKernel, type Stage } from '../../kernel/index.js';
import { isBelowLargest } from './signs.js';
import { rowBits } from './sums.js';

/** Whether a stage adds up e^(x - the largest x): the sum is between 1 and the number of terms, so that its reciprocal is as exact as any number. */
const isWeightSum = ({ op, body }: Stage, stages: readonly Stage[]): boolean =>
  op === 'add' && body.kind === 'op' && body.op === 'exp' && isBelowLargest(body.args[0]!, stages);
/**
 * The kernel with products instead of divisions of f32 by such sums, which are within 1.5 units in the last place; with `all`, of all divisions by
 * what does not change along the row.
 */
export function withReciprocals(kernel: RowsKernel, all: boolean): RowsKernel {
  const { stages, outputs } = kernel;
  const sums = stages.map((s) => isWeightSum(s, stages));
  if (!all && !sums.includes(true)) return kernel;
  const product = (_: Expr, made: Expr): Expr | null => {
    if (made.kind !== 'op' || made.op !== 'div' || made.dtype !== 'f32') return null;
    const [a, b] = made.args as [Expr, Expr];
    const once = b.reads === 0 ? a.reads !== 0 : !(b.reads & rowBits) && (a.reads & rowBits) !== 0;
    const replaced = once && (all || (b.kind === 'acc' && sums[b.slot]));
    return replaced ? expr('mul', a, expr('div', lit(1, 'f32'), b)) : null;
  };
  const made = replace(
    [...stages, ...outputs].map((x) => x.body),
    product,
  );
  return {
    ...kernel,
    stages: stages.map((s, k) => ({ ...s, body: made[k]! })),
    outputs: outputs.map((o, k) => ({ ...o, body: made[stages.length + k]! })),
  };
}
