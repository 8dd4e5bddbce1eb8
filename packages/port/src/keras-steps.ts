// What a Keras model needs between ported layers: other arrangements of the axes, and operations that hold weights.
import * as core from '@nn/core';
import type { Variable } from '@nn/keras';
import { keras, Layer, Tensor } from '@nn/keras';
import type { Operation } from './flow.js';
import { inverse, type Layout, sameLayout, type Sizes, valueToKeras, valueToTorch } from './layout.js';

const product = (sizes: readonly number[]): number => sizes.reduce((a, b) => a * b, 1);
const permOf = (layout: Layout, rank: number): readonly number[] =>
  layout.kind === 'permuted' ? layout.perm : Array.from({ length: rank }, (_, i) => i);

/** Layers that take a value from one arrangement to another; null when no layer can, and [] when nothing is to be done. */
export function rearrangingLayers(from: Layout, to: Layout, shape: Sizes): Layer[] | null {
  if (sameLayout(from, to)) return [];
  if (from.kind === 'flat') {
    if (to.kind !== 'same' || shape.length !== 2) return null;
    const sizes = from.perm.map((p) => from.sizes[p]!);
    return [
      new keras.layers.Reshape(sizes),
      new keras.layers.Permute(inverse(from.perm).map((p) => p + 1)),
      new keras.layers.Reshape([product(sizes)]),
    ];
  }
  if (to.kind === 'flat') return null;
  const [a, b] = [permOf(from, shape.length), permOf(to, shape.length)];
  const perm = b.map((p) => a.indexOf(p));
  return perm[0] === 0 ? [new keras.layers.Permute(perm.slice(1))] : null;
}
/** The same on a symbolic tensor, in any case. */
export function rearrange(x: Tensor, from: Layout, to: Layout, shape: Sizes): Tensor {
  const layers = rearrangingLayers(from, to, shape);
  if (layers) return layers.reduce((y, layer) => layer(y) as Tensor, x);
  return x.defer('Transpose', [x], (t) => valueToKeras(valueToTorch(t as core.Tensor, from), to)) as Tensor;
}

/** An operation of a traced module that reads weights: the weights are this layer's. */
export class OperationLayer extends Layer {
  static override readonly className: string = 'OperationLayer';
  readonly operation: Operation;
  readonly held: readonly Variable[];
  constructor(operation: Operation, held: readonly Variable[], name?: string) {
    super(name === undefined ? {} : { name });
    this.operation = operation;
    this.held = held;
    this.built = true;
  }
  override call(inputs: Tensor | readonly Tensor[]): Tensor | Tensor[] {
    const xs = (Array.isArray(inputs) ? inputs : [inputs]) as Tensor[];
    const outputs = this.operation
      .run(
        xs.map((x) => x.read()),
        this.held.map((v) => v.read()),
      )
      .map((t) => new Tensor(t));
    return outputs.length === 1 ? outputs[0]! : outputs;
  }
}

/** Surrounds the spatial axes with a number; ZeroPadding with another number than 0. */
export class ConstantPadding extends Layer {
  static override readonly className: string = 'ConstantPadding';
  readonly padding: readonly (readonly [number, number])[];
  readonly value: number;
  /** @param padding  [before, after] for each spatial axis; channels are last */
  constructor(padding: readonly (readonly [number, number])[], value: number) {
    super();
    this.padding = padding;
    this.value = value;
  }
  override call(inputs: Tensor): Tensor {
    const pads = [[0, 0], ...this.padding, [0, 0]].map(([a, b]): [number, number] => [a, b]);
    return new Tensor(core.pad(inputs.read(), pads, { value: this.value }));
  }
}
