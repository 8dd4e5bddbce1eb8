// Kernels whose steps follow one another: running values along an axis, writing at positions that are data, and sorting.
import { sizeOf, type DType } from '../../base/index.js';
import { bitOf, identity, type RowsKernel, type SerialKernel } from '../../kernel/index.js';
import { Scope } from './evaluate.js';
import type { Number, Source } from './point.js';
import { f64, i32, select, type F64, type I32, type Local } from './instructions.js';
import { nothing, type Emitted } from './phase.js';
import type { Func, Module, Signature } from './module.js';
import { around, sweep, type Work } from './nest.js';
import { argumentsOf, usesOf } from './rows.js';
import { lanesFrom } from './running.js';
import { constant, convert, loadScalar, operate, storeScalar, typeOf } from './scalar.js';
import { emitRows } from './schedule.js';
import { joinAxes, positionIn, stepOf, sumOf, type Axis } from './sums.js';
import { constantVector, hold, loadVector, operateVector } from './vector.js';

/** Loops over all axes of a kernel but one, then that one. */
function alongAxis(f: Func, kernel: SerialKernel) {
  const { shape, dtype, body, attrs, inputs } = kernel;
  const given = argumentsOf(f, inputs.length, 1);
  const all = shape.map((extent, d): Axis => ({ bit: bitOf('i', d), extent }));
  const axis = all[attrs.axis!]!;
  const others = all.filter((a) => a !== axis && a.extent > 1);
  const out: Source = { key: 'y', base: given.outputs[0]!, dtype, sum: positionIn(all), at: null };
  const top = Scope.outermost(given.frame, 0);
  const position = f.local('i32');
  const { extent: n, bit } = axis;
  return {
    given,
    n,
    position,
    others,
    value: (s: Scope): Number => s.number(body),
    put: (s: Scope, x: Number): void => s.storeNumber(out, x),
    /** The loops over the other axes; the first of them is divided. */
    around(inner: (s: Scope) => void): void {
      const [first, ...rest] = others;
      const about = { roots: [body], later: bit };
      if (!first) return inner(top);
      top.hoist([body], -1, 0);
      const variable = f.local('i32');
      f.for(variable, given.from, given.to, i32.const(1), () =>
        around(top.inside(first.bit, variable), rest, about, inner),
      );
    },
    each(s: Scope, inner: (s: Scope) => void, back = false): void {
      s.hoist([body], bit, 0);
      const inside = (): void => inner(s.inside(bit, position));
      f.set(position, i32.const(back ? n - 1 : 0));
      if (!back) return f.loop(position, i32.const(n), i32.const(1), inside);
      f.repeat(inside, () => {
        f.set(position, i32.sub(position, i32.const(1)));
        return i32.ge(position, i32.const(0));
      });
    },
  };
}
/** A kernel whose rows are divided among threads. */
function emitAlongAxis(
  module: Module,
  kernel: SerialKernel,
  signature: Signature,
  scratch: number,
  write: (f: Func) => void,
): Emitted {
  const { shape, attrs } = kernel;
  if (sizeOf(shape) === 0) return nothing;
  const extent = shape.find((n, d) => d !== attrs.axis && n > 1) ?? 1;
  const cost = (sizeOf(shape) / extent) * (scratch ? 60 : 2);
  return { phases: [{ func: module.add(signature, write), extent, cost }], scratch, shared: 0 };
}

/** out[i] = op over the positions of the axis up to i's; sums and products of f32 run in f64. */
export function emitScan(module: Module, kernel: SerialKernel, signature: Signature): Emitted {
  const { dtype, attrs } = kernel;
  const op = attrs.op!;
  const inner: DType = dtype === 'f32' && (op === 'add' || op === 'mul') ? 'f64' : dtype;
  return emitAlongAxis(module, kernel, signature, 0, (f) => {
    const running = f.local(typeOf(inner));
    const { value, put, around: loops, each } = alongAxis(f, kernel);
    const write = (s: Scope): void => put(s, convert(f, running, inner, dtype));
    loops((row) => {
      f.set(running, constant(identity(op, dtype), inner));
      each(
        row,
        (s) => {
          if (attrs.exclusive) write(s);
          f.set(running, operate(f, op, inner, [running, convert(f, value(s), dtype, inner)]));
          if (!attrs.exclusive) write(s);
        },
        attrs.reverse ?? false,
      );
    });
  });
}

/** out[i] = init(i), then for each r in order out[index(r)] = body(r), or op(out[index(r)], body(r)). */
export function emitScatter(module: Module, kernel: SerialKernel, signature: Signature): Emitted {
  const { shape, over, dtype, body, init, index, attrs, inputs, params, name } = kernel;
  if (sizeOf(shape) === 0) return nothing;
  const start: RowsKernel = {
    form: 'rows',
    name,
    inputs,
    params,
    shape,
    stages: [],
    outputs: [{ dtype, over: [], body: init!, replaces: [] }],
  };
  const first = emitRows(module, start, signature);
  if (sizeOf(over) === 0) return first;
  const { axes, gone } = joinAxes('r', over, [body, index!]);
  const last = axes.at(-1);
  // Elements of the last axis that are written side by side cannot meet.
  const together = last && last.extent >= 4 && stepOf(sumOf(index!), last.bit) === 1;
  const func = module.add(signature, (f) => {
    const given = argumentsOf(f, inputs.length, 1);
    const out: Source = { key: 'y', base: given.outputs[0]!, dtype, sum: sumOf(index!), at: null };
    const top = Scope.outermost(given.frame, gone);
    given.frame.uses = usesOf([body, index!]);
    const op = attrs.op;
    const roots = [body, index!];
    if (!together)
      return around(top, axes, { roots }, (s) => {
        const now = s.number(body);
        const { address, offset } = s.locate(out);
        f.do(
          storeScalar(
            address,
            op ? operate(f, op, dtype, [loadScalar(address, dtype, offset), now]) : now,
            dtype,
            offset,
          ),
        );
      });
    const work: Work = {
      roots: [body],
      early: false,
      vectors: (l, moves, tail) => {
        const neutral = constantVector(f, op ? identity(op, dtype) : 0, dtype);
        const write = (s: Scope): void => {
          const given = s.vector(body);
          // what the last elements overlap has been added already
          const now = tail && op ? hold(f, lanesFrom(f, given, neutral, 4 - (last.extent % 4), dtype)) : given;
          const { address, offset } = s.locate(out);
          const value = op
            ? operateVector(f, op, dtype, [loadVector(f, address, dtype, 1, offset), now], [dtype, dtype])
            : now;
          s.storeVector(out, value);
        };
        for (const move of moves) write(l.moved(last.bit, move));
        return () => {};
      },
    };
    around(top, axes.slice(0, -1), { roots, later: last.bit, vector: last.bit }, (s) =>
      sweep(s, last, work, { units: 1 }),
    );
  });
  const cost = 2 * sizeOf(over);
  return { ...first, phases: [...first.phases, { func, extent: 1, cost }] };
}

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
