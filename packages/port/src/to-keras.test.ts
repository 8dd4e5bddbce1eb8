// toKeras on whole models: containers, traced forwards, layouts, names, and the way back.
import * as core from '@nn/core';
import { keras, type Layer, type Model } from '@nn/keras';
import * as torch from '@nn/torch';
import { nn, type Tensor } from '@nn/torch';
import { beforeEach, describe, expect, it } from 'vitest';
import { checkParity } from './parity/check.js';
import type { Module } from './rule.js';
import { toKeras, type ToKerasOptions } from './to-keras.js';
import { toTorch } from './to-torch.js';

beforeEach(() => {
  keras.backend.clearSession();
  torch.manualSeed(1);
});
const F = nn.functional;
const classes = (model: Model): string[] => model.layers.map((l: Layer) => l.className);
const names = (model: Model): string[] => model.layers.map((l: Layer) => l.name);
/** Ports there and back; everything has to agree. */
async function thereAndBack(module: Module, o: ToKerasOptions, inputs: readonly Tensor[]): Promise<[Model, Module]> {
  const model = toKeras(module, o);
  const back = toTorch(model);
  for (const m of [module, back]) {
    const report = await checkParity(m, model, { inputs, train: { steps: 2 } });
    expect(report.equal, String(report)).toBe(true);
  }
  return [model, back];
}
/** The same, and the state has the same names and values again. */
async function there(module: Module, o: ToKerasOptions, inputs: readonly Tensor[]): Promise<Model> {
  const [model, back] = await thereAndBack(module, o, inputs);
  const state = back.stateDict();
  expect(Object.keys(state).sort()).toEqual(Object.keys(module.stateDict()).sort());
  for (const [key, value] of Object.entries(module.stateDict()))
    expect(state[key]!.allclose(value, { atol: 1e-7 }), key).toBe(true);
  return model;
}

describe('Sequential', () => {
  it('becomes a Sequential with automatic names', async () => {
    const model = await there(
      new nn.Sequential(new nn.Linear(4, 8), new nn.ReLU(), new nn.Linear(8, 2)),
      { inputShape: [4] },
      [torch.randn([3, 4])],
    );
    expect(model).toBeInstanceOf(keras.Sequential);
    expect(names(model)).toEqual(['dense', 're_lu', 'dense_1']);
  });
  it('keeps the names that were chosen', async () => {
    const model = await there(
      new nn.Sequential({ first: new nn.Linear(4, 8), act: new nn.Tanh(), last: new nn.Linear(8, 2) }),
      { inputShape: [4] },
      [torch.randn([3, 4])],
    );
    expect(names(model)).toEqual(['first', 'act', 'last']);
  });
  it('keeps what is nested nested', async () => {
    const block = (a: number, b: number) => new nn.Sequential(new nn.Conv2d(a, b, 3, { padding: 1 }), new nn.ReLU());
    const net = new nn.Sequential(
      block(1, 4),
      new nn.MaxPool2d(2),
      block(4, 6),
      new nn.Flatten(),
      new nn.Linear(6 * 9, 3),
    );
    const model = await there(net, { inputShape: [1, 6, 6] }, [torch.randn([2, 1, 6, 6])]);
    expect(classes(model)).toEqual(['Sequential', 'MaxPooling2D', 'Sequential', 'Flatten', 'Dense']);
    expect(model.inputShape).toEqual([null, 6, 6, 1]);
  });
  it('mends everything after a Flatten: norms, PReLU, LayerNorm, Linear', async () => {
    const net = new nn.Sequential(
      new nn.Conv2d(2, 3, 3),
      new nn.Flatten(),
      new nn.BatchNorm1d(3 * 4 * 2),
      new nn.PReLU(24),
      new nn.LayerNorm(24),
      new nn.Dropout(0.5),
      new nn.Linear(24, 5),
    );
    core.noGrad(() => nn.init.uniform_((net.at(3) as nn.PReLU).weight));
    const model = await there(net, { inputShape: [2, 6, 4] }, [torch.randn([4, 2, 6, 4])]);
    expect(classes(model)).toEqual([
      'Conv2D',
      'Flatten',
      'BatchNormalization',
      'PReLU',
      'LayerNormalization',
      'Dropout',
      'Dense',
    ]);
  });
  it('normalizes over images', async () => {
    const net = new nn.Sequential(
      new nn.Conv2d(2, 3, 3, { padding: 1 }),
      new nn.LayerNorm([3, 4, 5]),
      new nn.GroupNorm(3, 3),
      new nn.Softmax(1),
    );
    core.noGrad(() => nn.init.uniform_((net.at(1) as nn.LayerNorm).weight!));
    await there(net, { inputShape: [2, 4, 5] }, [torch.randn([2, 2, 4, 5])]);
  });
  it('gives the order of torch back where a model ends flat', async () => {
    const [model] = await thereAndBack(
      new nn.Sequential(new nn.Conv2d(2, 3, 3), new nn.Flatten()),
      { inputShape: [2, 5, 4] },
      [torch.randn([2, 2, 5, 4])],
    );
    expect(classes(model)).toEqual(['Conv2D', 'Flatten', 'Reshape', 'Permute', 'Reshape']);
  });
  it('permutes between layers that see channels and layers that see features', async () => {
    const net = new nn.Sequential(new nn.Linear(5, 6), new nn.Conv1d(4, 3, 3), new nn.Linear(4, 2));
    const [model] = await thereAndBack(net, { inputShape: [4, 5] }, [torch.randn([2, 4, 5])]);
    expect(classes(model)).toEqual(['Dense', 'Permute', 'Conv1D', 'Permute', 'Dense']);
  });
  it('pads where the padding rules differ', async () => {
    const net = new nn.Sequential(
      new nn.Conv2d(1, 2, 3, { stride: 2, padding: 1 }),
      new nn.MaxPool2d(3, { stride: 2, padding: 1 }),
      new nn.AvgPool2d(2, { stride: 1, padding: 1 }),
    );
    const [model] = await thereAndBack(net, { inputShape: [1, 12, 12] }, [torch.randn([2, 1, 12, 12])]);
    expect(classes(model)).toEqual([
      'ZeroPadding2D',
      'Conv2D',
      'ConstantPadding',
      'MaxPooling2D',
      'ZeroPadding2D',
      'AveragePooling2D',
    ]);
  });
  it('reads tokens', async () => {
    const net = new nn.Sequential(new nn.Embedding(11, 4), new nn.Flatten(), new nn.Linear(20, 2));
    const model = await there(net, { inputShape: [5] }, [torch.randint(0, 11, [3, 5])]);
    expect(model.inputs[0]!.dtype).toBe('int32');
  });
});

class Residual extends nn.Module {
  conv1: nn.Conv2d;
  bn: nn.BatchNorm2d;
  conv2: nn.Conv2d;
  constructor(c: number) {
    super();
    this.conv1 = new nn.Conv2d(c, c, 3, { padding: 1, bias: false });
    this.bn = new nn.BatchNorm2d(c);
    this.conv2 = new nn.Conv2d(c, c, 3, { padding: 1 });
  }
  forward(x: Tensor): Tensor {
    return F.relu(this.conv2(F.relu(this.bn(this.conv1(x)))).add(x));
  }
}
class ResNet extends nn.Module {
  stem = new nn.Conv2d(1, 4, 3, { stride: 2 });
  blocks = new nn.ModuleList([new Residual(4), new Residual(4)]);
  head = new nn.Linear(4, 3);
  scale = new nn.Parameter(torch.ones([3]).mul(2));
  forward(x: Tensor): Tensor {
    let y: Tensor = this.stem(x);
    for (const block of this.blocks) y = block(y);
    return this.head(y.mean([2, 3])).mul(this.scale);
  }
}
class Views extends nn.Module {
  a = new nn.Conv2d(1, 2, 3);
  b = new nn.Linear(2 * 3 * 4, 4);
  forward(x: Tensor): Tensor {
    const y = F.maxPool2d(F.elu(this.a(x)), 2);
    const z: Tensor = this.b(y.view([x.shape[0]!, -1]));
    return torch.softmax(z, 1).sub(z.detach()).transpose(0, 1).transpose(0, 1);
  }
}
class Recurrent extends nn.Module {
  embed = new nn.Embedding(9, 3);
  lstm = new nn.LSTM(3, 4, { numLayers: 2, bidirectional: true, batchFirst: true });
  fc = new nn.Linear(8, 2);
  forward(x: Tensor): Tensor {
    const [, [h]] = this.lstm(this.embed(x));
    return this.fc(torch.cat([h.select(0, -2), h.select(0, -1)], -1));
  }
}
class TwoInputs extends nn.Module {
  shared = new nn.Linear(3, 4);
  gru = new nn.GRU(4, 4);
  forward(a: Tensor, b: Tensor): [Tensor, Tensor] {
    const [y, h] = this.gru(this.shared(a), this.shared(b).unsqueeze(0));
    return [y, h.squeeze(0).mul(0.5)];
  }
}

describe('modules with their own forward', () => {
  it('become functional models of their children and operations', async () => {
    const model = await there(new ResNet(), { inputShape: [1, 9, 9] }, [torch.randn([2, 1, 9, 9])]);
    expect(names(model)).toEqual(['input_layer', 'stem', 'blocks.0', 'blocks.1', 'permute', 'head', 'scale']);
    expect(model.inputShape).toEqual([null, 9, 9, 1]);
    expect(model.outputShape).toEqual([null, 3]);
    expect(names(model.getLayer('blocks.0') as Model)).toEqual(['input_layer_1', 'conv1', 'bn', 'conv2']);
  });
  it('may view, detach and transpose, for any batch size', async () => {
    const net = new Views();
    const model = await there(net, { inputShape: [1, 8, 10] }, [torch.randn([2, 1, 8, 10])]);
    const again = await checkParity(net, model, { inputs: [torch.randn([5, 1, 8, 10])] });
    expect(again.equal, String(again)).toBe(true);
  });
  it('may pick from the states of recurrent children', async () => {
    await thereAndBack(new Recurrent(), { inputShape: [6] }, [torch.randint(0, 9, [3, 6])]);
  });
  it('may have several inputs and outputs, shared children and the batch second', async () => {
    const net = new TwoInputs();
    const model = toKeras(net, { inputShape: [[5, null, 3], [3]] });
    expect(model.inputs.map((t) => t.shape)).toEqual([
      [null, 5, 3],
      [null, 3],
    ]);
    const report = await checkParity(net, model, {
      inputs: [torch.randn([5, 2, 3]), torch.randn([2, 3])],
      train: { steps: 3 },
    });
    expect(report.equal, String(report)).toBe(true);
    expect(Object.keys(toTorch(model).stateDict())).toEqual(Object.keys(net.stateDict()));
  });
  it('may give their children settings, and tensors in lists', async () => {
    class Mix extends nn.Module {
      fc = new nn.Linear(3, 3);
      forward(xs: readonly Tensor[], o: { scale: number }): { sum: Tensor } {
        return { sum: this.fc(xs[0]!).add(xs[1]!).mul(o.scale) };
      }
    }
    class Outer extends nn.Module {
      mix = new Mix();
      forward(x: Tensor): Tensor {
        return this.mix([x, x.exp()], { scale: 3 }).sum;
      }
    }
    await there(new Outer(), { inputShape: [3] }, [torch.randn([2, 3])]);
  });
  it('may be transformers of the library', async () => {
    const net = new nn.TransformerEncoder(
      new nn.TransformerEncoderLayer(8, 2, { dimFeedforward: 12, dropout: 0, batchFirst: true }),
      2,
    );
    await there(net, { inputShape: [5, 8] }, [torch.randn([2, 5, 8])]);
  });
});

describe('single modules', () => {
  it('become single layers', () => {
    const dense = toKeras<keras.layers.Dense>(new nn.Linear(3, 2), { inputShape: [3] });
    expect(dense).toBeInstanceOf(keras.layers.Dense);
    expect(dense.units).toBe(2);
  });
  it('may be lazy', async () => {
    const net = new nn.Sequential(new nn.LazyLinear(4), new nn.LazyBatchNorm1d());
    const report = await checkParity(net, toKeras(net, { inputShape: [3] }), { inputs: [torch.randn([4, 3])] });
    expect(report.equal, String(report)).toBe(true);
  });
  it('carries over what is frozen', () => {
    const fc = new nn.Linear(3, 2);
    fc.weight.requiresGrad = false;
    const dense = toKeras<keras.layers.Dense>(fc, { inputShape: [3] });
    expect(dense.trainableVariables.map((v) => v.name)).toEqual(['bias']);
    expect([...toTorch(dense).parameters()].map((p) => p.requiresGrad)).toEqual([false, true]);
  });
});
