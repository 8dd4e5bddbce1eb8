// Values: the immutable Tensor, the record of how it was computed, and the interface of a primitive.
import type { Backend, Buffer, DeviceName } from '../backend/index.js';
import { describe, DisposedError, sizeOf, type DType, type Shape, type Spec } from '../base/index.js';
import type { Access, Expr, KernelAttrs, SerialKernel } from '../kernel/index.js';

/** map: out[i] = body(i). reduce: out[i] = op over r of body(i, r). The others are kernels of their own. */
export type LoweringForm = 'map' | 'reduce' | SerialKernel['form'];
/** How a primitive becomes a kernel: its form, its loops, and its expressions at the indices `i` (outputs) and `r` (inner loops). */
export interface Lowering {
  readonly form: LoweringForm;
  /** Extents of the inner loops. */
  readonly over?: Shape;
  readonly attrs?: KernelAttrs;
  readonly body: (i: readonly Expr[], r: readonly Expr[]) => Expr;
  /** scatter: the first value of each output element. */
  readonly init?: (i: readonly Expr[]) => Expr;
  /** scatter: the index of the output element that step `r` writes. */
  readonly index?: (r: readonly Expr[]) => readonly Expr[];
  /** reduce: the same sum as a contraction of two arrays. */
  readonly contraction?: LoweredContraction;
}
/** A factor of a contraction: an array of this shape, and the index that is read at the loops. */
export interface LoweredFactor {
  readonly shape: Shape;
  readonly value: Access;
  readonly at: (batch: readonly Expr[], side: readonly Expr[], k: readonly Expr[]) => readonly Expr[];
}
/** Loops by what depends on them: both factors on `batch` and `k`, only a on `m`, only b on `n`. The output has all but `k`. */
export interface LoweredContraction {
  readonly batch: Shape;
  readonly m: Shape;
  readonly n: Shape;
  readonly k: Shape;
  readonly a: LoweredFactor;
  readonly b: LoweredFactor;
  readonly at: (batch: readonly Expr[], m: readonly Expr[], n: readonly Expr[]) => readonly Expr[];
}

/** Which values the gradient of a primitive reads; nothing else is held for it. Everything when not said. */
export interface Keep {
  /** Inputs that every cotangent reads. */
  readonly inputs?: readonly number[];
  /** Inputs that the cotangent of input k reads, beside those. */
  readonly reads?: readonly (readonly number[])[];
  readonly output?: boolean;
}
/** The inputs of a call that the gradient will read, which depends on those that need one: bit k for input k. */
export function keptInputs({ keep }: Primitive, inputs: readonly Tensor[]): number {
  if (!keep) return -1;
  let kept = 0;
  if (keep.inputs) for (const k of keep.inputs) kept |= 1 << k;
  if (keep.reads)
    for (let k = 0; k < inputs.length; k++)
      if (inputs[k]!.edge !== null) for (const j of keep.reads[k] ?? []) kept |= 1 << j;
  return kept;
}

/** One call of a primitive, as its gradient sees it. Values that `keep` does not name have a spec, but no data. */
export interface Call<A> {
  readonly inputs: readonly Tensor[];
  readonly out: Tensor;
  readonly attrs: A;
}

/** Everything that the library knows of one operation. Declared once, in one record. */
export interface Primitive<A = unknown> {
  readonly name: string;
  infer(inputs: readonly Spec[], attrs: A): Spec;
  lower(inputs: readonly Access[], attrs: A, specs: { readonly inputs: readonly Spec[]; readonly out: Spec }): Lowering;
  /** The cotangent of input number `k`; null where the output does not depend smoothly on it. */
  vjp(g: Tensor, call: Call<A>, k: number): Tensor | null;
  readonly keep?: Keep;
  /** Only moves elements: it costs nothing to compute again. */
  readonly movement?: true;
  /** The result is the first input's data under another shape. */
  readonly alias?: true;
  /** Where the derivative exists: tests draw their inputs from it ("apart": no two elements near each other). */
  readonly domain: 'real' | 'positive' | 'unit' | 'aboveOne' | 'apart' | 'integer';
  readonly samples: readonly {
    readonly shapes: readonly Shape[];
    readonly attrs: A;
    readonly dtypes?: readonly DType[];
  }[];
}

/** A call of a primitive that is recorded: to be computed later (tracing) or to be differentiated. A hole has no primitive: its data comes at run time. */
export class Node {
  /** Set when the gradient has used and freed what this node kept. */
  released = false;
  constructor(
    readonly prim: Primitive | null,
    readonly inputs: readonly Tensor[],
    readonly attrs: unknown,
    readonly spec: Spec,
  ) {}
}

/** A place that holds a value from call to call: what Variables are to the graph. */
export interface Cell {
  readonly spec: Spec;
  readonly name: string;
  /** Its value moves to the device in use. */
  readonly follows: boolean;
  get(): Tensor;
  /** The value for a look that ends before the next write. */
  peek(): Tensor;
  /** The memory of the value, when nobody else can see it: a compiled program may write over it. */
  ownMemory(): Storage | null;
  /** Puts in place what a compiled program has written. */
  replace(value: Tensor | null): void;
  /** Counts a write of a compiled program to the memory that the value has. */
  rewritten(): void;
}

export type GradHook = (grad: Tensor) => Tensor | void;
/** The place of a value in the record for gradients. A leaf has no call; its owner is the Variable whose value it is. */
export class Edge {
  out: Tensor | null = null;
  hooks: Set<GradHook> | null = null;
  /** Why no gradient can pass, for a value that needs one. */
  sealed: string | null = null;
  constructor(
    readonly node: Node | null,
    readonly owner: Cell | null,
    readonly spec: Spec,
  ) {}
}

/** A device as users see it. */
export interface Device {
  readonly name: DeviceName;
}

/** What a finalizer knows of a storage: how its memory is freed (null once it is), and how much that is. */
export interface Watch {
  free: (() => void) | null;
  readonly bytes: number;
}
/** Memory on a device, shared by all tensors that hold the same data. */
export class Storage {
  references = 1;
  /** Set when the collector has become responsible for it. */
  watch: Watch | null = null;
  constructor(
    readonly backend: Backend,
    readonly buffer: Buffer,
    readonly size: number,
    readonly dtype: DType,
  ) {}
}

/** Where data comes from: a value of a graph, or memory that was there before. */
export type Source = Node | Storage;

export interface Origin {
  readonly storage?: Storage;
  readonly node?: Node;
  readonly edge?: Edge | null;
  readonly literal?: number;
}

/** An immutable array on a device; inside of a trace, the promise of one. */
export class Tensor {
  readonly spec: Spec;
  readonly backend: Backend;
  /** How it is computed, when it has no data yet. */
  readonly node: Node | null;
  /** Its place in the record for gradients; null when no gradient flows through it. */
  readonly edge: Edge | null;
  /** Set when the tensor is a known number, without memory on a device. */
  readonly literal: number | null;
  storage: Storage | null;
  /** Why the data is gone, when it is. */
  gone: string | null = null;
  /** What wrote over the data that this tensor named, when something did. */
  overwritten: string | null = null;
  /** The scope that frees it. */
  scope: Ownership | null = null;
  /** @param origin  null when storage and edge come after it: what every eager operation makes, without an object between */
  constructor(
    spec: Spec,
    backend: Backend,
    origin: Origin | null,
    storage: Storage | null = null,
    edge: Edge | null = null,
  ) {
    this.spec = spec;
    this.backend = backend;
    this.storage = origin?.storage ?? storage;
    this.node = origin?.node ?? null;
    this.edge = origin?.edge ?? edge;
    this.literal = origin?.literal ?? null;
  }
  get shape(): Shape {
    return this.spec.shape;
  }
  get dtype(): DType {
    return this.spec.dtype;
  }
  get ndim(): number {
    return this.spec.shape.length;
  }
  get size(): number {
    return sizeOf(this.spec.shape);
  }
  get device(): Device {
    return this.backend;
  }
  /** True when gradients flow through it. */
  get needsGrad(): boolean {
    return this.edge !== null;
  }
  /** The Variable whose value this is, if it is one that needs a gradient. */
  get owner(): Cell | null {
    return this.edge?.owner ?? null;
  }
  get disposed(): boolean {
    return this.gone !== null;
  }
  /** Frees the data now, instead of at the end of the scope. */
  dispose(): void {
    this.scope?.release(this, 'dispose() was called on it');
  }
  toString(): string {
    return `Tensor(${describe(this.spec)}, ${this.backend.name}${this.node && !this.storage ? ', traced' : ''})`;
  }
}

/** Who frees a tensor: a scope, or the collector. */
export interface Ownership {
  release(t: Tensor, why: string): void;
  /** Gives the tensor up, to be owned by somebody else. */
  forget(t: Tensor): void;
}

/** Throws when the data of `t` was freed. */
export function checkAlive(op: string, t: Tensor): void {
  if (t.gone)
    throw new DisposedError(
      `${op}: tensor ${describe(t.spec)} has been freed: ${t.gone}. Return it from its scope, keep it in a Variable, or clone it before`,
    );
}
