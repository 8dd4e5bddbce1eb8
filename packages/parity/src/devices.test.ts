// Two devices side by side: what is made, moved and mixed, in core and in both faces. The device in use is one, the tensors are on the other.
import * as core from '@nn/core';
import { tf } from '@nn/keras';
import * as torch from '@nn/torch';
import { nn, optim } from '@nn/torch';
import { afterEach, describe, expect, it } from 'vitest';
import { availableDevices } from './devices.js';

const { layers } = tf.keras;
/** The device in use, and the one that a program's tensors are on. */
const pairs = [
  ['wasm', 'wasm'],
  ['wasm', 'cpu'],
  ['cpu', 'wasm'],
  ['cpu', 'cpu'],
] as const satisfies readonly (readonly [core.DeviceName, core.DeviceName])[];
afterEach(async () => void (await core.setDevice('wasm')));

/** The results of a program on each device while the other one is in use, and while it is in use itself. */
async function everywhere<R>(run: (name: core.DeviceName) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const [current, name] of pairs) {
    await core.setDevice(current);
    torch.manualSeed(3);
    tf.keras.utils.setRandomSeed(3);
    results.push(await run(name));
  }
  return results;
}
const near = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((v, k) => Math.abs(v - b[k]!) < 1e-4 * (1 + Math.abs(v)));
const agree = (results: readonly (readonly number[])[]): boolean => results.every((r) => near(results[0]!, r));

describe('mixing is an error that names both', () => {
  it('in core, eager and compiled', async () => {
    const [here, there] = [core.ones([2]), await core.to(core.ones([2]), 'cpu')];
    expect(() => core.add(here, there)).toThrow(
      "add: inputs are on two devices, wasm and cpu: f32[2] on wasm, f32[2] on cpu. Move one with to('wasm')",
    );
    expect(() => core.compile((a: core.Tensor, b: core.Tensor) => core.add(a, b))(here, there)).toThrow(
      'inputs and Variables are on two devices, wasm and cpu',
    );
  });
  it('in both faces', async () => {
    const net = new nn.Linear(3, 2);
    const x = await torch.ones([1, 3]).to('cpu');
    expect(() => net(x)).toThrow(/dot: inputs are on two devices, cpu and wasm: f32\[1,3\] on cpu, f32\[2,3\] on wasm/);
    const dense = new layers.Dense(2);
    dense(tf.ones([1, 3]));
    const y = await tf.ones([1, 3]).to('cpu');
    expect(() => dense(y)).toThrow(/dot: inputs are on two devices, cpu and wasm/);
    expect(() => tf.add(y, tf.ones([3]))).toThrow("Move one with to('cpu')");
  });
});

describe('moving', () => {
  it('keeps values and dtypes, and gives itself where it is there already', async () => {
    for (const dtype of ['float32', 'float64', 'int32', 'uint8', 'bool'] as const) {
      const x = torch.tensor([1, 0, 3], { dtype });
      const moved = await x.to('cpu');
      expect([moved.device.name, moved.dtype, await moved.toArray()]).toEqual(['cpu', dtype, await x.toArray()]);
      expect(await moved.to('cpu')).toBe(moved);
      expect((await moved.to('wasm')).device.name).toBe('wasm');
    }
    const t = tf.constant([1, 2]);
    expect(await t.to('wasm')).toBe(t);
    expect((await t.to('cpu')).device.name).toBe('cpu');
    const v = new tf.Variable([1, 2]);
    expect(await v.to('cpu')).toBe(v);
    expect([v.device.name, v.add(1).device.name]).toEqual(['cpu', 'cpu']);
  });
  it('takes a module or a layer along, with its parameters as they are', async () => {
    const net = new nn.Sequential(new nn.Linear(3, 4), new nn.BatchNorm1d(4));
    const parameters = [...net.parameters()];
    await net.to('cpu');
    expect([...net.parameters()]).toEqual(parameters);
    expect(new Set([...net.parameters(), ...net.buffers()].map((p) => p.device.name))).toEqual(new Set(['cpu']));
    const model = new tf.keras.Sequential([new layers.Dense(2)]);
    model(tf.ones([1, 3]));
    await model.to('cpu');
    expect(new Set(model.weights.map((w) => w.device.name))).toEqual(new Set(['cpu']));
  });
});

describe.each(await availableDevices())('on %s, which may have to be waited for', (name) => {
  it.each(['eager', 'compiled'])('a learning rate may be a tensor, %s', async (mode) => {
    await core.setDevice(name);
    const lr = torch.tensor(1);
    const w = torch.tensor([8], { requiresGrad: true });
    const sgd = new optim.SGD([w], { lr });
    const train = (): void => {
      sgd.zeroGrad();
      w.sum().backward();
      sgd.step();
    };
    const step = mode === 'compiled' ? torch.compile(train) : train;
    step();
    lr.mul_(0.5);
    step();
    sgd.paramGroups[0]!.lr = 0.25;
    step();
    expect(await w.toArray()).toEqual([6.25]);
  });
  it('weights are made on the host and models moved after compiled draws', async () => {
    await core.setDevice(name);
    const net = new nn.Sequential(new nn.Dropout(0.5), new nn.Linear(4, 4));
    const step = torch.compile((x: torch.Tensor) => net(x));
    step(torch.ones([2, 4]));
    const w = nn.init.orthogonal_(torch.empty([4, 4]));
    const product = (await w.matmul(w.t()).toArray()) as number[][];
    product.forEach((row, i) => row.forEach((v, j) => expect(v).toBeCloseTo(+(i === j), 5)));
    await core.setDevice('cpu');
    await net.to('cpu');
    expect(net(torch.ones([2, 4])).device.name).toBe('cpu');
  });
});

describe('a program on one device while another is in use', () => {
  it('trains a torch network as where the device is in use', async () => {
    const results = await everywhere(async (name) => {
      const net = await new nn.Sequential(
        new nn.Conv2d(1, 3, 3, { padding: 1 }),
        new nn.BatchNorm2d(3),
        new nn.ReLU(),
        new nn.MaxPool2d(2),
        new nn.Flatten(),
        new nn.Dropout(0.2),
        new nn.Linear(12, 4),
      ).to(name);
      const optimizer = new optim.Adam(net.parameters(), { lr: 1e-2 });
      const x = await torch.randn([5, 1, 4, 4]).to(name);
      const y = await torch.tensor([0, 1, 2, 3, 0], { dtype: 'int32' }).to(name);
      const losses: number[] = [];
      const step = (): torch.Tensor => {
        optimizer.zeroGrad();
        const loss = nn.functional.crossEntropy(net(x), y, { labelSmoothing: 0.1 });
        loss.backward();
        optimizer.step();
        return loss;
      };
      for (let k = 0; k < 3; k++) losses.push(await step().item());
      const compiled = torch.compile(step);
      for (let k = 0; k < 3; k++) losses.push(await compiled().item());
      expect(new Set([...net.parameters()].flatMap((p) => [p.device.name, p.grad!.device.name]))).toEqual(
        new Set([name]),
      );
      return losses;
    });
    expect(agree(results)).toBe(true);
  });
  it('runs recurrent and attending modules, embeddings and losses', async () => {
    const results = await everywhere(async (name) => {
      const lstm = await new nn.LSTM(3, 4, { batchFirst: true, bidirectional: true }).to(name);
      const attention = await new nn.MultiheadAttention(8, 2, { batchFirst: true, addZeroAttn: true }).to(name);
      const embedding = await new nn.Embedding(6, 3, { paddingIdx: 0 }).to(name);
      const words = await torch
        .tensor(
          [
            [1, 2, 0],
            [5, 4, 3],
          ],
          { dtype: 'int32' },
        )
        .to(name);
      const [h] = lstm(embedding(words));
      const [out] = attention(h, h, h);
      const loss = nn.functional.tripletMarginLoss(
        torch.select(out, 1, 0),
        torch.select(out, 1, 1),
        torch.select(out, 1, 2),
      );
      loss.backward();
      expect(embedding.weight.grad!.device.name).toBe(name);
      return [await loss.item(), ...(await embedding.weight.grad!.data())];
    });
    expect(agree(results)).toBe(true);
  });
  it('computes functions that need constants beside their inputs', async () => {
    const results = await everywhere(async (name) => {
      const x = await torch
        .tensor(
          [
            [1, 4, 2],
            [3, 0, 5],
            [2, 2, 1],
          ],
          { dtype: 'float32' },
        )
        .to(name);
      const places = await torch.tensor([2, 0, 1], { dtype: 'int32' }).to(name);
      const F = nn.functional;
      const all = [
        torch.tril(x),
        torch.argmax(x, 1),
        torch.cumprod(x.clone().requiresGrad_(), 1),
        F.oneHot(places, 4),
        F.pad(x.unsqueeze(0), [1, 1], { mode: 'reflect' }),
        F.interpolate(x.unsqueeze(0).unsqueeze(0), { size: [5, 5], mode: 'bilinear' }),
        F.adaptiveAvgPool2d(x.unsqueeze(0), [2, 2]),
        F.multiMarginLoss(x, places),
        F.unfold(x.unsqueeze(0).unsqueeze(0), 2),
        torch.logcumsumexp(x, 1),
        torch.zerosLike(x),
        torch.quantile(x, 0.3),
        x.newOnes([2]),
        torch.maskedSelect(x, x.gt(1)),
        torch.indexSelect(x, 0, places),
        torch.repeatInterleave(x, places),
      ];
      expect(new Set(all.map((t) => t.device.name))).toEqual(new Set([name]));
      return (await Promise.all(all.map((t) => t.data()))).flatMap((d) => [...d]);
    });
    expect(agree(results)).toBe(true);
  });
  it('runs and differentiates keras layers', async () => {
    const results = await everywhere(async (name) => {
      const x = await tf.random.normal([2, 4, 3]).to(name);
      const model = [
        new layers.GRU(4, { returnSequences: true }),
        new layers.Dropout(0.3),
        new layers.Dense(2),
      ] as const;
      const tape = new tf.GradientTape();
      const y = model.reduce<typeof x>((h, layer) => layer(h, { training: true }), x);
      const labels = tf.argmax(y, { axis: 2 });
      const loss = tf.reduceMean(tf.keras.losses.sparseCategoricalCrossentropy(labels, y, { fromLogits: true }));
      const weights = model.flatMap((layer) => layer.trainableWeights);
      const gradients = tape.gradient(loss, weights);
      new tf.keras.optimizers.Adam().applyGradients(gradients.map((g, k) => [g!, weights[k]!] as const) as never);
      expect(new Set(weights.map((w) => w.device.name))).toEqual(new Set([name]));
      return [await loss.item(), ...(await weights[0]!.data())];
    });
    expect(agree(results)).toBe(true);
  });
});
