// One step of training, evaluation and prediction.
import * as core from '@nn/core';
import { isFloatName } from '../tensor/dtype.js';
import { Tensor } from '../tensor/tensor.js';
import { flattenTree, type Nested } from '../tensor/tree.js';
import type { StepLogs, Trainee } from './trainee.js';
import { classWeights, toTensors, type Batch, type ClassWeight, type Data } from './data.js';

type Call = (x: Nested<Tensor>, o: { training: boolean }) => Nested<Tensor>;
const run = (model: Trainee, x: Nested<Tensor>, training: boolean): Nested<Tensor> =>
  (model as unknown as Call)(x, { training });
const batchSize = (x: Nested<Tensor>): number =>
  (flattenTree(x).find((t) => t instanceof Tensor) as Tensor).shape[0] ?? 1;

/** The compiled loss and the losses that layers have added. */
export function totalLoss(
  model: Trainee,
  y: Nested<Tensor> | null,
  yPred: Nested<Tensor>,
  sampleWeight: Nested<Tensor> | null,
): Tensor {
  const compiled = model.training('fit').loss?.call(y, yPred, sampleWeight) ?? null;
  const added = model.losses.map((l) => (isFloatName(l.dtype) ? l : l.cast('float32')).sum());
  const all = compiled ? [compiled, ...added] : added;
  if (!all.length) throw new core.ValueError('No loss to compute. Provide a `loss` argument in `compile()`.');
  return all.reduce((a, b) => a.add(b));
}
/** The value of every metric by name. */
export function metricValues(model: Trainee): StepLogs {
  const compiled = model.training('fit');
  const own = new Set<unknown>(compiled.metrics?.metrics);
  const values: StepLogs = {};
  for (const metric of model.metrics) {
    if (own.has(metric)) continue;
    const result = metric.result();
    if (result instanceof Tensor) values[metric.name] = result;
    else Object.assign(values, result);
    if (metric === compiled.lossTracker) Object.assign(values, compiled.metrics?.result());
  }
  return values;
}

export function trainStep(model: Trainee, [x, y, sampleWeight]: Batch): StepLogs {
  const { lossTracker } = model.training('fit');
  const [yPred, loss] = core.enableGrad(() => {
    const outputs = run(model, x, true);
    return [outputs, model.computeLoss(x, y, outputs, sampleWeight, true)] as const;
  });
  lossTracker.updateState(loss, { sampleWeight: batchSize(x) });
  const weights = model.trainableWeights;
  const optimizer = model.optimizerOrThrow('fit');
  if (weights.length) {
    const total = optimizer.scaleLoss(loss).read();
    const found = total.needsGrad
      ? core.gradients([total], { targets: weights.map((v) => v.read()) })
      : new Map<core.Tensor, core.Tensor>();
    core.noGrad(() =>
      optimizer.applyGradients(
        weights.map((v) => {
          const g = found.get(v.read());
          return [g ? new Tensor(g) : null, v] as const;
        }),
      ),
    );
  } else console.warn('The model does not have any trainable weights.');
  return core.noGrad(() => model.computeMetrics(x, y, yPred, sampleWeight));
}
export function testStep(model: Trainee, [x, y, sampleWeight]: Batch): StepLogs {
  const yPred = run(model, x, false);
  const loss = model.computeLoss(x, y, yPred, sampleWeight, false);
  model.training('evaluate').lossTracker.updateState(loss, { sampleWeight: batchSize(x) });
  return model.computeMetrics(x, y, yPred, sampleWeight);
}
export const predictStep = (model: Trainee, [x]: Batch): Nested<Tensor> => run(model, x, false);

/**
 * Makes weights, metrics and the state of the optimizer before the first step is traced, by running the model without data.
 */
export function prepare(model: Trainee, batch: Batch, training: boolean): void {
  const compiled = model.training('fit');
  const [x, y, sampleWeight] = batch;
  const unbuilt =
    model.flattenLayers().some((l) => !l.built) ||
    (compiled.metrics && !compiled.metrics.built) ||
    (compiled.loss && !compiled.loss.built);
  if (unbuilt) {
    core.symbolic(() =>
      core.noGrad(() => {
        const yPred = run(model, x, false);
        if (compiled.loss && !compiled.loss.built) compiled.loss.build(y, yPred);
        if (compiled.metrics && !compiled.metrics.built) compiled.metrics.build(y, yPred);
        return sampleWeight;
      }),
    );
  }
  if (training && compiled.optimizer && !compiled.optimizer.built) compiled.optimizer.build(model.trainableVariables);
}
/** Numbers of logs, by name in alphabetical order as Keras reports them. A metric of several values is an array. */
export async function readLogs(logs: StepLogs): Promise<Record<string, number>> {
  const values: Record<string, number> = {};
  for (const name of Object.keys(logs).sort()) {
    const t = logs[name]!;
    values[name] = await (t.ndim ? (t.toArray() as Promise<unknown> as Promise<number>) : t.item());
  }
  return values;
}
/** The values in the order of the metrics of the model. */
export function inOrder(model: Trainee, logs: Record<string, number>): number[] {
  const names = model.metricsNames.filter((n) => n in logs);
  return [
    ...names,
    ...Object.keys(logs)
      .filter((n) => !names.includes(n))
      .sort(),
  ].map((n) => logs[n]!);
}

export interface BatchOptions {
  sampleWeight?: Data | null;
  classWeight?: ClassWeight | null;
}
async function onBatch(model: Trainee, x: Data, y: Data | null, o: BatchOptions, training: boolean): Promise<number[]> {
  const compiled = model.training(training ? 'trainOnBatch' : 'testOnBatch');
  const scope = core.openScope();
  try {
    const targets = toTensors(y, 'y');
    const weights = o.classWeight
      ? await classWeights(targets, o.classWeight)
      : toTensors(o.sampleWeight, 'sample_weight');
    const batch: Batch = [toTensors(x, 'x')!, targets, weights];
    prepare(model, batch, training);
    return inOrder(model, await readLogs((training ? compiled.train : compiled.test)(batch)));
  } finally {
    scope.close();
  }
}
export const trainOnBatch = (model: Trainee, x: Data, y: Data | null, o: BatchOptions): Promise<number[]> =>
  onBatch(model, x, y, o, true);
export const testOnBatch = (model: Trainee, x: Data, y: Data | null, o: BatchOptions): Promise<number[]> =>
  onBatch(model, x, y, o, false);
export const predictOnBatch = (model: Trainee, x: Data): Nested<Tensor> =>
  core.noGrad(() => core.scope(() => model.predictStep([toTensors(x, 'x')!, null, null])));
