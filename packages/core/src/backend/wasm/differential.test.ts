// WebAssembly against the CPU on random cases of every primitive, with the multiply-add that the engine may round as it likes and without it.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cpu } from '../cpu/cpu.js';
import { backendSuite } from '../../testing/backend-suite.js';
import { checkDifference } from '../../testing/differential.js';
import { primitives } from '../../ops/primitives.js';
import { engine } from './engine.js';
import type { Engine } from './module.js';
import { createWasm } from './wasm.js';

const old: Engine = { madd: false, steps: 1, reversed: true, fast: false };
const engines: readonly (readonly [string, Engine])[] = [
  ['as this engine is', engine()],
  ['without relaxed instructions, in the order for older engines', old],
];
it('runs with relaxed instructions where the engine has them', () => {
  expect(engine().madd).toBe(Number(process.versions.node.split('.')[0]) >= 22);
});
describe.each(engines)('wasm %s', (_, can) => {
  const device = createWasm({ engine: can });
  it.each(primitives.map((p) => [p.name, p] as const))('%s is as on the CPU', (__, primitive) => {
    for (let seed = 0; seed < 40; seed++) checkDifference(primitive, seed, device, cpu);
  });
});
describe('wasm on two threads, which divide everything that can be', () => {
  const device = createWasm({ divideFrom: 0 });
  beforeAll(() => device.threads.set(2));
  afterAll(() => device.threads.set(1));
  it.each(primitives.map((p) => [p.name, p] as const))('%s is as on the CPU', (_, primitive) => {
    for (let seed = 0; seed < 12; seed++) checkDifference(primitive, seed, device, cpu);
  });
  it('and the second has helped', () => {
    // Kernels are small: one thread may have done them all before the other has looked.
    const end = performance.now() + 20_000;
    for (let seed = 12; !device.threads.workers!.helped && performance.now() < end; seed++)
      for (const primitive of primitives) checkDifference(primitive, seed, device, cpu);
    expect(device.threads.workers!.helped).toBeGreaterThan(0);
  });
});
describe('the suite of backends', () => {
  it.each(backendSuite(() => createWasm(), { cases: 5 }).map((c) => [`${c.of} ${c.name}`, c] as const))(
    '%s',
    (_, check) => check.run(),
  );
});
it('computes the same with so little memory that arrays move out and come back all the time', () => {
  const device = createWasm({ maximumPages: 128, mark: 2 ** 17, markArrays: 3 });
  for (const primitive of primitives)
    for (let seed = 0; seed < 8; seed++) checkDifference(primitive, seed, device, cpu);
  expect(device.heap.moves).toBeGreaterThan(500);
});
