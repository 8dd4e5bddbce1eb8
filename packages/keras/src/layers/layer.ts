// The base of layers: weights that are made on the first call, masks, losses, configs, and calls on data and on symbolic inputs alike.
import * as core from '@nn/core';
import { buildShape, infer, KerasTensor, Node, symbolicTensors, type Operation } from '../graph/node.js';
import { camelCase, currentPath, withName } from '../naming.js';
import { configOf, type Config, type Serialized } from '../object.js';
import * as regularizers from '../regularizers.js';
import { isFloatName } from '../tensor/dtype.js';
import { mapShapes, shapesOf, type Shapes } from '../tensor/shapes.js';
import { Numeric, Tensor, type Shape } from '../tensor/tensor.js';
import { flattenTree, mapTree, type Nested } from '../tensor/tree.js';
import { askedOptions, convertInputs, splitOptions } from './call-arguments.js';
import { assertInputCompatibility, type InputSpecs } from './input-spec.js';
import { LayerState, type StateOptions } from './layer-state.js';

export interface LayerOptions extends StateOptions {
  /** A penalty on the outputs. */
  activityRegularizer?: regularizers.RegularizerLike | null;
}
/** The options that Keras passes to a `call` that asks for them. */
export interface CallOptions {
  training?: boolean | undefined;
  mask?: Nested<Tensor | null> | undefined;
}
/** A config key, or one with the function that writes its value. */
export type ConfigKey = string | readonly [key: string, write: (value: never) => unknown];

/** Arguments and results of a call whose layer is not known: each subclass says what its own are. */
export type Open = ReturnType<typeof JSON.parse>;

interface Context {
  readonly training: boolean | undefined;
}
let context: Context | null = null;
/** Whether the layers that are being called are training, as the outermost call said. */
export const callTraining = (o: { training?: boolean | undefined } = {}): boolean =>
  o.training ?? context?.training ?? false;

export interface Layer {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/**
 * An operation with state. Subclasses make weights in `build(inputShape)` with `addWeight`, and compute in `call(inputs)`.
 * Sub-layers in fields, arrays and plain objects are found by themselves. A `call` that mentions `training` or `mask`
 * receives `{ training, mask }` as its last argument.
 */
export class Layer extends LayerState implements Operation {
  static override readonly module: string = 'keras.layers';
  /** What getConfig writes beside name, trainable and dtype: fields in camel case, keys in snake case. */
  static get configKeys(): readonly ConfigKey[] {
    return [];
  }
  /** Options of `call` that are tensors with weights of their own: `build` is given their shapes after those of the inputs. */
  static get buildOptions(): readonly string[] {
    return [];
  }
  /** What the inputs must look like. */
  inputSpec: InputSpecs = null;
  /** Whether masks pass through. */
  supportsMasking: boolean;
  readonly inboundNodes: Node[] = [];
  readonly activityRegularizer: regularizers.Regularizer | null;
  /** The shapes that the layer was built with. */
  buildShapes: readonly Shapes[] | null = null;
  /** `/`-joined names of the enclosing layers and this one; null before the layer is built. */
  path: string | null = null;

  constructor(o: LayerOptions = {}) {
    super(o);
    this.activityRegularizer = regularizers.get(o.activityRegularizer);
    this.supportsMasking = this.computeMask !== Layer.prototype.computeMask;
    const build = this.build;
    Object.defineProperty(this, 'build', {
      configurable: true,
      writable: true,
      value: (...shapes: Shapes[]) => this.runBuild(build, shapes),
    });
  }

  /** Makes the weights; runs once, before the first call. One argument for each tensor argument of `call`. */
  build(_inputShape: Shape, ..._more: Open[]): void {}
  /** What the layer computes. */
  call(..._inputs: Open[]): Open {
    throw new core.NNError(`Layer ${this.className} does not have a \`call()\` method implemented.`);
  }
  /** The mask of the outputs; those of the inputs by default. */
  computeMask(_inputs: unknown, previousMask: Nested<Tensor | null> | null): Nested<Tensor | null> | null {
    return previousMask;
  }

  protected override invoke(...args: unknown[]): unknown {
    const { inputs: given, options } = splitOptions(args);
    const convert = (x: unknown): unknown => convertInputs(x, (t) => this.autocast(t), this.name);
    const inputs = given.map(convert);
    const { buildOptions } = this.constructor as typeof Layer;
    for (const name of buildOptions) options[name] &&= convert(options[name]);
    assertInputCompatibility(this.inputSpec, inputs[0], this.name);
    const data = flattenTree(inputs).find((x): x is Tensor => x instanceof Tensor && !(x instanceof KerasTensor));
    const enter = (): unknown => this.enter(inputs, options, buildOptions);
    // Weights and whatever else the layer makes are made where the input is.
    return data ? core.beside(data.read(), enter) : enter();
  }
  private enter(
    inputs: readonly unknown[],
    options: Record<string, unknown>,
    buildOptions: readonly string[],
  ): unknown {
    return withName(this, this.name, () => {
      if (!this.built) this.firstBuild([...inputs, ...buildOptions.map((name) => options[name])]);
      if (!symbolicTensors([inputs, options]).length) return this.perform(inputs, options);
      const outputs = infer((concrete) =>
        this.perform(concrete(inputs) as unknown[], concrete(options) as Record<string, unknown>),
      );
      return new Node(this, Object.keys(options).length ? [...inputs, options] : inputs, outputs).outputs;
    });
  }
  rerun(args: readonly unknown[]): unknown {
    return this.invoke(...args);
  }

  private autocast(t: Tensor): Tensor {
    return isFloatName(t.dtype) && t.dtype !== this.dtype ? t.cast(this.dtype) : t;
  }
  private firstBuild(inputs: readonly unknown[]): void {
    const shapes = inputs
      .filter((x) => flattenTree(x).some((t) => t instanceof Numeric))
      .map((x) => shapesOf(x, buildShape));
    this.build(...(shapes as [Shape]));
    assertInputCompatibility(this.inputSpec, inputs[0], this.name);
  }
  private runBuild(build: (...shapes: never[]) => void, shapes: readonly Shapes[]): void {
    withName(this, this.name, () => {
      this.path = currentPath();
      core.untraced(() => build.apply(this, shapes as never[]));
    });
    this.buildShapes = shapes;
    this.built = true;
  }

  protected perform(inputs: readonly unknown[], options: Record<string, unknown>): unknown {
    const outer = context;
    if (!outer) this.clearLosses();
    const explicit = options['training'] as boolean | null | undefined;
    context = { training: explicit ?? outer?.training };
    try {
      const asks = askedOptions(this.call);
      const { training: _, mask: givenMask, ...rest } = options as CallOptions & Record<string, unknown>;
      const masks = givenMask ?? mapTree((t) => (t instanceof Tensor ? t.kerasMask : null), inputs[0]);
      const masked = flattenTree(masks).some((m) => m !== null && m !== undefined);
      if (asks.training && context.training !== undefined) rest['training'] = context.training;
      if (asks.mask && masked) rest['mask'] = masks;
      const outputs = this.call(...((Object.keys(rest).length ? [...inputs, rest] : inputs) as [Tensor]));
      if (this.activityRegularizer) this.penalize(outputs);
      if (this.supportsMasking) this.setMasks(inputs[0], outputs, masked ? masks : null);
      else if (masked) {
        console.warn(
          `Layer '${this.name}' (of type ${this.className}) was passed an input with a mask attached to it. However, this layer does not support masking and will therefore destroy the mask information. Downstream layers will not see the mask.`,
        );
      }
      return outputs;
    } finally {
      context = outer;
    }
  }
  private penalize(outputs: unknown): void {
    for (const t of flattenTree(outputs)) {
      if (t instanceof Tensor)
        this.addLoss(t.ndim ? this.activityRegularizer!(t).div(t.shape[0]!) : this.activityRegularizer!(t));
    }
  }
  private setMasks(inputs: unknown, outputs: unknown, previous: Nested<Tensor | null> | null): void {
    const tensors = flattenTree(outputs).filter((t) => t instanceof Tensor);
    if (tensors.every((t) => t.kerasMask)) return;
    const masks = this.computeMask(inputs, previous);
    if (!masks) return;
    const flat = flattenTree(masks) as (Tensor | null)[];
    tensors.forEach((t, k) => (t.kerasMask ??= flat[k] ?? null));
  }

  protected override get sublayers(): Layer[] {
    return super.sublayers as Layer[];
  }
  /** The shape of the output for inputs of this shape, found by running `call` on tensors without data. */
  computeOutputShape(...shapes: Shapes[]): Shapes {
    const inputs = shapes.map((s) => mapShapes((shape) => new KerasTensor(shape, this.dtype), s));
    return shapesOf(
      infer((concrete) =>
        withName(this, this.name, () => {
          if (!this.built) this.build(...(shapes as [Shape]));
          return this.perform(concrete(inputs) as unknown[], {});
        }),
      ),
    );
  }
  /** The symbolic input of the only call of this layer. */
  get input(): Nested<Tensor> {
    return this.onlyNode('input').args[0] as Nested<Tensor>;
  }
  /** The symbolic output of the only call of this layer. */
  get output(): Nested<Tensor> {
    return this.onlyNode('output').outputs;
  }
  private onlyNode(what: string): Node {
    if (this.inboundNodes.length !== 1) {
      throw new core.ValueError(
        this.inboundNodes.length
          ? `The layer ${this.name} has multiple inbound nodes, hence the notion of '${what}' is ill-defined.`
          : `The layer ${this.name} has never been called and thus has no defined ${what}.`,
      );
    }
    return this.inboundNodes[0]!;
  }

  override getConfig(): Config {
    const config: Config = {
      name: this.name,
      trainable: this.trainable,
      dtype: { module: 'keras', class_name: 'DTypePolicy', config: { name: this.dtype }, registered_name: null },
    };
    if (this.activityRegularizer) config['activity_regularizer'] = this.activityRegularizer.serialize();
    for (const entry of (this.constructor as typeof Layer).configKeys) {
      const [key, write] = typeof entry === 'string' ? [entry, null] : entry;
      config[key] = write
        ? write((this as unknown as Record<string, unknown>)[camelCase(key)] as never)
        : configOf(this, [key])[key];
    }
    return config;
  }
  override serialize(): Serialized {
    const shapes = this.buildShapes;
    return {
      ...super.serialize(),
      ...(shapes?.length && { build_config: shapes.length === 1 ? { input_shape: shapes[0] } : { shapes } }),
    };
  }
  override toString(): string {
    return `<${this.className} name=${this.name}, built=${this.built ? 'True' : 'False'}>`;
  }
}
