// All callbacks of one run, with the history and the progress bar that belong to it.
import type { Trainee } from '../training/trainee.js';
import type { Callback, CallbackParams, Logs } from './callback.js';
import { History } from './history.js';
import { ProgbarLogger } from './progbar-logger.js';

export type Phase = 'Train' | 'Test' | 'Predict';

/** Calls the hooks of its callbacks in order. */
export class CallbackList {
  private readonly callbacks: readonly Callback[];
  private readonly progress: ProgbarLogger | null;
  readonly history: History | null;
  /** Some callback looks at every batch. */
  private readonly watchesBatches: boolean;

  constructor(given: readonly Callback[], model: Trainee, o: CallbackParams & { readonly addHistory?: boolean }) {
    this.history = given.find((c): c is History => c instanceof History) ?? (o.addHistory ? new History() : null);
    this.progress =
      given.find((c): c is ProgbarLogger => c instanceof ProgbarLogger) ?? (o.verbose ? new ProgbarLogger() : null);
    const own = [this.history, this.progress].filter(
      (c): c is History | ProgbarLogger => c !== null && !given.includes(c),
    );
    this.callbacks = [...given, ...own];
    this.watchesBatches = given.some((c) => c !== this.progress && c.watchesBatches);
    for (const c of this.callbacks) {
      c.setModel(model);
      c.setParams(o);
    }
  }
  /** Whether the values of the metrics of a batch will be looked at; reading them means waiting for the device. */
  get wantsBatchLogs(): boolean {
    return this.watchesBatches || (this.progress?.params.verbose === 1 && this.progress.due);
  }

  private async each(f: (c: Callback) => void | Promise<void>): Promise<void> {
    for (const c of this.callbacks) await f(c);
  }
  begin(phase: Phase): Promise<void> {
    return this.each((c) => c[`on${phase}Begin`]());
  }
  end(phase: Phase, logs: Logs): Promise<void> {
    return this.each((c) => c[`on${phase}End`](logs));
  }
  epochBegin(epoch: number): Promise<void> {
    return this.each((c) => c.onEpochBegin(epoch));
  }
  epochEnd(epoch: number, logs: Logs): Promise<void> {
    return this.each((c) => c.onEpochEnd(epoch, logs));
  }
  async batchBegin(phase: Phase, batch: number): Promise<void> {
    if (this.watchesBatches) await this.each((c) => c[`on${phase}BatchBegin`](batch));
  }
  async batchEnd(phase: Phase, batch: number, logs: Logs): Promise<void> {
    await this.each((c) =>
      this.watchesBatches || c === this.progress ? c[`on${phase}BatchEnd`](batch, logs) : undefined,
    );
  }
}
