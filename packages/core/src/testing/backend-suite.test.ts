// The suite of backends: the CPU passes it, and a backend with a mistake in it does not.
import { describe, expect, it } from 'vitest';
import { openBackend, type Backend } from '../backend/index.js';
import { cpu } from '../backend/cpu/cpu.js';
import { currentBackend } from '../graph/state.js';
import { backendSuite } from './backend-suite.js';

describe('the CPU backend', () => {
  it.each(backendSuite(() => openBackend('cpu'), { cases: 5 }).map((c) => [`${c.of} ${c.name}`, c] as const))(
    '%s',
    async (_, check) => {
      const before = currentBackend();
      await check.run();
      expect(currentBackend()).toBe(before);
    },
  );
});

/** Which checks fail on a backend. */
async function failures(b: Backend): Promise<string[]> {
  const failed: string[] = [];
  for (const check of backendSuite(() => b, { cases: 3 })) {
    await check.run().catch((error: Error) => failed.push(`${check.of}: ${error.message}`));
  }
  return failed;
}
const named = (list: string[]): string[] => [...new Set(list.map((f) => f.split(':')[0]!))];

describe('a mistake is noticed', () => {
  it('in a kernel', async () => {
    const wrong: Backend = {
      ...cpu,
      compile: (kernel) => {
        const program = cpu.compile(kernel);
        if (kernel.name !== 'tanh') return program;
        return {
          ...program,
          run: (x, out, p) => (program.run(x, out, p), void ((out[0] as Float32Array)[0]! += 1e-3)),
        };
      },
    };
    expect(named(await failures(wrong))).toEqual(['tanh']);
  });
  it('in numbers that are baked in', async () => {
    const first = new Map<string, readonly number[]>();
    const wrong: Backend = {
      ...cpu,
      compile: (kernel) => {
        const program = cpu.compile(kernel);
        return {
          ...program,
          run: (x, out, p) => {
            if (!first.has(program.source)) first.set(program.source, p);
            program.run(x, out, first.get(program.source)!);
          },
        };
      },
    };
    expect(named(await failures(wrong))).toContain('numbers');
  });
  it('in memory that is handed out twice', async () => {
    const one = new Float32Array(1000);
    const wrong: Backend = {
      ...cpu,
      alloc: (size, dtype) =>
        dtype === 'f32' && size === 5
          ? one.subarray(0, size)
          : dtype === 'f32' && size < 8
            ? one.subarray(0, size)
            : cpu.alloc(size, dtype),
    };
    expect(named(await failures(wrong))).toContain('memory');
  });
});
