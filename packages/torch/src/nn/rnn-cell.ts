// Recurrent cells: one step of an RNN, LSTM or GRU.
import * as core from '@nn/core';
import { empty, zeros } from '../ops/create.js';
import { Tensor } from '../tensor/tensor.js';
import { uniform_ } from './init.js';
import { Module } from './module.js';
import { Parameter } from './parameter.js';
import { py } from './repr.js';
import { holdParameters } from './tree.js';

export interface CellOptions {
  /** Default true. */
  bias?: boolean;
}
/** What the built-in cells have. */
abstract class CellBase extends Module {
  readonly inputSize: number;
  readonly hiddenSize: number;
  /** [gates * hiddenSize, inputSize] */
  weight_ih: Parameter;
  /** [gates * hiddenSize, hiddenSize] */
  weight_hh: Parameter;
  bias_ih: Parameter | null;
  bias_hh: Parameter | null;
  constructor(inputSize: number, hiddenSize: number, gates: number, o: CellOptions) {
    super();
    this.inputSize = inputSize;
    this.hiddenSize = hiddenSize;
    const bias = o.bias ?? true;
    this.weight_ih = new Parameter(empty([gates * hiddenSize, inputSize]));
    this.weight_hh = new Parameter(empty([gates * hiddenSize, hiddenSize]));
    this.bias_ih = bias ? new Parameter(empty([gates * hiddenSize])) : null;
    this.bias_hh = bias ? new Parameter(empty([gates * hiddenSize])) : null;
    holdParameters(this, 'weight_ih', 'weight_hh', 'bias_ih', 'bias_hh');
    this.resetParameters();
  }
  resetParameters(): void {
    const bound = this.hiddenSize > 0 ? 1 / Math.sqrt(this.hiddenSize) : 0;
    for (const p of this.parameters()) uniform_(p, -bound, bound);
  }
  override extraRepr(): string {
    return `${this.inputSize}, ${this.hiddenSize}${this.bias_ih ? '' : ', bias=False'}`;
  }
  protected weights(): core.CellWeights {
    return {
      wIh: this.weight_ih.value,
      wHh: this.weight_hh.value,
      ...(this.bias_ih && { bIh: this.bias_ih.value }),
      ...(this.bias_hh && { bHh: this.bias_hh.value }),
    };
  }
  /** The input with a batch axis; states are checked against it. */
  protected batch(
    x: Tensor,
    ...states: (Tensor | null | undefined)[]
  ): { v: core.Tensor; hidden: core.Tensor[]; single: boolean } {
    const rank = x.shape.length;
    if (rank !== 1 && rank !== 2)
      throw new core.ShapeError(`${this.getName()}: Expected input to be 1D or 2D, got ${rank}D instead`);
    if (x.shape.at(-1) !== this.inputSize) {
      throw new core.ShapeError(`input has inconsistent input_size: got ${x.shape.at(-1)}, expected ${this.inputSize}`);
    }
    const single = rank === 1;
    const v = single ? core.unsqueeze(x.value, 0) : x.value;
    const hidden = states.map((h) => {
      if (!h) return core.zeros([v.shape[0]!, this.hiddenSize], v.dtype);
      const s = single ? core.unsqueeze(h.value, 0) : h.value;
      if (s.shape[0] !== v.shape[0])
        throw new core.ShapeError(`Input batch size ${v.shape[0]} doesn't match hidden batch size ${s.shape[0]}`);
      if (s.shape[1] !== this.hiddenSize)
        throw new core.ShapeError(
          `hidden has inconsistent hidden_size: got ${s.shape[1]}, expected ${this.hiddenSize}`,
        );
      return s;
    });
    return { v, hidden, single };
  }
  protected out(h: core.Tensor, single: boolean): Tensor {
    return new Tensor(single ? core.squeeze(h, [0]) : h, 'Cell');
  }
}

/** `h' = tanh(x W_ih^T + b_ih + h W_hh^T + b_hh)`, or relu. */
export class RNNCell extends CellBase {
  readonly nonlinearity: 'tanh' | 'relu';
  constructor(inputSize: number, hiddenSize: number, o: CellOptions & { nonlinearity?: 'tanh' | 'relu' } = {}) {
    super(inputSize, hiddenSize, 1, o);
    this.nonlinearity = o.nonlinearity ?? 'tanh';
    nonlinearity(this.nonlinearity);
  }
  forward(x: Tensor, h?: Tensor | null): Tensor {
    const { v, hidden, single } = this.batch(x, h);
    return this.out(core.rnnCell(v, hidden[0]!, this.weights(), nonlinearity(this.nonlinearity)), single);
  }
  override extraRepr(): string {
    return (
      super.extraRepr() + (this.nonlinearity === 'tanh' ? '' : `, nonlinearity=${py(this.nonlinearity).slice(1, -1)}`)
    );
  }
}
/** The function of a name. */
export function nonlinearity(name: string): core.Activation {
  if (name === 'tanh') return core.tanh;
  if (name === 'relu') return core.relu;
  throw new core.ValueError(
    `Unknown nonlinearity '${name}'. Select from 'tanh' or 'relu'.${core.nearest(name, ['tanh', 'relu'])}`,
  );
}

/** A long short-term memory step: gates i, f, g, o; `c' = f c + i g`, `h' = o tanh(c')`. */
export class LSTMCell extends CellBase {
  constructor(inputSize: number, hiddenSize: number, o: CellOptions = {}) {
    super(inputSize, hiddenSize, 4, o);
  }
  forward(x: Tensor, state?: readonly [Tensor, Tensor] | null): [Tensor, Tensor] {
    const { v, hidden, single } = this.batch(x, state?.[0], state?.[1]);
    const [h, c] = core.lstmCell(v, [hidden[0]!, hidden[1]!], this.weights());
    return [this.out(h, single), this.out(c, single)];
  }
  /** The state before the first step, for nn.RNN. */
  initialState(batch: number): [Tensor, Tensor] {
    return [zeros([batch, this.hiddenSize]), zeros([batch, this.hiddenSize])];
  }
}

/** A gated recurrent step: gates r, z, n; `n = tanh(W_in x + b_in + r (W_hn h + b_hn))`, `h' = (1 - z) n + z h`. */
export class GRUCell extends CellBase {
  constructor(inputSize: number, hiddenSize: number, o: CellOptions = {}) {
    super(inputSize, hiddenSize, 3, o);
  }
  forward(x: Tensor, h?: Tensor | null): Tensor {
    const { v, hidden, single } = this.batch(x, h);
    return this.out(core.gruCell(v, hidden[0]!, this.weights()), single);
  }
}
