// Dropout as functions.
import * as core from '@nn/core';
import { bind } from '../ops/arguments.js';
import { assign } from '../tensor/assign.js';
import { Tensor } from '../tensor/handle.js';

export interface DropoutOptions {
  /** The probability of dropping; default 0.5. */
  p?: number;
  /** false passes the input on; default true. */
  training?: boolean;
  inplace?: boolean;
}
type Args = [p?: number | DropoutOptions, o?: DropoutOptions];

function drop(x: Tensor, args: Args, kind: 'plain' | 'alpha', shape: (x: core.Tensor) => readonly number[]): Tensor {
  const o = bind<DropoutOptions>(['p'], ...args);
  const p = o.p ?? 0.5;
  if (!(p >= 0 && p <= 1)) {
    throw new core.ValueError(`dropout probability has to be between 0 and 1, but got ${p}`);
  }
  if (!(o.training ?? true) || p === 0) return x;
  const v = x.value;
  const value = (kind === 'alpha' ? core.alphaDropout : core.dropout)(v, p, { shape: shape(v) });
  return o.inplace ? assign(x, value, 'Mul') : new Tensor(value, 'Mul');
}
const whole = (v: core.Tensor): readonly number[] => v.shape;
/** Noise per channel: [n, c, 1, ...]; without a batch axis [c, 1, ...]. */
const perChannel =
  (spatial: number) =>
  (v: core.Tensor): readonly number[] =>
    v.shape.map((n, d) => (d < v.ndim - spatial ? n : 1));

/** Sets elements to 0 with probability p and scales the others by `1 / (1 - p)`. */
export function dropout(x: Tensor, ...args: Args): Tensor {
  return drop(x, args, 'plain', whole);
}
/** Drops whole channels of [n, c, l] or [c, l]. */
export function dropout1d(x: Tensor, ...args: Args): Tensor {
  return drop(x, args, 'plain', perChannel(1));
}
/** Drops whole channels of [n, c, h, w] or [c, h, w]. */
export function dropout2d(x: Tensor, ...args: Args): Tensor {
  return drop(x, args, 'plain', perChannel(2));
}
/** Drops whole channels of [n, c, d, h, w] or [c, d, h, w]. */
export function dropout3d(x: Tensor, ...args: Args): Tensor {
  return drop(x, args, 'plain', perChannel(3));
}
/** Dropout that keeps mean and variance of what selu makes. */
export function alphaDropout(x: Tensor, ...args: Args): Tensor {
  return drop(x, args, 'alpha', whole);
}
/** `alphaDropout` of whole channels. */
export function featureAlphaDropout(x: Tensor, ...args: Args): Tensor {
  return drop(x, args, 'alpha', (v) => v.shape.map((n, d) => (d < 2 ? n : 1)));
}
