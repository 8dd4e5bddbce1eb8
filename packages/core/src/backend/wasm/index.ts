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
 * as many as the process has cores, at most four; they start when there has been work worth dividing, some 50 ms of it. Where threads cannot
 * share memory (a page that is not cross-origin isolated) kernels run on one, and after a call a warning says what to do.
 *
 * @param n  from 1 to 256
 * @returns  settles when the threads are at work; until then kernels run on one
 * @throws RangeError  (as a rejection) setThreads: expected a whole number from 1 to 256, received 0
 */
export const setThreads = (n: number): Promise<void> => openWasm().threads.set(n);

/**
 * Lets exp, tanh and erf of f32, and all that is made of them (sigmoid, gelu, softmax and so on), be less exact from now on, for speed; division by
 * what is the same for a whole row becomes a product. Functions that have been compiled obey too: their code is made once more, at their next call.
 *
 * Results of the three are within 8 units in the last place, where they are within 1.5 else: one unit is at most 2^-23 of the number. exp gives 0
 * below 2^-126, and may give infinity from 2^127.5 on. Infinities, NaN and 0 stay what they are.
 *
 * @param on  default true; programs begin with false
 * @example
 * setFastMath();
 * Math.abs((await data(exp(tensor([1]))))[0] - Math.E) < 8 * 2 ** -22 // => true
 * setFastMath(false);
 */
export const setFastMath = (on = true): void => openWasm().setFast(on);
