// From a kernel to functions of WebAssembly, in phases that threads may share.
import type { Kernel, SerialKernel } from '../../kernel/index.js';
import type { Module, Signature } from './module.js';
import { phaseSignature, type Emitted } from './phase.js';
import { emitContraction } from './product/contraction.js';
import { withReciprocals } from './reciprocals.js';
import { emitRows } from './schedule.js';
import { emitScan } from './scan.js';
import { emitScatter } from './scatter.js';
import { emitSort } from './sort.js';

const serial: Readonly<
  Record<SerialKernel['form'], (module: Module, kernel: SerialKernel, signature: Signature) => Emitted>
> = {
  scan: emitScan,
  scatter: emitScatter,
  sort: emitSort,
};

/** Writes the functions of a kernel. `place` puts a constant table into memory for as long as the module lives, and gives its address. */
export function emitKernel(module: Module, kernel: Kernel, place: (words: Int32Array) => number): Emitted {
  const signature = phaseSignature(kernel);
  if (kernel.form !== 'rows') return serial[kernel.form](module, kernel, signature);
  const rows = withReciprocals(kernel, module.engine.fast);
  return emitContraction(module, rows, place) ?? emitRows(module, rows, signature);
}
