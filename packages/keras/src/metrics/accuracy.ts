// Accuracies: how often the prediction is the target.
import * as core from '@nn/core';
import { sameRank } from '../losses/reduction.js';
import { apply, type Tensor, type TensorLike } from '../tensor/tensor.js';
import { MeanMetricWrapper, NamedMean, type MetricFunction } from './mean.js';
import type { MetricOptions } from './metric.js';

const float = (x: core.Tensor): core.Tensor => core.cast(x, 'f32');
/** 1 where prediction and target are equal. */
export const accuracy = (yTrue: TensorLike, yPred: TensorLike): Tensor =>
  apply('accuracy', [yTrue, yPred], (t, p) => {
    const [a, b] = sameRank(p, core.cast(t, p.dtype));
    return float(core.equal(a, b));
  });
/** 1 where a prediction above the threshold meets a target of 1, or one below it a target of 0. */
export const binaryAccuracy = (yTrue: TensorLike, yPred: TensorLike, threshold = 0.5): Tensor =>
  apply('binary_accuracy', [yTrue, yPred], (t, p) => {
    const [a, b] = sameRank(p, core.cast(t, p.dtype));
    return float(core.equal(core.cast(core.greater(a, threshold), b.dtype), b));
  });
/** 1 where the class with the highest prediction is the class of the one-hot target. */
export const categoricalAccuracy = (yTrue: TensorLike, yPred: TensorLike): Tensor =>
  apply('categorical_accuracy', [yTrue, yPred], (t, p) =>
    float(core.equal(core.argmax(t, { axis: -1 }), core.argmax(p, { axis: -1 }))),
  );
const classesOf = (t: core.Tensor, p: core.Tensor): core.Tensor =>
  core.cast(t.ndim === p.ndim && t.shape.at(-1) === 1 ? core.squeeze(t, -1) : t, 'i32');
/** 1 where the class with the highest prediction is the integer target. */
export const sparseCategoricalAccuracy = (yTrue: TensorLike, yPred: TensorLike): Tensor =>
  apply('sparse_categorical_accuracy', [yTrue, yPred], (t, p) =>
    float(core.equal(classesOf(t, p), core.argmax(p, { axis: -1 }))),
  );
/** 1 where fewer than k predictions are above that of the target class. */
function inTopK(targets: core.Tensor, p: core.Tensor, k: number): core.Tensor {
  const own = core.gather(p, core.unsqueeze(targets, -1), -1);
  return float(core.less(core.sum(core.greater(p, own), { axes: -1 }), k));
}
/** 1 where the class of the one-hot target is among the k highest predictions. */
export const topKCategoricalAccuracy = (yTrue: TensorLike, yPred: TensorLike, k = 5): Tensor =>
  apply('top_k_categorical_accuracy', [yTrue, yPred], (t, p) => inTopK(core.argmax(t, { axis: -1 }), p, k));
/** 1 where the integer target is among the k highest predictions. */
export const sparseTopKCategoricalAccuracy = (yTrue: TensorLike, yPred: TensorLike, k = 5): Tensor =>
  apply('sparse_top_k_categorical_accuracy', [yTrue, yPred], (t, p) => inTopK(classesOf(t, p), p, k));

const wrapped = (fn: MetricFunction, name: string, o: MetricOptions): [MetricFunction, MetricOptions] => [
  fn,
  { ...o, name: o.name ?? name },
];

/** How often predictions equal targets. */
export class Accuracy extends MeanMetricWrapper {
  static override readonly className = 'Accuracy';
  constructor(o: MetricOptions = {}) {
    super(...wrapped(accuracy, 'accuracy', o));
  }
}
/** How often predictions are on the right side of the threshold (default 0.5). */
export class BinaryAccuracy extends NamedMean {
  static override readonly className = 'BinaryAccuracy';
  protected override readonly keys: readonly string[] = ['threshold'];
  readonly threshold: number;
  constructor(o: MetricOptions & { threshold?: number } = {}) {
    const threshold = o.threshold ?? 0.5;
    if (threshold <= 0 || threshold >= 1) {
      throw new core.ValueError(
        `Invalid value for argument \`threshold\`. Expected a value in interval (0, 1). Received: threshold=${threshold}`,
      );
    }
    super(...wrapped((t, p) => binaryAccuracy(t, p, threshold), 'binary_accuracy', o));
    this.threshold = threshold;
  }
}
/** How often the highest prediction is the one-hot target. */
export class CategoricalAccuracy extends MeanMetricWrapper {
  static override readonly className = 'CategoricalAccuracy';
  constructor(o: MetricOptions = {}) {
    super(...wrapped(categoricalAccuracy, 'categorical_accuracy', o));
  }
}
/** How often the highest prediction is the integer target. */
export class SparseCategoricalAccuracy extends MeanMetricWrapper {
  static override readonly className = 'SparseCategoricalAccuracy';
  constructor(o: MetricOptions = {}) {
    super(...wrapped(sparseCategoricalAccuracy, 'sparse_categorical_accuracy', o));
  }
}
/** How often the one-hot target is among the k (default 5) highest predictions. */
export class TopKCategoricalAccuracy extends NamedMean {
  static override readonly className = 'TopKCategoricalAccuracy';
  protected override readonly keys: readonly string[] = ['k'];
  readonly k: number;
  constructor(o: MetricOptions & { k?: number } = {}) {
    const k = o.k ?? 5;
    super(...wrapped((t, p) => topKCategoricalAccuracy(t, p, k), 'top_k_categorical_accuracy', o));
    this.k = k;
  }
}
/** How often the integer target is among the k (default 5) highest predictions. */
export class SparseTopKCategoricalAccuracy extends NamedMean {
  static override readonly className = 'SparseTopKCategoricalAccuracy';
  protected override readonly keys: readonly string[] = ['k'];
  readonly k: number;
  constructor(o: MetricOptions & { k?: number } = {}) {
    const k = o.k ?? 5;
    super(...wrapped((t, p) => sparseTopKCategoricalAccuracy(t, p, k), 'sparse_top_k_categorical_accuracy', o));
    this.k = k;
  }
}
