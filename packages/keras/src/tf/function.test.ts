// tf.function and GradientTape.
import { describe, expect, test } from 'vitest';
import { tf, type Tensor, type Variable } from '../index.js';

describe('tf.function', () => {
  test('one trace for each signature; values of JavaScript arguments count', () => {
    let traces = 0;
    const f = tf.function((x: Tensor, k: number) => {
      traces++;
      return x.mul(k);
    });
    expect(
      [f(tf.constant([1, 2]), 2), f(tf.constant([3, 4]), 2), f(tf.constant([3, 4]), 3)].map((t) => t.toArraySync()),
    ).toEqual([
      [2, 4],
      [6, 8],
      [9, 12],
    ]);
    expect([traces, f.traces]).toEqual([2, 2]);
  });
  test('variables may be made in the first call only', () => {
    const fresh = tf.function((x: Tensor) => new tf.Variable(1).mul(x));
    expect(() => fresh(tf.constant(1))).toThrow(
      'tf.function only supports singleton tf.Variables created on the first call.',
    );
    let v: Variable | null = null;
    const once = tf.function((x: Tensor) => {
      v ??= new tf.Variable([1, 1]);
      v.assignAdd(x);
      return v.value;
    });
    expect(once(tf.constant([1, 2])).toArraySync()).toEqual([2, 3]);
    expect(once(tf.constant([1, 2])).toArraySync()).toEqual([3, 5]);
    let calls = 0;
    const late = tf.function((x: Tensor) => (calls++ ? new tf.Variable([1]).mul(x) : x));
    late(tf.constant([1]));
    expect(() => late(tf.constant([1, 2]))).toThrow('tf.function only supports singleton tf.Variables');
  });
  test('reading a traced value says what to do', () => {
    const f = tf.function((x: Tensor) => (x.itemSync() > 0 ? x : x.neg()));
    expect(() => f(tf.constant(1))).toThrow(/use cond, whileLoop or scan/);
    const g = tf.function((x: Tensor) =>
      tf.cond(
        x.gt(0),
        () => x,
        () => x.neg(),
      ),
    );
    expect(g(tf.constant(-3)).itemSync()).toBe(3);
  });
  test('inputSignature casts and checks', () => {
    const f = tf.function((x: Tensor) => x.sum(), { inputSignature: [{ shape: [null, 2], dtype: 'float32' }] });
    expect(f([[1, 2]] as unknown as Tensor).itemSync()).toBe(3);
    expect(() => f(tf.constant([1, 2]))).toThrow('Binding inputs to tf.function failed');
  });
  test('as a decorator: one cache for each object', () => {
    const traced = tf.function;
    let traces = 0;
    class Scale extends tf.keras.layers.Layer {
      constructor(readonly by: number) {
        super();
      }
      @traced
      override call(x: Tensor): Tensor {
        traces++;
        return x.mul(this.by);
      }
    }
    const [two, three] = [new Scale(2), new Scale(3)];
    expect([two(tf.constant([1])), three(tf.constant([1])), two(tf.constant([5]))].map((t) => t.itemSync())).toEqual([
      2, 3, 10,
    ]);
    expect(traces).toBe(2);
  });
});

describe('GradientTape', () => {
  test('gradients by variables and watched tensors', () => {
    const w = new tf.Variable([1, 2]);
    const x = tf.constant([3, 4]);
    const tape = new tf.GradientTape();
    tape.watch(x);
    const loss = w.mul(x).sum();
    const [dw, dx, none] = tape.gradient(loss, [w, x, new tf.Variable(0)]);
    expect([dw!.toArraySync(), dx!.toArraySync(), none]).toEqual([[3, 4], [1, 2], null]);
    expect(() => tape.gradient(loss, w)).toThrow(
      'A non-persistent GradientTape can only be used to compute one set of gradients',
    );
  });
  test('a persistent tape, a target that is not a scalar, unconnected gradients', () => {
    const x = new tf.Variable([1, 2]);
    const tape = new tf.GradientTape({ persistent: true });
    const y = x.square();
    expect(tape.gradient(y, x)!.toArraySync()).toEqual([2, 4]);
    expect(tape.gradient(y.mul(x).sum(), x)!.toArraySync()).toEqual([3, 12]);
    expect(tape.gradient(y, new tf.Variable([5]), { unconnectedGradients: 'zero' })!.toArraySync()).toEqual([0]);
    tape.stopRecording();
  });
  test('tapes inside of tapes: second derivatives', () => {
    const x = new tf.Variable(3);
    const outer = new tf.GradientTape();
    const inner = new tf.GradientTape();
    const y = x.mul(x).mul(x);
    const dy = inner.gradient(y, x)!;
    expect(dy.itemSync()).toBe(27);
    expect(outer.gradient(dy, x)!.itemSync()).toBe(18);
  });
  test('inside of tf.function', () => {
    const w = new tf.Variable([2]);
    const step = tf.function((x: Tensor) => {
      const tape = new tf.GradientTape();
      const loss = w.mul(x).square().sum();
      const g = tape.gradient(loss, w)!;
      w.assignSub(g.mul(0.1));
      return loss;
    });
    expect(step(tf.constant([1])).itemSync()).toBe(4);
    expect(w.toArraySync()).toEqual([1.600000023841858]);
  });
});
