// Attention against plain loops; masks that hide everything; gradients to second order.
import { describe, expect, it } from 'vitest';
import { dataSync, tensor, toArraySync } from '../graph/create.js';
import type { Tensor } from '../graph/tensor.js';
import { mul } from '../ops/index.js';
import { distance } from '../testing/distance.js';
import { gradcheck } from '../testing/gradcheck.js';
import { attentionWeights, causalMask, scaledDotProductAttention } from './attention.js';

const wave = (shape: number[], phase: number): Tensor => {
  const n = shape.reduce((a, b) => a * b, 1);
  return tensor(
    Float64Array.from({ length: n }, (_, i) => Math.sin(1.3 * i + phase)),
    { shape },
  );
};
const [q, k, v] = [wave([2, 3, 4], 0), wave([2, 5, 4], 1), wave([2, 5, 2], 2)];

describe('scaledDotProductAttention', () => {
  it('is softmax of the scores times the values', () => {
    const { output, weights } = scaledDotProductAttention(q, k, v, { mask: causalMask(3, 5, 1), bias: 0.5 });
    expect([output.shape, weights.shape]).toEqual([
      [2, 3, 2],
      [2, 3, 5],
    ]);
    const [Q, K, V] = [q, k, v].map((t) => toArraySync(t) as number[][][]) as [
      number[][][],
      number[][][],
      number[][][],
    ];
    const expected = Q.map((queries, n) =>
      queries.map((row, i) => {
        const seen = K[n]!.slice(0, i + 2).map((key) => Math.exp(row.reduce((s, x, d) => s + x * key[d]!, 0) / 2));
        const total = seen.reduce((a, b) => a + b, 0);
        return [0, 1].map((d) => seen.reduce((s, w, j) => s + (w / total) * V[n]![j]![d]!, 0));
      }),
    );
    expect(distance(dataSync(output), expected)).toBeLessThan(1e-14);
  });
  it('applies dropout to the weights, and returns them without', () => {
    const { output, weights } = scaledDotProductAttention(q, k, v, { dropout: (w) => mul(w, 2) });
    const plain = scaledDotProductAttention(q, k, v);
    expect(distance(dataSync(output), dataSync(mul(plain.output, 2)))).toBeLessThan(1e-15);
    expect(distance(dataSync(weights), dataSync(plain.weights))).toBe(0);
  });
  it('has gradients, also with hidden rows', async () => {
    for (const mask of [
      undefined,
      causalMask(3, 5),
      tensor([
        [true, false, true, true, false],
        [false, false, false, false, false],
        [true, true, true, true, true],
      ]),
    ]) {
      const result = await gradcheck(
        (a: Tensor, b: Tensor, c: Tensor) => scaledDotProductAttention(a, b, c, { mask }).output,
        [q, k, v],
        { order: 2 },
      );
      expect(result).toMatchObject({ ok: true });
    }
  });
  it('names widths that differ', () => {
    expect(() => scaledDotProductAttention(q, v, v)).toThrow(
      'scaledDotProductAttention: the last axes of q f64[2,3,4] and k f64[2,5,2] differ',
    );
  });
});

describe('a query that may look at nothing', () => {
  const [scores, mask] = [
    tensor([
      [1, 2],
      [3, 4],
    ]),
    tensor([
      [false, false],
      [true, true],
    ]),
  ];
  it('weighs 0, or NaN when asked', () => {
    expect((toArraySync(attentionWeights(scores, { mask })) as number[][])[0]).toEqual([0, 0]);
    expect((toArraySync(attentionWeights(scores, { mask, hidden: 'nan' })) as number[][])[0]).toEqual([NaN, NaN]);
    expect(toArraySync(attentionWeights(tensor([[1, 2]]), { bias: tensor([-Infinity, 0]) }))).toEqual([[0, 1]]);
  });
});
