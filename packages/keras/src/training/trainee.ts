// A model as training, callbacks and the summary see it. Model implements it; they need not import Model.
import type { Graph } from '../graph/graph.js';
import type { Layer } from '../layers/layer.js';
import type { Mean } from '../metrics/mean.js';
import type { Optimizer } from '../optimizers/index.js';
import type { Tensor } from '../tensor/tensor.js';
import type { Nested } from '../tensor/tree.js';
import type { Variable } from '../tensor/variable.js';
import type { CompileLoss } from './compile-loss.js';
import type { CompileMetrics } from './compile-metrics.js';
import type { Batch, Data } from './data.js';

/** Values of metrics by name, still on the device. */
export type StepLogs = Record<string, Tensor>;
/** How a model is trained: what `compile` has made of its arguments. */
export interface Compiled {
  readonly optimizer: Optimizer | null;
  readonly loss: CompileLoss | null;
  readonly metrics: CompileMetrics | null;
  readonly lossTracker: Mean;
  readonly train: (data: Batch) => StepLogs;
  readonly test: (data: Batch) => StepLogs;
  readonly predict: (data: Batch) => Nested<Tensor>;
}
/** The epochs of a training and the values of its metrics. */
export interface TrainingRecord {
  readonly epoch: readonly number[];
  readonly history: Readonly<Record<string, readonly number[]>>;
}

/** A model that can be trained. */
export interface Trainee extends Layer {
  /** Set in a callback, it ends the training after the epoch. */
  stopTraining: boolean;
  /** Set in `onTrainBegin`, the epoch with which `fit` goes on. */
  resumeFrom: number | null;
  /** What the last `fit` has recorded. */
  history: TrainingRecord | null;
  readonly layers: readonly Layer[];
  readonly graph: Graph | null;
  readonly outputNames: readonly string[] | null;
  readonly optimizer: Optimizer | null;
  readonly compiled: boolean;
  readonly metricsNames: readonly string[];
  namedWeights(): [name: string, variable: Variable][];
  getLayer(which: string | number): Layer;
  /** The state behind `compile`; throws before. */
  training(what: string): Compiled;
  optimizerOrThrow(what: string): Optimizer;
  resetMetrics(): void;
  trainStep(data: Batch): StepLogs;
  testStep(data: Batch): StepLogs;
  predictStep(data: Batch): Nested<Tensor>;
  computeLoss(
    x: Nested<Tensor>,
    y: Nested<Tensor> | null,
    yPred: Nested<Tensor>,
    sampleWeight?: Nested<Tensor> | null,
    training?: boolean,
  ): Tensor;
  computeMetrics(
    x: Nested<Tensor>,
    y: Nested<Tensor> | null,
    yPred: Nested<Tensor>,
    sampleWeight?: Nested<Tensor> | null,
  ): StepLogs;
  evaluate(x: Data, y?: Data | null): Promise<number[]>;
  predict<T = Tensor>(x: Data): Promise<T>;
}
