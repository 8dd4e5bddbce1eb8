// torch.special: the special functions that core has.
import * as core from '@nn/core';
import { rawTensor } from './tensor/handle.js';
import { Tensor } from './tensor/tensor.js';

export {
  digamma,
  digamma as psi,
  erfinv,
  lgamma as gammaln,
  logit,
  sinc,
  xlog1py,
  xlogy,
} from './ops/elementwise.js';
export { erf, erfc, exp2, expm1, log1p, logSoftmax, round, sigmoid as expit, softmax } from './ops/pointwise.js';
export { logsumexp } from './ops/reduce.js';

/** `-x log x`, 0 at 0, -Infinity below. */
export function entr(x: Tensor): Tensor {
  const v = x.value;
  const positive = core.greater(v, 0);
  const safe = core.where(positive, v, 1);
  const inside = core.neg(core.mul(safe, core.log(safe)));
  return new Tensor(
    core.where(positive, inside, core.where(core.equal(v, 0), 0, core.where(core.isNaN(v), v, -Infinity))),
    'SpecialEntr',
  );
}
/** The standard normal distribution function. */
export function ndtr(x: Tensor): Tensor {
  return new Tensor(core.mul(core.erfc(core.mul(rawTensor(x), -Math.SQRT1_2)), 0.5), 'SpecialNdtr');
}
/** The inverse of `ndtr`. */
export function ndtri(x: Tensor): Tensor {
  return new Tensor(core.mul(core.erfinv(core.sub(core.mul(x.value, 2), 1)), Math.SQRT2), 'SpecialNdtri');
}
