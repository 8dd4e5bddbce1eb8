// Layer, group, RMS and local response normalization modules.
import * as core from '@nn/core';
import { groupNorm, layerNorm, localResponseNorm, rmsNorm } from '../functional/norm.js';
import { ones, zeros } from '../ops/create.js';
import type { Tensor } from '../tensor/tensor.js';
import { ones_, zeros_ } from './init.js';
import { Module } from './module.js';
import { Parameter } from './parameter.js';
import { args, float, py } from './repr.js';

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
/** `LocalResponseNorm` under its older name. */
export class CrossMapLRN2d extends LocalResponseNorm {}
