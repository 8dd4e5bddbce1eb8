// Points of the code: inside of some loops, with what is known there: where the loops stand, results of stages, and addresses of elements.
import { dtypes, type DType } from '../../base/index.js';
import type { Expr, Stage } from '../../kernel/index.js';
import { i32, type I32, type Value } from './instructions.js';
import type { Func } from './module.js';
import { type Sum } from './sums.js';
import type { Vector } from './vector.js';

export type Number = Value<'i32' | 'f32' | 'f64'>;

/** Elements in memory: those of an array whose address is known, at the positions that a sum gives. */
export interface Source {
  /** Sets the array apart from others. */
  readonly key: string;
  readonly base: I32;
  readonly dtype: DType;
  readonly sum: Sum;
  /** The position as an expression, where it may be no sum of loop variables. */
  readonly at: Expr | null;
}
/** What all points of a function share. */
export interface Frame {
  readonly f: Func;
  readonly inputs: readonly I32[];
  readonly params: readonly Number[];
  /** Values that are read from memory instead of being computed again, and the loops that they depend on. */
  readonly stored: Map<Expr, { readonly source: Source; readonly bits: number }>;
  /** How often the loops that are being written read each expression; products that are read once may be part of a multiply-add. */
  uses: ReadonlyMap<Expr, number>;
  /** The stages whose results are read; none where there are none of the kernel's. */
  readonly stages?: readonly Stage[];
}
export interface Setting<P> {
  /** Bits of the loops that begin here, or whose variables are moved on here. */
  readonly own: number;
  /** The variable of the loop that begins here; null where variables are moved on, by so much each, or set to a number. */
  readonly variable: I32 | null;
  readonly moved: ReadonlyMap<number, number> | null;
  readonly fixed: boolean;
  /** Bits of the axis along which there are four values, one after another; of results too, where each lane has its own. */
  readonly vector: number;
  /** Loop variables that are part of another one. */
  readonly gone: number;
  /** Values that are known here too, although the point is inside of other loops. */
  readonly beside: P | null;
}
export const outside: Setting<never> = {
  own: 0,
  variable: null,
  moved: null,
  fixed: false,
  vector: 0,
  gone: 0,
  beside: null,
};
interface Place {
  readonly address: I32;
  /** The terms of the sum that are in it, as bits. */
  readonly done: number;
}

export abstract class Point<P extends Point<P>> {
  private readonly places = new Map<string, Place>();
  private readonly products = new Map<string, I32>();
  private readonly results: (Number | Vector)[] = [];
  constructor(
    readonly frame: Frame,
    protected readonly outer: P | null,
    protected readonly setting: Setting<P>,
  ) {}
  abstract number(e: Expr): Number;

  /** Gives the result of a stage. */
  setResult(slot: number, value: Number | Vector): void {
    this.results[slot] = value;
  }
  protected resultOf(slot: number): Number | Vector {
    const found = this.results[slot] ?? this.setting.beside?.results[slot];
    if (found) return found;
    if (!this.outer) throw new Error(`wasm: the result of stage ${slot} is read before it is known`);
    return this.outer.resultOf(slot);
  }
  /** The loops that a value depends on. */
  protected bitsOf(e: Expr): number {
    return this.frame.stored.get(e)?.bits ?? e.reads & ~this.setting.gone;
  }
  /** Where a loop stands: its variable, unless it is a number, and how far that has been moved on. */
  protected position(bit: number): { readonly variable: I32 | null; readonly moved: number } {
    const { own, variable, moved, fixed } = this.setting;
    if (own & bit) {
      if (!moved) return { variable, moved: 0 };
      const by = moved.get(bit) ?? 0;
      if (fixed) return { variable: null, moved: by };
      const before = this.outer!.position(bit);
      return { variable: before.variable, moved: before.moved + by };
    }
    if (!this.outer) throw new Error('wasm: a loop variable is read outside of its loop');
    return this.outer.position(bit);
  }

  private knownPlace(name: string): Place | undefined {
    return this.places.get(name) ?? this.outer?.knownPlace(name);
  }
  private knownProduct(name: string): I32 | undefined {
    return this.products.get(name) ?? this.outer?.knownProduct(name);
  }
  /** Computes an address with the terms that do not depend on the loops with the bits `inner`. */
  protected hoistPlace(source: Source, inner: number): Place {
    const { terms, key } = source.sum;
    const bytes = dtypes[source.dtype].bytes;
    const name = `${source.key}[${key}]`;
    const have = this.knownPlace(name) ?? { address: source.base, done: 0 };
    let { address, done } = have;
    terms.forEach(({ by, of }, k) => {
      if ((done >> k) & 1 || this.bitsOf(of) & inner) return;
      done |= 1 << k;
      if (of.kind === 'loop') {
        const bit = of.reads;
        if (bit & this.setting.gone || !this.position(bit).variable) return;
      }
      address = i32.add(address, this.times(of, by * bytes));
    });
    if (done === have.done) return have;
    const place = { address: address === have.address ? address : this.frame.f.let(address), done };
    this.places.set(name, place);
    return place;
  }
  /** A number, or a loop variable before it is moved on, times a constant. */
  protected times(of: Expr, by: number): I32 {
    const key = of.kind === 'loop' ? `${of.over}${of.axis}*${by}` : `${of.id}*${by}`;
    const found = this.knownProduct(key);
    if (found) return found;
    const x = of.kind === 'loop' ? this.position(of.reads).variable! : (this.number(of) as I32);
    if (by === 1) return x;
    const power = Math.log2(by);
    const product = Number.isInteger(power) ? i32.shl(x, i32.const(power)) : i32.mul(x, i32.const(by));
    const value = this.frame.f.let(product);
    this.products.set(key, value);
    return value;
  }
  /** The point before variables have been moved on, other than those with these bits. */
  private unmoved(bits: number): Point<P> {
    const { own, moved, fixed } = this.setting;
    return moved && !fixed && this.outer && !(own & bits) ? this.outer.unmoved(bits) : this;
  }
  /** The address of the element where the loops stand, as a base and an offset. */
  locate(source: Source): { readonly address: I32; readonly offset: number } {
    let offset = source.sum.constant;
    let natural = true;
    let opaque = 0;
    for (const { by, of } of source.sum.terms) {
      const bits = of.reads;
      if (by < 0 || of.lo < 0) natural = false;
      if (of.kind !== 'loop') opaque |= bits;
      else if (!(bits & this.setting.gone)) offset += by * this.position(bits).moved;
    }
    const { address } = this.unmoved(opaque).hoistPlace(source, 0);
    offset *= dtypes[source.dtype].bytes;
    if (offset === 0 || (natural && offset > 0)) return { address, offset };
    return { address: i32.add(address, i32.const(offset)), offset: 0 };
  }
  /** A sum without the terms that change along `vector`, other than the loop variable itself. */
  protected sum({ terms, constant: start }: Sum, vector: number): I32 {
    let total: I32 | null = null;
    let rest = start;
    for (const { by, of } of terms) {
      if (of.kind === 'loop') {
        const bit = of.reads;
        if (bit & this.setting.gone) continue;
        const { variable, moved } = this.position(bit);
        rest += by * moved;
        if (!variable) continue;
      } else if (this.bitsOf(of) & vector) continue;
      const x = this.times(of, by);
      total = total ? i32.add(total, x) : x;
    }
    if (!total) return i32.const(rest | 0);
    return rest ? i32.add(total, i32.const(rest | 0)) : total;
  }
}
