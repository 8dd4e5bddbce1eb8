// keras.regularizers: penalties on weights and activations that are added to the loss.
import * as core from '@nn/core';
import { configOf, interpret, KerasObject, type Config, type ObjectClass, type Serialized } from './object.js';
import { apply, type Tensor, type TensorLike } from './tensor/tensor.js';

export type RegularizerLike = string | Regularizer | ((x: Tensor) => Tensor) | Config;
export interface Regularizer {
  /** The penalty of a weight, a scalar. */
  (x: TensorLike): Tensor;
}
/** A penalty on a tensor. Subclasses write `penalty`. */
export abstract class Regularizer extends KerasObject {
  static override readonly module: string = 'keras.regularizers';
  protected abstract penalty(x: core.Tensor): core.Tensor;
  protected override invoke(x: unknown): Tensor {
    return apply(this.className, [x as TensorLike], (w) => this.penalty(w));
  }
  override getConfig(): Config {
    return {};
  }
}

function factor(name: string, value: number | null | undefined): number {
  if (value === null || value === undefined) return 0;
  if (!Number.isFinite(value) || value < 0)
    throw new core.ValueError(
      `Invalid value for argument ${name}: expected a non-negative float. Received: ${name}=${value}`,
    );
  return value;
}
const absolute = (w: core.Tensor): core.Tensor => core.sum(core.abs(w));
const squares = (w: core.Tensor): core.Tensor => core.sum(core.square(w));

/** `l1 * sum(|w|) + l2 * sum(w^2)`; both default 0. */
export class L1L2 extends Regularizer {
  static override readonly className: string = 'L1L2';
  readonly l1: number;
  readonly l2: number;
  constructor(o: { l1?: number | null; l2?: number | null } = {}) {
    super();
    this.l1 = factor('l1', o.l1);
    this.l2 = factor('l2', o.l2);
  }
  protected override penalty(w: core.Tensor): core.Tensor {
    if (!this.l2) return core.mul(absolute(w), this.l1);
    const l2 = core.mul(squares(w), this.l2);
    return this.l1 ? core.add(core.mul(absolute(w), this.l1), l2) : l2;
  }
  override getConfig(): Config {
    return configOf(this, ['l1', 'l2']);
  }
}
/** `l1 * sum(|w|)`; default 0.01. */
export class L1 extends Regularizer {
  static override readonly className = 'L1';
  readonly l1: number;
  constructor(o: { l1?: number | null } | number = {}) {
    super();
    this.l1 = factor('l1', typeof o === 'number' ? o : (o.l1 ?? 0.01));
  }
  protected override penalty(w: core.Tensor): core.Tensor {
    return core.mul(absolute(w), this.l1);
  }
  override getConfig(): Config {
    return configOf(this, ['l1']);
  }
}
/** `l2 * sum(w^2)`; default 0.01. */
export class L2 extends Regularizer {
  static override readonly className = 'L2';
  readonly l2: number;
  constructor(o: { l2?: number | null } | number = {}) {
    super();
    this.l2 = factor('l2', typeof o === 'number' ? o : (o.l2 ?? 0.01));
  }
  protected override penalty(w: core.Tensor): core.Tensor {
    return core.mul(squares(w), this.l2);
  }
  override getConfig(): Config {
    return configOf(this, ['l2']);
  }
}
/** `factor * sum((W W^T - I)^2 off the diagonal) / 2` over normalized rows or columns of a 2-d weight, divided by their pairs. */
export class OrthogonalRegularizer extends Regularizer {
  static override readonly className = 'OrthogonalRegularizer';
  readonly factor: number;
  readonly mode: 'rows' | 'columns';
  constructor(o: { factor?: number; mode?: string } = {}) {
    super();
    this.factor = factor('factor', o.factor ?? 0.01);
    if (o.mode !== undefined && o.mode !== 'rows' && o.mode !== 'columns')
      throw new core.ValueError(
        `Invalid value for argument \`mode\`. Expected one of {"rows", "columns"}. Received: mode=${o.mode}`,
      );
    this.mode = o.mode ?? 'rows';
  }
  protected override penalty(w: core.Tensor): core.Tensor {
    if (w.ndim !== 2)
      throw new core.ValueError(`Inputs to OrthogonalRegularizer must have rank 2. Received: ${core.describe(w.spec)}`);
    const rows = this.mode === 'rows';
    const unit = core.l2Normalize(w, rows ? 1 : 0, { eps: 1e-12 });
    const products = rows ? core.matmul(unit, core.transpose(unit)) : core.matmul(core.transpose(unit), unit);
    const size = w.shape[rows ? 0 : 1]!;
    const off = core.mul(products, core.sub(1, core.eye(size)));
    return core.mul(core.div(core.sum(core.abs(off)), (size * (size - 1)) / 2), 0.5 * this.factor);
  }
  override getConfig(): Config {
    return configOf(this, ['factor', 'mode']);
  }
}
export { L1 as l1, L2 as l2, L1L2 as l1L2 };

const classes = (): Record<string, ObjectClass<Regularizer>> => ({ L1, L2, L1L2, OrthogonalRegularizer });
/** The regularizer that a name stands for ('l1', 'l2', 'l1_l2'); null when none is given. */
export function get(identifier: RegularizerLike | null | undefined): Regularizer | null {
  return identifier === null || identifier === undefined
    ? null
    : interpret<Regularizer>('regularizer', identifier, classes(), { l1: 'L1', l2: 'L2', l1_l2: 'L1L2' });
}
export const serialize = (regularizer: Regularizer): Serialized => regularizer.serialize();
export const deserialize = (object: RegularizerLike): Regularizer | null => get(object);
