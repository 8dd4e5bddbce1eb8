// What @nn/core/wasm offers: a limit for the device's memory, and what is in it; faster functions.
import { expect, test } from 'vitest';
import * as nn from '../../index.js';
import { memoryUse, restrictMemory, setFastMath } from './index.js';

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

test('functions are less exact from one call to the next, eager and compiled, and exact again', () => {
  const x = nn.tensor(Float32Array.from({ length: 1000 }, (_, k) => k / 100 - 5));
  const functions = [
    nn.tanh,
    nn.compile(nn.tanh),
    (t: nn.Tensor) => nn.softmax(t, 0),
    nn.compile((t: nn.Tensor) => nn.erf(t)),
  ];
  const results = (): number[][] => functions.map((f) => [...nn.dataSync(f(x))]);
  const exact = results();
  setFastMath();
  try {
    const fast = results();
    fast.forEach((values, n) => {
      expect(values).not.toEqual(exact[n]);
      values.forEach((v, k) => expect(Math.abs(v - exact[n]![k]!)).toBeLessThanOrEqual(2e-6 * Math.abs(v)));
    });
    setFastMath(false);
    expect(results()).toEqual(exact);
    setFastMath();
    expect(results()).toEqual(fast);
  } finally {
    setFastMath(false);
  }
});
