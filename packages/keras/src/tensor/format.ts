// Prints numbers as NumPy does: 8 digits, aligned columns, 75 characters a line, `...` beyond 1,000 elements.
import type { TypedArray } from '@nn/core';

const edge = 3;
const lineWidth = 75;

/** A value that is no tensor, for a message. */
export const shown = (x: unknown): string =>
  typeof x === 'string' ? x : typeof x === 'function' ? x.name || 'a function' : (JSON.stringify(x) ?? 'undefined');
/** A shape as Python writes a tuple: `(2, 3)`, `(4,)`, `(None, 10)`. */
export function formatShape(shape: readonly (number | null)[]): string {
  const dims = shape.map((d) => (d === null ? 'None' : String(d)));
  return dims.length === 1 ? `(${dims[0]},)` : `(${dims.join(', ')})`;
}

/** The shortest digits that identify a 32-bit float. */
function shortest(x: number, single: boolean): string {
  if (!single) return String(x);
  for (let digits = 1; digits <= 9; digits++) {
    const text = x.toPrecision(digits);
    if (Math.fround(Number(text)) === x) return String(Number(text));
  }
  return String(x);
}

/** How each number of an array is written: all of them with the same number of places. */
function floatFormat(values: readonly number[], single: boolean): (x: number) => string {
  const finite = values.filter(Number.isFinite);
  const sizes = finite.filter((x) => x !== 0).map(Math.abs);
  const special = (x: number): string => (Number.isNaN(x) ? 'nan' : x > 0 ? 'inf' : '-inf');
  const largest = Math.max(...sizes, 0);
  const smallest = sizes.length ? Math.min(...sizes) : 1;
  if (largest >= 1e8 || (sizes.length > 0 && (smallest < 1e-4 || largest / smallest > 1000))) {
    const digits = (x: number): string =>
      shortest(Math.abs(x), single).replace(/e.*/, '').replace('.', '').replace(/^0+/, '').replace(/0+$/, '');
    const places = Math.min(8, Math.max(0, ...finite.map((x) => digits(x).length - 1)));
    return (x) => {
      if (!Number.isFinite(x)) return special(x);
      const [mantissa, exponent] = x.toExponential(places).split('e') as [string, string];
      return `${places ? mantissa : `${mantissa}.`}e${exponent[0]}${exponent.slice(1).padStart(2, '0')}`;
    };
  }
  return (x) => {
    if (!Number.isFinite(x)) return special(x);
    const short = shortest(x, single);
    const text =
      short.includes('e') || (short.split('.')[1]?.length ?? 0) > 8 ? x.toFixed(8).replace(/(\.\d*?)0+$/, '$1') : short;
    return text.includes('.') ? text : `${text}.`;
  };
}
/** One number by itself: the shortest digits, with an exponent where NumPy writes one. */
function scalarText(x: number, single: boolean): string {
  if (!Number.isFinite(x)) return Number.isNaN(x) ? 'nan' : x > 0 ? 'inf' : '-inf';
  const size = Math.abs(x);
  const digits = shortest(x, single);
  if (size !== 0 && (size >= (single ? 1e6 : 1e16) || size < 1e-4)) {
    const [mantissa, exponent] = Number(digits).toExponential().split('e') as [string, string];
    return `${mantissa}e${exponent[0]}${exponent.slice(1).padStart(2, '0')}`;
  }
  return digits.includes('.') ? digits : `${digits}.0`;
}

/** Aligns on the point: whole part to the right, fraction to the left. */
function align(texts: readonly string[]): string[] {
  const parts = (t: string): [string, string] =>
    t.includes('.') ? [t.slice(0, t.indexOf('.')), t.slice(t.indexOf('.'))] : [t, ''];
  const numbers = texts.filter((t) => t.includes('.')).map(parts);
  const right = Math.max(0, ...numbers.map(([, f]) => f.length));
  const left = Math.max(
    0,
    ...numbers.map(([w]) => w.length),
    ...texts.filter((t) => !t.includes('.')).map((t) => t.length - right),
  );
  return texts.map((t) => {
    const [whole, fraction] = parts(t);
    return t.includes('.') ? whole.padStart(left) + fraction.padEnd(right) : t.padStart(left + right);
  });
}

/**
 * The elements of an array as NumPy prints them.
 *
 * @example
 * formatArray(new Float32Array([1, 2.5]), [2], 'float32') // => '[1.  2.5]'
 */
export function formatArray(data: TypedArray, shape: readonly number[], dtype: string): string {
  const summarize = data.length > 1000;
  const shown: number[] = [];
  const visit = (axis: number, offset: number, stride: number): void => {
    if (axis === shape.length) return void shown.push(data[offset]!);
    const n = shape[axis]!;
    const step = stride / n;
    for (let i = 0; i < n; i++) {
      if (summarize && n > 2 * edge && i === edge) i = n - edge;
      visit(axis + 1, offset + i * step, step);
    }
  };
  visit(0, 0, data.length);
  const float = dtype.startsWith('float');
  const one = float
    ? floatFormat(shown, dtype === 'float32')
    : dtype === 'bool'
      ? (x: number) => (x ? 'True' : 'False')
      : String;
  if (!shape.length) return float ? scalarText(shown[0]!, dtype === 'float32') : one(shown[0]!);
  const raw = shown.map(one);
  const width = Math.max(0, ...raw.map((t) => t.length));
  const texts = float ? align(raw) : raw.map((t) => t.padStart(width));
  let next = 0;
  const render = (axis: number): string => {
    const n = shape[axis]!;
    const cut = summarize && n > 2 * edge;
    const count = cut ? 2 * edge : n;
    if (axis < shape.length - 1) {
      const rows = Array.from({ length: count }, () => render(axis + 1));
      if (cut) rows.splice(edge, 0, '...');
      return `[${rows.join(`\n${'\n'.repeat(shape.length - axis - 2)}${' '.repeat(axis + 1)}`)}]`;
    }
    const items = texts.slice(next, (next += count));
    if (cut) items.splice(edge, 0, '...');
    const indent = ' '.repeat(shape.length);
    let line = '';
    const lines: string[] = [];
    for (const item of items) {
      if (line && indent.length + line.length + 1 + item.length > lineWidth - 1) {
        lines.push(line.trimEnd());
        line = item;
      } else line = line ? `${line} ${item}` : item;
    }
    return `[${[...lines, line].join(`\n${indent}`)}]`;
  };
  return render(0);
}
