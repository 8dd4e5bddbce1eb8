// Running values of reductions: in vectors whose lanes come together at the end, in vectors whose lanes are results of their own, or one by one.
import type { DType } from '../../base/index.js';
import { identity, type Expr, type ReduceOp, type Stage } from '../../kernel/index.js';
import { fused, type Scope } from './evaluate.js';
import type { Number } from './point.js';
import { f32, f32x4, f64, f64x2, select, v128, type Local, type V128 } from './instructions.js';
import type { Func } from './module.js';
import { constant, convert, operate, typeOf } from './scalar.js';
import { constantVector, hold, laneOf, operateVector, type Vector } from './vector.js';

/** The most terms that are added one after another in 32 bits. */
export const longest = 64;
const isSingleSum = (op: ReduceOp, dtype: DType): boolean => dtype === 'f32' && op === 'add';
const isLimit = (op: ReduceOp, dtype: DType): boolean => dtype === 'f32' && (op === 'max' || op === 'min');

/** The lanes of x from `first` on, and those of y before. */
export function lanesFrom(f: Func, x: Vector, y: Vector, first: number, dtype: DType): Vector {
  const lanes = dtype === 'f64' ? [0, 0, 1, 1] : [0, 1, 2, 3];
  return x.map((part, k) => {
    const [a, b, c, d] = lanes.map((n) => (n + 2 * k < first ? 0 : -1)) as [number, number, number, number];
    const mask = f.constant(`mask${a}${b}${c}${d}`, () => v128.i32s(a, b, c, d));
    return v128.bitselect(part, y[k]!, mask);
  });
}

/** A running value that takes one number at a time; sums and products of f32 run in f64. */
export class RunningNumber {
  private readonly local: Local<'i32' | 'f32' | 'f64'>;
  private readonly inner: DType;
  constructor(
    private readonly f: Func,
    readonly op: ReduceOp,
    readonly dtype: DType,
  ) {
    this.inner = dtype === 'f32' && (op === 'add' || op === 'mul') ? 'f64' : dtype;
    this.local = f.local(typeOf(this.inner));
    f.set(this.local, constant(identity(op, dtype), this.inner));
  }
  add(x: Number): void {
    this.addInner(convert(this.f, x, this.dtype, this.inner));
  }
  /** Takes a number of the wider type that it runs in. */
  addInner(x: Number): void {
    this.f.set(this.local, operate(this.f, this.op, this.inner, [this.local, x]));
  }
  result(): Number {
    return this.f.let(convert(this.f, this.local, this.inner, this.dtype));
  }
}

/**
 * A running value for each of some vectors. The largest of f32 keeps NaN apart: the exact instruction is several times as long as the one that
 * forgets NaN.
 */
export class RunningVectors {
  readonly parts: Vector[];
  private readonly bad: Local<'v128'>[] = [];
  private readonly neutral: Vector;
  private readonly op: ReduceOp;
  private readonly dtype: DType;
  constructor(
    private readonly f: Func,
    { op, dtype }: Stage,
    readonly units: number,
    /** Whether all vectors come together in the end, so that some of them may say for all that there was a NaN. */
    together = false,
  ) {
    this.op = op;
    this.dtype = dtype;
    this.neutral = constantVector(f, identity(op, dtype), dtype);
    this.parts = Array.from({ length: units }, () => this.neutral.map(() => f.local('v128')));
    if (isLimit(op, dtype))
      this.bad = this.parts.slice(0, together ? Math.min(4, units) : units).map(() => f.local('v128'));
  }
  start(): void {
    const { f } = this;
    for (const part of this.parts) part.forEach((p, k) => f.set(p as Local<'v128'>, this.neutral[k]!));
    for (const b of this.bad) f.set(b, f.i32s(0));
  }
  /** Takes a vector. */
  add(unit: number, x: Vector): void {
    const { f, op, dtype } = this;
    const part = this.parts[unit]!;
    if (this.bad.length) {
      const [v, bad] = [x[0]!, this.bad[unit % this.bad.length]!];
      f.set(part[0] as Local<'v128'>, f32x4[op === 'max' ? 'pmax' : 'pmin'](part[0]!, v));
      f.set(bad, v128.or(bad, f32x4.ne(v, v)));
      return;
    }
    this.set(part, operateVector(f, op, dtype, [part, x], [dtype, dtype]));
  }
  /** Takes the value of an expression. */
  addValue(unit: number, s: Scope, body: Expr): void {
    const { dtype } = this;
    if (this.op === 'add' && (dtype === 'f32' || dtype === 'f64') && this.f.module.engine.madd) {
      const [a, b] = s.factorsOf(body) ?? [];
      if (a && b) {
        const part = this.parts[unit]!;
        return this.set(part, fused(dtype, false, a, b, part));
      }
    }
    this.add(unit, s.vector(body));
  }
  /** Takes the lanes of a vector from `first` on. */
  addFrom(unit: number, x: Vector, first: number): void {
    this.add(unit, hold(this.f, lanesFrom(this.f, x, this.neutral, first, this.dtype)));
  }
  private set(part: Vector, x: Vector): void {
    x.forEach((v, k) => this.f.set(part[k] as Local<'v128'>, v));
  }
  /** Lane by lane, the running value of one of the vectors. */
  lanes(unit: number): Vector {
    const part = this.parts[unit]!;
    return this.bad.length ? [this.f.let(v128.or(part[0]!, this.bad[unit]!))] : part;
  }
  /** Adds what the lanes hold to the values of another, and starts again. */
  moveTo(total: RunningVectors): void {
    this.parts.forEach((part, u) => total.add(u, part));
    this.start();
  }
  /** Brings all vectors and lanes together in a running number. */
  collect(to: RunningNumber): void {
    const { f, op, dtype } = this;
    const pick = op === 'max' ? 'pmax' : 'pmin';
    const join = (a: Vector, b: Vector): Vector =>
      this.bad.length ? [f32x4[pick](a[0]!, b[0]!)] : operateVector(f, op, dtype, [a, b], [dtype, dtype]);
    let left = [...this.parts];
    while (left.length > 1) {
      const next: Vector[] = [];
      for (let k = 0; k + 1 < left.length; k += 2) {
        this.set(left[k]!, join(left[k]!, left[k + 1]!));
        next.push(left[k]!);
      }
      if (left.length % 2) next.push(left.at(-1)!);
      left = next;
    }
    const all = left[0]!;
    if (isSingleSum(op, dtype)) {
      const v = all[0]!;
      const pair = f.let(f64x2.add(f64x2.promote(v), f64x2.promote(v128.shuffle32(v, v, [2, 3, 2, 3]))));
      to.addInner(f64.add(f64x2.lane(pair, 0), f64x2.lane(pair, 1)));
    } else if (this.bad.length) {
      const fold = (a: V128, b: V128): V128 => f32x4[pick](a, b);
      const v = all[0]!;
      const two = f.let(fold(v, v128.shuffle32(v, v, [2, 3, 0, 1])));
      const one = f32x4.lane(fold(two, v128.shuffle32(two, two, [1, 0, 3, 2])), 0);
      const bad = this.bad.slice(1).reduce<V128>((a, b) => v128.or(a, b), this.bad[0]!);
      to.add(select(f32.const(NaN), one, v128.anyTrue(bad)));
    } else for (let k = 0; k < 4; k++) to.add(laneOf(all, k, dtype));
  }
}
/** Whether a sum is cut: sums of more terms than `longest` are sums of shorter ones. */
export const isCut = ({ op, dtype }: Stage, terms: number): boolean => isSingleSum(op, dtype) && terms > longest;
