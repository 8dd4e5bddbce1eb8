// Scalar expressions over loop variables: built, folded, simplified by the extents of the loops, and interned (equal ones are one object).
import { sizeOf, type DType, type Shape } from '../base/index.js';
import { scalarOps, type ScalarOp } from './scalar.js';
import {
  dtypeCodes,
  kindCodes,
  makeCast,
  makeConst,
  makeLoad,
  makeLoop,
  makeOp,
  makeSlot,
  opCodes,
  recall,
  remember,
  type Const,
  type Expr,
  type Op,
} from './term.js';

export { accBit, bitOf, forgetExpressions, type Expr } from './term.js';

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
  // NaN and -0 are not told apart from other numbers by ===.
  const special = Number.isNaN(v) ? 1 : Object.is(v, -0) ? 2 : 0;
  const [code, key] = special ? [kindCodes.special, special] : [kindCodes.const, v];
  const d = dtypeCodes[dtype];
  return recall(code, key, d) ?? remember(makeConst(v, dtype), code, key, d);
}
export function loop(over: 'i' | 'r', axis: number, extent: number): Expr {
  if (extent === 1) return lit(0);
  const code = kindCodes[over];
  return recall(code, axis, extent) ?? remember(makeLoop(over, axis, extent), code, axis, extent);
}
export const loops = (over: 'i' | 'r', shape: Shape): Expr[] => shape.map((n, d) => loop(over, d, n));
const slotted = (kind: 'param' | 'acc', slot: number, dtype: DType): Expr => {
  const [code, d] = [kindCodes[kind], dtypeCodes[dtype]];
  return recall(code, slot, d) ?? remember(makeSlot(kind, slot, dtype), code, slot, d);
};
export const param = (slot: number, dtype: DType): Expr => slotted('param', slot, dtype);
export const acc = (slot: number, dtype: DType): Expr => slotted('acc', slot, dtype);
export function load(input: number, at: Expr, dtype: DType): Expr {
  const d = dtypeCodes[dtype];
  return recall(kindCodes.load, input, at, d) ?? remember(makeLoad(input, at, dtype), kindCodes.load, input, at, d);
}

export function cast(x: Expr, dtype: DType): Expr {
  if (x.dtype === dtype) return x;
  if (x.kind === 'const')
    return lit(
      dtype === 'f32' || dtype === 'f64' ? (x.dtype === 'f32' ? Math.fround(x.value) : x.value) : x.value,
      dtype,
    );
  const d = dtypeCodes[dtype];
  return recall(kindCodes.cast, x, d) ?? remember(makeCast(x, dtype), kindCodes.cast, x, d);
}

const isConst = (e: Expr): e is Const => e.kind === 'const';
const equals = (e: Expr, v: number): boolean => e.kind === 'const' && e.value === v;
const fitsInt = (e: { lo: number; hi: number }): boolean => e.lo >= -(2 ** 31) && e.hi <= 2 ** 31 - 1;

/** Interval arithmetic of the operations that index expressions use. */
const bounds: Partial<Record<ScalarOp, (a: Expr, b: Expr, c: Expr) => { lo: number; hi: number }>> = {
  add: (a, b) => ({ lo: a.lo + b.lo, hi: a.hi + b.hi }),
  sub: (a, b) => ({ lo: a.lo - b.hi, hi: a.hi - b.lo }),
  mul: (a, b) => {
    // 0 * Infinity is 0 here.
    const [p, q, r, s] = [a.lo * b.lo || 0, a.lo * b.hi || 0, a.hi * b.lo || 0, a.hi * b.hi || 0];
    return { lo: Math.min(p, q, r, s), hi: Math.max(p, q, r, s) };
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
/**
 * k*c*(x idiv c) + k*(x mod c) = k*x, and k*c*((x idiv c) mod d) + k*(x mod c) = k*(x mod c*d), wherever the two terms stand in a sum;
 * null when there is no such pair.
 */
function rejoin(parts: readonly Expr[]): Expr | null {
  const all = parts.map(scaled);
  for (const [m, [k, e]] of all.entries()) {
    if (e.kind !== 'op' || e.op !== 'mod' || !isConst(e.args[1]!)) continue;
    const [x, c] = [e.args[0]!, e.args[1].value];
    const whole = expr('idiv', x, lit(c));
    for (const [q, [j, f]] of all.entries()) {
      if (j !== k * c) continue;
      const part =
        f.kind === 'op' && f.op === 'mod' && f.args[0] === whole && isConst(f.args[1]!) ? f.args[1].value : 0;
      if (f !== whole && !part) continue;
      const joined = part ? expr('mod', x, lit(c * part)) : x;
      return sum([...parts.filter((_, d) => d !== m && d !== q), expr('mul', joined, lit(k))]);
    }
  }
  return null;
}
const sum = (xs: readonly Expr[]): Expr => xs.reduce((a, b) => expr('add', a, b), lit(0));
const gcd = (a: number, b: number): number => (b ? gcd(b, a % b) : Math.abs(a));
/**
 * A sum as g*high + low, where g divides c and 0 <= low < g: then x idiv c = high idiv (c/g), and x mod c = g*(high mod (c/g)) + low. Null
 * where no g > 1 does it.
 */
function split(all: readonly Expr[], c: number): { g: number; high: Expr; low: Expr } | null {
  const parts = all.filter((x) => !isConst(x));
  const start = all.reduce((s, x) => s + (isConst(x) ? x.value : 0), 0);
  for (const g of new Set(parts.map((x) => gcd(scaled(x)[0], c)))) {
    if (g <= 1 || g === c) continue;
    const lowest = start - g * Math.floor(start / g);
    const low = sum([...parts.filter((x) => !isMultiple(x, g)), lit(lowest)]);
    if (low.lo < 0 || low.hi >= g) continue;
    const high = parts.filter((x) => isMultiple(x, g)).map((x) => quotient(x, g));
    return { g, high: sum([...high, lit((start - lowest) / g)]), low };
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
    return a.remainder || b.remainder ? rejoin([...terms(a), ...terms(b)]) : null;
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
/** Builds an operation; folds constants and, for integers, simplifies by the loops' extents. */
export function expr(op: ScalarOp, ...args: Expr[]): Expr {
  const [a, b, c] = args as [Expr, Expr, Expr];
  const code = opCodes[op];
  return recall(code, a, b, c) ?? remember(build(op, args), code, a, b, c);
}
const isAll = (args: readonly Expr[], is: (e: Expr) => boolean): boolean => {
  for (const x of args) if (!is(x)) return false;
  return true;
};
function build(op: ScalarOp, args: readonly Expr[]): Expr {
  const [a, b, c] = args as [Expr, Expr, Expr];
  const { js, result } = scalarOps[op];
  const last = args[args.length - 1]!;
  const dtype: DType = result === 'bool' ? 'bool' : result === 'last' ? last.dtype : a.dtype;
  if (isAll(args, isConst)) {
    const v = args.map((x) => (x as Const).value);
    return lit(op === 'mul' && dtype === 'i32' ? Math.imul(v[0]!, v[1]!) : js(...v), dtype);
  }
  if (op === 'where' && a.kind === 'const') return a.value ? b : c;
  if (op === 'where' && b === c) return b;
  // x * 1 and x / 1 are exact in every dtype.
  if ((op === 'mul' || op === 'div') && equals(b, 1)) return a;
  if (op === 'mul' && equals(a, 1)) return b;
  let bound = unbounded;
  if (last.dtype === 'i32') {
    const found = bounds[op]?.(a, b, c);
    if (isAll(args, fitsInt)) {
      const simpler = found && fitsInt(found) ? simplify[op]?.(a, b) : null;
      if (simpler) return simpler;
      const known = decided[op]?.(a, b) ?? null;
      if (known !== null) return lit(+known, 'bool');
    }
    if (found && dtype === 'i32') bound = found;
  }
  return makeOp(op, args, dtype, bound.lo, bound.hi);
}

/** An array, to the compiler: a function from an index to the expression of its element. */
export type Access = (index: readonly Expr[]) => Expr;

/** Row-major position of an index. */
export function ravel(index: readonly Expr[], shape: Shape): Expr {
  let at: Expr | null = null;
  for (let d = 0; d < index.length; d++) {
    if (shape[d] === 1 && equals(index[d]!, 0)) continue;
    at = at ? expr('add', expr('mul', at, lit(shape[d]!)), index[d]!) : index[d]!;
  }
  return at ?? lit(0);
}
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
