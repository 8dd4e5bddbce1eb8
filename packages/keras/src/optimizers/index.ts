// keras.optimizers
import { interpret, isSerialized, type Config, type ObjectClass, type Serialized } from '../object.js';
import { Adam, Adamax, AdamW, Ftrl, Lamb, Lion, Nadam } from './adam.js';
import type { Optimizer } from './optimizer.js';
import * as schedules from './schedules.js';
import { Adadelta, Adagrad, RMSprop, SGD } from './sgd.js';

export { Adam, Adamax, AdamW, Ftrl, Lamb, Lion, Nadam, type AdamOptions } from './adam.js';
export { Optimizer, type GradientPair, type OptimizerOptions } from './optimizer.js';
export { Adadelta, Adagrad, RMSprop, SGD } from './sgd.js';
export * as schedules from './schedules.js';

/** A name such as 'adam', an optimizer, or a serialized one. */
export type OptimizerLike = string | Optimizer | Config;

const classes = (): Record<string, ObjectClass<Optimizer>> =>
  ({ Adadelta, Adagrad, Adam, Adamax, AdamW, Ftrl, Lamb, Lion, Nadam, RMSprop, SGD }) as unknown as Record<
    string,
    ObjectClass<Optimizer>
  >;

/**
 * The optimizer that an identifier stands for.
 *
 * @throws ValueError  'Could not interpret optimizer identifier: adma. Did you mean "adam"?'
 * @example
 * tf.keras.optimizers.get('sgd').className // => 'SGD'
 */
export function get(identifier: OptimizerLike): Optimizer {
  return interpret<Optimizer>('optimizer', withSchedule(identifier), classes());
}
/** A config whose learning rate is a serialized schedule, with the schedule made. */
function withSchedule(identifier: OptimizerLike): unknown {
  if (!isSerialized(identifier)) return identifier;
  const { learning_rate: rate, ...config } = identifier.config;
  if (!isSerialized(rate)) return identifier;
  return { ...(identifier as Serialized), config: { ...config, learning_rate: schedules.deserialize({ ...rate }) } };
}
export const serialize = (optimizer: Optimizer): Serialized => optimizer.serialize();
export const deserialize = (object: OptimizerLike): Optimizer => get(object);
