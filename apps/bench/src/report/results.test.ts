// Figures out of results: ratios, disagreements, and results that are measured again.
import { describe, expect, test } from 'vitest';
import { disagreements, merge, timeRatio, timesOf, type Cell, type Results } from './results.js';

const cell = (...medians: number[]): Cell => ({
  rounds: medians.map((median) => ({ median, best: median / 2, runs: 1 })),
});

describe('figures', () => {
  test('the time is the median of the rounds, the best is the best of all', () => {
    expect(timesOf(cell(4, 1, 2))).toEqual({ median: 2, best: 0.5 });
    expect(timesOf(cell())).toBe(null);
  });
  test('a ratio is taken round by round, so that a slow moment of the machine does not count', () => {
    expect(timeRatio(cell(2, 20, 2), cell(1, 10, 1))).toBe(2);
    expect(timeRatio(cell(10), cell(1, 2, 4))).toBe(5);
  });
});

describe('disagreements', () => {
  const checked = (...check: number[]): Cell => ({ rounds: [], check });
  test('are told with the numbers', () => {
    const cells = { a: checked(1, 2), b: checked(1.0001, 2), c: checked(1, 2.1), d: checked(1, Number.NaN) };
    expect(disagreements(cells)).toEqual([
      'c has 2.1 where a has 2 (number 1 of the check)',
      'd has NaN where a has 2 (number 1 of the check)',
    ]);
  });
  test('need two peers', () => {
    expect(disagreements({ a: cell(1), b: checked(3) })).toEqual([]);
  });
});

describe('results that are measured again', () => {
  const results = (names: string[], date: string, cores = 2): Results => ({
    machine: { cpu: 'x', cores, memoryGb: 1, system: 's', node: '24', v8: '13' },
    device: 'wasm',
    threads: 1,
    versions: { [date]: '1' },
    peers: {},
    results: names.map((workload) => ({ workload, date, cells: {}, disagreements: [] })),
  });
  test('replace those of the same workloads', () => {
    const merged = merge(results(['a', 'b'], 'old'), results(['b', 'c'], 'new'));
    expect(merged.results.map((r) => `${r.workload} ${r.date}`)).toEqual(['a old', 'b new', 'c new']);
    expect(merged.versions).toEqual({ old: '1', new: '1' });
  });
  test('have to come from the same machine', () => {
    expect(() => merge(results([], 'old'), results([], 'new', 4))).toThrow('write them to another file');
  });
});
