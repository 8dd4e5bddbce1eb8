// Dense: the linear layer.
import * as core from '@nn/core';
import * as activations from '../../activations.js';
import { formatShape } from '../../tensor/format.js';
import { apply, type Shape, type Tensor } from '../../tensor/tensor.js';
import type { Variable } from '../../tensor/variable.js';
import { InputSpec } from '../input-spec.js';
import { Layer, type ConfigKey, type LayerOptions } from '../layer.js';
import { weightFields, weightKeys, weightOptions, type WeightArguments, type WeightFields } from '../weights.js';

export interface DenseOptions extends LayerOptions, WeightArguments<'kernel' | 'bias'> {
  /** Applied to the result; default none. */
  activation?: activations.ActivationLike | null;
  /** Default true. */
  useBias?: boolean;
}
export interface Dense extends WeightFields<'kernel' | 'bias'> {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/** Checks a size such as `units`. */
export function positiveInteger(name: string, value: unknown): number {
  if (!Number.isInteger(value) || (value as number) <= 0)
    throw new core.ValueError(
      `Received an invalid value for \`${name}\`, expected a positive integer. Received: ${name}=${String(value)}`,
    );
  return value as number;
}
/** A size that weights are made of: it has to be known. */
export function knownSize(layer: Layer, shape: Shape, axis = -1): number {
  const size = shape.at(axis);
  if (typeof size !== 'number')
    throw new core.ValueError(
      `Layer '${layer.name}' (${layer.className}): axis ${axis} of the input must have a known size to build the weights. Received: input shape ${formatShape(shape)}`,
    );
  return size;
}

/**
 * `activation(x kernel + bias)` over the last axis; weights `kernel` [inputs, units] and `bias` [units].
 *
 * @param units  size of the output
 * @example
 * new tf.keras.layers.Dense(4)(tf.ones([2, 3])).shape // => [2, 4]
 */
export class Dense extends Layer {
  static override readonly className: string = 'Dense';
  static override readonly positional: readonly string[] = ['units'];
  static override get configKeys(): readonly ConfigKey[] {
    return [
      'units',
      ['activation', activations.serialize],
      'use_bias',
      ...weightKeys(['kernel', 'bias']),
      'quantization_config',
    ];
  }
  readonly units: number;
  readonly activation: activations.Activation | null;
  readonly useBias: boolean;
  kernel!: Variable;
  bias: Variable | null = null;

  constructor(units: number, o: DenseOptions = {}) {
    super(o);
    this.units = positiveInteger('units', units);
    this.activation = activations.get(o.activation);
    this.useBias = o.useBias ?? true;
    Object.assign(this, weightFields(o, { kernel: 'glorot_uniform', bias: 'zeros' }));
    this.inputSpec = new InputSpec({ minNdim: 2 });
    this.supportsMasking = true;
  }
  override build(inputShape: Shape): void {
    const inputs = knownSize(this, inputShape);
    this.kernel = this.addWeight(weightOptions(this, 'kernel', { name: 'kernel', shape: [inputs, this.units] }));
    if (this.useBias) this.bias = this.addWeight(weightOptions(this, 'bias', { name: 'bias', shape: [this.units] }));
    this.inputSpec = new InputSpec({ minNdim: 2, axes: { [-1]: inputs } });
  }
  override call(inputs: Tensor): Tensor {
    const x = apply(
      'Dense',
      this.bias ? [inputs, this.kernel, this.bias] : [inputs, this.kernel],
      (t, kernel, bias) => {
        const y = core.matmul(t, kernel);
        return bias ? core.add(y, bias) : y;
      },
    );
    return this.activation ? this.activation(x) : x;
  }
}
