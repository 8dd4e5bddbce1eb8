// Dropout: the same shares, other random numbers.
import { keras } from '@nn/keras';
import { nn } from '@nn/torch';
import { channels, pointwise } from '../arrange.js';
import { only } from '../refuse.js';
import { type PortRecord, record, type Refusal } from '../rule.js';
import { layersOf, ranks } from './families.js';
import { range } from './sizes.js';

const { layers } = keras;
type Dropout = InstanceType<typeof nn.Dropout2d>;
type Spatial = InstanceType<typeof layers.SpatialDropout2D>;
type Alpha = InstanceType<typeof layers.AlphaDropout>;
const shaped = <L extends { readonly noiseShape: unknown }>(): Refusal<L> =>
  only<L>('noiseShape', null, 'torch has no shape for the noise');

/** One number for each channel, which is last in Keras. */
const wholeChannels = (l: unknown): boolean => {
  const { noiseShape } = l as { noiseShape?: readonly (number | null)[] | null };
  return Boolean(noiseShape) && noiseShape!.every((n, i) => n === (i === 0 || i === noiseShape!.length - 1 ? null : 1));
};

export const dropout: readonly PortRecord[] = [
  record(nn.Dropout, layers.Dropout, {
    arrange: pointwise,
    toKeras: (m) => new layers.Dropout(m.p),
    toTorch: (l) => new nn.Dropout(l.rate),
    refuseToTorch: [shaped()],
    notes: 'the random numbers never match',
    torchExamples: [{ make: () => new nn.Dropout(0.3), inputShapes: [[4]] }],
    kerasExamples: [{ make: () => new layers.Dropout(0.3), inputShapes: [[4]] }],
  }),
  ...ranks.map((n) => {
    const Torch = nn[`Dropout${n}d`] as unknown as new (p: number) => Dropout;
    const { SpatialDropout } = layersOf(n);
    const sizes = range(n).map((i) => 4 - i);
    return record<Dropout, Spatial>(Torch, SpatialDropout, {
      arrange: channels,
      toKeras: (m) => new SpatialDropout(m.p, { dataFormat: 'channels_last' }),
      toTorch: (l) => new Torch(l.rate),
      notes: 'whole channels',
      torchExamples: [{ make: () => new Torch(0.3), inputShapes: [[2, ...sizes]] }],
      kerasExamples: [{ make: () => new SpatialDropout(0.3), inputShapes: [[...sizes, 2]] }],
    });
  }),
  record<InstanceType<typeof nn.AlphaDropout> | InstanceType<typeof nn.FeatureAlphaDropout>, Alpha>(
    nn.AlphaDropout,
    layers.AlphaDropout,
    {
      arrange: (target, inputs) => (wholeChannels(target) ? channels({}, inputs) : pointwise(target, inputs)),
      toKeras: (m) => new layers.AlphaDropout(m.p),
      toTorch: (l) => (wholeChannels(l) ? new nn.FeatureAlphaDropout(l.rate) : new nn.AlphaDropout(l.rate)),
      refuseToTorch: [
        {
          setting: (l) => `noiseShape: ${JSON.stringify(l.noiseShape)}`,
          when: (l) => l.noiseShape !== null && !wholeChannels(l),
          reason: 'torch drops single elements or whole channels',
        },
      ],
      torchExamples: [{ make: () => new nn.AlphaDropout(0.3), inputShapes: [[4]] }],
      kerasExamples: [{ make: () => new layers.AlphaDropout(0.3), inputShapes: [[4]] }],
    },
  ),
  record<InstanceType<typeof nn.FeatureAlphaDropout>, Alpha>(nn.FeatureAlphaDropout, layers.AlphaDropout, {
    arrange: channels,
    toKeras: (m, { inputShape }) =>
      new layers.AlphaDropout(m.p, {
        noiseShape: [null, ...inputShape.map((_, i) => (i === inputShape.length - 1 ? null : 1))],
      }),
    notes: 'AlphaDropout with one number for each channel',
    torchExamples: [{ make: () => new nn.FeatureAlphaDropout(0.3), inputShapes: [[2, 3, 4]] }],
  }),
];
