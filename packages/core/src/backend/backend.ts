// What a device is to the rest of the library: memory, and a compiler from kernels to programs.
import type { DType, TypedArray } from '../base/index.js';
import { printKernel, type Kernel } from '../kernel/index.js';

export type DeviceName = 'cpu' | 'wasm' | 'webgpu';
/** Memory of a device: opaque outside of its backend. */
export type Buffer = object;

export interface Program {
  /** Runs the kernel, or enqueues it; numbers that change from run to run come as `params`. */
  run(inputs: readonly Buffer[], outputs: readonly Buffer[], params: readonly number[]): void;
  /** The generated source, for `show`. */
  readonly source: string;
}
/** One kernel of a sequence; its arrays are places in the sequence's table of buffers. It has no params. */
export interface Launch {
  readonly kernel: Kernel;
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}
/** The kernels of a compiled function, made to be run again and again. */
export interface Sequence {
  /** Runs all kernels in order, or enqueues them. Most entries of the table are the same from run to run. */
  run(table: readonly Buffer[]): void;
  /** The generated source of each launch, for `show`. */
  readonly sources: readonly string[];
  /** Gives back what it holds on the device. */
  release?(): void;
}

/** A device: memory, and a compiler from kernels to programs. */
export interface Backend {
  readonly name: DeviceName;
  readonly dtypes: ReadonlySet<DType>;
  /** Why the device cannot be used any more; absent or null while it can. Opening it by name again makes a new one. */
  readonly lost?: string | null;
  alloc(size: number, dtype: DType): Buffer;
  free(buffer: Buffer): void;
  /**
   * What is called when the collector has taken the last holder of a buffer, to free it; null where the backend wants no call for it. What it
   * holds stays in memory until it is called, which is never inside of a synchronous loop. Default: `free(buffer)`.
   */
  whenCollected?(buffer: Buffer): (() => void) | null;
  /** Buffers that were handed out, but whose contents are not in the device's memory at the moment. */
  readonly aside?: { readonly buffers: number; readonly bytes: number };
  write(buffer: Buffer, data: TypedArray): void;
  /** A copy of the contents. Reading is the only act that waits. */
  read(buffer: Buffer): Promise<TypedArray>;
  /** Present where the device can read without waiting. */
  readSync?(buffer: Buffer): TypedArray;
  /** The most arrays that one kernel may read and write. */
  readonly maxBuffers: number;
  /** The program of a kernel; the same one for equal kernels. */
  compile(kernel: Kernel): Program;
  /** The kernels of a compiled function, to be replayed. */
  sequence(launches: readonly Launch[]): Sequence;
}

/** `compile` that gives the same program for equal kernels. */
export function compileOnce(compile: (kernel: Kernel) => Program): (kernel: Kernel) => Program {
  const programs = new Map<string, Program>();
  return (kernel) => {
    const key = printKernel(kernel);
    let program = programs.get(key);
    if (!program) programs.set(key, (program = compile(kernel)));
    return program;
  };
}

/** A sequence that runs the programs of its kernels in turn. */
export function inTurn(compile: (kernel: Kernel) => Program, launches: readonly Launch[]): Sequence {
  const steps = launches.map(({ kernel, inputs, outputs }) => ({
    program: compile(kernel),
    places: [inputs, outputs] as const,
    // Filled at each run, so that a run makes no arrays.
    inputs: new Array<Buffer>(inputs.length),
    outputs: new Array<Buffer>(outputs.length),
  }));
  return {
    sources: steps.map(({ program }) => program.source),
    run(table) {
      for (const { program, places, inputs, outputs } of steps) {
        for (let k = 0; k < inputs.length; k++) inputs[k] = table[places[0][k]!]!;
        for (let k = 0; k < outputs.length; k++) outputs[k] = table[places[1][k]!]!;
        program.run(inputs, outputs, []);
      }
    },
  };
}
