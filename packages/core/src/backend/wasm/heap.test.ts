// The memory of the WebAssembly backend: it grows, reuses what was freed, and says what is the matter when it is full.
import { describe, expect, it, vi } from 'vitest';
import { DeviceError } from '../../base/index.js';
import { seeded } from '../../testing/draw.js';
import { Heap, type Block } from './heap.js';
import { classOf } from './room.js';
import { createWasm } from './wasm.js';

describe('heap', () => {
  it('wastes at most a quarter of a block beyond small sizes', () => {
    for (let bytes = 1; bytes < 1e6; bytes = Math.ceil(bytes * 1.1)) {
      const size = classOf(bytes);
      expect(size).toBeGreaterThanOrEqual(bytes);
      expect(size).toBeLessThanOrEqual(Math.max(64, 1.25 * bytes + 64));
      expect(classOf(size)).toBe(size);
    }
  });
  it('grows, and keeps what was written before', () => {
    const device = createWasm();
    const first = device.alloc(3, 'f32');
    device.write(first, Float32Array.of(1, 2, 3));
    const before = device.heap.memory.buffer.byteLength;
    const large = device.alloc(2 ** 21, 'f64');
    expect(device.heap.memory.buffer.byteLength).toBeGreaterThan(before);
    device.write(large, new Float64Array(2 ** 21).fill(7));
    expect(Array.from(device.readSync!(first))).toEqual([1, 2, 3]);
    expect(device.readSync!(large).at(-1)).toBe(7);
  });
  it('uses freed blocks again', () => {
    const heap = new Heap();
    const a = heap.allocate(1000, 'f32');
    const { offset } = a;
    heap.release(a);
    expect(heap.allocate(1000, 'i32').offset).toBe(offset);
    expect(heap.used.blocks).toBe(1);
  });
  /** The bytes of a block; the place first, because looking it up may grow the memory. */
  const at = (heap: Heap, block: Block, n = 0): number => {
    const { offset } = block;
    return heap.view[offset + n]!;
  };
  it('moves the arrays out that were not used for longest, and brings them back', () => {
    const heap = new Heap({ mark: 2 ** 20 });
    const make = (value: number): Block => {
      heap.begin();
      const block = heap.allocate(2 ** 16, 'f32');
      heap.view.fill(value, block.offset, block.offset + 2 ** 18);
      return block;
    };
    const blocks = [make(0), make(1), make(2), make(3)];
    heap.begin();
    expect(blocks[0]!.offset).toBeGreaterThan(0);
    const fifth = make(4);
    expect(blocks.map((b) => b.place >= 0)).toEqual([true, false, true, true]);
    expect(fifth.place).toBeGreaterThan(0);
    expect([heap.used.blocks, heap.aside]).toEqual([4, { buffers: 1, bytes: 2 ** 18 }]);
    const { moves } = heap;
    heap.begin();
    expect(at(heap, blocks[1]!, 77)).toBe(1);
    expect(heap.moves).toBeGreaterThan(moves);
    expect(heap.aside.buffers).toBe(1);
    // what came back has raised the mark
    for (const [k, block] of blocks.entries()) expect(at(heap, block)).toBe(k);
    expect(heap.aside.buffers).toBe(0);
  });
  it('forgets what is released while it is moved out, and refuses it', () => {
    const heap = new Heap({ mark: 2 ** 18 });
    const [a, b] = [heap.allocate(2 ** 15, 'f32'), heap.allocate(2 ** 15, 'f32')];
    heap.begin();
    heap.allocate(2 ** 16, 'f32');
    expect([a.place, b.place]).toEqual([-1, -1]);
    heap.release(a);
    heap.release(a);
    expect(heap.aside).toEqual({ buffers: 1, bytes: 2 ** 17 });
    expect(() => a.offset).toThrow('an array is used after it was freed');
  });
  it('tells finalizers of blocks, wherever those are, without keeping their contents', () => {
    const heap = new Heap({ mark: 2 ** 18 });
    const blocks = [0, 1, 2].map(() => heap.allocate(2 ** 15, 'f32'));
    const free = blocks.map((b) => heap.whenCollected(b));
    heap.begin();
    heap.allocate(2 ** 15, 'f32');
    // 384 KB were in use at once; the mark of 256 KB is kept from the next operation on
    expect([heap.used.blocks, heap.aside.buffers]).toEqual([2, 2]);
    for (const f of free) f();
    expect([heap.used.blocks, heap.aside.buffers]).toEqual([1, 0]);
  });
  it('joins what was freed in pieces of one size to serve another', () => {
    const heap = new Heap({ maximumPages: 64, mark: 2 ** 22, markArrays: 2 ** 16 });
    const small = Array.from({ length: 60000 }, () => heap.allocate(16, 'f32'));
    for (const [k, block] of small.entries()) if (k % 2 || k > 30000) heap.release(block);
    const end = heap.memory.buffer.byteLength;
    const large = heap.allocate(2 ** 18, 'f32');
    expect(heap.memory.buffer.byteLength).toBe(end);
    expect(large.offset).toBeGreaterThan(small[29998]!.offset);
    // the single places between the blocks that are left serve their own size
    expect(heap.allocate(16, 'f32').offset).toBeLessThan(small[30000]!.offset);
  });
  it('survives random use with little memory: every array keeps its contents', () => {
    const heap = new Heap({ maximumPages: 20, mark: 2 ** 19 });
    const random = seeded(5);
    const alive = new Map<Block, number>();
    let wrong = 0;
    for (let k = 0; k < 20000; k++) {
      heap.begin();
      const block = heap.allocate(Math.ceil(2 ** (14 * random())), random() < 0.5 ? 'f32' : 'u8', random() < 0.01);
      heap.view.fill(k, block.offset, block.offset + block.size);
      alive.set(block, k & 255);
      for (const [old, value] of alive) {
        if (random() < 0.05 && (at(heap, old) !== value || at(heap, old, old.size - 1) !== value)) wrong++;
        if (random() < 0.03 || alive.size > 80) {
          heap.release(old);
          alive.delete(old);
        }
      }
    }
    expect(wrong).toBe(0);
    for (const block of alive.keys()) heap.release(block);
    expect([heap.used.blocks, heap.used.bytes, heap.aside.buffers, heap.aside.bytes]).toEqual([0, 0, 0, 0]);
  });
  it('is full with a clear error when one operation needs more than there is: nothing is lost, and work goes on', () => {
    const device = createWasm({ maximumPages: 32 });
    const blocks = Array.from({ length: 40 }, (_, k) => {
      const block = device.alloc(2 ** 15, 'f32');
      device.write(block, new Float32Array(2 ** 15).fill(k));
      return block;
    });
    let error: unknown;
    try {
      device.alloc(2 ** 19, 'f32');
    } catch (e) {
      error = e;
    }
    expect(error).toBeInstanceOf(DeviceError);
    expect(String(error)).toMatch(
      /no room for 524288 elements of f32 \(2\.00 MB\): 0 arrays that are in use hold 0\.00 MB, 40 more are moved out \(5\.00 MB\), and the memory ends at 2\.00 MB\. Use smaller batches.*dispose\(\).*Nothing was lost/,
    );
    expect(blocks.map((b) => device.readSync!(b)[100])).toEqual(blocks.map((_, k) => k));
    expect(() => device.alloc(2 ** 18, 'f32')).not.toThrow();
  });
  it('says when the process has no memory to move arrays to', () => {
    const heap = new Heap({ maximumPages: 4, mark: 2 ** 17 });
    const a = heap.allocate(2 ** 15, 'f32');
    heap.view[a.offset] = 7;
    heap.begin();
    const slice = vi.spyOn(Uint8Array.prototype, 'slice').mockImplementation(() => {
      throw new RangeError('Array buffer allocation failed');
    });
    expect(() => heap.allocate(2 ** 15, 'f32')).toThrow('and the process has no memory to move them to');
    slice.mockRestore();
    expect(at(heap, a)).toBe(7);
  });
});
