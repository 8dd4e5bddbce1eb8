// Scores that are made of counts for each class: F-scores and intersection over union.
import * as core from '@nn/core';
import { divideNoNan } from '../losses/reduction.js';
import { configOf, type Config } from '../object.js';
import { Tensor, toCore, type TensorLike } from '../tensor/tensor.js';
import type { Variable } from '../tensor/variable.js';
import { weightOf } from './mean.js';
import { Metric, type MetricOptions, type UpdateOptions } from './metric.js';

const averages = ['micro', 'macro', 'weighted', 'none'] as const;
export interface FBetaOptions extends MetricOptions {
  /** How classes become one number; null (default) leaves one for each class. */
  average?: string | null;
  /** Weight of recall against precision. Default 1. */
  beta?: number;
  /** Default: only the highest prediction of a sample is positive. */
  threshold?: number | null;
}
/** `(1 + beta^2) p r / (beta^2 p + r)` of precision p and recall r for each class. */
export class FBetaScore extends Metric {
  static override readonly className: string = 'FBetaScore';
  readonly average: (typeof averages)[number];
  readonly beta: number;
  readonly threshold: number | null;
  private tallies: readonly Variable[] | null = null;
  constructor(o: FBetaOptions = {}) {
    super({ ...o, name: o.name ?? 'fbeta_score' });
    const name = o.average ?? 'none';
    const known = averages.find((a) => a === name);
    if (!known)
      throw new core.ValueError(
        `Invalid \`average\` argument value. Expected one of ${averages.join(', ')}. Received: average=${name}`,
      );
    this.average = known;
    this.beta = o.beta ?? 1;
    this.threshold = o.threshold ?? null;
  }
  override updateState(yTrue: TensorLike, yPred: TensorLike, o: UpdateOptions = {}): void {
    const [p, t] = [toCore(yPred, 'f32'), toCore(yTrue, 'f32')];
    if (p.ndim !== 2 || !core.sameShape(p.shape, t.shape))
      throw new core.ShapeError(
        `FBetaScore expects 2D inputs with shape (batch_size, output_dim), with targets of the same shape. Received: [${t.shape}] and [${p.shape}]`,
      );
    const shape = this.average === 'micro' ? [] : [p.shape[1]!];
    this.tallies ??= ['true_positives', 'false_positives', 'false_negatives', 'intermediate_weights'].map((name) =>
      this.addWeight({ name, shape }),
    );
    const positive = core.cast(
      this.threshold === null
        ? core.logicalAnd(
            core.greaterEqual(p, core.max(p, { axes: -1, keepdims: true })),
            core.greater(core.abs(p), 1e-9),
          )
        : core.greater(p, this.threshold),
      'f32',
    );
    const weight = weightOf(o, null);
    const count = (x: core.Tensor): core.Tensor =>
      core.sum(weight ? core.mul(x, core.reshape(weight, [-1, 1])) : x, this.average === 'micro' ? {} : { axes: 0 });
    const added = [
      count(core.mul(positive, t)),
      count(core.mul(positive, core.sub(1, t))),
      count(core.mul(core.sub(1, positive), t)),
      count(t),
    ];
    this.tallies.forEach((v, k) => v.cell.set(core.add(v.cell.get(), added[k]!)));
  }
  override result(): Tensor {
    if (!this.tallies) return new Tensor(core.literal(0));
    const [tp, fp, fn, all] = this.tallies.map((v) => v.cell.get()) as [
      core.Tensor,
      core.Tensor,
      core.Tensor,
      core.Tensor,
    ];
    const eps = 1e-7;
    const precision = core.div(tp, core.add(core.add(tp, fp), eps));
    const recall = core.div(tp, core.add(core.add(tp, fn), eps));
    const b = this.beta ** 2;
    const score = core.div(
      core.mul(core.mul(precision, recall), 1 + b),
      core.add(core.add(core.mul(precision, b), recall), eps),
    );
    if (this.average === 'macro') return new Tensor(core.mean(score));
    if (this.average === 'weighted')
      return new Tensor(core.sum(core.mul(score, core.div(all, core.add(core.sum(all), eps)))));
    return new Tensor(score);
  }
  override getConfig(): Config {
    return { ...super.getConfig(), ...configOf(this, ['average', 'beta', 'threshold']) };
  }
}
/** The F-score with beta = 1. */
export class F1Score extends FBetaScore {
  static override readonly className = 'F1Score';
  constructor(o: Omit<FBetaOptions, 'beta'> = {}) {
    super({ ...o, beta: 1, name: o.name ?? 'f1_score' });
  }
}
/** `tp / (tp + fp + fn)` for each class of integer targets and predictions, averaged over `targetClassIds`. */
export class IoU extends Metric {
  static override readonly className: string = 'IoU';
  readonly numClasses: number;
  readonly targetClassIds: readonly number[];
  private readonly matrix: Variable;
  static override readonly positional: readonly string[] = ['num_classes', 'target_class_ids'];
  constructor(numClasses: number, targetClassIds: readonly number[], o: MetricOptions = {}) {
    super(o);
    if (targetClassIds.some((k) => k >= numClasses))
      throw new core.ValueError(
        `Target class id (${Math.max(...targetClassIds)}) is out of range, which is [0, ${numClasses})`,
      );
    this.numClasses = numClasses;
    this.targetClassIds = targetClassIds;
    this.matrix = this.addWeight({ name: 'total_confusion_matrix', shape: [numClasses, numClasses] });
  }
  override updateState(yTrue: TensorLike, yPred: TensorLike, o: UpdateOptions = {}): void {
    const [t, p] = [core.reshape(toCore(yTrue, 'i32'), [-1]), core.reshape(toCore(yPred, 'i32'), [-1])];
    const weight = weightOf(o, null);
    const rows = core.oneHot(t, this.numClasses);
    const counted = core.matmul(
      core.transpose(weight ? core.mul(rows, core.reshape(weight, [-1, 1])) : rows),
      core.oneHot(p, this.numClasses),
    );
    this.matrix.cell.set(core.add(this.matrix.cell.get(), counted));
  }
  override result(): Tensor {
    const m = this.matrix.cell.get();
    const hits = core.diagonal(m);
    const all = core.sub(core.add(core.sum(m, { axes: 0 }), core.sum(m, { axes: 1 })), hits);
    const chosen = core.sum(core.oneHot(core.tensor([...this.targetClassIds], { dtype: 'i32' }), this.numClasses), {
      axes: 0,
    });
    const valid = core.mul(core.cast(core.greater(all, 1e-9), 'f32'), chosen);
    return new Tensor(divideNoNan(core.sum(core.mul(core.div(hits, core.add(all, 1e-7)), valid)), core.sum(valid)));
  }
  override getConfig(): Config {
    return { ...super.getConfig(), ...configOf(this, ['num_classes', 'target_class_ids']) };
  }
}
/** The mean of IoU over all classes. */
export class MeanIoU extends IoU {
  static override readonly className = 'MeanIoU';
  static override readonly positional: readonly string[] = ['num_classes'];
  constructor(numClasses: number, o: MetricOptions = {}) {
    super(
      numClasses,
      Array.from({ length: numClasses }, (_, k) => k),
      o,
    );
  }
}
