// checkParity itself: what it finds, what it leaves alone, what it says.
import * as core from '@nn/core';
import { keras, Layer, Tensor as KerasTensor, type Shape, type Variable } from '@nn/keras';
import * as torch from '@nn/torch';
import { nn, type Tensor } from '@nn/torch';
import { beforeEach, describe, expect, it } from 'vitest';
import { definePort } from '../registry.js';
import { toKeras } from '../to-keras.js';
import { checkParity } from './check.js';

const { layers } = keras;
beforeEach(() => {
  keras.backend.clearSession();
  torch.manualSeed(3);
});
const state = (m: nn.Module): core.NestedArray[] => Object.values(m.stateDict()).map((t) => t.toArraySync());

describe('checkParity', () => {
  it('names, measures and lines up', async () => {
    const module = new nn.Linear(2, 1);
    const report = await checkParity(module, toKeras(module, { inputShape: [2] }), {
      inputs: [torch.ones([3, 2])],
      train: { steps: 1, optimizer: 'sgd' },
    });
    expect(report.rows.map((r) => [r.kind, r.torch, r.keras, r.torchShape, r.kerasShape])).toEqual([
      ['weight', 'weight', 'kernel', [1, 2], [2, 1]],
      ['weight', 'bias', 'bias', [1], [1]],
      ['output', 'output', 'output', [3, 1], [3, 1]],
      ['input gradient', 'input', 'input', [3, 2], [3, 2]],
      ['gradient', 'weight', 'kernel', [1, 2], [2, 1]],
      ['gradient', 'bias', 'bias', [1], [1]],
      ['trained weight', 'weight', 'kernel', [1, 2], [2, 1]],
      ['trained weight', 'bias', 'bias', [1], [1]],
    ]);
    const lines = String(report).split('\n');
    expect(lines[0]).toMatch(/^what +torch +keras +torch shape +keras shape +max abs +max rel +equal$/);
    expect(
      new Set(
        lines
          .slice(0, 10)
          .map((l) => l.indexOf('['))
          .slice(2),
      ).size,
    ).toBe(1);
    expect(lines.at(-1)).toBe('equal: all 8 tensors agree to 0.00001');
  });
  it('measures gradients of inputs that are not zero', async () => {
    const module = new nn.Conv2d(1, 2, 2);
    const layer = toKeras<Layer>(module, { inputShape: [1, 3, 4] });
    const { rows } = await checkParity(module, layer, { inputs: [torch.randn([2, 1, 3, 4])] });
    const other = toKeras<Layer>(new nn.Conv2d(1, 2, 2), { inputShape: [1, 3, 4] });
    const wrong = await checkParity(module, other, { inputs: [torch.randn([2, 1, 3, 4])] });
    expect(rows.find((r) => r.kind === 'input gradient')).toMatchObject({ equal: true });
    expect(wrong.rows.find((r) => r.kind === 'input gradient')!.maxAbs).toBeGreaterThan(1e-4);
    expect(wrong.equal).toBe(false);
    expect(String(wrong)).toContain('NOT equal: ');
  });
  it('finds a difference in one weight', async () => {
    const module = new nn.Linear(2, 2);
    const layer = toKeras<Layer>(module, { inputShape: [2] });
    core.noGrad(() => module.bias!.add_(1e-3));
    const report = await checkParity(module, layer, { inputs: [torch.ones([1, 2])] });
    expect(report.rows.filter((r) => !r.equal).map((r) => r.torch)).toContain('bias');
    expect(report.rows.find((r) => r.torch === 'bias')!.maxAbs).toBeCloseTo(1e-3, 6);
    expect((await checkParity(module, layer, { inputs: [torch.ones([1, 2])], tolerance: 0.1 })).equal).toBe(true);
    expect((await checkParity(module, layer, { inputs: [torch.ones([1, 2])], copyWeights: true })).equal).toBe(true);
    expect((await checkParity(layer, module, { inputs: [torch.ones([1, 2])] })).equal).toBe(true);
  });
  it('leaves both as they were', async () => {
    const net = new nn.Sequential(new nn.Linear(3, 4), new nn.BatchNorm1d(4), new nn.Dropout(0.5), new nn.Linear(4, 1));
    net.eval();
    const model = toKeras(net, { inputShape: [3] });
    const before = [state(net), model.getWeights().map((t) => t.toArraySync())];
    const x = torch.randn([5, 3]);
    const report = await checkParity(net, model, { inputs: [x], train: { steps: 3, optimizer: 'adamw' } });
    expect(report.equal, String(report)).toBe(true);
    expect([state(net), model.getWeights().map((t) => t.toArraySync())]).toEqual(before);
    expect([...net.modules()].map((m) => m.training)).toEqual([false, false, false, false, false]);
    expect([...net.parameters()].every((p) => p.grad === null)).toBe(true);
    expect(report.notes).toContain('dropout is left out on both sides: their random numbers never match');
  });
  it('keeps no memory', async () => {
    const net = new nn.Sequential(new nn.Linear(3, 4), new nn.Tanh());
    const model = toKeras(net, { inputShape: [3] });
    const x = torch.randn([5, 3]);
    const buffers: number[] = [];
    for (let i = 0; i < 4; i++) {
      const report = await checkParity(net, model, { inputs: [x], train: { steps: 2 } });
      expect(report.equal).toBe(true);
      buffers.push(core.memory().buffers);
    }
    expect(buffers.slice(1)).toEqual([buffers[0], buffers[0], buffers[0]]);
  });
  it('says which known differences do not count', async () => {
    const lstm = new nn.LSTM(2, 3, { batchFirst: true });
    const report = await checkParity(lstm, toKeras(lstm, { inputShape: [4, 2] }), {
      inputs: [torch.randn([2, 4, 2])],
      train: { steps: 3 },
    });
    expect(report.equal, String(report)).toBe(true);
    expect(report.rows.map((r) => r.torch)).toContain('bias_ih_l0 + bias_hh_l0');
    expect(report.notes[0]).toBe(
      'bias_hh_l0: Keras has one bias where torch has two, so only the first of them is trained here (trained both, their sum would move twice as far)',
    );
    const norm = new nn.BatchNorm1d(2);
    const { rows, notes } = await checkParity(norm, toKeras<Layer>(norm, { inputShape: [2] }), {
      inputs: [torch.randn([4, 2])],
      train: { steps: 2 },
    });
    expect(rows.find((r) => r.kind === 'trained weight' && r.torch === 'running_var')).toMatchObject({
      equal: false,
      note: 'torch moves running_var by the variance of the batch with n - 1, Keras by that with n',
    });
    expect(notes).toContain('num_batches_tracked is not ported: a counter that only momentum: null reads');
  });
  it('pairs a module and a model that were written apart', async () => {
    const module = new nn.Sequential(new nn.Conv2d(1, 3, 3), new nn.ReLU(), new nn.Flatten(), new nn.Linear(12, 2));
    const model = new keras.Sequential([
      keras.Input({ shape: [4, 4, 1] }),
      new layers.Conv2D(3, 3, { activation: 'relu' }),
      new layers.Flatten(),
      new layers.Dense(2),
    ]);
    const x = torch.randn([2, 1, 4, 4]);
    expect((await checkParity(module, model, { inputs: [x] })).equal).toBe(false);
    const report = await checkParity(module, model, { inputs: [x], copyWeights: true, train: { steps: 2 } });
    expect(report.equal, String(report)).toBe(true);
    // and in the other direction, with an input that lies as Keras has it
    const other = new nn.Sequential(new nn.Conv2d(1, 3, 3), new nn.ReLU(), new nn.Flatten(), new nn.Linear(12, 2));
    const back = await checkParity(model, other, {
      inputs: [new KerasTensor(core.permute(x.value, [0, 2, 3, 1]))],
      copyWeights: true,
    });
    expect(back.equal, String(back)).toBe(true);
  });
});

class Attend extends nn.Module {
  linear: nn.Linear;
  constructor(size: number) {
    super();
    this.linear = new nn.Linear(size, 1);
  }
  forward(x: Tensor): Tensor {
    return x.mul(torch.softmax(this.linear(x).squeeze(-1), 1).unsqueeze(-1)).sum(1);
  }
}
class AttendLayer extends Layer {
  W!: Variable;
  override build(shape: Shape): void {
    this.W = this.addWeight({ name: 'attention_weight', shape: [shape.at(-1)!, 1], initializer: 'random_normal' });
  }
  override call(inputs: KerasTensor): KerasTensor {
    return inputs.mul(keras.activations.softmax(inputs.matmul(this.W), { axis: 1 })).sum({ axis: 1 });
  }
}
describe('a pair of custom classes', () => {
  it('is declared once and ported both ways, alone and inside of models', async () => {
    definePort(Attend, AttendLayer, {
      toKeras: () => new AttendLayer(),
      toTorch: (_layer, { inputShape }) => new Attend(inputShape.at(-1)!),
      weights: {
        'linear.weight': { to: 'attention_weight', transpose: [1, 0] },
        'linear.bias': { drop: 'softmax is shift-invariant' },
      },
    });
    const layer = toKeras<Layer>(new Attend(10), { inputShape: [7, 10] });
    expect(layer).toBeInstanceOf(AttendLayer);
    const x = torch.randn([4, 7, 10]);
    const report = await checkParity(new Attend(10), layer, { copyWeights: true, inputs: [x], train: { steps: 3 } });
    expect(report.equal, String(report)).toBe(true);
    expect(report.notes).toContain('linear.bias is not ported: softmax is shift-invariant');
    const net = new nn.Sequential(new nn.Linear(10, 6), new Attend(6), new nn.Linear(6, 2));
    const model = toKeras(net, { inputShape: [7, 10] });
    expect(model.layers.map((l: Layer) => l.className)).toEqual(['Dense', 'AttendLayer', 'Dense']);
    expect((await checkParity(net, model, { inputs: [x], train: { steps: 2 } })).equal).toBe(true);
  });
});
