// Products by every kind of schedule, whatever this adapter would choose: against the CPU.
import { describe, expect, it } from 'vitest';
import { compile, gradients } from '../../../autograd/index.js';
import { requireGrad } from '../../../graph/create.js';
import type { Tensor } from '../../../graph/tensor.js';
import * as ops from '../../../ops/index.js';
import { apart, type Arrays } from '../../../testing/on-device.js';
import { withGpu } from '../open-for-test.js';
import type { Schedule } from './schedule.js';

const plain = { rows: 1, columns: 1, down: 1, across: 1, slices: 1, depth: 0, buffers: 1, splits: 1 } as const;
const schedules: readonly (readonly [string, Schedule])[] = [
  ['registers alone', { ...plain, rows: 4, columns: 4, down: 4, across: 4 }],
  ['tiles in workgroup memory', { ...plain, rows: 4, columns: 4, down: 4, across: 8, depth: 8 }],
  ['tiles of 8 by 8, fetched ahead', { ...plain, rows: 8, columns: 8, down: 4, across: 4, depth: 8, buffers: 2 }],
  ['slices of the depth', { ...plain, rows: 1, columns: 4, across: 2, slices: 16 }],
  ['tiles, the depth split in three', { ...plain, rows: 4, columns: 4, down: 4, across: 4, depth: 8, splits: 3 }],
  ['registers, the depth split in four', { ...plain, rows: 4, columns: 4, down: 4, across: 4, splits: 4 }],
];
/** Sums of up to 270 products of numbers of up to 2: each rounding is at most 2^-24 of what has been added up. */
const tol = 2e-5;

for (const [name, schedule] of schedules)
  await withGpu(
    `products by ${name}`,
    (device) =>
      describe(`products by ${name}`, () => {
        const far = (arrays: Arrays, f: (...xs: Tensor[]) => readonly Tensor[]): Promise<number> =>
          apart(device, arrays, (...xs) => compile((...ys: Tensor[]) => f(...ys))(...xs));
        const across = (x: Tensor): Tensor => ops.permute(x, [1, 0]);
        it.each([
          [33, 270, 21],
          [64, 64, 64],
          [1, 100, 40],
          [5, 3, 7],
        ])('%d x %d by %d in all transpositions, with what follows', async (m, k, n) => {
          const bias: Arrays[number] = [[n]];
          expect(
            await far([[[m, k]], [[k, n]], bias], (a, b, c) => [ops.maximum(ops.add(ops.matmul(a!, b!), c!), 0)]),
          ).toBeLessThan(tol);
          expect(await far([[[m, k]], [[n, k]]], (a, b) => [ops.matmul(a!, across(b!))])).toBeLessThan(tol);
          expect(await far([[[k, m]], [[k, n]]], (a, b) => [ops.matmul(across(a!), b!)])).toBeLessThan(tol);
        });
        it('side by side, and with several results', async () => {
          expect(await far([[[3, 2, 9, 20]], [[2, 20, 12]]], (a, b) => [ops.matmul(a!, b!)])).toBeLessThan(tol);
          const several = await far([[[18, 40]], [[40, 24]], [[18, 24]]], (a, b, c) => {
            const y = ops.add(ops.matmul(a!, b!), c!);
            return [y, ops.mul(y, 2), ops.less(y, 0)];
          });
          expect(several).toBeLessThan(tol);
        });
        it('results in the place of what they are made from', async () => {
          const shapes: Arrays = [[[6, 7]], [[6, 7]], [[7, 7]]];
          const inPlace = await far(shapes, (a, b, w) => {
            const [h, k] = [a!, b!].map((x) => ops.matmul(x, w!)) as [Tensor, Tensor];
            const p = ops.matmul(ops.matmul(ops.add(h, k), w!), w!);
            const q = ops.mul(ops.add(h, p), ops.sub(1, ops.square(k)));
            return [ops.add(ops.matmul(p, w!), ops.matmul(q, w!))];
          });
          expect(inPlace).toBeLessThan(tol);
        });
        it('convolutions with both gradients', async () => {
          const shapes: Arrays = [[[2, 4, 9, 8]], [[6, 2, 3, 3]]];
          const found = await far(shapes, (x, w) => {
            const leaves = [requireGrad(x!), requireGrad(w!)] as const;
            const y = ops.conv(...leaves, { stride: 2, padding: [1, 1], groups: 2 });
            const g = gradients([ops.sum(ops.square(y))], { targets: leaves });
            return [y, ...leaves.map((leaf) => g.get(leaf)!)];
          });
          expect(found).toBeLessThan(tol);
        });
      }),
    { tuning: { scheduleOf: () => schedule } },
  );
