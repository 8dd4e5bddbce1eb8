// Products with few columns and much depth of which neither factor is shared along an axis that lies side by side in both, as gradients by the weights of
// depthwise convolutions with channels last are: vectors go along that axis, and sums are kept while a run of the depth goes by.
import { sizeOf } from '../../../base/index.js';
import { loop, substitute } from '../../../kernel/index.js';
import { finishOf } from './finish.js';
import type { Product } from './form.js';
import { f32, f64, i32, v128, type Local, type V128 } from '../instructions.js';
import { c, from, matrixOf, outerVariables, scratch, to, type Given, type Job, type Schedule } from './job.js';
import type { Lanes } from './lanes.js';
import { ofIntegers, type Engine, type Func, type Module } from '../module.js';
import { outerStep } from './positions.js';

const [mostColumns, mostHeld] = [64, 9];

/** Number of the outer loop that vectors go along; null where there is none. */
function alongOf({ outer, a, b }: Product): number | null {
  const d = outer.findIndex((_, k) => outerStep(a.outer, k) === 1 && outerStep(b.outer, k) === 1);
  return d < 0 ? null : d;
}
/** The product with that loop as rows, for what follows it. */
function turned(p: Product, along: number): Product {
  const outer = p.outer.toSpliced(along, 1);
  const extents = [...outer, p.outer[along]!, p.n];
  const place = (d: number): number =>
    d === along ? outer.length : d > p.outer.length ? outer.length + 1 : d - +(d > along);
  const [at, ...bodies] = substitute([p.at, ...p.bodies], (_, d) => loop('i', place(d), extents[place(d)]!));
  return { ...p, outer, m: p.outer[along]!, at: at!, bodies };
}

interface Run {
  readonly lanes: Lanes;
  /** Bytes from the first column of b to each. */
  readonly columns: readonly number[];
  readonly count: number;
  /** Bytes from one step of the run to the next. */
  readonly a: number;
  readonly b: number;
}
/** The function (a, b, sums): sums[column] += sum over a run of the depth of a*b, for one vector. */
function runFunc(module: Module, engine: Engine, { lanes, columns, count, a: onA, b: onB }: Run): Func {
  const name = `channel dots ${lanes.name} ${columns.join()} ${count} ${onA} ${onB}`;
  return module.once(name, ofIntegers(3), (f) => {
    const [a, b, sums] = f.integers(3);
    const held = columns.map((_, q) => f.let(v128.load(sums, 16 * q)));
    const x = f.local('v128');
    const i = f.local('i32');
    const load = (offset: number): V128 => (offset < 0 ? v128.load(i32.add(b, c(offset))) : v128.load(b, offset));
    f.set(i, c(0));
    f.loop(i, c(count), c(1), () => {
      f.set(x, v128.load(a));
      held.forEach((s, q) => f.set(s, lanes.madd(engine, x, load(columns[q]!), s)));
      f.set(a, i32.add(a, c(onA)));
      f.set(b, i32.add(b, c(onB)));
    });
    held.forEach((s, q) => f.do(v128.store(sums, s, 16 * q)));
  });
}

export function channelDots(job: Job): Schedule {
  const { product, lanes, engine, module, kernel } = job;
  const { a, b, n, k, outer } = product;
  const { bytes } = lanes;
  const along = alongOf(product)!;
  const matrix = turned(product, along);
  const width = outer[along]!;
  const { line } = b;
  const columns = Array.from({ length: n }, (_, j) => bytes * ('step' in line ? line.step * j : line.table[j]!));
  const vectors = Math.ceil(width / lanes.count);
  const last = k.length - 1;
  const [onA, onB] = [bytes * a.steps![last]!, bytes * b.steps![last]!];
  const finish = finishOf(module, kernel, matrix, n);
  const others = sizeOf(matrix.outer);
  /** Sums of a vector of channels, then all of them in the order of the output. */
  const sumsBytes = vectors * n * 16;
  const write = (f: Func): void => {
    const o = f.local('i32');
    const [sums, sorted] = [f.let(scratch(f, job)), f.let(i32.add(scratch(f, job), c(sumsBytes)))];
    const [v, at] = [f.local('i32'), f.local('i32')];
    /** For each vector: its number, bytes before it, and where its sums are. The last one may overlap the one before it. */
    const eachVector = (body: (first: Local<'i32'>, own: Local<'i32'>) => void): void => {
      const [first, own] = [f.local('i32'), f.local('i32')];
      f.for(v, from(f), to(f), c(1), () => {
        f.set(first, i32.shl(v, c(4)));
        if (width % lanes.count) f.if(i32.eq(v, c(vectors - 1)), () => f.set(first, c(width * bytes - 16)));
        f.set(own, i32.add(sums, i32.mul(v, c(16 * n))));
        body(first, own);
      });
    };
    f.for(o, c(0), c(others), c(1), () => {
      const variables = outerVariables(f, { ...job, product: matrix }, o);
      const all = variables.toSpliced(along, 0, f.let(c(0)));
      const [ma, mb] = [matrixOf(f, job, a, all), matrixOf(f, job, b, all)];
      eachVector((_, own) => {
        for (let q = 0; q < n; q++) f.do(v128.store(own, lanes.zero(), 16 * q));
      });
      const visit = (d: number): void => {
        if (d < last) {
          const [byA, byB] = [bytes * a.steps![d]!, bytes * b.steps![d]!];
          f.for(f.local('i32'), c(0), c(k[d]!), c(1), () => {
            visit(d + 1);
            f.set(ma, i32.add(ma, c(byA)));
            f.set(mb, i32.add(mb, c(byB)));
          });
          f.set(ma, i32.sub(ma, c(byA * k[d]!)));
          return f.set(mb, i32.sub(mb, c(byB * k[d]!)));
        }
        eachVector((first, own) => {
          for (let q = 0; q < n; q += mostHeld) {
            const some = columns.slice(q, q + mostHeld);
            const func = runFunc(module, engine, { lanes, columns: some, count: k[last]!, a: onA, b: onB });
            f.do(module.call(func, i32.add(ma, first), i32.add(mb, first), i32.add(own, c(16 * q))));
          }
        });
      };
      visit(0);
      eachVector((first, own) => {
        f.set(at, i32.add(sorted, i32.mul(first, c(n))));
        for (let lane = 0; lane < lanes.count; lane++)
          for (let q = 0; q < n; q++) {
            const [source, place] = [16 * q + bytes * lane, bytes * (lane * n + q)];
            f.do(
              bytes === 4 ? f32.store(at, f32.load(own, source), place) : f64.store(at, f64.load(own, source), place),
            );
          }
      });
      const end = f.let(i32.mul(to(f), c(lanes.count)));
      f.if(i32.gt(end, c(width)), () => f.set(end, c(width)));
      finish(f, variables, [i32.mul(from(f), c(lanes.count)), end, c(0), c(n)], sorted);
    });
  };
  const cost = (others * n * sizeOf(k)) / 5;
  return { drafts: [{ write, extent: vectors, cost }], scratch: sumsBytes + width * n * bytes, shared: 0 };
}
/** Rough nanoseconds, for the choice among schedules; infinite where the factors do not lie as this one needs them. */
export function channelDotsCost({ product, lanes }: Given): number {
  const { a, b, m, n, k, outer } = product;
  const along = alongOf(product);
  if (along === null || outer[along]! < lanes.count || m > 1 || n > mostColumns || !k.length) return Infinity;
  if (a.anew || b.anew || !a.steps || !b.steps) return Infinity;
  return ((n * 0.16 + 0.3) * sizeOf(k)) / lanes.count + 2 * n;
}
