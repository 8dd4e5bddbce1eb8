// The value that users of this face hold: an immutable tensor, and the arithmetic that it shares with Variable.
import * as core from '@nn/core';
import { handle } from '@nn/core';
import { printable } from './printable.js';
import { coreDType, dtypeName, type DTypeName } from './dtype.js';
import { formatArray, formatShape } from './format.js';
import { known, pick, reduction, type AxisOptions, type Index, type Shape } from './arguments.js';

export type { AxisOptions, Index, Shape } from './arguments.js';

/** What operations accept: tensors, variables, numbers, and arrays of numbers. */
export type TensorLike = Numeric | core.NestedArray | core.TypedArray;
/** What Tensor and Variable share: everything that can stand in an expression. */
export abstract class Numeric {
  static {
    printable(this.prototype);
  }
  abstract readonly shape: Shape;
  abstract readonly dtype: DTypeName;
  /** The value in core; symbolic tensors have none. */
  abstract read(): core.Tensor;

  get ndim(): number {
    return this.shape.length;
  }
  get size(): number {
    return core.sizeOf(this.read().shape);
  }
  get device(): { readonly name: string } {
    return { name: this.read().device.name };
  }

  add(y: TensorLike): Tensor {
    return elementwise('Add', [this, y], core.add);
  }
  sub(y: TensorLike): Tensor {
    return elementwise('Subtract', [this, y], core.sub);
  }
  mul(y: TensorLike): Tensor {
    return elementwise('Multiply', [this, y], core.mul);
  }
  div(y: TensorLike): Tensor {
    return elementwise('TrueDivide', [this, y], core.div);
  }
  floorDivide(y: TensorLike): Tensor {
    return elementwise('FloorDivide', [this, y], core.floorDivide);
  }
  mod(y: TensorLike): Tensor {
    return elementwise('Mod', [this, y], core.remainder);
  }
  pow(y: TensorLike): Tensor {
    return elementwise('Power', [this, y], core.pow);
  }
  matmul(y: TensorLike): Tensor {
    return apply('Matmul', [this, y], core.matmul);
  }
  neg(): Tensor {
    return apply('Negative', [this], core.neg);
  }
  abs(): Tensor {
    return apply('Absolute', [this], core.abs);
  }
  sqrt(): Tensor {
    return apply('Sqrt', [this], core.sqrt);
  }
  square(): Tensor {
    return apply('Square', [this], core.square);
  }
  exp(): Tensor {
    return apply('Exp', [this], core.exp);
  }
  log(): Tensor {
    return apply('Log', [this], core.log);
  }

  gt(y: TensorLike): Tensor {
    return elementwise('Greater', [this, y], core.greater);
  }
  ge(y: TensorLike): Tensor {
    return elementwise('GreaterEqual', [this, y], core.greaterEqual);
  }
  lt(y: TensorLike): Tensor {
    return elementwise('Less', [this, y], core.less);
  }
  le(y: TensorLike): Tensor {
    return elementwise('LessEqual', [this, y], core.lessEqual);
  }
  eq(y: TensorLike): Tensor {
    return elementwise('Equal', [this, y], core.equal);
  }
  ne(y: TensorLike): Tensor {
    return elementwise('NotEqual', [this, y], core.notEqual);
  }
  logicalAnd(y: TensorLike): Tensor {
    return elementwise('LogicalAnd', [this, y], core.logicalAnd);
  }
  logicalOr(y: TensorLike): Tensor {
    return elementwise('LogicalOr', [this, y], core.logicalOr);
  }
  logicalNot(): Tensor {
    return apply('LogicalNot', [this], core.logicalNot);
  }

  sum(o: AxisOptions = {}): Tensor {
    return apply('Sum', [this], (x) => core.sum(x, reduction(o)));
  }
  mean(o: AxisOptions = {}): Tensor {
    return apply('Mean', [this], (x) => core.mean(x, reduction(o)));
  }
  max(o: AxisOptions = {}): Tensor {
    return apply('Max', [this], (x) => core.max(x, reduction(o)));
  }
  min(o: AxisOptions = {}): Tensor {
    return apply('Min', [this], (x) => core.min(x, reduction(o)));
  }

  /** The same elements in another shape; one size may be -1. */
  reshape(shape: Shape): Tensor {
    return apply('Reshape', [this], (x) => core.reshape(x, known('reshape', shape)));
  }
  /** Reorders the axes; reverses them without an argument. */
  transpose(axes?: readonly number[]): Tensor {
    return apply('Transpose', [this], (x) => core.permute(x, axes ?? x.shape.map((_, i) => x.ndim - 1 - i)));
  }
  cast(dtype: string): Tensor {
    const to = coreDType('cast', dtype);
    return apply('Cast', [this], (x) => core.cast(x, to));
  }
  /**
   * Indexing, as `x[i, a:b, :]` in Python: a number picks, `[start, stop, step]` slices, `null` keeps an axis.
   *
   * @example
   * tf.constant([[1, 2, 3], [4, 5, 6]]).at(null, [1, null]).toArraySync() // => [[2, 3], [5, 6]]
   */
  at(...indices: Index[]): Tensor {
    return apply('GetItem', [this], (x) => pick(x, indices));
  }

  /** The data in row-major order, copied; bools as 0 and 1. */
  data(): Promise<core.TypedArray> {
    return core.data(this.read());
  }
  dataSync(): core.TypedArray {
    return core.dataSync(this.read());
  }
  /** The only element of a one-element tensor. */
  item(): Promise<number> {
    return core.item(this.read());
  }
  itemSync(): number {
    return core.itemSync(this.read());
  }
  /** The data as nested arrays, bools as booleans. */
  toArray(): Promise<core.NestedArray> {
    return core.toArray(this.read());
  }
  toArraySync(): core.NestedArray {
    return core.toArraySync(this.read());
  }
  /** Keras's name for `toArray`. */
  numpy(): Promise<core.NestedArray> {
    return this.toArray();
  }
}

/**
 * An immutable array on a device. In a functional model the tensor is symbolic: it has a shape and a dtype, but no data yet.
 *
 * @example
 * tf.constant([[1, 2]]).mul(2).toArraySync() // => [[2, 4]]
 */
export class Tensor extends Numeric {
  /** Which steps of a sequence count, as `Embedding({ maskZero: true })` and `Masking` attach it. */
  kerasMask: Tensor | null = null;
  /** The logits that a softmax or sigmoid activation was computed from: losses prefer them. */
  kerasLogits: Tensor | null = null;
  protected value: core.Tensor | null;

  constructor(value: core.Tensor | null) {
    super();
    this.value = value;
  }
  get shape(): Shape {
    return this.read().shape;
  }
  get dtype(): DTypeName {
    return dtypeName(this.read().dtype);
  }
  /** True for the tensors of `keras.Input` and everything computed from them. */
  get symbolic(): boolean {
    return this.value === null;
  }
  override read(): core.Tensor {
    return this.value!;
  }
  /** Makes the tensor a leaf that gradients are taken with respect to (`tape.watch`). */
  requireGrad(): void {
    if (!this.read().needsGrad) this.value = core.requireGrad(this.read());
  }
  /** The tensor on another device (or itself); waits for the data. */
  async to(device: core.DeviceName): Promise<Tensor> {
    const value = this.read();
    const moved = await core.to(value, device);
    return moved === value ? this : new Tensor(moved);
  }
  /** Frees the data now instead of with its scope. */
  dispose(): void {
    this.read().dispose();
  }
  /** What an operation on symbolic inputs becomes; only symbolic tensors have it. */
  defer(
    name: string,
    _inputs: readonly TensorLike[],
    _f: (...xs: core.Operand[]) => core.Tensor | readonly core.Tensor[],
  ): Tensor | Tensor[] {
    throw new core.TraceError(`${name}: this tensor is not symbolic`);
  }
  static {
    Object.defineProperty(this.prototype, handle, {
      value(this: Tensor) {
        return { value: this.read(), wrap: (v: core.Tensor) => new Tensor(v) };
      },
    });
  }
  /** As TensorFlow prints it: `tf.Tensor([1. 2.], shape=(2,), dtype=float32)`. */
  override toString(): string {
    const meta = `shape=${formatShape(this.shape)}, dtype=${this.dtype}`;
    if (core.isTracing()) return `tf.Tensor("traced", ${meta})`;
    const text = formatArray(this.dataSync(), this.read().shape, this.dtype);
    return `tf.Tensor(${text.includes('\n') || this.ndim > 1 ? '\n' : ''}${text}, ${meta})`;
  }
}

/** Lets core find the value in arguments and results of compiled functions. */
export interface Tensor {
  [handle](): { readonly value: core.Tensor; wrap(v: core.Tensor): Tensor };
}

/** A core tensor of anything that an operation accepts. */
export function toCore(x: TensorLike, dtype?: core.DType): core.Tensor {
  const t =
    x instanceof Numeric
      ? x.read()
      : typeof x === 'number' || typeof x === 'boolean'
        ? core.literal(x, dtype)
        : core.tensor(x, dtype ? { dtype } : {});
  return dtype && t.dtype !== dtype ? core.cast(t, dtype) : t;
}
/** A Tensor of anything that an operation accepts; tensors stay the same object. */
export const asTensor = (x: TensorLike): Tensor => (x instanceof Tensor ? x : new Tensor(toCore(x)));
const toOperand = (x: TensorLike): core.Operand => (typeof x === 'number' || typeof x === 'boolean' ? x : toCore(x));

const symbolicAmong = (inputs: readonly TensorLike[]): Tensor | undefined =>
  inputs.find((x): x is Tensor => x instanceof Tensor && x.symbolic);

/** Runs an operation of core on tensors of this face; on symbolic tensors it becomes a node of the graph. */
export function apply(name: string, inputs: readonly TensorLike[], f: (...xs: core.Tensor[]) => core.Tensor): Tensor {
  const symbolic = symbolicAmong(inputs);
  if (symbolic) return symbolic.defer(name, inputs, (...xs) => f(...xs.map(asCore))) as Tensor;
  return new Tensor(
    besideFirst(
      inputs.map((x) => toCore(x)),
      f,
    ),
  );
}
/** Calls f so that what it makes beside its operands is made where the first of them is. */
function besideFirst<X extends core.Operand, R>(xs: readonly X[], f: (...xs: X[]) => R): R {
  const first = xs.find((x) => x instanceof core.Tensor);
  return first ? core.beside(first, () => f(...xs)) : f(...xs);
}
/** The same for operations with several results. */
export function applyMany(
  name: string,
  inputs: readonly TensorLike[],
  f: (...xs: core.Tensor[]) => readonly core.Tensor[],
): Tensor[] {
  const symbolic = symbolicAmong(inputs);
  if (symbolic) return symbolic.defer(name, inputs, (...xs) => f(...xs.map(asCore))) as Tensor[];
  return besideFirst(
    inputs.map((x) => toCore(x)),
    f,
  ).map((t) => new Tensor(t));
}
/** The same for operations in which numbers take the dtype of the other operand. */
export function elementwise<N extends core.Operand[]>(
  name: string,
  inputs: { [K in keyof N]: TensorLike },
  f: (...xs: N) => core.Tensor,
): Tensor {
  const symbolic = symbolicAmong(inputs);
  const g = f as unknown as (...xs: core.Operand[]) => core.Tensor;
  if (symbolic) return symbolic.defer(name, inputs, g) as Tensor;
  return new Tensor(besideFirst(inputs.map(toOperand), g));
}
const asCore = (x: core.Operand): core.Tensor => (typeof x === 'object' ? x : core.literal(x));
