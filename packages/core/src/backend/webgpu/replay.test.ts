// What a replayed step costs the host, and whether it grows: Dawn's null backend checks commands as for a GPU and computes nothing, so that only the
// host's time is measured, and 10,000 steps take seconds.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import * as nn from '../../index.js';
import { useBackend } from '../../graph/state.js';
import { createWebgpu, type Webgpu } from './webgpu.js';

interface Dawn {
  create(options: readonly string[]): GPU;
}
let device: Webgpu;
beforeAll(async () => {
  const dawn = (await import(pathToFileURL(createRequire(import.meta.url).resolve('webgpu')).href)) as Dawn;
  Object.defineProperty(globalThis.navigator, 'gpu', { value: dawn.create(['backend=null']) });
  device = await createWebgpu();
  useBackend(device);
});
afterAll(() => device.destroy());

/** A step of training: products, row kernels, gradients and updates in place. */
function trainer(layers: number): (x: nn.Tensor) => nn.Tensor {
  const made = Array.from({ length: layers }, () => nn.normal([32, 32], { std: 0.2 }));
  const weights = made.map((w) => new nn.Variable(w, { trainable: true }));
  return nn.compile((x: nn.Tensor) => {
    const ws = weights.map((w) => w.get());
    const loss = nn.mean(nn.square(ws.reduce((h, w) => nn.layerNorm(nn.tanh(nn.matmul(h, w)), [32]), x)));
    const slopes = nn.gradients([loss], { targets: ws });
    weights.forEach((w, k) => w.set(nn.sub(ws[k]!, nn.mul(slopes.get(ws[k]!)!, 0.01))));
    return loss;
  });
}

it('a compiled step is one submit, and microseconds a kernel', async () => {
  const step = trainer(12);
  const x = nn.ones([16, 32]);
  const times: number[] = [];
  let work = device.work();
  for (let k = 0; k < 120; k++) {
    work = device.work();
    const began = performance.now();
    const loss = step(x);
    times.push(performance.now() - began);
    expect(device.work().submits - work.submits).toBeLessThanOrEqual(k ? 1 : 2); // what was there before the first
    await nn.item(loss);
  }
  const kernels = device.work().dispatches - work.dispatches;
  // the last 100 calls: the first ones are compiled
  const median = times.slice(20).sort((a, b) => a - b)[50]!;
  const each = (1000 * median) / kernels;
  console.log(`${each.toFixed(1)} us of the host for each of ${kernels} replayed kernels`);
  expect(kernels).toBeGreaterThan(40);
  // 2 to 3 on a quiet machine; the tests run several at a time
  expect(each).toBeLessThan(30);
});

it('10,000 steps hold as many arrays, as many bytes', async () => {
  const step = trainer(3);
  const x = nn.ones([16, 32]);
  const live: number[] = [];
  const bytes: number[] = [];
  for (let k = 0; k < 10_000; k++) {
    const scope = nn.openScope();
    const loss = step(x);
    if (k % 100 === 99) {
      await nn.item(loss);
      const used = device.usage();
      live.push(used.arrays);
      bytes.push(used.bytes + used.waiting);
    }
    scope.close();
  }
  console.log(
    `after 100 and after 10,000 steps: ${live[0]} and ${live.at(-1)} arrays, ${bytes[0]} and ${bytes.at(-1)} bytes`,
  );
  // fewer where the collector frees what was made before
  expect([Math.max(...live), Math.max(...bytes)]).toEqual([live[0], bytes[0]]);
});
