// State: a named cell that holds an immutable tensor. Weights, gradients, optimizer slots, random counters and statistics are all Variables.
import {
  describe,
  DTypeError,
  sameShape,
  ShapeError,
  TraceError,
  type DType,
  type Shape,
  type Spec,
} from '../base/index.js';
import { moveSync } from './create.js';
import { freeNow, giveUp, share, takeOver } from './memory.js';
import { currentBackend, currentTrace, guard, placeholder, variablesForbidden } from './state.js';
import { checkAlive, Edge, Tensor, type Cell, type Device, type Storage } from './tensor.js';

export interface VariableOptions {
  /** Gradients flow to it. Default false. */
  readonly trainable?: boolean;
  /** For messages. Default 'variable'. */
  readonly name?: string;
  /** Take over the tensor itself instead of sharing its data: for values that nobody else will use. Default false. */
  readonly adopt?: boolean;
  /** It belongs to another Variable (a gradient, a moment of an optimizer), so it may also be made when a function is traced again. Default false. */
  readonly slot?: boolean;
  /** The value moves to the device in use when it is read: for state that belongs to no device, such as a place among random numbers. Default false. */
  readonly follows?: boolean;
}

/**
 * A mutable cell around an immutable tensor.
 *
 * @throws TraceError  when made from a traced value
 * @example
 * const v = new Variable(tensor([1, 2]))
 * v.set(mul(v.get(), 10))
 * toArraySync(v.get()) // => [10, 20]
 */
export class Variable implements Cell {
  readonly spec: Spec;
  name: string;
  /** Counts the writes. */
  version = 0;
  private value: Tensor | null = null;
  /** Somebody outside may hold the tensor that is the value. */
  private seen = false;
  private differentiable: boolean;
  readonly follows: boolean;

  constructor(
    value: Tensor | Spec,
    { trainable = false, name = 'variable', adopt = false, slot = false, follows = false }: VariableOptions = {},
  ) {
    this.follows = follows;
    this.differentiable = trainable;
    this.name = name;
    this.spec = value instanceof Tensor ? value.spec : value;
    if (!(value instanceof Tensor)) return;
    const traced = variablesForbidden();
    if (traced && !slot) {
      throw new TraceError(
        `Variable "${name}": cannot be made while "${traced}" is traced again; that would make a new one for each signature. Make it outside, or in the first call only`,
      );
    }
    checkAlive(`Variable "${name}"`, value);
    if (value.node && !value.storage) {
      throw new TraceError(
        `Variable "${name}": cannot be made from a traced value ${describe(value.spec)}. Make Variables before the traced function runs, or inside of untraced()`,
      );
    }
    this.hold(value, adopt);
  }
  /** A Variable without a value: reading it before it is set is an error. */
  static empty(spec: Spec, options: VariableOptions = {}): Variable {
    return new Variable(spec, options);
  }

  get shape(): Shape {
    return this.spec.shape;
  }
  get dtype(): DType {
    return this.spec.dtype;
  }
  get device(): Device | null {
    return this.value?.backend ?? null;
  }
  get trainable(): boolean {
    return this.differentiable;
  }
  set trainable(on: boolean) {
    if (on === this.differentiable) return;
    this.differentiable = on;
    if (this.value) this.hold(this.value, false);
  }

  /** True when it has a value. Inside a trace this is a guard: the trace is used again only while the answer is the same. */
  has(): boolean {
    const trace = currentTrace();
    const written = trace?.writes.get(this);
    if (written !== undefined) return written !== null;
    return trace?.captures.has(this) || guard(() => this.value !== null);
  }

  /** The value; inside a trace, the value as the trace sees it. */
  get(): Tensor {
    const trace = currentTrace();
    if (trace) {
      const seen = trace.writes.get(this) ?? (trace.writes.has(this) ? null : trace.captures.get(this));
      if (seen) return seen;
      if (seen === undefined && this.value) {
        guard(() => this.differentiable);
        if (this.value.storage && !this.follows) trace.home ??= this.value.backend;
        // one that is elsewhere is found when the function runs, where the error can name the function
        const hole = placeholder(this.spec, this, this.differentiable, trace.home ?? currentBackend());
        trace.captures.set(this, hole);
        return hole;
      }
    } else if (this.value) {
      const value = this.peek();
      this.seen = true;
      return value;
    }
    throw this.unset();
  }
  /** The value for a look that ends before the next write: nobody may keep the tensor. */
  peek(): Tensor {
    if (!this.value) throw this.unset();
    checkAlive(`Variable "${this.name}"`, this.value);
    if (this.follows && this.value.backend !== currentBackend())
      this.hold(moveSync(this.value, currentBackend()), true);
    return this.value;
  }
  private unset(): TraceError {
    return new TraceError(
      `Variable "${this.name}" (${describe(this.spec)}) has no value yet. Set it first, or ask has()`,
    );
  }
  /** The memory of the value, when nobody else can see it: a compiled program may write over it. */
  ownMemory(): Storage | null {
    const storage = this.value?.storage ?? null;
    return storage && !this.seen && storage.references === 1 ? storage : null;
  }
  /** Counts a write of a compiled program to the memory that the value has. */
  rewritten(): void {
    this.version++;
  }

  /**
   * Writes a value of the same shape and dtype. Its history is left behind: the Variable is a leaf.
   *
   * @throws ShapeError  Variable "w": cannot hold f32[3], it is f32[2]
   */
  set(value: Tensor): void {
    checkAlive(`Variable "${this.name}"`, value);
    if (!sameShape(value.shape, this.shape))
      throw new ShapeError(
        `Variable "${this.name}": cannot hold ${describe(value.spec)}, it is ${describe(this.spec)}`,
      );
    if (value.dtype !== this.dtype)
      throw new DTypeError(
        `Variable "${this.name}": cannot hold ${describe(value.spec)}, it is ${describe(this.spec)}; cast the value first`,
      );
    const trace = currentTrace();
    if (trace) {
      trace.writes.set(
        this,
        new Tensor(this.spec, value.backend, {
          ...(value.node && { node: value.node }),
          ...(value.storage && { storage: value.storage }),
          ...(value.literal !== null && { literal: value.literal }),
          edge: this.differentiable ? new Edge(null, this, this.spec) : null,
        }),
      );
      return;
    }
    this.hold(value, false);
    this.version++;
  }
  /** Takes the value away. */
  clear(): void {
    const trace = currentTrace();
    if (trace) {
      trace.writes.set(this, null);
      return;
    }
    if (this.value) giveUp(this.value);
    this.value = null;
    this.version++;
  }
  /** Frees the value now. */
  dispose(): void {
    if (this.value) freeNow(this.value, `Variable "${this.name}" was disposed`);
    this.value = null;
  }
  /** Puts a value in place that a compiled program has written; the old memory is free at once. */
  replace(value: Tensor | null): void {
    const old = this.value;
    this.value = null;
    if (value) this.hold(value, false);
    if (old)
      freeNow(
        old,
        `it was the value of Variable "${this.name}", which a compiled function has written since; keep a copy with clone()`,
      );
    this.version++;
  }

  private hold(value: Tensor, adopt: boolean): void {
    const old = this.value;
    this.seen = false;
    const edge = this.differentiable ? new Edge(null, this, this.spec) : null;
    if (adopt && !edge && !value.edge) this.value = takeOver(value);
    else if (value.storage) {
      this.value = takeOver(share(value, this.spec, edge));
      if (adopt) freeNow(value, `Variable "${this.name}" has taken it over`);
    } else if (value.literal !== null)
      this.value = new Tensor(this.spec, value.backend, { literal: value.literal, edge });
    else
      throw new TraceError(
        `Variable "${this.name}": ${describe(value.spec)} comes from inside of a trace that has ended. Return it from the compiled function`,
      );
    if (old) giveUp(old);
  }
}
