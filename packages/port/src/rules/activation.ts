// Activations: layers of their own in torch; in Keras a few layers, and Activation for the rest.
import * as core from '@nn/core';
import { keras, Tensor as KerasTensor } from '@nn/keras';
import { nn } from '@nn/torch';
import { asIs, channels, pointwise } from '../arrange.js';
import { type ClassOf, type Example, type Module, type PortContext, type PortRecord, record } from '../rule.js';
import {
  type Activation,
  activationModules,
  applying,
  kerasAxis,
  torchAxis,
  withSettings,
} from './activation-functions.js';
import { range } from './sizes.js';

const { layers, activations } = keras;
type ActivationLayer = InstanceType<typeof layers.Activation>;
const shapes = [[3, 4]];
const image = [[4, 3, 5]];

/** A function of core as an activation of Keras. */
const onCore =
  (f: (x: core.Tensor) => core.Tensor): Activation =>
  (x) =>
    x.symbolic ? (x.defer('Activation', [x], (t) => f(t as core.Tensor)) as KerasTensor) : new KerasTensor(f(x.read()));

/** Modules without settings, by the name of the Keras activation. */
const plain: readonly (readonly [ClassOf<Module>, string])[] = [
  [nn.Sigmoid, 'sigmoid'],
  [nn.Tanh, 'tanh'],
  [nn.SiLU, 'silu'],
  [nn.Mish, 'mish'],
  [nn.Softsign, 'softsign'],
  [nn.LogSigmoid, 'log_sigmoid'],
  [nn.Tanhshrink, 'tanh_shrink'],
  [nn.SELU, 'selu'],
  [nn.Hardsigmoid, 'hard_sigmoid'],
  [nn.Hardswish, 'hard_silu'],
  [nn.ReLU6, 'relu6'],
];

/** A module with settings: the Keras name where it has one for these, else a function. */
const tuned = <M extends Module>(
  torch: ClassOf<M>,
  name: (m: M) => string | null,
  f: (m: M) => (x: core.Tensor) => core.Tensor,
  copy: (m: M) => Module,
  examples: readonly (() => M)[],
  notes?: string,
): PortRecord =>
  record<M, ActivationLayer>(torch, layers.Activation, {
    arrange: pointwise,
    toKeras: (m) => new layers.Activation(name(m) ?? withSettings(onCore(f(m)), () => copy(m))),
    torchExamples: examples.map((make): Example<M> => ({ make, inputShapes: shapes })),
    ...(notes !== undefined && { notes }),
  });

const rankOf = (c: PortContext): number => c.inputShape.length + 1;
/** `dim: null` in torch: 0 for 0, 1 and 3 dimensions, else 1. */
const dimOf = (m: { readonly dim: number | null }, rank: number): number => m.dim ?? ([0, 1, 3].includes(rank) ? 0 : 1);
type AlongDim = InstanceType<typeof nn.Softmax>;
const along = (
  torch: ClassOf<AlongDim>,
  make: (dim: number) => Module,
  f: (x: core.Tensor, axis: number) => core.Tensor,
): PortRecord =>
  record<AlongDim, ActivationLayer>(torch, layers.Activation, {
    arrange: pointwise,
    toKeras: (m, c) => {
      const dim = dimOf(m, rankOf(c));
      const axis = kerasAxis(dim, rankOf(c), c);
      return new layers.Activation(
        withSettings(
          onCore((x) => f(x, axis)),
          () => make(dim),
        ),
      );
    },
    notes: 'the axis goes with the layout',
    torchExamples: [
      { make: () => make(-1) as AlongDim, inputShapes: shapes },
      { make: () => make(1) as AlongDim, inputShapes: image },
    ],
  });

export const activation: readonly PortRecord[] = [
  record(nn.ReLU, layers.ReLU, {
    arrange: pointwise,
    toKeras: () => new layers.ReLU(),
    toTorch: (l) => {
      if (l.threshold) return applying('relu', (x) => l.call(x));
      if (l.maxValue === null) return l.negativeSlope ? new nn.LeakyReLU(l.negativeSlope) : new nn.ReLU();
      return l.maxValue === 6 && !l.negativeSlope ? new nn.ReLU6() : applying('relu', (x) => l.call(x));
    },
    notes: 'negative_slope becomes nn.LeakyReLU, max_value 6 nn.ReLU6; other settings are applied as a function',
    torchExamples: [{ make: () => new nn.ReLU(), inputShapes: shapes }],
    kerasExamples: [
      {},
      { negativeSlope: 0.1 },
      { maxValue: 6 },
      { maxValue: 1, threshold: 0.2, negativeSlope: 0.1 },
    ].map((o) => ({ make: () => new layers.ReLU(o), inputShapes: shapes })),
  }),
  record(nn.LeakyReLU, layers.LeakyReLU, {
    arrange: pointwise,
    toKeras: (m) => new layers.LeakyReLU({ negativeSlope: m.negativeSlope }),
    toTorch: (l) => new nn.LeakyReLU(l.negativeSlope),
    notes: 'the defaults differ: 0.01 in torch, 0.3 in Keras',
    torchExamples: [{ make: () => new nn.LeakyReLU(), inputShapes: shapes }],
    kerasExamples: [{ make: () => new layers.LeakyReLU(), inputShapes: shapes }],
  }),
  record(nn.ELU, layers.ELU, {
    arrange: pointwise,
    toKeras: (m) => new layers.ELU({ alpha: m.alpha }),
    toTorch: (l) => new nn.ELU(l.alpha),
    torchExamples: [{ make: () => new nn.ELU(0.5), inputShapes: shapes }],
    kerasExamples: [{ make: () => new layers.ELU({ alpha: 2 }), inputShapes: shapes }],
  }),
  record(nn.PReLU, layers.PReLU, {
    arrange: (_, inputs) => (inputs[0]!.shape.length < 3 ? pointwise({}, inputs) : channels({}, inputs)),
    toKeras: (m, c) => {
      const rank = rankOf(c);
      return new layers.PReLU({
        sharedAxes: range(rank - 1)
          .map((i) => i + 1)
          .filter((a) => m.numParameters === 1 || a !== rank - 1),
      });
    },
    toTorch: (l) => new nn.PReLU(l.alpha.shape.at(-1)),
    weights: (_, l) => ({ weight: { to: 'alpha', shape: l.alpha.shape, features: l.alpha.shape.length - 1 } }),
    refuseToTorch: [
      {
        setting: (l) => `sharedAxes: ${l.sharedAxes ? `[${l.sharedAxes.join(', ')}]` : 'null'}`,
        when: (l) => l.alpha.shape.slice(0, -1).some((n) => n !== 1),
        reason: 'nn.PReLU has one slope, or one for each channel',
      },
    ],
    notes: 'alpha [1, ..., C] with the spatial axes shared',
    torchExamples: [
      { make: () => new nn.PReLU(), inputShapes: image },
      { make: () => new nn.PReLU(4), inputShapes: image },
      { make: () => new nn.PReLU(4), inputShapes: [[4]] },
    ],
    kerasExamples: [{ make: () => new layers.PReLU({ sharedAxes: [1, 2] }), inputShapes: [[3, 5, 4]] }],
  }),
  record(nn.Softmax, layers.Softmax, {
    arrange: pointwise,
    toKeras: (m, c) => new layers.Softmax({ axis: kerasAxis(dimOf(m, rankOf(c)), rankOf(c), c) }),
    toTorch: (l, c) => new nn.Softmax(torchAxis(l.axis as number, rankOf(c), c)),
    refuseToTorch: [
      {
        setting: (l) => `axis: [${String(l.axis)}]`,
        when: (l) => typeof l.axis !== 'number',
        reason: 'nn.Softmax works along one axis',
      },
    ],
    notes: 'the axis goes with the layout; dim: null is 0 for 1 and 3 dimensions, else 1',
    torchExamples: [
      { make: () => new nn.Softmax(1), inputShapes: shapes },
      { make: () => new nn.Softmax(1), inputShapes: image },
    ],
    kerasExamples: [{ make: () => new layers.Softmax(), inputShapes: shapes }],
  }),
  record<Module, ActivationLayer>(null, layers.Activation, {
    arrange: pointwise,
    toTorch: (l, c) => {
      const [made] = activationModules(l.activation, c, rankOf(c));
      return made ?? new nn.Identity();
    },
    notes: 'the module of the same function; a function without one is applied as it is',
    kerasExamples: ['relu', 'gelu', 'softmax', 'hard_silu', 'squareplus', 'log_softmax', 'linear'].map((name) => ({
      make: () => new layers.Activation(name),
      inputShapes: shapes,
    })),
  }),
  ...plain.map(([torch, name]) =>
    record<Module, ActivationLayer>(torch, layers.Activation, {
      arrange: pointwise,
      toKeras: () => new layers.Activation(name),
      notes: `Activation('${name}')`,
      torchExamples: [{ make: () => new (torch as unknown as new () => Module)(), inputShapes: shapes }],
    }),
  ),
  tuned<InstanceType<typeof nn.GELU>>(
    nn.GELU,
    (m) => (m.approximate === 'none' ? 'gelu' : null),
    () => (x) => core.gelu(x, { approximate: true }),
    (m) => new nn.GELU({ approximate: m.approximate }),
    [() => new nn.GELU(), () => new nn.GELU({ approximate: 'tanh' })],
    'keras.ops.gelu approximates by default, keras.activations.gelu does not',
  ),
  tuned<InstanceType<typeof nn.CELU>>(
    nn.CELU,
    (m) => (m.alpha === 1 ? 'celu' : null),
    (m) => (x) => core.celu(x, m.alpha),
    (m) => new nn.CELU(m.alpha),
    [() => new nn.CELU(), () => new nn.CELU(0.5)],
  ),
  tuned<InstanceType<typeof nn.Softplus>>(
    nn.Softplus,
    (m) => (m.beta === 1 && m.threshold === 20 ? 'softplus' : null),
    (m) => (x) => core.softplus(x, { beta: m.beta, threshold: m.threshold }),
    (m) => new nn.Softplus(m.beta, m.threshold),
    [() => new nn.Softplus(), () => new nn.Softplus(2, 5)],
  ),
  tuned<InstanceType<typeof nn.Hardtanh>>(
    nn.Hardtanh,
    (m) => (m.minVal === -1 && m.maxVal === 1 ? 'hard_tanh' : null),
    (m) => (x) => core.hardTanh(x, { min: m.minVal, max: m.maxVal }),
    (m) => new nn.Hardtanh(m.minVal, m.maxVal),
    [() => new nn.Hardtanh(), () => new nn.Hardtanh(-2, 0.5)],
  ),
  tuned<InstanceType<typeof nn.Threshold>>(
    nn.Threshold,
    () => null,
    (m) => (x) => core.threshold(x, m.threshold, m.value),
    (m) => new nn.Threshold(m.threshold, m.value),
    [() => new nn.Threshold(0.1, -2)],
    'activations.threshold',
  ),
  tuned<InstanceType<typeof nn.Hardshrink>>(
    nn.Hardshrink,
    (m) => (m.lambd === 0.5 ? 'hard_shrink' : null),
    (m) => (x) => core.hardShrink(x, m.lambd),
    (m) => new nn.Hardshrink(m.lambd),
    [() => new nn.Hardshrink(), () => new nn.Hardshrink(0.2)],
  ),
  tuned<InstanceType<typeof nn.Softshrink>>(
    nn.Softshrink,
    (m) => (m.lambd === 0.5 ? 'soft_shrink' : null),
    (m) => (x) => core.softShrink(x, m.lambd),
    (m) => new nn.Softshrink(m.lambd),
    [() => new nn.Softshrink(), () => new nn.Softshrink(0.2)],
  ),
  along(
    nn.LogSoftmax,
    (dim) => new nn.LogSoftmax(dim),
    (x, axis) => core.logSoftmax(x, axis),
  ),
  along(
    nn.Softmin,
    (dim) => new nn.Softmin(dim),
    (x, axis) => core.softmax(core.neg(x), axis),
  ),
  record(nn.Softmax2d, layers.Softmax, {
    arrange: channels,
    toKeras: () => new layers.Softmax({ axis: -1 }),
    torchExamples: [{ make: () => new nn.Softmax2d(), inputShapes: image }],
    notes: 'over the channels, which are last in Keras',
  }),
  record<InstanceType<typeof nn.GLU>, ActivationLayer>(nn.GLU, layers.Activation, {
    arrange: (target, inputs) => (inputs[0]!.layout.kind === 'flat' ? asIs(target, inputs) : pointwise(target, inputs)),
    toKeras: (m, c) => {
      const axis = kerasAxis(m.dim, rankOf(c), c);
      return new layers.Activation(
        withSettings(
          (x) => activations.glu(x, { axis }),
          () => new nn.GLU(m.dim),
        ),
      );
    },
    notes: 'the axis goes with the layout',
    torchExamples: [
      { make: () => new nn.GLU(), inputShapes: shapes },
      { make: () => new nn.GLU(1), inputShapes: image },
    ],
  }),
];
