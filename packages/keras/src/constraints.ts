// keras.constraints: projections that weights are put through after each step of the optimizer.
import * as core from '@nn/core';
import { epsilon } from './config.js';
import { configOf, interpret, KerasObject, type Config, type ObjectClass, type Serialized } from './object.js';
import { apply, type Tensor, type TensorLike } from './tensor/tensor.js';

export type ConstraintLike = string | Constraint | ((w: Tensor) => Tensor) | Config;
export interface Constraint {
  /** The projected weight. */
  (w: TensorLike): Tensor;
}
/** A projection of a weight. Subclasses write `project`. */
export abstract class Constraint extends KerasObject {
  static override readonly module: string = 'keras.constraints';
  protected abstract project(w: core.Tensor): core.Tensor;
  protected override invoke(w: unknown): Tensor {
    return apply(this.className, [w as TensorLike], (x) => this.project(x));
  }
  override getConfig(): Config {
    return {};
  }
}

type Axis = number | readonly number[];
const norms = (w: core.Tensor, axis: Axis): core.Tensor =>
  core.sqrt(core.sum(core.square(w), { axes: axis, keepdims: true }));
const rescale = (w: core.Tensor, norm: core.Tensor, desired: core.Tensor): core.Tensor =>
  core.mul(w, core.div(desired, core.add(norm, epsilon())));

/** Norms along `axis` (default 0) of at most `maxValue` (default 2). */
export class MaxNorm extends Constraint {
  static override readonly className = 'MaxNorm';
  static override readonly positional: readonly string[] = ['max_value'];
  readonly maxValue: number;
  readonly axis: Axis;
  constructor(maxValue = 2, o: { axis?: Axis } = {}) {
    super();
    this.maxValue = maxValue;
    this.axis = o.axis ?? 0;
  }
  protected override project(w: core.Tensor): core.Tensor {
    const norm = norms(w, this.axis);
    return rescale(w, norm, core.clamp(norm, { min: 0, max: this.maxValue }));
  }
  override getConfig(): Config {
    return configOf(this, ['max_value', 'axis']);
  }
}
/** No negative weights. */
export class NonNeg extends Constraint {
  static override readonly className = 'NonNeg';
  protected override project(w: core.Tensor): core.Tensor {
    return core.maximum(w, 0);
  }
}
/** Norms along `axis` (default 0) of 1. */
export class UnitNorm extends Constraint {
  static override readonly className = 'UnitNorm';
  readonly axis: Axis;
  constructor(o: { axis?: Axis } = {}) {
    super();
    this.axis = o.axis ?? 0;
  }
  protected override project(w: core.Tensor): core.Tensor {
    return core.div(w, core.add(norms(w, this.axis), epsilon()));
  }
  override getConfig(): Config {
    return configOf(this, ['axis']);
  }
}
/** Norms along `axis` moved towards [minValue, maxValue] by `rate` (1: all the way). */
export class MinMaxNorm extends Constraint {
  static override readonly className = 'MinMaxNorm';
  readonly minValue: number;
  readonly maxValue: number;
  readonly rate: number;
  readonly axis: Axis;
  constructor(o: { minValue?: number; maxValue?: number; rate?: number; axis?: Axis } = {}) {
    super();
    this.minValue = o.minValue ?? 0;
    this.maxValue = o.maxValue ?? 1;
    this.rate = o.rate ?? 1;
    this.axis = o.axis ?? 0;
  }
  protected override project(w: core.Tensor): core.Tensor {
    const norm = norms(w, this.axis);
    const held = core.clamp(norm, { min: this.minValue, max: this.maxValue });
    return rescale(w, norm, core.add(core.mul(held, this.rate), core.mul(norm, 1 - this.rate)));
  }
  override getConfig(): Config {
    return configOf(this, ['min_value', 'max_value', 'rate', 'axis']);
  }
}

const classes = (): Record<string, ObjectClass<Constraint>> => ({ MaxNorm, MinMaxNorm, NonNeg, UnitNorm });
/** The constraint that a name stands for ('max_norm', 'non_neg', 'unit_norm', 'min_max_norm'); null when none is given. */
export function get(identifier: ConstraintLike | null | undefined): Constraint | null {
  return identifier === null || identifier === undefined
    ? null
    : interpret<Constraint>('constraint', identifier, classes());
}
export const serialize = (constraint: Constraint): Serialized => constraint.serialize();
export const deserialize = (object: ConstraintLike): Constraint | null => get(object);
