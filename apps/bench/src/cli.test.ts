// The program as a user starts it: a short measurement, the list, and what it says when it cannot run.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { adapterOf } from './run/machine.js';
import { workloads } from './work/workloads.js';

const cli = fileURLToPath(new URL('cli.ts', import.meta.url));
const run = (...args: string[]) =>
  spawnSync(process.execPath, ['--conditions=@nn/source', '--import', 'tsx', cli, ...args], { encoding: 'utf8' });

test('measures processes in turns and prints tables', { timeout: 60_000 }, () => {
  const { stdout, stderr, status } = run(
    '--peers',
    'ours,ours-eager,limit',
    '--only',
    'matmul-NN-256,tiny-b1,first-mlp,host-add',
    '--rounds',
    '1',
  );
  expect(stdout).toMatch(/matmul-NN-256( +\d\S* \(\d\S*\)){3}\n/);
  expect(stdout).toMatch(/tiny-b1( +\d\S* \(\d\S*\)){2}\n/);
  expect(stdout).toMatch(/first-mlp, ms +\d\S* \(\d\S*\)\n/);
  expect(stdout).toMatch(/first-mlp, peak MB +\d+\n/);
  expect(stdout).toMatch(/matmul-NN-256 +speed \/ limit +≥ 0\.85 +\d/);
  expect(stdout).not.toContain('ERROR');
  expect(stderr).toContain('host-add (');
  expect(status).toBe(0);
});

test('a peer that cannot do what it should is told, and ends in status 1', { timeout: 60_000 }, () => {
  const { stdout, status } = run(
    '--peers',
    'ours',
    '--only',
    'tiny-b1',
    '--rounds',
    '1',
    '--threads',
    '3',
    '--device',
    'cpu',
  );
  expect(stdout).toContain('tiny-b1: ours: on cpu there are no 3 threads');
  expect(status).toBe(1);
});

test('measures a GPU, or says that there is none', { timeout: 120_000 }, async () => {
  const adapter = await adapterOf().catch(() => null);
  const args = ['--device', 'webgpu', '--small', '--rounds', '1', '--only', 'matmul-NN-64,mlp-small,launch'];
  const { stdout, stderr, status } = run(...args);
  expect(status).toBe(adapter ? 0 : 2);
  // without an adapter the reason; in half precision figures or a dash
  const figure = String.raw`\d\S* \(\d\S*\)`;
  const expected = [
    `matmul-NN-64( +${figure}){3}\n`,
    `matmul-NN-64-f16( +(${figure}|-)){3}\n`,
    `mlp-small( +${figure}){4}\n`,
    `launch-host( +${figure}){3}\n`,
  ];
  for (const line of adapter ? expected : ['webgpu: no adapter was found'])
    expect(adapter ? stdout : stderr).toMatch(new RegExp(line));
});

test('prints its workloads and its help', () => {
  expect(run('--list', '--device', 'webgpu').stdout).toContain('matmul-NN-8192-f16\n');
  expect(run('--list').stdout.trim().split('\n')).toEqual(workloads.map((w) => w.name));
  expect(run('--help').stdout).toContain('pnpm bench [options]');
});

test('tells a mistake in two lines', () => {
  const { stdout, stderr, status } = run('--device', 'quantum');
  expect([stdout, stderr, status]).toEqual([
    '',
    '--device quantum: expected one of cpu, wasm, webgpu.\npnpm bench --help lists the options.\n',
    2,
  ]);
});
