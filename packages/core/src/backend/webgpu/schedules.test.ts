// Larger arrays than the random cases have, so that fours, shared rows, cut rows, pieces of lines and sorted scatters run: against the CPU, with the
// numbers of this adapter's class and with those of a real GPU.
import { describe, expect, it } from 'vitest';
import { sizeOf, type Shape } from '../../base/index.js';
import { compile } from '../../autograd/index.js';
import type { Tensor } from '../../graph/tensor.js';
import * as ops from '../../ops/index.js';
import { layerNorm, softmax } from '../../functional/index.js';
import { distance } from '../../testing/distance.js';
import { apart, runOn, type Arrays, type Program } from '../../testing/on-device.js';
import { seeded } from '../../testing/draw.js';
import { cpu } from '../cpu/cpu.js';
import type { Backend } from '../backend.js';
import { withGpu } from './open-for-test.js';

/** The largest distance of sums, in units of 2^-24 times the sum of the absolute values: how many roundings they are apart. */
async function roundings(device: Backend, shape: Shape, f: (x: Tensor) => Tensor): Promise<number> {
  const random = seeded(8);
  const values = Float32Array.from({ length: sizeOf(shape) }, () => 4 * random() - 2);
  const [right, sums] = await runOn(cpu, [[shape]], [values], (x) => [f(x), f(ops.abs(x))]);
  const [got] = await runOn(device, [[shape]], [values], (x) => [f(x)]);
  return Math.max(0, ...right!.map((v, k) => (2 ** 24 * Math.abs(got![k]! - v)) / (sums![k]! || 1)));
}
const extremes = (x: Tensor, axes: number[]): Tensor[] => [ops.max(x, { axes }), ops.min(ops.mul(x, 2), { axes })];

const classes = [
  ['this adapter', {}],
  // as on a GPU with thousands of threads, but few enough that the test's arrays fill it
  ['a real GPU', { busy: 512, lanes: 256 }],
] as const;
for (const [name, tuning] of classes)
  await withGpu(
    `schedules of ${name}`,
    (device) => {
      describe(`schedules of ${name}`, () => {
        it.each<Shape>([[37], [5, 16], [3, 7, 12], [64, 64], [16, 8, 9, 4]])('maps of %s', async (...shape) => {
          const last = shape.length - 1;
          for (const dtype of ['f32', 'i32', 'u32', 'u8', 'bool'] as const) {
            const kinds: Arrays = [
              [shape, dtype],
              [shape.slice(last), dtype],
            ];
            const far = await apart(device, kinds, (x, y) => [
              ops.add(x, y),
              ops.where(ops.less(x, y), y, x),
              ops.permute(
                x,
                shape.map((_, d) => last - d),
              ),
              ops.flip(x, [last]),
              ops.cast(ops.notEqual(x, y), 'f32'),
            ]);
            expect(far).toBe(0);
          }
        });
        it('maps of an array that is read in order and in another', async () => {
          const f = compile((x: Tensor, y: Tensor) => [ops.mul(x, y), ops.sub(1, ops.square(ops.flip(y, [1])))]);
          const arrays: Arrays = [[[4, 16]], [[4, 16]]];
          expect(await apart(device, arrays, (x, y) => f(x, y))).toBeLessThan(1e-6);
        });
        it.each<[Shape, number[]]>([
          [[3], [0]],
          [[100, 7], [1]],
          [[40, 300], [1]],
          [[300, 40], [0]],
          [[5, 4000], [1]],
          [[4000, 5], [0]],
          [
            [6, 30, 40],
            [0, 2],
          ],
          [[70000], [0]],
          [[3, 20001], [1]],
          [
            [1, 8192],
            [0, 1],
          ],
        ])('reductions of %s over %s', async (shape, axes) => {
          expect(await roundings(device, shape, (x) => ops.sum(x, { axes }))).toBeLessThan(4);
          expect(await apart(device, [[shape]], (x) => extremes(x, axes))).toBe(0);
          const whole: Program = (x) => [ops.sum(x, { axes }), ...extremes(x, axes)];
          expect(await apart(device, [[shape, 'i32']], whole)).toBe(0);
        });
        it.each<Shape>([
          [7, 5],
          [50, 300],
          [2, 10000],
          [1, 4096],
        ])('rows of several stages of %s', async (...shape) => {
          const f = compile((x: Tensor, w: Tensor) => [
            softmax(x, 1),
            layerNorm(ops.mul(x, 2), [shape[1]!], { weight: w }),
          ]);
          expect(await apart(device, [[shape], [[shape[1]!]]], (x, w) => f(x, w))).toBeLessThan(2e-6);
        });
        it.each<[Shape, number]>([
          [[40, 30], 1],
          [[40, 30], 0],
          [[3, 5000], 1],
          [[5000, 3], 0],
          [[2, 700, 3], 1],
        ])('running sums of %s along %i', async (shape, axis) => {
          const back = { reverse: true, exclusive: true };
          expect(await roundings(device, shape, (x) => ops.cumsum(x, axis))).toBeLessThan(4);
          expect(await roundings(device, shape, (x) => ops.cumsum(x, axis, back))).toBeLessThan(4);
          expect(await apart(device, [[shape, 'i32']], (x) => [ops.cumsum(x, axis), ops.cumsum(x, axis, back)])).toBe(
            0,
          );
        });
        it.each<[Shape, Shape, number]>([
          [[7, 3], [5, 3], 0],
          [[4000, 4], [2000, 4], 0],
          [[3, 5000], [3, 3000], 1],
        ])('scattering to %s from %s along %i', async (to, from, axis) => {
          const random = seeded(9);
          const values = [to, from, from].map((shape, k) =>
            Float32Array.from({ length: sizeOf(shape) }, () =>
              k === 1 ? Math.floor(random() * (to[axis]! / 2)) : 4 * random() - 2,
            ),
          );
          const f: Program = (x, at, u) => {
            const places = ops.cast(at, 'i32');
            return [
              ops.scatterAdd(x, places, u, axis),
              ops.scatter(x, places, u, axis),
              ops.scatterAdd(ops.cast(x, 'i32'), places, ops.cast(u, 'i32'), axis),
            ];
          };
          const arrays: Arrays = [[to], [from], [from]];
          const right = await runOn(cpu, arrays, values, f);
          const got = await runOn(device, arrays, values, f);
          // steps that meet are taken in their order, as on the CPU
          right.forEach((v, n) => expect(distance(got[n]!, v)).toBe(0));
        });
        it('kernels of more arrays than can be bound', async () => {
          const arrays: Arrays = Array.from({ length: 40 }, (_, n) => [[n % 3, 5], n % 5 === 4 ? 'i32' : 'f32']);
          expect(await apart(device, arrays, (...xs) => [ops.concat(xs, 0)])).toBe(0);
          const sum = compile((...xs: Tensor[]) => xs.reduce((a, x) => ops.add(a, x)));
          const equal: Arrays = Array.from({ length: 40 }, () => [[7]]);
          expect(await apart(device, equal, (...xs) => [sum(...xs)])).toBeLessThan(2e-6);
        });
        it.each<[Shape, number]>([
          [[3, 200], 1],
          [[1000, 3], 0],
          [[5000], 0],
        ])('sorting %s along %i', async (shape, axis) => {
          const f: Program = (x) => [ops.argsort(x, { axis }), ops.argsort(x, { axis, descending: true })];
          for (const dtype of ['f32', 'i32', 'u8', 'bool'] as const)
            expect(await apart(device, [[shape, dtype]], f)).toBe(0);
        });
      });
    },
    { tuning },
  );
