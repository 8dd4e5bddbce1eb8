// The WebAssembly backend: kernels compiled to SIMD code over one memory.
import { dtypes, sizeOf, type DType, type TypedArray } from '../../base/index.js';
import { printKernel, type Kernel, type RowsKernel, type SerialKernel } from '../../kernel/index.js';
import { compileOnce, inTurn, type Backend, type Buffer, type Program } from '../backend.js';
import { generate } from './compile.js';
import { Heap, type Block } from './heap.js';
import { placed, productOf, type Product } from './contraction.js';
import { importedFunctions } from './definitions.js';
import { engine } from './engine.js';
import { generateProduct, workspaceBytes } from './gemm.js';
import type { PlainKernel } from './plain-kernel.js';
import { partsOf } from './plain.js';

type Exported = (...args: number[]) => void;
type Run = (inputs: readonly Buffer[], out: Block, params: readonly number[]) => void;
/** product(plan, a, b, c, workspace) */
type Multiply = (plan: number, a: number, b: number, c: number, workspace: number) => void;

/** Calls with few arguments without building a list of them. */
function call(run: Exported, inputs: readonly Buffer[], out: number, scratch: number, params: readonly number[]): void {
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
  const compileProduct = ({ a, b, batch, words }: Product): Run => {
    const maps = [a, b].map(({ map }) => map && { run: compilePlain(map), size: sizeOf(map.shape) });
    let plan = 0;
    return (inputs, out, params) => {
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
          map.run(inputs, block, params);
          return block.offset;
        }) as [number, number];
        for (const [pa, pb, pc] of batch) product(plan, left + pa, right + pb, out.offset + pc, workspace);
      } finally {
        for (const block of made) heap.release(block);
      }
    };
  };
  const compilePlain = (kernel: PlainKernel | SerialKernel): Run => {
    const asProduct = kernel.form === 'reduce' ? productOf(kernel) : null;
    if (asProduct) return compileProduct(asProduct);
    const code = generate(kernel, maximumPages);
    const instance = new WebAssembly.Instance(new WebAssembly.Module(code.bytes), { env });
    const run = instance.exports['run'] as Exported;
    return (inputs, out, params) => {
      if (!code.scratch) return call(run, inputs, out.offset, 0, params);
      const scratch = heap.allocate(code.scratch, 'u8');
      call(run, inputs, out.offset, scratch.offset, params);
      heap.release(scratch);
    };
  };
  /** Results of stages that later parts read live in memory for the time of a run. */
  const compileRows = (kernel: RowsKernel): Program['run'] => {
    const parts = partsOf(kernel).map((part) => ({ ...part, run: compilePlain(part.kernel) }));
    const only = parts.length === 1 ? parts[0]! : null;
    if (only) return (inputs, outputs, params) => only.run(inputs, outputs[0] as Block, params);
    return (inputs, outputs, params) => {
      const all = [...inputs];
      const aside: [Block, Block][] = [];
      try {
        for (const { to, size, run, kernel: part } of parts) {
          const place = 'output' in to ? (outputs[to.output] as Block) : null;
          // Later parts read what is written in place of an input: it waits aside until all is read.
          const out = place && !inputs.includes(place) ? place : heap.allocate(size, part.dtype);
          if (place && out !== place) aside.push([place, out]);
          run(all, out, params);
          if (!place) all.push(out);
        }
        for (const [place, out] of aside) view(place).set(view(out));
      } finally {
        for (const block of all.slice(inputs.length)) heap.release(block as Block);
        for (const [, block] of aside) heap.release(block);
      }
    };
  };
  const compile = compileOnce((kernel: Kernel): Program => {
    const source = printKernel(kernel);
    if (kernel.form === 'rows') return { source, run: compileRows(kernel) };
    const run = compilePlain(kernel);
    return { source, run: (inputs, outputs, params) => run(inputs, outputs[0] as Block, params) };
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
