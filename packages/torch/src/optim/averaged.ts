// Rprop and averaged SGD.
import * as core from '@nn/core';
import type { Tensor } from '../tensor/tensor.js';
import {
  check,
  checkCommon,
  type Ignored,
  type Options,
  Optimizer,
  type ParamGroup,
  type Parameters,
} from './optimizer.js';

export interface RpropSettings extends Ignored {
  lr: number;
  /** Factors by which steps shrink and grow; default [0.5, 1.2]. */
  etas: readonly [number, number];
  /** Smallest and largest step; default [1e-6, 50]. */
  stepSizes: readonly [number, number];
  maximize: boolean;
}
/** Steps that grow while the sign of the gradient stays and shrink when it turns (Riedmiller & Braun 1993); lr 1e-2. */
export class Rprop extends Optimizer<RpropSettings> {
  constructor(params: Parameters<RpropSettings>, o: Options<RpropSettings> = {}) {
    checkCommon(o);
    if (o.etas) check(o.etas[0] > 0 && o.etas[0] < 1 && o.etas[1] > 1, 'eta values', o.etas.join(', '));
    super(params, {
      lr: 1e-2,
      etas: [0.5, 1.2],
      stepSizes: [1e-6, 50],
      foreach: null,
      capturable: false,
      maximize: false,
      differentiable: false,
      ...o,
    });
  }
  protected update(p: Tensor, group: ParamGroup<RpropSettings>, grad: core.Tensor): void {
    const g = this.gradient(p, group, grad, 0);
    this.count(p);
    const previous = this.slot(p, 'prev');
    const size = this.slot(p, 'step_size', (x) => core.fullLike(x, group.lr));
    const next = core.rpropUpdate(
      p.value,
      g,
      { previous: previous.get(), size: size.get() },
      {
        shrink: core.guard(() => group.etas[0]),
        grow: core.guard(() => group.etas[1]),
        min: core.guard(() => group.stepSizes[0]),
        max: core.guard(() => group.stepSizes[1]),
      },
    );
    previous.set(next.previous);
    size.set(next.size);
    this.store(p, next.p);
  }
}

export interface AsgdSettings extends Ignored {
  lr: number;
  lambd: number;
  alpha: number;
  t0: number;
  weightDecay: number;
  maximize: boolean;
}
/** Averaged stochastic gradient descent (Polyak & Juditsky 1992); the average stands in the state as `ax`. lr 1e-2. */
export class ASGD extends Optimizer<AsgdSettings> {
  constructor(params: Parameters<AsgdSettings>, o: Options<AsgdSettings> = {}) {
    checkCommon(o);
    super(params, {
      lr: 1e-2,
      lambd: 1e-4,
      alpha: 0.75,
      t0: 1e6,
      weightDecay: 0,
      foreach: null,
      maximize: false,
      differentiable: false,
      capturable: false,
      ...o,
    });
  }
  protected update(p: Tensor, group: ParamGroup<AsgdSettings>, grad: core.Tensor): void {
    const g = this.gradient(p, group, grad, this.setting(group, 'weightDecay'));
    const step = this.count(p);
    const eta = this.slot(p, 'eta', () => core.literal(group.lr));
    const mu = this.slot(p, 'mu', () => core.literal(1));
    const a = this.slot(p, 'ax');
    const next = core.asgdUpdate(
      p.value,
      g,
      { eta: core.cast(eta.get(), p.spec.dtype), mu: core.cast(mu.get(), p.spec.dtype), a: a.get() },
      {
        lr: this.rate(group),
        step,
        lambd: this.setting(group, 'lambd'),
        alpha: this.setting(group, 'alpha'),
        t0: this.setting(group, 't0'),
      },
    );
    eta.set(core.cast(next.eta, 'f32'));
    mu.set(core.cast(next.mu, 'f32'));
    a.set(next.a);
    this.store(p, next.p);
  }
}
