// The programs of the keras contract, unmodified, on every device of this machine: what their comments say.
import { setDevice } from '@nn/core';
import { tf } from '@nn/keras';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import * as programs from './contract/keras.js';
import { availableDevices } from './devices.js';

describe.each(await availableDevices())('keras programs on %s', (device) => {
  beforeAll(async () => void (await setDevice(device)));

  it("functionalModel: layers on symbolic tensors, and Keras's summary", () => {
    const printed: string[] = [];
    const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => printed.push(String(text)) > 0);
    const model = programs.functionalModel();
    write.mockRestore();
    expect(model).toEqual({ outputShape: [null, 1], params: 3201 });
    const table = printed.join('');
    for (const text of [
      'Layer (type)',
      'Output Shape',
      'Param #',
      '(None, 64)',
      'Total params: 3,201 (12.50 KB)',
      'Trainable params: 3,009 (11.75 KB)',
      'Non-trainable params: 192 (768.00 B)',
    ]) {
      expect(table).toContain(text);
    }
  });

  it('customLayer: weights are made on the first call', () => {
    expect(programs.customLayer()).toEqual({ shape: [1, 32], weights: [[10, 32], [32]] });
  });

  it('customModel', () => {
    expect(programs.customModel()).toEqual({ shape: [1, 10] });
  });

  it('tracedFunction traces once per signature', async () => {
    const { third, ...rest } = await programs.tracedFunction();
    expect(rest).toEqual({ first: 2, second: 6, traces: 2 });
    expect([...third]).toEqual([2, 4]);
  });

  it('TracedDense: tf.function as a decorator gives the same as the plain call', async () => {
    const traced = new programs.TracedDense(3, { activation: 'relu' });
    const x = tf.random.normal([2, 4]);
    const first = await traced(x).data();
    const plain = new programs.MyDense(3, { activation: 'relu' });
    plain.build([2, 4]);
    plain.setWeights(traced.getWeights());
    const expected = await plain(x).data();
    for (const values of [first, await traced(x).data()]) {
      for (const [i, value] of expected.entries()) expect(values[i]).toBeCloseTo(value, 5);
    }
  });

  it('AttentionLayer: (batch, seq, features) to (batch, features)', async () => {
    const layer = new programs.AttentionLayer();
    expect(layer(tf.random.normal([4, 7, 10])).shape).toEqual([4, 10]);
    expect(layer.weights.map((w) => w.name)).toEqual(['attention_weight']);
    for (const value of await layer(tf.ones([2, 7, 10])).data()) expect(value).toBeCloseTo(1, 5);
  });

  it('customLoss: targets first', async () => {
    expect(await programs.customLoss(tf.constant([1, 2]), tf.constant([0, 4])).item()).toBeCloseTo(2.5, 6);
  });

  it('customCell: layers.RNN takes any cell', () => {
    expect(programs.customCell()).toEqual({ sequence: [4, 7, 20], state: [4, 20] });
  });

  it('compileAndFit: the loss falls, the accuracy is above 0.9', async () => {
    const { history, loss, accuracy, prediction } = await programs.compileAndFit();
    expect(Object.keys(history)).toEqual(['accuracy', 'loss', 'val_accuracy', 'val_loss']);
    const losses = history['loss']!;
    expect(losses).toHaveLength(5);
    expect(losses.at(-1)!).toBeLessThan(losses[0]!);
    expect(loss).toBeLessThan(losses[0]!);
    expect(accuracy).toBeGreaterThan(0.9);
    expect(prediction).toEqual([256, 2]);
  });
});
