// Training and testing in Keras's style: compile, fit, evaluate.
import { tf } from '@nn/keras';
import type { Digits } from './digits.js';
import { batchSize, learningRate, stepsOf, type Network } from './networks.js';

type Model = InstanceType<typeof tf.keras.Model>;

const tensors = (digits: Digits, shape: readonly number[]) => ({
  x: tf.reshape(tf.constant(digits.pixels), [digits.count, ...shape]),
  y: tf.constant(digits.labels),
});

function compileKeras(model: Model, steps: number): void {
  model.compile({
    optimizer: new tf.keras.optimizers.SGD({
      learningRate: new tf.keras.optimizers.schedules.CosineDecay(learningRate, steps),
    }),
    loss: new tf.keras.losses.SparseCategoricalCrossentropy({ fromLogits: true }),
    metrics: ['accuracy'],
  });
}

/** Trains for `epochs` passes and returns the mean loss of each; `verbose` as fit takes it. `each` hears of every pass. */
export async function trainKeras(
  model: Model,
  network: Network,
  train: Digits,
  epochs: number,
  verbose: number,
  each: (epoch: number, loss: number) => void = () => {},
): Promise<number[]> {
  compileKeras(model, stepsOf(train.count, epochs));
  const { x, y } = tensors(train, network.kerasShape);
  // The digits are shuffled once, for both styles alike.
  const callbacks = [
    new tf.keras.callbacks.LambdaCallback({ onEpochEnd: (epoch, logs) => each(epoch, Number(logs?.['loss'])) }),
  ];
  const history = await model.fit(x, y, { epochs, batchSize, shuffle: false, verbose, callbacks });
  return history.history['loss']!;
}

/** The share of digits that are recognized. */
export async function testKeras(model: Model, network: Network, test: Digits): Promise<number> {
  if (!model.compiled) compileKeras(model, 1);
  const { x, y } = tensors(test, network.kerasShape);
  const result = await model.evaluate(x, y, { batchSize: test.count, verbose: 0 });
  return result[1]!;
}
