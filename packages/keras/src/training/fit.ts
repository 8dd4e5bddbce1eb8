// fit: epochs over batches, each step in a scope of its own.
import * as core from '@nn/core';
import type { Callback } from '../callbacks/callback.js';
import type { History } from '../callbacks/history.js';
import { CallbackList } from '../callbacks/list.js';
import { isPlain } from '../tensor/tree.js';
import {
  batchesOf,
  classWeights,
  isDataset,
  scoped,
  splitValidation,
  toTensors,
  type Batch,
  type BatchSource,
  type ClassWeight,
  type Data,
  type Dataset,
} from './data.js';
import { runEvaluation } from './evaluate.js';
import { prepare, readLogs } from './steps.js';
import type { StepLogs, Trainee } from './trainee.js';

export interface FitOptions {
  /** Samples of a step; default 32. */
  batchSize?: number | null;
  /** Default 1. */
  epochs?: number;
  /** 0 silent, 1 a bar, 2 a line for each epoch; default 'auto', which is 1. */
  verbose?: number | 'auto';
  callbacks?: readonly Callback[] | null;
  /** The share of the samples, from the end, that is for validation; default 0. */
  validationSplit?: number;
  /** `[x, y]`, `[x, y, sampleWeight]`, or a dataset. */
  validationData?: readonly [Data, Data?, (Data | null)?] | Dataset | null;
  /** Another order in every epoch; default true. Datasets have their own. */
  shuffle?: boolean;
  /** How much the samples of each class count. */
  classWeight?: ClassWeight | null;
  /** How much each sample counts. */
  sampleWeight?: Data | null;
  /** The number of the first epoch; default 0. */
  initialEpoch?: number;
  /** Batches of an epoch; default all. */
  stepsPerEpoch?: number | null;
  validationSteps?: number | null;
  validationBatchSize?: number | null;
  /** Epochs between validations, or the epochs after which to validate; default 1. */
  validationFreq?: number | readonly number[];
}

export async function fitModel(model: Trainee, x: Data | Dataset, y: Data | null, given: FitOptions): Promise<History> {
  const o: FitOptions = isDataset(x) && isPlain(y) && !Object.keys(given).length ? y : given;
  const targets = o === given ? y : null;
  const compiled = model.training('fit');
  const scope = core.openScope();
  try {
    const [training, validation] = await sources(x, targets, o);
    const { epochs = 1, initialEpoch = 0 } = o;
    const verbose = o.verbose === 'auto' || o.verbose === undefined ? 1 : o.verbose;
    const callbacks = new CallbackList(o.callbacks ?? [], model, {
      verbose,
      epochs,
      steps: training.steps,
      addHistory: true,
    });
    model.stopTraining = false;
    model.resumeFrom = null;
    await callbacks.begin('Train');
    let logs: Record<string, number> = {};
    for (let epoch = model.resumeFrom ?? initialEpoch; epoch < epochs; epoch++) {
      model.resetMetrics();
      await callbacks.epochBegin(epoch);
      logs = await trainEpoch(model, training, callbacks, compiled.train);
      if (validation && validatesAfter(epoch, o.validationFreq ?? 1)) {
        const values = await runEvaluation(model, validation, callbacks);
        for (const [name, value] of Object.entries(values)) logs[`val_${name}`] = value;
      }
      await callbacks.epochEnd(epoch, logs);
      if (model.stopTraining) break;
    }
    if (compiled.optimizer?.built && epochs > 0)
      core.noGrad(() => compiled.optimizer!.finalizeVariableValues(model.trainableWeights));
    await callbacks.end('Train', logs);
    return callbacks.history!;
  } finally {
    scope.close();
  }
}
const validatesAfter = (epoch: number, freq: number | readonly number[]): boolean =>
  typeof freq === 'number' ? (epoch + 1) % freq === 0 : freq.includes(epoch + 1);

async function sources(x: Data | Dataset, y: Data | null, o: FitOptions): Promise<[BatchSource, BatchSource | null]> {
  const steps = o.stepsPerEpoch !== undefined && { steps: o.stepsPerEpoch };
  const held = o.validationData ?? null;
  const validationBatch = o.validationBatchSize ?? o.batchSize ?? null;
  const validate = (vx: unknown, vy: unknown, vw: unknown): BatchSource =>
    batchesOf(vx, vy, vw, {
      batchSize: validationBatch,
      shuffle: false,
      ...(o.validationSteps !== undefined && { steps: o.validationSteps }),
    });
  const given =
    held === null
      ? null
      : isDataset(held)
        ? validate(held, null, null)
        : validate(...(held as [Data, Data | undefined, Data | undefined]));
  if (isDataset(x)) {
    if (o.validationSplit)
      throw new core.ValueError(
        'Argument `validationSplit` is only supported for tensors or arrays. Pass `validationData` with a dataset.',
      );
    if (o.classWeight || o.sampleWeight)
      throw new core.ValueError(
        'Arguments `classWeight` and `sampleWeight` are not supported with a dataset: give batches [x, y, sampleWeight].',
      );
    return [batchesOf(x, y, null, { shuffle: false, ...steps }), given];
  }
  if (o.classWeight && o.sampleWeight)
    throw new core.ValueError('You cannot `classWeight` and `sampleWeight` at the same time.');
  const targets = toTensors(y, 'y');
  const whole: Batch = [toTensors(x, 'x')!, targets, toTensors(o.sampleWeight, 'sample_weight')];
  const [part, rest] = o.validationSplit && !given ? splitValidation(whole, o.validationSplit) : [whole, null];
  const weights = o.classWeight ? await classWeights(part[1], o.classWeight) : part[2];
  const training = batchesOf(part[0], part[1], weights, {
    batchSize: o.batchSize ?? null,
    shuffle: o.shuffle ?? true,
    ...steps,
  });
  return [training, given ?? (rest && validate(rest[0], rest[1], rest[2]))];
}

/** One epoch; returns the values of the metrics after its last step. */
async function trainEpoch(
  model: Trainee,
  source: BatchSource,
  callbacks: CallbackList,
  step: (data: Batch) => StepLogs,
): Promise<Record<string, number>> {
  let logs: Record<string, number> = {};
  let k = 0;
  for await (const [batch, last] of scoped(source)) {
    await callbacks.batchBegin('Train', k);
    if (!k) prepare(model, batch, true);
    const values = step(batch);
    if (last || model.stopTraining || callbacks.wantsBatchLogs) {
      logs = await readLogs(values);
      await callbacks.batchEnd('Train', k, logs);
    }
    k++;
    if (model.stopTraining) break;
  }
  if (!k) throw new core.ValueError('fit: the training data has no batches. Pass at least one sample');
  return logs;
}
