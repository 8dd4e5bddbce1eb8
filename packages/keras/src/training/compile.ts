// What `model.compile` sets up.
import * as core from '@nn/core';
import { get as getLoss, type LossLike } from '../losses/index.js';
import { Mean } from '../metrics/mean.js';
import { get as getMetric, type MetricLike } from '../metrics/index.js';
import { get as getOptimizer, type OptimizerLike } from '../optimizers/index.js';
import { flattenTree } from '../tensor/tree.js';
import { CompileLoss } from './compile-loss.js';
import { CompileMetrics } from './compile-metrics.js';
import type { Batch } from './data.js';
import type { PerOutput } from './outputs.js';
import type { Compiled, Trainee } from './trainee.js';

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
export function compileModel(model: Trainee, o: CompileOptions): Compiled {
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
