// Schedules that multiply the rate epoch by epoch.
import * as core from '@nn/core';
import { groupsOf, LRScheduler, type EpochOptions, type Scheduled } from './scheduler.js';

/** A factor for each epoch: one for all groups, or one for each. */
export type RateFunction = (epoch: number) => number;

function functionsFor(optimizer: Scheduled, given: RateFunction | readonly RateFunction[]): RateFunction[] {
  const n = groupsOf(optimizer).length;
  if (typeof given === 'function') return Array.from({ length: n }, () => given);
  if (given.length !== n) throw new core.ValueError(`Expected ${n} lr_lambdas, but got ${given.length}`);
  return [...given];
}

/** `lr = base * f(epoch)` */
export class LambdaLR extends LRScheduler {
  private readonly lrLambdas: RateFunction[];
  constructor(optimizer: Scheduled, lrLambda: RateFunction | readonly RateFunction[], o: EpochOptions = {}) {
    super(optimizer, o.lastEpoch);
    this.lrLambdas = functionsFor(optimizer, lrLambda);
    this.begin();
  }
  protected override rate(_lr: number, base: number, i: number): number {
    return base * this.lrLambdas[i]!(this.lastEpoch);
  }
}

/** `lr = lr * f(epoch)` from the first epoch on. */
export class MultiplicativeLR extends LRScheduler {
  private readonly lrLambdas: RateFunction[];
  constructor(optimizer: Scheduled, lrLambda: RateFunction | readonly RateFunction[], o: EpochOptions = {}) {
    super(optimizer, o.lastEpoch);
    this.lrLambdas = functionsFor(optimizer, lrLambda);
    this.begin();
  }
  protected override rate(lr: number, _base: number, i: number): number {
    return this.lastEpoch > 0 ? lr * this.lrLambdas[i]!(this.lastEpoch) : lr;
  }
}

/**
 * `lr = base * gamma^floor(epoch / stepSize)`
 *
 * @param o.gamma  default 0.1
 * @example
 * const sgd = new optim.SGD([torch.zeros([1], { requiresGrad: true })], { lr: 8 })
 * const steps = new optim.lrScheduler.StepLR(sgd, 2, { gamma: 0.5 })
 * Array.from({ length: 5 }, () => (steps.step(), sgd.paramGroups[0]!.lr)) // => [8, 4, 4, 2, 2]
 */
export class StepLR extends LRScheduler {
  gamma: number;
  constructor(
    optimizer: Scheduled,
    public stepSize: number,
    o: EpochOptions & { gamma?: number } = {},
  ) {
    super(optimizer, o.lastEpoch);
    this.gamma = o.gamma ?? 0.1;
    this.begin();
  }
  protected override rate(lr: number): number {
    return this.lastEpoch === 0 || this.lastEpoch % this.stepSize !== 0 ? lr : lr * this.gamma;
  }
  protected override closed(base: number): number {
    return base * this.gamma ** Math.floor(this.lastEpoch / this.stepSize);
  }
}

/** The rate times `gamma` (default 0.1) at each of the milestones. */
export class MultiStepLR extends LRScheduler {
  gamma: number;
  milestones: number[];
  constructor(optimizer: Scheduled, milestones: readonly number[], o: EpochOptions & { gamma?: number } = {}) {
    super(optimizer, o.lastEpoch);
    this.milestones = [...milestones];
    this.gamma = o.gamma ?? 0.1;
    this.begin();
  }
  protected override rate(lr: number): number {
    return lr * this.gamma ** this.milestones.filter((m) => m === this.lastEpoch).length;
  }
  protected override closed(base: number): number {
    return base * this.gamma ** this.milestones.filter((m) => m <= this.lastEpoch).length;
  }
}

/** The rate times `factor` (default 1/3) until epoch `totalIters` (default 5). */
export class ConstantLR extends LRScheduler {
  factor: number;
  totalIters: number;
  constructor(optimizer: Scheduled, o: EpochOptions & { factor?: number; totalIters?: number } = {}) {
    super(optimizer, o.lastEpoch);
    this.factor = o.factor ?? 1 / 3;
    this.totalIters = o.totalIters ?? 5;
    if (this.factor > 1 || this.factor < 0)
      throw new core.ValueError(
        `Constant multiplicative factor expected to be between 0 and 1. Received: ${this.factor}`,
      );
    this.begin();
  }
  protected override rate(lr: number): number {
    if (this.lastEpoch === 0) return lr * this.factor;
    return this.lastEpoch === this.totalIters ? lr / this.factor : lr;
  }
  protected override closed(base: number): number {
    return this.lastEpoch >= this.totalIters ? base : base * this.factor;
  }
}

/** The rate times a factor that goes in a line from `startFactor` (default 1/3) to `endFactor` (1) in `totalIters` (5) epochs. */
export class LinearLR extends LRScheduler {
  startFactor: number;
  endFactor: number;
  totalIters: number;
  constructor(
    optimizer: Scheduled,
    o: EpochOptions & { startFactor?: number; endFactor?: number; totalIters?: number } = {},
  ) {
    super(optimizer, o.lastEpoch);
    this.startFactor = o.startFactor ?? 1 / 3;
    this.endFactor = o.endFactor ?? 1;
    this.totalIters = o.totalIters ?? 5;
    if (this.startFactor > 1 || this.startFactor <= 0)
      throw new core.ValueError(
        `Starting multiplicative factor expected to be greater than 0 and less or equal to 1. Received: ${this.startFactor}`,
      );
    if (this.endFactor > 1 || this.endFactor < 0)
      throw new core.ValueError(
        `Ending multiplicative factor expected to be between 0 and 1. Received: ${this.endFactor}`,
      );
    this.begin();
  }
  protected override rate(lr: number): number {
    const { lastEpoch: epoch, startFactor: start, totalIters: total } = this;
    if (epoch === 0) return lr * start;
    if (epoch > total) return lr;
    const rise = this.endFactor - start;
    return lr * (1 + rise / (total * start + (epoch - 1) * rise));
  }
  protected override closed(base: number): number {
    const share = Math.min(this.totalIters, this.lastEpoch) / this.totalIters;
    return base * (this.startFactor + (this.endFactor - this.startFactor) * share);
  }
}

/** `lr = base * gamma^epoch` */
export class ExponentialLR extends LRScheduler {
  constructor(
    optimizer: Scheduled,
    public gamma: number,
    o: EpochOptions = {},
  ) {
    super(optimizer, o.lastEpoch);
    this.begin();
  }
  protected override rate(lr: number): number {
    return this.lastEpoch === 0 ? lr : lr * this.gamma;
  }
  protected override closed(base: number): number {
    return base * this.gamma ** this.lastEpoch;
  }
}

/** `lr = base * (1 - epoch / totalIters)^power`; totalIters 5, power 1. */
export class PolynomialLR extends LRScheduler {
  totalIters: number;
  power: number;
  constructor(optimizer: Scheduled, o: EpochOptions & { totalIters?: number; power?: number } = {}) {
    super(optimizer, o.lastEpoch);
    this.totalIters = o.totalIters ?? 5;
    this.power = o.power ?? 1;
    this.begin();
  }
  protected override rate(lr: number): number {
    const { lastEpoch: epoch, totalIters: total } = this;
    if (epoch === 0 || epoch > total) return lr;
    return lr * ((1 - epoch / total) / (1 - (epoch - 1) / total)) ** this.power;
  }
  protected override closed(base: number): number {
    return base * (1 - Math.min(this.totalIters, this.lastEpoch) / this.totalIters) ** this.power;
  }
}
