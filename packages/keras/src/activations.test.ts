// Activations where Keras and PyTorch part: not-a-number and infinities.
import { describe, expect, test } from 'vitest';
import { tf, type Tensor } from './index.js';

const { activations } = tf.keras;
const odd = tf.constant([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0.25, -2]);

describe('NaN and infinities, as TensorFlow has them', () => {
  test.each<[string, (x: Tensor) => Tensor, number[]]>([
    ['celu', (x) => activations.celu(x), [Number.NaN, Infinity, -1, 0.25, -0.86466473]],
    ['soft_shrink', (x) => activations.softShrink(x), [0, Infinity, -Infinity, 0, -1.5]],
    ['hard_shrink', (x) => activations.hardShrink(x), [0, Infinity, -Infinity, 0, -2]],
    ['threshold', (x) => activations.threshold(x, 0.5, 7), [7, Infinity, 7, 7, 7]],
  ])('%s', async (_, f, right) => {
    const values = Float32Array.from((await f(odd).toArray()) as number[]);
    expect(values).toEqual(Float32Array.from(right));
  });

  test('the slopes of the shrinks', async () => {
    const x = tf.constant([-2, -0.25, 0.25, 2]);
    for (const f of [activations.softShrink, activations.hardShrink]) {
      const tape = new tf.GradientTape();
      tape.watch(x);
      const y = f(x);
      expect(await tape.gradient(y, x)!.toArray()).toEqual([1, 0, 0, 1]);
    }
  });
});
