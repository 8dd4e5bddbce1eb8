// Packing: a panel of rows (or columns) of a factor, copied so that a tile reads it from one end to the other.
import { f32, f64, i32, v128, type V128, type Void } from '../instructions.js';
import type { Lanes } from './lanes.js';
import { ofIntegers, type Func, type Module } from '../module.js';

export interface Packing {
  readonly lanes: Lanes;
  /** Lines of a panel, and how many of them there are; others repeat the last one. */
  readonly width: number;
  readonly valid: number;
  /** Bytes from a line to the next, and from a step of depth to the next; null where a table says. */
  readonly line: number | null;
  readonly depth: number | null;
  /** Whether steps of depth lie side by side in fours. */
  readonly along: boolean;
}

const c = i32.const;

/** Transposes four vectors of four. */
export function transpose(f: Func, v: readonly V128[]): V128[] {
  const [a, b, d, e] = v as [V128, V128, V128, V128];
  const low = [f.let(v128.shuffle32(a, b, [0, 4, 1, 5])), f.let(v128.shuffle32(d, e, [0, 4, 1, 5]))] as const;
  const high = [f.let(v128.shuffle32(a, b, [2, 6, 3, 7])), f.let(v128.shuffle32(d, e, [2, 6, 3, 7]))] as const;
  return [low, high].flatMap(([x, y]) => [v128.shuffle32(x, y, [0, 1, 4, 5]), v128.shuffle32(x, y, [2, 3, 6, 7])]);
}

/**
 * The function (to, source, lines, depths, count, beside): to[d*width + r] = source[line r + depth d] for `count` steps. `lines` and `depths` are the
 * addresses of tables of bytes, where there are such; `beside` says that the lines of each vector of the panel lie side by side.
 */
export function packFunc(module: Module, packing: Packing): Func {
  const { lanes, width, valid, line, depth, along } = packing;
  const { bytes, count: vector } = lanes;
  const name = `pack ${bytes} ${width}.${valid} ${line} ${depth}${along ? ' along' : ''}`;
  return module.once(name, ofIntegers(6), (f) => {
    const [out, source, lines, depths, count, beside] = f.integers(6);
    const at = Array.from({ length: width }, (_, r) =>
      f.let(
        line === null ? i32.add(source, i32.load(lines, 4 * r)) : i32.add(source, c(line * Math.min(r, valid - 1))),
      ),
    );
    const [left, way] = [f.let(count), f.let(c(0))];
    /** Runs body for steps of depth while at least `steps` are left; `way` is how far the first of them is. */
    const each = (steps: number, body: () => void): void =>
      f.if(i32.ge(left, c(steps)), () =>
        f.repeat(
          () => {
            if (depth === null) f.set(way, i32.load(depths));
            body();
            if (depth === null) f.set(depths, i32.add(depths, c(4 * steps)));
            else f.set(way, i32.add(way, c(steps * depth)));
            f.set(out, i32.add(out, c(width * bytes * steps)));
            f.set(left, i32.sub(left, c(steps)));
          },
          () => i32.ge(left, c(steps)),
        ),
      );
    const one = (r: number, d = 0): Void => {
      const [from, to] = [i32.add(at[r]!, way), bytes * (d * width + r)];
      return bytes === 4 ? f32.store(out, f32.load(from), to) : f64.store(out, f64.load(from), to);
    };
    const across = (): void =>
      each(1, () => {
        for (let r = 0; r + vector <= width; r += vector)
          f.do(v128.store(out, v128.load(i32.add(at[r]!, way)), bytes * r));
        for (let r = width - (width % vector); r < width; r++) f.do(one(r));
      });
    if (line === bytes) return across();
    if (line === null) f.if(beside, across);
    if (along && bytes === 4)
      each(4, () => {
        for (let r = 0; r + 4 <= width; r += 4) {
          const four = [0, 1, 2, 3].map((q) => f.let(v128.load(i32.add(at[r + q]!, way))));
          transpose(f, four).forEach((v, d) => f.do(v128.store(out, v, 4 * (d * width + r))));
        }
        for (let r = width & ~3; r < width; r++) {
          const v = f.let(v128.load(i32.add(at[r]!, way)));
          for (let d = 0; d < 4; d++) f.do(v128.store32Lane(out, v, d, 4 * (d * width + r)));
        }
      });
    each(1, () => at.forEach((_, r) => f.do(one(r))));
  });
}
