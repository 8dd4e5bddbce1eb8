// Products of which neither factor is shared along an axis that lies side by side in both and in the output, as depthwise convolutions with channels last
// are: vectors go along that axis, over a few neighbouring columns at a time.
import { sizeOf } from '../../../base/index.js';
import { bitOf, linear, loop, substitute } from '../../../kernel/index.js';
import { finishOf, isPlain } from './finish.js';
import type { Product } from './form.js';
import { f32, f64, i32, v128, type I32, type Local, type V128 } from '../instructions.js';
import {
  c,
  from,
  matrixOf,
  outerVariables,
  resultOf,
  scratch,
  shared,
  to,
  type Given,
  type Job,
  type Schedule,
} from './job.js';
import type { Lanes } from './lanes.js';
import { ofIntegers, type Engine, type Func, type Module } from '../module.js';
import { outerStep } from './positions.js';
import { runsOf } from './runs.js';

const [mostTaps, mostHeld] = [64, 9];
/** Columns that are finished together, at most. */
const longest = 256;
/** Columns at a time, where runs of them are that long. */
const together = 4;

/** Number of the outer loop that vectors go along; null where there is none. What a has depends on no other. */
function alongOf({ outer, a, b, at }: Product): number | null {
  const d = outer.findIndex((_, k) => [at, b.outer].every((e) => outerStep(e, k) === 1));
  return d < 0 || outerStep(a.outer, d) === null || a.outer.reads & ~bitOf('i', d) ? null : d;
}
/** The product with the columns as rows, and the outer loop that vectors go along as columns: what is finished after it is that of a matrix. */
function turned(p: Product, along: number): Product {
  const outer = p.outer.toSpliced(along, 1);
  const extents = [...outer, p.n, p.outer[along]!];
  const place = (d: number): number =>
    d === along ? outer.length + 1 : d > p.outer.length ? outer.length : d - +(d > along);
  const [at, ...bodies] = substitute([p.at, ...p.bodies], (_, d) => loop('i', place(d), extents[place(d)]!));
  return { ...p, outer, m: p.n, n: p.outer[along]!, at: at!, bodies };
}

interface Taps {
  readonly lanes: Lanes;
  readonly channels: number;
  /** Bytes from a and from the first column, for every tap. */
  readonly places: readonly (readonly [number, number])[];
  /** Columns at a time, and bytes from one to the next in b and in the output. */
  readonly count: number;
  readonly apart: readonly [number, number];
}
/** Bytes of a run in the table: where it is in b and in the output, and the number of its last group of columns. */
const entry = 12;
/** The function (a, b, out, first, last): the columns of the runs in the table from address `first` to `last`. */
function channelsFunc(module: Module, engine: Engine, { lanes, channels, places, count, apart }: Taps): Func {
  const name = `channels ${lanes.name} ${channels} ${places.join(';')} ${count} ${apart.join()}`;
  return module.once(name, ofIntegers(5), (f) => {
    const [a, b, out, first, last] = f.integers(5);
    const vectors = (n: number): Local<'v128'>[] => Array.from({ length: n }, () => f.local('v128'));
    const [sums, x, w] = [vectors(count), f.local('v128'), f.local('v128')];
    const held = places.length <= mostHeld ? vectors(places.length) : null;
    const [t, at, i, source, place, weights] = f.newIntegers(6);
    const load = (base: I32, offset: number): V128 =>
      offset < 0 ? v128.load(i32.add(base, c(offset))) : v128.load(base, offset);
    /** By bytes from the first column of the group, which taps of which columns read there. */
    const reads = new Map<number, { column: number; tap: number }[]>();
    for (let column = 0; column < count; column++)
      places.forEach(([, on], tap) => {
        const offset = on + column * apart[0];
        reads.set(offset, [...(reads.get(offset) ?? []), { column, tap }]);
      });
    const begun = new Set<number>();
    const add = (column: number, number: V128): void => {
      const s = sums[column]!;
      f.set(s, begun.has(column) ? lanes.madd(engine, number, x, s) : lanes.mul(number, x));
      begun.add(column);
    };
    /** One vector of channels of all columns. */
    const vector = (): void => {
      begun.clear();
      const [base, rest] = [f.let(i32.add(source, at)), f.let(i32.add(weights, at))];
      if (held) {
        held.forEach((v, k) => f.set(v, load(rest, places[k]![0])));
        for (const [offset, users] of [...reads].sort(([p], [q]) => p - q)) {
          f.set(x, load(base, offset));
          for (const { column, tap } of users) add(column, held[tap]!);
        }
      } else
        places.forEach(([onA, onB]) => {
          f.set(w, load(rest, onA));
          for (let column = 0; column < count; column++) {
            f.set(x, load(base, onB + column * apart[0]));
            add(column, w);
          }
        });
      sums.forEach((s, column) => f.do(v128.store(i32.add(place, at), s, column * apart[1])));
    };
    const bytes = channels * lanes.bytes;
    f.set(weights, a);
    const group = (): void => {
      f.set(source, i32.add(i32.add(b, i32.load(t)), i32.mul(i, c(apart[0]))));
      f.set(place, i32.add(i32.add(out, i32.load(t, 4)), i32.mul(i, c(apart[1]))));
      f.set(at, c(0));
      f.loop(at, c(bytes - (bytes % 16)), c(16), vector);
      if (bytes % 16) {
        // The last vector overlaps the one before it: the sums are the same.
        f.set(at, c(bytes - 16));
        vector();
      }
    };
    f.for(t, first, last, c(entry), () => {
      const end = f.let(i32.load(t, 8));
      f.for(i, c(0), end, c(count), group);
      f.set(i, end);
      group();
    });
  });
}

export function channels(job: Job): Schedule {
  const { product, lanes, engine, module, kernel, place } = job;
  const { bytes } = lanes;
  const along = alongOf(product)!;
  const matrix = turned(product, along);
  const { a, b, n, k } = product;
  const { step, runs } = runsOf(b.line, n, longest)!;
  const column = linear(product.at, bitOf('i', product.outer.length + 1))!.stride;
  const plain = isPlain(product);
  const width = product.outer[along]!;
  const stride = plain ? column * bytes : width * bytes;
  /** Numbers of a that do not lie side by side are copied first: all of a tap, then those of the next. */
  const apartInA = outerStep(a.outer, along)!;
  const inPlace = apartInA === 1;
  const read = k.reduce<(readonly [number, number])[]>(
    (all, extent, d) =>
      all.flatMap(([x, y]) =>
        Array.from({ length: extent }, (_, r) => [x + r * a.steps![d]! * bytes, y + r * b.steps![d]! * bytes] as const),
      ),
    [[0, 0]],
  );
  const places = inPlace ? read : read.map(([, on], tap) => [tap * width * bytes, on] as const);
  const lengthOf = (r: number): number => runs[r]!.to - runs[r]!.from;
  const count = runs.every((_, r) => lengthOf(r) >= together) ? together : 1;
  const apart = [step * bytes, stride] as const;
  const func = channelsFunc(module, engine, { lanes, channels: width, places, count, apart });
  /** Runs that are finished together. */
  const chunks: [number, number][] = [];
  for (let r = 0; r < runs.length; r++) {
    const open = chunks.at(-1);
    if (open && runs[r]!.to - runs[open[0]]!.from <= longest) open[1] = r + 1;
    else chunks.push([r, r + 1]);
  }
  const table = place(
    Int32Array.from(
      chunks.flatMap(([r0, r1]) =>
        runs
          .slice(r0, r1)
          .flatMap((r) => [r.at * bytes, (r.from - (plain ? 0 : runs[r0]!.from)) * stride, r.to - r.from - count]),
      ),
    ),
  );
  const ranges = place(
    Int32Array.from(
      chunks.flatMap(([r0, r1]) => [table + entry * r0, table + entry * r1, runs[r0]!.from, runs[r1 - 1]!.to]),
    ),
  );
  const finish = plain ? null : finishOf(module, kernel, matrix, width);
  const others = { ...job, product: matrix };
  const write = (f: Func): void => {
    const unit = f.local('i32');
    f.for(unit, from(f), to(f), c(1), () => {
      const outer = outerVariables(f, others, i32.divU(unit, c(chunks.length)));
      const range = f.let(i32.add(c(ranges), i32.shl(i32.remU(unit, c(chunks.length)), c(4))));
      const all = outer.toSpliced(along, 0, f.let(c(0)));
      const ma = inPlace ? matrixOf(f, job, a, all) : shared(f, job);
      const mb = matrixOf(f, job, b, all);
      const result = plain ? resultOf(f, job, all) : f.let(scratch(f, job));
      f.do(module.call(func, ma, mb, result, i32.load(range), i32.load(range, 4)));
      if (!finish) return;
      const [i0, i1] = [f.let(i32.load(range, 8)), f.let(i32.load(range, 12))];
      finish(f, outer, [i0, i1, c(0), c(width)], i32.sub(result, i32.mul(i0, c(stride))));
    });
  };
  const copy = (f: Func): void => {
    const source = matrixOf(
      f,
      job,
      a,
      product.outer.map(() => f.let(c(0))),
    );
    const [channel, at] = [f.local('i32'), f.let(i32.add(shared(f, job), i32.mul(from(f), c(bytes))))];
    f.set(source, i32.add(source, i32.mul(from(f), c(apartInA * bytes))));
    f.for(channel, from(f), to(f), c(1), () => {
      read.forEach(([on], tap) => {
        const place = i32.add(source, c(on));
        f.do(
          bytes === 4
            ? f32.store(at, f32.load(place), tap * width * bytes)
            : f64.store(at, f64.load(place), tap * width * bytes),
        );
      });
      f.set(source, i32.add(source, c(apartInA * bytes)));
      f.set(at, i32.add(at, c(bytes)));
    });
  };
  const size = n * width * places.length;
  return {
    drafts: [
      ...(inPlace ? [] : [{ write: copy, extent: width, cost: places.length }]),
      { write, extent: sizeOf(matrix.outer) * chunks.length, cost: size / chunks.length / 25 + 20 },
    ],
    scratch: plain ? 0 : Math.max(...chunks.map(([r0, r1]) => runs[r1 - 1]!.to - runs[r0]!.from)) * stride,
    shared: inPlace ? 0 : width * places.length * bytes,
  };
}
/** Rough nanoseconds, for the choice among schedules; infinite where the factors do not lie as this one needs them. */
export function channelsCost({ product, lanes }: Given): number {
  const { a, b, m, n, k, outer } = product;
  const along = alongOf(product);
  if (along === null || outer[along]! < lanes.count || m > 1 || a.anew || b.anew || !a.steps || !b.steps)
    return Infinity;
  if (sizeOf(k) > mostTaps || !runsOf(b.line, n, longest)) return Infinity;
  return (n * (sizeOf(k) * 0.13 + 0.4)) / lanes.count;
}
