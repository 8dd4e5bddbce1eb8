// What the three recurrent families are made of: classes, gates, weights.
import { keras, type Tensor as KerasTensor } from '@nn/keras';
import { nn, type Tensor } from '@nn/torch';
import { only } from '../refuse.js';
import type { ClassOf, Refusal } from '../rule.js';
import type { Slot, Weights } from '../slot.js';
import { range } from './sizes.js';

const layers: typeof keras.layers = keras.layers;
export type Recurrent = InstanceType<typeof nn.LSTM>;
export type KerasLSTM = InstanceType<typeof layers.LSTM>;
export type KerasCell = InstanceType<typeof layers.LSTMCell>;
export type Bidirectional = InstanceType<typeof layers.Bidirectional>;
export type Step = InstanceType<typeof nn.LSTMCell>;
export type CallKeras = (x: unknown, ...rest: unknown[]) => KerasTensor | KerasTensor[];
export type CallTorch = (x: Tensor, state?: unknown) => [Tensor, Tensor | [Tensor, Tensor]];

/** What distinguishes the three families. */
export interface Kind {
  readonly name: 'RNN' | 'LSTM' | 'GRU';
  readonly torch: ClassOf<Recurrent>;
  readonly keras: ClassOf<KerasLSTM>;
  readonly states: number;
  make(units: number, o: object, m: Recurrent | Step): KerasLSTM;
  module(inputs: number, units: number, o: object, cell: KerasCell): Recurrent;
  /** Torch's gates in the order of Keras. */
  readonly gates: readonly number[] | null;
  readonly notes: string;
  readonly refuse: readonly Refusal<KerasCell>[];
}
const { tanh, sigmoid, relu } = keras.activations;
const activationName = (l: KerasCell, key: 'activation' | 'recurrentActivation'): string => {
  const f = (l as unknown as Record<string, unknown>)[key];
  return typeof f === 'function' ? f.name : 'null';
};
const gated = (name: string): readonly Refusal<KerasCell>[] => [
  {
    setting: (l) => `activation: ${activationName(l, 'activation')}`,
    when: (l) => l.activation !== tanh,
    reason: `nn.${name} uses tanh`,
  },
  {
    setting: (l) => `recurrentActivation: ${activationName(l, 'recurrentActivation')}`,
    when: (l) => l.recurrentActivation !== sigmoid,
    reason: `nn.${name} uses sigmoid for its gates`,
  },
];
type Flags = { readonly nonlinearity?: 'tanh' | 'relu' };
export const kinds: readonly Kind[] = [
  {
    name: 'RNN',
    torch: nn.RNN as unknown as ClassOf<Recurrent>,
    keras: layers.SimpleRNN as unknown as ClassOf<KerasLSTM>,
    states: 1,
    make: (units, o, m) =>
      new layers.SimpleRNN(units, {
        ...o,
        activation: (m as unknown as Flags).nonlinearity ?? 'tanh',
      }) as unknown as KerasLSTM,
    module: (inputs, units, o, cell) =>
      new nn.RNN(inputs, units, {
        ...o,
        nonlinearity: cell.activation === relu ? 'relu' : 'tanh',
      }) as unknown as Recurrent,
    gates: null,
    notes: 'bias = b_ih + b_hh',
    refuse: [
      {
        setting: (l) => `activation: ${activationName(l, 'activation')}`,
        when: (l) => l.activation !== tanh && l.activation !== relu,
        reason: 'nn.RNN has tanh and relu only',
      },
    ],
  },
  {
    name: 'LSTM',
    torch: nn.LSTM,
    keras: layers.LSTM,
    states: 2,
    make: (units, o) => new layers.LSTM(units, o),
    module: (inputs, units, o) => new nn.LSTM(inputs, units, o),
    gates: null,
    notes: 'the order of the gates is the same (i, f, g, o); bias = b_ih + b_hh',
    refuse: gated('LSTM'),
  },
  {
    name: 'GRU',
    torch: nn.GRU as unknown as ClassOf<Recurrent>,
    keras: layers.GRU as unknown as ClassOf<KerasLSTM>,
    states: 1,
    make: (units, o) => new layers.GRU(units, { ...o, resetAfter: true }) as unknown as KerasLSTM,
    module: (inputs, units, o) => new nn.GRU(inputs, units, o) as unknown as Recurrent,
    gates: [1, 0, 2],
    notes: 'gates r, z, n of torch are z, r, h in Keras; bias [2, 3H] holds b_ih and b_hh; only reset_after = true',
    refuse: [
      ...gated('GRU'),
      only('resetAfter' as never, true, 'nn.GRU applies the reset gate after the projection of the state'),
    ],
  },
];

const suffixes = (m: { readonly bidirectional: boolean }, layer: number): string[] =>
  m.bidirectional ? [`_l${layer}`, `_l${layer}_reverse`] : [`_l${layer}`];
/** Slots of one direction of one layer; `first` is the place of its kernel among the weights of the Keras layer. */
export function direction(
  { gates }: Kind,
  suffix: string,
  units: number,
  bias: boolean,
  first: number,
  layer?: number,
): Weights {
  const at = { ...(layer !== undefined && { layer }), ...(gates && { gates }) };
  const put = (index: number): Partial<Slot> =>
    gates ? { shape: [1, 3 * units], put: { axis: 0, index, of: 2 } } : {};
  return {
    [`weight_ih${suffix}`]: { to: `#${first}`, transpose: [1, 0], ...at },
    [`weight_hh${suffix}`]: { to: `#${first + 1}`, transpose: [1, 0], ...at },
    ...(bias && {
      [`bias_ih${suffix}`]: { to: `#${first + 2}`, ...at, ...put(0) },
      [`bias_hh${suffix}`]: { to: `#${first + 2}`, ...at, ...put(1), ...(!gates && { add: true }) },
    }),
  };
}
export function weightsOf(kind: Kind, m: Recurrent): Weights {
  const per = m.bias ? 3 : 2;
  // Dropout layers stand between the recurrent ones.
  const step = m.dropout > 0 ? 2 : 1;
  const parts = range(m.numLayers).flatMap((l) =>
    suffixes(m, l).map((suffix, side) => direction(kind, suffix, m.hiddenSize, m.bias, side * per, l * step)),
  );
  return Object.assign({}, ...parts) as Weights;
}
