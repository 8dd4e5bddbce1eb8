// Schedules along half a cosine.
import * as core from '@nn/core';
import { groupsOf, LRScheduler, type EpochOptions, type Scheduled } from './scheduler.js';

/** Half a cosine from 1 at 0 to 0 at 1. */
const fall = (share: number): number => (1 + Math.cos(Math.PI * share)) / 2;

/**
 * `lr = etaMin + (base - etaMin) (1 + cos(pi epoch / TMax)) / 2`; after TMax epochs it rises again.
 *
 * @param o.etaMin  default 0
 * @see Loshchilov & Hutter 2016, arXiv:1608.03983
 */
export class CosineAnnealingLR extends LRScheduler {
  etaMin: number;
  constructor(
    optimizer: Scheduled,
    public TMax: number,
    o: EpochOptions & { etaMin?: number } = {},
  ) {
    super(optimizer, o.lastEpoch);
    this.etaMin = o.etaMin ?? 0;
    this.begin();
  }
  protected override rate(lr: number, base: number): number {
    const { lastEpoch: epoch, TMax, etaMin } = this;
    if (epoch === 0) return lr;
    if (this.stepCount === 1) return this.closed(base);
    // Leaving the bottom, the ratio below would be 0 / 0.
    if ((epoch - 1 - TMax) % (2 * TMax) === 0) return lr + ((base - etaMin) * (1 - Math.cos(Math.PI / TMax))) / 2;
    return (fall(epoch / TMax) / fall((epoch - 1) / TMax)) * (lr - etaMin) + etaMin;
  }
  protected override closed(base: number): number {
    return this.etaMin + (base - this.etaMin) * fall(this.lastEpoch / this.TMax);
  }
}

/**
 * Half cosines one after the other, the first over T0 epochs, each TMult (default 1) times as long as the one before.
 * `step(epoch)` takes fractions too: `scheduler.step(epoch + i / batches)`.
 */
export class CosineAnnealingWarmRestarts extends LRScheduler {
  TMult: number;
  etaMin: number;
  private TCur: number;
  private Ti: number;
  constructor(
    optimizer: Scheduled,
    public T0: number,
    o: EpochOptions & { TMult?: number; etaMin?: number } = {},
  ) {
    super(optimizer, o.lastEpoch);
    this.TMult = o.TMult ?? 1;
    this.etaMin = o.etaMin ?? 0;
    if (!(T0 > 0 && Number.isInteger(T0))) throw new core.ValueError(`Expected positive integer T_0, but got ${T0}`);
    if (!(this.TMult >= 1 && Number.isInteger(this.TMult)))
      throw new core.ValueError(`Expected integer T_mult >= 1, but got ${this.TMult}`);
    this.TCur = this.lastEpoch;
    this.Ti = T0;
    this.begin();
  }
  protected override rate(_lr: number, base: number): number {
    return this.etaMin + (base - this.etaMin) * fall(this.TCur / this.Ti);
  }
  override step(epoch: number = this.lastEpoch + 1): void {
    if (epoch < 0) throw new core.ValueError(`Expected non-negative epoch, but got ${epoch}`);
    this.stepCount++;
    this.TCur = this.TMult === 1 ? epoch % this.T0 : epoch;
    this.Ti = this.T0;
    while (this.TCur >= this.Ti) {
      this.TCur -= this.Ti;
      this.Ti *= this.TMult;
    }
    this.lastEpoch = Math.floor(epoch);
    this.setRates(this.getLr());
  }
}

/**
 * Goes from the rate of the optimizer to `swaLr` in `annealEpochs` (default 10) and stays there, for averaging weights.
 *
 * @param o.annealStrategy  'cos' (default) or 'linear'
 */
export class SWALR extends LRScheduler {
  annealEpochs: number;
  annealStrategy: 'cos' | 'linear';
  constructor(
    optimizer: Scheduled,
    swaLr: number | readonly number[],
    o: EpochOptions & { annealEpochs?: number; annealStrategy?: 'cos' | 'linear' } = {},
  ) {
    super(optimizer, o.lastEpoch);
    const groups = groupsOf(optimizer);
    if (typeof swaLr !== 'number' && swaLr.length !== groups.length)
      throw new core.ValueError(
        `swa_lr must have the same length as optimizer.param_groups: swa_lr has ${swaLr.length}, optimizer.param_groups has ${groups.length}`,
      );
    groups.forEach((group, i) => {
      group['swaLr'] = typeof swaLr === 'number' ? swaLr : swaLr[i];
    });
    this.annealEpochs = o.annealEpochs ?? 10;
    this.annealStrategy = o.annealStrategy ?? 'cos';
    if (this.annealStrategy !== 'cos' && this.annealStrategy !== 'linear')
      throw new core.ValueError(
        `anneal_strategy must be one of 'cos' or 'linear', instead got ${String(this.annealStrategy)}`,
      );
    if (!(this.annealEpochs >= 0 && Number.isInteger(this.annealEpochs)))
      throw new core.ValueError(`anneal_epochs must be equal or greater than 0, got ${this.annealEpochs}`);
    this.begin();
  }
  /** How far the rate has gone after so many steps, from 0 to 1. */
  private share(step: number): number {
    const t = Math.max(0, Math.min(1, step / Math.max(1, this.annealEpochs)));
    return this.annealStrategy === 'linear' ? t : 1 - fall(t);
  }
  protected override rate(lr: number, _base: number, i: number): number {
    const step = this.annealEpochs === 0 ? Math.max(1, this.lastEpoch) : this.lastEpoch;
    const end = Number(groupsOf(this.optimizer)[i]!['swaLr']);
    const before = this.share(step - 1);
    const start = before === 1 ? end : (lr - before * end) / (1 - before);
    const now = this.share(step);
    return end * now + start * (1 - now);
  }
}
