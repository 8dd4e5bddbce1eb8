// A schedule that watches a metric.
import * as core from '@nn/core';
import { Tensor } from '../../tensor/tensor.js';
import { groupsOf, restore, stateOf, type Scheduled, type SchedulerState } from './scheduler.js';

export interface PlateauOptions {
  /** Whether smaller ('min', default) or larger ('max') is better. */
  mode?: 'min' | 'max';
  /** Default 0.1. */
  factor?: number;
  /** How many epochs without an improvement are borne; default 10. */
  patience?: number;
  /** How much better counts; default 1e-4. */
  threshold?: number;
  /** Whether the threshold is a share of the best ('rel', default) or a difference ('abs'). */
  thresholdMode?: 'rel' | 'abs';
  /** Epochs after a reduction that are not counted; default 0. */
  cooldown?: number;
  /** Default 0. */
  minLr?: number | readonly number[];
  /** Smaller changes are not made; default 1e-8. */
  eps?: number;
}

/**
 * The rate times `factor` when a metric has not become better for more than `patience` epochs.
 *
 * @example
 * const sgd = new optim.SGD([torch.zeros([1], { requiresGrad: true })], { lr: 1 })
 * const plateau = new optim.lrScheduler.ReduceLROnPlateau(sgd, { factor: 0.5, patience: 1 })
 * for (const loss of [3, 3, 3]) plateau.step(loss)
 * plateau.getLastLr() // => [0.5]
 */
export class ReduceLROnPlateau {
  mode: 'min' | 'max';
  factor: number;
  patience: number;
  threshold: number;
  thresholdMode: 'rel' | 'abs';
  cooldown: number;
  minLrs: number[];
  eps: number;
  best: number;
  numBadEpochs = 0;
  cooldownCounter = 0;
  lastEpoch = 0;
  protected lastLr: number[];

  constructor(
    readonly optimizer: Scheduled,
    o: PlateauOptions = {},
  ) {
    const groups = groupsOf(optimizer);
    this.factor = o.factor ?? 0.1;
    if (this.factor >= 1) throw new core.ValueError(`Factor should be < 1.0. Received: factor=${this.factor}`);
    this.mode = oneOf('mode', o.mode ?? 'min', ['min', 'max']);
    this.thresholdMode = oneOf('threshold mode', o.thresholdMode ?? 'rel', ['rel', 'abs']);
    this.patience = o.patience ?? 10;
    this.threshold = o.threshold ?? 1e-4;
    this.cooldown = o.cooldown ?? 0;
    this.eps = o.eps ?? 1e-8;
    const least = o.minLr ?? 0;
    this.minLrs = typeof least === 'number' ? groups.map(() => least) : [...least];
    if (this.minLrs.length !== groups.length)
      throw new core.ValueError(`expected ${groups.length} min_lrs, got ${this.minLrs.length}`);
    this.best = this.mode === 'min' ? Infinity : -Infinity;
    this.lastLr = groups.map((group) => group.lr);
  }

  /** Goes to the next epoch, in which the metric was this. */
  step(metrics: number | Tensor): void {
    const now = metrics instanceof Tensor ? core.itemSync(metrics.value) : metrics;
    this.lastEpoch++;
    if (this.isBetter(now)) {
      this.best = now;
      this.numBadEpochs = 0;
    } else this.numBadEpochs++;
    if (this.inCooldown) {
      this.cooldownCounter--;
      this.numBadEpochs = 0;
    }
    if (this.numBadEpochs > this.patience) {
      groupsOf(this.optimizer).forEach((group, i) => {
        const next = Math.max(group.lr * this.factor, this.minLrs[i]!);
        if (group.lr - next > this.eps) group.lr = next;
      });
      this.cooldownCounter = this.cooldown;
      this.numBadEpochs = 0;
    }
    this.lastLr = groupsOf(this.optimizer).map((group) => group.lr);
  }
  get inCooldown(): boolean {
    return this.cooldownCounter > 0;
  }
  private isBetter(now: number): boolean {
    const sign = this.mode === 'min' ? -1 : 1;
    const bar =
      this.thresholdMode === 'rel' ? this.best * (1 + sign * this.threshold) : this.best + sign * this.threshold;
    return this.mode === 'min' ? now < bar : now > bar;
  }
  getLastLr(): number[] {
    return [...this.lastLr];
  }
  stateDict(): SchedulerState {
    return stateOf(this);
  }
  loadStateDict(state: SchedulerState): void {
    restore(this, state);
  }
}
function oneOf<T extends string>(what: string, given: T, known: readonly T[]): T {
  if (known.includes(given)) return given;
  throw new core.ValueError(`${what} ${given} is unknown!${core.nearest(given, known)}`);
}
