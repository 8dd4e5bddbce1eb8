// RMSprop, Adagrad and Adadelta: steps divided by running sizes of the gradient.
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

interface Common extends Ignored {
  lr: number;
  eps: number;
  weightDecay: number;
  maximize: boolean;
}
export interface RmspropSettings extends Common {
  alpha: number;
  momentum: number;
  centered: boolean;
}
/**
 * `v = alpha v + (1 - alpha) g^2`, `p = p - lr g / (sqrt(v) + eps)`; centered: v minus the square of the mean gradient;
 * with momentum: `b = momentum b + g / (sqrt(v) + eps)`, `p = p - lr b`.
 *
 * @param o.lr     default 1e-2
 * @param o.alpha  default 0.99
 * @param o.eps    default 1e-8
 */
export class RMSprop extends Optimizer<RmspropSettings> {
  constructor(params: Parameters<RmspropSettings>, o: Options<RmspropSettings> = {}) {
    checkCommon(o);
    if (o.alpha !== undefined) check(o.alpha >= 0, 'alpha value', o.alpha);
    super(params, {
      lr: 1e-2,
      momentum: 0,
      alpha: 0.99,
      eps: 1e-8,
      centered: false,
      weightDecay: 0,
      capturable: false,
      foreach: null,
      maximize: false,
      differentiable: false,
      ...o,
    });
  }
  protected update(p: Tensor, group: ParamGroup<RmspropSettings>, grad: core.Tensor): void {
    const g = this.gradient(p, group, grad, this.setting(group, 'weightDecay'));
    const momentum = this.number(group, 'momentum');
    this.count(p);
    const v = this.slot(p, 'square_avg');
    const buffer = core.guard(() => group.momentum > 0) ? this.slot(p, 'momentum_buffer') : null;
    const mean = this.setting(group, 'centered') ? this.slot(p, 'grad_avg') : null;
    const state = { v: v.get(), ...(mean && { mean: mean.get() }), ...(buffer && { buffer: buffer.get() }) };
    const o = {
      lr: this.rate(group),
      rho: this.setting(group, 'alpha'),
      eps: this.setting(group, 'eps'),
      momentum,
      form: 'torch' as const,
    };
    const next = core.rmspropUpdate(p.value, g, state, o);
    v.set(next.v);
    mean?.set(next.mean!);
    buffer?.set(next.buffer!);
    this.store(p, next.p);
  }
}

export interface AdagradSettings extends Common {
  lrDecay: number;
  initialAccumulatorValue: number;
}
/**
 * `s = s + g^2`, `p = p - lr / (1 + (t - 1) lrDecay) * g / (sqrt(s) + eps)`.
 *
 * @param o.lr                       default 1e-2
 * @param o.initialAccumulatorValue  s at first; default 0
 * @param o.eps                      default 1e-10
 */
export class Adagrad extends Optimizer<AdagradSettings> {
  constructor(params: Parameters<AdagradSettings>, o: Options<AdagradSettings> = {}) {
    checkCommon(o);
    if (o.lrDecay !== undefined) check(o.lrDecay >= 0, 'lr_decay value', o.lrDecay);
    if (o.initialAccumulatorValue !== undefined)
      check(o.initialAccumulatorValue >= 0, 'initial_accumulator_value value', o.initialAccumulatorValue);
    super(params, {
      lr: 1e-2,
      lrDecay: 0,
      eps: 1e-10,
      weightDecay: 0,
      initialAccumulatorValue: 0,
      foreach: null,
      maximize: false,
      differentiable: false,
      fused: null,
      ...o,
    });
  }
  protected update(p: Tensor, group: ParamGroup<AdagradSettings>, grad: core.Tensor): void {
    const g = this.gradient(p, group, grad, this.setting(group, 'weightDecay'));
    const step = this.count(p);
    const sum = this.slot(p, 'sum', (x) => core.fullLike(x, group.initialAccumulatorValue));
    const o = {
      lr: this.rate(group),
      eps: this.setting(group, 'eps'),
      lrDecay: this.setting(group, 'lrDecay'),
      step,
      form: 'torch' as const,
    };
    const next = core.adagradUpdate(p.value, g, { sum: sum.get() }, o);
    sum.set(next.sum);
    this.store(p, next.p);
  }
}

export interface AdadeltaSettings extends Common {
  rho: number;
}
/**
 * `v = rho v + (1 - rho) g^2`, `d = sqrt(a + eps) / sqrt(v + eps) g`, `a = rho a + (1 - rho) d^2`, `p = p - lr d`.
 *
 * @param o.lr   default 1
 * @param o.rho  default 0.9
 * @param o.eps  default 1e-6
 */
export class Adadelta extends Optimizer<AdadeltaSettings> {
  constructor(params: Parameters<AdadeltaSettings>, o: Options<AdadeltaSettings> = {}) {
    checkCommon(o);
    if (o.rho !== undefined) check(o.rho >= 0 && o.rho <= 1, 'rho value', o.rho);
    super(params, {
      lr: 1,
      rho: 0.9,
      eps: 1e-6,
      weightDecay: 0,
      maximize: false,
      capturable: false,
      foreach: null,
      differentiable: false,
      ...o,
    });
  }
  protected update(p: Tensor, group: ParamGroup<AdadeltaSettings>, grad: core.Tensor): void {
    const g = this.gradient(p, group, grad, this.setting(group, 'weightDecay'));
    this.count(p);
    const v = this.slot(p, 'square_avg');
    const a = this.slot(p, 'acc_delta');
    const o = { lr: this.rate(group), rho: this.setting(group, 'rho'), eps: this.setting(group, 'eps') };
    const next = core.adadeltaUpdate(p.value, g, { v: v.get(), a: a.get() }, o);
    v.set(next.v);
    a.set(next.a);
    this.store(p, next.p);
  }
}
