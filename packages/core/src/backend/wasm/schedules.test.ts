// Larger arrays than the random cases have, so that whole vectors, their rest, and packed products run: against the CPU.
// Long because every kind of kernel has its cases, and all are measured in the same ways.
import { describe, expect, it } from 'vitest';
import { type Shape } from '../../base/index.js';
import { requireGrad } from '../../graph/create.js';
import type { Tensor } from '../../graph/tensor.js';
import { compile, gradients } from '../../autograd/index.js';
import * as ops from '../../ops/index.js';
import { softmax } from '../../functional/index.js';
import { apart as apartOn, randomValues, runOn, type Arrays, type Program } from '../../testing/on-device.js';
import { cpu } from '../cpu/cpu.js';
import { createWasm } from './wasm.js';

const wasm = createWasm();
/** The largest distance of what both backends make of the same random arrays. */
const apart = (arrays: Arrays, f: Program): Promise<number> => apartOn(wasm, arrays, f);
/**
 * How many roundings the two results are apart, at most. `f` makes sums of products, so `f(|x|)` is the sum of the products' absolute
 * values, and a result that is rounded n times on the way from its inputs is off by at most n u f(|x|): u is 2^-24 in f32, 2^-53 in f64
 * (Higham, Accuracy and Stability of Numerical Algorithms, section 3.1).
 */
async function roundings(arrays: Arrays, f: Program): Promise<number> {
  const values = randomValues(arrays);
  const absolute = values.map((v) => v.map(Math.abs));
  const [right, got, sums] = await Promise.all([
    runOn(cpu, arrays, values, f),
    runOn(wasm, arrays, values, f),
    runOn(cpu, arrays, absolute, f),
  ]);
  const unit = arrays[0]![1] === 'f64' ? 2 ** -53 : 2 ** -24;
  let most = 0;
  right.forEach((values_, n) =>
    values_.forEach((v, k) => {
      const off = Math.abs(got[n]![k]! - v);
      if (off !== 0) most = Math.max(most, off / (unit * sums[n]![k]!));
    }),
  );
  return most;
}

describe('maps', () => {
  const shapes: Shape[] = [[37], [5, 16], [3, 7, 12], [2, 3, 4, 9]];
  it.each(shapes)('of whole arrays, permuted, sliced, flipped and broadcast: %s', async (...shape) => {
    const last = shape.length - 1;
    for (const dtype of ['f32', 'f64', 'i32', 'u32', 'u8'] as const) {
      const kinds: Arrays = [
        [shape, dtype],
        [shape.slice(last), dtype],
      ];
      const far = await apart(kinds, (x, y) => [
        ops.add(ops.mul(x, y), 3),
        ops.maximum(x, y),
        ops.where(ops.less(x, y), x, ops.flip(x, [last])),
        ops.add(ops.permute(x, [...shape.keys()].reverse()), 1),
        ops.slice(
          x,
          shape.map(() => 0),
          shape,
          shape.map(() => 2),
        ),
        ops.slice(
          x,
          shape.map(() => 0),
          shape,
          shape.map(() => 3),
        ),
        ops.less(x, y),
        ops.logicalAnd(ops.less(x, y), ops.less(y, x)),
        ops.cast(x, 'f32'),
        ops.cast(x, 'i32'),
        ops.cast(x, 'u8'),
        ops.cast(x, 'bool'),
        ops.pad(
          x,
          shape.map(() => [1, 2] as [number, number]),
        ),
        ops.concat([x, x], last),
      ]);
      expect(far, dtype).toBeLessThan(1e-6);
    }
  });
  it('turned: inputs that lie along another axis', async () => {
    for (const [m, n] of [
      [16, 8],
      [37, 21],
      [32, 64],
      [5, 4],
      [50, 70],
    ] as const)
      for (const dtype of ['f32', 'f64', 'i32', 'u8'] as const)
        expect(
          await apart(
            [
              [[3, m, n], dtype],
              [[n], dtype],
            ],
            (x, y) => [
              ops.permute(x, [0, 2, 1]),
              ops.permute(x, [2, 1, 0]),
              ops.permute(ops.add(x, y), [2, 0, 1]),
              ops.mul(ops.permute(x, [0, 2, 1]), ops.reshape(y, [n, 1])),
            ],
          ),
        ).toBe(0);
  });
  it('cut where conditions change, and split where indices are divided', async () => {
    const heads = (x: Tensor): Tensor => ops.permute(ops.reshape(x, [4, 6, 3, 16]), [0, 2, 1, 3]);
    const together = compile((x: Tensor, y: Tensor) => [
      ops.concat([ops.mul(x, 2), y, x], 1),
      ops.pad(ops.concat([x, y], 1), [
        [1, 0],
        [3, 9],
      ]),
      // the heads of attention and back, joined
      ops.concat([ops.reshape(ops.permute(heads(y), [0, 2, 1, 3]), [24, 48]), ops.reshape(heads(y), [24, 48]), x], 1),
    ]);
    for (const dtype of ['f32', 'f64', 'u8'] as const)
      expect(
        await apart(
          [
            [[24, 37], dtype],
            [[24, 48], dtype],
          ],
          together,
        ),
      ).toBe(0);
  });
  it('fused, with functions', async () => {
    const chain = compile((x: Tensor, y: Tensor) => {
      const z = ops.tanh(ops.add(ops.mul(x, y), 0.1));
      return [ops.add(ops.mul(z, ops.exp(y)), ops.sigmoid(x)), ops.erf(ops.sin(x)), ops.pow(ops.abs(x), y)] as const;
    });
    expect(await apart([[[33, 17]], [[17]]], chain)).toBeLessThan(2e-6);
  });
  it('powers with exponents that are known, before or at the call', async () => {
    const powers = (x: Tensor): Tensor[] => [-1, 0.5, 2, 3, 5].map((n) => ops.pow(ops.abs(x), n));
    for (const dtype of ['f32', 'f64'] as const)
      for (const f of [powers, compile(powers)]) expect(await apart([[[33, 17], dtype]], f)).toBeLessThan(1e-6);
  });
});
/**
 * The bound for any values is one rounding for each term. For random values of both signs the roundings are as random: those of n terms
 * add up to about sqrt(n) while the sum of absolute values grows as n, so a handful is the most that is seen (3.7 here).
 */
const cancelling = 8;
describe('reductions', () => {
  const cases: [Shape, number[]][] = [
    [[5000], [0]],
    [[2000, 9], [0]],
    [[9, 2000], [1]],
    [
      [40, 30, 20],
      [0, 2],
    ],
    [[40, 30, 20], [1]],
    [[3, 1300, 2], [1]],
    [[1300, 70], [0]],
    [[2, 900, 131], [1]],
    [
      [40, 30, 128],
      [0, 1],
    ],
    [[200000], [0]],
    [
      [4000, 32],
      [0, 1],
    ],
  ];
  it.each(cases)('of %s over %s', async (shape, axes) => {
    expect(await apart([[shape]], (x) => [ops.max(x, { axes }), ops.min(x, { axes })])).toBe(0);
    // Sums are sums of shorter ones: a few roundings, however many terms there are.
    const sums: Program = (x) => [ops.sum(x, { axes }), ops.mean(x, { axes }), ops.sum(ops.mul(x, x), { axes })];
    expect(await roundings([[shape]], sums)).toBeLessThanOrEqual(cancelling);
    for (const kind of ['i32', 'u32', 'u8'] as const)
      expect(
        await apart([[shape, kind]], (x) => [ops.sum(x, { axes }), ops.max(x, { axes }), ops.min(x, { axes })]),
      ).toBe(0);
    expect(await apart([[shape, 'f64']], (x) => [ops.sum(x, { axes })])).toBeLessThan(1e-12);
    expect(await apart([[shape, 'bool']], (x) => [ops.any(x, { axes }), ops.all(x, { axes })])).toBe(0);
  });
  it('find positions, pool and normalize', async () => {
    expect(await apart([[[17, 40]]], (x) => [ops.argmax(x, { axis: 1 }), ops.argmin(x, { axis: 0 })])).toBe(0);
    const window = { window: [3, 3], stride: [2, 2], padding: 1 };
    expect(
      await apart([[[2, 5, 23, 29]]], (x) => [
        ops.windowReduce(x, 'max', window),
        ops.windowReduce(x, 'sum', window),
        softmax(x, 1),
        softmax(x, 3),
        // products that are rounded, less the largest of them
        softmax(ops.mul(x, 1.1e9), 3),
      ]),
    ).toBeLessThan(2e-6);
  });
});
describe('sequences', () => {
  it('run, scatter and sort', async () => {
    expect(
      await apart([[[50, 37]]], (x) => [
        ops.cumsum(x, 0),
        ops.cumsum(x, 1, { reverse: true }),
        ops.cummax(x, 1).values,
      ]),
    ).toBeLessThan(1e-6);
    for (const dtype of ['f32', 'f64', 'i32', 'u32', 'u8'] as const)
      for (const n of [4, 37, 64])
        expect(
          await apart([[[5, n], dtype]], (x) =>
            [false, true].flatMap((reverse) => [
              ops.cumsum(x, 1, { reverse }),
              ops.cumsum(ops.flip(x, [1]), 1, { reverse, exclusive: true }),
              ops.cummax(x, 1).values,
            ]),
          ),
          dtype,
        ).toBeLessThan(1e-6);
    expect(await apart([[[50, 37]]], (x) => [ops.argsort(x), ops.argsort(x, { axis: 0, descending: true })])).toBe(0);
    expect(
      await apart([[[50, 37], 'u8']], (x) => [ops.argsort(x), ops.argsort(x, { axis: 0, descending: true })]),
    ).toBe(0);
    expect(
      await apart([[[50, 8]], [[300], 'u8'], [[300, 8]]], (x, at, u) => [
        ops.takeAdd(x, ops.remainder(ops.cast(at, 'i32'), 50), u),
      ]),
    ).toBeLessThan(1e-6);
  });
});
describe('contractions', () => {
  const sizes = [
    [64, 64, 64],
    [7, 300, 13],
    [65, 17, 1031],
    [250, 270, 9],
    [3, 600, 6],
    [1, 300, 70],
    [2, 1500, 37],
    [3, 70, 2100],
    [4, 40, 300],
    [77, 1030, 1],
    [33, 90, 3],
    [1, 5000, 1],
    [13, 190, 1300],
  ] as const;
  it.each(sizes)('%d x %d by %d', async (m, k, n) => {
    const dot =
      (a: readonly number[], b: readonly number[], batch?: [number[], number[]]) =>
      (x: Tensor, y: Tensor): Tensor[] => [ops.dot(x, y, { contract: [a, b], ...(batch && { batch }) })];
    const most = await Promise.all([
      roundings([[[m, k]], [[k, n]]], dot([1], [0])),
      roundings([[[m, k]], [[n, k]]], dot([1], [1])),
      roundings([[[k, m]], [[k, n]]], dot([0], [0])),
      roundings([[[3, m, k]], [[k, 3, n]]], dot([2], [0], [[0], [1]])),
      roundings(
        [
          [[m, k], 'f64'],
          [[k, n], 'f64'],
        ],
        dot([1], [0]),
      ),
    ]);
    // k products are rounded and added one after another: k roundings; one more in the CPU's result

    expect(Math.max(...most)).toBeLessThanOrEqual(k + 1);
    expect(await roundings([[[2, m, k]], [[n, 2, k]]], dot([0, 2], [1, 2]))).toBeLessThanOrEqual(cancelling);
    const integers: Arrays = [
      [[m, k], 'i32'],
      [[k, n], 'i32'],
    ];
    expect(await apart(integers, dot([1], [0]))).toBe(0);
  });
  it('of a few vectors, with what follows them', async () => {
    for (const [m, k, n] of [
      [1, 700, 90],
      [3, 90, 130],
      [50, 300, 2],
      [9, 150, 330],
    ] as const)
      for (const turned of [false, true]) {
        const dense: Program = (x, y, b) => {
          const product = ops.dot(x, y, { contract: [[1], [turned ? 1 : 0]] });
          return [ops.maximum(ops.add(product, b), 0), ops.mul(product, 2)];
        };
        const arrays: Arrays = [[[m, k]], [turned ? [n, k] : [k, n]], [[n]]];
        expect(await apart(arrays, compile(dense)), `${m} ${k} ${n}`).toBeLessThan(1e-5);
      }
  });
  it('without depth are maps', async () => {
    expect(
      await apart([[[70, 1]], [[1, 90]]], (x, y) => [ops.matmul(x, y), ops.matmul(ops.transpose(y), ops.transpose(x))]),
    ).toBe(0);
  });
  /** With the number of products in an element of the result, and the most in one of a gradient. */
  const convolutions: [string, Arrays, Parameters<typeof ops.conv>[2], number, number][] = [
    ['padded', [[[2, 3, 20, 21]], [[8, 3, 3, 3]]], { padding: 1 }, 27, 2 * 20 * 21],
    [
      'strided and dilated',
      [[[2, 4, 20, 21]], [[8, 4, 5, 3]]],
      { padding: 2, stride: 2, dilation: [1, 2] },
      60,
      2 * 10 * 11,
    ],
    ['in groups', [[[2, 8, 12, 12]], [[12, 4, 3, 3]]], { groups: 2 }, 36, 2 * 10 * 10],
    ['depthwise', [[[2, 8, 12, 12]], [[8, 1, 3, 3]]], { groups: 8, padding: 1 }, 9, 2 * 12 * 12],
    ['depthwise, strided', [[[2, 6, 15, 18]], [[6, 1, 3, 3]]], { groups: 6, padding: 1, stride: 2 }, 9, 2 * 8 * 9],
    ['depthwise with two outputs each', [[[3, 4, 11, 14]], [[8, 1, 5, 4]]], { groups: 4, padding: 2 }, 40, 3 * 11 * 15],
    ['depthwise of one axis', [[[2, 5, 5000]], [[5, 1, 3]]], { groups: 5, dilation: 2 }, 3, 2 * 4996],
    ['depthwise of three axes', [[[2, 3, 5, 7, 9]], [[3, 1, 3, 3, 3]]], { groups: 3, padding: 1 }, 27, 2 * 5 * 7 * 9],
    ['of one axis', [[[2, 8, 50]], [[12, 8, 3]]], {}, 24, 2 * 48],
    ['of three axes', [[[2, 3, 8, 9, 7]], [[6, 3, 3, 2, 3]]], {}, 54, 2 * 6 * 8 * 5],
    ['of few channels', [[[4, 1, 28, 28]], [[6, 1, 5, 5]]], { padding: 2 }, 25, 4 * 28 * 28],
  ];
  it.each(convolutions)('convolution %s, with channels last', async (_, arrays, options) => {
    const [[shape], weights] = arrays as [[Shape], Arrays[number]];
    const axes = shape.map((_, d) => d).slice(2);
    const to = [0, ...axes, 1];
    const last = (t: Tensor): Tensor => ops.permute(t, to);
    const first = (t: Tensor): Tensor => ops.permute(t, [0, shape.length - 1, ...axes.map((d) => d - 1)]);
    const f: Program = compile((x: Tensor, w: Tensor) => {
      const [a, b] = [requireGrad(x), requireGrad(w)];
      const y = ops.maximum(ops.add(last(ops.conv(first(a), b, options)), 0.5), 0);
      const z = ops.conv(a, b, { ...options, channelsLast: true });
      const of = (t: Tensor): Tensor[] => [...gradients([ops.sum(ops.mul(t, t))]).values()];
      return [y, ...of(y), z, ...of(z)];
    });
    const arrays_: Arrays = [[to.map((d) => shape[d]!)], weights];
    expect(await apart(arrays_, f)).toBeLessThan(1e-4);
  });
  it.each(convolutions)('convolution %s, with both gradients', async (_, arrays, options, inResult, inGradient) => {
    const most = await roundings(arrays, (x, w) => {
      const [a, b] = [requireGrad(x), requireGrad(w)];
      const y = ops.conv(a, b, options);
      const found = gradients([ops.sum(ops.mul(y, y))]);
      return [y, ...found.values()];
    });
    // y, then 2 y, then the products of the gradient, and the CPU's own roundings of each

    expect(most).toBeLessThanOrEqual(Math.min(inResult + inGradient + 5, cancelling));
  });
});
