// Recurrent networks over whole sequences: RNN, LSTM, GRU, in layers and both directions.
import * as core from '@nn/core';
import { empty } from '../ops/create.js';
import { range } from '../tensor/range.js';
import { Tensor } from '../tensor/tensor.js';
import { uniform_ } from './init.js';
import { Module } from './module.js';
import { gatherPacked, lengthsOf, PackedSequence, spreadPacked } from './packed.js';
import { Parameter } from './parameter.js';
import { py } from './repr.js';

export interface RecurrentOptions {
  /** Layers on top of each other; default 1. */
  numLayers?: number;
  /** Default true. */
  bias?: boolean;
  /** [n, t, ...] instead of [t, n, ...]; default false. */
  batchFirst?: boolean;
  /** Dropout between layers; default 0. */
  dropout?: number;
  /** Also from the last step to the first; default false. */
  bidirectional?: boolean;
}
/** The state of one layer in one direction: h, or h and c. */
type State = readonly core.Tensor[];
/** The weights of one layer in one direction. */
export interface Weights {
  readonly wIh: core.Tensor;
  readonly wHh: core.Tensor;
  readonly bIh: core.Tensor | null;
  readonly bHh: core.Tensor | null;
  /** LSTM with projections: [projSize, hiddenSize]. */
  readonly wHr: core.Tensor | null;
}
/** `x w^T + b` over the last axis. */
export function project(x: core.Tensor, w: core.Tensor, b: core.Tensor | null): core.Tensor {
  const y = core.dot(x, w, { contract: [[x.ndim - 1], [1]] });
  return b ? core.add(y, b) : y;
}

/** What RNN, LSTM and GRU share; a subclass gives the number of gates and the step. */
export abstract class RecurrentBase extends Module {
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly numLayers: number;
  readonly bias: boolean;
  readonly batchFirst: boolean;
  readonly dropout: number;
  readonly bidirectional: boolean;
  readonly projSize: number;

  constructor(inputSize: number, hiddenSize: number, gates: number, o: RecurrentOptions & { projSize?: number }) {
    super();
    this.inputSize = inputSize;
    this.hiddenSize = hiddenSize;
    this.numLayers = o.numLayers ?? 1;
    this.bias = o.bias ?? true;
    this.batchFirst = o.batchFirst ?? false;
    this.dropout = o.dropout ?? 0;
    this.bidirectional = o.bidirectional ?? false;
    this.projSize = o.projSize ?? 0;
    if (!(this.dropout >= 0 && this.dropout <= 1))
      throw new core.ValueError(
        'dropout should be a number in range [0, 1] representing the probability of an element being zeroed',
      );
    if (gates > 0 && !(hiddenSize > 0)) throw new core.ValueError('hidden_size must be greater than zero');
    if (!(this.numLayers > 0)) throw new core.ValueError('num_layers must be greater than zero');
    if (this.projSize < 0 || (this.projSize > 0 && this.projSize >= hiddenSize))
      throw new core.ValueError('proj_size has to be smaller than hidden_size');
    if (gates > 0) this.makeWeights(gates);
  }
  private makeWeights(gates: number): void {
    const out = this.projSize || this.hiddenSize;
    for (const layer of range(this.numLayers)) {
      for (const suffix of this.suffixes(layer)) {
        const width = layer === 0 ? this.inputSize : out * this.directions;
        this.registerParameter(`weight_ih${suffix}`, new Parameter(empty([gates * this.hiddenSize, width])));
        this.registerParameter(`weight_hh${suffix}`, new Parameter(empty([gates * this.hiddenSize, out])));
        if (this.bias) {
          this.registerParameter(`bias_ih${suffix}`, new Parameter(empty([gates * this.hiddenSize])));
          this.registerParameter(`bias_hh${suffix}`, new Parameter(empty([gates * this.hiddenSize])));
        }
        if (this.projSize)
          this.registerParameter(`weight_hr${suffix}`, new Parameter(empty([this.projSize, this.hiddenSize])));
      }
    }
    this.resetParameters();
  }
  protected get directions(): number {
    return this.bidirectional ? 2 : 1;
  }
  private suffixes(layer: number): string[] {
    return this.bidirectional ? [`_l${layer}`, `_l${layer}_reverse`] : [`_l${layer}`];
  }
  resetParameters(): void {
    const bound = 1 / Math.sqrt(this.hiddenSize);
    for (const p of this.parameters()) uniform_(p, -bound, bound);
  }
  private weights(suffix: string): Weights {
    const get = (name: string): core.Tensor | null =>
      ((this as unknown as Record<string, Parameter | undefined>)[name + suffix] ?? null)?.value ?? null;
    return {
      wIh: get('weight_ih')!,
      wHh: get('weight_hh')!,
      bIh: get('bias_ih'),
      bHh: get('bias_hh'),
      wHr: get('weight_hr'),
    };
  }
  /** @internal One step. */
  protected abstract step(gates: core.Tensor, state: State, layer: Weights): State;

  /** Sizes of the parts of the state: [h] or [h, c]. */
  protected abstract widths(): number[];

  /** Runs all layers; states are [layers * directions, n, width] each. */
  protected run(
    input: Tensor | PackedSequence,
    given: readonly (Tensor | null | undefined)[],
  ): { output: Tensor | PackedSequence; states: Tensor[] } {
    const packed = input instanceof PackedSequence ? input : null;
    const x = packed ? packed.data : (input as Tensor);
    const single = !packed && x.shape.length === 2;
    if (!packed && x.shape.length !== 2 && x.shape.length !== 3) {
      throw new core.ShapeError(`${this.getName()}: Expected input to be 2D or 3D, got ${x.shape.length}D instead`);
    }
    if (x.shape.at(-1) !== this.inputSize) {
      throw new core.ShapeError(
        `input.size(-1) must be equal to input_size. Expected ${this.inputSize}, got ${x.shape.at(-1)}`,
      );
    }
    // [t, n, in]
    const steps = packed ? packed.batchSizes.length : 0;
    const v = packed
      ? spreadPacked(x.value, packed.batchSizes, steps)
      : single
        ? core.unsqueeze(x.value, 1)
        : this.batchFirst
          ? core.transpose(x.value, 0, 1)
          : x.value;
    const n = v.shape[1]!;
    const order = packed?.sortedIndices;
    const states = this.widths().map((width, k) => {
      const shape = [this.numLayers * this.directions, n, width];
      const s = given[k];
      if (!s) return core.beside(v, () => core.zeros(shape, v.dtype));
      const h = single ? core.unsqueeze(s.value, 1) : s.value;
      if (!core.sameShape(h.shape, shape)) {
        throw new core.ShapeError(
          `Expected hidden${k ? '[1]' : given.length > 1 ? '[0]' : ''} size ${py(shape)}, got [${s.shape.join(', ')}]`,
        );
      }
      return order
        ? core.take(
            h,
            core.beside(h, () => core.tensor(Int32Array.from(order))),
            1,
          )
        : h;
    });
    const { y, finals } = this.layers(v, states, packed ? lengthsOf(packed) : null);
    const back = packed?.unsortedIndices;
    const last = finals.map((h) => {
      const s = back
        ? core.take(
            h,
            core.beside(h, () => core.tensor(Int32Array.from(back))),
            1,
          )
        : h;
      return new Tensor(single ? core.squeeze(s, [1]) : s, this.getName());
    });
    if (packed) {
      const data = new Tensor(gatherPacked(y, packed.batchSizes), this.getName());
      return {
        output: new PackedSequence(data, packed.batchSizes, packed.sortedIndices, packed.unsortedIndices),
        states: last,
      };
    }
    const output = single ? core.squeeze(y, [1]) : this.batchFirst ? core.transpose(y, 0, 1) : y;
    return { output: new Tensor(output, this.getName()), states: last };
  }

  private layers(
    v: core.Tensor,
    states: State,
    lengths: readonly number[] | null,
  ): { y: core.Tensor; finals: core.Tensor[] } {
    const ends: core.Tensor[][] = states.map(() => []);
    const counts =
      lengths && core.beside(v, () => core.tensor(Int32Array.from(lengths), { shape: [lengths.length, 1] }));
    const { training } = this;
    let y = v;
    for (const layer of range(this.numLayers)) {
      const sides = this.suffixes(layer).map((suffix, side) => {
        const weights = this.weights(suffix);
        const at = layer * this.directions + side;
        const start = states.map((s) => core.select(s, 0, at));
        const done = this.sweep(project(y, weights.wIh, weights.bIh), start, weights, side === 1, counts);
        done.state.forEach((s, k) => ends[k]!.push(s));
        return done.y;
      });
      y = sides.length === 2 ? core.concat(sides, 2) : sides[0]!;
      if (this.dropout > 0 && training && layer < this.numLayers - 1) y = core.dropout(y, this.dropout);
    }
    return { y, finals: ends.map((list) => core.stack(list, 0)) };
  }

  /** All steps of one layer in one direction. Beyond its length a sequence keeps its state. */
  private sweep(
    gates: core.Tensor,
    start: State,
    weights: Weights,
    reverse: boolean,
    lengths: core.Tensor | null,
  ): { y: core.Tensor; state: State } {
    const steps = gates.shape[0]!;
    const outputs = new Array<core.Tensor>(steps);
    let state = start;
    for (const i of range(steps)) {
      const t = reverse ? steps - 1 - i : i;
      const next = this.step(core.select(gates, 0, t), state, weights);
      if (lengths) {
        const live = core.greater(lengths, t);
        state = next.map((s, k) => core.where(live, s, state[k]!));
      } else state = next;
      outputs[t] = state[0]!;
    }
    if (steps === 0) throw new core.ShapeError(`${this.getName()}: Expected sequence length to be larger than 0`);
    return { y: core.stack(outputs, 0), state };
  }

  override extraRepr(): string {
    const parts = [`${this.inputSize}, ${this.hiddenSize}`];
    if (this.projSize) parts.push(`proj_size=${this.projSize}`);
    if (this.numLayers !== 1) parts.push(`num_layers=${this.numLayers}`);
    if (!this.bias) parts.push('bias=False');
    if (this.batchFirst) parts.push('batch_first=True');
    if (this.dropout) parts.push(`dropout=${py(this.dropout)}`);
    if (this.bidirectional) parts.push('bidirectional=True');
    return parts.join(', ');
  }
}
