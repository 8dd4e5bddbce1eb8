// The WebAssembly backend: kernels compiled to SIMD code over one memory.
import { dtypes, sizeOf, type DType, type TypedArray } from '../../base/index.js';
import { printKernel, type Kernel } from '../../kernel/index.js';
import type { Backend, Buffer, Program } from '../backend.js';
import { generate } from './compile.js';
import { Heap, type Block } from './heap.js';
import { placed, productOf, type Product } from './contraction.js';
import { importedFunctions } from './definitions.js';
import { engine } from './engine.js';
import { generateProduct, planWords, workspaceBytes } from './gemm.js';

type Run = (...args: number[]) => void;
/** product(plan, a, b, c, workspace) */
type Multiply = (plan: number, a: number, b: number, c: number, workspace: number) => void;

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
  let engineOf: { readonly product: Multiply; readonly workspace: number } | null = null;
  /** The product of matrices and its workspace, made when they are first needed. */
  const products = (): { readonly product: Multiply; readonly workspace: number } => {
    if (engineOf) return engineOf;
    const workspace = heap.allocate(workspaceBytes, 'u8').offset;
    const module = new WebAssembly.Module(generateProduct(engine(), maximumPages));
    const { product } = new WebAssembly.Instance(module, { env: { memory: heap.memory } }).exports;
    return (engineOf = { product: product as Multiply, workspace });
  };
  const compileProduct = (kernel: Kernel, { a, b, batch, words }: Product): Program => {
    const maps = [a, b].map(({ map }) => map && { program: compile(map), size: sizeOf(map.shape) });
    let plan = 0;
    return {
      source: `${printKernel(kernel)}\n  as products of ${words[planWords.m]}x${words[planWords.k]} and ${words[planWords.k]}x${words[planWords.n]}`,
      run(inputs, out, params) {
        const { product, workspace } = products();
        if (!plan) {
          const block = heap.allocate(words.length, 'i32');
          plan = block.offset;
          view(block).set(placed(words, plan));
        }
        const made: Block[] = [];
        try {
          const [left, right] = [a, b].map(({ input }, k) => {
            const map = maps[k];
            if (!map) return (inputs[input] as Block).offset;
            const block = heap.allocate(map.size, 'f32');
            made.push(block);
            map.program.run(inputs, block, params);
            return block.offset;
          }) as [number, number];
          const target = (out as Block).offset;
          for (const [pa, pb, pc] of batch) product(plan, left + pa, right + pb, target + pc, workspace);
        } finally {
          for (const block of made) heap.release(block);
        }
      },
    };
  };
  const compile = (kernel: Kernel): Program => {
    const asProduct = productOf(kernel);
    if (asProduct) return compileProduct(kernel, asProduct);
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
export { wasmMissing } from './engine.js';
