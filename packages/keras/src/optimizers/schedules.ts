// Learning rates as functions of the step: formulas on tensors, so that a traced step follows them.
import * as core from '@nn/core';
import { configOf, interpret, KerasObject, type Config, type ObjectClass, type Serialized } from '../object.js';
import { apply, type Tensor, type TensorLike } from '../tensor/tensor.js';

export interface LearningRateSchedule {
  /** The rate at a step, counted from 0. */
  (step: TensorLike): Tensor;
}
/** A learning rate that depends on the step. Subclasses write `rate`. */
export abstract class LearningRateSchedule extends KerasObject {
  static override readonly module: string = 'keras.optimizers.schedules';
  protected abstract rate(step: core.Tensor): core.Tensor;
  protected override invoke(step: unknown): Tensor {
    return apply(this.className, [step as TensorLike], (s) => this.rate(core.cast(s, 'f32')));
  }
}
interface Named {
  name?: string;
}
const whole = (x: core.Tensor, staircase: boolean): core.Tensor => (staircase ? core.floor(x) : x);

/** `initial * rate^(step / steps)`; with staircase the exponent is rounded down. */
export class ExponentialDecay extends LearningRateSchedule {
  static override readonly className = 'ExponentialDecay';
  static override readonly positional: readonly string[] = ['initial_learning_rate', 'decay_steps', 'decay_rate'];
  readonly staircase: boolean;
  override readonly name: string;
  constructor(
    readonly initialLearningRate: number,
    readonly decaySteps: number,
    readonly decayRate: number,
    o: Named & { staircase?: boolean } = {},
  ) {
    super();
    positive('ExponentialDecay', decaySteps);
    this.staircase = o.staircase ?? false;
    this.name = o.name ?? 'ExponentialDecay';
  }
  protected override rate(step: core.Tensor): core.Tensor {
    return core.mul(
      core.pow(core.literal(this.decayRate), whole(core.div(step, this.decaySteps), this.staircase)),
      this.initialLearningRate,
    );
  }
  override getConfig(): Config {
    return configOf(this, ['initial_learning_rate', 'decay_steps', 'decay_rate', 'staircase', 'name']);
  }
}
/** `initial / (1 + rate * step / steps)` */
export class InverseTimeDecay extends LearningRateSchedule {
  static override readonly className = 'InverseTimeDecay';
  static override readonly positional: readonly string[] = ['initial_learning_rate', 'decay_steps', 'decay_rate'];
  readonly staircase: boolean;
  override readonly name: string;
  constructor(
    readonly initialLearningRate: number,
    readonly decaySteps: number,
    readonly decayRate: number,
    o: Named & { staircase?: boolean } = {},
  ) {
    super();
    positive('InverseTimeDecay', decaySteps);
    this.staircase = o.staircase ?? false;
    this.name = o.name ?? 'InverseTimeDecay';
  }
  protected override rate(step: core.Tensor): core.Tensor {
    const progress = whole(core.div(step, this.decaySteps), this.staircase);
    return core.div(this.initialLearningRate, core.add(core.mul(progress, this.decayRate), 1));
  }
  override getConfig(): Config {
    return configOf(this, ['initial_learning_rate', 'decay_steps', 'decay_rate', 'staircase', 'name']);
  }
}
/** `values[k]` up to and including step `boundaries[k]`, the last value after that. */
export class PiecewiseConstantDecay extends LearningRateSchedule {
  static override readonly className = 'PiecewiseConstantDecay';
  static override readonly positional: readonly string[] = ['boundaries', 'values'];
  override readonly name: string;
  constructor(
    readonly boundaries: readonly number[],
    readonly values: readonly number[],
    o: Named = {},
  ) {
    super();
    if (boundaries.length !== values.length - 1) {
      throw new core.ValueError(
        `The length of boundaries should be 1 less than the length of values. Received: boundaries=[${boundaries}] of length ${boundaries.length}, and values=[${values}] of length ${values.length}.`,
      );
    }
    this.name = o.name ?? 'PiecewiseConstant';
  }
  protected override rate(step: core.Tensor): core.Tensor {
    return this.boundaries.reduceRight(
      (later, b, k) => core.where(core.lessEqual(step, b), this.values[k]!, later),
      core.literal(this.values.at(-1)!),
    );
  }
  override getConfig(): Config {
    return configOf(this, ['boundaries', 'values', 'name']);
  }
}
/** `(initial - end) * (1 - step / steps)^power + end`; with cycle the steps start again, longer, when they are over. */
export class PolynomialDecay extends LearningRateSchedule {
  static override readonly className = 'PolynomialDecay';
  static override readonly positional: readonly string[] = ['initial_learning_rate', 'decay_steps'];
  readonly endLearningRate: number;
  readonly power: number;
  readonly cycle: boolean;
  override readonly name: string;
  constructor(
    readonly initialLearningRate: number,
    readonly decaySteps: number,
    o: Named & { endLearningRate?: number; power?: number; cycle?: boolean } = {},
  ) {
    super();
    positive('PolynomialDecay', decaySteps);
    this.endLearningRate = o.endLearningRate ?? 1e-4;
    this.power = o.power ?? 1;
    this.cycle = o.cycle ?? false;
    this.name = o.name ?? 'PolynomialDecay';
  }
  protected override rate(step: core.Tensor): core.Tensor {
    const rounds = core.where(core.equal(step, 0), 1, core.ceil(core.div(step, this.decaySteps)));
    const steps = this.cycle ? core.mul(rounds, this.decaySteps) : core.literal(this.decaySteps);
    const at = this.cycle ? step : core.minimum(step, this.decaySteps);
    const left = core.pow(core.sub(1, core.div(at, steps)), this.power);
    return core.add(core.mul(left, this.initialLearningRate - this.endLearningRate), this.endLearningRate);
  }
  override getConfig(): Config {
    return configOf(this, ['initial_learning_rate', 'decay_steps', 'end_learning_rate', 'power', 'cycle', 'name']);
  }
}
const cosine = (fraction: core.Operand): core.Tensor =>
  core.mul(core.add(core.cos(core.mul(fraction, Math.PI)), 1), 0.5);

/** Half a cosine from the initial rate down to `alpha` times it; before that `warmupSteps` up to `warmupTarget`. */
export class CosineDecay extends LearningRateSchedule {
  static override readonly className = 'CosineDecay';
  static override readonly positional: readonly string[] = ['initial_learning_rate', 'decay_steps'];
  readonly alpha: number;
  readonly warmupTarget: number | null;
  readonly warmupSteps: number;
  override readonly name: string;
  constructor(
    readonly initialLearningRate: number,
    readonly decaySteps: number,
    o: Named & { alpha?: number; warmupTarget?: number | null; warmupSteps?: number } = {},
  ) {
    super();
    positive('CosineDecay', decaySteps);
    this.alpha = o.alpha ?? 0;
    this.warmupTarget = o.warmupTarget ?? null;
    this.warmupSteps = o.warmupSteps ?? 0;
    this.name = o.name ?? 'CosineDecay';
  }
  private decayed(step: core.Tensor, from: number): core.Tensor {
    const share = cosine(core.div(core.minimum(step, this.decaySteps), this.decaySteps));
    return core.mul(core.add(core.mul(share, 1 - this.alpha), this.alpha), from);
  }
  protected override rate(step: core.Tensor): core.Tensor {
    if (this.warmupTarget === null) return this.decayed(step, this.initialLearningRate);
    const warm = core.add(
      core.mul(core.div(step, this.warmupSteps), this.warmupTarget - this.initialLearningRate),
      this.initialLearningRate,
    );
    return core.where(
      core.less(step, this.warmupSteps),
      warm,
      this.decayed(core.sub(step, this.warmupSteps), this.warmupTarget),
    );
  }
  override getConfig(): Config {
    return configOf(this, ['initial_learning_rate', 'decay_steps', 'alpha', 'name', 'warmup_target', 'warmup_steps']);
  }
}
/** Cosine decays one after the other: each `tMul` times as long and starting `mMul` times as high as the one before. */
export class CosineDecayRestarts extends LearningRateSchedule {
  static override readonly className = 'CosineDecayRestarts';
  static override readonly positional: readonly string[] = ['initial_learning_rate', 'first_decay_steps'];
  readonly tMul: number;
  readonly mMul: number;
  readonly alpha: number;
  override readonly name: string;
  constructor(
    readonly initialLearningRate: number,
    readonly firstDecaySteps: number,
    o: Named & { tMul?: number; mMul?: number; alpha?: number } = {},
  ) {
    super();
    positive('CosineDecayRestarts', firstDecaySteps);
    this.tMul = o.tMul ?? 2;
    this.mMul = o.mMul ?? 1;
    this.alpha = o.alpha ?? 0;
    this.name = o.name ?? 'SGDRDecay';
  }
  protected override rate(step: core.Tensor): core.Tensor {
    const done = core.div(step, this.firstDecaySteps);
    const t = this.tMul;
    const round =
      t === 1 ? core.floor(done) : core.floor(core.div(core.log(core.sub(1, core.mul(done, 1 - t))), Math.log(t)));
    const before = t === 1 ? round : core.div(core.sub(1, core.pow(core.literal(t), round)), 1 - t);
    const fraction =
      t === 1 ? core.sub(done, round) : core.div(core.sub(done, before), core.pow(core.literal(t), round));
    const height = core.mul(cosine(fraction), core.pow(core.literal(this.mMul), round));
    return core.mul(core.add(core.mul(height, 1 - this.alpha), this.alpha), this.initialLearningRate);
  }
  override getConfig(): Config {
    return configOf(this, ['initial_learning_rate', 'first_decay_steps', 't_mul', 'm_mul', 'alpha', 'name']);
  }
}
function positive(name: string, steps: number): void {
  if (steps <= 0)
    throw new core.ValueError(`Argument \`decay_steps\` must be > 0. Received: decay_steps=${steps} (${name})`);
}
const classes = (): Record<string, ObjectClass<LearningRateSchedule>> => ({
  ExponentialDecay,
  InverseTimeDecay,
  PiecewiseConstantDecay,
  PolynomialDecay,
  CosineDecay,
  CosineDecayRestarts,
});
export const serialize = (schedule: LearningRateSchedule): Serialized => schedule.serialize();
/** The schedule of a config. */
export const deserialize = (object: Config | string): LearningRateSchedule =>
  interpret<LearningRateSchedule>('learning rate schedule', object, classes());
