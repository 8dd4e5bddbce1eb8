// Stochastic gradient descent.
import * as core from '@nn/core';
import type { Tensor } from '../tensor/tensor.js';
import {
  checkCommon,
  type Ignored,
  type Options,
  Optimizer,
  type ParamGroup,
  type Parameters,
  type Settings,
} from './optimizer.js';

export interface SgdSettings extends Ignored {
  lr: number;
  momentum: number;
  dampening: number;
  weightDecay: number;
  nesterov: boolean;
  maximize: boolean;
}
/**
 * `b = momentum * b + (1 - dampening) * g` (`b = g` at first), `p = p - lr * b`; with nesterov `p = p - lr * (g + momentum * b)`.
 *
 * @param o.lr           default 1e-3
 * @param o.momentum     default 0
 * @param o.weightDecay  L2 penalty, added to the gradient; default 0
 * @example
 * const w = torch.tensor([1], { requiresGrad: true })
 * const sgd = new optim.SGD([w], { lr: 0.1 })
 * w.mul(3).sum().backward()
 * sgd.step()
 * w // => [0.7]
 */
export class SGD extends Optimizer<SgdSettings> {
  constructor(params: Parameters<SgdSettings>, o: Options<SgdSettings> = {}) {
    checkCommon(o);
    const all: Settings<SgdSettings> = {
      lr: 1e-3,
      momentum: 0,
      dampening: 0,
      weightDecay: 0,
      nesterov: false,
      maximize: false,
      foreach: null,
      differentiable: false,
      fused: null,
      ...o,
    };
    if (all.nesterov && (all.momentum <= 0 || all.dampening !== 0))
      throw new core.ValueError('Nesterov momentum requires a momentum and zero dampening');
    super(params, all);
  }
  protected update(p: Tensor, group: ParamGroup<SgdSettings>, grad: core.Tensor): void {
    const g = this.gradient(p, group, grad, this.setting(group, 'weightDecay'));
    const moves = core.guard(() => group.momentum !== 0);
    const momentum = this.number(group, 'momentum');
    const dampening = this.setting(group, 'dampening');
    const nesterov = this.setting(group, 'nesterov');
    const lr = this.rate(group);
    if (!moves) return this.store(p, core.sgdUpdate(p.value, g, {}, { lr }).p);
    // Without dampening a buffer of zeros becomes g at the first step; with it the first step is a case of its own.
    const buffer = dampening ? this.emptySlot(p) : this.slot(p, 'momentum_buffer');
    const state = buffer.has() ? { buffer: buffer.get() } : {};
    const next = core.sgdUpdate(p.value, g, state, { lr, momentum, dampening, nesterov });
    buffer.set(next.buffer!);
    this.store(p, next.p);
  }
  /** A buffer without a value. */
  private emptySlot(p: Tensor): core.Variable {
    const fresh = !this.state.get(p)?.['momentum_buffer'];
    const slot = this.slot(p, 'momentum_buffer');
    if (fresh) core.untraced(() => slot.clear());
    return slot;
  }
}
