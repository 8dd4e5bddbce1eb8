// Running values along an axis.
import { sizeOf } from '../../base/index.js';
import { bitOf, identity, type Expr, type SerialKernel } from '../../kernel/index.js';
import { Scope } from './evaluate.js';
import { i32, select, type I32 } from './instructions.js';
import type { Func, Module, Signature } from './module.js';
import { around, columns } from './nest.js';
import { nothing, type Emitted } from './phase.js';
import { alongAxis, emitAlongAxis, runningIn } from './along-axis.js';
import { emitPrefix } from './prefix.js';
import type { Source } from './point.js';
import { argumentsOf } from './rows.js';
import { constant, convert, operate, typeOf } from './scalar.js';
import { positionIn, type Axis } from './sums.js';
import { constantVector, convertVector, hold, operateVector } from './vector.js';

/** Columns whose running values are kept in memory at a time. */
const strip = 1024;
/** out[i] = op over the positions of the axis up to i's. */
export function emitScan(module: Module, kernel: SerialKernel, signature: Signature): Emitted {
  const { dtype, attrs, shape } = kernel;
  const op = attrs.op!;
  const inner = runningIn(kernel);
  if (attrs.axis !== shape.length - 1 && shape.at(-1)! >= 4) return emitScanAcross(module, kernel, signature);
  if (attrs.axis === shape.length - 1 && shape.at(-1)! >= 4 && dtype !== 'bool')
    return emitAlongAxis(module, kernel, signature, 0, (f) => emitPrefix(f, kernel));
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
/** A scan along another axis than the last: in vectors along the last one, with a row of running values in memory, so that arrays are read as they lie. */
function emitScanAcross(module: Module, kernel: SerialKernel, signature: Signature): Emitted {
  const { shape, dtype, body, attrs, inputs } = kernel;
  if (sizeOf(shape) === 0) return nothing;
  const op = attrs.op!;
  const inner = runningIn(kernel);
  const all = shape.map((extent, d): Axis => ({ bit: bitOf('i', d), extent }));
  const [axis, last] = [all[attrs.axis!]!, all.at(-1)!];
  const others = all.slice(0, -1).filter((a) => a !== axis && a.extent > 1);
  const strips = Math.ceil(last.extent / strip);
  const [whole, width] = [last.extent - (last.extent % 4), inner === 'f64' ? 8 : 4];
  const extent = others[0]?.extent ?? strips;
  const write = (f: Func): void => {
    const given = argumentsOf(f, inputs.length, 1);
    const out: Source = { key: 'y', base: given.outputs[0]!, dtype, sum: positionIn(all), at: null };
    const [from, to, column, row, address] = f.newIntegers(5);
    const neutral = constantVector(f, identity(op, dtype), inner);
    // vectors are written and read as they are
    const memory = {
      key: 'r',
      base: address,
      dtype: inner === 'f64' ? 'f64' : 'i32',
      sum: positionIn([last]),
      at: null,
    } as const;
    // the last four columns overlap those before, and have a place after them
    const beyond = { ...memory, key: 'z', base: i32.add(address, i32.const((whole - last.extent + 4) * width)) };
    /** All columns of a strip; the last four of the axis on their own where they are no whole vector. */
    const over = (s: Scope, roots: readonly Expr[], step: (at: Scope, running: Source) => void): void => {
      columns(s, last, { variable: column, from, to, units: 4 }, { roots }, (l, move) =>
        step(l.moved(last.bit, move), memory),
      );
      if (whole === last.extent) return;
      f.if(i32.eq(to, i32.const(whole)), () => {
        f.set(column, i32.const(last.extent - 4));
        step(s.along(last.bit, column), beyond);
      });
    };
    const each = (s: Scope): void => {
      f.set(address, i32.sub(given.scratch, i32.mul(from, i32.const(width))));
      over(s, [], (at, running) => at.storeVector(running, neutral));
      s.hoist([body], axis.bit | last.bit, last.bit);
      f.set(row, i32.const(attrs.reverse ? axis.extent - 1 : 0));
      f.repeat(
        () =>
          over(s.inside(axis.bit, row), [body], (at, running) => {
            const before = hold(f, at.read(running));
            const now = hold(
              f,
              operateVector(f, op, inner, [before, convertVector(f, at.vector(body), dtype, inner)], [inner, inner]),
            );
            at.storeVector(running, now);
            at.storeVector(out, convertVector(f, attrs.exclusive ? before : now, inner, dtype));
          }),
        () => {
          f.set(row, i32.add(row, i32.const(attrs.reverse ? -1 : 1)));
          return attrs.reverse ? i32.ge(row, i32.const(0)) : i32.lt(row, i32.const(axis.extent));
        },
      );
    };
    /** The strips from one to another. */
    const between = (s: Scope, first: I32, end: I32): void => {
      const k = f.local('i32');
      f.for(k, first, end, i32.const(1), () => {
        f.set(from, i32.mul(k, i32.const(strip)));
        const next = f.let(i32.add(from, i32.const(strip)));
        f.set(to, select(next, i32.const(whole), i32.lt(next, i32.const(whole))));
        each(s);
      });
    };
    const top = Scope.outermost(given.frame, 0);
    const [first, ...rest] = others;
    if (!first) return between(top, given.from, given.to);
    const variable = f.local('i32');
    f.for(variable, given.from, given.to, i32.const(1), () =>
      around(top.inside(first.bit, variable), rest, { roots: [body], later: axis.bit | last.bit }, (s) =>
        between(s, i32.const(0), i32.const(strips)),
      ),
    );
  };
  const cost = sizeOf(shape) / extent / 2;
  return { phases: [{ func: module.add(signature, write), extent, cost }], scratch: (strip + 8) * width, shared: 0 };
}
