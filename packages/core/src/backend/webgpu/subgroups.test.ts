// Reductions by subgroups and by the tree that stands in for them, against the CPU: as on a GPU with thousands of threads, so that rows are shared.
import { describe, expect, it } from 'vitest';
import type { Shape } from '../../base/index.js';
import { compile } from '../../autograd/index.js';
import { softmax } from '../../functional/index.js';
import { show } from '../../graph/show.js';
import type { Tensor } from '../../graph/tensor.js';
import * as ops from '../../ops/index.js';
import { apart, randomValues, runOn, type Arrays, type Program } from '../../testing/on-device.js';
import type { Adapter } from './adapter.js';
import { withGpu } from './open-for-test.js';

const gpu = { busy: 512, lanes: 256 } as const;
const slices = { rows: 4, columns: 4, down: 1, across: 2, slices: 32, depth: 0, buffers: 1, splits: 1 } as const;

/** How, and the barriers of a row with two reductions by 128 lanes. */
const kinds: readonly (readonly [string, Partial<Adapter>, number])[] = [
  ['a tree', { subgroups: null }, 18],
  ['subgroups', {}, 2],
  // the kernels learn the size when they run
  ['subgroups of a size that is not known', { subgroups: { least: 2, most: 128 } }, 2],
];
for (const [name, how, barriers] of kinds)
  await withGpu(
    `reductions by ${name}`,
    (device) => {
      describe(`reductions by ${name}`, () => {
        // few lanes for a row, several rows for a subgroup; one subgroup; several; all of a workgroup; long rows in pieces
        it.each<Shape>([
          [50, 9],
          [37, 30],
          [100, 300],
          [3, 2000],
          [2, 20001],
        ])('of %i rows of %i', async (rows, columns) => {
          const axes = [1];
          const all: Program = (x) => [
            ops.max(x, { axes }),
            ops.min(ops.mul(x, 2), { axes }),
            ops.sum(ops.cast(x, 'i32'), { axes }),
          ];
          expect(await apart(device, [[[rows, columns]]], all)).toBe(0);
          expect(
            await apart(device, [[[rows, columns], 'u8']], (x) => [ops.sum(x, { axes }), ops.max(x, { axes })]),
          ).toBe(0);
          const bools: Program = (x) => [ops.any(x, { axes }), ops.all(x, { axes })];
          expect(await apart(device, [[[rows, columns], 'bool']], bools)).toBe(0);
          // a sum of up to 20001 numbers of up to 2: roundings of 2^-24 of what has been added up
          expect(await apart(device, [[[rows, columns]]], (x) => [ops.mean(x, { axes })])).toBeLessThan(2e-6);
          const row = compile((x: Tensor) => softmax(x, 1));
          expect(await apart(device, [[[rows, columns]]], (x) => [row(x)])).toBeLessThan(2e-6);
        });
        it('wait for each other no more than they have to', async () => {
          const row = compile((x: Tensor) => softmax(x, 1));
          await apart(device, [[[3, 300]]], (x) => [row(x)]);
          expect(show(row).match(/workgroupBarrier/g)).toHaveLength(barriers);
        });
        it('keep NaN', async () => {
          const values = [Float32Array.from({ length: 600 }, (_, k) => (k === 417 ? NaN : k))];
          const [got] = await runOn(device, [[[2, 300]]], values, (x) => [ops.max(x, { axes: [1] })]);
          expect([...got!]).toEqual([299, NaN]);
        });
        it('are the same at each run', async () => {
          const arrays: Arrays = [[[5, 3000]]];
          const f: Program = (x) => [ops.sum(x, { axes: [1] })];
          const [first, second] = [
            await runOn(device, arrays, randomValues(arrays), f),
            await runOn(device, arrays, randomValues(arrays), f),
          ];
          expect(second).toEqual(first);
        });
        it('of products whose depth is shared', async () => {
          const f = compile((a: Tensor, b: Tensor) => ops.matmul(a, ops.permute(b, [1, 0])));
          // sums of 300 products of numbers of up to 2
          expect(await apart(device, [[[7, 300]], [[13, 300]]], (a, b) => [f(a, b)])).toBeLessThan(2e-5);
          expect(show(f).includes('subgroupShuffleXor')).toBe(how.subgroups !== null);
        });
      });
    },
    {
      tuning: { ...gpu, scheduleOf: () => slices, ...how },
      needs: how.subgroups === null ? undefined : 'subgroups',
    },
  );
