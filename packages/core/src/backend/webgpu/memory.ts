// Memory of the GPU: one buffer for each array, kept by size classes for the next one. Reuse within the stream of commands is in order and needs no
// fence; only destroying waits until no recorded batch uses the buffer.
import { DeviceError, DTypeError, type DType, type TypedArray } from '../../base/index.js';
import type { Commands } from './commands.js';
import type { Gpu } from './device.js';
import type { Faults } from './faults.js';

const storageUsage = 0x80 | 0x8 | 0x4; // STORAGE | COPY_DST | COPY_SRC
/** Every element takes four bytes: WGSL addresses nothing smaller, and packed bytes could not be written by threads side by side. */
export const elementBytes = 4;
/** Freed memory that is kept: this much, or as much as is in use. */
const keptBytes = 256 << 20;
/** Memory from this size on is shown to the garbage collector. */
const weighed = 1 << 14;

/** A buffer of the GPU. */
export interface Memory {
  id: number;
  gpu: GPUBuffer;
  readonly bytes: number;
  /** The batch that used it last. */
  batch: number;
  /** An array has it. */
  held: boolean;
  /** There was no room for it: no kernel can use the buffer. */
  missing: boolean;
  /**
   * As many bytes that JavaScript's collector can see, never touched: it runs when many have been asked for, and finalizers
   * then free arrays that nobody holds.
   */
  readonly weight: ArrayBuffer | null;
}
/** One array. */
export interface Block {
  readonly size: number;
  readonly dtype: DType;
  readonly memory: Memory;
}

/** Sizes are rounded up to four steps for each doubling, so that at most a quarter is lost. */
export function classOf(bytes: number): number {
  const least = Math.max(256, bytes);
  const step = Math.max(256, 2 ** (Math.floor(Math.log2(least)) - 2));
  return Math.ceil(least / step) * step;
}
/** Bytes for the collector to see; none where the process has no more room for them. */
function weightOf(bytes: number): ArrayBuffer | null {
  try {
    return new ArrayBuffer(bytes);
  } catch {
    return null;
  }
}
const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(bytes < 2 ** 24 ? 2 : 0)} MB`;

/** Throws where there was no room for one of these arrays: what it should hold was never computed. */
export function mustExist(blocks: readonly Block[]): void {
  for (const { memory, size, dtype } of blocks)
    if (memory.missing)
      throw new DeviceError(
        `webgpu: an array of ${size} elements of ${dtype} is used for which there was no room in memory. Make it anew, when others are freed`,
      );
}

export class Pool {
  /** Arrays in use and their bytes. */
  live = 0;
  liveBytes = 0;
  /** Bytes that wait for the next array. */
  freeBytes = 0;
  /** Arrays in use for which there was no room. */
  lacking = 0;
  private ids = 0;
  private readonly free = new Map<number, Memory[]>();
  private readonly doomed: Memory[] = [];
  private readonly largest: number;
  constructor(
    private readonly gpu: Gpu,
    private readonly commands: Commands,
    private readonly faults: Faults,
  ) {
    const { maxBufferSize, maxStorageBufferBindingSize } = gpu.report.limits;
    this.largest = Math.min(maxBufferSize, maxStorageBufferBindingSize);
    commands.afterSubmit = () => {
      for (const m of this.doomed.splice(0)) m.gpu.destroy();
    };
  }
  allocate(size: number, dtype: DType): Block {
    this.gpu.check();
    if (dtype === 'f64')
      throw new DTypeError(
        'webgpu: the device has no f64. Use f32 there, or compute on "wasm" or "cpu" (move with to(), or choose the device with setDevice())',
      );
    const needed = size * elementBytes;
    if (needed > this.largest)
      throw new DeviceError(
        `webgpu: an array of ${size} elements of ${dtype} takes ${megabytes(needed)}, and this adapter binds at most ${megabytes(this.largest)}. Split it along an axis, or compute it on another device`,
      );
    const bytes = Math.min(classOf(needed), this.largest);
    const known = this.free.get(bytes)?.pop();
    if (known) this.freeBytes -= bytes;
    const memory = known ?? this.create(bytes, size, dtype);
    memory.held = true;
    this.live++;
    this.liveBytes += bytes;
    return { size, dtype, memory };
  }
  private create(bytes: number, size: number, dtype: DType): Memory {
    const weight = bytes >= weighed ? weightOf(bytes) : null;
    const memory = { bytes, batch: 0, held: false, missing: false, weight } as Memory;
    this.fill(memory, size, dtype);
    return memory;
  }
  /** Gives a memory its buffer. */
  private fill(memory: Memory, size: number, dtype: DType): void {
    memory.id = this.ids++;
    memory.gpu = this.faults.guard(
      'out-of-memory',
      () => {
        const error = new DeviceError(
          `webgpu: out of memory: there was no room for ${size} elements of ${dtype} (${megabytes(size * elementBytes)}) beside ${this.live} live arrays with ${megabytes(this.liveBytes)}. Free arrays with dispose() or scope(), or use smaller batches. Arrays made since then hold nothing useful`,
        );
        // one that nobody holds any more is given up with all others that wait
        memory.missing = true;
        if (memory.held) this.lacking++;
        this.trim(0);
        return error;
      },
      () => this.gpu.device.createBuffer({ size: memory.bytes, usage: storageUsage }),
    );
  }
  /** Tries again to make room for an array whose contents nobody waits for. */
  renew({ memory, size, dtype }: Block): void {
    memory.missing = false;
    this.lacking--;
    this.fill(memory, size, dtype);
  }
  release({ memory }: Block): void {
    const { bytes } = memory;
    this.live--;
    this.liveBytes -= bytes;
    memory.held = false;
    if (memory.missing) this.lacking--;
    if (this.gpu.lost !== null || memory.missing) return;
    this.freeBytes += bytes;
    const list = this.free.get(bytes);
    if (list) list.push(memory);
    else this.free.set(bytes, [memory]);
    const most = Math.max(keptBytes, this.liveBytes);
    if (this.freeBytes > most) this.trim(most);
  }
  /** Gives memory back until at most `most` bytes wait for use, the largest first. */
  private trim(most: number): void {
    for (const size of [...this.free.keys()].sort((a, b) => b - a)) {
      const list = this.free.get(size)!;
      while (list.length && this.freeBytes > most) {
        this.freeBytes -= size;
        this.destroy(list.pop()!);
      }
    }
  }
  private destroy(m: Memory): void {
    if (m.batch === this.commands.batch) this.doomed.push(m);
    else m.gpu.destroy();
  }
}

/** Numbers as the GPU stores them, four bytes each. */
export function stored(data: TypedArray, dtype: DType): Float32Array | Int32Array | Uint32Array {
  if (dtype === 'f32') return data instanceof Float32Array ? data : Float32Array.from(data);
  if (dtype === 'i32') return data instanceof Int32Array ? data : Int32Array.from(data);
  return data instanceof Uint32Array ? data : Uint32Array.from(data);
}
/** Bytes as the GPU stored them, as an array of the dtype. */
export function restored(bytes: ArrayBuffer, dtype: DType): TypedArray {
  if (dtype === 'f32') return new Float32Array(bytes);
  if (dtype === 'i32') return new Int32Array(bytes);
  return dtype === 'u32' ? new Uint32Array(bytes) : Uint8Array.from(new Uint32Array(bytes));
}
