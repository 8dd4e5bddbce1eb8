// Sorting along an axis.
import type { SerialKernel } from '../../kernel/index.js';
import { f64, i32, select, type F64, type I32 } from './instructions.js';
import type { Func, Module, Signature } from './module.js';
import type { Emitted } from './phase.js';
import { alongAxis, emitAlongAxis } from './along-axis.js';
import { convert } from './scalar.js';

/** Scratch bytes of a sort: the keys in f64, and two lists of positions. */
const sortBytes = ({ shape, attrs }: SerialKernel): number => 16 * (shape[attrs.axis!] ?? 0);

/** out[i] = the position along the axis of the element with rank i: a stable merge sort of positions, NaN largest. */
export function emitSort(module: Module, kernel: SerialKernel, signature: Signature): Emitted {
  return emitAlongAxis(module, kernel, signature, sortBytes(kernel), (f) => sort(f, kernel));
}
function sort(f: Func, kernel: SerialKernel): void {
  const { body, attrs } = kernel;
  const { value, put, around: loops, each, n, position, given } = alongAxis(f, kernel);
  const { scratch } = given;
  const [keys, first, second] = [scratch, i32.add(scratch, i32.const(8 * n)), i32.add(scratch, i32.const(12 * n))];
  const [from, to, swap] = [f.local('i32'), f.local('i32'), f.local('i32')];
  const four = (at: I32): I32 => i32.shl(at, i32.const(2));
  const keyOf = (position: I32) => f64.load(i32.add(keys, i32.shl(position, i32.const(3))));
  const [x, y] = [f.local('f64'), f.local('f64')];
  /** Whether a's key stands strictly before b's. */
  const before = (a: I32, b: I32): I32 => {
    f.set(x, keyOf(attrs.descending ? b : a));
    f.set(y, keyOf(attrs.descending ? a : b));
    return i32.or(f64.lt(x, y), i32.and(f64.eq(x, x), f64.ne(y, y)));
  };
  const [width, low, middle, high, left, right, at] = f.newIntegers(7);
  const end = i32.const(n);
  const least = (v: I32): I32 => select(v, end, i32.lt(v, end));
  const [a, b, takeRight] = [f.local('i32'), f.local('i32'), f.local('i32')];
  /** Merges the runs from low to middle and from middle to high. */
  const merge = (): void =>
    f.for(at, low, high, i32.const(1), () => {
      f.set(a, i32.load(i32.add(from, four(left))));
      f.set(b, i32.load(i32.add(from, four(right))));
      f.set(takeRight, i32.const(0));
      f.if(i32.lt(right, high), () =>
        f.if(
          i32.lt(left, middle),
          () => f.set(takeRight, before(b, a)),
          () => f.set(takeRight, i32.const(1)),
        ),
      );
      f.do(i32.store(i32.add(to, four(at)), select(b, a, takeRight)));
      f.set(right, i32.add(right, takeRight));
      f.set(left, i32.add(left, i32.eqz(takeRight)));
    });
  loops((row) => {
    each(row, (s) => {
      const key = convert(f, value(s), body.dtype, 'f64') as F64;
      f.do(f64.store(i32.add(keys, i32.shl(position, i32.const(3))), key));
      f.do(i32.store(i32.add(first, four(position)), position));
    });
    f.set(from, first);
    f.set(to, second);
    f.set(width, i32.const(1));
    f.if(i32.lt(width, end), () =>
      f.repeat(
        () => {
          f.for(low, i32.const(0), end, i32.shl(width, i32.const(1)), () => {
            f.set(middle, least(i32.add(low, width)));
            f.set(high, least(i32.add(middle, width)));
            f.set(left, low);
            f.set(right, middle);
            merge();
          });
          f.set(swap, from);
          f.set(from, to);
          f.set(to, swap);
        },
        () => {
          f.set(width, i32.shl(width, i32.const(1)));
          return i32.lt(width, end);
        },
      ),
    );
    each(row, (s) => put(s, i32.load(i32.add(from, four(position)))));
  });
}
