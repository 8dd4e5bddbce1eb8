// Kernels of one loop nest and one result.
import type { DType, Shape } from '../../base/index.js';
import type { Contraction, Expr, KernelAttrs, SerialKernel } from '../../kernel/index.js';

/** map: out[i] = body(i). reduce: out[i] = op over r of body(i, r). */
export interface PlainKernel {
  readonly name: string;
  readonly form: 'map' | 'reduce';
  readonly inputs: readonly DType[];
  readonly params: readonly DType[];
  readonly dtype: DType;
  readonly shape: Shape;
  readonly over: Shape;
  readonly body: Expr;
  readonly init: null;
  readonly index: null;
  readonly attrs: KernelAttrs;
  readonly contraction?: Contraction;
}
export type Kernel = PlainKernel | SerialKernel;
