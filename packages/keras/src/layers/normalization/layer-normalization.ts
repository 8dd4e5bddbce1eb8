// LayerNormalization, GroupNormalization, RMSNormalization and UnitNormalization.
import * as core from '@nn/core';
import { apply, type Shape, type Tensor } from '../../tensor/tensor.js';
import type { Variable } from '../../tensor/variable.js';
import { knownSize } from '../core/dense.js';
import { InputSpec } from '../input-spec.js';
import { Layer, type ConfigKey, type LayerOptions } from '../layer.js';
import { weightFields, weightKeys, weightOptions, type WeightArguments, type WeightFields } from '../weights.js';

type Axis = number | readonly number[];
const listed = (axis: Axis): readonly number[] => (typeof axis === 'number' ? [axis] : axis);
/** A weight over some axes, with size 1 on the others. */
function spread(w: core.Tensor | undefined, x: core.Tensor, axes: readonly number[]): core.Tensor | undefined {
  return (
    w &&
    core.reshape(
      w,
      x.shape.map((n, i) => (axes.includes(i) ? n : 1)),
    )
  );
}

export interface CenterScaleOptions extends LayerOptions, WeightArguments<'beta' | 'gamma'> {
  /** Added to the variance; default 1e-3. */
  epsilon?: number;
  /** Adds `beta`; default true. */
  center?: boolean;
  /** Multiplies by `gamma`; default true. */
  scale?: boolean;
}
export interface CenterScale extends WeightFields<'beta' | 'gamma'> {}
/** What normalizations with `gamma` and `beta` share. */
export abstract class CenterScale extends Layer {
  readonly epsilon: number;
  readonly center: boolean;
  readonly scale: boolean;
  gamma: Variable | null = null;
  beta: Variable | null = null;
  constructor(o: CenterScaleOptions) {
    super(o);
    this.epsilon = o.epsilon ?? 1e-3;
    this.center = o.center ?? true;
    this.scale = o.scale ?? true;
    Object.assign(this, weightFields(o, { beta: 'zeros', gamma: 'ones' }));
    this.supportsMasking = true;
  }
  protected makeWeights(shape: readonly number[], center: boolean = this.center, scale: boolean = this.scale): void {
    if (scale) this.gamma = this.addWeight(weightOptions(this, 'gamma', { name: 'gamma', shape }));
    if (center) this.beta = this.addWeight(weightOptions(this, 'beta', { name: 'beta', shape }));
  }
  /** Runs `f` with gamma and beta where the layer has them. */
  protected affine(
    inputs: Tensor,
    f: (x: core.Tensor, gamma: core.Tensor | undefined, beta: core.Tensor | undefined) => core.Tensor,
  ): Tensor {
    const given = [this.gamma, this.beta].filter((v) => v !== null);
    return apply(this.className, [inputs, ...given], (x, ...w) =>
      f(x, this.gamma ? w[0] : undefined, this.beta ? w[this.gamma ? 1 : 0] : undefined),
    );
  }
}

export interface LayerNormalization {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/**
 * `(x - mean) / sqrt(variance + epsilon) * gamma + beta` over `axis` (default -1) of each sample.
 *
 * @example
 * new tf.keras.layers.LayerNormalization({ epsilon: 0 })(tf.constant([[1, 3]])).toArraySync() // => [[-1, 1]]
 */
export class LayerNormalization extends CenterScale {
  static override readonly className = 'LayerNormalization';
  static override get configKeys(): readonly ConfigKey[] {
    return ['axis', 'epsilon', 'center', 'scale', 'rms_scaling', ...weightKeys(['beta', 'gamma'])];
  }
  axis: Axis;
  readonly rmsScaling: boolean;
  constructor(o: CenterScaleOptions & { axis?: Axis; rmsScaling?: boolean } = {}) {
    super(o);
    this.axis = o.axis ?? -1;
    this.rmsScaling = o.rmsScaling ?? false;
  }
  override build(inputShape: Shape): void {
    const axes = core.normalizeAxes(`Layer '${this.name}'`, listed(this.axis), inputShape.length);
    this.axis = [...listed(this.axis)].sort((a, b) => a - b);
    this.makeWeights(
      axes.map((a) => knownSize(this, inputShape, a)),
      this.center && !this.rmsScaling,
      this.scale || this.rmsScaling,
    );
  }
  override call(inputs: Tensor): Tensor {
    return this.affine(inputs, (x, gamma, beta) => {
      const axes = core.normalizeAxes(`Layer '${this.name}'`, listed(this.axis), x.ndim);
      const { mean, variance } = core.moments(x, axes, { keepdims: true });
      const [weight, bias] = [spread(gamma, x, axes), spread(beta, x, axes)];
      if (this.rmsScaling) return core.mul(core.mul(x, core.rsqrt(core.add(variance, this.epsilon))), weight!);
      return core.normalize(x, { mean, variance, eps: this.epsilon, ...(weight && { weight }), ...(bias && { bias }) });
    });
  }
}

export interface GroupNormalization {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/** Normalizes groups of channels of each sample; `groups: -1` is instance normalization, `groups: 1` takes the whole sample. */
export class GroupNormalization extends CenterScale {
  static override readonly className = 'GroupNormalization';
  static override get configKeys(): readonly ConfigKey[] {
    return ['groups', 'axis', 'epsilon', 'center', 'scale', ...weightKeys(['beta', 'gamma'])];
  }
  groups: number;
  readonly axis: number;
  constructor(o: CenterScaleOptions & { groups?: number; axis?: number } = {}) {
    super(o);
    this.groups = o.groups ?? 32;
    if (!Number.isInteger(this.groups) || (this.groups <= 0 && this.groups !== -1)) {
      throw new core.ValueError(
        `Received an invalid value for argument \`groups\`, expected a positive integer (or \`-1\` for instance normalization). Received: groups=${this.groups}`,
      );
    }
    this.axis = o.axis ?? -1;
  }
  override build(inputShape: Shape): void {
    const channels = knownSize(this, inputShape, this.axis);
    if (this.groups === -1) this.groups = channels;
    if (channels < this.groups)
      throw new core.ValueError(
        `Number of groups (${this.groups}) cannot be more than the number of channels (${channels}).`,
      );
    if (channels % this.groups)
      throw new core.ValueError(
        `Number of groups (${this.groups}) must be a multiple of the number of channels (${channels}).`,
      );
    this.inputSpec = new InputSpec({ ndim: inputShape.length, axes: { [this.axis]: channels } });
    this.makeWeights([channels]);
  }
  override call(inputs: Tensor): Tensor {
    return this.affine(inputs, (x, weight, bias) =>
      core.groupNorm(x, this.groups, {
        axis: this.axis,
        eps: this.epsilon,
        ...(weight && { weight }),
        ...(bias && { bias }),
      }),
    );
  }
}

export interface RMSNormalization {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/** `x / sqrt(mean(x^2) + epsilon) * scale` over `axis` (default -1); epsilon 1e-6. */
export class RMSNormalization extends Layer {
  static override readonly className = 'RMSNormalization';
  static override get configKeys(): readonly ConfigKey[] {
    return ['axis', 'epsilon'];
  }
  axis: Axis;
  readonly epsilon: number;
  scale!: Variable;
  constructor(o: LayerOptions & { axis?: Axis; epsilon?: number } = {}) {
    super(o);
    this.axis = o.axis ?? -1;
    this.epsilon = o.epsilon ?? 1e-6;
  }
  override build(inputShape: Shape): void {
    this.axis = typeof this.axis === 'number' ? [this.axis] : [...this.axis].sort((a, b) => a - b);
    this.scale = this.addWeight({
      name: 'scale',
      shape: this.axis.map((a) => knownSize(this, inputShape, a)),
      initializer: 'ones',
    });
  }
  override call(inputs: Tensor): Tensor {
    return apply(this.className, [inputs, this.scale], (x, scale) => {
      const axes = core.normalizeAxes('RMSNormalization', listed(this.axis), x.ndim);
      const power = core.mean(core.square(x), { axes, keepdims: true });
      return core.mul(core.mul(x, core.rsqrt(core.add(power, this.epsilon))), spread(scale, x, axes)!);
    });
  }
}

export interface UnitNormalization {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/** Scales to Euclidean norm 1 along `axis` (default -1). */
export class UnitNormalization extends Layer {
  static override readonly className = 'UnitNormalization';
  static override get configKeys(): readonly ConfigKey[] {
    return ['axis'];
  }
  readonly axis: Axis;
  constructor(o: LayerOptions & { axis?: Axis } = {}) {
    super(o);
    this.axis = o.axis ?? -1;
    this.supportsMasking = true;
    this.built = true;
  }
  override call(inputs: Tensor): Tensor {
    return apply(this.className, [inputs], (x) => core.l2Normalize(x, this.axis, { eps: 1e-12 }));
  }
}
