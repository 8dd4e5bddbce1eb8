// Kernels whose divisions by what is the same for a whole row are products with its reciprocal: less exact by a rounding, and one division for all.
import { expr, lit, replace, type Expr, type RowsKernel } from '../../kernel/index.js';
import { rowBits } from './sums.js';

/** The product that a division is, where its divisor does not change along the row. */
function product(_: Expr, made: Expr): Expr | null {
  if (made.kind !== 'op' || made.op !== 'div' || made.dtype !== 'f32') return null;
  const [a, b] = made.args as [Expr, Expr];
  const once = b.reads === 0 ? a.reads !== 0 : !(b.reads & rowBits) && (a.reads & rowBits) !== 0;
  return once ? expr('mul', a, expr('div', lit(1, 'f32'), b)) : null;
}
/** The kernel with products instead of such divisions. */
export function withReciprocals(kernel: RowsKernel): RowsKernel {
  const { stages, outputs } = kernel;
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
