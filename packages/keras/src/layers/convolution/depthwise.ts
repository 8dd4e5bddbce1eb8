// DepthwiseConv1D/2D and SeparableConv1D/2D.
import * as activations from '../../activations.js';
import { apply, type Shape, type Tensor } from '../../tensor/tensor.js';
import type { Variable } from '../../tensor/variable.js';
import { positiveInteger } from '../core/dense.js';
import type { ConfigKey } from '../layer.js';
import { weightFields, weightKeys, weightOptions, type WeightArguments, type WeightFields } from '../weights.js';
import { WindowLayer, type WindowOptions } from './conv.js';
import { addBias, convolve, depthwise } from './convolve.js';
import type { Size } from './tuples.js';

export interface DepthwiseOptions extends WindowOptions, WeightArguments<'depthwise' | 'bias'> {
  /** Outputs of each channel; default 1. */
  depthMultiplier?: number;
}
export interface BaseDepthwiseConv extends WeightFields<'depthwise' | 'bias'> {}
/** Convolution of each channel by itself; weights `kernel` [*kernelSize, channels, multiplier] and `bias`. */
export abstract class BaseDepthwiseConv extends WindowLayer {
  static override readonly positional: readonly string[] = ['kernel_size'];
  static override get configKeys(): readonly ConfigKey[] {
    return [
      'depth_multiplier',
      'kernel_size',
      'strides',
      'padding',
      'data_format',
      'dilation_rate',
      ['activation', activations.serialize],
      'use_bias',
      ...weightKeys(['depthwise', 'bias'], ['activity_regularizer']),
    ];
  }
  readonly depthMultiplier: number;
  kernel!: Variable;
  bias: Variable | null = null;
  constructor(rank: number, kernelSize: Size, o: DepthwiseOptions) {
    super(rank, kernelSize, o);
    this.depthMultiplier = positiveInteger('depth_multiplier', o.depthMultiplier ?? 1);
    Object.assign(this, weightFields(o, { depthwise: 'glorot_uniform', bias: 'zeros' }));
  }
  override build(inputShape: Shape): void {
    const channels = this.channels(inputShape);
    this.kernel = this.addWeight(
      weightOptions(this, 'depthwise', { name: 'kernel', shape: [...this.kernelSize, channels, this.depthMultiplier] }),
    );
    if (this.useBias)
      this.bias = this.addWeight(
        weightOptions(this, 'bias', { name: 'bias', shape: [channels * this.depthMultiplier] }),
      );
  }
  override call(inputs: Tensor): Tensor {
    return this.activate(
      apply(this.className, this.bias ? [inputs, this.kernel, this.bias] : [inputs, this.kernel], (x, kernel, bias) =>
        addBias(depthwise(x, kernel, this), bias, this.dataFormat),
      ),
    );
  }
}
export interface DepthwiseConv1D {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/** Depthwise convolution over sequences. */
export class DepthwiseConv1D extends BaseDepthwiseConv {
  static override readonly className = 'DepthwiseConv1D';
  constructor(kernelSize: Size, o: DepthwiseOptions = {}) {
    super(1, kernelSize, o);
  }
}
export interface DepthwiseConv2D {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/** Depthwise convolution over images. */
export class DepthwiseConv2D extends BaseDepthwiseConv {
  static override readonly className = 'DepthwiseConv2D';
  constructor(kernelSize: Size, o: DepthwiseOptions = {}) {
    super(2, kernelSize, o);
  }
}

export interface SeparableOptions extends WindowOptions, WeightArguments<'depthwise' | 'pointwise' | 'bias'> {
  /** Outputs of each channel before the pointwise step; default 1. */
  depthMultiplier?: number;
}
export interface BaseSeparableConv extends WeightFields<'depthwise' | 'pointwise' | 'bias'> {}
/** A depthwise convolution and a 1x1 convolution; weights `depthwise_kernel`, `pointwise_kernel`, `bias`. */
export abstract class BaseSeparableConv extends WindowLayer {
  static override readonly positional: readonly string[] = ['filters', 'kernel_size'];
  static override get configKeys(): readonly ConfigKey[] {
    return [
      'depth_multiplier',
      'filters',
      'kernel_size',
      'strides',
      'padding',
      'data_format',
      'dilation_rate',
      ['activation', activations.serialize],
      'use_bias',
      ...weightKeys(['depthwise', 'pointwise', 'bias'], ['activity_regularizer']),
    ];
  }
  readonly filters: number;
  readonly depthMultiplier: number;
  depthwiseKernel!: Variable;
  pointwiseKernel!: Variable;
  bias: Variable | null = null;
  constructor(rank: number, filters: number, kernelSize: Size, o: SeparableOptions) {
    super(rank, kernelSize, o);
    this.filters = positiveInteger('filters', filters);
    this.depthMultiplier = positiveInteger('depth_multiplier', o.depthMultiplier ?? 1);
    Object.assign(this, weightFields(o, { depthwise: 'glorot_uniform', pointwise: 'glorot_uniform', bias: 'zeros' }));
  }
  override build(inputShape: Shape): void {
    const channels = this.channels(inputShape);
    const ones = this.kernelSize.map(() => 1);
    this.depthwiseKernel = this.addWeight(
      weightOptions(this, 'depthwise', {
        name: 'depthwise_kernel',
        shape: [...this.kernelSize, channels, this.depthMultiplier],
      }),
    );
    this.pointwiseKernel = this.addWeight(
      weightOptions(this, 'pointwise', {
        name: 'pointwise_kernel',
        shape: [...ones, channels * this.depthMultiplier, this.filters],
      }),
    );
    if (this.useBias) this.bias = this.addWeight(weightOptions(this, 'bias', { name: 'bias', shape: [this.filters] }));
  }
  override call(inputs: Tensor): Tensor {
    const weights = this.bias
      ? [this.depthwiseKernel, this.pointwiseKernel, this.bias]
      : [this.depthwiseKernel, this.pointwiseKernel];
    const ones = this.kernelSize.map(() => 1);
    return this.activate(
      apply(this.className, [inputs, ...weights], (x, deep, point, bias) => {
        const y = convolve(depthwise(x, deep, this), point, {
          strides: ones,
          padding: 'valid',
          dilationRate: ones,
          dataFormat: this.dataFormat,
        });
        return addBias(y, bias, this.dataFormat);
      }),
    );
  }
}
export interface SeparableConv1D {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/** Separable convolution over sequences. */
export class SeparableConv1D extends BaseSeparableConv {
  static override readonly className = 'SeparableConv1D';
  constructor(filters: number, kernelSize: Size, o: SeparableOptions = {}) {
    super(1, filters, kernelSize, o);
  }
}
export interface SeparableConv2D {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/** Separable convolution over images. */
export class SeparableConv2D extends BaseSeparableConv {
  static override readonly className = 'SeparableConv2D';
  constructor(filters: number, kernelSize: Size, o: SeparableOptions = {}) {
    super(2, filters, kernelSize, o);
  }
}
