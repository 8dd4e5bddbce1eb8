// The WebAssembly backend: kernels compiled to SIMD code over one memory.
import { dtypes, type DType, type TypedArray } from '../../base/index.js';
import { printKernel, type Kernel } from '../../kernel/index.js';
import { compileOnce, inTurn, type Backend, type Program } from '../backend.js';
import { emitKernel, outputsOf } from './compile.js';
import { importedFunctions, imports } from './definitions.js';
import { Heap, type Block } from './heap.js';
import { i32, type Type } from './instructions.js';
import { Module } from './module.js';
import { typeOf } from './scalar.js';

export interface WasmOptions {
  /** The most memory, in pages of 64 KB. Default 65536: 4 GB. */
  readonly maximumPages?: number;
}
/** A backend with a memory of its own. */
export function createWasm({ maximumPages = 65536 }: WasmOptions = {}): Backend & { readonly heap: Heap } {
  const heap = new Heap(maximumPages);
  const env = { memory: heap.memory, ...importedFunctions };
  const view = ({ offset, size, dtype }: Block): TypedArray =>
    new (dtypes[dtype].array as unknown as new (b: ArrayBufferLike, o: number, n: number) => TypedArray)(
      heap.memory.buffer,
      offset,
      size,
    );
  /** Memory that runs use one after another; it grows to what the largest of them needs. */
  let workspace: Block | null = null;
  const workspaceOf = (bytes: number): number => {
    if (workspace && workspace.size >= bytes) return workspace.offset;
    const larger = heap.allocate(bytes, 'u8');
    if (workspace) heap.release(workspace);
    return (workspace = larger).offset;
  };
  const place = (words: Int32Array): number => {
    const block = heap.allocate(words.length, 'i32');
    view(block).set(words);
    return block.offset;
  };
  const compile = compileOnce((kernel: Kernel): Program => {
    const module = new Module(imports, { shared: false, maximum: maximumPages });
    const { phases, scratch, shared } = emitKernel(module, kernel, place);
    const arrays = kernel.inputs.length + outputsOf(kernel).length;
    module.add(
      {
        params: [...Array.from({ length: 2 + arrays }, (): Type => 'i32'), ...kernel.params.map(typeOf)],
        result: 'void',
      },
      (f) => {
        for (const { func, extent } of phases) f.do(module.call(func, i32.const(0), i32.const(extent), ...f.params));
      },
      'run',
    );
    const instance = new WebAssembly.Instance(new WebAssembly.Module(module.bytes()), { env });
    const run = instance.exports['run'] as (...args: number[]) => void;
    const apart = Math.ceil(scratch / 64) * 64;
    // Filled at each run, so that a run makes no arrays.
    const args = new Array<number>(2 + arrays + kernel.params.length).fill(0);
    return {
      source: printKernel(kernel),
      run(inputs, outputs, params) {
        if (apart + shared) {
          args[0] = workspaceOf(apart + shared);
          args[1] = args[0] + apart;
        }
        let k = 2;
        for (const x of inputs) args[k++] = (x as Block).offset;
        for (const x of outputs) args[k++] = (x as Block).offset;
        for (const x of params) args[k++] = x;
        run(...args);
      },
    };
  });
  return {
    name: 'wasm',
    heap,
    dtypes: new Set(Object.keys(dtypes) as DType[]),
    alloc: (size, dtype) => heap.allocate(size, dtype),
    free: (buffer) => heap.release(buffer as Block),
    write: (buffer, data) => view(buffer as Block).set(data),
    read: async (buffer) => view(buffer as Block).slice(),
    readSync: (buffer) => view(buffer as Block).slice(),
    maxBuffers: Infinity,
    compile,
    sequence: (launches) => inTurn(compile, launches),
  };
}

let opened: Backend | null = null;
/** The backend that all tensors on the device share. */
export const openWasm = (): Backend => (opened ??= createWasm());
export { wasmMissing } from './engine.js';
