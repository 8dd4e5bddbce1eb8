// Schedules that raise and lower the rate, and move the momentum the other way.
import * as core from '@nn/core';
import type { Tensor } from '../../tensor/tensor.js';
import { dtypeOfGroup, track } from '../group-data.js';
import { groupsOf, LRScheduler, type EpochOptions, type Scheduled, type ScheduledGroup } from './scheduler.js';

/** One value for all groups, or one for each. */
type PerGroup = number | readonly number[];

function perGroup(optimizer: Scheduled, name: string, value: PerGroup): number[] {
  const n = groupsOf(optimizer).length;
  if (typeof value === 'number') return Array.from({ length: n }, () => value);
  if (value.length !== n) throw new core.ValueError(`expected ${n} values for ${name}, got ${value.length}`);
  return [...value];
}
function checkMomentum({ defaults }: Scheduled): void {
  if (!('momentum' in defaults) && !('betas' in defaults))
    throw new core.ValueError('optimizer must support momentum or beta1 with `cycle_momentum` option enabled');
}
/** Sets the momentum of a group, which Adam and its relatives call the first beta. From now on it is data. */
function setMomentum(group: ScheduledGroup, value: number): void {
  track(
    group,
    'betas' in group ? 'betas' : 'momentum',
    dtypeOfGroup(group as unknown as { params: readonly Tensor[] }),
  );
  if ('betas' in group) group['betas'] = [value, ...(group['betas'] as readonly number[]).slice(1)];
  else group['momentum'] = value;
}

export interface CyclicOptions extends EpochOptions {
  /** Steps up; default 2000. */
  stepSizeUp?: number;
  /** Steps down; default as many as up. */
  stepSizeDown?: number | null;
  /** 'triangular' (default), 'triangular2' (half as high each cycle), 'exp_range' (`gamma^step` as high). */
  mode?: 'triangular' | 'triangular2' | 'exp_range';
  /** For 'exp_range'; default 1. */
  gamma?: number;
  /** The height of a cycle, instead of a mode. */
  scaleFn?: ((x: number) => number) | null;
  /** Whether scaleFn is given the number of the cycle (default) or of the step. */
  scaleMode?: 'cycle' | 'iterations';
  /** Default true. */
  cycleMomentum?: boolean;
  /** Default 0.8. */
  baseMomentum?: PerGroup;
  /** Default 0.9. */
  maxMomentum?: PerGroup;
}

/**
 * The rate goes from `baseLr` up to `maxLr` and back in a line, again and again; step it after each batch.
 *
 * @see Smith 2015, arXiv:1506.01186
 */
export class CyclicLR extends LRScheduler {
  maxLrs: number[];
  totalSize: number;
  stepRatio: number;
  mode: string;
  gamma: number;
  scaleMode: string;
  cycleMomentum: boolean;
  baseMomentums: number[] = [];
  maxMomentums: number[] = [];
  private readonly scaleFn: ((x: number) => number) | null;
  constructor(optimizer: Scheduled, baseLr: PerGroup, maxLr: PerGroup, o: CyclicOptions = {}) {
    const bases = perGroup(optimizer, 'base_lr', baseLr);
    const begins = (o.lastEpoch ?? -1) === -1;
    if (begins) groupsOf(optimizer).forEach((group, i) => (group.lr = bases[i]!));
    super(optimizer, o.lastEpoch);
    this.baseLrs = bases;
    this.maxLrs = perGroup(optimizer, 'max_lr', maxLr);
    const up = o.stepSizeUp ?? 2000;
    this.totalSize = up + (o.stepSizeDown ?? up);
    this.stepRatio = up / this.totalSize;
    this.mode = o.mode ?? 'triangular';
    this.gamma = o.gamma ?? 1;
    this.scaleFn = o.scaleFn ?? null;
    if (!this.scaleFn && !['triangular', 'triangular2', 'exp_range'].includes(this.mode))
      throw new core.ValueError(
        `mode is invalid and scale_fn is None. Received: mode=${this.mode}${core.nearest(this.mode, ['triangular', 'triangular2', 'exp_range'])}`,
      );
    this.scaleMode = this.scaleFn ? (o.scaleMode ?? 'cycle') : this.mode === 'exp_range' ? 'iterations' : 'cycle';
    this.cycleMomentum = o.cycleMomentum ?? true;
    if (this.cycleMomentum) {
      checkMomentum(optimizer);
      this.baseMomentums = perGroup(optimizer, 'base_momentum', o.baseMomentum ?? 0.8);
      this.maxMomentums = perGroup(optimizer, 'max_momentum', o.maxMomentum ?? 0.9);
      groupsOf(optimizer).forEach((group, i) => {
        group['baseMomentum'] = this.baseMomentums[i];
        group['maxMomentum'] = this.maxMomentums[i];
      });
    }
    this.begin();
  }
  private height(x: number): number {
    if (this.scaleFn) return this.scaleFn(x);
    return this.mode === 'triangular' ? 1 : this.mode === 'triangular2' ? 1 / 2 ** (x - 1) : this.gamma ** x;
  }
  protected override rate(_lr: number, base: number, i: number): number {
    const cycle = Math.floor(1 + this.lastEpoch / this.totalSize);
    const x = 1 + this.lastEpoch / this.totalSize - cycle;
    const share = x <= this.stepRatio ? x / this.stepRatio : (x - 1) / (this.stepRatio - 1);
    const scale = share * this.height(this.scaleMode === 'cycle' ? cycle : this.lastEpoch);
    if (this.cycleMomentum) {
      const most = this.maxMomentums[i]!;
      setMomentum(groupsOf(this.optimizer)[i]!, most - (most - this.baseMomentums[i]!) * scale);
    }
    return base + (this.maxLrs[i]! - base) * scale;
  }
}

export interface OneCycleOptions extends EpochOptions {
  /** How often it will be stepped; or `epochs` and `stepsPerEpoch`. */
  totalSteps?: number | null;
  epochs?: number | null;
  stepsPerEpoch?: number | null;
  /** The share of the steps in which the rate rises; default 0.3. */
  pctStart?: number;
  /** 'cos' (default) or 'linear'. */
  annealStrategy?: 'cos' | 'linear';
  /** Default true. */
  cycleMomentum?: boolean;
  /** Default 0.85. */
  baseMomentum?: PerGroup;
  /** Default 0.95. */
  maxMomentum?: PerGroup;
  /** The first rate is `maxLr / divFactor`; default 25. */
  divFactor?: number;
  /** The last rate is the first divided by it; default 1e4. */
  finalDivFactor?: number;
  /** Down as fast as up, and then to the last rate; default false. */
  threePhase?: boolean;
}
/** A part of the cycle: the step at which it ends, and the places in the group of what it goes from and to. */
interface Phase {
  readonly end: number;
  readonly rates: readonly [string, string];
  readonly momenta: readonly [string, string];
}

/**
 * One cycle: the rate rises to `maxLr` and falls far below where it began; step it after each batch.
 *
 * @see Smith & Topin 2017, arXiv:1708.07120
 */
export class OneCycleLR extends LRScheduler {
  totalSteps: number;
  annealStrategy: string;
  cycleMomentum: boolean;
  private readonly phases: readonly Phase[];
  constructor(optimizer: Scheduled, maxLr: PerGroup, o: OneCycleOptions = {}) {
    super(optimizer, o.lastEpoch);
    this.totalSteps = stepsOf(o);
    const { pctStart = 0.3, divFactor = 25, finalDivFactor = 1e4 } = o;
    if (!(pctStart >= 0 && pctStart <= 1))
      throw new core.ValueError(`Expected float between 0 and 1 pct_start, but got ${pctStart}`);
    this.annealStrategy = o.annealStrategy ?? 'cos';
    if (this.annealStrategy !== 'cos' && this.annealStrategy !== 'linear')
      throw new core.ValueError(
        `anneal_strategy must be one of 'cos' or 'linear', instead got ${String(this.annealStrategy)}`,
      );
    this.phases = phasesOf(this.totalSteps, pctStart, o.threePhase ?? false);
    this.cycleMomentum = o.cycleMomentum ?? true;
    if (this.cycleMomentum) checkMomentum(optimizer);
    const most = perGroup(optimizer, 'max_lr', maxLr);
    const [low, high] = [
      perGroup(optimizer, 'base_momentum', o.baseMomentum ?? 0.85),
      perGroup(optimizer, 'max_momentum', o.maxMomentum ?? 0.95),
    ];
    if (this.lastEpoch === -1) {
      groupsOf(optimizer).forEach((group, i) => {
        const initialLr = most[i]! / divFactor;
        Object.assign(group, { initialLr, maxLr: most[i]!, minLr: initialLr / finalDivFactor });
        if (this.cycleMomentum) Object.assign(group, { maxMomentum: high[i]!, baseMomentum: low[i]! });
      });
      this.baseLrs = groupsOf(optimizer).map((group) => Number(group['initialLr']));
    }
    this.begin();
  }
  private anneal(start: number, end: number, share: number): number {
    return this.annealStrategy === 'linear'
      ? start + (end - start) * share
      : end + ((start - end) / 2) * (1 + Math.cos(Math.PI * share));
  }
  protected override rate(_lr: number, _base: number, i: number): number {
    const step = this.lastEpoch;
    if (step > this.totalSteps)
      throw new core.ValueError(
        `Tried to step ${step} times. The specified number of total steps is ${this.totalSteps}`,
      );
    const group = groupsOf(this.optimizer)[i]!;
    const found = this.phases.findIndex((phase) => step <= phase.end);
    const at = found < 0 ? this.phases.length - 1 : found;
    const phase = this.phases[at]!;
    const start = at > 0 ? this.phases[at - 1]!.end : 0;
    const share = (step - start) / (phase.end - start);
    const between = ([a, b]: readonly [string, string]): number =>
      this.anneal(Number(group[a]), Number(group[b]), share);
    if (this.cycleMomentum) setMomentum(group, between(phase.momenta));
    return between(phase.rates);
  }
}
function stepsOf({ totalSteps, epochs, stepsPerEpoch }: OneCycleOptions): number {
  const positive = (name: string, value: number): number => {
    if (value > 0 && Number.isInteger(value)) return value;
    throw new core.ValueError(`Expected positive integer ${name}, but got ${value}`);
  };
  if (typeof totalSteps === 'number') return positive('total_steps', totalSteps);
  if (typeof epochs !== 'number' || typeof stepsPerEpoch !== 'number')
    throw new core.ValueError('You must define either total_steps OR (epochs AND steps_per_epoch)');
  return positive('epochs', epochs) * positive('steps_per_epoch', stepsPerEpoch);
}
function phasesOf(total: number, share: number, three: boolean): Phase[] {
  const up: Phase = { end: share * total - 1, rates: ['initialLr', 'maxLr'], momenta: ['maxMomentum', 'baseMomentum'] };
  const down = (to: string, end: number): Phase => ({
    end,
    rates: ['maxLr', to],
    momenta: ['baseMomentum', 'maxMomentum'],
  });
  if (!three) return [up, down('minLr', total - 1)];
  return [
    up,
    down('initialLr', 2 * share * total - 2),
    { end: total - 1, rates: ['initialLr', 'minLr'], momenta: ['maxMomentum', 'maxMomentum'] },
  ];
}
