// From a kernel to a function of WebAssembly.
import type { SerialKernel } from '../../kernel/index.js';
import { joinLoops } from './loops.js';
import { emitMap } from './map.js';
import { Module, type Func } from './module.js';
import { signatureOf } from './nest.js';
import { emitReduce } from './reduce.js';
import { imports } from './definitions.js';
import { emitScan, emitScatter, emitSort, sortBytes } from './sequence.js';
import type { Kernel } from './plain-kernel.js';

/** Writes the function of a kernel. */
function emit(f: Func, kernel: Kernel): void {
  const { form } = kernel;
  if (form === 'map') emitMap(f, kernel, kernel.body);
  else if (form === 'reduce') emitReduce(f, kernel);
  else serial[form](f, kernel as SerialKernel);
}
const serial: Readonly<Record<SerialKernel['form'], (f: Func, kernel: SerialKernel) => void>> = {
  scan: emitScan,
  scatter: emitScatter,
  sort: emitSort,
};

/** A kernel as the bytes of a module that exports `run`. */
export interface Code {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Bytes of memory that a run needs beside inputs and output. */
  readonly scratch: number;
}
/** @param maximumPages  that of the memory which the module will be given */
export function generate(kernel: Kernel, maximumPages: number): Code {
  const module = new Module(imports, { shared: false, maximum: maximumPages });
  const joined = joinLoops(kernel);
  module.add(signatureOf(joined), (f) => emit(f, joined), 'run');
  return {
    bytes: module.bytes(),
    scratch: kernel.form === 'sort' ? sortBytes(kernel) : 0,
  };
}
