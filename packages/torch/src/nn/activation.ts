// Activations as modules.
import * as F from '../functional/activation.js';
import * as core from '@nn/core';
import { bind } from '../ops/arguments.js';
import { full } from '../ops/create.js';
import { sigmoid, tanh } from '../ops/pointwise.js';
import type { Tensor } from '../tensor/tensor.js';
import { Module } from './module.js';
import { Parameter } from './parameter.js';
import { args, float } from './repr.js';
import { holdParameters } from './tree.js';

export type {
  AlphaOptions,
  HardtanhOptions,
  InPlaceOptions,
  LeakyReluOptions,
  RreluOptions,
  SoftplusOptions,
} from '../functional/activation.js';

/** A module that may write its result into its input. */
abstract class InPlaceActivation extends Module {
  readonly inplace: boolean;
  constructor(o: F.InPlaceOptions | boolean = {}) {
    super();
    this.inplace = typeof o === 'boolean' ? o : (o.inplace ?? false);
  }
  abstract override forward(x: Tensor): Tensor;
  override extraRepr(): string {
    return this.inplace ? 'inplace=True' : '';
  }
}
/** `text`, and `inplace=True` when that is so. */
const withInPlace = (text: string, inplace: boolean): string => (inplace ? `${text}, inplace=True` : text);

/**
 * `max(x, 0)`
 *
 * @example
 * new nn.ReLU()(torch.tensor([-1, 2])) // => [0, 2]
 */
export class ReLU extends InPlaceActivation {
  forward(x: Tensor): Tensor {
    return F.relu(x, this);
  }
}
/** `min(max(x, 0), 6)` */
export class ReLU6 extends InPlaceActivation {
  forward(x: Tensor): Tensor {
    return F.relu6(x, this);
  }
}
/** The self-normalizing `elu`. */
export class SELU extends InPlaceActivation {
  forward(x: Tensor): Tensor {
    return F.selu(x, this);
  }
}
/** `x * sigmoid(x)` */
export class SiLU extends InPlaceActivation {
  forward(x: Tensor): Tensor {
    return F.silu(x, this);
  }
}
/** `x * tanh(softplus(x))` */
export class Mish extends InPlaceActivation {
  forward(x: Tensor): Tensor {
    return F.mish(x, this);
  }
}
/** `relu6(x + 3) / 6` */
export class Hardsigmoid extends InPlaceActivation {
  forward(x: Tensor): Tensor {
    return F.hardsigmoid(x, this);
  }
  override extraRepr(): string {
    return '';
  }
}
/** `x * hardsigmoid(x)` */
export class Hardswish extends InPlaceActivation {
  forward(x: Tensor): Tensor {
    return F.hardswish(x, this);
  }
  override extraRepr(): string {
    return '';
  }
}
/** `1 / (1 + exp(-x))` */
export class Sigmoid extends Module {
  forward(x: Tensor): Tensor {
    return sigmoid(x);
  }
}
/** The hyperbolic tangent. */
export class Tanh extends Module {
  forward(x: Tensor): Tensor {
    return tanh(x);
  }
}
/** `x / (1 + |x|)` */
export class Softsign extends Module {
  forward(x: Tensor): Tensor {
    return F.softsign(x);
  }
}
/** `log(sigmoid(x))` */
export class LogSigmoid extends Module {
  forward(x: Tensor): Tensor {
    return F.logsigmoid(x);
  }
}
/** `x - tanh(x)` */
export class Tanhshrink extends Module {
  forward(x: Tensor): Tensor {
    return F.tanhshrink(x);
  }
}
/** `x * P(N(0, 1) <= x)`, by erf or (approximate: 'tanh') by tanh. */
export class GELU extends Module {
  readonly approximate: 'none' | 'tanh';
  constructor(o: { approximate?: 'none' | 'tanh' } = {}) {
    super();
    this.approximate = o.approximate ?? 'none';
  }
  forward(x: Tensor): Tensor {
    return F.gelu(x, this);
  }
  override extraRepr(): string {
    return args({ approximate: this.approximate });
  }
}
/** x where positive, else `negativeSlope * x` (0.01). */
export class LeakyReLU extends Module {
  readonly negativeSlope: number;
  readonly inplace: boolean;
  constructor(negativeSlope?: number | F.LeakyReluOptions, o?: F.LeakyReluOptions) {
    super();
    const a = bind<F.LeakyReluOptions>(['negativeSlope'], negativeSlope, o);
    this.negativeSlope = a.negativeSlope ?? 0.01;
    this.inplace = a.inplace ?? false;
  }
  forward(x: Tensor): Tensor {
    return F.leakyRelu(x, this.negativeSlope, { inplace: this.inplace });
  }
  override extraRepr(): string {
    return withInPlace(args({ negative_slope: float(this.negativeSlope) }), this.inplace);
  }
}
/** A module with `alpha`. */
abstract class AlphaActivation extends Module {
  readonly alpha: number;
  readonly inplace: boolean;
  constructor(alpha?: number | F.AlphaOptions, o?: F.AlphaOptions) {
    super();
    const a = bind<F.AlphaOptions>(['alpha'], alpha, o);
    this.alpha = a.alpha ?? 1;
    this.inplace = a.inplace ?? false;
  }
  override extraRepr(): string {
    return withInPlace(args({ alpha: float(this.alpha) }), this.inplace);
  }
}
/** x where positive, else `alpha * (exp(x) - 1)`. */
export class ELU extends AlphaActivation {
  forward(x: Tensor): Tensor {
    return F.elu(x, this.alpha, { inplace: this.inplace });
  }
}
/** x where positive, else `alpha * (exp(x / alpha) - 1)`. */
export class CELU extends AlphaActivation {
  forward(x: Tensor): Tensor {
    return F.celu(x, this.alpha, { inplace: this.inplace });
  }
}
/** `log(1 + exp(beta x)) / beta`, x itself where `beta x` is above the threshold. */
export class Softplus extends Module {
  readonly beta: number;
  readonly threshold: number;
  constructor(beta?: number | F.SoftplusOptions, threshold?: number | F.SoftplusOptions) {
    super();
    const a = bind<F.SoftplusOptions>(['beta', 'threshold'], beta, threshold);
    this.beta = a.beta ?? 1;
    this.threshold = a.threshold ?? 20;
  }
  forward(x: Tensor): Tensor {
    return F.softplus(x, this.beta, this.threshold);
  }
  override extraRepr(): string {
    return args({ beta: float(this.beta), threshold: float(this.threshold) });
  }
}
/** x within [-1, 1], or other bounds. */
export class Hardtanh extends Module {
  readonly minVal: number;
  readonly maxVal: number;
  readonly inplace: boolean;
  constructor(minVal?: number | F.HardtanhOptions, maxVal?: number | F.HardtanhOptions, o?: F.HardtanhOptions) {
    super();
    const a = bind<F.HardtanhOptions>(['minVal', 'maxVal'], minVal, maxVal, o);
    this.minVal = a.minVal ?? -1;
    this.maxVal = a.maxVal ?? 1;
    this.inplace = a.inplace ?? false;
    if (!(this.maxVal > this.minVal))
      throw new core.ValueError(`Hardtanh: max_val (${this.maxVal}) must be larger than min_val (${this.minVal})`);
  }
  forward(x: Tensor): Tensor {
    return F.hardtanh(x, this.minVal, this.maxVal, { inplace: this.inplace });
  }
  override extraRepr(): string {
    return withInPlace(args({ min_val: float(this.minVal), max_val: float(this.maxVal) }), this.inplace);
  }
}
/** x above the threshold, else `value`. */
export class Threshold extends Module {
  readonly threshold: number;
  readonly value: number;
  readonly inplace: boolean;
  constructor(threshold: number, value: number, o: F.InPlaceOptions = {}) {
    super();
    this.threshold = threshold;
    this.value = value;
    this.inplace = o.inplace ?? false;
  }
  forward(x: Tensor): Tensor {
    return F.threshold(x, this.threshold, this.value, { inplace: this.inplace });
  }
  override extraRepr(): string {
    return withInPlace(args({ threshold: this.threshold, value: this.value }), this.inplace);
  }
}
/** A module with `lambd`. */
abstract class Shrink extends Module {
  readonly lambd: number;
  constructor(lambd: number | { lambd?: number } = 0.5) {
    super();
    this.lambd = typeof lambd === 'number' ? lambd : (lambd.lambd ?? 0.5);
  }
  override extraRepr(): string {
    return String(this.lambd);
  }
}
/** x where `|x| > lambd` (0.5), else 0. */
export class Hardshrink extends Shrink {
  forward(x: Tensor): Tensor {
    return F.hardshrink(x, this.lambd);
  }
}
/** x moved towards 0 by `lambd` (0.5), 0 when nearer. */
export class Softshrink extends Shrink {
  forward(x: Tensor): Tensor {
    return F.softshrink(x, this.lambd);
  }
}
/** x where positive, else x times a learned weight: one, or one for each channel (axis 1). */
export class PReLU extends Module {
  readonly numParameters: number;
  weight: Parameter;
  constructor(numParameters?: number | { numParameters?: number; init?: number }, o?: { init?: number }) {
    super();
    const a = bind<{ numParameters: number; init: number }>(['numParameters'], numParameters, o);
    this.numParameters = a.numParameters ?? 1;
    this.weight = new Parameter(full([this.numParameters], a.init ?? 0.25));
    holdParameters(this, 'weight');
  }
  forward(x: Tensor): Tensor {
    return F.prelu(x, this.weight);
  }
  override extraRepr(): string {
    return args({ num_parameters: this.numParameters });
  }
}
/** x where positive, else x times a slope: drawn from [lower, upper] in training, their mean otherwise. */
export class RReLU extends Module {
  readonly lower: number;
  readonly upper: number;
  readonly inplace: boolean;
  constructor(o: Omit<F.RreluOptions, 'training'> = {}) {
    super();
    this.lower = o.lower ?? 1 / 8;
    this.upper = o.upper ?? 1 / 3;
    this.inplace = o.inplace ?? false;
  }
  forward(x: Tensor): Tensor {
    return F.rrelu(x, { lower: this.lower, upper: this.upper, training: this.training, inplace: this.inplace });
  }
  override extraRepr(): string {
    return withInPlace(args({ lower: this.lower, upper: this.upper }), this.inplace);
  }
}
