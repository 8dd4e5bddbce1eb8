// Convolutions of 1 to 3 dimensions: kernels move their axes, padding is made explicit where the two rules differ.
import { samePadding } from '@nn/core';
import type { keras } from '@nn/keras';
import { nn } from '@nn/torch';
import { channels } from '../arrange.js';
import { only } from '../refuse.js';
import { type Example, type Module, type PortContext, type PortRecord, record, type Refusal } from '../rule.js';
import type { Weights } from '../slot.js';
import { activationModules } from './activation-functions.js';
import { channelsOf, extent, isNone, type Pairs, range, short, spatialOf, symmetric, torchPadding } from './sizes.js';
import { layersOf, type Rank, ranks } from './families.js';

type Conv = InstanceType<typeof nn.Conv2d>;
type KerasConv = InstanceType<typeof keras.layers.Conv2D>;
type Window = Pick<KerasConv, 'kernelSize' | 'strides' | 'dilationRate' | 'padding' | 'dataFormat'>;

/** `[O, I, ...k]` to `[...k, I, O]`. */
export const kernelPerm = (n: number): number[] => [...range(n).map((i) => i + 2), 1, 0];

/** Pads of a Keras convolution, for the sizes of its input. */
export function padsOf(l: Window, context: PortContext): Pairs {
  const spatial = spatialOf(l, context);
  return l.kernelSize.map((k, i): readonly [number, number] => {
    if (l.padding === 'valid') return [0, 0];
    if (l.padding === 'causal') return [(k - 1) * l.dilationRate[i]!, 0];
    return samePadding(
      l.strides[i] === 1 ? k * l.dilationRate[i]! : (spatial[i] ?? 0),
      k,
      l.strides[i]!,
      l.dilationRate[i],
    );
  });
}
/** Settings that both constructors have. */
export const torchWindow = (l: Window): { stride: readonly number[]; dilation: readonly number[] } => ({
  stride: l.strides,
  dilation: l.dilationRate,
});
const sizeMatters = (l: Window): boolean => l.padding === 'same' && l.strides.some((s) => s > 1);
/** 'same' with strides depends on the size of the input. */
export const refuseUnknownSame: Refusal<Window> = {
  setting: (l) => `padding: 'same', strides: ${short(l.strides)}`,
  when: (l, context) => sizeMatters(l) && spatialOf(l, context).some((n) => n === null),
  reason: "the padding of 'same' with strides depends on the size of the input, which is unknown here",
  wayOut: 'Pass { inputShape } with numbers',
};
/** Keras on TensorFlow takes a last axis as long as the bias for the channels. */
const refuseMisplacedBias: Refusal<KerasConv> = {
  setting: (l) => `dataFormat: 'channels_first', filters: ${l.filters}`,
  when: (l, { inputShape }) =>
    l.dataFormat === 'channels_first' &&
    l.useBias &&
    l.filters > 1 &&
    !inputShape.some((n) => n === null) &&
    (l.computeOutputShape([null, ...inputShape]) as readonly number[]).at(-1) === l.filters,
  reason:
    'its output is as wide as it has filters, and then Keras adds the bias along the width instead of the channels',
  wayOut: 'Use channels_last, or another number of filters',
};
export const refuseStrideWithDilation: Refusal<Conv> = {
  setting: (m) => `stride: ${short(m.stride)}, dilation: ${short(m.dilation)}`,
  when: (m) => m.stride.some((s) => s > 1) && m.dilation.some((d) => d > 1),
  reason: 'Keras convolutions have either strides or dilationRate above 1',
};
/** A module in front of `module` that pads, where the module itself cannot. */
export function padded(n: Rank, pads: Pairs, make: (padding: number[] | 0) => Module): Module[] {
  if (isNone(pads)) return [make(0)];
  if (symmetric(pads)) return [make(pads.map(([p]) => p))];
  return [new nn[`ZeroPad${n}d`](torchPadding(pads)), make(0)];
}

function convolutions(n: Rank): PortRecord {
  const { Conv, ZeroPadding } = layersOf(n);
  const Torch = nn[`Conv${n}d`] as unknown as new (...args: ConstructorParameters<typeof nn.Conv2d>) => Conv;
  const shape = (c: number): number[] => [c, ...range(n).map((i) => 9 - i)];
  const last = (c: number): number[] => [...shape(c).slice(1), c];
  const torch = (...args: ConstructorParameters<typeof nn.Conv2d>): Example<Conv> => ({
    make: () => new Torch(...args),
    inputShapes: [shape(args[0])],
  });
  const inKeras = (...args: ConstructorParameters<typeof keras.layers.Conv2D>): Example<KerasConv> => ({
    make: () => new Conv(...args),
    inputShapes: [last(4)],
  });
  return record<Conv, KerasConv>(Torch, Conv, {
    arrange: channels,
    toKeras(m) {
      const options = {
        strides: short(m.stride),
        dilationRate: short(m.dilation),
        groups: m.groups,
        useBias: m.bias !== null,
        dataFormat: 'channels_last',
      };
      const conv = (padding: string): KerasConv =>
        new Conv(m.outChannels, short(m.kernelSize), { ...options, padding });
      const p = m.padding === 'valid' ? range(n).map(() => 0) : m.padding;
      if (p === 'same') return conv('same');
      if (p.every((x) => x === 0)) return conv('valid');
      const half = extent(m.kernelSize, m.dilation).every((k, i) => p[i] === (k - 1) / 2);
      if (half && m.stride.every((s) => s === 1)) return conv('same');
      const pads = p.map((x): [number, number] => [x, x]);
      return [new ZeroPadding({ padding: n === 1 ? pads[0]! : pads, dataFormat: 'channels_last' }), conv('valid')];
    },
    toTorch(l, context) {
      const options = { ...torchWindow(l), groups: l.groups, bias: l.useBias };
      const make = (padding: number[] | 0 | 'same'): Module =>
        new Torch(channelsOf(l, context), l.filters, l.kernelSize, { ...options, padding });
      const pads = padsOf(l, context);
      const modules =
        l.padding === 'same' && !sizeMatters(l) && !symmetric(pads) ? [make('same')] : padded(n, pads, make);
      return [...modules, ...activationModules(l.activation, context, n + 2)];
    },
    anySize: true,
    weights: (m): Weights => ({ weight: { to: 'kernel', transpose: kernelPerm(n) }, ...(m.bias && { bias: 'bias' }) }),
    torchArguments: (m) => [m.inChannels, m.outChannels, short(m.kernelSize)],
    refuseToKeras: [only('paddingMode', 'zeros', 'Keras convolutions pad with zeros only'), refuseStrideWithDilation],
    refuseToTorch: [refuseUnknownSame, refuseMisplacedBias],
    notes: `kernel [...k, I/g, O] = permute(weight [O, I/g, ...k]); padding p becomes 'same' where it is the same (stride 1, p = (extent - 1) / 2), else ZeroPadding${n}D; 'same' and 'causal' become explicit padding; an activation becomes a module of its own`,
    torchExamples: [
      torch(2, 4, 3),
      torch(2, 4, 3, { padding: 1 }),
      torch(2, 4, 3, { stride: 2, padding: 1, bias: false }),
      torch(4, 6, 3, { groups: 2, dilation: 2 }),
      torch(2, 3, 2, { padding: 'same' }),
    ],
    kerasExamples: [
      inKeras(3, 3, { activation: 'relu' }),
      inKeras(3, 3, { padding: 'same', strides: 2 }),
      inKeras(3, 2, { padding: 'same' }),
      inKeras(6, 3, { padding: 'same', dilationRate: 2, groups: 2, useBias: false, activation: 'softmax' }),
      ...(n === 1 ? [inKeras(3, 3, { padding: 'causal', dilationRate: 2 })] : []),
    ],
  });
}

type KerasDepthwise = InstanceType<typeof keras.layers.DepthwiseConv2D>;
type KerasSeparable = InstanceType<typeof keras.layers.SeparableConv2D>;
/** A depthwise kernel `[...k, C, M]` of a weight `[C * M, 1, ...k]`. */
const depthwiseSlot = (to: string, c: number, m: number, kernel: readonly number[]) =>
  ({ to, view: [c, m, ...kernel], transpose: [...range(kernel.length).map((i) => i + 2), 0, 1] }) as const;

function depthwise(n: 1 | 2): PortRecord[] {
  const Torch = nn[`Conv${n}d`] as unknown as new (...args: ConstructorParameters<typeof nn.Conv2d>) => Conv;
  const shape = [...range(n).map((i) => 7 - i), 3];
  const { DepthwiseConv, SeparableConv } = layersOf(n) as unknown as {
    DepthwiseConv: typeof keras.layers.DepthwiseConv2D;
    SeparableConv: typeof keras.layers.SeparableConv2D;
  };
  const grouped = (l: KerasDepthwise | KerasSeparable, context: PortContext, bias: boolean): Module[] => {
    const c = channelsOf(l, context);
    return padded(
      n,
      padsOf(l, context),
      (padding) => new Torch(c, c * l.depthMultiplier, l.kernelSize, { ...torchWindow(l), groups: c, bias, padding }),
    );
  };
  return [
    record<Module, KerasDepthwise>(null, DepthwiseConv, {
      arrange: channels,
      anySize: true,
      toTorch: (l, context) => [...grouped(l, context, l.useBias), ...activationModules(l.activation, context, n + 2)],
      weights: (_, l) => ({
        weight: depthwiseSlot('kernel', l.kernel.shape[n]!, l.depthMultiplier, l.kernelSize),
        ...(l.useBias && { bias: 'bias' }),
      }),
      refuseToTorch: [refuseUnknownSame],
      notes: `nn.Conv${n}d with groups = channels; output channel = channel * multiplier + m on both sides`,
      kerasExamples: [
        { make: () => new DepthwiseConv(3, { depthMultiplier: 2 }), inputShapes: [shape] },
        {
          make: () => new DepthwiseConv(3, { padding: 'same', activation: 'relu', useBias: false }),
          inputShapes: [shape],
        },
      ],
    }),
    record<Module, KerasSeparable>(null, SeparableConv, {
      arrange: channels,
      anySize: true,
      toTorch(l, context) {
        const c = channelsOf(l, context) * l.depthMultiplier;
        const first = grouped(l, context, false);
        const both = new nn.Sequential(first.at(-1)! as never, new Torch(c, l.filters, 1, { bias: l.useBias }));
        return [...first.slice(0, -1), both, ...activationModules(l.activation, context, n + 2)];
      },
      weights: (_, l) => ({
        '0.weight': depthwiseSlot('depthwise_kernel', l.depthwiseKernel.shape[n]!, l.depthMultiplier, l.kernelSize),
        '1.weight': { to: 'pointwise_kernel', transpose: kernelPerm(n) },
        ...(l.useBias && { '1.bias': 'bias' }),
      }),
      refuseToTorch: [refuseUnknownSame],
      notes: `two nn.Conv${n}d: one with groups = channels, and one of size 1`,
      kerasExamples: [
        { make: () => new SeparableConv(4, 3), inputShapes: [shape] },
        {
          make: () => new SeparableConv(4, 3, { padding: 'same', depthMultiplier: 2, activation: 'tanh' }),
          inputShapes: [shape],
        },
      ],
    }),
  ];
}

export const convolution: readonly PortRecord[] = [...ranks.map(convolutions), ...depthwise(1), ...depthwise(2)];
