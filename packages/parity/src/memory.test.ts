// Programs that free nothing, and have no scope around them, hold flat memory: eager loops of many gigabytes, and 10,000 training steps.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import * as core from '@nn/core';
import * as torch from '@nn/torch';
import { beforeAll, describe, expect, it } from 'vitest';
import { availableDevices } from './devices.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
const megabyte = 2 ** 20;

/** What the process holds after a collection, in MB: JavaScript's heap, arrays outside of it, and WebAssembly memory. */
async function held(): Promise<number> {
  for (let k = 0; k < 3; k++) {
    collect();
    // Finalizers run between tasks.
    await new Promise((resolve) => void setTimeout(resolve, 5));
  }
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / megabyte;
}

/** A GPU's work waits to be read, and what it holds is counted where it is made. */
const synchronous = (await availableDevices()).filter((name) => name !== 'webgpu');
describe.each(synchronous)('memory on %s', (device) => {
  beforeAll(async () => void (await core.setDevice(device)));

  it('a synchronous loop makes gigabytes of temporary arrays', () => {
    const n = 512 * 512;
    const x = core.full([n], 2 ** -10);
    const before = process.memoryUsage().rss;
    let y = core.zeros([n]);
    let highest = 0;
    // 3 arrays of 1 MB each time: 3 GB, none of which is freed by the program
    for (let k = 0; k < 1000; k++) {
      y = core.add(y, core.mul(core.add(x, x), 0.5));
      if (k % 50 === 0) highest = Math.max(highest, process.memoryUsage().rss - before);
    }
    expect(new Set(core.dataSync(y))).toEqual(new Set([1000 * 2 ** -10]));
    expect(highest / megabyte).toBeLessThan(600);
    expect(core.memory().bytes / megabyte).toBeLessThan(device === 'cpu' ? Infinity : 200);
  });

  it('what is still in use comes back unharmed', () => {
    const n = 2 ** 18;
    // 150 MB that are in use, behind twice as much that is not
    const kept = Array.from({ length: 150 }, (_, k) => core.full([n], k));
    for (let k = 0; k < 300; k++) core.full([n], -1);
    for (let round = 0; round < 2; round++)
      for (const [k, t] of kept.entries())
        expect(core.itemSync(core.sum(core.slice(t, [n - 4], [n], [1])))).toBe(4 * k);
    for (const t of kept) t.dispose();
  });

  it.each(['eager', 'compiled'] as const)('10,000 training steps, %s', async (style) => {
    torch.manualSeed(0);
    const net = new torch.nn.Sequential(new torch.nn.Linear(10, 5), new torch.nn.ReLU(), new torch.nn.Linear(5, 2));
    const optimizer = new torch.optim.Adam(net.parameters(), { lr: 1e-3 });
    const [x, y] = [torch.randn([16, 10]), torch.randn([16, 2])];
    const train = (): torch.Tensor => {
      optimizer.zeroGrad();
      const loss = torch.mean(net(x).sub(y).pow(2));
      loss.backward();
      optimizer.step();
      return loss;
    };
    const step = style === 'compiled' ? torch.compile(train) : train;
    const sizes: number[] = [];
    const counts: number[] = [];
    let last = Infinity;
    for (let k = 1; k <= 10_000; k++) {
      const loss = step();
      if (k % 100 === 0) last = await loss.item();
      if (k % 2000 !== 0) continue;
      sizes.push(await held());
      counts.push(core.memory().buffers);
    }
    expect(last).toBeLessThan(1);
    // The first 2,000 steps fill what is kept for later; after them nothing grows.
    expect(Math.max(...sizes) - sizes[0]!).toBeLessThan(4);
    expect(Math.max(...counts) - counts[0]!).toBeLessThan(1000);
  });
});
