// From a kernel to a function of WebAssembly.
import { printKernel, type Kernel } from '../../kernel/index.js';
import { joinLoops } from './loops.js';
import { emitMap } from './map.js';
import type { Func } from './module.js';
import { Module } from './module.js';
import { signatureOf } from './nest.js';
import { emitReduce } from './reduce.js';
import { imports } from './definitions.js';
import { emitScan, emitScatter, emitSort, sortBytes } from './sequence.js';

const forms: Readonly<Record<Kernel['form'], (f: Func, kernel: Kernel) => void>> = {
  map: (f, kernel) => emitMap(f, kernel, kernel.body),
  reduce: emitReduce,
  scan: emitScan,
  scatter: emitScatter,
  sort: emitSort,
};

/** A kernel as the bytes of a module that exports `run`. */
export interface Code {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Bytes of memory that a run needs beside inputs and output. */
  readonly scratch: number;
  readonly source: string;
}
/** @param maximumPages  that of the memory which the module will be given */
export function generate(kernel: Kernel, maximumPages: number): Code {
  const module = new Module(imports, { shared: false, maximum: maximumPages });
  const joined = joinLoops(kernel);
  module.add(signatureOf(joined), (f) => forms[joined.form](f, joined), 'run');
  return {
    bytes: module.bytes(),
    scratch: kernel.form === 'sort' ? sortBytes(kernel) : 0,
    source: printKernel(joined),
  };
}
