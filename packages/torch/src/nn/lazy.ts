// Modules that find the size of their input at the first call, and then become the plain module.
import * as core from '@nn/core';
import type { PerAxis } from '../functional/conv.js';
import type { Tensor } from '../tensor/tensor.js';
import {
  BatchNorm1d,
  BatchNorm2d,
  BatchNorm3d,
  InstanceNorm1d,
  InstanceNorm2d,
  InstanceNorm3d,
  type NormOptions,
} from './batchnorm.js';
import {
  Conv1d,
  Conv2d,
  Conv3d,
  type ConvOptions,
  ConvTranspose1d,
  ConvTranspose2d,
  ConvTranspose3d,
  type ConvTransposeOptions,
} from './conv.js';
import { type BiasOptions, Linear } from './linear.js';
import type { Module } from './module.js';
import { Parameter, UninitializedParameter } from './parameter.js';

type Fields = Record<string, unknown>;
/** The sizes that a lazy module learns, and the shapes of its parameters then. */
interface Found {
  readonly sizes: Readonly<Record<string, number>>;
  readonly shapes: Readonly<Record<string, readonly number[]>>;
}

/** Leaves the parameters of a new module without a shape until the first call. */
function postpone(m: Module, ...names: string[]): void {
  for (const name of names)
    if ((m as unknown as Fields)[name] instanceof Parameter)
      (m as unknown as Fields)[name] = new UninitializedParameter();
}
/** Gives a lazy module its sizes and its plain class. */
function become<M extends Module & { resetParameters(): void }>(
  m: M,
  plain: abstract new (...args: never[]) => M,
  { sizes, shapes }: Found,
): void {
  core.untraced(() => {
    Object.assign(m, sizes);
    let made = false;
    for (const [name, shape] of Object.entries(shapes)) {
      const p = (m as unknown as Fields)[name];
      if (!(p instanceof UninitializedParameter) || !p.pending) continue;
      p.materialize(shape);
      made = true;
    }
    Object.setPrototypeOf(m, plain.prototype as object);
    if (made) m.resetParameters();
  });
}

/** `Linear` whose `inFeatures` is the last size of the first input. */
export class LazyLinear extends Linear {
  constructor(outFeatures: number, o: BiasOptions = {}) {
    super(1, outFeatures, o);
    Object.assign(this, { inFeatures: 0 });
    postpone(this, 'weight', 'bias');
  }
  override resetParameters(): void {
    if (!(this.weight instanceof UninitializedParameter && this.weight.pending)) super.resetParameters();
  }
  override forward(x: Tensor): Tensor {
    const inFeatures = x.shape.at(-1)!;
    become<Linear>(this, Linear, {
      sizes: { inFeatures },
      shapes: { weight: [this.outFeatures, inFeatures], bias: [this.outFeatures] },
    });
    return this.forward(x);
  }
}

type ConvLike = Conv1d | ConvTranspose1d;
function becomeConv<M extends ConvLike>(
  m: M,
  plain: abstract new (...args: never[]) => M,
  x: Tensor,
  transposed: boolean,
): void {
  const rank = m.kernelSize.length;
  const inChannels = x.shape.at(-1 - rank);
  if (inChannels === undefined)
    throw new core.ShapeError(
      `Expected ${rank + 1}D or ${rank + 2}D input to ${m.getName()}, but got input of size: [${x.shape.join(', ')}]`,
    );
  if (inChannels % m.groups) throw new core.ValueError('in_channels must be divisible by groups');
  const channels = transposed ? [inChannels, m.outChannels / m.groups] : [m.outChannels, inChannels / m.groups];
  become(m, plain, {
    sizes: { inChannels },
    shapes: { weight: [...channels, ...m.kernelSize], bias: [m.outChannels] },
  });
}
const unknown = (m: ConvLike): void => {
  Object.assign(m, { inChannels: 0 });
  postpone(m, 'weight', 'bias');
};
const some = (o: { groups?: number }): number => o.groups ?? 1;

/** `Conv1d` that finds `inChannels` at the first call. */
export class LazyConv1d extends Conv1d {
  constructor(outChannels: number, kernelSize: PerAxis, o: ConvOptions = {}) {
    super(some(o), outChannels, kernelSize, o);
    unknown(this);
  }
  override forward(x: Tensor): Tensor {
    becomeConv<Conv1d>(this, Conv1d, x, false);
    return this.forward(x);
  }
}
/** `Conv2d` that finds `inChannels` at the first call. */
export class LazyConv2d extends Conv2d {
  constructor(outChannels: number, kernelSize: PerAxis, o: ConvOptions = {}) {
    super(some(o), outChannels, kernelSize, o);
    unknown(this);
  }
  override forward(x: Tensor): Tensor {
    becomeConv<Conv2d>(this, Conv2d, x, false);
    return this.forward(x);
  }
}
/** `Conv3d` that finds `inChannels` at the first call. */
export class LazyConv3d extends Conv3d {
  constructor(outChannels: number, kernelSize: PerAxis, o: ConvOptions = {}) {
    super(some(o), outChannels, kernelSize, o);
    unknown(this);
  }
  override forward(x: Tensor): Tensor {
    becomeConv<Conv3d>(this, Conv3d, x, false);
    return this.forward(x);
  }
}
/** `ConvTranspose1d` that finds `inChannels` at the first call. */
export class LazyConvTranspose1d extends ConvTranspose1d {
  constructor(outChannels: number, kernelSize: PerAxis, o: ConvTransposeOptions = {}) {
    super(some(o), outChannels, kernelSize, o);
    unknown(this);
  }
  override forward(x: Tensor, outputSize?: readonly number[] | null): Tensor {
    becomeConv<ConvTranspose1d>(this, ConvTranspose1d, x, true);
    return this.forward(x, outputSize);
  }
}
/** `ConvTranspose2d` that finds `inChannels` at the first call. */
export class LazyConvTranspose2d extends ConvTranspose2d {
  constructor(outChannels: number, kernelSize: PerAxis, o: ConvTransposeOptions = {}) {
    super(some(o), outChannels, kernelSize, o);
    unknown(this);
  }
  override forward(x: Tensor, outputSize?: readonly number[] | null): Tensor {
    becomeConv<ConvTranspose2d>(this, ConvTranspose2d, x, true);
    return this.forward(x, outputSize);
  }
}
/** `ConvTranspose3d` that finds `inChannels` at the first call. */
export class LazyConvTranspose3d extends ConvTranspose3d {
  constructor(outChannels: number, kernelSize: PerAxis, o: ConvTransposeOptions = {}) {
    super(some(o), outChannels, kernelSize, o);
    unknown(this);
  }
  override forward(x: Tensor, outputSize?: readonly number[] | null): Tensor {
    becomeConv<ConvTranspose3d>(this, ConvTranspose3d, x, true);
    return this.forward(x, outputSize);
  }
}

type NormLike = BatchNorm1d | InstanceNorm1d;
/** A norm of unknown width: its vectors are made at the first call. */
function becomeNorm<M extends NormLike>(m: M, plain: abstract new (...args: never[]) => M, x: Tensor): void {
  const numFeatures = x.shape[1]!;
  if (m.running_mean) m.running_mean = core.untraced(() => x.newZeros([numFeatures]));
  if (m.running_var) m.running_var = core.untraced(() => x.newOnes([numFeatures]));
  become(m, plain, { sizes: { numFeatures }, shapes: { weight: [numFeatures], bias: [numFeatures] } });
}
const unsized = (m: NormLike): void => postpone(m, 'weight', 'bias');

/** `BatchNorm1d` that finds `numFeatures` at the first call. */
export class LazyBatchNorm1d extends BatchNorm1d {
  constructor(o: NormOptions = {}) {
    super(0, o);
    unsized(this);
  }
  override forward(x: Tensor): Tensor {
    becomeNorm<BatchNorm1d>(this, BatchNorm1d, x);
    return this.forward(x);
  }
}
/** `BatchNorm2d` that finds `numFeatures` at the first call. */
export class LazyBatchNorm2d extends BatchNorm2d {
  constructor(o: NormOptions = {}) {
    super(0, o);
    unsized(this);
  }
  override forward(x: Tensor): Tensor {
    becomeNorm<BatchNorm2d>(this, BatchNorm2d, x);
    return this.forward(x);
  }
}
/** `BatchNorm3d` that finds `numFeatures` at the first call. */
export class LazyBatchNorm3d extends BatchNorm3d {
  constructor(o: NormOptions = {}) {
    super(0, o);
    unsized(this);
  }
  override forward(x: Tensor): Tensor {
    becomeNorm<BatchNorm3d>(this, BatchNorm3d, x);
    return this.forward(x);
  }
}
/** `InstanceNorm1d` that finds `numFeatures` at the first call. */
export class LazyInstanceNorm1d extends InstanceNorm1d {
  constructor(o: NormOptions = {}) {
    super(0, o);
    unsized(this);
  }
  override forward(x: Tensor): Tensor {
    becomeNorm<InstanceNorm1d>(this, InstanceNorm1d, x);
    return this.forward(x);
  }
}
/** `InstanceNorm2d` that finds `numFeatures` at the first call. */
export class LazyInstanceNorm2d extends InstanceNorm2d {
  constructor(o: NormOptions = {}) {
    super(0, o);
    unsized(this);
  }
  override forward(x: Tensor): Tensor {
    becomeNorm<InstanceNorm2d>(this, InstanceNorm2d, x);
    return this.forward(x);
  }
}
/** `InstanceNorm3d` that finds `numFeatures` at the first call. */
export class LazyInstanceNorm3d extends InstanceNorm3d {
  constructor(o: NormOptions = {}) {
    super(0, o);
    unsized(this);
  }
  override forward(x: Tensor): Tensor {
    becomeNorm<InstanceNorm3d>(this, InstanceNorm3d, x);
    return this.forward(x);
  }
}
