// The memory of the WebAssembly backend: it grows, reuses what was freed, and says what is the matter when it is full.
import { describe, expect, it } from 'vitest';
import { DeviceError } from '../../base/index.js';
import { classOf, Heap } from './heap.js';
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
    heap.release(a);
    expect(heap.allocate(1000, 'i32').offset).toBe(a.offset);
    expect(heap.used.blocks).toBe(1);
  });
  it('is exhausted with a clear error, loses nothing, and works on once memory is free', () => {
    const device = createWasm({ maximumPages: 32 });
    const blocks: object[] = [];
    let error: unknown;
    try {
      for (;;) {
        const block = device.alloc(2 ** 15, 'f32');
        device.write(block, new Float32Array(2 ** 15).fill(blocks.length));
        blocks.push(block);
      }
    } catch (e) {
      error = e;
    }
    expect(error).toBeInstanceOf(DeviceError);
    expect(String(error)).toMatch(
      /no room for 32768 elements of f32 \(0\.13 MB\): 15 live arrays hold 1\.88 MB.*ends at 2\.00 MB.*dispose\(\)/,
    );
    expect(blocks.map((b) => device.readSync!(b)[100])).toEqual(blocks.map((_, k) => k));
    device.free(blocks.pop()!);
    expect(() => device.alloc(2 ** 15, 'f32')).not.toThrow();
    // smaller arrays fit into larger blocks that wait
    device.free(blocks.pop()!);
    expect(() => device.alloc(2 ** 14, 'f32')).not.toThrow();
  });
});
