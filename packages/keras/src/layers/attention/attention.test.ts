// Attention layers that are called with a key beside query and value.
import { describe, expect, test } from 'vitest';
import { tf, type Tensor } from '../../index.js';

const { layers } = tf.keras;
const query = tf.random.normal([2, 5, 8]);
const value = tf.random.normal([2, 3, 6]);
const key = tf.random.normal([2, 3, 4]);

describe.each<[string, () => InstanceType<typeof layers.MultiHeadAttention>]>([
  ['MultiHeadAttention', () => new layers.MultiHeadAttention(2, 7)],
  [
    'GroupQueryAttention',
    () => new layers.GroupQueryAttention(7, 2, 1) as unknown as InstanceType<typeof layers.MultiHeadAttention>,
  ],
])('%s', (_, make) => {
  test("builds the key's kernel from the key's size", () => {
    const layer = make();
    expect((layer(query, value, { key }) as Tensor).shape).toEqual([2, 5, 8]);
    expect(layer.keyDense.kernel.shape[0]).toBe(4);
    expect(layer.valueDense.kernel.shape[0]).toBe(6);
    expect(layer.buildShapes).toEqual([
      [2, 5, 8],
      [2, 3, 6],
      [2, 3, 4],
    ]);
  });
  test('takes the key by its place too, and an array for it', async () => {
    const layer = make();
    const named = layer(query, value, { key }) as Tensor;
    const placed = layer(query, value, key) as Tensor;
    const array = layer(query, value, { key: (await key.toArray()) as never, useCausalMask: false }) as Tensor;
    expect(await placed.toArray()).toEqual(await named.toArray());
    expect(await array.toArray()).toEqual(await named.toArray());
    const [, scores] = layer(query, value, key, { returnAttentionScores: true }) as [Tensor, Tensor];
    expect(scores.shape).toEqual([2, 2, 5, 3]);
  });
  test('the value stands for a key that is not given', async () => {
    const layer = make();
    const alone = layer(query, value) as Tensor;
    expect(layer.keyDense.kernel.shape[0]).toBe(6);
    for (const other of [layer(query, value, null), layer(query, value, { key: null }), layer(query, value, value)])
      expect(await (other as Tensor).toArray()).toEqual(await alone.toArray());
  });
  test('in a functional model, also a symbolic key', async () => {
    const inputs = [
      tf.keras.Input({ shape: [5, 8] }),
      tf.keras.Input({ shape: [3, 6] }),
      tf.keras.Input({ shape: [3, 4] }),
    ] as const;
    const layer = make();
    const model = new tf.keras.Model({
      inputs: [...inputs],
      outputs: layer(inputs[0], inputs[1], { key: inputs[2] }) as Tensor,
    });
    expect(layer.keyDense.kernel.shape[0]).toBe(4);
    const y = model([query, value, key] as never) as Tensor;
    expect(await y.toArray()).toEqual(await (layer(query, value, { key }) as Tensor).toArray());
  });
});
