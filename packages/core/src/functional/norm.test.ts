// Normalization against plain loops, and gradients to second order.
import { describe, expect, it } from 'vitest';
import { dataSync, tensor } from '../graph/create.js';
import type { Tensor } from '../graph/tensor.js';
import { close, distance } from '../testing/distance.js';
import { gradcheck } from '../testing/gradcheck.js';
import { batchNorm, groupNorm, l2Normalize, layerNorm, localResponseNorm, moments, rmsNorm } from './norm.js';

const wave = (shape: number[], phase = 0): Tensor => {
  const n = shape.reduce((a, b) => a * b, 1);
  return tensor(
    Float64Array.from({ length: n }, (_, i) => Math.sin(1.7 * i + phase) + 0.1 * i),
    { shape },
  );
};
const stats = (v: number[]): { mean: number; variance: number } => {
  const mean = v.reduce((a, b) => a + b, 0) / v.length;
  return { mean, variance: v.reduce((a, b) => a + (b - mean) ** 2, 0) / v.length };
};
const rows = (t: Tensor, width: number): number[][] => {
  const flat = [...dataSync(t)];
  return Array.from({ length: flat.length / width }, (_, i) => flat.slice(i * width, (i + 1) * width));
};
const ok = async (f: (...xs: Tensor[]) => unknown, ...xs: Tensor[]): Promise<void> => {
  const result = await gradcheck(f, xs, { order: 2 });
  expect(result).toMatchObject({ ok: true });
};

describe('moments', () => {
  it('are the biased ones, with or without the axes', () => {
    const x = wave([2, 3, 4]);
    const { mean, variance } = moments(x, [0, 2], { keepdims: true });
    expect([mean.shape, variance.shape]).toEqual([
      [1, 3, 1],
      [1, 3, 1],
    ]);
    expect(moments(x, -1).mean.shape).toEqual([2, 3]);
    const middle = rows(x, 4)
      .filter((_, i) => i % 3 === 1)
      .flat();
    expect(close(dataSync(variance)[1]!, stats(middle).variance, 1e-14)).toBe(true);
  });
});

describe('layerNorm', () => {
  const [x, w, b] = [wave([2, 3, 4]), wave([4], 1), wave([4], 2)];
  it('normalizes the last axes', () => {
    const expected = rows(x, 4).flatMap((r) => {
      const { mean, variance } = stats(r);
      return r.map((v, i) => ((v - mean) / Math.sqrt(variance + 1e-3)) * dataSync(w)[i]! + dataSync(b)[i]!);
    });
    expect(distance(dataSync(layerNorm(x, [4], { weight: w, bias: b, eps: 1e-3 })), expected)).toBeLessThan(1e-14);
  });
  it('has gradients', () =>
    ok((t, weight, bias) => layerNorm(t, [3, 4], { weight, bias, eps: 1e-2 }), x, wave([3, 4], 1), wave([3, 4], 2)));
  it('refuses another shape', () =>
    expect(() =>
      layerNorm(
        tensor([
          [1, 2, 3],
          [4, 5, 6],
        ]),
        [4],
      ),
    ).toThrow('layerNorm: x f32[2,3] does not end with [4]'));
});

describe('rmsNorm', () => {
  const x = wave([3, 4]);
  it('divides by the root of the mean square', () => {
    const expected = rows(x, 4).flatMap((r) =>
      r.map((v) => v / Math.sqrt(r.reduce((s, u) => s + u * u, 0) / 4 + 1e-6)),
    );
    expect(distance(dataSync(rmsNorm(x, [4], { eps: 1e-6 })), expected)).toBeLessThan(1e-14);
  });
  it('has gradients', () => ok((t, weight) => rmsNorm(t, [4], { weight, eps: 1e-6 }), x, wave([4], 3)));
});

describe('groupNorm', () => {
  const x = wave([2, 4, 3]);
  it('normalizes groups of channels', () => {
    const expected = rows(x, 6).flatMap((r) => r.map((v) => (v - stats(r).mean) / Math.sqrt(stats(r).variance + 1e-5)));
    expect(distance(dataSync(groupNorm(x, 2)), expected)).toBeLessThan(1e-13);
  });
  it('takes the channels from any axis', () => {
    const last = tensor(
      Float64Array.from(rows(x, 12).flatMap((r) => [0, 1, 2].flatMap((s) => [0, 1, 2, 3].map((c) => r[c * 3 + s]!)))),
      { shape: [2, 3, 4] },
    );
    const [a, b] = [
      dataSync(groupNorm(last, 2, { axis: -1, weight: wave([4]), bias: wave([4], 1) })),
      dataSync(groupNorm(x, 2, { weight: wave([4]), bias: wave([4], 1) })),
    ];
    expect(
      distance(
        [0, 1, 2, 3].map((c) => a[12 + 2 * 4 + c]!),
        [0, 1, 2, 3].map((c) => b[12 + c * 3 + 2]!),
      ),
    ).toBeLessThan(1e-13);
  });
  it('has gradients', () => ok((t, weight, bias) => groupNorm(t, 2, { weight, bias }), x, wave([4], 1), wave([4], 2)));
  it('refuses groups that do not divide', () =>
    expect(() => groupNorm(x, 3)).toThrow('groupNorm: 3 groups do not divide the 4 channels of f64[2,4,3]'));
});

describe('batchNorm', () => {
  const x = wave([3, 2, 2]);
  it('takes the statistics of the batch and returns them', () => {
    const { output, mean, variance } = batchNorm(x, { eps: 1e-3 });
    const first = rows(x, 2)
      .filter((_, i) => i % 2 === 0)
      .flat();
    expect(
      close(dataSync(mean)[0]!, stats(first).mean, 1e-14) &&
        close(dataSync(variance)[0]!, stats(first).variance, 1e-14),
    ).toBe(true);
    expect(
      close(dataSync(output)[0]!, (first[0]! - stats(first).mean) / Math.sqrt(stats(first).variance + 1e-3), 1e-14),
    ).toBe(true);
  });
  it('takes given statistics', () => {
    const given = batchNorm(x, {
      mean: tensor([1, 2], { dtype: 'f64' }),
      variance: tensor([4, 9], { dtype: 'f64' }),
      eps: 0,
    });
    expect(close(dataSync(given.output)[2]!, (dataSync(x)[2]! - 2) / 3, 1e-14)).toBe(true);
  });
  it('has gradients', () =>
    ok((t, weight, bias) => batchNorm(t, { weight, bias }).output, x, wave([2], 1), wave([2], 2)));
});

describe('l2Normalize and localResponseNorm', () => {
  it('give unit length, and 0 for 0', () => {
    expect(
      distance(
        dataSync(
          l2Normalize(
            tensor([
              [3, 4],
              [0, 0],
            ]),
            1,
          ),
        ),
        [0.6, 0.8, 0, 0],
      ),
    ).toBeLessThan(1e-7);
  });
  it('sum over neighbouring channels', () => {
    const [x, size, alpha, beta, k] = [wave([1, 5, 2]), 3, 0.3, 0.6, 1.2];
    const r = rows(x, 2);
    const expected = r.flatMap((row, c) =>
      row.map((v, s) => {
        const power = [c - 1, c, c + 1].reduce((p, n) => p + (r[n]?.[s] ?? 0) ** 2, 0);
        return v / (k + (alpha / size) * power) ** beta;
      }),
    );
    expect(distance(dataSync(localResponseNorm(x, size, { alpha, beta, k })), expected)).toBeLessThan(1e-14);
  });
  it('have gradients', async () => {
    await ok((t) => l2Normalize(t, 1), wave([2, 3], 1));
    await ok((t) => localResponseNorm(t, 4, { alpha: 0.5 }), wave([2, 5, 2], 1));
  });
});
