// SwapEMAWeights: evaluates a model with the moving averages of its weights.
import { ValueError } from '@nn/core';
import { Callback } from './callback.js';

/**
 * Puts the averages that an optimizer with `useEma` keeps into the weights while the model is evaluated and predicts, and back.
 *
 * @param o.swapOnEpoch  also at the end of each epoch, for callbacks that save the model then; default false
 * @throws ValueError  at the beginning of `fit` when the optimizer keeps no averages
 */
export class SwapEMAWeights extends Callback {
  private readonly swapOnEpoch: boolean;
  private swapped = false;
  constructor(o: { swapOnEpoch?: boolean } = {}) {
    super();
    this.swapOnEpoch = o.swapOnEpoch ?? false;
  }
  private put(averages: boolean): void {
    if (this.swapped === averages) return;
    this.model.optimizerOrThrow('SwapEMAWeights').swapAverages(this.model.trainableVariables);
    this.swapped = averages;
  }
  override onTrainBegin(): void {
    this.swapped = false;
    if (!this.model.optimizerOrThrow('SwapEMAWeights').useEma)
      throw new ValueError(
        'SwapEMAWeights must be used when `useEma: true` is set on the optimizer. Received: useEma=false',
      );
  }
  override onEpochBegin(): void {
    if (this.swapOnEpoch) this.put(false);
  }
  override onEpochEnd(epoch: number): void {
    if (!this.swapOnEpoch) return;
    // At the end of the training the weights become the averages for good.
    const last = epoch === this.params.epochs - 1 || this.model.stopTraining;
    if (last) this.model.optimizerOrThrow('SwapEMAWeights').finalizeVariableValues(this.model.trainableVariables);
    else this.put(true);
  }
  override onTestBegin(): void {
    this.put(true);
  }
  override onTestEnd(): void {
    this.put(false);
  }
  override onPredictBegin(): void {
    this.put(true);
  }
  override onPredictEnd(): void {
    this.put(false);
  }
}
