// Products that read both factors where they are: columns of b lie side by side at least four at a time, and all steps are constant. For few rows, for
// convolutions, and for all that is small.
import { sizeOf } from '../../../base/index.js';
import { finishOf, isPlain } from './finish.js';
import { i32, type I32, type Local } from '../instructions.js';
import {
  c,
  from,
  matrixOf,
  mostRows,
  outerCount,
  outerPositions,
  panelsOf,
  resultOf,
  scratch,
  to,
  type Given,
  type Job,
  type Schedule,
} from './job.js';
import type { Func } from '../module.js';
import { outputSteps } from './form.js';
import type { Line } from './positions.js';
import { tileFunc, type Tile } from './tile.js';

/** Columns [from, to) that lie side by side in b, from position `at` on. */
interface Run {
  readonly from: number;
  readonly to: number;
  readonly at: number;
}
function runsOf(line: Line, n: number, least: number): Run[] | null {
  if ('step' in line) return line.step === 1 && n >= least ? [{ from: 0, to: n, at: 0 }] : null;
  const runs: Run[] = [];
  for (let j = 0, start = 0; j < n; j++) {
    if (j + 1 < n && line.table[j + 1] === line.table[j]! + 1) continue;
    runs.push({ from: start, to: j + 1, at: line.table[start]! });
    start = j + 1;
  }
  return runs.every((r) => r.to - r.from >= least) ? runs : null;
}

/** Columns that are finished together: panels of several vectors side by side, and single vectors in pairs. */
interface Chunk {
  readonly from: number;
  readonly to: number;
  /** Position in b and column of each. */
  readonly panels: readonly (readonly [number, number])[];
  readonly singles: readonly (readonly [number, number])[];
}
function chunksOf(runs: readonly Run[], wide: number, vector: number, most: number): Chunk[] {
  /** Long runs in pieces of whole panels; none is shorter than a vector. */
  const pieces = runs.flatMap((run) => {
    const length = Math.max(wide, most - (most % wide));
    const count = Math.max(1, Math.ceil((run.to - run.from - vector + 1) / length));
    return Array.from({ length: count }, (_, k): Run => {
      const first = run.from + k * length;
      return { from: first, to: k === count - 1 ? run.to : first + length, at: run.at + first - run.from };
    });
  });
  const chunks: Chunk[] = [];
  let open: { from: number; to: number; panels: [number, number][]; singles: [number, number][] } | null = null;
  for (const { from: first, to: last, at } of pieces) {
    if (!open || last - open.from > most) chunks.push((open = { from: first, to: last, panels: [], singles: [] }));
    open.to = last;
    let j = first;
    for (; j + wide <= last; j += wide) open.panels.push([at + j - first, j]);
    // The last vector of a run may overlap the one before it: the sums are the same.
    for (; j < last; j += vector) {
      const column = Math.max(first, Math.min(j, last - vector));
      open.singles.push([at + column - first, column]);
    }
  }
  return chunks;
}

/** Depth that is worked off in one go, at most: sums of sums have smaller errors. */
const mostDepth = 1536;
/** Rough nanoseconds, for the choice among schedules; infinite where the factors do not lie as this one needs them. */
export function directCost({ product, lanes, engine }: Given): number {
  const { a, b, m, n, k } = product;
  const depth = sizeOf(k);
  if (!('step' in a.line) || !a.steps || !b.steps || depth > mostDepth) return Infinity;
  const runs = runsOf(b.line, n, lanes.count);
  if (!runs) return Infinity;
  const vectors = runs.reduce((x, r) => x + Math.ceil((r.to - r.from) / lanes.count), 0);
  const panels = Math.ceil(m / mostRows(engine));
  // Columns of a large matrix are read again and again from far away.
  const size = runs.length === 1 ? depth * n * lanes.bytes : 0;
  const far = size <= 2 ** 17 ? 1 : size <= 2 ** 19 ? 1.1 : 3;
  return ((m * vectors * depth) / 8 / Math.min(1, m / 4)) * far + panels * vectors * 3 + 20;
}
export function direct(job: Job): Schedule {
  const { product, lanes, engine, module, kernel, place } = job;
  const { a, b, m, n, k } = product;
  const out = outputSteps(product)!;
  const runs = runsOf(b.line, n, lanes.count);
  if (!('step' in a.line) || !runs) throw new Error('wasm: columns that are not side by side');
  const plain = isPlain(product) && out.column === 1;
  const { bytes } = lanes;
  const vectors = m >= 4 ? 2 : m === 3 ? 3 : 4;
  const rows = panelsOf(m, vectors === 2 ? mostRows(engine) : m);
  const most = plain ? 512 : Math.max(16, Math.min(1024, Math.floor(32768 / (m * bytes))));
  const chunks = chunksOf(runs, vectors * lanes.count, lanes.count, most);
  const width = Math.max(...chunks.map((x) => x.to - x.from));
  const step = plain ? out.row * bytes : width * bytes;
  const words = (list: readonly (readonly [number, number])[], first: number): number[] =>
    list.flatMap(([at, column]) => [at * bytes, (plain ? column : column - first) * bytes]);
  const table: number[] = [];
  const ranges = chunks.map((x) => {
    const start = table.length;
    table.push(...words(x.panels, x.from));
    const middle = table.length;
    table.push(...words(x.singles, x.from));
    return [start, middle, table.length, x.from, x.to];
  });
  const base = place(Int32Array.from(table));
  const perChunk = 20;
  const list = place(
    Int32Array.from(ranges.flatMap(([x, y, z, j0, j1]) => [base + 4 * x!, base + 4 * y!, base + 4 * z!, j0!, j1!])),
  );
  const depth = k.map((extent, d) => ({ extent, a: a.steps![d]! * bytes, b: b.steps![d]! * bytes }));
  const row = a.line.step * bytes;
  const shape = { lanes, row, depth, tail: lanes.count };
  const finish = plain ? null : finishOf(module, kernel, product, width);

  /** All rows of a panel of columns. */
  const column = (f: Func, tile: Omit<Tile, 'rows'>, start: I32, places: { b: I32[]; out: Local<'i32'>[] }): void => {
    const at = f.let(start);
    const call = (height: number): void =>
      f.do(
        module.call(
          tileFunc(module, engine, { ...tile, rows: height }),
          c(0),
          at,
          ...places.b,
          ...places.out,
          c(step),
          c(0),
        ),
      );
    const next = (): void => {
      f.set(at, i32.add(at, c(rows.height * row)));
      for (const o of places.out) f.set(o, i32.add(o, c(rows.height * step)));
    };
    if (rows.count > 1) {
      const i = f.local('i32');
      f.set(i, c(0));
      f.loop(i, c(rows.count), c(1), () => {
        call(rows.height);
        next();
      });
    } else call(rows.height);
    if (rows.rest) {
      if (rows.count === 1) next();
      call(rows.rest);
    }
  };
  const write = (f: Func): void => {
    const unit = f.local('i32');
    const count = chunks.length;
    const position = outerPositions(f, job);
    f.for(unit, from(f), to(f), c(1), () => {
      const outer = position(count === 1 ? unit : i32.divU(unit, c(count)));
      const chunk = f.let(count === 1 ? c(list) : i32.add(c(list), i32.mul(i32.remU(unit, c(count)), c(perChunk))));
      const [ma, mb] = [matrixOf(f, job, a, outer), matrixOf(f, job, b, outer)];
      const result = plain ? resultOf(f, job, outer) : scratch(f, job);
      const [t, middle, end] = [f.local('i32'), f.let(i32.load(chunk, 4)), f.let(i32.load(chunk, 8))];
      const load = (offset: number, start: I32): Local<'i32'> => f.let(i32.add(start, i32.load(t, offset)));
      const hasPanels = chunks.some((x) => x.panels.length);
      const hasPairs = chunks.some((x) => x.singles.length > 1);
      const hasOdd = chunks.some((x) => x.singles.length % 2);
      if (hasPanels)
        f.for(t, i32.load(chunk), middle, c(8), () =>
          column(f, { ...shape, vectors, apart: false }, ma, { b: [load(0, mb)], out: [load(4, result)] }),
        );
      if (hasPairs)
        f.for(t, middle, i32.sub(end, c(8)), c(16), () =>
          column(f, { ...shape, vectors: 2, apart: true }, ma, {
            b: [load(0, mb), load(8, mb)],
            out: [load(4, result), load(12, result)],
          }),
        );
      else f.set(t, middle);
      if (hasOdd)
        f.if(i32.lt(t, end), () =>
          column(f, { ...shape, vectors: 1, apart: false }, ma, { b: [load(0, mb)], out: [load(4, result)] }),
        );
      if (finish) {
        const [j0, j1] = [f.let(i32.load(chunk, 12)), f.let(i32.load(chunk, 16))];
        finish(f, outer, [c(0), c(m), j0, j1], i32.sub(result, i32.mul(j0, c(bytes))));
      }
    });
  };
  const unit = (m * n * sizeOf(k)) / chunks.length;
  return {
    drafts: [{ write, extent: outerCount(job) * chunks.length, cost: unit / 20 + 20 }],
    scratch: plain ? 0 : m * width * bytes,
    shared: 0,
  };
}
