// The module of a series of kernels, and its function that runs them all in turn: they find their arrays through a table of addresses in memory.
import { printKernel, type Kernel } from '../../kernel/index.js';
import type { Launch } from '../backend.js';
import { emitKernel } from './compile.js';
import type { Emitted, Phase } from './phase.js';
import { imports } from './definitions.js';
import { f32, f64, i32, type Local, type Type, type Value } from './instructions.js';
import { Module, type Engine, type Func, type Import, type Signature } from './module.js';

/** Calls for threads: divide(number of the part). */
const divide: Import = { name: 'divide', params: ['i32'], result: 'void' };
/** Bytes of an address in the table, and of a parameter after the addresses. */
const wordBytes = 4;
export const paramBytes = 8;

/** A phase that is worth dividing: the module exports it as `part` and its number, called as (from, to, scratch, shared). */
export interface Part {
  readonly extent: number;
  /** Rough cost of all units in nanoseconds. */
  readonly cost: number;
}
export interface StepCode {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Bytes that each thread needs for a run, and bytes that all threads share. */
  readonly scratch: number;
  readonly shared: number;
  readonly parts: readonly Part[];
}
export interface StepOptions {
  /** Where the table is. */
  readonly table: number;
  /** Number of addresses in it. */
  readonly places: number;
  readonly memory: { readonly shared: boolean; readonly maximum: number };
  readonly engine: Engine;
  /** Puts a constant table into memory for as long as the module lives, and gives its address. */
  readonly place: (words: Int32Array) => number;
  /** Phases that cost less in nanoseconds are not divided. */
  readonly least: number;
}

const partSignature: Signature = { params: ['i32', 'i32', 'i32', 'i32'], result: 'void' };
const loads: Partial<Record<Type, (table: Value<'i32'>, offset: number) => Value>> = {
  i32: i32.load,
  f32: f32.load,
  f64: f64.load,
};

/** Writes a module that exports `step(scratch, shared, threads)`. With more than one thread it hands large phases to the import `divide`. */
export function emitStep(
  launches: readonly Launch[],
  { table, places, memory, engine, place, least }: StepOptions,
): StepCode {
  const module = new Module([...imports, divide], memory, engine);
  const known = new Map<string, Emitted>();
  const emittedOf = (kernel: Kernel): Emitted => {
    const key = printKernel(kernel);
    let emitted = known.get(key);
    if (!emitted) known.set(key, (emitted = emitKernel(module, kernel, place)));
    return emitted;
  };
  const parts: Part[] = [];
  let [scratch, shared] = [0, 0];
  const calls: ((step: Func) => void)[] = [];
  for (const { kernel, inputs, outputs } of launches) {
    const emitted = emittedOf(kernel);
    scratch = Math.max(scratch, emitted.scratch);
    shared = Math.max(shared, emitted.shared);
    /** The call of a phase in `f` for some of its units. */
    const run = (f: Func, { func }: Phase, ...rest: readonly Value<'i32'>[]): void =>
      f.do(
        module.call(
          func,
          ...rest,
          ...[...inputs, ...outputs].map((at) => i32.load(i32.const(0), table + wordBytes * at)),
          ...kernel.params.map((_, k) => {
            const type = func.signature.params[4 + inputs.length + outputs.length + k]!;
            return loads[type]!(i32.const(0), paramsAt(table, places) + paramBytes * k);
          }),
        ),
      );
    for (const phase of emitted.phases) {
      const { extent, cost, func } = phase;
      const whole = (f: Func): void =>
        run(f, phase, i32.const(0), i32.const(extent), f.param<'i32'>(0), f.param<'i32'>(1));
      if (extent === 1 || extent * cost < least || func.usesImports) {
        calls.push(whole);
        continue;
      }
      const number = parts.push({ extent, cost: extent * cost }) - 1;
      module.add(partSignature, (f) => run(f, phase, ...(f.params as Local<'i32'>[])), `part${number}`);
      calls.push((f) =>
        f.if(
          i32.gt(f.param<'i32'>(2), i32.const(1)),
          () => f.do(module.callImport('divide', i32.const(number))),
          () => whole(f),
        ),
      );
    }
  }
  module.add(
    { params: ['i32', 'i32', 'i32'], result: 'void' },
    (f) => {
      for (const call of calls) call(f);
    },
    'step',
  );
  return { bytes: module.bytes(), scratch, shared, parts };
}
/** Where the parameters are in a table with so many addresses. */
export const paramsAt = (table: number, places: number): number =>
  table + Math.ceil((wordBytes * places) / paramBytes) * paramBytes;
/** Bytes of a table. */
export const tableBytes = (places: number, params: number): number => paramsAt(0, places) + paramBytes * params;
