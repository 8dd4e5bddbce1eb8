// Kernels whose steps follow one another along an axis: the loops around them, and how they are divided.
import { sizeOf, type DType } from '../../base/index.js';
import { bitOf, type SerialKernel } from '../../kernel/index.js';
import { Scope } from './evaluate.js';
import { i32, type Local } from './instructions.js';
import type { Func, Module, Signature } from './module.js';
import { around } from './nest.js';
import { nothing, type Emitted } from './phase.js';
import type { Number, Source } from './point.js';
import { argumentsOf, type Arguments } from './rows.js';
import { positionIn, type Axis } from './sums.js';

/** The loops of a kernel whose steps follow one another along an axis. */
interface AlongAxis {
  readonly given: Arguments;
  /** Positions of the axis, and where it stands. */
  readonly n: number;
  readonly bit: number;
  readonly position: Local<'i32'>;
  /** The element that is written where the loops stand. */
  readonly out: Source;
  readonly value: (s: Scope) => Number;
  readonly put: (s: Scope, x: Number) => void;
  /** The loops over the other axes; the first of them is divided. */
  around(inner: (s: Scope) => void): void;
  each(s: Scope, inner: (s: Scope) => void, back?: boolean): void;
}
/** Loops over all axes of a kernel but one, then that one. */
export function alongAxis(f: Func, kernel: SerialKernel): AlongAxis {
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
    bit,
    position,
    out,
    value: (s: Scope): Number => s.number(body),
    put: (s: Scope, x: Number): void => s.storeNumber(out, x),
    around(inner) {
      const [first, ...rest] = others;
      const about = { roots: [body], later: bit };
      if (!first) return inner(top);
      top.hoist([body], -1, 0);
      const variable = f.local('i32');
      f.for(variable, given.from, given.to, i32.const(1), () =>
        around(top.inside(first.bit, variable), rest, about, inner),
      );
    },
    each(s, inner, back = false) {
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
export function emitAlongAxis(
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

/** The dtype that a scan runs in: sums and products of f32 run in f64. */
export const runningIn = ({ dtype, attrs }: SerialKernel): DType =>
  dtype === 'f32' && (attrs.op === 'add' || attrs.op === 'mul') ? 'f64' : dtype;
