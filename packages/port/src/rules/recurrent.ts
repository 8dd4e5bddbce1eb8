// Recurrent layers: gate orders, one bias or two, stacks of layers, both directions, states.
import * as core from '@nn/core';
import { keras, type Layer, type Tensor as KerasTensor } from '@nn/keras';
import { nn, type Tensor } from '@nn/torch';
import { same } from '../layout.js';
import { only } from '../refuse.js';
import { type ClassOf, type Example, type PortRecord, record, type Refusal } from '../rule.js';
import {
  type Bidirectional,
  type CallKeras,
  direction,
  type KerasCell,
  type KerasLSTM,
  type Kind,
  kinds,
  type Recurrent,
  type Step,
  weightsOf,
} from './recurrent-kinds.js';
import { arrange, asKeras, connected, list } from './recurrent-states.js';
import { range } from './sizes.js';

const { layers } = keras;
const { tanh, relu } = keras.activations;
const shared: readonly Refusal<KerasCell>[] = [
  only(
    'dropout',
    0,
    'its dropout drops the same inputs at all steps, torch drops between layers only',
    'Put a Dropout layer before it',
  ),
  only('recurrentDropout', 0, 'torch has no dropout inside of the recurrence'),
];
const onCell = <L extends Layer>(find: (l: L) => KerasCell, list: readonly Refusal<KerasCell>[]): Refusal<L>[] =>
  list.map((r) => ({ ...r, setting: (l) => r.setting(find(l)), when: (l, c) => r.when(find(l), c) }));
const cellOf = (l: KerasLSTM): KerasCell => l.cell as unknown as KerasCell;
const stateful: Refusal<KerasLSTM> = only(
  'stateful',
  false,
  'torch modules keep no state from batch to batch',
  'Pass the state explicitly',
);
const shape: readonly (readonly number[])[] = [[5, 3]];

function family(kind: Kind): PortRecord[] {
  const example = (o: object, inputShapes = shape): Example<Recurrent> => ({
    make: () => kind.module(3, 4, o, { activation: tanh } as never),
    inputShapes,
  });
  const inKeras = (o: object): Example<KerasLSTM> => ({ make: () => kind.make(4, o, {} as never), inputShapes: shape });
  return [
    record<Recurrent, KerasLSTM>(kind.torch, kind.keras, {
      arrange: (target, inputs) =>
        typeof (target as Recurrent).batchFirst === 'boolean'
          ? arrange(target as Recurrent, inputs)
          : { inputs: inputs.map(() => same), outputs: [same, same, same] },
      anySize: true,
      takesOptions: ['initialState'],
      toKeras(m) {
        const one = (): Layer => {
          const layer = kind.make(m.hiddenSize, { returnSequences: true, returnState: true, useBias: m.bias }, m);
          return m.bidirectional ? new layers.Bidirectional(layer) : layer;
        };
        const made = range(m.numLayers).flatMap((l): Layer[] => [
          ...(l > 0 && m.dropout > 0 ? [new layers.Dropout(m.dropout)] : []),
          one(),
        ]);
        return { layers: made, call: connected(kind, m, made) };
      },
      toTorch: (l, c) =>
        asKeras(
          kind,
          l,
          kind.module(c.inputShape.at(-1)!, l.units, { batchFirst: true, bias: cellOf(l).useBias }, cellOf(l)),
        ),
      weights: (m) => weightsOf(kind, m),
      refuseToKeras: [
        only('projSize', 0, `keras.layers.${kind.name === 'RNN' ? 'SimpleRNN' : kind.name} has no projection`),
        {
          setting: () => 'cell',
          when: (m) => Boolean((m as { cells?: unknown }).cells),
          reason: 'its cell is a module of your own',
          wayOut:
            'Declare the pair of cells with definePort and write the Keras RNN around it, or keep the module with asLayer',
        },
      ],
      refuseToTorch: [stateful, ...onCell(cellOf, [...shared, ...kind.refuse])],
      torchArguments: (m) => [m.inputSize, m.hiddenSize],
      notes: `${kind.notes}; numLayers and dropout become a stack of layers, bidirectional a Bidirectional; torch trains two biases where Keras has their sum`,
      torchExamples: [
        example({ batchFirst: true }),
        example({ batchFirst: true, bias: false, bidirectional: true }),
        example({ batchFirst: true, numLayers: 2, bidirectional: true }),
        example({}),
        example({ batchFirst: true, numLayers: 3, dropout: 0.2 }),
      ],
      kerasExamples: [
        inKeras({}),
        inKeras({ returnSequences: true, useBias: false }),
        inKeras({ returnSequences: true, returnState: true }),
        inKeras({ goBackwards: true, returnSequences: true }),
      ],
    }),
  ];
}

/** The family of the layer inside of a Bidirectional. */
const kindOf = (l: Bidirectional): Kind => kinds.find((k) => l.forwardLayer.constructor === k.keras) ?? kinds[1]!;
const inner = (l: Bidirectional): KerasLSTM => l.forwardLayer as unknown as KerasLSTM;
const bidirectional = record<Recurrent, Bidirectional>(null, layers.Bidirectional, {
  anySize: true,
  takesOptions: ['initialState'],
  arrange: (_, inputs) => ({ inputs: inputs.map(() => same), outputs: range(6).map(() => same) }),
  toTorch(l, c) {
    const kind = kindOf(l);
    const m = kind.module(
      c.inputShape.at(-1)!,
      inner(l).units,
      { batchFirst: true, bidirectional: true, bias: cellOf(inner(l)).useBias },
      cellOf(inner(l)),
    );
    return asKeras(kind, inner(l), m, l.mergeMode);
  },
  weights: (m, l) => weightsOf(kindOf(l), m),
  refuseToTorch: [
    {
      setting: (l) => `layer: ${l.forwardLayer.className}`,
      when: (l) => !kinds.some((k) => l.forwardLayer.constructor === k.keras),
      reason: 'torch has bidirectional RNN, LSTM and GRU',
    },
    {
      setting: (l) => `backwardLayer: ${l.backwardLayer.className}`,
      when: (l) =>
        l.backwardLayer.constructor !== l.forwardLayer.constructor ||
        (l.backwardLayer as unknown as KerasLSTM).units !== inner(l).units,
      reason: 'torch runs the same kind of layer in both directions',
    },
    {
      setting: () => 'goBackwards: true',
      when: (l) => inner(l).goBackwards,
      reason: 'torch begins with the forward direction',
    },
    {
      setting: () => 'stateful: true',
      when: (l) => inner(l).stateful,
      reason: 'torch modules keep no state from batch to batch',
    },
    ...onCell<Bidirectional>((l) => cellOf(inner(l)), shared),
    ...kinds.flatMap((k) =>
      onCell<Bidirectional>((l) => cellOf(inner(l)), k.refuse).map(
        (r): Refusal<Bidirectional> => ({ ...r, when: (l, c) => kindOf(l) === k && r.when(l, c) }),
      ),
    ),
  ],
  notes:
    "nn.RNN, nn.LSTM or nn.GRU with bidirectional: true; the merge modes other than 'concat' are applied to the two halves",
  kerasExamples: (['concat', 'sum', 'ave', 'mul', null] as const).flatMap((mergeMode, i): Example<Bidirectional>[] => [
    {
      make: () => new layers.Bidirectional(new layers.LSTM(4, { returnSequences: i % 2 === 0 }), { mergeMode }),
      inputShapes: shape,
    },
    {
      make: () => new layers.Bidirectional(new layers.GRU(4, { returnState: i === 0 }), { mergeMode }),
      inputShapes: shape,
    },
  ]),
});

function cell(kind: Kind): PortRecord {
  const Torch = nn[`${kind.name}Cell`] as unknown as new (inputs: number, units: number, o: object) => Step;
  const Keras = { RNN: layers.SimpleRNNCell, LSTM: layers.LSTMCell, GRU: layers.GRUCell }[
    kind.name
  ] as unknown as ClassOf<KerasCell>;
  const zeros = (x: KerasTensor, units: number): KerasTensor =>
    x.defer('Zeros', [x], (t) =>
      core.zeros([(t as core.Tensor).shape[0]!, units], (t as core.Tensor).dtype),
    ) as KerasTensor;
  return record<Step, KerasCell>(Torch, Keras, {
    toKeras(m) {
      const made = cellOf(kind.make(m.hiddenSize, { useBias: m.bias_ih !== null }, m));
      const call = ([x, ...given]: readonly KerasTensor[]): readonly KerasTensor[] => {
        const states = given.length ? [...given] : range(kind.states).map(() => zeros(x!, m.hiddenSize));
        const [, next] = (made as unknown as CallKeras)(x, states) as unknown as [KerasTensor, KerasTensor[]];
        return next;
      };
      return { layers: [made], call };
    },
    toTorch(l, c) {
      const m = new Torch(c.inputShape.at(-1)!, l.units, {
        bias: l.useBias,
        ...(kind.name === 'RNN' && { nonlinearity: l.activation === relu ? 'relu' : 'tanh' }),
      });
      const call = ([x, ...states]: readonly Tensor[]): readonly Tensor[] => {
        const next = list(
          (m as unknown as (x: Tensor, s: unknown) => Tensor | [Tensor, Tensor])(
            x!,
            kind.states === 1 ? states[0] : states,
          ),
        );
        return [next[0]!, ...next];
      };
      return { modules: [m], call };
    },
    refuseToTorch: [...shared, ...kind.refuse],
    arrange: (_, inputs) => ({ inputs: inputs.map(() => same), outputs: [same, same, same] }),
    weights: (m) => direction(kind, '', m.hiddenSize, m.bias_ih !== null, 0),
    torchArguments: (m) => [m.inputSize, m.hiddenSize],
    notes: kind.notes,
    torchExamples: [
      { make: () => new Torch(3, 4, {}), inputShapes: [[3]] },
      { make: () => new Torch(3, 4, { bias: false }), inputShapes: [[3]] },
    ],
  });
}

export const recurrent: readonly PortRecord[] = [...kinds.flatMap(family), bidirectional, ...kinds.map(cell)];
