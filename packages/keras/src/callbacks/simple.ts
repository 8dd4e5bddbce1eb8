// LambdaCallback and TerminateOnNaN.
import { NNError } from '@nn/core';
import { printLine } from '../toolbox/console.js';
import { Callback, type Logs } from './callback.js';

type Hooks = { [K in keyof Callback as K extends `on${string}` ? K : never]?: Callback[K] };
/**
 * A callback out of functions.
 *
 * @example
 * new tf.keras.callbacks.LambdaCallback({ onEpochEnd: (epoch, logs) => { losses.push(logs.loss) } })
 */
export class LambdaCallback extends Callback {
  constructor(hooks: Hooks) {
    super();
    Object.assign(this, hooks);
  }
}

/** Stops the training when the loss of a batch is not finite. */
export class TerminateOnNaN extends Callback {
  private readonly raiseError: boolean;
  constructor(o: { raiseError?: boolean } = {}) {
    super();
    this.raiseError = o.raiseError ?? false;
  }
  override onBatchEnd(batch: number, logs: Logs): void {
    const loss = logs['loss'];
    if (loss === undefined || Number.isFinite(loss)) return;
    if (this.raiseError)
      throw new NNError(
        `NaN or Inf loss encountered at batch ${batch}. Loss value: ${loss}. Terminating training immediately.`,
      );
    printLine(`Batch ${batch}: Invalid loss, terminating training`);
    this.model.stopTraining = true;
  }
}
