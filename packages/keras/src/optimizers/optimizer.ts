// The base of optimizers: what happens around an update - clipping, weight decay, averages, accumulation, constraints - in Keras's order.
// Long because these steps share the state of one class, and their order is the point.
import * as core from '@nn/core';
import { autoName, withName } from '../naming.js';
import { classNameOf, configOf, configValue, construct, isSerialized, KerasObject } from '../object.js';
import type { Config, Constructible } from '../object.js';
import { asTensor, Tensor, toCore, type TensorLike } from '../tensor/tensor.js';
import { Variable } from '../tensor/variable.js';
import { baseKeys, clipGradients, settingsOf, type OptimizerOptions } from './options.js';
import { pairGradients, type GradientPair, type Pair } from './pairs.js';
import { deserialize as deserializeSchedule, LearningRateSchedule } from './schedules.js';

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
  lossScaleFactor: number | null;
  readonly gradientAccumulationSteps: number | null;
  built = false;
  private readonly all: Variable[] = [];
  private readonly steps: Variable;
  private rate: Variable | LearningRateSchedule;
  private known: readonly Variable[] = [];
  private warned = false;
  private readonly slotsOf: Map<core.Variable, Slots> = new Map();
  private readonly averages: Map<core.Variable, core.Variable> = new Map();
  private readonly accumulated: Map<core.Variable, core.Variable> = new Map();

  constructor(o: OptimizerOptions, defaultRate: number) {
    super();
    this.name = o.name ?? autoName(classNameOf(this.constructor as typeof KerasObject));
    const settings = settingsOf(o);
    this.weightDecay = settings.weightDecay;
    ({ clipnorm: this.clipnorm, clipvalue: this.clipvalue, globalClipnorm: this.globalClipnorm } = settings);
    this.useEma = settings.useEma;
    this.emaMomentum = settings.emaMomentum;
    this.emaOverwriteFrequency = settings.emaOverwriteFrequency;
    this.lossScaleFactor = settings.lossScaleFactor;
    this.gradientAccumulationSteps = settings.gradientAccumulationSteps;
    this.steps = this.scalar('iteration', 0, 'i32');
    const rate = o.learningRate ?? defaultRate;
    if (rate instanceof LearningRateSchedule) this.rate = rate;
    else if (rate instanceof Variable) this.rate = this.track(rate);
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
  /** The learning rate: a variable, or what the schedule says now. Assign a number to change it, or a schedule. */
  get learningRate(): Variable | Tensor {
    const rate = core.guard(() => this.rate);
    return rate instanceof Variable ? rate : asTensor(rate(new Tensor(this.steps.cell.get())));
  }
  set learningRate(value: TensorLike | LearningRateSchedule) {
    if (value instanceof LearningRateSchedule) {
      if (this.rate instanceof Variable) this.all.splice(this.all.indexOf(this.rate), 1);
      this.rate = value;
      return;
    }
    if (!(this.rate instanceof Variable)) {
      throw new core.ValueError(
        'This optimizer was created with a `LearningRateSchedule` object as its `learning_rate` constructor argument, hence its learning rate is not settable. If you need the learning rate to be settable, you should instantiate the optimizer with a float `learning_rate` argument.',
      );
    }
    if (typeof value === 'number') this.rate.cell.set(core.literal(value, this.rate.cell.dtype));
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
  /** State that belongs to a variable, under the optimizer's name. */
  protected slotOf(name: string, shape: readonly number[], dtype: core.DType, first = 0): core.Variable {
    const cell = core.untraced(() =>
      core.scope(() => new core.Variable(core.full(shape, first, dtype), { name, slot: true })),
    );
    return withName(this, this.name, () => this.track(new Variable(cell, { name, trainable: false }))).cell;
  }
  /** State in the shape of a variable. */
  protected slotFor(v: Variable, name: string, first = 0): core.Variable {
    return core.untraced(() =>
      core.beside(v.cell.get(), () =>
        this.slotOf(`${v.path.replaceAll('/', '_')}_${name}`, v.shape, v.cell.dtype, first),
      ),
    );
  }
  /** The state of one variable that a round of `slotRounds` names. */
  protected makeSlots(v: Variable, names: readonly string[]): Slots {
    return Object.fromEntries(names.map((name) => [name, this.slotFor(v, name, this.firstValue(name))]));
  }
  /** Makes the state for these variables, once. */
  build(variables: readonly Variable[]): void {
    if (this.built) return;
    this.known = [...variables];
    for (const v of variables) {
      if (this.useEma) this.averages.set(v.cell, this.slotFor(v, 'average'));
      if (this.gradientAccumulationSteps) this.accumulated.set(v.cell, this.slotFor(v, 'gradient_accumulator'));
    }
    for (const round of this.slotRounds)
      for (const v of variables) this.slotsOf.set(v.cell, { ...this.slotsOf.get(v.cell), ...this.makeSlots(v, round) });
    this.buildOwn();
    this.built = true;
  }
  /** These variables do not decay: those of the list, and those whose names one of the patterns is found in. */
  excludeFromWeightDecay(o: { varList?: readonly Variable[]; varNames?: readonly string[] }): void {
    const cells = new Set((o.varList ?? []).map((v) => v.cell));
    const patterns = (o.varNames ?? []).map((name) => new RegExp(name));
    this.decays = (v) => !cells.has(v.cell) && !patterns.some((pattern) => pattern.test(v.name));
  }
  private decays: (v: Variable) => boolean = () => true;
  /** The weight decay of a variable. */
  protected decayOf(_v: Variable): number | null {
    return this.weightDecay;
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
  /** Makes one step with the gradients of these variables; without them, of those that the optimizer was built with. */
  apply(grads: readonly (TensorLike | null)[], variables?: readonly Variable[]): void {
    if (!grads.length) return;
    const pairs = this.paired(grads, variables);
    core.scope(() =>
      core.noGrad(() => {
        const scaled =
          this.lossScaleFactor === null
            ? pairs
            : pairs.map(({ v, g }) => ({ v, g: core.div(g, this.lossScaleFactor!) }));
        if (this.gradientAccumulationSteps) this.accumulate(scaled, this.gradientAccumulationSteps);
        else this.step(scaled);
        this.average();
        this.steps.cell.set(core.add(this.steps.cell.get(), 1));
        for (const { v } of pairs) if (v.constraint) v.assign(v.constraint(v.value));
      }),
    );
  }
  /** The variables that have a gradient, with it. */
  protected paired(grads: readonly (TensorLike | null)[], variables: readonly Variable[] | undefined): readonly Pair[] {
    if (!variables && !this.built) {
      throw new core.ValueError(
        'When passing `grads` without `variables`, the optimizer must already be built on a list of variables. Call `optimizer.build(trainable_variables)` first.',
      );
    }
    const all = variables ?? this.known;
    this.build(all);
    const { pairs, missing } = pairGradients(grads, all, (v) => this.slotsOf.has(v.cell));
    if (missing.length && !this.warned) {
      this.warned = true;
      console.warn(
        `Gradients do not exist for variables ['${missing.join("', '")}'] when minimizing the loss. If using \`model.compile()\`, did you forget to provide a \`loss\` argument?`,
      );
    }
    return pairs;
  }
  private accumulate(pairs: readonly Pair[], n: number): void {
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
  private step(pairs: readonly Pair[]): void {
    const lr = toCore(this.learningRate);
    const step = core.cast(core.add(this.iterations.read(), 1), 'f32');
    const grads = clipGradients(
      pairs.map(({ g }) => g),
      this,
    );
    for (const { v } of pairs) {
      const decay = this.decayOf(v);
      if (decay !== null && this.decays(v)) v.cell.set(core.decoupledDecay(v.cell.get(), lr, decay));
    }
    this.beginStep(step);
    pairs.forEach(({ v }, k) =>
      v.cell.set(this.update(core.detach(v.cell.get()), grads[k]!, this.slotsOf.get(v.cell)!, lr, step)),
    );
  }
  private average(): void {
    if (!this.useEma) return;
    const first = core.equal(this.iterations.read(), 0);
    const keep = core.where(first, 0, this.emaMomentum);
    for (const v of this.known) {
      const average = this.averages.get(v.cell)!;
      average.set(core.add(core.mul(average.get(), keep), core.mul(core.detach(v.cell.get()), core.sub(1, keep))));
    }
    const every = this.emaOverwriteFrequency;
    if (!every) return;
    const due = core.equal(core.remainder(core.add(this.iterations.read(), 1), every), 0);
    for (const v of this.known)
      v.cell.set(core.where(due, this.averages.get(v.cell)!.get(), core.detach(v.cell.get())));
  }
  /** Puts the averages of these variables into them, and their values in the place of the averages. */
  swapAverages(variables: readonly Variable[]): void {
    for (const v of variables) {
      const average = this.averages.get(v.cell);
      if (!average) continue;
      const value = core.detach(v.cell.get());
      v.cell.set(average.get());
      average.set(value);
    }
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
    const rate = this.rate instanceof Variable ? this.rate.itemSync() : configValue(this.rate);
    return { ...configOf(this, baseKeys), learning_rate: rate, ...configOf(this, this.keys) };
  }
  static override fromConfig<T>(this: Constructible<T>, config: Config): T {
    const rate = config['learning_rate'];
    return construct(
      this,
      isSerialized(rate) ? { ...config, learning_rate: deserializeSchedule({ ...rate }) } : config,
    );
  }
  override toString(): string {
    return `<${this.className} name=${this.name}>`;
  }
}
