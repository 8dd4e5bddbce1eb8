// Prints tensors as PyTorch does: precision 4, threshold 1000, 3 items at each edge, lines of 80 characters.
import * as core from '@nn/core';
import { dtypeName } from './dtype.js';
import { range } from './range.js';

const options = { precision: 4, threshold: 1000, edgeitems: 3, linewidth: 80 };

/** What changes how tensors are printed; see `torch.set_printoptions`. */
export interface PrintOptions {
  /** Digits after the point; default 4. */
  precision?: number;
  /** Tensors with more elements are summarized; default 1000. */
  threshold?: number;
  /** Elements shown at each end of a summarized axis; default 3. */
  edgeitems?: number;
  /** Characters in a line; default 80. */
  linewidth?: number;
}

/** Changes how tensors are printed. What is not given stays as it is. */
export function setPrintoptions(o: PrintOptions): void {
  Object.assign(options, o);
}

/** `toFixed`, but a tie goes to the even digit as in C. A number is a tie exactly when it is an odd multiple of 2^-(digits+1). */
function fixed(x: number, digits: number): string {
  const tie = Math.abs(x) < 2 ** 40 && Math.abs(x * 2 ** (digits + 1)) % 2 === 1;
  const text = x.toFixed(digits);
  const odd = Number(text.at(-1)) % 2 === 1;
  const even = tie && odd ? (x * (1 - 2 ** -45)).toFixed(digits) : text;
  return Object.is(x, -0) ? `-${even}` : even;
}

/** C's `%e`: at least two digits of exponent, ties to the even digit. */
function scientific(x: number, digits: number): string {
  const tie =
    /^[^e]*?\.\d*50*e/.test(x.toExponential(digits + 40)) &&
    x
      .toExponential(digits + 1)
      .replace(/e.*/, '')
      .endsWith('5');
  const text = x.toExponential(digits);
  const odd = Number(text.replace(/e.*/, '').at(-1)) % 2 === 1;
  const even = tie && odd ? (x * (1 - 2 ** -45)).toExponential(digits) : text;
  return even.replace(/e([+-])(\d)$/, 'e$10$2');
}

function special(x: number): string | null {
  return Number.isNaN(x) ? 'nan' : Number.isFinite(x) ? null : x > 0 ? 'inf' : '-inf';
}

/** How all numbers of one tensor are written: they share a format and a width. */
function formatter(values: readonly number[], dtype: core.DType): { format: (x: number) => string; width: number } {
  const { precision } = options;
  const write = numberFormat(values, dtype, precision);
  const float = core.isFloat(dtype);
  // Only finite non-zero floats set the width, as in PyTorch; whole floats carry a point.
  const measured = float ? values.filter((x) => Number.isFinite(x) && x !== 0) : values;
  const width = measured.reduce((w, x) => Math.max(w, write(x).length), 1);
  return { format: (x) => write(x).padStart(width), width };
}

function numberFormat(values: readonly number[], dtype: core.DType, precision: number): (x: number) => string {
  if (dtype === 'bool') return (x) => (x ? 'True' : 'False');
  if (!core.isFloat(dtype)) return String;
  const sizes = values.map(Math.abs).filter((x) => Number.isFinite(x) && x !== 0);
  const largest = sizes.reduce((a, b) => Math.max(a, b), 0);
  const smallest = sizes.reduce((a, b) => Math.min(a, b), Infinity);
  const whole = sizes.every(Number.isInteger);
  const sci = sizes.length > 0 && (largest / smallest > 1000 || largest > 1e8 || (!whole && smallest < 1e-4));
  if (sci) return (x) => special(x) ?? scientific(x, precision);
  if (whole) return (x) => special(x) ?? `${fixed(x, 0)}.`;
  return (x) => special(x) ?? fixed(x, precision);
}

/** The indices of an axis that are shown, -1 standing for the dots. */
function shown(size: number, summarize: boolean): number[] {
  const edge = options.edgeitems;
  if (!summarize || size <= 2 * edge) return range(size);
  return [...range(edge), -1, ...range(edge).map((i) => size - edge + i)];
}

function body(data: ArrayLike<number>, shape: core.Shape, dtype: core.DType, indent: number): string {
  const summarize = data.length > options.threshold;
  const visible: number[] = [];
  const visit = (axis: number, offset: number): void => {
    if (axis === shape.length) visible.push(data[offset]!);
    else for (const i of shown(shape[axis]!, summarize)) if (i >= 0) visit(axis + 1, offset * shape[axis]! + i);
  };
  visit(0, 0);
  const { format, width } = formatter(visible, dtype);
  const write = (axis: number, offset: number, column: number): string => {
    if (axis === shape.length) return format(data[offset]!);
    const rank = shape.length - axis;
    const items = shown(shape[axis]!, summarize).map((i) =>
      i < 0 ? (rank === 1 ? ' ...' : '...') : write(axis + 1, offset * shape[axis]! + i, column + 1),
    );
    if (rank > 1) return `[${items.join(`,${'\n'.repeat(rank - 1)}${' '.repeat(column + 1)}`)}]`;
    const each = Math.max(1, Math.floor((options.linewidth - column) / (width + 2)));
    const lines: string[] = [];
    for (let i = 0; i < items.length; i += each) lines.push(items.slice(i, i + each).join(', '));
    return `[${lines.join(`,\n${' '.repeat(column + 1)}`)}]`;
  };
  return write(0, 0, indent);
}

/** `(2, 3)`, `(2,)`, `()` */
export const tuple = (items: readonly unknown[]): string => `(${items.join(', ')}${items.length === 1 ? ',' : ''})`;

/** What is printed of a tensor besides its value. */
export interface Printed {
  readonly spec: core.Spec;
  /** Null where it cannot be read without waiting. */
  readonly data: ArrayLike<number> | null;
  /** Named only when it is not the default device, or when the values are not shown. */
  readonly device: string | null;
  readonly gradFn: string | null;
  readonly requiresGrad: boolean;
}

/** PyTorch's text of a tensor; where the values cannot be read at once, dots stand for them. */
export function printTensor({ spec, data, device, gradFn, requiresGrad }: Printed): string {
  const prefix = 'tensor(';
  const { shape, dtype } = spec;
  const suffixes: string[] = [];
  if (device) suffixes.push(`device='${device}'`);
  if (!data || (data.length === 0 && shape.length !== 1)) suffixes.push(`size=${tuple(shape)}`);
  if (data && data.length > 0 ? dtype !== 'f32' && dtype !== 'bool' : dtype !== 'f32')
    suffixes.push(`dtype=torch.${dtypeName(dtype)}`);
  if (gradFn) suffixes.push(`grad_fn=<${gradFn}>`);
  else if (requiresGrad) suffixes.push('requires_grad=True');
  let text = prefix + (!data ? '...' : data.length === 0 ? '[]' : body(data, shape, dtype, prefix.length));
  let last = text.length - text.lastIndexOf('\n') + 1;
  for (const suffix of suffixes) {
    const wraps = last + suffix.length + 2 > options.linewidth;
    text += wraps ? `,\n${' '.repeat(prefix.length)}${suffix}` : `, ${suffix}`;
    last = wraps ? prefix.length + suffix.length : last + suffix.length + 2;
  }
  return `${text})`;
}
