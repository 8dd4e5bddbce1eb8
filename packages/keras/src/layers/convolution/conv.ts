// Conv1D, Conv2D, Conv3D.
import * as core from '@nn/core';
import * as activations from '../../activations.js';
import { dataFormatOf, type DataFormat } from '../../config.js';
import { formatShape } from '../../tensor/format.js';
import { apply, type Shape, type Tensor } from '../../tensor/tensor.js';
import type { Variable } from '../../tensor/variable.js';
import { knownSize, positiveInteger } from '../core/dense.js';
import { InputSpec } from '../input-spec.js';
import { Layer, type ConfigKey, type LayerOptions } from '../layer.js';
import { weightFields, weightKeys, weightOptions, type WeightArguments, type WeightFields } from '../weights.js';
import { addBias, convolve } from './convolve.js';
import { standardizePadding, standardizeTuple, type Padding, type Size } from './tuples.js';

/** What all convolutions share. */
export interface WindowOptions extends LayerOptions {
  /** Default 1. */
  strides?: Size;
  /** 'valid' (default), 'same'; Conv1D also 'causal'. */
  padding?: string;
  /** Default that of the global setting. */
  dataFormat?: string | null;
  /** Default 1. */
  dilationRate?: Size;
  activation?: activations.ActivationLike | null;
  /** Default true. */
  useBias?: boolean;
}
/** The settings and checks that all convolutions share. */
export abstract class WindowLayer extends Layer {
  readonly rank: number;
  readonly kernelSize: readonly number[];
  readonly strides: readonly number[];
  readonly padding: Padding;
  readonly dataFormat: DataFormat;
  readonly dilationRate: readonly number[];
  readonly activation: activations.Activation | null;
  readonly useBias: boolean;

  constructor(rank: number, kernelSize: Size, o: WindowOptions) {
    super(o);
    this.rank = rank;
    this.kernelSize = standardizeTuple(kernelSize, rank, 'kernel_size');
    this.strides = standardizeTuple(o.strides ?? 1, rank, 'strides');
    this.dilationRate = standardizeTuple(o.dilationRate ?? 1, rank, 'dilation_rate');
    this.padding = standardizePadding(o.padding ?? 'valid', rank === 1);
    this.dataFormat = dataFormatOf(o.dataFormat);
    this.activation = activations.get(o.activation);
    this.useBias = o.useBias ?? true;
    this.inputSpec = new InputSpec({ minNdim: rank + 2 });
    if (Math.max(...this.strides) > 1 && Math.max(...this.dilationRate) > 1) {
      throw new core.ValueError(
        `\`strides > 1\` not supported in conjunction with \`dilation_rate > 1\`. Received: strides=${formatShape(this.strides)} and dilation_rate=${formatShape(this.dilationRate)}`,
      );
    }
  }
  protected get channelAxis(): number {
    return this.dataFormat === 'channels_first' ? 1 : -1;
  }
  /** The number of input channels, which the input must have from now on. */
  protected channels(inputShape: Shape): number {
    const channels = knownSize(this, inputShape, this.channelAxis);
    this.inputSpec = new InputSpec({ minNdim: this.rank + 2, axes: { [this.channelAxis]: channels } });
    return channels;
  }
  protected activate(x: Tensor): Tensor {
    return this.activation ? this.activation(x) : x;
  }
}

export interface ConvOptions extends WindowOptions, WeightArguments<'kernel' | 'bias'> {
  /** Into how many groups channels are split; default 1. */
  groups?: number;
}
export interface BaseConv extends WeightFields<'kernel' | 'bias'> {}
/** Convolution of any rank; weights `kernel` [*kernelSize, channels / groups, filters] and `bias` [filters]. */
export abstract class BaseConv extends WindowLayer {
  static override readonly positional: readonly string[] = ['filters', 'kernel_size'];
  static override get configKeys(): readonly ConfigKey[] {
    return [
      'filters',
      'kernel_size',
      'strides',
      'padding',
      'data_format',
      'dilation_rate',
      'groups',
      ['activation', activations.serialize],
      'use_bias',
      ...weightKeys(['kernel', 'bias'], ['activity_regularizer']),
    ];
  }
  readonly filters: number;
  readonly groups: number;
  kernel!: Variable;
  bias: Variable | null = null;
  constructor(rank: number, filters: number, kernelSize: Size, o: ConvOptions) {
    super(rank, kernelSize, o);
    this.filters = positiveInteger('filters', filters);
    this.groups = o.groups ?? 1;
    if (!Number.isInteger(this.groups) || this.groups <= 0)
      throw new core.ValueError(`The number of groups must be a positive integer. Received: groups=${this.groups}.`);
    if (this.filters % this.groups)
      throw new core.ValueError(
        `The number of filters must be evenly divisible by the number of groups. Received: groups=${this.groups}, filters=${this.filters}.`,
      );
    Object.assign(this, weightFields(o, { kernel: 'glorot_uniform', bias: 'zeros' }));
  }
  override build(inputShape: Shape): void {
    const channels = this.channels(inputShape);
    if (channels % this.groups)
      throw new core.ValueError(
        `The number of input channels must be evenly divisible by the number of groups. Received groups=${this.groups}, but the input has ${channels} channels (full input shape is ${formatShape(inputShape)}).`,
      );
    this.kernel = this.addWeight(
      weightOptions(this, 'kernel', {
        name: 'kernel',
        shape: [...this.kernelSize, channels / this.groups, this.filters],
      }),
    );
    if (this.useBias) this.bias = this.addWeight(weightOptions(this, 'bias', { name: 'bias', shape: [this.filters] }));
  }
  override call(inputs: Tensor): Tensor {
    return this.activate(
      apply(this.className, this.bias ? [inputs, this.kernel, this.bias] : [inputs, this.kernel], (x, kernel, bias) =>
        addBias(convolve(x, kernel, this), bias, this.dataFormat),
      ),
    );
  }
}

export interface Conv1D {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/**
 * Convolution over sequences [batch, steps, channels].
 *
 * @example
 * new tf.keras.layers.Conv1D(4, 3, { padding: 'causal' })(tf.ones([2, 5, 3])).shape // => [2, 5, 4]
 */
export class Conv1D extends BaseConv {
  static override readonly className = 'Conv1D';
  constructor(filters: number, kernelSize: Size, o: ConvOptions = {}) {
    super(1, filters, kernelSize, o);
  }
}
export interface Conv2D {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/**
 * Convolution over images [batch, height, width, channels].
 *
 * @example
 * new tf.keras.layers.Conv2D(4, 3, { padding: 'same' })(tf.ones([1, 8, 8, 3])).shape // => [1, 8, 8, 4]
 */
export class Conv2D extends BaseConv {
  static override readonly className = 'Conv2D';
  constructor(filters: number, kernelSize: Size, o: ConvOptions = {}) {
    super(2, filters, kernelSize, o);
  }
}
export interface Conv3D {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/** Convolution over volumes [batch, depth, height, width, channels]. */
export class Conv3D extends BaseConv {
  static override readonly className = 'Conv3D';
  constructor(filters: number, kernelSize: Size, o: ConvOptions = {}) {
    super(3, filters, kernelSize, o);
  }
}
