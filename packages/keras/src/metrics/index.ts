// keras.metrics
import { nearest, ValueError } from '@nn/core';
import * as losses from '../losses/formulas.js';
import { snakeCase } from '../naming.js';
import { interpret, isSerialized, type Config, type ObjectClass, type Serialized } from '../object.js';
import { shown } from '../tensor/format.js';
import * as accuracies from './accuracy.js';
import * as confusion from './confusion.js';
import * as errors from './errors.js';
import { Mean, MeanMetricWrapper, RootMeanSquaredError, Sum, type MetricFunction } from './mean.js';
import { Metric } from './metric.js';
import * as scores from './scores.js';

export * from './accuracy.js';
export * from './confusion.js';
export * from './errors.js';
export * from './scores.js';
export { Mean, MeanMetricWrapper, RootMeanSquaredError, Sum, type MetricFunction } from './mean.js';
export { Metric, type MetricOptions, type UpdateOptions } from './metric.js';

/** A name such as 'accuracy' or 'mae', a metric, a function of (yTrue, yPred), or a serialized metric. */
export type MetricLike = string | Metric | MetricFunction | Config;

const {
  Accuracy,
  BinaryAccuracy,
  CategoricalAccuracy,
  SparseCategoricalAccuracy,
  TopKCategoricalAccuracy,
  SparseTopKCategoricalAccuracy,
} = accuracies;
const table = (): Record<string, ObjectClass<Metric>> => ({
  Accuracy,
  BinaryAccuracy,
  CategoricalAccuracy,
  SparseCategoricalAccuracy,
  TopKCategoricalAccuracy,
  SparseTopKCategoricalAccuracy,
  Mean,
  Sum,
  RootMeanSquaredError,
  ...errors,
  ...confusion,
  ...scores,
});
const byName = (): Record<string, MetricFunction> => ({
  accuracy: accuracies.accuracy,
  binary_accuracy: accuracies.binaryAccuracy,
  categorical_accuracy: accuracies.categoricalAccuracy,
  sparse_categorical_accuracy: accuracies.sparseCategoricalAccuracy,
  top_k_categorical_accuracy: accuracies.topKCategoricalAccuracy,
  sparse_top_k_categorical_accuracy: accuracies.sparseTopKCategoricalAccuracy,
  mean_squared_error: losses.meanSquaredError,
  mse: losses.meanSquaredError,
  MSE: losses.meanSquaredError,
  mean_absolute_error: losses.meanAbsoluteError,
  mae: losses.meanAbsoluteError,
  MAE: losses.meanAbsoluteError,
  mean_absolute_percentage_error: losses.meanAbsolutePercentageError,
  mape: losses.meanAbsolutePercentageError,
  MAPE: losses.meanAbsolutePercentageError,
  mean_squared_logarithmic_error: losses.meanSquaredLogarithmicError,
  msle: losses.meanSquaredLogarithmicError,
  MSLE: losses.meanSquaredLogarithmicError,
  binary_crossentropy: losses.binaryCrossentropy,
  bce: losses.binaryCrossentropy,
  categorical_crossentropy: losses.categoricalCrossentropy,
  sparse_categorical_crossentropy: losses.sparseCategoricalCrossentropy,
  kl_divergence: losses.klDivergence,
  poisson: losses.poisson,
  hinge: losses.hinge,
  squared_hinge: losses.squaredHinge,
  categorical_hinge: losses.categoricalHinge,
  log_cosh: losses.logCosh,
  logcosh: losses.logCosh,
  cosine_similarity: (t, p) => losses.cosineSimilarity(t, p).neg(),
});

/**
 * The metric that an identifier stands for; null for null.
 *
 * @throws ValueError  'Could not interpret metric identifier: acuracy. Did you mean "accuracy"?'
 * @example
 * tf.keras.metrics.get('mae').name // => 'mean_absolute_error'
 */
export function get(identifier: MetricLike): Metric;
export function get(identifier: MetricLike | null | undefined): Metric | null;
export function get(identifier: MetricLike | null | undefined): Metric | null {
  if (identifier === null || identifier === undefined) return null;
  if (identifier instanceof Metric) return identifier;
  if (isSerialized(identifier)) return interpret<Metric>('metric', identifier, table());
  if (typeof identifier === 'function') return new MeanMetricWrapper(identifier);
  const name = shown(identifier);
  const functions = byName();
  if (Object.hasOwn(functions, name)) {
    const found = Object.entries(functions).find(([, f]) => f === functions[name])!;
    return new MeanMetricWrapper(functions[name]!, { name: found[0] });
  }
  const classes = Object.keys(table());
  const found = classes.find((c) => c === name || snakeCase(c) === name);
  if (found !== undefined) return interpret<Metric>('metric', found, table());
  throw new ValueError(
    `Could not interpret metric identifier: ${name}.${nearest(name, [...Object.keys(functions), ...classes.map(snakeCase)])}`,
  );
}
export const serialize = (metric: Metric): Serialized => metric.serialize();
export const deserialize = (object: MetricLike): Metric => get(object);

/** What 'accuracy' means for targets and predictions of these shapes, as Keras decides it. */
export function accuracyFor(yTrue: readonly (number | null)[], yPred: readonly (number | null)[]): MetricFunction {
  const last = yPred.at(-1);
  if (last === 1) return accuracies.binaryAccuracy;
  const sparse = yTrue.length < yPred.length || yTrue.at(-1) === 1;
  return sparse ? accuracies.sparseCategoricalAccuracy : accuracies.categoricalAccuracy;
}
/** The same for 'crossentropy'. */
export function crossentropyFor(yTrue: readonly (number | null)[], yPred: readonly (number | null)[]): MetricFunction {
  if (yPred.at(-1) === 1) return losses.binaryCrossentropy;
  const sparse = yTrue.length < yPred.length || yTrue.at(-1) === 1;
  return sparse ? losses.sparseCategoricalCrossentropy : losses.categoricalCrossentropy;
}
