// Tests of optimizers: variables, learning rates, what happens around an update, memory.
import * as core from '@nn/core';
import { beforeEach, describe, expect, it } from 'vitest';
import { tf, Variable, type Tensor } from '../index.js';
import type { Optimizer } from './optimizer.js';

const { optimizers } = tf.keras;
beforeEach(() => tf.keras.utils.clearSession());

const all: readonly (readonly [string, () => Optimizer])[] = [
  ['SGD', () => new optimizers.SGD({ learningRate: 0.1 })],
  ['SGD with momentum', () => new optimizers.SGD({ learningRate: 0.1, momentum: 0.9, nesterov: true })],
  ['RMSprop', () => new optimizers.RMSprop({ momentum: 0.5, centered: true })],
  ['Adagrad', () => new optimizers.Adagrad({ learningRate: 0.1 })],
  ['Adadelta', () => new optimizers.Adadelta({ learningRate: 1 })],
  ['Adam', () => new optimizers.Adam({ amsgrad: true, clipnorm: 0.1 })],
  ['AdamW', () => new optimizers.AdamW({ globalClipnorm: 0.1 })],
  ['Adamax', () => new optimizers.Adamax({ clipvalue: 0.01 })],
  ['Nadam', () => new optimizers.Nadam()],
  ['Lamb', () => new optimizers.Lamb()],
  ['Lion', () => new optimizers.Lion({ weightDecay: 0.1 })],
  ['Ftrl', () => new optimizers.Ftrl({ learningRate: 0.1 })],
  ['Adafactor', () => new optimizers.Adafactor()],
  ['Muon', () => new optimizers.Muon()],
  ['EMA', () => new optimizers.SGD({ learningRate: 0.1, useEma: true, emaMomentum: 0.5, emaOverwriteFrequency: 3 })],
  ['accumulation', () => new optimizers.Adam({ gradientAccumulationSteps: 3 })],
  ['a schedule', () => new optimizers.SGD({ learningRate: new optimizers.schedules.CosineDecay(0.1, 5) })],
  ['LossScaleOptimizer', () => new optimizers.LossScaleOptimizer(new optimizers.Adam(), { dynamicGrowthSteps: 2 })],
];

/** A small problem: `mean((tanh(x w + b) - y)^2)`. */
function problem(make: () => Optimizer): { weights: Variable[]; optimizer: Optimizer; step: () => Tensor } {
  const x = tf.constant([
    [0.5, -1, 2],
    [1, 0.25, -0.5],
    [-1.5, 1, 0.75],
    [0.1, 0.2, 0.3],
  ]);
  const y = tf.constant([
    [0.5, -0.5],
    [0.25, 0.75],
    [-0.5, 0.1],
    [0.3, -0.2],
  ]);
  const w = new Variable(
    [
      [0.3, -0.2],
      [0.1, 0.4],
      [-0.5, 0.2],
    ],
    { name: 'w' },
  );
  const b = new Variable([0.1, -0.1], { name: 'b' });
  const optimizer = make();
  const step = (): Tensor => {
    const tape = new tf.GradientTape();
    const loss = tf.reduceMean(tf.square(tf.tanh(x.matmul(w).add(b)).sub(y)));
    const grads = tape.gradient(optimizer.scaleLoss(loss), [w, b]);
    optimizer.applyGradients([
      [grads[0]!, w],
      [grads[1]!, b],
    ]);
    return loss;
  };
  return { weights: [w, b], optimizer, step };
}
const values = (vs: readonly Variable[]): number[] => vs.flatMap((v) => [...v.dataSync()]);
const run = (step: () => unknown, n: number): void =>
  core.scope(() => {
    for (let i = 0; i < n; i++) step();
  });
const expectClose = (a: readonly number[], b: readonly number[]): void => {
  expect(a).toHaveLength(b.length);
  a.forEach((v, i) => expect(Math.abs(v - b[i]!)).toBeLessThan(1e-5));
};

describe.each(all)('%s', (_, make) => {
  it('moves weights and state the same eager and compiled', () => {
    const [eager, compiled] = [problem(make), problem(make)];
    const before = values(eager.weights);
    run(eager.step, 7);
    run(tf.function(compiled.step), 7);
    expect(values(eager.weights)).not.toEqual(before);
    expectClose(values(compiled.weights), values(eager.weights));
    expectClose(values(compiled.optimizer.variables), values(eager.optimizer.variables));
  });
  it('keeps the number of live buffers flat', () => {
    for (const compiled of [false, true]) {
      const { step } = problem(make);
      const f = compiled ? tf.function(step) : step;
      run(f, 6);
      const before = core.memory().buffers;
      for (let i = 0; i < 12; i++) run(f, 1);
      expect(core.memory().buffers).toBeLessThanOrEqual(before);
    }
  });
  it('comes back from its config', () => {
    const { optimizer } = problem(make);
    expect(optimizers.get(optimizer.serialize()).serialize()).toEqual(optimizer.serialize());
  });
});

describe('variables', () => {
  it("stand in Keras's order and under its names", () => {
    const { optimizer, weights } = problem(() => new optimizers.Adam({ amsgrad: true }));
    optimizer.build(weights);
    expect(optimizer.variables.map((v) => v.path)).toEqual(
      [
        'iteration',
        'learning_rate',
        'w_momentum',
        'w_velocity',
        'b_momentum',
        'b_velocity',
        'w_velocity_hat',
        'b_velocity_hat',
      ].map((name) => `adam/${name}`),
    );
  });
  it('have no learning rate with a schedule', () => {
    const { optimizer, step } = problem(
      () => new optimizers.SGD({ learningRate: new optimizers.schedules.ExponentialDecay(1, 1, 0.5) }),
    );
    expect(optimizer.variables.map((v) => v.name)).toEqual(['iteration']);
    run(step, 2);
    expect(optimizer.learningRate.itemSync()).toBe(0.25);
    expect(() => (optimizer.learningRate = 0.1)).toThrow('hence its learning rate is not settable');
  });
});

describe('the learning rate', () => {
  const grad = (): Tensor => tf.constant([1]);
  it('is data: a compiled step follows it without a new trace', () => {
    const w = new Variable([1]);
    const sgd = new optimizers.SGD({ learningRate: 1 });
    sgd.build([w]);
    const step = tf.function((g: Tensor) => sgd.applyGradients([[g, w]]));
    const seen = [0.5, 0.25, 0.125].map((rate) => {
      sgd.learningRate = rate;
      step(grad());
      return w.dataSync()[0];
    });
    expect(seen).toEqual([0.5, 0.25, 0.125]);
    expect(step.traces).toBe(1);
  });
  it('may be a variable that somebody else writes, or become a schedule', () => {
    const rate = new Variable(0.5, { name: 'rate', trainable: false });
    const w = new Variable([1]);
    const sgd = new optimizers.SGD({ learningRate: rate });
    rate.assign(0.25);
    sgd.apply([grad()], [w]);
    expect(values([w])).toEqual([0.75]);
    sgd.learningRate = new optimizers.schedules.PiecewiseConstantDecay([0], [1, 0.5]);
    sgd.apply([grad()]);
    expect(values([w])).toEqual([0.25]);
    expect(sgd.variables.map((v) => v.name)).toEqual(['iteration']);
  });
});

describe('around an update', () => {
  it('clips, decays, and constrains in this order', () => {
    const w = new Variable([2, -2], { constraint: (v) => tf.maximum(v, 0) });
    new optimizers.SGD({ learningRate: 0.5, clipnorm: 5, weightDecay: 0.5 }).applyGradients([[tf.constant([6, 8]), w]]);
    // 2 - 2 * 0.25 - 0.5 * 3; the second would be -3.5.
    expect(values([w])).toEqual([0, 0]);
    const v = new Variable([2, 2]);
    new optimizers.SGD({ learningRate: 0.5, globalClipnorm: 5, weightDecay: 0.5 }).applyGradients([
      [tf.constant([1, 0]), v],
    ]);
    expect(values([v])).toEqual([1, 1.5]);
  });
  it('leaves out of decay what it is told to', () => {
    const [kernel, bias, gamma] = ['kernel', 'bias', 'gamma'].map((name) => new Variable([1], { name })) as [
      Variable,
      Variable,
      Variable,
    ];
    const sgd = new optimizers.SGD({ learningRate: 1, weightDecay: 0.5 });
    sgd.excludeFromWeightDecay({ varList: [gamma], varNames: ['bias'] });
    sgd.apply([tf.constant([0]), tf.constant([0]), tf.constant([0])], [kernel, bias, gamma]);
    expect(values([kernel, bias, gamma])).toEqual([0.5, 1, 1]);
  });
  it('averages accumulated gradients, and counts every call', () => {
    const w = new Variable([0]);
    const sgd = new optimizers.SGD({ learningRate: 1, gradientAccumulationSteps: 2 });
    const seen = [1, 3, 10].map((g) => {
      sgd.apply([tf.constant([g])], [w]);
      return [w.dataSync()[0], sgd.iterations.itemSync(), sgd.variables[0]!.itemSync()];
    });
    expect(seen).toEqual([
      [0, 0, 1],
      [-2, 1, 2],
      [-2, 1, 3],
    ]);
  });
  it('keeps averages of the weights for the end of training', () => {
    const w = new Variable([0]);
    const sgd = new optimizers.SGD({ learningRate: 1, useEma: true, emaMomentum: 0.5 });
    for (const g of [-1, -1]) sgd.apply([tf.constant([g])], [w]);
    expect(values([w])).toEqual([2]);
    sgd.finalizeVariableValues([w]);
    expect(values([w])).toEqual([1.5]);
  });
  it('undoes the scale of a loss', () => {
    const w = new Variable([1]);
    const sgd = new optimizers.SGD({ learningRate: 1, lossScaleFactor: 4 });
    expect(sgd.scaleLoss(tf.constant(2)).itemSync()).toBe(8);
    sgd.apply([tf.constant([2])], [w]);
    expect(values([w])).toEqual([0.5]);
  });
  it('finds a scale by itself, and skips steps that are not finite', () => {
    const w = new Variable([1]);
    const scaled = new optimizers.LossScaleOptimizer(new optimizers.SGD({ learningRate: 1 }), {
      initialScale: 4,
      dynamicGrowthSteps: 2,
    });
    const scale = (): number => scaled.scaleLoss(tf.constant(1)).itemSync();
    const seen = [2, Infinity, 1, 1].map((g) => {
      scaled.apply([tf.constant([g])], [w]);
      return [w.dataSync()[0], scale(), scaled.iterations.itemSync()];
    });
    expect(seen).toEqual([
      [0.5, 4, 1],
      [0.5, 2, 1],
      [0, 2, 2],
      [-0.5, 4, 3],
    ]);
    expect(scaled.variables.map((v) => v.name)).toEqual([
      'iteration',
      'learning_rate',
      'step_counter',
      'dynamic_scale',
      'iteration',
      'learning_rate',
    ]);
    scaled.learningRate = 0.5;
    expect(scaled.innerOptimizer.learningRate.itemSync()).toBe(0.5);
  });
});
