// A compute shader in the making: its arrays, and blocks of statements in which every expression is computed once, as far out as its loops allow.
import type { DType } from '../../../base/index.js';
import { bitOf, load, loopsOf, type Expr } from '../../../kernel/index.js';
import { fours, sumOf, termsOf } from './fours.js';
import { libraryFor } from './library.js';
import { spell } from './number.js';
import { convert, fromBits, fromMemory, operate, storedTypeOf, toMemory } from './scalar.js';

/** An array that a dispatch reads or writes: its place among the inputs, outputs and scratch arrays of the program. */
export interface Binding {
  readonly place: number;
  readonly dtype: DType;
  readonly writes: boolean;
}
/** One dispatch: the shader's text, what it binds, and over how many workgroups it runs. */
export interface Pass {
  readonly name: string;
  readonly code: string;
  readonly bindings: readonly Binding[];
  /** Whether it reads the numbers that come with a run. */
  readonly numbers: boolean;
  readonly x: number;
  readonly y: number;
}

/** The longest text that is written in the middle of another. */
const longestInline = 160;
/** The most workgroups along one axis of a dispatch. */
const mostGroups = 65535;

/** A block of statements. Loop variables that it introduces are known in it and in the blocks inside. */
export class Block {
  readonly lines: string[] = [];
  private readonly names = new Map<Expr, string>();
  private readonly fours = new Map<Expr, string>();
  private readonly variables = new Map<number, string>();
  private own = 0;
  /** Which of four neighbours this block computes. */
  private number: number | null = null;
  constructor(
    private readonly shader: Shader,
    private readonly parent: Block | null = null,
  ) {}
  /** Gives a loop variable its text. */
  bind(over: 'i' | 'r', axis: number, text: string): void {
    const bit = bitOf(over, axis);
    this.own |= bit;
    this.variables.set(bit, text);
  }
  fresh(prefix: string): string {
    return this.shader.fresh(prefix);
  }
  say(...lines: readonly string[]): void {
    this.lines.push(...lines);
  }
  /** A block inside of this one, for `close`. */
  open(): Block {
    return new Block(this.shader, this);
  }
  /** Puts the statements of an inner block between two lines. */
  close(head: string, inner: Block, tail = '}'): void {
    this.say(head, ...inner.lines.map((line) => `  ${line}`), tail);
  }
  /** A block for one of four neighbours along a loop whose first is this block's. */
  lane(over: 'i' | 'r', axis: number, lane: number): Block {
    const block = this.open();
    block.number = lane;
    block.bind(
      over,
      axis,
      lane ? `(${this.variable(bitOf(over, axis))} + ${lane}i)` : this.variable(bitOf(over, axis)),
    );
    return block;
  }
  /** The text of a value at this place; what it is made of may become statements here or further out. */
  value(e: Expr): string {
    if (e.kind === 'const') return spell(e.value, e.dtype);
    if (e.kind === 'loop') return this.variable(bitOf(e.over, e.axis));
    if (e.kind === 'param') return this.shader.number(e.slot, e.dtype);
    if (e.kind === 'acc') return `a${e.slot}`;
    const known = this.known(e);
    if (known) return known;
    if (e.kind === 'load' && this.number !== null && this.shader.isVector(e.input))
      return fromMemory(`${this.parent!.four(e)}.${'xyzw'[this.number]}`, e.dtype);
    const home = this.home(loopsOf(e));
    const text =
      e.kind === 'load'
        ? home.element(e)
        : e.kind === 'cast'
          ? convert(home.value(e.args[0]), e.args[0].dtype, e.dtype)
          : (home.sum(e) ?? operate(e, (a) => home.value(a)));
    if (home === this && this.shader.uses(e) < 2 && text.length < longestInline) return text;
    return home.name(e, text);
  }
  /** The four neighbours that a load of the first one begins. */
  private four(e: Extract<Expr, { kind: 'load' }>): string {
    const known = this.fours.get(e);
    if (known) return known;
    const name = this.shader.fresh('w');
    this.fours.set(e, name);
    this.say(`let ${name} = ${this.shader.loadVector(e.input, `(u32(${this.value(e.at)}) / 4u)`)};`);
    return name;
  }
  /** An element of an array; where the array is read in fours, a component of a vector. */
  private element({ input, at, dtype }: Expr & { kind: 'load' }): string {
    if (!this.shader.isVector(input)) return this.shader.load(input, this.value(at), dtype);
    const found = fours(at);
    if (!found) {
      const text = this.value(at);
      return this.shader.load(input, `${text} >> 2u][${text} & 3i`, dtype);
    }
    // no input has a negative number, so that a vector is never taken for an element
    const key = load(-1 - input, found.whole, dtype);
    const four = this.known(key) ?? this.name(key, this.shader.loadVector(input, this.value(found.whole)));
    return fromMemory(`${four}.${'xyzw'[found.lane]}`, dtype);
  }
  /** A sum of indices: what is known further out is added there. Null for everything else. */
  private sum(e: Expr): string | null {
    if (e.kind !== 'op' || e.op !== 'add' || e.dtype !== 'i32') return null;
    const isInner = (x: Expr): boolean => x.kind === 'const' || this.home(loopsOf(x)) === this;
    const [inner, outer] = [termsOf(e).filter(isInner), termsOf(e).filter((x) => !isInner(x))];
    if (outer.length < 2 || !inner.length) return null;
    return `(${this.value(sumOf(outer))} + ${this.value(sumOf(inner))})`;
  }
  private variable(bit: number): string {
    const text = this.variables.get(bit);
    if (text !== undefined) return text;
    if (!this.parent) throw new Error('webgpu: a loop variable is used outside of its loop');
    return this.parent.variable(bit);
  }
  private known(e: Expr): string | undefined {
    // what depends on a variable that is another one here is not what it is further out
    return this.names.get(e) ?? (this.number && loopsOf(e) & this.own ? undefined : this.parent?.known(e));
  }
  /** The outermost block in which these loop variables are known. */
  private home(loops: number): Block {
    return !this.parent || loops & this.own ? this : this.parent.home(loops);
  }
  private name(e: Expr, text: string): string {
    const name = this.shader.fresh('t');
    this.names.set(e, name);
    this.say(`let ${name} = ${text};`);
    return name;
  }
}

export interface ShaderOptions {
  readonly name: string;
  /** dtypes of the arrays by place. */
  readonly places: readonly DType[];
  /** Inputs whose memory is that of an output: the place of that output. */
  readonly aliases?: ReadonlyMap<number, number>;
  /** Threads of a workgroup. */
  readonly threads: number;
  /** Arrays that are read four elements at a time. */
  readonly vectors?: ReadonlySet<number> | undefined;
}

export class Shader {
  readonly main: Block = new Block(this);
  /** Declarations outside of the function. */
  readonly declarations: string[] = [];
  private readonly counts = new Map<Expr, number>();
  private readonly bound = new Map<number, boolean>();
  private readonly numbers = new Map<number, DType>();
  private readonly written = new Set<number>();
  private readonly extensions = new Set<string>();
  private names = 0;
  constructor(readonly options: ShaderOptions) {}

  /** Says that the shader uses an extension of WGSL. With subgroups, `subgroup` is how many threads are one. */
  enable(extension: 'subgroups' | 'f16'): void {
    this.extensions.add(extension);
  }

  /** Says that these expressions will be printed, so that what occurs twice gets a name. */
  expect(...roots: readonly Expr[]): void {
    for (const e of roots) {
      const count = (this.counts.get(e) ?? 0) + 1;
      this.counts.set(e, count);
      if (count > 1) continue;
      if (e.kind === 'load') this.expect(e.at);
      else if (e.kind === 'op' || e.kind === 'cast') this.expect(...e.args);
    }
  }
  uses(e: Expr): number {
    return this.counts.get(e) ?? 0;
  }
  fresh(prefix: string): string {
    return `${prefix}${this.names++}`;
  }
  private array(place: number, writes: boolean): string {
    const at = this.options.aliases?.get(place) ?? place;
    this.bound.set(at, (this.bound.get(at) ?? false) || writes);
    return `x${at}`;
  }
  /** An element of an array. */
  load(place: number, at: string, dtype: DType): string {
    return fromMemory(`${this.array(place, false)}[${at}]`, dtype);
  }
  /** The statement that writes an element. */
  store(place: number, at: string, value: string): string {
    return `${this.array(place, true)}[${at}] = ${toMemory(value, this.options.places[place]!)};`;
  }
  isVector(place: number): boolean {
    return this.options.vectors?.has(place) ?? false;
  }
  /** Four elements of an array that is read so; `at` counts fours. */
  loadVector(place: number, at: string): string {
    return `${this.array(place, false)}[${at}]`;
  }
  storeVector(place: number, at: string, value: string): string {
    const name = this.array(place, true);
    this.written.add(place);
    return `${name}[${at}] = ${value};`;
  }
  /** A number that comes with each run. */
  number(slot: number, dtype: DType): string {
    this.numbers.set(slot, dtype);
    return fromBits(`numbers[${slot >> 2}].${'xyzw'[slot & 3]}`, dtype);
  }
  /** The finished dispatch of that many workgroups, whose number is `group`. */
  finish(groups: number): Pass {
    const { name, places, threads } = this.options;
    const x = groups <= mostGroups ? Math.max(1, groups) : Math.ceil(Math.sqrt(groups));
    const y = Math.ceil(Math.max(1, groups) / x);
    const bindings = [...this.bound]
      .sort(([a], [b]) => a - b)
      .map(([place, writes]) => ({ place, writes, dtype: places[place]! }));
    const arrays = bindings.map(({ place, writes, dtype }, k) => {
      const four = this.isVector(place) || this.written.has(place);
      const type = four ? `vec4<${storedTypeOf(dtype)}>` : storedTypeOf(dtype);
      return `@group(0) @binding(${k}) var<storage, ${writes ? 'read_write' : 'read'}> x${place}: array<${type}>;`;
    });
    const slots = this.numbers.size ? Math.max(...this.numbers.keys()) + 1 : 0;
    if (slots) arrays.push(`@group(1) @binding(0) var<uniform> numbers: array<vec4u, ${Math.ceil(slots / 4)}>;`);
    const body = [...this.declarations, ...this.main.lines].join('\n');
    const size = this.extensions.has('subgroups') ? ', @builtin(subgroup_size) subgroup: u32' : '';
    const code = [
      ...[...this.extensions].map((e) => `enable ${e};`),
      ...arrays,
      libraryFor(body),
      ...this.declarations,
      `@compute @workgroup_size(${threads})`,
      `fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) thread: u32${size}) {`,
      `  let group = workgroup.y * ${x}u + workgroup.x;`,
      ...this.main.lines.map((line) => `  ${line}`),
      '}',
    ]
      .filter((line) => line !== '')
      .join('\n');
    return { name, code, bindings, numbers: slots > 0, x, y };
  }
}
/** A vector of these components; the vector itself where they are its own in order. */
export function vectorOf(texts: readonly string[], type: string): string {
  if (texts.length === 1) return texts[0]!;
  const whole = texts[0]!.slice(0, -2);
  if (texts.length === 4 && /^\w+$/.test(whole) && texts.every((t, k) => t === `${whole}.${'xyzw'[k]}`)) return whole;
  return `vec${texts.length}<${type}>(${texts.join(', ')})`;
}
/** Splits a position `at` (u32) into loop variables of a block, the last axis fastest. */
export function unravelInto(block: Block, over: 'i' | 'r', shape: readonly number[], at: string): void {
  let stride = 1;
  for (let d = shape.length - 1; d >= 0; d--) {
    const n = shape[d]!;
    const whole = stride === 1 ? at : `(${at} / ${stride}u)`;
    const name = `${over}${d}_`;
    const outermost = shape.slice(0, d).every((m) => m === 1);
    if (n !== 1) {
      const text = `i32(${outermost ? whole : `${whole} % ${n}u`})`;
      const fresh = block.fresh(name);
      block.say(`let ${fresh} = ${text};`);
      block.bind(over, d, fresh);
    }
    stride *= n;
  }
}
