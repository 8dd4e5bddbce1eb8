// The base of layers: names, weights, training, masks, losses, configs, messages.
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { tf, type Shape, type Tensor, type Variable } from '../index.js';

const { layers } = tf.keras;
beforeEach(() => tf.keras.backend.clearSession());

describe('names and weights', () => {
  test('automatic names are snake case with one counter for each', () => {
    const names = [
      new layers.Dense(1),
      new layers.Dense(1),
      new layers.Conv2DTranspose(1, 1),
      new layers.PReLU(),
      new layers.LeakyReLU(),
      new layers.MaxPooling2D(),
    ].map((l) => l.name);
    expect(names).toEqual(['dense', 'dense_1', 'conv2d_transpose', 'p_re_lu', 'leaky_re_lu', 'max_pooling2d']);
  });
  test('trainable weights come before the others, then those of sub-layers; paths follow the nesting', () => {
    class Block extends layers.Layer {
      inner = new layers.Dense(2);
      norm = new layers.BatchNormalization();
      count!: Variable;
      scale!: Variable;
      override build(_shape: Shape): void {
        this.count = this.addWeight({ name: 'count', shape: [], initializer: 'zeros', trainable: false });
        this.scale = this.addWeight({ name: 'scale', shape: [2], initializer: 'ones' });
      }
      override call(x: Tensor): Tensor {
        return this.norm(this.inner(x)).mul(this.scale);
      }
    }
    const block = new Block();
    block(tf.ones([2, 3]));
    expect(block.weights.map((w) => w.path)).toEqual([
      'block/scale',
      'block/count',
      'block/dense/kernel',
      'block/dense/bias',
      'block/batch_normalization/gamma',
      'block/batch_normalization/beta',
      'block/batch_normalization/moving_mean',
      'block/batch_normalization/moving_variance',
    ]);
    expect([block.trainableWeights.length, block.nonTrainableWeights.length, block.countParams()]).toEqual([5, 3, 19]);
    block.inner.trainable = false;
    expect(block.trainableWeights.map((w) => w.name)).toEqual(['scale', 'gamma', 'beta']);
    block.trainable = false;
    expect([block.trainableWeights.length, block.nonTrainableWeights.length]).toEqual([0, 8]);
  });
  test('reading and setting weights', () => {
    const dense = new layers.Dense(2, { name: 'sh' });
    dense.build([null, 3]);
    const [kernel, bias] = dense.getWeights();
    dense.setWeights([kernel!.mul(0), [1, 2]]);
    expect(dense(tf.ones([1, 3])).toArraySync()).toEqual([[1, 2]]);
    expect(bias!.shape).toEqual([2]);
    expect(() => dense.setWeights([bias!])).toThrow(
      "You called `setWeights(weights)` on layer 'sh' with a weight list of length 1, but the layer was expecting 2 weights.",
    );
    expect(() => dense.setWeights([bias!, bias!])).toThrow(
      'Layer sh weight shape (3, 2) is not compatible with provided weight shape (2,).',
    );
  });
  test('an initializer gives the same values at every call, and layers have one each', () => {
    const init = new tf.keras.initializers.GlorotUniform({ seed: 1 });
    expect(init([2, 2]).toArraySync()).toEqual(init([2, 2]).toArraySync());
    const [a, b] = [new layers.Dense(2), new layers.Dense(2)];
    a.build([null, 3]);
    b.build([null, 3]);
    expect(a.kernel.toArraySync()).not.toEqual(b.kernel.toArraySync());
  });
});

describe('calls', () => {
  test('arrays are taken for tensors, numbers are refused', () => {
    const dense = new layers.Dense(1, { kernelInitializer: 'ones' });
    expect(dense([[1, 2]] as unknown as Tensor).toArraySync()).toEqual([[3]]);
    expect(() => dense(3 as unknown as Tensor)).toThrow('Only input tensors may be passed as positional arguments.');
  });
  test('inputs that do not fit are told in the words of Keras', () => {
    const dense = new layers.Dense(1);
    dense(tf.ones([2, 4]));
    expect(() => dense(tf.ones([2, 5]))).toThrow(
      "Input 0 with name 'None' of layer 'dense' is incompatible with the layer: expected axis -1 of input shape to have value 4, but received input with shape (2, 5)",
    );
    expect(() => new layers.Conv2D(1, 3)(tf.ones([2, 4]))).toThrow(
      'expected min_ndim=4, found ndim=2. Full shape received: (2, 4)',
    );
    expect(() => new layers.LSTM(2)(tf.ones([2, 4]))).toThrow('expected ndim=3, found ndim=2');
    expect(() => new layers.Dense(-1)).toThrow(
      'Received an invalid value for `units`, expected a positive integer. Received: units=-1',
    );
    expect(() => new layers.Dense(1, { activation: 'rellu' })).toThrow(
      'Could not interpret activation function identifier: rellu. Did you mean "relu"?',
    );
    expect(() => new layers.Dense(1, { kernelInitializer: 'he_norml' })).toThrow(
      'Could not interpret initializer identifier: he_norml. Did you mean "he_normal"?',
    );
    expect(() => new layers.Dense(1, { dtype: 'mixed_float16', name: 'd' })).toThrow(
      "Layer 'd': dtype policy 'mixed_float16' is not supported here. Use 'float32' or 'float64'",
    );
  });
  test('`training` comes from the call, then from the outer call, then from the default', () => {
    const seen: (boolean | undefined)[] = [];
    class Probe extends layers.Layer {
      override call(x: Tensor, { training }: { training?: boolean } = {}): Tensor {
        seen.push(training);
        return x;
      }
    }
    class Outer extends layers.Layer {
      probe = new Probe();
      override call(x: Tensor): Tensor {
        return this.probe(this.probe(x), { training: false });
      }
    }
    const [probe, outer] = [new Probe(), new Outer()];
    probe(tf.ones([1]));
    probe(tf.ones([1]), { training: true });
    (outer as unknown as (x: Tensor, o: object) => Tensor)(tf.ones([1]), { training: true });
    expect(seen).toEqual([undefined, true, true, false]);
    expect(new layers.Dropout(0.5)(tf.ones([100]), { training: true }).toArraySync()).toContain(0);
    expect(new layers.Dropout(0.5)(tf.ones([3])).toArraySync()).toEqual([1, 1, 1]);
  });
  test('a frozen BatchNormalization is in inference mode', () => {
    const norm = new layers.BatchNormalization();
    const x = tf.constant([[1], [3]]);
    norm(x, { training: true });
    expect(norm.movingMean.itemSync()).toBeCloseTo(0.02, 6);
    norm.trainable = false;
    norm(x, { training: true });
    expect(norm.movingMean.itemSync()).toBeCloseTo(0.02, 6);
  });
});

describe('masks', () => {
  test('go from the embedding through layers that support them', () => {
    const embedded = new layers.Embedding(5, 2, { maskZero: true })(tf.constant([[1, 2, 0]], 'int32'));
    expect(embedded.kerasMask!.toArraySync()).toEqual([[true, true, false]]);
    expect(new layers.Dense(3)(embedded).kerasMask!.toArraySync()).toEqual([[true, true, false]]);
    const rnn = new layers.SimpleRNN(2, { returnSequences: true });
    const masked = rnn(embedded) as Tensor;
    expect(masked.at(0, 2).toArraySync()).toEqual(masked.at(0, 1).toArraySync());
  });
  test('a layer that does not support them says so', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    new layers.Conv1D(1, 1, { name: 'conv' })(new layers.Masking()(tf.ones([1, 2, 1])));
    expect(warn.mock.calls[0]![0]).toBe(
      "Layer 'conv' (of type Conv1D) was passed an input with a mask attached to it. However, this layer does not support masking and will therefore destroy the mask information. Downstream layers will not see the mask.",
    );
    warn.mockRestore();
  });
});

describe('losses', () => {
  test('regularizers of weights and activities, and addLoss', () => {
    class Adds extends layers.Layer {
      dense = new layers.Dense(1, {
        kernelInitializer: 'ones',
        kernelRegularizer: 'l2',
        activityRegularizer: new tf.keras.regularizers.L1({ l1: 0.5 }),
      });
      override call(x: Tensor): Tensor {
        this.addLoss(tf.reduceSum(x));
        return this.dense(x);
      }
    }
    const layer = new Adds();
    layer(tf.ones([2, 3]));
    layer(tf.ones([2, 3]));
    expect(layer.losses.map((l) => Number(l.itemSync().toFixed(6)))).toEqual([6, 1.5, 0.03]);
  });
  test('constraints project', () => {
    expect(
      new tf.keras.constraints.MaxNorm(1)([[3], [4]])
        .mul(10)
        .sum()
        .itemSync(),
    ).toBeCloseTo(14, 5);
    expect(new tf.keras.constraints.NonNeg()([-1, 2]).toArraySync()).toEqual([0, 2]);
  });
});

describe('recurrent layers', () => {
  test('states, order of outputs, stateful', () => {
    const x = tf.random.normal([2, 3, 4]);
    const [out, h, c] = new layers.LSTM(5, { returnState: true })(x) as Tensor[];
    expect([out!.shape, h!.shape, c!.shape, out!.toArraySync()]).toEqual([[2, 5], [2, 5], [2, 5], h!.toArraySync()]);
    const gru = new layers.GRU(2, { stateful: true });
    const first = gru(x) as Tensor;
    expect((gru(x) as Tensor).toArraySync()).not.toEqual(first.toArraySync());
    gru.resetState();
    expect((gru(x) as Tensor).toArraySync()).toEqual(first.toArraySync());
    const both = new layers.Bidirectional(new layers.GRU(3, { returnSequences: true }), { mergeMode: null })(
      x,
    ) as Tensor[];
    expect(both.map((t) => t.shape)).toEqual([
      [2, 3, 3],
      [2, 3, 3],
    ]);
  });
  test('initial states, also symbolic', () => {
    const [x, s] = [tf.keras.Input({ shape: [3, 4] }), tf.keras.Input({ shape: [2] })];
    const rnn = new layers.SimpleRNN(2);
    const model = new tf.keras.Model({ inputs: [x, s], outputs: rnn(x, { initialState: s }) as Tensor });
    const [a, b] = [tf.random.normal([1, 3, 4]), tf.random.normal([1, 2])];
    expect((model([a, b]) as Tensor).toArraySync()).toEqual((rnn(a, { initialState: b }) as Tensor).toArraySync());
  });
  test('what is not a cell is refused', () => {
    expect(() => new layers.RNN(new layers.Dense(2))).toThrow('The RNN cell should have a `stateSize` attribute');
    expect(() => new layers.Bidirectional(new layers.Dense(2) as never)).toThrow(
      'Please initialize `Bidirectional` layer with a `keras.layers.RNN` instance',
    );
  });
});

describe('configs', () => {
  test('every layer that is written can be made again', () => {
    const made = [
      new layers.Dense(3, {
        activation: 'relu',
        kernelRegularizer: new tf.keras.regularizers.L2({ l2: 0.1 }),
        kernelConstraint: 'non_neg',
      }),
      new layers.Conv2D(2, [3, 2], { strides: 2, padding: 'same' }),
      new layers.Bidirectional(new layers.LSTM(2, { returnSequences: true })),
      new layers.RNN([new layers.GRUCell(2), new layers.LSTMCell(3)]),
      new layers.TimeDistributed(new layers.Dense(2)),
      new layers.MultiHeadAttention(2, 3, { dropout: 0.1 }),
    ];
    for (const layer of made) {
      const config = JSON.parse(JSON.stringify(layers.serialize(layer)));
      expect(layers.serialize(layers.deserialize(config))).toEqual(config);
    }
  });
  test('classes of users', () => {
    class Times extends layers.Layer {
      static override readonly positional = ['by'];
      static override get configKeys() {
        return ['by'];
      }
      constructor(
        readonly by: number,
        o = {},
      ) {
        super(o);
      }
      override call(x: Tensor): Tensor {
        return x.mul(this.by);
      }
    }
    const again = layers.deserialize(layers.serialize(new Times(3)), {
      customObjects: { Times: Times as never },
    }) as Times;
    expect([again.by, again.name, again(tf.ones([1])).itemSync()]).toEqual([3, 'times', 3]);
    expect(() => layers.deserialize(layers.serialize(new Times(3)))).toThrow(
      "Could not locate class 'Times'. Make sure custom classes are passed as `customObjects`.",
    );
    expect(() => new layers.Lambda((x) => x).getConfig()).toThrow(
      "Lambda layer 'lambda' cannot be serialized: its function is code.",
    );
  });
});
