// What `fit` returns: the values of every metric, epoch by epoch.
import { Callback, type Logs } from './callback.js';

/** Records losses and metrics. */
export class History extends Callback {
  /** The numbers of the epochs. */
  epoch: number[] = [];
  /** One list for each metric. */
  history: Record<string, number[]> = {};
  override onTrainBegin(): void {
    this.epoch = [];
  }
  override onEpochEnd(epoch: number, logs: Logs): void {
    this.epoch.push(epoch);
    for (const [name, value] of Object.entries(logs)) (this.history[name] ??= []).push(value);
    this.model.history = this;
  }
}
