// Conv1DTranspose, Conv2DTranspose, Conv3DTranspose.
import * as core from '@nn/core';
import * as activations from '../../activations.js';
import { apply, type Shape, type Tensor } from '../../tensor/tensor.js';
import type { Variable } from '../../tensor/variable.js';
import { positiveInteger } from '../core/dense.js';
import type { ConfigKey } from '../layer.js';
import { weightFields, weightKeys, weightOptions, type WeightArguments, type WeightFields } from '../weights.js';
import { WindowLayer, type WindowOptions } from './conv.js';
import { addBias, convolveTransposed } from './convolve.js';
import { standardizeTuple, type Size } from './tuples.js';

export interface ConvTransposeOptions extends WindowOptions, WeightArguments<'kernel' | 'bias'> {
  /** Makes the output longer; by default it follows from strides and padding. */
  outputPadding?: Size | null;
}
export interface BaseConvTranspose extends WeightFields<'kernel' | 'bias'> {}
/** Transposed convolution of any rank; weights `kernel` [*kernelSize, filters, channels] and `bias` [filters]. */
export abstract class BaseConvTranspose extends WindowLayer {
  static override readonly positional: readonly string[] = ['filters', 'kernel_size'];
  static override get configKeys(): readonly ConfigKey[] {
    return [
      'filters',
      'kernel_size',
      'strides',
      'padding',
      'output_padding',
      'data_format',
      'dilation_rate',
      ['activation', activations.serialize],
      'use_bias',
      ...weightKeys(['kernel', 'bias'], ['activity_regularizer']),
    ];
  }
  readonly filters: number;
  readonly outputPadding: readonly number[] | null;
  kernel!: Variable;
  bias: Variable | null = null;
  constructor(rank: number, filters: number, kernelSize: Size, o: ConvTransposeOptions) {
    super(rank, kernelSize, o);
    if (this.padding === 'causal')
      throw new core.ValueError(
        `The \`padding\` argument must be a list/tuple or one of {'valid', 'same'}. Received: ${o.padding}`,
      );
    this.filters = positiveInteger('filters', filters);
    this.outputPadding =
      o.outputPadding === null || o.outputPadding === undefined
        ? null
        : standardizeTuple(o.outputPadding, rank, 'output_padding', true);
    this.outputPadding?.forEach((p, i) => {
      if (p >= this.strides[i]!)
        throw new core.ValueError(
          `Strides ${this.strides[i]} must be greater than output padding ${p}. Received: strides=(${this.strides.join(', ')}), output_padding=(${this.outputPadding!.join(', ')})`,
        );
    });
    Object.assign(this, weightFields(o, { kernel: 'glorot_uniform', bias: 'zeros' }));
  }
  override build(inputShape: Shape): void {
    this.kernel = this.addWeight(
      weightOptions(this, 'kernel', {
        name: 'kernel',
        shape: [...this.kernelSize, this.filters, this.channels(inputShape)],
      }),
    );
    if (this.useBias) this.bias = this.addWeight(weightOptions(this, 'bias', { name: 'bias', shape: [this.filters] }));
  }
  override call(inputs: Tensor): Tensor {
    return this.activate(
      apply(this.className, this.bias ? [inputs, this.kernel, this.bias] : [inputs, this.kernel], (x, kernel, bias) =>
        addBias(convolveTransposed(x, kernel, this), bias, this.dataFormat),
      ),
    );
  }
}

export interface Conv1DTranspose {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/** Transposed convolution over sequences. */
export class Conv1DTranspose extends BaseConvTranspose {
  static override readonly className = 'Conv1DTranspose';
  constructor(filters: number, kernelSize: Size, o: ConvTransposeOptions = {}) {
    super(1, filters, kernelSize, o);
  }
}
export interface Conv2DTranspose {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/**
 * Transposed convolution over images.
 *
 * @example
 * new tf.keras.layers.Conv2DTranspose(4, 3, { strides: 2, padding: 'same' })(tf.ones([1, 8, 8, 3])).shape // => [1, 16, 16, 4]
 */
export class Conv2DTranspose extends BaseConvTranspose {
  static override readonly className = 'Conv2DTranspose';
  constructor(filters: number, kernelSize: Size, o: ConvTransposeOptions = {}) {
    super(2, filters, kernelSize, o);
  }
}
export interface Conv3DTranspose {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/** Transposed convolution over volumes. */
export class Conv3DTranspose extends BaseConvTranspose {
  static override readonly className = 'Conv3DTranspose';
  constructor(filters: number, kernelSize: Size, o: ConvTransposeOptions = {}) {
    super(3, filters, kernelSize, o);
  }
}
