// Initializers: bounds, spreads and shapes as PyTorch's.
import { describe, expect, test } from 'vitest';
import * as torch from '../index.js';

const { nn } = torch;
const { init } = nn;
const spread = (t: torch.Tensor): { min: number; max: number; mean: number; std: number } => ({
  min: t.min().itemSync(),
  max: t.max().itemSync(),
  mean: t.mean().itemSync(),
  std: t.std().itemSync(),
});
const w = (...shape: number[]): torch.Tensor => torch.empty(shape);

describe('fills', () => {
  test.each<[string, (t: torch.Tensor) => torch.Tensor, number]>([
    ['xavierUniform_', (t) => init.xavierUniform_(t), Math.sqrt(6 / 300)],
    ['xavierUniform_ with a gain', (t) => init.xavierUniform_(t, { gain: 2 }), 2 * Math.sqrt(6 / 300)],
    ['kaimingUniform_', (t) => init.kaimingUniform_(t), Math.sqrt(2) * Math.sqrt(3 / 200)],
    [
      'kaimingUniform_ of a fan out',
      (t) => init.kaimingUniform_(t, { mode: 'fan_out', nonlinearity: 'relu' }),
      Math.sqrt(2) * Math.sqrt(3 / 100),
    ],
    ['uniform_', (t) => init.uniform_(t, -3, 3), 3],
  ])('%s', (_, fill, bound) => {
    const { min, max } = spread(fill(w(100, 200)));
    expect(max).toBeLessThanOrEqual(bound);
    expect(max).toBeGreaterThan(0.99 * bound);
    expect(min).toBeLessThan(-0.99 * bound);
  });
  test.each<[string, (t: torch.Tensor) => torch.Tensor, number]>([
    ['xavierNormal_', (t) => init.xavierNormal_(t), Math.sqrt(2 / 300)],
    ['kaimingNormal_', (t) => init.kaimingNormal_(t, { nonlinearity: 'relu' }), Math.sqrt(2 / 200)],
    ['normal_', (t) => init.normal_(t, 0, 3), 3],
  ])('%s', (_, fill, std) => {
    expect(spread(fill(w(100, 200))).std / std).toBeCloseTo(1, 1);
  });
  test('truncNormal_ stays inside its bounds', () => {
    const { min, max } = spread(init.truncNormal_(w(100, 100), { mean: 1, std: 2, a: -1, b: 3 }));
    expect([min >= -1, max <= 3]).toEqual([true, true]);
  });
  test('special matrices', () => {
    expect(init.eye_(w(2, 3)).toArraySync()).toEqual([
      [1, 0, 0],
      [0, 1, 0],
    ]);
    const q = init.orthogonal_(w(3, 5));
    expect(q.matmul(q.t()).allclose(torch.eye(3), { atol: 1e-5 })).toBe(true);
    expect(init.dirac_(w(2, 2, 3)).toArraySync()).toEqual([
      [
        [0, 1, 0],
        [0, 0, 0],
      ],
      [
        [0, 0, 0],
        [0, 1, 0],
      ],
    ]);
    expect(init.sparse_(w(10, 4), 0.3).eq(0).sum(0).toArraySync()).toEqual([3, 3, 3, 3]);
  });
  test('leaves of gradients may be filled', () => {
    expect(init.constant_(new nn.Parameter(w(2)), 4).toArraySync()).toEqual([4, 4]);
  });
  test('gains, and names that do not exist', () => {
    expect(init.calculateGain('tanh')).toBe(5 / 3);
    expect(init.calculateGain('leaky_relu', 0.2)).toBeCloseTo(Math.sqrt(2 / 1.04));
    expect(() => init.calculateGain('rleu' as never)).toThrow('Unsupported nonlinearity rleu Did you mean "relu"?');
    expect(() => init.xavierUniform_(w(3))).toThrow(
      'Fan in and fan out can not be computed for tensor with fewer than 2 dimensions',
    );
  });
});

describe('defaults of modules', () => {
  // 50 draws may all be small: one time in 200
  torch.manualSeed(0);
  test.each<[torch.nn.Module, string, number]>([
    [new nn.Linear(100, 50), 'weight', 0.1],
    [new nn.Linear(100, 50), 'bias', 0.1],
    [new nn.Conv2d(4, 16, 5), 'weight', 0.1],
    [new nn.ConvTranspose2d(16, 4, 5), 'weight', 0.1],
    [new nn.LSTM(4, 25), 'weight_ih_l0', 0.2],
    [new nn.LSTM(4, 25), 'bias_hh_l0', 0.2],
    [new nn.MultiheadAttention(24, 2), 'in_proj_weight', 0.25],
  ])('%#', (m, name, bound) => {
    const { min, max } = spread(m.getParameter(name));
    expect(Math.max(-min, max)).toBeLessThanOrEqual(bound);
    expect(Math.max(-min, max)).toBeGreaterThan(0.9 * bound);
  });
  test('the padding row of an embedding is zero', () => {
    expect(new nn.Embedding(4, 2, { paddingIdx: 1 }).weight.at(1).toArraySync()).toEqual([0, 0]);
  });
});
