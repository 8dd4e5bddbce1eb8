// Tensors and variables: arithmetic, reading, printing, errors.
import { describe, expect, test } from 'vitest';
import { tf, type Variable } from '../index.js';

describe('Tensor', () => {
  test('arithmetic takes numbers, arrays and variables', () => {
    const v = new tf.Variable([10, 20]);
    const x = tf.constant([1, 2]);
    expect(x.add(1).mul(2).sub(v).toArraySync()).toEqual([-6, -14]);
    expect(v.div(x).toArraySync()).toEqual([10, 10]);
    expect(x.add([[1], [2]]).toArraySync()).toEqual([
      [2, 3],
      [3, 4],
    ]);
    expect([x.dtype, tf.constant([1], 'int32').add(1).dtype, x.gt(1).dtype]).toEqual(['float32', 'int32', 'bool']);
    expect(x.gt(1).toArraySync()).toEqual([false, true]);
  });
  test('reductions, shapes and indexing', () => {
    const x = tf.reshape(tf.range(6, null, { dtype: 'float32' }), [2, 3]);
    expect(x.sum({ axis: 0 }).toArraySync()).toEqual([3, 5, 7]);
    expect(tf.reduceMean(x, { axis: 1, keepdims: true }).toArraySync()).toEqual([[1], [4]]);
    expect(x.transpose().shape).toEqual([3, 2]);
    expect([x.at(1).toArraySync(), x.at(null, -1).toArraySync(), x.at(null, [null, null, -1]).toArraySync()]).toEqual([
      [3, 4, 5],
      [2, 5],
      [
        [2, 1, 0],
        [5, 4, 3],
      ],
    ]);
    expect(() => x.at(5)).toThrow('at: index 5 is out of range for axis 0 of size 2');
  });
  test('reading', async () => {
    const x = tf.constant([[1, 2]]);
    expect([await x.data(), await x.sum().item(), await x.toArray()]).toEqual([Float32Array.of(1, 2), 3, [[1, 2]]]);
  });
  test('prints like TensorFlow', () => {
    expect(String(tf.constant([[1, 2]]))).toBe('tf.Tensor(\n[[1. 2.]], shape=(1, 2), dtype=float32)');
    expect(String(tf.constant([1, 2], 'int32'))).toBe('tf.Tensor([1 2], shape=(2,), dtype=int32)');
    expect(String(tf.constant(2))).toBe('tf.Tensor(2.0, shape=(), dtype=float32)');
  });
  test('unknown dtypes name what there is', () => {
    expect(() => tf.cast([1], 'int64')).toThrow(
      "cast: dtype 'int64' is not supported here; JavaScript has no 64-bit integer arrays for numbers: use int32",
    );
    expect(() => tf.zeros([1], 'flaot32')).toThrow(`Did you mean "float32"?`);
  });
});

describe('Variable', () => {
  test('assigning', () => {
    const v = new tf.Variable([1, 2], { name: 'v' });
    v.assignAdd([1, 1]);
    v.assignSub(0.5);
    expect(v.toArraySync()).toEqual([1.5, 2.5]);
    expect([v.name, v.path, v.trainable, v.dtype]).toEqual(['v', 'v', true, 'float32']);
    expect(() => v.assign([1, 2, 3])).toThrow(
      'The shape of the target variable and the shape of the target value in `variable.assign(value)` must match. variable.shape=(2,), Received: value.shape=(3,). Target variable: v',
    );
  });
  test('prints like Keras', () => {
    expect(String(new tf.Variable([1, 2], { name: 'w' }))).toBe(
      '<Variable path=w, shape=(2,), dtype=float32, value=[1. 2.]>',
    );
  });
  test('an initializer with a shape', () => {
    const v: Variable = new tf.Variable(tf.keras.initializers.get('ones'), { shape: [2, 2] });
    expect(v.toArraySync()).toEqual([
      [1, 1],
      [1, 1],
    ]);
  });
});

describe('operations', () => {
  test('a selection against known values', () => {
    expect(tf.einsum('ij,jk->ik', [[1, 2]], [[3], [4]]).toArraySync()).toEqual([[11]]);
    expect(tf.concat([[[1]], [[2]]], 1).toArraySync()).toEqual([[1, 2]]);
    expect(tf.oneHot(tf.constant([0, 2], 'int32'), 3).toArraySync()).toEqual([
      [1, 0, 0],
      [0, 0, 1],
    ]);
    expect(tf.where([true, false], [1, 1], [2, 2]).toArraySync()).toEqual([1, 2]);
    expect(tf.argmax([[1, 3, 2]], { axis: 1 }).toArraySync()).toEqual([1]);
    expect(tf.clipByValue([-1, 5], 0, 3).toArraySync()).toEqual([0, 3]);
    expect(tf.split([1, 2, 3, 4], 2).map((t) => t.toArraySync())).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(
      tf
        .pad(
          [[1]],
          [
            [1, 0],
            [0, 1],
          ],
        )
        .toArraySync(),
    ).toEqual([
      [0, 0],
      [1, 0],
    ]);
    expect(
      tf
        .gather(
          [
            [1, 2],
            [3, 4],
          ],
          tf.constant([1], 'int32'),
        )
        .toArraySync(),
    ).toEqual([[3, 4]]);
    expect(tf.math.topK([1, 9, 4], 2).values.toArraySync()).toEqual([9, 4]);
    expect(tf.keras.ops.squeeze([[1, 2]]).shape).toEqual([2]);
    expect(tf.nn.softmax([0, 0]).toArraySync()).toEqual([0.5, 0.5]);
  });
  test('control flow', () => {
    expect(
      tf
        .cond(
          tf.constant(1).gt(0),
          () => tf.constant(1),
          () => tf.constant(2),
        )
        .itemSync(),
    ).toBe(1);
    expect(
      tf
        .whileLoop(
          (i) => i.lt(10),
          (i) => [i.mul(2)],
          [tf.constant(1)],
        )[0]
        .itemSync(),
    ).toBe(16);
  });
  test('random numbers repeat with the seed', () => {
    const draw = (): unknown => {
      tf.random.setSeed(7);
      return [tf.random.normal([3]).toArraySync(), tf.random.uniform([2], { minval: 5, maxval: 6 }).toArraySync()];
    };
    expect(draw()).toEqual(draw());
    expect(tf.random.uniform([4], { seed: 3 }).toArraySync()).toEqual(
      tf.random.uniform([4], { seed: 3 }).toArraySync(),
    );
    expect((tf.random.shuffle(tf.range(5)).toArraySync() as number[]).sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4]);
  });
});
