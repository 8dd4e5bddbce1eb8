// Pooling: windows are the same, what lies around the input is not.
import * as core from '@nn/core';
import type { keras } from '@nn/keras';
import { nn } from '@nn/torch';
import { type Arrange, channels, kerasShapeOf } from '../arrange.js';
import { channelsLast, same } from '../layout.js';
import { ConstantPadding } from '../keras-steps.js';
import { only } from '../refuse.js';
import { type Example, type Module, type PortContext, type PortRecord, record, type Refusal } from '../rule.js';
import { layersOf, type Rank, ranks } from './families.js';
import { isNone, type Pairs, range, short, spatialOf, spread, symmetric, torchPadding } from './sizes.js';

type MaxPool = InstanceType<typeof nn.MaxPool2d>;
type AvgPool = InstanceType<typeof nn.AvgPool2d>;
type KerasPool = InstanceType<typeof keras.layers.MaxPooling2D>;
type AdaptiveAvg = InstanceType<typeof nn.AdaptiveAvgPool2d>;
type AdaptiveMax = InstanceType<typeof nn.AdaptiveMaxPool2d>;
type KerasAdaptive = InstanceType<typeof keras.layers.AdaptiveMaxPooling2D>;
type Global = InstanceType<typeof keras.layers.GlobalMaxPooling2D>;

const last = { dataFormat: 'channels_last' } as const;
const samePads = (spatial: readonly number[], window: readonly number[], strides: readonly number[]): Pairs =>
  window.map((k, i) => core.samePadding(spatial[i]!, k, strides[i]!, 1));
const equalPads = (pads: Pairs, padding: readonly number[]): boolean =>
  pads.every(([a, b], i) => a === padding[i] && b === padding[i]);
const padsOf = (l: KerasPool, context: PortContext): Pairs =>
  l.padding === 'same'
    ? samePads(spatialOf(l, context), l.poolSize, l.strides)
    : l.poolSize.map((): [number, number] => [0, 0]);
const refuseUnknownSame: Refusal<KerasPool> = {
  setting: () => "padding: 'same'",
  when: (l, context) => l.padding === 'same' && spatialOf(l, context).some((n) => n === null),
  reason: "the padding of 'same' depends on the size of the input, which is unknown here",
  wayOut: 'Pass { inputShape } with numbers',
};
/** Ones that fit into a window one step past the end: torch's `ceilMode` counts only what exists. */
const isCeil = (l: KerasPool, pads: Pairs): boolean => pads.every(([a, b], i) => a === 0 && b < l.strides[i]!);

function maxPooling(n: Rank): PortRecord {
  const { MaxPooling } = layersOf(n);
  const Torch = nn[`MaxPool${n}d`];
  const shape = [2, ...range(n).map((i) => 7 - i)];
  const torch = (...args: ConstructorParameters<typeof nn.MaxPool2d>): Example<MaxPool> => ({
    make: () => new Torch(...args),
    inputShapes: [shape],
  });
  const inKeras = (o: ConstructorParameters<typeof keras.layers.MaxPooling2D>[0]): Example<KerasPool> => ({
    make: () => new MaxPooling(o),
    inputShapes: [[...shape.slice(1), 2]],
  });
  return record<MaxPool, KerasPool>(Torch, MaxPooling, {
    arrange: channels,
    anySize: true,
    toKeras(m, { inputShape }) {
      const [window, stride, padding] = [m.kernelSize, m.stride, m.padding].map((x) => spread(x, n)) as [
        number[],
        number[],
        number[],
      ];
      const pool = (kind: string): KerasPool =>
        new MaxPooling({ poolSize: short(window), strides: short(stride), padding: kind, ...last });
      if (padding.every((p) => p === 0)) return pool('valid');
      if (equalPads(samePads(inputShape.slice(0, -1), window, stride), padding)) return pool('same');
      const pads = padding.map((p): [number, number] => [p, p]);
      return [new ConstantPadding(pads, -Infinity), pool('valid')];
    },
    toTorch(l, context) {
      const make = (padding: number[] | 0): Module =>
        new Torch(short(l.poolSize), { stride: short(l.strides), padding });
      const pads = padsOf(l, context);
      if (isNone(pads)) return make(0);
      if (symmetric(pads) && pads.every(([p], i) => 2 * p <= l.poolSize[i]!)) return make(pads.map(([p]) => p));
      return [new nn[`ConstantPad${n}d`](torchPadding(pads), -Infinity), make(0)];
    },
    refuseToKeras: [
      only('dilation', 1, `MaxPooling${n}D has no dilation`, 'Write a custom layer and declare it with definePort'),
      only('ceilMode', false, `MaxPooling${n}D has no ceilMode`),
      only('returnIndices', false, `MaxPooling${n}D returns no indices`),
    ],
    refuseToTorch: [refuseUnknownSame],
    torchArguments: (m) => [m.kernelSize],
    notes:
      "both ignore their padding; torch's becomes 'same' where it is the same, else a padding layer with -infinity; 'same' that pads one side only becomes nn.ConstantPad with -infinity",
    torchExamples: [
      torch(2),
      torch(3, { stride: 2 }),
      torch(3, { stride: 2, padding: 1 }),
      torch(3, { stride: 1, padding: 1 }),
    ],
    kerasExamples: [
      inKeras({}),
      inKeras({ poolSize: 3, strides: 1, padding: 'same' }),
      inKeras({ padding: 'same' }),
      inKeras({ poolSize: 3, strides: 2, padding: 'same' }),
    ],
  });
}

function averagePooling(n: Rank): PortRecord {
  const { AveragePooling, ZeroPadding } = layersOf(n);
  const Torch = nn[`AvgPool${n}d`];
  const shape = [2, ...range(n).map((i) => 7 - i)];
  const torch = (...args: ConstructorParameters<typeof nn.AvgPool2d>): Example<AvgPool> => ({
    make: () => new Torch(...args),
    inputShapes: [shape],
  });
  const inKeras = (o: ConstructorParameters<typeof keras.layers.AveragePooling2D>[0]): Example<KerasPool> => ({
    make: () => new AveragePooling(o),
    inputShapes: [[...shape.slice(1), 2]],
  });
  const windowOf = (m: AvgPool): [number[], number[], number[]] => [
    spread(m.kernelSize, n),
    spread(m.stride, n),
    spread(m.padding, n),
  ];
  const excluded = (m: AvgPool, { inputShape }: PortContext): boolean => {
    const [window, stride, padding] = windowOf(m);
    return (
      padding.every((p) => p === 0) ||
      m.countIncludePad ||
      equalPads(samePads(inputShape.slice(0, -1), window, stride), padding)
    );
  };
  return record<AvgPool, KerasPool>(Torch, AveragePooling, {
    arrange: channels,
    anySize: true,
    toKeras(m) {
      const [window, stride, padding] = windowOf(m);
      const pool = (kind: string): KerasPool =>
        new AveragePooling({ poolSize: short(window), strides: short(stride), padding: kind, ...last });
      if (padding.every((p) => p === 0)) return pool('valid');
      if (!m.countIncludePad) return pool('same');
      const pads = padding.map((p): [number, number] => [p, p]);
      return [new ZeroPadding({ padding: n === 1 ? pads[0]! : pads, ...last }), pool('valid')];
    },
    toTorch(l, context) {
      const pads = padsOf(l, context);
      const o = { stride: short(l.strides), countIncludePad: false };
      if (isNone(pads)) return new Torch(short(l.poolSize), { stride: short(l.strides) });
      return symmetric(pads)
        ? new Torch(short(l.poolSize), { ...o, padding: pads.map(([p]) => p) })
        : new Torch(short(l.poolSize), { ...o, ceilMode: true });
    },
    refuseToKeras: [
      only('ceilMode', false, `AveragePooling${n}D has no ceilMode`),
      only('divisorOverride', null, `AveragePooling${n}D has no divisor of its own`),
      {
        setting: (m) => `padding: ${String(m.padding)}, countIncludePad: false`,
        when: (m, context) => !excluded(m, context),
        reason: `AveragePooling${n}D leaves out only the padding that 'same' adds`,
      },
    ],
    refuseToTorch: [
      refuseUnknownSame,
      {
        setting: () => "padding: 'same'",
        when: (l, context) => !symmetric(padsOf(l, context)) && !isCeil(l, padsOf(l, context)),
        reason: 'it pads one side more than the other here, which nn.AvgPool cannot do without counting the padding',
      },
    ],
    torchArguments: (m) => [m.kernelSize],
    notes:
      "torch counts its padding unless countIncludePad is false: it becomes ZeroPadding; 'same' of Keras never counts it",
    torchExamples: [
      torch(2),
      torch(3, { stride: 2, padding: 1 }),
      torch(3, { stride: 1, padding: 1, countIncludePad: false }),
    ],
    kerasExamples: [inKeras({}), inKeras({ poolSize: 3, strides: 1, padding: 'same' }), inKeras({ padding: 'same' })],
  });
}

/** `null` in torch keeps the size of the input. */
const sizesOf = (m: AdaptiveAvg | AdaptiveMax, n: Rank, { inputShape }: PortContext): number[] => {
  const size = m.outputSize;
  return range(n).map(
    (i) => (Array.isArray(size) ? (size as readonly (number | null)[])[i] : (size as number | null)) ?? inputShape[i]!,
  );
};
function adaptive(n: Rank): PortRecord[] {
  const family = layersOf(n);
  const shape = [2, ...range(n).map((i) => 7 - i)];
  const examples = <M>(Torch: new (size: number) => M): Example<M>[] =>
    [3, 1].map((size) => ({ make: () => new Torch(size), inputShapes: [shape] }));
  const inKeras = (
    Class: typeof family.AdaptiveMaxPooling | typeof family.AdaptiveAveragePooling,
  ): Example<KerasAdaptive>[] => [{ make: () => new Class(2), inputShapes: [[...shape.slice(1), 2]] }];
  const Avg = nn[`AdaptiveAvgPool${n}d`] as unknown as new (size: number | number[]) => AdaptiveAvg;
  const Max = nn[`AdaptiveMaxPool${n}d`] as unknown as new (size: number | number[]) => AdaptiveMax;
  const outputOf = (l: KerasAdaptive): number[] => [...(l as unknown as { outputSize: readonly number[] }).outputSize];
  return [
    record<AdaptiveAvg, KerasAdaptive>(Avg, family.AdaptiveAveragePooling, {
      arrange: channels,
      anySize: true,
      toKeras: (m, c) => new family.AdaptiveAveragePooling(short(sizesOf(m, n, c)), last),
      toTorch: (l) => new Avg(outputOf(l)),
      torchExamples: examples(Avg),
      kerasExamples: inKeras(family.AdaptiveAveragePooling),
    }),
    record<AdaptiveMax, KerasAdaptive>(Max, family.AdaptiveMaxPooling, {
      arrange: channels,
      anySize: true,
      toKeras: (m, c) => new family.AdaptiveMaxPooling(short(sizesOf(m, n, c)), last),
      toTorch: (l) => new Max(outputOf(l)),
      refuseToKeras: [only('returnIndices', false, `AdaptiveMaxPooling${n}D returns no indices`) as never],
      torchExamples: examples(Max),
      kerasExamples: inKeras(family.AdaptiveMaxPooling),
    }),
  ];
}

/** Channels at the door; without `keepdims` only batch and channels leave. */
const globally: Arrange<unknown> = (layer, inputs) => {
  const { inputs: layouts } = channels(layer, inputs);
  const { keepdims, dataFormat } = layer as Global;
  const rank = kerasShapeOf(inputs[0]!).length;
  return { inputs: layouts, outputs: [keepdims && dataFormat === 'channels_last' ? channelsLast(rank) : same] };
};
const globalPooling = (n: Rank): PortRecord[] =>
  (['Average', 'Max'] as const).map((kind) => {
    const Class = layersOf(n)[`Global${kind}Pooling`];
    const Torch = nn[`Adaptive${kind === 'Max' ? 'Max' : 'Avg'}Pool${n}d`] as unknown as new (size: number) => Module;
    return record<Module, Global>(null, Class, {
      arrange: globally,
      anySize: true,
      toTorch: (l) => [new Torch(1), ...(l.keepdims ? [] : [new nn.Flatten() as Module])],
      notes: `nn.Adaptive${kind === 'Max' ? 'Max' : 'Avg'}Pool${n}d(1) and nn.Flatten`,
      kerasExamples: [{}, { keepdims: true }].map((o) => ({
        make: () => new Class(o),
        inputShapes: [[...range(n).map((i) => 5 - i), 3]],
      })),
    });
  });

export const pooling: readonly PortRecord[] = ranks.flatMap((n) => [
  maxPooling(n),
  averagePooling(n),
  ...adaptive(n),
  ...globalPooling(n),
]);
