// Metrics that are averages over samples: their state is a weighted total and a count.
import * as core from '@nn/core';
import { divideNoNan, maskedWeights, sameRank } from '../losses/reduction.js';
import { configOf, type Config } from '../object.js';
import { asTensor, Tensor, toCore, type TensorLike } from '../tensor/tensor.js';
import type { Variable } from '../tensor/variable.js';
import { Metric, type MetricOptions, type UpdateOptions } from './metric.js';

/** One value and one weight for each sample: further axes are averaged. */
export function bySample(
  values: core.Tensor,
  weight: core.Tensor | null,
  fold: (x: core.Tensor, axes: readonly number[]) => core.Tensor = (x, axes) => core.mean(x, { axes }),
): { values: core.Tensor; weight: core.Tensor | null } {
  const from = (n: number, rank: number): number[] => Array.from({ length: Math.max(0, rank - n) }, (_, k) => n + k);
  const folded = (x: core.Tensor): core.Tensor => (x.ndim > 1 ? fold(x, from(1, x.ndim)) : x);
  if (!weight) return { values: folded(values), weight: null };
  let [v, w] = sameRank(values, core.cast(weight, values.dtype));
  if (v.ndim > w.ndim) v = fold(v, from(w.ndim, v.ndim));
  w = core.expand(w, v.shape);
  return { values: folded(core.mul(v, w)), weight: folded(w) };
}
/** The optional sample weight of an update, with the mask of the predictions in it. */
export function weightOf(o: UpdateOptions, mask: Tensor | null): core.Tensor | null {
  const weight = o.sampleWeight === null || o.sampleWeight === undefined ? null : toCore(o.sampleWeight);
  return maskedWeights(mask ? mask.read() : null, weight, 'f32', 'sum');
}
const floats = (x: core.Tensor): core.Tensor => (core.isFloat(x.dtype) ? x : core.cast(x, 'f32'));
const add = (v: Variable, x: core.Tensor): void =>
  v.cell.set(core.detach(core.add(v.cell.get(), core.cast(x, v.cell.dtype))));

/** The weighted mean of all values. */
export class Mean extends Metric {
  static override readonly className: string = 'Mean';
  protected readonly total: Variable;
  protected readonly count: Variable;
  constructor(o: MetricOptions = {}) {
    super({ ...o, name: o.name ?? 'mean' });
    this.total = this.addWeight({ name: 'total' });
    this.count = this.addWeight({ name: 'count' });
  }
  override updateState(values: TensorLike, o: UpdateOptions = {}): void {
    this.accumulate(floats(toCore(values)), weightOf(o, asTensor(values).kerasMask));
  }
  protected accumulate(values: core.Tensor, weight: core.Tensor | null): void {
    const samples = bySample(values, weight);
    add(this.total, core.sum(samples.values));
    add(this.count, samples.weight ? core.sum(samples.weight) : core.literal(samples.values.shape[0] ?? 1));
  }
  override result(): Tensor {
    return new Tensor(divideNoNan(this.total.cell.get(), this.count.cell.get()));
  }
}
/** The weighted sum of all values. */
export class Sum extends Metric {
  static override readonly className = 'Sum';
  private readonly total: Variable;
  constructor(o: MetricOptions = {}) {
    super({ ...o, name: o.name ?? 'sum' });
    this.total = this.addWeight({ name: 'total' });
  }
  override updateState(values: TensorLike, o: UpdateOptions = {}): void {
    const { values: v } = bySample(floats(toCore(values)), weightOf(o, null), (x, axes) => core.sum(x, { axes }));
    add(this.total, core.sum(v));
  }
  override result(): Tensor {
    return new Tensor(this.total.cell.get());
  }
}

/** A value for each sample from targets and predictions. */
export type MetricFunction = (yTrue: Tensor, yPred: Tensor) => TensorLike;
/** The weighted mean of a function of targets and predictions. */
export class MeanMetricWrapper extends Mean {
  static override readonly className: string = 'MeanMetricWrapper';
  private readonly fn: MetricFunction;
  constructor(fn: MetricFunction, o: MetricOptions = {}) {
    super({ ...o, name: o.name ?? (fn.name || 'metric') });
    this.fn = fn;
  }
  override updateState(yTrue: TensorLike, yPredOrOptions?: TensorLike | UpdateOptions, o: UpdateOptions = {}): void {
    const yPred = asTensor(yPredOrOptions as TensorLike);
    const values = asTensor(this.fn(asTensor(yTrue), yPred));
    this.accumulate(floats(values.read()), weightOf(o, values.kerasMask ?? yPred.kerasMask));
  }
}
/** A mean over samples whose function has options that belong to the config. */
export abstract class NamedMean extends MeanMetricWrapper {
  /** The options as config keys. */
  protected abstract readonly keys: readonly string[];
  override getConfig(): Config {
    return { ...super.getConfig(), ...configOf(this, this.keys) };
  }
}
/** The root of the weighted mean of squared errors. */
export class RootMeanSquaredError extends Mean {
  static override readonly className = 'RootMeanSquaredError';
  constructor(o: MetricOptions = {}) {
    super({ ...o, name: o.name ?? 'root_mean_squared_error' });
  }
  override updateState(yTrue: TensorLike, yPredOrOptions?: TensorLike | UpdateOptions, o: UpdateOptions = {}): void {
    const [p, t] = sameRank(floats(toCore(yPredOrOptions as TensorLike)), floats(toCore(yTrue)));
    this.accumulate(core.square(core.sub(p, t)), weightOf(o, null));
  }
  override result(): Tensor {
    return new Tensor(core.sqrt(super.result().read()));
  }
}
