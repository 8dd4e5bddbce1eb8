// The data file: read whole, split, drawn; errors where it is missing or damaged.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { drawDigits, readDigits, split } from './digits.js';

const counts = (labels: Int32Array): number[] => labels.reduce((n, label) => (n[label]!++, n), new Array(10).fill(0));

describe('the digits', () => {
  const all = readDigits();

  test('are 1,797, with pixels of mean 0 and deviation 1', () => {
    expect(all.count).toBe(1797);
    expect(counts(all.labels)).toEqual([178, 182, 177, 183, 181, 182, 181, 179, 174, 180]);
    const mean = all.pixels.reduce((a, b) => a + b) / all.pixels.length;
    const variance = all.pixels.reduce((a, b) => a + (b - mean) ** 2, 0) / all.pixels.length;
    expect(mean).toBeCloseTo(0, 3);
    expect(variance).toBeCloseTo(1, 3);
  });

  test('are split by class, each into one part; the seed decides the order of the training digits only', () => {
    const { train, test: held } = split(all, 0);
    expect([train.count, held.count]).toEqual([1435, 362]);
    const [inTrain, inTest] = [counts(train.labels), counts(held.labels)];
    expect(inTrain.map((n, i) => n + inTest[i]!)).toEqual(counts(all.labels));
    for (const [i, n] of inTest.entries()) expect(n / counts(all.labels)[i]!).toBeCloseTo(0.2, 1);
    const other = split(all, 1);
    expect(other.test).toEqual(held);
    expect(other.train.labels).not.toEqual(train.labels);
    expect(counts(other.train.labels)).toEqual(inTrain);
    expect(split(all, 0).train).toEqual(train);
  });

  test('are drawn side by side', () => {
    const lines = drawDigits(all).split('\n');
    expect(lines).toHaveLength(4);
    expect(lines[0]).toMatch(/^[ ░▒▓█]{70,80}$/);
  });
});

describe('a file that cannot be used', () => {
  const folder = mkdtempSync(join(tmpdir(), 'digits-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const file = (name: string, content: Uint8Array): URL => {
    writeFileSync(join(folder, name), content);
    return pathToFileURL(join(folder, name));
  };

  test('is an error that says what is wrong and what to do', () => {
    expect(() => readDigits(pathToFileURL(join(folder, 'none.gz')))).toThrow(/none\.gz: .*cannot be read.*Restore/);
    expect(() => readDigits(file('plain.gz', Buffer.from('1,2,3\n')))).toThrow(/plain\.gz: .*cannot be read/);
    expect(() => readDigits(file('short.gz', gzipSync('1,2,3\n')))).toThrow('line 1 is not 64 pixels from 0 to 16');
    const row = new Array(64).fill(0).join(',');
    expect(() => readDigits(file('label.gz', gzipSync(`${row},3\n${row},10\n`)))).toThrow('line 2 is not');
  });
});
