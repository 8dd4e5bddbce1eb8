// How each scalar operation is spelled in WGSL, by the dtype of its last argument, with the meaning that kernel/scalar.ts gives it.
import type { DType } from '../../../base/index.js';
import type { Expr, ScalarOp } from '../../../kernel/index.js';
import { spell } from './number.js';

/** The type of a value. Bytes are numbers of 32 bits that stay below 256. */
export const typeOf = (dtype: DType): string => (dtype === 'u8' ? 'u32' : dtype);
/** The type of an element in memory. */
export const storedTypeOf = (dtype: DType): string => (dtype === 'bool' || dtype === 'u8' ? 'u32' : dtype);
/** A value as it lies in memory, and back. */
export const toMemory = (text: string, dtype: DType): string => (dtype === 'bool' ? `select(0u, 1u, ${text})` : text);
export const fromMemory = (text: string, dtype: DType): string => (dtype === 'bool' ? `(${text} != 0u)` : text);
/** A parameter, from its bits. */
export function fromBits(bits: string, dtype: DType): string {
  if (dtype === 'bool') return `(${bits} != 0u)`;
  return dtype === 'u32' || dtype === 'u8' ? bits : `bitcast<${dtype}>(${bits})`;
}

const wrap = (text: string, dtype: DType): string => (dtype === 'u8' ? `(${text} & 255u)` : text);

/** A value as another dtype, as JavaScript's conversions have it: floats lose their fraction and wrap around. */
export function convert(text: string, from: DType, to: DType): string {
  if (from === to) return text;
  if (to === 'f32') return `f32(${text})`;
  if (to === 'bool')
    return from === 'f32' ? `((bitcast<u32>(${text}) & 0x7fffffffu) != 0u)` : `(${text} != ${spell(0, from)})`;
  if (from === 'bool') return `select(${spell(0, to)}, ${spell(1, to)}, ${text})`;
  if (from === 'f32') return wrap(to === 'i32' ? `toint_(${text})` : `u32(toint_(${text}))`, to);
  return wrap(to === 'i32' ? `i32(${text})` : `u32(${text})`, to);
}

type Spelling = (a: string, b: string, c: string) => string;
const two =
  (symbol: string): Spelling =>
  (a, b) =>
    `(${a} ${symbol} ${b})`;
const call =
  (name: string): Spelling =>
  (...args) =>
    `${name}(${args.filter((x) => x !== undefined).join(', ')})`;
const same: Spelling = (a) => a;
type Table = Partial<Record<ScalarOp, Spelling>>;

const shared: Table = {
  add: two('+'),
  sub: two('-'),
  mul: two('*'),
  lt: two('<'),
  le: two('<='),
  eq: two('=='),
  ne: two('!='),
  where: (c, a, b) => `select(${b}, ${a}, ${c})`,
};
const floats: Table = {
  ...shared,
  // WGSL's != is false for NaN
  ne: (a, b) => `(!(${a} == ${b}))`,
  div: call('div_'),
  idiv: call('floordiv_'),
  neg: (a) => `(-${a})`,
  abs: call('abs'),
  floor: call('floor'),
  ceil: call('ceil'),
  trunc: call('trunc'),
  round: call('round'),
  sqrt: call('sqrt'),
  ...Object.fromEntries(
    (
      'mod rem pow max min atan2 sign exp expm1 log log1p sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh erf erfc erfinv lgamma polygamma'.split(
        ' ',
      ) as ScalarOp[]
    ).map((op) => [op, call(`${op}_`)]),
  ),
};
const integers: Table = {
  ...shared,
  and: two('&'),
  or: two('|'),
  xor: two('^'),
  max: call('max'),
  min: call('min'),
  floor: same,
  ceil: same,
  trunc: same,
  round: same,
};
const signed: Table = {
  ...integers,
  div: call('rdiv_'),
  pow: call('ipow_'),
  idiv: call('idiv_'),
  mod: call('imod_'),
  rem: call('irem_'),
  shl: (a, b) => `(${a} << (u32(${b}) & 31u))`,
  shr: (a, b) => `(${a} >> (u32(${b}) & 31u))`,
  ushr: (a, b) => `i32(u32(${a}) >> (u32(${b}) & 31u))`,
  neg: (a) => `(0i - ${a})`,
  abs: call('abs'),
  sign: call('sign'),
};
const unsigned: Table = {
  ...integers,
  div: call('udiv_'),
  pow: (a, b) => `u32(ipow_(i32(${a}), i32(${b})))`,
  idiv: call('udiv_'),
  mod: call('umod_'),
  rem: call('umod_'),
  shl: (a, b) => `(${a} << (${b} & 31u))`,
  shr: (a, b) => `(${a} >> (${b} & 31u))`,
  ushr: (a, b) => `(${a} >> (${b} & 31u))`,
  neg: (a) => `(0u - ${a})`,
  abs: same,
  sign: (a) => `min(${a}, 1u)`,
};
/** Numbers 0 and 1; what is not 0 counts as 1. Both sides are computed: `&&` would be a branch. */
const bools: Table = {
  add: two('|'),
  sub: two('!='),
  mul: two('&'),
  max: two('|'),
  min: two('&'),
  and: two('&'),
  or: two('|'),
  xor: two('!='),
  lt: (a, b) => `(!${a} & ${b})`,
  le: (a, b) => `(!${a} | ${b})`,
  eq: two('=='),
  ne: two('!='),
  where: shared.where!,
  neg: same,
  abs: same,
  sign: same,
};
const tables: Readonly<Partial<Record<DType, Table>>> = {
  f32: floats,
  i32: signed,
  u32: unsigned,
  u8: unsigned,
  bool: bools,
};

/** Comparisons whose meaning rests on NaN or infinity test bits: compilers may assume that there are neither. */
function special(op: ScalarOp, [a, b]: readonly Expr[], [x, y]: readonly string[]): string | null {
  if (a!.dtype !== 'f32' || !['lt', 'le', 'eq', 'ne'].includes(op)) return null;
  if (a === b && op === 'ne') return `isnan_(${x})`;
  if (a === b && op === 'eq') return `(!isnan_(${x}))`;
  const infinite = [a, b].some((e) => e!.kind === 'const' && Math.abs(e!.value) === Infinity);
  return infinite ? `${op}_(${x}, ${y})` : null;
}
const isIndex = (e: Expr): boolean => e.dtype === 'i32' && e.lo >= 0 && e.hi <= 2 ** 31 - 1;

/** The text of an operation; `text` gives that of an argument. */
export function operate(e: Extract<Expr, { kind: 'op' }>, text: (e: Expr) => string): string {
  const [a, b] = e.args as [Expr, Expr];
  if (e.op === 'floor' && a.kind === 'op' && a.op === 'div' && a.dtype === 'f32')
    return `floordiv_(${a.args.map(text).join(', ')})`;
  const args = e.args.map(text);
  const [x, y, z] = args as [string, string, string];
  if ((e.op === 'idiv' || e.op === 'mod') && isIndex(a) && b.kind === 'const' && b.value > 0)
    return `i32(u32(${x}) ${e.op === 'idiv' ? '/' : '%'} ${b.value}u)`;
  // an index that may be negative, divided without a branch
  if (
    (e.op === 'idiv' || e.op === 'mod') &&
    a.dtype === 'i32' &&
    b.kind === 'const' &&
    b.value > 0 &&
    b.value < 2 ** 30
  )
    if (a.lo > b.value - 2 ** 31 && a.hi < 2 ** 31)
      return e.op === 'idiv'
        ? `((${x} - select(0i, ${b.value - 1}i, ${x} < 0i)) / ${b.value}i)`
        : `(((${x} % ${b.value}i) + ${b.value}i) % ${b.value}i)`;
  const known = special(e.op, e.args, args);
  if (known) return known;
  const dtype = e.args.at(-1)!.dtype;
  const spelling = tables[dtype]?.[e.op];
  if (spelling) return e.dtype === 'bool' ? spelling(x, y, z) : wrap(spelling(x, y, z), dtype);
  // an operation of real numbers on integers: computed in f32
  const real = floats[e.op];
  if (!real) throw new Error(`webgpu: no spelling of ${e.op} for ${dtype}`);
  const as = args.map((t, k) => convert(t, e.args[k]!.dtype, 'f32')) as [string, string, string];
  const value = real(...as);
  return e.dtype === 'bool' ? value : convert(value, 'f32', e.dtype);
}

/** One step of a running value. */
export function combine(op: 'add' | 'mul' | 'max' | 'min', dtype: DType, a: string, v: string): string {
  return wrap(tables[dtype]![op]!(a, v, ''), dtype);
}
