// Reductions. Four outputs at a time where the innermost kept axis is contiguous, four terms at a time where the innermost reduced one is, else one
// by one. Long sums of floats are sums of shorter ones, so that errors stay small.
import { sizeOf } from '../../base/index.js';
import {
  bitOf,
  everyExpr,
  identity,
  linear,
  lit,
  loops,
  loopsOf,
  ravel,
  type Expr,
  type ReduceOp,
} from '../../kernel/index.js';
import { vectorisable } from './evaluate.js';
import { f32x4, f64, f64x2, i32, select, v128, type Local, type V128 } from './instructions.js';
import type { Func } from './module.js';
import { axes, Loops } from './nest.js';
import { constant, convert, operate, storeScalar, typeOf } from './scalar.js';
import { laneOf, operateVector, storeVector } from './vector.js';
import type { Kernel } from './plain-kernel.js';

type Schedule = 'kept' | 'reduced' | 'single';
/** Steps along an axis of all loads that change with it; null for steps that are not equal. */
const steps = (every: readonly Expr[], bit: number): (number | null)[] =>
  every.flatMap((e) => (e.kind === 'load' && loopsOf(e) & bit ? [linear(e.at, bit)?.stride ?? null] : []));

function choose({ shape, over, body, dtype, attrs }: Kernel): Schedule {
  const every = everyExpr([body]);
  const [kept, reduced] = [bitOf('i', shape.length - 1), bitOf('r', over.length - 1)];
  const plain = dtype !== 'bool' || attrs.op === 'max' || attrs.op === 'min';
  const can = (bit: number, extent: number | undefined, least: number): boolean =>
    plain && (extent ?? 0) >= least && vectorisable([body], every, bit);
  const contiguous = (bit: number): boolean => steps(every, bit).every((s) => s === 0 || s === 1);
  const canKeep = can(kept, shape.at(-1), 4);
  if (canKeep && contiguous(kept)) return 'kept';
  if (can(reduced, over.at(-1), 8) && contiguous(reduced)) return 'reduced';
  return canKeep && steps(every, kept).every((s) => s !== null) ? 'kept' : 'single';
}

/** out[i] = op over r of body(i, r) */
export function emitReduce(f: Func, kernel: Kernel): void {
  if (sizeOf(kernel.shape) === 0) return;
  if (sizeOf(kernel.over) === 0) return fill(f, kernel);
  const schedule = choose(kernel);
  if (schedule === 'kept') keptAxis(f, kernel);
  else if (schedule === 'reduced') reducedAxis(f, kernel);
  else single(f, kernel);
}
/** Nothing to fold: the value that changes nothing. */
function fill(f: Func, kernel: Kernel): void {
  const { shape, dtype, attrs } = kernel;
  const nest = new Loops(f, kernel, axes('i', shape));
  const place = nest.evaluate.output(ravel(loops('i', shape), shape), dtype, 'rest');
  nest.evaluate.enter(0, 'rest');
  nest.around(0, shape.length, 'rest', () =>
    f.do(storeScalar(place(), constant(identity(attrs.op!, dtype), dtype), dtype)),
  );
}

/** A running value of one output; sums and products of f32 run in f64. */
function runningScalar(f: Func, { dtype, attrs }: Kernel) {
  const op = attrs.op!;
  const wide = dtype === 'f32' && (op === 'add' || op === 'mul');
  const inner = wide ? 'f64' : dtype;
  const local = f.local(typeOf(inner));
  return {
    local,
    inner,
    start: (): void => f.set(local, constant(identity(op, dtype), inner)),
    add: (x: ReturnType<typeof constant>): void =>
      f.set(local, operate(f, op, inner, [local, convert(f, x, dtype, inner)])),
    result: () => convert(f, local, inner, dtype),
  };
}
function single(f: Func, kernel: Kernel): void {
  const { shape, over, dtype, body } = kernel;
  const nest = new Loops(f, kernel, [...axes('i', shape), ...axes('r', over)]);
  const value = nest.evaluate.scalar(body, 'rest');
  const place = nest.evaluate.output(ravel(loops('i', shape), shape), dtype, 'rest');
  const running = runningScalar(f, kernel);
  nest.evaluate.enter(0, 'rest');
  nest.around(0, shape.length, 'rest', () => {
    running.start();
    nest.around(shape.length, nest.axes.length, 'rest', () => running.add(value()));
    f.do(storeScalar(place(), running.result(), dtype));
  });
}

/** The most terms that are added one after another in f32. */
const longest = 64;
/** Where a long sum is cut: after each iteration of the loop at `depth`, or, when the innermost loop is long itself, after `chunk` of its iterations. */
function cuts(over: readonly number[], per: number): { readonly depth: number; readonly chunk: number } | null {
  const total = sizeOf(over) / per;
  if (total <= longest) return null;
  const extent = over.at(-1)! / per;
  if (extent > longest) return { depth: -1, chunk: per * Math.max(32, Math.ceil(Math.sqrt(total))) };
  let length = extent;
  let depth = over.length - 2;
  while (length < 16 && depth > 0) length *= over[depth--]!;
  return { depth, chunk: 0 };
}
/** The loops over the reduced axes around `inner`, with `flush` where the sum is cut. The innermost axis goes up to `extent` by `step`. */
function cutLoops(
  nest: Loops,
  over: readonly number[],
  { extent, step, cut, flush }: { extent: number; step: number; cut: ReturnType<typeof cuts>; flush: () => void },
  inner: () => void,
  rest: () => void = () => {},
): void {
  if (!over.length) return inner();
  const { f } = nest;
  const first = nest.axes.length - over.length;
  const innermost = nest.axes.length - 1;
  const visit = (d: number): void => {
    if (first + d < innermost) {
      nest.axis(first + d, 0, over[d]!, 1, 'whole', () => {
        visit(d + 1);
        if (cut?.depth === d) flush();
      });
      return;
    }
    if (cut?.chunk) {
      const [from, to] = [f.let(i32.const(0)), f.local('i32')];
      f.loop(from, i32.const(extent), i32.const(cut.chunk), () => {
        const end = i32.add(from, i32.const(cut.chunk));
        f.set(to, select(end, i32.const(extent), i32.lt(end, i32.const(extent))));
        nest.range(innermost, from, to, step, 'whole', inner);
        flush();
      });
    } else nest.axis(innermost, 0, extent, step, 'whole', inner);
    rest();
  };
  visit(0);
}
const combine = (f: Func, op: ReduceOp, kernel: Kernel, a: V128, b: V128): V128 =>
  operateVector(f, op, kernel.dtype, [a, b], [kernel.dtype, kernel.dtype]);
const sums = ({ dtype, attrs }: Kernel): boolean => dtype === 'f32' && attrs.op === 'add';

/** Four outputs, or a multiple of it, at a time. */
function keptAxis(f: Func, kernel: Kernel): void {
  const { shape, over, dtype, body, attrs } = kernel;
  const op = attrs.op!;
  const rank = shape.length;
  const extent = shape[rank - 1]!;
  const units = [8, 4, 2, 1].find((u) => extent % (4 * u) === 0) ?? 1;
  const whole = extent - (extent % (4 * units));
  const nest = new Loops(f, kernel, [...axes('i', shape), ...axes('r', over)], bitOf('i', rank - 1));
  const { evaluate } = nest;
  const at = ravel(loops('i', shape), shape);
  const values = Array.from({ length: units }, (_, u) => evaluate.vector(body, u));
  const neutral = evaluate.vector(lit(identity(op, dtype), dtype), 0)();
  const places = evaluate.outputs(at, dtype);
  const [value, place] =
    whole < extent ? [evaluate.scalar(body, 'rest'), evaluate.output(at, dtype, 'rest')] : [null, null];
  const locals = (): Local<'v128'>[] => Array.from({ length: units }, () => f.local('v128'));
  const cut = sums(kernel) ? cuts(over, 1) : null;
  const [sum, total] = [locals(), cut ? locals() : []];
  const flush = (): void =>
    total.forEach((t, u) => {
      f.set(t, f32x4.add(t, sum[u]!));
      f.set(sum[u]!, neutral);
    });
  const running = runningScalar(f, kernel);
  const bytes = dtype === 'u8' || dtype === 'bool' ? 4 : 16;
  evaluate.enter(0, 'rest');
  nest.around(0, rank - 1, 'rest', () => {
    nest.axis(rank - 1, 0, whole, 4 * units, 'whole', () => {
      for (const s of [...sum, ...total]) f.set(s, neutral);
      cutLoops(nest, over, { extent: over.at(-1) ?? 1, step: 1, cut, flush }, () =>
        sum.forEach((s, u) => f.set(s, combine(f, op, kernel, s, values[u]!()))),
      );
      if (cut) flush();
      (cut ? total : sum).forEach((s, u) => f.do(storeVector(f, places(), s, dtype, u * bytes)));
    });
    if (value && place)
      nest.axis(rank - 1, whole, extent, 1, 'rest', () => {
        running.start();
        nest.around(rank, nest.axes.length, 'rest', () => running.add(value()));
        f.do(storeScalar(place(), running.result(), dtype));
      });
  });
}

/** Four terms, or a multiple of it, at a time; the lanes come together at the end, sums of f32 in f64. */
function reducedAxis(f: Func, kernel: Kernel): void {
  const { shape, over, dtype, body, attrs } = kernel;
  const op = attrs.op!;
  const extent = over.at(-1)!;
  const units = extent >= 64 ? 4 : extent >= 32 ? 2 : 1;
  const whole = extent - (extent % (4 * units));
  const innermost = shape.length + over.length - 1;
  const nest = new Loops(f, kernel, [...axes('i', shape), ...axes('r', over)], bitOf('r', over.length - 1));
  const { evaluate } = nest;
  const values = Array.from({ length: units }, (_, u) => evaluate.vector(body, u));
  const neutral = evaluate.vector(lit(identity(op, dtype), dtype), 0)();
  const value = whole < extent ? evaluate.scalar(body, 'rest') : null;
  const place = evaluate.output(ravel(loops('i', shape), shape), dtype, 'rest');
  const running = runningScalar(f, kernel);
  const parts = Array.from({ length: units }, () => f.local('v128'));
  const cut = sums(kernel) ? cuts(over, 4 * units) : null;
  /** Moves what the lanes hold into the running value. */
  const flush = (): void => {
    const [head, ...others] = parts as [Local<'v128'>, ...Local<'v128'>[]];
    for (const p of others) f.set(head, combine(f, op, kernel, head, p));
    if (sums(kernel)) {
      const high = v128.shuffle32(head, head, [2, 3, 2, 3]);
      const pair = f.let(f64x2.add(f64x2.promote(head), f64x2.promote(high)));
      const wide = running.local as Local<'f64'>;
      f.set(wide, f64.add(wide, f64.add(f64x2.lane(pair, 0), f64x2.lane(pair, 1))));
    } else for (let k = 0; k < 4; k++) running.add(laneOf(head, k, dtype));
    for (const p of parts) f.set(p, neutral);
  };
  evaluate.enter(0, 'rest');
  nest.around(0, shape.length, 'rest', () => {
    running.start();
    for (const p of parts) f.set(p, neutral);
    cutLoops(
      nest,
      over,
      { extent: whole, step: 4 * units, cut, flush },
      () => parts.forEach((p, u) => f.set(p, combine(f, op, kernel, p, values[u]!()))),
      () => {
        if (value) nest.axis(innermost, whole, extent, 1, 'rest', () => running.add(value()));
      },
    );
    flush();
    f.do(storeScalar(place(), running.result(), dtype));
  });
}
