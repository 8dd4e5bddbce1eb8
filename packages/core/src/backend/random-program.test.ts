// Random compiled programs on WebAssembly and on a GPU, against the CPU.
import { describe, expect, it } from 'vitest';
import { openBackend } from './index.js';
import { cpu } from './cpu/cpu.js';
import { withGpu } from './webgpu/open-for-test.js';
import { programDistance } from '../testing/random-program.js';

/** Sums in another order, three steps long, through functions that may be steep. */
const tol = 2e-4;
const seeds = (from: number, count: number): number[] => Array.from({ length: count }, (_, k) => from + k);

it('random programs on WebAssembly', { timeout: 60_000 }, async () => {
  const wasm = await openBackend('wasm');
  // 1318 asks which of its sums of products is the largest
  for (const seed of [...seeds(0, 60), 1318])
    expect([seed, (await programDistance(seed, wasm, cpu)) < tol]).toEqual([seed, true]);
});
for (const [name, tuning, from] of [
  ['this adapter', {}, 100],
  // as on a GPU with thousands of threads, but few enough that the arrays fill it
  ['a real GPU', { busy: 512, lanes: 256 }, 200],
] as const)
  await withGpu(
    `random programs with the schedules of ${name}`,
    (device) =>
      describe(`random programs with the schedules of ${name}`, () => {
        it.each(seeds(from, 6))('%i', { timeout: 60_000 }, async (seed) => {
          expect(await programDistance(seed, device, cpu)).toBeLessThan(tol);
        });
      }),
    { tuning },
  );
