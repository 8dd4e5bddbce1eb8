// Keras layers with several inputs: in torch they are operations.
import { keras, type Layer, Tensor as KerasTensor } from '@nn/keras';
import { Tensor } from '@nn/torch';
import { asIs, pointwise } from '../arrange.js';
import { type ClassOf, type Module, type PortRecord, record } from '../rule.js';
import { torchAxis } from './activation-functions.js';

const { layers } = keras;
type Merge = Layer & { call(xs: readonly KerasTensor[]): KerasTensor };
/** Runs the layer on the arrays of torch tensors. */
const merged = (l: Merge) => ({
  modules: [],
  call: (xs: readonly Tensor[]): readonly Tensor[] => [
    new Tensor(l.call(xs.map((x) => new KerasTensor(x.value))).read(), l.className),
  ],
});

const elementwise = [
  layers.Add,
  layers.Subtract,
  layers.Multiply,
  layers.Average,
  layers.Maximum,
  layers.Minimum,
] as const;
const two = [
  [3, 4],
  [3, 4],
];
export const merging: readonly PortRecord[] = [
  ...elementwise.map((Class) =>
    record<Module, Merge>(null, Class as unknown as ClassOf<Merge>, {
      arrange: pointwise,
      anySize: true,
      toTorch: merged,
      notes: 'an operation in the forward',
      kerasExamples: [{ make: () => new Class(), inputShapes: two }],
    }),
  ),
  record<Module, InstanceType<typeof layers.Concatenate>>(null, layers.Concatenate, {
    arrange: (target, inputs) =>
      inputs.some((x) => x.layout.kind === 'flat') ? asIs(target, inputs) : pointwise(target, inputs),
    anySize: true,
    toTorch: (l, c) => {
      const dim = torchAxis(l.axis, c.inputShape.length + 1, c);
      return {
        modules: [],
        call: (xs: readonly Tensor[]) => [
          new Tensor(new layers.Concatenate({ axis: dim }).call(xs.map((x) => new KerasTensor(x.value))).read(), 'Cat'),
        ],
      };
    },
    notes: 'torch.cat; the axis goes with the layout',
    kerasExamples: [{ make: () => new layers.Concatenate(), inputShapes: two }],
  }),
  record<Module, Merge>(null, layers.Dot, {
    anySize: true,
    toTorch: merged,
    notes: 'an operation in the forward',
    kerasExamples: [{ make: () => new layers.Dot(2), inputShapes: two }],
  }),
];
