// Rows kernels as a series of kernels with one result: stages and outputs hand on their values through memory.
import { sizeOf, type DType } from '../../base/index.js';
import { load, loop, loops, ravel, replace, type Expr, type RowsKernel } from '../../kernel/index.js';
import type { PlainKernel } from './plain-kernel.js';

/** One of the kernels that a rows kernel is made of: it reads the kernel's inputs, then the results of the stages before. */
export interface Part {
  readonly kernel: PlainKernel;
  /** Its result: number of a stage, or of an output. */
  readonly to: { readonly stage: number } | { readonly output: number };
  /** Elements of the result. */
  readonly size: number;
}
/** The parts of a kernel, in the order in which they run. */
export function partsOf(kernel: RowsKernel): Part[] {
  const { name, params, shape, stages, outputs } = kernel;
  const base = { name, params, init: null, index: null };
  const inputs = (made: number): DType[] => [...kernel.inputs, ...stages.slice(0, made).map((s) => s.dtype)];
  const row = ravel(loops('i', shape), shape);
  /** Results of stages as loads; the loops r of an output as further loops i. */
  const plain = (body: Expr, isOutput: boolean): Expr =>
    replace([body], (e) => {
      if (e.kind === 'acc') return load(kernel.inputs.length + e.slot, row, e.dtype);
      if (e.kind === 'loop' && e.over === 'r' && isOutput) return loop('i', shape.length + e.axis, e.extent);
      return null;
    })[0]!;
  const direct = outputs.length === 1 && stages.length === 1 && outputs[0]!.body.kind === 'acc';
  const reductions = stages.map((s, k): Part => {
    const { op, dtype, over, contraction } = s;
    const to = direct ? { output: 0 } : { stage: k };
    const body = plain(s.body, false);
    const one: PlainKernel = { ...base, inputs: inputs(k), form: 'reduce', dtype, shape, over, body, attrs: { op } };
    return { to, size: sizeOf(shape), kernel: contraction ? { ...one, contraction } : one };
  });
  if (direct) return reductions;
  return [
    ...reductions,
    ...outputs.map(({ dtype, over, body }, k): Part => {
      const all = [...shape, ...over];
      const own = { dtype, shape: all, over: [], body: plain(body, true), attrs: {} };
      return {
        to: { output: k },
        size: sizeOf(all),
        kernel: { ...base, inputs: inputs(stages.length), form: 'map', ...own },
      };
    }),
  ];
}
