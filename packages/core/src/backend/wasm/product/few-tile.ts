// The innermost parts of products with a few vectors: lines of a matrix that lie side by side, each read once from one end to the other.
import { f32x4, i32, v128, type I32, type Local, type V128 } from '../instructions.js';
import { ofIntegers, type Engine, type Func, type Module } from '../module.js';
import { laneSums, loadSome } from './dots-tile.js';
import type { Lanes } from './lanes.js';

const c = i32.const;

/** A loop over depth, with the bytes that the matrix and the vectors go on in a step. */
export interface Depth {
  readonly extent: number;
  readonly matrix: number;
  readonly vectors: number;
}
/** Dot products of lines of a matrix with vectors: the depth lies side by side in both. */
export interface LineDots {
  readonly lines: number;
  readonly vectors: number;
  /** Vectors of depth in an iteration. */
  readonly units: number;
  /** Bytes from a line to the next, and from a vector to the next. */
  readonly line: number;
  readonly vector: number;
  /** Loops around `run` numbers that lie side by side, and how many of them are outside of sums that begin anew. */
  readonly loops: readonly Depth[];
  readonly outside: number;
  readonly run: number;
  /** Bytes between sums in the output, by line and by vector. */
  readonly out: { readonly line: number; readonly vector: number };
}
/** The function (matrix, vectors, out, more): out[line][vector] = (or += when `more`) sum over the depth of matrix*vector. */
export function lineDotsFunc(module: Module, { madd }: Engine, dots: LineDots): Func {
  const { lines, vectors, units, line, vector, loops, outside, run, out: to } = dots;
  const name = `line dots ${lines}x${vectors}x${units} ${line} ${vector} ${loops.map((l) => `${l.extent}.${l.matrix}.${l.vectors}`).join()} ${outside} ${run} ${to.line} ${to.vector}`;
  return module.once(name, ofIntegers(4), (f) => {
    const [matrix, few, out, more] = f.integers(4);
    const grid = (): Local<'v128'>[][] =>
      Array.from({ length: lines }, () => Array.from({ length: vectors }, () => f.local('v128')));
    const sums = Array.from({ length: units }, grid);
    const totals = outside ? grid() : sums[0]!;
    const x = Array.from({ length: vectors }, () => f.local('v128'));
    const y = f.local('v128');
    const at = f.local('i32');
    const zero = (all: readonly Local<'v128'>[]): void => {
      for (const s of all) f.set(s, v128.f32s(0));
    };
    /** One vector of every line, `offset` bytes after `at`. */
    const step = (u: number, offset: number, count: number): void => {
      const read = (base: I32, by: number): V128 => {
        const address = i32.add(base, at);
        const total = by + offset;
        const [place, on] = total < 0 ? [i32.add(address, c(total)), 0] : [address, total];
        return count === 4 ? v128.load(place, on) : loadSome(f, count, place, on);
      };
      x.forEach((v, q) => f.set(v, read(few, q * vector)));
      for (let r = 0; r < lines; r++) {
        f.set(y, read(matrix, r * line));
        x.forEach((v, q) => {
          const s = sums[u]![r]![q]!;
          f.set(s, madd ? f32x4.relaxedMadd(y, v, s) : f32x4.add(s, f32x4.mul(y, v)));
        });
      }
    };
    const innermost = (): void => {
      const [wide, whole] = [run - (run % (4 * units)), run - (run % 4)];
      const all = (): void => sums.forEach((_, u) => step(u, 16 * u, 4));
      f.set(at, c(0));
      if (wide) f.loop(at, c(4 * wide), c(16 * units), all);
      for (let k = wide; k < whole; k += 4) step((k - wide) / 4, 4 * (k - wide), 4);
      if (run > whole) step(units - 1, 4 * (whole - wide), run - whole);
    };
    const gather = (): void => {
      for (let u = 1; u < units; u++)
        totals.forEach((row, r) =>
          row.forEach((_, q) => f.set(sums[0]![r]![q]!, f32x4.add(sums[0]![r]![q]!, sums[u]![r]![q]!))),
        );
    };
    const visit = (d: number): void => {
      const begins = d === outside;
      if (begins) zero(sums.flat(2));
      const loop = loops[d];
      if (loop)
        f.for(f.local('i32'), c(0), c(loop.extent), c(1), () => {
          visit(d + 1);
          const inner = loops[d + 1];
          const [onMatrix, onVectors] = [
            loop.matrix - (inner ? inner.matrix * inner.extent : 0),
            loop.vectors - (inner ? inner.vectors * inner.extent : 0),
          ];
          if (onMatrix) f.set(matrix, i32.add(matrix, c(onMatrix)));
          if (onVectors) f.set(few, i32.add(few, c(onVectors)));
        });
      else innermost();
      if (!begins) return;
      gather();
      if (outside) totals.forEach((row, r) => row.forEach((s, q) => f.set(s, f32x4.add(s, sums[0]![r]![q]!))));
    };
    if (outside) zero(totals.flat());
    visit(0);
    for (let q = 0; q < vectors; q++)
      for (let r = 0; r < lines; r += 4) {
        const some = Math.min(4, lines - r);
        const four = f.let(
          laneSums(
            f,
            Array.from({ length: some }, (_, k) => totals[r + k]![q]!),
          ),
        );
        const place = (k: number): number => (r + k) * to.line + q * to.vector;
        const together = some === 4 && to.line === 4;
        const store = (v: V128): void => {
          if (together) f.do(v128.store(out, v, place(0)));
          else for (let k = 0; k < some; k++) f.do(v128.store32Lane(out, v, k, place(k)));
        };
        f.if(
          more,
          () => {
            if (together) return store(f.let(f32x4.add(four, v128.load(out, place(0)))));
            const before = f.let(v128.load32Zero(out, place(0)));
            for (let k = 1; k < some; k++) f.set(before, v128.load32Lane(out, before, k, place(k)));
            store(f.let(f32x4.add(four, before)));
          },
          () => store(four),
        );
      }
  });
}

/** Sums of lines of a matrix, each times a number of every vector: columns lie side by side in the matrix and in the output. */
export interface LineSums {
  readonly lanes: Lanes;
  readonly vectors: number;
  /** Lines that are read at once. */
  readonly lines: number;
  /** Bytes from a vector to the next, and what the matrix and the vectors go on from a line to the next. */
  readonly vector: number;
  readonly step: { readonly matrix: number; readonly vectors: number };
  /** Columns after the last whole vector. */
  readonly tail: number;
}
/**
 * The function (matrix, vectors, out, count, width, bytes from a row of out to the next, more): out[vector][column] = (or += when `more`) sum over
 * `count` times `lines` lines of matrix*vector, for `width` bytes of columns.
 */
export function lineSumsFunc(module: Module, engine: Engine, sums: LineSums): Func {
  const { lanes, vectors, lines, vector, step, tail } = sums;
  const name = `line sums ${lanes.name} ${lines}x${vectors} ${vector} ${step.matrix} ${step.vectors} ${tail}`;
  return module.once(name, ofIntegers(7), (f) => {
    const [matrix, few, out, count, width, row, more] = f.integers(7);
    const range = (n: number): number[] => Array.from({ length: n }, (_, k) => k);
    const numbers = range(vectors).map(() => range(lines).map(() => f.local('v128')));
    const outs = range(vectors).map((q) => (q ? f.let(i32.add(out, i32.mul(row, c(q)))) : out));
    const ends = range(lines).map(() => f.local('i32'));
    const [at, group] = [f.local('i32'), f.local('i32')];
    const wide = vectors <= 2 ? 2 : 1;
    const held = range(vectors).map(() => range(wide).map(() => f.local('v128')));
    const x = f.local('v128');
    /** Some vectors of columns: what the lines add to them. */
    const columns = (units: number, add: boolean, store: (place: I32, v: V128, offset: number) => void): void => {
      for (let r = 0; r < lines; r++)
        for (let u = 0; u < units; u++) {
          f.set(x, v128.load(i32.add(ends[r]!, at), 16 * u));
          for (let q = 0; q < vectors; q++) {
            const s = held[q]![u]!;
            f.set(s, r ? lanes.madd(engine, numbers[q]![r]!, x, s) : lanes.mul(numbers[q]![r]!, x));
          }
        }
      outs.forEach((o, q) =>
        held[q]!.slice(0, units).forEach((s, u) => {
          const place = i32.add(o, at);
          if (add) f.set(s, lanes.add(s, v128.load(place, 16 * u)));
          store(place, s, 16 * u);
        }),
      );
    };
    const whole = f.let(i32.and(width, c(-16)));
    const strip = (add: boolean): void => {
      f.set(at, c(0));
      const vectorsOf = (units: number): void =>
        f.for(at, at, i32.sub(whole, c(16 * units - 1)), c(16 * units), () =>
          columns(units, add, (place, v, offset) => f.do(v128.store(place, v, offset))),
        );
      for (let units = wide; units >= 1; units--) vectorsOf(units);
      if (tail)
        f.if(i32.lt(at, width), () =>
          columns(1, add, (place, v, offset) => {
            for (let k = 0; k < tail; k++) f.do(lanes.storeLane(place, v, k, offset + k * lanes.bytes));
          }),
        );
    };
    f.for(group, c(0), count, c(1), () => {
      numbers.forEach((own, q) =>
        own.forEach((s, r) => {
          const offset = q * vector + r * step.vectors;
          f.set(s, offset < 0 ? lanes.splat(i32.add(few, c(offset)), 0) : lanes.splat(few, offset));
        }),
      );
      ends.forEach((e, r) => f.set(e, i32.add(matrix, c(r * step.matrix))));
      f.if(
        more,
        () => strip(true),
        () => strip(false),
      );
      f.set(more, c(1));
      f.set(matrix, i32.add(matrix, c(lines * step.matrix)));
      f.set(few, i32.add(few, c(lines * step.vectors)));
    });
  });
}
