// Tables that line up, and the README that is written from the results.
import { expect, test } from 'vitest';
import { readme, writtenReadme } from './files.js';
import type { Results } from './results.js';
import { markdown, plain, tablesOf, targetTable } from './tables.js';

const round = (ms: number) => ({ median: ms, best: ms / 2, runs: 1 });
const results: Results = {
  machine: { cpu: 'x', cores: 2, memoryGb: 1, system: 's', node: '24', v8: '13' },
  device: 'wasm',
  threads: 1,
  versions: {},
  peers: { ours: 'ours', 'tfjs-wasm': 'other' },
  results: [
    {
      workload: 'matmul-NN-256',
      date: '2026-01-01T00:00',
      cells: { ours: { rounds: [round(1)] }, 'tfjs-wasm': { rounds: [round(2)] } },
      disagreements: ['one differs'],
    },
    {
      workload: 'matmul-NN-512',
      date: '2026-01-01T00:00',
      cells: { ours: { rounds: [round(100)] }, 'tfjs-wasm': { rounds: [], failure: 'no such kernel' } },
      disagreements: [],
    },
  ],
};

test('a table of times', () => {
  const [table] = tablesOf(results);
  expect(plain(table!)).toBe(`Products of matrices, GFLOP/s
                         ours     tfjs-wasm
  matmul-NN-256   33.6 (67.1)   16.8 (33.6)
  matmul-NN-512     2.7 (5.4)         fails
  matmul-NN-512: tfjs-wasm: no such kernel
  matmul-NN-256: ERROR: one differs`);
  const lines = markdown(table!)
    .split('\n')
    .filter((l) => l.startsWith('|'));
  expect(new Set(lines.map((l) => l.length)).size).toBe(1);
});

test('targets beside what was measured', () => {
  expect(plain(targetTable(results, false))).toBe(`Targets: 1 of 1 that were measured are met (52 in all)
  workload        what                     asked   measured   met
  matmul-NN-256   speed / tfjs-wasm's NN   ≥ 1.5       2.00   yes`);
  expect(targetTable(results, true).rows).toHaveLength(53);
});

test('the README of the results says what the results say', () => {
  expect(writtenReadme()).toBe(readme());
});
