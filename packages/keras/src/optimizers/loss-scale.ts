// Loss scaling that finds its factor by itself.
import * as core from '@nn/core';
import { configValue, type Config } from '../object.js';
import { Tensor, type TensorLike } from '../tensor/tensor.js';
import type { Variable } from '../tensor/variable.js';
import { Optimizer } from './optimizer.js';
import type { LearningRateSchedule } from './schedules.js';

export interface LossScaleOptions {
  /** Default 2^15. */
  initialScale?: number;
  /** The scale is doubled after so many steps with finite gradients; default 2000. */
  dynamicGrowthSteps?: number;
  name?: string | null;
}

/**
 * Multiplies losses by a scale and divides the gradients by it, so that small gradients do not vanish. A step with gradients that are not
 * finite is skipped and halves the scale.
 *
 * @example
 * const w = new tf.Variable([1])
 * const { LossScaleOptimizer, SGD } = tf.keras.optimizers
 * const sgd = new LossScaleOptimizer(new SGD({ learningRate: 0.5 }), { initialScale: 4 })
 * sgd.applyGradients([[tf.constant([4]), w]])
 * w.dataSync()[0] // => 0.5
 */
export class LossScaleOptimizer extends Optimizer {
  static override readonly className = 'LossScaleOptimizer';
  static override readonly positional: readonly string[] = ['inner_optimizer'];
  protected override readonly slots: readonly string[] = [];
  readonly initialScale: number;
  readonly dynamicGrowthSteps: number;
  private readonly counter: Variable;
  private readonly scale: Variable;

  constructor(
    readonly innerOptimizer: Optimizer,
    o: LossScaleOptions = {},
  ) {
    super({ learningRate: 0, name: o.name ?? null }, 0);
    this.initialScale = o.initialScale ?? 2 ** 15;
    this.dynamicGrowthSteps = o.dynamicGrowthSteps ?? 2000;
    this.counter = this.scalar('step_counter', 0, 'i32');
    this.scale = this.scalar('dynamic_scale', this.initialScale, 'f32');
    innerOptimizer.lossScaleFactor = null;
  }
  override build(variables: readonly Variable[]): void {
    if (this.built) return;
    this.innerOptimizer.build(variables);
    super.build(variables);
  }
  override get variables(): readonly Variable[] {
    return [...super.variables, ...this.innerOptimizer.variables];
  }
  override get iterations(): Tensor {
    return this.innerOptimizer.iterations;
  }
  override get learningRate(): Variable | Tensor {
    return this.innerOptimizer.learningRate;
  }
  override set learningRate(value: TensorLike | LearningRateSchedule) {
    this.innerOptimizer.learningRate = value;
  }
  override scaleLoss(loss: Tensor): Tensor {
    return loss.mul(this.scale);
  }
  override apply(grads: readonly (TensorLike | null)[], variables?: readonly Variable[]): void {
    if (!grads.length) return;
    const pairs = this.paired(grads, variables);
    const [scale, counter] = [this.scale.cell, this.counter.cell];
    core.scope(() =>
      core.noGrad(() => {
        const finite = pairs.map(({ g }) => core.all(core.isFinite(g))).reduce((a, b) => core.logicalAnd(a, b));
        const now = scale.get();
        core.cond(
          finite,
          () => {
            this.innerOptimizer.apply(
              pairs.map(({ g }) => new Tensor(core.div(g, core.cast(now, g.dtype)))),
              pairs.map(({ v }) => v),
            );
            const due = core.equal(counter.get(), this.dynamicGrowthSteps - 1);
            scale.set(core.mul(now, core.where(due, 2, 1)));
            counter.set(core.cast(core.where(due, 0, core.add(counter.get(), 1)), 'i32'));
          },
          () => {
            scale.set(core.div(now, 2));
            counter.set(core.literal(0, 'i32'));
          },
        );
      }),
    );
  }
  override finalizeVariableValues(variables: readonly Variable[]): void {
    this.innerOptimizer.finalizeVariableValues(variables);
  }
  protected override update(): never {
    throw new core.ValueError('LossScaleOptimizer: the inner optimizer makes the updates');
  }
  override getConfig(): Config {
    return {
      name: this.name,
      inner_optimizer: configValue(this.innerOptimizer),
      initial_scale: this.initialScale,
      dynamic_growth_steps: this.dynamicGrowthSteps,
    };
  }
}
