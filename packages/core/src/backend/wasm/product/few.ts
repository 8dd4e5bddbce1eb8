// Products of a matrix with a few vectors: what they cost is reading the matrix, so it is read where it is and in the order in which it lies.
// Its lines are either multiplied with the vectors (line dots), or added up, each times a number of every vector (line sums).
import { sizeOf } from '../../../base/index.js';
import { lineDotsFunc, lineSumsFunc, type Depth } from './few-tile.js';
import { finishOf, isPlain } from './finish.js';
import { outputSteps, type Factor } from './form.js';
import { f32, i32, select, type I32, type Local } from '../instructions.js';
import {
  c,
  from,
  matrixOf,
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

/** The most vectors, and of them those that a line is multiplied with at once. */
const [mostVectors, mostTogether] = [64, 4];
/** The most sums that wait together for being finished; columns of a unit. */
const span = 4096;
const block = 256;
const spanOf = (vectors: number): number => Math.floor(span / Math.min(vectors, mostTogether) / block) * block;
/** Bytes of lines that stay in a cache while all vectors come by. */
const near = 2 ** 18;
/** Bytes from which on a matrix is taken to come from beyond all caches: there one line after another is faster than several at once. */
const far = 2 ** 23;
/** Numbers that are added up without a break: sums of sums have smaller errors. */
const [longestRun, shortestSum] = [1024, 256];

/** Which factor has few lines, and the other one. */
interface Sides {
  readonly few: Factor;
  readonly matrix: Factor;
  readonly vectors: number;
  readonly lines: number;
  /** The vectors are rows of the output. */
  readonly isRows: boolean;
}
function sidesOf({ product: { a, b, m, n } }: Given): Sides | null {
  if (Math.min(m, n) > mostVectors) return null;
  return m <= n
    ? { few: a, matrix: b, vectors: m, lines: n, isRows: true }
    : { few: b, matrix: a, vectors: n, lines: m, isRows: false };
}
const stepOf = ({ line }: Factor, lines: number): number | null =>
  'step' in line ? line.step : lines === 1 ? 0 : null;

/** Units of work: lines (or columns) [first, last) of the matrix at one position of the outer loops, in spans that are finished together. */
function spans(
  f: Func,
  job: Job,
  lines: number,
  unit: number,
  longest: number,
  write: (outer: readonly Local<'i32'>[], first: Local<'i32'>, last: Local<'i32'>) => void,
): void {
  const units = Math.ceil(lines / unit);
  const one = outerCount(job) === 1;
  const together = one ? Math.max(1, Math.floor(longest / unit)) : 1;
  const u = f.local('i32');
  const position = outerPositions(f, job);
  f.for(u, from(f), to(f), c(together), () => {
    const outer = position(units === 1 ? u : i32.divU(u, c(units)));
    const start = one ? u : units === 1 ? c(0) : i32.remU(u, c(units));
    const first = f.let(i32.mul(start, c(unit)));
    const last = f.let(i32.add(first, c(unit * together)));
    const least = (limit: I32): void => f.set(last, select(last, limit, i32.lt(last, limit)));
    if (one && together > 1) least(f.let(i32.mul(to(f), c(unit))));
    least(c(lines));
    write(outer, first, last);
  });
}

/** The depth of line dots: loops around numbers that lie side by side in the matrix. */
function depthOf(k: readonly number[], matrix: readonly number[]): { around: number; run: number } {
  let around = k.length - 1;
  let run = k[around]!;
  while (around > 0 && matrix[around - 1] === run) run *= k[--around]!;
  return { around, run };
}
const canDot = ({ lanes, product: { k } }: Given, { few, matrix, vectors, lines }: Sides): boolean =>
  lanes.name === 'f32' &&
  vectors <= mostTogether &&
  few.steps !== null &&
  matrix.steps?.at(-1) === 1 &&
  k.at(-1)! >= 4 &&
  stepOf(matrix, lines) !== null &&
  !('table' in few.line);

/** Lines at once, and vectors of depth in an iteration: as many sums as an engine has registers for. */
function tileOf(vectors: number, isFar: boolean): readonly [number, number] {
  if (vectors === 1) return isFar ? [1, 4] : [4, 2];
  return [[4, 3, 2][vectors - 2]!, 1];
}
function lineDots(job: Job, sides: Sides): Schedule {
  const { product, module, engine, kernel } = job;
  const { k, n } = product;
  const { few, matrix, vectors, lines, isRows } = sides;
  const { around, run } = depthOf(k, matrix.steps!);
  const depth = sizeOf(k);
  const line = 4 * stepOf(matrix, lines)!;
  /** Vectors whose numbers do not lie in the order of the depth are copied first. */
  const packed = few.steps!.some((s, d) => s !== sizeOf(k.slice(d + 1)));
  const vector = packed ? 4 * depth : 4 * stepOf(few, vectors)!;
  const [together, units] = tileOf(vectors, lines * depth * 4 > far);
  const loops = k.slice(0, around).map(
    (extent, d): Depth => ({
      extent,
      matrix: 4 * matrix.steps![d]!,
      vectors: 4 * sizeOf(k.slice(d + 1)),
    }),
  );
  const out = outputSteps(product)!;
  const plain = isPlain(product) && out.column === 1;
  const longest = spanOf(vectors);
  const stride = isRows ? longest : n;
  const steps = plain ? { row: 4 * out.row, column: 4 } : { row: 4 * stride, column: 4 };
  const on = isRows ? { line: steps.column, vector: steps.row } : { line: steps.row, vector: steps.column };
  const finish = plain ? null : finishOf(module, kernel, product, stride);
  const piece = run > longestRun ? longestRun / 2 : run;
  const tile = (count: number, all: readonly Depth[], length: number): Func => {
    let outside = all.length;
    for (let inner = length; outside > 0 && inner < shortestSum; ) inner *= all[--outside]!.extent;
    return lineDotsFunc(module, engine, {
      lines: count,
      vectors,
      units,
      line,
      vector,
      loops: all,
      outside,
      run: length,
      out: on,
    });
  };
  const pieces: Depth = { extent: Math.floor(run / piece), matrix: 4 * piece, vectors: 4 * piece };
  /** Sums of some lines; what is left of the numbers side by side comes after whole pieces. */
  const call = (f: Func, count: number, w: I32, v: I32, sums: I32): void => {
    f.do(module.call(tile(count, pieces.extent > 1 ? [...loops, pieces] : loops, piece), w, v, sums, c(0)));
    const rest = run - pieces.extent * piece;
    const gone = pieces.extent * 4 * piece;
    if (rest) f.do(module.call(tile(count, loops, rest), i32.add(w, c(gone)), i32.add(v, c(gone)), sums, c(1)));
  };
  /** Copies the vectors to `room`, one after another. */
  const pack = (f: Func, source: I32, room: I32): void => {
    const at = f.let(room);
    const extents = [vectors, ...k];
    const from_ = f.let(source);
    const by = [stepOf(few, vectors)!, ...few.steps!];
    const visit = (d: number): void =>
      f.for(f.local('i32'), c(0), c(extents[d]!), c(1), () => {
        if (d < extents.length - 1) visit(d + 1);
        else {
          f.do(f32.store(at, f32.load(from_)));
          f.set(at, i32.add(at, c(4)));
        }
        const inner = d < extents.length - 1 ? by[d + 1]! * extents[d + 1]! : 0;
        f.set(from_, i32.add(from_, c(4 * (by[d]! - inner))));
      });
    visit(0);
  };
  const held = plain ? 0 : 4 * (isRows ? vectors * longest : n * longest);
  const unit = outerCount(job) > 1 ? Math.min(lines, longest) : 16;
  const write = (f: Func): void => {
    const room = packed ? f.let(i32.add(scratch(f, job), c(held))) : c(0);
    const once = outerCount(job) === 1;
    if (packed && once) pack(f, matrixOf(f, job, few, []), room);
    spans(f, job, lines, unit, longest, (outer, first, last) => {
      const source = matrixOf(f, job, few, outer);
      if (packed && !once) pack(f, source, room);
      const v = packed ? room : source;
      const result = f.let(plain ? resultOf(f, job, outer) : i32.sub(scratch(f, job), i32.mul(first, c(on.line))));
      const w = f.let(i32.add(matrixOf(f, job, matrix, outer), i32.mul(first, c(line))));
      const [i, sums] = [f.local('i32'), f.let(i32.add(result, i32.mul(first, c(on.line))))];
      f.set(i, first);
      for (const count of new Set([together, 1]))
        f.for(i, i, i32.sub(last, c(count - 1)), c(count), () => {
          call(f, count, w, v, sums);
          f.set(w, i32.add(w, c(count * line)));
          f.set(sums, i32.add(sums, c(count * on.line)));
        });
      const range = isRows ? ([c(0), c(vectors), first, last] as const) : ([first, last, c(0), c(n)] as const);
      finish?.(f, outer, range, result);
    });
  };
  const extent = outerCount(job) * Math.ceil(lines / unit);
  return {
    drafts: [{ write, extent, cost: unit * depth * dotCost(vectors) + 10 }],
    scratch: held + (packed ? 4 * vectors * depth : 0),
    shared: 0,
  };
}

const canSum = ({ few, matrix, vectors, isRows }: Sides): boolean =>
  isRows &&
  few.steps !== null &&
  matrix.steps !== null &&
  stepOf(few, vectors) !== null &&
  'step' in matrix.line &&
  matrix.line.step === 1;

function lineSums(job: Job, { few, matrix, vectors, lines: columns }: Sides): Schedule {
  const { product, module, engine, kernel, lanes } = job;
  const { k } = product;
  const { bytes } = lanes;
  const out = outputSteps(product)!;
  const plain = isPlain(product) && out.column === 1;
  const longest = spanOf(vectors);
  const finish = plain ? null : finishOf(module, kernel, product, longest);
  const row = plain ? out.row * bytes : longest * bytes;
  const bands = panelsOf(vectors, mostTogether);
  const lines = Math.max(1, Math.min(k.at(-1)!, Math.floor(8 / bands.height)));
  const [groups, rest] = [Math.floor(k.at(-1)! / lines), k.at(-1)! % lines];
  const step = { matrix: matrix.steps!.at(-1)! * bytes, vectors: few.steps!.at(-1)! * bytes };
  const vector = stepOf(few, vectors)! * bytes;
  const shape = { lanes, vector, step, tail: columns % lanes.count };
  /** Groups of lines that all vectors meet before the next. */
  const together = vectors > mostTogether ? Math.max(1, Math.floor(near / (longest * bytes * lines))) : groups;
  const unit = outerCount(job) > 1 ? Math.min(columns, longest) : block;
  const write = (f: Func): void =>
    spans(f, job, columns, unit, longest, (outer, first, last) => {
      const result = f.let(plain ? resultOf(f, job, outer) : i32.sub(scratch(f, job), i32.mul(first, c(bytes))));
      const start = i32.mul(first, c(bytes));
      const [w, v] = [f.let(i32.add(matrixOf(f, job, matrix, outer), start)), matrixOf(f, job, few, outer)];
      const [sums, width] = [f.let(i32.add(result, start)), f.let(i32.mul(i32.sub(last, first), c(bytes)))];
      const more = f.let(c(0));
      const go = (onMatrix: number, onVectors: number): void => {
        if (onMatrix) f.set(w, i32.add(w, c(onMatrix)));
        if (onVectors) f.set(v, i32.add(v, c(onVectors)));
      };
      const visit = (d: number): void => {
        if (d < k.length - 1) {
          const [onMatrix, onVectors] = [matrix.steps![d]! * bytes, few.steps![d]! * bytes];
          f.for(f.local('i32'), c(0), c(k[d]!), c(1), () => {
            visit(d + 1);
            go(onMatrix, onVectors);
          });
          return go(-onMatrix * k[d]!, -onVectors * k[d]!);
        }
        /** So many times `count` lines, after `done` groups. */
        const call = (count: number, times: I32, done: I32): void => {
          const [onMatrix, onVectors] = [
            f.let(i32.add(w, i32.mul(done, c(lines * step.matrix)))),
            f.let(i32.add(v, i32.mul(done, c(lines * step.vectors)))),
          ];
          for (let q = 0; q < vectors; q += bands.height) {
            const height = Math.min(bands.height, vectors - q);
            const func = lineSumsFunc(module, engine, { ...shape, vectors: height, lines: count });
            const [from_, to_] = [i32.add(onVectors, c(q * vector)), i32.add(sums, c(q * row))];
            f.do(module.call(func, onMatrix, from_, to_, times, width, c(row), more));
          }
          f.set(more, c(1));
        };
        if (together < groups) {
          const [t, count] = [f.local('i32'), f.local('i32')];
          f.for(t, c(0), c(groups), c(together), () => {
            f.set(count, i32.sub(c(groups), t));
            f.set(count, select(count, c(together), i32.lt(count, c(together))));
            call(lines, count, t);
          });
        } else if (groups) call(lines, c(groups), c(0));
        if (rest) call(rest, c(1), c(groups));
      };
      visit(0);
      finish?.(f, outer, [c(0), c(vectors), first, last], result);
    });
  const extent = outerCount(job) * Math.ceil(columns / unit);
  return {
    drafts: [{ write, extent, cost: unit * sizeOf(k) * sumCost(vectors) + 10 }],
    scratch: plain ? 0 : vectors * longest * bytes,
    shared: 0,
  };
}

/** Nanoseconds for a number of the matrix. */
const dotCost = (vectors: number): number => Math.max(0.046, 0.034 * vectors);
const sumCost = (vectors: number): number => Math.max(0.05, (vectors > mostTogether ? 0.034 : 0.033) * vectors);
/** Rough nanoseconds, for the choice among schedules; infinite where the factors do not lie as this one needs them. */
export function fewCost(job: Given): number {
  const { k } = job.product;
  const sides = sidesOf(job);
  if (!sides || !k.length) return Infinity;
  const { vectors, lines } = sides;
  const size = lines * sizeOf(k);
  if (canDot(job, sides)) return size * dotCost(vectors) + lines * vectors * 0.8 + 30;
  return canSum(sides) ? (size * sumCost(vectors) * 4) / job.lanes.count + 30 : Infinity;
}
export function few(job: Job): Schedule {
  const sides = sidesOf(job)!;
  return canDot(job, sides) ? lineDots(job, sides) : lineSums(job, sides);
}
