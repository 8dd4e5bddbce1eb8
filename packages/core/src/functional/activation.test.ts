// Activations: their formulas, what they do far out and at NaN, and their gradients to second order.
import { describe, expect, it } from 'vitest';
import { gradients } from '../autograd/index.js';
import { dataSync, requireGrad, tensor, toArraySync } from '../graph/create.js';
import type { Tensor } from '../graph/tensor.js';
import { sigmoid } from '../ops/index.js';
import { distance } from '../testing/distance.js';
import { gradcheck } from '../testing/gradcheck.js';
import * as F from './index.js';

const erf = (x: number): number => {
  // the series converges for all x used here
  let [term, s] = [x, x];
  for (let n = 1; n < 100; n++) {
    term *= -(x * x) / n;
    s += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * s;
};
const soft = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const logistic = (x: number): number => 1 / (1 + Math.exp(-x));
const clip = (x: number, lo: number, hi: number): number => Math.min(hi, Math.max(lo, x));

/** name, function, definition, and the values far to the left and to the right */
const table: [string, (x: Tensor) => Tensor, (x: number) => number, number, number][] = [
  ['relu', F.relu, (x) => Math.max(x, 0), 0, Infinity],
  ['relu6', F.relu6, (x) => clip(x, 0, 6), 0, 6],
  ['leakyRelu', (x) => F.leakyRelu(x, 0.1), (x) => (x > 0 ? x : 0.1 * x), -Infinity, Infinity],
  ['elu', (x) => F.elu(x, 1.5), (x) => (x > 0 ? x : 1.5 * Math.expm1(x)), -1.5, Infinity],
  [
    'selu',
    F.selu,
    (x) => 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * Math.expm1(x)),
    -1.7580993408473766,
    Infinity,
  ],
  ['celu', (x) => F.celu(x, 2), (x) => (x > 0 ? x : 2 * Math.expm1(x / 2)), -2, Infinity],
  ['hardTanh', (x) => F.hardTanh(x, { min: -2, max: 0.7 }), (x) => clip(x, -2, 0.7), -2, 0.7],
  ['hardSigmoid', F.hardSigmoid, (x) => clip(x + 3, 0, 6) / 6, 0, 1],
  ['hardSwish', F.hardSwish, (x) => (x * clip(x + 3, 0, 6)) / 6, NaN, Infinity],
  ['threshold', (x) => F.threshold(x, 0.55, -7), (x) => (x > 0.55 ? x : -7), -7, Infinity],
  ['hardShrink', (x) => F.hardShrink(x), (x) => (Math.abs(x) > 0.5 ? x : 0), -Infinity, Infinity],
  [
    'softShrink',
    (x) => F.softShrink(x, 0.4),
    (x) => Math.sign(x) * Math.max(Math.abs(x) - 0.4, 0),
    -Infinity,
    Infinity,
  ],
  ['sparsePlus', F.sparsePlus, (x) => (x <= -1 ? 0 : x >= 1 ? x : (x + 1) ** 2 / 4), 0, Infinity],
  ['sparseSigmoid', F.sparseSigmoid, (x) => clip((x + 1) / 2, 0, 1), 0, 1],
  ['gelu', (x) => F.gelu(x), (x) => (x / 2) * (1 + erf(x / Math.SQRT2)), NaN, Infinity],
  [
    'gelu tanh',
    (x) => F.gelu(x, { approximate: true }),
    (x) => (x / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
    NaN,
    Infinity,
  ],
  ['silu', F.silu, (x) => x * logistic(x), NaN, Infinity],
  ['mish', F.mish, (x) => x * Math.tanh(soft(x)), NaN, Infinity],
  ['softplus', (x) => F.softplus(x), soft, 0, Infinity],
  ['softplus beta', (x) => F.softplus(x, { beta: 2.5, threshold: Infinity }), (x) => soft(2.5 * x) / 2.5, 0, Infinity],
  ['logSigmoid', F.logSigmoid, (x) => -soft(-x), -Infinity, 0],
  ['softsign', F.softsign, (x) => x / (1 + Math.abs(x)), NaN, NaN],
  ['tanhShrink', F.tanhShrink, (x) => x - Math.tanh(x), -Infinity, Infinity],
  ['squareplus', (x) => F.squareplus(x, 3), (x) => (x + Math.sqrt(x * x + 3)) / 2, NaN, Infinity],
];
// between the bends, which lie at multiples of 0.1 and at 0.55
const points = [-3.37, -1.83, -1.07, -0.61, -0.23, 0.17, 0.33, 0.64, 1.29, 2.71, 3.53];

describe.each(table)('%s', (_, f, definition, left, right) => {
  it('is its formula', () => {
    expect(distance(dataSync(f(tensor(points, { dtype: 'f64' }))), points.map(definition))).toBeLessThan(1e-12);
    expect(distance(dataSync(f(tensor(points))), points.map(definition))).toBeLessThan(2e-7);
  });
  it('keeps NaN, and has the limits that PyTorch has', () => {
    expect(toArraySync(f(tensor([NaN])))).toEqual([NaN]);
    expect(distance(dataSync(f(tensor([-Infinity, Infinity], { dtype: 'f64' }))), [left, right])).toBeLessThan(1e-15);
  });
  it('has finite values and slopes far out', () => {
    const x = requireGrad(tensor([-1e4, -200, 200, 1e4]));
    const y = f(x);
    expect([...dataSync(y)].every(Number.isFinite)).toBe(true);
    const slope = gradients([y], { cotangents: [tensor([1, 1, 1, 1])], targets: [x] }).get(x)!;
    expect([...dataSync(slope)].every(Number.isFinite)).toBe(true);
  });
  it('has its gradients to second order', async () => {
    const result = await gradcheck(f, [tensor(points, { dtype: 'f64' })], { order: 2 });
    expect(result).toMatchObject({ ok: true });
  });
});

const slopeAt = (f: (x: Tensor) => Tensor, at: number): number => {
  const x = requireGrad(tensor(at, { dtype: 'f64' }));
  return dataSync(gradients([f(x)], { targets: [x] }).get(x)!)[0]!;
};
it('has the slopes of PyTorch at the bends', () => {
  expect(slopeAt(F.relu, 0)).toBe(0);
  expect([slopeAt(F.relu6, 0), slopeAt(F.relu6, 6)]).toEqual([0, 0]);
  expect([slopeAt(F.hardTanh, -1), slopeAt(F.hardTanh, 1)]).toEqual([0, 0]);
  expect(slopeAt((x) => F.leakyRelu(x, 0.1), 0)).toBe(0.1);
  expect(slopeAt(F.hardShrink, 0.5)).toBe(0);
});
it('is smooth where the formula changes, at 0', async () => {
  for (const f of [F.softplus, F.logSigmoid, F.mish, F.silu, sigmoid]) {
    const result = await gradcheck(f, [tensor([0], { dtype: 'f64' })], { order: 2 });
    expect(result).toMatchObject({ ok: true });
  }
});
it('leaves the softplus curve past the threshold', () => {
  expect(toArraySync(F.softplus(tensor([19, 21], { dtype: 'f64' })))).toEqual([19 + Math.log1p(Math.exp(-19)), 21]);
});
it('learns the slope of prelu', async () => {
  const result = await gradcheck(
    F.prelu,
    [
      tensor(
        [
          [-1, 2],
          [3, -4],
        ],
        { dtype: 'f64' },
      ),
      tensor([0.2, 0.3], { dtype: 'f64' }),
    ],
    { order: 2 },
  );
  expect(result).toMatchObject({ ok: true });
});
