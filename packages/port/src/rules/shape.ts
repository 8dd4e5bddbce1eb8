// Layers that only move elements: Flatten, Unflatten and Reshape, Permute, Upsample, RepeatVector.
import { keras } from '@nn/keras';
import { nn } from '@nn/torch';
import { asIs, channels, flattening } from '../arrange.js';
import { permuted, same } from '../layout.js';
import { type ClassOf, type Example, type Module, type PortRecord, record } from '../rule.js';
import { Rearrange } from '../torch-steps.js';
import { applying } from './activation-functions.js';
import { layersOf, type Rank, ranks } from './families.js';
import { range } from './sizes.js';

const { layers } = keras;
type Flatten = InstanceType<typeof nn.Flatten>;
type Unflatten = InstanceType<typeof nn.Unflatten>;
type Upsample = InstanceType<typeof nn.Upsample>;
type UpSampling = InstanceType<typeof layers.UpSampling2D>;

const product = (xs: readonly number[]): number => xs.reduce((a, b) => a * b, 1);
/** The sizes of a shape in which -1 stands for what is left. */
const settled = (target: readonly number[], total: number): number[] => {
  const known = product(target.filter((n) => n !== -1));
  return target.map((n) => (n === -1 ? total / known : n));
};
const end = (dim: number, rank: number): number => (dim < 0 ? dim + rank : dim);
const whole = (m: Flatten, rank: number): boolean => m.startDim === 1 && end(m.endDim, rank) === rank - 1;

const modes: Readonly<Record<string, string>> = { nearest: 'nearest', bilinear: 'bilinear' };
/** The integer factors of an Upsample, or null. */
function factors(m: Upsample, n: number, spatial: readonly number[]): number[] | null {
  const each = range(n).map((i) => {
    if (m.size !== null) return (typeof m.size === 'number' ? m.size : m.size[i]!) / spatial[i]!;
    return typeof m.scaleFactor === 'number' ? m.scaleFactor : (m.scaleFactor?.[i] ?? 0);
  });
  return each.every((f) => Number.isInteger(f) && f > 0) ? each : null;
}

const upsampling = (torch: ClassOf<Upsample>, examples: readonly Example<Upsample>[]): PortRecord =>
  record<Upsample, UpSampling>(torch, null, {
    arrange: channels,
    toKeras(m, { inputShape }) {
      const n = (inputShape.length - 1) as Rank;
      const size = factors(m, n, inputShape.slice(0, -1))!;
      const { UpSampling } = layersOf(n);
      if (n === 1) return new layers.UpSampling1D({ size: size[0]! });
      return new UpSampling({ size, dataFormat: 'channels_last', ...(n === 2 && { interpolation: modes[m.mode]! }) });
    },
    refuseToKeras: [
      {
        setting: (m) => `alignCorners: ${String(m.alignCorners)}`,
        when: (m) => m.alignCorners === true,
        reason: 'UpSampling has no alignCorners',
      },
      {
        setting: (m) => `mode: '${m.mode}'`,
        when: (m, { inputShape }) => !(m.mode === 'nearest' || (m.mode === 'bilinear' && inputShape.length === 3)),
        reason: "UpSampling has 'nearest', and 'bilinear' for images",
      },
      {
        setting: (m) => (m.size === null ? `scaleFactor: ${String(m.scaleFactor)}` : `size: ${String(m.size)}`),
        when: (m, { inputShape }) => factors(m, inputShape.length - 1, inputShape.slice(0, -1)) === null,
        reason: 'UpSampling repeats by whole numbers',
      },
    ],
    notes: "whole factors; 'nearest', and 'bilinear' without alignCorners",
    torchExamples: examples,
  });
const kerasUpsampling = (n: Rank): PortRecord => {
  const { UpSampling } = layersOf(n);
  return record<Upsample, UpSampling>(null, UpSampling, {
    arrange: channels,
    anySize: true,
    toTorch: (l) =>
      new nn.Upsample({
        scaleFactor: typeof l.size === 'number' ? l.size : [...l.size],
        mode: (l.interpolation ?? 'nearest') as 'nearest',
      }),
    refuseToTorch:
      n === 2
        ? [
            {
              setting: (l) => `interpolation: '${l.interpolation}'`,
              when: (l) => !(l.interpolation in modes),
              reason: "nn.Upsample samples other grids than this; 'nearest' and 'bilinear' are the same on both sides",
            },
          ]
        : [],
    kerasExamples: [{ make: () => new UpSampling(), inputShapes: [[...range(n).map((i) => 4 - i), 2]] }],
  });
};

export const shape: readonly PortRecord[] = [
  record(nn.Flatten, layers.Flatten, {
    arrange: (target, inputs) =>
      target instanceof nn.Flatten && !whole(target, inputs[0]!.shape.length)
        ? asIs(target, inputs)
        : flattening(target, inputs),
    anySize: true,
    toKeras: (m, { inputShape }) => {
      const rank = inputShape.length + 1;
      if (whole(m, rank)) return new layers.Flatten({ dataFormat: 'channels_last' });
      const [a, b] = [end(m.startDim, rank) - 1, end(m.endDim, rank) - 1];
      return new layers.Reshape([
        ...inputShape.slice(0, a),
        product(inputShape.slice(a, b + 1)),
        ...inputShape.slice(b + 1),
      ]);
    },
    toTorch: () => new nn.Flatten(),
    refuseToKeras: [
      {
        setting: (m) => `startDim: ${m.startDim}`,
        when: (m, { inputShape }) => end(m.startDim, inputShape.length + 1) === 0,
        reason: 'Keras layers keep the batch axis',
      },
    ],
    notes:
      'the flat order differs (C, H, W in torch; H, W, C in Keras): Linear, norms and PReLU after it are reordered',
    torchExamples: [
      { make: () => new nn.Flatten(), inputShapes: [[2, 3, 4]] },
      { make: () => new nn.Flatten({ startDim: 2 }), inputShapes: [[2, 3, 4]] },
    ],
    kerasExamples: [
      { make: () => new layers.Flatten(), inputShapes: [[2, 3, 4]] },
      { make: () => new layers.Flatten({ dataFormat: 'channels_first' }), inputShapes: [[2, 3, 4]] },
    ],
  }),
  record(nn.Unflatten, layers.Reshape, {
    toKeras: (m, { inputShape }) => {
      const at = end(m.dim, inputShape.length + 1) - 1;
      return new layers.Reshape([
        ...inputShape.slice(0, at),
        ...settled(m.unflattenedSize, inputShape[at]!),
        ...inputShape.slice(at + 1),
      ]);
    },
    toTorch: (l, { inputShape }) => {
      const target = settled(l.targetShape, product(inputShape));
      const flatten: Module[] = inputShape.length > 1 ? [new nn.Flatten()] : [];
      return target.length > 1
        ? [...flatten, new nn.Unflatten(1, target)]
        : flatten.length
          ? flatten
          : new nn.Identity();
    },
    refuseToKeras: [
      {
        setting: (m: Unflatten) => `dim: ${m.dim}`,
        when: (m: Unflatten, { inputShape }) => end(m.dim, inputShape.length + 1) === 0,
        reason: 'Keras layers keep the batch axis',
      },
    ],
    notes: 'in the order of torch and of Keras: images are permuted before and after it',
    torchExamples: [{ make: () => new nn.Unflatten(1, [2, 3]), inputShapes: [[6, 4]] }],
    kerasExamples: [
      { make: () => new layers.Reshape([4, -1]), inputShapes: [[2, 6]] },
      { make: () => new layers.Reshape([12]), inputShapes: [[2, 6]] },
    ],
  }),
  record<Module, InstanceType<typeof layers.Permute>>(null, layers.Permute, {
    anySize: true,
    toTorch: (l) => new Rearrange(permuted([0, ...l.dims]), same),
    notes: 'torch has no module for it: one of this package',
    kerasExamples: [{ make: () => new layers.Permute([3, 1, 2]), inputShapes: [[2, 3, 4]] }],
  }),
  record<Module, InstanceType<typeof layers.RepeatVector>>(null, layers.RepeatVector, {
    anySize: true,
    toTorch: (l) => applying(`repeat ${l.n} times`, (x) => l.call(x)),
    kerasExamples: [{ make: () => new layers.RepeatVector(3), inputShapes: [[4]] }],
  }),
  record<Module, InstanceType<typeof layers.Rescaling>>(null, layers.Rescaling, {
    anySize: true,
    toTorch: (l) => applying('rescaling', (x) => l.call(x)),
    kerasExamples: [{ make: () => new layers.Rescaling(0.5, { offset: 1 }), inputShapes: [[4]] }],
  }),
  record<Module, InstanceType<typeof layers.UnitNormalization>>(null, layers.UnitNormalization, {
    anySize: true,
    toTorch: (l) => applying('unit normalization', (x) => l.call(x)),
    kerasExamples: [{ make: () => new layers.UnitNormalization(), inputShapes: [[3, 4]] }],
  }),
  upsampling(nn.Upsample, [
    { make: () => new nn.Upsample({ scaleFactor: 2 }), inputShapes: [[2, 3, 4]] },
    { make: () => new nn.Upsample({ size: [6, 4], mode: 'bilinear' }), inputShapes: [[2, 3, 4]] },
    { make: () => new nn.Upsample({ scaleFactor: 3 }), inputShapes: [[2, 4]] },
  ]),
  upsampling(nn.UpsamplingNearest2d, [
    { make: () => new nn.UpsamplingNearest2d({ scaleFactor: 2 }), inputShapes: [[2, 3, 4]] },
  ]),
  upsampling(nn.UpsamplingBilinear2d, []),
  ...ranks.map(kerasUpsampling),
  record<Module, InstanceType<typeof layers.TimeDistributed>>(null, layers.TimeDistributed, {
    toTorch: (l, { inputShape }) =>
      new nn.Linear(inputShape.at(-1)!, (l.layer as InstanceType<typeof layers.Dense>).units, {
        bias: (l.layer as InstanceType<typeof layers.Dense>).useBias,
      }),
    weights: (_, l) => ({
      weight: { to: 'kernel', transpose: [1, 0] },
      ...((l.layer as InstanceType<typeof layers.Dense>).useBias && { bias: 'bias' }),
    }),
    refuseToTorch: [
      {
        setting: (l) => `layer: ${l.layer.className}`,
        when: (l) =>
          !(l.layer instanceof layers.Dense) ||
          (l.layer.activation !== null && l.layer.activation !== keras.activations.linear),
        reason: 'only a plain Dense is the same for every step in torch',
        wayOut: 'Put the layer on a reshaped input, or keep it as it is with asModule',
      },
    ],
    notes: 'of a Dense: nn.Linear works on the last axis anyway',
    kerasExamples: [{ make: () => new layers.TimeDistributed(new layers.Dense(3)), inputShapes: [[5, 4]] }],
  }),
];
