// Runs the suite of primitives on the CPU, with the random cases of fast-check.
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import type { Primitive } from '../graph/tensor.js';
import { primitives } from '../ops/primitives.js';
import { seeded, type Draw } from './draw.js';
import { checkCase, primitiveSuite } from './primitive-suite.js';

const drawWith = (g: fc.GeneratorValue): Draw => ({
  int: (min, max) => g(fc.integer, { min, max }),
  pick: (from) => from[g(fc.nat, { max: from.length - 1 })]!,
  random: seeded(g(fc.nat)),
});

describe('primitives', () => {
  it('are about sixty or more, each with a name of its own', () => {
    expect(primitives.length).toBeGreaterThan(60);
    expect(new Set(primitives.map((p) => p.name)).size).toBe(primitives.length);
  });
  it.each(
    primitiveSuite(primitives, { cases: 0 })
      .filter((c) => c.name.startsWith('has'))
      .map((c) => [c.of, c] as const),
  )('%s has its gradients', (_, check) => check.run());
  it.each(primitives.map((p): [string, Primitive] => [p.name, p]))(
    '%s is what its record says, strided and compiled',
    async (_, primitive) => {
      await fc.assert(
        fc.asyncProperty(fc.gen(), (g) => checkCase(primitive, drawWith(g))),
        { numRuns: 200, seed: 20 },
      );
    },
  );
});
