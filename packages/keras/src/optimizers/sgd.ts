// SGD, RMSprop, Adagrad, Adadelta: gradient descent and its steps divided by running sizes of the gradient.
import * as core from '@nn/core';
import { Optimizer, type Slots } from './optimizer.js';
import type { OptimizerOptions } from './options.js';

/** `w = w - lr g`; with momentum `m = momentum m - lr g`, `w = w + m` (nesterov: `w + momentum m - lr g`). */
export class SGD extends Optimizer {
  static override readonly className: string = 'SGD';
  protected override readonly keys: readonly string[] = ['momentum', 'nesterov'];
  readonly momentum: number;
  readonly nesterov: boolean;
  constructor(o: OptimizerOptions & { momentum?: number; nesterov?: boolean } = {}) {
    super(o, 0.01);
    this.momentum = o.momentum ?? 0;
    if (this.momentum < 0 || this.momentum > 1)
      throw new core.ValueError(`\`momentum\` must be a float between [0, 1]. Received: momentum=${this.momentum}`);
    this.nesterov = o.nesterov ?? false;
  }
  protected override get slots(): readonly string[] {
    return this.momentum ? ['momentum'] : [];
  }
  protected override update(p: core.Tensor, g: core.Tensor, { momentum: slot }: Slots, lr: core.Tensor): core.Tensor {
    if (!slot) return core.sgdUpdate(p, g, {}, { lr }).p;
    const next = core.sgdVelocityUpdate(
      p,
      g,
      { velocity: slot.get() },
      { lr, momentum: this.momentum, nesterov: this.nesterov },
    );
    slot.set(next.velocity);
    return next.p;
  }
}
/** `v = rho v + (1 - rho) g^2`, `w = w - lr g / sqrt(v + epsilon)`; centered: v minus the square of the mean gradient. */
export class RMSprop extends Optimizer {
  static override readonly className = 'RMSprop';
  protected override readonly keys: readonly string[] = ['rho', 'momentum', 'epsilon', 'centered'];
  readonly rho: number;
  readonly momentum: number;
  readonly epsilon: number;
  readonly centered: boolean;
  constructor(o: OptimizerOptions & { rho?: number; momentum?: number; epsilon?: number; centered?: boolean } = {}) {
    super(o, 0.001);
    this.rho = o.rho ?? 0.9;
    this.momentum = o.momentum ?? 0;
    this.epsilon = o.epsilon ?? 1e-7;
    this.centered = o.centered ?? false;
  }
  protected override get slots(): readonly string[] {
    return ['velocity', ...(this.momentum > 0 ? ['momentum'] : []), ...(this.centered ? ['average_gradient'] : [])];
  }
  protected override get slotRounds(): readonly (readonly string[])[] {
    return this.slots.map((name) => [name]);
  }
  protected override update(p: core.Tensor, g: core.Tensor, s: Slots, lr: core.Tensor): core.Tensor {
    const [mean, buffer] = [s['average_gradient'], s['momentum']];
    const state = {
      v: s['velocity']!.get(),
      ...(mean && { mean: mean.get() }),
      ...(buffer && { buffer: buffer.get() }),
    };
    const next = core.rmspropUpdate(p, g, state, {
      lr,
      rho: this.rho,
      eps: this.epsilon,
      momentum: this.momentum,
      form: 'keras',
    });
    s['velocity']!.set(next.v);
    mean?.set(next.mean!);
    buffer?.set(next.buffer!);
    return next.p;
  }
}
/** `s = s + g^2`, `w = w - lr g / sqrt(s + epsilon)`. */
export class Adagrad extends Optimizer {
  static override readonly className = 'Adagrad';
  protected override readonly keys: readonly string[] = ['initial_accumulator_value', 'epsilon'];
  protected override readonly slots: readonly string[] = ['accumulator'];
  readonly initialAccumulatorValue: number;
  readonly epsilon: number;
  constructor(o: OptimizerOptions & { initialAccumulatorValue?: number; epsilon?: number } = {}) {
    super(o, 0.001);
    this.initialAccumulatorValue = o.initialAccumulatorValue ?? 0.1;
    this.epsilon = o.epsilon ?? 1e-7;
  }
  protected override firstValue(): number {
    return this.initialAccumulatorValue;
  }
  protected override update(p: core.Tensor, g: core.Tensor, s: Slots, lr: core.Tensor): core.Tensor {
    const next = core.adagradUpdate(p, g, { sum: s['accumulator']!.get() }, { lr, eps: this.epsilon, form: 'keras' });
    s['accumulator']!.set(next.sum);
    return next.p;
  }
}
/** Steps in the size of earlier steps: no rate has to be chosen (Zeiler 2012, arXiv:1212.5701). */
export class Adadelta extends Optimizer {
  static override readonly className = 'Adadelta';
  protected override readonly keys: readonly string[] = ['rho', 'epsilon'];
  protected override readonly slots: readonly string[] = ['accumulated_grad', 'accumulated_delta_var'];
  readonly rho: number;
  readonly epsilon: number;
  constructor(o: OptimizerOptions & { rho?: number; epsilon?: number } = {}) {
    super(o, 0.001);
    this.rho = o.rho ?? 0.95;
    this.epsilon = o.epsilon ?? 1e-7;
  }
  protected override update(p: core.Tensor, g: core.Tensor, s: Slots, lr: core.Tensor): core.Tensor {
    const next = core.adadeltaUpdate(
      p,
      g,
      { v: s['accumulated_grad']!.get(), a: s['accumulated_delta_var']!.get() },
      { lr, rho: this.rho, eps: this.epsilon },
    );
    s['accumulated_grad']!.set(next.v);
    s['accumulated_delta_var']!.set(next.a);
    return next.p;
  }
}
