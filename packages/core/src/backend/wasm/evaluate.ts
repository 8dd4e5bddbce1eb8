// Computes expressions inside a nest of loops: each part at the outermost loop where it is known, as one number or as four along the vector axis.
import { dtypes, type DType } from '../../base/index.js';
import { linear, loopsOf, type Expr } from '../../kernel/index.js';
import { i32, i32x4, v128, type F32, type I32, type Local, type Type, type V128, type Value } from './instructions.js';
import type { Func } from './module.js';
import { constant, convert, loadScalar, operate } from './scalar.js';
import {
  convertVector,
  gatherVector,
  hasVectors,
  loadVector,
  operateVector,
  shifts,
  shiftVector,
  single,
  splat,
} from './vector.js';

type Number = Value<'i32' | 'f32' | 'f64'>;

/** The loops around an expression, outermost first, by their bits. The vector axis is one of them. */
export interface Nest {
  readonly bits: readonly number[];
  readonly variables: readonly Local<'i32'>[];
  /** Bit of the axis along which four elements are computed at once; 0 when there is none. */
  readonly vector: number;
}
/** A part that is computed once for each run of the loop at its depth. */
interface Item {
  readonly define: () => Value<Type>;
  local: Local | null;
}
/** Which copy of the inner loops a part belongs to: whole vectors, or the rest of the axis, one by one. Outside of the vector axis there is one copy. */
export type Stage = 'whole' | 'rest';

const addressBits = (dtype: DType): number => Math.log2(dtypes[dtype].bytes);
/** Whether all that changes along an axis can be computed in vectors. */
export function vectorisable(roots: readonly Expr[], every: readonly Expr[], bit: number): boolean {
  return roots.every((e) => hasVectors(e.dtype)) && every.every((e) => hasVectors(e.dtype) || !(loopsOf(e) & bit));
}

export class Evaluator {
  private readonly items = new Map<string, Item>();
  /** Parts by stage and depth, in the order of computation. */
  private readonly places = new Map<string, Item[]>();
  private readonly depthOfVector: number;
  constructor(
    private readonly f: Func,
    private readonly inputs: readonly I32[],
    private readonly params: readonly Number[],
    private readonly nest: Nest,
  ) {
    this.depthOfVector = nest.vector ? nest.bits.indexOf(nest.vector) + 1 : Infinity;
  }
  private depthOf(bits: number): number {
    for (let d = this.nest.bits.length; d > 0; d--) if (bits & this.nest.bits[d - 1]!) return d;
    return 0;
  }
  private placeOf(bits: number, stage: Stage): string {
    const depth = this.depthOf(bits);
    return depth < this.depthOfVector ? `${depth}` : `${stage}${depth}`;
  }
  /** Registers a part after those that `needs` names; the result reads it once it has been computed. */
  private part<T extends Type, N>(
    key: string,
    bits: number,
    stage: Stage,
    needs: () => N,
    define: (needed: N) => Value<T>,
  ): () => Value<T> {
    const place = this.placeOf(bits, stage);
    const id = `${place}:${key}`;
    let item = this.items.get(id);
    if (!item) {
      const needed = needs();
      this.items.set(id, (item = { define: () => define(needed), local: null }));
      (this.places.get(place) ?? this.places.set(place, []).get(place)!).push(item);
    }
    return () => item.local as unknown as Value<T>;
  }
  /** Computes all parts that belong right inside of the loop at this depth; 0 is outside of all loops. */
  enter(depth: number, stage: Stage): void {
    const place = depth < this.depthOfVector ? `${depth}` : `${stage}${depth}`;
    for (const item of this.places.get(place) ?? []) item.local = this.f.let(item.define());
  }
  private variable(bit: number): Local<'i32'> {
    return this.nest.variables[this.nest.bits.indexOf(bit)]!;
  }

  /** One number. */
  scalar(e: Expr, stage: Stage): () => Number {
    const { f } = this;
    if (e.kind === 'const') return () => constant(e.value, e.dtype);
    if (e.kind === 'param') return () => this.params[e.slot]!;
    if (e.kind === 'acc') throw new Error('wasm: a result of a stage is read outside of its kernel');
    const bits = loopsOf(e);
    if (e.kind === 'loop') return () => this.variable(bits);
    const key = `s${e.id}`;
    if (e.kind === 'load')
      return this.part(
        key,
        bits,
        stage,
        () => this.address(e.input, e.at, e.dtype, stage),
        (address) => loadScalar(address(), e.dtype),
      );
    const args = (): (() => Number)[] => e.args.map((a) => this.scalar(a, stage));
    if (e.kind === 'cast')
      return this.part(key, bits, stage, args, ([x]) => convert(f, x!(), e.args[0].dtype, e.dtype));
    return this.part(key, bits, stage, args, (needed) => {
      const [a, b] = e.args as [Expr, Expr];
      const values = needed.map((x) => x());
      // indices that cannot be negative need no care
      if ((e.op === 'idiv' || e.op === 'mod') && e.dtype === 'i32' && a.lo >= 0 && a.hi < 2 ** 31 && b.lo > 0)
        return (e.op === 'idiv' ? i32.divU : i32.remU)(values[0]! as I32, values[1]! as I32);
      const last = e.args.at(-1)!.dtype;
      if (e.op === 'where') values[0] = convert(f, values[0]!, a.dtype, 'bool');
      const math = last === 'f32' ? single(f, e.op, values as F32[]) : null;
      return math ?? operate(f, e.op, last, values);
    });
  }
  /** The address of an element. */
  private address(input: number, at: Expr, dtype: DType, stage: Stage): () => I32 {
    const base = this.inputs[input]!;
    if (at.kind === 'const' && at.value === 0) return () => base;
    return this.part(
      `a${input}:${dtype}:${at.id}`,
      loopsOf(at),
      stage,
      () => this.scalar(at, stage),
      (index) => i32.add(base, i32.shl(index() as I32, i32.const(addressBits(dtype)))),
    );
  }
  /** The address of an element of the output, which is read and written like an input. */
  output(at: Expr, dtype: DType, stage: Stage): () => I32 {
    return this.address(this.inputs.length - 1, at, dtype, stage);
  }

  /** The bytes from the first element of the vector axis to where the loop stands. */
  private along(bytes: number): () => I32 {
    const { vector } = this.nest;
    const variable = this.variable(vector);
    return this.part(
      `v${bytes}`,
      vector,
      'whole',
      () => null,
      () => i32.mul(variable, i32.const(bytes)),
    );
  }
  /** The address of the element at the vector axis' position, split into base and way along the axis; null when its steps are not equal. */
  private strided(input: number, at: Expr, dtype: DType): { address: () => I32; stride: number } | null {
    const step = linear(at, this.nest.vector);
    if (!step) return null;
    const base = this.address(input, step.rest, dtype, 'whole');
    const bytes = dtypes[dtype].bytes * step.stride;
    const way = this.along(bytes);
    return { stride: step.stride, address: () => i32.add(base(), way()) };
  }
  /** The address where vectors of the output go, side by side. */
  outputs(at: Expr, dtype: DType): () => I32 {
    return this.strided(this.inputs.length - 1, at, dtype)!.address;
  }

  /** Four numbers along the vector axis, `4 * unit` elements after the loop variable. */
  vector(e: Expr, unit: number): () => V128 {
    const { f, nest } = this;
    const bits = loopsOf(e);
    if (e.kind === 'const')
      return () => (e.dtype === 'f32' ? f.f32s(e.value) : f.i32s(e.dtype === 'bool' ? -e.value : e.value));
    if (e.kind === 'param' || e.kind === 'acc' || !(bits & nest.vector))
      return this.part(
        `u${e.id}`,
        bits,
        'whole',
        () => this.scalar(e, 'whole'),
        (x) => splat(x(), e.dtype),
      );
    const key = `v${e.id}.${unit}`;
    if (e.kind === 'loop') {
      const variable = this.variable(nest.vector);
      return this.part(
        key,
        bits,
        'whole',
        () => null,
        () =>
          i32x4.add(
            i32x4.splat(variable),
            f.constant(`steps${unit}`, () => v128.i32s(4 * unit, 4 * unit + 1, 4 * unit + 2, 4 * unit + 3)),
          ),
      );
    }
    if (e.kind === 'load') return this.vectorLoad(e, key, unit);
    if (e.kind === 'op' && shifts[e.op] && !(loopsOf(e.args[1]!) & nest.vector))
      return this.part(
        key,
        bits,
        'whole',
        () => ({ x: this.vector(e.args[0]!, unit), by: this.scalar(e.args[1]!, 'whole') }),
        ({ x, by }) => shiftVector(f, e.op, e.dtype, x(), by() as I32),
      );
    const args = (): (() => V128)[] => e.args.map((a) => this.vector(a, unit));
    const kinds = e.args.map((a) => a.dtype);
    if (e.kind === 'cast')
      return this.part(key, bits, 'whole', args, ([x]) => convertVector(f, x!(), kinds[0]!, e.dtype));
    return this.part(key, bits, 'whole', args, (needed) => {
      const values = needed.map((x) => x());
      if (e.op === 'where') values[0] = convertVector(f, values[0]!, kinds[0]!, 'bool');
      return operateVector(f, e.op, kinds.at(-1)!, values, kinds);
    });
  }
  private vectorLoad(e: Extract<Expr, { kind: 'load' }>, key: string, unit: number): () => V128 {
    const { f } = this;
    const bits = loopsOf(e);
    const plain = linear(e.at, this.nest.vector) !== null;
    if (!plain)
      return this.part(
        key,
        bits,
        'whole',
        () => this.vector(e.at, unit),
        (at) => gatherVector(f, this.inputs[e.input]!, at(), e.dtype),
      );
    return this.part(
      key,
      bits,
      'whole',
      () => this.strided(e.input, e.at, e.dtype)!,
      ({ address, stride }) => {
        if (stride === 0) return splat(loadScalar(address(), e.dtype), e.dtype);
        const offset = 4 * unit * stride * dtypes[e.dtype].bytes;
        return offset < 0
          ? loadVector(f, i32.add(address(), i32.const(offset)), e.dtype, stride, 0)
          : loadVector(f, address(), e.dtype, stride, offset);
      },
    );
  }
}
