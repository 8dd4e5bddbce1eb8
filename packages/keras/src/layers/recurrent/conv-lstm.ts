// ConvLSTM1D, ConvLSTM2D, ConvLSTM3D: LSTM whose products are convolutions.
import * as core from '@nn/core';
import * as activations from '../../activations.js';
import { dataFormatOf, type DataFormat } from '../../config.js';
import { construct, type Config, type Constructible, type Resolve } from '../../object.js';
import { SeedGenerator } from '../../seed.js';
import { formatShape } from '../../tensor/format.js';
import { coreDType } from '../../tensor/dtype.js';
import { applyMany, Tensor, type Shape } from '../../tensor/tensor.js';
import type { Variable } from '../../tensor/variable.js';
import { convolve } from '../convolution/convolve.js';
import { standardizePadding, standardizeTuple, type Padding, type Size } from '../convolution/tuples.js';
import { knownSize, positiveInteger } from '../core/dense.js';
import { InputSpec } from '../input-spec.js';
import { callTraining, Layer, type CallOptions, type ConfigKey, type Open } from '../layer.js';
import { weightFields, weightKeys, weightOptions, type WeightFields } from '../weights.js';
import { onCore, withBias, type GatedCellOptions } from './cell.js';
import { flatConfig, RNN, type RNNOptions } from './rnn.js';

export interface ConvLSTMOptions extends RNNOptions, GatedCellOptions {
  /** Default 1. */
  strides?: Size;
  /** 'valid' (default) or 'same'. */
  padding?: string;
  dataFormat?: string | null;
  dilationRate?: Size;
  /** Starts the bias of the forget gate at 1; default true. */
  unitForgetBias?: boolean;
}
export interface ConvLSTMCell extends WeightFields<'kernel' | 'recurrent' | 'bias'> {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/** One step of a convolutional LSTM; weights `kernel` [*window, inputs, 4 filters], `recurrent_kernel` and `bias`. */
export class ConvLSTMCell extends Layer {
  static override readonly className = 'ConvLSTMCell';
  static override readonly positional: readonly string[] = ['rank', 'filters', 'kernel_size'];
  static override get configKeys(): readonly ConfigKey[] {
    return [
      'filters',
      'kernel_size',
      'strides',
      'padding',
      'data_format',
      'dilation_rate',
      ['activation', activations.serialize],
      ['recurrent_activation', activations.serialize],
      'use_bias',
      'unit_forget_bias',
      ...weightKeys(['kernel', 'recurrent', 'bias']),
      'dropout',
      'recurrent_dropout',
      'seed',
    ];
  }
  readonly rank: number;
  readonly filters: number;
  readonly kernelSize: readonly number[];
  readonly strides: readonly number[];
  readonly padding: Padding;
  readonly dataFormat: DataFormat;
  readonly dilationRate: readonly number[];
  readonly activation: activations.Activation | null;
  readonly recurrentActivation: activations.Activation | null;
  readonly useBias: boolean;
  readonly unitForgetBias: boolean;
  readonly dropout: number;
  readonly recurrentDropout: number;
  readonly seed: number | null;
  readonly seedGenerator: SeedGenerator;
  readonly stateSize: readonly number[];
  kernel!: Variable;
  recurrentKernel!: Variable;
  bias: Variable | null = null;
  private inputShape: readonly number[] = [];

  constructor(rank: number, filters: number, kernelSize: Size, o: ConvLSTMOptions = {}) {
    super({
      ...(o.name !== undefined && { name: o.name }),
      ...(o.trainable !== undefined && { trainable: o.trainable }),
      ...(o.dtype !== undefined && { dtype: o.dtype }),
    });
    this.rank = rank;
    this.filters = positiveInteger('filters', filters);
    this.kernelSize = standardizeTuple(kernelSize, rank, 'kernel_size');
    this.strides = standardizeTuple(o.strides ?? 1, rank, 'strides');
    this.dilationRate = standardizeTuple(o.dilationRate ?? 1, rank, 'dilation_rate');
    this.padding = standardizePadding(o.padding ?? 'valid');
    this.dataFormat = dataFormatOf(o.dataFormat);
    this.activation = activations.get(o.activation === undefined ? 'tanh' : o.activation);
    this.recurrentActivation = activations.get(o.recurrentActivation === undefined ? 'sigmoid' : o.recurrentActivation);
    this.useBias = o.useBias ?? true;
    this.unitForgetBias = o.unitForgetBias ?? true;
    this.dropout = o.dropout ?? 0;
    this.recurrentDropout = o.recurrentDropout ?? 0;
    this.seed = o.seed ?? null;
    this.seedGenerator = new SeedGenerator(this.seed);
    this.stateSize = [this.filters, this.filters];
    Object.assign(this, weightFields(o, { kernel: 'glorot_uniform', recurrent: 'orthogonal', bias: 'zeros' }));
  }
  override build(inputShape: Shape, ..._states: Open[]): void {
    const spatial = this.dataFormat === 'channels_first' ? inputShape.slice(2) : inputShape.slice(1, -1);
    if (spatial.includes(null))
      throw new core.ValueError(
        `ConvLSTM layers only support static input shapes for the spatial dimension. Received invalid input shape: input_shape=${formatShape(inputShape)}`,
      );
    const channels = knownSize(this, inputShape, this.dataFormat === 'channels_first' ? 1 : -1);
    this.inputShape = [...(spatial as number[]), channels];
    this.kernel = this.addWeight(
      weightOptions(this, 'kernel', { name: 'kernel', shape: [...this.kernelSize, channels, this.filters * 4] }),
    );
    this.recurrentKernel = this.addWeight(
      weightOptions(this, 'recurrent', {
        name: 'recurrent_kernel',
        shape: [...this.kernelSize, this.filters, this.filters * 4],
      }),
    );
    if (!this.useBias) return;
    const start = (_: readonly number[], o: { dtype: string }): Tensor =>
      new Tensor(
        core.concat(
          [
            this.biasInitializer([this.filters], o).read(),
            core.ones([this.filters]),
            this.biasInitializer([this.filters * 2], o).read(),
          ],
          0,
        ),
      );
    this.bias = this.addWeight({
      ...weightOptions(this, 'bias', { name: 'bias', shape: [this.filters * 4] }),
      initializer: this.unitForgetBias ? start : this.biasInitializer,
    });
  }
  private last(x: core.Tensor): core.Tensor {
    return this.dataFormat === 'channels_first' ? core.permute(x, [0, ...this.kernelSize.map((_, i) => i + 2), 1]) : x;
  }
  private back(x: core.Tensor): core.Tensor {
    return this.dataFormat === 'channels_first'
      ? core.permute(x, [0, this.rank + 1, ...this.kernelSize.map((_, i) => i + 1)])
      : x;
  }
  private convolveInput(x: core.Tensor, kernel: core.Tensor): core.Tensor {
    return convolve(x, kernel, {
      strides: this.strides,
      padding: this.padding,
      dilationRate: this.dilationRate,
      dataFormat: 'channels_last',
    });
  }
  getInitialState(o: { batchSize: number }): Tensor[] {
    const dtype = coreDType('getInitialState', this.dtype);
    const [shape] = core.evalSpec(
      (x, k) => this.back(this.convolveInput(x, k)),
      { shape: [o.batchSize, ...this.inputShape], dtype },
      { shape: [...this.kernelSize, this.inputShape.at(-1)!, this.filters], dtype },
    );
    return [0, 1].map(() => new Tensor(core.zeros(shape!.shape, dtype)));
  }
  override call(inputs: Tensor, states: readonly Tensor[], o: Pick<CallOptions, 'training'> = {}): [Tensor, Tensor[]] {
    const noisy = (x: core.Tensor, rate: number): core.Tensor =>
      callTraining(o) && rate > 0 ? core.dropout(x, rate, { generator: this.seedGenerator.generator }) : x;
    const ones = this.kernelSize.map(() => 1);
    const gates = { gate: onCore(this.recurrentActivation), activation: onCore(this.activation) };
    const [h, c] = applyMany(
      this.className,
      withBias([inputs, states[0]!, states[1]!, this.kernel, this.recurrentKernel], this.bias),
      (x, s, carry, kernel, recurrent, bias) => {
        const projected = this.convolveInput(this.last(noisy(x, this.dropout)), kernel);
        const state = convolve(this.last(noisy(s, this.recurrentDropout)), recurrent, {
          strides: ones,
          padding: 'same',
          dilationRate: ones,
          dataFormat: 'channels_last',
        });
        const sum = core.add(bias ? core.add(projected, bias) : projected, state);
        return core.lstmGates(sum, this.last(carry), gates).map((t) => this.back(t));
      },
    ) as [Tensor, Tensor];
    return [h, [h, c]];
  }
}
const cellOf = (rank: number, filters: number, kernelSize: Size, o: ConvLSTMOptions): ConvLSTMCell =>
  new ConvLSTMCell(rank, filters, kernelSize, { ...o, name: 'conv_lstm_cell' });

/** A convolutional LSTM of any rank. */
export abstract class BaseConvLSTM extends RNN {
  static override readonly positional: readonly string[] = ['filters', 'kernel_size'];
  static override fromConfig<T>(this: Constructible<T>, config: Config, _resolve?: Resolve): T {
    return construct(this, config);
  }
  constructor(rank: number, filters: number, kernelSize: Size, o: ConvLSTMOptions) {
    super(cellOf(rank, filters, kernelSize, o), o);
    this.inputSpec = new InputSpec({ ndim: rank + 3 });
  }
  override getConfig(): Config {
    return flatConfig(super.getConfig(), this.cell);
  }
}
export interface ConvLSTM1D {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/** Over sequences of sequences [batch, steps, rows, channels]. */
export class ConvLSTM1D extends BaseConvLSTM {
  static override readonly className = 'ConvLSTM1D';
  constructor(filters: number, kernelSize: Size, o: ConvLSTMOptions = {}) {
    super(1, filters, kernelSize, o);
  }
}
export interface ConvLSTM2D {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/** Over sequences of images [batch, steps, height, width, channels]. */
export class ConvLSTM2D extends BaseConvLSTM {
  static override readonly className = 'ConvLSTM2D';
  constructor(filters: number, kernelSize: Size, o: ConvLSTMOptions = {}) {
    super(2, filters, kernelSize, o);
  }
}
export interface ConvLSTM3D {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/** Over sequences of volumes. */
export class ConvLSTM3D extends BaseConvLSTM {
  static override readonly className = 'ConvLSTM3D';
  constructor(filters: number, kernelSize: Size, o: ConvLSTMOptions = {}) {
    super(3, filters, kernelSize, o);
  }
}
