// Losses: values of PyTorch and Keras, saturated inputs, and gradients to second order.
import { describe, expect, it } from 'vitest';
import { gradients } from '../autograd/index.js';
import { dataSync, requireGrad, tensor } from '../graph/create.js';
import type { Tensor } from '../graph/tensor.js';
import { distance } from '../testing/distance.js';
import { gradcheck } from '../testing/gradcheck.js';
import * as F from './index.js';

const f64 = (data: number[] | number[][]): Tensor => tensor(data, { dtype: 'f64' });
const i32 = (data: number[] | number[][]): Tensor => tensor(data, { dtype: 'i32' });
const logits = f64([
  [0.5, -1.3, 2.2],
  [1.1, 0.4, -0.7],
]);
const probabilities = f64([
  [0.2, 0.5, 0.3],
  [0.7, 0.1, 0.2],
]);
const hot = f64([
  [0, 0, 1],
  [1, 0, 0],
]);
const classes = i32([2, 0]);
const weight = f64([0.5, 2, 1.5]);
const logp = (row: number[]): number[] => row.map((x) => x - Math.log(row.reduce((s, v) => s + Math.exp(v), 0)));
const [first, second] = [logp([0.5, -1.3, 2.2]), logp([1.1, 0.4, -0.7])] as [number[], number[]];

describe('cross-entropy', () => {
  it('weighs, ignores and smooths as PyTorch', () => {
    const plain = F.crossEntropy(logits, classes, 1);
    expect(distance(dataSync(plain.loss), [-first[2]!, -second[0]!])).toBeLessThan(1e-15);
    expect([...dataSync(plain.weight)]).toEqual([1, 1]);
    const weighted = F.crossEntropy(logits, classes, 1, { weight, ignoreIndex: 0, labelSmoothing: 0.3 });
    const even = [0, 1, 2].reduce((s, c) => s - [0.5, 2, 1.5][c]! * first[c]!, 0);
    expect(distance(dataSync(weighted.loss), [0.7 * -1.5 * first[2]! + (0.3 / 3) * even, 0])).toBeLessThan(1e-15);
    expect([...dataSync(weighted.weight)]).toEqual([1.5, 0]);
  });
  it('agrees with class probabilities', () => {
    const hard = F.crossEntropy(logits, classes, 1, { labelSmoothing: 0.2 }).loss;
    expect(
      distance(dataSync(F.softCrossEntropy(logits, hot, 1, { labelSmoothing: 0.2 })), dataSync(hard)),
    ).toBeLessThan(1e-15);
    const weighted = F.softCrossEntropy(logits, probabilities, 1, { weight });
    expect(
      distance(dataSync(weighted)[0]!, -(0.2 * 0.5 * first[0]! + 0.5 * 2 * first[1]! + 0.3 * 1.5 * first[2]!)),
    ).toBeLessThan(1e-15);
  });
  it('takes the classes from any axis', () => {
    const x = tensor(
      Float64Array.from({ length: 12 }, (_, i) => Math.sin(i)),
      { shape: [2, 3, 2] },
    );
    const loss = F.crossEntropy(
      x,
      i32([
        [0, 1],
        [2, 2],
      ]),
      1,
    ).loss;
    expect(distance(dataSync(loss)[1]!, -logp([Math.sin(1), Math.sin(3), Math.sin(5)])[1]!)).toBeLessThan(1e-15);
  });
  it('reads probabilities as Keras on TensorFlow', () => {
    expect(
      distance(dataSync(F.clippedCrossEntropy(probabilities, hot, 1)), [-Math.log(0.3), -Math.log(0.7)]),
    ).toBeLessThan(1e-15);
    expect(
      distance(dataSync(F.clippedSparseCrossEntropy(probabilities, classes, 1)), [-Math.log(0.3), -Math.log(0.7)]),
    ).toBeLessThan(1e-15);
    expect(distance(dataSync(F.clippedCrossEntropy(f64([[1, 0]]), f64([[0, 1]]), 1)), -Math.log(1e-7))).toBeLessThan(
      1e-15,
    );
  });
  it('stays finite for far logits', () => {
    expect(distance(dataSync(F.crossEntropy(tensor([[1000, 0]]), i32([1]), 1).loss), 1000)).toBe(0);
  });
  it('names targets of the wrong shape', () => {
    expect(() => F.crossEntropy(logits, i32([[0], [1]]), 1)).toThrow(
      'crossEntropy: expected targets [2] for f64[2,3] with classes on axis 1, got i32[2,1]',
    );
  });
});

describe('binary cross-entropy', () => {
  const gradientOf = (f: (p: Tensor) => Tensor, p: Tensor): number[] => {
    const x = requireGrad(p);
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
  it('saturates at 100 with the slope of PyTorch', () => {
    const [p, y] = [f64([0, 1, 0, 1, 0.25]), f64([1, 0, 0, 1, 1])];
    expect(distance(dataSync(F.binaryCrossEntropy(p, y)), [100, 100, 0, 0, Math.log(4)])).toBeLessThan(1e-15);
    expect(
      distance(
        gradientOf((q) => F.binaryCrossEntropy(q, y), p),
        [-1e12, 1e12, 0, 0, -4],
      ),
    ).toBeLessThan(1e-12);
  });
  it('is clipped at 1e-7 without a slope in Keras', () => {
    const [p, y] = [f64([0, 1, 0.25]), f64([1, 0, 1])];
    expect(
      distance(dataSync(F.clippedBinaryCrossEntropy(p, y)), [-Math.log(1e-7), -Math.log(1e-7), Math.log(4)]),
    ).toBeLessThan(1e-8);
    expect(gradientOf((q) => F.clippedBinaryCrossEntropy(q, y), p)).toEqual([0, 0, -4]);
  });
  it('of logits stays finite and weighs the positive', () => {
    const x = f64([-800, 0, 3, 800]);
    const expected = (y: number, w: number) =>
      [-800, 0, 3, 800].map(
        (v) =>
          w * y * (Math.max(-v, 0) + Math.log1p(Math.exp(-Math.abs(v)))) +
          (1 - y) * (Math.max(v, 0) + Math.log1p(Math.exp(-Math.abs(v)))),
      );
    expect(
      distance(
        dataSync(F.binaryCrossEntropyWithLogits(x, f64([0.3, 0.3, 0.3, 0.3]), { posWeight: 2 })),
        expected(0.3, 2),
      ),
    ).toBeLessThan(1e-15);
    expect(distance(dataSync(F.binaryCrossEntropyWithLogits(x, f64([1, 1, 1, 1]))), expected(1, 1))).toBeLessThan(
      1e-15,
    );
  });
});

describe('divergences', () => {
  it('count 0 log 0 as 0', () => {
    expect(distance(dataSync(F.klDiv(f64([-1, -2]), f64([0, 1]))), [0, 2])).toBe(0);
    expect(
      distance(dataSync(F.klDiv(f64([-1]), f64([-0.5]), { logTarget: true })), [Math.exp(-0.5) * 0.5]),
    ).toBeLessThan(1e-15);
    expect(distance(dataSync(F.klDivergence(f64([0.25]), f64([0]))), [1e-7 * Math.log(4e-7)])).toBeLessThan(1e-15);
  });
  it('of counts and normal distributions', () => {
    const stirling = 3 * Math.log(3) - 3 + 0.5 * Math.log(6 * Math.PI);
    expect(
      distance(dataSync(F.poissonNll(f64([0.5, 0.5]), f64([3, 1]), { full: true })), [
        Math.exp(0.5) - 1.5 + stirling,
        Math.exp(0.5) - 0.5,
      ]),
    ).toBeLessThan(1e-15);
    expect(
      distance(dataSync(F.poissonNll(f64([0.5]), f64([3]), { logInput: false })), [0.5 - 3 * Math.log(0.5 + 1e-8)]),
    ).toBeLessThan(1e-15);
    expect(
      distance(dataSync(F.gaussianNll(f64([3]), f64([1]), f64([0]), { eps: 0.5, full: true })), [
        0.5 * (Math.log(0.5) + 8) + 0.5 * Math.log(2 * Math.PI),
      ]),
    ).toBeLessThan(1e-15);
  });
});

describe('margins', () => {
  it('compare the target with the other classes', () => {
    const x = f64([[0.1, 0.9, 0.4]]);
    expect(
      distance(dataSync(F.multiMargin(x, i32([0]), { weight: f64([2, 1, 1]) })), [(2 * 1.8 + 2 * 1.3) / 3]),
    ).toBeLessThan(1e-15);
    expect(distance(dataSync(F.multiMargin(x, i32([1]), { p: 2 })), [(0.2 ** 2 + 0.5 ** 2) / 3])).toBeLessThan(1e-15);
    expect(
      distance(dataSync(F.multiLabelMargin(f64([[0.1, 0.2, 0.4, 0.8]]), i32([[3, 0, -1, 1]]))), [
        (0.4 + 0.6 + 1.1 + 1.3) / 4,
      ]),
    ).toBeLessThan(1e-15);
  });
  it('turn labels 0 and 1 into signs, and only those', () => {
    expect([...dataSync(F.signedLabels(tensor([0, 1, 1])))]).toEqual([-1, 1, 1]);
    expect([...dataSync(F.signedLabels(tensor([0, -1, 1])))]).toEqual([0, -1, 1]);
  });
});

const y = f64([
  [0.3, 0.6, 0.1],
  [0.8, 0.15, 0.05],
]);
const signs = f64([
  [1, -1, 1],
  [-1, 1, 1],
]);
it.each<[string, (x: Tensor, t: Tensor) => unknown, Tensor, Tensor]>([
  ['squaredError', F.squaredError, logits, y],
  ['absoluteError', F.absoluteError, logits, y],
  ['huber', (x, t) => F.huber(F.squaredError(x, t), 0.7), logits, y],
  ['smoothL1', (x) => F.smoothL1(x, 0.9), logits, y],
  ['logCosh', (x) => F.logCosh(x), logits, y],
  ['absolutePercentageError', F.absolutePercentageError, logits, y],
  ['squaredLogarithmicError', F.squaredLogarithmicError, probabilities, y],
  ['binaryCrossEntropy', F.binaryCrossEntropy, probabilities, y],
  ['clippedBinaryCrossEntropy', F.clippedBinaryCrossEntropy, probabilities, y],
  ['binaryCrossEntropyWithLogits', (x, t) => F.binaryCrossEntropyWithLogits(x, t, { posWeight: weight }), logits, y],
  ['binaryFocalCrossEntropy', (x, t) => F.binaryFocalCrossEntropy(x, t, { alpha: 0.3 }), probabilities, y],
  ['xlogy', F.xlogy, probabilities, y],
  ['klDiv', F.klDiv, logits, y],
  ['klDiv of logarithms', (x, t) => F.klDiv(x, t, { logTarget: true }), logits, y],
  ['klDivergence', F.klDivergence, probabilities, y],
  ['poissonNll', (x, t) => F.poissonNll(x, t), logits, y],
  ['gaussianNll', (x, t) => F.gaussianNll(x, t, F.squaredError(t, 3)), logits, y],
  ['crossEntropy', (x) => F.crossEntropy(x, classes, 1, { weight, labelSmoothing: 0.1 }).loss, logits, y],
  ['softCrossEntropy', (x, t) => F.softCrossEntropy(x, t, 1, { weight, labelSmoothing: 0.1 }), logits, y],
  ['clippedCrossEntropy', (x, t) => F.clippedCrossEntropy(x, t, 1), probabilities, y],
  ['clippedSparseCrossEntropy', (x) => F.clippedSparseCrossEntropy(x, classes, 1), probabilities, y],
  ['focalCrossEntropy', (x, t) => F.focalCrossEntropy(x, t, 1), probabilities, y],
  ['generalizedCrossEntropy', (x) => F.generalizedCrossEntropy(x, classes, 1, 0.4), probabilities, y],
  ['hinge', (x) => F.hinge(x, signs), logits, y],
  ['categoricalHinge', F.categoricalHinge, logits, y],
  ['hingeEmbedding', (x) => F.hingeEmbedding(x, signs), logits, y],
  ['marginRanking', (x, t) => F.marginRanking(x, t, signs, 0.45), logits, y],
  ['cosineEmbedding', (x, t) => F.cosineEmbedding(x, t, f64([1, -1])), logits, y],
  ['softMargin', (x) => F.softMargin(x, signs), logits, y],
  ['multiLabelSoftMargin', (x, t) => F.multiLabelSoftMargin(x, t, weight), logits, y],
  ['multiMargin', (x) => F.multiMargin(x, classes, { p: 2, margin: 3 }), logits, y],
  [
    'multiLabelMargin',
    (x) =>
      F.multiLabelMargin(
        x,
        i32([
          [2, 0, -1],
          [1, -1, 2],
        ]),
      ),
    logits,
    y,
  ],
  ['tripletMargin', (x, t) => F.tripletMargin(x, t, F.squaredError(x, 0.3), { swap: true, margin: 4 }), logits, y],
  ['cosineSimilarity', (x, t) => F.cosineSimilarity(x, t), logits, y],
  ['pairwiseDistance', (x, t) => F.pairwiseDistance(x, t, { p: 3 }), logits, y],
  ['tversky', (x, t) => F.tversky(x, t, { alpha: 0.3, beta: 0.6, axes: 1 }), probabilities, y],
  ['dice', (x, t) => F.dice(x, t), probabilities, y],
])('has gradients: %s', async (_, f, x, t) => {
  const result = await gradcheck(f, [x, t], { order: 2 });
  expect(result).toMatchObject({ ok: true });
});
