// Metrics that count true and false positives and negatives at thresholds: precision, recall, AUC, F-scores, IoU.
import * as core from '@nn/core';
import { divideNoNan, sameRank } from '../losses/reduction.js';
import { configOf, type Config } from '../object.js';
import { Tensor, toCore, type TensorLike } from '../tensor/tensor.js';
import type { Variable } from '../tensor/variable.js';
import { weightOf } from './mean.js';
import { Metric, type MetricOptions, type UpdateOptions } from './metric.js';

type Count = 'tp' | 'fp' | 'fn' | 'tn';
const countNames: Record<Count, string> = {
  tp: 'true_positives',
  fp: 'false_positives',
  fn: 'false_negatives',
  tn: 'true_negatives',
};
/** Whether the prediction and the target of a count are positive. */
const cells: Record<Count, readonly [boolean, boolean]> = {
  tp: [true, true],
  fp: [true, false],
  fn: [false, true],
  tn: [false, false],
};

function checkThresholds(values: readonly number[]): readonly number[] {
  if (values.some((t) => !(t >= 0 && t <= 1)))
    throw new core.ValueError(
      `Invalid values for argument \`thresholds\`. Expected numbers in [0, 1]. Received: thresholds=[${values}]`,
    );
  return values;
}
export interface ThresholdOptions extends MetricOptions {
  /** One threshold, or several; default 0.5. A prediction above it is positive. */
  thresholds?: number | readonly number[] | null;
  /** Count only the k highest predictions of a sample as positive. */
  topK?: number | null;
  /** Look at one class only. */
  classId?: number | null;
}
/** With axes of size 1 at the end, up to that rank. */
const trailing = (x: core.Tensor, rank: number): core.Tensor =>
  core.reshape(x, [...x.shape, ...Array.from({ length: Math.max(0, rank - x.ndim) }, () => 1)]);

/** Counts at thresholds. */
abstract class ConfusionMetric extends Metric {
  readonly thresholds: number | readonly number[] | null;
  readonly topK: number | null;
  readonly classId: number | null;
  private readonly levels: readonly number[];
  protected readonly counts: { readonly [K in Count]?: Variable };

  constructor(kinds: readonly Count[], o: ThresholdOptions, levels?: readonly number[]) {
    super(o);
    this.thresholds = o.thresholds ?? null;
    this.topK = o.topK ?? null;
    this.classId = o.classId ?? null;
    const given =
      o.thresholds === null || o.thresholds === undefined
        ? [this.topK ? -Infinity : 0.5]
        : typeof o.thresholds === 'number'
          ? [o.thresholds]
          : o.thresholds;
    this.levels = levels ?? (o.thresholds === null || o.thresholds === undefined ? given : checkThresholds(given));
    this.counts = Object.fromEntries(
      kinds.map((k) => [k, this.addWeight({ name: countNames[k], shape: [this.levels.length] })]),
    );
  }
  override updateState(yTrue: TensorLike, yPred: TensorLike, o: UpdateOptions = {}): void {
    let [p, t] = sameRank(toCore(yPred, 'f32'), toCore(yTrue, 'f32'));
    if (this.topK) {
      const { values } = core.topk(p, this.topK);
      const least = core.unsqueeze(core.select(values, -1, this.topK - 1), -1);
      p = core.where(core.greaterEqual(p, least), p, -Infinity);
    }
    if (this.classId !== null) [p, t] = [core.select(p, -1, this.classId), core.select(t, -1, this.classId)];
    const weight = weightOf(o, null);
    const w = weight && core.expand(trailing(sameRank(p, weight)[1], p.ndim), p.shape);
    const flat = (x: core.Tensor): core.Tensor => core.reshape(x, [1, -1]);
    const limits = core.reshape(core.tensor([...this.levels].map((v) => (v === -Infinity ? -3e38 : v))), [-1, 1]);
    const [above, real] = [core.greater(flat(p), limits), core.cast(flat(t), 'bool')];
    for (const kind of Object.keys(this.counts) as Count[]) {
      const [positive, target] = cells[kind];
      const hit = core.logicalAnd(positive ? above : core.logicalNot(above), target ? real : core.logicalNot(real));
      const counted = w ? core.mul(core.cast(hit, 'f32'), flat(w)) : core.cast(hit, 'f32');
      const v = this.counts[kind]!.cell;
      v.set(core.add(v.get(), core.sum(counted, { axes: 1 })));
    }
  }
  protected at(kind: Count): core.Tensor {
    return this.counts[kind]!.cell.get();
  }
  /** One number for one threshold. */
  protected shaped(x: core.Tensor): Tensor {
    return new Tensor(this.levels.length === 1 ? core.reshape(x, []) : x);
  }
  override getConfig(): Config {
    return { ...super.getConfig(), ...configOf(this, ['thresholds', 'top_k', 'class_id']) };
  }
}
/** How many positives were found. */
export class TruePositives extends ConfusionMetric {
  static override readonly className = 'TruePositives';
  constructor(o: ThresholdOptions = {}) {
    super(['tp'], { ...o, name: o.name ?? countNames.tp });
  }
  override result(): Tensor {
    return this.shaped(this.at('tp'));
  }
}
/** How many negatives were called positive. */
export class FalsePositives extends ConfusionMetric {
  static override readonly className = 'FalsePositives';
  constructor(o: ThresholdOptions = {}) {
    super(['fp'], { ...o, name: o.name ?? countNames.fp });
  }
  override result(): Tensor {
    return this.shaped(this.at('fp'));
  }
}
/** How many negatives were called negative. */
export class TrueNegatives extends ConfusionMetric {
  static override readonly className = 'TrueNegatives';
  constructor(o: ThresholdOptions = {}) {
    super(['tn'], { ...o, name: o.name ?? countNames.tn });
  }
  override result(): Tensor {
    return this.shaped(this.at('tn'));
  }
}
/** How many positives were missed. */
export class FalseNegatives extends ConfusionMetric {
  static override readonly className = 'FalseNegatives';
  constructor(o: ThresholdOptions = {}) {
    super(['fn'], { ...o, name: o.name ?? countNames.fn });
  }
  override result(): Tensor {
    return this.shaped(this.at('fn'));
  }
}
/** `tp / (tp + fp)`: how many of the found are right. */
export class Precision extends ConfusionMetric {
  static override readonly className = 'Precision';
  constructor(o: ThresholdOptions = {}) {
    super(['tp', 'fp'], o);
  }
  override result(): Tensor {
    return this.shaped(divideNoNan(this.at('tp'), core.add(this.at('tp'), this.at('fp'))));
  }
}
/** `tp / (tp + fn)`: how many of the right are found. */
export class Recall extends ConfusionMetric {
  static override readonly className = 'Recall';
  constructor(o: ThresholdOptions = {}) {
    super(['tp', 'fn'], o);
  }
  override result(): Tensor {
    return this.shaped(divideNoNan(this.at('tp'), core.add(this.at('tp'), this.at('fn'))));
  }
}

export interface AUCOptions extends MetricOptions {
  /** Default 200. */
  numThresholds?: number;
  /** 'ROC' (default) or 'PR'. */
  curve?: string;
  /** Predictions are logits. Default false. */
  fromLogits?: boolean;
}
/** Area under the curve, by trapezoids between thresholds (ROC), or by the interpolation of Davis & Goadrich 2006 (PR). */
export class AUC extends ConfusionMetric {
  static override readonly className = 'AUC';
  readonly numThresholds: number;
  readonly curve: string;
  readonly fromLogits: boolean;
  constructor(o: AUCOptions = {}) {
    const n = o.numThresholds ?? 200;
    if (!Number.isInteger(n) || n <= 1)
      throw new core.ValueError(`Argument \`num_thresholds\` must be an integer > 1. Received: num_thresholds=${n}`);
    const curve = o.curve ?? 'ROC';
    if (curve !== 'ROC' && curve !== 'PR') throw new core.ValueError(`Invalid curve: ${curve}. Expected ROC or PR`);
    super(['tp', 'fp', 'fn', 'tn'], o, [
      -1e-7,
      ...Array.from({ length: n - 2 }, (_, i) => (i + 1) / (n - 1)),
      1 + 1e-7,
    ]);
    this.numThresholds = n;
    this.curve = curve;
    this.fromLogits = o.fromLogits ?? false;
  }
  override updateState(yTrue: TensorLike, yPred: TensorLike, o: UpdateOptions = {}): void {
    super.updateState(yTrue, this.fromLogits ? new Tensor(core.sigmoid(toCore(yPred, 'f32'))) : yPred, o);
  }
  override result(): Tensor {
    const [tp, fp, fn, tn] = [this.at('tp'), this.at('fp'), this.at('fn'), this.at('tn')];
    const n = this.numThresholds;
    const head = (x: core.Tensor): core.Tensor => core.slice(x, [0], [n - 1]);
    const tail = (x: core.Tensor): core.Tensor => core.slice(x, [1], [n]);
    if (this.curve === 'ROC') {
      const recall = divideNoNan(tp, core.add(tp, fn));
      const x = divideNoNan(fp, core.add(fp, tn));
      return new Tensor(
        core.sum(core.mul(core.sub(head(x), tail(x)), core.mul(core.add(head(recall), tail(recall)), 0.5))),
      );
    }
    const dtp = core.sub(head(tp), tail(tp));
    const p = core.add(tp, fp);
    const dp = core.sub(head(p), tail(p));
    const slope = divideNoNan(dtp, core.relu(dp));
    const intercept = core.sub(tail(tp), core.mul(slope, tail(p)));
    const ratio = core.where(
      core.logicalAnd(core.greater(head(p), 0), core.greater(tail(p), 0)),
      divideNoNan(head(p), core.relu(tail(p))),
      1,
    );
    const area = divideNoNan(
      core.mul(slope, core.add(dtp, core.mul(intercept, core.log(ratio)))),
      core.relu(core.add(tail(tp), tail(fn))),
    );
    return new Tensor(core.sum(area));
  }
  override getConfig(): Config {
    return { name: this.name, dtype: this.dtype, ...configOf(this, ['num_thresholds', 'curve', 'from_logits']) };
  }
}
