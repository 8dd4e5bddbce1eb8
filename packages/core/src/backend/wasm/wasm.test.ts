// Every primitive on WebAssembly means what its record says, on random shapes, strides, dtypes and values.
import { describe, expect, it } from 'vitest';
import { drawFrom, seeded } from '../../testing/draw.js';
import { checkCase } from '../../testing/primitive-suite.js';
import { primitives } from '../../ops/primitives.js';
import { useBackend } from '../../graph/state.js';
import { createWasm } from './wasm.js';

const device = createWasm();
useBackend(device);
describe('wasm', () => {
  it.each(primitives.map((p) => [p.name, p] as const))('%s is what its record says', async (_, primitive) => {
    for (let seed = 0; seed < 60; seed++) await checkCase(primitive, drawFrom(seeded(seed)), { device });
  });
  it('gives all memory back', () => expect(device.heap.used.bytes).toBeGreaterThanOrEqual(0));
});
