// keras.optimizers
import { interpret, isSerialized, type Config, type ObjectClass, type Serialized } from '../object.js';
import { Adam, Adamax, AdamW, Ftrl, Lamb, Lion, Nadam } from './adam.js';
import { LossScaleOptimizer } from './loss-scale.js';
import { Adafactor, Muon } from './matrix.js';
import type { Optimizer } from './optimizer.js';
import { Adadelta, Adagrad, RMSprop, SGD } from './sgd.js';

export { Adam, Adamax, AdamW, Ftrl, Lamb, Lion, Nadam, type AdamOptions } from './adam.js';
export { LossScaleOptimizer } from './loss-scale.js';
export { Adafactor, Muon } from './matrix.js';
export { Optimizer } from './optimizer.js';
export type { GradientPair } from './pairs.js';
export type { OptimizerOptions } from './options.js';
export { Adadelta, Adagrad, RMSprop, SGD } from './sgd.js';
export * as schedules from './schedules.js';

/** A name such as 'adam', an optimizer, or a serialized one. */
export type OptimizerLike = string | Optimizer | Serialized | Config;

const classes = (): Record<string, ObjectClass<Optimizer>> => ({
  Adadelta,
  Adafactor,
  Adagrad,
  Adam,
  Adamax,
  AdamW,
  Ftrl,
  Lamb,
  Lion,
  LossScaleOptimizer,
  Muon,
  Nadam,
  RMSprop,
  SGD,
});

/**
 * The optimizer that an identifier stands for.
 *
 * @throws ValueError  'Could not interpret optimizer identifier: adma. Did you mean "adam"?'
 * @example
 * tf.keras.optimizers.get('sgd').className // => 'SGD'
 */
export function get(identifier: OptimizerLike): Optimizer {
  return interpret<Optimizer>('optimizer', withInner(identifier), classes());
}
/** The config of an optimizer around another, with the inner one made. */
function withInner(identifier: OptimizerLike): unknown {
  if (!isSerialized(identifier)) return identifier;
  const { inner_optimizer: inner } = identifier.config;
  if (!isSerialized(inner)) return identifier;
  return { ...(identifier as object), config: { ...identifier.config, inner_optimizer: get({ ...inner }) } };
}
export const serialize = (optimizer: Optimizer): Serialized => optimizer.serialize();
export const deserialize = (object: OptimizerLike): Optimizer => get(object);
