// The WebAssembly backend: kernels compiled to SIMD code over one memory.
import { dtypes, type DType, type TypedArray } from '../../base/index.js';
import { printKernel, type Kernel } from '../../kernel/index.js';
import { compileOnce, type Backend, type Buffer, type Launch, type Program, type Sequence } from '../backend.js';
import { outputsOf } from './phase.js';
import { importedFunctions } from './definitions.js';
import { engine as foundEngine } from './engine.js';
import { arrayOn, Heap, type Block, type HeapOptions } from './heap.js';
import type { Engine } from './module.js';
import { typeOf } from './scalar.js';
import { emitStep, paramBytes, paramsAt, tableBytes } from './step.js';
import { teamWords, Threads, threadsMissing, type Divisible } from './threads.js';

export interface WasmOptions extends Omit<HeapOptions, 'shared'> {
  /** What the engine's WebAssembly is taken to be able to do. Default: what it says it can. */
  readonly engine?: Engine;
  /** Nanoseconds of work from which on a kernel is divided among threads. Default 100,000. */
  readonly divideFrom?: number;
}
export type WasmBackend = Backend & {
  /** Whether programs from now on may be less exact, those that there are as well. */
  setFast(on: boolean): void;
  readonly heap: Heap;
  readonly threads: Threads;
};
/** Arrays from this size on are worth a finalizer, which costs some 200 bytes until it has run; smaller ones wait to be moved out. */
const worthFinalizer = 2 ** 14;

/** A backend with a memory of its own. */
export function createWasm(options: WasmOptions = {}): WasmBackend {
  const { maximumPages = 65536, engine: can = foundEngine(), divideFrom = 1e5 } = options;
  let engine = can;
  const shared = threadsMissing() === null;
  const heap = new Heap({ ...options, shared });
  const view = (block: Block): TypedArray => {
    // First: bringing the block back may make another buffer of the memory.
    const { offset } = block;
    return arrayOn(block, heap.memory.buffer, offset);
  };
  /** Memory that runs use one after another; it grows to what the largest of them needs. */
  let workspace: Block | null = null;
  const workspaceOf = (bytes: number): number => {
    if (workspace && workspace.size >= bytes) return workspace.offset;
    const larger = heap.allocate(bytes, 'u8', true);
    if (workspace) heap.release(workspace);
    return (workspace = larger).offset;
  };
  const threads = new Threads(heap.memory, () => {
    const block = heap.allocate(teamWords, 'i32', true);
    view(block).fill(0);
    return block.offset;
  });
  let modules = 0;
  /** What is made for the engine as it is now, once for each way that it has been. */
  const made = <T>(make: () => T): { now(): T; all(): Iterable<T> } => {
    const known = new Map<boolean, T>();
    let [last, fast] = [make(), engine.fast];
    known.set(fast, last);
    return {
      now() {
        if (fast !== engine.fast) {
          ({ fast } = engine);
          last = known.get(fast) ?? make();
          known.set(fast, last);
        }
        return last;
      },
      all: () => known.values(),
    };
  };
  /** Kernels as one module, with the table through which they find their arrays. */
  const load = (launches: readonly Launch[], places: number, params: number) => {
    const blocks: Block[] = [];
    const fixed = (size: number, dtype: DType): Block => {
      const block = heap.allocate(size, dtype, true);
      blocks.push(block);
      return block;
    };
    const number = modules++;
    const release = (): void => {
      threads.workers?.drop(number);
      for (const block of blocks.splice(0)) heap.release(block);
    };
    try {
      const table = fixed(tableBytes(places, params), 'u8').offset;
      const place = (words: Int32Array): number => {
        const block = fixed(words.length, 'i32');
        view(block).set(words);
        return block.offset;
      };
      const memory = { shared, maximum: maximumPages };
      const code = emitStep(launches, { table, places, memory, engine, place, least: divideFrom });
      const { parts } = code;
      const round = (bytes: number): number => Math.ceil(bytes / 64) * 64;
      const [apart, stride] = [round(code.shared), round(code.scratch)];
      const dividable = parts.reduce((sum, { cost }) => sum + cost, 0);
      const workspace = { scratch: 0, stride, shared: 0 };
      let divisible: Divisible | null = null;
      const divide = (part: number): void => {
        const { extent, cost } = parts[part]!;
        threads.workers!.run((divisible ??= publish()), part, extent, cost, workspace);
      };
      const { exports } = new WebAssembly.Instance(new WebAssembly.Module(code.bytes), {
        env: { memory: heap.memory, ...importedFunctions, divide },
      });
      /** Puts the module where workers find it. */
      const publish = (): Divisible => {
        const block = fixed(code.bytes.length, 'u8');
        view(block).set(code.bytes);
        const functions = parts.map((_, k) => exports[`part${k}`] as (...args: number[]) => void);
        return {
          number,
          bytes: block.offset,
          length: code.bytes.length,
          run: (part, from, to, scratch, at) => functions[part]!(from, to, scratch, at),
        };
      };
      const step = exports['step'] as (scratch: number, shared: number, threads: number) => void;
      const run = (): void => {
        if (dividable) threads.hear(dividable);
        const count = dividable ? threads.count : 1;
        if (apart + stride) workspace.shared = workspaceOf(apart + count * stride);
        workspace.scratch = workspace.shared + apart;
        step(workspace.scratch, workspace.shared, count);
      };
      return { table, run, release };
    } catch (error) {
      release();
      throw error;
    }
  };
  /** A view of memory that is made again when the memory has grown. */
  const viewOf = <A extends { readonly length: number }>(make: (buffer: ArrayBuffer) => A): (() => A) => {
    let now = make(heap.memory.buffer);
    return () => (now.length ? now : (now = make(heap.memory.buffer)));
  };
  /**
   * Writes the addresses of the first `n` buffers, and of `more`, to a table. Looking one up may bring an array back, for which the memory may
   * grow: then all are written again, to the new view.
   */
  const address = (words: () => Int32Array, buffers: readonly Buffer[], n: number, more: readonly Buffer[]): void => {
    heap.begin();
    let moves: number;
    do {
      ({ moves } = heap);
      const to = words();
      for (let k = 0; k < n; k++) to[k] = (buffers[k] as Block).offset;
      for (let k = 0; k < more.length; k++) to[n + k] = (more[k] as Block).offset;
    } while (heap.moves !== moves);
  };
  const programOf = (kernel: Kernel): Program['run'] => {
    const inputs = kernel.inputs.map((_, k) => k);
    const outputs = outputsOf(kernel).map((_, k) => inputs.length + k);
    const places = inputs.length + outputs.length;
    const { table, run } = load([{ kernel, inputs, outputs }], places, kernel.params.length);
    const words = viewOf((b) => new Int32Array(b, table, places));
    const numbers = kernel.params.map((dtype, k) => {
      const array = typeOf(dtype) === 'f32' ? Float32Array : typeOf(dtype) === 'f64' ? Float64Array : Int32Array;
      return viewOf((b) => new array(b, paramsAt(table, places) + paramBytes * k, 1));
    });
    return (inputs, outputs, params) => {
      address(words, inputs, inputs.length, outputs);
      for (let p = 0; p < params.length; p++) numbers[p]!()[0] = params[p]!;
      run();
    };
  };
  const compile = compileOnce((kernel: Kernel): Program => {
    const run = made(() => programOf(kernel));
    return { source: printKernel(kernel), run: (inputs, outputs, params) => run.now()(inputs, outputs, params) };
  });
  const sequenceOf = (launches: readonly Launch[]) => {
    const places = 1 + Math.max(-1, ...launches.flatMap(({ inputs, outputs }) => [...inputs, ...outputs]));
    const { table, run, release } = load(launches, places, 0);
    const words = viewOf((b) => new Int32Array(b, table, places));
    return {
      run: (buffers: readonly Buffer[]): void => {
        address(words, buffers, places, []);
        run();
      },
      release,
    };
  };
  const sequence = (launches: readonly Launch[]): Sequence => {
    const code = made(() => sequenceOf(launches));
    return {
      get sources() {
        return launches.map(({ kernel }) => printKernel(kernel));
      },
      run: (buffers) => code.now().run(buffers),
      release() {
        for (const { release } of code.all()) release();
      },
    };
  };
  return {
    name: 'wasm',
    heap,
    threads,
    setFast(fast) {
      engine = { ...engine, fast };
    },
    dtypes: new Set(Object.keys(dtypes) as DType[]),
    alloc(size, dtype) {
      heap.begin();
      return heap.allocate(size, dtype);
    },
    free: (buffer) => heap.release(buffer as Block),
    whenCollected: (buffer) => ((buffer as Block).bytes < worthFinalizer ? null : heap.whenCollected(buffer as Block)),
    aside: heap.aside,
    write: (buffer, data) => view(buffer as Block).set(data),
    read: async (buffer) => heap.copy(buffer as Block),
    readSync: (buffer) => heap.copy(buffer as Block),
    maxBuffers: Infinity,
    compile,
    sequence,
  };
}

let opened: WasmBackend | null = null;
/** The backend that all tensors on the device share. */
export const openWasm = (): WasmBackend => (opened ??= createLargest());

/** The whole address space where the engine allows it, else a half, a quarter and so on. */
function createLargest(): WasmBackend {
  for (let maximumPages = 65536; ; maximumPages /= 2) {
    try {
      return createWasm({ maximumPages });
    } catch (error) {
      if (maximumPages <= 1024) throw error;
    }
  }
}
export { wasmMissing } from './engine.js';
