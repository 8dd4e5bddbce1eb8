// Model: a layer that can be compiled, trained and evaluated; out of symbolic inputs and outputs, or subclassed.
// Long because users find all of it on the one class: each method is a line that names the file where it is done.
import * as core from '@nn/core';
import { Graph } from '../graph/graph.js';
import { infer, KerasTensor } from '../graph/node.js';
import { InputSpec } from '../layers/input-spec.js';
import { Layer, type CallOptions, type LayerOptions, type Open } from '../layers/layer.js';
import type { Metric } from '../metrics/metric.js';
import { autoName } from '../naming.js';
import { construct, type Config, type Constructible, type Resolve } from '../object.js';
import type { Shape, Tensor } from '../tensor/tensor.js';
import { mapShapes, type Shapes } from '../tensor/shapes.js';
import { flattenTree, isPlain, type Nested } from '../tensor/tree.js';
import type { History } from '../callbacks/history.js';
import type { Optimizer } from '../optimizers/index.js';
import type { Batch, Data, Dataset } from '../training/data.js';
import { compileModel, type CompileOptions } from '../training/compile.js';
import type { Compiled, StepLogs, Trainee } from '../training/trainee.js';
import { evaluateModel, type EvaluateOptions } from '../training/evaluate.js';
import { fitModel, type FitOptions } from '../training/fit.js';
import { predictModel, type PredictOptions } from '../training/predict.js';
import * as steps from '../training/steps.js';
import { functionalConfig, functionalFromConfig, isFunctionalConfig } from './functional-config.js';
import { standardize } from './inputs.js';
import { printSummary, type SummaryOptions } from './summary.js';

export interface ModelOptions extends LayerOptions {
  /** Symbolic inputs: one, a list, or an object by name. */
  inputs?: Nested<Tensor>;
  /** Symbolic outputs that were computed from the inputs. */
  outputs?: Nested<Tensor>;
}
export interface Model {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}

/**
 * A model of symbolic inputs and outputs, or a subclass with its own `call`.
 *
 * @example
 * const inputs = tf.keras.Input({ shape: [3] })
 * const model = new tf.keras.Model({ inputs, outputs: new tf.keras.layers.Dense(2)(inputs) })
 * model.outputShape // => [null, 2]
 */
export class Model extends Layer implements Trainee {
  static override readonly module: string = 'keras';
  static override readonly className: string = 'Model';
  /** Set in a callback, it ends the training after the epoch. */
  stopTraining = false;
  /** Set in `onTrainBegin`, the epoch with which `fit` goes on. */
  resumeFrom: number | null = null;
  /** What the last `fit` has recorded. */
  history: History | null = null;
  private readonly graphState: { graph: Graph | null; compiled: Compiled | null };

  constructor(o: ModelOptions = {}) {
    const functional = o.inputs !== undefined && o.outputs !== undefined;
    super({ ...o, name: o.name ?? (new.target === Model && functional ? autoName('functional') : null) });
    this.graphState = { graph: null, compiled: null };
    Object.defineProperty(this, 'graphState', { enumerable: false });
    Object.defineProperty(this, 'history', { enumerable: false, writable: true, value: null });
    if ((o.inputs === undefined) !== (o.outputs === undefined))
      throw new core.ValueError(
        `Model '${this.name}': pass both \`inputs\` and \`outputs\`, or none and write \`call\``,
      );
    if (functional) this.setGraph(new Graph(o.inputs as Nested<KerasTensor>, o.outputs as Nested<KerasTensor>));
  }
  protected setGraph(graph: Graph | null): void {
    this.graphState.graph = graph;
    this.built = graph !== null;
    if (!graph) return;
    const names = isPlain(graph.inputTree) ? Object.keys(graph.inputTree).sort() : null;
    const specs = graph.inputs.map(
      (t, i) =>
        new InputSpec({
          shape: t.ndim ? [null, ...t.shape.slice(1)] : [],
          allowLastAxisSqueeze: true,
          name: names?.[i] ?? t.history?.operation.name ?? t.name,
        }),
    );
    this.inputSpec = specs.length === 1 && !names ? specs[0]! : specs;
  }
  /** The graph of a functional model; null for a subclassed one. */
  get graph(): Graph | null {
    return this.graphState.graph;
  }
  override get className(): string {
    return this.constructor === Model && this.graphState?.graph ? 'Functional' : super.className;
  }

  /** The layers, in the order in which they run (functional) or stand in the fields (subclassed). */
  get layers(): Layer[] {
    return this.graph ? this.graph.operations.filter((op) => op instanceof Layer) : super.sublayers;
  }
  protected override get sublayers(): Layer[] {
    return [...new Set([...(this.graph ? this.layers : []), ...super.sublayers])];
  }
  /** The layer of a name or a position. */
  getLayer(which: string | number): Layer {
    const found = typeof which === 'number' ? this.layers.at(which) : this.layers.find((l) => l.name === which);
    if (found) return found;
    if (typeof which === 'number')
      throw new core.ValueError(
        `Was asked to retrieve layer at index ${which} but model only has ${this.layers.length} layers.`,
      );
    const names = this.layers.map((l) => l.name);
    throw new core.ValueError(
      `No such layer: ${which}. Existing layers are: [${names.map((n) => `'${n}'`).join(', ')}].${core.nearest(which, names)}`,
    );
  }
  private requireGraph(what: string): Graph {
    if (this.graph) return this.graph;
    throw new core.ValueError(
      `Model '${this.name}' has no defined ${what}: it is not made of symbolic inputs and outputs, or not built yet.`,
    );
  }
  get inputs(): readonly Tensor[] {
    return this.requireGraph('inputs').inputs;
  }
  get outputs(): readonly Tensor[] {
    return this.requireGraph('outputs').outputs;
  }
  override get input(): Nested<Tensor> {
    return this.requireGraph('input').inputTree;
  }
  override get output(): Nested<Tensor> {
    return this.requireGraph('output').outputTree;
  }
  /** Shape of the input with the batch axis; a list where there are several. */
  get inputShape(): Open {
    return single(this.requireGraph('input shape').inputs);
  }
  /** Shape of the output with the batch axis; a list where there are several. */
  get outputShape(): Open {
    return single(this.requireGraph('output shape').outputs);
  }
  /** Names of the layers that make the outputs; null for a subclassed model. */
  get outputNames(): readonly string[] | null {
    return this.graph?.outputs.map((t) => t.history?.operation.name ?? t.name) ?? null;
  }

  /** Makes the weights of a subclassed model by running `call` on tensors without data. */
  override build(...shapes: Open[]): void {
    if (this.graph) return;
    const inputs = (shapes as Shapes[]).map((s) => mapShapes((shape) => new KerasTensor(shape, this.dtype), s));
    try {
      infer((concrete) => this.perform(concrete(inputs) as unknown[], {}));
    } catch (error) {
      // a call that reads values builds its layers when it first runs on data
      if (!(error instanceof core.TraceError)) throw error;
    }
  }
  override call(...args: Open[]): Open {
    if (!this.graph) return super.call();
    const [inputs, o] = args as [Nested<Tensor>, CallOptions | undefined];
    const values = standardize(inputs, this.graph);
    if (o?.mask) flattenTree(o.mask).forEach((m, i) => (values[i]!.kerasMask ??= (m as Tensor | null) ?? null));
    return this.graph.run(values);
  }

  // ---- training ----

  /**
   * Says how to train: optimizer, loss and metrics, by name or object.
   *
   * @throws ValueError  for an unknown name, naming the nearest ones
   */
  compile(o: CompileOptions = {}): void {
    this.graphState.compiled = compileModel(this, o);
  }
  /** What `compile` has set up. */
  get compiled(): boolean {
    return this.graphState.compiled !== null;
  }
  /** @internal The state behind `compile`. */
  training(what: string): Compiled {
    if (this.graphState.compiled) return this.graphState.compiled;
    throw new core.ValueError(`You must call \`compile()\` before calling \`${what}()\`.`);
  }
  get optimizer(): Optimizer | null {
    return this.graphState.compiled?.optimizer ?? null;
  }
  optimizerOrThrow(what: string): Optimizer {
    const { optimizer } = this.training(what);
    if (!optimizer)
      throw new core.ValueError(
        `${what}: the model was compiled without an optimizer. Pass \`optimizer\` to compile().`,
      );
    return optimizer;
  }
  /** The loss, the compiled metrics, and those in the fields of the model and its layers. */
  override get metrics(): Metric[] {
    const compiled = this.graphState.compiled;
    return [
      ...(compiled
        ? [compiled.lossTracker, ...(compiled.metrics?.metrics ?? []), ...(compiled.loss?.metrics ?? [])]
        : []),
      ...super.metrics,
    ];
  }
  get metricsNames(): string[] {
    return this.metrics.map((m) => m.name);
  }
  resetMetrics(): void {
    for (const m of this.metrics) m.resetState();
  }
  /** One step of training on a batch; override it for another one. Returns the values of the metrics. */
  trainStep(data: Batch): StepLogs {
    return steps.trainStep(this, data);
  }
  /** One step of evaluation. */
  testStep(data: Batch): StepLogs {
    return steps.testStep(this, data);
  }
  /** One step of prediction. */
  predictStep(data: Batch): Nested<Tensor> {
    return steps.predictStep(this, data);
  }
  /** The total loss: the compiled one, and what layers have added. */
  computeLoss(
    _x: Nested<Tensor>,
    y: Nested<Tensor> | null,
    yPred: Nested<Tensor>,
    sampleWeight: Nested<Tensor> | null = null,
    _training: boolean = true,
  ): Tensor {
    return steps.totalLoss(this, y, yPred, sampleWeight);
  }
  /** Updates the compiled metrics and returns the values of all metrics. */
  computeMetrics(
    _x: Nested<Tensor>,
    y: Nested<Tensor> | null,
    yPred: Nested<Tensor>,
    sampleWeight: Nested<Tensor> | null = null,
  ): StepLogs {
    this.graphState.compiled?.metrics?.update(y, yPred, sampleWeight);
    return steps.metricValues(this);
  }
  /**
   * Trains for some epochs. The step is traced once and replayed; the bar is Keras's.
   *
   * @param x  inputs: arrays or tensors, lists or objects of them; or a dataset of batches `[x, y]`
   * @param y  targets; none with a dataset
   */
  fit(x: Data | Dataset, y?: Data | null, o: FitOptions = {}): Promise<History> {
    return fitModel(this, x, y ?? null, o);
  }
  /** The loss and the metrics on data, in the order of `metrics`; by name with `returnDict`. */
  evaluate(
    x: Data | Dataset,
    y: Data | null | undefined,
    o: EvaluateOptions & { returnDict: true },
  ): Promise<Record<string, number>>;
  evaluate(x: Data | Dataset, y?: Data | null, o?: EvaluateOptions): Promise<number[]>;
  evaluate(x: Data | Dataset, y?: Data | null, o: EvaluateOptions = {}): Promise<number[] | Record<string, number>> {
    return evaluateModel(this, x, y ?? null, o);
  }
  /** The outputs for data, batch by batch, joined. */
  predict<T = Tensor>(x: Data | Dataset, o: PredictOptions = {}): Promise<T> {
    return predictModel(this, x, o) as Promise<T>;
  }
  /** Trains on one batch; the loss and the metrics. */
  trainOnBatch(x: Data, y?: Data | null, o: steps.BatchOptions = {}): Promise<number[]> {
    return steps.trainOnBatch(this, x, y ?? null, o);
  }
  /** Evaluates one batch. */
  testOnBatch(x: Data, y?: Data | null, o: Omit<steps.BatchOptions, 'classWeight'> = {}): Promise<number[]> {
    return steps.testOnBatch(this, x, y ?? null, o);
  }
  /** The outputs for one batch. */
  predictOnBatch<T = Tensor>(x: Data): T {
    return steps.predictOnBatch(this, x) as T;
  }

  // ---- looking at it, and writing it ----

  /** The weights as a safetensors file: `loadWeights` reads it. */
  async weightsFile(): Promise<Uint8Array> {
    return (await import('../saving/weights.js')).weightsFile(this);
  }
  /**
   * Writes the weights to a file that ends in `.safetensors`, whole or not at all.
   *
   * @throws ValueError  for another ending, or a model without weights
   */
  async saveWeights(path: string): Promise<void> {
    return (await import('../saving/weights.js')).saveWeights(this, path);
  }
  /**
   * Reads the weights from a file, or from its bytes. They are found by where they stand, not by the names of layers.
   *
   * @param o.skipMismatch  leaves alone what does not fit; default false
   * @throws ValueError  naming what is missing, unexpected, or of another shape; then nothing is changed
   */
  async loadWeights(from: string | Uint8Array, o: { skipMismatch?: boolean } = {}): Promise<void> {
    return (await import('../saving/weights.js')).loadWeights(this, from, o);
  }
  /** Prints the table of layers, shapes and parameters. */
  summary(o: SummaryOptions = {}): void {
    printSummary(this, o);
  }
  override getConfig(): Config {
    return this.graph && this.constructor === Model ? functionalConfig(this, this.graph) : super.getConfig();
  }
  static override fromConfig<T>(this: Constructible<T>, config: Config, resolve?: Resolve): T {
    return isFunctionalConfig(config)
      ? (functionalFromConfig(this as unknown as Constructible<Model>, config, resolve) as T)
      : construct(this, config);
  }
}
const single = (tensors: readonly Tensor[]): Shape | readonly Shape[] => {
  const shapes = tensors.map((t) => t.shape);
  return shapes.length === 1 ? shapes[0]! : shapes;
};
