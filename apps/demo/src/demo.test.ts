// The command line, the data file, and one pass of the whole job.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { readDigits, split } from './digits.js';
import { parseOptions } from './options.js';

describe('options', () => {
  test('defaults and values', () => {
    expect(parseOptions([])).toEqual({ device: 'cpu', models: ['mlp', 'cnn'], epochs: null, seed: 0, help: false });
    expect(parseOptions(['--model', 'cnn', '--epochs=3', '--seed', '7', '--device', 'wasm'])).toEqual({
      device: 'wasm',
      models: ['cnn'],
      epochs: 3,
      seed: 7,
      help: false,
    });
    expect(parseOptions(['-h']).help).toBe(true);
  });
  test('mistakes say what is wrong and what is near', () => {
    expect(() => parseOptions(['--modle', 'mlp'])).toThrow('--modle: no such option. Did you mean "model"?');
    expect(() => parseOptions(['--model', 'cn'])).toThrow('--model cn: expected one of mlp, cnn, both.');
    expect(() => parseOptions(['--epochs', '0'])).toThrow('--epochs 0: expected a whole number of at least 1');
    expect(() => parseOptions(['--seed'])).toThrow('--seed: a value is missing');
    expect(() => parseOptions(['mlp'])).toThrow('mlp: options start with --, as in --model mlp');
  });
});

describe('digits', () => {
  test('1,797 of them, each in one part of the split', () => {
    const all = readDigits();
    expect([all.count, Math.max(...all.pixels), Math.min(...all.pixels)]).toEqual([1797, 1, 0]);
    const { train, test: held } = split(all, 0);
    expect([train.count, held.count]).toEqual([1438, 359]);
    const sum = (labels: Int32Array): number => labels.reduce((a, b) => a + b, 0);
    expect(sum(train.labels) + sum(held.labels)).toBe(sum(all.labels));
    expect(split(all, 1).test.labels).not.toEqual(held.labels);
  });
  test('a missing and a damaged file are errors that say so', () => {
    const folder = mkdtempSync(join(tmpdir(), 'digits-'));
    expect(() => readDigits(pathToFileURL(join(folder, 'none.gz')))).toThrow('the digits cannot be read');
    const damaged = join(folder, 'damaged.gz');
    writeFileSync(damaged, gzipSync('1,2,3\n'));
    expect(() => readDigits(pathToFileURL(damaged))).toThrow(
      'line 1 is not 64 pixels from 0 to 16 and a label from 0 to 9',
    );
  });
});

test('the whole job, two epochs of the MLP: the curves agree and parity holds', { timeout: 120_000 }, () => {
  const cli = fileURLToPath(new URL('cli.ts', import.meta.url));
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ['--conditions=@nn/source', '--import', 'tsx', cli, '--model', 'mlp', '--epochs', '2'],
    { encoding: 'utf8' },
  );
  expect(stderr).toBe('');
  expect(stdout).toContain('the curves differ by');
  expect(stdout).not.toContain('✗');
  expect(status).toBe(0);
});
