// A named weight: a mutable cell with a trainable flag, a regularizer and a constraint.
import * as core from '@nn/core';
import { autoName, currentPath } from '../naming.js';
import { coreDType, dtypeName, type DTypeName } from './dtype.js';
import { formatArray, formatShape } from './format.js';
import { known } from './arguments.js';
import { Numeric, Tensor, toCore, type Shape, type TensorLike } from './tensor.js';

/** Makes the first value of a variable. */
export type ValueMaker = (shape: readonly number[], o: { dtype: DTypeName }) => TensorLike;
export type Regularizing = (x: Tensor) => Tensor;
export type Constraining = (w: Tensor) => Tensor;

export interface VariableOptions {
  shape?: Shape;
  dtype?: string;
  /** Default true. */
  trainable?: boolean;
  name?: string;
  regularizer?: Regularizing | null;
  constraint?: Constraining | null;
}

type Listener = (variable: Variable, value: core.Tensor) => void;
const listeners = new Set<Listener>();
let creationError: string | null = null;

/** Calls `f` with every trainable variable that is read until the returned function is called (what a gradient tape watches). */
export function onVariableRead(f: Listener): () => void {
  listeners.add(f);
  return () => void listeners.delete(f);
}
/** Runs `f` in which creating a variable is an error with this message. */
export function withoutCreation<R>(message: string, f: () => R): R {
  const was = creationError;
  creationError = message;
  try {
    return f();
  } finally {
    creationError = was;
  }
}
let created = 0;
/** How many variables have been made so far. */
export const variablesCreated = (): number => created;

/**
 * A mutable tensor with a name: a weight, a statistic, the state of an optimizer.
 *
 * @param initializer  the first value, or a function of the shape that makes it; a Variable of core is shared, not copied
 * @example
 * const v = new tf.Variable([1, 2])
 * v.assign([3, 4])
 * v.add(1).toArraySync() // => [4, 5]
 */
export class Variable extends Numeric {
  readonly name: string;
  readonly path: string;
  regularizer: Regularizing | null;
  constraint: Constraining | null;
  /** The cell in core: what both faces and the optimizers share. */
  readonly cell: core.Variable;

  /** Whether it was made trainable: the order of `layer.weights` depends on it, also after freezing. */
  readonly madeTrainable: boolean;

  constructor(initializer: TensorLike | ValueMaker | core.Variable, o: VariableOptions = {}) {
    super();
    if (creationError) throw new core.ValueError(creationError);
    created++;
    this.name = o.name ?? autoName('variable');
    if (this.name.includes('/'))
      throw new core.ValueError(
        `Argument \`name\` must be a string and cannot contain character \`/\`. Received: name=${this.name}`,
      );
    const scope = currentPath();
    this.path = scope ? `${scope}/${this.name}` : this.name;
    this.regularizer = o.regularizer ?? null;
    this.constraint = o.constraint ?? null;
    this.madeTrainable = o.trainable ?? true;
    if (initializer instanceof core.Variable) {
      this.cell = initializer;
      return;
    }
    const dtype = o.dtype === undefined ? undefined : coreDType(`Variable '${this.name}'`, o.dtype);
    const value = core.untraced(() => {
      if (typeof initializer !== 'function' || initializer instanceof Numeric) return toCore(initializer, dtype);
      if (!o.shape)
        throw new core.ValueError(`Variable '${this.name}': an initializer function needs a shape. Pass { shape }.`);
      const make = initializer;
      return toCore(
        make(known(`Variable '${this.name}'`, o.shape), { dtype: dtypeName(dtype ?? 'f32') }),
        dtype ?? 'f32',
      );
    });
    this.cell = core.untraced(
      () => new core.Variable(core.detach(value), { trainable: this.madeTrainable, name: this.path }),
    );
  }

  get shape(): readonly number[] {
    return this.cell.shape;
  }
  get dtype(): DTypeName {
    return dtypeName(this.cell.dtype);
  }
  /** Whether optimizers update it. */
  get trainable(): boolean {
    return this.cell.trainable;
  }
  set trainable(on: boolean) {
    this.cell.trainable = on;
  }
  /** The value as a tensor. */
  get value(): Tensor {
    return new Tensor(this.read());
  }

  override read(): core.Tensor {
    const value = this.cell.get();
    if (value.needsGrad) for (const f of listeners) f(this, value);
    return value;
  }
  /** Replaces the value; the shape stays. Numbers and other dtypes are cast. */
  assign(value: TensorLike): this {
    const next = toCore(value, this.cell.dtype);
    if (next.shape.length !== this.shape.length || next.shape.some((d, i) => d !== this.shape[i])) {
      throw new core.ValueError(
        `The shape of the target variable and the shape of the target value in \`variable.assign(value)\` must match. ` +
          `variable.shape=${formatShape(this.shape)}, Received: value.shape=${formatShape(next.shape)}. Target variable: ${this.path}`,
      );
    }
    this.cell.set(core.detach(next));
    return this;
  }
  /** Moves the value to another device. */
  async to(device: core.DeviceName): Promise<this> {
    if (this.device.name !== device) this.cell.set(await core.to(core.detach(this.cell.get()), device));
    return this;
  }
  assignAdd(value: TensorLike): this {
    return this.assign(this.add(value));
  }
  assignSub(value: TensorLike): this {
    return this.assign(this.sub(value));
  }
  /** As Keras prints it: `<Variable path=dense/kernel, shape=(2, 3), dtype=float32, value=…>`. */
  override toString(): string {
    const value = core.isTracing() ? '' : `, value=${formatArray(this.dataSync(), this.shape, this.dtype)}`;
    return `<Variable path=${this.path}, shape=${formatShape(this.shape)}, dtype=${this.dtype}${value}>`;
  }
}
