// The state of a layer: variables, sub-layers and metrics, found in its fields, and what they come to: weights, losses, counts.
import * as core from '@nn/core';
import { floatType, type FloatType } from '../config.js';
import * as constraints from '../constraints.js';
import * as initializers from '../initializers/index.js';
import { Metric } from '../metrics/metric.js';
import { autoName, snakeCase, withName } from '../naming.js';
import { classNameOf, KerasObject } from '../object.js';
import * as regularizers from '../regularizers.js';
import { SeedGenerator } from '../seed.js';
import { isFloatName } from '../tensor/dtype.js';
import { formatShape } from '../tensor/format.js';
import { asTensor, Tensor, toCore, type Shape, type TensorLike } from '../tensor/tensor.js';
import { Variable } from '../tensor/variable.js';

export interface StateOptions {
  /** Default: the class in snake case, with a number from the second on. */
  name?: string | null;
  /** Whether optimizers update the weights; default true. */
  trainable?: boolean;
  /** 'float32' (the default) or 'float64'. */
  dtype?: unknown;
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

/** What a layer owns. The fields hold it: whatever is assigned to one is found. */
export abstract class LayerState extends KerasObject {
  readonly name: string;
  readonly dtype: FloatType;
  built = false;
  private ownLosses: Tensor[] = [];
  private updating: boolean;
  /** Made by addWeight; not all of them are in fields. */
  private readonly own: Variable[] = [];

  constructor(o: StateOptions = {}) {
    super();
    if (o.trainable !== undefined && typeof o.trainable !== 'boolean')
      throw new core.ValueError(
        `Expected \`trainable\` to be a boolean. Received: trainable=${String(o.trainable)} (of type ${typeof o.trainable})`,
      );
    this.name = o.name ?? autoName(classNameOf(this.constructor as typeof KerasObject));
    if (this.name.includes('/'))
      throw new core.ValueError(`Argument \`name\` cannot contain character \`/\`. Received: name=${this.name}`);
    this.dtype = floatType(`Layer '${this.name}'`, o.dtype);
    this.updating = o.trainable ?? true;
  }

  /** Makes a weight. Names, order and defaults are those that checkpoints of Keras have. */
  addWeight(o: WeightOptions = {}): Variable {
    const dtype = o.dtype ?? this.dtype;
    const variable = withName(
      this,
      this.name,
      () =>
        new Variable(initializers.get(o.initializer ?? (isFloatName(dtype) ? 'glorot_uniform' : 'zeros')), {
          shape: o.shape ?? [],
          dtype,
          trainable: o.trainable ?? true,
          regularizer: regularizers.get(o.regularizer),
          constraint: constraints.get(o.constraint),
          ...(o.name !== undefined && { name: o.name }),
        }),
    );
    if (!this.updating) variable.trainable = false;
    this.own.push(variable);
    return variable;
  }

  /** Sub-layers, in the order of the fields that hold them. */
  protected get sublayers(): LayerState[] {
    return this.tracked().filter((x): x is LayerState => x instanceof LayerState);
  }
  /** What is found in fields, arrays and plain objects of this layer: variables, layers, metrics, seeds. */
  protected tracked(): unknown[] {
    const found = new Set<unknown>();
    const visit = (x: unknown, depth: number): void => {
      if (x instanceof Variable || x instanceof LayerState || x instanceof Metric || x instanceof SeedGenerator)
        found.add(x);
      else if (depth < 4 && Array.isArray(x)) for (const y of x) visit(y, depth + 1);
      else if (depth < 4 && x !== null && typeof x === 'object' && Object.getPrototypeOf(x) === Object.prototype)
        for (const y of Object.values(x)) visit(y, depth + 1);
    };
    for (const key of Object.keys(this)) visit((this as unknown as Record<string, unknown>)[key], 0);
    found.delete(this);
    return [...found];
  }
  /** This layer and all below it, each once. */
  flattenLayers(): LayerState[] {
    const seen = new Set<LayerState>();
    const visit = (layer: LayerState): void => {
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
  get weights(): Variable[] {
    return [...new Set([...this.ownVariables(), ...this.sublayers.flatMap((l) => l.weights)])];
  }
  /**
   * The weights with names that say where they stand: the classes of the layers around them, numbered where there are several. They are
   * the same in every model of this structure, whatever its layers are called.
   */
  namedWeights(): [name: string, variable: Variable][] {
    const all: [string, Variable][] = [];
    const seen = new Set<Variable>();
    const unique = (names: Map<string, number>, name: string): string => {
      const n = names.get(name) ?? 0;
      names.set(name, n + 1);
      return n ? `${name}_${n}` : name;
    };
    const visit = (layer: LayerState, prefix: string): void => {
      const names = new Map<string, number>();
      for (const v of layer.ownVariables()) {
        const name = unique(names, v.name);
        if (!seen.has(v)) all.push([prefix + name, v]);
        seen.add(v);
      }
      for (const l of layer.sublayers) visit(l, `${prefix}${unique(names, snakeCase(l.className))}/`);
    };
    visit(this, '');
    return all;
  }
  /** Moves all weights to another device. What it is called on, and an optimizer made after that, are to be there too. */
  async to(device: core.DeviceName): Promise<this> {
    await Promise.all(this.weights.map((v) => v.to(device)));
    return this;
  }
  /** Weights and the states of random generators. */
  get variables(): Variable[] {
    const seeds = this.tracked()
      .filter((x): x is SeedGenerator => x instanceof SeedGenerator)
      .map((s) => s.state);
    return [...new Set([...this.ownVariables(), ...seeds, ...this.sublayers.flatMap((l) => l.variables)])];
  }
  get trainableWeights(): Variable[] {
    return this.trainable ? this.weights.filter((v) => v.trainable) : [];
  }
  get nonTrainableWeights(): Variable[] {
    return this.trainable ? this.weights.filter((v) => !v.trainable) : this.weights;
  }
  get trainableVariables(): Variable[] {
    return this.trainable ? this.variables.filter((v) => v.trainable) : [];
  }
  get nonTrainableVariables(): Variable[] {
    return this.trainable ? this.variables.filter((v) => !v.trainable) : this.variables;
  }
  /** Metrics in the fields of this layer and of its sub-layers. */
  get metrics(): Metric[] {
    return [
      ...this.tracked().filter((x): x is Metric => x instanceof Metric),
      ...this.sublayers.flatMap((l) => l.metrics),
    ];
  }

  /** Whether optimizers update the weights; setting it reaches all sub-layers. */
  get trainable(): boolean {
    return core.guard(() => this.updating);
  }
  set trainable(on: boolean) {
    this.updating = Boolean(on);
    for (const v of this.ownVariables()) if (v.madeTrainable) v.trainable = this.updating;
    for (const l of this.sublayers) l.trainable = this.updating;
  }

  /** Adds a term to the loss; call it inside `call`. */
  addLoss(loss: TensorLike | readonly Tensor[]): void {
    for (const x of Array.isArray(loss) ? (loss as readonly Tensor[]) : [loss as TensorLike])
      this.ownLosses.push(asTensor(x));
  }
  /** Terms that the last call added, and the penalties of regularized weights. */
  get losses(): Tensor[] {
    const added = this.flattenLayers().flatMap((l) => l.ownLosses);
    return [...added, ...this.trainableWeights.flatMap((v) => (v.regularizer ? [v.regularizer(v.value)] : []))];
  }
  protected clearLosses(): void {
    for (const l of this.flattenLayers()) l.ownLosses = [];
  }

  /** The number of elements of all weights. */
  countParams(): number {
    if (!this.built)
      throw new core.ValueError(
        `You tried to call \`countParams\` on layer '${this.name}', but the layer isn't built. You can build it manually via: \`layer.build(inputShape)\`.`,
      );
    return this.weights.reduce((n, v) => n + core.sizeOf(v.shape), 0);
  }
  /** Copies of the values of `weights`, in order. */
  getWeights(): Tensor[] {
    return this.weights.map((v) => new Tensor(core.detach(v.read())));
  }
  /** Sets the values of `weights`, in order. */
  setWeights(values: readonly TensorLike[]): void {
    const weights = this.weights;
    if (weights.length !== values.length)
      throw new core.ValueError(
        `You called \`setWeights(weights)\` on layer '${this.name}' with a weight list of length ${values.length}, but the layer was expecting ${weights.length} weights.`,
      );
    weights.forEach((v, k) => {
      const value = toCore(values[k]!);
      if (formatShape(value.shape) !== formatShape(v.shape))
        throw new core.ValueError(
          `Layer ${this.name} weight shape ${formatShape(v.shape)} is not compatible with provided weight shape ${formatShape(value.shape)}.`,
        );
      v.assign(new Tensor(value));
    });
  }
}
