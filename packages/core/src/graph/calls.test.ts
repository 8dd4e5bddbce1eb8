// Calls are found again by specs and attributes, and never mistaken for one another.
import { describe, expect, it } from 'vitest';
import * as nn from '../index.js';
import { sumPrimitive } from '../ops/define.js';
import { intern, specNumber } from './spec.js';

const values = (t: nn.Tensor): unknown => nn.toArraySync(t);

describe('specs', () => {
  it('that are equal are one object with one number', () => {
    const shape = [2, 3];
    const spec = intern({ shape, dtype: 'f32' });
    expect(intern({ shape: [2, 3], dtype: 'f32' })).toBe(spec);
    expect(spec).toEqual({ shape: [2, 3], dtype: 'f32' });
    expect(specNumber({ shape: [2, 3], dtype: 'f32' })).toBe(specNumber(spec));
    expect(specNumber({ shape: [2, 3], dtype: 'i32' })).not.toBe(specNumber(spec));
    shape[0] = 7;
    expect(spec.shape).toEqual([2, 3]);
  });
});
describe('calls', () => {
  it('with many different attributes each give their own result', () => {
    const x = nn.arange(0, 40);
    for (let round = 0; round < 2; round++)
      for (let k = 0; k < 20; k++) expect(values(nn.slice(x, [k], [k + 2], [1]))).toEqual([k, k + 1]);
  });
  it('keep their attributes when the caller changes the object', () => {
    const attrs = { axes: [0] };
    const x = nn.tensor([
      [1, 2],
      [3, 4],
    ]);
    expect(values(nn.apply(sumPrimitive, [x], attrs))).toEqual([4, 6]);
    attrs.axes = [1];
    expect(values(nn.apply(sumPrimitive, [x], attrs))).toEqual([3, 7]);
    expect(values(nn.apply(sumPrimitive, [x], { axes: [0] }))).toEqual([4, 6]);
  });
  it('of arrays, numbers and dtypes are different calls', () => {
    const two = nn.tensor(2);
    expect(values(nn.add(two, 3))).toBe(5);
    expect(values(nn.add(two, nn.tensor(4)))).toBe(6);
    expect(nn.add(nn.literal(2), 3).literal).toBe(5);
    expect(values(nn.add(nn.tensor(2, { dtype: 'i32' }), 3))).toBe(5);
    expect(nn.add(nn.literal(250, 'u8'), nn.literal(10, 'u8')).literal).toBe(4);
  });
});
describe('numbers', () => {
  it('are worked out without a device, as arrays would be', () => {
    const before = nn.memory().buffers;
    const [a, b] = [nn.literal(2 ** 31 + 5, 'u32'), nn.literal(3, 'u32')];
    expect(nn.mul(a, b).literal).toBe(((2 ** 31 + 5) * 3) % 2 ** 32);
    expect(nn.where(nn.less(1, 2), nn.literal(7), nn.literal(8)).literal).toBe(7);
    expect(nn.cast(nn.literal(-1.7), 'i32').literal).toBe(-1);
    expect(nn.cast(nn.literal(0.1), 'f64').literal).toBe(Math.fround(0.1));
    expect(nn.pow(nn.literal(0.9), 2).literal).toBeCloseTo(0.81, 12);
    expect(nn.memory().buffers).toBe(before);
    nn.defaultGenerator.manualSeed(1);
    const one = nn.normal([]).literal!;
    nn.defaultGenerator.manualSeed(1);
    expect(nn.itemSync(nn.normal([1]))).toBeCloseTo(one, 6);
  });
});
