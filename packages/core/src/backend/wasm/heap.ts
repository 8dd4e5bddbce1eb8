// One WebAssembly memory that grows, and the blocks in it: freed blocks wait, by size class, for the next request.
import { DeviceError, dtypes, type DType } from '../../base/index.js';

/** Memory of one array. */
export interface Block {
  readonly offset: number;
  readonly size: number;
  readonly dtype: DType;
  /** Bytes of its size class. */
  readonly bytes: number;
}

const pageBytes = 65536;
/** Blocks start at multiples of this. Kernels may read, but never use, this many bytes after the end of an array. */
const alignment = 64;
/** Sizes are rounded up to four steps for each doubling, so that at most a quarter of a block is lost. */
export function classOf(bytes: number): number {
  const least = Math.max(alignment, bytes);
  const step = Math.max(alignment, 2 ** (Math.floor(Math.log2(least)) - 2));
  return Math.ceil(least / step) * step;
}
const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(bytes < 2 ** 24 ? 2 : 0)} MB`;

export class Heap {
  readonly memory: WebAssembly.Memory;
  private readonly maximum: number;
  private readonly free = new Map<number, number[]>();
  /** Where no block has been yet. */
  private top = alignment;
  private live = 0;
  private liveBytes = 0;
  /** @param maximumPages  of 64 KB; default 65536, which is 4 GB */
  constructor(maximumPages: number = 65536) {
    this.maximum = maximumPages;
    this.memory = new WebAssembly.Memory({ initial: Math.min(16, maximumPages), maximum: maximumPages });
  }
  /** Blocks that are in use, and their bytes. */
  get used(): { readonly blocks: number; readonly bytes: number } {
    return { blocks: this.live, bytes: this.liveBytes };
  }
  allocate(size: number, dtype: DType): Block {
    const bytes = classOf(size * dtypes[dtype].bytes);
    const reused = this.free.get(bytes)?.pop();
    const found = reused !== undefined ? { offset: reused, bytes } : (this.extend(bytes) ?? this.larger(bytes));
    if (!found) throw this.full(size, dtype);
    this.live++;
    this.liveBytes += found.bytes;
    return { ...found, size, dtype };
  }
  release({ offset, bytes }: Block): void {
    this.live--;
    this.liveBytes -= bytes;
    const list = this.free.get(bytes);
    if (list) list.push(offset);
    else this.free.set(bytes, [offset]);
  }
  /** A block after all others; null when the memory cannot grow that far. */
  private extend(bytes: number): { offset: number; bytes: number } | null {
    const end = this.top + bytes + alignment;
    const have = this.memory.buffer.byteLength;
    if (end > have) {
      const least = Math.ceil((end - have) / pageBytes);
      const room = this.maximum - have / pageBytes;
      if (least > room) return null;
      // by a quarter, so that growing is rare
      if (!this.grow(Math.min(room, Math.max(least, Math.ceil(have / pageBytes / 4)))) && !this.grow(least))
        return null;
    }
    const offset = this.top;
    this.top += bytes;
    return { offset, bytes };
  }
  private grow(pages: number): boolean {
    try {
      this.memory.grow(pages);
      return true;
    } catch {
      return false;
    }
  }
  /** The smallest waiting block that is large enough. */
  private larger(bytes: number): { offset: number; bytes: number } | null {
    let best = Infinity;
    for (const [size, list] of this.free) if (list.length && size >= bytes && size < best) best = size;
    return best < Infinity ? { offset: this.free.get(best)!.pop()!, bytes: best } : null;
  }
  private full(size: number, dtype: DType): DeviceError {
    let waiting = 0;
    for (const [bytes, list] of this.free) waiting += bytes * list.length;
    return new DeviceError(
      `wasm: no room for ${size} elements of ${dtype} (${megabytes(size * dtypes[dtype].bytes)}): ${this.live} live arrays hold ${megabytes(this.liveBytes)}, ${megabytes(waiting)} wait in smaller pieces, and the memory ends at ${megabytes(this.maximum * pageBytes)}. Free arrays with dispose() or scope(), use smaller batches, or move to a device with more memory. Nothing was lost`,
    );
  }
}
