// What cannot be ported: each message names the layer, the reason and the way out.
// Long because it is a table: one row for each refusal.
import { keras, Layer, Model, Tensor as KerasTensor } from '@nn/keras';
import * as torch from '@nn/torch';
import { nn, type Tensor } from '@nn/torch';
import { beforeEach, describe, expect, it } from 'vitest';
import { PortError } from './error.js';
import { asLayer } from './live/as-layer.js';
import { asModule } from './live/as-module.js';
import { checkParity } from './parity/check.js';
import { definePort } from './registry.js';
import { toKeras } from './to-keras.js';
import { toTorch } from './to-torch.js';

const { layers } = keras;
beforeEach(() => keras.backend.clearSession());
const custom = 'Write a custom layer and declare it with definePort, or keep the module as it is with asLayer';
const customModule = 'Write a custom module and declare it with definePort, or keep the layer as it is with asModule';
const image = { inputShape: [4, 8, 8] };
const seq = { inputShape: [5, 4] };
const vector = { inputShape: [4] };
class Reads extends nn.Module {
  forward(x: Tensor): Tensor {
    return x.sum().itemSync() > 0 ? x : x.neg();
  }
}
class Writes extends nn.Module {
  constructor() {
    super();
    this.registerBuffer('mean', torch.zeros([4]));
  }
  declare mean: Tensor;
  forward(x: Tensor): Tensor {
    this.mean = x.mean(0);
    return x;
  }
}
class Random extends nn.Module {
  forward(x: Tensor): Tensor {
    return nn.functional.dropout(x, { p: 0.5, training: this.training });
  }
}
class Constant extends nn.Module {
  forward(x: Tensor): Tensor {
    return x.add(torch.tensor([1, 2, 3, 4]));
  }
}
class Pair extends nn.Module {
  w = new nn.Parameter(torch.ones([4]));
  forward(x: Tensor): Tensor {
    return x.mul(this.w);
  }
}
class PairLayer extends Layer {
  override call(x: KerasTensor): KerasTensor {
    return x;
  }
}
class Hidden extends Layer {
  override build(): void {
    this.v = this.addWeight({ name: 'v', shape: [4], initializer: 'zeros' });
  }
  v: unknown;
  override call(x: KerasTensor): KerasTensor {
    const v = this.v as { read(): never };
    return new KerasTensor(v.read());
  }
}
class Mode extends Layer {
  override call(x: KerasTensor, o: { training?: boolean } = {}): KerasTensor {
    return o.training ? x.mul(2) : x;
  }
}
class Power extends nn.Module {
  forward(x: Tensor, n: number): Tensor {
    return x.pow(n);
  }
}
class Twice extends nn.Module {
  power = new Power();
  forward(x: Tensor): Tensor {
    return this.power(x, 2).add(this.power(x, 3));
  }
}
type Row = readonly [name: string, run: () => unknown, message: string];
const rows: readonly Row[] = [
  [
    'pool dilation',
    () => toKeras(new nn.MaxPool2d(2, { dilation: 2 }), image),
    'toKeras: nn.MaxPool2d(2, dilation: 2) cannot become a Keras layer: MaxPooling2D has no dilation. Write a custom layer and declare it with definePort',
  ],
  [
    'pool ceil',
    () => toKeras(new nn.Sequential(new nn.ReLU(), new nn.MaxPool2d(2, { ceilMode: true }) as never), image),
    `toKeras: nn.MaxPool2d(2, ceilMode: true) at "1" cannot become a Keras layer: MaxPooling2D has no ceilMode. ${custom}`,
  ],
  [
    'pool indices',
    () => toKeras(new nn.MaxPool2d(2, { returnIndices: true }), image),
    `toKeras: nn.MaxPool2d(2, returnIndices: true) cannot become a Keras layer: MaxPooling2D returns no indices. ${custom}`,
  ],
  [
    'avg divisor',
    () => toKeras(new nn.AvgPool2d(2, { divisorOverride: 3 }), image),
    `toKeras: nn.AvgPool2d(2, divisorOverride: 3) cannot become a Keras layer: AveragePooling2D has no divisor of its own. ${custom}`,
  ],
  [
    'avg pad',
    () => toKeras(new nn.AvgPool2d(2, { padding: 1, countIncludePad: false }), image),
    `toKeras: nn.AvgPool2d(2, padding: 1, countIncludePad: false) cannot become a Keras layer: AveragePooling2D leaves out only the padding that 'same' adds. ${custom}`,
  ],
  [
    'conv mode',
    () => toKeras(new nn.Conv2d(4, 2, 3, { padding: 1, paddingMode: 'reflect' }), image),
    `toKeras: nn.Conv2d(4, 2, 3, paddingMode: 'reflect') cannot become a Keras layer: Keras convolutions pad with zeros only. ${custom}`,
  ],
  [
    'conv stride dil',
    () => toKeras(new nn.Conv2d(4, 2, 3, { stride: 2, dilation: 2 }), image),
    `toKeras: nn.Conv2d(4, 2, 3, stride: 2, dilation: 2) cannot become a Keras layer: Keras convolutions have either strides or dilationRate above 1. ${custom}`,
  ],
  [
    'convT groups',
    () => toKeras(new nn.ConvTranspose2d(4, 2, 3, { groups: 2 }), image),
    `toKeras: nn.ConvTranspose2d(4, 2, 3, groups: 2) cannot become a Keras layer: Conv2DTranspose has no groups. ${custom}`,
  ],
  [
    'bn momentum',
    () => toKeras(new nn.BatchNorm2d(4, { momentum: null }), image),
    `toKeras: nn.BatchNorm2d(4, momentum: null) cannot become a Keras layer: BatchNormalization has no cumulative average. ${custom}`,
  ],
  [
    'bn track',
    () => toKeras(new nn.BatchNorm2d(4, { trackRunningStats: false }), image),
    `toKeras: nn.BatchNorm2d(4, trackRunningStats: false) cannot become a Keras layer: BatchNormalization always keeps moving statistics. ${custom}`,
  ],
  [
    'in track',
    () => toKeras(new nn.InstanceNorm2d(4, { trackRunningStats: true }), image),
    `toKeras: nn.InstanceNorm2d(4, trackRunningStats: true) cannot become a Keras layer: GroupNormalization keeps no statistics. ${custom}`,
  ],
  [
    'lstm proj',
    () => toKeras(new nn.LSTM(4, 6, { projSize: 2, batchFirst: true }), seq),
    `toKeras: nn.LSTM(4, 6, projSize: 2) cannot become a Keras layer: keras.layers.LSTM has no projection. ${custom}`,
  ],
  [
    'mha kv',
    () =>
      toKeras(new nn.MultiheadAttention(4, 2, { addBiasKv: true, batchFirst: true }), {
        inputShape: [
          [5, 4],
          [5, 4],
          [5, 4],
        ],
      }),
    `toKeras: nn.MultiheadAttention(4, 2, addBiasKv: true) cannot become a Keras layer: MultiHeadAttention learns no additional key and value. ${custom}`,
  ],
  [
    'mha zero',
    () =>
      toKeras(new nn.MultiheadAttention(4, 2, { addZeroAttn: true, batchFirst: true }), {
        inputShape: [
          [5, 4],
          [5, 4],
          [5, 4],
        ],
      }),
    `toKeras: nn.MultiheadAttention(4, 2, addZeroAttn: true) cannot become a Keras layer: MultiHeadAttention adds no zeros to keys and values. ${custom}`,
  ],
  [
    'emb pad',
    () => toKeras(new nn.Embedding(7, 3, { paddingIdx: 0 }), seq),
    'toKeras: nn.Embedding(7, 3, paddingIdx: 0) cannot become a Keras layer: Keras trains every row of an Embedding, it cannot keep one at zero. Make it without paddingIdx, or declare a custom layer with definePort',
  ],
  [
    'emb max',
    () => toKeras(new nn.Embedding(7, 3, { maxNorm: 1 }), seq),
    `toKeras: nn.Embedding(7, 3, maxNorm: 1) cannot become a Keras layer: Keras does not renormalize rows in the forward pass. ${custom}`,
  ],
  [
    'upsample align',
    () => toKeras(new nn.UpsamplingBilinear2d({ scaleFactor: 2 }), image),
    `toKeras: nn.UpsamplingBilinear2d(alignCorners: true) cannot become a Keras layer: UpSampling has no alignCorners. ${custom}`,
  ],
  [
    'upsample frac',
    () => toKeras(new nn.Upsample({ scaleFactor: 1.5 }), image),
    `toKeras: nn.Upsample(scaleFactor: 1.5) cannot become a Keras layer: UpSampling repeats by whole numbers. ${custom}`,
  ],
  [
    'bilinear',
    () => toKeras(new nn.Bilinear(4, 4, 2), { inputShape: [[4], [4]] }),
    `toKeras: nn.Bilinear cannot become a Keras layer: Keras has no bilinear layer. ${custom}`,
  ],
  [
    'lppool in path',
    () => toKeras(new nn.Sequential(new nn.Sequential({ pool: new nn.LPPool2d(2, 2) })), image),
    `toKeras: nn.LPPool2d at "0.pool" cannot become a Keras layer: Keras pools by maximum and average only. ${custom}`,
  ],
  [
    'loss',
    () => toKeras(new nn.MSELoss(), { inputShape: [[4], [4]] }),
    'toKeras: nn.MSELoss cannot become a Keras layer: losses are not layers. Give keras.losses to compile, or to the training loop',
  ],
  [
    'reads',
    () => toKeras(new Reads(), vector),
    "toKeras: the forward of module Reads reads the values of tensors, so it cannot become a graph (dataSync: f32[] has no data yet, because it is being traced (compile, tf.function or symbolic input). JavaScript's if and while are frozen by a trace: use cond, whileLoop or scan, or return the value and read it outside): keep the module as it is with asLayer, or declare it with definePort",
  ],
  [
    'writes',
    () => toKeras(new Writes(), vector),
    "toKeras: module Writes writes its buffer 'mean' in forward, which a graph of layers cannot do: keep the module as it is with asLayer, or declare it with definePort",
  ],
  [
    'random',
    () => toKeras(new Random(), vector),
    'toKeras: module Random computes something else in training than in evaluation; put what differs into child modules, such as nn.Dropout. Keep the module as it is with asLayer, or declare it with definePort',
  ],
  [
    'constant',
    () => toKeras(new Constant(), vector),
    'toKeras: module Constant uses a tensor in forward that is neither an argument nor a parameter or buffer. Register it with registerBuffer; let random numbers come from child modules, such as nn.Dropout. Keep the module as it is with asLayer, or declare it with definePort',
  ],
  [
    'hooks',
    () => {
      const fc = new nn.Linear(4, 2);
      fc.registerForwardHook(() => {});
      return toKeras(new nn.Sequential(fc), vector);
    },
    'toKeras: Linear at "0" has hooks, which are code that Keras layers do not have. Remove them, or keep the module as it is with asLayer',
  ],
  [
    'parametrized',
    () => toKeras(nn.utils.parametrizations.weightNorm(new nn.Linear(4, 2)), vector),
    "toKeras: Linear computes its weight by a parametrization in every call. Bake it with nn.utils.parametrizations.removeParametrizations(module, 'weight'), or keep the module as it is with asLayer",
  ],
  [
    'no shape',
    () => toKeras(new nn.ReLU(), {} as never),
    'toKeras: pass { inputShape }: the shape of the torch input without the batch axis, such as [3, 32, 32]',
  ],
  [
    'gru reset',
    () => toTorch(new layers.GRU(3, { resetAfter: false, name: 'gru' }), seq),
    `toTorch: GRU 'gru' (resetAfter: false) cannot become a torch module: nn.GRU applies the reset gate after the projection of the state. ${customModule}`,
  ],
  [
    'lstm act',
    () => toTorch(new layers.LSTM(3, { activation: 'relu', name: 'lstm' }), seq),
    `toTorch: LSTM 'lstm' (activation: relu) cannot become a torch module: nn.LSTM uses tanh. ${customModule}`,
  ],
  [
    'lstm ract',
    () => toTorch(new layers.LSTM(3, { recurrentActivation: 'hard_sigmoid', name: 'lstm' }), seq),
    `toTorch: LSTM 'lstm' (recurrentActivation: hardSigmoid) cannot become a torch module: nn.LSTM uses sigmoid for its gates. ${customModule}`,
  ],
  [
    'lstm dropout',
    () => toTorch(new layers.LSTM(3, { dropout: 0.5, name: 'lstm' }), seq),
    "toTorch: LSTM 'lstm' (dropout: 0.5) cannot become a torch module: its dropout drops the same inputs at all steps, torch drops between layers only. Put a Dropout layer before it",
  ],
  [
    'stateful',
    () =>
      toTorch(
        new keras.Sequential([
          keras.Input({ batchShape: [2, 5, 4] }),
          new layers.LSTM(3, { stateful: true, name: 'lstm' }),
        ]),
      ),
    "toTorch: LSTM 'lstm' (stateful: true) cannot become a torch module: torch modules keep no state from batch to batch. Pass the state explicitly",
  ],
  [
    'masking',
    () => toTorch(new layers.Masking({ name: 'masking' }), seq),
    "toTorch: Masking 'masking' cannot become a torch module: torch has no masks that travel with tensors. Pass lengths or a mask explicitly",
  ],
  [
    'mask zero',
    () => toTorch(new layers.Embedding(5, 3, { maskZero: true, name: 'embedding' }), seq),
    "toTorch: Embedding 'embedding' (maskZero: true) cannot become a torch module: torch has no masks that travel with tensors. Pass lengths or a mask explicitly, and port an Embedding without maskZero",
  ],
  [
    'regularizer',
    () =>
      toTorch(
        new keras.Sequential([
          keras.Input({ shape: [4] }),
          new layers.Dense(2, { kernelRegularizer: 'l2', name: 'd' }),
        ]),
      ),
    "toTorch: Dense 'd' (kernelRegularizer) cannot become a torch module: torch modules have no regularizers and constraints. Remove it and add the penalty to the loss of the training loop, or use weightDecay of the optimizer",
  ],
  [
    'constraint',
    () => toTorch(new layers.Dense(2, { kernelConstraint: 'non_neg', name: 'd' }), vector),
    "toTorch: Dense 'd' (kernelConstraint) cannot become a torch module: torch modules have no regularizers and constraints. Remove it and constrain the weight after each optimizer step",
  ],
  [
    'lambda',
    () => toTorch(new layers.Lambda((x) => x.mul(2), { name: 'lambda' }), vector),
    "toTorch: Lambda 'lambda' cannot become a torch module: its function is code of your own. Write a module with the same function, and declare the pair of classes with definePort",
  ],
  [
    'prelu',
    () => toTorch(new layers.PReLU({ name: 'p' }), seq),
    `toTorch: PReLU 'p' (sharedAxes: null) cannot become a torch module: nn.PReLU has one slope, or one for each channel. ${customModule}`,
  ],
  [
    'mha dims',
    () =>
      toTorch(new layers.MultiHeadAttention(2, 3, { name: 'mha' }), {
        inputShape: [
          [5, 4],
          [5, 4],
        ],
      }),
    "toTorch: MultiHeadAttention 'mha' (numHeads: 2, keyDim: 3) cannot become a torch module: the heads of nn.MultiheadAttention share the size of the query. Make numHeads * keyDim the size of the query, or compose it of nn.Linear and scaledDotProductAttention",
  ],
  [
    'attention',
    () =>
      toTorch(new layers.Attention({ name: 'attention' }), {
        inputShape: [
          [5, 4],
          [5, 4],
        ],
      }),
    "toTorch: Attention 'attention' cannot become a torch module: its scores are not divided by the square root of the size. Use nn.functional.scaledDotProductAttention with { scale: 1 }, or keep it as it is with asModule",
  ],
  [
    'same unknown',
    () =>
      toTorch(
        new keras.Sequential([
          keras.Input({ shape: [null, null, 3] }),
          new layers.Conv2D(2, 3, { strides: 2, padding: 'same', name: 'conv' }),
        ]),
      ),
    "toTorch: Conv2D 'conv' (padding: 'same', strides: 2) cannot become a torch module: the padding of 'same' with strides depends on the size of the input, which is unknown here. Pass { inputShape } with numbers",
  ],
  [
    'convlstm',
    () => toTorch(new layers.ConvLSTM2D(2, 3, { name: 'c' }), { inputShape: [3, 8, 8, 2] }),
    "toTorch: ConvLSTM2D 'c' cannot become a torch module: torch has RNN, LSTM and GRU only. Write a module that loops over the steps and declare it with definePort",
  ],
  [
    'category',
    () => toTorch(new layers.Normalization({ name: 'n' }), vector),
    `toTorch: Normalization 'n' has no counterpart in torch. Did you mean "RMSNormalization"? ${customModule}`,
  ],
  [
    'unbuilt',
    () => toTorch(new layers.Dense(2, { name: 'dense' })),
    "toTorch: layer 'dense' has not seen an input yet, so its sizes are not known; pass { inputShape }, without the batch axis",
  ],
  [
    'not a layer',
    () => toTorch(new nn.Linear(2, 2) as never),
    'toTorch: expected a Keras layer or model, received function',
  ],
  [
    'hidden',
    () => toTorch(new Hidden({ name: 'hidden' }), vector),
    "toTorch: layer 'hidden' (Hidden) has no rule, and its call cannot be read as a graph: All `outputs` values must be KerasTensors. Received: outputs including invalid value tf.Tensor([0. 0. 0. 0.], shape=(4,), dtype=float32) of type object. Declare it with definePort, or keep it as it is with asModule",
  ],
  [
    'mode',
    () => toTorch(new Mode({ name: 'mode' }), vector),
    "toTorch: layer 'mode' (Mode) computes something else in training than in inference; put what differs into layers of its own, such as Dropout, or keep it as it is with asModule",
  ],
  [
    'rule torch name',
    () => {
      definePort(Pair, PairLayer, { toKeras: () => new PairLayer(), weights: { weigth: 'w' } });
      return toKeras(new Pair(), vector);
    },
    "the rule for Pair and PairLayer names the tensor 'weigth', which the module does not have; it has w.",
  ],
  [
    'rule silent',
    () => {
      definePort(Pair, PairLayer, { toKeras: () => new PairLayer() });
      return toKeras(new Pair(), vector);
    },
    "the rule for Pair and PairLayer does not say what becomes of 'w': add it to weights, or { drop: reason }",
  ],
  [
    'rule keras name',
    () => {
      definePort(Pair, PairLayer, { toKeras: () => new PairLayer({ name: 'pair' }), weights: { w: 'kernel' } });
      return toKeras(new Pair(), vector);
    },
    "the rule for Pair and PairLayer sends 'w' to the weight 'kernel', which layer 'pair' does not have; it has none.",
  ],
  [
    'asModule unbuilt',
    () => asModule(new layers.Dense(2, { name: 'dense' })),
    "asModule: layer 'dense' has no weights yet, so there would be nothing to train. Build it, call it once, or pass { inputShape }, without the batch axis",
  ],
  ['asLayer', () => asLayer(new layers.Dense(2) as never), 'asLayer: expected a torch module, received function'],
  [
    'parity kinds',
    () => checkParity(new nn.ReLU(), new nn.ReLU(), { inputs: [torch.ones([1])] }),
    'checkParity: expected a torch module and a Keras layer, in either order',
  ],
  [
    'parity inputs',
    () => checkParity(new nn.ReLU(), new layers.ReLU(), { inputs: [] }),
    'checkParity: pass { inputs: [...] }, one tensor for each argument',
  ],
  [
    'parity built',
    () => checkParity(new nn.Linear(4, 2), new layers.Dense(2, { name: 'dense' }), { inputs: [torch.ones([1, 4])] }),
    "checkParity: layer 'dense' has no weights yet: build it, or call it once",
  ],
  [
    'parity alike',
    () => {
      const d = new layers.Dense(3, { name: 'dense' });
      d.build([null, 4]);
      return checkParity(new nn.Linear(4, 2), d, { inputs: [torch.ones([1, 4])] });
    },
    "checkParity: the two are not built alike: layer 'dense' should have 2 weights, number 0 of shape [4, 2], and has 2, number 0 of shape [4, 3]. Port one from the other with toKeras or toTorch, or make them of the same layers in the same order",
  ],
  [
    'options',
    () => {
      const x = keras.Input({ shape: [4] });
      const y = new layers.Dropout(0.5, { name: 'drop' })(x, { training: true });
      return toTorch(new Model({ inputs: x, outputs: y }));
    },
    `toTorch: Dropout 'drop' is called with training: true, which its rule does not carry over. ${customModule}`,
  ],
  [
    'frozen part',
    () => {
      const base = new keras.Sequential([keras.Input({ shape: [4] }), new layers.BatchNormalization()], {
        name: 'base',
      });
      const x = keras.Input({ shape: [4] });
      return toTorch(new Model({ inputs: x, outputs: base(x, { training: false }) as KerasTensor }));
    },
    'toTorch: model \'base\' at "base" is called with training: false, which a torch module does not take: call eval() or train() on the part instead. Port the model without the option, or keep it as it is with asModule',
  ],
  [
    'two settings',
    () => toKeras(new Twice(), vector),
    'toKeras: Power at "power" is called twice with different arguments besides tensors (["tensor",2] and ["tensor",3]). Make two of it',
  ],
];

describe('what cannot be ported', () => {
  it.each(rows)('%s', async (_, run, message) => {
    let error: unknown = null;
    try {
      await run();
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(PortError);
    expect((error as PortError).message).toBe(message);
  });
});
