// The base of optimizers: what happens around an update - clipping, weight decay, averages, accumulation, constraints - in Keras's order.
import * as core from '@nn/core';
import { autoName, withName } from '../naming.js';
import { classNameOf, configOf, configValue, KerasObject, type Config } from '../object.js';
import { asTensor, Tensor, toCore, type TensorLike } from '../tensor/tensor.js';
import { Variable } from '../tensor/variable.js';
import { LearningRateSchedule } from './schedules.js';

export interface OptimizerOptions {
  /** A number, or a schedule of the number of steps. */
  learningRate?: number | LearningRateSchedule;
  /** Shrinks weights by `weightDecay * learningRate` before each step. Default none. */
  weightDecay?: number | null;
  /** Largest norm of each gradient. */
  clipnorm?: number | null;
  /** Largest absolute value of an element. */
  clipvalue?: number | null;
  /** Largest norm of all gradients together. */
  globalClipnorm?: number | null;
  /** Keep moving averages of the weights. Default false. */
  useEma?: boolean;
  /** Default 0.99. */
  emaMomentum?: number;
  /** Replace the weights by their averages every so many steps. */
  emaOverwriteFrequency?: number | null;
  /** Losses are multiplied by it before gradients are taken, which undo it. */
  lossScaleFactor?: number | null;
  /** Average the gradients of so many calls into one step. */
  gradientAccumulationSteps?: number | null;
  name?: string | null;
}
/** A gradient and its variable. */
export type GradientPair = readonly [Tensor | null, Variable];

const baseKeys = [
  'name',
  'learning_rate',
  'weight_decay',
  'clipnorm',
  'global_clipnorm',
  'clipvalue',
  'use_ema',
  'ema_momentum',
  'ema_overwrite_frequency',
  'loss_scale_factor',
  'gradient_accumulation_steps',
] as const;

/** The state that a subclass keeps for one variable. */
export type Slots = { readonly [name: string]: core.Variable };

/**
 * The base of optimizers. A subclass names its slots and writes `update`.
 *
 * @example
 * const w = new tf.Variable([1])
 * const sgd = new tf.keras.optimizers.SGD({ learningRate: 0.5 })
 * sgd.applyGradients([[tf.constant([1]), w]])
 * w.dataSync()[0] // => 0.5
 */
export abstract class Optimizer extends KerasObject {
  static override readonly module: string = 'keras.optimizers';
  readonly name: string;
  readonly weightDecay: number | null;
  readonly clipnorm: number | null;
  readonly clipvalue: number | null;
  readonly globalClipnorm: number | null;
  readonly useEma: boolean;
  readonly emaMomentum: number;
  readonly emaOverwriteFrequency: number | null;
  readonly lossScaleFactor: number | null;
  readonly gradientAccumulationSteps: number | null;
  built = false;
  private readonly all: Variable[] = [];
  private readonly steps: Variable;
  private readonly rate: Variable | LearningRateSchedule;
  private readonly slotsOf: Map<core.Variable, Slots> = new Map();
  private readonly averages: Map<core.Variable, core.Variable> = new Map();
  private readonly accumulated: Map<core.Variable, core.Variable> = new Map();
  private readonly undecayed: Set<core.Variable> = new Set();

  constructor(o: OptimizerOptions, defaultRate: number) {
    super();
    this.name = o.name ?? autoName(classNameOf(this.constructor as typeof KerasObject));
    this.weightDecay = o.weightDecay ?? null;
    this.clipnorm = limit('clipnorm', o.clipnorm);
    this.clipvalue = limit('clipvalue', o.clipvalue);
    this.globalClipnorm = limit('global_clipnorm', o.globalClipnorm);
    const given = [this.clipnorm, this.clipvalue, this.globalClipnorm].filter((v) => v !== null);
    if (given.length > 1) {
      throw new core.ValueError(
        `Only one of \`clipnorm\`, \`clipvalue\` and \`global_clipnorm\` can be set. Received: clipnorm=${this.clipnorm}, clipvalue=${this.clipvalue}, global_clipnorm=${this.globalClipnorm}.`,
      );
    }
    this.useEma = o.useEma ?? false;
    this.emaMomentum = o.emaMomentum ?? 0.99;
    if (this.useEma && !(this.emaMomentum >= 0 && this.emaMomentum <= 1)) {
      throw new core.ValueError(
        `\`ema_momentum\` must be in the range [0, 1]. Received: ema_momentum=${this.emaMomentum}`,
      );
    }
    this.emaOverwriteFrequency = o.emaOverwriteFrequency ?? null;
    this.lossScaleFactor = o.lossScaleFactor ?? null;
    this.gradientAccumulationSteps = o.gradientAccumulationSteps ?? null;
    if (this.gradientAccumulationSteps !== null && this.gradientAccumulationSteps < 2) {
      throw new core.ValueError(
        `\`gradient_accumulation_steps\` must be an integer >= 2. Received: gradient_accumulation_steps=${this.gradientAccumulationSteps}`,
      );
    }
    this.steps = this.scalar('iteration', 0, 'i32');
    const rate = o.learningRate ?? defaultRate;
    if (rate instanceof LearningRateSchedule) this.rate = rate;
    else if (typeof rate === 'number') this.rate = this.scalar('learning_rate', rate, 'f32');
    else
      throw new core.ValueError(
        `Argument \`learning_rate\` should be float, or an instance of LearningRateSchedule. Received instead: learning_rate=${String(rate)}`,
      );
  }
  protected override invoke(): never {
    throw new core.ValueError(
      `${this.className}: an optimizer is not called. Use applyGradients(pairs), or compile a model with it`,
    );
  }

  /** Names of the state of one variable, in Keras's order, with its first value (default 0). */
  protected abstract readonly slots: readonly string[];
  protected firstValue(_slot: string): number {
    return 0;
  }
  /** The new value of a variable; it writes the slots. */
  protected abstract update(
    p: core.Tensor,
    g: core.Tensor,
    slots: Slots,
    lr: core.Tensor,
    step: core.Tensor,
  ): core.Tensor;
  /** Slots that all variables have before any has the next ones: a list of the names for each round. */
  protected get slotRounds(): readonly (readonly string[])[] {
    return [this.slots];
  }
  /** Once a step, before the updates. */
  protected beginStep(_step: core.Tensor): void {}
  /** Makes state of the optimizer itself, after the slots. */
  protected buildOwn(): void {}

  /** State of the optimizer: iteration, learning rate, then the slots. */
  get variables(): readonly Variable[] {
    return this.all;
  }
  /** How many steps were made. */
  get iterations(): Tensor {
    const n = this.gradientAccumulationSteps;
    return new Tensor(n ? core.floorDivide(this.steps.cell.get(), n) : this.steps.cell.get());
  }
  /** The learning rate: a variable, or what the schedule says now. Assign a number to change it. */
  get learningRate(): Variable | Tensor {
    return this.rate instanceof Variable ? this.rate : asTensor(this.rate(this.iterations));
  }
  set learningRate(value: TensorLike) {
    if (!(this.rate instanceof Variable)) {
      throw new core.ValueError(
        'This optimizer was created with a `LearningRateSchedule` object as its `learning_rate` constructor argument, hence its learning rate is not settable. If you need the learning rate to be settable, you should instantiate the optimizer with a float `learning_rate` argument.',
      );
    }
    if (typeof value === 'number') this.rate.cell.set(core.literal(value));
    else this.rate.assign(value);
  }

  protected scalar(name: string, value: number, dtype: core.DType): Variable {
    return withName(this, this.name, () =>
      this.track(
        new Variable(
          core.untraced(() => new core.Variable(core.literal(value, dtype), { name, slot: true })),
          { name, trainable: false },
        ),
      ),
    );
  }
  /** Counts a variable among the optimizer's own. */
  protected track(v: Variable): Variable {
    this.all.push(v);
    return v;
  }
  /** State in the shape of a variable. */
  protected slotFor(reference: Variable, name: string, first = 0): core.Variable {
    const full = `${reference.path.replaceAll('/', '_')}_${name}`;
    const cell = core.untraced(() =>
      core.scope(
        () => new core.Variable(core.full(reference.shape, first, reference.cell.dtype), { name: full, slot: true }),
      ),
    );
    return withName(this, this.name, () => this.track(new Variable(cell, { name: full, trainable: false }))).cell;
  }
  /** Makes the state for these variables, once. */
  build(variables: readonly Variable[]): void {
    if (this.built) return;
    if (this.useEma) for (const v of variables) this.averages.set(v.cell, this.slotFor(v, 'average'));
    if (this.gradientAccumulationSteps)
      for (const v of variables) this.accumulated.set(v.cell, this.slotFor(v, 'gradient_accumulator'));
    const made = new Map<core.Variable, Record<string, core.Variable>>(variables.map((v) => [v.cell, {}]));
    for (const round of this.slotRounds) {
      for (const v of variables)
        for (const name of round) made.get(v.cell)![name] = this.slotFor(v, name, this.firstValue(name));
    }
    for (const [cell, slots] of made) this.slotsOf.set(cell, slots);
    this.buildOwn();
    this.built = true;
  }
  /** These variables do not decay. */
  excludeFromWeightDecay({
    varList = [],
    varNames = [],
  }: {
    varList?: readonly Variable[];
    varNames?: readonly string[];
  }): void {
    this.excludedNames = [...this.excludedNames, ...varNames];
    for (const v of varList) this.undecayed.add(v.cell);
  }
  private excludedNames: readonly string[] = [];
  private decays(v: Variable): boolean {
    return !this.undecayed.has(v.cell) && !this.excludedNames.some((name) => new RegExp(name).test(v.path));
  }

  /** The loss, scaled when a factor is given. */
  scaleLoss(loss: Tensor): Tensor {
    return this.lossScaleFactor === null ? loss : loss.mul(this.lossScaleFactor);
  }
  /** Makes one step. Pairs without a gradient are left out. */
  applyGradients(pairs: Iterable<GradientPair>): Variable {
    const list = [...pairs];
    this.apply(
      list.map(([g]) => g),
      list.map(([, v]) => v),
    );
    return this.steps;
  }
  /** Makes one step with the gradients of these variables. */
  apply(grads: readonly (TensorLike | null)[], variables: readonly Variable[]): void {
    if (!this.built) this.build(variables);
    const pairs = variables.flatMap((v, k) =>
      grads[k] === null || grads[k] === undefined ? [] : [{ v, g: toCore(grads[k]) }],
    );
    if (!pairs.length) throw new core.ValueError('No gradients provided for any variable.');
    for (const { v } of pairs) {
      if (!this.slotsOf.has(v.cell)) {
        throw new core.ValueError(
          `Unknown variable: ${v.path}. This optimizer can only be called for the variables it was originally built with. When working with a new set of variables, you should recreate a new optimizer instance.`,
        );
      }
    }
    core.scope(() =>
      core.noGrad(() => {
        const scaled =
          this.lossScaleFactor === null
            ? pairs
            : pairs.map(({ v, g }) => ({ v, g: core.div(g, this.lossScaleFactor!) }));
        if (this.gradientAccumulationSteps) this.accumulate(scaled, this.gradientAccumulationSteps);
        else this.step(scaled);
        this.average(variables);
        this.steps.cell.set(core.add(this.steps.cell.get(), 1));
        for (const { v } of pairs) if (v.constraint) v.assign(v.constraint(v.value));
      }),
    );
  }
  private accumulate(pairs: readonly { v: Variable; g: core.Tensor }[], n: number): void {
    const due = core.equal(core.remainder(core.add(this.steps.cell.get(), 1), n), 0);
    const sums = pairs.map(({ v, g }) => ({ v, g: core.add(this.accumulated.get(v.cell)!.get(), g) }));
    core.cond(
      due,
      () => {
        this.step(sums.map(({ v, g }) => ({ v, g: core.div(g, n) })));
        for (const { v, g } of sums) this.accumulated.get(v.cell)!.set(core.mul(g, 0));
      },
      () => {
        for (const { v, g } of sums) this.accumulated.get(v.cell)!.set(g);
      },
    );
  }
  private step(pairs: readonly { v: Variable; g: core.Tensor }[]): void {
    const lr = toCore(this.learningRate);
    const step = core.cast(core.add(this.iterations.read(), 1), 'f32');
    const grads = this.clipped(pairs.map(({ g }) => g));
    if (this.weightDecay !== null) {
      for (const { v } of pairs)
        if (this.decays(v)) v.cell.set(core.decoupledDecay(v.cell.get(), lr, this.weightDecay));
    }
    this.beginStep(step);
    pairs.forEach(({ v }, k) =>
      v.cell.set(this.update(core.detach(v.cell.get()), grads[k]!, this.slotsOf.get(v.cell)!, lr, step)),
    );
  }
  private clipped(grads: readonly core.Tensor[]): readonly core.Tensor[] {
    if (this.clipnorm !== null) return grads.map((g) => core.clipByNorm([g], this.clipnorm!).clipped[0]!);
    if (this.globalClipnorm !== null) return core.clipByNorm(grads, this.globalClipnorm).clipped;
    if (this.clipvalue !== null)
      return grads.map((g) => core.clamp(g, { min: -this.clipvalue!, max: this.clipvalue! }));
    return grads;
  }
  private average(variables: readonly Variable[]): void {
    if (!this.useEma) return;
    const first = core.equal(this.steps.cell.get(), 0);
    const keep = core.where(first, 0, this.emaMomentum);
    for (const v of variables) {
      const average = this.averages.get(v.cell)!;
      average.set(core.add(core.mul(average.get(), keep), core.mul(core.detach(v.cell.get()), core.sub(1, keep))));
    }
    const every = this.emaOverwriteFrequency;
    if (!every) return;
    const due = core.equal(core.remainder(core.add(this.steps.cell.get(), 1), every), 0);
    for (const v of variables) v.cell.set(core.where(due, this.averages.get(v.cell)!.get(), core.detach(v.cell.get())));
  }
  /** At the end of training: with `useEma` the weights become their averages. */
  finalizeVariableValues(variables: readonly Variable[]): void {
    if (!this.useEma) return;
    for (const v of variables) {
      const average = this.averages.get(v.cell);
      if (average) v.cell.set(average.get());
    }
  }

  /** Config keys of a subclass. */
  protected readonly keys: readonly string[] = [];
  override getConfig(): Config {
    const { learning_rate: _, ...rest } = configOf(this, baseKeys);
    const rate = this.rate instanceof Variable ? this.rate.itemSync() : configValue(this.rate);
    return { ...rest, learning_rate: rate, ...configOf(this, this.keys) };
  }
  override toString(): string {
    return `<${this.className} name=${this.name}>`;
  }
}
function limit(name: string, value: number | null | undefined): number | null {
  if (value === null || value === undefined) return null;
  if (value <= 0) throw new core.ValueError(`\`${name}\` must be positive. Received: ${name}=${value}.`);
  return value;
}
