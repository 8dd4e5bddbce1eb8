// Adam and AdamW.
import * as core from '@nn/core';
import type { Tensor } from '../tensor/tensor.js';
import { checkCommon, type Ignored, type Options, Optimizer, type ParamGroup, type Parameters } from './optimizer.js';

export interface AdamSettings extends Ignored {
  lr: number;
  betas: readonly [number, number];
  eps: number;
  weightDecay: number;
  amsgrad: boolean;
  maximize: boolean;
  decoupledWeightDecay: boolean;
}
/**
 * Adam: `m = b1 m + (1 - b1) g`, `v = b2 v + (1 - b2) g^2`, `p = p - lr m^ / (sqrt(v^) + eps)` with `m^ = m / (1 - b1^t)`,
 * `v^ = v / (1 - b2^t)`.
 *
 * @param o.lr           default 1e-3
 * @param o.betas        default [0.9, 0.999]
 * @param o.eps          default 1e-8
 * @param o.weightDecay  L2 penalty, added to the gradient; default 0
 * @param o.amsgrad      divide by the largest v so far; default false
 * @see Kingma & Ba 2014, arXiv:1412.6980
 */
export class Adam extends Optimizer<AdamSettings> {
  constructor(params: Parameters<AdamSettings>, o: Options<AdamSettings> = {}) {
    checkCommon(o);
    super(params, {
      lr: 1e-3,
      betas: [0.9, 0.999],
      eps: 1e-8,
      weightDecay: 0,
      amsgrad: false,
      maximize: false,
      foreach: null,
      capturable: false,
      differentiable: false,
      fused: null,
      decoupledWeightDecay: false,
      ...o,
    });
  }
  protected update(p: Tensor, group: ParamGroup<AdamSettings>, grad: core.Tensor): void {
    const decay = this.setting(group, 'weightDecay');
    const decoupled = this.setting(group, 'decoupledWeightDecay');
    const lr = this.rate(group);
    const g = this.gradient(p, group, grad, decoupled ? 0 : decay);
    const start = decay && decoupled ? core.decoupledDecay(p.value, lr, decay) : p.value;
    const step = this.count(p);
    const m = this.slot(p, 'exp_avg');
    const v = this.slot(p, 'exp_avg_sq');
    const top = this.setting(group, 'amsgrad') ? this.slot(p, 'max_exp_avg_sq') : null;
    const beta1 = this.number(group, 'betas');
    const beta2 = core.guard(() => group.betas[1]);
    const eps = this.setting(group, 'eps');
    const state = { m: m.get(), v: v.get(), ...(top && { vMax: top.get() }) };
    const next = core.adamUpdate(start, g, state, { lr, step, beta1, beta2, eps, form: 'torch' });
    m.set(next.m);
    v.set(next.v);
    top?.set(next.vMax);
    this.store(p, next.p);
  }
}

/**
 * Adam whose weight decay (default 1e-2) acts on the parameter, not on the gradient: `p = p - lr * weightDecay * p` before each step.
 *
 * @see Loshchilov & Hutter 2017, arXiv:1711.05101
 */
export class AdamW extends Adam {
  constructor(params: Parameters<AdamSettings>, o: Options<AdamSettings> = {}) {
    super(params, { weightDecay: 1e-2, ...o, decoupledWeightDecay: true });
  }
}
