// Resizing: sampling grids of PyTorch and TensorFlow, partitions of unity, gradients to second order.
import { describe, expect, it } from 'vitest';
import { dataSync, tensor, toArraySync } from '../graph/create.js';
import type { Tensor } from '../graph/tensor.js';
import { distance } from '../testing/distance.js';
import { gradcheck } from '../testing/gradcheck.js';
import { antialiasTaps, cubicTaps, interpolate, linearTaps, nearestTaps, resample, type Tap } from './interpolate.js';

const row = tensor([[[1, 2, 4, 8]]], { dtype: 'f64' });
const resized = (o: Parameters<typeof interpolate>[1]): number[] =>
  (toArraySync(interpolate(row, o)) as number[][][])[0]![0]!;

describe('grids', () => {
  it('nearest takes floor(o * scale), nearest-exact the middle', () => {
    expect(nearestTaps(4, 6)[0]!.index).toEqual([0, 0, 1, 2, 2, 3]);
    expect(nearestTaps(4, 6, { exact: true })[0]!.index).toEqual([0, 1, 1, 2, 3, 3]);
    expect(nearestTaps(4, 3)[0]!.index).toEqual([0, 1, 2]);
    expect(nearestTaps(4, 3, { exact: true })[0]!.index).toEqual([0, 2, 3]);
    // a scale of 1 / 0.6 instead of the quotient of the sizes
    expect(nearestTaps(4, 2, { scale: 1 / 0.6 })[0]!.index).toEqual([0, 1]);
  });
  it('linear aligns edges or corners', () => {
    expect(distance(resized({ size: [8], mode: 'linear' }), [1, 1.25, 1.75, 2.5, 3.5, 5, 7, 8])).toBeLessThan(1e-15);
    expect(distance(resized({ size: [7], mode: 'linear', alignCorners: true }), [1, 1.5, 2, 3, 4, 6, 8])).toBeLessThan(
      1e-15,
    );
    expect(distance(resized({ size: [1], mode: 'linear', alignCorners: true }), [1])).toBe(0);
    expect(distance(resized({ size: [2], mode: 'linear' }), [1.5, 6])).toBeLessThan(1e-15);
  });
  it('cubic repeats the edge with a = -0.75, or drops it with a = -0.5', () => {
    const kernel = (t: number, a: number): number =>
      t <= 1 ? (a + 2) * t ** 3 - (a + 3) * t ** 2 + 1 : a * t ** 3 - 5 * a * t ** 2 + 8 * a * t - 4 * a;
    // the first output lies at -0.25: neighbours -2, -1, 0, 1
    const w = [1.75, 0.75, 0.25, 1.25].map((t) => kernel(t, -0.75));
    expect(distance(resized({ size: [8], mode: 'cubic' })[0]!, (w[0]! + w[1]! + w[2]!) * 1 + w[3]! * 2)).toBeLessThan(
      1e-14,
    );
    const [near, far] = [kernel(0.25, -0.5), kernel(1.25, -0.5)];
    const dropped = resample(row, 2, cubicTaps(4, 8, { a: -0.5, edges: 'drop' }));
    expect(distance(dataSync(dropped)[0]!, (near * 1 + far * 2) / (near + far))).toBeLessThan(1e-14);
  });
  it('area averages, antialias widens the filter', () => {
    expect(distance(resized({ size: [2], mode: 'area' }), [1.5, 6])).toBe(0);
    // tent of width 2 around 1 and 3: weights 3/7, 3/7, 1/7
    expect(
      distance(resized({ size: [2], mode: 'linear', antialias: true }), [
        (3 * 1 + 3 * 2 + 4) / 7,
        (2 + 3 * 4 + 3 * 8) / 7,
      ]),
    ).toBeLessThan(1e-14);
    expect(
      distance(resized({ size: [8], mode: 'linear', antialias: true }), resized({ size: [8], mode: 'linear' })),
    ).toBeLessThan(1e-14);
  });
  it.each<[string, (n: number, m: number) => Tap[]]>([
    ['nearest', nearestTaps],
    ['linear', linearTaps],
    ['cubic', cubicTaps],
    ['cubic of TensorFlow', (n, m) => cubicTaps(n, m, { a: -0.5, edges: 'drop' })],
    ['antialiased linear', (n, m) => antialiasTaps(n, m, 'linear')],
    ['antialiased cubic', (n, m) => antialiasTaps(n, m, 'cubic')],
  ])('weights of %s sum to 1 and stay inside', (_, taps) => {
    for (const [n, m] of [
      [1, 4],
      [4, 1],
      [5, 3],
      [3, 5],
      [4, 4],
    ] as const) {
      const list = taps(n, m);
      for (let o = 0; o < m; o++)
        expect(
          distance(
            list.reduce((s, t) => s + t.weight[o]!, 0),
            1,
          ),
        ).toBeLessThan(1e-14);
      for (const t of list) expect(t.index.every((i) => i >= 0 && i < n)).toBe(true);
    }
  });
});

const image = tensor(
  Float64Array.from({ length: 24 }, (_, i) => Math.sin(i)),
  { shape: [1, 2, 3, 4] },
);
it.each([
  { size: [5, 3], mode: 'nearest' },
  { size: [5, 6], mode: 'linear' },
  { size: [2, 6], mode: 'linear', alignCorners: true },
  { size: [4, 3], mode: 'cubic' },
  { size: [2, 2], mode: 'cubic', antialias: true },
  { size: [2, 3], mode: 'area' },
] as const)('has gradients: %o', async (o) => {
  expect(interpolate(image, o).shape).toEqual([1, 2, ...o.size]);
  const result = await gradcheck((x: Tensor) => interpolate(x, o), [image], { order: 2 });
  expect(result).toMatchObject({ ok: true });
});
it('names sizes that do not fit', () => {
  expect(() => interpolate(tensor([1, 2]), { size: [2, 2] })).toThrow(
    'interpolate: x f32[2] has fewer axes than the size [2,2]',
  );
});
