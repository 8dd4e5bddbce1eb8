// How each scalar operation is spelled for four numbers at a time. A vector is one v128 of four lanes, or two of two lanes for f64; integers have 32 bits
// a lane, bools are masks of 32 bits. Long because it is a table: one line for each operation and dtype.
import type { DType } from '../../base/index.js';
import { scalarOps, type ScalarOp } from '../../kernel/index.js';
import {
  f32x4,
  f64,
  f64x2,
  i32,
  i32x4,
  v128,
  type F32,
  type F64,
  type I32,
  type V128,
  type Value,
} from './instructions.js';
import type { Func } from './module.js';
import { operate, toInteger } from './scalar.js';
import { mathOf } from './fast-math.js';
import type { VectorOp } from './vector-math.js';

type Number = Value<'i32' | 'f32' | 'f64'>;
/** Four numbers: their lanes, in one part or two. */
export type Vector = readonly V128[];
type Spelling = (f: Func, a: V128, b: V128) => V128;
type Spellings = Partial<Record<ScalarOp, Spelling>>;

/** The vector in locals, so that it may be read more than once. */
export const hold = (f: Func, x: Vector): Vector => x.map((part) => f.let(part));
/** The same constant in all lanes. */
export function constantVector(f: Func, value: number, dtype: DType): Vector {
  if (dtype === 'f64') return [f.f64s(value), f.f64s(value)];
  return [dtype === 'f32' ? f.f32s(value) : f.i32s(dtype === 'bool' ? -value : value)];
}
/** The same number in all lanes. */
export function splat(f: Func, x: Number, dtype: DType): Vector {
  if (dtype === 'f64') {
    const both = f.let(f64x2.splat(x as F64));
    return [both, both];
  }
  if (dtype === 'f32') return [f32x4.splat(x as F32)];
  return [i32x4.splat(dtype === 'bool' ? i32.sub(i32.const(0), x as I32) : (x as I32))];
}
/** One lane as a number. */
export function laneOf(x: Vector, k: number, dtype: DType): Number {
  if (dtype === 'f64') return f64x2.lane(x[k >> 1]!, k & 1);
  if (dtype === 'f32') return f32x4.lane(x[0]!, k);
  return dtype === 'bool' ? i32.and(i32x4.lane(x[0]!, k), i32.const(1)) : i32x4.lane(x[0]!, k);
}
/** Four numbers as the lanes of a vector. */
export function fromLanes(f: Func, dtype: DType, lane: (k: number) => Number): Vector {
  if (dtype === 'f64')
    return [0, 2].map((k) => f64x2.replace(f64x2.splat(lane(k) as F64), 1, lane(k + 1) as F64)).map((x) => f.let(x));
  const out = f.let(dtype === 'f32' ? f32x4.splat(lane(0) as F32) : i32x4.splat(lane(0) as I32));
  for (let k = 1; k < 4; k++)
    f.set(out, dtype === 'f32' ? f32x4.replace(out, k, lane(k) as F32) : i32x4.replace(out, k, lane(k) as I32));
  return [dtype === 'bool' ? i32x4.ne(out, f.i32s(0)) : out];
}

const singles: Spellings = {
  add: (_, a, b) => f32x4.add(a, b),
  sub: (_, a, b) => f32x4.sub(a, b),
  mul: (_, a, b) => f32x4.mul(a, b),
  div: (_, a, b) => f32x4.div(a, b),
  max: (_, a, b) => f32x4.max(a, b),
  min: (_, a, b) => f32x4.min(a, b),
  lt: (_, a, b) => f32x4.lt(a, b),
  le: (_, a, b) => f32x4.le(a, b),
  eq: (_, a, b) => f32x4.eq(a, b),
  ne: (_, a, b) => f32x4.ne(a, b),
  neg: (_, a) => f32x4.neg(a),
  abs: (_, a) => f32x4.abs(a),
  floor: (_, a) => f32x4.floor(a),
  ceil: (_, a) => f32x4.ceil(a),
  trunc: (_, a) => f32x4.trunc(a),
  round: (_, a) => f32x4.nearest(a),
  sqrt: (_, a) => f32x4.sqrt(a),
  sign: (f, x) => {
    const a = f.let(x);
    const one = v128.or(v128.and(a, f.f32s(-0)), f.f32s(1));
    return v128.bitselect(one, a, v128.and(f32x4.eq(a, a), f32x4.ne(a, f.f32s(0))));
  },
};
const doubles: Spellings = {
  add: (_, a, b) => f64x2.add(a, b),
  sub: (_, a, b) => f64x2.sub(a, b),
  mul: (_, a, b) => f64x2.mul(a, b),
  div: (_, a, b) => f64x2.div(a, b),
  max: (_, a, b) => f64x2.max(a, b),
  min: (_, a, b) => f64x2.min(a, b),
  lt: (_, a, b) => f64x2.lt(a, b),
  le: (_, a, b) => f64x2.le(a, b),
  eq: (_, a, b) => f64x2.eq(a, b),
  ne: (_, a, b) => f64x2.ne(a, b),
  neg: (_, a) => f64x2.neg(a),
  abs: (_, a) => f64x2.abs(a),
  floor: (_, a) => f64x2.floor(a),
  ceil: (_, a) => f64x2.ceil(a),
  trunc: (_, a) => f64x2.trunc(a),
  round: (_, a) => f64x2.nearest(a),
  sqrt: (_, a) => f64x2.sqrt(a),
  sign: (f, x) => {
    const a = f.let(x);
    const one = v128.or(v128.and(a, f.f64s(-0)), f.f64s(1));
    return v128.bitselect(one, a, v128.and(f64x2.eq(a, a), f64x2.ne(a, f.f64s(0))));
  },
};
const same: Spelling = (_, a) => a;
const ints: Spellings = {
  add: (_, a, b) => i32x4.add(a, b),
  sub: (_, a, b) => i32x4.sub(a, b),
  mul: (_, a, b) => i32x4.mul(a, b),
  max: (_, a, b) => i32x4.max(a, b),
  min: (_, a, b) => i32x4.min(a, b),
  lt: (_, a, b) => i32x4.lt(a, b),
  le: (_, a, b) => i32x4.le(a, b),
  eq: (_, a, b) => i32x4.eq(a, b),
  ne: (_, a, b) => i32x4.ne(a, b),
  and: (_, a, b) => v128.and(a, b),
  or: (_, a, b) => v128.or(a, b),
  xor: (_, a, b) => v128.xor(a, b),
  neg: (_, a) => i32x4.neg(a),
  abs: (_, a) => i32x4.abs(a),
  sign: (f, x) => {
    const a = f.let(x);
    return v128.or(i32x4.shr(a, i32.const(31)), v128.and(i32x4.gt(a, f.i32s(0)), f.i32s(1)));
  },
  floor: same,
  ceil: same,
  trunc: same,
  round: same,
};
const unsigned: Spellings = {
  ...ints,
  max: (_, a, b) => i32x4.maxU(a, b),
  min: (_, a, b) => i32x4.minU(a, b),
  lt: (_, a, b) => i32x4.ltU(a, b),
  le: (_, a, b) => i32x4.leU(a, b),
  abs: same,
  sign: (f, a) => v128.and(i32x4.ne(a, f.i32s(0)), f.i32s(1)),
};
const masks: Spellings = {
  and: (_, a, b) => v128.and(a, b),
  mul: (_, a, b) => v128.and(a, b),
  min: (_, a, b) => v128.and(a, b),
  or: (_, a, b) => v128.or(a, b),
  max: (_, a, b) => v128.or(a, b),
  xor: (_, a, b) => v128.xor(a, b),
  ne: (_, a, b) => v128.xor(a, b),
  eq: (_, a, b) => v128.not(v128.xor(a, b)),
  lt: (_, a, b) => v128.andnot(b, a),
  le: (_, a, b) => v128.or(b, v128.not(a)),
};
const spellings: Readonly<Record<DType, Spellings>> = {
  f32: singles,
  f64: doubles,
  i32: ints,
  u32: unsigned,
  u8: unsigned,
  bool: masks,
};

const wrapVector = (f: Func, x: V128, dtype: DType): V128 => (dtype === 'u8' ? v128.and(x, f.i32s(255)) : x);

/** A vector shift takes one number of bits for all lanes. */
export const shifts: Partial<Record<ScalarOp, (x: V128, by: I32) => V128>> = {
  shl: i32x4.shl,
  shr: i32x4.shr,
  ushr: i32x4.shrU,
};
export const shiftVector = (f: Func, op: ScalarOp, dtype: DType, [x]: Vector, by: I32): Vector => [
  wrapVector(f, shifts[op]!(x!, by), dtype),
];

/** Two masks of 64-bit lanes as one of 32-bit lanes, and back. */
const narrowMask = ([low, high]: Vector): Vector => [v128.shuffle32(low!, high!, [0, 2, 4, 6])];
const wideMask = (f: Func, [mask]: Vector): Vector => {
  const m = f.let(mask!);
  return [v128.shuffle32(m, m, [0, 0, 1, 1]), v128.shuffle32(m, m, [2, 2, 3, 3])];
};

/** One operation on vectors; `dtype` is that of the last argument. What has no spelling is done lane by lane. */
export function operateVector(
  f: Func,
  name: VectorOp,
  dtype: DType,
  args: readonly Vector[],
  dtypes: readonly DType[],
): Vector {
  const [a, b, c] = args as [Vector, Vector, Vector];
  const math = mathOf(f, name, dtype);
  if (math)
    return a.map((part, k) => {
      const x = f.let(part);
      return f.let(math(f, x, b ? f.let(b[k]!) : x));
    });
  const op = name as ScalarOp;
  if (op === 'where') {
    const mask = dtype === 'f64' ? wideMask(f, a) : a;
    return b.map((x, k) => v128.bitselect(x, c[k]!, mask[k]!));
  }
  const spelling = spellings[dtype][op];
  const bool = scalarOps[op].result === 'bool';
  if (spelling) {
    const out = a.map((x, k) => spelling(f, x, b?.[k] ?? x));
    if (!bool) return out.map((x) => wrapVector(f, x, dtype));
    return dtype === 'f64' ? narrowMask(out) : out;
  }
  const held = args.map((x) => hold(f, x));
  return fromLanes(f, bool ? 'bool' : dtype, (k) =>
    operate(
      f,
      op,
      dtype,
      held.map((x, n) => laneOf(x, k, dtypes[n]!)),
    ),
  );
}
/** Whether the operation is one instruction, or a few: what else there is takes a function or goes lane by lane. */
export const isSpelled = (op: ScalarOp, dtype: DType): boolean => op === 'where' || spellings[dtype][op] !== undefined;

const highHalf = (x: V128): V128 => v128.shuffle32(x, x, [2, 3, 2, 3]);
export function convertVector(f: Func, x: Vector, from: DType, to: DType): Vector {
  if (from === to) return x;
  const [first, second] = x as [V128, V128];
  if (from === 'bool') {
    if (to === 'f64') return wideMask(f, x).map((m) => v128.and(m, f.f64s(1)));
    return [v128.and(first, to === 'f32' ? f.f32s(1) : f.i32s(1))];
  }
  if (to === 'bool') {
    if (from === 'f64') return narrowMask(x.map((part) => f64x2.ne(part, f.f64s(0))));
    return [from === 'f32' ? f32x4.ne(first, f.f32s(0)) : i32x4.ne(first, f.i32s(0))];
  }
  if (to === 'f64') {
    const v = f.let(first);
    const half = from === 'f32' ? f64x2.promote : from === 'i32' ? f64x2.fromI32 : f64x2.fromU32;
    return [half(v), half(highHalf(v))];
  }
  if (from === 'f64') {
    if (to === 'f32') return [v128.shuffle32(f32x4.demote(first), f32x4.demote(second), [0, 1, 4, 5])];
    const v = hold(f, x);
    return fromLanes(f, to, (k) => operateInteger(f, laneOf(v, k, 'f64') as F64, to));
  }
  if (from === 'f32') {
    const [v, n] = [f.let(first), f.let(i32x4.truncate(first))];
    f.if(v128.anyTrue(f32x4.ge(f32x4.abs(v), f.f32s(2 ** 31))), () =>
      f.set(n, fromLanes(f, 'i32', (k) => toInteger(f, f64.promote(f32x4.lane(v, k))))[0]!),
    );
    return [wrapVector(f, n, to)];
  }
  if (to === 'f32') return [from === 'u32' ? f32x4.fromU32(first) : f32x4.fromI32(first)];
  return [wrapVector(f, first, to)];
}
const operateInteger = (f: Func, x: F64, to: DType): I32 => {
  const n = toInteger(f, x);
  return to === 'u8' ? i32.and(n, i32.const(255)) : n;
};

const isByte = (dtype: DType): boolean => dtype === 'u8' || dtype === 'bool';
/** Bytes in the lowest places of a vector as integers, or as a mask. */
const widen = (f: Func, x: V128, dtype: DType): V128 => {
  const wide = i32x4.widen16(i32x4.widen8(x));
  return dtype === 'bool' ? i32x4.ne(wide, f.i32s(0)) : wide;
};
/** Loads four elements that are `stride` elements apart; the address, plus the offset, is that of the first. */
export function loadVector(f: Func, address: I32, dtype: DType, stride: number, offset: number): Vector {
  if (stride === 1) {
    if (isByte(dtype)) return [widen(f, v128.load32Zero(address, offset), dtype)];
    if (dtype === 'f64') return [v128.load(address, offset), v128.load(address, offset + 16)];
    return [v128.load(address, offset)];
  }
  const bytes = isByte(dtype) ? 1 : dtype === 'f64' ? 8 : 4;
  const base = f.let(offset && stride < 0 ? i32.add(address, i32.const(offset)) : address);
  const start = stride < 0 ? 0 : offset;
  if (bytes === 4 && stride === -1) {
    const v = f.let(v128.load(i32.sub(base, i32.const(12))));
    return [v128.shuffle32(v, v, [3, 2, 1, 0])];
  }
  if (bytes === 4 && stride === 2)
    return [v128.shuffle32(v128.load(base, start), v128.load(base, start + 16), [0, 2, 4, 6])];
  return gather(f, dtype, (k) =>
    stride < 0 ? [i32.add(base, i32.const(k * stride * bytes)), 0] : [base, start + k * stride * bytes],
  );
}
/** Four elements from anywhere: the place of each is an address and an offset. */
function gather(f: Func, dtype: DType, place: (k: number) => readonly [I32, number]): Vector {
  if (isByte(dtype)) return fromLanes(f, dtype, (k) => i32.load8U(...place(k)));
  if (dtype === 'f64')
    return [0, 2].map((k) => {
      const v = f.let(v128.load64Zero(...place(k)));
      const [address, offset] = place(k + 1);
      return f.let(v128.load64Lane(address, v, 1, offset));
    });
  const v = f.let(v128.load32Zero(...place(0)));
  for (let k = 1; k < 4; k++) {
    const [address, offset] = place(k);
    f.set(v, v128.load32Lane(address, v, k, offset));
  }
  return [v];
}
/** Loads four elements whose positions are the lanes of `at`. */
export function gatherVector(f: Func, base: I32, [at]: Vector, dtype: DType): Vector {
  const bytes = isByte(dtype) ? 0 : dtype === 'f64' ? 3 : 2;
  const places = f.let(bytes ? i32x4.shl(at!, i32.const(bytes)) : at!);
  return gather(f, dtype, (k) => [i32.add(base, i32x4.lane(places, k)), 0]);
}
/** Stores four elements that are `stride` elements apart. */
export function storeVector(f: Func, address: I32, x: Vector, dtype: DType, stride: number, offset: number): void {
  if (isByte(dtype)) {
    const small = f.let(dtype === 'bool' ? v128.and(x[0]!, f.i32s(1)) : x[0]!);
    if (stride !== 1) return scatter(f, address, [small], dtype, stride, offset);
    const half = f.let(i32x4.narrow16(small, small));
    return f.do(v128.store32Lane(address, i32x4.narrow8(half, half), 0, offset));
  }
  if (stride !== 1) return scatter(f, address, hold(f, x), dtype, stride, offset);
  x.forEach((part, k) => f.do(v128.store(address, part, offset + 16 * k)));
}
function scatter(f: Func, address: I32, x: Vector, dtype: DType, stride: number, offset: number): void {
  const bytes = isByte(dtype) ? 1 : dtype === 'f64' ? 8 : 4;
  for (let k = 0; k < 4; k++) {
    const at = offset + k * stride * bytes;
    if (bytes === 1) f.do(i32.store8(address, i32x4.lane(x[0]!, k), at));
    else if (bytes === 4) f.do(v128.store32Lane(address, x[0]!, k, at));
    else f.do(f64.store(address, f64x2.lane(x[k >> 1]!, k & 1), at));
  }
}
/** A function of one number, made of that of vectors, so that a number does not depend on its place in an array. */
export const single = (f: Func, op: VectorOp, dtype: DType, args: readonly Number[]): Number | null => {
  const math = mathOf(f, op, dtype);
  if (!math) return null;
  const type = dtype as 'f32' | 'f64';
  const lanes = type === 'f32' ? f32x4 : f64x2;
  const g = f.module.once(`${op} of one ${dtype}`, { params: args.map(() => type), result: type }, (h) => {
    const [a, b] = args.map((_, k) => h.let(splat(h, h.param(k), dtype)[0]!));
    h.do(lanes.lane(math(h, a!, b ?? a!), 0));
  });
  return f.module.call(g, ...args);
};
