// Optimizers that look at a parameter as a matrix: Adafactor and Muon.
import * as core from '@nn/core';
import type { Tensor } from '../tensor/tensor.js';
import { rateOf } from './group-data.js';
import { type Ignored, type Options, Optimizer, type ParamGroup, type Parameters, type Settings } from './optimizer.js';

/** These two say "should be" where the others say "Invalid". */
function should(ok: boolean, what: string, value: unknown): void {
  if (!ok) throw new core.ValueError(`${what} but is: ${String(value)}`);
}

export interface AdafactorSettings extends Ignored {
  lr: number;
  beta2Decay: number;
  eps: readonly [number | null, number];
  d: number;
  weightDecay: number;
  maximize: boolean;
}
/** The distance from 1 to the next larger number. */
const machineEps: Readonly<Record<'f32' | 'f64', number>> = { f32: 2 ** -23, f64: 2 ** -52 };

/**
 * Adam's second moment as the product of its row and column means, and steps in the size of the parameter, see `core.adafactorUpdate`.
 *
 * @param o.lr           the largest relative step; default 1e-2
 * @param o.beta2Decay   default -0.8
 * @param o.eps          [smallest estimate (null: of the dtype), smallest size of a parameter]; default [null, 1e-3]
 * @param o.d            the largest root mean square of an update; default 1
 * @param o.weightDecay  beside the gradient; default 0
 * @see Shazeer & Stern 2018, arXiv:1804.04235
 */
export class Adafactor extends Optimizer<AdafactorSettings> {
  constructor(params: Parameters<AdafactorSettings>, o: Options<AdafactorSettings> = {}) {
    const all: Settings<AdafactorSettings> = {
      lr: 1e-2,
      beta2Decay: -0.8,
      eps: [null, 1e-3],
      d: 1,
      weightDecay: 0,
      foreach: null,
      maximize: false,
      ...o,
    };
    should(rateOf(all.lr) >= 0, 'Learning rate should be >= 0', rateOf(all.lr));
    should(all.beta2Decay <= 0, 'beta2_decay should be <= 0', all.beta2Decay);
    should(all.eps[0] === null || all.eps[0] >= 0, 'epsilon1 should be >= 0', all.eps[0]);
    should(all.eps[1] >= 0, 'epsilon2 should be >= 0', all.eps[1]);
    should(all.d >= 1, 'Clipping threshold d should be >= 1', all.d);
    should(all.weightDecay >= 0, 'weight_decay should be >= 0', all.weightDecay);
    super(params, all);
  }
  protected update(p: Tensor, group: ParamGroup<AdafactorSettings>, grad: core.Tensor): void {
    const g = this.gradient(p, group, grad, 0);
    const step = this.count(p);
    const [eps1, eps2] = [core.guard(() => group.eps[0]), core.guard(() => group.eps[1])];
    const o = {
      lr: this.rate(group),
      step,
      eps1: eps1 ?? machineEps[p.spec.dtype === 'f64' ? 'f64' : 'f32'],
      eps2,
      form: 'torch' as const,
      beta2Decay: this.setting(group, 'beta2Decay'),
      threshold: this.setting(group, 'd'),
      decay: this.setting(group, 'weightDecay'),
    };
    if (g.ndim < 2) {
      const v = this.slot(p, 'variance');
      const next = core.adafactorUpdate(p.value, g, { v: v.get() }, o);
      v.set(next.state.v);
      return this.store(p, next.p);
    }
    const row = this.slot(p, 'row_var', (x) => core.zeros([...x.shape.slice(0, -1), 1], x.dtype));
    const col = this.slot(p, 'col_var', (x) => core.zeros([...x.shape.slice(0, -2), 1, x.shape.at(-1)!], x.dtype));
    const next = core.adafactorUpdate(p.value, g, { row: row.get(), col: col.get() }, o);
    row.set(next.state.row);
    col.set(next.state.col);
    this.store(p, next.p);
  }
}

export interface MuonSettings {
  lr: number;
  weightDecay: number;
  momentum: number;
  nesterov: boolean;
  nsCoefficients: readonly [number, number, number];
  eps: number;
  nsSteps: number;
  adjustLrFn: 'original' | 'match_rms_adamw' | null;
}
const scales: Readonly<Record<'original' | 'match_rms_adamw', (n: number, m: number) => number>> = {
  original: (n, m) => Math.sqrt(Math.max(1, n / m)),
  match_rms_adamw: (n, m) => 0.2 * Math.sqrt(Math.max(n, m)),
};

/**
 * Orthogonalized momentum, for the matrices of hidden layers; give all other parameters to AdamW. See `core.muonUpdate`.
 *
 * @param o.lr           default 1e-3
 * @param o.weightDecay  beside the gradient; default 0.1
 * @param o.momentum     default 0.95
 * @param o.nesterov     default true
 * @param o.nsSteps      steps of Newton-Schulz; default 5
 * @param o.adjustLrFn   how the step grows with the shape: 'original' (default) or 'match_rms_adamw'
 * @throws ValueError    Muon only supports 2D parameters whereas we found a parameter with size: [3]
 * @see Jordan et al. 2024, "Muon: an optimizer for hidden layers in neural networks"; Liu et al. 2025, arXiv:2502.16982
 */
export class Muon extends Optimizer<MuonSettings> {
  constructor(params: Parameters<MuonSettings>, o: Options<MuonSettings> = {}) {
    const all: Settings<MuonSettings> = {
      lr: 1e-3,
      weightDecay: 0.1,
      momentum: 0.95,
      nesterov: true,
      nsCoefficients: [3.4445, -4.775, 2.0315],
      eps: 1e-7,
      nsSteps: 5,
      adjustLrFn: null,
      ...o,
    };
    should(rateOf(all.lr) >= 0, 'Learning rate should be >= 0', rateOf(all.lr));
    should(all.momentum >= 0, 'momentum should be >= 0', all.momentum);
    should(all.weightDecay >= 0, 'weight decay should be >= 0', all.weightDecay);
    if (all.adjustLrFn !== null && !Object.hasOwn(scales, all.adjustLrFn))
      throw new core.ValueError(
        `Adjust learning rate function ${String(all.adjustLrFn)} is not supported.${core.nearest(String(all.adjustLrFn), Object.keys(scales))}`,
      );
    super(params, all);
    for (const { params: list } of this.paramGroups) {
      for (const p of list) {
        if (p.shape.length !== 2)
          throw new core.ValueError(
            `Muon only supports 2D parameters whereas we found a parameter with size: [${p.shape.join(', ')}]. Give it to another optimizer, such as AdamW`,
          );
      }
    }
  }
  protected update(p: Tensor, group: ParamGroup<MuonSettings>, grad: core.Tensor): void {
    const lr = this.rate(group);
    const m = this.slot(p, 'momentum_buffer');
    const [rows, columns] = p.shape as readonly [number, number];
    const coefficients = [0, 1, 2].map((i) => core.guard(() => group.nsCoefficients[i]!));
    const next = core.muonUpdate(
      core.decoupledDecay(p.value, lr, this.setting(group, 'weightDecay')),
      grad,
      { m: m.get() },
      {
        lr,
        momentum: this.number(group, 'momentum'),
        nesterov: this.setting(group, 'nesterov'),
        scale: scales[this.setting(group, 'adjustLrFn') ?? 'original'](rows, columns),
        steps: this.setting(group, 'nsSteps'),
        coefficients: coefficients as unknown as readonly [number, number, number],
        eps: this.setting(group, 'eps'),
        form: 'torch',
      },
    );
    m.set(next.m);
    this.store(p, next.p);
  }
}
