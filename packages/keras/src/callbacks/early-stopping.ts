// EarlyStopping: ends the training when a metric has stopped improving.
import { data, detach, tensor, type TypedArray } from '@nn/core';
import { Tensor } from '../tensor/tensor.js';
import { printLine } from '../toolbox/console.js';
import type { Logs } from './callback.js';
import { MonitorCallback, type MonitorOptions } from './monitor.js';

export interface EarlyStoppingOptions extends MonitorOptions {
  /** Epochs without improvement that are allowed; default 0. */
  patience?: number;
  verbose?: number;
  /** A value that has to be beaten. */
  baseline?: number | null;
  /** Puts back the weights of the best epoch; default false. */
  restoreBestWeights?: boolean;
  /** Epochs before this one do not count; default 0. */
  startFromEpoch?: number;
}
/** Stops when `monitor` has not improved by `minDelta` for `patience` epochs. */
export class EarlyStopping extends MonitorCallback {
  wait = 0;
  stoppedEpoch = 0;
  bestEpoch = 0;
  private readonly o: EarlyStoppingOptions;
  private bestWeights: { readonly data: TypedArray; readonly shape: readonly number[] }[] | null = null;
  constructor(o: EarlyStoppingOptions = {}) {
    super(o, 0);
    this.o = o;
  }
  private async snapshot(): Promise<void> {
    this.bestWeights = await Promise.all(
      this.model.weights.map(async (v) => ({ data: await data(detach(v.read())), shape: v.shape })),
    );
  }
  override onTrainBegin(): void {
    this.wait = 0;
    this.stoppedEpoch = 0;
    this.best = null;
    this.bestWeights = null;
    this.bestEpoch = 0;
  }
  override async onEpochEnd(epoch: number, logs: Logs): Promise<void> {
    const current = this.watched(logs);
    if (current === undefined)
      console.warn(
        `Early stopping conditioned on metric \`${this.monitor}\` which is not available. Available metrics are: ${Object.keys(logs).join(',')}`,
      );
    if (current === undefined || epoch < (this.o.startFromEpoch ?? 0)) return;
    if (this.o.restoreBestWeights && !this.bestWeights) {
      await this.snapshot();
      this.bestEpoch = epoch;
    }
    this.wait++;
    if (this.isImprovement(current, this.best)) {
      this.best = current;
      this.bestEpoch = epoch;
      if (this.o.restoreBestWeights) await this.snapshot();
      const baseline = this.o.baseline ?? null;
      if (baseline === null || this.isImprovement(current, baseline)) this.wait = 0;
      return;
    }
    if (this.wait >= (this.o.patience ?? 0) && epoch > 0) {
      this.stoppedEpoch = epoch;
      this.model.stopTraining = true;
    }
  }
  override onTrainEnd(): void {
    const loud = (this.o.verbose ?? 0) > 0;
    if (this.stoppedEpoch > 0 && loud) printLine(`Epoch ${this.stoppedEpoch + 1}: early stopping`);
    if (!this.o.restoreBestWeights || !this.bestWeights) return;
    if (loud) printLine(`Restoring model weights from the end of the best epoch: ${this.bestEpoch + 1}.`);
    this.model.setWeights(this.bestWeights.map(({ data, shape }) => new Tensor(tensor(data, { shape }))));
  }
}
