// Products whose factors are rounded to f16, by each kind of tiles: exact for numbers of which f16 keeps all that counts.
import { describe, expect, it } from 'vitest';
import { compile } from '../../autograd/index.js';
import { show } from '../../graph/show.js';
import type { Tensor } from '../../graph/tensor.js';
import * as ops from '../../ops/index.js';
import { distance } from '../../testing/distance.js';
import { seeded } from '../../testing/draw.js';
import { runOn, type Arrays, type Program } from '../../testing/on-device.js';
import { cpu } from '../cpu/cpu.js';
import type { Schedule } from './contraction/schedule.js';
import { withGpu } from './open-for-test.js';
import { checkPrecision } from './precision.js';
import { createWebgpu } from './webgpu.js';

const plain = { rows: 4, columns: 4, down: 4, across: 4, slices: 1, depth: 0, buffers: 1, splits: 1 } as const;
const schedules: readonly (readonly [string, Schedule])[] = [
  ['tiles', { ...plain, depth: 8 }],
  ['tiles fetched ahead', { ...plain, depth: 8, buffers: 2 }],
  ['split depths', { ...plain, depth: 8, splits: 3 }],
];
/** Multiples of 1/64 from -2 to 2, whose products and sums of 270 are exact in f32; and what f16 makes these of, whichever way it rounds. */
function numbers(sizes: readonly number[]): { exact: Float32Array[]; given: Float32Array[] } {
  const random = seeded(5);
  const exact = sizes.map((n) => Float32Array.from({ length: n }, () => (Math.floor(random() * 256) - 128) / 64));
  return { exact, given: exact.map((x) => x.map((v) => v * (1 + 2 ** -13 * random()))) };
}

for (const [name, schedule] of schedules)
  await withGpu(
    `products in f16 by ${name}`,
    (device) =>
      describe(`products in f16 by ${name}`, () => {
        it.each([
          [33, 270, 21],
          [64, 64, 64],
          [1, 100, 40],
        ])('%d x %d by %d', async (m, k, n) => {
          const arrays: Arrays = [[[m, k]], [[k, n]], [[n, k]], [[n]]];
          const { exact, given } = numbers([m * k, k * n, n * k, n]);
          // what is added afterwards is not rounded
          const all = compile((a: Tensor, b: Tensor, c: Tensor, d: Tensor) => [
            ops.add(ops.matmul(a, b), d),
            ops.matmul(a, ops.permute(c, [1, 0])),
            ops.matmul(ops.cast(a, 'i32'), ops.cast(b, 'i32')),
          ]);
          const f: Program = (a, b, c, d) => all(a, b, c, d);
          const values = [...given.slice(0, 3), exact[3]!];
          const right = await runOn(cpu, arrays, exact, f);
          const off = async (): Promise<number> => {
            const got = await runOn(device, arrays, values, f);
            return Math.max(...got.map((v, i) => distance(v, right[i]!)));
          };
          device.setProductPrecision('f16');
          expect(await off()).toBe(0);
          expect(show(all)).toContain('enable f16;');
          // the same compiled function, and eager kernels, follow the setting
          device.setProductPrecision('f32');
          expect(await off()).toBeGreaterThan(1e-6);
          const eager: Program = (a, b) => [ops.matmul(a, b)];
          const [rough] = await runOn(device, arrays, values, eager);
          device.setProductPrecision('f16');
          expect(device.productPrecision).toBe('f16');
          const [clean] = await runOn(device, arrays, values, eager);
          const [sums] = await runOn(cpu, arrays, exact, eager);
          expect(distance(clean!, sums!)).toBe(0);
          expect(distance(rough!, sums!)).toBeGreaterThan(1e-6);
        });
      }),
    { tuning: { scheduleOf: () => schedule }, needs: 'shader-f16' },
  );

describe('the precision of products', () => {
  const report = { vendor: 'acme', architecture: 'one', description: '', features: ['subgroups', 'timestamp-query'] };
  it('says what is missing, what there is, and what helps', () => {
    expect(() => checkPrecision('f16', report)).toThrow(
      'webgpu: products in f16 need the feature "shader-f16", which this adapter (acme one) does not have; it has subgroups, timestamp-query. Leave products in "f32"',
    );
    expect(() => checkPrecision('bf16' as 'f16', report)).toThrow(
      'webgpu: the precision of products is "f32" or "f16", not "bf16"',
    );
    expect(checkPrecision('f32', report)).toBe('f32');
    expect(checkPrecision('f16', { ...report, features: ['shader-f16'] })).toBe('f16');
  });
});
await withGpu('opening a device with products in f16', (device) => {
  it('a device opens with products in f16 where the adapter has them, and else says so', async () => {
    const opened = await createWebgpu({ products: 'f16' }).then(
      (own) => {
        own.destroy();
        return own.productPrecision;
      },
      (error: Error) => error.message.slice(0, 54),
    );
    const there = device.report.features.includes('shader-f16');
    expect(opened).toBe(there ? 'f16' : 'webgpu: products in f16 need the feature "shader-f16",');
  });
});
