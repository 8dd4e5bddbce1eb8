// compile, fit, evaluate, predict: what a training run does and leaves behind.
import * as core from '@nn/core';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { tf, type Tensor } from '../index.js';

const { layers, optimizers, callbacks } = tf.keras;
beforeEach(() => {
  tf.keras.backend.clearSession();
  tf.keras.utils.setRandomSeed(0);
});
const quiet = { verbose: 0 };
const line = (): { x: Tensor; y: Tensor } => {
  const x = tf.random.normal([64, 3]);
  return { x, y: tf.matmul(x, [[1], [2], [3]]).add(0.5) };
};
const regression = (o: object = {}) => {
  const model = new tf.keras.Sequential([tf.keras.Input({ shape: [3] }), new layers.Dense(1)]);
  model.compile({ optimizer: new optimizers.SGD({ learningRate: 0.1 }), loss: 'mse', metrics: ['mae'], ...o });
  return model;
};
const classes = (): { x: Tensor; y: Tensor } => {
  const x = tf.random.normal([96, 4]);
  return { x, y: tf.cast(tf.reduceSum(x, { axis: 1 }).gt(0), 'int32') };
};
const classifier = (o: object = {}) => {
  const model = new tf.keras.Sequential([
    tf.keras.Input({ shape: [4] }),
    new layers.Dense(8, { activation: 'relu' }),
    new layers.Dense(2, { activation: 'softmax' }),
  ]);
  model.compile({
    optimizer: new optimizers.Adam({ learningRate: 0.05 }),
    loss: 'sparse_categorical_crossentropy',
    metrics: ['accuracy'],
    ...o,
  });
  return model;
};

describe('fit', () => {
  test('learns, and records every metric in alphabetical order', async () => {
    const { x, y } = line();
    const model = regression();
    const history = await model.fit(x, y, { epochs: 30, batchSize: 16, validationSplit: 0.25, ...quiet });
    expect(Object.keys(history.history)).toEqual(['loss', 'mae', 'val_loss', 'val_mae']);
    expect(history.epoch.length).toBe(30);
    expect(history.history['loss']!.at(-1)).toBeLessThan(1e-4);
    expect(model.layers[0]!.getWeights()[0]!.toArraySync()).toEqual([
      [expect.closeTo(1, 1)],
      [expect.closeTo(2, 1)],
      [expect.closeTo(3, 1)],
    ]);
    const [loss, mae] = await model.evaluate(x, y, quiet);
    expect(await model.evaluate(x, y, { returnDict: true, ...quiet })).toEqual({ loss, mae });
    expect((await model.predict(x, { batchSize: 10, ...quiet })).shape).toEqual([64, 1]);
  });
  test('a traced step and an eager one do the same', async () => {
    const { x, y } = classes();
    const run = async (runEagerly: boolean): Promise<number[]> => {
      tf.keras.utils.setRandomSeed(1);
      const model = classifier({ runEagerly });
      return (await model.fit(x, y, { epochs: 3, batchSize: 32, ...quiet })).history['loss']!;
    };
    const [eager, traced] = [await run(true), await run(false)];
    eager.forEach((v, i) => expect(v).toBeCloseTo(traced[i]!, 5));
  });
  test('class weights are sample weights by class', async () => {
    const { x, y } = classes();
    const run = async (o: object): Promise<unknown> => {
      tf.keras.utils.setRandomSeed(2);
      return (await classifier().fit(x, y, { epochs: 2, batchSize: 32, ...quiet, ...o })).history['loss'];
    };
    const sampleWeight = tf.where(y.eq(1), 3, 1);
    expect(await run({ classWeight: { 1: 3 } })).toEqual(await run({ sampleWeight }));
    expect(await run({ classWeight: { 1: 3 } })).not.toEqual(await run({}));
  });
  test('datasets: synchronous, asynchronous, with a number of steps', async () => {
    const { x, y } = line();
    async function* batches(): AsyncGenerator<[Tensor, Tensor]> {
      for (let i = 0; i < 4; i++) yield [x.at([16 * i, 16 * i + 16]), y.at([16 * i, 16 * i + 16])];
    }
    const list = {
      *[Symbol.iterator]() {
        for (let i = 0; i < 2; i++) yield [x, y];
      },
    };
    const model = regression();
    expect((await model.fit(batches(), null, { epochs: 1, ...quiet })).history['loss']!.length).toBe(1);
    expect(
      (await model.fit(list, null, { epochs: 2, validationData: list, ...quiet })).history['val_loss']!.length,
    ).toBe(2);
    expect(model.optimizer!.iterations.itemSync()).toBe(8);
    await model.fit(list, null, { epochs: 2, stepsPerEpoch: 1, ...quiet });
    expect(model.optimizer!.iterations.itemSync()).toBe(10);
    await expect(model.fit(list, y, quiet)).rejects.toThrow('When passing a dataset, `y` should not be passed');
  });
  test('several outputs with losses, weights and metrics by name', async () => {
    const input = tf.keras.Input({ shape: [4] });
    const hidden = new layers.Dense(8, { activation: 'relu' })(input);
    const model = new tf.keras.Model({
      inputs: input,
      outputs: [new layers.Dense(1, { name: 'a' })(hidden), new layers.Dense(2, { name: 'b' })(hidden)],
    });
    model.compile({
      optimizer: 'adam',
      loss: { a: 'mse', b: 'mae' },
      lossWeights: { a: 1, b: 0.5 },
      metrics: { a: ['mae'], b: 'mse' },
    });
    const x = tf.random.normal([32, 4]);
    const { history } = await model.fit(x, { a: tf.ones([32, 1]), b: tf.zeros([32, 2]) }, quiet);
    expect(Object.keys(history)).toEqual(['a_loss', 'a_mae', 'b_loss', 'b_mse', 'loss']);
    expect(history['loss']![0]).toBeCloseTo(history['a_loss']![0]! + 0.5 * history['b_loss']![0]!, 5);
    expect(() => model.compile({ optimizer: 'adam', loss: { a: 'mse', c: 'mae' } })).not.toThrow();
    await expect(model.fit(x, [tf.ones([32, 1]), tf.zeros([32, 2])], quiet)).rejects.toThrow(
      'Expected keys [a, b] in loss dict, but found loss.keys()=[a, c].',
    );
  });
  test('an overridden step is the one that runs', async () => {
    class Constant extends tf.keras.Model {
      w = this.addWeight({ name: 'w', shape: [1], initializer: 'zeros' });
      override call(x: Tensor): Tensor {
        return x.mul(this.w);
      }
      override trainStep(): Record<string, Tensor> {
        this.w.assignAdd([1]);
        return { seven: tf.constant(7) };
      }
    }
    const model = new Constant();
    model.compile({ optimizer: 'sgd', loss: 'mse' });
    const { history } = await model.fit(tf.ones([64, 1]), tf.ones([64, 1]), { epochs: 2, ...quiet });
    expect([history, model.w.itemSync()]).toEqual([{ seven: [7, 7] }, 4]);
  });
  test('added losses, dropout and moving statistics take part', async () => {
    const model = new tf.keras.Sequential([
      tf.keras.Input({ shape: [3] }),
      new layers.Dense(4, { kernelRegularizer: 'l2' }),
      new layers.BatchNormalization(),
      new layers.Dropout(0.2),
      new layers.Dense(1),
    ]);
    model.compile({ optimizer: 'adam', loss: 'mse' });
    const { x, y } = line();
    await model.fit(x, y, { epochs: 2, ...quiet });
    const norm = model.layers[1] as InstanceType<typeof layers.BatchNormalization>;
    expect(norm.movingMean.toArraySync()).not.toEqual([0, 0, 0, 0]);
  });
  test('memory is flat over any number of fits, and the learning rate is data', async () => {
    const { x, y } = classes();
    const model = classifier();
    const live: number[] = [];
    for (let i = 0; i < 6; i++) {
      model.optimizerOrThrow('test').learningRate = 0.05 / (i + 1);
      await model.fit(x, y, { epochs: 2, batchSize: 32, validationSplit: 0.25, ...quiet });
      await model.evaluate(x, y, quiet);
      (await model.predict(x, quiet)).dispose();
      live.push(core.memory().buffers);
    }
    expect(new Set(live.slice(1)).size).toBe(1);
  });
  test('mistakes', async () => {
    const { x, y } = line();
    const bare = new tf.keras.Sequential([tf.keras.Input({ shape: [3] }), new layers.Dense(1)]);
    await expect(bare.fit(x, y)).rejects.toThrow('You must call `compile()` before calling `fit()`.');
    expect(() => bare.compile({ loss: 'msse' })).toThrow('Could not interpret loss identifier: msse. Did you mean');
    expect(() => bare.compile({ loss: 'mse', metrics: ['acuracy'] })).toThrow(
      'Could not interpret metric identifier: acuracy. Did you mean "accuracy"',
    );
    await expect(regression().fit(x, y.at([0, 10]), quiet)).rejects.toThrow(
      "Data cardinality is ambiguous. Make sure all arrays contain the same number of samples. 'x' sizes: 64",
    );
    await expect(regression().fit(x, null, quiet)).rejects.toThrow(
      "The loss 'mse' needs a target, but `y` is missing.",
    );
    await expect(regression().fit(x, y, { validationSplit: 0.999, ...quiet })).rejects.toThrow(
      'which is not sufficient to split it into a validation and training set',
    );
    await expect(regression({ loss: null }).fit(x, y, quiet)).rejects.toThrow(
      'No loss to compute. Provide a `loss` argument in `compile()`.',
    );
  });
});

describe('batches', () => {
  test('trainOnBatch, testOnBatch, predictOnBatch', async () => {
    const { x, y } = line();
    const model = regression();
    const [before] = await model.trainOnBatch(x, y);
    model.resetMetrics();
    const [after] = await model.testOnBatch(x, y);
    expect(after).toBeLessThan(before!);
    expect(model.predictOnBatch(x).shape).toEqual([64, 1]);
  });
});

describe('callbacks', () => {
  test('EarlyStopping stops and puts the best weights back', async () => {
    const { x, y } = line();
    const model = regression({ optimizer: new optimizers.SGD({ learningRate: 3 }) });
    const stop = new callbacks.EarlyStopping({ monitor: 'loss', patience: 2, restoreBestWeights: true });
    const { epoch } = await model.fit(x, y, { epochs: 20, batchSize: 64, shuffle: false, callbacks: [stop], ...quiet });
    expect([epoch.length, stop.stoppedEpoch, stop.bestEpoch]).toEqual([3, 2, 0]);
  });
  test('LearningRateScheduler and ReduceLROnPlateau change the rate of the traced step', async () => {
    const { x, y } = line();
    const model = regression();
    const scheduled = await model.fit(x, y, {
      epochs: 3,
      callbacks: [new callbacks.LearningRateScheduler((_, rate) => rate / 2)],
      ...quiet,
    });
    scheduled.history['learning_rate']!.forEach((v, i) => expect(v).toBeCloseTo(0.1 / 2 ** (i + 1), 6));
    const plateau = new callbacks.ReduceLROnPlateau({ monitor: 'loss', factor: 0.1, patience: 1, minDelta: 100 });
    const { history } = await model.fit(x, y, { epochs: 3, callbacks: [plateau], ...quiet });
    history['learning_rate']!.forEach((v, i) => expect(v).toBeCloseTo([0.0125, 0.0125, 0.00125][i]!, 6));
  });
  test('hooks are called in order, and may stop the training', async () => {
    const calls: string[] = [];
    const note = (name: string) => () => void calls.push(name);
    const spy = new callbacks.LambdaCallback({
      onTrainBegin: note('train'),
      onEpochBegin: note('epoch'),
      onTrainBatchBegin: note('batch'),
      onTestBegin: note('test'),
      onTestEnd: note('tested'),
      onEpochEnd: note('ended'),
      onTrainEnd: note('done'),
      onTrainBatchEnd: async (batch, logs) => void calls.push(`batch ${batch} ${Object.keys(logs).join()}`),
    });
    const { x, y } = line();
    const model = regression();
    await model.fit(x, y, { epochs: 1, validationData: [x, y], callbacks: [spy], ...quiet });
    expect(calls).toEqual([
      'train',
      'epoch',
      'batch',
      'batch 0 loss,mae',
      'batch',
      'batch 1 loss,mae',
      'test',
      'tested',
      'ended',
      'done',
    ]);
    const stop = new callbacks.LambdaCallback({ onTrainBatchEnd: () => void (model.stopTraining = true) });
    await model.fit(x, y, { epochs: 5, callbacks: [stop], ...quiet });
    expect(model.history!.epoch).toEqual([0]);
  });
  test('TerminateOnNaN', async () => {
    const write = vi.spyOn(process.stdout, 'write').mockImplementation(() => true);
    const { x, y } = line();
    const model = regression({ optimizer: new optimizers.SGD({ learningRate: 1e30 }) });
    const { epoch } = await model.fit(x, y, { epochs: 9, callbacks: [new callbacks.TerminateOnNaN()], ...quiet });
    write.mockRestore();
    expect(epoch.length).toBe(1);
  });
  test('what fit prints', async () => {
    let text = '';
    const write = vi.spyOn(process.stdout, 'write').mockImplementation((t) => Boolean((text += String(t))));
    const { x, y } = line();
    await regression().fit(x, y, { epochs: 2, validationSplit: 0.5, verbose: 2 });
    write.mockRestore();
    expect(text).toMatch(
      /^Epoch 1\/2\n1\/1 - 0s - \d+[mu]s\/step - loss: [\d.]+ - mae: [\d.]+ - val_loss: [\d.]+ - val_mae: [\d.]+\nEpoch 2\/2\n/,
    );
  });
});
