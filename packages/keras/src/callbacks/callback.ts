// The base of callbacks: hooks that fit, evaluate and predict call. Hooks may be asynchronous.
import type { Trainee } from '../training/trainee.js';

/** Values of metrics by name; a metric of several values, such as F1Score, has an array here. */
export type Logs = Record<string, number>;
type Hook = void | Promise<void>;
export interface CallbackParams {
  readonly verbose: number;
  readonly epochs: number;
  readonly steps: number | null;
}

/**
 * Something that acts while a model trains. Override any of the hooks; `this.model` is the model.
 *
 * @example
 * class Stop extends tf.keras.callbacks.Callback {
 *   onEpochEnd(epoch, logs) { if (logs.loss < 0.1) this.model.stopTraining = true }
 * }
 */
export class Callback {
  model!: Trainee;
  params: CallbackParams = { verbose: 0, epochs: 1, steps: null };
  setModel(model: Trainee): void {
    this.model = model;
  }
  setParams(params: CallbackParams): void {
    this.params = params;
  }
  /** Whether it looks at every batch: fit then reads the values of the metrics after each, which waits for the device. */
  get watchesBatches(): boolean {
    return batchHooks.some((hook) => this[hook] !== Callback.prototype[hook]);
  }
  onTrainBegin(_logs?: Logs): Hook {}
  onTrainEnd(_logs?: Logs): Hook {}
  onTestBegin(_logs?: Logs): Hook {}
  onTestEnd(_logs?: Logs): Hook {}
  onPredictBegin(_logs?: Logs): Hook {}
  onPredictEnd(_logs?: Logs): Hook {}
  onEpochBegin(_epoch: number, _logs?: Logs): Hook {}
  onEpochEnd(_epoch: number, _logs: Logs): Hook {}
  onBatchBegin(_batch: number, _logs?: Logs): Hook {}
  onBatchEnd(_batch: number, _logs: Logs): Hook {}
  onTrainBatchBegin(batch: number, logs?: Logs): Hook {
    return this.onBatchBegin(batch, logs);
  }
  onTrainBatchEnd(batch: number, logs: Logs): Hook {
    return this.onBatchEnd(batch, logs);
  }
  onTestBatchBegin(_batch: number, _logs?: Logs): Hook {}
  onTestBatchEnd(_batch: number, _logs: Logs): Hook {}
  onPredictBatchBegin(_batch: number, _logs?: Logs): Hook {}
  onPredictBatchEnd(_batch: number, _logs: Logs): Hook {}
}
const batchHooks = [
  'onBatchBegin',
  'onBatchEnd',
  'onTrainBatchBegin',
  'onTrainBatchEnd',
  'onTestBatchBegin',
  'onTestBatchEnd',
  'onPredictBatchBegin',
  'onPredictBatchEnd',
] as const;
