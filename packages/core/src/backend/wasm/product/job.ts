// What the schedules of products share: the arguments of their functions, addresses, and the rows that tiles take.
import { sizeOf } from '../../../base/index.js';
import { linear, type Expr, type RowsKernel } from '../../../kernel/index.js';
import { i32, type I32, type Local } from '../instructions.js';
import type { Lanes } from './lanes.js';
import type { Engine, Func, Module } from '../module.js';
import { columnBit, rowBit, type Factor, type Product } from './form.js';
import { head } from '../phase.js';
import { operate } from '../scalar.js';

/** What costs are estimated from. */
export interface Given {
  readonly engine: Engine;
  readonly product: Product;
  readonly lanes: Lanes;
}
/** A product that is being written. */
export interface Job extends Given {
  readonly module: Module;
  readonly kernel: RowsKernel;
  /** Puts a constant table into memory, and gives its address. */
  readonly place: (words: Int32Array) => number;
  /** The array of a factor, in a function with the arguments of a phase. */
  readonly arrayOf: (f: Func, factor: Factor) => I32;
  /** Bytes at the start of the shared memory that are in use, and of the memory of a thread. */
  readonly taken: number;
  readonly own: number;
  /** Computes the arrays that are made anew at each position of the outer loops; null where there are none. */
  readonly renew: ((f: Func, outer: readonly Local<'i32'>[]) => void) | null;
}
/** A function of a schedule as a phase: its body, and how it may be divided. */
export interface Draft {
  readonly write: (f: Func) => void;
  readonly extent: number;
  /** Rough cost of one unit in nanoseconds. */
  readonly cost: number;
}
/** The phases of a schedule, and the bytes of memory that each thread needs, and that all share. */
export interface Schedule {
  readonly drafts: readonly Draft[];
  readonly scratch: number;
  readonly shared: number;
}

export const c: (n: number) => I32 = i32.const;
/** The arguments of a phase. */
export const from = (f: Func): Local<'i32'> => f.param<'i32'>(0);
export const to = (f: Func): Local<'i32'> => f.param<'i32'>(1);
export const scratch = (f: Func, { own }: Job): I32 => (own ? i32.add(f.param<'i32'>(2), c(own)) : f.param<'i32'>(2));
export const shared = (f: Func, { taken }: Job): I32 => i32.add(f.param<'i32'>(3), c(taken));
export const inputOf = (f: Func, k: number): Local<'i32'> => f.param<'i32'>(head + k);
export const outputOf = (f: Func, { kernel }: Job, k: number): Local<'i32'> =>
  f.param<'i32'>(head + kernel.inputs.length + k);

/** For loops over positions of the outer loops: the variables at the one with this number, after its arrays have been made. */
export function outerPositions(f: Func, job: Job): (number: I32) => Local<'i32'>[] {
  const { renew } = job;
  if (!renew) return (number) => outerVariables(f, job, number);
  const last = f.let(c(-1));
  return (number) => {
    const now = f.let(number);
    const outer = outerVariables(f, job, now);
    f.if(i32.ne(now, last), () => {
      f.set(last, now);
      renew(f, outer);
    });
    return outer;
  };
}
/** The variables of the outer loops from their number in row-major order. */
export function outerVariables(f: Func, { product }: Job, number: I32): Local<'i32'>[] {
  const { outer } = product;
  const variables = outer.map(() => f.local('i32'));
  const rest = f.let(number);
  for (let d = outer.length - 1; d > 0; d--) {
    f.set(variables[d]!, i32.remU(rest, c(outer[d]!)));
    f.set(rest, i32.divU(rest, c(outer[d]!)));
  }
  if (outer.length) f.set(variables[0]!, rest);
  return variables;
}
export const outerCount = ({ product }: Job): number => sizeOf(product.outer);
/** An index of the outer loops as bytes of elements of the product. */
function bytesAt(f: Func, { lanes }: Job, e: Expr, outer: readonly Local<'i32'>[]): I32 {
  const value = (x: Expr): I32 => {
    if (x.kind === 'const') return c(x.value);
    if (x.kind === 'loop') return outer[x.axis]!;
    if (x.kind !== 'op') throw new Error(`wasm: ${x.kind} in an index`);
    return operate(f, x.op, 'i32', x.args.map(value)) as I32;
  };
  return i32.mul(value(e), c(lanes.bytes));
}
/** Where the matrix of a factor begins. */
export const matrixOf = (f: Func, job: Job, factor: Factor, outer: readonly Local<'i32'>[]): Local<'i32'> =>
  f.let(i32.add(job.arrayOf(f, factor), bytesAt(f, job, factor.outer, outer)));
/** Where the matrix of the first output begins. */
export function resultOf(f: Func, job: Job, outer: readonly Local<'i32'>[]): Local<'i32'> {
  const { product } = job;
  const start = linear(linear(product.at, rowBit(product))!.rest, columnBit(product))!.rest;
  return f.let(i32.add(outputOf(f, job, 0), bytesAt(f, job, start, outer)));
}

/** Rows in panels of one height, and what is left. */
export interface Panels {
  readonly height: number;
  readonly count: number;
  readonly rest: number;
}
/** As few panels of at most `most` rows as possible, all but the last of one height. */
export function panelsOf(rows: number, most: number): Panels {
  const height = Math.ceil(rows / Math.ceil(rows / most));
  return { height, count: Math.floor(rows / height), rest: rows % height };
}
/** The most rows of a tile with two vectors of columns, as engines have registers for. */
export const mostRows = ({ madd }: Engine): number => (madd ? 6 : 4);
