// keras.utils
import * as core from '@nn/core';
import { apply, asTensor, type Tensor, type TensorLike } from '../tensor/tensor.js';

export { setRandomSeed } from '../seed.js';
export { resetNames as clearSession } from '../naming.js';
export { Progbar, type ProgbarOptions } from './progbar.js';

/**
 * Integers to rows with a 1 at the integer.
 *
 * @param numClasses  default: the largest integer and one
 * @example
 * tf.keras.utils.toCategorical([0, 2]).toArraySync() // => [[1, 0, 0], [0, 0, 1]]
 */
export function toCategorical(x: TensorLike, o: { numClasses?: number | null } = {}): Tensor {
  const t = asTensor(x);
  const shape = t.shape.length > 1 && t.shape.at(-1) === 1 ? t.shape.slice(0, -1) : t.shape;
  const classes = o.numClasses ?? Math.max(-1, ...core.dataSync(t.read())) + 1;
  return apply('OneHot', [t.reshape(shape)], (i) => core.oneHot(core.cast(i, 'i32'), classes));
}
/** `x / norm(x)` along the axis; rows of zeros stay. */
export const normalize = (x: TensorLike, o: { axis?: number; order?: number } = {}): Tensor =>
  apply('Normalize', [x], (t) => {
    const norm = core.vectorNorm(t, o.order ?? 2, { axes: o.axis ?? -1, keepdims: true });
    return core.div(t, core.where(core.equal(norm, 0), 1, norm));
  });
