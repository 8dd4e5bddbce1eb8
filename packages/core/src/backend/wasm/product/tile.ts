// The innermost part of a product: a tile of some rows by a few vectors of columns, held in registers while the depth goes by.
import { i32, v128, type I32, type Local, type Type, type V128 } from '../instructions.js';
import type { Lanes } from './lanes.js';
import type { Engine, Func, Module } from '../module.js';

/** A loop over depth, with the bytes that a and b go on in a step. Only the outermost loop may have an extent that is an argument: null. */
export interface Depth {
  readonly extent: number | null;
  readonly a: number;
  readonly b: number;
}
export interface Tile {
  readonly lanes: Lanes;
  readonly rows: number;
  /** Vectors side by side. */
  readonly vectors: number;
  /** Whether each vector of columns has addresses of its own, or follows the one before. */
  readonly apart: boolean;
  /** Bytes from a row of a to the next. */
  readonly row: number;
  readonly depth: readonly Depth[];
  /** Columns that the last vector has; the others are not stored. */
  readonly tail: number;
}

const c = i32.const;
/** The most steps of depth that are written out one after another. */
const longest = 9;
/** Steps of nested loops as offsets of a and b; null where they are too many to be written out. */
function written(depth: readonly Depth[], { steps }: Engine): (readonly [number, number])[] | null {
  const total = depth.reduce((n, d) => n * (d.extent ?? Infinity), 1);
  if (total > (steps === 1 ? 1 : longest)) return null;
  return depth.reduce<(readonly [number, number])[]>(
    (all, d) =>
      all.flatMap(([a, b]) => Array.from({ length: d.extent! }, (_, k) => [a + k * d.a, b + k * d.b] as const)),
    [[0, 0]],
  );
}
/**
 * The function (depth, a, b…, out…, bytes from a row of out to the next, more): out[row][column] = (or += when `more`) sum over depth of a*b. There
 * is one b and one out for each vector when they are apart. `depth` is the outermost extent, where that is an argument.
 */
export function tileFunc(module: Module, engine: Engine, tile: Tile): Func {
  const { lanes, rows, vectors, apart, row, depth, tail } = tile;
  const places = apart ? vectors : 1;
  const loops = depth.map((d) => `${d.extent}.${d.a}.${d.b}`).join();
  const name = `tile ${lanes.name} ${rows}x${vectors}${apart ? ' apart' : ''} ${row} ${loops} ${tail}`;
  const params = Array.from({ length: 4 + 2 * places }, (): Type => 'i32');
  return module.once(name, { params, result: 'void' }, (f) => {
    const all = f.params as readonly Local<'i32'>[];
    const [count, a, step, more] = [all[0]!, all[1]!, all.at(-2)!, all.at(-1)!];
    const [bs, outs] = [all.slice(2, 2 + places), all.slice(2 + places, 2 + 2 * places)];
    const sums = Array.from({ length: rows }, () => Array.from({ length: vectors }, () => f.local('v128')));
    const columns = Array.from({ length: vectors }, () => f.local('v128'));
    const x = f.local('v128');
    for (const s of sums.flat()) f.set(s, lanes.zero());
    const once = (offsetA: number, offsetB: number): void => {
      columns.forEach((v, k) => f.set(v, apart ? load(f, bs[k]!, offsetB) : load(f, bs[0]!, offsetB + 16 * k)));
      const order = [...sums.keys()];
      if (engine.reversed) order.reverse();
      for (const r of order) {
        f.set(x, splat(f, lanes, a, offsetA + r * row));
        columns.forEach((v, k) => f.set(sums[r]![k]!, lanes.madd(engine, x, v, sums[r]![k]!)));
      }
    };
    const go = (by: Depth, times: number, back: readonly [number, number] = [0, 0]): void => {
      const [onA, onB] = [by.a * times - back[0], by.b * times - back[1]];
      if (onA) f.set(a, i32.add(a, c(onA)));
      if (onB) for (const b of bs) f.set(b, i32.add(b, c(onB)));
    };
    /** Runs the loops from number `d` on; the addresses move on by all that loop `d` covers. */
    const run = (d: number): void => {
      const loop = depth[d];
      const straight = written(depth.slice(d), engine);
      if (straight) {
        for (const [onA, onB] of straight) once(onA, onB);
        return loop && go(loop, loop.extent!);
      }
      const { extent, a: onA, b: onB } = loop!;
      const inner = depth[d + 1];
      const i = f.local('i32');
      const to = extent === null ? count : c(extent);
      if (inner)
        return f.for(i, c(0), to, c(1), () => {
          run(d + 1);
          go(loop!, 1, [inner.a * inner.extent!, inner.b * inner.extent!]);
        });
      const steps = (n: number): void => {
        for (let k = 0; k < n; k++) once(k * onA, k * onB);
        go(loop!, n);
      };
      const many = engine.steps;
      f.for(i, c(0), i32.sub(to, c(many - 1)), c(many), () => steps(many));
      if (many > 1 && (extent === null || extent % many))
        f.if(i32.lt(i, to), () => f.loop(i, to, c(1), () => steps(1)));
    };
    run(0);
    const store = (add: boolean): void =>
      sums.forEach((vs, r) => {
        vs.forEach((v, k) => {
          const [out, offset] = apart ? [outs[k]!, 0] : [outs[0]!, 16 * k];
          const sum = add ? f.let(lanes.add(v, v128.load(out, offset))) : v;
          if (k < vectors - 1 || tail === lanes.count) f.do(v128.store(out, sum, offset));
          else for (let q = 0; q < tail; q++) f.do(lanes.storeLane(out, sum, q, offset + q * lanes.bytes));
        });
        if (r < rows - 1) for (const out of outs) f.set(out, i32.add(out, step));
      });
    f.if(
      more,
      () => store(true),
      () => store(false),
    );
  });
}
/** Offsets of instructions are not negative: what is before an address is added to it. */
const load = (f: Func, address: I32, offset: number): V128 =>
  offset < 0 ? v128.load(i32.add(address, c(offset))) : v128.load(address, offset);
const splat = (f: Func, lanes: Lanes, address: I32, offset: number): V128 =>
  offset < 0 ? lanes.splat(i32.add(address, c(offset)), 0) : lanes.splat(address, offset);
