// What @nn/core/wasm offers: a limit for the device's memory, and what is in it.
import { expect, test } from 'vitest';
import * as nn from '../../index.js';
import { memoryUse, restrictMemory } from './index.js';

test('memory is restricted, and what does not fit moves out and comes back', () => {
  const limit = 2 ** 24;
  restrictMemory(limit);
  const kept = Array.from({ length: 40 }, (_, k) => nn.full([2 ** 18], k));
  const { inside, outside } = memoryUse();
  expect(inside.bytes).toBeLessThanOrEqual(limit);
  expect(outside.arrays).toBeGreaterThan(20);
  expect(nn.itemSync(nn.max(kept[0]!))).toBe(0);
  expect(nn.itemSync(nn.max(kept[39]!))).toBe(39);
  expect(() => nn.full([2 ** 23], 0)).toThrow(
    /no room for 8388608 elements of f32 \(32 MB\).*the memory ends at 16 MB.*Use smaller batches.*Nothing was lost/,
  );
  expect(kept.map((t) => nn.itemSync(nn.slice(t, [5], [6], [1])))).toEqual(kept.map((_, k) => k));
});
