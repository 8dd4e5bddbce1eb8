// Products with one or two rows and little depth, as depthwise convolutions are: every column is a sum of a few numbers beside one another, each times a
// number of the row, and those are held while all columns go by.
import { sizeOf } from '../../../base/index.js';
import { finishOf, isPlain } from './finish.js';
import { outputSteps, type Product } from './form.js';
import { i32, v128, type I32, type V128 } from '../instructions.js';
import {
  c,
  from,
  matrixOf,
  outerCount,
  outerPositions,
  resultOf,
  scratch,
  to,
  type Given,
  type Job,
  type Schedule,
} from './job.js';
import type { Lanes } from './lanes.js';
import { ofIntegers, type Engine, type Func, type Module } from '../module.js';
import { runsOf, type Run } from './runs.js';

const [mostRows, mostTaps, mostHeld] = [2, 64, 9];
/** Columns that are finished together, at most. */
const longest = 4096;

/** The columns in runs of one step, of 1 or 2; null where there are shorter ones than a vector. */
function tapRunsOf({ b, n }: Product, least: number): { step: 1 | 2; runs: Run[] } | null {
  const found = runsOf(b.line, n, longest);
  if (!found || (found.step !== 1 && found.step !== 2)) return null;
  return found.runs.every((r) => r.to - r.from >= least) ? { step: found.step, runs: found.runs } : null;
}

interface Taps {
  readonly lanes: Lanes;
  readonly step: 1 | 2;
  /** Bytes from a and from the first column, for every tap. */
  readonly places: readonly (readonly [number, number])[];
  /** Runs that are worked off together, so that what they have in common is read once, and the bytes between them in b and in the output. */
  readonly together: number;
  readonly apart: readonly [number, number];
}
/** Bytes of a run in the table: where it is in b and in the output, and where its last vector begins. */
const entry = 12;
/** The function (a, b, out, first, last): the columns of the runs in the table from address `first` to `last`. */
function tapsFunc(module: Module, engine: Engine, { lanes, step, places, together, apart }: Taps): Func {
  const name = `taps ${lanes.name} ${step} ${places.join(';')} ${together} ${apart.join()}`;
  return module.once(name, ofIntegers(5), (f) => {
    const [a, b, out, first, last] = f.integers(5);
    const read = (base: I32, offset: number, make: (address: I32, offset: number) => V128): V128 =>
      offset < 0 ? make(i32.add(base, c(offset)), 0) : make(base, offset);
    const splat = (k: number): V128 => read(a, places[k]![0], (x, on) => lanes.splat(x, on));
    const held = places.length <= mostHeld ? places.map((_, k) => f.let(splat(k))) : null;
    const units = held ? 1 : 4;
    const sums = Array.from({ length: together }, () => Array.from({ length: units }, () => f.local('v128')));
    const [x, w] = [f.local('v128'), f.local('v128')];
    const [t, at, place, source] = [f.local('i32'), f.local('i32'), f.local('i32'), f.local('i32')];
    /** By bytes from a column of the first run, which taps of which runs read there. */
    const reads = new Map<number, { run: number; tap: number }[]>();
    for (let run = 0; run < together; run++)
      places.forEach(([, on], tap) => {
        const offset = on + run * apart[0];
        reads.set(offset, [...(reads.get(offset) ?? []), { run, tap }]);
      });
    const order = [...reads.keys()].sort((p, q) => p - q);
    const load = (offset: number): V128 => read(source, offset, v128.load);
    /** So many vectors of columns at `at`, of each run. */
    const columns = (count: number): void => {
      f.set(place, i32.add(i32.add(out, i32.load(t, 4)), at));
      f.set(source, i32.add(i32.add(b, i32.load(t)), step === 1 ? at : i32.shl(at, c(1))));
      const begun = new Set<number>();
      for (const offset of order) {
        const readers = reads.get(offset)!;
        for (const some of held ? [readers] : readers.map((one) => [one])) {
          if (!held) f.set(w, splat(some[0]!.tap));
          const begins = some.map(({ run }) => !begun.has(run) && begun.add(run).has(run));
          for (let u = 0; u < count; u++) {
            const on = offset + 16 * step * u;
            f.set(x, step === 1 ? load(on) : lanes.evens(load(on), load(on + 16)));
            some.forEach(({ run, tap }, k) => {
              const [sum, number] = [sums[run]![u]!, held?.[tap] ?? w];
              f.set(sum, begins[k] ? lanes.mul(number, x) : lanes.madd(engine, number, x, sum));
            });
          }
        }
      }
      sums.forEach((own, run) => {
        for (let u = 0; u < count; u++) f.do(v128.store(place, own[u]!, run * apart[1] + 16 * u));
      });
    };
    f.for(t, first, last, c(entry), () => {
      const end = f.let(i32.load(t, 8));
      f.set(at, c(0));
      for (const count of new Set([units, 1]))
        f.for(at, at, i32.sub(end, c(16 * (count - 1))), c(16 * count), () => columns(count));
      // The last vector may overlap the one before it: the sums are the same.
      f.set(at, end);
      columns(1);
    });
  });
}

export function taps(job: Job): Schedule {
  const { product, lanes, engine, module, kernel, place } = job;
  const { a, b, m, n, k } = product;
  const { bytes } = lanes;
  const { step, runs } = tapRunsOf(product, lanes.count)!;
  const row = 'step' in a.line ? a.line.step * bytes : 0;
  const out = outputSteps(product)!;
  const plain = isPlain(product) && out.column === 1;
  const places = k.reduce<(readonly [number, number])[]>(
    (all, extent, d) =>
      all.flatMap(([x, y]) =>
        Array.from({ length: extent }, (_, r) => [x + r * a.steps![d]! * bytes, y + r * b.steps![d]! * bytes] as const),
      ),
    [[0, 0]],
  );
  /** Neighbours that are as far apart as the first two, and as long, go together. */
  const lengthOf = (r: number): number => runs[r]!.to - runs[r]!.from;
  const apartOf = (r: number): string =>
    runs[r + 1] ? [runs[r + 1]!.at - runs[r]!.at, lengthOf(r), lengthOf(r + 1)].join() : '';
  const together = places.length <= mostHeld && runs.length > 1 ? 2 : 1;
  const apart =
    together > 1 ? ([(runs[1]!.at - runs[0]!.at) * bytes, lengthOf(0) * bytes] as const) : ([0, 0] as const);
  const func = (count: number): Func => tapsFunc(module, engine, { lanes, step, places, together: count, apart });
  /** Runs that are finished together: numbers of the first one and the one after the last. */
  const chunks: [number, number][] = [];
  for (let r = 0; r < runs.length; r++) {
    const open = chunks.at(-1);
    if (open && runs[r]!.to - runs[open[0]]!.from <= longest) open[1] = r + 1;
    else chunks.push([r, r + 1]);
  }
  const words = (r: number, start: number): number[] => [
    runs[r]!.at * bytes,
    (runs[r]!.from - (plain ? 0 : start)) * bytes,
    (lengthOf(r) - lanes.count) * bytes,
  ];
  const table: number[] = [];
  const ends = chunks.map(([r0, r1]) => {
    const [pairs, singles]: [number[], number[]] = [[], []];
    const { from: start } = runs[r0]!;
    for (let r = r0; r < r1; r++)
      if (together > 1 && r + 1 < r1 && apartOf(r) === apartOf(0)) pairs.push(...words(r++, start));
      else singles.push(...words(r, start));
    const first = table.length;
    table.push(...pairs, ...singles);
    return [first, first + pairs.length, table.length, start, runs[r1 - 1]!.to];
  });
  const base = place(Int32Array.from(table));
  const ranges = place(
    Int32Array.from(ends.flatMap(([x, y, z, j0, j1]) => [base + 4 * x!, base + 4 * y!, base + 4 * z!, j0!, j1!])),
  );
  const perRange = 20;
  const [hasPairs, hasSingles] = [ends.some(([x, y]) => x! < y!), ends.some(([, y, z]) => y! < z!)];
  const width = Math.max(...chunks.map(([r0, r1]) => runs[r1 - 1]!.to - runs[r0]!.from));
  const stride = plain ? out.row * bytes : width * bytes;
  const finish = plain ? null : finishOf(module, kernel, product, width);
  const count = chunks.length;
  const write = (f: Func): void => {
    const position = outerPositions(f, job);
    const unit = f.local('i32');
    f.for(unit, from(f), to(f), c(1), () => {
      const outer = position(count === 1 ? unit : i32.divU(unit, c(count)));
      const range = f.let(count === 1 ? c(ranges) : i32.add(c(ranges), i32.mul(i32.remU(unit, c(count)), c(perRange))));
      const [ma, mb] = [matrixOf(f, job, a, outer), matrixOf(f, job, b, outer)];
      const result = plain ? resultOf(f, job, outer) : f.let(scratch(f, job));
      for (let i = 0; i < m; i++) {
        const [first, sums] = [i32.add(ma, c(i * row)), i32.add(result, c(i * stride))];
        if (hasPairs) f.do(module.call(func(together), first, mb, sums, i32.load(range), i32.load(range, 4)));
        if (hasSingles) f.do(module.call(func(1), first, mb, sums, i32.load(range, 4), i32.load(range, 8)));
      }
      if (!finish) return;
      const [j0, j1] = [f.let(i32.load(range, 12)), f.let(i32.load(range, 16))];
      finish(f, outer, [c(0), c(m), j0, j1], i32.sub(result, i32.mul(j0, c(bytes))));
    });
  };
  const unit = (m * n * sizeOf(k)) / count;
  return {
    drafts: [{ write, extent: outerCount(job) * count, cost: unit / 28 + 20 }],
    scratch: plain ? 0 : m * width * bytes,
    shared: 0,
  };
}
/** Rough nanoseconds, for the choice among schedules; infinite where the factors do not lie as this one needs them. */
export function tapsCost({ product, lanes }: Given): number {
  const { a, b, m, k } = product;
  const depth = sizeOf(k);
  if (m > mostRows || depth > mostTaps || !a.steps || !b.steps || !('step' in a.line || m === 1)) return Infinity;
  const found = tapRunsOf(product, lanes.count);
  if (!found) return Infinity;
  const vectors = found.runs.reduce((x, r) => x + Math.ceil((r.to - r.from) / lanes.count), 0);
  return m * vectors * depth * 0.12 * found.step + m * found.runs.length * 3 + 30;
}
