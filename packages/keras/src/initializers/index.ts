// keras.initializers
import { interpret, type ObjectClass, type Serialized } from '../object.js';
import { Constant, Identity, Ones, Zeros } from './constant.js';
import type { Initializer } from './initializer.js';
import { type InitializerLike } from './initializer.js';
import { STFT } from './stft.js';
import {
  GlorotNormal,
  GlorotUniform,
  HeNormal,
  HeUniform,
  LecunNormal,
  LecunUniform,
  Orthogonal,
  RandomNormal,
  RandomUniform,
  TruncatedNormal,
  VarianceScaling,
} from './random.js';

export { Constant, Identity, Ones, Zeros } from './constant.js';
export { STFT, type WindowLike } from './stft.js';
export { Initializer, type InitializerLike } from './initializer.js';
export {
  computeFans,
  GlorotNormal,
  GlorotUniform,
  HeNormal,
  HeUniform,
  LecunNormal,
  LecunUniform,
  Orthogonal,
  RandomNormal,
  RandomUniform,
  TruncatedNormal,
  VarianceScaling,
  type Distribution,
  type FanMode,
  type FanOptions,
  type SeedOptions,
} from './random.js';

const classes = (): Record<string, ObjectClass<Initializer>> => ({
  Constant,
  GlorotNormal,
  GlorotUniform,
  HeNormal,
  HeUniform,
  Identity,
  LecunNormal,
  LecunUniform,
  Ones,
  Orthogonal,
  OrthogonalInitializer: Orthogonal,
  RandomNormal,
  RandomUniform,
  STFT,
  TruncatedNormal,
  VarianceScaling,
  Zeros,
});
const short = {
  normal: 'RandomNormal',
  uniform: 'RandomUniform',
  one: 'Ones',
  zero: 'Zeros',
  IdentityInitializer: 'Identity',
  stft: 'STFT',
  STFTInitializer: 'STFT',
};

/**
 * The initializer that a name stands for; null when none is given.
 *
 * @throws ValueError  "Could not interpret initializer identifier: glorot_unifrom. Did you mean "glorot_uniform"?"
 * @example
 * tf.keras.initializers.get('he_normal').className // => 'HeNormal'
 */
export function get(identifier: InitializerLike): Initializer;
export function get(identifier: InitializerLike | null | undefined): Initializer | null;
export function get(identifier: InitializerLike | null | undefined): Initializer | null {
  return identifier === null || identifier === undefined
    ? null
    : interpret<Initializer>('initializer', identifier, classes(), short);
}
export const serialize = (initializer: Initializer): Serialized => initializer.serialize();
export const deserialize = (object: InitializerLike): Initializer => get(object);
