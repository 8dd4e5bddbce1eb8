// The base of layers: weights that are made on the first call, masks, losses, configs, and calls on data and on symbolic inputs alike.
import * as core from '@nn/core';
import { floatType, type FloatType } from '../config.js';
import { buildShape, infer, KerasTensor, Node, symbolicTensors, type Operation } from '../graph/node.js';
import * as initializers from '../initializers/index.js';
import * as constraints from '../constraints.js';
import { Metric } from '../metrics/metric.js';
import { autoName, camelCase, currentPath, withName } from '../naming.js';
import { classNameOf, configOf, KerasObject, type Config, type Serialized } from '../object.js';
import * as regularizers from '../regularizers.js';
import { SeedGenerator } from '../seed.js';
import { isFloatName } from '../tensor/dtype.js';
import { formatShape } from '../tensor/format.js';
import { asTensor, Numeric, Tensor, toCore, type Shape, type TensorLike } from '../tensor/tensor.js';
import { mapShapes, shapesOf, type Shapes } from '../tensor/shapes.js';
import { flattenTree, mapTree, type Nested } from '../tensor/tree.js';
import { Variable } from '../tensor/variable.js';
import { askedOptions, convertInputs, splitOptions } from './call-arguments.js';
import { assertInputCompatibility, type InputSpecs } from './input-spec.js';

export interface LayerOptions {
  /** Default: the class in snake case, with a number from the second on. */
  name?: string | null;
  /** Whether optimizers update the weights; default true. */
  trainable?: boolean;
  /** 'float32' (the default) or 'float64'. */
  dtype?: unknown;
  /** A penalty on the outputs. */
  activityRegularizer?: regularizers.RegularizerLike | null;
}
export interface WeightOptions {
  name?: string;
  shape?: Shape;
  /** Default 'glorot_uniform' for floats, 'zeros' for the rest. */
  initializer?: initializers.InitializerLike | null;
  dtype?: string;
  trainable?: boolean;
  regularizer?: regularizers.RegularizerLike | null;
  constraint?: constraints.ConstraintLike | null;
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

interface Context { readonly training: boolean | undefined }
let context: Context | null = null;
/** Whether the layers that are being called are training, as the outermost call said. */
export const callTraining = (o: { training?: boolean | undefined } = {}): boolean => o.training ?? context?.training ?? false;

export interface Layer {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/**
 * An operation with state. Subclasses make weights in `build(inputShape)` with `addWeight`, and compute in `call(inputs)`.
 * Sub-layers in fields, arrays and plain objects are found by themselves. A `call` that mentions `training` or `mask`
 * receives `{ training, mask }` as its last argument.
 */
export class Layer extends KerasObject implements Operation {
  static override readonly module: string = 'keras.layers';
  /** What getConfig writes beside name, trainable and dtype: fields in camel case, keys in snake case. */
  static get configKeys(): readonly ConfigKey[] { return []; }
  readonly name: string;
  built = false;
  /** What the inputs must look like. */
  inputSpec: InputSpecs = null;
  /** Whether masks pass through. */
  supportsMasking: boolean;
  readonly inboundNodes: Node[] = [];
  readonly dtype: FloatType;
  readonly activityRegularizer: regularizers.Regularizer | null;
  /** The shapes that the layer was built with. */
  buildShapes: readonly Shapes[] | null = null;
  /** `/`-joined names of the enclosing layers and this one; null before the layer is built. */
  path: string | null = null;
  private parentPath: string | null = null;
  private readonly own: Variable[] = [];
  private ownLosses: Tensor[] = [];
  private updating: boolean;

  constructor(o: LayerOptions = {}) {
    super();
    if (o.trainable !== undefined && typeof o.trainable !== 'boolean') throw new core.ValueError(`Expected \`trainable\` to be a boolean. Received: trainable=${String(o.trainable)} (of type ${typeof o.trainable})`);
    this.name = o.name ?? autoName(classNameOf(this.constructor as typeof KerasObject));
    if (this.name.includes('/')) throw new core.ValueError(`Argument \`name\` cannot contain character \`/\`. Received: name=${this.name}`);
    this.dtype = floatType(`Layer '${this.name}'`, o.dtype);
    this.activityRegularizer = regularizers.get(o.activityRegularizer);
    this.updating = o.trainable ?? true;
    this.supportsMasking = this.computeMask !== Layer.prototype.computeMask;
    const build = this.build;
    Object.defineProperty(this, 'build', { configurable: true, writable: true, value: (...shapes: Shapes[]) => this.runBuild(build, shapes) });
  }

  /** Makes the weights; runs once, before the first call. One argument for each tensor argument of `call`. */
  build(_inputShape: Shape, ..._more: Open[]): void {}
  /** What the layer computes. */
  call(..._inputs: Open[]): Open {
    throw new core.NNError(`Layer ${this.className} does not have a \`call()\` method implemented.`);
  }
  /** The mask of the outputs; those of the inputs by default. */
  computeMask(_inputs: unknown, previousMask: Nested<Tensor | null> | null): Nested<Tensor | null> | null { return previousMask; }

  protected override invoke(...args: unknown[]): unknown {
    const { inputs: given, options } = splitOptions(args);
    const inputs = given.map((x) => convertInputs(x, (t) => this.autocast(t), this.name));
    assertInputCompatibility(this.inputSpec, inputs[0], this.name);
    return withName(this, this.name, () => {
      if (!this.built) this.firstBuild(inputs);
      if (!symbolicTensors([inputs, options]).length) return this.perform(inputs, options);
      const outputs = infer((concrete) => this.perform(concrete(inputs) as unknown[], concrete(options) as Record<string, unknown>));
      return new Node(this, Object.keys(options).length ? [...inputs, options] : inputs, outputs).outputs;
    });
  }
  rerun(args: readonly unknown[]): unknown { return this.invoke(...args); }

  private autocast(t: Tensor): Tensor {
    return isFloatName(t.dtype) && t.dtype !== this.dtype ? t.cast(this.dtype) : t;
  }
  private firstBuild(inputs: readonly unknown[]): void {
    const shapes = inputs.filter((x) => flattenTree(x).some((t) => t instanceof Numeric)).map((x) => shapesOf(x, buildShape));
    this.build(...(shapes as [Shape]));
    assertInputCompatibility(this.inputSpec, inputs[0], this.name);
  }
  private runBuild(build: (...shapes: never[]) => void, shapes: readonly Shapes[]): void {
    this.parentPath ??= currentPath();
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
      const masks = (givenMask ?? mapTree((t) => (t instanceof Tensor ? t.kerasMask : null), inputs[0])) as Nested<Tensor | null>;
      const masked = flattenTree(masks).some((m) => m !== null && m !== undefined);
      if (asks.training && context.training !== undefined) rest['training'] = context.training;
      if (asks.mask && masked) rest['mask'] = masks;
      const outputs = this.call(...((Object.keys(rest).length ? [...inputs, rest] : inputs) as [Tensor]));
      if (this.activityRegularizer) this.penalize(outputs);
      if (this.supportsMasking) this.setMasks(inputs[0], outputs, masked ? masks : null);
      else if (masked) {
        console.warn(`Layer '${this.name}' (of type ${this.className}) was passed an input with a mask attached to it. However, this layer does not support masking and will therefore destroy the mask information. Downstream layers will not see the mask.`);
      }
      return outputs;
    } finally {
      context = outer;
    }
  }
  private penalize(outputs: unknown): void {
    for (const t of flattenTree(outputs)) {
      if (t instanceof Tensor) this.addLoss(t.ndim ? this.activityRegularizer!(t).div(t.shape[0]!) : this.activityRegularizer!(t));
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

  /** Makes a weight. Names, order and defaults are those that checkpoints of Keras have. */
  addWeight(o: WeightOptions = {}): Variable {
    const dtype = o.dtype ?? this.dtype;
    const variable = withName(this, this.name, () => new Variable(initializers.get(o.initializer ?? (isFloatName(dtype) ? 'glorot_uniform' : 'zeros')), {
      shape: o.shape ?? [], dtype, trainable: o.trainable ?? true, regularizer: regularizers.get(o.regularizer), constraint: constraints.get(o.constraint),
      ...(o.name !== undefined && { name: o.name }),
    }));
    if (!this.updating) variable.trainable = false;
    this.own.push(variable);
    return variable;
  }

  /** Sub-layers, in the order of the fields that hold them. */
  protected get sublayers(): Layer[] { return this.tracked().filter((x): x is Layer => x instanceof Layer); }
  /** What is found in fields, arrays and plain objects of this layer: variables, layers, metrics, seeds. */
  protected tracked(): unknown[] {
    const found = new Set<unknown>();
    const visit = (x: unknown, depth: number): void => {
      if (x instanceof Variable || x instanceof Layer || x instanceof Metric || x instanceof SeedGenerator) found.add(x);
      else if (depth < 4 && Array.isArray(x)) for (const y of x) visit(y, depth + 1);
      else if (depth < 4 && x !== null && typeof x === 'object' && Object.getPrototypeOf(x) === Object.prototype) for (const y of Object.values(x)) visit(y, depth + 1);
    };
    for (const key of Object.keys(this)) visit((this as unknown as Record<string, unknown>)[key], 0);
    found.delete(this);
    return [...found];
  }
  /** This layer and all below it, each once. */
  flattenLayers(): Layer[] {
    const seen = new Set<Layer>();
    const visit = (layer: Layer): void => {
      if (seen.has(layer)) return;
      seen.add(layer);
      for (const l of layer.sublayers) visit(l);
    };
    visit(this);
    return [...seen];
  }
  private ownVariables(): Variable[] {
    const all = this.tracked().filter((x): x is Variable => x instanceof Variable);
    return [...all.filter((v) => v.madeTrainable), ...all.filter((v) => !v.madeTrainable)];
  }
  /** All weights: own trainable ones, own others, then those of the sub-layers. */
  get weights(): Variable[] { return [...new Set([...this.ownVariables(), ...this.sublayers.flatMap((l) => l.weights)])]; }
  /** Weights and the states of random generators. */
  get variables(): Variable[] {
    const seeds = this.tracked().filter((x): x is SeedGenerator => x instanceof SeedGenerator).map((s) => s.state);
    return [...new Set([...this.ownVariables(), ...seeds, ...this.sublayers.flatMap((l) => l.variables)])];
  }
  get trainableWeights(): Variable[] { return this.trainable ? this.weights.filter((v) => v.trainable) : []; }
  get nonTrainableWeights(): Variable[] { return this.trainable ? this.weights.filter((v) => !v.trainable) : this.weights; }
  get trainableVariables(): Variable[] { return this.trainable ? this.variables.filter((v) => v.trainable) : []; }
  get nonTrainableVariables(): Variable[] { return this.trainable ? this.variables.filter((v) => !v.trainable) : this.variables; }
  /** Metrics in the fields of this layer and of its sub-layers. */
  get metrics(): Metric[] { return [...this.tracked().filter((x): x is Metric => x instanceof Metric), ...this.sublayers.flatMap((l) => l.metrics)]; }

  /** Whether optimizers update the weights; setting it reaches all sub-layers. */
  get trainable(): boolean { return core.guard(() => this.updating); }
  set trainable(on: boolean) {
    this.updating = Boolean(on);
    for (const v of this.ownVariables()) if (v.madeTrainable) v.trainable = this.updating;
    for (const l of this.sublayers) l.trainable = this.updating;
  }

  /** Adds a term to the loss; call it inside `call`. */
  addLoss(loss: TensorLike | readonly Tensor[]): void {
    for (const x of Array.isArray(loss) ? (loss as readonly Tensor[]) : [loss as TensorLike]) this.ownLosses.push(asTensor(x));
  }
  /** Terms that the last call added, and the penalties of regularized weights. */
  get losses(): Tensor[] {
    const added = this.flattenLayers().flatMap((l) => l.ownLosses);
    return [...added, ...this.trainableWeights.flatMap((v) => (v.regularizer ? [v.regularizer(v.value)] : []))];
  }
  private clearLosses(): void {
    for (const l of this.flattenLayers()) l.ownLosses = [];
  }

  /** The number of elements of all weights. */
  countParams(): number {
    if (!this.built) throw new core.ValueError(`You tried to call \`countParams\` on layer '${this.name}', but the layer isn't built. You can build it manually via: \`layer.build(inputShape)\`.`);
    return this.weights.reduce((n, v) => n + core.sizeOf(v.shape), 0);
  }
  /** Copies of the values of `weights`, in order. */
  getWeights(): Tensor[] { return this.weights.map((v) => new Tensor(core.detach(v.read()))); }
  /** Sets the values of `weights`, in order. */
  setWeights(values: readonly TensorLike[]): void {
    const weights = this.weights;
    if (weights.length !== values.length) throw new core.ValueError(`You called \`setWeights(weights)\` on layer '${this.name}' with a weight list of length ${values.length}, but the layer was expecting ${weights.length} weights.`);
    weights.forEach((v, k) => {
      const value = toCore(values[k]!);
      if (formatShape(value.shape) !== formatShape(v.shape)) throw new core.ValueError(`Layer ${this.name} weight shape ${formatShape(v.shape)} is not compatible with provided weight shape ${formatShape(value.shape)}.`);
      v.assign(new Tensor(value));
    });
  }

  /** The shape of the output for inputs of this shape, found by running `call` on tensors without data. */
  computeOutputShape(...shapes: Shapes[]): Shapes {
    const inputs = shapes.map((s) => mapShapes((shape) => new KerasTensor(shape, this.dtype), s));
    return shapesOf(infer((concrete) => withName(this, this.name, () => {
      if (!this.built) this.build(...(shapes as [Shape]));
      return this.perform(concrete(inputs) as unknown[], {});
    })));
  }
  /** The symbolic input of the only call of this layer. */
  get input(): Nested<Tensor> { return this.onlyNode('input').args[0] as Nested<Tensor>; }
  /** The symbolic output of the only call of this layer. */
  get output(): Nested<Tensor> { return this.onlyNode('output').outputs; }
  private onlyNode(what: string): Node {
    if (this.inboundNodes.length !== 1) {
      throw new core.ValueError(this.inboundNodes.length ? `The layer ${this.name} has multiple inbound nodes, hence the notion of '${what}' is ill-defined.` : `The layer ${this.name} has never been called and thus has no defined ${what}.`);
    }
    return this.inboundNodes[0]!;
  }

  override getConfig(): Config {
    const config: Config = { name: this.name, trainable: this.updating, dtype: { module: 'keras', class_name: 'DTypePolicy', config: { name: this.dtype }, registered_name: null } };
    if (this.activityRegularizer) config['activity_regularizer'] = this.activityRegularizer.serialize();
    for (const entry of (this.constructor as typeof Layer).configKeys) {
      const [key, write] = typeof entry === 'string' ? [entry, null] : entry;
      config[key] = write ? write((this as unknown as Record<string, unknown>)[camelCase(key)] as never) : configOf(this, [key])[key];
    }
    return config;
  }
  override serialize(): Serialized {
    const shapes = this.buildShapes;
    return { ...super.serialize(), ...(shapes?.length && { build_config: shapes.length === 1 ? { input_shape: shapes[0] } : { shapes } }) };
  }
  override toString(): string { return `<${this.className} name=${this.name}, built=${this.built ? 'True' : 'False'}>`; }
}
