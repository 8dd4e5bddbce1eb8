// The Adam family.
import * as core from '@nn/core';
import { Variable } from '../tensor/variable.js';
import { Optimizer, type Slots } from './optimizer.js';
import type { OptimizerOptions } from './options.js';

export interface AdamOptions extends OptimizerOptions {
  /** Default 0.9. */
  beta1?: number;
  /** Default 0.999. */
  beta2?: number;
  /** Default 1e-7. */
  epsilon?: number;
}
/** What the family shares: two moments and their constants. */
abstract class AdamFamily extends Optimizer {
  protected override readonly keys: readonly string[] = ['beta_1', 'beta_2', 'epsilon'];
  protected override readonly slots: readonly string[] = ['momentum', 'velocity'];
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  constructor(o: AdamOptions, defaultRate = 0.001) {
    super(o, defaultRate);
    this.beta1 = o.beta1 ?? 0.9;
    this.beta2 = o.beta2 ?? 0.999;
    this.epsilon = o.epsilon ?? 1e-7;
  }
  protected constants(
    lr: core.Tensor,
    step: core.Tensor,
  ): { lr: core.Tensor; step: core.Tensor; beta1: number; beta2: number; eps: number; form: 'keras' } {
    return { lr, step, beta1: this.beta1, beta2: this.beta2, eps: this.epsilon, form: 'keras' };
  }
  protected store(s: Slots, next: { m: core.Tensor; v: core.Tensor; p: core.Tensor }): core.Tensor {
    s['momentum']!.set(next.m);
    s['velocity']!.set(next.v);
    return next.p;
  }
}
const moments = (s: Slots): { m: core.Tensor; v: core.Tensor } => ({
  m: s['momentum']!.get(),
  v: s['velocity']!.get(),
});

/** `w = w - lr sqrt(1 - b2^t) / (1 - b1^t) * m / (sqrt(v) + epsilon)` (Kingma & Ba 2014, arXiv:1412.6980). */
export class Adam extends AdamFamily {
  static override readonly className: string = 'Adam';
  protected override readonly keys: readonly string[] = ['beta_1', 'beta_2', 'epsilon', 'amsgrad'];
  readonly amsgrad: boolean;
  constructor(o: AdamOptions & { amsgrad?: boolean } = {}) {
    super(o);
    this.amsgrad = o.amsgrad ?? false;
  }
  protected override get slotRounds(): readonly (readonly string[])[] {
    return this.amsgrad ? [this.slots, ['velocity_hat']] : [this.slots];
  }
  protected override update(p: core.Tensor, g: core.Tensor, s: Slots, lr: core.Tensor, step: core.Tensor): core.Tensor {
    const top = s['velocity_hat'];
    const next = core.adamUpdate(p, g, { ...moments(s), ...(top && { vMax: top.get() }) }, this.constants(lr, step));
    top?.set(next.vMax);
    return this.store(s, next);
  }
}
/** Adam with weight decay 0.004 (Loshchilov & Hutter 2017, arXiv:1711.05101). */
export class AdamW extends Adam {
  static override readonly className = 'AdamW';
  constructor(o: AdamOptions & { amsgrad?: boolean } = {}) {
    if (o.weightDecay === null)
      throw new core.ValueError('Argument `weight_decay` must be a float. Received: weight_decay=None');
    super({ ...o, weightDecay: o.weightDecay ?? 0.004 });
  }
}
/** Adam with the largest gradient in place of the second moment. */
export class Adamax extends AdamFamily {
  static override readonly className = 'Adamax';
  protected override readonly slots: readonly string[] = ['momentum', 'norm'];
  constructor(o: AdamOptions = {}) {
    super(o);
  }
  protected override update(p: core.Tensor, g: core.Tensor, s: Slots, lr: core.Tensor, step: core.Tensor): core.Tensor {
    const next = core.adamaxUpdate(p, g, { m: s['momentum']!.get(), u: s['norm']!.get() }, this.constants(lr, step));
    s['momentum']!.set(next.m);
    s['norm']!.set(next.u);
    return next.p;
  }
}
/** Adam with Nesterov momentum (Dozat 2016). */
export class Nadam extends AdamFamily {
  static override readonly className = 'Nadam';
  private product: Variable | null = null;
  constructor(o: AdamOptions = {}) {
    super(o);
  }
  protected override buildOwn(): void {
    // Keras gives this one no name of its own.
    const cell = core.untraced(() => new core.Variable(core.literal(1), { name: 'u_product', slot: true }));
    this.product = this.track(new Variable(cell, { trainable: false }));
  }
  protected override beginStep(step: core.Tensor): void {
    const cell = this.product!.cell;
    cell.set(core.mul(cell.get(), core.nadamMomentum(step, this.beta1, 1)));
  }
  protected override update(p: core.Tensor, g: core.Tensor, s: Slots, lr: core.Tensor, step: core.Tensor): core.Tensor {
    return this.store(
      s,
      core.nadamUpdate(p, g, moments(s), {
        ...this.constants(lr, step),
        decay: 1,
        muProduct: this.product!.cell.get(),
      }),
    );
  }
}
/** Adam's direction, scaled for each variable by the ratio of the norms of weight and step (You et al. 2019, arXiv:1904.00962). */
export class Lamb extends AdamFamily {
  static override readonly className = 'Lamb';
  constructor(o: AdamOptions = {}) {
    super(o);
  }
  protected override update(p: core.Tensor, g: core.Tensor, s: Slots, lr: core.Tensor, step: core.Tensor): core.Tensor {
    return this.store(s, core.lambUpdate(p, g, moments(s), this.constants(lr, step)));
  }
}
/** The sign of a mean of gradients (Chen et al. 2023, arXiv:2302.06675). */
export class Lion extends Optimizer {
  static override readonly className = 'Lion';
  protected override readonly keys: readonly string[] = ['beta_1', 'beta_2'];
  protected override readonly slots: readonly string[] = ['momentum'];
  readonly beta1: number;
  readonly beta2: number;
  constructor(o: OptimizerOptions & { beta1?: number; beta2?: number } = {}) {
    super(o, 0.001);
    this.beta1 = o.beta1 ?? 0.9;
    this.beta2 = o.beta2 ?? 0.99;
    if (this.beta1 <= 0 || this.beta1 > 1)
      throw new core.ValueError(
        `Argument \`beta_1\` must be in the [0, 1] range. Otherwise, the optimizer degenerates to SignSGD. Received: beta_1=${this.beta1}.`,
      );
  }
  protected override update(p: core.Tensor, g: core.Tensor, s: Slots, lr: core.Tensor): core.Tensor {
    const next = core.lionUpdate(p, g, { m: s['momentum']!.get() }, { lr, beta1: this.beta1, beta2: this.beta2 });
    s['momentum']!.set(next.m);
    return next.p;
  }
}
/** Follow the regularized leader (McMahan et al. 2013). */
export class Ftrl extends Optimizer {
  static override readonly className = 'Ftrl';
  protected override readonly keys: readonly string[] = [
    'learning_rate_power',
    'initial_accumulator_value',
    'l1_regularization_strength',
    'l2_regularization_strength',
    'l2_shrinkage_regularization_strength',
    'beta',
  ];
  protected override readonly slots: readonly string[] = ['accumulator', 'linear'];
  readonly learningRatePower: number;
  readonly initialAccumulatorValue: number;
  readonly l1RegularizationStrength: number;
  readonly l2RegularizationStrength: number;
  readonly l2ShrinkageRegularizationStrength: number;
  readonly beta: number;
  constructor(
    o: OptimizerOptions & {
      learningRatePower?: number;
      initialAccumulatorValue?: number;
      l1RegularizationStrength?: number;
      l2RegularizationStrength?: number;
      l2ShrinkageRegularizationStrength?: number;
      beta?: number;
    } = {},
  ) {
    super(o, 0.001);
    this.learningRatePower = o.learningRatePower ?? -0.5;
    this.initialAccumulatorValue = o.initialAccumulatorValue ?? 0.1;
    this.l1RegularizationStrength = o.l1RegularizationStrength ?? 0;
    this.l2RegularizationStrength = o.l2RegularizationStrength ?? 0;
    this.l2ShrinkageRegularizationStrength = o.l2ShrinkageRegularizationStrength ?? 0;
    this.beta = o.beta ?? 0;
    if (this.initialAccumulatorValue < 0)
      throw new core.ValueError(
        `\`initial_accumulator_value\` needs to be positive or zero. Received: initial_accumulator_value=${this.initialAccumulatorValue}.`,
      );
    if (this.learningRatePower > 0)
      throw new core.ValueError(
        `\`learning_rate_power\` needs to be negative or zero. Received: learning_rate_power=${this.learningRatePower}.`,
      );
  }
  protected override firstValue(slot: string): number {
    return slot === 'accumulator' ? this.initialAccumulatorValue : 0;
  }
  protected override update(p: core.Tensor, g: core.Tensor, s: Slots, lr: core.Tensor): core.Tensor {
    const next = core.ftrlUpdate(
      p,
      g,
      { n: s['accumulator']!.get(), z: s['linear']!.get() },
      {
        lr,
        power: this.learningRatePower,
        l1: this.l1RegularizationStrength,
        l2: this.l2RegularizationStrength,
        shrinkage: this.l2ShrinkageRegularizationStrength,
        beta: this.beta,
      },
    );
    s['accumulator']!.set(next.n);
    s['linear']!.set(next.z);
    return next.p;
  }
}
