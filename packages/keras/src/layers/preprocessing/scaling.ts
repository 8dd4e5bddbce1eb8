// Rescaling and Normalization.
import * as core from '@nn/core';
import { epsilon } from '../../config.js';
import { formatShape } from '../../tensor/format.js';
import { apply, applyMany, asTensor, Tensor, toCore, type Shape, type TensorLike } from '../../tensor/tensor.js';
import type { Variable } from '../../tensor/variable.js';
import { knownSize } from '../core/dense.js';
import { Layer, type ConfigKey, type LayerOptions } from '../layer.js';

export interface Rescaling {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/**
 * `x * scale + offset`; scale and offset may be one value per channel.
 *
 * @example
 * new tf.keras.layers.Rescaling(1 / 2, { offset: -1 })(tf.constant([[4]])).toArraySync() // => [[1]]
 */
export class Rescaling extends Layer {
  static override readonly className = 'Rescaling';
  static override readonly positional: readonly string[] = ['scale'];
  static override get configKeys(): readonly ConfigKey[] {
    return ['scale', 'offset'];
  }
  readonly scale: number | readonly number[];
  readonly offset: number | readonly number[];
  constructor(scale: number | readonly number[], o: LayerOptions & { offset?: number | readonly number[] } = {}) {
    super(o);
    this.scale = scale;
    this.offset = o.offset ?? 0;
    this.supportsMasking = true;
  }
  override call(inputs: Tensor): Tensor {
    const x = inputs.dtype === this.dtype ? inputs : inputs.cast(this.dtype);
    return x.mul(this.scale).add(this.offset);
  }
}

export interface Normalization {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/**
 * `(x - mean) / max(sqrt(variance), 1e-7)` with statistics that are given, or found by `adapt(data)`.
 *
 * @example
 * const n = new tf.keras.layers.Normalization({ axis: null })
 * n.adapt([1, 2, 3])
 * n([2]).toArraySync() // => [0]
 */
export class Normalization extends Layer {
  static override readonly className = 'Normalization';
  static override get configKeys(): readonly ConfigKey[] {
    return ['axis', 'invert', 'mean', 'variance'];
  }
  readonly axis: readonly number[];
  readonly invert: boolean;
  readonly mean: core.NestedArray | null;
  readonly variance: core.NestedArray | null;
  adaptMean!: Variable;
  adaptVariance!: Variable;
  count!: Variable;
  private kept: readonly number[] = [];

  constructor(
    o: LayerOptions & {
      axis?: number | readonly number[] | null;
      mean?: core.NestedArray | null;
      variance?: core.NestedArray | null;
      invert?: boolean;
    } = {},
  ) {
    super(o);
    this.axis = o.axis === null ? [] : typeof o.axis === 'object' ? [...o.axis] : [o.axis ?? -1];
    this.invert = o.invert ?? false;
    this.mean = o.mean ?? null;
    this.variance = o.variance ?? null;
    if ((this.mean === null) !== (this.variance === null))
      throw new core.ValueError(
        `When setting values directly, both \`mean\` and \`variance\` must be set. Received: mean=${String(this.mean)} and variance=${String(this.variance)}`,
      );
    this.supportsMasking = true;
  }
  override build(inputShape: Shape): void {
    this.kept = this.axis
      .map((a) => core.normalizeAxis(`Layer '${this.name}'`, a, inputShape.length))
      .sort((a, b) => a - b);
    const shape = this.kept.map((a) => knownSize(this, inputShape, a));
    if (this.mean !== null) return;
    this.adaptMean = this.addWeight({ name: 'mean', shape, initializer: 'zeros', trainable: false });
    this.adaptVariance = this.addWeight({ name: 'variance', shape, initializer: 'ones', trainable: false });
    this.count = this.addWeight({ name: 'count', shape: [], dtype: 'int32', initializer: 'zeros', trainable: false });
  }
  /** Finds mean and variance over all axes but `axis`. */
  adapt(data: TensorLike): void {
    const x = asTensor(data);
    if (this.mean !== null)
      throw new core.ValueError(`Layer '${this.name}': \`adapt\` cannot be called when mean and variance are given.`);
    if (!this.built) this.build(x.shape);
    const [mean, variance] = applyMany('Moments', [x.cast(this.dtype)], (t) => {
      const m = core.moments(
        t,
        t.shape.map((_, i) => i).filter((i) => !this.kept.includes(i)),
      );
      return [m.mean, m.variance];
    }) as [Tensor, Tensor];
    if (formatShape(mean.shape) !== formatShape(this.adaptMean.shape))
      throw new core.ValueError(
        `Layer '${this.name}' was built for statistics of shape ${formatShape(this.adaptMean.shape)}, but adapt() is being called with data of shape ${formatShape(x.shape)}`,
      );
    this.adaptMean.assign(mean);
    this.adaptVariance.assign(variance);
  }
  /** A statistic with size 1 on the axes that it does not have. */
  private spread(value: TensorLike, x: Tensor): Tensor {
    const shape = x.shape.map((_, i) => (this.kept.includes(i) ? x.shape[i]! : 1));
    return apply('BroadcastTo', [value], (t) => {
      const own = t.ndim
        ? shape.map((n, i) =>
            this.kept.includes(i) ? (t.shape[t.ndim - this.kept.length + this.kept.indexOf(i)] ?? 1) : 1,
          )
        : shape.map(() => 1);
      return core.reshape(t, own);
    });
  }
  override call(inputs: Tensor): Tensor {
    const x = inputs.dtype === this.dtype ? inputs : inputs.cast(this.dtype);
    const given = (v: core.NestedArray): Tensor => new Tensor(toCore(v, this.dtype === 'float64' ? 'f64' : 'f32'));
    const mean = this.spread(this.mean === null ? this.adaptMean : given(this.mean), x);
    const variance = this.spread(this.variance === null ? this.adaptVariance : given(this.variance), x);
    const deviation = apply('Maximum', [variance], (v) => core.maximum(core.sqrt(v), epsilon()));
    return this.invert ? x.mul(deviation).add(mean) : x.sub(mean).div(deviation);
  }
}
