// The recurrent modules: RNN (also of any custom cell), LSTM, GRU.
import * as core from '@nn/core';
import { stack } from '../ops/join.js';
import { zeros } from '../ops/create.js';
import { range } from '../tensor/range.js';
import { Tensor } from '../tensor/tensor.js';
import { deepcopy } from './copy.js';
import { ModuleList } from './container.js';
import type { Module } from './module.js';
import { PackedSequence } from './packed.js';
import { project, RecurrentBase, type RecurrentOptions, type Weights } from './rnn.js';
import { nonlinearity } from './rnn-cell.js';
import { isNode } from './tree.js';

export type { RecurrentOptions } from './rnn.js';

/** What nn.RNN takes as a cell: a module of (input, state) to the next state, a tensor or a list whose first element is the output. */
export type Cell = Module & {
  readonly hiddenSize: number;
  readonly inputSize?: number;
  forward(input: Tensor, state: never): Tensor | readonly Tensor[];
  /** The state before the first step; default zeros [batch, hiddenSize]. */
  initialState?(batch: number): Tensor | readonly Tensor[];
};
export interface RnnOptions extends RecurrentOptions {
  nonlinearity?: 'tanh' | 'relu';
}

/**
 * A plain recurrent network: `h' = tanh(W_ih x + b_ih + W_hh h + b_hh)`; or the loop around any cell.
 *
 * @param inputSize   size of x, or a cell, or one cell for each layer
 * @param hiddenSize  size of h; with a cell the options
 * @returns  the outputs of all steps, and the last state [layers * directions, n, hiddenSize]
 * @example
 * const [output, h] = new nn.RNN(10, 20, { numLayers: 2 })(torch.ones([5, 3, 10]));
 * output.shape // => [5, 3, 20]
 * h.shape // => [2, 3, 20]
 */
export class RNN extends RecurrentBase {
  readonly nonlinearity: 'tanh' | 'relu';
  /** The custom cells, if there are any. */
  readonly cells: ModuleList<Cell> | null;
  constructor(cell: Cell | readonly Cell[], o?: RnnOptions);
  constructor(inputSize: number, hiddenSize: number, o?: RnnOptions);
  constructor(inputSize: number | Cell | readonly Cell[], hiddenSize: number | RnnOptions = {}, o: RnnOptions = {}) {
    const custom = typeof inputSize === 'number' ? null : isNode(inputSize) ? [inputSize] : inputSize;
    const options = typeof hiddenSize === 'number' ? o : hiddenSize;
    const numLayers = options.numLayers ?? custom?.length ?? 1;
    const width = custom ? (custom[0]?.inputSize ?? 0) : Number(inputSize);
    super(width, custom ? (custom[0]?.hiddenSize ?? 0) : Number(hiddenSize), custom ? 0 : 1, { ...options, numLayers });
    this.nonlinearity = options.nonlinearity ?? 'tanh';
    nonlinearity(this.nonlinearity);
    this.cells = custom && new ModuleList(layersOf(custom, numLayers, this.bidirectional));
  }
  /** Of a tensor [t, n, inputSize] ([n, t, inputSize] with batchFirst, [t, inputSize] without a batch), or of packed sequences. */
  forward(input: PackedSequence, state?: Tensor | null): [output: PackedSequence, state: Tensor];
  forward(input: Tensor, state?: Tensor | null): [output: Tensor, state: Tensor];
  forward(input: Tensor | PackedSequence, state?: Tensor | null): [output: Tensor | PackedSequence, state: Tensor] {
    if (this.cells) return runCells(this.cells, input, state, this.batchFirst) as [Tensor, Tensor];
    const { output, states } = this.run(input, [state]);
    return [output, states[0]!];
  }
  protected widths(): number[] {
    return [this.hiddenSize];
  }
  protected step(gates: core.Tensor, [h]: readonly core.Tensor[], w: Weights): core.Tensor[] {
    return [nonlinearity(this.nonlinearity)(core.add(gates, project(h!, w.wHh, w.bHh)))];
  }
}

function layersOf(cells: readonly Cell[], count: number, bidirectional: boolean): Cell[] {
  const [first] = cells;
  if (!first) throw new core.ValueError('nn.RNN: the list of cells is empty');
  if (bidirectional)
    throw new core.ValueError('nn.RNN: custom cells run in one direction; make a second nn.RNN and flip its input');
  for (const cell of cells) {
    if (!(cell.hiddenSize > 0))
      throw new core.ValueError(`nn.RNN: the cell ${cell.getName()} needs a field hiddenSize, the size of its state`);
  }
  if (cells.length === count) return [...cells];
  if (cells.length > 1 || (first.inputSize !== undefined && first.inputSize !== first.hiddenSize)) {
    throw new core.ValueError(
      `nn.RNN: ${count} layers need ${count} cells, but there ${cells.length === 1 ? 'is' : 'are'} ${cells.length}. Pass one cell for each layer: the first one takes the input, the others take the hidden state below`,
    );
  }
  return range(count).map((i) => (i === 0 ? first : deepcopy(first)));
}

type CellState = Tensor | readonly Tensor[];
const listOf = (s: CellState): readonly Tensor[] => (s instanceof Tensor ? [s] : s);
/** The loop around custom cells, layer by layer. */
function runCells(
  cells: ModuleList<Cell>,
  input: Tensor | PackedSequence,
  given: CellState | null | undefined,
  batchFirst: boolean,
): [Tensor, CellState] {
  if (input instanceof PackedSequence)
    throw new TypeError('nn.RNN: custom cells take padded tensors, not packed sequences');
  const time = batchFirst ? 1 : 0;
  let steps = input.unbind(time);
  const batch = input.shape[1 - time]!;
  const finals: CellState[] = [];
  [...cells].forEach((cell, layer) => {
    const own = given && (given instanceof Tensor ? given.select(0, layer) : given.map((s) => s.select(0, layer)));
    let state: CellState = own ?? cell.initialState?.(batch) ?? zeros([batch, cell.hiddenSize], { dtype: input.dtype });
    steps = steps.map((x) => {
      state = cell(x, state as never);
      return listOf(state)[0]!;
    });
    finals.push(state);
  });
  const parts = listOf(finals[0]!).map((_, k) =>
    stack(
      finals.map((s) => listOf(s)[k]!),
      0,
    ),
  );
  return [stack(steps, time), finals[0] instanceof Tensor ? parts[0]! : parts];
}

export interface LstmOptions extends RecurrentOptions {
  /** Size of the projected h; default 0, no projection. */
  projSize?: number;
}
/** Long short-term memory; gates i, f, g, o. The state is [h, c]. */
export class LSTM extends RecurrentBase {
  constructor(inputSize: number, hiddenSize: number, o: LstmOptions = {}) {
    super(inputSize, hiddenSize, 4, o);
  }
  forward(
    input: PackedSequence,
    state?: readonly [Tensor, Tensor] | null,
  ): [output: PackedSequence, state: [Tensor, Tensor]];
  forward(input: Tensor, state?: readonly [Tensor, Tensor] | null): [output: Tensor, state: [Tensor, Tensor]];
  forward(
    input: Tensor | PackedSequence,
    state?: readonly [Tensor, Tensor] | null,
  ): [output: Tensor | PackedSequence, state: [Tensor, Tensor]] {
    const { output, states } = this.run(input, [state?.[0], state?.[1]]);
    return [output, [states[0]!, states[1]!]];
  }
  protected widths(): number[] {
    return [this.projSize || this.hiddenSize, this.hiddenSize];
  }
  protected step(gates: core.Tensor, [h, c]: readonly core.Tensor[], w: Weights): core.Tensor[] {
    const [out, cell] = core.lstmGates(core.add(gates, project(h!, w.wHh, w.bHh)), c!);
    return [w.wHr ? project(out, w.wHr, null) : out, cell];
  }
}

/** Gated recurrent units; gates r, z, n, the reset gate after the projection of h. */
export class GRU extends RecurrentBase {
  constructor(inputSize: number, hiddenSize: number, o: RecurrentOptions = {}) {
    super(inputSize, hiddenSize, 3, o);
  }
  forward(input: PackedSequence, state?: Tensor | null): [output: PackedSequence, state: Tensor];
  forward(input: Tensor, state?: Tensor | null): [output: Tensor, state: Tensor];
  forward(input: Tensor | PackedSequence, state?: Tensor | null): [output: Tensor | PackedSequence, state: Tensor] {
    const { output, states } = this.run(input, [state]);
    return [output, states[0]!];
  }
  protected widths(): number[] {
    return [this.hiddenSize];
  }
  protected step(gates: core.Tensor, [h]: readonly core.Tensor[], w: Weights): core.Tensor[] {
    return [core.gruGates(gates, project(h!, w.wHh, w.bHh), h!)];
  }
}

/** Calls with packed sequences. */
export interface RNN {
  (input: PackedSequence, state?: Tensor | null): [output: PackedSequence, state: Tensor];
}
/** Calls with packed sequences. */
export interface GRU {
  (input: PackedSequence, state?: Tensor | null): [output: PackedSequence, state: Tensor];
}
/** Calls with packed sequences. */
export interface LSTM {
  (input: PackedSequence, state?: readonly [Tensor, Tensor] | null): [output: PackedSequence, state: [Tensor, Tensor]];
}
