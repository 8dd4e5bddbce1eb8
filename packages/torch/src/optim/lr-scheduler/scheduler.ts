// The base of learning rate schedulers: epochs, rates of all groups, state dicts.
import * as core from '@nn/core';

/** What a scheduler needs of an optimizer. */
export interface Scheduled {
  readonly paramGroups: readonly { lr: number }[];
  readonly defaults: object;
}
/** A group with everything that schedulers may leave in it. */
export type ScheduledGroup = { lr: number } & Record<string, unknown>;
/** The fields of a scheduler by PyTorch's names. */
export type SchedulerState = Readonly<Record<string, unknown>>;
export interface EpochOptions {
  /** The epoch to go on from; then the groups must have `initialLr`. Default -1: begin. */
  lastEpoch?: number;
}

/** The groups of an optimizer with their other settings. */
export const groupsOf = (optimizer: Scheduled): readonly ScheduledGroup[] => optimizer.paramGroups;

/** Fields whose names in PyTorch are not simply the same words. */
const odd: Readonly<Record<string, string>> = {
  TMax: 'T_max',
  T0: 'T_0',
  TMult: 'T_mult',
  TCur: 'T_cur',
  Ti: 'T_i',
  lastLr: '_last_lr',
  stepCount: '_step_count',
};
const pythonName = (field: string): string => odd[field] ?? field.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`);

/** What a state dict holds: numbers, words, and lists of them. */
const isPlain = (value: unknown): boolean => value === null || !['object', 'function'].includes(typeof value);
/** The fields of a scheduler that belong into its state: no functions, no other objects. */
export function stateOf(scheduler: object): SchedulerState {
  return Object.fromEntries(
    Object.entries(scheduler)
      .filter(([, value]) => (Array.isArray(value) ? value.every(isPlain) : isPlain(value)))
      .map(([field, value]) => [
        pythonName(field),
        Array.isArray(value) ? [...(value as unknown[])] : (value as unknown),
      ]),
  );
}
/** Puts a state back into the fields that it came from. */
export function restore(scheduler: object, state: SchedulerState): void {
  for (const field of Object.keys(scheduler)) {
    const value = state[pythonName(field)];
    if (value === undefined) continue;
    (scheduler as Record<string, unknown>)[field] = Array.isArray(value) ? [...(value as unknown[])] : value;
  }
}

/**
 * Changes the learning rates of an optimizer epoch by epoch. A subclass writes `rate`, and calls `this.begin()` at the end of its constructor.
 *
 * @example
 * class Halving extends optim.lrScheduler.LRScheduler {
 *   constructor(optimizer: optim.SGD) { super(optimizer); this.begin() }
 *   protected override rate(lr: number): number { return this.lastEpoch === 0 ? lr : lr / 2 }
 * }
 */
export abstract class LRScheduler {
  /** How often `step` was called since the beginning. */
  lastEpoch: number;
  /** The rates of the groups before the schedule. */
  baseLrs: number[];
  protected lastLr: number[] = [];
  protected stepCount = 0;

  constructor(
    readonly optimizer: Scheduled,
    lastEpoch: number = -1,
  ) {
    groupsOf(optimizer).forEach((group, i) => {
      if (lastEpoch === -1) group['initialLr'] ??= group.lr;
      else if (group['initialLr'] === undefined) {
        throw new core.ValueError(
          `param 'initial_lr' is not specified in param_groups[${i}] when resuming an optimizer. Load its state dict first, or leave out lastEpoch`,
        );
      }
    });
    this.baseLrs = groupsOf(optimizer).map((group) => Number(group['initialLr']));
    this.lastEpoch = lastEpoch;
  }

  /** The rate of a group from the one that it has now; `base` is the one from before the schedule. */
  protected abstract rate(lr: number, base: number, index: number): number;
  /** The rate of a group from the epoch alone, where it can be said; `step(epoch)` uses it. */
  protected closed?(base: number, index: number): number;

  /** Sets the rates of the first epoch. */
  begin(): void {
    this.step();
  }
  /** The rates for the epoch that `lastEpoch` says. */
  getLr(): number[] {
    return groupsOf(this.optimizer).map((group, i) => this.rate(group.lr, this.baseLrs[i]!, i));
  }
  /** The rates that the last step set. */
  getLastLr(): number[] {
    return [...this.lastLr];
  }
  /** Goes to the next epoch, or to the given one. */
  step(epoch?: number): void {
    this.stepCount++;
    this.lastEpoch = epoch ?? this.lastEpoch + 1;
    const { closed } = this;
    this.setRates(
      epoch !== undefined && closed ? this.baseLrs.map((base, i) => closed.call(this, base, i)) : this.getLr(),
    );
  }
  protected setRates(rates: readonly number[]): void {
    groupsOf(this.optimizer).forEach((group, i) => {
      group.lr = rates[i]!;
    });
    this.lastLr = groupsOf(this.optimizer).map((group) => group.lr);
  }

  /** Everything but the optimizer and functions, by PyTorch's names. */
  stateDict(): SchedulerState {
    return stateOf(this);
  }
  /** Takes over a state; the rates of the optimizer are a part of the optimizer's own. */
  loadStateDict(state: SchedulerState): void {
    restore(this, state);
  }
}
