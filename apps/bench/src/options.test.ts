// The command line: what is chosen, and what mistakes are told.
import { expect, test } from 'vitest';
import { parseOptions } from './options.js';
import { workloads } from './work/workloads.js';

const parse = (...args: string[]) => parseOptions(args, ['ours', 'torch']);

test('without options everything is measured', () => {
  expect(parse()).toEqual({
    workloads,
    peers: null,
    rounds: 5,
    device: 'wasm',
    small: false,
    threads: 1,
    json: null,
    instead: null,
  });
});

test('names and beginnings of names choose workloads', () => {
  const names = parse('--only', 'matmul-NN,lenet').workloads.map((w) => w.name);
  expect(names).toEqual(['matmul-NN-256', 'matmul-NN-512', 'matmul-NN-1024', 'matmul-NN-2048', 'lenet']);
  expect(parse('--peers', 'torch,ours', '--rounds', '2', '--json', 'x.json')).toMatchObject({
    peers: ['torch', 'ours'],
    rounds: 2,
    json: 'x.json',
  });
});

test('on a GPU there are larger sizes, or small ones', () => {
  const names = (...args: string[]) => parse('--device', 'webgpu', ...args).workloads.map((w) => w.name);
  expect(names('--only', 'matmul-NN')).toEqual(
    [1024, 2048, 4096, 8192]
      .flatMap((n) => `matmul-NN-${n}`)
      .concat([1024, 2048, 4096, 8192].map((n) => `matmul-NN-${n}-f16`)),
  );
  expect(names('--small', '--only', 'transformer,launch')).toEqual(['transformer-small', 'launch', 'launch-host']);
  expect(parse('--device', 'webgpu', '--small')).toMatchObject({ device: 'webgpu', small: true });
});

test('workloads have names of their own', () => {
  for (const args of [[], ['--device', 'webgpu'], ['--device', 'webgpu', '--small']]) {
    const names = parse(...args).workloads.map((w) => w.name);
    expect(new Set(names).size).toBe(names.length);
  }
});

test.each([
  [['--only', 'matnul'], /--only matnul: no workload begins like that.*--list prints them/],
  [['--peers', 'tourch'], /--peers tourch: expected one of ours, torch.*torch/],
  [['--rounds', '0'], '--rounds 0: expected a whole number from 1 to 1000'],
  [['--round', '3'], /--round: there is no such option.*--rounds/],
  [['--small'], '--small: only with --device webgpu'],
  [['--json'], '--json: a value is missing, as in --json apps/bench/results/wasm.json'],
  [['matmul'], 'matmul: options start with two dashes'],
])('%j is told as a mistake', (args, message) => {
  expect(() => parse(...args)).toThrow(message);
});
