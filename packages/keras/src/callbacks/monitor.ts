// What callbacks that watch one metric share: in which direction it is better.
import { ValueError } from '@nn/core';
import { Callback, type Logs } from './callback.js';

export interface MonitorOptions {
  /** The metric to watch; default 'val_loss'. */
  monitor?: string;
  /** 'min', 'max', or 'auto' (default): by the name. */
  mode?: string;
  /** A smaller change is none; default 0. */
  minDelta?: number;
}
const larger =
  /(^|_)(accuracy|acc|auc|precision|recall|f1|fbeta|score|iou|r2|true_positives|true_negatives|cosine_similarity|sensitivity|specificity)/;
const smaller =
  /(^|_)(loss|error|mse|mae|mape|msle|crossentropy|hinge|divergence|poisson|log_cosh|logcosh|false_positives|false_negatives|perplexity)/;

/** A callback that compares the value of a metric with the best one so far. */
export class MonitorCallback extends Callback {
  readonly monitor: string;
  readonly mode: string;
  best: number | null = null;
  private readonly delta: number;
  constructor(o: MonitorOptions, minDelta: number) {
    super();
    this.monitor = o.monitor ?? 'val_loss';
    this.mode = o.mode ?? 'auto';
    if (!['auto', 'min', 'max'].includes(this.mode)) {
      console.warn(`${this.constructor.name} mode '${this.mode}' is unknown, fallback to auto mode.`);
      this.mode = 'auto';
    }
    this.delta = Math.abs(o.minDelta ?? minDelta);
  }
  /** The value of the metric; undefined when there is none of that name. */
  protected watched(logs: Logs): number | undefined {
    const value = logs[this.monitor];
    if (!Array.isArray(value)) return value;
    throw new ValueError(
      `${this.constructor.name}: metric '${this.monitor}' has ${value.length} values and can not be compared. Give it one, for example with \`average: 'macro'\``,
    );
  }
  /** -1 when smaller is better, 1 when larger is. */
  private direction(): -1 | 1 {
    if (this.mode !== 'auto') return this.mode === 'min' ? -1 : 1;
    const name = this.monitor.replace(/^val_/, '');
    if (smaller.test(name)) return -1;
    if (larger.test(name)) return 1;
    throw new ValueError(
      `${this.constructor.name} callback received monitor=${this.monitor}, but Keras isn't able to automatically determine whether that metric should be maximized or minimized. ` +
        "Pass `mode: 'max'` in order to monitor based on the highest metric value, or pass `mode: 'min'` in order to use the lowest value.",
    );
  }
  protected isImprovement(value: number, reference: number | null): boolean {
    if (reference === null) return true;
    return this.direction() < 0 ? value + this.delta < reference : value - this.delta > reference;
  }
}
