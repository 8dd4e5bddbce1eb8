// The handwritten digits: read from the file that comes with the demo, shuffled by a seed, split into training and test.
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

export interface Digits {
  /** Pixels from 0 to 1, 64 a digit. */
  readonly pixels: Float32Array;
  readonly labels: Int32Array;
  readonly count: number;
}
const pixelsPerDigit = 64;
export const file: URL = new URL('../data/digits.csv.gz', import.meta.url);

/** Reads the digits; a file that is missing or damaged is an error that says so. */
export function readDigits(from: URL = file): Digits {
  let text: string;
  try {
    text = gunzipSync(readFileSync(from)).toString('utf8');
  } catch (error) {
    throw new Error(
      `${from.pathname}: the digits cannot be read (${(error as Error).message}). Restore the file from the repository`,
      { cause: error },
    );
  }
  const rows = text.trim().split('\n');
  const pixels = new Float32Array(rows.length * pixelsPerDigit);
  const labels = new Int32Array(rows.length);
  rows.forEach((row, i) => {
    const cells = row.split(',').map(Number);
    const bad =
      cells.length !== pixelsPerDigit + 1 ||
      cells.some((v) => !Number.isInteger(v) || v < 0 || v > 16) ||
      cells[pixelsPerDigit]! > 9;
    if (bad)
      throw new Error(
        `${from.pathname}: line ${i + 1} is not 64 pixels from 0 to 16 and a label from 0 to 9. Restore the file from the repository`,
      );
    for (let k = 0; k < pixelsPerDigit; k++) pixels[i * pixelsPerDigit + k] = cells[k]! / 16;
    labels[i] = cells[pixelsPerDigit]!;
  });
  return { pixels, labels, count: rows.length };
}

/** Numbers in [0, 1) from a seed (mulberry32). */
function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
function pick({ pixels, labels }: Digits, order: readonly number[]): Digits {
  const chosen = new Float32Array(order.length * pixelsPerDigit);
  order.forEach((from, to) =>
    chosen.set(pixels.subarray(from * pixelsPerDigit, (from + 1) * pixelsPerDigit), to * pixelsPerDigit),
  );
  return { pixels: chosen, labels: Int32Array.from(order, (i) => labels[i]!), count: order.length };
}
/** Shuffles the digits and keeps a fifth of them for the test. */
export function split(all: Digits, seed: number): { train: Digits; test: Digits } {
  const order = Array.from({ length: all.count }, (_, i) => i);
  const next = random(seed + 1);
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(next() * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  const held = Math.round(all.count / 5);
  return { train: pick(all, order.slice(held)), test: pick(all, order.slice(0, held)) };
}
