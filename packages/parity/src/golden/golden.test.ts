// The reader of the golden format and its measure.
import { describe, expect, it } from 'vitest';
import type { CoreArray } from '@nn/formats';
import { distance } from './distance.js';
import { kindOf, readGroups } from './group.js';
import { camel, revive, tensorsIn } from './value.js';

const golden = new URL('../../golden', import.meta.url).pathname;
const f32 = (...values: number[]): CoreArray => ({
  dtype: 'f32',
  shape: [values.length],
  data: Float32Array.from(values),
});
const i32 = (...values: number[]): CoreArray => ({
  dtype: 'i32',
  shape: [values.length],
  data: Int32Array.from(values),
});

describe('the distance', () => {
  it('is absolute for small and relative for large values', () => {
    expect(distance([0.5], f32(0))).toBe(0.5);
    expect(distance([1010], f32(1000))).toBeCloseTo(10 / 1001);
    expect(distance([1, 2], f32(1, 2))).toBe(0);
  });

  it('takes NaN as equal to NaN and infinities by sign', () => {
    expect(distance([NaN, Infinity, -Infinity], f32(NaN, Infinity, -Infinity))).toBe(0);
    expect(distance([Infinity], f32(-Infinity))).toBe(Infinity);
    expect(distance([1], f32(NaN))).toBe(Infinity);
    expect(distance([NaN], f32(1))).toBe(Infinity);
    expect(distance([1e30], f32(Infinity))).toBe(Infinity);
  });

  it('wants integers to be the same', () => {
    expect(distance([3], i32(3))).toBe(0);
    expect(distance([4], i32(3))).toBe(Infinity);
  });
});

describe('the reader', () => {
  it('finds every group of a folder, or the one that the folder is', () => {
    expect(
      readGroups(golden)
        .map((group) => group.name)
        .sort(),
    ).toEqual(['files', 'keras_layers', 'losses', 'ops', 'optimizers', 'pairs', 'torch_modules']);
    expect(readGroups(`${golden}/losses`).map((group) => group.name)).toEqual(['losses']);
    expect(() => readGroups(`${golden}/nothing`)).toThrow('There is no folder');
    expect(() => readGroups(`${golden}/files/hostile`)).toThrow('holds no golden data');
  });

  it('finds the tensors of a case, 64-bit integers as 32-bit ones', () => {
    const [group] = readGroups(`${golden}/torch_modules`);
    const embedding = group!.cases.find((c) => c.id === 'Embedding.001')!;
    const tensors = group!.tensorsOf(embedding);
    expect(tensors.get('before/weight').dtype).toBe('f32');
    expect(tensors.get('in/args/0').dtype).toBe('i32');
    expect(tensors.has('before/bias')).toBe(false);
    expect(() => tensors.get('before/bias')).toThrow('no tensor "Embedding.001/before/bias"');
    expect(kindOf(embedding)).toBe('Embedding');
  });

  it('has every tensor that a case of any group refers to', () => {
    for (const group of readGroups(golden).filter(({ name }) => name !== 'files')) {
      for (const c of group.cases)
        for (const { ref } of tensorsIn(c))
          expect(group.tensorsOf(c).has(ref.$tensor), `${c.id} ${ref.$tensor}`).toBe(true);
    }
  });
});

describe('values', () => {
  it('replaces tensors, numbers that JSON lacks, and modules', () => {
    const value = {
      p: { $float: '-inf' },
      x: [{ $tensor: 'in/0', grad: false }],
      m: { $module: 'ReLU', args: {} },
      n: null,
    };
    expect(revive(value, { tensor: (ref) => `<${ref.$tensor}>`, module: (ref) => ref.$module })).toEqual({
      p: -Infinity,
      x: ['<in/0>'],
      m: 'ReLU',
      n: null,
    });
    expect(() => revive(value, { tensor: () => null })).toThrow('A module (ReLU) cannot stand here.');
  });

  it('writes names as JavaScript does', () => {
    expect(['in1_features', 'batch_first', 'beta_1', 'T_max', '_random_samples', 'p'].map(camel)).toEqual([
      'in1Features',
      'batchFirst',
      'beta1',
      'TMax',
      '_randomSamples',
      'p',
    ]);
  });
});
