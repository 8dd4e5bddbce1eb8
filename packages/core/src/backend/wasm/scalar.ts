// How each scalar operation is spelled for one number at a time. Integers and bools live in i32; what has no spelling goes through its definition.
import { isFloat, type DType } from '../../base/index.js';
import { scalarOps, type ScalarOp } from '../../kernel/index.js';
import {
  f32,
  f64,
  i32,
  select,
  truncateToI64,
  type F32,
  type F64,
  type I32,
  type Type,
  type Value,
} from './instructions.js';
import { defined } from './definitions.js';
import type { Func } from './module.js';

/** The type of a local that holds a number of this dtype. */
export const typeOf = (dtype: DType): 'i32' | 'f32' | 'f64' => (isFloat(dtype) ? (dtype as 'f32' | 'f64') : 'i32');

type Number = Value<'i32' | 'f32' | 'f64'>;

/** A float as a signed integer of 32 bits, modulo 2^32; NaN and infinities give 0. */
export function toInteger(f: Func, x: F64): I32 {
  const wrapped = f.module.once('toInteger', { params: ['f64'], result: 'i32' }, (g) => {
    const v = g.param<'f64'>(0);
    const range = f64.const(2 ** 32);
    const high = f64.mul(f64.trunc(f64.div(v, range)), range);
    g.do(i32.wrap(truncateToI64(f64.sub(v, high))));
  });
  return f.module.call(wrapped, x);
}
/** Brings an i32 back into the range of a smaller dtype. */
export const wrap = (x: I32, dtype: DType): I32 => (dtype === 'u8' ? i32.and(x, i32.const(255)) : x);

export function convert(f: Func, x: Number, from: DType, to: DType): Number {
  if (from === to) return x;
  if (isFloat(from)) {
    const isSingle = from === 'f32';
    if (to === 'bool') return isSingle ? f32.ne(x as F32, f32.const(0)) : f64.ne(x as F64, f64.const(0));
    if (to === 'f64') return f64.promote(x as F32);
    if (to === 'f32') return f32.demote(x as F64);
    return wrap(toInteger(f, isSingle ? f64.promote(x as F32) : (x as F64)), to);
  }
  const n = x as I32;
  if (to === 'f32') return from === 'u32' ? f32.fromU32(n) : f32.fromI32(n);
  if (to === 'f64') return from === 'u32' ? f64.fromU32(n) : f64.fromI32(n);
  if (to === 'bool') return i32.ne(n, i32.const(0));
  return wrap(n, to);
}
export const constant = (value: number, dtype: DType): Number =>
  dtype === 'f32' ? f32.const(value) : dtype === 'f64' ? f64.const(value) : i32.const(value);

export function loadScalar(address: I32, dtype: DType, offset = 0): Number {
  if (dtype === 'f32') return f32.load(address, offset);
  if (dtype === 'f64') return f64.load(address, offset);
  return dtype === 'i32' || dtype === 'u32' ? i32.load(address, offset) : i32.load8U(address, offset);
}
export function storeScalar(address: I32, x: Number, dtype: DType, offset = 0): Value<'void'> {
  if (dtype === 'f32') return f32.store(address, x as F32, offset);
  if (dtype === 'f64') return f64.store(address, x as F64, offset);
  return dtype === 'i32' || dtype === 'u32'
    ? i32.store(address, x as I32, offset)
    : i32.store8(address, x as I32, offset);
}

type Spelling<T extends Type> = (f: Func, a: Value<T>, b: Value<T>) => Number;
/** One for the other: a function of two values that reads them more than once keeps them in locals. */
const held =
  <T extends Type>(make: (f: Func, a: Value<T>, b: Value<T>) => Number): Spelling<T> =>
  (f, a, b) =>
    make(f, f.let(a), b && f.let(b));

const floats = <T extends 'f32' | 'f64'>(m: typeof f32 | typeof f64): Partial<Record<ScalarOp, Spelling<T>>> => {
  const o = m as unknown as Record<
    'add' | 'sub' | 'mul' | 'div' | 'max' | 'min' | 'lt' | 'le' | 'eq' | 'ne' | 'copysign',
    (a: Value<T>, b: Value<T>) => Number
  > &
    Record<'neg' | 'abs' | 'floor' | 'ceil' | 'trunc' | 'nearest' | 'sqrt', (a: Value<T>) => Value<T>> & {
      const(x: number): Value<T>;
    };
  const two =
    (g: (a: Value<T>, b: Value<T>) => Number): Spelling<T> =>
    (_, a, b) =>
      g(a, b);
  const one =
    (g: (a: Value<T>) => Number): Spelling<T> =>
    (_, a) =>
      g(a);
  return {
    add: two(o.add),
    sub: two(o.sub),
    mul: two(o.mul),
    div: two(o.div),
    max: two(o.max),
    min: two(o.min),
    lt: two(o.lt),
    le: two(o.le),
    eq: two(o.eq),
    ne: two(o.ne),
    neg: one(o.neg),
    abs: one(o.abs),
    floor: one(o.floor),
    ceil: one(o.ceil),
    trunc: one(o.trunc),
    round: one(o.nearest),
    sqrt: one(o.sqrt),
    // 0, -0 and NaN are their own sign.
    sign: held(
      (_, x) =>
        select(
          o.copysign(o.const(1), x) as Value<T>,
          x,
          i32.and(o.eq(x, x) as I32, o.ne(x, o.const(0)) as I32),
        ) as unknown as Number,
    ),
  };
};

/** a / b rounded down, and a - b*floor(a / b); both 0 when b is 0. */
const divide = (f: Func, a: I32, b: I32, what: 'idiv' | 'mod' | 'rem'): I32 => {
  const g = f.module.once(what, { params: ['i32', 'i32'], result: 'i32' }, (h) => {
    const [x, y] = [h.param<'i32'>(0), h.param<'i32'>(1)];
    h.if(i32.leU(i32.add(y, i32.const(1)), i32.const(1)), () => {
      // y is 0 or -1, for which the machine's division may trap
      h.do(what === 'idiv' ? i32.mul(x, y) : i32.const(0));
      h.return();
    });
    const r = h.let(i32.rem(x, y));
    const down = i32.and(i32.ne(r, i32.const(0)), i32.lt(i32.xor(r, y), i32.const(0)));
    h.do(what === 'rem' ? r : what === 'idiv' ? i32.sub(i32.div(x, y), down) : select(i32.add(r, y), r, down));
  });
  return f.module.call(g, a, b);
};
const divideUnsigned = (f: Func, a: I32, b: I32, what: 'idiv' | 'mod'): I32 => {
  const g = f.module.once(`${what}U`, { params: ['i32', 'i32'], result: 'i32' }, (h) => {
    const [x, y] = [h.param<'i32'>(0), h.param<'i32'>(1)];
    h.if(i32.eqz(y), () => {
      h.do(i32.const(0));
      h.return();
    });
    h.do(what === 'idiv' ? i32.divU(x, y) : i32.remU(x, y));
  });
  return f.module.call(g, a, b);
};

const integers: Partial<Record<ScalarOp, (f: Func, a: I32, b: I32, dtype: DType) => I32>> = {
  add: (_, a, b) => i32.add(a, b),
  sub: (_, a, b) => i32.sub(a, b),
  mul: (_, a, b) => i32.mul(a, b),
  idiv: (f, a, b, t) => (t === 'i32' ? divide(f, a, b, 'idiv') : divideUnsigned(f, a, b, 'idiv')),
  mod: (f, a, b, t) => (t === 'i32' ? divide(f, a, b, 'mod') : divideUnsigned(f, a, b, 'mod')),
  rem: (f, a, b, t) => (t === 'i32' ? divide(f, a, b, 'rem') : divideUnsigned(f, a, b, 'mod')),
  lt: (_, a, b, t) => (t === 'u32' ? i32.ltU(a, b) : i32.lt(a, b)),
  le: (_, a, b, t) => (t === 'u32' ? i32.leU(a, b) : i32.le(a, b)),
  eq: (_, a, b) => i32.eq(a, b),
  ne: (_, a, b) => i32.ne(a, b),
  and: (_, a, b) => i32.and(a, b),
  or: (_, a, b) => i32.or(a, b),
  xor: (_, a, b) => i32.xor(a, b),
  shl: (_, a, b) => i32.shl(a, b),
  shr: (_, a, b) => i32.shr(a, b),
  ushr: (_, a, b) => i32.shrU(a, b),
  neg: (_, a) => i32.sub(i32.const(0), a),
  abs: (f, a, _, t) => (t === 'i32' ? absolute(f, f.let(a)) : a),
  sign: (f, a, _, t) => {
    const x = f.let(a);
    return t === 'i32' ? i32.sub(i32.gt(x, i32.const(0)), i32.lt(x, i32.const(0))) : i32.ne(x, i32.const(0));
  },
  max: (f, a, b, t) => {
    const [x, y] = [f.let(a), f.let(b)];
    return select(x, y, t === 'u32' ? i32.gtU(x, y) : i32.gt(x, y));
  },
  min: (f, a, b, t) => {
    const [x, y] = [f.let(a), f.let(b)];
    return select(x, y, t === 'u32' ? i32.ltU(x, y) : i32.lt(x, y));
  },
  floor: (_, a) => a,
  ceil: (_, a) => a,
  trunc: (_, a) => a,
  round: (_, a) => a,
};
const absolute = (_: Func, x: I32): I32 => select(i32.sub(i32.const(0), x), x, i32.lt(x, i32.const(0)));

const spellings = { f32: floats<'f32'>(f32), f64: floats<'f64'>(f64) };

/** One operation on numbers of dtype `dtype` (that of its last argument); comparisons give 0 or 1. */
export function operate(f: Func, op: ScalarOp, dtype: DType, args: readonly Number[]): Number {
  const [a, b, c] = args as [Number, Number, Number];
  if (op === 'where') return select(b, c, a as I32);
  if (op === 'polygamma') {
    const y = defined(f, op, [f64.fromI32(a as I32), dtype === 'f32' ? f64.promote(b as F32) : (b as F64)]);
    return dtype === 'f32' ? f32.demote(y) : y;
  }
  if (dtype === 'f32' || dtype === 'f64') {
    const spelling = spellings[dtype][op] as Spelling<Type> | undefined;
    if (spelling) return spelling(f, a, b);
    const y = defined(
      f,
      op,
      args.map((x) => (dtype === 'f32' ? f64.promote(x as F32) : (x as F64))),
    );
    return dtype === 'f32' ? f32.demote(y) : y;
  }
  const spelling = integers[op];
  if (spelling) return wrap(spelling(f, a as I32, b as I32, dtype), scalarOps[op].result === 'bool' ? 'bool' : dtype);
  const y = defined(
    f,
    op,
    args.map((x) => convert(f, x, dtype, 'f64') as F64),
  );
  return wrap(toInteger(f, y), dtype);
}
