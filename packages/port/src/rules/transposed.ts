// Transposed convolutions: both frameworks cut a window out of the same full map, at other places.
import type { keras } from '@nn/keras';
import { nn } from '@nn/torch';
import { channels } from '../arrange.js';
import { only } from '../refuse.js';
import { type Example, type Module, type PortRecord, record } from '../rule.js';
import type { Weights } from '../slot.js';
import { activationModules } from './activation-functions.js';
import { kernelPerm, refuseStrideWithDilation } from './convolution.js';
import { layersOf, type Rank, ranks } from './families.js';
import { channelsOf, extent, range, short, torchPadding } from './sizes.js';

type ConvTranspose = InstanceType<typeof nn.ConvTranspose2d>;
type KerasTranspose = InstanceType<typeof keras.layers.Conv2DTranspose>;

/** What Keras cuts off the full map `(n - 1) stride + extent` on both sides of an axis; negative: it is longer by that. */
function crop(l: KerasTranspose, i: number): [left: number, right: number] {
  const reach = (l.kernelSize[i]! - 1) * l.dilationRate[i]! + 1;
  const stride = l.strides[i]!;
  const more = l.outputPadding?.[i] ?? null;
  if (l.padding === 'valid') return [0, -(more ?? Math.max(reach, stride) - reach)];
  const total = more === null ? stride + reach - 2 : reach + (reach % 2) - 2 + more;
  const left = Math.min(Math.ceil(total / 2), reach - 1);
  return [reach - 1 - left, reach - 1 - (total - left)];
}

function transposed(n: Rank): PortRecord {
  const { ConvTranspose, Cropping } = layersOf(n);
  const Torch = nn[`ConvTranspose${n}d`] as unknown as new (
    ...args: ConstructorParameters<typeof nn.ConvTranspose2d>
  ) => ConvTranspose;
  const shape = (c: number): number[] => [c, ...range(n).map((i) => 5 - i)];
  const torch = (...args: ConstructorParameters<typeof nn.ConvTranspose2d>): Example<ConvTranspose> => ({
    make: () => new Torch(...args),
    inputShapes: [shape(args[0])],
  });
  const inKeras = (...args: ConstructorParameters<typeof keras.layers.Conv2DTranspose>): Example<KerasTranspose> => ({
    make: () => new ConvTranspose(...args),
    inputShapes: [[...shape(3).slice(1), 3]],
  });
  return record<ConvTranspose, KerasTranspose>(Torch, ConvTranspose, {
    arrange: channels,
    anySize: true,
    toKeras(m) {
      const p = m.padding as readonly number[];
      const q = m.outputPadding;
      const conv = new ConvTranspose(m.outChannels, short(m.kernelSize), {
        strides: short(m.stride),
        dilationRate: short(m.dilation),
        useBias: m.bias !== null,
        dataFormat: 'channels_last',
        outputPadding: short(p.map((x, i) => Math.max(q[i]! - x, 0))),
      });
      const cuts = p.map((x, i): [number, number] => [x, Math.max(x - q[i]!, 0)]);
      if (cuts.every(([a, b]) => a === 0 && b === 0)) return conv;
      return [
        conv,
        new Cropping({ cropping: n === 1 ? cuts[0]! : cuts, ...(n > 1 && { dataFormat: 'channels_last' }) }),
      ];
    },
    toTorch(l, context) {
      const cuts = range(n).map((i) => crop(l, i));
      const reach = extent(l.kernelSize, l.dilationRate);
      const make = (padding: number[], outputPadding: number[]): Module =>
        new Torch(channelsOf(l, context), l.filters, l.kernelSize, {
          stride: l.strides,
          dilation: l.dilationRate,
          bias: l.useBias,
          padding,
          outputPadding,
        });
      const after = activationModules(l.activation, context, n + 2);
      const native = cuts.every(
        ([a, b], i) => a >= 0 && a - b >= 0 && a - b < Math.max(l.strides[i]!, l.dilationRate[i]!) && a < reach[i]!,
      );
      if (native)
        return [
          make(
            cuts.map(([a]) => a),
            cuts.map(([a, b]) => a - b),
          ),
          ...after,
        ];
      const conv = make(
        cuts.map(() => 0),
        cuts.map(([, b]) => Math.max(-b, 0)),
      );
      return [
        conv,
        new nn[`ZeroPad${n}d`](torchPadding(cuts.map(([a, b]): [number, number] => [-a, -Math.max(b, 0)]))),
        ...after,
      ];
    },
    weights: (m): Weights => ({
      weight: { to: 'kernel', transpose: kernelPerm(n) },
      ...(m.bias && { bias: 'bias' }),
    }),
    torchArguments: (m) => [m.inChannels, m.outChannels, short(m.kernelSize)],
    refuseToKeras: [only('groups', 1, `Conv${n}DTranspose has no groups`), refuseStrideWithDilation],
    notes: `padding p and output_padding q of torch become 'valid' with output_padding max(q - p, 0) and a Cropping${n}D; what Keras cuts off on one side only becomes a negative ZeroPad${n}d`,
    torchExamples: [
      torch(3, 2, 3),
      torch(3, 2, 3, { stride: 2, padding: 1, outputPadding: 1 }),
      torch(3, 2, 4, { stride: 2, padding: 1, bias: false }),
      torch(3, 2, 2, { stride: 3, outputPadding: 2 }),
    ],
    kerasExamples: [
      inKeras(2, 3),
      inKeras(2, 3, { strides: 2, padding: 'same' }),
      inKeras(2, 2, { strides: 3, activation: 'relu' }),
      inKeras(2, 4, { strides: 2, padding: 'same', useBias: false }),
    ],
  });
}
export const transposedConvolution: readonly PortRecord[] = ranks.map(transposed);
