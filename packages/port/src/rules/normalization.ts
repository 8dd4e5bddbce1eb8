// Normalization: epsilon, momentum (momentum_k = 1 - momentum_t), the axis, and which statistics are kept.
import { keras, Layer } from '@nn/keras';
import { nn } from '@nn/torch';
import { type Arrange, type Arranged, asIs, channels, perChannel, pointwise } from '../arrange.js';
import { channelsLast, type Layout, same } from '../layout.js';
import { only } from '../refuse.js';
import { type ClassOf, type Example, type PortContext, type PortRecord, record, type Refusal } from '../rule.js';
import type { Weights } from '../slot.js';
import { range } from './sizes.js';

const { layers } = keras;
type BatchNorm = InstanceType<typeof nn.BatchNorm2d>;
type InstanceNorm = InstanceType<typeof nn.InstanceNorm2d>;
type KerasBatchNorm = InstanceType<typeof layers.BatchNormalization>;
type KerasGroupNorm = InstanceType<typeof layers.GroupNormalization>;
type KerasLayerNorm = InstanceType<typeof layers.LayerNormalization>;
type KerasRMSNorm = InstanceType<typeof layers.RMSNormalization>;

/** gamma and beta, one number for each channel. */
const scaleAndCenter = (l: { readonly scale: boolean; readonly center: boolean }, hasWeight: boolean): Weights => ({
  ...(l.scale
    ? { weight: { to: 'gamma', features: 0 } }
    : hasWeight && { weight: { drop: 'the Keras layer has no gamma: it stays at 1' } }),
  ...(l.center && { bias: { to: 'beta', features: 0 } }),
});
/** A torch module has a bias only beside a weight: where Keras has beta alone, the weight is kept at 1. */
function affineOf<M extends { weight: { requiresGrad: boolean } | null }>(
  make: (affine: boolean, bias: boolean) => M,
  l: { readonly scale: boolean; readonly center: boolean },
): M {
  const m = make(l.scale || l.center, l.center);
  if (!l.scale && m.weight) m.weight.requiresGrad = false;
  return m;
}

/** Channels along `axis` in Keras: last (then they are second in torch) or second (then both agree). */
const alongAxis: Arrange<unknown> = (target, inputs) => {
  if (!(target instanceof Layer)) return perChannel(target, inputs);
  const rank = inputs[0]!.shape.length;
  if (rank < 3) return perChannel(target, inputs);
  const layout = isAxis(target as unknown as { axis: number }, rank - 1, rank) ? channelsLast(rank) : same;
  return { inputs: [layout], outputs: [layout] };
};
const isAxis = ({ axis }: { readonly axis: number }, wanted: number, rank: number): boolean =>
  (axis < 0 ? axis + rank : axis) === wanted;
const rankOf = (c: PortContext): number => c.inputShape.length + 1;
const otherAxis: Refusal<{ readonly axis: number }> = {
  setting: (l) => `axis: ${l.axis}`,
  when: (l, c) => ![1, rankOf(c) - 1].some((a) => isAxis(l, a, rankOf(c))),
  reason: 'torch normalizes along axis 1, and Keras is moved there only from the last axis',
};
const channelCount = (l: { readonly axis: number }, c: PortContext): number =>
  isAxis(l, rankOf(c) - 1, rankOf(c)) ? c.inputShape.at(-1)! : c.inputShape[0]!;

/** `1 - x` without the rounding that makes 0.09999999999999998 of 0.9. */
const rest = (x: number): number => Number((1 - x).toPrecision(12));
const statistics = 'torch moves running_var by the variance of the batch with n - 1, Keras by that with n';
function batchNorm(torch: typeof nn.BatchNorm2d, shapes: readonly (readonly number[])[]): PortRecord {
  return record<BatchNorm, KerasBatchNorm>(torch, layers.BatchNormalization, {
    arrange: alongAxis,
    toKeras: (m) =>
      new layers.BatchNormalization({
        axis: -1,
        momentum: rest(m.momentum!),
        epsilon: m.eps,
        center: m.bias !== null,
        scale: m.weight !== null,
      }),
    weights: batchNormWeights,
    refuseToKeras: [
      {
        ...only<BatchNorm>('momentum', 0, 'BatchNormalization has no cumulative average'),
        when: (m) => m.momentum === null,
      },
      only('trackRunningStats', true, 'BatchNormalization always keeps moving statistics'),
    ],
    torchArguments: (m) => [m.numFeatures],
    notes: `momentum_k = 1 - momentum_t; ${statistics}`,
    torchExamples: shapes.flatMap((shape): Example<BatchNorm>[] => [
      { make: () => new torch(4), inputShapes: [shape] },
      { make: () => new torch(4, { eps: 1e-3, momentum: 0.3, affine: false }), inputShapes: [shape] },
    ]),
  });
}
const batchNormWeights = (_: BatchNorm, l: KerasBatchNorm): Weights => ({
  ...scaleAndCenter(l, l.center),
  running_mean: { to: 'moving_mean', features: 0 },
  running_var: { to: 'moving_variance', features: 0, differs: statistics },
  num_batches_tracked: { drop: 'a counter that only momentum: null reads' },
});
const kerasBatchNorm = record<BatchNorm, KerasBatchNorm>(null, layers.BatchNormalization, {
  arrange: alongAxis,
  anySize: true,
  toTorch: (l, c) => {
    const Torch = [nn.BatchNorm1d, nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d][rankOf(c) - 2]!;
    return affineOf(
      (affine, bias) => new Torch(channelCount(l, c), { eps: l.epsilon, momentum: rest(l.momentum), affine, bias }),
      l,
    );
  },
  weights: batchNormWeights,
  refuseToTorch: [only('renorm', false, 'torch has no batch renormalization'), otherAxis],
  notes:
    'nn.BatchNorm1d, 2d or 3d by the rank of the input; trainable = false of Keras also stops the use of batch statistics, eval() does that in torch',
  kerasExamples: [
    { make: () => new layers.BatchNormalization(), inputShapes: [[4]] },
    { make: () => new layers.BatchNormalization({ momentum: 0.9, epsilon: 1e-5 }), inputShapes: [[3, 5, 4]] },
    { make: () => new layers.BatchNormalization({ axis: 1, scale: false }), inputShapes: [[4, 3, 5]] },
    { make: () => new layers.BatchNormalization({ center: false }), inputShapes: [[5, 2, 4]] },
  ],
});

/** The last axes in torch, as axes in Keras in rising order, and how the weight of torch is permuted to them. */
function trailing(count: number, rank: number, layout: Layout): { axes: number[]; transpose: number[] } {
  const perm = layout.kind === 'permuted' ? layout.perm : range(rank);
  const axes = range(rank).filter((a) => perm[a]! >= rank - count);
  return { axes, transpose: axes.map((a) => perm[a]! - (rank - count)) };
}
/** Keras's axes, in torch: they have to be the last ones. */
const areTrailing = (axes: readonly number[], rank: number, layout: Layout): boolean => {
  const perm = layout.kind === 'permuted' ? layout.perm : range(rank);
  const dims = axes.map((a) => perm[a < 0 ? a + rank : a]!).sort((a, b) => a - b);
  return dims.every((d, i) => d === rank - dims.length + i);
};
const listed = (axis: number | readonly number[]): readonly number[] => (typeof axis === 'number' ? [axis] : axis);
/** Any layout, as long as the normalized axes are the last ones in torch. */
const overAxes: Arrange<unknown> = (target, inputs) => {
  const [x] = inputs as [Arranged];
  if (!(target instanceof Layer)) return pointwise(target, inputs);
  const axes = listed((target as unknown as { axis: number | readonly number[] }).axis);
  return areTrailing(axes, x.shape.length, x.layout) ? pointwise(target, inputs) : asIs(target, inputs);
};
const notTrailing: Refusal<{ readonly axis: number | readonly number[] }> = {
  setting: (l) => `axis: ${JSON.stringify(l.axis)}`,
  when: (l, c) => !areTrailing(listed(l.axis), rankOf(c), c.layout),
  reason: 'torch normalizes the last axes only',
};
const slotOf = (to: string, count: number, c: PortContext) => ({
  to,
  transpose: trailing(count, rankOf(c), c.layout).transpose,
  ...(count === 1 && { features: 0 }),
});
/** The normalized sizes in torch's order. */
const sizesOf = (l: { readonly axis: number | readonly number[] }, c: PortContext): number[] => {
  const rank = rankOf(c);
  const { axes, transpose } = trailing(listed(l.axis).length, rank, c.layout);
  const sizes: number[] = [];
  transpose.forEach((at, i) => (sizes[at] = c.inputShape[axes[i]! - 1]!));
  return sizes;
};
const fromLast = (axes: readonly number[], rank: number): number | number[] =>
  axes.length === 1 ? axes[0]! - rank : axes.map((a) => a - rank);

export const normalization: readonly PortRecord[] = [
  batchNorm(nn.BatchNorm1d, [[4], [4, 5]]),
  batchNorm(nn.BatchNorm2d, [[4, 3, 5]]),
  batchNorm(nn.BatchNorm3d, [[4, 2, 3, 2]]),
  kerasBatchNorm,
  record<InstanceType<typeof nn.LayerNorm>, KerasLayerNorm>(nn.LayerNorm, layers.LayerNormalization, {
    arrange: overAxes,
    toKeras: (m, c) =>
      new layers.LayerNormalization({
        axis: fromLast(trailing(m.normalizedShape.length, rankOf(c), c.layout).axes, rankOf(c)),
        epsilon: m.eps,
        center: m.bias !== null,
        scale: m.weight !== null,
      }),
    toTorch: (l, c) =>
      affineOf(
        (elementwiseAffine, bias) => new nn.LayerNorm(sizesOf(l, c), { eps: l.epsilon, elementwiseAffine, bias }),
        l,
      ),
    weights: (m, l, c) => {
      const count = m.normalizedShape.length;
      return {
        ...(l.scale
          ? { weight: slotOf('gamma', count, c) }
          : l.center && { weight: { drop: 'the Keras layer has no gamma: it stays at 1' } }),
        ...(l.center && { bias: slotOf('beta', count, c) }),
      };
    },
    refuseToTorch: [
      only(
        'rmsScaling',
        false,
        'its scaling is not that of nn.RMSNorm: it divides by the standard deviation',
        'Use RMSNormalization',
      ),
      notTrailing,
    ],
    torchArguments: (m) => [m.normalizedShape],
    notes: 'gamma and beta of [C, H, W] become [H, W, C]; epsilon is 1e-5 in torch and 1e-3 in Keras',
    torchExamples: [
      { make: () => new nn.LayerNorm(4), inputShapes: [[4]] },
      { make: () => new nn.LayerNorm([3, 4], { elementwiseAffine: false }), inputShapes: [[2, 3, 4]] },
      { make: () => new nn.LayerNorm(5, { bias: false }), inputShapes: [[3, 5]] },
    ],
    kerasExamples: [
      { make: () => new layers.LayerNormalization(), inputShapes: [[3, 4]] },
      { make: () => new layers.LayerNormalization({ axis: [1, 2, 3], center: false }), inputShapes: [[2, 3, 4]] },
      { make: () => new layers.LayerNormalization({ scale: false }), inputShapes: [[4]] },
    ],
  }),
  record<InstanceType<typeof nn.RMSNorm>, KerasRMSNorm>(nn.RMSNorm, layers.RMSNormalization, {
    arrange: overAxes,
    toKeras: (m, c) =>
      new layers.RMSNormalization({
        axis: fromLast(trailing(m.normalizedShape.length, rankOf(c), c.layout).axes, rankOf(c)),
        epsilon: m.eps ?? 2 ** -23,
      }),
    toTorch: (l, c) => new nn.RMSNorm(sizesOf(l, c), { eps: l.epsilon }),
    weights: (m, _, c) => ({ weight: slotOf('scale', m.normalizedShape.length, c) }),
    refuseToKeras: [only('elementwiseAffine', true, 'RMSNormalization always has a scale')],
    refuseToTorch: [notTrailing],
    torchArguments: (m) => [m.normalizedShape],
    notes: 'eps: null of torch is the float32 epsilon, 1.19e-7; Keras has 1e-6',
    torchExamples: [
      { make: () => new nn.RMSNorm(4), inputShapes: [[3, 4]] },
      { make: () => new nn.RMSNorm([2, 4], { eps: 1e-3 }), inputShapes: [[2, 4]] },
    ],
    kerasExamples: [{ make: () => new layers.RMSNormalization(), inputShapes: [[3, 4]] }],
  }),
  record<InstanceType<typeof nn.GroupNorm>, KerasGroupNorm>(nn.GroupNorm, layers.GroupNormalization, {
    arrange: (target, inputs) => (inputs[0]!.shape.length < 3 ? asIs(target, inputs) : alongAxis(target, inputs)),
    anySize: true,
    toKeras: (m) =>
      new layers.GroupNormalization({
        groups: m.numGroups,
        axis: -1,
        epsilon: m.eps,
        center: m.bias !== null,
        scale: m.weight !== null,
      }),
    toTorch: (l, c) =>
      affineOf((affine, bias) => new nn.GroupNorm(l.groups, channelCount(l, c), { eps: l.epsilon, affine, bias }), l),
    weights: (_, l) => scaleAndCenter(l, l.center),
    refuseToTorch: [otherAxis],
    torchArguments: (m) => [m.numGroups, m.numChannels],
    torchExamples: [
      { make: () => new nn.GroupNorm(2, 4), inputShapes: [[4, 3, 5]] },
      { make: () => new nn.GroupNorm(2, 4, { affine: false }), inputShapes: [[4]] },
    ],
    kerasExamples: [
      { make: () => new layers.GroupNormalization({ groups: 2 }), inputShapes: [[3, 5, 4]] },
      { make: () => new layers.GroupNormalization({ groups: -1, axis: 1, scale: false }), inputShapes: [[4, 3, 5]] },
    ],
  }),
  ...([nn.InstanceNorm1d, nn.InstanceNorm2d, nn.InstanceNorm3d] as const).map((torch, i) =>
    record<InstanceNorm, KerasGroupNorm>(torch as unknown as ClassOf<InstanceNorm>, layers.GroupNormalization, {
      arrange: channels,
      toKeras: (m) =>
        new layers.GroupNormalization({
          groups: m.numFeatures,
          axis: -1,
          epsilon: m.eps,
          center: m.bias !== null,
          scale: m.weight !== null,
        }),
      weights: (_, l) => scaleAndCenter(l, l.center),
      refuseToKeras: [only('trackRunningStats', false, 'GroupNormalization keeps no statistics')],
      torchArguments: (m) => [m.numFeatures],
      notes: 'GroupNormalization with one group for each channel',
      torchExamples: [{}, { affine: true }].map((o) => ({
        make: () => new torch(4, o),
        inputShapes: [[4, ...[5, 3, 2].slice(0, i + 1)]],
      })),
    }),
  ),
];
