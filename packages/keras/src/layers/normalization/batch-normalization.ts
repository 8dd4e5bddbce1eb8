// BatchNormalization, with masks and batch renormalization.
import * as core from '@nn/core';
import * as initializers from '../../initializers/index.js';
import type { Tensor } from '../../tensor/tensor.js';
import { apply, applyMany, type Shape } from '../../tensor/tensor.js';
import { formatShape } from '../../tensor/format.js';
import type { Variable } from '../../tensor/variable.js';
import { knownSize } from '../core/dense.js';
import { InputSpec } from '../input-spec.js';
import { callTraining, Layer, type ConfigKey, type LayerOptions } from '../layer.js';
import { weightFields, weightOptions, type WeightArguments, type WeightFields } from '../weights.js';

export interface RenormClipping {
  rmin?: number;
  rmax?: number;
  dmax?: number;
}
export interface BatchNormalizationOptions extends LayerOptions, WeightArguments<'beta' | 'gamma'> {
  /** The channel axis; default -1. */
  axis?: number;
  /** How much of the old moving statistics stays; default 0.99. */
  momentum?: number;
  /** Added to the variance; default 1e-3. */
  epsilon?: number;
  /** Adds `beta`; default true. */
  center?: boolean;
  /** Multiplies by `gamma`; default true. */
  scale?: boolean;
  movingMeanInitializer?: initializers.InitializerLike;
  movingVarianceInitializer?: initializers.InitializerLike;
  /** Accepted; there is one replica. */
  synchronized?: boolean;
  /** Batch renormalization; default false. */
  renorm?: boolean;
  renormClipping?: RenormClipping | null;
  renormMomentum?: number;
}
export interface BatchNormalization extends WeightFields<'beta' | 'gamma'> {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}

/**
 * `(x - mean) / sqrt(variance + epsilon) * gamma + beta` for each channel: statistics of the batch in training, moving averages else.
 * Moving averages take `1 - momentum` of the biased batch statistics. With `trainable = false` the layer is in inference mode.
 *
 * @example
 * new tf.keras.layers.BatchNormalization()(tf.ones([2, 3])).shape // => [2, 3]
 */
export class BatchNormalization extends Layer {
  static override readonly className = 'BatchNormalization';
  static override get configKeys(): readonly ConfigKey[] {
    return [
      'axis',
      'momentum',
      'epsilon',
      'center',
      'scale',
      'beta_initializer',
      'gamma_initializer',
      'moving_mean_initializer',
      'moving_variance_initializer',
      'beta_regularizer',
      'gamma_regularizer',
      'beta_constraint',
      'gamma_constraint',
      'synchronized',
      'renorm',
      'renorm_clipping',
      'renorm_momentum',
    ];
  }
  readonly axis: number;
  readonly momentum: number;
  readonly epsilon: number;
  readonly center: boolean;
  readonly scale: boolean;
  readonly movingMeanInitializer: initializers.Initializer;
  readonly movingVarianceInitializer: initializers.Initializer;
  readonly synchronized: boolean;
  readonly renorm: boolean;
  readonly renormClipping: RenormClipping | null;
  readonly renormMomentum: number;
  gamma: Variable | null = null;
  beta: Variable | null = null;
  movingMean!: Variable;
  movingVariance!: Variable;
  movingStddev: Variable | null = null;
  renormMean: Variable | null = null;
  renormStddev: Variable | null = null;

  constructor(o: BatchNormalizationOptions = {}) {
    super(o);
    this.axis = o.axis ?? -1;
    this.momentum = o.momentum ?? 0.99;
    this.epsilon = o.epsilon ?? 1e-3;
    this.center = o.center ?? true;
    this.scale = o.scale ?? true;
    Object.assign(this, weightFields(o, { beta: 'zeros', gamma: 'ones' }));
    this.movingMeanInitializer = initializers.get(o.movingMeanInitializer ?? 'zeros');
    this.movingVarianceInitializer = initializers.get(o.movingVarianceInitializer ?? 'ones');
    this.synchronized = o.synchronized ?? false;
    this.renorm = o.renorm ?? false;
    this.renormClipping = this.renorm ? (o.renormClipping ?? {}) : (o.renormClipping ?? null);
    this.renormMomentum = o.renormMomentum ?? 0.99;
    const { rmin, rmax, dmax, ...unknown } = this.renormClipping ?? {};
    const bad = Object.keys(unknown);
    if (bad.length)
      throw new core.ValueError(
        `Received invalid keys for \`renormClipping\` argument: [${bad.join(', ')}]. Supported values: rmin, rmax, dmax.`,
      );
    if (rmin !== undefined && rmax !== undefined && rmin > rmax)
      throw new core.ValueError(
        `rmin should be less than rmax in the \`renormClipping\` argument. Received: rmin=${rmin}, rmax=${rmax}.`,
      );
    if (dmax !== undefined && dmax < 0)
      throw new core.ValueError(
        `dmax should be non-negative in the \`renormClipping\` argument. Received: dmax=${dmax}.`,
      );
    this.supportsMasking = true;
  }
  override build(inputShape: Shape): void {
    const channels = knownSize(this, inputShape, this.axis);
    const statistic = (name: string, initializer: initializers.InitializerLike): Variable =>
      this.addWeight({ name, shape: [channels], initializer, trainable: false });
    if (this.scale) this.gamma = this.addWeight(weightOptions(this, 'gamma', { name: 'gamma', shape: [channels] }));
    if (this.center) this.beta = this.addWeight(weightOptions(this, 'beta', { name: 'beta', shape: [channels] }));
    this.movingMean = statistic('moving_mean', this.movingMeanInitializer);
    this.movingVariance = statistic('moving_variance', this.movingVarianceInitializer);
    if (this.renorm) {
      const stddev: initializers.InitializerLike = (shape: readonly number[], o: { dtype: string }) =>
        this.movingVarianceInitializer(shape, o).sqrt();
      this.movingStddev = statistic('moving_stddev', stddev);
      this.renormMean = statistic('renorm_mean', this.movingMeanInitializer);
      this.renormStddev = statistic('renorm_stddev', stddev);
    }
    this.inputSpec = new InputSpec({ ndim: inputShape.length, axes: { [this.axis]: channels } });
  }

  override call(inputs: Tensor, o: { training?: boolean; mask?: Tensor } = {}): Tensor {
    if (o.mask && o.mask.ndim !== inputs.ndim - 1) {
      throw new core.ValueError(
        `The mask provided should be one dimension less than the inputs. Received: mask.shape=${formatShape(o.mask.shape)}, inputs.shape=${formatShape(inputs.shape)}`,
      );
    }
    if (!callTraining(o) || !this.trainable)
      return this.normalize(
        inputs,
        this.movingMean.value,
        this.movingVariance.value,
        this.gamma?.value,
        this.beta?.value,
      );
    const [mean, variance] = this.statistics(inputs, o.mask) as [Tensor, Tensor];
    if (this.renorm) return this.renormalize(inputs, mean, variance);
    this.move(this.movingMean, mean, this.momentum);
    this.move(this.movingVariance, variance, this.momentum);
    return this.normalize(inputs, mean, variance, this.gamma?.value, this.beta?.value);
  }
  private normalize(x: Tensor, mean: Tensor, variance: Tensor, weight?: Tensor, bias?: Tensor): Tensor {
    const given = [weight, bias].filter((t) => t !== undefined);
    return apply(
      'BatchNormalization',
      [x, mean, variance, ...given],
      (t, m, v, ...rest) =>
        core.batchNorm(t, {
          axis: this.axis,
          mean: m,
          variance: v,
          eps: this.epsilon,
          ...(weight && { weight: rest[0]! }),
          ...(bias && { bias: rest[weight ? 1 : 0]! }),
        }).output,
    );
  }
  /** Mean and biased variance of each channel; masked places do not count. */
  private statistics(x: Tensor, mask?: Tensor): Tensor[] {
    const axis = core.normalizeAxis('BatchNormalization', this.axis, x.ndim);
    const axes = x.shape.flatMap((_, i) => (i === axis ? [] : [i]));
    if (!mask) {
      return applyMany('Moments', [x], (t) => {
        const { mean, variance } = core.moments(t, axes);
        return [mean, variance];
      });
    }
    return applyMany('Moments', [x, mask], (t, m) => {
      const on = core.expand(core.unsqueeze(core.cast(m, 'bool'), -1), t.shape);
      const over = { axes, keepdims: true };
      const count = core.add(core.sum(core.cast(on, t.dtype), over), 1e-7);
      const mean = core.div(core.sum(core.where(on, t, 0), over), count);
      const variance = core.div(core.sum(core.square(core.where(on, core.sub(t, mean), 0)), over), count);
      return [core.reshape(mean, [-1]), core.reshape(variance, [-1])];
    });
  }
  private move(v: Variable, value: Tensor, momentum: number): void {
    v.assign(v.mul(momentum).add(stopped(value).mul(1 - momentum)));
  }
  private renormalize(x: Tensor, mean: Tensor, variance: Tensor): Tensor {
    const stddev = variance.add(this.epsilon).sqrt();
    const reference = apply('Maximum', [this.renormStddev!], (s) => core.maximum(s, Math.sqrt(this.epsilon)));
    const { rmin, rmax, dmax } = this.renormClipping ?? {};
    const clip = (t: Tensor, min?: number, max?: number): Tensor =>
      stopped(apply('Clip', [t], (v) => core.clamp(v, { min, max })));
    const r = clip(stddev.div(reference), rmin, rmax);
    const d = clip(mean.sub(this.renormMean!).div(reference), dmax === undefined ? undefined : -dmax, dmax);
    const gamma = this.gamma ? r.mul(this.gamma) : r;
    const shift = this.gamma ? d.mul(this.gamma) : d;
    this.move(this.renormMean!, mean, this.renormMomentum);
    this.move(this.renormStddev!, stddev, this.renormMomentum);
    this.move(this.movingMean, mean, this.momentum);
    this.move(this.movingStddev!, stddev, this.momentum);
    this.movingVariance.assign(
      apply('Relu', [this.movingStddev!], (s) => core.relu(core.sub(core.square(s), this.epsilon))),
    );
    return this.normalize(x, mean, variance, gamma, this.beta ? shift.add(this.beta) : shift);
  }
}
/** The same value, through which no gradient flows. */
const stopped = (t: Tensor): Tensor => apply('StopGradient', [t], core.detach);
