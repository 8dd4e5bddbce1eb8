// Maps whose inputs lie along another axis than the output does: squares of 4 by 4 are read along the one, turned, and written along the other.
import { dtypes } from '../../base/index.js';
import type { Expr } from '../../kernel/index.js';
import { Scope } from './evaluate.js';
import type { Source } from './point.js';
import { transpose } from './product/pack.js';
import { i32, select, v128, type I32, type V128 } from './instructions.js';
import type { Func } from './module.js';
import { around, bitsOf } from './nest.js';
import { positionOf, type Piece } from './pieces.js';
import { argumentsOf, usesOf } from './rows.js';
import { storeVector, type Vector } from './vector.js';
import { stepOf, sumOf, type Axes, type Axis } from './sums.js';

/** Elements of the written axis that are turned at a time, if it is as long. */
const wide = 16;
/** Elements of the other axis after which those of the written one go on: its rows may lie a power of two apart, so that a cache holds few of them. */
const high = 16;

/** The axis that the inputs of a map lie along, when that is another one than the last and turning squares gains from it. */
export function readingAxis({ stages, outputs }: Piece, { axes }: Axes): Axis | null {
  const [output] = outputs;
  const last = axes.at(-1);
  if (stages.length || outputs.length !== 1 || !output || !last || last.extent < 4) return null;
  if (output.over.some((n) => n !== 1) || dtypes[output.dtype].bytes < 4 || output.dtype === 'bool') return null;
  const loads = new Set<Extract<Expr, { kind: 'load' }>>();
  const seen = new Set<Expr>();
  const visit = (e: Expr): void => {
    if (seen.has(e)) return;
    seen.add(e);
    if (e.kind === 'load') {
      loads.add(e);
      visit(e.at);
    } else if (e.kind === 'op' || e.kind === 'cast') e.args.forEach(visit);
  };
  visit(output.body);
  const steps = ({ bit }: Axis): (number | null)[] =>
    [...loads].filter((e) => e.reads & bit).map((e) => stepOf(sumOf(e.at), bit));
  const along = steps(last);
  if (!along.length || along.includes(1) || along.includes(null)) return null;
  const found = axes.slice(0, -1).findLast((axis) => {
    const other = steps(axis);
    return axis.extent >= 4 && other.length > 0 && other.every((s) => s === 1);
  });
  if (!found) return null;
  // Squares at the ends overlap: what is written there may not be read again.
  const even = found.extent % 4 === 0 && last.extent % 4 === 0;
  return even || !output.replaces.length ? found : null;
}
const widthOf = (axis: Axis): number => (axis.extent >= wide ? wide : 4);
const dividedOf = (axes: readonly Axis[], t: Axis): Axis | undefined => axes.slice(0, -1).find((a) => a !== t);
/** Units of the phase: positions of the first axis beside the two, or blocks of the last one. */
export function turnedExtent({ axes }: Axes, t: Axis): number {
  const last = axes.at(-1)!;
  return dividedOf(axes, t)?.extent ?? Math.floor(last.extent / widthOf(last));
}

/** Vectors with the rows of a square as those with its columns. */
function turn(f: Func, rows: readonly Vector[]): Vector[] {
  if (rows[0]!.length === 1)
    return transpose(
      f,
      rows.map(([x]) => x!),
    ).map((x) => [x]);
  const pair = (k: number, part: number, lane: number): V128 =>
    v128.shuffle32(rows[k]![part]!, rows[k + 1]![part]!, lane ? [2, 3, 6, 7] : [0, 1, 4, 5]);
  return [0, 1, 2, 3].map((column) => [0, 2].map((k) => pair(k, column >> 1, column & 1)));
}
/** The lesser of two numbers; they are read twice. */
const least = (a: I32, b: I32): I32 => select(a, b, i32.lt(a, b));

/** The map of a kernel, read along the axis `t`. */
export function emitTransposed(f: Func, kernel: Piece, { axes, gone }: Axes, t: Axis): void {
  const given = argumentsOf(f, kernel.inputs.length, 1);
  const [output] = kernel.outputs as [Piece['outputs'][0]];
  const { body, dtype } = output;
  const last = axes.at(-1)!;
  const out: Source = { key: 'y', base: given.outputs[0]!, dtype, sum: positionOf(kernel, axes), at: null };
  given.frame.uses = usesOf([body]);
  const roots = [body];
  const width = widthOf(last);
  const whole = last.extent - (last.extent % width);
  const column = f.local('i32');
  const [start, end] = [f.local('i32'), f.local('i32')];
  /** The squares of `size` columns from where the last axis stands, of the rows from `start` to `end`. */
  const squares = (s: Scope, size: number): void => {
    const row = f.local('i32');
    const inside = s.inside(last.bit, column);
    inside.hoist(roots, t.bit, t.bit, last.bit);
    // the last rows overlap those before
    const at = t.extent % 4 ? f.local('i32') : row;
    f.set(row, start);
    f.loop(row, end, i32.const(4), () => {
      if (at !== row) f.set(at, least(row, i32.const(t.extent - 4)));
      const l = inside.along(t.bit, at);
      for (let c = 0; c < size; c += 4) {
        const four = [0, 1, 2, 3].map((q) => l.moved(last.bit, c + q).vector(body));
        turn(f, four).forEach((v, d) => {
          const { address, offset } = l.moved(t.bit, d).locate(out);
          storeVector(f, address, v, dtype, 1, offset + dtypes[dtype].bytes * c);
        });
      }
    });
  };
  /** All rows, some at a time, of the columns from one to another, and of what is left of the axis. */
  const columns = (s: Scope, from: I32, to: I32, ends: (then: () => void) => void): void => {
    f.set(start, i32.const(0));
    f.loop(start, i32.const(t.extent), i32.const(high), () => {
      f.set(end, least(i32.add(start, i32.const(high)), i32.const(t.extent)));
      someRows(s, from, to, ends);
    });
  };
  const someRows = (s: Scope, from: I32, to: I32, ends: (then: () => void) => void): void => {
    f.for(column, from, to, i32.const(width), () => squares(s, width));
    if (whole < last.extent)
      ends(() => {
        const ones = last.extent - (last.extent % 4);
        if (ones > whole) {
          f.set(column, i32.const(whole));
          f.loop(column, i32.const(ones), i32.const(4), () => squares(s, 4));
        }
        if (ones === last.extent) return;
        f.set(column, i32.const(last.extent - 4));
        squares(s, 4);
      });
  };
  const top = Scope.outermost(given.frame, gone);
  const first = dividedOf(axes, t);
  const others = axes.slice(0, -1).filter((a) => a !== t && a !== first);
  const later = last.bit | t.bit;
  top.hoist(roots, -1, 0);
  if (!first) {
    const ends = f.let(i32.eq(given.to, i32.const(turnedExtent({ axes, gone }, t))));
    const to = select(i32.const(whole), i32.mul(given.to, i32.const(width)), ends);
    return columns(top, f.let(i32.mul(given.from, i32.const(width))), f.let(to), (then) => f.if(ends, then));
  }
  const variable = f.local('i32');
  f.for(variable, given.from, given.to, i32.const(1), () =>
    around(top.inside(first.bit, variable), others, { roots, later }, (s) => {
      s.hoist(roots, bitsOf([last, t]), t.bit, last.bit);
      columns(s, i32.const(0), i32.const(whole), (then) => then());
    }),
  );
}
