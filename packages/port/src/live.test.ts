// Live wrapping: one set of weights, seen from both sides.
import * as core from '@nn/core';
import { keras, Layer, Tensor as KerasTensor, tf, type Shape, type Variable } from '@nn/keras';
import * as torch from '@nn/torch';
import { nn, optim, type Tensor } from '@nn/torch';
import { beforeEach, describe, expect, it } from 'vitest';
import { asLayer } from './live/as-layer.js';
import { asModule } from './live/as-module.js';
import { checkParity } from './parity/check.js';
import { toTorch } from './to-torch.js';

const { layers } = keras;
beforeEach(() => keras.backend.clearSession());
const ones = (...shape: number[]): KerasTensor => new KerasTensor(core.ones(shape));

class Attend extends nn.Module {
  linear: nn.Linear;
  constructor(size: number) {
    super();
    this.linear = new nn.Linear(size, 1);
  }
  forward(x: Tensor): Tensor {
    return x.mul(torch.softmax(this.linear(x), 1)).sum(1);
  }
}
/** A model of a torch module and a Keras layer. */
function mixed() {
  const attend = new Attend(10);
  const inputs = keras.Input({ shape: [7, 10] });
  const model = new keras.Model({ inputs, outputs: new layers.Dense(2)(asLayer(attend)(inputs)) });
  return { attend, model };
}

describe('asLayer', () => {
  it('shares the parameters, and names them', () => {
    const { attend, model } = mixed();
    expect(model.countParams()).toBe(33);
    expect(model.weights.map((v) => v.path)).toEqual([
      'attend/linear.weight',
      'attend/linear.bias',
      'dense/kernel',
      'dense/bias',
    ]);
    const before = model.predictOnBatch(ones(1, 7, 10)).toArraySync();
    core.noGrad(() => attend.linear.weight.fill_(0));
    expect(model.weights[0]!.toArraySync()).toEqual([Array(10).fill(0)]);
    model.weights[0]!.assign(new KerasTensor(core.ones([1, 10])));
    expect(attend.linear.weight.toArraySync()).toEqual([Array(10).fill(1)]);
    expect(model.predictOnBatch(ones(1, 7, 10)).toArraySync()).toEqual(before); // all steps are the same
  });
  it('is trained by fit', async () => {
    const { attend, model } = mixed();
    const start = attend.linear.weight.toArraySync();
    model.compile({ optimizer: 'adam', loss: 'mse' });
    const x = new KerasTensor(core.normal([8, 7, 10], { generator: new core.Generator(1) }));
    const { history } = await model.fit(x, ones(8, 2), { epochs: 3, verbose: 0 });
    expect(history['loss']!.at(-1)!).toBeLessThan(history['loss']![0]!);
    expect(attend.linear.weight.toArraySync()).not.toEqual(start);
  });
  it('trains when the Keras call does, and updates buffers', () => {
    const norm = new nn.BatchNorm1d(3);
    const layer = asLayer(norm);
    expect(layer.weights.map((v) => [v.name, v.trainable])).toEqual([
      ['weight', true],
      ['bias', true],
      ['running_mean', false],
      ['running_var', false],
      ['num_batches_tracked', false],
    ]);
    layer(ones(4, 3));
    expect(norm.running_mean!.toArraySync()).toEqual([0, 0, 0]);
    layer(ones(4, 3), { training: true } as never);
    expect(norm.running_mean!.allclose(torch.full([3], 0.1))).toBe(true);
    expect(norm.training).toBe(true);
  });
  it('may be lazy, have several inputs and outputs, and a name', () => {
    class Two extends nn.Module {
      fc = new nn.LazyLinear(2);
      forward(a: Tensor, b: Tensor): [Tensor, Tensor] {
        return [this.fc(a).add(b), b.neg()];
      }
    }
    const layer = asLayer(new Two(), { name: 'two' });
    const [y, z] = (layer as unknown as (...x: unknown[]) => KerasTensor[])(ones(1, 3), ones(1, 2));
    expect(y!.shape).toEqual([1, 2]);
    expect(z!.toArraySync()).toEqual([[-1, -1]]);
    expect(layer.countParams()).toBe(8);
    expect(layer.name).toBe('two');
  });
});

class Scale extends Layer {
  w!: Variable;
  override build(shape: Shape): void {
    this.w = this.addWeight({ name: 'w', shape: [shape.at(-1)!], initializer: 'ones' });
  }
  override call(x: KerasTensor): KerasTensor {
    return x.mul(this.w);
  }
}
describe('asModule', () => {
  it('has the weights as parameters and buffers, under their paths', () => {
    const model = new keras.Sequential([
      keras.Input({ shape: [3] }),
      new layers.Dense(2, { name: 'fc' }),
      new layers.BatchNormalization(),
    ]);
    const module = asModule(model);
    expect([...module.namedParameters()].map(([n]) => n)).toEqual([
      'fc.kernel',
      'fc.bias',
      'batch_normalization.gamma',
      'batch_normalization.beta',
    ]);
    expect([...module.namedBuffers()].map(([n]) => n)).toEqual([
      'batch_normalization.moving_mean',
      'batch_normalization.moving_variance',
    ]);
    module(torch.ones([4, 3]));
    expect(Object.keys(module.stateDict())).toHaveLength(6);
  });
  it('is trained by a torch optimizer, the torch module inside of it too', () => {
    const { attend, model } = mixed();
    const module = asModule(model);
    expect([...module.namedParameters()].map(([n]) => n)).toEqual([
      'attend.linear.weight',
      'attend.linear.bias',
      'dense.kernel',
      'dense.bias',
    ]);
    expect([...module.parameters()][0]).toBe(attend.linear.weight);
    const optimizer = new optim.SGD(module.parameters(), { lr: 0.1 });
    const x = torch.randn([4, 7, 10]);
    const losses = [0, 1, 2].map(() => {
      optimizer.zeroGrad();
      const loss = (module(x) as Tensor).sub(1).pow(2).mean();
      loss.backward();
      optimizer.step();
      return loss.itemSync();
    });
    expect(attend.linear.weight.grad).not.toBeNull();
    expect(losses[2]!).toBeLessThan(losses[0]!);
    expect(model.getLayer('dense').weights[0]!.cell).toBe([...module.parameters()][2]!._cell);
  });
  it('is traced by torch.compile like any module', () => {
    const module = asModule(new Scale(), { inputShape: [2] });
    const optimizer = new optim.SGD(module.parameters(), { lr: 0.1 });
    const step = torch.compile((x: Tensor) => {
      optimizer.zeroGrad();
      const loss = (module(x) as Tensor).sum();
      loss.backward();
      optimizer.step();
      return loss;
    });
    const losses = [0, 1, 2].map(() => step(torch.ones([1, 2])).itemSync());
    expect(losses.map((l) => Number(l.toFixed(5)))).toEqual([2, 1.8, 1.6]);
    expect(step.traces).toBeLessThanOrEqual(2);
  });
  it('unwraps what was wrapped', () => {
    const fc = new nn.Linear(2, 2);
    const dense = new layers.Dense(2);
    expect(asModule(asLayer(fc))).toBe(fc);
    expect(asLayer(asModule(dense, { inputShape: [2] }))).toBe(dense);
  });
  it('agrees with itself', async () => {
    const { model } = mixed();
    const report = await checkParity(asModule(model), model, {
      inputs: [torch.randn([2, 7, 10])],
      train: { steps: 2 },
    });
    expect(report.equal, String(report)).toBe(true);
  });
  it('is copied by toTorch', async () => {
    const { attend, model } = mixed();
    const module = toTorch(model);
    expect(Object.keys(module.stateDict())).toEqual([
      'attend.linear.weight',
      'attend.linear.bias',
      'dense.weight',
      'dense.bias',
    ]);
    expect([...module.parameters()][0]).not.toBe(attend.linear.weight);
    const report = await checkParity(model, module, { inputs: [ones(2, 7, 10)], train: { steps: 2 } });
    expect(report.equal, String(report)).toBe(true);
  });
  it('moves a module into tf.function', () => {
    const layer = asLayer(new nn.Linear(2, 1));
    const f = tf.function((x: KerasTensor) => layer(x) as KerasTensor);
    expect(f(ones(3, 2)).toArraySync()).toEqual((layer(ones(3, 2)) as KerasTensor).toArraySync());
  });
});
