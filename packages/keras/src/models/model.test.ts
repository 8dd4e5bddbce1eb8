// Models: graphs, stacks and subclasses; summaries and configs as Keras 3.15.1 prints and writes them.
import { beforeEach, describe, expect, test } from 'vitest';
import { tf, type Tensor } from '../index.js';
import { summaryText } from './summary.js';

const { layers } = tf.keras;
beforeEach(() => tf.keras.backend.clearSession());
const lines = (...text: string[]): string => text.join('\n');

function twoInputs() {
  const a = tf.keras.Input({ shape: [4], name: 'a' });
  const b = tf.keras.Input({ shape: [4], name: 'b' });
  const shared = new layers.Dense(3);
  const joined = new layers.Concatenate()([shared(a), shared(b)]);
  const active = new layers.Activation('relu')(joined.add(1).mul(2));
  return new tf.keras.Model({ inputs: [a, b], outputs: [new layers.Dense(1)(active), joined] });
}

describe('functional models', () => {
  test('several inputs and outputs, a shared layer, operations between layers', () => {
    const model = twoInputs();
    expect([model.inputShape, model.outputShape, model.outputNames, model.countParams()]).toEqual([
      [
        [null, 4],
        [null, 4],
      ],
      [
        [null, 1],
        [null, 6],
      ],
      ['dense_1', 'concatenate'],
      22,
    ]);
    const [x, y] = [tf.random.normal([2, 4]), tf.random.normal([2, 4])];
    const [out, joined] = model([x, y]) as [Tensor, Tensor];
    expect([out.shape, joined.shape]).toEqual([
      [2, 1],
      [2, 6],
    ]);
    const byName = model({ a: x, b: y }) as [Tensor, Tensor];
    expect(byName[0].toArraySync()).toEqual(out.toArraySync());
  });
  test('the summary of a graph', () => {
    expect(summaryText(twoInputs(), { lineLength: 76 })).toBe(
      lines(
        'Model: "functional"',
        '┏━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━┓',
        '┃ Layer (type)        ┃ Output Shape      ┃    Param # ┃ Connected to      ┃',
        '┡━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━┩',
        '│ a (InputLayer)      │ (None, 4)         │          0 │ -                 │',
        '├─────────────────────┼───────────────────┼────────────┼───────────────────┤',
        '│ b (InputLayer)      │ (None, 4)         │          0 │ -                 │',
        '├─────────────────────┼───────────────────┼────────────┼───────────────────┤',
        '│ dense (Dense)       │ (None, 3)         │         15 │ a[0][0], b[0][0]  │',
        '├─────────────────────┼───────────────────┼────────────┼───────────────────┤',
        '│ concatenate         │ (None, 6)         │          0 │ dense[0][0],      │',
        '│ (Concatenate)       │                   │            │ dense[1][0]       │',
        '├─────────────────────┼───────────────────┼────────────┼───────────────────┤',
        '│ add (Add)           │ (None, 6)         │          0 │ concatenate[0][0] │',
        '├─────────────────────┼───────────────────┼────────────┼───────────────────┤',
        '│ multiply (Multiply) │ (None, 6)         │          0 │ add[0][0]         │',
        '├─────────────────────┼───────────────────┼────────────┼───────────────────┤',
        '│ activation          │ (None, 6)         │          0 │ multiply[0][0]    │',
        '│ (Activation)        │                   │            │                   │',
        '├─────────────────────┼───────────────────┼────────────┼───────────────────┤',
        '│ dense_1 (Dense)     │ (None, 1)         │          7 │ activation[0][0]  │',
        '└─────────────────────┴───────────────────┴────────────┴───────────────────┘',
        ' Total params: 22 (88.00 B)',
        ' Trainable params: 22 (88.00 B)',
        ' Non-trainable params: 0 (0.00 B)',
      ),
    );
  });
  test('config and back', () => {
    const model = twoInputs();
    const config = model.getConfig();
    expect((config['layers'] as { name: string }[]).map((l) => l.name)).toEqual([
      'a',
      'b',
      'dense',
      'concatenate',
      'add',
      'multiply',
      'activation',
      'dense_1',
    ]);
    expect([config['input_layers'], config['output_layers']]).toEqual([
      [
        ['a', 0, 0],
        ['b', 0, 0],
      ],
      [
        ['dense_1', 0, 0],
        ['concatenate', 0, 0],
      ],
    ]);
    const again = tf.keras.models.modelFromConfig(JSON.parse(JSON.stringify(model.serialize())));
    again.setWeights(model.getWeights());
    const x = [tf.random.normal([2, 4]), tf.random.normal([2, 4])];
    expect((again(x) as Tensor[])[0]!.toArraySync()).toEqual((model(x) as Tensor[])[0]!.toArraySync());
    expect(again.getConfig()).toEqual(config);
  });
  test('models inside of models', () => {
    const inner = new tf.keras.Sequential([tf.keras.Input({ shape: [4] }), new layers.Dense(3), new layers.Dense(2)]);
    const inputs = tf.keras.Input({ shape: [4] });
    const model = new tf.keras.Model({ inputs, outputs: inner(inputs) as Tensor });
    expect([model.layers.map((l) => l.name), model.countParams(), model.weights.length]).toEqual([
      ['input_layer_1', 'sequential'],
      23,
      4,
    ]);
    expect(summaryText(model, { expandNested: true, lineLength: 76 })).toContain(
      '│    └ dense (Dense)              │ (None, 3)              │            15 │',
    );
    const copy = tf.keras.models.cloneModel(model);
    expect([copy.countParams(), copy.outputShape]).toEqual([23, [null, 2]]);
  });
  test('unknown sizes stay unknown', () => {
    const x = tf.keras.Input({ shape: [null, 8] });
    expect(new layers.LSTM(4, { returnSequences: true })(x).shape).toEqual([null, null, 4]);
    expect(tf.reshape(new layers.Conv1D(4, 3, { strides: 2 })(x), [-1, 4]).shape).toEqual([null, 4]);
    expect(new layers.GlobalAveragePooling1D()(x).shape).toEqual([null, 8]);
    expect(tf.reduceMean(x, { axis: 1 }).shape).toEqual([null, 8]);
    expect(new layers.Dense(2).computeOutputShape([null, 5])).toEqual([null, 2]);
  });
  test('mistakes', () => {
    const model = twoInputs();
    expect(() => model.getLayer('dens_1')).toThrow(
      `No such layer: dens_1. Existing layers are: ['a', 'b', 'dense', 'concatenate', 'activation', 'dense_1']. Did you mean "dense" or "dense_1"?`,
    );
    expect(() => model([tf.ones([2, 5]), tf.ones([2, 4])])).toThrow(
      "Input 0 with name 'a' of layer 'functional' is incompatible with the layer: expected shape=(None, 4), found shape=(2, 5)",
    );
    expect(() => model(tf.ones([2, 4]))).toThrow(
      'expects 2 named input(s) with keys [a, b], but it received 1 input tensors',
    );
    const [x, y] = [tf.keras.Input({ shape: [2] }), tf.keras.Input({ shape: [2] })];
    expect(() => new tf.keras.Model({ inputs: x, outputs: x.add(y) })).toThrow(
      /Graph disconnected: cannot find parent for tensor <KerasTensor shape=\(None, 2\), dtype=float32, sparse=False, ragged=False, name=keras_tensor_\d+> at operation 'add_1'/,
    );
    expect(() => new tf.keras.Model({ inputs: tf.ones([2]), outputs: x })).toThrow(
      'All `inputs` values must be KerasTensors',
    );
    expect(() => x.itemSync()).toThrow('is symbolic and has no data');
  });
});

describe('Sequential', () => {
  test('built by an input, by a shape, by data', () => {
    const a = new tf.keras.Sequential([tf.keras.Input({ shape: [4] }), new layers.Dense(2)]);
    const b = new tf.keras.Sequential([new layers.Dense(2)]);
    expect([a.built, b.built]).toEqual([true, false]);
    b.build([null, 4]);
    const c = new tf.keras.Sequential();
    c.add(new layers.Dense(2));
    c(tf.ones([3, 4]));
    expect([a.countParams(), b.countParams(), c.countParams(), a.outputShape, c.outputShape]).toEqual([
      10,
      10,
      10,
      [null, 2],
      [3, 2],
    ]);
    expect([a.layers.length, b.layers.map((l) => l.path)]).toEqual([1, ['sequential_1/dense_1']]);
  });
  test('summaries before and after', () => {
    const model = new tf.keras.Sequential([new layers.Dense(3), new layers.Dense(1)]);
    expect(summaryText(model, { lineLength: 76 })).toContain(
      '│ dense (Dense)                   │ ?                      │   0 (unbuilt) │',
    );
    model.build([null, 4]);
    expect(summaryText(model, { lineLength: 76, showTrainable: true })).toBe(
      lines(
        'Model: "sequential"',
        '┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━┳━━━━━━━┓',
        '┃ Layer (type)                ┃ Output Shape          ┃    Param # ┃ Trai… ┃',
        '┡━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━╇━━━━━━━┩',
        '│ dense (Dense)               │ (None, 3)             │         15 │   Y   │',
        '├─────────────────────────────┼───────────────────────┼────────────┼───────┤',
        '│ dense_1 (Dense)             │ (None, 1)             │          4 │   Y   │',
        '└─────────────────────────────┴───────────────────────┴────────────┴───────┘',
        ' Total params: 19 (76.00 B)',
        ' Trainable params: 19 (76.00 B)',
        ' Non-trainable params: 0 (0.00 B)',
      ),
    );
  });
  test('config and back, adding and popping', () => {
    const model = new tf.keras.Sequential([new layers.Dense(3, { activation: 'relu' }), new layers.Dense(1)]);
    model.build([null, 4]);
    const again = tf.keras.models.modelFromConfig(JSON.parse(JSON.stringify(model.serialize())));
    expect([again.countParams(), again.getConfig()]).toEqual([19, model.getConfig()]);
    expect(model.pop()!.name).toBe('dense_1');
    expect(model.outputShape).toEqual([null, 3]);
    expect(() => model.add(new layers.Dense(1, { name: 'dense' }))).toThrow(
      "All layers added to a Sequential model should have unique names. Name 'dense' is already the name of a layer in this model.",
    );
    expect(() => model.add(3 as never)).toThrow(
      'Only instances of `keras.Layer` can be added to a Sequential model. Received: 3 (of type number)',
    );
  });
});

describe('subclassed models', () => {
  class Two extends tf.keras.Model {
    first = new layers.Dense(4);
    more = { second: [new layers.Dense(2)] };
    override call(x: Tensor): Tensor {
      return this.more.second[0]!(this.first(x));
    }
  }
  test('layers in fields, arrays and objects; shapes after the first call', () => {
    const model = new Two();
    expect(model.layers.map((l) => l.name)).toEqual(['dense', 'dense_1']);
    expect(() => model.countParams()).toThrow(
      "You tried to call `countParams` on layer 'two', but the layer isn't built.",
    );
    expect(model(tf.ones([2, 3])).shape).toEqual([2, 2]);
    expect(summaryText(model, { lineLength: 76 })).toContain(
      '│ dense_1 (Dense)                 │ (2, 2)                 │            10 │',
    );
    expect(model.weights.map((w) => w.path)).toEqual([
      'two/dense/kernel',
      'two/dense/bias',
      'two/dense_1/kernel',
      'two/dense_1/bias',
    ]);
  });
  test('symbolic inputs work too', () => {
    const inputs = tf.keras.Input({ shape: [3] });
    const model = new tf.keras.Model({ inputs, outputs: new Two()(inputs) });
    expect([model.outputShape, model.countParams()]).toEqual([[null, 2], 26]);
  });
});
