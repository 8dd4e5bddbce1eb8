// Random numbers: the published test vectors of the generator, the moments of the distributions, the rules of seeds.
import { expect, test } from 'vitest';
import * as nn from '../index.js';
import { randomBitsPrimitive } from './random.js';

const numbers = (t: nn.Tensor): number[] => [...nn.dataSync(t)];
const moment = (xs: readonly number[], k: number, mean = 0): number =>
  xs.reduce((s, x) => s + (x - mean) ** k, 0) / xs.length;

test('Threefry-2x32 with 20 rounds: known answers of Random123', () => {
  const bits = (seed: number, draw: number): number[] =>
    numbers(
      nn.apply(randomBitsPrimitive, [nn.literal(seed, 'u32'), nn.literal(draw, 'u32')], { shape: [1], dtype: 'u32' }),
    );
  expect(bits(0, 0)).toEqual([0x6b200159]);
});
test('moments of a large draw', () => {
  const generator = new nn.Generator(3);
  const n = 200_000;
  // Standard errors: 0.00065 for the uniform mean, 0.0022 for the normal mean, 0.0032 for its variance; four of them.
  const u = numbers(nn.uniform([n], { generator }));
  expect(moment(u, 1)).toBeCloseTo(0.5, 2);
  expect(Math.min(...u.slice(0, 50_000)) >= 0 && Math.max(...u.slice(0, 50_000)) < 1).toBe(true);
  const z = numbers(nn.normal([n], { generator, mean: 2, std: 3 }));
  expect(Math.abs(moment(z, 1) - 2)).toBeLessThan(4 * 3 * 0.0022);
  expect(Math.abs(moment(z, 2, 2) / 9 - 1)).toBeLessThan(4 * 0.0032);
  expect(Math.abs(moment(z, 3, 2)) / 27).toBeLessThan(0.03);
  const t = numbers(nn.truncatedNormal([n], { generator }));
  expect(t.every((v) => Math.abs(v) <= 2)).toBe(true);
  // The normal cut at two standard deviations has a standard deviation of 0.8796.
  expect(Math.sqrt(moment(t, 2))).toBeCloseTo(0.8796, 2);
  const b = numbers(nn.bernoulli(0.3, [n], { generator }));
  expect(moment(b, 1)).toBeCloseTo(0.3, 2);
});
test('f64 draws have more than 24 bits', () => {
  const xs = numbers(nn.uniform([1000], { dtype: 'f64', generator: new nn.Generator(1) }));
  expect(xs.some((x) => x * 2 ** 24 !== Math.floor(x * 2 ** 24))).toBe(true);
  expect(moment(xs, 1)).toBeCloseTo(0.5, 1);
});
test('permutations, integers, independence of draws', () => {
  const generator = new nn.Generator(5);
  expect(numbers(nn.permutation(50, { generator })).sort((a, b) => a - b)).toEqual(
    Array.from({ length: 50 }, (_, i) => i),
  );
  const k = numbers(nn.randint([1000], -3, 4, { generator }));
  expect([...new Set(k)].sort((a, b) => a - b)).toEqual([-3, -2, -1, 0, 1, 2, 3]);
  const [a, b] = [numbers(nn.uniform([5000], { generator })), numbers(nn.uniform([5000], { generator }))];
  const correlation = (a.reduce((s, x, i) => s + (x - 0.5) * (b[i]! - 0.5), 0) / 5000) * 12;
  expect(Math.abs(correlation)).toBeLessThan(0.06);
});
test('seeds', () => {
  const draw = (seed: number): number[] => numbers(nn.normal([4], { generator: new nn.Generator(seed) }));
  expect(draw(1)).toEqual(draw(1));
  expect(draw(1)).not.toEqual(draw(2));
  expect(() => new nn.Generator(-1)).toThrow('manualSeed: a seed is an integer from 0 to 2^32 - 1, received -1');
});
