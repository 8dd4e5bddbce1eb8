// Schedules made of other schedules.
import * as core from '@nn/core';
import { ReduceLROnPlateau } from './plateau.js';
import { groupsOf, LRScheduler, restore, stateOf, type Scheduled, type SchedulerState } from './scheduler.js';

/** What can be a part of another schedule. */
export type Part = LRScheduler | Combined;

/** The parts, the common optimizer and the state of a combination. */
abstract class Combined {
  readonly optimizer: Scheduled;
  readonly schedulers: readonly Part[];
  protected lastLr: number[] = [];
  constructor(schedulers: readonly Part[], optimizer?: Scheduled) {
    const name = this.constructor.name;
    if (schedulers.length === 0)
      throw new core.ValueError(`${name} expects at least one scheduler to be chained, but got no scheduler.`);
    this.optimizer = optimizer ?? schedulers[0]!.optimizer;
    this.schedulers = [...schedulers];
    this.schedulers.forEach((scheduler, i) => {
      if ((scheduler as unknown) instanceof ReduceLROnPlateau)
        throw new core.ValueError(
          `${name} does not support \`ReduceLROnPlateau\` scheduler as it requires additional kwargs to be specified when calling \`step\`, but got one at index ${i} in the given schedulers sequence.`,
        );
      if (scheduler.optimizer !== this.optimizer)
        throw new core.ValueError(
          `${name} expects all schedulers to belong to the same optimizer, but got scheduler ${scheduler.constructor.name} at index ${i} with another one.`,
        );
    });
  }
  abstract step(epoch?: number): void;
  /** Sets the rates of the first epoch again, after they were undone. */
  abstract begin(): void;

  getLastLr(): number[] {
    return [...this.lastLr];
  }
  protected keepRates(): void {
    this.lastLr = groupsOf(this.optimizer).map((group) => group.lr);
  }
  stateDict(): SchedulerState {
    return { ...stateOf(this), _schedulers: this.schedulers.map((scheduler) => scheduler.stateDict()) };
  }
  loadStateDict(state: SchedulerState): void {
    restore(this, state);
    const parts = state['_schedulers'] as readonly SchedulerState[];
    this.schedulers.forEach((scheduler, i) => scheduler.loadStateDict(parts[i]!));
  }
}

/** Steps several schedulers together; each changes the rate that the one before has left. */
export class ChainedScheduler extends Combined {
  constructor(schedulers: readonly Part[], optimizer?: Scheduled) {
    super(schedulers, optimizer);
    this.keepRates();
  }
  override step(): void {
    for (const scheduler of this.schedulers) scheduler.step();
    this.keepRates();
  }
  override begin(): void {
    for (const scheduler of this.schedulers) scheduler.begin();
    this.keepRates();
  }
}

/**
 * One scheduler after the other: the next takes over at each milestone, and begins from the rate before all schedules.
 *
 * @example
 * const sgd = new optim.SGD([torch.zeros([1], { requiresGrad: true })], { lr: 1 })
 * const { ConstantLR, ExponentialLR, SequentialLR } = optim.lrScheduler
 * const both = new SequentialLR(sgd, [new ConstantLR(sgd, { factor: 0.1 }), new ExponentialLR(sgd, 0.5)], [2])
 * Array.from({ length: 4 }, () => (both.step(), sgd.paramGroups[0]!.lr)) // => [0.1, 1, 0.5, 0.25]
 */
export class SequentialLR extends Combined {
  lastEpoch: number;
  milestones: number[];
  constructor(
    optimizer: Scheduled,
    schedulers: readonly Part[],
    milestones: readonly number[],
    o: { lastEpoch?: number } = {},
  ) {
    super(schedulers, optimizer);
    if (milestones.length !== schedulers.length - 1)
      throw new core.ValueError(
        `Sequential Schedulers expects number of schedulers provided to be one more than the number of milestone points, but got number of schedulers ${schedulers.length} and the number of milestones to be equal to ${milestones.length}`,
      );
    this.milestones = [...milestones];
    this.lastEpoch = (o.lastEpoch ?? -1) + 1;
    for (const group of groupsOf(optimizer)) group.lr = Number(group['initialLr']);
    undo(this.schedulers);
    this.begin();
  }
  override begin(): void {
    this.schedulers[0]!.begin();
    this.keepRates();
  }
  override step(): void {
    this.lastEpoch++;
    const index = this.milestones.filter((m) => m <= this.lastEpoch).length;
    const scheduler = this.schedulers[index]!;
    if (index > 0 && this.milestones[index - 1] === this.lastEpoch) scheduler.step(0);
    else scheduler.step();
    this.keepRates();
  }
}
/** Takes back the first step that schedulers made when they were constructed. */
function undo(schedulers: readonly Part[]): void {
  for (const scheduler of schedulers) {
    if (scheduler instanceof LRScheduler) scheduler.lastEpoch--;
    else undo(scheduler.schedulers);
  }
}
