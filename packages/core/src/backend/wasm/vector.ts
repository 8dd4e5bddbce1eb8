// How each scalar operation is spelled for four numbers at a time. Integers have 32 bits a lane, bools are masks; f64 has no vectors here.
import type { DType } from '../../base/index.js';
import { scalarOps, type ScalarOp } from '../../kernel/index.js';
import { f32x4, f64, i32, i32x4, v128, type F32, type I32, type V128, type Value } from './instructions.js';
import type { Func } from './module.js';
import { operate, toInteger } from './scalar.js';
import { vectorMath } from './vector-math.js';

type Number = Value<'i32' | 'f32' | 'f64'>;
type Spelling = (f: Func, a: V128, b: V128) => V128;
type Spellings = Partial<Record<ScalarOp, Spelling>>;

/** The same number in all lanes. */
export const splat = (x: Number, dtype: DType): V128 =>
  dtype === 'f32'
    ? f32x4.splat(x as F32)
    : i32x4.splat(dtype === 'bool' ? i32.sub(i32.const(0), x as I32) : (x as I32));
/** One lane as a number. */
export const laneOf = (x: V128, k: number, dtype: DType): Number =>
  dtype === 'f32' ? f32x4.lane(x, k) : dtype === 'bool' ? i32.and(i32x4.lane(x, k), i32.const(1)) : i32x4.lane(x, k);
/** Four numbers as the lanes of a vector. */
export function fromLanes(f: Func, dtype: DType, lane: (k: number) => Number): V128 {
  const out = f.let(dtype === 'f32' ? f32x4.splat(lane(0) as F32) : i32x4.splat(lane(0) as I32));
  for (let k = 1; k < 4; k++)
    f.set(out, dtype === 'f32' ? f32x4.replace(out, k, lane(k) as F32) : i32x4.replace(out, k, lane(k) as I32));
  return dtype === 'bool' ? i32x4.ne(out, f.i32s(0)) : out;
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
  sign: (f, a) => {
    const one = v128.or(v128.and(a, f.f32s(-0)), f.f32s(1));
    return v128.bitselect(one, a, v128.and(f32x4.eq(a, a), f32x4.ne(a, f.f32s(0))));
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
  sign: (f, a) => v128.or(i32x4.shr(a, i32.const(31)), v128.and(i32x4.gt(a, f.i32s(0)), f.i32s(1))),
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
const spellings: Partial<Record<DType, Spellings>> = {
  f32: singles,
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
export const shiftVector = (f: Func, op: ScalarOp, dtype: DType, x: V128, by: I32): V128 =>
  wrapVector(f, shifts[op]!(x, by), dtype);

/** One operation on vectors; `dtype` is that of the last argument. What has no spelling is done lane by lane. */
export function operateVector(
  f: Func,
  op: ScalarOp,
  dtype: DType,
  args: readonly V128[],
  dtypes: readonly DType[],
): V128 {
  const [a, b, c] = args as [V128, V128, V128];
  if (op === 'where') return v128.bitselect(b, c, a);
  const spelling = spellings[dtype]?.[op];
  const bool = scalarOps[op].result === 'bool';
  if (spelling) return bool ? spelling(f, a, b) : wrapVector(f, spelling(f, a, b), dtype);
  const math = dtype === 'f32' ? vectorMath[op] : undefined;
  if (math) return math(f, f.let(a), b ? f.let(b) : a);
  return fromLanes(f, bool ? 'bool' : dtype, (k) =>
    operate(
      f,
      op,
      dtype,
      args.map((x, n) => laneOf(x, k, dtypes[n]!)),
    ),
  );
}

export function convertVector(f: Func, x: V128, from: DType, to: DType): V128 {
  if (from === to) return x;
  if (from === 'bool') return v128.and(x, to === 'f32' ? f.f32s(1) : f.i32s(1));
  if (to === 'bool') return from === 'f32' ? f32x4.ne(x, f.f32s(0)) : i32x4.ne(x, f.i32s(0));
  if (from === 'f32') {
    const [v, n] = [f.let(x), f.let(i32x4.truncate(x))];
    f.if(v128.anyTrue(f32x4.ge(f32x4.abs(v), f.f32s(2 ** 31))), () =>
      f.set(
        n,
        fromLanes(f, 'i32', (k) => toInteger(f, f64.promote(f32x4.lane(v, k)))),
      ),
    );
    return wrapVector(f, n, to);
  }
  if (to === 'f32') return from === 'u32' ? f32x4.fromU32(x) : f32x4.fromI32(x);
  return wrapVector(f, x, to);
}

/** Whether values of this dtype have vectors. */
export const hasVectors = (dtype: DType): boolean => dtype !== 'f64';
const bytesWide = (dtype: DType): boolean => dtype === 'u8' || dtype === 'bool';

/** Bytes in the lowest places of a vector as integers, or as a mask. */
const widen = (f: Func, x: V128, dtype: DType): V128 => {
  const wide = i32x4.widen16(i32x4.widen8(x));
  return dtype === 'bool' ? i32x4.ne(wide, f.i32s(0)) : wide;
};
/** Loads four elements that are `stride` elements apart; the address is that of the first. */
export function loadVector(f: Func, address: I32, dtype: DType, stride: number, offset: number): V128 {
  if (bytesWide(dtype)) {
    if (stride === 1) return widen(f, v128.load32Zero(address, offset), dtype);
    const base = f.let(address);
    return fromLanes(f, dtype, (k) => i32.load8U(i32.add(base, i32.const(offset + k * stride))));
  }
  if (stride === 1) return v128.load(address, offset);
  const base = f.let(offset ? i32.add(address, i32.const(offset)) : address);
  if (stride === -1) {
    const v = f.let(v128.load(i32.sub(base, i32.const(12))));
    return v128.shuffle32(v, v, [3, 2, 1, 0]);
  }
  if (stride === 2) return v128.shuffle32(v128.load(base), v128.load(base, 16), [0, 2, 4, 6]);
  return gather(f, (k) => (k && stride > 0 ? [base, 4 * k * stride] : [i32.add(base, i32.const(4 * k * stride)), 0]));
}
const gather = (f: Func, place: (k: number) => readonly [I32, number]): V128 => {
  const v = f.let(v128.load32Zero(...place(0)));
  for (let k = 1; k < 4; k++) {
    const [address, offset] = place(k);
    f.set(v, v128.load32Lane(address, v, k, offset));
  }
  return v;
};
/** Loads four elements whose positions are the lanes of `at`. */
export function gatherVector(f: Func, base: I32, at: V128, dtype: DType): V128 {
  if (bytesWide(dtype)) return fromLanes(f, dtype, (k) => i32.load8U(i32.add(base, i32x4.lane(at, k))));
  return gather(f, (k) => [i32.add(base, i32.shl(i32x4.lane(at, k), i32.const(2))), 0]);
}
/** Stores four elements side by side. */
export function storeVector(f: Func, address: I32, x: V128, dtype: DType, offset: number): Value<'void'> {
  if (!bytesWide(dtype)) return v128.store(address, x, offset);
  const small = dtype === 'bool' ? v128.and(x, f.i32s(1)) : x;
  const half = f.let(i32x4.narrow16(small, small));
  return v128.store32Lane(address, i32x4.narrow8(half, half), 0, offset);
}
/** A float operation on one number, made of that on vectors, so that a number does not depend on its place in an array. */
export const single = (f: Func, op: ScalarOp, args: readonly F32[]): F32 | null => {
  const math = vectorMath[op];
  if (!math) return null;
  const g = f.module.once(`${op}1`, { params: args.map(() => 'f32' as const), result: 'f32' }, (h) => {
    const [a, b] = args.map((_, k) => h.let(f32x4.splat(h.param<'f32'>(k))));
    h.do(f32x4.lane(math(h, a!, b ?? a!), 0));
  });
  return f.module.call(g, ...args);
};
