// toTorch on whole models: Sequential, functional and subclassed models, layouts, names.
import * as core from '@nn/core';
import { keras, Layer, Model, Tensor, tf, type Shape, type Variable } from '@nn/keras';
import * as torch from '@nn/torch';
import { nn } from '@nn/torch';
import { beforeEach, describe, expect, it } from 'vitest';
import { checkParity } from './parity/check.js';
import type { Module } from './rule.js';
import { toKeras } from './to-keras.js';
import { toTorch, type ToTorchOptions } from './to-torch.js';

const { layers } = keras;
beforeEach(() => keras.backend.clearSession());
const normal = (shape: number[], seed = 7): Tensor =>
  new Tensor(core.normal(shape, { generator: new core.Generator(seed) }));

/** Ports a model with random weights and compares everything. */
async function ported(model: Layer, inputs: readonly Tensor[], o: ToTorchOptions = {}): Promise<Module> {
  const module = toTorch(model, o);
  model.weights.forEach((v, i) =>
    v.assign(new Tensor(core.uniform(v.shape, { low: 0.2, high: 0.8, generator: new core.Generator(i) }))),
  );
  const report = await checkParity(model, module, { inputs, copyWeights: true, train: { steps: 2 } });
  expect(report.equal, String(report)).toBe(true);
  return module;
}
const keys = (m: Module): string[] => Object.keys(m.stateDict());

describe('Sequential', () => {
  const cnn = (): Model =>
    new keras.Sequential([
      keras.Input({ shape: [8, 9, 2] }),
      new layers.Conv2D(3, 3, { padding: 'same', strides: 2, activation: 'relu' }),
      new layers.BatchNormalization(),
      new layers.MaxPooling2D({ padding: 'same' }),
      new layers.Flatten(),
      new layers.Dense(4, { activation: 'softmax' }),
    ]);
  it('becomes nn.Sequential, with activations and padding of their own', async () => {
    const module = await ported(cnn(), [normal([2, 8, 9, 2])]);
    expect(module).toBeInstanceOf(nn.Sequential);
    expect([...(module as nn.Sequential)].map((m) => m.getName())).toEqual([
      'ZeroPad2d',
      'Conv2d',
      'ReLU',
      'BatchNorm2d',
      'ConstantPad2d',
      'MaxPool2d',
      'Flatten',
      'Linear',
      'Softmax',
    ]);
    expect(keys(module)).toContain('7.weight');
  });
  it('is channels first in torch', () => {
    expect((toTorch(cnn()) as nn.Sequential)(torch.zeros([1, 2, 8, 9])).shape).toEqual([1, 4]);
  });
  it('keeps names that were chosen', () => {
    const model = new keras.Sequential([
      keras.Input({ shape: [3] }),
      new layers.Dense(4, { name: 'hidden', activation: 'tanh' }),
      new layers.Dense(2, { name: 'out' }),
    ]);
    expect(keys(toTorch(model))).toEqual(['hidden.weight', 'hidden.bias', 'out.weight', 'out.bias']);
  });
  it('runs recurrent layers by their last output', async () => {
    const model = new keras.Sequential([
      keras.Input({ shape: [5, 3] }),
      new layers.Bidirectional(new layers.GRU(4, { returnSequences: true })),
      new layers.LSTM(3),
      new layers.Dense(2),
    ]);
    const module = await ported(model, [normal([2, 5, 3])]);
    expect(keys(module)).toContain('bidirectional.weight_hh_l0_reverse');
  });
  it('works on the last axis of images', async () => {
    await ported(
      new keras.Sequential([
        keras.Input({ shape: [4, 5, 2] }),
        new layers.Conv2D(3, 3),
        new layers.Dense(4),
        new layers.LayerNormalization(),
        new layers.Conv2D(2, 1),
        new layers.GlobalAveragePooling2D(),
      ]),
      [normal([2, 4, 5, 2])],
    );
  });
  it('may have channels first', async () => {
    const data = { dataFormat: 'channels_first' };
    await ported(
      new keras.Sequential([
        keras.Input({ shape: [2, 6, 5] }),
        new layers.Conv2D(4, 3, data),
        new layers.BatchNormalization({ axis: 1 }),
        new layers.AveragePooling2D(data),
        new layers.Flatten(data),
        new layers.Dense(3),
      ]),
      [normal([2, 2, 6, 5])],
    );
  });
  it('nests', async () => {
    const inner = new keras.Sequential([new layers.Conv1D(3, 2, { activation: 'relu' }), new layers.MaxPooling1D()], {
      name: 'features',
    });
    const module = await ported(
      new keras.Sequential([keras.Input({ shape: [7, 2] }), inner, new layers.Flatten(), new layers.Dense(2)]),
      [normal([2, 7, 2])],
    );
    expect([...(module as nn.Sequential)].map((m) => m.getName())).toEqual(['Sequential', 'Flatten', 'Linear']);
  });
});

function residual(): Model {
  const inputs = keras.Input({ shape: [6, 6, 3] });
  // A norm takes the bias away again: its gradient would be rounding alone.
  let x = new layers.Conv2D(4, 3, { padding: 'same', useBias: false, name: 'conv_a' })(inputs);
  const skip = new layers.Conv2D(4, 1, { name: 'skip' })(inputs);
  x = new layers.BatchNormalization({ name: 'norm' })(x);
  x = new layers.Add()([keras.activations.relu(x), skip]) as Tensor;
  const both = new layers.Concatenate()([x, skip]) as Tensor;
  const pooled = tf.reduceMean(both.mul(2).add(1), { axis: [1, 2] });
  const dense = new layers.Dense(3, { name: 'shared' });
  return new Model({ inputs, outputs: [dense(pooled).add(dense(pooled.square())), pooled] });
}
class MyDense extends Layer {
  w!: Variable;
  b!: Variable;
  constructor(readonly units: number) {
    super();
  }
  override build(shape: Shape): void {
    this.w = this.addWeight({ shape: [shape.at(-1)!, this.units], initializer: 'random_normal' });
    this.b = this.addWeight({ shape: [this.units], initializer: 'zeros' });
  }
  override call(inputs: Tensor): Tensor {
    return keras.activations.tanh(tf.matmul(inputs, this.w).add(this.b));
  }
}
class MyModel extends Model {
  first = new MyDense(5);
  norm = new layers.LayerNormalization();
  second = new layers.Dense(2);
  override call(inputs: Tensor): Tensor {
    const x = this.norm(this.first(inputs));
    return this.second(x.add(x.square().mean({ axis: 1, keepdims: true })));
  }
}

describe('other models', () => {
  it('become a module that walks the graph, with shared layers, several outputs and operations', async () => {
    const model = residual();
    const module = await ported(model, [normal([2, 6, 6, 3])]);
    expect(keys(module)).toEqual([
      'conv_a.weight',
      'norm.weight',
      'norm.bias',
      'norm.running_mean',
      'norm.running_var',
      'norm.num_batches_tracked',
      'skip.weight',
      'skip.bias',
      'shared.weight',
      'shared.bias',
    ]);
  });
  it('may be subclassed, of custom layers, whose calls are read', async () => {
    const module = await ported(new MyModel(), [normal([3, 4])], { inputShape: [4] });
    expect(keys(module)).toEqual([
      'my_dense.w',
      'my_dense.b',
      'layer_normalization.weight',
      'layer_normalization.bias',
      'dense.weight',
      'dense.bias',
    ]);
  });
  it('may have several inputs', async () => {
    const a = keras.Input({ shape: [4] });
    const b = keras.Input({ shape: [4] });
    const model = new Model({ inputs: [a, b], outputs: new layers.Dense(2)(new layers.Multiply()([a, b]) as Tensor) });
    await ported(model, [normal([3, 4]), normal([3, 4], 8)]);
  });
  it('may attend', async () => {
    const x = keras.Input({ shape: [5, 8] });
    const y = new layers.MultiHeadAttention(2, 4)(x, x, { useCausalMask: true }) as Tensor;
    await ported(new Model({ inputs: x, outputs: new layers.LayerNormalization()(y.add(x)) }), [normal([2, 5, 8])]);
  });
  it('may have custom layers with several inputs and options', async () => {
    class Gate extends Layer {
      fc = new layers.Dense(4, { activation: 'sigmoid' });
      override call([a, b]: readonly [Tensor, Tensor], o: { power: number }): Tensor {
        return this.fc(a).mul(b.pow(o.power));
      }
    }
    const [a, b] = [keras.Input({ shape: [3] }), keras.Input({ shape: [4] })];
    const gate = new Gate();
    const y = gate([a, b] as never, { power: 2 } as never) as Tensor;
    const module = await ported(new Model({ inputs: [a, b], outputs: y }), [normal([2, 3]), normal([2, 4])]);
    expect(keys(module)).toEqual(['gate.dense.weight', 'gate.dense.bias']);
  });
  it('may take states', async () => {
    const x = keras.Input({ shape: [5, 3] });
    const [h, c] = [keras.Input({ shape: [4] }), keras.Input({ shape: [4] })];
    const [y, hn] = new layers.LSTM(4, { returnState: true })(x, { initialState: [h, c] }) as Tensor[];
    await ported(new Model({ inputs: [x, h, c], outputs: [y!, hn!] }), [
      normal([2, 5, 3]),
      normal([2, 4]),
      normal([2, 4], 9),
    ]);
  });
  it('go back to Keras under the same names', () => {
    const model = residual();
    const again = toKeras(toTorch(model), { inputShape: [3, 6, 6] });
    expect(again.countParams()).toBe(model.countParams());
    expect(again.layers.map((l: Layer) => l.name)).toEqual(
      expect.arrayContaining(['conv_a', 'norm', 'skip', 'shared']),
    );
  });
});
