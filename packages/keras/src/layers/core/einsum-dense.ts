// EinsumDense: a linear layer that contracts any axes.
import * as core from '@nn/core';
import * as activations from '../../activations.js';
import { VarianceScaling, type Initializer } from '../../initializers/index.js';
import { formatShape } from '../../tensor/format.js';
import { apply, type Shape, type Tensor } from '../../tensor/tensor.js';
import type { Variable } from '../../tensor/variable.js';
import { InputSpec } from '../input-spec.js';
import { Layer, type ConfigKey, type LayerOptions } from '../layer.js';
import { weightFields, weightKeys, weightOptions, type WeightArguments, type WeightFields } from '../weights.js';

export interface EinsumDenseOptions extends LayerOptions, WeightArguments<'kernel' | 'bias'> {
  activation?: activations.ActivationLike | null;
  /** Output axes (letters of the equation) that have a bias; none by default. */
  biasAxes?: string | null;
}
export interface EinsumDense extends WeightFields<'kernel' | 'bias'> {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}

interface Analysis {
  readonly kernel: number[];
  readonly bias: number[] | null;
  readonly inputAxes: number[];
  readonly outputAxes: number[];
}
/** The shapes of the weights that an equation such as `abc,cd->abd` needs. */
export function analyzeEquation(
  equation: string,
  biasAxes: string | null,
  inputShape: Shape,
  outputShape: Shape,
): Analysis {
  const match = /^(\.\.\.)?([a-zA-Z]+)(\.\.\.)?,([a-zA-Z]+)->(\.\.\.)?([a-zA-Z]+)(\.\.\.)?$/.exec(
    equation.replaceAll(' ', ''),
  );
  if (!match)
    throw new core.ValueError(
      `Invalid einsum equation '${equation}'. Equations must be in the form [X],[Y]->[Z], ...[X],[Y]->...[Z], or [X]...,[Y]->[Z]....`,
    );
  const [, before, input, after, weight, , output] = match as unknown as [
    string,
    string | undefined,
    string,
    string | undefined,
    string,
    string | undefined,
    string,
  ];
  const sizes = new Map<string, number>();
  const known = (letter: string, size: number | null | undefined): void => {
    const was = sizes.get(letter);
    if (typeof size === 'number' && was !== undefined && was !== size)
      throw new core.ValueError(
        `Input shape and output shape do not match at shared dimension '${letter}'. Input shape is ${was}, and output shape is ${size}.`,
      );
    if (typeof size === 'number') sizes.set(letter, size);
  };
  // letters are counted from the end when the ellipsis comes first
  const place = (n: number, rank: number, i: number): number => (before ? rank - n + i : i);
  Array.from(input).forEach((letter, i) => known(letter, inputShape[place(input.length, inputShape.length, i)]));
  const full = before ? outputShape : [inputShape[0] ?? null, ...outputShape];
  Array.from(output).forEach((letter, i) => known(letter, full[place(output.length, full.length, i)]));
  const size = (letter: string): number => {
    const n = sizes.get(letter);
    if (n !== undefined) return n;
    throw new core.ValueError(
      `Weight dimension '${letter}' did not have a match in either the input spec '${input}' or the output spec '${output}', or its size is not known. For this layer, the weight must be fully specified. Input shape: ${formatShape(inputShape)}`,
    );
  };
  const bias =
    biasAxes === null ? null : Array.from(output, (letter) => (biasAxes.includes(letter) ? size(letter) : 1));
  for (const letter of biasAxes ?? '') {
    if (!output.includes(letter))
      throw new core.ValueError(
        `Bias dimension '${letter}' was requested, but is not part of the output spec '${output}'`,
      );
  }
  const first = Math.min(...Array.from(biasAxes ?? '', (letter) => output.indexOf(letter)));
  const letters = Array.from(weight);
  const axesIn = (spec: string): number[] => letters.flatMap((letter, i) => (spec.includes(letter) ? [i] : []));
  return {
    kernel: letters.map(size),
    bias: bias && [
      ...bias.slice(first),
      ...Array.from({ length: after ? outputShape.length + 1 - output.length : 0 }, () => 1),
    ],
    inputAxes: axesIn(input),
    outputAxes: axesIn(output),
  };
}

/**
 * `activation(einsum(equation, x, kernel) + bias)`.
 *
 * @param equation     such as 'abc,cd->abd' or '...x,xy->...y'
 * @param outputShape  sizes of the output without the batch axis (and without what the ellipsis stands for); null where unknown
 * @example
 * new tf.keras.layers.EinsumDense('abc,cd->abd', [null, 4], { biasAxes: 'd' })(tf.ones([2, 5, 3])).shape // => [2, 5, 4]
 */
export class EinsumDense extends Layer {
  static override readonly className: string = 'EinsumDense';
  static override readonly positional: readonly string[] = ['equation', 'output_shape'];
  static override get configKeys(): readonly ConfigKey[] {
    return [
      'output_shape',
      'equation',
      ['activation', activations.serialize],
      'bias_axes',
      ...weightKeys(['kernel', 'bias'], ['activity_regularizer']),
      'quantization_config',
    ];
  }
  readonly equation: string;
  readonly outputShape: Shape;
  readonly activation: activations.Activation | null;
  readonly biasAxes: string | null;
  kernel!: Variable;
  bias: Variable | null = null;

  constructor(equation: string, outputShape: number | Shape, o: EinsumDenseOptions = {}) {
    super(o);
    this.equation = equation;
    this.outputShape = typeof outputShape === 'number' ? [outputShape] : outputShape;
    this.activation = activations.get(o.activation);
    this.biasAxes = o.biasAxes ?? null;
    Object.assign(this, weightFields(o, { kernel: 'glorot_uniform', bias: 'zeros' }));
  }
  override build(inputShape: Shape): void {
    const { kernel, bias, inputAxes, outputAxes } = analyzeEquation(
      this.equation,
      this.biasAxes,
      inputShape,
      this.outputShape,
    );
    this.kernel = this.addWeight({
      ...weightOptions(this, 'kernel', { name: 'kernel', shape: kernel }),
      initializer: scaledTo(this.kernelInitializer, inputAxes, outputAxes),
    });
    if (bias) this.bias = this.addWeight(weightOptions(this, 'bias', { name: 'bias', shape: bias }));
    this.inputSpec = new InputSpec({ ndim: inputShape.length });
  }
  override call(inputs: Tensor): Tensor {
    const x = apply(
      'EinsumDense',
      this.bias ? [inputs, this.kernel, this.bias] : [inputs, this.kernel],
      (t, kernel, bias) => {
        const y = core.einsum(this.equation.replaceAll(' ', ''), t, kernel);
        return bias ? core.add(y, bias) : y;
      },
    );
    return this.activation ? this.activation(x) : x;
  }
}
/** Variance scaling counts the contracted axes of the kernel as inputs. */
function scaledTo(initializer: Initializer, inputAxes: number[], outputAxes: number[]): Initializer {
  if (!(initializer instanceof VarianceScaling) || initializer.inputAxes) return initializer;
  return initializer.withAxes(inputAxes, outputAxes);
}
