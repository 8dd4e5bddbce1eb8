// The numbers that all peers work with: what the generator gives, and layouts that hold the same.
import { expect, test } from 'vitest';
import { convolution, digest, lenetNumbers, oneHot, permute, uniform } from './numbers.js';

test('the generator gives the numbers that pytorch.py has, too', () => {
  expect([...uniform(4, 1)]).toEqual([
    -0.5270889401435852, -0.2614586651325226, 0.008484064601361752, 0.4097665250301361,
  ]);
  expect([...lenetNumbers(8, 'channels last').classes]).toEqual([2, 4, 1, 7, 7, 1, 2, 4]);
});

test('axes are put in another order', () => {
  const x = Float32Array.from({ length: 6 }, (_, i) => i);
  expect([...permute(x, [2, 3], [1, 0])]).toEqual([0, 3, 1, 4, 2, 5]);
  const y = Float32Array.from({ length: 24 }, (_, i) => i);
  expect([...permute(permute(y, [2, 3, 4], [2, 0, 1]), [4, 2, 3], [1, 2, 0])]).toEqual([...y]);
});

test('a digest is the same for images in both layouts, and differs for other numbers', () => {
  const task = { kind: 'conv', part: 'forward', batch: 2, size: 3, channels: 4, filters: 5, window: 3 } as const;
  const last = digest(convolution(task, 'channels last').x.data);
  const first = digest(convolution(task, 'channels first').x.data);
  first.forEach((v, i) => expect(v).toBeCloseTo(last[i]!, 12));
  expect(digest(uniform(72, 9))).not.toEqual(last);
});

test('classes become rows with a one', () => {
  expect([...oneHot([1, 0], 3)]).toEqual([0, 1, 0, 1, 0, 0]);
});
