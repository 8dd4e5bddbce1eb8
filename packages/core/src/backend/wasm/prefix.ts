// Running values along the last axis, four at a time: those within a vector first, which wait for nothing, then with what came before.
import { identity, type SerialKernel } from '../../kernel/index.js';
import { i32, v128, type Local } from './instructions.js';
import type { Func } from './module.js';
import type { Number } from './point.js';
import { alongAxis, runningIn } from './along-axis.js';
import { convert, operate, typeOf } from './scalar.js';
import { constantVector, convertVector, hold, laneOf, operateVector, splat, type Vector } from './vector.js';

type Lanes = readonly [number, number, number, number];
/** The vector with its lanes `by` further on, or further back, and those of `fill` before, or after, them. */
function moved([low, high]: Vector, by: 1 | 2, back: boolean, [fill]: Vector): Vector {
  if (!high) {
    const lanes: Lanes = back ? (by === 1 ? [1, 2, 3, 4] : [2, 3, 4, 4]) : by === 1 ? [4, 0, 1, 2] : [4, 4, 0, 1];
    return [v128.shuffle32(low!, fill!, lanes)];
  }
  if (by === 2) return back ? [high, fill!] : [fill!, low!];
  return back
    ? [v128.shuffle32(low!, high, [2, 3, 4, 5]), v128.shuffle32(high, fill!, [2, 3, 4, 5])]
    : [v128.shuffle32(fill!, low!, [0, 1, 4, 5]), v128.shuffle32(low!, high, [2, 3, 4, 5])];
}

/** Writes out[i] = op over the positions of the last axis up to i's, or from i's on; the axis has four elements or more. */
export function emitPrefix(f: Func, kernel: SerialKernel): void {
  const { dtype, body, attrs } = kernel;
  const op = attrs.op!;
  const back = attrs.reverse ?? false;
  const inner = runningIn(kernel);
  const { around: loops, n, bit, position, out, put, value } = alongAxis(f, kernel);
  const join = (a: Vector, b: Vector): Vector => hold(f, operateVector(f, op, inner, [a, b], [inner, inner]));
  const neutral = constantVector(f, identity(op, dtype), inner);
  const before: Vector = neutral.map(() => f.local('v128'));
  const running = f.local(typeOf(inner));
  const whole = n - (n % 4);
  loops((row) => {
    row.hoist([body], bit, bit);
    before.forEach((x, k) => f.set(x as Local<'v128'>, neutral[k]!));
    f.set(position, i32.const(back ? n - 4 : 0));
    f.repeat(
      () => {
        const at = row.along(bit, position);
        const one = hold(f, convertVector(f, at.vector(body), dtype, inner));
        const two = join(one, moved(one, 1, back, neutral));
        const four = join(two, moved(two, 2, back, neutral));
        const now = attrs.exclusive ? hold(f, moved(four, 1, back, neutral)) : four;
        at.storeVector(out, hold(f, convertVector(f, join(before, now), inner, dtype)));
        const all = splat(f, laneOf(four, back ? 0 : 3, inner), inner);
        operateVector(f, op, inner, [before, all], [inner, inner]).forEach((x, k) =>
          f.set(before[k] as Local<'v128'>, x),
        );
      },
      () => {
        f.set(position, i32.add(position, i32.const(back ? -4 : 4)));
        return back ? i32.ge(position, i32.const(n % 4)) : i32.lt(position, i32.const(whole));
      },
    );
    if (whole === n) return;
    f.set(running, laneOf(before, 0, inner));
    const step = (): void => {
      const s = row.inside(bit, position);
      const write = (x: Number): void => put(s, convert(f, x, inner, dtype));
      const x = value(s);
      if (attrs.exclusive) write(running);
      f.set(running, operate(f, op, inner, [running, convert(f, x, dtype, inner)]));
      if (!attrs.exclusive) write(running);
    };
    f.set(position, i32.const(back ? (n % 4) - 1 : whole));
    f.repeat(step, () => {
      f.set(position, i32.add(position, i32.const(back ? -1 : 1)));
      return back ? i32.ge(position, i32.const(0)) : i32.lt(position, i32.const(n));
    });
  });
}
