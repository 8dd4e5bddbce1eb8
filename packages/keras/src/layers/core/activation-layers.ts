// Activations with settings or weights: ReLU, LeakyReLU, ELU, PReLU, Softmax.
import * as core from '@nn/core';
import * as activations from '../../activations.js';
import { apply, type Shape, type Tensor } from '../../tensor/tensor.js';
import type { Variable } from '../../tensor/variable.js';
import { InputSpec } from '../input-spec.js';
import { Layer, type ConfigKey, type LayerOptions } from '../layer.js';
import { weightFields, weightOptions, type WeightArguments, type WeightFields } from '../weights.js';
import { knownSize } from './dense.js';

function slope(layer: string, name: string, value: number | null): number {
  if (value === null || value < 0)
    throw new core.ValueError(
      `The ${name} value of a ${layer} layer cannot be None or a negative value. Expected a float. Received: ${name}=${value}`,
    );
  return value;
}

export interface ReLU {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/** `min(max(x, 0), maxValue)` above `threshold`, `negativeSlope * (x - threshold)` below it. */
export class ReLU extends Layer {
  static override readonly className = 'ReLU';
  static override get configKeys(): readonly ConfigKey[] {
    return ['max_value', 'negative_slope', 'threshold'];
  }
  readonly maxValue: number | null;
  readonly negativeSlope: number;
  readonly threshold: number;
  constructor(o: LayerOptions & { maxValue?: number | null; negativeSlope?: number; threshold?: number } = {}) {
    super(o);
    this.maxValue = o.maxValue ?? null;
    if (this.maxValue !== null && this.maxValue < 0)
      throw new core.ValueError(
        `max_value of a ReLU layer cannot be a negative value. Received: max_value=${this.maxValue}`,
      );
    this.negativeSlope = slope('ReLU', 'negative_slope', o.negativeSlope ?? 0);
    this.threshold = slope('ReLU', 'threshold', o.threshold ?? 0);
    this.supportsMasking = true;
    this.built = true;
  }
  override call(inputs: Tensor): Tensor {
    return activations.relu(inputs, {
      maxValue: this.maxValue,
      negativeSlope: this.negativeSlope,
      threshold: this.threshold,
    });
  }
}

export interface LeakyReLU {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/** `x` where x > 0, else `negativeSlope * x`; default 0.3. */
export class LeakyReLU extends Layer {
  static override readonly className = 'LeakyReLU';
  static override get configKeys(): readonly ConfigKey[] {
    return ['negative_slope'];
  }
  readonly negativeSlope: number;
  constructor(o: LayerOptions & { negativeSlope?: number } = {}) {
    super(o);
    this.negativeSlope = slope('Leaky ReLU', 'negative_slope', o.negativeSlope ?? 0.3);
    this.supportsMasking = true;
    this.built = true;
  }
  override call(inputs: Tensor): Tensor {
    return activations.leakyRelu(inputs, { negativeSlope: this.negativeSlope });
  }
}

export interface ELU {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/** `x` where x > 0, else `alpha * (exp(x) - 1)`; default 1. */
export class ELU extends Layer {
  static override readonly className = 'ELU';
  static override get configKeys(): readonly ConfigKey[] {
    return ['alpha'];
  }
  readonly alpha: number;
  constructor(o: LayerOptions & { alpha?: number } = {}) {
    super(o);
    this.alpha = o.alpha ?? 1;
    this.supportsMasking = true;
    this.built = true;
  }
  override call(inputs: Tensor): Tensor {
    return activations.elu(inputs, { alpha: this.alpha });
  }
}

export interface PReLU extends WeightFields<'alpha'> {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/** `x` where x > 0, else `alpha * x` with a learned alpha for each place of a sample, shared along `sharedAxes`. */
export class PReLU extends Layer {
  static override readonly className = 'PReLU';
  static override get configKeys(): readonly ConfigKey[] {
    return ['alpha_initializer', 'alpha_regularizer', 'alpha_constraint', 'shared_axes'];
  }
  readonly sharedAxes: readonly number[] | null;
  alpha!: Variable;
  constructor(o: LayerOptions & WeightArguments<'alpha'> & { sharedAxes?: number | readonly number[] | null } = {}) {
    super(o);
    this.sharedAxes = typeof o.sharedAxes === 'number' ? [o.sharedAxes] : (o.sharedAxes ?? null);
    Object.assign(this, weightFields(o, { alpha: 'zeros' }));
    this.supportsMasking = true;
  }
  override build(inputShape: Shape): void {
    const shape = inputShape
      .slice(1)
      .map((_, i) => (this.sharedAxes?.includes(i + 1) ? 1 : knownSize(this, inputShape, i + 1)));
    this.alpha = this.addWeight(weightOptions(this, 'alpha', { name: 'alpha', shape }));
    this.inputSpec = new InputSpec({ ndim: inputShape.length });
  }
  override call(inputs: Tensor): Tensor {
    return apply('PReLU', [inputs, this.alpha], (x, alpha) => core.prelu(x, alpha));
  }
}

export interface Softmax {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/** Softmax over `axis` (default -1); places where the mask is false get 0. */
export class Softmax extends Layer {
  static override readonly className = 'Softmax';
  static override get configKeys(): readonly ConfigKey[] {
    return ['axis'];
  }
  readonly axis: number | readonly number[];
  constructor(o: LayerOptions & { axis?: number | readonly number[] } = {}) {
    super(o);
    this.axis = o.axis ?? -1;
    this.supportsMasking = true;
    this.built = true;
  }
  override call(inputs: Tensor, o: { mask?: Tensor } = {}): Tensor {
    if (!o.mask) return activations.softmax(inputs, { axis: this.axis });
    const adder = apply('Mask', [o.mask], (m) => core.mul(core.sub(1, core.cast(m, 'f32')), -1e9));
    return activations.softmax(inputs.add(adder), { axis: this.axis }).mul(o.mask.cast(inputs.dtype));
  }
}
