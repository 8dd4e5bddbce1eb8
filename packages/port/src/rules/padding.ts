// Zeros around the input, and cutting off its edges.
import { type keras, type Layer } from '@nn/keras';
import { nn } from '@nn/torch';
import { channels } from '../arrange.js';
import { ConstantPadding } from '../keras-steps.js';
import { type PortRecord, record } from '../rule.js';
import { layersOf, type Rank, ranks } from './families.js';
import { type Pairs, pairsOfPadding, range, torchPadding } from './sizes.js';

type ZeroPad = InstanceType<typeof nn.ZeroPad2d>;
type ConstantPad = InstanceType<typeof nn.ConstantPad2d>;
type ZeroPadding = InstanceType<typeof keras.layers.ZeroPadding2D>;
type Cropping = InstanceType<typeof keras.layers.Cropping2D>;

const listed = (n: Rank, sides: unknown): Pairs => (n === 1 ? [sides as [number, number]] : (sides as Pairs));

function paddings(n: Rank): PortRecord[] {
  const { ZeroPadding, Cropping } = layersOf(n);
  const shape = [2, ...range(n).map((i) => 6 - i)];
  const moved = [[...shape.slice(1), 2]];
  const toKeras = (m: ZeroPad | ConstantPad): ZeroPadding => {
    const pads = pairsOfPadding(m.padding);
    const sides = pads.map(([a, b]): [number, number] => [Math.max(a, 0), Math.max(b, 0)]);
    return new ZeroPadding({ padding: n === 1 ? sides[0]! : sides, dataFormat: 'channels_last' });
  };
  const crops = (m: ZeroPad): Cropping | null => {
    const cuts = pairsOfPadding(m.padding).map(([a, b]): [number, number] => [Math.max(-a, 0), Math.max(-b, 0)]);
    return cuts.every(([a, b]) => a === 0 && b === 0)
      ? null
      : new Cropping({ cropping: n === 1 ? cuts[0]! : cuts, ...(n > 1 && { dataFormat: 'channels_last' }) });
  };
  const both = (m: ZeroPad) => {
    const cut = crops(m);
    const pads = m.padding.some((p) => p > 0);
    return cut ? (pads ? [cut, toKeras(m)] : [cut as never]) : toKeras(m);
  };
  const Zero = nn[`ZeroPad${n}d`] as unknown as new (padding: number[] | number) => ZeroPad;
  const Constant = nn[`ConstantPad${n}d`] as unknown as new (padding: number[] | number, value: number) => ConstantPad;
  const uneven = range(2 * n).map((i) => (i % 3) + 1);
  return [
    record<ZeroPad, ZeroPadding>(Zero, ZeroPadding, {
      arrange: channels,
      anySize: true,
      toKeras: both,
      toTorch: (l) => new Zero(torchPadding(listed(n, l.padding))),
      notes: `torch names the last axis first: (left, right, top, bottom); Keras ((top, bottom), (left, right)). Negative padding is Cropping${n}D`,
      torchExamples: [1, uneven, range(2 * n).map(() => -1)].map((padding) => ({
        make: () => new Zero(padding),
        inputShapes: [shape],
      })),
      kerasExamples: [{ make: () => new ZeroPadding(), inputShapes: moved }],
    }),
    record<ConstantPad, Layer>(Constant, ConstantPadding, {
      arrange: channels,
      toKeras: (m) => (m.value === 0 ? both(m) : new ConstantPadding(pairsOfPadding(m.padding), m.value)),
      notes: 'a layer of this package where the number is not 0',
      torchExamples: [0, 1.5].map((value) => ({ make: () => new Constant(2, value), inputShapes: [shape] })),
    }),
    record<ZeroPad, Cropping>(null, Cropping, {
      arrange: channels,
      anySize: true,
      toTorch: (l) => new Zero(torchPadding(listed(n, l.cropping).map(([a, b]): [number, number] => [-a, -b]))),
      notes: `nn.ZeroPad${n}d with negative numbers`,
      kerasExamples: [{ make: () => new Cropping({ cropping: 1 }), inputShapes: moved }],
    }),
  ];
}
const constant = record<ConstantPad, ConstantPadding>(null, ConstantPadding, {
  arrange: channels,
  anySize: true,
  toTorch: (l) => {
    const Torch = nn[`ConstantPad${l.padding.length as Rank}d`];
    return new Torch(torchPadding(l.padding), l.value);
  },
});
export const padding: readonly PortRecord[] = [...ranks.flatMap(paddings), constant];
