// Kernels whose steps follow one another: running values along an axis, writing at positions that are data, and sorting.
import { sizeOf, type DType } from '../../base/index.js';
import { identity, loops, ravel, type SerialKernel } from '../../kernel/index.js';
import { f64, i32, select, type I32, type Local } from './instructions.js';
import { emitMap } from './map.js';
import type { Func } from './module.js';
import { axes, Loops } from './nest.js';
import { constant, convert, loadScalar, operate, storeScalar, typeOf } from './scalar.js';

/** The loops over all axes but one, then that one. */
function alongAxis(f: Func, kernel: SerialKernel) {
  const { shape, dtype, body, attrs } = kernel;
  const all = axes('i', shape);
  const axis = all[attrs.axis!]!;
  const nest = new Loops(f, kernel, [...all.filter((a) => a !== axis), axis]);
  const { evaluate } = nest;
  const value = evaluate.scalar(body, 'rest');
  const place = evaluate.output(ravel(loops('i', shape), shape), dtype, 'rest');
  const last = shape.length - 1;
  return {
    value,
    place,
    n: axis.extent,
    around: (inner: () => void): void => {
      evaluate.enter(0, 'rest');
      nest.around(0, last, 'rest', inner);
    },
    each: (inner: (position: Local<'i32'>) => void): void =>
      nest.axis(last, 0, axis.extent, 1, 'rest', () => inner(nest.variables[last]!)),
    /** The same from the end. */
    back(inner: () => void): void {
      const position = nest.variables[last]!;
      f.set(position, i32.const(axis.extent - 1));
      f.repeat(
        () => {
          evaluate.enter(last + 1, 'rest');
          inner();
        },
        () => {
          f.set(position, i32.sub(position, i32.const(1)));
          return i32.ge(position, i32.const(0));
        },
      );
    },
  };
}

/** out[i] = op over the positions of the axis up to i's; sums and products of f32 run in f64. */
export function emitScan(f: Func, kernel: SerialKernel): void {
  const { shape, dtype, attrs } = kernel;
  if (sizeOf(shape) === 0) return;
  const op = attrs.op!;
  const inner: DType = dtype === 'f32' && (op === 'add' || op === 'mul') ? 'f64' : dtype;
  const running = f.local(typeOf(inner));
  const { value, place, around, each, back } = alongAxis(f, kernel);
  const put = (): void => f.do(storeScalar(place(), convert(f, running, inner, dtype), dtype));
  const add = (): void => f.set(running, operate(f, op, inner, [running, convert(f, value(), dtype, inner)]));
  const step = (): void => {
    if (attrs.exclusive) put();
    add();
    if (!attrs.exclusive) put();
  };
  around(() => {
    f.set(running, constant(identity(op, dtype), inner));
    (attrs.reverse ? back : each)(step);
  });
}

/** out[i] = init(i), then for each r in order out[index(r)] = body(r), or op(out[index(r)], body(r)). */
export function emitScatter(f: Func, kernel: SerialKernel): void {
  const { shape, over, dtype, body, init, index, attrs } = kernel;
  if (sizeOf(shape) === 0) return;
  emitMap(f, kernel, init!);
  if (sizeOf(over) === 0) return;
  const nest = new Loops(f, kernel, axes('r', over));
  const value = nest.evaluate.scalar(body, 'rest');
  const place = nest.evaluate.output(index!, dtype, 'rest');
  nest.evaluate.enter(0, 'rest');
  nest.around(0, over.length, 'rest', () => {
    const now = value();
    f.do(storeScalar(place(), attrs.op ? operate(f, attrs.op, dtype, [loadScalar(place(), dtype), now]) : now, dtype));
  });
}

/** Scratch bytes of a sort: the keys in f64, and two lists of positions. */
export const sortBytes = ({ shape, attrs }: SerialKernel): number => 16 * (shape[attrs.axis!] ?? 0);

/** out[i] = the position along the axis of the element with rank i: a stable merge sort of positions, NaN largest. */
export function emitSort(f: Func, kernel: SerialKernel): void {
  const { shape, dtype, body, attrs } = kernel;
  if (sizeOf(shape) === 0) return;
  const { value, place, around, each, n } = alongAxis(f, kernel);
  const scratch = f.param<'i32'>(kernel.inputs.length + 1);
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
  const [width, low, middle, high, left, right, at] = Array.from({ length: 7 }, () => f.local('i32')) as [
    Local<'i32'>,
    Local<'i32'>,
    Local<'i32'>,
    Local<'i32'>,
    Local<'i32'>,
    Local<'i32'>,
    Local<'i32'>,
  ];
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
  around(() => {
    each((position) => {
      f.do(f64.store(i32.add(keys, i32.shl(position, i32.const(3))), convert(f, value(), body.dtype, 'f64') as never));
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
    each((position) => f.do(storeScalar(place(), i32.load(i32.add(from, four(position))), dtype)));
  });
}
