// What a kernel becomes: functions that run one after another, each of which threads may divide.
import type { DType } from '../../base/index.js';
import type { Kernel } from '../../kernel/index.js';
import type { Type } from './instructions.js';
import type { Func, Signature } from './module.js';
import { typeOf } from './scalar.js';

/** A function of a kernel that may be divided among threads. */
export interface Phase {
  readonly func: Func;
  /** Units of its outer loop: calling it for [0, extent) in any division gives the same bits. */
  readonly extent: number;
  /** Rough cost of one unit in nanoseconds. */
  readonly cost: number;
}
/** The functions of one kernel in a module. They are called as (from, to, scratch, shared, inputs…, outputs…, params…). */
export interface Emitted {
  /** Run one after another; none for a kernel without elements. */
  readonly phases: readonly Phase[];
  /** Bytes that each thread needs for a call, and bytes that all phases and threads share during a run. */
  readonly scratch: number;
  readonly shared: number;
}
/** What a kernel without elements becomes. */
export const nothing: Emitted = { phases: [], scratch: 0, shared: 0 };
/** The outputs' dtypes. */
export const outputsOf = (kernel: Kernel): readonly DType[] =>
  kernel.form === 'rows' ? kernel.outputs.map((o) => o.dtype) : [kernel.dtype];
/** Arguments of a phase before the inputs: from, to, scratch, shared. */
export const head = 4;
export const phaseSignature = (kernel: Kernel): Signature => ({
  params: [
    ...Array.from({ length: head + kernel.inputs.length + outputsOf(kernel).length }, (): Type => 'i32'),
    ...kernel.params.map(typeOf),
  ],
  result: 'void',
});
