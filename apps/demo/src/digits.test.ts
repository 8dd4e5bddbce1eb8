// The data file: read whole, split, drawn; errors where it is missing or damaged.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { drawDigits, split, type Digits } from './digits.js';
import { readDigits } from './read.js';

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

  test('are split by class, each into one part, by the split; the seed decides the order of the training digits only', () => {
    const zero = { split: 0, seed: 0 };
    const { train, test: held } = split(all, zero);
    expect([train.count, held.count]).toEqual([5 * 1438, 359]);
    const [inTrain, inTest] = [counts(train.labels), counts(held.labels)];
    expect(inTrain.map((n, i) => n / 5 + inTest[i]!)).toEqual(counts(all.labels));
    for (const [i, n] of inTest.entries()) expect(n / counts(all.labels)[i]!).toBeCloseTo(0.2, 1);
    const other = split(all, { split: 0, seed: 1 });
    expect(other.test).toEqual(held);
    expect(other.train.labels).not.toEqual(train.labels);
    expect(counts(other.train.labels)).toEqual(inTrain);
    expect(split(all, zero).train).toEqual(train);
    const elsewhere = split(all, { split: 1, seed: 0 });
    expect(elsewhere.test.pixels).not.toEqual(held.pixels);
    expect(counts(elsewhere.test.labels)).toEqual(inTest);
  });

  test('are trained on as they are and moved by a pixel, and tested as they are', () => {
    const { train, test: held } = split(all, { split: 0, seed: 0 });
    const rowsOf = ({ pixels, count }: Digits): string[] =>
      Array.from({ length: count }, (_, k) => pixels.slice(k * 64, k * 64 + 64).join());
    const original = new Set(rowsOf(all));
    const seen = rowsOf(train);
    expect(rowsOf(held).every((row) => original.has(row))).toBe(true);
    expect(rowsOf(held).filter((row) => seen.includes(row))).toEqual([]);
    const blank = all.pixels.reduce((a, b) => Math.min(a, b));
    const up = ({ pixels }: Digits, k: number): string =>
      [...pixels.slice(k * 64 + 8, k * 64 + 64), ...new Array(8).fill(blank)].join();
    const here = new Set(seen);
    const unmoved = seen.flatMap((row, k) => (original.has(row) ? [k] : []));
    expect(unmoved.length).toBeGreaterThanOrEqual(train.count / 5);
    expect(unmoved.every((k) => here.has(up(train, k)))).toBe(true);
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
