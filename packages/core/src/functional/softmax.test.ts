// Softmax and its relatives: values, large inputs, empty axes, gradients to second order.
import { describe, expect, it } from 'vitest';
import { dataSync, tensor, toArraySync } from '../graph/create.js';
import { sum } from '../ops/index.js';
import { distance } from '../testing/distance.js';
import { gradcheck } from '../testing/gradcheck.js';
import { glu, logSoftmax, softmax, sparsemax } from './softmax.js';

const x = tensor(
  [
    [0.3, -1.2, 2.1],
    [1.7, 0.4, -0.6],
  ],
  { dtype: 'f64' },
);

describe('softmax', () => {
  it('sums to 1 along the axis', () => {
    expect(distance(dataSync(sum(softmax(x, 1), { axes: 1 })), [1, 1])).toBeLessThan(1e-15);
    expect(distance(dataSync(sum(softmax(x, 0), { axes: 0 })), [1, 1, 1])).toBeLessThan(1e-15);
    expect(distance(dataSync(sum(softmax(x, [0, 1]))), 1)).toBeLessThan(1e-15);
  });
  it('bears large inputs', () => {
    expect(toArraySync(softmax(tensor([1000, 1000, -1000]), 0))).toEqual([0.5, 0.5, 0]);
    expect(distance(dataSync(logSoftmax(tensor([1000, 0]), 0)), [0, -1000])).toBe(0);
  });
  it('gives NaN for a row of -Infinity, and nothing for an empty axis', () => {
    expect(toArraySync(softmax(tensor([-Infinity, -Infinity]), 0))).toEqual([NaN, NaN]);
    expect(softmax(tensor([], { shape: [2, 0] }), 1).shape).toEqual([2, 0]);
    expect(logSoftmax(tensor([], { shape: [0, 2] }), 1).shape).toEqual([0, 2]);
  });
  it('works on a number', () => expect(toArraySync(softmax(tensor(3), []))).toBe(1));
  it.each([
    ['softmax', softmax],
    ['logSoftmax', logSoftmax],
  ] as const)('has gradients: %s', async (_, f) => {
    for (const axis of [0, 1, [0, 1]]) {
      const result = await gradcheck((t) => f(t, axis), [x], { order: 2 });
      expect(result).toMatchObject({ ok: true });
    }
  });
});

describe('sparsemax', () => {
  it('is the projection onto the simplex', () => {
    expect(
      distance(
        dataSync(
          sparsemax(
            tensor(
              [
                [1, 2, 2.5],
                [0, 0, 9],
              ],
              { dtype: 'f64' },
            ),
            1,
          ),
        ),
        [0, 0.25, 0.75, 0, 0, 1],
      ),
    ).toBeLessThan(1e-15);
  });
  it('has gradients', async () => {
    const result = await gradcheck((t) => sparsemax(t, 0), [x], { order: 2 });
    expect(result).toMatchObject({ ok: true });
  });
});

describe('glu', () => {
  it('halves the axis', async () => {
    const result = await gradcheck((t) => glu(t, 0), [x], { order: 2 });
    expect(result).toMatchObject({ ok: true });
    expect(() => glu(x, 1)).toThrow('glu: axis 1 of f64[2,3] has an odd size and cannot be halved');
  });
});
