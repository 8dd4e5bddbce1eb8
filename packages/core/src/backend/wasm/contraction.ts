// Contractions as products of two matrices: where their rows, columns and depths lie, as tables that the product reads.
import { sizeOf, type Shape } from '../../base/index.js';
import { bitOf, linear, type Contraction, type Expr, type Factor } from '../../kernel/index.js';
import { layout, planWords, tile } from './gemm.js';
import type { PlainKernel } from './plain-kernel.js';

/** Where a factor's elements are: an input, or an array that a map computes first. */
export interface Operand {
  /** Number of the input; -1 when the map has to run. */
  readonly input: number;
  readonly map: PlainKernel | null;
  /** Steps in elements along each loop `i` and `r`, and the start. */
  readonly steps: Steps;
}
interface Steps {
  readonly i: readonly number[];
  readonly r: readonly number[];
  readonly start: number;
}
/** The tables of a contraction. */
export interface Product {
  readonly a: Operand;
  readonly b: Operand;
  /** Positions, in bytes, of the factors and of the output for each element of the batch. */
  readonly batch: readonly (readonly [number, number, number])[];
  /** Words of the plan, with addresses that are relative to its start. */
  readonly words: Int32Array<ArrayBuffer>;
}

/** An index as steps along all loops; null where one step is not constant. */
function stepsOf(at: Expr, inner: number, reduced: number): Steps | null {
  let rest = at;
  const along = (over: 'i' | 'r', count: number): number[] | null => {
    const steps: number[] = [];
    for (let d = 0; d < count; d++) {
      const step = linear(rest, bitOf(over, d));
      if (!step) return null;
      steps.push(step.stride);
      rest = step.rest;
    }
    return steps;
  };
  const [i, r] = [along('i', inner), along('r', reduced)];
  return i && r && rest.kind === 'const' ? { i, r, start: rest.value } : null;
}
/** A factor is read where it lies if it is an input whose elements are equal steps apart; else it is computed into memory of its own. */
function operandOf(kernel: PlainKernel, factor: Factor, i: number, r: number): Operand | null {
  const { read, shape, value, at } = factor;
  const direct = read.kind === 'load' ? stepsOf(read.at, i, r) : null;
  if (direct && read.kind === 'load') return { input: read.input, map: null, steps: direct };
  const steps = stepsOf(at, i, r);
  const { contraction: _, ...rest } = kernel;
  return steps && { input: -1, map: { ...rest, form: 'map', shape, over: [], body: value, attrs: {} }, steps };
}
/** Positions in bytes of all elements of a group of loops, the last one fastest. */
function positions(extents: Shape, steps: readonly number[]): Int32Array<ArrayBuffer> {
  const out = new Int32Array(sizeOf(extents));
  let filled = 1;
  for (let d = extents.length - 1; d >= 0; d--) {
    const [n, step] = [extents[d]!, 4 * steps[d]!];
    for (let k = 1; k < n; k++) for (let j = 0; j < filled; j++) out[k * filled + j] = out[j]! + k * step;
    filled *= n;
  }
  return out;
}
/** Lengthened to whole panels by repeating the last position. */
function padded(list: Int32Array, panel: number): Int32Array<ArrayBuffer> {
  const out = new Int32Array(Math.ceil(list.length / panel) * panel).fill(list.at(-1)!);
  out.set(list);
  return out;
}
const sideBySide = (list: Int32Array, from: number, to: number): boolean => {
  for (let k = from + 1; k < to; k++) if (list[k]! - list[k - 1]! !== 4) return false;
  return true;
};
/** Whether depths lie side by side in groups of four. */
function inFours(list: Int32Array): boolean {
  for (let k = 0; k + 4 <= list.length; k += 4) if (!sideBySide(list, k, k + 4)) return false;
  return list.length >= 4;
}

/** Products that are too small, or too narrow, are left to the schedules of reductions. */
function worth({ m, n, k }: Contraction): boolean {
  const [rows, columns, depth] = [sizeOf(m), sizeOf(n), sizeOf(k)];
  return rows >= 3 && columns >= 6 && depth >= 4 && rows * columns * depth >= 4096;
}
/** The product that a kernel is, when it is one that gains from packing. */
export function productOf(kernel: PlainKernel): Product | null {
  const c = kernel.contraction;
  if (!c || kernel.dtype !== 'f32' || !worth(c)) return null;
  const [nb, nm, nn] = [c.batch.length, c.m.length, c.n.length];
  const i = nb + nm + nn;
  const [a, b] = [operandOf(kernel, c.a, i, c.k.length), operandOf(kernel, c.b, i, c.k.length)];
  const out = stepsOf(c.at, i, 0);
  if (!a || !b || !out) return null;
  const part = (s: Steps, from: number, count: number): number[] => s.i.slice(from, from + count);
  const rowA = positions(c.m, part(a.steps, nb, nm));
  const depthA = positions(c.k, a.steps.r);
  const depthB = positions(c.k, b.steps.r);
  const columnB = padded(positions(c.n, part(b.steps, nb + nm, nn)), tile.columns);
  const rowC = positions(c.m, part(out, nb, nm));
  const columnC = padded(positions(c.n, part(out, nb + nm, nn)), tile.columns);
  const columns = sizeOf(c.n);
  const panels = columnB.length / tile.columns;
  const [panelB, panelC] = [new Int32Array(panels), new Int32Array(panels)];
  const along = inFours(depthB);
  for (let p = 0; p < panels; p++) {
    const [from, to] = [p * tile.columns, Math.min(columns, (p + 1) * tile.columns)];
    const half = from + 4;
    panelB[p] = sideBySide(columnB, from, to)
      ? layout.across
      : along
        ? layout.along
        : to - from === tile.columns && sideBySide(columnB, from, half) && sideBySide(columnB, half, to)
          ? layout.halves
          : layout.any;
    panelC[p] = +(to - from === tile.columns && sideBySide(columnC, from, to));
  }
  const lies = inFours(depthA) ? layout.along : sideBySide(rowA, 0, rowA.length) ? layout.across : layout.any;
  const tables: [keyof typeof planWords, Int32Array][] = [
    ['rowA', padded(rowA, tile.rows)],
    ['depthA', depthA],
    ['depthB', depthB],
    ['columnB', columnB],
    ['rowC', padded(rowC, tile.rows)],
    ['columnC', columnC],
    ['panelB', panelB],
    ['panelC', panelC],
  ];
  const head = Object.keys(planWords).length;
  const words = new Int32Array(tables.reduce((n, [, t]) => n + t.length, head));
  words[planWords.m] = rowA.length;
  words[planWords.n] = columns;
  words[planWords.k] = depthA.length;
  words[planWords.layoutA] = lies;
  let place = head;
  for (const [name, table] of tables) {
    words[planWords[name]] = 4 * place;
    words.set(table, place);
    place += table.length;
  }
  const [atA, atB, atC] = [a.steps, b.steps, out].map((s) => positions(c.batch, part(s, 0, nb)));
  const batch = Array.from(
    atA!,
    (p, k) => [p + 4 * a.steps.start, atB![k]! + 4 * b.steps.start, atC![k]! + 4 * out.start] as const,
  );
  return { a, b, batch, words };
}
/** The words of the plan once the tables that follow them are in memory; `place` puts a table there and gives its address. */
export function placed(words: Int32Array, place: (table: Int32Array) => number): Int32Array<ArrayBuffer> {
  const head = Object.keys(planWords).length;
  const out = words.slice(0, head);
  const tables = place(words.subarray(head));
  for (const name of ['rowA', 'depthA', 'depthB', 'columnB', 'rowC', 'columnC', 'panelB', 'panelC'] as const)
    out[planWords[name]]! += tables - 4 * head;
  return out;
}
