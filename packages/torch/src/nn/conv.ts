// Convolution modules over one, two and three axes, plain and transposed.
import * as core from '@nn/core';
import {
  conv1d,
  conv2d,
  conv3d,
  convTranspose1d,
  convTranspose2d,
  convTranspose3d,
  type PerAxis,
  samePads,
  spread,
} from '../functional/conv.js';
import { pad } from '../functional/padding.js';
import { empty } from '../ops/create.js';
import type { Tensor } from '../tensor/tensor.js';
import { resetWeights } from './linear.js';
import { Module } from './module.js';
import { Parameter } from './parameter.js';
import { py } from './repr.js';
import { holdParameters } from './tree.js';

export type PaddingMode = 'zeros' | 'reflect' | 'replicate' | 'circular';
const paddingModes: readonly string[] = ['zeros', 'reflect', 'replicate', 'circular'];

interface Common {
  /** Default 1. */
  stride?: PerAxis;
  /** Default 1. */
  dilation?: PerAxis;
  /** Blocks of channels that do not mix; default 1. */
  groups?: number;
  /** Default true. */
  bias?: boolean;
  /** What lies around the input; default 'zeros'. */
  paddingMode?: PaddingMode;
}
export interface ConvOptions extends Common {
  /** On both sides of each axis, 'valid' (none) or 'same' (keeps the size, stride 1); default 0. */
  padding?: PerAxis | 'valid' | 'same';
}
export interface ConvTransposeOptions extends Common {
  /** Taken away from both sides of each axis of the result; default 0. */
  padding?: PerAxis;
  /** Added to one side of the result; default 0. */
  outputPadding?: PerAxis;
}

/** What all convolutions have. */
abstract class ConvNd extends Module {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernelSize: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly number[] | 'valid' | 'same';
  readonly dilation: readonly number[];
  readonly outputPadding: readonly number[];
  readonly groups: number;
  readonly paddingMode: PaddingMode;
  /** [out, in / groups, ...kernel]; transposed: [in, out / groups, ...kernel] */
  weight: Parameter;
  /** [out] */
  bias: Parameter | null;
  constructor(
    rank: number,
    transposed: boolean,
    inChannels: number,
    outChannels: number,
    kernelSize: PerAxis,
    o: ConvOptions & ConvTransposeOptions,
  ) {
    super();
    const groups = o.groups ?? 1;
    if (!(groups > 0)) throw new core.ValueError('groups must be a positive integer');
    if (inChannels % groups) throw new core.ValueError('in_channels must be divisible by groups');
    if (outChannels % groups) throw new core.ValueError('out_channels must be divisible by groups');
    const mode = o.paddingMode ?? 'zeros';
    if (!paddingModes.includes(mode)) {
      throw new core.ValueError(
        `padding_mode must be one of {'zeros', 'reflect', 'replicate', 'circular'}, but got padding_mode='${String(mode)}'.${core.nearest(String(mode), paddingModes)}`,
      );
    }
    const { padding = 0 } = o;
    this.inChannels = inChannels;
    this.outChannels = outChannels;
    this.kernelSize = spread(kernelSize, rank, 'kernel_size');
    this.stride = spread(o.stride ?? 1, rank, 'stride');
    if (typeof padding === 'string') {
      if (padding !== 'same' && padding !== 'valid')
        throw new core.ValueError(`Invalid padding string '${String(padding)}', should be one of {'valid', 'same'}`);
      if (padding === 'same' && this.stride.some((s) => s !== 1))
        throw new core.ValueError("padding='same' is not supported for strided convolutions");
    }
    this.padding = typeof padding === 'string' ? padding : spread(padding, rank, 'padding');
    this.dilation = spread(o.dilation ?? 1, rank, 'dilation');
    this.outputPadding = spread(o.outputPadding ?? 0, rank, 'output_padding');
    this.groups = groups;
    this.paddingMode = mode;
    const channels = transposed ? [inChannels, outChannels / groups] : [outChannels, inChannels / groups];
    this.weight = new Parameter(empty([...channels, ...this.kernelSize]));
    this.bias = (o.bias ?? true) ? new Parameter(empty([outChannels])) : null;
    holdParameters(this, 'weight', 'bias');
    this.resetParameters();
  }
  abstract override forward(x: Tensor, ...rest: never[]): Tensor;
  resetParameters(): void {
    resetWeights(this.weight, this.bias);
  }
  override extraRepr(): string {
    const parts = [
      `${this.inChannels}, ${this.outChannels}, kernel_size=${py(this.kernelSize)}, stride=${py(this.stride)}`,
    ];
    const { padding } = this;
    if (typeof padding === 'string') parts.push(`padding=${padding}`);
    else if (padding.some((p) => p !== 0)) parts.push(`padding=${py(padding)}`);
    if (this.dilation.some((d) => d !== 1)) parts.push(`dilation=${py(this.dilation)}`);
    if (this.outputPadding.some((p) => p !== 0)) parts.push(`output_padding=${py(this.outputPadding)}`);
    if (this.groups !== 1) parts.push(`groups=${this.groups}`);
    if (!this.bias) parts.push('bias=False');
    if (this.paddingMode !== 'zeros') parts.push(`padding_mode=${this.paddingMode}`);
    return parts.join(', ');
  }
  /** The input with its border and the padding that is left to the convolution. */
  protected bordered(x: Tensor): [Tensor, readonly number[] | 'valid' | 'same'] {
    if (this.paddingMode === 'zeros') return [x, this.padding];
    const rank = this.kernelSize.length;
    const pairs =
      this.padding === 'same'
        ? samePads(this.kernelSize, this.dilation)
        : spread(this.padding === 'valid' ? 0 : this.padding, rank, 'padding').map((p): [number, number] => [p, p]);
    return [pad(x, pairs.toReversed().flat(), this.paddingMode), spread(0, rank, 'padding')];
  }
}

/**
 * Cross-correlation of [n, inChannels, l] (or [inChannels, l]) with learned windows.
 *
 * @param kernelSize  size of the window
 * @returns  length `floor((l + 2 padding - dilation (kernelSize - 1) - 1) / stride) + 1`
 */
export class Conv1d extends ConvNd {
  constructor(inChannels: number, outChannels: number, kernelSize: PerAxis, o: ConvOptions = {}) {
    super(1, false, inChannels, outChannels, kernelSize, o as ConvOptions & ConvTransposeOptions);
  }
  forward(x: Tensor): Tensor {
    const [input, padding] = this.bordered(x);
    return conv1d(input, this.weight, this.bias, this.stride, padding, this.dilation, this.groups);
  }
}
/**
 * Cross-correlation of [n, inChannels, h, w] (or [inChannels, h, w]) with learned windows.
 *
 * @param kernelSize  one number, or [height, width]
 * @throws ShapeError  Given groups=1, weight of size [4, 3, 3, 3], expected input[1, 2, 5, 5] to have 3 channels, but got 2 channels instead
 * @example
 * const conv = new nn.Conv2d(3, 8, 3, { stride: 2, padding: 1 });
 * conv(torch.zeros([1, 3, 8, 8])).shape // => [1, 8, 4, 4]
 * String(conv) // => Conv2d(3, 8, kernel_size=(3, 3), stride=(2, 2), padding=(1, 1))
 */
export class Conv2d extends ConvNd {
  constructor(inChannels: number, outChannels: number, kernelSize: PerAxis, o: ConvOptions = {}) {
    super(2, false, inChannels, outChannels, kernelSize, o as ConvOptions & ConvTransposeOptions);
  }
  forward(x: Tensor): Tensor {
    const [input, padding] = this.bordered(x);
    return conv2d(input, this.weight, this.bias, this.stride, padding, this.dilation, this.groups);
  }
}
/** Cross-correlation of [n, inChannels, d, h, w] (or [inChannels, d, h, w]) with learned windows. */
export class Conv3d extends ConvNd {
  constructor(inChannels: number, outChannels: number, kernelSize: PerAxis, o: ConvOptions = {}) {
    super(3, false, inChannels, outChannels, kernelSize, o as ConvOptions & ConvTransposeOptions);
  }
  forward(x: Tensor): Tensor {
    const [input, padding] = this.bordered(x);
    return conv3d(input, this.weight, this.bias, this.stride, padding, this.dilation, this.groups);
  }
}

/** What transposed convolutions have besides. */
abstract class ConvTransposeNd extends ConvNd {
  constructor(rank: number, inChannels: number, outChannels: number, kernelSize: PerAxis, o: ConvTransposeOptions) {
    if ((o.paddingMode ?? 'zeros') !== 'zeros')
      throw new core.ValueError(`Only "zeros" padding mode is supported for ConvTranspose${rank}d`);
    super(rank, true, inChannels, outChannels, kernelSize, o);
  }
  /** The output padding that gives a wanted size. */
  protected outputPaddingFor(x: Tensor, outputSize: readonly number[] | null | undefined): readonly number[] {
    if (!outputSize) return this.outputPadding;
    const rank = this.kernelSize.length;
    const wanted = outputSize.slice(outputSize.length - rank);
    const spatial = x.shape.slice(x.shape.length - rank);
    const padding = this.padding as readonly number[];
    const least = spatial.map(
      (n, i) => (n - 1) * this.stride[i]! - 2 * padding[i]! + this.dilation[i]! * (this.kernelSize[i]! - 1) + 1,
    );
    return wanted.map((n, i) => {
      if (n < least[i]! || n > least[i]! + this.stride[i]! - 1) {
        throw new core.ValueError(
          `requested an output size of [${wanted.join(', ')}], but valid sizes range from [${least.join(', ')}] to [${least.map((m, k) => m + this.stride[k]! - 1).join(', ')}] (for an input of [${spatial.join(', ')}])`,
        );
      }
      return n - least[i]!;
    });
  }
}
/** The transposed convolution of [n, inChannels, l]. */
export class ConvTranspose1d extends ConvTransposeNd {
  constructor(inChannels: number, outChannels: number, kernelSize: PerAxis, o: ConvTransposeOptions = {}) {
    super(1, inChannels, outChannels, kernelSize, o);
  }
  forward(x: Tensor, outputSize?: readonly number[] | null): Tensor {
    return convTranspose1d(
      x,
      this.weight,
      this.bias,
      this.stride,
      this.padding as readonly number[],
      this.outputPaddingFor(x, outputSize),
      this.groups,
      this.dilation,
    );
  }
}
/** The transposed convolution of [n, inChannels, h, w]. */
export class ConvTranspose2d extends ConvTransposeNd {
  constructor(inChannels: number, outChannels: number, kernelSize: PerAxis, o: ConvTransposeOptions = {}) {
    super(2, inChannels, outChannels, kernelSize, o);
  }
  forward(x: Tensor, outputSize?: readonly number[] | null): Tensor {
    return convTranspose2d(
      x,
      this.weight,
      this.bias,
      this.stride,
      this.padding as readonly number[],
      this.outputPaddingFor(x, outputSize),
      this.groups,
      this.dilation,
    );
  }
}
/** The transposed convolution of [n, inChannels, d, h, w]. */
export class ConvTranspose3d extends ConvTransposeNd {
  constructor(inChannels: number, outChannels: number, kernelSize: PerAxis, o: ConvTransposeOptions = {}) {
    super(3, inChannels, outChannels, kernelSize, o);
  }
  forward(x: Tensor, outputSize?: readonly number[] | null): Tensor {
    return convTranspose3d(
      x,
      this.weight,
      this.bias,
      this.stride,
      this.padding as readonly number[],
      this.outputPaddingFor(x, outputSize),
      this.groups,
      this.dilation,
    );
  }
}
