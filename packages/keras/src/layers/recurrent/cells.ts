// SimpleRNNCell, LSTMCell, GRUCell, and cells stacked on each other.
import * as core from '@nn/core';
import * as activations from '../../activations.js';
import { configValue, construct, nested, type Config, type Constructible, type Resolve } from '../../object.js';
import { apply, applyMany, Tensor, type Shape } from '../../tensor/tensor.js';
import { flattenTree, isNested, type Nested } from '../../tensor/tree.js';
import { callTraining, Layer, type CallOptions, type ConfigKey, type LayerOptions } from '../layer.js';
import {
  BaseCell,
  cellKeys,
  onCore,
  withBias,
  zeroState,
  type Cell,
  type CellOptions,
  type GatedCellOptions,
  type StateSize,
} from './cell.js';

type Options = Pick<CallOptions, 'training'>;
const last = (x: core.Tensor, from: number, to: number): core.Tensor =>
  core.slice(
    x,
    x.shape.map((_, i) => (i === x.ndim - 1 ? from : 0)),
    x.shape.map((n, i) => (i === x.ndim - 1 ? to : n)),
  );

export interface SimpleRNNCell {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/** `h' = activation(x kernel + bias + h recurrent_kernel)`. */
export class SimpleRNNCell extends BaseCell {
  static override readonly className = 'SimpleRNNCell';
  static override get configKeys(): readonly ConfigKey[] {
    return cellKeys(false, []);
  }
  readonly stateSize: number;
  constructor(units: number, o: CellOptions = {}) {
    super(units, o);
    this.stateSize = this.units;
  }
  override build(inputShape: Shape, ..._states: Shape[]): void {
    this.makeWeights(inputShape, 1, [this.units]);
  }
  override call(inputs: Tensor, states: readonly Tensor[], o: Options = {}): [Tensor, Tensor[]] {
    const [x, h] = this.dropped(inputs, states[0]!, callTraining(o));
    const activation = onCore(this.activation);
    const next = apply(
      this.className,
      withBias([x, h, this.kernel, this.recurrentKernel], this.bias),
      (t, s, kernel, recurrent, bias) => {
        const projected = core.matmul(t, kernel);
        return activation(core.add(bias ? core.add(projected, bias) : projected, core.matmul(s, recurrent)));
      },
    );
    return [next, [next]];
  }
}

export interface LSTMCell {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/** Gates i, f, c, o: `c' = f c + i g`, `h' = o activation(c')`; states [h, c]. */
export class LSTMCell extends BaseCell {
  static override readonly className = 'LSTMCell';
  static override get configKeys(): readonly ConfigKey[] {
    return cellKeys(true, ['unit_forget_bias']);
  }
  readonly stateSize: readonly number[];
  readonly recurrentActivation: activations.Activation | null;
  readonly unitForgetBias: boolean;
  constructor(units: number, o: GatedCellOptions & { unitForgetBias?: boolean } = {}) {
    super(units, o);
    this.stateSize = [this.units, this.units];
    this.recurrentActivation = activations.get(o.recurrentActivation === undefined ? 'sigmoid' : o.recurrentActivation);
    this.unitForgetBias = o.unitForgetBias ?? true;
  }
  override build(inputShape: Shape, ..._states: Shape[]): void {
    this.makeWeights(inputShape, 4, [this.units * 4]);
  }
  protected override biasStart(): ReturnType<BaseCell['biasStart']> {
    if (!this.unitForgetBias) return this.biasInitializer;
    return (_: readonly number[], o: { dtype: string }) =>
      new Tensor(
        core.concat(
          [
            this.biasInitializer([this.units], o).read(),
            core.ones([this.units]),
            this.biasInitializer([this.units * 2], o).read(),
          ],
          0,
        ),
      );
  }
  override call(inputs: Tensor, states: readonly Tensor[], o: Options = {}): [Tensor, Tensor[]] {
    const [x, h] = this.dropped(inputs, states[0]!, callTraining(o));
    const gates = { gate: onCore(this.recurrentActivation), activation: onCore(this.activation) };
    const [next, cell] = applyMany(
      this.className,
      withBias([x, h, states[1]!, this.kernel, this.recurrentKernel], this.bias),
      (t, s, c, kernel, recurrent, bias) => {
        const sum = core.add(core.matmul(t, kernel), core.matmul(s, recurrent));
        return core.lstmGates(bias ? core.add(sum, bias) : sum, c, gates);
      },
    ) as [Tensor, Tensor];
    return [next, [next, cell]];
  }
}

export interface GRUCell {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/** Gates z, r, h: `h' = z h + (1 - z) g`, the reset gate applied after (default) or before the projection of the state. */
export class GRUCell extends BaseCell {
  static override readonly className = 'GRUCell';
  static override get configKeys(): readonly ConfigKey[] {
    return cellKeys(true, [], ['reset_after']);
  }
  readonly stateSize: number;
  readonly recurrentActivation: activations.Activation | null;
  readonly resetAfter: boolean;
  constructor(units: number, o: GatedCellOptions & { resetAfter?: boolean } = {}) {
    super(units, o);
    this.stateSize = this.units;
    this.recurrentActivation = activations.get(o.recurrentActivation === undefined ? 'sigmoid' : o.recurrentActivation);
    this.resetAfter = o.resetAfter ?? true;
  }
  override build(inputShape: Shape, ..._states: Shape[]): void {
    this.makeWeights(inputShape, 3, this.resetAfter ? [2, 3 * this.units] : [3 * this.units]);
  }
  override call(inputs: Tensor, states: readonly Tensor[], o: Options = {}): [Tensor, Tensor[]] {
    const [x, h] = this.dropped(inputs, states[0]!, callTraining(o));
    const gates = { gate: onCore(this.recurrentActivation), activation: onCore(this.activation) };
    const next = apply(
      this.className,
      withBias([x, h, this.kernel, this.recurrentKernel], this.bias),
      (t, s, kernel, recurrent, bias) => {
        const projected = core.matmul(t, kernel);
        if (this.resetAfter) {
          const [inner, outer] = bias ? [core.select(bias, 0, 0), core.select(bias, 0, 1)] : [null, null];
          const state = core.matmul(s, recurrent);
          return core.gruGates(
            inner ? core.add(projected, inner) : projected,
            outer ? core.add(state, outer) : state,
            s,
            { ...gates, order: 'zrn' },
          );
        }
        const [u, all] = [2 * this.units, 3 * this.units];
        const candidate = (rh: core.Tensor): core.Tensor => core.matmul(rh, last(recurrent, u, all));
        return core.gruGatesBefore(
          bias ? core.add(projected, bias) : projected,
          core.matmul(s, last(recurrent, 0, u)),
          s,
          candidate,
          gates,
        );
      },
    );
    return [next, [next]];
  }
}

export interface StackedRNNCells {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/** Cells one after another, as one cell. */
export class StackedRNNCells extends Layer {
  static override readonly className = 'StackedRNNCells';
  static override readonly positional: readonly string[] = ['cells'];
  readonly cells: readonly Cell[];
  constructor(cells: readonly Cell[], o: LayerOptions = {}) {
    super(o);
    for (const cell of cells) checkCell(cell, 'All cells must have');
    this.cells = cells;
  }
  static override fromConfig<T>(this: Constructible<T>, config: Config, resolve?: Resolve): T {
    return construct(this, { ...config, cells: (config['cells'] as unknown[]).map((c) => nested(resolve, c)) });
  }
  get stateSize(): StateSize {
    return this.cells.map((c) => c.stateSize);
  }
  get outputSize(): number {
    return outputSizeOf(this.cells.at(-1)!);
  }
  getInitialState(o: { batchSize: number }): Nested<Tensor> {
    return this.cells.map((c) => initialState(c, o.batchSize));
  }
  override build(inputShape: Shape, ..._states: Shape[]): void {
    let shape = inputShape;
    for (const cell of this.cells) {
      if (!cell.built) cell.build(shape);
      shape = [inputShape[0] ?? null, outputSizeOf(cell)];
    }
  }
  override call(inputs: Tensor, states: readonly Nested<Tensor>[], o: Options = {}): [Tensor, Nested<Tensor>] {
    let x = inputs;
    const next = this.cells.map((cell, i): Nested<Tensor> => {
      const state = states[i]!;
      const list = isNested(state) ? state : [state];
      const [y, after] = (cell as Callable)(x, list, o.training === undefined ? {} : { training: o.training });
      x = y;
      return flattenTree(after).length === 1 && !isNested(state) ? (flattenTree(after)[0] as Tensor) : after;
    });
    return [x, next.length === 1 ? next[0]! : next];
  }
  override getConfig(): Config {
    return { ...super.getConfig(), cells: configValue(this.cells) };
  }
}
type Callable = (x: Tensor, states: Nested<Tensor>, o?: object) => [Tensor, Nested<Tensor>];

/** Throws when something is not a cell. */
export function checkCell(cell: unknown, who: string): void {
  const candidate = cell as { call?: unknown; stateSize?: unknown } | null;
  if (typeof candidate?.call !== 'function')
    throw new core.ValueError(`${who} a \`call\` method. Received: cell=${String(cell)}`);
  if (candidate.stateSize === undefined || candidate.stateSize === null)
    throw new core.ValueError(
      `${who} a \`stateSize\` attribute (single integer or list of integers, one integer per RNN state). Received: cell=${String(cell)}`,
    );
}
export const outputSizeOf = (cell: Cell): number =>
  cell.outputSize ?? (typeof cell.stateSize === 'number' ? cell.stateSize : (cell.stateSize[0] as number));
/** Zeros in the structure of a cell's states. */
export function initialState(cell: Cell, batchSize: number): Nested<Tensor> {
  if (cell.getInitialState) return cell.getInitialState({ batchSize });
  const zeros = (size: StateSize): Nested<Tensor> =>
    typeof size === 'number' ? zeroState(batchSize, size, cell.dtype) : size.map(zeros);
  return zeros(cell.stateSize);
}
