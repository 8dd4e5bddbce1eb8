// evaluate: the loss and the metrics over data.
import * as core from '@nn/core';
import type { Callback } from '../callbacks/callback.js';
import { CallbackList } from '../callbacks/list.js';
import { batchesOf, scoped, type BatchSource, type Data, type Dataset } from './data.js';
import { inOrder, prepare, readLogs } from './steps.js';
import type { Trainee } from './trainee.js';

export interface EvaluateOptions {
  /** Default 32. */
  batchSize?: number | null;
  verbose?: number | 'auto';
  sampleWeight?: Data | null;
  /** Batches to look at; default all. */
  steps?: number | null;
  callbacks?: readonly Callback[] | null;
  /** Values by name instead of a list; default false. */
  returnDict?: boolean;
}

/** Runs over the batches; the callbacks are those of `fit` when it validates. */
export async function runEvaluation(
  model: Trainee,
  source: BatchSource,
  callbacks: CallbackList,
): Promise<Record<string, number>> {
  const { test } = model.training('evaluate');
  await callbacks.begin('Test');
  model.resetMetrics();
  let logs: Record<string, number> = {};
  let k = 0;
  for await (const [batch, last] of scoped(source)) {
    await callbacks.batchBegin('Test', k);
    if (!k) prepare(model, batch, false);
    const values = test(batch);
    if (last || callbacks.wantsBatchLogs) {
      logs = await readLogs(values);
      await callbacks.batchEnd('Test', k, logs);
    }
    k++;
  }
  if (!k) throw new core.ValueError('evaluate: the data has no batches. Pass at least one sample');
  await callbacks.end('Test', logs);
  return logs;
}
export async function evaluateModel(
  model: Trainee,
  x: Data | Dataset,
  y: Data | null,
  o: EvaluateOptions,
): Promise<number[] | Record<string, number>> {
  model.training('evaluate');
  const scope = core.openScope();
  try {
    const source = batchesOf(x, y, o.sampleWeight ?? null, {
      batchSize: o.batchSize ?? null,
      shuffle: false,
      ...(o.steps !== undefined && { steps: o.steps }),
    });
    const verbose = o.verbose === 'auto' || o.verbose === undefined ? 1 : o.verbose;
    const callbacks = new CallbackList(o.callbacks ?? [], model, { verbose, epochs: 1, steps: source.steps });
    const logs = await runEvaluation(model, source, callbacks);
    return o.returnDict ? logs : inOrder(model, logs);
  } finally {
    scope.close();
  }
}
