// Dropout in its forms: noise on activations that leaves their mean as it was.
import { add, bernoulli, mul, where, type Generator } from '../ops/index.js';
import type { Tensor } from '../graph/tensor.js';
import { ValueError } from '../base/index.js';
import { beside } from '../graph/state.js';

export interface DropoutOptions {
  /** Where the random bits come from; default the default generator. */
  readonly generator?: Generator;
  /** Shape of the noise: an axis of size 1 is kept or dropped as a whole; default the shape of x. */
  readonly shape?: readonly number[];
}

function checkRate(op: string, p: number): void {
  if (!(p >= 0 && p <= 1)) throw new ValueError(`${op}: the probability must be from 0 to 1, got ${p}`);
}

/** True for the values that stay, with probability 1 - p. */
const kept = (x: Tensor, p: number, o: DropoutOptions): Tensor =>
  beside(x, () => bernoulli(1 - p, o.shape ?? x.shape, { generator: o.generator }));

/**
 * Sets each value to 0 with probability p and multiplies the others by `1 / (1 - p)`.
 *
 * @param p  from 0 to 1
 * @param o  see DropoutOptions
 * @throws ValueError  when p is not from 0 to 1
 * @see Srivastava et al. 2014
 * @example
 * dropout(tensor([1, 2]), 0) // => [1, 2]
 * dropout(tensor([1, 2]), 1) // => [0, 0]
 */
export function dropout(x: Tensor, p: number, o: DropoutOptions = {}): Tensor {
  checkRate('dropout', p);
  if (p === 0) return x;
  if (p === 1) return mul(x, 0);
  return where(kept(x, p, o), mul(x, 1 / (1 - p)), 0);
}

/**
 * Dropout for selu: dropped values become `-1.7581`, selu's limit, and `a x + b` brings mean 0 and variance 1 back.
 *
 * @param p  from 0 to 1; 1 gives 0
 * @param o  see DropoutOptions
 * @throws ValueError  when p is not from 0 to 1
 * @see Klambauer et al. 2017, arXiv:1706.02515
 * @example
 * alphaDropout(tensor([1, 2]), 0) // => [1, 2]
 */
export function alphaDropout(x: Tensor, p: number, o: DropoutOptions = {}): Tensor {
  checkRate('alphaDropout', p);
  if (p === 0) return x;
  if (p === 1) return mul(x, 0);
  const limit = -1.7580993408473766;
  const a = 1 / Math.sqrt((1 - p) * (1 + p * limit * limit));
  return add(mul(where(kept(x, p, o), x, limit), a), -a * limit * p);
}
