// What a device is to the rest of the library: memory, and a compiler from kernels to programs.
import type { DType, TypedArray } from '../base/index.js';
import type { Kernel } from '../kernel/index.js';

export type DeviceName = 'cpu' | 'wasm' | 'webgpu';
/** Memory of a device: opaque outside of its backend. */
export type Buffer = object;

export interface Program {
  /** Runs the kernel, or enqueues it; numbers that change from run to run come as `params`. */
  run(inputs: readonly Buffer[], out: Buffer, params: readonly number[]): void;
  /** The generated source, for `show`. */
  readonly source: string;
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
  compile(kernel: Kernel): Program;
}
