// What recurrent cells share: state sizes, dropout masks that last for a whole sequence, weights of the gates.
import * as core from '@nn/core';
import * as activations from '../../activations.js';
import { SeedGenerator } from '../../seed.js';
import { coreDType } from '../../tensor/dtype.js';
import { apply, Tensor, type Shape } from '../../tensor/tensor.js';
import type { Nested } from '../../tensor/tree.js';
import type { Variable } from '../../tensor/variable.js';
import { knownSize, positiveInteger } from '../core/dense.js';
import { Layer, type ConfigKey, type LayerOptions } from '../layer.js';
import { weightFields, weightKeys, weightOptions, type WeightArguments, type WeightFields } from '../weights.js';

/** The size of one state, or of each of several. */
export type StateSize = number | readonly StateSize[];
/** What RNN asks of a cell: a layer with `stateSize` whose `call(inputs, states)` returns `[output, newStates]`. */
export interface Cell extends Layer {
  readonly stateSize: StateSize;
  readonly outputSize?: number | null;
  getInitialState?(o: { batchSize: number }): Nested<Tensor>;
}
export interface CellOptions extends LayerOptions, WeightArguments<'kernel' | 'recurrent' | 'bias'> {
  /** Default 'tanh'. */
  activation?: activations.ActivationLike | null;
  useBias?: boolean;
  /** Share of the inputs that is dropped in training, the same for all steps; default 0. */
  dropout?: number;
  /** The same for the state. */
  recurrentDropout?: number;
  seed?: number | null;
}
export interface GatedCellOptions extends CellOptions {
  /** Of the gates; default 'sigmoid'. */
  recurrentActivation?: activations.ActivationLike | null;
}

const share = (rate: number | undefined): number => Math.min(1, Math.max(0, rate ?? 0));
/** An activation of this face as a function of core tensors. */
export const onCore = (f: activations.Activation | null): ((x: core.Tensor) => core.Tensor) =>
  f ? (x) => f(new Tensor(x)).read() : (x) => x;
export const zeroState = (batchSize: number, size: number, dtype: string): Tensor =>
  new Tensor(core.zeros([batchSize, size], coreDType('getInitialState', dtype)));

export interface BaseCell extends WeightFields<'kernel' | 'recurrent' | 'bias'> {}
/** A cell with the weights `kernel` [inputs, gates * units], `recurrent_kernel` [units, gates * units] and `bias`. */
export abstract class BaseCell extends Layer {
  static override readonly positional: readonly string[] = ['units'];
  readonly units: number;
  readonly activation: activations.Activation | null;
  readonly useBias: boolean;
  readonly dropout: number;
  readonly recurrentDropout: number;
  readonly seed: number | null;
  readonly seedGenerator: SeedGenerator;
  kernel!: Variable;
  recurrentKernel!: Variable;
  bias: Variable | null = null;
  abstract readonly stateSize: number | readonly number[];
  readonly outputSize: number;
  private inputMask: Tensor | null = null;
  private stateMask: Tensor | null = null;

  constructor(units: number, o: CellOptions) {
    super(o);
    this.units = positiveInteger('units', units);
    this.outputSize = this.units;
    this.activation = activations.get(o.activation === undefined ? 'tanh' : o.activation);
    this.useBias = o.useBias ?? true;
    Object.assign(this, weightFields(o, { kernel: 'glorot_uniform', recurrent: 'orthogonal', bias: 'zeros' }));
    this.dropout = share(o.dropout);
    this.recurrentDropout = share(o.recurrentDropout);
    this.seed = o.seed ?? null;
    this.seedGenerator = new SeedGenerator(this.seed);
  }
  protected makeWeights(inputShape: Shape, gates: number, biasShape: readonly number[]): void {
    this.kernel = this.addWeight(
      weightOptions(this, 'kernel', { name: 'kernel', shape: [knownSize(this, inputShape), this.units * gates] }),
    );
    this.recurrentKernel = this.addWeight(
      weightOptions(this, 'recurrent', { name: 'recurrent_kernel', shape: [this.units, this.units * gates] }),
    );
    if (this.useBias)
      this.bias = this.addWeight({
        ...weightOptions(this, 'bias', { name: 'bias', shape: biasShape }),
        initializer: this.biasStart(),
      });
  }
  protected biasStart(): BaseCell['biasInitializer'] | ((shape: readonly number[], o: { dtype: string }) => Tensor) {
    return this.biasInitializer;
  }
  getInitialState(o: { batchSize: number }): Tensor[] {
    return (typeof this.stateSize === 'number' ? [this.stateSize] : this.stateSize).map((n) =>
      zeroState(o.batchSize, n, this.dtype),
    );
  }

  /** Inputs and state with dropout, when training. The masks are drawn at the first step of a sequence. */
  protected dropped(inputs: Tensor, state: Tensor, training: boolean): [Tensor, Tensor] {
    if (!training) return [inputs, state];
    const draw = (like: Tensor, rate: number): Tensor =>
      apply('DropoutMask', [like], (x) =>
        core.dropout(core.onesLike(x), rate, { generator: this.seedGenerator.generator }),
      );
    if (this.dropout > 0 && this.dropout < 1) inputs = inputs.mul((this.inputMask ??= draw(inputs, this.dropout)));
    if (this.recurrentDropout > 0 && this.recurrentDropout < 1)
      state = state.mul((this.stateMask ??= draw(state, this.recurrentDropout)));
    return [inputs, state];
  }
  /** Forgets the dropout masks: RNN does so around each sequence. */
  resetDropoutMasks(): void {
    this.inputMask = null;
    this.stateMask = null;
  }
}
/** Config keys that all cells share. */
export const cellKeys = (gated: boolean, extra: readonly ConfigKey[], last: readonly ConfigKey[] = []): ConfigKey[] => [
  'units',
  ['activation', activations.serialize],
  ...(gated ? ([['recurrent_activation', activations.serialize]] as const) : []),
  'use_bias',
  ...extra,
  ...weightKeys(['kernel', 'recurrent', 'bias']),
  'dropout',
  'recurrent_dropout',
  ...last,
  'seed',
];
/** The tensors of a cell's call, with the bias if there is one. */
export const withBias = (inputs: readonly (Tensor | Variable)[], bias: Variable | null): (Tensor | Variable)[] =>
  bias ? [...inputs, bias] : [...inputs];
