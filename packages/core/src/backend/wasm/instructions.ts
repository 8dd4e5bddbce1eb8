// The instructions of WebAssembly as typed builders of expression trees. A tree is written into the bytes of its function when a statement uses it.
// Long because it is a table: one line for each instruction.
import type { Bytes } from './bytes.js';

export type Type = 'i32' | 'i64' | 'f32' | 'f64' | 'v128';
export type Result = Type | 'void';
/** The instructions behind the prefixes 0xfc and 0xfd have these bits beside their number. */
const misc = 0xfc0000;
const simd = 0xfd0000;

/** Writes what follows an instruction's number: up to two numbers of its own. */
type Tail = (out: Bytes, n: number, m: number) => void;
/**
 * An instruction with its operands; its type is that of what it leaves on the stack. A step has ten thousand of them, made before the engine has
 * optimized anything: so there is no closure for each.
 */
export class Value<T extends Result = Result> {
  constructor(
    readonly type: T,
    private readonly op: number,
    private readonly args: readonly Value[],
    private readonly tail: Tail | null = null,
    private readonly n = 0,
    private readonly m = 0,
  ) {}
  write(out: Bytes): void {
    const { args, tail } = this;
    for (let k = 0; k < args.length; k++) args[k]!.write(out);
    out.instruction(this.op);
    if (tail) tail(out, this.n, this.m);
  }
}
const unsigned: Tail = (out, n) => out.unsigned(n);
const byte: Tail = (out, n) => out.byte(n);
const noOperands: readonly Value[] = [];
/** A local variable; as a value, what it holds. */
export class Local<T extends Type = Type> extends Value<T> {
  constructor(
    type: T,
    readonly index: number,
  ) {
    super(type, 0x20, noOperands, unsigned, index);
  }
}
/** The call of a function by its number. */
export const call = <R extends Result>(result: R, args: readonly Value[], index: number): Value<R> =>
  new Value(result, 0x10, args, unsigned, index);

export type I32 = Value<'i32'>;
export type F32 = Value<'f32'>;
export type F64 = Value<'f64'>;
export type V128 = Value<'v128'>;
export type Void = Value<'void'>;

type Unary<A extends Type, R extends Type = A> = (a: Value<A>) => Value<R>;
type Binary<A extends Type, R extends Type = A> = (a: Value<A>, b: Value<A>) => Value<R>;
const unary =
  <A extends Type, R extends Type = A>(type: R, op: number): Unary<A, R> =>
  (a) =>
    new Value(type, op, [a]);
const binary =
  <A extends Type, R extends Type = A>(type: R, op: number): Binary<A, R> =>
  (a, b) =>
    new Value(type, op, [a, b]);
const onVector = (n: number): Unary<'v128'> => unary('v128', simd | n);
const onVectors = (n: number): Binary<'v128'> => binary('v128', simd | n);

type Load<T extends Type> = (address: I32, offset?: number) => Value<T>;
type Store<T extends Type> = (address: I32, value: Value<T>, offset?: number) => Void;
const memarg: Tail = (out, align, offset) => {
  out.unsigned(align);
  out.unsigned(offset);
};
/** The memory argument of an instruction on one lane, whose number comes after the address's alignment. */
const memargLane =
  (align: number): Tail =>
  (out, offset, k) => {
    memarg(out, align, offset);
    out.byte(k);
  };
const [lane0, lane2, lane3] = [memargLane(0), memargLane(2), memargLane(3)];
const load =
  <T extends Type>(type: T, op: number, align: number): Load<T> =>
  (address, offset = 0) =>
    new Value(type, op, [address], memarg, align, offset);
const store =
  <T extends Type>(op: number, align: number): Store<T> =>
  (address, value, offset = 0) =>
    new Value('void', op, [address, value], memarg, align, offset);
const lane =
  <R extends Type>(type: R, n: number): ((v: V128, lane: number) => Value<R>) =>
  (v, k) =>
    new Value(type, simd | n, [v], byte, k);
const replace =
  <A extends Type>(n: number): ((v: V128, lane: number, x: Value<A>) => V128) =>
  (v, k, x) =>
    new Value('v128', simd | n, [v, x], byte, k);

const ofVectors: Tail = (out) => out.bytes([1, 0x7b]);
/** a when the condition is not 0, else b. */
export const select = <T extends Type>(a: Value<T>, b: Value<T>, condition: I32): Value<T> =>
  a.type === 'v128'
    ? new Value(a.type, 0x1c, [a, b, condition], ofVectors)
    : new Value(a.type, 0x1b, [a, b, condition]);

interface Integer {
  const(n: number): I32;
  eqz: Unary<'i32'>;
  eq: Binary<'i32'>;
  ne: Binary<'i32'>;
  lt: Binary<'i32'>;
  ltU: Binary<'i32'>;
  gt: Binary<'i32'>;
  gtU: Binary<'i32'>;
  le: Binary<'i32'>;
  leU: Binary<'i32'>;
  ge: Binary<'i32'>;
  geU: Binary<'i32'>;
  add: Binary<'i32'>;
  sub: Binary<'i32'>;
  mul: Binary<'i32'>;
  div: Binary<'i32'>;
  divU: Binary<'i32'>;
  rem: Binary<'i32'>;
  remU: Binary<'i32'>;
  and: Binary<'i32'>;
  or: Binary<'i32'>;
  xor: Binary<'i32'>;
  shl: Binary<'i32'>;
  shr: Binary<'i32'>;
  shrU: Binary<'i32'>;
  load: Load<'i32'>;
  load8U: Load<'i32'>;
  store: Store<'i32'>;
  store8: Store<'i32'>;
  wrap: Unary<'i64', 'i32'>;
  reinterpret: Unary<'f32', 'i32'>;
}
const signed: Tail = (out, n) => out.signed(n);
export const i32: Integer = {
  const: (n) => new Value('i32', 0x41, noOperands, signed, n),
  eqz: unary('i32', 0x45),
  eq: binary('i32', 0x46),
  ne: binary('i32', 0x47),
  lt: binary('i32', 0x48),
  ltU: binary('i32', 0x49),
  gt: binary('i32', 0x4a),
  gtU: binary('i32', 0x4b),
  le: binary('i32', 0x4c),
  leU: binary('i32', 0x4d),
  ge: binary('i32', 0x4e),
  geU: binary('i32', 0x4f),
  add: binary('i32', 0x6a),
  sub: binary('i32', 0x6b),
  mul: binary('i32', 0x6c),
  div: binary('i32', 0x6d),
  divU: binary('i32', 0x6e),
  rem: binary('i32', 0x6f),
  remU: binary('i32', 0x70),
  and: binary('i32', 0x71),
  or: binary('i32', 0x72),
  xor: binary('i32', 0x73),
  shl: binary('i32', 0x74),
  shr: binary('i32', 0x75),
  shrU: binary('i32', 0x76),
  load: load('i32', 0x28, 2),
  load8U: load('i32', 0x2d, 0),
  store: store(0x36, 2),
  store8: store(0x3a, 0),
  wrap: unary('i32', 0xa7),
  reinterpret: unary('i32', 0xbc),
};
/** Rounds toward zero; NaN gives 0, and what does not fit the nearest integer. */
export const truncateToI64: Unary<'f64', 'i64'> = unary('i64', misc | 6);

interface Float<T extends 'f32' | 'f64'> {
  const(x: number): Value<T>;
  eq: Binary<T, 'i32'>;
  ne: Binary<T, 'i32'>;
  lt: Binary<T, 'i32'>;
  gt: Binary<T, 'i32'>;
  le: Binary<T, 'i32'>;
  ge: Binary<T, 'i32'>;
  abs: Unary<T>;
  neg: Unary<T>;
  ceil: Unary<T>;
  floor: Unary<T>;
  trunc: Unary<T>;
  nearest: Unary<T>;
  sqrt: Unary<T>;
  add: Binary<T>;
  sub: Binary<T>;
  mul: Binary<T>;
  div: Binary<T>;
  min: Binary<T>;
  max: Binary<T>;
  copysign: Binary<T>;
  load: Load<T>;
  store: Store<T>;
  fromI32: Unary<'i32', T>;
  fromU32: Unary<'i32', T>;
}
const single: Tail = (out, x) => out.f32(x);
const double: Tail = (out, x) => out.f64(x);
export const f32: Float<'f32'> & { demote: Unary<'f64', 'f32'> } = {
  const: (x) => new Value('f32', 0x43, noOperands, single, x),
  eq: binary('i32', 0x5b),
  ne: binary('i32', 0x5c),
  lt: binary('i32', 0x5d),
  gt: binary('i32', 0x5e),
  le: binary('i32', 0x5f),
  ge: binary('i32', 0x60),
  abs: unary('f32', 0x8b),
  neg: unary('f32', 0x8c),
  ceil: unary('f32', 0x8d),
  floor: unary('f32', 0x8e),
  trunc: unary('f32', 0x8f),
  nearest: unary('f32', 0x90),
  sqrt: unary('f32', 0x91),
  add: binary('f32', 0x92),
  sub: binary('f32', 0x93),
  mul: binary('f32', 0x94),
  div: binary('f32', 0x95),
  min: binary('f32', 0x96),
  max: binary('f32', 0x97),
  copysign: binary('f32', 0x98),
  load: load('f32', 0x2a, 2),
  store: store(0x38, 2),
  fromI32: unary('f32', 0xb2),
  fromU32: unary('f32', 0xb3),
  demote: unary('f32', 0xb6),
};
export const f64: Float<'f64'> & { promote: Unary<'f32', 'f64'> } = {
  const: (x) => new Value('f64', 0x44, noOperands, double, x),
  eq: binary('i32', 0x61),
  ne: binary('i32', 0x62),
  lt: binary('i32', 0x63),
  gt: binary('i32', 0x64),
  le: binary('i32', 0x65),
  ge: binary('i32', 0x66),
  abs: unary('f64', 0x99),
  neg: unary('f64', 0x9a),
  ceil: unary('f64', 0x9b),
  floor: unary('f64', 0x9c),
  trunc: unary('f64', 0x9d),
  nearest: unary('f64', 0x9e),
  sqrt: unary('f64', 0x9f),
  add: binary('f64', 0xa0),
  sub: binary('f64', 0xa1),
  mul: binary('f64', 0xa2),
  div: binary('f64', 0xa3),
  min: binary('f64', 0xa4),
  max: binary('f64', 0xa5),
  copysign: binary('f64', 0xa6),
  load: load('f64', 0x2b, 3),
  store: store(0x39, 3),
  fromI32: unary('f64', 0xb7),
  fromU32: unary('f64', 0xb8),
  promote: unary('f64', 0xbb),
};

type Lane<T extends Type> = (v: V128, lane: number) => Value<T>;
type Replace<T extends Type> = (v: V128, lane: number, x: Value<T>) => V128;
type Shift = (v: V128, by: I32) => V128;
type Ternary = (a: V128, b: V128, c: V128) => V128;
/** Builders by name: `one` takes a vector, `two` take a pair of them. */
type Vector<T extends Type, One extends string, Two extends string> = Readonly<
  Record<One, Unary<'v128'>> & Record<Two, Binary<'v128'>>
> & { readonly splat: Unary<T, 'v128'>; readonly lane: Lane<T>; readonly replace: Replace<T> };
const shift =
  (n: number): Shift =>
  (v, by) =>
    new Value('v128', simd | n, [v, by]);

/** Sixteen bytes. */
interface Bits {
  load: Load<'v128'>;
  /** Four bytes, or eight, in the lowest places; the rest is 0. */
  load32Zero: Load<'v128'>;
  load64Zero: Load<'v128'>;
  load32Splat: Load<'v128'>;
  load64Splat: Load<'v128'>;
  store: Store<'v128'>;
  load32Lane(address: I32, v: V128, k: number, offset?: number): V128;
  load64Lane(address: I32, v: V128, k: number, offset?: number): V128;
  store32Lane(address: I32, v: V128, k: number, offset?: number): Void;
  store64Lane(address: I32, v: V128, k: number, offset?: number): Void;
  not: Unary<'v128'>;
  and: Binary<'v128'>;
  /** a and not b */
  andnot: Binary<'v128'>;
  or: Binary<'v128'>;
  xor: Binary<'v128'>;
  /** Bits of a where the mask is 1, of b where it is 0. */
  bitselect: Ternary;
  anyTrue: Unary<'v128', 'i32'>;
  f32s(x: number): V128;
  i32s(a: number, b?: number, c?: number, d?: number): V128;
  f64s(x: number): V128;
  /** Four lanes of 32 bits: 0-3 are those of a, 4-7 those of b. */
  shuffle32(a: V128, b: V128, lanes: readonly [number, number, number, number]): V128;
}
const singles: Tail = (out, x) => {
  for (let k = 0; k < 4; k++) out.f32(x);
};
const doubles: Tail = (out, x) => {
  for (let k = 0; k < 2; k++) out.f64(x);
};
export const v128: Bits = {
  load: load('v128', simd | 0, 2),
  load32Zero: load('v128', simd | 92, 0),
  load64Zero: load('v128', simd | 93, 2),
  load32Splat: load('v128', simd | 9, 2),
  load64Splat: load('v128', simd | 10, 2),
  store: store<'v128'>(simd | 11, 2),
  load32Lane: (address, v, k, offset = 0) => new Value('v128', simd | 86, [address, v], lane2, offset, k),
  load64Lane: (address, v, k, offset = 0) => new Value('v128', simd | 87, [address, v], lane3, offset, k),
  store32Lane: (address, v, k, offset = 0) => new Value('void', simd | 90, [address, v], lane0, offset, k),
  store64Lane: (address, v, k, offset = 0) => new Value('void', simd | 91, [address, v], lane0, offset, k),
  not: onVector(77),
  and: onVectors(78),
  andnot: onVectors(79),
  or: onVectors(80),
  xor: onVectors(81),
  bitselect: (a, b, mask) => new Value('v128', simd | 82, [a, b, mask]),
  anyTrue: unary<'v128', 'i32'>('i32', simd | 83),
  f32s: (x) => new Value('v128', simd | 12, noOperands, singles, x),
  i32s: (a, b = a, c = a, d = a) =>
    new Value('v128', simd | 12, noOperands, (out) => {
      for (const x of [a, b, c, d]) out.i32(x);
    }),
  f64s: (x) => new Value('v128', simd | 12, noOperands, doubles, x),
  shuffle32: (a, b, lanes) =>
    new Value('v128', simd | 13, [a, b], (out) => {
      for (const k of lanes) for (let byte = 0; byte < 4; byte++) out.byte(4 * k + byte);
    }),
};

/** Four 32-bit floats. `pmin` is b < a ? b : a, `pmax` a < b ? b : a; `demote` fills the lower lanes from two 64-bit floats. */
export const f32x4: Vector<
  'f32',
  'ceil' | 'floor' | 'trunc' | 'nearest' | 'abs' | 'neg' | 'sqrt' | 'fromI32' | 'fromU32' | 'demote',
  'eq' | 'ne' | 'lt' | 'gt' | 'le' | 'ge' | 'add' | 'sub' | 'mul' | 'div' | 'min' | 'max' | 'pmin' | 'pmax'
> & {
  /** a*b + c and c - a*b, rounded once or twice. */
  readonly relaxedMadd: Ternary;
  readonly relaxedNmadd: Ternary;
} = {
  splat: unary('v128', simd | 19),
  lane: lane('f32', 31),
  replace: replace(32),
  eq: onVectors(65),
  ne: onVectors(66),
  lt: onVectors(67),
  gt: onVectors(68),
  le: onVectors(69),
  ge: onVectors(70),
  ceil: onVector(103),
  floor: onVector(104),
  trunc: onVector(105),
  nearest: onVector(106),
  abs: onVector(224),
  neg: onVector(225),
  sqrt: onVector(227),
  add: onVectors(228),
  sub: onVectors(229),
  mul: onVectors(230),
  div: onVectors(231),
  min: onVectors(232),
  max: onVectors(233),
  pmin: onVectors(234),
  pmax: onVectors(235),
  fromI32: onVector(250),
  fromU32: onVector(251),
  demote: onVector(94),
  relaxedMadd: (a, b, c) => new Value('v128', simd | 0x105, [a, b, c]),
  relaxedNmadd: (a, b, c) => new Value('v128', simd | 0x106, [a, b, c]),
};
/** Two 64-bit floats; `promote` and `fromI32` take the lower lanes of four. */
export const f64x2: Vector<
  'f64',
  'abs' | 'neg' | 'sqrt' | 'ceil' | 'floor' | 'trunc' | 'nearest' | 'promote' | 'fromI32' | 'fromU32',
  'eq' | 'ne' | 'lt' | 'gt' | 'le' | 'ge' | 'add' | 'sub' | 'mul' | 'div' | 'min' | 'max' | 'pmin' | 'pmax'
> & {
  readonly relaxedMadd: Ternary;
  readonly relaxedNmadd: Ternary;
} = {
  splat: unary('v128', simd | 20),
  lane: lane('f64', 33),
  replace: replace(34),
  eq: onVectors(71),
  ne: onVectors(72),
  lt: onVectors(73),
  gt: onVectors(74),
  le: onVectors(75),
  ge: onVectors(76),
  abs: onVector(236),
  neg: onVector(237),
  sqrt: onVector(239),
  add: onVectors(240),
  sub: onVectors(241),
  mul: onVectors(242),
  div: onVectors(243),
  min: onVectors(244),
  max: onVectors(245),
  pmin: onVectors(246),
  pmax: onVectors(247),
  ceil: onVector(116),
  floor: onVector(117),
  trunc: onVector(122),
  nearest: onVector(148),
  promote: onVector(95),
  fromI32: onVector(254),
  fromU32: onVector(255),
  relaxedMadd: (a, b, c) => new Value('v128', simd | 0x107, [a, b, c]),
  relaxedNmadd: (a, b, c) => new Value('v128', simd | 0x108, [a, b, c]),
};
/** Two 64-bit integers. */
export const i64x2: Readonly<Record<'add' | 'sub', Binary<'v128'>> & Record<'shl' | 'shr' | 'shrU', Shift>> = {
  add: onVectors(206),
  sub: onVectors(209),
  shl: shift(203),
  shr: shift(204),
  shrU: shift(205),
};
/**
 * Four 32-bit integers. `truncate` goes toward zero: NaN gives 0, what does not fit the nearest integer; `truncate64` fills the lower lanes
 * from two 64-bit floats. `widen8` makes eight 16-bit lanes of the lower bytes, `widen16` four 32-bit lanes of those; `narrow` is the way back.
 */
export const i32x4: Vector<
  'i32',
  'abs' | 'neg' | 'truncate' | 'truncate64' | 'widen16' | 'widen8',
  | 'eq'
  | 'ne'
  | 'lt'
  | 'ltU'
  | 'gt'
  | 'le'
  | 'leU'
  | 'ge'
  | 'add'
  | 'sub'
  | 'mul'
  | 'min'
  | 'minU'
  | 'max'
  | 'maxU'
  | 'narrow16'
  | 'narrow8'
> &
  Readonly<Record<'shl' | 'shr' | 'shrU', Shift>> = {
  splat: unary('v128', simd | 17),
  lane: lane('i32', 27),
  replace: replace(28),
  eq: onVectors(55),
  ne: onVectors(56),
  lt: onVectors(57),
  ltU: onVectors(58),
  gt: onVectors(59),
  le: onVectors(61),
  leU: onVectors(62),
  ge: onVectors(63),
  abs: onVector(160),
  neg: onVector(161),
  shl: shift(171),
  shr: shift(172),
  shrU: shift(173),
  add: onVectors(174),
  sub: onVectors(177),
  mul: onVectors(181),
  min: onVectors(182),
  minU: onVectors(183),
  max: onVectors(184),
  maxU: onVectors(185),
  truncate: onVector(248),
  truncate64: onVector(252),
  widen16: onVector(169),
  widen8: onVector(137),
  narrow16: onVectors(133),
  narrow8: onVectors(102),
};
