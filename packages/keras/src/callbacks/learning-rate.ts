// Callbacks that change the learning rate: LearningRateScheduler, ReduceLROnPlateau.
import { ValueError } from '@nn/core';
import { printLine } from '../toolbox/console.js';
import { Callback, type Logs } from './callback.js';
import { MonitorCallback, type MonitorOptions } from './monitor.js';

const rateOf = (c: Callback): Promise<number> => c.model.optimizerOrThrow('callback').learningRate.item();

/** Sets the learning rate of each epoch: `schedule(epoch, learningRate)`. */
export class LearningRateScheduler extends Callback {
  private readonly schedule: (epoch: number, learningRate: number) => number;
  private readonly verbose: number;
  constructor(schedule: (epoch: number, learningRate: number) => number, o: { verbose?: number } = {}) {
    super();
    this.schedule = schedule;
    this.verbose = o.verbose ?? 0;
  }
  override async onEpochBegin(epoch: number): Promise<void> {
    const rate = this.schedule(epoch, await rateOf(this));
    if (typeof rate !== 'number' || Number.isNaN(rate))
      throw new ValueError(`The output of the \`schedule\` function should be a float. Got: ${String(rate)}`);
    this.model.optimizerOrThrow('LearningRateScheduler').learningRate = rate;
    if (this.verbose > 0) printLine(`\nEpoch ${epoch + 1}: LearningRateScheduler setting learning rate to ${rate}.`);
  }
  override async onEpochEnd(_epoch: number, logs: Logs): Promise<void> {
    logs['learning_rate'] = await rateOf(this);
  }
}

export interface ReduceLROnPlateauOptions extends MonitorOptions {
  /** The rate is multiplied by this; default 0.1. */
  factor?: number;
  /** Epochs without improvement before; default 10. */
  patience?: number;
  verbose?: number;
  /** Epochs to wait after a change; default 0. */
  cooldown?: number;
  /** The rate never goes below; default 0. */
  minLr?: number;
}
/** Lowers the learning rate when a metric has stopped improving (by `minDelta`, default 1e-4). */
export class ReduceLROnPlateau extends MonitorCallback {
  private readonly o: ReduceLROnPlateauOptions;
  private wait = 0;
  private cooling = 0;
  constructor(o: ReduceLROnPlateauOptions = {}) {
    super(o, 1e-4);
    if ((o.factor ?? 0.1) >= 1)
      throw new ValueError(`ReduceLROnPlateau does not support a factor >= 1.0. Received factor=${o.factor}`);
    this.o = o;
  }
  override onTrainBegin(): void {
    this.best = null;
    this.wait = 0;
    this.cooling = 0;
  }
  override async onEpochEnd(epoch: number, logs: Logs): Promise<void> {
    const rate = await rateOf(this);
    logs['learning_rate'] = rate;
    const current = this.watched(logs);
    if (current === undefined) {
      console.warn(
        `Learning rate reduction is conditioned on metric \`${this.monitor}\` which is not available. Available metrics are: ${Object.keys(logs).join(',')}.`,
      );
      return;
    }
    if (this.cooling > 0) {
      this.cooling--;
      this.wait = 0;
    }
    if (this.isImprovement(current, this.best)) {
      this.best = current;
      this.wait = 0;
    } else if (this.cooling <= 0) {
      this.wait++;
      if (this.wait >= (this.o.patience ?? 10)) this.reduce(epoch, rate);
    }
  }
  private reduce(epoch: number, old: number): void {
    const least = this.o.minLr ?? 0;
    if (old <= Math.fround(least)) return;
    const rate = Math.max(old * (this.o.factor ?? 0.1), least);
    this.model.optimizerOrThrow('ReduceLROnPlateau').learningRate = rate;
    if ((this.o.verbose ?? 0) > 0)
      printLine(`\nEpoch ${epoch + 1}: ReduceLROnPlateau reducing learning rate to ${rate}.`);
    this.cooling = this.o.cooldown ?? 0;
    this.wait = 0;
  }
}
