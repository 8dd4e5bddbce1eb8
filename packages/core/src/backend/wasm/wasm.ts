// The WebAssembly backend: kernels compiled to SIMD code over one memory.
import { dtypes, type DType, type TypedArray } from '../../base/index.js';
import type { Kernel } from '../../kernel/index.js';
import type { Backend, Buffer, Program } from '../backend.js';
import { generate } from './compile.js';
import { Heap, type Block } from './heap.js';
import { importedFunctions } from './definitions.js';

type Run = (...args: number[]) => void;

/** Calls with few arguments without building a list of them. */
function call(run: Run, inputs: readonly Buffer[], out: number, scratch: number, params: readonly number[]): void {
  const [a, b, c] = inputs as readonly Block[];
  if (params.length) return run(...(inputs as readonly Block[]).map((x) => x.offset), out, scratch, ...params);
  switch (inputs.length) {
    case 0:
      return run(out, scratch);
    case 1:
      return run(a!.offset, out, scratch);
    case 2:
      return run(a!.offset, b!.offset, out, scratch);
    case 3:
      return run(a!.offset, b!.offset, c!.offset, out, scratch);
    default:
      return run(...(inputs as readonly Block[]).map((x) => x.offset), out, scratch);
  }
}

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
  const compile = (kernel: Kernel): Program => {
    const code = generate(kernel, maximumPages);
    const instance = new WebAssembly.Instance(new WebAssembly.Module(code.bytes), { env });
    const run = instance.exports['run'] as Run;
    return {
      source: code.source,
      run(inputs, out, params) {
        if (!code.scratch) return call(run, inputs, (out as Block).offset, 0, params);
        const scratch = heap.allocate(code.scratch, 'u8');
        call(run, inputs, (out as Block).offset, scratch.offset, params);
        heap.release(scratch);
      },
    };
  };
  return {
    name: 'wasm',
    heap,
    dtypes: new Set(Object.keys(dtypes) as DType[]),
    alloc: (size, dtype) => heap.allocate(size, dtype),
    free: (buffer) => heap.release(buffer as Block),
    write: (buffer, data) => view(buffer as Block).set(data),
    read: async (buffer) => view(buffer as Block).slice(),
    readSync: (buffer) => view(buffer as Block).slice(),
    compile,
  };
}

let opened: Backend | null = null;
/** The backend that all tensors on the device share. */
export const openWasm = (): Backend => (opened ??= createWasm());
