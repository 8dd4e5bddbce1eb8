// Measuring schedules: winners are used, kept, and taken from files; files from strangers are checked.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compile, gradients } from '../../autograd/index.js';
import { data, requireGrad, tensor } from '../../graph/create.js';
import { show } from '../../graph/show.js';
import { useBackend } from '../../graph/state.js';
import type { Tensor } from '../../graph/tensor.js';
import * as ops from '../../ops/index.js';
import { apart } from '../../testing/on-device.js';
import { candidates, contenders } from './contraction/choose.js';
import type { Schedule } from './contraction/schedule.js';
import { tables } from './contraction/tables.js';
import { Gpu } from './device.js';
import { withGpu } from './open-for-test.js';
import { Stopwatch } from './stopwatch.js';
import type { Tuning } from './tuning.js';
import { createWebgpu, type Webgpu } from './webgpu.js';

/** Sums of 40 products of numbers of up to 2. */
const tol = 1e-5;
const layer = (): ((a: Tensor, b: Tensor) => Tensor) => compile((a, b) => ops.maximum(ops.matmul(a, b), 0));
const filled = (shape: readonly number[]): Tensor =>
  tensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, k) => Math.sin(k)),
    { shape },
  );

await withGpu('measuring schedules on WebGPU', (shared) => {
  describe('autotune', () => {
    let device: Webgpu;
    let was: ReturnType<typeof useBackend>;
    beforeAll(async () => {
      device = await createWebgpu();
      was = useBackend(device);
    });
    afterAll(() => {
      useBackend(was);
      device.destroy();
    });
    const text = (): string => JSON.stringify(device.tuning());

    it('measures each product once, and gives the same results with the winner', { timeout: 60_000 }, async () => {
      const f = layer();
      const [a, b] = [filled([64, 40]), filled([40, 48])];
      await data(f(a, b));
      const arrays = device.usage().arrays;
      const found = await device.autotune(() => {
        f(a, b);
        f(a, b);
      });
      expect(found.map((t) => t.product)).toEqual([expect.stringMatching(/^1x64x48x40 f32 f32 [0-9a-f]{8}$/)]);
      expect(found[0]!.tried).toBeGreaterThan(1);
      expect(found[0]!.ms).toBeLessThanOrEqual(found[0]!.before);
      // its own arrays are given back
      expect(device.usage().arrays).toBeLessThanOrEqual(arrays + 2);
      expect(await apart(device, [[[64, 40]], [[40, 48]]], (x, y) => [f(x, y)])).toBeLessThan(tol);
      // what follows a product does not matter to its name
      expect(await device.autotune(() => ops.matmul(a, b))).toEqual([]);
      // how the factors are read does
      const across = compile((x: Tensor, y: Tensor) => ops.matmul(x, ops.permute(y, [1, 0])));
      expect(await device.autotune(() => across(a, filled([48, 40])))).toHaveLength(1);
    });
    it('measures a convolution and its gradients', { timeout: 100_000 }, async () => {
      const step = compile((x: Tensor, w: Tensor) => {
        const [u, v] = [requireGrad(x), requireGrad(w)];
        const g = gradients([ops.sum(ops.square(ops.conv(u, v, { padding: [1, 1] })))], { targets: [u, v] });
        return [g.get(u)!, g.get(v)!];
      });
      const [x, w] = [filled([2, 3, 8, 8]), filled([4, 3, 3, 3])];
      expect((await device.autotune(() => step(x, w))).length).toBeGreaterThan(1);
      expect(await device.autotune(() => step(x, w))).toEqual([]);
      expect(await apart(device, [[[2, 3, 8, 8]], [[4, 3, 3, 3]]], (p, q) => step(p!, q!))).toBeLessThan(1e-4);
    });
    it('measures tiles and splits, as on a real GPU', { timeout: 100_000 }, async () => {
      const limits = { threads: 256, bytes: 1 << 14 };
      // small kernels, which software compiles soon
      const some = (all: readonly Schedule[]): Schedule[] => all.filter((s) => s.rows * s.columns <= 16);
      const own = await createWebgpu({
        tuning: {
          scheduleOf: (p) => some(candidates(p, tables.discrete, limits))[0]!,
          schedulesOf: (p) => candidates(p, tables.discrete, limits),
          contendersOf: (p) => some(contenders(p, tables.discrete, limits)),
        },
      });
      useBackend(own);
      const f = layer();
      const [found] = await own.autotune(() => f(filled([64, 300]), filled([300, 48])));
      useBackend(device);
      expect(found!.tried).toBeGreaterThan(3);
      expect(own.tuning().entries.map((e) => e.schedule)).toEqual([found!.schedule]);
      // sums of 300 products of numbers of up to 2
      expect(await apart(own, [[[64, 300]], [[300, 48]]], (x, y) => [f(x, y)])).toBeLessThan(2e-5);
      own.destroy();
    });
    it('is kept as JSON, for the next device', async () => {
      const next = await createWebgpu();
      next.loadTuning(JSON.parse(text()));
      expect(next.tuning()).toEqual(device.tuning());
      useBackend(next);
      expect(await next.autotune(() => ops.matmul(filled([64, 40]), filled([40, 48])))).toEqual([]);
      useBackend(device);
      next.destroy();
    });
    it('is followed by programs that were compiled before', async () => {
      const own = await createWebgpu();
      useBackend(own);
      const f = layer();
      const [a, b] = [filled([64, 40]), filled([40, 48])];
      const right = await data(f(a, b));
      const chosen = show(f);
      const [entry] = device.tuning().entries;
      const with_ = (change: object): Tuning => ({
        ...device.tuning(),
        entries: [{ ...entry!, schedule: { ...entry!.schedule, ...change } }],
      });
      const smallest = { rows: 1, columns: 1, down: 1, across: 4, slices: 1, depth: 0, buffers: 1, splits: 1 };
      own.loadTuning(with_(smallest));
      const slow = await data(f(a, b));
      expect(show(f)).not.toBe(chosen);
      slow.forEach((v, k) => expect(v).toBeCloseTo(Number(right[k]), 4));
      // a schedule that the tables do not have for this adapter, and one of another adapter
      own.loadTuning(with_({ rows: 12, across: 64 }));
      await data(f(a, b));
      expect(show(f)).toBe(chosen);
      own.loadTuning({ ...with_(smallest), entries: [{ ...with_(smallest).entries[0], adapter: 'another' }] });
      await data(f(a, b));
      expect(show(f)).toBe(chosen);
      expect(own.tuning().entries).toHaveLength(2);
      useBackend(device);
      own.destroy();
    });
  });

  describe('the stopwatch', () => {
    it.each([
      ['by timestamps, where there are some', {}],
      ['by waiting', { has: { value: () => false } }],
    ])('%s', async (_, change) => {
      const gpu = await Gpu.open();
      const { device } = gpu;
      const code = `@group(0) @binding(0) var<storage, read_write> x: array<f32>;
        @compute @workgroup_size(1) fn main() { for (var k = 0; k < 1000000; k++) { x[0] = x[0] * 0.5 + 1; } }`;
      const module = device.createShaderModule({ code });
      const pipeline = device.createComputePipeline({ layout: 'auto', compute: { module } });
      const buffer = device.createBuffer({ size: 4, usage: 0x80 });
      const entries = [{ binding: 0, resource: { buffer } }];
      const group = device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries });
      const stopwatch = new Stopwatch(Object.create(gpu, change) as Gpu);
      const long = (pass: GPUComputePassEncoder): void => {
        pass.setPipeline(pipeline);
        pass.setBindGroup(0, group);
        pass.dispatchWorkgroups(1);
      };
      await stopwatch.time(long);
      expect(await stopwatch.time(long)).toBeGreaterThan(0.1);
      stopwatch.release();
      gpu.destroy();
      await expect(stopwatch.time(long)).rejects.toThrow('webgpu: the device was lost');
    });
  });

  describe('files of what was measured', () => {
    const schedule = { rows: 4, columns: 4, down: 4, across: 4, slices: 1, depth: 8, buffers: 1, splits: 1 };
    const entry = { adapter: 'a', product: 'p', schedule };
    const file = (entries: unknown): object => ({ format: 'nn-webgpu-tuning', version: 1, entries });
    it.each<[unknown, string]>([
      [null, 'the tuning: expected an object, received null'],
      ['{}', 'the tuning: expected an object, received "{}"'],
      [{ entries: [] }, 'the tuning: expected format "nn-webgpu-tuning" and version 1, received {}'],
      [{ ...file([]), version: 2 }, 'version 1, received {"format":"nn-webgpu-tuning","version":2}'],
      [file({}), 'entries: expected a list of at most 100000, received {}'],
      [file([entry, 7]), 'entries[1]: expected an object, received 7'],
      [file([{ ...entry, adapter: 3 }]), 'entries[0].adapter: expected a text of at most 500 characters, received 3'],
      [file([{ ...entry, schedule: [] }]), 'entries[0].schedule: expected an object, received []'],
      [
        file([{ ...entry, schedule: { ...schedule, rows: 'x' } }]),
        'entries[0].schedule.rows: expected a whole number from 1 to 64, received "x"',
      ],
      [file([{ ...entry, schedule: { ...schedule, splits: 1e9 } }]), 'entries[0].schedule.splits'],
      [file([{ ...entry, schedule: { ...schedule, depth: 1.5 } }]), 'entries[0].schedule.depth'],
    ])('%j is refused', (value, message) => {
      expect(() => shared.loadTuning(value)).toThrow('loadTuning: ');
      expect(() => shared.loadTuning(value)).toThrow(message);
      expect(shared.tuning().entries).toEqual([]);
    });
    it('fields that nobody asked for are left behind', () => {
      shared.loadTuning(file([{ ...entry, more: 1, schedule: { ...schedule, more: 2 } }]));
      expect(shared.tuning()).toEqual(file([entry]));
    });
  });
});
