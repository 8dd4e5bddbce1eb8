// Scalar expressions over loop variables: built, folded, simplified by the extents of the loops, and interned (equal ones are one object).
import type { DType } from '../base/index.js';
import { sizeOf, type Shape } from '../base/index.js';
import { scalarOps, type ScalarOp } from './scalar.js';

interface Common {
  readonly id: number;
  readonly dtype: DType;
  /** Bounds of the value, for integers; infinite when unknown. */
  readonly lo: number;
  readonly hi: number;
}
export interface Const extends Common {
  readonly kind: 'const';
  readonly value: number;
}
/** Loop variable number `axis` of the outputs (`i`) or of the inner loops (`r`), from 0 to extent - 1. */
export interface Loop extends Common {
  readonly kind: 'loop';
  readonly over: 'i' | 'r';
  readonly axis: number;
  readonly extent: number;
}
/** A number that is handed over at each run. */
export interface Param extends Common {
  readonly kind: 'param';
  readonly slot: number;
}
/** The result of the stage with this number, at the row. */
export interface Acc extends Common {
  readonly kind: 'acc';
  readonly slot: number;
}
export interface Load extends Common {
  readonly kind: 'load';
  readonly input: number;
  readonly at: Expr;
}
export interface Cast extends Common {
  readonly kind: 'cast';
  readonly args: readonly [Expr];
}
export interface Op extends Common {
  readonly kind: 'op';
  readonly op: ScalarOp;
  readonly args: readonly Expr[];
}
export type Expr = Const | Loop | Param | Acc | Load | Cast | Op;

type Draft = Expr extends infer E ? (E extends Expr ? Omit<E, 'id'> : never) : never;
let interned = new Map<string, Expr>();
let ids = 0;
/** Forgets the interned expressions: called when a kernel is complete, so that the table stays small. */
export function forgetExpressions(): void {
  interned = new Map();
}
function intern(key: string, draft: Draft): Expr {
  let e = interned.get(key);
  if (!e) interned.set(key, (e = { ...draft, id: ids++ } as Expr));
  return e;
}

const unbounded = { lo: -Infinity, hi: Infinity };
/** The value as `dtype` stores it. f32 constants keep their double value: a fused expression rounds where it is stored. */
export function coerce(value: number, dtype: DType): number {
  switch (dtype) {
    case 'i32':
      return value | 0;
    case 'u32':
      return value >>> 0;
    case 'u8':
      return value & 255;
    case 'bool':
      return +(value !== 0);
    default:
      return value;
  }
}
export function lit(value: number, dtype: DType = 'i32'): Expr {
  const v = coerce(value, dtype);
  return intern(`c${Object.is(v, -0) ? '-0' : v}:${dtype}`, { kind: 'const', value: v, dtype, lo: v, hi: v });
}
export const loop = (over: 'i' | 'r', axis: number, extent: number): Expr =>
  extent === 1
    ? lit(0)
    : intern(`${over}${axis}:${extent}`, {
        kind: 'loop',
        over,
        axis,
        extent,
        dtype: 'i32',
        lo: 0,
        hi: Math.max(0, extent - 1),
      });
export const loops = (over: 'i' | 'r', shape: Shape): Expr[] => shape.map((n, d) => loop(over, d, n));
export const param = (slot: number, dtype: DType): Expr =>
  intern(`p${slot}:${dtype}`, { kind: 'param', slot, dtype, ...unbounded });
export const acc = (slot: number, dtype: DType): Expr =>
  intern(`a${slot}:${dtype}`, { kind: 'acc', slot, dtype, ...unbounded });
export const load = (input: number, at: Expr, dtype: DType): Expr =>
  intern(`x${input}[${at.id}]:${dtype}`, { kind: 'load', input, at, dtype, ...unbounded });

export function cast(x: Expr, dtype: DType): Expr {
  if (x.dtype === dtype) return x;
  if (x.kind === 'const')
    return lit(
      dtype === 'f32' || dtype === 'f64' ? (x.dtype === 'f32' ? Math.fround(x.value) : x.value) : x.value,
      dtype,
    );
  return intern(`cast${x.id}:${dtype}`, { kind: 'cast', args: [x], dtype, ...unbounded });
}

const isConst = (e: Expr): e is Const => e.kind === 'const';
const equals = (e: Expr, v: number): boolean => e.kind === 'const' && e.value === v;
const fitsInt = (e: { lo: number; hi: number }): boolean => e.lo >= -(2 ** 31) && e.hi <= 2 ** 31 - 1;

/** Interval arithmetic of the operations that index expressions use. */
const bounds: Partial<Record<ScalarOp, (a: Expr, b: Expr, c: Expr) => { lo: number; hi: number }>> = {
  add: (a, b) => ({ lo: a.lo + b.lo, hi: a.hi + b.hi }),
  sub: (a, b) => ({ lo: a.lo - b.hi, hi: a.hi - b.lo }),
  mul: (a, b) => {
    const p = [a.lo * b.lo, a.lo * b.hi, a.hi * b.lo, a.hi * b.hi].map((v) => (Number.isNaN(v) ? 0 : v));
    return { lo: Math.min(...p), hi: Math.max(...p) };
  },
  idiv: (a, b) =>
    isConst(b) && b.value > 0 ? { lo: Math.floor(a.lo / b.value), hi: Math.floor(a.hi / b.value) } : unbounded,
  mod: (_, b) => (isConst(b) && b.value > 0 ? { lo: 0, hi: b.value - 1 } : unbounded),
  max: (a, b) => ({ lo: Math.max(a.lo, b.lo), hi: Math.max(a.hi, b.hi) }),
  min: (a, b) => ({ lo: Math.min(a.lo, b.lo), hi: Math.min(a.hi, b.hi) }),
  where: (_, a, b) => ({ lo: Math.min(a.lo, b.lo), hi: Math.max(a.hi, b.hi) }),
};

const terms = (e: Expr): Expr[] => (e.kind === 'op' && e.op === 'add' ? e.args.flatMap(terms) : [e]);
const isMultiple = (e: Expr, c: number): boolean =>
  (e.kind === 'const' && e.value % c === 0) ||
  (e.kind === 'op' && e.op === 'mul' && e.args[1]!.kind === 'const' && (e.args[1] as Const).value % c === 0);
const quotient = (e: Expr, c: number): Expr =>
  e.kind === 'const' ? lit(e.value / c) : expr('mul', (e as Op).args[0]!, lit(((e as Op).args[1] as Const).value / c));
/** A term as a number times an expression. */
const scaled = (e: Expr): readonly [number, Expr] =>
  e.kind === 'op' && e.op === 'mul' && isConst(e.args[1]!) ? [e.args[1].value, e.args[0]!] : [1, e];
/** k*c*(x idiv c) + k*(x mod c) = k*x, wherever the two terms stand in a sum; null when there is no such pair. */
function rejoin(parts: readonly Expr[]): Expr | null {
  const all = parts.map(scaled);
  for (const [m, [k, e]] of all.entries()) {
    if (e.kind !== 'op' || e.op !== 'mod' || !isConst(e.args[1]!)) continue;
    const whole = expr('idiv', e.args[0]!, e.args[1]);
    const c = e.args[1].value;
    const q = all.findIndex(([j, f]) => f === whole && j === k * c);
    if (q >= 0) return sum([...parts.filter((_, d) => d !== m && d !== q), expr('mul', e.args[0]!, lit(k))]);
  }
  return null;
}
const sum = (xs: readonly Expr[]): Expr => xs.reduce((a, b) => expr('add', a, b), lit(0));
const gcd = (a: number, b: number): number => (b ? gcd(b, a % b) : Math.abs(a));
/**
 * A sum as g*high + low, where g divides c and 0 <= low < g: then x idiv c = high idiv (c/g), and x mod c = g*(high mod (c/g)) + low. Null
 * where no g > 1 does it.
 */
function split(parts: readonly Expr[], c: number): { g: number; high: Expr; low: Expr } | null {
  for (const g of new Set(parts.map((x) => gcd(isConst(x) ? x.value : scaled(x)[0], c)))) {
    if (g <= 1 || g === c) continue;
    const low = sum(parts.filter((x) => !isMultiple(x, g)));
    if (low.lo < 0 || low.hi >= g) continue;
    return { g, high: sum(parts.filter((x) => isMultiple(x, g)).map((x) => quotient(x, g))), low };
  }
  return null;
}

/** Identities of i32 arithmetic that hold when nothing overflows; null when none applies. */
const simplify: Partial<Record<ScalarOp, (a: Expr, b: Expr) => Expr | null>> = {
  add: (a, b) => {
    if (equals(a, 0)) return b;
    if (equals(b, 0)) return a;
    if (isConst(a)) return expr('add', b, a);
    if (isConst(b) && a.kind === 'op' && a.op === 'add' && isConst(a.args[1]!))
      return expr('add', a.args[0]!, lit(b.value + a.args[1].value));
    return rejoin([...terms(a), ...terms(b)]);
  },
  sub: (a, b) => (isConst(b) ? expr('add', a, lit(-b.value)) : null),
  mul: (a, b) => {
    if (isConst(a) && !isConst(b)) return expr('mul', b, a);
    if (equals(b, 0)) return b;
    if (equals(b, 1)) return a;
    if (isConst(b) && a.kind === 'op' && a.op === 'mul' && isConst(a.args[1]!))
      return expr('mul', a.args[0]!, lit(b.value * a.args[1].value));
    if (isConst(b) && a.kind === 'op' && a.op === 'add') return sum(a.args.map((x) => expr('mul', x, b)));
    return null;
  },
  idiv: (a, b) => {
    if (!isConst(b) || b.value <= 0) return null;
    if (b.value === 1) return a;
    if (a.kind === 'op' && a.op === 'idiv' && isConst(a.args[1]!) && a.args[1].value > 0)
      return expr('idiv', a.args[0]!, lit(a.args[1].value * b.value));
    const parts = terms(a);
    const whole = parts.filter((x) => isMultiple(x, b.value));
    const rest = sum(parts.filter((x) => !isMultiple(x, b.value)));
    const inner = rest.lo >= 0 && rest.hi < b.value ? lit(0) : null;
    if (inner) return sum([...whole.map((x) => quotient(x, b.value)), inner]);
    if (whole.length) return sum([...whole.map((x) => quotient(x, b.value)), expr('idiv', rest, b)]);
    const parted = split(parts, b.value);
    return parted && expr('idiv', parted.high, lit(b.value / parted.g));
  },
  mod: (a, b) => {
    if (!isConst(b) || b.value <= 0) return null;
    if (b.value === 1) return lit(0);
    const parts = terms(a);
    const rest = parts.filter((x) => !isMultiple(x, b.value));
    const r = rest.length === parts.length ? a : sum(rest);
    if (r.lo >= 0 && r.hi < b.value) return r;
    if (rest.length < parts.length) return expr('mod', r, b);
    const parted = split(parts, b.value);
    return (
      parted && expr('add', expr('mul', expr('mod', parted.high, lit(b.value / parted.g)), lit(parted.g)), parted.low)
    );
  },
  max: (a, b) => (a.lo >= b.hi ? a : b.lo >= a.hi ? b : null),
  min: (a, b) => (a.hi <= b.lo ? a : b.hi <= a.lo ? b : null),
};

/** Comparisons of integers that their bounds decide. */
const decided: Partial<Record<ScalarOp, (a: Expr, b: Expr) => boolean | null>> = {
  lt: (a, b) => (a.hi < b.lo ? true : a.lo >= b.hi ? false : null),
  le: (a, b) => (a.hi <= b.lo ? true : a.lo > b.hi ? false : null),
  eq: (a, b) => (a.hi < b.lo || a.lo > b.hi ? false : null),
  ne: (a, b) => (a.hi < b.lo || a.lo > b.hi ? true : null),
};
const isInt = (e: Expr): boolean => e.dtype === 'i32';

/** Builds an operation; folds constants and, for integers, simplifies by the loops' extents. */
export function expr(op: ScalarOp, ...args: Expr[]): Expr {
  const [a, b, c] = args as [Expr, Expr, Expr];
  const { js, result } = scalarOps[op];
  const dtype: DType = result === 'bool' ? 'bool' : result === 'last' ? args.at(-1)!.dtype : a.dtype;
  if (args.every((x) => x.kind === 'const')) {
    const v = args.map((x) => x.value);
    return lit(op === 'mul' && dtype === 'i32' ? Math.imul(v[0]!, v[1]!) : js(...v), dtype);
  }
  if (op === 'where' && a.kind === 'const') return a.value ? b : c;
  if (op === 'where' && b === c) return b;
  // x * 1 and x / 1 are exact in every dtype.
  if ((op === 'mul' || op === 'div') && equals(b, 1)) return a;
  if (op === 'mul' && equals(a, 1)) return b;
  if (isInt(args.at(-1)!)) {
    const bound = bounds[op]?.(a, b, c);
    const simpler = bound && fitsInt(bound) && args.every(fitsInt) ? simplify[op]?.(a, b) : null;
    if (simpler) return simpler;
    const known = args.every(fitsInt) ? decided[op]?.(a, b) : null;
    if (known !== null && known !== undefined) return lit(+known, 'bool');
    return intern(`${op}(${args.map((x) => x.id)}):${dtype}`, {
      kind: 'op',
      op,
      args,
      dtype,
      ...(dtype === 'i32' && bound ? bound : unbounded),
    });
  }
  return intern(`${op}(${args.map((x) => x.id)}):${dtype}`, { kind: 'op', op, args, dtype, ...unbounded });
}

/** An array, to the compiler: a function from an index to the expression of its element. */
export type Access = (index: readonly Expr[]) => Expr;

/** Row-major position of an index. */
export const ravel = (index: readonly Expr[], shape: Shape): Expr =>
  index.reduce((at, x, d) => expr('add', expr('mul', at, lit(shape[d]!)), x), lit(0));
/** Index of a row-major position. */
export function unravel(flat: Expr, shape: Shape): Expr[] {
  let stride = sizeOf(shape);
  return shape.map((n, d) => {
    stride /= n || 1;
    const q = expr('idiv', flat, lit(stride || 1));
    return n === 1 ? lit(0) : d === 0 ? q : expr('mod', q, lit(n || 1));
  });
}
/** The index that reads an array of shape `from` broadcast to the index's shape. */
export const broadcastIndex = (index: readonly Expr[], from: Shape): Expr[] =>
  from.map((n, d) => (n === 1 ? lit(0) : index[d + index.length - from.length]!));
