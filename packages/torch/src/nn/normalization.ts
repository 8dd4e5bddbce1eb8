// Layer, group, RMS and local response normalization modules.
import * as core from '@nn/core';
import { groupNorm, layerNorm, localResponseNorm, rmsNorm } from '../functional/norm.js';
import { ones, zeros } from '../ops/create.js';
import { range } from '../tensor/range.js';
import { Tensor } from '../tensor/tensor.js';
import { ones_, zeros_ } from './init.js';
import { Module } from './module.js';
import { Parameter } from './parameter.js';
import { args, float, py } from './repr.js';
import { holdParameters } from './tree.js';

export interface LayerNormOptions {
  /** Added to the variance; default 1e-5. */
  eps?: number;
  /** Learn weight and bias; default true. */
  elementwiseAffine?: boolean;
  /** Learn the bias; default true. */
  bias?: boolean;
}
/**
 * `(x - E[x]) / sqrt(Var[x] + eps) * weight + bias` over the last axes.
 *
 * @param normalizedShape  sizes of these axes
 * @example
 * String(new nn.LayerNorm([3, 4])) // => LayerNorm((3, 4), eps=1e-05, elementwise_affine=True, bias=True)
 */
export class LayerNorm extends Module {
  readonly normalizedShape: readonly number[];
  readonly eps: number;
  readonly elementwiseAffine: boolean;
  weight: Parameter | null;
  bias: Parameter | null;
  constructor(normalizedShape: number | readonly number[], o: LayerNormOptions = {}) {
    super();
    this.normalizedShape = typeof normalizedShape === 'number' ? [normalizedShape] : [...normalizedShape];
    this.eps = o.eps ?? 1e-5;
    this.elementwiseAffine = o.elementwiseAffine ?? true;
    this.weight = this.elementwiseAffine ? new Parameter(ones(this.normalizedShape)) : null;
    this.bias = this.elementwiseAffine && (o.bias ?? true) ? new Parameter(zeros(this.normalizedShape)) : null;
    holdParameters(this, 'weight', 'bias');
  }
  resetParameters(): void {
    if (this.weight) ones_(this.weight);
    if (this.bias) zeros_(this.bias);
  }
  forward(x: Tensor): Tensor {
    return layerNorm(x, this.normalizedShape, this.weight, this.bias, this.eps);
  }
  override extraRepr(): string {
    return `${py(this.normalizedShape)}, ${args({ eps: this.eps, elementwise_affine: this.elementwiseAffine, bias: this.bias !== null })}`;
  }
}

/** `x / sqrt(E[x^2] + eps) * weight` over the last axes; eps defaults to the dtype's machine epsilon. */
export class RMSNorm extends Module {
  readonly normalizedShape: readonly number[];
  readonly eps: number | null;
  readonly elementwiseAffine: boolean;
  weight: Parameter | null;
  constructor(
    normalizedShape: number | readonly number[],
    o: { eps?: number | null; elementwiseAffine?: boolean } = {},
  ) {
    super();
    this.normalizedShape = typeof normalizedShape === 'number' ? [normalizedShape] : [...normalizedShape];
    this.eps = o.eps ?? null;
    this.elementwiseAffine = o.elementwiseAffine ?? true;
    this.weight = this.elementwiseAffine ? new Parameter(ones(this.normalizedShape)) : null;
    holdParameters(this, 'weight');
  }
  resetParameters(): void {
    if (this.weight) ones_(this.weight);
  }
  forward(x: Tensor): Tensor {
    return rmsNorm(x, this.normalizedShape, this.weight, this.eps);
  }
  override extraRepr(): string {
    return `${py(this.normalizedShape)}, ${args({ eps: this.eps, elementwise_affine: this.elementwiseAffine })}`;
  }
}

/** Normalizes groups of channels (axis 1) of each sample. */
export class GroupNorm extends Module {
  readonly numGroups: number;
  readonly numChannels: number;
  readonly eps: number;
  readonly affine: boolean;
  weight: Parameter | null;
  bias: Parameter | null;
  constructor(numGroups: number, numChannels: number, o: { eps?: number; affine?: boolean; bias?: boolean } = {}) {
    super();
    if (numChannels % numGroups)
      throw new core.ValueError(`num_channels (${numChannels}) must be divisible by num_groups (${numGroups})`);
    this.numGroups = numGroups;
    this.numChannels = numChannels;
    this.eps = o.eps ?? 1e-5;
    this.affine = o.affine ?? true;
    this.weight = this.affine ? new Parameter(ones([numChannels])) : null;
    this.bias = this.affine && (o.bias ?? true) ? new Parameter(zeros([numChannels])) : null;
    holdParameters(this, 'weight', 'bias');
  }
  resetParameters(): void {
    if (this.weight) ones_(this.weight);
    if (this.bias) zeros_(this.bias);
  }
  forward(x: Tensor): Tensor {
    return groupNorm(x, this.numGroups, this.weight, this.bias, this.eps);
  }
  override extraRepr(): string {
    return `${this.numGroups}, ${this.numChannels}, ${args({ eps: this.eps, affine: this.affine, bias: this.bias !== null })}`;
  }
}

export interface ResponseOptions {
  alpha?: number;
  beta?: number;
  k?: number;
}
/** `x / (k + alpha / size * sum of x^2 over neighbouring channels)^beta` */
export class LocalResponseNorm extends Module {
  readonly size: number;
  readonly alpha: number;
  readonly beta: number;
  readonly k: number;
  constructor(size: number, o: ResponseOptions = {}) {
    super();
    this.size = size;
    this.alpha = o.alpha ?? 1e-4;
    this.beta = o.beta ?? 0.75;
    this.k = o.k ?? 1;
  }
  forward(x: Tensor): Tensor {
    return localResponseNorm(x, this.size, { alpha: this.alpha, beta: this.beta, k: this.k });
  }
  override extraRepr(): string {
    return `${this.size}, ${args({ alpha: float(this.alpha), beta: float(this.beta), k: float(this.k) })}`;
  }
}
/**
 * The older form of LocalResponseNorm for [n, c, h, w]. It keeps what PyTorch's does, also that channel 0 stays in every sum and that
 * the gradient looks at other neighbours than the value.
 */
export class CrossMapLRN2d extends Module {
  readonly size: number;
  readonly alpha: number;
  readonly beta: number;
  readonly k: number;
  constructor(size: number, o: ResponseOptions = {}) {
    super();
    this.size = size;
    this.alpha = o.alpha ?? 1e-4;
    this.beta = o.beta ?? 0.75;
    this.k = o.k ?? 1;
  }
  forward(x: Tensor): Tensor {
    const { size, alpha, beta, k } = this;
    const channels = x.shape[1]!;
    const reach = Math.floor((size - 1) / 2);
    // [c, j]: which channels j count for channel c.
    const window = (from: (c: number) => number, to: (c: number) => number, always: boolean): core.Tensor =>
      core.tensor(
        range(channels).flatMap((c) =>
          range(channels).map((j) => Number((j >= from(c) && j <= to(c)) || (always && j === 0))),
        ),
        {
          shape: [channels, channels],
          dtype: x.spec.dtype,
        },
      );
    const mixed = (w: core.Tensor, v: core.Tensor): core.Tensor => core.einsum('cj,njhw->nchw', w, v);
    const forward = window(
      (c) => c - reach,
      (c) => c + reach,
      true,
    );
    const behind = Math.floor(size - (size - 1) / 2);
    const backward = window(
      (c) => c - behind,
      (c) => c - behind + size - 1,
      false,
    );
    const run = core.customFunction({
      name: 'CrossMapLRN2d',
      forward: (ctx, v) => {
        const scale = core.add(core.mul(mixed(forward, core.square(v)), alpha / size), k);
        const y = core.mul(v, core.pow(scale, -beta));
        ctx.saveForBackward(v, y, scale);
        return y;
      },
      backward: (ctx, g) => {
        const [v, y, scale] = ctx.saved as [core.Tensor, core.Tensor, core.Tensor];
        const ratio = core.div(core.mul(g, y), scale);
        const own = core.mul(g, core.pow(scale, -beta));
        return core.sub(own, core.mul(core.mul(v, mixed(backward, ratio)), (2 * alpha * beta) / size));
      },
    });
    return new Tensor(run(x.value), 'CrossMapLRN2d');
  }
  override extraRepr(): string {
    return `${this.size}, ${args({ alpha: this.alpha, beta: this.beta, k: this.k })}`;
  }
}
