// What a device is to the rest of the library: memory, and a compiler from kernels to programs.
import type { DType, TypedArray } from '../base/index.js';
import type { Kernel } from '../kernel/index.js';

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
  alloc(size: number, dtype: DType): Buffer;
  free(buffer: Buffer): void;
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
