// Reductions over leading axes of wide arrays: some rows of the array at a time are added to running values in memory, column by column, so that the
// array is read in the order in which it lies.
import { dtypes, sizeOf, type DType } from '../../base/index.js';
import { accBit, identity, type Expr } from '../../kernel/index.js';
import { Scope } from './evaluate.js';
import { i32, select, type I32, type Local } from './instructions.js';
import { keptWork } from './kept.js';
import type { Func } from './module.js';
import { around, columns } from './nest.js';
import { resultsOf, type Part } from './parts.js';
import { positionOf, type Piece } from './pieces.js';
import type { Source } from './point.js';
import { argumentsOf, usesOf, type Arguments } from './rows.js';
import { isCut, longest } from './running.js';
import { positionIn, rowBits, type Axes, type Axis } from './sums.js';
import { constantVector, hold, operateVector, type Vector } from './vector.js';

/** Columns of a unit, and of a strip whose running values stay in the first cache. */
const block = 64;
const strip = 2048;
/** Vectors in an iteration over columns, and rows of the array that it reads. */
const units = 4;
const rows = 4;

/** Whether a kernel gains from it: one kept axis that is wide, and many rows. */
export function isColumns({ axes }: Axes, parts: readonly Part[]): boolean {
  const last = axes.at(-1);
  return (
    last !== undefined &&
    last.extent >= block &&
    parts.some((p) => p.stages.length > 0) &&
    parts.every((p) => !p.stages.length || (p.axes.at(-1)?.extent ?? 0) >= 4 * rows)
  );
}
/** Units of the phase: positions of the first axis, or blocks of columns where there is only one. */
export const columnsExtent = ({ axes }: Axes): number =>
  axes.length > 1 ? axes[0]!.extent : Math.floor(axes[0]!.extent / block);
/** Running values are kept as they are in vectors: bools and bytes have 32 bits. */
const widthOf = (dtype: DType): number => Math.max(4, dtypes[dtype].bytes);
const rowBytes = (dtype: DType): number => strip * widthOf(dtype);
/** Scratch memory: a row of running values for each stage, and one for the total of those that are cut. */
export const columnsScratch = ({ stages }: Piece): number =>
  stages.reduce((bytes, s) => bytes + 2 * rowBytes(s.dtype), 0);

export function emitColumns(f: Func, kernel: Piece, { axes, gone }: Axes, parts: readonly Part[]): void {
  const given = argumentsOf(f, kernel.inputs.length, kernel.outputs.length, kernel.stages);
  const axis = axes.at(-1)!;
  const roots = parts.flatMap((p) => p.roots);
  const top = Scope.outermost(given.frame, gone);
  top.hoist(roots, -1, 0);
  const whole = axis.extent - (axis.extent % 4);
  const all = new Columns(kernel, given, axes, axis, parts);
  if (axes.length > 1) {
    const [first, ...rest] = axes;
    const variable = f.local('i32');
    f.for(variable, given.from, given.to, i32.const(1), () =>
      around(top.inside(first!.bit, variable), rest.slice(0, -1), { roots, later: accBit | rowBits | axis.bit }, (s) =>
        all.write(s, i32.const(0), i32.const(whole), null),
      ),
    );
    return;
  }
  const last = f.let(i32.eq(given.to, i32.const(columnsExtent({ axes, gone }))));
  const to = f.let(select(i32.const(whole), i32.mul(given.to, i32.const(block)), last));
  all.write(top, f.let(i32.mul(given.from, i32.const(block))), to, last);
}

class Columns {
  private readonly f: Func;
  private readonly at: Local<'i32'>;
  private readonly start: Local<'i32'>;
  private readonly stop: Local<'i32'>;
  /** Addresses of the rows of running values, less the place of the strip's first column. */
  private readonly running: readonly Local<'i32'>[];
  private readonly total: readonly Local<'i32'>[];
  constructor(
    private readonly kernel: Piece,
    private readonly given: Arguments,
    private readonly axes: readonly Axis[],
    private readonly axis: Axis,
    private readonly parts: readonly Part[],
  ) {
    const { f } = given.frame;
    this.f = f;
    this.at = f.local('i32');
    this.start = f.local('i32');
    this.stop = f.local('i32');
    this.running = kernel.stages.map(() => f.local('i32'));
    this.total = kernel.stages.map(() => f.local('i32'));
  }
  private memory(slot: number, base: I32): Source {
    const { dtype } = this.kernel.stages[slot]!;
    const key = base === this.total[slot] ? `t${slot}` : `r${slot}`;
    // vectors are written and read as they are
    return { key, base, dtype: dtype === 'f64' ? 'f64' : 'i32', sum: positionIn([this.axis]), at: null };
  }
  /** All columns from one to another, strip by strip; the last four of the axis on their own where they are no whole vector. */
  write(s: Scope, from: I32, to: I32, last: I32 | null): void {
    const { f, kernel, given, axis } = this;
    const ifLast = (then: () => void): void => (last ? f.if(last, then) : then());
    const rest = keptWork(kernel, given, this.axes, this.parts);
    let written: () => void = () => {};
    const position = f.local('i32');
    const tail = axis.extent % 4 > 0;
    if (tail)
      ifLast(() => {
        f.set(position, i32.const(axis.extent - 4));
        written = rest.vectors(s.along(axis.bit, position, true), [0], true);
      });
    f.set(this.start, from);
    f.if(i32.lt(this.start, to), () =>
      f.repeat(
        () => {
          const end = f.let(i32.add(this.start, i32.const(strip)));
          f.set(this.stop, select(end, to, i32.lt(end, to)));
          let offset = 0;
          kernel.stages.forEach(({ dtype }, k) => {
            const before = i32.mul(this.start, i32.const(widthOf(dtype)));
            for (const base of [this.running[k]!, this.total[k]!]) {
              f.set(base, i32.sub(i32.add(given.scratch, i32.const(offset)), before));
              offset += rowBytes(dtype);
            }
          });
          this.strip(s);
          f.set(this.start, this.stop);
        },
        () => i32.lt(this.start, to),
      ),
    );
    if (tail)
      ifLast(() => {
        f.set(position, i32.const(axis.extent - 4));
        written();
      });
  }
  /** Goes over the columns of the strip, some vectors at a time; with the bit of the array's rows also over some rows that follow one another. */
  private each(s: Scope, roots: readonly Expr[], body: (at: Scope, read: readonly Scope[]) => void, row = 0): void {
    const { at, start, stop, axis } = this;
    const vector = axis.bit | accBit;
    const below = new Map<Scope, readonly Scope[]>();
    columns(s, axis, { variable: at, from: start, to: stop, units }, { roots, vector, apart: row }, (l, move) => {
      const point = l.moved(axis.bit, move);
      if (!row) return body(point, [point]);
      if (!below.has(l))
        below.set(
          l,
          Array.from({ length: rows }, (_, k) => l.moved(row, k)),
        );
      body(
        point,
        below.get(l)!.map((b) => b.moved(axis.bit, move, point)),
      );
    });
  }
  private strip(s: Scope): void {
    const { kernel, given, axes } = this;
    for (const part of this.parts) {
      given.frame.uses = usesOf(part.roots);
      if (part.stages.length) this.reduce(s, part);
      else if (part.outputs.length) {
        const targets = part.outputs.map((k): readonly [Expr, Source] => {
          const { body, dtype } = kernel.outputs[k]!;
          return [body, { key: `y${k}`, base: given.outputs[k]!, dtype, sum: positionOf(kernel, axes), at: null }];
        });
        this.each(s, part.roots, (at) => {
          this.results(at, part.roots);
          const values = targets.map(([e]) => at.vector(e));
          targets.forEach(([, to], n) => at.storeVector(to, values[n]!));
        });
      }
    }
  }
  /** Reads the results of stages that the roots use. */
  private results(at: Scope, roots: readonly Expr[]): void {
    for (const slot of resultsOf(roots))
      at.setResult(slot, hold(this.f, at.read(this.memory(slot, this.running[slot]!))));
  }
  private reduce(s: Scope, part: Part): void {
    const { f, kernel, axis } = this;
    const stages = part.stages.map((slot) => {
      const stage = kernel.stages[slot]!;
      const { op, dtype } = stage;
      const join = (a: Vector, b: Vector): Vector => operateVector(f, op, dtype, [a, b], [dtype, dtype]);
      return {
        ...stage,
        slot,
        join,
        neutral: constantVector(f, identity(op, dtype), dtype),
        running: this.memory(slot, this.running[slot]!),
        total: isCut(stage, sizeOf(part.over) / rows) ? this.memory(slot, this.total[slot]!) : null,
      };
    });
    const cut = stages.filter((x) => x.total);
    this.each(s, [], (at) => {
      for (const { running, total, neutral } of stages)
        for (const to of [running, total]) if (to) at.storeVector(to, neutral);
    });
    const inside = s.without(part.gone);
    const about = { roots: part.roots, vector: axis.bit | accBit, apart: axis.bit | accBit, later: axis.bit | accBit };
    const last = part.axes.at(-1)!;
    /** Adds some rows, one after another, to the running values. */
    const add = (t: Scope, row: number): void =>
      this.each(
        t,
        part.roots,
        (at, points) => {
          this.results(at, part.roots);
          for (const { body, join, running } of stages) {
            let values = points.map((p) => p.vector(body));
            while (values.length > 1)
              values = values.flatMap((v, k) =>
                k % 2 ? [] : [hold(f, k + 1 < values.length ? join(v, values[k + 1]!) : v)],
              );
            at.storeVector(running, join(at.read(running), values[0]!));
          }
        },
        row,
      );
    const flush = (): void => {
      if (cut.length)
        this.each(s, [], (at) => {
          for (const { join, running, total, neutral } of cut) {
            at.storeVector(total!, join(at.read(total!), at.read(running)));
            at.storeVector(running, neutral);
          }
        });
    };
    const whole = last.extent - (last.extent % rows);
    around(inside, part.axes.slice(0, -1), { ...about, later: about.later | last.bit }, (t) => {
      t.hoist(part.roots, last.bit | about.later, about.vector, about.apart);
      const variable = f.local('i32');
      f.set(variable, i32.const(0));
      const end = f.local('i32');
      // A running value takes `longest` sums of some rows before it is moved to the total.
      f.repeat(
        () => {
          const next = f.let(i32.add(variable, i32.const(rows * longest)));
          f.set(end, select(next, i32.const(whole), i32.lt(next, i32.const(whole))));
          f.loop(variable, end, i32.const(rows), () => add(t.inside(last.bit, variable), last.bit));
          flush();
        },
        () => i32.lt(variable, i32.const(whole)),
      );
      if (whole < last.extent)
        f.loop(variable, i32.const(last.extent), i32.const(1), () => add(t.inside(last.bit, variable), 0));
    });
    flush();
    // The total is the result.
    cut.forEach(({ slot }) => f.set(this.running[slot]!, this.total[slot]!));
  }
}
