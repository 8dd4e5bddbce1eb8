// Scalar expressions as data, and the table in which equal ones are found: each is made once, until the table is forgotten.
import { dtypes, type DType } from '../base/index.js';
import { scalarOps, type ScalarOp } from './scalar.js';

interface Common {
  readonly id: number;
  readonly dtype: DType;
  /** Bounds of the value, for integers; infinite when unknown. */
  readonly lo: number;
  readonly hi: number;
  /** Whether a term of the sum that it is may be a multiple of a remainder. */
  readonly remainder: boolean;
  /** The loop variables that it depends on, as bits, with `accBit` where it reads results of stages. */
  readonly reads: number;
}
export interface Const extends Common {
  readonly kind: 'const';
  readonly value: number;
}
/** Loop variable number `axis` of the outputs (`i`) or of the inner loops (`r`), from 0 to extent - 1. */
interface Loop extends Common {
  readonly kind: 'loop';
  readonly over: 'i' | 'r';
  readonly axis: number;
  readonly extent: number;
}
/** A number that is handed over at each run. */
interface Param extends Common {
  readonly kind: 'param';
  readonly slot: number;
}
/** The result of the stage with this number, at the row. */
interface Acc extends Common {
  readonly kind: 'acc';
  readonly slot: number;
}
interface Load extends Common {
  readonly kind: 'load';
  readonly input: number;
  readonly at: Expr;
}
interface Cast extends Common {
  readonly kind: 'cast';
  readonly args: readonly [Expr];
}
export interface Op extends Common {
  readonly kind: 'op';
  readonly op: ScalarOp;
  readonly args: readonly Expr[];
}
export type Expr = Const | Loop | Param | Acc | Load | Cast | Op;

/** All kinds have the same fields in the same order, so that reading them is fast. */
class Term {
  readonly id: number = ids++;
  constructor(
    readonly kind: Expr['kind'],
    readonly dtype: DType,
    readonly lo: number,
    readonly hi: number,
    readonly remainder: boolean,
    readonly reads: number,
    readonly op: ScalarOp | undefined,
    readonly args: readonly Expr[] | undefined,
    readonly at: Expr | undefined,
    readonly value: number | undefined,
    readonly over: 'i' | 'r' | undefined,
    readonly axis: number | undefined,
    readonly extent: number | undefined,
    readonly slot: number | undefined,
    readonly input: number | undefined,
  ) {}
}
let ids = 0;
/** Bit of a loop variable in a set of them. */
export const bitOf = (over: 'i' | 'r', axis: number): number => 1 << (over === 'i' ? axis : 16 + axis);
/** Stands for the results of stages in such a set. */
export const accBit: number = 1 << 15;
const u = undefined;
const { NEGATIVE_INFINITY: low, POSITIVE_INFINITY: high } = Number;
export const makeConst = (value: number, dtype: DType): Expr =>
  new Term('const', dtype, value, value, false, 0, u, u, u, value, u, u, u, u, u) as Expr;
export const makeLoop = (over: 'i' | 'r', axis: number, extent: number): Expr =>
  new Term(
    'loop',
    'i32',
    0,
    Math.max(0, extent - 1),
    false,
    bitOf(over, axis),
    u,
    u,
    u,
    u,
    over,
    axis,
    extent,
    u,
    u,
  ) as Expr;
export const makeSlot = (kind: 'param' | 'acc', slot: number, dtype: DType): Expr =>
  new Term(kind, dtype, low, high, false, kind === 'acc' ? accBit : 0, u, u, u, u, u, u, u, slot, u) as Expr;
export const makeLoad = (input: number, at: Expr, dtype: DType): Expr =>
  new Term('load', dtype, low, high, false, at.reads, u, u, at, u, u, u, u, u, input) as Expr;
export const makeCast = (x: Expr, dtype: DType): Expr =>
  new Term('cast', dtype, low, high, false, x.reads, u, [x], u, u, u, u, u, u, u) as Expr;
export const makeOp = (op: ScalarOp, args: readonly Expr[], dtype: DType, lo: number, hi: number): Expr => {
  const [a, b] = args as [Expr, Expr];
  const remainder =
    op === 'mod' ||
    (op === 'add' && (a.remainder || b.remainder)) ||
    (op === 'mul' && a.kind === 'op' && a.op === 'mod');
  let reads = 0;
  for (const x of args) reads |= x.reads;
  return new Term('op', dtype, lo, hi, remainder, reads, op, args, u, u, u, u, u, u, u) as Expr;
};

/** What an expression is made of: a number for its operation or kind and its dtype, and up to three parts. */
type Part = Expr | number | undefined;
interface Entry {
  readonly code: number;
  readonly a: Part;
  readonly b: Part;
  readonly c: Part;
  readonly result: Expr;
  /** The next entry with the same hash. */
  readonly next: Entry | undefined;
}
let table = new Map<number, Entry>();
/** Forgets the expressions that were made: called when a kernel is complete, so that the table stays small. */
export function forgetExpressions(): void {
  table = new Map();
}
const hashOf = (x: Part): number => (typeof x === 'object' ? x.id : x === undefined ? 0 : x | 0);
const hash = (code: number, a: Part, b: Part, c: Part): number =>
  (Math.imul(Math.imul(Math.imul(code ^ hashOf(a), 0x9e3779b1) ^ hashOf(b), 0x85ebca6b) ^ hashOf(c), 0xc2b2ae35) >>>
    2) |
  0;
/** What was made of these parts before. */
export function recall(code: number, a: Part, b?: Part, c?: Part): Expr | undefined {
  for (let e = table.get(hash(code, a, b, c)); e; e = e.next)
    if (e.code === code && e.a === a && e.b === b && e.c === c) return e.result;
  return undefined;
}
/** Remembers what is made of these parts; it may be simpler than they are. */
export function remember(result: Expr, code: number, a: Part, b?: Part, c?: Part): Expr {
  const key = hash(code, a, b, c);
  table.set(key, { code, a, b, c, result, next: table.get(key) });
  return result;
}
const kinds = ['const', 'special', 'i', 'r', 'param', 'acc', 'load', 'cast'] as const;
const names = Object.keys(dtypes) as DType[];
const numbered = <K extends string>(keys: readonly K[], from: number): Readonly<Record<K, number>> =>
  Object.fromEntries(keys.map((k, n) => [k, from + n])) as Record<K, number>;
/** Numbers of operations, of kinds and of dtypes. */
export const opCodes: Readonly<Record<ScalarOp, number>> = numbered(Object.keys(scalarOps) as ScalarOp[], 100);
export const kindCodes: Readonly<Record<(typeof kinds)[number], number>> = numbered(kinds, 1);
export const dtypeCodes: Readonly<Record<DType, number>> = numbered(names, 1);
