// Sequential: a stack of layers.
import * as core from '@nn/core';
import { Graph } from '../graph/graph.js';
import { KerasTensor } from '../graph/node.js';
import { InputLayer } from '../layers/core/input-layer.js';
import { Layer, type CallOptions, type LayerOptions, type Open } from '../layers/layer.js';
import { autoName } from '../naming.js';
import { construct, nested, type Config, type Constructible, type Resolve } from '../object.js';
import { isShape } from '../tensor/shapes.js';
import { formatShape } from '../tensor/format.js';
import type { Tensor } from '../tensor/tensor.js';
import { type Shape } from '../tensor/tensor.js';
import type { Nested } from '../tensor/tree.js';
import { Model } from './model.js';

type Call = (x: Nested<Tensor>) => Nested<Tensor>;

export interface Sequential {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/**
 * Layers one after another. Weights are made when the input shape is known: from an `Input` as the first entry, `build`, or the first call.
 *
 * @param layers  layers, or `keras.Input(...)` in front
 * @example
 * const model = new tf.keras.Sequential([tf.keras.Input({ shape: [3] }), new tf.keras.layers.Dense(2)])
 * model.countParams() // => 8
 */
export class Sequential extends Model {
  static override readonly className: string = 'Sequential';
  static override readonly positional: readonly string[] = ['layers'];
  private readonly stack: Layer[];
  constructor(layers: readonly (Layer | Tensor)[] = [], o: LayerOptions & { trainable?: boolean } = {}) {
    super(o);
    this.stack = [];
    for (const layer of layers) this.push(layer);
    this.rebuild();
  }
  private push(given: Layer | Tensor): void {
    const origin = given instanceof KerasTensor ? given.history?.operation : given;
    if (!(origin instanceof Layer))
      throw new core.ValueError(
        `Only instances of \`keras.Layer\` can be added to a Sequential model. Received: ${String(given)} (of type ${typeof given})`,
      );
    if (this.stack.some((l) => l.name === origin.name)) {
      throw new core.ValueError(
        `All layers added to a Sequential model should have unique names. Name '${origin.name}' is already the name of a layer in this model. Update the \`name\` argument to pass a unique name.`,
      );
    }
    const first = this.stack[0];
    if (origin instanceof InputLayer && first instanceof InputLayer) {
      throw new core.ValueError(
        `Sequential model '${this.name}' has already been configured to use input shape ${formatShape(first.batchShape)}. You cannot add a different Input layer to it.`,
      );
    }
    if (origin instanceof InputLayer) this.stack.unshift(origin);
    else this.stack.push(origin);
  }
  /** Adds a layer at the end. */
  add(layer: Layer | Tensor): void {
    this.push(layer);
    this.rebuild();
  }
  /** Takes the last layer away. */
  pop(): Layer | undefined {
    const layer = this.stack.pop();
    this.rebuild();
    return layer;
  }
  private rebuild(): void {
    this.setGraph(null);
    const first = this.stack[0];
    if (this.stack.length > 1 && first instanceof InputLayer) this.build(first.batchShape);
    else if (this.stack.length > 1 && first instanceof Model && first.graph && isShape(first.inputShape))
      this.build(first.inputShape);
  }
  override get layers(): Layer[] {
    return this.stack ? this.stack.filter((l) => !(l instanceof InputLayer)) : [];
  }
  protected override get sublayers(): Layer[] {
    return this.layers;
  }

  override build(...shapes: Open[]): void {
    const shape = shapes[0] as Shape;
    if (!isShape(shape)) return;
    if (!this.stack.length)
      throw new core.ValueError(
        `Sequential model ${this.name} cannot be built because it has no layers. Call \`model.add(layer)\`.`,
      );
    const first = this.stack[0]!;
    if (first instanceof InputLayer) {
      if (formatShape(first.batchShape) !== formatShape(shape)) {
        throw new core.ValueError(
          `Sequential model '${this.name}' has already been configured to use input shape ${formatShape(first.batchShape)}. You cannot build it with input_shape ${formatShape(shape)}`,
        );
      }
    } else this.stack.unshift(new InputLayer({ batchShape: shape, dtype: first.dtype }));
    const inputs = this.stack[0]!.output;
    const outputs = this.layers.reduce((x, layer) => (layer as unknown as Call)(x), inputs);
    // Keras makes a functional model here, which takes a name
    autoName('functional');
    this.setGraph(new Graph(inputs as Nested<KerasTensor>, outputs as Nested<KerasTensor>));
  }
  override call(...args: Open[]): Open {
    if (this.graph) return super.call(...args);
    const [inputs] = args as [Nested<Tensor>, CallOptions | undefined];
    return this.layers.reduce((x, layer) => (layer as unknown as Call)(x), inputs);
  }
  override getConfig(): Config {
    const { name, trainable, dtype } = super.getConfig();
    const shape = this.buildShapes?.[0];
    return {
      name,
      trainable,
      dtype,
      layers: this.stack.map((l) => l.serialize()),
      ...(shape && { build_input_shape: shape }),
    };
  }
  static override fromConfig<T>(this: Constructible<T>, config: Config, resolve?: Resolve): T {
    const layers = (config['layers'] as unknown[]).map((l) => nested(resolve, l) as Layer);
    const { build_input_shape: shape, layers: _, ...rest } = config;
    const model = construct(this, { ...rest, layers });
    const made = model as unknown as Sequential;
    if (!made.built && isShape(shape) && made.stack.length) made.build(shape);
    return model;
  }
}
