// The free space of a WebAssembly memory that grows: freed places wait, by size, for the next request, and are joined when many wait.

export const pageBytes = 65536;
/** Places start at multiples of this. Kernels may read, but never use, this many bytes after the end of an array. */
const alignment = 64;
/** When so many more bytes wait than after the last join, places are joined before the memory grows. */
const joinAfter = 2 ** 25;
/** Free pieces of at least this size are cut up as needed; smaller ones wait by size. */
const leastGap = 2 ** 16;

/** Sizes are rounded up to four steps for each doubling, so that at most a quarter of a place is lost. */
const stepOf = (bytes: number): number => Math.max(alignment, 2 ** (29 - Math.clz32(bytes)));
export function classOf(bytes: number): number {
  if (bytes <= alignment) return alignment;
  const step = stepOf(bytes);
  return Math.ceil(bytes / step) * step;
}

/** Memory that something has. */
export interface Place {
  readonly place: number;
  readonly bytes: number;
}

export class Room {
  readonly memory: WebAssembly.Memory;
  /** Bytes where the memory ends at the latest. */
  limit: number;
  private readonly bySize = new Map<number, number[]>();
  /** Bytes that wait by size, now and after the last join. */
  private waits = 0;
  private waited = 0;
  /** Free memory that was joined; places are cut off its front. */
  private gaps: { from: number; readonly to: number }[] = [];
  /** Where nothing has been yet. */
  private top = alignment;
  private whole: Uint8Array;

  constructor(maximumPages: number, shared: boolean) {
    this.limit = maximumPages * pageBytes;
    this.memory = new WebAssembly.Memory({ initial: Math.min(16, maximumPages), maximum: maximumPages, shared });
    this.whole = new Uint8Array(this.memory.buffer);
  }
  /** The memory's bytes; made anew when the memory has grown. */
  get bytes(): Uint8Array {
    if (this.whole.buffer !== this.memory.buffer) this.whole = new Uint8Array(this.memory.buffer);
    return this.whole;
  }
  /** Bytes that wait in places of one size or another. */
  get waiting(): number {
    return this.waits;
  }
  /** True when so much waits that joining is worth its time. */
  get scattered(): boolean {
    return this.waits > this.waited + joinAfter;
  }
  /** Whether a place of this size waits. */
  has(bytes: number): boolean {
    return (this.bySize.get(bytes)?.length ?? 0) > 0;
  }
  /** A place of this size that waits. */
  again(bytes: number): number | undefined {
    const place = this.bySize.get(bytes)?.pop();
    if (place !== undefined) this.waits -= bytes;
    return place;
  }
  /** A place that waits, one cut from a gap, or one where nothing has been yet; null when the memory cannot grow that far. */
  find(bytes: number): number | null {
    return this.again(bytes) ?? this.cut(bytes) ?? this.extend(bytes);
  }
  /** Gives a place back. */
  give(bytes: number, place: number): void {
    this.waits += bytes;
    const list = this.bySize.get(bytes);
    if (list) list.push(place);
    else this.bySize.set(bytes, [place]);
  }
  /** Joins free memory between the places that are taken, and what follows the last one. */
  join(taken: readonly Place[]): void {
    this.bySize.clear();
    this.waits = 0;
    this.gaps = [];
    let end = alignment;
    for (const { place, bytes } of [...taken].sort((a, b) => a.place - b.place)) {
      if (place - end >= leastGap) this.gaps.push({ from: end, to: place });
      while (place - end > 0 && place - end < leastGap) {
        const size = Math.floor((place - end) / stepOf(place - end)) * stepOf(place - end);
        this.give(size, end);
        end += size;
      }
      end = place + bytes;
    }
    this.top = end;
    this.waited = this.waits;
  }
  private cut(bytes: number): number | null {
    for (let k = 0; k < this.gaps.length; k++) {
      const gap = this.gaps[k]!;
      if (gap.to - gap.from < bytes) continue;
      const place = gap.from;
      gap.from += bytes;
      if (gap.from === gap.to) this.gaps.splice(k, 1);
      return place;
    }
    return null;
  }
  private extend(bytes: number): number | null {
    const end = this.top + bytes + alignment;
    const have = this.memory.buffer.byteLength;
    if (end > this.limit) return null;
    if (end > have) {
      const least = Math.ceil((end - have) / pageBytes);
      const room = (this.limit - have) / pageBytes;
      // by a quarter, so that growing is rare
      if (!this.grow(Math.min(room, Math.max(least, Math.ceil(have / pageBytes / 4)))) && !this.grow(least))
        return null;
    }
    const place = this.top;
    this.top += bytes;
    return place;
  }
  private grow(pages: number): boolean {
    try {
      this.memory.grow(pages);
      return true;
    } catch {
      return false;
    }
  }
}
