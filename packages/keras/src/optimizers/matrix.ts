// Optimizers that look at a weight as a matrix: Adafactor and Muon.
import * as core from '@nn/core';
import { Variable } from '../tensor/variable.js';
import { Optimizer, type Slots } from './optimizer.js';
import type { OptimizerOptions } from './options.js';

export interface AdafactorOptions extends OptimizerOptions {
  /** Default -0.8. */
  beta2Decay?: number;
  /** Added to squares of gradients; default 1e-30. */
  epsilon1?: number;
  /** Smallest size of a weight; default 1e-3. */
  epsilon2?: number;
  /** Largest root mean square of an update; default 1. */
  clipThreshold?: number;
  /** Rates are never above `1 / sqrt(step)`; default true. */
  relativeStep?: boolean;
}
/** Adam's second moment as the product of its row and column means, see `core.adafactorUpdate` (Shazeer & Stern 2018, arXiv:1804.04235). */
export class Adafactor extends Optimizer {
  static override readonly className = 'Adafactor';
  protected override readonly keys: readonly string[] = [
    'beta_2_decay',
    'epsilon_1',
    'epsilon_2',
    'clip_threshold',
    'relative_step',
  ];
  protected override readonly slots: readonly string[] = ['row', 'col', 'velocity'];
  readonly beta2Decay: number;
  readonly epsilon1: number;
  readonly epsilon2: number;
  readonly clipThreshold: number;
  readonly relativeStep: boolean;
  constructor(o: AdafactorOptions = {}) {
    super(o, 0.001);
    this.beta2Decay = o.beta2Decay ?? -0.8;
    this.epsilon1 = o.epsilon1 ?? 1e-30;
    this.epsilon2 = o.epsilon2 ?? 1e-3;
    this.clipThreshold = o.clipThreshold ?? 1;
    this.relativeStep = o.relativeStep ?? true;
  }
  /** Keras names the means like the weight, and has unused numbers in their place below two axes. */
  protected override makeSlots(v: Variable): Slots {
    const { shape } = v;
    const { dtype } = v.cell;
    if (shape.length < 2) {
      for (let i = 0; i < 2; i++) {
        const cell = core.untraced(() => new core.Variable(core.literal(0), { name: v.name, slot: true }));
        this.track(new Variable(cell, { name: v.name, trainable: false }));
      }
      return { velocity: this.slotFor(v, 'velocity') };
    }
    return {
      row: this.slotOf(v.name, shape.slice(0, -1), dtype),
      col: this.slotOf(v.name, [...shape.slice(0, -2), shape.at(-1)!], dtype),
      velocity: this.slotFor(v, 'velocity'),
    };
  }
  protected override update(p: core.Tensor, g: core.Tensor, s: Slots, lr: core.Tensor, step: core.Tensor): core.Tensor {
    const { row, col, velocity } = s;
    const o = {
      lr,
      step,
      eps1: this.epsilon1,
      eps2: this.epsilon2,
      form: 'keras' as const,
      beta2Decay: this.beta2Decay,
      threshold: this.clipThreshold,
    };
    if (!row || !col) {
      const next = core.adafactorUpdate(p, g, { v: velocity!.get() }, o);
      velocity!.set(next.estimate);
      return next.p;
    }
    const means = { row: core.unsqueeze(row.get(), -1), col: core.unsqueeze(col.get(), -2) };
    const next = core.adafactorUpdate(p, g, means, o);
    row.set(core.squeeze(next.state.row, -1));
    col.set(core.squeeze(next.state.col, -2));
    velocity!.set(next.estimate);
    return next.p;
  }
}

export interface MuonOptions extends OptimizerOptions {
  /** Default 0.9. */
  adamBeta1?: number;
  /** Default 0.999. */
  adamBeta2?: number;
  /** Default 0.004. */
  adamWeightDecay?: number | null;
  /** Default 1e-7. */
  epsilon?: number;
  /** Patterns of paths of weights that Adam updates. */
  excludeLayers?: readonly string[] | null;
  /** Adam updates weights with "embedding" in their paths; default true. */
  excludeEmbeddings?: boolean;
  muonA?: number;
  muonB?: number;
  muonC?: number;
  /** The rate of Adam as a share of the rate; default 1. */
  adamLrRatio?: number;
  /** Default 0.95. */
  momentum?: number;
  /** Steps of Newton-Schulz; default 5. */
  nsSteps?: number;
  /** Default true. */
  nesterov?: boolean;
  /** Steps of `[n, m]` are scaled by `sqrt(max(n, m)) * rmsRate`; null: not. Default 0.2. */
  rmsRate?: number | null;
}
/**
 * Orthogonalized momentum for matrices, see `core.muonUpdate`; Adam for all other weights
 * (Jordan et al. 2024; Liu et al. 2025, arXiv:2502.16982).
 */
export class Muon extends Optimizer {
  static override readonly className = 'Muon';
  protected override readonly keys: readonly string[] = [
    'adam_beta_1',
    'adam_beta_2',
    'epsilon',
    'exclude_layers',
    'muon_a',
    'muon_b',
    'muon_c',
    'adam_lr_ratio',
    'momentum',
    'ns_steps',
    'nesterov',
    'exclude_embeddings',
    'adam_weight_decay',
    'rms_rate',
  ];
  protected override readonly slots: readonly string[] = ['momentum', 'velocity'];
  readonly adamBeta1: number;
  readonly adamBeta2: number;
  readonly adamWeightDecay: number | null;
  readonly epsilon: number;
  readonly excludeLayers: readonly string[];
  readonly excludeEmbeddings: boolean;
  readonly muonA: number;
  readonly muonB: number;
  readonly muonC: number;
  readonly adamLrRatio: number;
  readonly momentum: number;
  readonly nsSteps: number;
  readonly nesterov: boolean;
  readonly rmsRate: number | null;
  constructor(o: MuonOptions = {}) {
    super({ ...o, weightDecay: o.weightDecay === undefined ? 0.004 : o.weightDecay }, 0.001);
    this.adamBeta1 = o.adamBeta1 ?? 0.9;
    this.adamBeta2 = o.adamBeta2 ?? 0.999;
    this.adamWeightDecay = o.adamWeightDecay === undefined ? 0.004 : o.adamWeightDecay;
    this.epsilon = o.epsilon ?? 1e-7;
    this.excludeLayers = o.excludeLayers ?? [];
    this.excludeEmbeddings = o.excludeEmbeddings ?? true;
    this.muonA = o.muonA ?? 3.4445;
    this.muonB = o.muonB ?? -4.775;
    this.muonC = o.muonC ?? 2.0315;
    this.adamLrRatio = o.adamLrRatio ?? 1;
    this.momentum = o.momentum ?? 0.95;
    this.nsSteps = o.nsSteps ?? 5;
    this.nesterov = o.nesterov ?? true;
    this.rmsRate = o.rmsRate === undefined ? 0.2 : o.rmsRate;
  }
  private usesAdam(v: Variable): boolean {
    if (v.shape.length !== 2) return true;
    if (this.excludeEmbeddings && v.path.toLowerCase().includes('embedding')) return true;
    return this.excludeLayers.some((pattern) => new RegExp(pattern).test(v.path));
  }
  protected override decayOf(v: Variable): number | null {
    return this.usesAdam(v) ? this.adamWeightDecay : this.weightDecay;
  }
  protected override makeSlots(v: Variable): Slots {
    return super.makeSlots(v, this.usesAdam(v) ? ['momentum', 'velocity'] : ['momentum']);
  }
  protected override update(p: core.Tensor, g: core.Tensor, s: Slots, lr: core.Tensor, step: core.Tensor): core.Tensor {
    const { momentum: m, velocity: v } = s;
    if (v) {
      const o = { beta1: this.adamBeta1, beta2: this.adamBeta2, eps: this.epsilon, form: 'keras' as const };
      const rate = core.mul(lr, this.adamLrRatio);
      const next = core.adamUpdate(p, g, { m: m!.get(), v: v.get() }, { lr: rate, step, ...o });
      m!.set(next.m);
      v.set(next.v);
      return next.p;
    }
    const next = core.muonUpdate(
      p,
      g,
      { m: m!.get() },
      {
        lr,
        momentum: this.momentum,
        nesterov: this.nesterov,
        scale: this.rmsRate === null ? 1 : Math.sqrt(Math.max(...p.shape)) * this.rmsRate,
        steps: this.nsSteps,
        coefficients: [this.muonA, this.muonB, this.muonC],
        form: 'keras',
      },
    );
    m!.set(next.m);
    return next.p;
  }
}
