// Multi-head attention: packed projections become one kernel for each head.
import * as core from '@nn/core';
import { keras, type Tensor as KerasTensor } from '@nn/keras';
import { nn, Tensor } from '@nn/torch';
import type { Arrange } from '../arrange.js';
import { tensor } from '../flow.js';
import { batchSecond, same, type Sizes } from '../layout.js';
import { only } from '../refuse.js';
import { type PortContext, type PortRecord, record } from '../rule.js';
import type { Slot, Weights } from '../slot.js';

const { MultiHeadAttention } = keras.layers;
type Mha = InstanceType<typeof nn.MultiheadAttention>;
type KerasMha = InstanceType<typeof MultiHeadAttention>;
type Options = Readonly<Record<string, unknown>>;
const optionsOf = ({ args }: PortContext): Options =>
  (args.find((a) => typeof a === 'object' && a !== null && !Array.isArray(a)) as Options | undefined) ?? {};

const arrange: Arrange<Mha | KerasMha> = (m, inputs) => {
  const layout = m instanceof nn.MultiheadAttention && !m.batchFirst ? batchSecond(3) : same;
  return { inputs: inputs.map(() => layout), outputs: [layout, same] };
};
const projections = ['query', 'key', 'value'] as const;
function weights(m: Mha): Weights {
  const [heads, size, embed] = [m.numHeads, m.embedDim / m.numHeads, m.embedDim];
  const kernel = (name: string, inputs: number, rest: Partial<Slot>): Slot => ({
    to: `${name}/kernel`,
    transpose: [1, 0],
    shape: [inputs, heads, size],
    ...rest,
  });
  const block = (index: number) => ({ take: { axis: 0, index, of: 3 } });
  const separate = { query: embed, key: m.kdim, value: m.vdim };
  return {
    ...(m.in_proj_weight
      ? { in_proj_weight: projections.map((name, i) => kernel(name, embed, block(i))) }
      : Object.fromEntries(projections.map((name) => [`${name[0]}_proj_weight`, kernel(name, separate[name], {})]))),
    ...(m.in_proj_bias && {
      in_proj_bias: projections.map((name, i): Slot => ({ to: `${name}/bias`, shape: [heads, size], ...block(i) })),
    }),
    'out_proj.weight': { to: 'attention_output/kernel', transpose: [1, 0], shape: [heads, size, embed] },
    ...(m.out_proj.bias && { 'out_proj.bias': 'attention_output/bias' }),
  };
}
type CallKeras = (query: KerasTensor, value: KerasTensor, o: object) => KerasTensor | [KerasTensor, KerasTensor];
const averaged = (scores: KerasTensor): KerasTensor =>
  scores.defer('Mean', [scores], (t) => core.mean(t, { axes: 1 })) as KerasTensor;
/** true above the diagonal: where a query must not look. */
const later = (queries: number, keys: number): Tensor =>
  new Tensor(core.greater(core.iota([queries, keys], 1, 'i32'), core.iota([queries, keys], 0, 'i32')));

const examples = [
  {
    make: () => new nn.MultiheadAttention(8, 2, { batchFirst: true }),
    inputShapes: [
      [5, 8],
      [3, 8],
      [3, 8],
    ],
  },
  {
    make: () => new nn.MultiheadAttention(8, 4, { batchFirst: true, bias: false, kdim: 3, vdim: 6 }),
    inputShapes: [
      [5, 8],
      [4, 3],
      [4, 6],
    ],
  },
];
export const attention: readonly PortRecord[] = [
  record<Mha, KerasMha>(nn.MultiheadAttention, MultiHeadAttention, {
    arrange,
    anySize: true,
    takesOptions: ['needWeights', 'averageAttnWeights', 'key', 'returnAttentionScores', 'useCausalMask'],
    toKeras(m, c) {
      const layer = new MultiHeadAttention(m.numHeads, m.embedDim / m.numHeads, {
        dropout: m.dropout,
        useBias: m.in_proj_bias !== null,
      });
      // The key is an option of the call, from which the layer does not learn its size.
      const [q, k, v] = c.inputShapes.map((s): Sizes => [null, ...s]);
      layer.build(q!, v!, k);
      const { needWeights = true, averageAttnWeights = true } = optionsOf(c);
      const call = ([query, key, value]: readonly KerasTensor[]): readonly KerasTensor[] => {
        const out = (layer as unknown as CallKeras)(query!, value!, {
          key: key!,
          ...(needWeights ? { returnAttentionScores: true } : {}),
        });
        if (!Array.isArray(out)) return [out];
        return [out[0], averageAttnWeights ? averaged(out[1]) : out[1]];
      };
      return { layers: [layer], call };
    },
    toTorch(l, c) {
      const o = optionsOf(c);
      const [query, value, key = value] = c.inputShapes.map((s) => s.at(-1)!) as [number, number, number?];
      const m = new nn.MultiheadAttention(query, l.numHeads, {
        dropout: l.dropout,
        bias: l.useBias,
        kdim: key,
        vdim: value,
        batchFirst: true,
      });
      const call = ([q, v, k = v]: readonly Tensor[]): readonly Tensor[] => {
        const mask = o['useCausalMask'] === true ? { attnMask: later(q!.shape[1]!, k!.shape[1]!) } : {};
        const [y, scores] = m(q!, k!, v!, { ...mask, averageAttnWeights: false });
        return o['returnAttentionScores'] === true ? [y, scores] : [y];
      };
      return { modules: [m], call };
    },
    weights: (m) => weights(m),
    refuseToKeras: [
      {
        setting: () => 'addBiasKv: true',
        when: (m) => m.bias_k !== null,
        reason: 'MultiHeadAttention learns no additional key and value',
      },
      only('addZeroAttn', false, 'MultiHeadAttention adds no zeros to keys and values'),
      {
        setting: () => 'attnMask or keyPaddingMask',
        when: (_, c) => Object.values(optionsOf(c)).includes(tensor) || c.args.filter((a) => a === tensor).length > 3,
        reason: 'masks are not carried over',
        wayOut:
          'Call the ported layer with attentionMask (true where a query may look: the opposite of attnMask), or keep the module with asLayer',
      },
    ],
    refuseToTorch: [
      only('useGate', false, 'nn.MultiheadAttention has no gate'),
      only('slidingWindow', null, 'nn.MultiheadAttention has no window', 'Pass attnMask'),
      {
        setting: (l) => `valueDim: ${l.valueDim}`,
        when: (l) => l.valueDim !== l.keyDim,
        reason: 'the heads of nn.MultiheadAttention have one size for keys and values',
      },
      {
        setting: (l) => `numHeads: ${l.numHeads}, keyDim: ${l.keyDim}`,
        when: (l, c) => l.numHeads * l.keyDim !== c.inputShape.at(-1),
        reason: 'the heads of nn.MultiheadAttention share the size of the query',
        wayOut:
          'Make numHeads * keyDim the size of the query, or compose it of nn.Linear and scaledDotProductAttention',
      },
      {
        setting: (l) => `outputShape: [${String(l.outputShape)}]`,
        when: (l, c) =>
          l.outputShape !== null && (l.outputShape.length !== 1 || l.outputShape[0] !== c.inputShape.at(-1)),
        reason: 'nn.MultiheadAttention gives back the size of the query',
      },
      {
        setting: (l) => `attentionAxes: [${String(l.attentionAxes)}]`,
        when: (_, c) => c.inputShape.length !== 2,
        reason: 'nn.MultiheadAttention attends over one axis',
      },
    ],
    torchArguments: (m) => [m.embedDim, m.numHeads],
    notes:
      'in_proj_weight [3E, E] becomes query, key and value kernels [E, H, d]; key_dim is the size of one head; Keras is called with (query, value, key); masks mean the opposite',
    torchExamples: [
      ...examples,
      {
        make: () => new nn.MultiheadAttention(8, 2),
        inputShapes: [
          [5, 8],
          [3, 8],
          [3, 8],
        ],
      },
    ],
    kerasExamples: [
      {
        make: () => new MultiHeadAttention(2, 4),
        inputShapes: [
          [5, 8],
          [3, 8],
        ],
      },
      {
        make: () => new MultiHeadAttention(4, 2, { useBias: false }),
        inputShapes: [
          [5, 8],
          [3, 6],
        ],
      },
    ],
  }),
];
