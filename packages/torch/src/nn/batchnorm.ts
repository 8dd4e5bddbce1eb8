// Batch and instance normalization modules, with running statistics as buffers.
import * as core from '@nn/core';
import { batchNorm, instanceNorm } from '../functional/norm.js';
import { ones, zeros } from '../ops/create.js';
import type { Tensor } from '../tensor/tensor.js';
import { ones_, zeros_ } from './init.js';
import { Module } from './module.js';
import { Parameter } from './parameter.js';
import { args } from './repr.js';
import { holdParameters } from './tree.js';

export interface NormOptions {
  /** Added to the variance; default 1e-5. */
  eps?: number;
  /** How far running statistics move at each batch; null: the mean over all batches. Default 0.1. */
  momentum?: number | null;
  /** Learn a weight and a bias for each channel. */
  affine?: boolean;
  /** Keep running statistics for evaluation. */
  trackRunningStats?: boolean;
  /** With `affine`: learn the bias too; default true. */
  bias?: boolean;
}

/** What batch and instance normalization have. */
abstract class NormBase extends Module {
  readonly numFeatures: number;
  readonly eps: number;
  readonly momentum: number | null;
  readonly affine: boolean;
  readonly trackRunningStats: boolean;
  weight: Parameter | null;
  bias: Parameter | null;
  declare running_mean: Tensor | null;
  declare running_var: Tensor | null;
  declare num_batches_tracked: Tensor | null;
  constructor(numFeatures: number, o: NormOptions, defaults: { affine: boolean; track: boolean }) {
    super();
    this.numFeatures = numFeatures;
    this.eps = o.eps ?? 1e-5;
    this.momentum = o.momentum === undefined ? 0.1 : o.momentum;
    this.affine = o.affine ?? defaults.affine;
    this.trackRunningStats = o.trackRunningStats ?? defaults.track;
    this.weight = this.affine ? new Parameter(ones([numFeatures])) : null;
    this.bias = this.affine && (o.bias ?? true) ? new Parameter(zeros([numFeatures])) : null;
    holdParameters(this, 'weight', 'bias');
    const track = this.trackRunningStats;
    this.registerBuffer('running_mean', track ? zeros([numFeatures]) : null);
    this.registerBuffer('running_var', track ? ones([numFeatures]) : null);
    this.registerBuffer('num_batches_tracked', track ? zeros([], { dtype: 'int32' }) : null);
  }
  resetRunningStats(): void {
    if (this.running_mean) zeros_(this.running_mean);
    if (this.running_var) ones_(this.running_var);
    if (this.num_batches_tracked) zeros_(this.num_batches_tracked);
  }
  resetParameters(): void {
    this.resetRunningStats();
    if (this.weight) ones_(this.weight);
    if (this.bias) zeros_(this.bias);
  }
  abstract override forward(x: Tensor): Tensor;
  override extraRepr(): string {
    return `${this.numFeatures}, ${args({
      eps: this.eps,
      momentum: this.momentum,
      affine: this.affine,
      bias: this.bias !== null,
      track_running_stats: this.trackRunningStats,
    })}`;
  }
  /** Throws unless the input has one of the ranks. */
  protected checkRank(x: Tensor, ranks: readonly number[]): void {
    const rank = x.shape.length;
    if (!ranks.includes(rank))
      throw new core.ShapeError(
        `${this.getName()}: expected ${ranks.map((r) => `${r}D`).join(' or ')} input (got ${rank}D input)`,
      );
  }
}

abstract class BatchNormNd extends NormBase {
  constructor(numFeatures: number, o: NormOptions = {}) {
    super(numFeatures, o, { affine: true, track: true });
  }
  protected normalized(x: Tensor, ranks: readonly number[]): Tensor {
    this.checkRank(x, ranks);
    if (x.shape[1] !== this.numFeatures) {
      throw new core.ShapeError(
        `running_mean should contain ${x.shape[1]} elements not ${this.numFeatures}: ${this.getName()} was made for ${this.numFeatures} channels, the input is [${x.shape.join(', ')}]`,
      );
    }
    const { training } = this;
    const tracks = this.running_mean !== null && this.running_var !== null;
    let momentum: number | core.Tensor = this.momentum ?? 0;
    if (training && tracks && this.num_batches_tracked) {
      const count = core.add(this.num_batches_tracked.value, 1);
      this.num_batches_tracked._cell!.set(count);
      if (this.momentum === null) momentum = core.div(1, core.cast(count, this.running_mean!.spec.dtype));
    }
    return batchNorm(x, this.running_mean, this.running_var, {
      weight: this.weight,
      bias: this.bias,
      training: training || !tracks,
      momentum,
      eps: this.eps,
    });
  }
}
/** Normalizes each channel of [n, c] or [n, c, l] over the batch. */
export class BatchNorm1d extends BatchNormNd {
  forward(x: Tensor): Tensor {
    return this.normalized(x, [2, 3]);
  }
}
/**
 * Normalizes each channel of [n, c, h, w] over the batch: in training by the batch's own mean and (biased) variance, which also move the
 * running statistics (with the unbiased variance); in evaluation by those.
 *
 * @throws ValueError  Expected more than 1 value per channel when training
 * @example
 * String(new nn.BatchNorm2d(8)) // => BatchNorm2d(8, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)
 */
export class BatchNorm2d extends BatchNormNd {
  forward(x: Tensor): Tensor {
    return this.normalized(x, [4]);
  }
}
/** Normalizes each channel of [n, c, d, h, w] over the batch. */
export class BatchNorm3d extends BatchNormNd {
  forward(x: Tensor): Tensor {
    return this.normalized(x, [5]);
  }
}

abstract class InstanceNormNd extends NormBase {
  constructor(numFeatures: number, o: NormOptions = {}) {
    super(numFeatures, o, { affine: false, track: false });
  }
  protected normalized(x: Tensor, rank: number): Tensor {
    this.checkRank(x, [rank - 1, rank]);
    const single = x.shape.length === rank - 1;
    const input = single ? x.unsqueeze(0) : x;
    if (input.shape[1] !== this.numFeatures && this.affine) {
      throw new core.ShapeError(
        `expected input's size at dim=1 to match num_features (${this.numFeatures}), but got: ${input.shape[1]}.`,
      );
    }
    const y = instanceNorm(input, {
      runningMean: this.running_mean,
      runningVar: this.running_var,
      weight: this.weight,
      bias: this.bias,
      useInputStats: this.training || !this.trackRunningStats,
      momentum: this.momentum ?? 0,
      eps: this.eps,
    });
    return single ? y.squeeze(0) : y;
  }
}
/** Normalizes each channel of each sample of [n, c, l]. */
export class InstanceNorm1d extends InstanceNormNd {
  forward(x: Tensor): Tensor {
    return this.normalized(x, 3);
  }
}
/** Normalizes each channel of each sample of [n, c, h, w]. */
export class InstanceNorm2d extends InstanceNormNd {
  forward(x: Tensor): Tensor {
    return this.normalized(x, 4);
  }
}
/** Normalizes each channel of each sample of [n, c, d, h, w]. */
export class InstanceNorm3d extends InstanceNormNd {
  forward(x: Tensor): Tensor {
    return this.normalized(x, 5);
  }
}
