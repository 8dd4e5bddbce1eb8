// Linear, bilinear and identity modules.
import { bilinear, linear } from '../functional/linear.js';
import { empty } from '../ops/create.js';
import type { Tensor } from '../tensor/tensor.js';
import { kaimingUniform_, uniform_ } from './init.js';
import { Module } from './module.js';
import { Parameter } from './parameter.js';
import { args } from './repr.js';
import { holdParameters } from './tree.js';

export interface BiasOptions {
  /** Learn a bias; default true. */
  bias?: boolean;
}
/** Uniform between `-1 / sqrt(fanIn)` and `1 / sqrt(fanIn)`. */
export function resetWeights(weight: Parameter, bias: Parameter | null): void {
  kaimingUniform_(weight, { a: Math.sqrt(5) });
  const fanIn = weight.shape.slice(1).reduce((n, m) => n * m, 1);
  if (bias && fanIn > 0) uniform_(bias, -1 / Math.sqrt(fanIn), 1 / Math.sqrt(fanIn));
}

/**
 * `y = x weight^T + bias` over the last axis. Weights and bias begin uniform in `±1 / sqrt(inFeatures)`.
 *
 * @param inFeatures   size of the last axis of x
 * @param outFeatures  size of the last axis of y
 * @param o.bias       default true
 * @throws ShapeError  mat1 and mat2 shapes cannot be multiplied (2x3 and 4x5)
 * @example
 * const fc = new nn.Linear(20, 30);
 * fc(torch.randn([128, 20])).shape // => [128, 30]
 * String(fc) // => Linear(in_features=20, out_features=30, bias=True)
 */
export class Linear extends Module {
  readonly inFeatures: number;
  readonly outFeatures: number;
  /** [outFeatures, inFeatures] */
  weight: Parameter;
  /** [outFeatures] */
  bias: Parameter | null;
  constructor(inFeatures: number, outFeatures: number, o: BiasOptions = {}) {
    super();
    this.inFeatures = inFeatures;
    this.outFeatures = outFeatures;
    this.weight = new Parameter(empty([outFeatures, inFeatures]));
    this.bias = (o.bias ?? true) ? new Parameter(empty([outFeatures])) : null;
    holdParameters(this, 'weight', 'bias');
    this.resetParameters();
  }
  resetParameters(): void {
    resetWeights(this.weight, this.bias);
  }
  forward(x: Tensor): Tensor {
    return linear(x, this.weight, this.bias);
  }
  override extraRepr(): string {
    return args({ in_features: this.inFeatures, out_features: this.outFeatures, bias: this.bias !== null });
  }
}

/**
 * `y_o = x1^T weight_o x2 + bias_o` over the last axes.
 *
 * @param in1Features  size of the last axis of x1
 * @param in2Features  size of the last axis of x2
 */
export class Bilinear extends Module {
  readonly in1Features: number;
  readonly in2Features: number;
  readonly outFeatures: number;
  /** [outFeatures, in1Features, in2Features] */
  weight: Parameter;
  /** [outFeatures] */
  bias: Parameter | null;
  constructor(in1Features: number, in2Features: number, outFeatures: number, o: BiasOptions = {}) {
    super();
    this.in1Features = in1Features;
    this.in2Features = in2Features;
    this.outFeatures = outFeatures;
    this.weight = new Parameter(empty([outFeatures, in1Features, in2Features]));
    this.bias = (o.bias ?? true) ? new Parameter(empty([outFeatures])) : null;
    holdParameters(this, 'weight', 'bias');
    this.resetParameters();
  }
  resetParameters(): void {
    const bound = 1 / Math.sqrt(this.in1Features);
    uniform_(this.weight, -bound, bound);
    if (this.bias) uniform_(this.bias, -bound, bound);
  }
  forward(x1: Tensor, x2: Tensor): Tensor {
    return bilinear(x1, x2, this.weight, this.bias);
  }
  override extraRepr(): string {
    return args({
      in1_features: this.in1Features,
      in2_features: this.in2Features,
      out_features: this.outFeatures,
      bias: this.bias !== null,
    });
  }
}

/** Passes its input on. Arguments of the constructor are ignored. */
export class Identity extends Module {
  constructor(..._: unknown[]) {
    super();
  }
  forward(x: Tensor): Tensor {
    return x;
  }
}
