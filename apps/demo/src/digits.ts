// The handwritten digits: parsed from the text of the file that comes with the demo, split into training and test, drawn as characters.

export interface Digits {
  /** 64 a digit, shifted and scaled to mean 0 and deviation 1 over all digits. */
  readonly pixels: Float32Array;
  readonly labels: Int32Array;
  readonly count: number;
}
/** A data file that is missing or damaged. */
export class DigitsError extends Error {}

const pixelsPerDigit = 64;
/** Mean and deviation of the pixels of the file, which run from 0 to 16. */
const [mean, deviation] = [4.884, 6.017];

/** The digits of the file's text, a line for each; `name` is that of the file, for errors. */
export function parseDigits(text: string, name: string): Digits {
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
      throw new DigitsError(
        `${name}: line ${i + 1} is not 64 pixels from 0 to 16 and a label from 0 to 9. Restore the file from the repository`,
      );
    for (let k = 0; k < pixelsPerDigit; k++) pixels[i * pixelsPerDigit + k] = (cells[k]! - mean) / deviation;
    labels[i] = cells[pixelsPerDigit]!;
  });
  return { pixels, labels, count: rows.length };
}

/** The first digit of each class, side by side: four lines of half blocks, two rows of pixels in each. */
export function drawDigits({ pixels, labels }: Digits): string {
  const shades = ' ░▒▓█';
  const firsts = Array.from({ length: 10 }, (_, digit) => labels.indexOf(digit));
  const ink = (digit: number, row: number, column: number): number =>
    (pixels[digit * pixelsPerDigit + row * 8 + column]! * deviation + mean) / 16;
  const cell = (digit: number, line: number, column: number): string =>
    shades[Math.round(2 * (ink(digit, 2 * line, column) + ink(digit, 2 * line + 1, column)))]!;
  const digitLine = (digit: number, line: number): string =>
    Array.from({ length: 8 }, (_, column) => cell(digit, line, column)).join('');
  return [0, 1, 2, 3]
    .map((line) =>
      firsts
        .map((digit) => digitLine(digit, line))
        .join('')
        .trimEnd(),
    )
    .join('\n');
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
/** Puts a list into another order, by numbers in [0, 1). */
function shuffle<T>(list: T[], next: () => number): T[] {
  for (let i = list.length - 1; i > 0; i--) {
    const j = Math.floor(next() * (i + 1));
    [list[i], list[j]] = [list[j]!, list[i]!];
  }
  return list;
}
/** A digit of the file, moved by some rows and columns. */
type Moved = readonly [digit: number, down: number, right: number];

function pick({ pixels, labels }: Digits, chosen: readonly Moved[]): Digits {
  const blank = -mean / deviation;
  const moved = new Float32Array(chosen.length * pixelsPerDigit).fill(blank);
  chosen.forEach(([digit, down, right], k) => {
    for (let row = Math.max(0, down); row < Math.min(8, 8 + down); row++)
      for (let column = Math.max(0, right); column < Math.min(8, 8 + right); column++)
        moved[k * pixelsPerDigit + row * 8 + column] =
          pixels[digit * pixelsPerDigit + (row - down) * 8 + column - right]!;
  });
  return { pixels: moved, labels: Int32Array.from(chosen, ([digit]) => labels[digit]!), count: chosen.length };
}

/** What decides which digits are held out, and in which order the others come. */
export interface Seeds {
  readonly split: number;
  readonly seed: number;
}

/**
 * Splits the digits into training and test. The test is a fifth of each class, drawn by `split`. Each of the other digits is trained
 * on five times: as it is, and moved by a pixel up, down, left and right; `seed` shuffles them.
 */
export function split(all: Digits, { split: which, seed }: Seeds): { train: Digits; test: Digits } {
  const draw = random(which);
  const [train, test]: [Moved[], Moved[]] = [[], []];
  for (let label = 0; label < 10; label++) {
    const ofClass = shuffle(
      [...all.labels.keys()].filter((i) => all.labels[i] === label),
      draw,
    );
    const held = Math.round(ofClass.length / 5);
    ofClass.forEach((i, nth) => {
      if (nth < held) test.push([i, 0, 0]);
      else train.push([i, 0, 0], [i, 1, 0], [i, -1, 0], [i, 0, 1], [i, 0, -1]);
    });
  }
  return { train: pick(all, shuffle(train, random(seed))), test: pick(all, test) };
}
