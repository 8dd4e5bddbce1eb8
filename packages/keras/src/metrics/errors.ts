// Metrics that are the mean of a loss, and those of regression.
import * as core from '@nn/core';
import * as losses from '../losses/formulas.js';
import { divideNoNan, sameRank } from '../losses/reduction.js';
import { configOf, type Config } from '../object.js';
import { Tensor, toCore, type TensorLike } from '../tensor/tensor.js';
import type { Variable } from '../tensor/variable.js';
import { MeanMetricWrapper, NamedMean, weightOf } from './mean.js';
import { Metric, type MetricOptions, type UpdateOptions } from './metric.js';

const named = (o: MetricOptions, name: string): MetricOptions => ({ ...o, name: o.name ?? name });

export class MeanSquaredError extends MeanMetricWrapper {
  static override readonly className = 'MeanSquaredError';
  constructor(o: MetricOptions = {}) {
    super(losses.meanSquaredError, named(o, 'mean_squared_error'));
  }
}
export class MeanAbsoluteError extends MeanMetricWrapper {
  static override readonly className = 'MeanAbsoluteError';
  constructor(o: MetricOptions = {}) {
    super(losses.meanAbsoluteError, named(o, 'mean_absolute_error'));
  }
}
export class MeanAbsolutePercentageError extends MeanMetricWrapper {
  static override readonly className = 'MeanAbsolutePercentageError';
  constructor(o: MetricOptions = {}) {
    super(losses.meanAbsolutePercentageError, named(o, 'mean_absolute_percentage_error'));
  }
}
export class MeanSquaredLogarithmicError extends MeanMetricWrapper {
  static override readonly className = 'MeanSquaredLogarithmicError';
  constructor(o: MetricOptions = {}) {
    super(losses.meanSquaredLogarithmicError, named(o, 'mean_squared_logarithmic_error'));
  }
}
export class LogCoshError extends MeanMetricWrapper {
  static override readonly className = 'LogCoshError';
  constructor(o: MetricOptions = {}) {
    super(losses.logCosh, named(o, 'logcosh'));
  }
}
export class Hinge extends MeanMetricWrapper {
  static override readonly className = 'Hinge';
  constructor(o: MetricOptions = {}) {
    super(losses.hinge, named(o, 'hinge'));
  }
}
export class SquaredHinge extends MeanMetricWrapper {
  static override readonly className = 'SquaredHinge';
  constructor(o: MetricOptions = {}) {
    super(losses.squaredHinge, named(o, 'squared_hinge'));
  }
}
export class CategoricalHinge extends MeanMetricWrapper {
  static override readonly className = 'CategoricalHinge';
  constructor(o: MetricOptions = {}) {
    super(losses.categoricalHinge, named(o, 'categorical_hinge'));
  }
}
export class KLDivergence extends MeanMetricWrapper {
  static override readonly className = 'KLDivergence';
  constructor(o: MetricOptions = {}) {
    super(losses.klDivergence, named(o, 'kl_divergence'));
  }
}
export class Poisson extends MeanMetricWrapper {
  static override readonly className = 'Poisson';
  constructor(o: MetricOptions = {}) {
    super(losses.poisson, named(o, 'poisson'));
  }
}
/** The cosine of the angle between targets and predictions: the loss of the same name has the other sign. */
export class CosineSimilarity extends NamedMean {
  static override readonly className = 'CosineSimilarity';
  protected override readonly keys: readonly string[] = ['axis'];
  readonly axis: number;
  constructor(o: MetricOptions & { axis?: number } = {}) {
    const axis = o.axis ?? -1;
    super((t, p) => losses.cosineSimilarity(t, p, { axis }).neg(), named(o, 'cosine_similarity'));
    this.axis = axis;
  }
}
export class BinaryCrossentropy extends NamedMean {
  static override readonly className = 'BinaryCrossentropy';
  protected override readonly keys: readonly string[] = ['from_logits', 'label_smoothing'];
  readonly fromLogits: boolean;
  readonly labelSmoothing: number;
  constructor(o: MetricOptions & { fromLogits?: boolean; labelSmoothing?: number } = {}) {
    const options = { fromLogits: o.fromLogits ?? false, labelSmoothing: o.labelSmoothing ?? 0 };
    super((t, p) => losses.binaryCrossentropy(t, p, options), named(o, 'binary_crossentropy'));
    this.fromLogits = options.fromLogits;
    this.labelSmoothing = options.labelSmoothing;
  }
}
export class CategoricalCrossentropy extends NamedMean {
  static override readonly className = 'CategoricalCrossentropy';
  protected override readonly keys: readonly string[] = ['from_logits', 'label_smoothing', 'axis'];
  readonly fromLogits: boolean;
  readonly labelSmoothing: number;
  readonly axis: number;
  constructor(o: MetricOptions & losses.CrossentropyOptions = {}) {
    const options = { fromLogits: o.fromLogits ?? false, labelSmoothing: o.labelSmoothing ?? 0, axis: o.axis ?? -1 };
    super((t, p) => losses.categoricalCrossentropy(t, p, options), named(o, 'categorical_crossentropy'));
    this.fromLogits = options.fromLogits;
    this.labelSmoothing = options.labelSmoothing;
    this.axis = options.axis;
  }
}
export class SparseCategoricalCrossentropy extends NamedMean {
  static override readonly className = 'SparseCategoricalCrossentropy';
  protected override readonly keys: readonly string[] = ['from_logits', 'axis'];
  readonly fromLogits: boolean;
  readonly axis: number;
  constructor(o: MetricOptions & { fromLogits?: boolean; axis?: number } = {}) {
    const options = { fromLogits: o.fromLogits ?? false, axis: o.axis ?? -1 };
    super((t, p) => losses.sparseCategoricalCrossentropy(t, p, options), named(o, 'sparse_categorical_crossentropy'));
    this.fromLogits = options.fromLogits;
    this.axis = options.axis;
  }
}

const aggregations = ['uniform_average', 'variance_weighted_average', 'none'] as const;
/** `1 - sum w (y - x)^2 / sum w (y - mean y)^2` for each output, then averaged. */
export class R2Score extends Metric {
  static override readonly className = 'R2Score';
  readonly classAggregation: (typeof aggregations)[number];
  private sums: readonly Variable[] | null = null;
  constructor(o: MetricOptions & { classAggregation?: string | null } = {}) {
    super(named(o, 'r2_score'));
    const name = o.classAggregation === null ? 'none' : (o.classAggregation ?? 'uniform_average');
    const known = aggregations.find((a) => a === name);
    if (!known)
      throw new core.ValueError(
        `Invalid value for argument \`class_aggregation\`. Expected one of ${aggregations.join(', ')}. Received: class_aggregation=${name}`,
      );
    this.classAggregation = known;
  }
  override updateState(yTrue: TensorLike, yPred: TensorLike, o: UpdateOptions = {}): void {
    const [p, t] = sameRank(toCore(yPred, 'f32'), toCore(yTrue, 'f32'));
    const [rows, cols] = [p.ndim === 1 ? core.unsqueeze(p, 1) : p, t.ndim === 1 ? core.unsqueeze(t, 1) : t];
    const weight = weightOf(o, null);
    const w = weight ? core.reshape(weight, [-1, 1]) : core.ones([rows.shape[0]!, 1]);
    const n = rows.shape[1]!;
    this.sums ??= ['squared_sum', 'sum', 'residual', 'count'].map((name) => this.addWeight({ name, shape: [n] }));
    const over = (x: core.Tensor): core.Tensor => core.sum(core.mul(x, w), { axes: 0 });
    const added = [
      over(core.square(cols)),
      over(cols),
      over(core.square(core.sub(cols, rows))),
      over(core.onesLike(cols)),
    ];
    this.sums.forEach((v, k) => v.cell.set(core.add(v.cell.get(), added[k]!)));
  }
  override result(): Tensor {
    const [squares, sum, residual, count] = (this.sums ?? []).map((v) => v.cell.get());
    if (!squares) return new Tensor(core.literal(0));
    const total = core.sub(squares, core.mul(sum!, divideNoNan(sum!, count!)));
    const score = core.where(core.equal(total, 0), 0, core.sub(1, divideNoNan(residual!, total)));
    if (this.classAggregation === 'none') return new Tensor(score);
    if (this.classAggregation === 'uniform_average') return new Tensor(core.mean(score));
    return new Tensor(divideNoNan(core.sum(core.mul(score, total)), core.sum(total)));
  }
  override getConfig(): Config {
    return { ...super.getConfig(), ...configOf(this, ['class_aggregation']) };
  }
}
