// ModelCheckpoint: writes the weights of the model to files while it trains.
import { ValueError } from '@nn/core';
import { checkPath, saveWeights } from '../saving/weights.js';
import { printLine } from '../toolbox/console.js';
import type { Logs } from './callback.js';
import { MonitorCallback } from './monitor.js';
import { everySoManyBatches, fillIn, type SaveFrequency } from './save-frequency.js';

export interface ModelCheckpointOptions {
  /** The metric to watch; default 'val_loss'. */
  monitor?: string;
  /** 1 says what is saved; default 0. */
  verbose?: number;
  /** Writes only when the metric is better than ever; default false. */
  saveBestOnly?: boolean;
  /** Only weights can be written so far: true, or left out. */
  saveWeightsOnly?: boolean;
  /** 'min', 'max', or 'auto' (default): by the name. */
  mode?: string;
  /** 'epoch' (default), or after how many batches. */
  saveFreq?: SaveFrequency;
  /** The value that the metric has to beat at first. */
  initialValueThreshold?: number | null;
}
/**
 * Writes the weights after each epoch, or each `saveFreq` batches. A file is complete or not there: it is written under another name first.
 *
 * @param filepath  ends in `.safetensors`; may name values, as in `run/{epoch:02d}-{val_loss:.2f}.safetensors`
 * @throws ValueError  for another ending, or a name that is no value of the epoch
 * @example
 * new tf.keras.callbacks.ModelCheckpoint('best.safetensors', { saveBestOnly: true }).monitor // => 'val_loss'
 */
export class ModelCheckpoint extends MonitorCallback {
  readonly filepath: string;
  private readonly o: ModelCheckpointOptions;
  private readonly due: (batch: number) => boolean;
  private epoch = 0;
  constructor(filepath: string, o: ModelCheckpointOptions = {}) {
    super(o, 0);
    checkPath('ModelCheckpoint', filepath);
    if (o.saveWeightsOnly === false)
      throw new ValueError(
        'ModelCheckpoint: only weights can be written so far. Leave out `saveWeightsOnly`, and keep the model as JSON.stringify(model.serialize())',
      );
    this.filepath = filepath;
    this.o = o;
    this.best = o.initialValueThreshold ?? null;
    this.due = everySoManyBatches('ModelCheckpoint', o.saveFreq ?? 'epoch');
  }
  override get watchesBatches(): boolean {
    return this.o.saveFreq !== undefined && this.o.saveFreq !== 'epoch';
  }
  override onEpochBegin(epoch: number): void {
    this.epoch = epoch;
  }
  override async onTrainBatchEnd(batch: number, logs: Logs): Promise<void> {
    if (this.due(batch)) await this.save(logs, { batch: batch + 1 });
  }
  override async onEpochEnd(_epoch: number, logs: Logs): Promise<void> {
    if (!this.watchesBatches) await this.save(logs, {});
  }
  private async save(logs: Logs, batch: { batch?: number }): Promise<void> {
    const path = fillIn(this.filepath, { epoch: this.epoch + 1, ...batch, ...logs });
    if (this.improved(logs, path)) await saveWeights(this.model, path, 'ModelCheckpoint');
  }
  /** Whether it is time to write; says why or why not. */
  private improved(logs: Logs, path: string): boolean {
    const say = (text: string): void => {
      if ((this.o.verbose ?? 0) > 0) printLine(`\nEpoch ${this.epoch + 1}: ${text}`);
    };
    const current = this.o.saveBestOnly ? this.watched(logs) : undefined;
    if (this.o.saveBestOnly && current === undefined)
      console.warn(`Can save best model only with ${this.monitor} available.`);
    if (current === undefined) {
      say(`saving model to ${path}`);
      return true;
    }
    const best = this.best;
    if (!this.isImprovement(current, best)) {
      say(`${this.monitor} did not improve from ${best!.toFixed(5)}`);
      return false;
    }
    const from = best === null ? (this.isImprovement(0, 1) ? 'inf' : '-inf') : best.toFixed(5);
    say(`${this.monitor} improved from ${from} to ${current.toFixed(5)}, saving model to ${path}`);
    this.best = current;
    return true;
  }
}
