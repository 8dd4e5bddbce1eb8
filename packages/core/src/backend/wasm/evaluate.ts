// Computes expressions at a point of the code: each part once, at the outermost loop where it is known, as one number or as four along an axis.
import { accBit, type Expr } from '../../kernel/index.js';
import { f32, f32x4, f64, f64x2, i32, i32x4, v128, type F32, type F64, type I32, type V128 } from './instructions.js';
import { outside, Point, type Frame, type Number, type Setting, type Source } from './point.js';
import { constant, convert, loadScalar, operate, storeScalar } from './scalar.js';
import { exponentOf, isPower } from './powers.js';
import { isBelowLargest, isNotAbove, isSearched } from './signs.js';
import { isSum, stepOf, sumOf, type Sum } from './sums.js';
import {
  constantVector,
  convertVector,
  gatherVector,
  hold,
  loadVector,
  operateVector,
  shifts,
  shiftVector,
  single,
  splat,
  storeVector,
  type Vector,
} from './vector.js';
import type { VectorOp } from './vector-math.js';

/** A point of the code, with what has been computed there. */
export class Scope extends Point<Scope> {
  private readonly numbers = new Map<Expr, Number>();
  private readonly vectors = new Map<Expr, Vector>();
  /** The point outside of all loops. */
  static outermost(frame: Frame, gone: number): Scope {
    return new Scope(frame, null, { ...outside, gone });
  }
  private inner(setting: Partial<Setting<Scope>>): Scope {
    const { vector, gone } = this.setting;
    return new Scope(this.frame, this, { ...outside, vector, gone, ...setting });
  }
  /** Inside of the loop with this variable. */
  inside(bit: number, variable: I32): Scope {
    return this.inner({ own: bit, variable });
  }
  /** Inside of a loop whose variable goes on by four or more, and along which vectors lie; `results` too when each lane has its own. */
  along(bit: number, variable: I32, results = false): Scope {
    return this.inner({ own: bit, variable, vector: results ? bit | accBit : bit });
  }
  /** Where a loop's variable stands `by` later; `beside` is a point with the same move outside of loops that are entered since. */
  moved(bit: number, by: number, beside: Scope | null = null): Scope {
    const own = this.setting.vector & bit ? bit | (this.setting.vector & accBit) : bit;
    return this.inner({ own, moved: new Map([[bit, by]]), beside });
  }
  /** Where loop variables are numbers. */
  fixed(values: ReadonlyMap<number, number>): Scope {
    let own = 0;
    for (const bit of values.keys()) own |= bit;
    return this.inner({ own, moved: values, fixed: true });
  }
  /** The same point, where some loop variables are part of others. */
  without(gone: number): Scope {
    return this.inner({ gone: this.setting.gone | gone });
  }

  private knownNumber(e: Expr): Number | undefined {
    const found = this.numbers.get(e) ?? this.setting.beside?.numbers.get(e);
    return found ?? (this.setting.moved && this.changes(e) ? undefined : this.outer?.knownNumber(e));
  }
  private knownVector(e: Expr): Vector | undefined {
    const found = this.vectors.get(e) ?? this.setting.beside?.vectors.get(e);
    return found ?? (this.setting.moved && this.changes(e) ? undefined : this.outer?.knownVector(e));
  }
  /** Whether a value is another one than at the point before variables were moved on. */
  private changes(e: Expr): boolean {
    return (this.bitsOf(e) & this.setting.own) !== 0;
  }
  private sourceOf(e: Expr): Source | null {
    const stored = this.frame.stored.get(e);
    if (stored) return stored.source;
    if (e.kind !== 'load') return null;
    return { key: `x${e.input}`, base: this.frame.inputs[e.input]!, dtype: e.dtype, sum: sumOf(e.at), at: e.at };
  }

  /**
   * Computes here what does not change inside of the loops with the bits `inner`; what is read along `vector` becomes vectors. Values that depend
   * on `apart` are left out, as each move has its own; their addresses are not.
   */
  hoist(roots: readonly Expr[], inner: number, vector: number, apart = 0): void {
    const seen = new Set<Expr>();
    const visit = (e: Expr, asVector: boolean): void => {
      if (e.kind === 'const' || ((e.kind === 'param' || e.kind === 'loop') && !asVector)) return;
      const bits = this.bitsOf(e);
      if (!(bits & (inner | apart))) {
        if (asVector) this.vector(e);
        else this.number(e);
        return;
      }
      if (seen.has(e)) return;
      seen.add(e);
      const source = this.sourceOf(e);
      if (source) {
        if (source.at && bits & vector && stepOf(source.sum, vector) === null) return visit(source.at, true);
        this.hoistPlace(source, inner);
        for (const { of } of source.sum.terms) visit(of, (this.bitsOf(of) & vector) !== 0);
      } else if (isSum(e)) for (const { of } of sumOf(e).terms) visit(of, (this.bitsOf(of) & vector) !== 0);
      else if (e.kind === 'op' || e.kind === 'cast') {
        const split = (bits & vector) !== 0;
        e.args.forEach((x, k) => visit(x, split && !(k === 1 && this.isShift(e, vector))));
      }
    };
    for (const e of roots) visit(e, vector !== 0);
  }
  private isShift(e: Expr, vector: number): boolean {
    return e.kind === 'op' && shifts[e.op] !== undefined && !(this.bitsOf(e.args[1]!) & vector);
  }

  number(e: Expr): Number {
    if (e.kind === 'const') return constant(e.value, e.dtype);
    if (e.kind === 'param') return this.frame.params[e.slot]!;
    if (e.kind === 'acc') return this.resultOf(e.slot) as Number;
    const found = this.knownNumber(e);
    if (found) return found;
    if (this.setting.moved && !this.changes(e)) return this.outer!.number(e);
    const value = this.frame.f.let(this.computeNumber(e));
    this.numbers.set(e, value);
    return value;
  }
  private computeNumber(e: Exclude<Expr, { kind: 'const' | 'param' | 'acc' }>): Number {
    const { f } = this.frame;
    const source = this.sourceOf(e);
    if (source) {
      const { address, offset } = this.locate(source);
      return loadScalar(address, source.dtype, offset);
    }
    if (e.kind === 'loop') {
      const { variable, moved } = this.position(e.reads);
      return variable ? (moved ? i32.add(variable, i32.const(moved)) : variable) : i32.const(moved);
    }
    if (isSum(e)) return this.sum(sumOf(e), 0);
    if (e.kind === 'cast') return convert(f, this.number(e.args[0]), e.args[0].dtype, e.dtype);
    if (e.kind === 'load') throw new Error('wasm: a load without an array');
    const values = e.args.map((x) => this.number(x));
    const [a, b] = e.args as [Expr, Expr];
    // indices that cannot be negative need no care
    if ((e.op === 'idiv' || e.op === 'mod') && e.dtype === 'i32' && a.lo >= 0 && a.hi < 2 ** 31 && b.lo > 0)
      return (e.op === 'idiv' ? i32.divU : i32.remU)(values[0]! as I32, values[1]! as I32);
    const last = e.args.at(-1)!.dtype;
    if (e.op === 'where') values[0] = convert(f, values[0]!, a.dtype, 'bool');
    const name = this.functionOf(e);
    return single(f, name, last, isPower(name) ? [values[0]!] : values) ?? operate(f, e.op, last, values);
  }
  /** The operation, or what does the same for the numbers that it gets here. */
  private functionOf(e: Extract<Expr, { kind: 'op' }>): VectorOp {
    const { op, args } = e;
    const exponent = exponentOf(e);
    if (exponent !== null) return `pow ${exponent}`;
    return op === 'exp' && args[0]!.dtype === 'f32' && isNotAbove(args[0]!, this.frame.stages ?? []) ? 'expBelow' : op;
  }
  vector(e: Expr): Vector {
    const { f } = this.frame;
    if (e.kind === 'const') return constantVector(f, e.value, e.dtype);
    const bits = this.bitsOf(e);
    if (e.kind === 'acc' && bits & this.setting.vector) return this.resultOf(e.slot) as Vector;
    const found = this.knownVector(e);
    if (found) return found;
    if (this.setting.moved && !this.changes(e)) return this.outer!.vector(e);
    const value = hold(f, bits & this.setting.vector ? this.computeVector(e) : splat(f, this.number(e), e.dtype));
    this.vectors.set(e, value);
    return value;
  }
  private get axis(): number {
    return this.setting.vector & ~accBit;
  }
  private lanes(by: number, moved: number): V128 {
    const from = by * moved;
    const key = `lanes${by},${from}`;
    return this.frame.f.constant(key, () => v128.i32s(from, from + by, from + 2 * by, from + 3 * by));
  }
  private computeVector(e: Expr): Vector {
    const { f } = this.frame;
    const { vector } = this.setting;
    const source = this.sourceOf(e);
    if (source) return this.read(source);
    if (e.kind === 'loop') {
      const { variable, moved } = this.position(this.axis);
      return [i32x4.add(i32x4.splat(variable!), this.lanes(1, moved))];
    }
    if (isSum(e)) return this.vectorSum(sumOf(e));
    if (e.kind === 'cast') return convertVector(f, this.vector(e.args[0]), e.args[0].dtype, e.dtype);
    if (e.kind !== 'op') throw new Error(`wasm: ${e.kind} has no vector`);
    if (this.isShift(e, vector))
      return shiftVector(f, e.op, e.dtype, this.vector(e.args[0]!), this.number(e.args[1]!) as I32);
    const special = this.multiplyAdd(e) ?? this.bounded(e) ?? this.dividedByPower(e) ?? this.square(e);
    if (special) return special;
    const kinds = e.args.map((x) => x.dtype);
    const values = e.args.map((x) => this.vector(x));
    if (e.op === 'where') values[0] = convertVector(f, values[0]!, kinds[0]!, 'bool');
    return operateVector(f, this.functionOf(e), kinds.at(-1)!, values, kinds);
  }
  /** Four elements from where the loops stand. */
  read(source: Source): Vector {
    const { f } = this.frame;
    const step = stepOf(source.sum, this.setting.vector);
    if (step === null) return gatherVector(f, source.base, this.vector(source.at!), source.dtype);
    const { address, offset } = this.locate(source);
    return loadVector(f, address, source.dtype, step, offset);
  }
  private vectorSum(sum: Sum): Vector {
    const { f } = this.frame;
    const { axis } = this;
    const along = sum.terms.find(({ of }) => of.kind === 'loop' && of.reads === axis);
    let total: V128 = i32x4.splat(this.sum(sum, this.setting.vector));
    // the variable's own move is in the number already
    if (along) total = i32x4.add(total, this.lanes(along.by, 0));
    for (const { by, of } of sum.terms) {
      if (of.kind === 'loop' || !(this.bitsOf(of) & this.setting.vector)) continue;
      const x = this.vector(of)[0]!;
      total = i32x4.add(total, by === 1 ? x : i32x4.mul(x, f.i32s(by)));
    }
    return [total];
  }
  /** The product that an argument is, if no other expression reads it. */
  private productOf(e: Expr): readonly [Expr, Expr] | null {
    if (e.kind !== 'op' || e.op !== 'mul' || this.frame.uses.get(e) !== 1) return null;
    if (!(this.bitsOf(e) & this.setting.vector) || this.frame.stored.has(e)) return null;
    return e.args as [Expr, Expr];
  }
  /** The factors, where the value is a product that nothing else reads. */
  factorsOf(e: Expr): readonly [Vector, Vector] | null {
    const product = this.productOf(e);
    return product && [this.vector(product[0]), this.vector(product[1])];
  }
  /** a*b + c and c - a*b in one instruction, where the engine has it. */
  private multiplyAdd(e: Extract<Expr, { kind: 'op' }>): Vector | null {
    if (
      (e.op !== 'add' && e.op !== 'sub') ||
      (e.dtype !== 'f32' && e.dtype !== 'f64') ||
      !this.frame.f.module.engine.madd ||
      // the largest less itself is 0, not what rounding took from it
      isBelowLargest(e, this.frame.stages ?? []) ||
      isSearched(e, this.frame.stages ?? [])
    )
      return null;
    const [a, b] = e.args as [Expr, Expr];
    const second = this.productOf(b);
    const first = !second && e.op === 'add' ? this.productOf(a) : null;
    const product = second ?? first;
    if (!product) return null;
    const [x, y] = product.map((p) => this.vector(p)) as [Vector, Vector];
    return fused(e.dtype, e.op === 'sub', x, y, this.vector(second ? a : b));
  }
  /** A power whose exponent is a number that is handed over: most often it is 2. */
  private square(e: Extract<Expr, { kind: 'op' }>): Vector | null {
    const [x, exponent] = e.args as [Expr, Expr];
    if (e.op !== 'pow' || exponent.kind !== 'param' || (e.dtype !== 'f32' && e.dtype !== 'f64')) return null;
    const { f } = this.frame;
    const make = e.dtype === 'f32' ? f32 : f64;
    const values = [this.vector(x), this.vector(exponent)];
    const out = values[0]!.map(() => f.local('v128'));
    const put = (y: Vector): void => y.forEach((part, k) => f.set(out[k]!, part));
    f.if(
      make.eq(this.number(exponent) as F32 & F64, make.const(2) as F32 & F64),
      () => put(operateVector(f, 'mul', e.dtype, [values[0]!, values[0]!], [e.dtype, e.dtype])),
      () => put(operateVector(f, 'pow', e.dtype, values, [e.dtype, e.dtype])),
    );
    return out;
  }
  /** x or a constant, whichever is larger (or smaller): NaN stays, as with the exact instruction, which is longer. */
  private bounded(e: Extract<Expr, { kind: 'op' }>): Vector | null {
    if ((e.op !== 'max' && e.op !== 'min') || (e.dtype !== 'f32' && e.dtype !== 'f64')) return null;
    const [a, b] = e.args as [Expr, Expr];
    const [x, bound] = b.kind === 'const' ? [a, b] : [b, a];
    if (bound.kind !== 'const' || Number.isNaN(bound.value)) return null;
    const make = e.dtype === 'f32' ? f32x4 : f64x2;
    const [v, c] = [this.vector(x), this.vector(bound)];
    return v.map((part, k) => make[e.op === 'max' ? 'pmax' : 'pmin'](part, c[k]!));
  }
  /** Quotients and remainders of integers by a power of two: both round down, as shifting and masking does. */
  private dividedByPower(e: Extract<Expr, { kind: 'op' }>): Vector | null {
    const by = e.args[1];
    if ((e.op !== 'idiv' && e.op !== 'mod') || e.dtype !== 'i32' || by?.kind !== 'const') return null;
    const shift = Math.log2(by.value);
    if (!Number.isInteger(shift) || by.value < 1) return null;
    const [x] = this.vector(e.args[0]!);
    return [e.op === 'idiv' ? i32x4.shr(x!, i32.const(shift)) : v128.and(x!, this.frame.f.i32s(by.value - 1))];
  }
  /** Writes four numbers where the loops stand. */
  storeVector(source: Source, x: Vector): void {
    const { address, offset } = this.locate(source);
    storeVector(this.frame.f, address, x, source.dtype, stepOf(source.sum, this.axis)!, offset);
  }
  /** Writes a number where the loops stand. */
  storeNumber(source: Source, x: Number): void {
    const { address, offset } = this.locate(source);
    this.frame.f.do(storeScalar(address, x, source.dtype, offset));
  }
}
/** c + a*b, or c - a*b; rounded once or twice. */
export function fused(dtype: 'f32' | 'f64', minus: boolean, a: Vector, b: Vector, c: Vector): Vector {
  const make = dtype === 'f32' ? f32x4 : f64x2;
  const op = minus ? make.relaxedNmadd : make.relaxedMadd;
  return a.map((x, k) => op(x, b[k]!, c[k]!));
}
