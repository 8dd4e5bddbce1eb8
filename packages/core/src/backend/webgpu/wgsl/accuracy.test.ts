// How far the functions of real numbers are from their definitions, over their whole ranges: in units in the last place, and near results of 0 in
// units of the smallest normal number's neighbourhood.
import { describe, expect, it } from 'vitest';
import * as nn from '../../../index.js';
import { useBackend } from '../../../graph/state.js';
import { scalarOps, type ScalarOp } from '../../../kernel/index.js';
import { seeded } from '../../../testing/draw.js';
import { withGpu } from '../open-for-test.js';

type Range = readonly [low: number, high: number, scale?: 'log'];
/** Random numbers of a range, evenly spread, or evenly by their logarithms. */
const drawn = (range: Range, count: number, random: () => number): number[] =>
  Array.from({ length: count }, (_, k) => {
    const u = (k + random()) / count;
    const [low, high] = range;
    return range[2] ? low * (high / low) ** u : low + (high - low) * u;
  });
const both = (low: number, high: number): readonly Range[] => [
  [low, high, 'log'],
  [-high, -low, 'log'],
];
/** The distance of neighbouring f32 numbers about v. */
const unit = (v: number): number => 2 ** (Math.max(-126, Math.floor(Math.log2(Math.abs(v) || 1e-300))) - 23);

/** Functions of one number: ranges, and the most units in the last place. */
const functions: readonly [op: ScalarOp, ranges: readonly Range[], units: number][] = [
  ['exp', [[-87, 88.7]], 1.5],
  ['expm1', [[-17, 88], ...both(1e-10, 10)], 2],
  [
    'log',
    [
      [1e-37, 1e38, 'log'],
      [0.5, 2],
    ],
    1.5,
  ],
  ['log1p', [[-0.99, 5], [1, 1e30, 'log'], ...both(1e-9, 0.9)], 3],
  ['sin', [[-10, 10], ...both(1e-6, 3e38)], 3],
  ['cos', [[-10, 10], ...both(1e-6, 3e38)], 3],
  ['tan', [[-1.5, 1.5], ...both(1e-6, 3e38)], 5],
  ['asin', [[-1, 1], ...both(1e-8, 1)], 2.5],
  ['acos', [[-1, 0.99]], 2.5],
  ['atan', both(1e-8, 1e10), 1.5],
  ['sinh', both(1e-8, 89), 3],
  ['cosh', [[-89, 89]], 3],
  ['tanh', both(1e-8, 20), 3],
  ['asinh', both(1e-8, 1e30), 3],
  [
    'acosh',
    [
      [1.001, 5],
      [5, 1e30, 'log'],
    ],
    3.5,
  ],
  ['atanh', [[-0.999, 0.999], ...both(1e-8, 0.9)], 3.5],
  ['erf', both(1e-8, 6), 2.5],
  ['erfc', [[-6, 9]], 10],
  ['erfinv', [[-0.9999, 0.9999], ...both(1e-8, 0.9)], 8],
];

await withGpu('the accuracy of functions on WebGPU', (device) => {
  const run = async (f: (...xs: nn.Tensor[]) => nn.Tensor, ...xs: Float32Array[]): Promise<ArrayLike<number>> => {
    const was = useBackend(device);
    try {
      return await nn.scope(() => nn.data(f(...xs.map((x) => nn.tensor(x)))));
    } finally {
      useBackend(was);
    }
  };
  const worst = (got: ArrayLike<number>, right: (k: number) => number): number => {
    let most = 0;
    for (let k = 0; k < got.length; k++) {
      const truth = right(k);
      if (Math.fround(truth) !== got[k]) most = Math.max(most, Math.abs(got[k]! - truth) / unit(truth));
    }
    return most;
  };
  const named = nn as unknown as Record<string, (...xs: nn.Tensor[]) => nn.Tensor>;

  describe('functions of one number', () => {
    it.each(functions)('%s', async (op, ranges, units) => {
      const random = seeded(3);
      const x = Float32Array.from(ranges.flatMap((r) => drawn(r, 4000, random)));
      const got = await run(named[op]!, x);
      expect(worst(got, (k) => scalarOps[op].js(x[k]!))).toBeLessThan(units);
    });
  });
  it('quotients, rounded as IEEE 754 has it, for all exponents of both', async () => {
    const random = seeded(7);
    const exponents = Array.from({ length: 254 }, (_, k) => k - 126);
    const draw = (e: number): number => (random() < 0.5 ? -1 : 1) * Math.fround(1 + random()) * 2 ** e;
    const pairs = exponents.flatMap((m) => exponents.map((n) => [draw(m), draw(n)] as const));
    // quotients that are whole, and those that are nearly in the middle of two numbers
    for (let k = 0; k < 4000; k++) {
      const [m, n] = [Math.ceil(random() * 4096), Math.ceil(random() * 4096)];
      pairs.push([m * n, m], [2 ** 24 - m, 2 ** 24 - n], [2 ** 23 + m, 2 ** 24 - n]);
    }
    const [x, y] = [Float32Array.from(pairs, ([a]) => a), Float32Array.from(pairs, ([, b]) => b)];
    const got = await run(nn.div, x, y);
    const least = 2 ** -126;
    const wrong = Array.from(got, (v, k) => [v, Math.fround(x[k]! / y[k]!), x[k], y[k]] as const).filter(
      ([v, right]) =>
        Math.abs(right) < least ? Math.abs(v) > least || Object.is(Math.sign(v), -Math.sign(right)) : v !== right,
    );
    expect(got.length).toBe(254 ** 2 + 12_000);
    expect(wrong.slice(0, 5)).toEqual([]);
    const down = await run(nn.floorDivide, x, y);
    expect(worst(down, (k) => Math.floor(Math.fround(x[k]! / y[k]!)) || (x[k]! / y[k]! < 0 ? -1 : 0))).toBe(0);
  });
  it('angles and areas at the ends of their ranges', async () => {
    const big = Math.fround(3.4e38);
    const ends = [0, 1, 2 ** -126, 0.9999999403953552, big / 2, big, Infinity].flatMap((v) => [v, -v]);
    const y = Float32Array.from(ends.flatMap((v) => ends.map(() => v)));
    const x = Float32Array.from(ends.flatMap(() => ends));
    const near = (right: number) => (v: number) =>
      Object.is(v, right) || Math.abs(v - right) <= 2e-7 * Math.abs(right) + 2 ** -125;
    const angles = await run(nn.atan2, y, x);
    const bad = Array.from(angles, (v, k) => [v, Math.atan2(y[k]!, x[k]!), y[k], x[k]] as const);
    expect(bad.filter(([v, right]) => !near(right)(v))).toEqual([]);
    const areas = await run(nn.atanh, Float32Array.from(ends));
    const off = Array.from(areas, (v, k) => [v, Math.atanh(ends[k]!), ends[k]] as const);
    expect(off.filter(([v, right]) => !near(right)(v))).toEqual([]);
  });
  it('powers, whatever their exponent', async () => {
    const random = seeded(4);
    const pairs: [Range, Range][] = [
      [
        [1e-3, 100],
        [-10, 10],
      ],
      [
        [-3, 3],
        [-3, 3],
      ],
      [
        [0.9, 1.1],
        [-800, 800],
      ],
      [
        [1e-37, 1e37, 'log'],
        [-1, 1],
      ],
    ];
    const x = Float32Array.from(pairs.flatMap(([r]) => drawn(r, 4000, random)));
    const y = Float32Array.from(pairs.flatMap(([, r]) => drawn(r, 4000, random).sort(() => random() - 0.5)));
    for (let k = 4000; k < 8000; k++) y[k] = Math.round(y[k]!);
    const got = await run(nn.pow, x, y);
    expect(worst(got, (k) => scalarOps.pow.js(x[k]!, y[k]!))).toBeLessThan(4);
  });
  it('remainders, exactly', async () => {
    const random = seeded(5);
    const x = Float32Array.from([...drawn([-30, 30], 4000, random), ...drawn([1e-30, 1e38, 'log'], 4000, random)]);
    const y = Float32Array.from(drawn([1e-3, 10, 'log'], 8000, random).sort(() => random() - 0.5));
    expect(worst(await run(nn.fmod, x, y), (k) => x[k]! % y[k]!)).toBe(0);
  });
  it('lgamma and digamma to a few parts in ten million', async () => {
    const random = seeded(6);
    const x = Float32Array.from([...drawn([0.01, 30], 4000, random), ...drawn([30, 1e30, 'log'], 2000, random)]);
    for (const [f, op] of [
      [nn.lgamma, (v: number) => scalarOps.lgamma.js(v)],
      [nn.digamma, (v: number) => scalarOps.polygamma.js(0, v)],
    ] as const) {
      const got = await run(f, x);
      const far = Math.max(...Array.from(got, (v, k) => Math.abs(v - op(x[k]!)) / (1 + Math.abs(op(x[k]!)))));
      expect(far).toBeLessThan(6e-7);
    }
  });
});
