// A tile of dot products: vectors go along the depth, and the lanes of each sum come together at the end.
import { f32, f32x4, i32, v128, type I32, type Local, type Type, type V128 } from '../instructions.js';
import type { Engine, Func, Module } from '../module.js';

const c = i32.const;

/** A tile of dot products: vectors of some lines are held while those of the others come by. */
export interface Dots {
  readonly held: number;
  readonly coming: number;
  /** Whether the lines that are held are rows, which are equal steps apart; else columns, whose addresses come one by one. */
  readonly rowsHeld: boolean;
  /** Bytes from a row of a to the next. */
  readonly row: number;
  /** Loops around the innermost one, of which the first has an extent that is an argument, with the bytes that a and b go on in a step. */
  readonly loops: readonly { readonly extent: number | null; readonly a: number; readonly b: number }[];
  /** Numbers of the innermost loop. */
  readonly run: number;
}
/** Up to three numbers from an address on, in a vector with zeros. */
export function loadSome(f: Func, count: number, address: I32, offset: number): V128 {
  if (count === 1) return v128.load32Zero(address, offset);
  const two = v128.load64Zero(address, offset);
  return count === 2 ? two : v128.load32Lane(address, f.let(two), 2, offset + 8);
}
/** The sum of the lanes of each of up to four vectors, in the lanes of one. */
export function laneSums(f: Func, v: readonly V128[]): V128 {
  const pair = (x: V128, y: V128): V128 => {
    const [low, high] = [v128.shuffle32(x, y, [0, 4, 1, 5]), v128.shuffle32(x, y, [2, 6, 3, 7])];
    return f.let(f32x4.add(low, high));
  };
  const [first, second] = [pair(v[0]!, v[1] ?? v[0]!), pair(v[2] ?? v[0]!, v[3] ?? v[0]!)];
  const [low, high] = [v128.shuffle32(first, second, [0, 1, 4, 5]), v128.shuffle32(first, second, [2, 3, 6, 7])];
  return f32x4.add(low, high);
}
/**
 * The function (extent, a, b…, out, bytes from a row of out to the next, more): out[row][column] = (or += when `more`) sum over depth of a*b, with
 * one b for each column.
 */
export function dotsFunc(module: Module, engine: Engine, dots: Dots): Func {
  const { held, coming, rowsHeld, row, loops, run } = dots;
  const [rows, columns] = rowsHeld ? [held, coming] : [coming, held];
  const name = `dots ${held}x${coming}${rowsHeld ? '' : ' turned'} ${row} ${loops.map((l) => `${l.extent}.${l.a}.${l.b}`).join()} ${run}`;
  return module.once(name, { params: Array.from({ length: 5 + columns }, (): Type => 'i32'), result: 'void' }, (f) => {
    const all = f.params as readonly Local<'i32'>[];
    const [count, a] = [all[0]!, all[1]!];
    const bs = all.slice(2, 2 + columns);
    const [out, step, more] = all.slice(2 + columns) as [Local<'i32'>, Local<'i32'>, Local<'i32'>];
    const sums = Array.from({ length: held }, () => Array.from({ length: coming }, () => f.local('v128')));
    const kept = Array.from({ length: held }, () => f.local('v128'));
    const x = f.local('v128');
    for (const s of sums.flat()) f.set(s, v128.f32s(0));
    const whole = run - (run % 4);
    const at = f.local('i32');
    const lineOf = (k: number, isRow: boolean): readonly [I32, number] => (isRow ? [a, k * row] : [bs[k]!, 0]);
    /** One vector of every line, `offset` bytes after where the innermost loop stands. */
    const vector = (offset: number, count_: number, indexed: boolean): void => {
      const loadLine = (k: number, isRow: boolean): V128 => {
        const [base, first] = lineOf(k, isRow);
        const address = indexed ? i32.add(base, at) : base;
        const total = first + offset;
        const [place, on] = total < 0 ? [i32.add(address, c(total)), 0] : [address, total];
        return count_ === 4 ? v128.load(place, on) : loadSome(f, count_, place, on);
      };
      kept.forEach((v, k) => f.set(v, loadLine(k, rowsHeld)));
      for (let k = 0; k < coming; k++) {
        f.set(x, loadLine(k, !rowsHeld));
        kept.forEach((v, h) => {
          const s = sums[h]![k]!;
          f.set(s, engine.madd ? f32x4.relaxedMadd(v, x, s) : f32x4.add(s, f32x4.mul(v, x)));
        });
      }
    };
    const short = whole <= (engine.steps > 1 ? 16 : 4);
    const innermost = (): void => {
      if (short) for (let k = 0; k < whole; k += 4) vector(4 * k, 4, false);
      else {
        f.set(at, c(0));
        f.loop(at, c(4 * whole), c(16), () => vector(0, 4, true));
      }
      if (run > whole) vector(4 * whole, run - whole, false);
    };
    const go = (onA: number, onB: number): void => {
      if (onA) f.set(a, i32.add(a, c(onA)));
      if (onB) for (const b of bs) f.set(b, i32.add(b, c(onB)));
    };
    const visit = (d: number): void => {
      const loop = loops[d];
      if (!loop) return innermost();
      const inner = loops[d + 1];
      f.for(f.local('i32'), c(0), loop.extent === null ? count : c(loop.extent), c(1), () => {
        visit(d + 1);
        go(loop.a - (inner ? inner.a * inner.extent! : 0), loop.b - (inner ? inner.b * inner.extent! : 0));
      });
    };
    visit(0);
    const sum = (r: number, k: number): V128 => (rowsHeld ? sums[r]![k]! : sums[k]![r]!);
    for (let r = 0; r < rows; r++) {
      for (let k = 0; k < columns; k += 4) {
        const some = Math.min(4, columns - k);
        const four = f.let(
          laneSums(
            f,
            Array.from({ length: some }, (_, q) => sum(r, k + q)),
          ),
        );
        f.if(more, () => f.set(four, f32x4.add(four, v128.load(out, 4 * k))));
        if (some === 4) f.do(v128.store(out, four, 4 * k));
        else for (let q = 0; q < some; q++) f.do(f32.store(out, f32x4.lane(four, q), 4 * (k + q)));
      }
      if (r < rows - 1) f.set(out, i32.add(out, step));
    }
  });
}
