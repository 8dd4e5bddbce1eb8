// Training and testing in Keras's style: compile, fit, evaluate.
import { tf } from '@nn/keras';
import type { Digits } from './digits.js';
import { batchSize, momentum, type Network } from './networks.js';
import { interactive } from './terminal.js';

type Model = InstanceType<typeof tf.keras.Model>;

const tensors = (digits: Digits, shape: readonly number[]) => ({
  x: tf.reshape(tf.constant(digits.pixels), [digits.count, ...shape]),
  y: tf.constant(digits.labels),
});

function compileKeras(model: Model, network: Network): void {
  model.compile({
    optimizer: new tf.keras.optimizers.SGD({ learningRate: network.learningRate, momentum }),
    loss: new tf.keras.losses.SparseCategoricalCrossentropy({ fromLogits: true }),
    metrics: ['accuracy'],
  });
}

/** Trains for `epochs` passes and returns the mean loss of each. */
export async function trainKeras(model: Model, network: Network, train: Digits, epochs: number): Promise<number[]> {
  compileKeras(model, network);
  const { x, y } = tensors(train, network.kerasShape);
  // The digits are shuffled once, for both styles alike.
  const history = await model.fit(x, y, { epochs, batchSize, shuffle: false, verbose: interactive() ? 1 : 2 });
  return history.history['loss']!;
}

/** The share of digits that are recognized. */
export async function testKeras(model: Model, network: Network, test: Digits): Promise<number> {
  if (!model.compiled) compileKeras(model, network);
  const { x, y } = tensors(test, network.kerasShape);
  const result = await model.evaluate(x, y, { batchSize: test.count, verbose: 0 });
  return result[1]!;
}
