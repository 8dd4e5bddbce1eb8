// RNN: runs a cell over a sequence. SimpleRNN, LSTM and GRU are RNN with their cells.
import * as core from '@nn/core';
import type * as activations from '../../activations.js';
import { withName } from '../../naming.js';
import { construct, nested, type Config, type Constructible, type Resolve } from '../../object.js';
import { formatShape } from '../../tensor/format.js';
import type { Tensor, Shape } from '../../tensor/tensor.js';
import { apply } from '../../tensor/tensor.js';
import { flattenTree, isNested, mapTree, packTree, type Nested } from '../../tensor/tree.js';
import { Variable } from '../../tensor/variable.js';
import { InputSpec } from '../input-spec.js';
import { askedOptions } from '../call-arguments.js';
import { callTraining, Layer, type CallOptions, type ConfigKey, type LayerOptions, type Open } from '../layer.js';
import { BaseCell, type Cell, type CellOptions, type GatedCellOptions, type StateSize } from './cell.js';
import { checkCell, GRUCell, initialState, LSTMCell, SimpleRNNCell, StackedRNNCells } from './cells.js';
import { runTimeLoop } from './time-loop.js';

export interface RNNOptions extends LayerOptions {
  /** All outputs instead of the last one; default false. */
  returnSequences?: boolean;
  /** The last states after the output; default false. */
  returnState?: boolean;
  /** From the last step to the first; default false. */
  goBackwards?: boolean;
  /** The last states of a batch are the first ones of the next; default false. */
  stateful?: boolean;
  /** Accepted: loops are always unrolled in a trace. */
  unroll?: boolean;
  /** Masked steps give zeros instead of the output before; default false. */
  zeroOutputForMask?: boolean;
}
export interface RNNCallOptions extends CallOptions {
  /** The first states, instead of zeros. */
  initialState?: Tensor | readonly Nested<Tensor>[] | null;
}
export interface RNN {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/**
 * Runs a cell over [batch, steps, ...]. A cell is a layer with `stateSize` whose `call(inputs, states)` returns `[output, newStates]`.
 *
 * @param cell  a cell, or a list of cells to stack
 * @example
 * new tf.keras.layers.RNN(new tf.keras.layers.LSTMCell(4), { returnSequences: true })(tf.ones([2, 5, 3])).shape // => [2, 5, 4]
 */
export class RNN extends Layer {
  static override readonly className: string = 'RNN';
  static override readonly positional: readonly string[] = ['cell'];
  static override get configKeys(): readonly ConfigKey[] {
    return ['return_sequences', 'return_state', 'go_backwards', 'stateful', 'unroll', 'zero_output_for_mask', 'cell'];
  }
  readonly cell: Cell;
  readonly returnSequences: boolean;
  readonly returnState: boolean;
  readonly goBackwards: boolean;
  readonly stateful: boolean;
  readonly unroll: boolean;
  zeroOutputForMask: boolean;
  readonly stateSize: readonly StateSize[];
  private kept: { readonly states: readonly Nested<Variable>[] } | null = null;

  constructor(cell: Layer | readonly Layer[], o: RNNOptions = {}) {
    const one = Array.isArray(cell) ? new StackedRNNCells(cell as readonly Cell[]) : (cell as Cell);
    checkCell(one, 'The RNN cell should have');
    super(o);
    this.cell = one;
    this.returnSequences = o.returnSequences ?? false;
    this.returnState = o.returnState ?? false;
    this.goBackwards = o.goBackwards ?? false;
    this.stateful = o.stateful ?? false;
    this.unroll = o.unroll ?? false;
    this.zeroOutputForMask = o.zeroOutputForMask ?? false;
    this.stateSize = typeof one.stateSize === 'number' ? [one.stateSize] : one.stateSize;
    Object.defineProperty(this, 'kept', { enumerable: false, writable: true, value: null });
  }
  static override fromConfig<T>(this: Constructible<T>, config: Config, resolve?: Resolve): T {
    return construct(this, { ...config, cell: nested(resolve, config['cell']) });
  }

  /** The states of a stateful layer; null before it is built. */
  get states(): readonly Nested<Variable>[] | null {
    return this.kept?.states ?? null;
  }
  override build(sequencesShape: Shape, ..._more: Open[]): void {
    const [batch = null, , ...rest] = sequencesShape;
    if (!this.cell.built) this.cell.build([batch, ...rest]);
    if (!this.stateful || this.kept) return;
    if (batch === null)
      throw new core.ValueError(
        `When using \`stateful=True\` in a RNN, the batch size must be static. Found dynamic batch size: sequence.shape=${formatShape(sequencesShape)}`,
      );
    const zeros = this.getInitialState(batch);
    const variables = withName(this, this.name, () =>
      (flattenTree(zeros) as Tensor[]).map((z) => new Variable(z, { trainable: false, name: 'rnn_state' })),
    );
    this.kept = { states: packTree(zeros, variables) as readonly Nested<Variable>[] };
  }
  getInitialState(batchSize: number): readonly Nested<Tensor>[] {
    const state = initialState(this.cell, batchSize);
    return Array.isArray(state) ? (state as readonly Nested<Tensor>[]) : [state];
  }
  /** Sets the states of a stateful layer to zeros. */
  resetState(): void {
    for (const v of flattenTree(this.states ?? []) as Variable[])
      v.assign(apply('ZerosLike', [v], (x) => core.zerosLike(x)));
  }
  override computeMask(_inputs: unknown, mask: Nested<Tensor | null> | null): Nested<Tensor | null> | null {
    const output = this.returnSequences ? ((flattenTree(mask)[0] as Tensor | null) ?? null) : null;
    return this.returnState ? [output, ...this.stateSize.map(() => null)] : output;
  }

  override call(sequences: Tensor, o: RNNCallOptions = {}): Open {
    const batch = sequences.shape[0]!;
    const given = o.initialState ?? (this.stateful ? this.currentStates(batch) : this.getInitialState(batch));
    const states = isNested(given) ? given : [given];
    const mask = o.mask ? ((flattenTree(o.mask)[0] as Tensor | null) ?? null) : null;
    const extra = askedOptions(this.cell.call).training ? { training: callTraining(o) } : null;
    const cell = this.cell as unknown as (
      x: Tensor,
      states: readonly Nested<Tensor>[],
      o?: object,
    ) => [Tensor, Nested<Tensor>];
    this.resetDropout(this.cell);
    const result = runTimeLoop(sequences, {
      step: (x, s) => {
        const [output, next] = extra ? cell(x, s, extra) : cell(x, s);
        return [output, isNested(next) ? (next as readonly Nested<Tensor>[]) : [next]];
      },
      states,
      mask,
      goBackwards: this.goBackwards,
      zeroOutputForMask: this.zeroOutputForMask,
      returnSequences: this.returnSequences,
    });
    this.resetDropout(this.cell);
    if (this.stateful) {
      const last = flattenTree(result.states) as Tensor[];
      (flattenTree(this.states) as Variable[]).forEach((v, i) => v.assign(last[i]!));
    }
    return this.returnState ? [result.output, ...result.states] : result.output;
  }
  private currentStates(batch: number): readonly Nested<Tensor>[] {
    const first = flattenTree(this.states)[0] as Variable;
    if (first.shape[0] !== batch) {
      throw new core.ValueError(
        `If an RNN is stateful, the batch size of the input sequences must be the same as the batch size of the initial state. \n- Expected batch size: ${first.shape[0]}\n- Received batch size: ${batch}`,
      );
    }
    return mapTree((v) => (v as Variable).value, this.states) as readonly Nested<Tensor>[];
  }
  private resetDropout(cell: Layer): void {
    if (cell instanceof BaseCell) cell.resetDropoutMasks();
    if (cell instanceof StackedRNNCells) for (const c of cell.cells) this.resetDropout(c);
  }
}

/** The config of a layer that makes its own cell: settings of the loop, then those of the cell. */
export function flatConfig(base: Config, cell: Layer, without: readonly string[] = []): Config {
  const { cell: _, ...loop } = base;
  const own = Object.entries(cell.getConfig()).filter(
    ([key]) => !['name', 'trainable', 'dtype', ...without].includes(key),
  );
  return { activity_regularizer: null, ...loop, ...Object.fromEntries(own) };
}
const cellOptions = <O extends CellOptions>(o: O, name: string): O => ({ ...o, name, activityRegularizer: null });

export interface SimpleRNN {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/** `h' = activation(x kernel + bias + h recurrent_kernel)` over a sequence. */
export class SimpleRNN extends RNN {
  static override readonly className = 'SimpleRNN';
  static override readonly positional: readonly string[] = ['units'];
  static override fromConfig<T>(this: Constructible<T>, config: Config, _resolve?: Resolve): T {
    return construct(this, config);
  }
  constructor(units: number, o: RNNOptions & CellOptions = {}) {
    super(new SimpleRNNCell(units, cellOptions(o, 'simple_rnn_cell')), o);
    this.inputSpec = new InputSpec({ ndim: 3 });
  }
  get units(): number {
    return (this.cell as SimpleRNNCell).units;
  }
  override getConfig(): Config {
    return flatConfig(super.getConfig(), this.cell, ['seed']);
  }
}

export interface LSTM {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/**
 * Long short-term memory over a sequence; states [h, c].
 *
 * @example
 * new tf.keras.layers.LSTM(4)(tf.ones([2, 5, 3])).shape // => [2, 4]
 */
export class LSTM extends RNN {
  static override readonly className = 'LSTM';
  static override readonly positional: readonly string[] = ['units'];
  static override fromConfig<T>(this: Constructible<T>, config: Config, _resolve?: Resolve): T {
    return construct(this, config);
  }
  constructor(units: number, o: RNNOptions & GatedCellOptions & { unitForgetBias?: boolean } = {}) {
    super(new LSTMCell(units, cellOptions(o, 'lstm_cell')), o);
    this.inputSpec = new InputSpec({ ndim: 3 });
  }
  get units(): number {
    return (this.cell as LSTMCell).units;
  }
  get activation(): activations.Activation | null {
    return (this.cell as LSTMCell).activation;
  }
  get recurrentActivation(): activations.Activation | null {
    return (this.cell as LSTMCell).recurrentActivation;
  }
  override getConfig(): Config {
    return flatConfig(super.getConfig(), this.cell);
  }
}

export interface GRU {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/** Gated recurrent unit over a sequence. */
export class GRU extends RNN {
  static override readonly className = 'GRU';
  static override readonly positional: readonly string[] = ['units'];
  static override fromConfig<T>(this: Constructible<T>, config: Config, _resolve?: Resolve): T {
    return construct(this, config);
  }
  constructor(units: number, o: RNNOptions & GatedCellOptions & { resetAfter?: boolean } = {}) {
    super(new GRUCell(units, cellOptions(o, 'gru_cell')), o);
    this.inputSpec = new InputSpec({ ndim: 3 });
  }
  get units(): number {
    return (this.cell as GRUCell).units;
  }
  get resetAfter(): boolean {
    return (this.cell as GRUCell).resetAfter;
  }
  override getConfig(): Config {
    return flatConfig(super.getConfig(), this.cell);
  }
}
