// Prints the progress of fit, evaluate and predict.
import { printLine } from '../toolbox/console.js';
import { Progbar } from '../toolbox/progbar.js';
import { Callback, type CallbackParams, type Logs } from './callback.js';

/** The callback behind `verbose`. */
export class ProgbarLogger extends Callback {
  private bar: Progbar | null = null;
  private target: number | null = null;
  private seen = 0;
  private inFit = false;
  override setParams(params: CallbackParams): void {
    super.setParams(params);
    this.target = params.steps;
  }
  /** Whether the next batch would be drawn. */
  get due(): boolean {
    return this.bar?.due() ?? true;
  }
  override onTrainBegin(): void {
    this.inFit = true;
  }
  override onTestBegin(): void {
    if (!this.inFit) this.reset();
  }
  override onPredictBegin(): void {
    this.reset();
  }
  override onEpochBegin(epoch: number): void {
    this.reset();
    if (this.params.verbose && this.params.epochs > 1) printLine(`Epoch ${epoch + 1}/${this.params.epochs}`);
  }
  override onTrainBatchEnd(batch: number, logs: Logs): void {
    this.step(batch, logs);
  }
  override onTestBatchEnd(batch: number, logs: Logs): void {
    if (!this.inFit) this.step(batch, logs);
  }
  override onPredictBatchEnd(batch: number): void {
    this.step(batch, {});
  }
  override onEpochEnd(_epoch: number, logs: Logs): void {
    this.finish(logs);
  }
  override onTestEnd(logs: Logs = {}): void {
    if (!this.inFit) this.finish(logs);
  }
  override onPredictEnd(): void {
    this.finish({});
  }

  private reset(): void {
    this.seen = 0;
    this.bar = new Progbar(this.target, { verbose: this.params.verbose, statelessMetrics: [] });
  }
  private step(batch: number, logs: Logs): void {
    if (!this.bar) this.reset();
    this.seen = batch + 1;
    if (this.params.verbose === 1) this.bar!.update(this.seen, shownValues(logs), { finalize: false });
  }
  private finish(logs: Logs): void {
    if (!this.bar) this.reset();
    this.target ??= this.seen;
    this.bar!.target = this.target;
    this.bar!.update(this.target, shownValues(logs), { finalize: true });
  }
}
/** What the bar shows: of a metric of several values their mean. */
const shownValues = (logs: Logs): [string, number][] =>
  Object.entries(logs).map(([name, value]) => {
    const all: number[] = [value].flat();
    return [name, all.reduce((a, b) => a + b, 0) / all.length];
  });
