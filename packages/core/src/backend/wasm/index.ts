// Public entry of @nn/core/wasm: what programs can say to the WebAssembly device beyond its name.
import { openWasm } from './wasm.js';

export { createWasm, wasmMissing, type WasmOptions } from './wasm.js';

/**
 * Keeps the memory of the device below a number of bytes from now on; it is 4 GB otherwise. Arrays that do not fit move out to JavaScript's
 * own memory until they are used again; what a single operation reads and writes has to fit.
 *
 * @param bytes  rounded down to a multiple of 65,536
 */
export const restrictMemory = (bytes: number): void => openWasm().heap.restrict(bytes);

/**
 * The arrays in the memory of the device, and those that have moved out of it.
 *
 * @returns  numbers of arrays and their bytes; those of the arrays inside as the device rounds them up
 */
export function memoryUse(): { inside: { arrays: number; bytes: number }; outside: { arrays: number; bytes: number } } {
  const { used, aside } = openWasm().heap;
  return {
    inside: { arrays: used.blocks, bytes: used.bytes },
    outside: { arrays: aside.buffers, bytes: aside.bytes },
  };
}

/**
 * Divides large kernels among so many threads from now on, this one included. Results do not depend on the number. Without a call there are
 * as many as the process has cores, at most four; they start when there has been work worth dividing, some 50 ms of it. Where threads cannot share memory (a page that is not cross-origin isolated) kernels run on one, and a warning says what to do.
 *
 * @param n  from 1 to 256
 * @returns  settles when the threads are at work; until then kernels run on one
 * @throws RangeError  (as a rejection) setThreads: expected a whole number from 1 to 256, received 0
 */
export const setThreads = (n: number): Promise<void> => openWasm().threads.set(n);
