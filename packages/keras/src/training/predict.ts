// predict: outputs for data, batch by batch.
import * as core from '@nn/core';
import type { Callback } from '../callbacks/callback.js';
import { CallbackList } from '../callbacks/list.js';
import { Tensor } from '../tensor/tensor.js';
import { flattenTree, packTree, type Nested } from '../tensor/tree.js';
import { batchesOf, type Batch, type Data, type Dataset } from './data.js';
import type { Trainee } from './trainee.js';

export interface PredictOptions {
  /** Default 32. */
  batchSize?: number | null;
  verbose?: number | 'auto';
  steps?: number | null;
  callbacks?: readonly Callback[] | null;
}
const compiledSteps = new WeakMap<Trainee, (data: Batch) => Nested<Tensor>>();
/** The step of a model: a model need not be compiled to predict. */
function stepOf(model: Trainee): (data: Batch) => Nested<Tensor> {
  if (model.compiled) return model.training('predict').predict;
  let step = compiledSteps.get(model);
  if (!step) {
    step = core.compile((data: Batch) => core.noGrad(() => model.predictStep(data)), {
      name: 'predict_step',
    }) as unknown as (data: Batch) => Nested<Tensor>;
    compiledSteps.set(model, step);
  }
  return step;
}

export async function predictModel(model: Trainee, x: Data | Dataset, o: PredictOptions): Promise<Nested<Tensor>> {
  const scope = core.openScope();
  try {
    const source = batchesOf(x, null, null, {
      batchSize: o.batchSize ?? null,
      shuffle: false,
      ...(o.steps !== undefined && { steps: o.steps }),
    });
    const verbose = o.verbose === 'auto' || o.verbose === undefined ? 1 : o.verbose;
    const callbacks = new CallbackList(o.callbacks ?? [], model, { verbose, epochs: 1, steps: source.steps });
    const step = stepOf(model);
    await callbacks.begin('Predict');
    const parts: Tensor[][] = [];
    let structure: Nested<Tensor> | null = null;
    let k = 0;
    for await (const batch of source.epoch()) {
      await callbacks.batchBegin('Predict', k);
      const inner = core.openScope();
      const outputs = build(model, batch, step);
      inner.keep(outputs);
      inner.close();
      structure ??= outputs;
      parts.push(flattenTree(outputs) as Tensor[]);
      await callbacks.batchEnd('Predict', k++, {});
    }
    if (!structure) throw new core.ValueError('predict: the data has no batches. Pass at least one sample');
    await callbacks.end('Predict', {});
    const joined = packTree(
      structure,
      parts[0]!.map((t, i) =>
        parts.length === 1
          ? t
          : new Tensor(
              core.concat(
                parts.map((p) => p[i]!.read()),
                0,
              ),
            ),
      ),
    );
    scope.keep(joined);
    return joined;
  } finally {
    scope.close();
  }
}
/** Makes the weights before the step is traced, as fit does. */
function build(model: Trainee, batch: Batch, step: (data: Batch) => Nested<Tensor>): Nested<Tensor> {
  if (model.flattenLayers().some((l) => !l.built)) core.symbolic(() => core.noGrad(() => model.predictStep(batch)));
  return step(batch);
}
