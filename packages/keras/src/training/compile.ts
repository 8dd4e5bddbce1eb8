// What `model.compile` sets up.
import * as core from '@nn/core';
import { get as getLoss, type LossLike } from '../losses/index.js';
import { Mean } from '../metrics/mean.js';
import { get as getMetric, type MetricLike } from '../metrics/index.js';
import type { Model } from '../models/model.js';
import { get as getOptimizer, type Optimizer, type OptimizerLike } from '../optimizers/index.js';
import type { Tensor } from '../tensor/tensor.js';
import { flattenTree, type Nested } from '../tensor/tree.js';
import { CompileLoss } from './compile-loss.js';
import { CompileMetrics } from './compile-metrics.js';
import type { Batch } from './data.js';
import type { PerOutput } from './outputs.js';
import type { StepLogs } from './steps.js';

export interface CompileOptions {
  /** A name such as 'adam', or an optimizer; default 'rmsprop'. */
  optimizer?: OptimizerLike | null;
  /** A name, a loss or a function; a list or an object of them for several outputs. */
  loss?: PerOutput<LossLike> | null;
  /** How much the loss of each output counts. */
  lossWeights?: PerOutput<number> | null;
  metrics?: PerOutput<MetricLike> | null;
  /** Metrics that take the sample weights into account. */
  weightedMetrics?: PerOutput<MetricLike> | null;
  /** Runs the steps without tracing them, to look inside; default false. */
  runEagerly?: boolean;
  /** Accepted: steps are always compiled. */
  jitCompile?: boolean | 'auto';
  /** Accepted: every batch is a step. */
  stepsPerExecution?: number;
}
/** How a model is trained. */
export interface Compiled {
  readonly optimizer: Optimizer | null;
  readonly loss: CompileLoss | null;
  readonly metrics: CompileMetrics | null;
  readonly lossTracker: Mean;
  readonly train: (data: Batch) => StepLogs;
  readonly test: (data: Batch) => StepLogs;
  readonly predict: (data: Batch) => Nested<Tensor>;
}

export function compileModel(model: Model, o: CompileOptions): Compiled {
  const optimizer = o.optimizer === null ? null : getOptimizer(o.optimizer ?? 'rmsprop');
  const names = model.outputNames;
  checkNames(o);
  const step = <R>(name: string, f: (data: Batch) => R): ((data: Batch) => R) =>
    o.runEagerly ? f : core.compile(f, { name });
  return {
    optimizer,
    loss: o.loss === null || o.loss === undefined ? null : new CompileLoss(o.loss, o.lossWeights ?? null, names),
    metrics:
      o.metrics || o.weightedMetrics ? new CompileMetrics(o.metrics ?? null, o.weightedMetrics ?? null, names) : null,
    lossTracker: new Mean({ name: 'loss' }),
    train: step('train_step', (data) => model.trainStep(data)),
    test: step('test_step', (data) => core.noGrad(() => model.testStep(data))),
    predict: step('predict_step', (data) => core.noGrad(() => model.predictStep(data))),
  };
}
/** A mistyped name is an error now, not at the first batch. */
function checkNames(o: CompileOptions): void {
  const strings = (tree: unknown): string[] => flattenTree(tree ?? []).filter((x) => typeof x === 'string');
  const automatic = ['accuracy', 'acc', 'crossentropy', 'ce'];
  for (const name of strings(o.loss)) if (!automatic.slice(2).includes(name.toLowerCase())) getLoss(name);
  for (const name of [...strings(o.metrics), ...strings(o.weightedMetrics)])
    if (!automatic.includes(name.toLowerCase())) getMetric(name);
}
