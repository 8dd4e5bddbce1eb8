// The arrays in a WebAssembly memory. It works as a cache: above a mark the arrays that were not used for longest move out to JavaScript's own
// memory, which the collector looks after, and come back when they are used. So a program that never frees anything runs on.
import { DeviceError, dtypes, type DType, type TypedArray } from '../../base/index.js';
import { classOf, pageBytes, Room } from './room.js';

/** Memory of one array: a handle, whose place is looked up at each use. */
export class Block {
  /** Where it stands in memory; -1 while it is moved out or freed. */
  place = -1;
  /** The operation that used it last, and the one at which it was last put at the end of the queue. */
  used = 0;
  queued = 0;
  before: Block | null = null;
  after: Block | null = null;
  /** The contents, while it is moved out. */
  contents: Uint8Array | null = null;
  ticket: Ticket | null = null;
  constructor(
    private readonly heap: Heap,
    readonly size: number,
    readonly dtype: DType,
    /** Bytes of its size class. */
    readonly bytes: number,
    /** It is never moved. */
    readonly fixed: boolean,
  ) {}
  /**
   * Where the array stands, after bringing it back if it was moved out. Holds until the operation ends (`heap.begin`), or, for who keeps it
   * longer, as long as `heap.moves` stays the same.
   */
  get offset(): number {
    this.used = this.heap.now;
    return this.place >= 0 ? this.place : this.heap.bring(this);
  }
}
/** What a finalizer holds of a block: not its contents, which would then live until the finalizer runs. */
interface Ticket {
  /** Null while the block is moved out. */
  block: Block | null;
}
/** A view of memory as the array of a block. */
export const arrayOn = ({ size, dtype }: Block, buffer: ArrayBufferLike, offset: number): TypedArray =>
  new (dtypes[dtype].array as unknown as new (b: ArrayBufferLike, o: number, n: number) => TypedArray)(
    buffer,
    offset,
    size,
  );
const dataBytes = ({ size, dtype }: Block): number => size * dtypes[dtype].bytes;
const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(bytes < 2 ** 24 ? 2 : 0)} MB`;

export interface HeapOptions {
  /** The most memory, in pages of 64 KB. Default 65536: 4 GB. */
  readonly maximumPages?: number;
  /** Bytes from which on arrays move out. Default 64 MB; it rises when arrays that have moved out are used again. */
  readonly mark?: number;
  /** The same as a number of arrays: many small ones cost more than their bytes. Default 16384. */
  readonly markArrays?: number;
  /** Threads can share the memory. Default false. */
  readonly shared?: boolean;
}

export class Heap {
  /** Counts the operations. */
  now = 1;
  /** Counts the moves of arrays: while it stays the same, every array stays where it is. */
  moves = 0;
  /** Arrays that are moved out. */
  readonly aside: { buffers: number; bytes: number } = { buffers: 0, bytes: 0 };
  private readonly room: Room;
  private mark: number;
  private markArrays: number;
  private live = 0;
  private liveBytes = 0;
  private readonly fixed = new Set<Block>();
  /** The queue of blocks that may move, the oldest first. */
  private first: Block | null = null;
  private last: Block | null = null;

  constructor({ maximumPages = 65536, mark = 2 ** 26, markArrays = 2 ** 14, shared = false }: HeapOptions = {}) {
    this.room = new Room(maximumPages, shared);
    this.mark = mark;
    this.markArrays = markArrays;
  }
  get memory(): WebAssembly.Memory {
    return this.room.memory;
  }
  /** The memory's bytes. Look up places first: bringing an array back may make the memory grow, and another view. */
  get view(): Uint8Array {
    return this.room.bytes;
  }
  /** Blocks in the memory, and their bytes. */
  get used(): { readonly blocks: number; readonly bytes: number } {
    return { blocks: this.live, bytes: this.liveBytes };
  }
  /** Keeps the memory below a number of bytes from now on. */
  restrict(bytes: number): void {
    this.room.limit = Math.min(this.room.limit, Math.floor(bytes / pageBytes) * pageBytes);
    this.mark = Math.min(this.mark, this.room.limit);
  }
  /** A new operation begins: arrays of the ones before it may be moved. */
  begin(): void {
    this.now++;
  }
  /** @param fixed  it never moves, so that its place may be remembered; for the backend's own use */
  allocate(size: number, dtype: DType, fixed = false): Block {
    const block = new Block(this, size, dtype, classOf(size * dtypes[dtype].bytes), fixed);
    this.settle(block, this.find(block));
    return block;
  }
  /** Gives a block up, wherever its contents are. */
  release(block: Block): void {
    if (block.ticket) block.ticket = block.ticket.block = null;
    if (block.place >= 0) this.leave(block);
    else if (block.contents) {
      block.contents = null;
      this.countAside(-1, dataBytes(block));
    }
  }
  /** What frees a block whose last holder was collected. It holds the block only while that is in memory, and never its contents. */
  whenCollected(block: Block): () => void {
    const ticket: Ticket = { block: block.place >= 0 ? block : null };
    const bytes = dataBytes(block);
    block.ticket = ticket;
    return () => (ticket.block ? this.release(ticket.block) : this.countAside(-1, bytes));
  }
  /** Brings a block back that was moved out. */
  bring(block: Block): number {
    const { contents } = block;
    if (!contents) throw new DeviceError('wasm: an array is used after it was freed');
    const place = this.find(block);
    this.view.set(contents, place);
    block.contents = null;
    this.countAside(-1, contents.byteLength);
    if (block.ticket) block.ticket.block = block;
    // What moves out and comes back is in use: there should be room for it.
    this.mark = Math.min(this.room.limit, this.mark + 2 * block.bytes);
    this.markArrays += 2;
    this.settle(block, place);
    this.moves++;
    return place;
  }
  /** The contents of a block, copied, without bringing them back. */
  copy(block: Block): TypedArray {
    if (block.contents) return arrayOn(block, block.contents.slice().buffer, 0);
    this.begin();
    const { offset } = block;
    return arrayOn(block, this.memory.buffer, offset).slice();
  }

  private countAside(buffers: number, bytes: number): void {
    this.aside.buffers += buffers;
    this.aside.bytes += buffers * bytes;
  }
  private settle(block: Block, place: number): void {
    block.place = place;
    block.used = block.queued = this.now;
    this.live++;
    this.liveBytes += block.bytes;
    if (block.fixed) this.fixed.add(block);
    else this.enqueue(block);
  }
  private leave(block: Block): void {
    this.live--;
    this.liveBytes -= block.bytes;
    if (block.fixed) this.fixed.delete(block);
    else this.dequeue(block);
    this.room.give(block.bytes, block.place);
    block.place = -1;
  }
  private enqueue(block: Block): void {
    block.before = this.last;
    if (this.last) this.last.after = block;
    else this.first = block;
    this.last = block;
  }
  private dequeue(block: Block): void {
    const { before, after } = block;
    if (before) before.after = after;
    else this.first = after;
    if (after) after.before = before;
    else this.last = before;
    block.before = block.after = null;
  }

  /** A place for a block. No array has lost its contents when this throws. */
  private find(block: Block): number {
    const { bytes } = block;
    const again = this.room.again(bytes);
    if (again !== undefined) return again;
    if (this.isAbove(bytes)) this.moveOut(bytes);
    if (this.room.scattered) this.join();
    return this.room.find(bytes) ?? this.makeRoom(block);
  }
  private isAbove(bytes: number): boolean {
    return this.liveBytes + bytes > this.mark || this.live >= this.markArrays;
  }
  /** Moves blocks out until there is room below the mark; when that is far, some more than is needed now. */
  private moveOut(bytes: number): void {
    const enough = Math.max(0, this.liveBytes - 2 * bytes);
    while (this.isAbove(bytes)) {
      if (this.liveBytes <= enough && this.room.has(bytes)) return;
      const block = this.oldest();
      if (!block || !this.tryMoveOut(block)) return;
    }
  }
  /** The block that was not used for longest, by a second chance for those used since they were queued; not one of this operation. */
  private oldest(): Block | null {
    for (let n = 2 * this.live; n > 0; n--) {
      const block = this.first;
      if (!block) return null;
      if (block.used === block.queued && block.used !== this.now) return block;
      this.dequeue(block);
      block.queued = block.used;
      this.enqueue(block);
    }
    return null;
  }
  /** False when JavaScript has no memory for the contents either. */
  private tryMoveOut(block: Block): boolean {
    const bytes = dataBytes(block);
    try {
      block.contents = this.view.slice(block.place, block.place + bytes);
    } catch {
      return false;
    }
    this.countAside(1, bytes);
    if (block.ticket) block.ticket.block = null;
    this.leave(block);
    this.moves++;
    return true;
  }
  private join(): void {
    const blocks = [...this.fixed];
    for (let b = this.first; b; b = b.after) blocks.push(b);
    this.room.join(blocks);
  }
  /** The memory is at its end: joins what is free, then moves everything out that this operation does not use. */
  private makeRoom(block: Block): number {
    for (;;) {
      this.join();
      const place = this.room.find(block.bytes);
      if (place !== null) return place;
      // An eighth at a time, so that joining is rare.
      const before = this.room.waiting;
      const enough = before + Math.max(block.bytes, this.liveBytes / 8);
      for (let old = this.oldest(); old && this.room.waiting < enough; old = this.oldest())
        if (!this.tryMoveOut(old)) throw this.full(block, ', and the process has no memory to move them to');
      if (this.room.waiting === before) throw this.full(block, '');
    }
  }
  private full(block: Block, why: string): DeviceError {
    const { buffers, bytes } = this.aside;
    return new DeviceError(
      `wasm: no room for ${block.size} elements of ${block.dtype} (${megabytes(dataBytes(block))}): ${this.live} arrays that are in use hold ${megabytes(this.liveBytes)}${why}, ${buffers} more are moved out (${megabytes(bytes)}), and the memory ends at ${megabytes(this.room.limit)}. Use smaller batches, free arrays with dispose() or scope(), or move to a device with more memory. Nothing was lost`,
    );
  }
}
