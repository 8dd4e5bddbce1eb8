// The program as a user starts it: one epoch of both networks, and what it says when it cannot run.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { largestDifference, lossPlot } from './curves.js';

const cli = fileURLToPath(new URL('cli.ts', import.meta.url));
const run = (...args: string[]) =>
  spawnSync(process.execPath, ['--conditions=@nn/source', '--import', 'tsx', cli, ...args], {
    encoding: 'utf8',
    env: { ...process.env, FORCE_COLOR: '1', NO_COLOR: undefined },
  });

describe('the program', () => {
  test('trains, compares and ports both networks, and writes plain lines without a terminal', {
    timeout: 120_000,
  }, () => {
    const { stdout, stderr, status } = run('--epochs', '1');
    expect(stderr).toBe('');
    expect(stdout).not.toContain('✗');
    expect(status).toBe(0);
    for (const control of ['\u001b', '\r', '\b']) expect(stdout).not.toContain(control);
    for (const line of [
      'epoch  1/1  loss',
      '225/225 - ',
      'both styles agree',
      '0.weight',
      'dense/kernel',
      'conv2d/kernel',
    ])
      expect(stdout).toContain(line);
    const differences = [...stdout.matchAll(/largest difference of the curves: (\S+)/g)].map((m) => Number(m[1]));
    expect(differences).toHaveLength(2);
    for (const difference of differences) expect(difference).toBeLessThanOrEqual(1e-5);
  });

  test('sweeps over seeds and splits, and fails where a network is not as accurate as it has to be', {
    timeout: 60_000,
  }, () => {
    const { stdout, stderr, status } = run('--model', 'mlp', '--sweep', '2x1', '--split', '3');
    expect(stderr).toBe('');
    expect(
      stdout.match(/✓ mlp, split 3, seed [01]: 9\d\.\d % and 9\d\.\d %, losses differ by \d\S*e-\d/g),
    ).toHaveLength(2);
    expect(stdout).toContain('✓ all as required');
    expect(status).toBe(0);
    const short = run('--model', 'cnn', '--sweep', '1x1', '--epochs', '1');
    expect([short.status, short.stdout]).toEqual([expect.any(Number), expect.stringMatching(/as required/)]);
  });

  test('prints its help', () => {
    const { stdout, status } = run('--help');
    expect(stdout).toContain('npm start -- [options]');
    expect(status).toBe(0);
  });

  test('tells a mistake in two lines', () => {
    const { stdout, stderr, status } = run('--model', 'transformer');
    expect([stdout, stderr, status]).toEqual([
      '',
      '--model transformer: expected one of mlp, cnn, both.\nnpm start -- --help lists the options.\n',
      2,
    ]);
  });
});

describe('the plot', () => {
  const losses = [1.5, 0.34, 0.18, 0.09, 0.031];

  test('shows a line, and a point of the other style at each epoch', () => {
    const text = lossPlot(losses, losses);
    expect(text.match(/●/g)).toHaveLength(losses.length + 1);
    expect(text).toContain('┗●');
    expect(text).toContain('━━ PyTorch style   ● Keras style');
    expect(text).toMatch(/ 0\.1┤/);
  });

  test('of one epoch, and of many, fits', () => {
    expect(lossPlot([1.5], [1.5])).toContain('●');
    const many = Array.from({ length: 200 }, (_, i) => 2 / (i + 1));
    expect(
      Math.max(
        ...lossPlot(many, many)
          .split('\n')
          .map((line) => line.length),
      ),
    ).toBeLessThan(96);
  });

  test('the largest difference', () => {
    expect(largestDifference([1, 2, 3], [1, 2.5, 2.75])).toBe(0.5);
  });
});
