// The torch tensor: a mutable name for an immutable core value. Its methods are the functions of ops/ and tensor/, installed by tensor.ts.
import * as core from '@nn/core';
import type { handle } from '@nn/core';
import { coreDType, type DType, dtypeName } from './dtype.js';

/** How a view follows its base: values are read through `read`, and in-place changes go back through `write`. */
export interface View {
  /** Null for a detached value that must not keep the history of its base alive; `weak` has the base while others use it. */
  readonly base: Tensor | null;
  readonly weak: WeakRef<Tensor> | null;
  readonly read: (base: core.Tensor) => core.Tensor;
  /** The base with the view's part replaced; null where one element of the base is shown many times. */
  readonly write: ((base: core.Tensor, value: core.Tensor) => core.Tensor) | null;
  /** Steps, in elements of the outermost base, as PyTorch's `stride()`. */
  readonly strides: readonly number[];
  /** Shares the data, but not the gradient. */
  readonly detached: boolean;
  /** The base's value when `value` was read from it. */
  seen: core.Tensor | null;
  value: core.Tensor;
}
export const baseOf = (view: View): Tensor | undefined => view.base ?? view.weak!.deref();

/** The place of a gradient: a Variable, so that compiled steps see it; a handle of its own when it has a history (createGraph). */
export interface Gradient {
  slot: core.Variable | null;
  handle: Tensor | null;
}

export type GradHook = (grad: Tensor) => Tensor | void;

/** The handle that `.grad` of a leaf belongs to: by its Variable, or by its place in the record of a trace. */
export const leaves: WeakMap<object, Tensor> = /* @__PURE__ */ new WeakMap();

/** What an operation takes where a tensor is expected: numbers take the dtype of the other operand. */
export type Operand = Tensor | number | boolean;

/** Whether a value is known only when its trace runs. */
export const isTraced = (v: core.Tensor): boolean => v.storage === null && v.literal === null && v.gone === null;

/**
 * An array with a dtype and a device, as PyTorch has it: a name whose value can change in place, with gradients and views.
 * Made by `torch.tensor`, `torch.zeros` and the like; every operation of `torch` is also a method.
 */
export class Tensor {
  /** @internal The value of a plain handle, or the value with a history that `_cell` holds without. */
  _held: core.Tensor | null;
  /** @internal Once the handle requires a gradient, outlives a scope by writing, or is captured by a trace. */
  _cell: core.Variable | null = null;
  /** @internal What `_cell` held when `_held` was written beside it. */
  _seen: core.Tensor | null = null;
  /** @internal */
  _view: View | null = null;
  /** @internal */
  _grad: Gradient | null = null;
  /** @internal */
  _hooks: Set<GradHook> | null = null;
  /** @internal The operation that made the value. */
  _fn: string;
  /** @internal */
  _writes = 0;

  /** Wraps a core value; programs use `torch.tensor` instead. */
  constructor(value: core.Tensor, fn = '') {
    this._held = value;
    this._fn = fn;
  }

  /** The core value that this name stands for now. */
  get value(): core.Tensor {
    const view = this._view;
    if (view) {
      const base = baseOf(view)?.value;
      if (base && (view.seen !== base || view.value.disposed)) {
        view.value = view.read(base);
        view.seen = base;
      }
      return view.value;
    }
    if (this._cell) {
      const now = this._cell.get();
      return this._held && this._seen === now ? this._held : now;
    }
    const held = this._held!;
    return core.isTracing() && !isTraced(held) ? promote(this).get() : held;
  }

  /** Sizes of the axes. */
  get shape(): readonly number[] {
    return this.spec.shape;
  }
  get dtype(): DType {
    return dtypeName(this.spec.dtype);
  }
  get device(): core.Device {
    return this.value.device;
  }
  /** @internal Shape and core dtype, without reading the value. */
  get spec(): core.Spec {
    return (this._cell ?? this._view?.value ?? this._held!).spec;
  }
  /** Whether gradients flow through it. */
  get requiresGrad(): boolean {
    return this.value.needsGrad;
  }
  set requiresGrad(on: boolean) {
    requireGrad(this, on);
  }
  /** True for tensors that no recorded operation made: their gradients are kept in `.grad`. */
  get isLeaf(): boolean {
    const { edge } = this.value;
    return !edge || (edge.node === null && !this._view);
  }
  /** The operation that made it, when gradients flow through it: `{ name: 'AddBackward0' }`. */
  get gradFn(): { readonly name: string } | null {
    return this.isLeaf ? null : { name: `${this._fn || 'Copy'}Backward0` };
  }
  /** The gradient that `backward()` left here; null before that and after `zeroGrad()`. */
  get grad(): Tensor | null {
    const g = this._grad;
    if (!g) return null;
    if (g.slot && !g.slot.has()) return null;
    return (g.handle ??= ofCell(g.slot!));
  }
  set grad(value: Tensor | null) {
    setGrad(this, value);
  }
  /** @internal What is printed around its value. */
  _describe(text: string): string {
    return text;
  }
  /** How often it was changed in place; shared with its views. */
  get _version(): number {
    return (this._view && baseOf(this._view)?._version) ?? this._writes;
  }
}

/** Lets core find the value in arguments and results; installed by tensor.ts. */
export interface Tensor {
  [handle](): { readonly value: core.Tensor; wrap(value: core.Tensor): Tensor };
}

/** The same value, through which gradients flow, as a tensor of its own: it stays when the other is freed or written over. */
export const alias = (v: core.Tensor): core.Tensor => core.apply(core.reshapePrimitive, [v], { shape: v.shape });

/** The core value of an operand. Anything but a tensor, a number or a boolean is refused. */
export function raw(x: Operand): core.Operand {
  if (x instanceof Tensor) return x.value;
  if (typeof x === 'number' || typeof x === 'boolean') return x;
  const got = x === null || x === undefined ? String(x) : ((x as object).constructor?.name ?? typeof x);
  throw new TypeError(`expected a Tensor or a number, but got ${got}. Make a tensor of it with torch.tensor(...)`);
}

/** The core value of an operand, numbers becoming tensors without dimensions. */
export function rawTensor(x: Operand): core.Tensor {
  const v = raw(x);
  return v instanceof core.Tensor ? v : core.literal(v);
}

/** A handle whose value lives in a Variable. */
export function ofCell(cell: core.Variable): Tensor {
  const t = new Tensor(null as unknown as core.Tensor);
  t._cell = cell;
  if (cell.trainable) leaves.set(cell, t);
  return t;
}

/**
 * Moves the value of a plain handle into a Variable: later changes are then seen by traces and survive scopes.
 *
 * @param slot  may also happen when a function is traced again
 */
export function promote(t: Tensor, trainable = false, slot = true): core.Variable {
  const held = t._held!;
  const cell = core.untraced(() => new core.Variable(held, { trainable, slot }));
  t._cell = cell;
  t._held = held.needsGrad && !trainable ? held : null;
  t._seen = t._held ? cell.get() : null;
  if (trainable) leaves.set(cell, t);
  return cell;
}

/** Turns the recording of gradients for a leaf on or off. */
export function requireGrad(t: Tensor, on: boolean): Tensor {
  if (t.requiresGrad === on) return t;
  if (!on && !t.isLeaf) {
    throw new core.GradError(
      'you can only change requires_grad flags of leaf variables. If you want to use a computed variable in a subgraph that does not require differentiation use t.detach().',
    );
  }
  if (on && !core.isFloat(t.spec.dtype)) {
    throw new core.DTypeError(
      `only Tensors of floating point dtype can require gradients, this one is ${t.dtype}. Convert it first: t.to('float32')`,
    );
  }
  if (t._view) {
    // A view that requires a gradient on its own stops following its base.
    t._held = t.value;
    t._view = null;
  }
  if (t._cell) {
    t._cell.trainable = on;
    if (on) leaves.set(t._cell, t);
  } else if (isTraced(t._held!)) {
    t._held = on ? core.requireGrad(t._held!) : core.detach(t._held!);
    if (on) leaves.set(t._held.edge!, t);
  } else promote(t, true);
  return t;
}

function setGrad(t: Tensor, value: Tensor | null): void {
  if (!value) return clearGrad(t);
  const [a, b] = [t.spec, value.spec];
  if (a.shape.length !== b.shape.length || a.shape.some((n, i) => n !== b.shape[i])) {
    throw new core.ShapeError(
      `assigned grad has data of a different size: expected ${core.describe(a)}, got ${core.describe(b)}`,
    );
  }
  if (a.dtype !== b.dtype)
    throw new core.DTypeError(
      `assigned grad has data of a different type: expected ${core.describe(a)}, got ${core.describe(b)}`,
    );
  clearGrad(t);
  putGrad(t, value.value);
}

/** Stores a gradient; one with a history keeps it. */
export function putGrad(t: Tensor, g: core.Tensor): void {
  if (g.needsGrad) {
    t._grad = { slot: null, handle: new Tensor(g) };
    return;
  }
  const slot = t._grad?.slot ?? core.untraced(() => core.Variable.empty(t.spec, { slot: true }));
  if (t._grad?.slot !== slot) t._grad = { slot, handle: null };
  slot.set(g);
}

/** Forgets the gradient. A handle of the old one, made outside of traces, keeps its value. */
export function clearGrad(t: Tensor): void {
  const g = t._grad;
  if (!g) return;
  if (!g.slot) {
    t._grad = null;
    return;
  }
  if (g.handle && !core.isTracing() && g.slot.has()) {
    g.handle._held = g.slot.get();
    g.handle._cell = null;
    g.handle = null;
  }
  g.slot.clear();
}

/** Adds to the gradient of a leaf. */
export function accumulate(t: Tensor, g: core.Tensor): void {
  const before = t.grad;
  putGrad(t, before ? core.add(before.value, g) : g);
}

/** `float32` and the like as a core dtype; undefined stays undefined. */
export const optionalDType = (dtype: DType | undefined): core.DType | undefined =>
  dtype === undefined ? undefined : coreDType(dtype);
