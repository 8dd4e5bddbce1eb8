// keras.losses
import { nearest, ValueError } from '@nn/core';
import { interpret, isSerialized, type Config, type ObjectClass, type Serialized } from '../object.js';
import { shown } from '../tensor/format.js';
import type { Tensor, TensorLike } from '../tensor/tensor.js';
import * as classes from './classes.js';
import * as formulas from './formulas.js';
import { Loss } from './loss.js';

export * from './classes.js';
export * from './formulas.js';
export { Loss, LossFunctionWrapper, type LossOptions } from './loss.js';
export { reductions, type Reduction } from './reduction.js';

/** A function of (yTrue, yPred): a value for each sample, or one value. */
export type LossFunction = (yTrue: Tensor, yPred: Tensor) => TensorLike;
/** A name such as 'mse', a loss, a function, or a serialized loss. */
export type LossLike = string | Loss | LossFunction | Config;

const table = (): Record<string, ObjectClass<Loss>> => ({ ...classes });
/** Names and short names of the loss functions. */
const byName = (): Record<string, LossFunction> => ({
  mean_squared_error: formulas.meanSquaredError,
  mse: formulas.meanSquaredError,
  MSE: formulas.meanSquaredError,
  mean_absolute_error: formulas.meanAbsoluteError,
  mae: formulas.meanAbsoluteError,
  MAE: formulas.meanAbsoluteError,
  mean_absolute_percentage_error: formulas.meanAbsolutePercentageError,
  mape: formulas.meanAbsolutePercentageError,
  MAPE: formulas.meanAbsolutePercentageError,
  mean_squared_logarithmic_error: formulas.meanSquaredLogarithmicError,
  msle: formulas.meanSquaredLogarithmicError,
  MSLE: formulas.meanSquaredLogarithmicError,
  binary_crossentropy: formulas.binaryCrossentropy,
  bce: formulas.binaryCrossentropy,
  BCE: formulas.binaryCrossentropy,
  binary_focal_crossentropy: formulas.binaryFocalCrossentropy,
  categorical_crossentropy: formulas.categoricalCrossentropy,
  categorical_focal_crossentropy: formulas.categoricalFocalCrossentropy,
  sparse_categorical_crossentropy: formulas.sparseCategoricalCrossentropy,
  categorical_generalized_cross_entropy: formulas.categoricalGeneralizedCrossEntropy,
  cosine_similarity: formulas.cosineSimilarity,
  huber: formulas.huber,
  log_cosh: formulas.logCosh,
  logcosh: formulas.logCosh,
  hinge: formulas.hinge,
  squared_hinge: formulas.squaredHinge,
  categorical_hinge: formulas.categoricalHinge,
  kl_divergence: formulas.klDivergence,
  kld: formulas.klDivergence,
  KLD: formulas.klDivergence,
  poisson: formulas.poisson,
  dice: formulas.dice,
  tversky: formulas.tversky,
  circle: formulas.circle,
  ctc: formulas.ctc,
});

/**
 * The loss that an identifier stands for: a function for names like 'mse', an object for class names and configs; null for null.
 *
 * @throws ValueError  'Could not interpret loss identifier: msse. Did you mean "mse"?'
 * @example
 * tf.keras.losses.get('mse') === tf.keras.losses.meanSquaredError // => true
 */
export function get(identifier: LossLike | null | undefined): Loss | LossFunction | null {
  if (identifier === null || identifier === undefined) return null;
  if (identifier instanceof Loss || typeof identifier === 'function') return identifier;
  if (isSerialized(identifier)) return interpret<Loss>('loss', identifier, table());
  const name = shown(identifier);
  const functions = byName();
  if (Object.hasOwn(functions, name)) return functions[name]!;
  if (Object.hasOwn(table(), name)) return interpret<Loss>('loss', name, table());
  throw new ValueError(
    `Could not interpret loss identifier: ${name}.${nearest(name, [...Object.keys(functions), ...Object.keys(table())])}`,
  );
}
export const serialize = (loss: Loss): Serialized => loss.serialize();
export const deserialize = (object: LossLike): Loss | LossFunction | null => get(object);
