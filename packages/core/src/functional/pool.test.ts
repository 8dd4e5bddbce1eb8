// Pooling against plain loops over many window settings, and gradients to second order.
import { describe, expect, it } from 'vitest';
import { gradients } from '../autograd/index.js';
import { dataSync, requireGrad, tensor, toArraySync } from '../graph/create.js';
import type { Tensor } from '../graph/tensor.js';
import { distance } from '../testing/distance.js';
import { gradcheck } from '../testing/gradcheck.js';
import { seeded } from '../testing/draw.js';
import {
  adaptiveAvgPool,
  adaptiveMaxPool,
  adaptiveMaxPoolWithIndices,
  avgPool,
  lpPool,
  maxPool,
  maxPoolWithIndices,
  maxUnpool,
  samePadding,
} from './index.js';

const random = seeded(7);
/** Distinct values in random order, so that each maximum is unique. */
const image = (shape: number[]): Tensor => {
  const n = shape.reduce((a, b) => a * b, 1);
  const order = Array.from({ length: n }, (_, i) => ({ i, r: random() }))
    .sort((a, b) => a.r - b.r)
    .map(({ i }) => i);
  return tensor(
    Float64Array.from(order, (i) => (i - n / 3) * 0.37),
    { shape },
  );
};

interface Setting {
  size: number;
  k: number;
  s: number;
  p: number;
  d: number;
  ceil: boolean;
}
/** One axis of PyTorch's pooling: for each window the values inside and how many places it has with the padding counted. */
function windows(x: number[], { k, s, p, d, ceil }: Setting): { values: number[]; at: number[]; places: number }[] {
  const n = x.length;
  const span = n + 2 * p - d * (k - 1) - 1;
  let out = (ceil ? Math.ceil(span / s) : Math.floor(span / s)) + 1;
  if (ceil && (out - 1) * s >= n + p) out--;
  return Array.from({ length: out }, (_, o) => {
    const start = o * s - p;
    const at = Array.from({ length: k }, (__, j) => start + j * d).filter((i) => i >= 0 && i < n);
    return { at, values: at.map((i) => x[i]!), places: Math.min(start + k, n + p) - start };
  });
}
const settings: Setting[] = [];
for (const size of [5, 6, 8])
  for (const k of [1, 2, 3])
    for (const s of [1, 2, 3])
      for (const p of [0, 1])
        for (const ceil of [false, true]) {
          if (p <= k / 2) settings.push({ size, k, s, p, d: 1, ceil });
        }
const dilated: Setting[] = [
  { size: 8, k: 3, s: 1, p: 1, d: 2, ceil: false },
  { size: 9, k: 2, s: 2, p: 1, d: 3, ceil: true },
];

describe('windows along one axis', () => {
  it.each([...settings, ...dilated])('maximum %o', (o) => {
    const x = image([1, 1, o.size]);
    const expected = windows([...dataSync(x)], o);
    const options = { window: [o.k], stride: o.s, padding: o.p, dilation: o.d, ceilMode: o.ceil };
    expect(dataSync(maxPool(x, options))).toEqual(Float64Array.from(expected, (w) => Math.max(...w.values)));
    const { values, indices } = maxPoolWithIndices(x, options);
    expect(dataSync(values)).toEqual(Float64Array.from(expected, (w) => Math.max(...w.values)));
    expect([...dataSync(indices)]).toEqual(expected.map((w) => w.at[w.values.indexOf(Math.max(...w.values))]));
  });
  it.each(settings)('mean %o', (o) => {
    const x = image([1, 1, o.size]);
    const expected = windows([...dataSync(x)], o);
    const sums = expected.map((w) => w.values.reduce((a, b) => a + b, 0));
    const options = { window: [o.k], stride: o.s, padding: o.p, ceilMode: o.ceil };
    expect(
      distance(
        dataSync(avgPool(x, options)),
        sums.map((v, i) => v / expected[i]!.places),
      ),
    ).toBeLessThan(1e-14);
    expect(
      distance(
        dataSync(avgPool(x, { ...options, countIncludePad: false })),
        sums.map((v, i) => v / expected[i]!.values.length),
      ),
    ).toBeLessThan(1e-14);
    expect(
      distance(
        dataSync(avgPool(x, { ...options, divisor: 7 })),
        sums.map((v) => v / 7),
      ),
    ).toBeLessThan(1e-14);
  });
});

describe('windows over several axes', () => {
  const x = image([2, 2, 5, 6]);
  const at = (n: number, c: number, h: number, w: number): number => dataSync(x)[((n * 2 + c) * 5 + h) * 6 + w]!;
  it('multiply their counts', () => {
    const y = dataSync(avgPool(x, { window: [2, 3], padding: [1, [0, 1]], stride: [2, 2], countIncludePad: false }));
    expect(Math.abs(y[0]! - (at(0, 0, 0, 0) + at(0, 0, 0, 1) + at(0, 0, 0, 2)) / 3)).toBeLessThan(1e-14);
    // last window of the first row: columns 4, 5 and one of padding
    expect(Math.abs(y[2]! - (at(0, 0, 0, 4) + at(0, 0, 0, 5)) / 2)).toBeLessThan(1e-14);
  });
  it('count places in the flattened plane', () => {
    const { values, indices } = maxPoolWithIndices(x, { window: [2, 2] });
    expect(values.shape).toEqual([2, 2, 2, 3]);
    const [v, i] = [dataSync(values), dataSync(indices)];
    v.forEach((value, k) => expect(dataSync(x)[Math.floor(k / 6) * 30 + i[k]!]).toBe(value));
    const back = dataSync(maxUnpool(values, indices, [5, 6]));
    expect(back.filter((b) => b !== 0).length).toBe(v.filter((b) => b !== 0).length);
    v.forEach((value, k) => expect(back[Math.floor(k / 6) * 30 + i[k]!]).toBe(value));
  });
  it('reject a window that does not fit', () => {
    expect(() => maxPool(x, { window: [7, 7] })).toThrow(
      'maxPool: a window of 7 does not fit on axis 2 of f64[2,2,5,6] with padding [0,0]',
    );
  });
});

it('gives the first of equal values the gradient, as PyTorch does', () => {
  const slope = (f: (x: Tensor) => Tensor): number[] => {
    const x = requireGrad(tensor([[[1, 1, 0, 1]]]));
    const y = f(x);
    return [
      ...dataSync(
        gradients([y], {
          cotangents: [
            tensor(
              dataSync(y).map(() => 1),
              { shape: y.shape },
            ),
          ],
          targets: [x],
        }).get(x)!,
      ),
    ];
  };
  expect(slope((x) => maxPool(x, { window: [2] }))).toEqual([1, 0, 0, 1]);
  expect(slope((x) => maxPool(x, { window: [2], stride: 1 }))).toEqual([1, 1, 0, 1]);
  expect(slope((x) => maxPoolWithIndices(x, { window: [2] }).values)).toEqual([1, 0, 0, 1]);
  expect(slope((x) => adaptiveMaxPool(x, [2]))).toEqual([1, 0, 0, 1]);
});

describe('adaptive pooling', () => {
  it('covers floor(i n / o) to ceil((i + 1) n / o)', () => {
    const x = image([2, 5, 7]);
    const flat = dataSync(x);
    const [rows, cols] = [
      [
        [0, 2],
        [1, 4],
        [3, 5],
      ],
      [
        [0, 4],
        [3, 7],
      ],
    ];
    const cells = [0, 1].flatMap((n) =>
      rows.flatMap(([r0, r1]) =>
        cols.map(([c0, c1]) => {
          const v: number[] = [];
          for (let r = r0!; r < r1!; r++) for (let c = c0!; c < c1!; c++) v.push(flat[n * 35 + r * 7 + c]!);
          return v;
        }),
      ),
    );
    expect(
      distance(
        dataSync(adaptiveAvgPool(x, [3, 2])),
        cells.map((v) => v.reduce((a, b) => a + b, 0) / v.length),
      ),
    ).toBeLessThan(1e-14);
    expect(
      distance(
        dataSync(adaptiveMaxPool(x, [3, 2])),
        cells.map((v) => Math.max(...v)),
      ),
    ).toBe(0);
    const { values, indices } = adaptiveMaxPoolWithIndices(x, [3, 2]);
    dataSync(indices).forEach((i, k) => expect(flat[Math.floor(k / 6) * 35 + i]).toBe(dataSync(values)[k]));
  });
  it('takes plain windows where the sizes divide, and repeats where the result is larger', () => {
    expect(toArraySync(adaptiveAvgPool(tensor([[[1, 3, 5, 7]]]), [2]))).toEqual([[[2, 6]]]);
    expect(toArraySync(adaptiveMaxPool(tensor([[[1, 3, 5, 7]]]), [2]))).toEqual([[[3, 7]]]);
    expect(toArraySync(adaptiveAvgPool(tensor([[[1, 3]]]), [4]))).toEqual([[[1, 1, 3, 3]]]);
  });
});

it('pads as TensorFlow', () => {
  expect([
    samePadding(5, 3, 1),
    samePadding(6, 3, 2),
    samePadding(5, 2, 1),
    samePadding(7, 2, 3),
    samePadding(5, 3, 1, 2),
  ]).toEqual([
    [1, 1],
    [0, 1],
    [0, 1],
    [0, 1],
    [2, 2],
  ]);
});

it.each<[string, (x: Tensor) => unknown]>([
  ['maxPool', (x) => maxPool(x, { window: [2, 3], stride: [1, 2], padding: [1, 1], ceilMode: true })],
  ['maxPool dilated', (x) => maxPool(x, { window: [2, 2], stride: 1, dilation: 2 })],
  ['maxPoolWithIndices', (x) => maxPoolWithIndices(x, { window: [2, 3], stride: 2, padding: 1 }).values],
  ['avgPool', (x) => avgPool(x, { window: [2, 3], stride: 2, padding: 1, ceilMode: true, countIncludePad: false })],
  ['lpPool', (x) => lpPool(x, 2, { window: [2, 2] })],
  ['adaptiveAvgPool', (x) => adaptiveAvgPool(x, [3, 2])],
  ['adaptiveMaxPool', (x) => adaptiveMaxPool(x, [3, 2])],
])('has gradients: %s', async (_, f) => {
  const result = await gradcheck(f, [image([1, 2, 5, 5])], { order: 2 });
  expect(result).toMatchObject({ ok: true });
});
