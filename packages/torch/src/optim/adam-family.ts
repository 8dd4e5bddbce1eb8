// Relatives of Adam: Adamax, NAdam, RAdam.
import * as core from '@nn/core';
import type { Tensor } from '../tensor/tensor.js';
import {
  checkCommon,
  type Ignored,
  numberSetting,
  type Options,
  Optimizer,
  type ParamGroup,
  type Parameters,
} from './optimizer.js';

interface Common extends Ignored {
  lr: number;
  betas: readonly [number, number];
  eps: number;
  weightDecay: number;
  maximize: boolean;
}
const common = {
  betas: [0.9, 0.999] as const,
  eps: 1e-8,
  weightDecay: 0,
  foreach: null,
  maximize: false,
  capturable: false,
  differentiable: false,
};
/** Both betas; the first may be data. */
const betas = (group: { betas: readonly [number, number] }): { beta1: core.Operand; beta2: number } => ({
  beta1: numberSetting(group, 'betas'),
  beta2: core.guard(() => group.betas[1]),
});

/** Adam with the largest gradient instead of the mean square: `u = max(b2 u, |g| + eps)`, `p = p - lr / (1 - b1^t) m / u`; lr 2e-3. */
export class Adamax extends Optimizer<Common> {
  constructor(params: Parameters<Common>, o: Options<Common> = {}) {
    checkCommon(o);
    super(params, { lr: 2e-3, ...common, ...o });
  }
  protected update(p: Tensor, group: ParamGroup<Common>, grad: core.Tensor): void {
    const g = this.gradient(p, group, grad, this.setting(group, 'weightDecay'));
    const step = this.count(p);
    const m = this.slot(p, 'exp_avg');
    const u = this.slot(p, 'exp_inf');
    const o = { lr: this.rate(group), step, ...betas(group), eps: this.setting(group, 'eps'), form: 'torch' as const };
    const next = core.adamaxUpdate(p.value, g, { m: m.get(), u: u.get() }, o);
    m.set(next.m);
    u.set(next.u);
    this.store(p, next.p);
  }
}

export interface NAdamSettings extends Common {
  momentumDecay: number;
  decoupledWeightDecay: boolean;
}
/** The gradient and the parameter after weight decay, which is decoupled or not. */
function decayed(
  p: core.Tensor,
  g: core.Tensor,
  lr: core.Tensor,
  decay: number,
  decoupled: boolean,
): { start: core.Tensor; g: core.Tensor } {
  if (!decay) return { start: p, g };
  return decoupled ? { start: core.decoupledDecay(p, lr, decay), g } : { start: p, g: core.coupledDecay(p, g, decay) };
}
/** Adam with Nesterov momentum (Dozat 2016); lr 2e-3. */
export class NAdam extends Optimizer<NAdamSettings> {
  constructor(params: Parameters<NAdamSettings>, o: Options<NAdamSettings> = {}) {
    checkCommon(o);
    super(params, { lr: 2e-3, ...common, momentumDecay: 4e-3, decoupledWeightDecay: false, ...o });
  }
  protected update(p: Tensor, group: ParamGroup<NAdamSettings>, grad: core.Tensor): void {
    const lr = this.rate(group);
    const plain = this.gradient(p, group, grad, 0);
    const { start, g } = decayed(
      p.value,
      plain,
      lr,
      this.setting(group, 'weightDecay'),
      this.setting(group, 'decoupledWeightDecay'),
    );
    const step = this.count(p);
    const product = this.slot(p, 'mu_product', () => core.literal(1));
    const m = this.slot(p, 'exp_avg');
    const v = this.slot(p, 'exp_avg_sq');
    const decay = this.setting(group, 'momentumDecay');
    const both = betas(group);
    const muProduct = core.mul(product.get(), core.nadamMomentum(step, both.beta1, decay));
    const next = core.nadamUpdate(
      start,
      g,
      { m: m.get(), v: v.get() },
      { lr, step, ...both, eps: this.setting(group, 'eps'), decay, muProduct },
    );
    product.set(muProduct);
    m.set(next.m);
    v.set(next.v);
    this.store(p, next.p);
  }
}

export interface RAdamSettings extends Common {
  decoupledWeightDecay: boolean;
}
/** Adam that begins as plain momentum until the second moment is worth something (Liu et al. 2019); lr 1e-3. */
export class RAdam extends Optimizer<RAdamSettings> {
  constructor(params: Parameters<RAdamSettings>, o: Options<RAdamSettings> = {}) {
    checkCommon(o);
    super(params, { lr: 1e-3, ...common, decoupledWeightDecay: false, ...o });
  }
  protected update(p: Tensor, group: ParamGroup<RAdamSettings>, grad: core.Tensor): void {
    const lr = this.rate(group);
    const plain = this.gradient(p, group, grad, 0);
    const { start, g } = decayed(
      p.value,
      plain,
      lr,
      this.setting(group, 'weightDecay'),
      this.setting(group, 'decoupledWeightDecay'),
    );
    const step = this.count(p);
    const m = this.slot(p, 'exp_avg');
    const v = this.slot(p, 'exp_avg_sq');
    const next = core.radamUpdate(
      start,
      g,
      { m: m.get(), v: v.get() },
      { lr, step, ...betas(group), eps: this.setting(group, 'eps') },
    );
    m.set(next.m);
    v.set(next.v);
    this.store(p, next.p);
  }
}

/**
 * Adam that leaves what has no gradient alone: rows of a parameter whose gradient is zero keep their values and their moments.
 * PyTorch's takes sparse gradients; here rows of zeros take their place.
 */
export class SparseAdam extends Optimizer<Omit<Common, 'weightDecay'>> {
  constructor(params: Parameters<Omit<Common, 'weightDecay'>>, o: Options<Omit<Common, 'weightDecay'>> = {}) {
    checkCommon(o);
    super(params, { lr: 1e-3, betas: [0.9, 0.999], eps: 1e-8, maximize: false, ...o });
  }
  protected update(p: Tensor, group: ParamGroup<Omit<Common, 'weightDecay'>>, grad: core.Tensor): void {
    const g = this.gradient(p, group, grad, 0);
    const axes = g.shape.map((_, d) => d).slice(1);
    const touched = axes.length ? core.any(core.notEqual(g, 0), { axes, keepdims: true }) : core.notEqual(g, 0);
    const step = this.count(p);
    const m = this.slot(p, 'exp_avg');
    const v = this.slot(p, 'exp_avg_sq');
    const { beta1, beta2 } = betas(group);
    const moved = core.moveMoments(g, { m: m.get(), v: v.get() }, beta1, beta2);
    const rate = core.div(
      core.mul(this.rate(group), core.sqrt(core.biasCorrection(beta2, step))),
      core.biasCorrection(beta1, step),
    );
    const change = core.div(
      core.mul(moved.m, core.cast(rate, g.dtype)),
      core.add(core.sqrt(moved.v), this.setting(group, 'eps')),
    );
    const keep = (now: core.Tensor, old: core.Tensor): core.Tensor => core.where(touched, now, old);
    this.store(p, keep(core.sub(p.value, change), p.value));
    m.set(keep(moved.m, m.get()));
    v.set(keep(moved.v, v.get()));
  }
}
