// The device over time: memory that stays flat, batches, devices that are lost or given back, programs that end.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import * as nn from '../../index.js';
import { openBackend } from '../registry.js';
import { useBackend } from '../../graph/state.js';
import { distance } from '../../testing/distance.js';
import { cpu } from '../cpu/cpu.js';
import { Commands } from './commands.js';
import type { Gpu } from './device.js';
import { Faults } from './faults.js';
import { Pool, type Block } from './memory.js';
import { withGpu } from './open-for-test.js';
import { createWebgpu, type Webgpu } from './webgpu.js';

/** Runs `f` with the device as the current one. */
async function on<R>(device: Webgpu, f: () => R | Promise<R>): Promise<R> {
  const was = useBackend(device);
  try {
    return await f();
  } finally {
    useBackend(was);
  }
}
/** One step of a small network: its weights are Variables, written in place. */
function trainer(): (x: nn.Tensor, y: nn.Tensor) => nn.Tensor {
  nn.defaultGenerator.manualSeed(1);
  const weights = [
    [8, 16],
    [16, 1],
  ].map((shape) => new nn.Variable(nn.normal(shape, { std: 0.3 }), { trainable: true }));
  return nn.compile((x: nn.Tensor, y: nn.Tensor) => {
    const [a, b] = weights.map((w) => w.get()) as [nn.Tensor, nn.Tensor];
    const loss = nn.mean(nn.square(nn.sub(nn.matmul(nn.tanh(nn.matmul(x, a)), b), y)));
    const slopes = nn.gradients([loss], { targets: [a, b] });
    weights.forEach((w, k) => w.set(nn.sub(w.get(), nn.mul(slopes.get([a, b][k]!)!, 0.05))));
    return loss;
  });
}
const batch = (): [nn.Tensor, nn.Tensor] => [nn.normal([32, 8]), nn.normal([32, 1])];

await withGpu('the WebGPU device over time', (device) => {
  describe('memory', () => {
    it('stays flat over 1,000 compiled steps', () =>
      on(device, async () => {
        const step = trainer();
        const [x, y] = batch();
        const live: number[] = [];
        const losses: number[] = [];
        for (let k = 0; k < 1000; k++) {
          const s = nn.openScope();
          const loss = step(x, y);
          if (k % 100 === 99) losses.push(await nn.item(loss));
          s.close();
          if (k % 100 === 99) live.push(device.usage().arrays);
        }
        // fewer where the collector frees what was made before the first step
        expect(Math.max(...live)).toBe(live[0]);
        expect(losses.at(-1)).toBeLessThan(losses[0]!);
      }));
    it('is bounded in an eager loop that frees nothing', () =>
      on(device, async () => {
        let most = 0;
        for (let k = 0; k < 600; k++) {
          let y = nn.ones([1 << 17]);
          for (let n = 0; n < 4; n++) y = nn.add(y, 1);
          if (k % 10 === 9) await nn.item(nn.slice(y, [0], [1]));
          most = Math.max(most, device.usage().bytes);
        }
        // 3,000 arrays of half a megabyte were made
        expect(most).toBeLessThan(800 << 20);
      }));
    it('says what is too large, and which dtype there is not', () => {
      expect(() => device.alloc(2 ** 29, 'f32')).toThrow('takes 2048 MB, and this adapter binds at most');
      expect(() => device.alloc(1, 'f64')).toThrow('webgpu: the device has no f64. Use f32 there');
    });
  });

  describe('work', () => {
    it('is handed over once for a compiled step, with a dispatch for each kernel at most', () =>
      on(device, async () => {
        const step = trainer();
        const [x, y] = batch();
        await nn.data(step(x, y));
        const before = device.work();
        step(x, y);
        const after = device.work();
        expect(after.submits - before.submits).toBe(1);
        expect(after.dispatches - before.dispatches).toBeLessThanOrEqual(12);
        await nn.data(step(x, y));
      }));
    it('shares one copy between the reads of one tick', () =>
      on(device, async () => {
        const xs = Array.from({ length: 20 }, (_, k) => nn.tensor([k, k + 1]));
        await nn.data(xs[0]!);
        const before = device.work().submits;
        const read = await Promise.all(xs.map((x) => nn.data(x)));
        expect(read.map((v) => v[1])).toEqual(xs.map((_, k) => k + 1));
        expect(device.work().submits - before).toBe(1);
      }));
    it('keeps the order of writes and kernels', () =>
      on(device, async () => {
        const b = device.alloc(2, 'f32');
        device.write(b, Float32Array.of(1, 2));
        const first = device.read(b);
        device.write(b, Float32Array.of(3, 4));
        expect([...(await first), ...(await device.read(b))]).toEqual([1, 2, 3, 4]);
        device.free(b);
      }));
    it('is profiled by kernel', () =>
      on(device, async () => {
        const { kernels, submits } = await device.profile(() => nn.data(nn.exp(nn.add(nn.ones([1000]), 1))));
        expect(kernels.map((k) => k.name)).toContain('exp');
        expect(kernels.every((k) => k.ms === null || k.ms >= 0)).toBe(true);
        expect(submits).toBe(1);
      }));
  });

  describe('random numbers', () => {
    it('go on after compiled draws, also on devices where weights are made on the host', async () => {
      const draw = nn.compile(() => nn.add(nn.uniform([4]), nn.uniform([4])));
      const draws = async (b: Webgpu | typeof cpu): Promise<ArrayLike<number>[]> => {
        useBackend(b);
        nn.defaultGenerator.manualSeed(3);
        const first = [draw(), draw(), nn.orthogonal([3, 4])];
        useBackend(cpu);
        return Promise.all([...first, nn.uniform([2])].map((t) => nn.data(t)));
      };
      const was = useBackend(cpu);
      const [right, got] = [await draws(cpu), await draws(device)];
      useBackend(was);
      right.forEach((values, k) => expect(distance(got[k] as Float32Array, values as Float32Array)).toBeLessThan(1e-6));
    });
  });

  describe('loss', () => {
    it('rejects what is waited for, refuses what comes later, and leaves the host as it was', async () => {
      const own = await createWebgpu();
      const saved = await on(own, async () => {
        const step = trainer();
        const [x, y] = batch();
        const loss = step(x, y);
        const saved = await nn.data(x);
        step(x, y);
        const waiting = nn.data(loss);
        own.destroy();
        await expect(waiting).rejects.toThrow('webgpu: the device was lost: it was closed by destroy()');
        expect(() => step(x, y)).toThrow('webgpu: the device was lost');
        expect(() => nn.add(x, 1)).toThrow('webgpu: the device was lost');
        await expect(nn.data(x)).rejects.toThrow('webgpu: the device was lost');
        expect(own.lost).toContain('destroy()');
        return saved;
      });
      const next = await createWebgpu();
      await on(next, async () => expect(await nn.data(nn.tensor(saved))).toEqual(saved));
      next.destroy();
    });
    it('is followed by a new device of that name', async () => {
      const first = (await openBackend('webgpu')) as Webgpu;
      expect(await openBackend('webgpu')).toBe(first);
      first.destroy();
      const second = await openBackend('webgpu');
      expect(second).not.toBe(first);
      expect(second.lost).toBeNull();
    });
    it('comes 200 times without a trace', async () => {
      for (let k = 0; k < 200; k++) {
        const own = await createWebgpu();
        await on(own, async () => expect(await nn.item(nn.sum(nn.tensor([k, 1])))).toBe(k + 1));
        own.destroy();
      }
    });
  });

  const core = fileURLToPath(new URL('../../index.ts', import.meta.url));
  /** Runs a program that has the library as `nn` in a process of its own. */
  const runAlone = (program: string) => {
    const text = `import * as nn from ${JSON.stringify(core)};\nawait nn.setDevice('webgpu');\n${program}`;
    const options = ['--conditions=@nn/source', '--import', 'tsx', '--input-type=module', '-e', text];
    return spawnSync(process.execPath, options, { encoding: 'utf8', timeout: 60_000 });
  };
  // a software GPU has the memory of its process, which can be limited
  const { software, limits } = device.report;
  const limited = software && limits.maxStorageBufferBindingSize >= 2 ** 29 && process.platform === 'linux';
  it.each(limited ? ['a process of limited memory'] : [])(
    'memory runs out in %s: it is named, what was there goes on, and compiled functions when there is room',
    { timeout: 60_000 },
    () => {
      const { stdout, stderr } = runAlone(`
        import { readFileSync } from 'node:fs';
        import { spawnSync } from 'node:child_process';
        const w = new nn.Variable(nn.tensor([1, 2, 3]));
        const step = nn.compile((x) => (w.set(nn.add(w.get(), x)), nn.sum(w.get())));
        console.log(await nn.item(step(nn.tensor(1))));
        // what is still loading must be there before the limit is
        const used = () => 1024 * Number(/VmSize:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]);
        for (let same = 0, last = 0; same < 8; ) {
          await new Promise((resolve) => setTimeout(resolve, 50));
          same = used() === last ? same + 1 : 0;
          last = used();
        }
        const limit = (most) => spawnSync('prlimit', ['--pid', String(process.pid), '--as=' + most + ':']);
        limit(used() + 2 ** 28);
        const said = (error) => error.constructor.name + ' ' + error.message;
        const sums = nn.compile((x) => nn.sum(nn.cumsum(nn.expand(nn.reshape(x, [1, 1]), [2 ** 13, 2 ** 14]), 1)));
        console.log(await nn.item(sums(nn.tensor(0.25))).catch(said));
        const large = nn.full([2 ** 27], 1);
        await nn.item(nn.slice(large, [0], [1])).catch(said);
        try { nn.add(large, 1); } catch (error) { console.log(said(error)); }
        large.dispose();
        await nn.item(nn.ones([1])).catch(said); // the sum had no room either
        console.log(await nn.item(step(nn.tensor(1))));
        limit('unlimited');
        console.log(await nn.item(sums(nn.tensor(0.25))) / 2 ** 38);`);
      const lines = stdout.trim().split('\n');
      expect([lines[0], ...lines.slice(3)], stderr).toEqual([
        '9',
        '12',
        expect.stringMatching(/^(1|1\.000\d+|0\.999\d+)$/),
      ]);
      expect(lines[1]).toMatch(
        /^DeviceError webgpu: out of memory: there was no room for 134217728 elements of f32 \(512 MB\) beside \d+ live arrays/,
      );
      expect(lines[2]).toContain('an array of 134217728 elements of f32 is used for which there was no room in memory');
    },
  );

  describe('a program ends by itself, with its own exit code', () => {
    it.each([
      ['', 0],
      ['process.exit(3);', 3],
      ['nn.data(y).catch(() => {}); process.exit(4);', 4],
      ['throw new Error("on purpose");', 1],
      ['await nn.data(y);', 0],
    ])('%s', (last, status) => {
      const ended = runAlone(`
        let y = nn.ones([1 << 20]);
        for (let k = 0; k < 20; k++) y = nn.add(y, 1);
        ${last}`);
      expect([ended.status, ended.signal]).toEqual([status, null]);
    });
  });
});

it('memory that cannot be had is named when somebody waits, and not handed out again', async () => {
  const device = {
    addEventListener: () => {},
    createBindGroupLayout: () => ({}),
    createBindGroup: () => ({}),
    createBuffer: () => ({ destroy: () => {} }),
    pushErrorScope: () => {},
    popErrorScope: async () => ({ message: 'no room' }),
  };
  const limits = { maxBufferSize: 2 ** 30, maxStorageBufferBindingSize: 2 ** 30 };
  const gpu = { device, report: { limits }, lost: null, check: () => {} } as unknown as Gpu;
  const faults = new Faults(gpu);
  const pool = new Pool(gpu, new Commands(gpu), faults);
  const block: Block = pool.allocate(1 << 20, 'f32');
  await expect(faults.settle()).rejects.toThrow(
    'webgpu: out of memory: there was no room for 1048576 elements of f32 (4.00 MB) beside 1 live arrays',
  );
  await faults.settle();
  pool.release(block);
  expect([pool.live, pool.freeBytes]).toEqual([0, 0]);
});
