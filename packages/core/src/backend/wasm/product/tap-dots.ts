// Products with one or two rows, few columns and much depth, as gradients of depthwise convolutions by their weights are: vectors go along the depth, and
// what two neighbouring runs of it have in common is read once. The lanes of each sum come together at the end.
import { sizeOf } from '../../../base/index.js';
import { laneSums, loadSome } from './dots-tile.js';
import { finishOf, isPlain } from './finish.js';
import { outputSteps } from './form.js';
import { f32, f32x4, i32, v128, type I32, type Local, type V128 } from '../instructions.js';
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
import { ofIntegers, type Engine, type Func, type Module } from '../module.js';

const [mostRows, mostColumns, mostHeld] = [2, 64, 9];

/** A loop over depth, with the bytes that a and b go on in a step. */
interface Loop {
  readonly extent: number;
  readonly a: number;
  readonly b: number;
}
interface TapDots {
  /** Bytes from the first column of b to each. */
  readonly columns: readonly number[];
  /** Numbers of the innermost loop, and bytes from one to the next in b: 4 or 8. */
  readonly run: number;
  readonly step: 4 | 8;
  /** The loop around it, and those around that. */
  readonly rows: Loop;
  readonly outside: readonly Loop[];
}
/** The function (a, b, out): out[column] = sum over the depth of a*b. */
function tapDotsFunc(module: Module, { madd }: Engine, { columns, run, step, rows, outside }: TapDots): Func {
  const text = [rows, ...outside].map((l) => `${l.extent}.${l.a}.${l.b}`).join();
  const name = `tap dots ${columns.join()} ${run} ${step} ${text}`;
  return module.once(name, ofIntegers(3), (f) => {
    const [a, b, out] = f.integers(3);
    const vectors = (n: number): Local<'v128'>[] => Array.from({ length: n }, () => f.local('v128'));
    const sums = vectors(columns.length);
    const totals = outside.length ? vectors(columns.length) : sums;
    const [held, x, low] = [vectors(2), f.local('v128'), f.local('v128')];
    const [at, to_] = [f.local('i32'), f.local('i32')];
    const zero = (all: readonly Local<'v128'>[]): void => {
      for (const s of all) f.set(s, v128.f32s(0));
    };
    const placed = (base: I32, offset: number, make: (address: I32, offset: number) => V128): V128 =>
      offset < 0 ? make(i32.add(base, c(offset)), 0) : make(base, offset);
    /** Up to four numbers of b that belong to neighbours in a. */
    const read = (base: I32, offset: number, count: number): void => {
      if (step === 4)
        return f.set(
          x,
          placed(base, offset, (p, on) => (count === 4 ? v128.load(p, on) : loadSome(f, count, p, on))),
        );
      if (count === 4) {
        f.set(low, placed(base, offset, v128.load));
        return f.set(x, v128.shuffle32(low, placed(base, offset + 16, v128.load), [0, 2, 4, 6]));
      }
      f.set(x, placed(base, offset, v128.load32Zero));
      for (let k = 1; k < count; k++)
        f.set(
          x,
          placed(base, offset + 8 * k, (p, on) => v128.load32Lane(p, x, k, on)),
        );
    };
    /** Up to four numbers of so many rows. */
    const some = (together: number, count: number): void => {
      const [pa, pb] = [i32.add(a, at), f.let(i32.add(b, step === 4 ? at : i32.shl(at, c(1))))];
      for (let r = 0; r < together; r++)
        f.set(
          held[r]!,
          placed(pa, r * rows.a, (p, on) => (count === 4 ? v128.load(p, on) : loadSome(f, count, p, on))),
        );
      const readers = new Map<number, (readonly [number, number])[]>();
      for (let r = 0; r < together; r++)
        columns.forEach((on, q) => {
          const offset = on + r * rows.b;
          readers.set(offset, [...(readers.get(offset) ?? []), [r, q]]);
        });
      for (const [offset, users] of [...readers].sort(([p], [q]) => p - q)) {
        read(pb, offset, count);
        for (const [r, q] of users) {
          const s = sums[q]!;
          f.set(s, madd ? f32x4.relaxedMadd(held[r]!, x, s) : f32x4.add(s, f32x4.mul(held[r]!, x)));
        }
      }
    };
    const go = ({ a: onA, b: onB }: Loop, times: number): void => {
      if (onA) f.set(a, i32.add(a, c(onA * times)));
      if (onB) f.set(b, i32.add(b, c(onB * times)));
    };
    const row = (together: number): void => {
      const whole = run - (run % 4);
      f.set(at, c(0));
      f.loop(at, c(4 * whole), c(16), () => some(together, 4));
      if (run > whole) some(together, run - whole);
      go(rows, together);
    };
    const plane = (): void => {
      zero(sums);
      if (rows.extent > 1) f.for(to_, c(0), c(rows.extent >> 1), c(1), () => row(2));
      if (rows.extent % 2) row(1);
      go(rows, -rows.extent);
    };
    const visit = (d: number): void => {
      const loop = outside[d];
      if (!loop) {
        plane();
        if (outside.length) totals.forEach((s, q) => f.set(s, f32x4.add(s, sums[q]!)));
        return;
      }
      f.for(f.local('i32'), c(0), c(loop.extent), c(1), () => {
        visit(d + 1);
        go(loop, 1);
      });
      go(loop, -loop.extent);
    };
    if (outside.length) zero(totals);
    visit(0);
    for (let q = 0; q < columns.length; q += 4) {
      const four = f.let(laneSums(f, totals.slice(q, q + 4)));
      if (q + 4 <= columns.length) f.do(v128.store(out, four, 4 * q));
      else for (let k = q; k < columns.length; k++) f.do(f32.store(out, f32x4.lane(four, k - q), 4 * k));
    }
  });
}

export function tapDots(job: Job): Schedule {
  const { product, engine, module, kernel } = job;
  const { a, b, m, n, k } = product;
  const out = outputSteps(product)!;
  const plain = isPlain(product) && out.column === 1;
  const row = 'step' in a.line ? 4 * a.line.step : 0;
  const { line } = b;
  const all = Array.from({ length: n }, (_, j) => 4 * ('step' in line ? line.step * j : line.table[j]!));
  const loops = k.slice(0, -1).map((extent, d): Loop => ({ extent, a: 4 * a.steps![d]!, b: 4 * b.steps![d]! }));
  const rows = loops.at(-1) ?? { extent: 1, a: 0, b: 0 };
  const shape = {
    run: k.at(-1)!,
    step: b.steps!.at(-1) === 1 ? (4 as const) : (8 as const),
    rows,
    outside: loops.slice(0, -1),
  };
  const stride = plain ? 4 * out.row : 4 * n;
  const finish = plain ? null : finishOf(module, kernel, product, n);
  const write = (f: Func): void => {
    const o = f.local('i32');
    const position = outerPositions(f, job);
    f.for(o, from(f), to(f), c(1), () => {
      const outer = position(o);
      const [ma, mb] = [matrixOf(f, job, a, outer), matrixOf(f, job, b, outer)];
      const result = plain ? resultOf(f, job, outer) : f.let(scratch(f, job));
      for (let i = 0; i < m; i++)
        for (let j = 0; j < n; j += mostHeld) {
          const columns = all.slice(j, j + mostHeld).map((at) => at - all[j]!);
          const func = tapDotsFunc(module, engine, { ...shape, columns });
          const to_ = i32.add(result, c(i * stride + 4 * j));
          f.do(module.call(func, i32.add(ma, c(i * row)), i32.add(mb, c(all[j]!)), to_));
        }
      finish?.(f, outer, [c(0), c(m), c(0), c(n)], result);
    });
  };
  const cost = (m * n * sizeOf(k)) / 25;
  return { drafts: [{ write, extent: outerCount(job), cost }], scratch: plain ? 0 : 4 * m * n, shared: 0 };
}
/** Rough nanoseconds, for the choice among schedules; infinite where the factors do not lie as this one needs them. */
export function tapDotsCost({ product, lanes }: Given): number {
  const { a, b, m, n, k } = product;
  if (lanes.name !== 'f32' || m > mostRows || n > mostColumns || !k.length || !a.steps || !b.steps) return Infinity;
  const [last, step] = [k.at(-1)!, b.steps.at(-1)!];
  if (a.steps.at(-1) !== 1 || (step !== 1 && step !== 2) || last < 4 || !('step' in a.line || m === 1)) return Infinity;
  const vectors = (sizeOf(k) / last) * Math.ceil(last / 4);
  return m * vectors * (n * 0.13 * (step === 1 ? 1 : 1.5) + Math.ceil(n / mostHeld) * 0.3) + m * n + 40;
}
