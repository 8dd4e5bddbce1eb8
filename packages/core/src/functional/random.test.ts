// What draws random numbers: dropout keeps the mean, alpha dropout the variance too; orthogonal matrices are orthogonal.
import { describe, expect, it } from 'vitest';
import { compile, gradients } from '../autograd/index.js';
import { dataSync, requireGrad, tensor, toArraySync } from '../graph/create.js';
import type { Tensor } from '../graph/tensor.js';
import { eye, Generator, matmul, mul, ones, transpose } from '../ops/index.js';
import { distance } from '../testing/distance.js';
import { alphaDropout, dropout } from './dropout.js';
import { moments } from './norm.js';
import { orthogonal } from './orthogonal.js';

const generator = (): Generator => new Generator(3);

describe('dropout', () => {
  it('sets to 0 with probability p and scales the rest', () => {
    const y = dataSync(dropout(ones([10000]), 0.2, { generator: generator() }));
    expect(new Set(y)).toEqual(new Set([0, 1.25]));
    expect(Math.abs(y.filter((v) => v === 0).length / 10000 - 0.2)).toBeLessThan(0.02);
  });
  it('drops whole rows where the noise has size 1', () => {
    const rows = toArraySync(dropout(ones([50, 4]), 0.5, { generator: generator(), shape: [50, 1] })) as number[][];
    for (const row of rows) expect(new Set(row).size).toBe(1);
    expect(new Set(rows.map((r) => r[0]))).toEqual(new Set([0, 2]));
  });
  it('passes the gradient where it keeps', () => {
    const x = requireGrad(ones([100]));
    const y = dropout(x, 0.5, { generator: generator() });
    const g = gradients([y], { cotangents: [ones([100])], targets: [x] }).get(x)!;
    expect([...dataSync(g)]).toEqual([...dataSync(y)]);
  });
  it('draws anew in each call of a compiled function, and the same as in eager mode', () => {
    const [a, b] = [generator(), generator()];
    const f = compile((x: Tensor) => dropout(x, 0.5, { generator: a }));
    const x = ones([64]);
    const runs = [f(x), f(x)].map((t) => [...dataSync(t)]);
    expect(runs[0]).not.toEqual(runs[1]);
    expect(f.traces).toBe(1);
    expect([dropout(x, 0.5, { generator: b }), dropout(x, 0.5, { generator: b })].map((t) => [...dataSync(t)])).toEqual(
      runs,
    );
  });
  it('refuses a probability outside of [0, 1]', () => {
    expect(() => dropout(ones([2]), 1.5)).toThrow('dropout: the probability must be from 0 to 1, got 1.5');
  });
});

describe('alphaDropout', () => {
  it('keeps mean 0 and variance 1', () => {
    const x = tensor(Float32Array.from({ length: 20000 }, (_, i) => Math.sqrt(2) * Math.sin(i)));
    const { mean, variance } = moments(alphaDropout(x, 0.3, { generator: generator() }));
    expect(Math.abs(dataSync(mean)[0]!)).toBeLessThan(0.05);
    expect(Math.abs(dataSync(variance)[0]! - 1)).toBeLessThan(0.05);
  });
  it('gives 0 for p = 1', () => expect(toArraySync(alphaDropout(tensor([1, 2]), 1))).toEqual([0, 0]));
});

describe('orthogonal', () => {
  const flat = (q: Tensor, rows: number): Tensor =>
    q.shape.length === 2 ? q : tensor(dataSync(q), { shape: [rows, q.size / rows] });
  it.each([
    [[4, 4], 1],
    [[6, 3], 1],
    [[3, 6], 1],
    [[2, 3, 4], 1],
    [[3, 2, 4], 2],
  ] as const)('%o with %i axes as rows', (shape, rows) => {
    const q = orthogonal(shape, { rows, gain: 2, dtype: 'f64', generator: generator() });
    expect(q.shape).toEqual(shape);
    const r = shape.slice(0, rows).reduce((a, b) => a * b, 1);
    const m = flat(q, r);
    const [a, n] = r <= m.size / r ? [matmul(m, transpose(m)), r] : [matmul(transpose(m), m), m.size / r];
    expect(distance(dataSync(a), dataSync(mul(eye(n, n, 'f64'), 4)))).toBeLessThan(1e-12);
  });
  it('refuses a vector', () => expect(() => orthogonal([3])).toThrow('orthogonal: expected at least 2 axes, got [3]'));
});
