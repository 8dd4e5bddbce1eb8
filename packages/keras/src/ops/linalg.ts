// Products of arrays.
import * as core from '@nn/core';
import { apply, type Tensor, type TensorLike } from '../tensor/tensor.js';

/**
 * Matrix product by NumPy's rules: batched, and with vectors.
 *
 * @example
 * tf.matmul([[1, 2]], [[3], [4]]).toArraySync() // => [[11]]
 */
export const matmul = (x: TensorLike, y: TensorLike, o: { transposeA?: boolean; transposeB?: boolean } = {}): Tensor =>
  apply('Matmul', [x, y], (a, b) =>
    core.matmul(o.transposeA ? core.transpose(a) : a, o.transposeB ? core.transpose(b) : b),
  );
/** NumPy's dot: like matmul for up to two axes. */
export const dot = (x: TensorLike, y: TensorLike): Tensor =>
  apply('Dot', [x, y], (a, b) => {
    if (a.ndim < 3 && b.ndim < 3) return a.ndim && b.ndim ? core.matmul(a, b) : core.mul(a, b);
    return core.dot(a, b, { contract: [[a.ndim - 1], [Math.max(0, b.ndim - 2)]] });
  });
/** Sums over the last n axes of x with the first n of y, or over the given pairs. */
export const tensordot = (
  x: TensorLike,
  y: TensorLike,
  o: { axes?: number | readonly [readonly number[], readonly number[]] } = {},
): Tensor =>
  apply('Tensordot', [x, y], (a, b) => {
    const axes = o.axes ?? 2;
    const contract: [number[], number[]] =
      typeof axes === 'number'
        ? [Array.from({ length: axes }, (_, i) => a.ndim - axes + i), Array.from({ length: axes }, (_, i) => i)]
        : [
            axes[0].map((i) => core.normalizeAxis('tensordot', i, a.ndim)),
            axes[1].map((i) => core.normalizeAxis('tensordot', i, b.ndim)),
          ];
    return core.dot(a, b, { contract });
  });
/**
 * Einstein summation.
 *
 * @example
 * tf.einsum('ij,j->i', [[1, 2], [3, 4]], [1, 1]).toArraySync() // => [3, 7]
 */
export const einsum = (equation: string, ...xs: TensorLike[]): Tensor =>
  apply('Einsum', xs, (...ts) => core.einsum(equation.replaceAll(' ', ''), ...ts));
export const outer = (x: TensorLike, y: TensorLike): Tensor =>
  apply('Outer', [x, y], (a, b) => core.mul(core.reshape(a, [-1, 1]), core.reshape(b, [1, -1])));
/** `x / norm(x)` along the axis. */
export const normalize = (x: TensorLike, o: { axis?: number | readonly number[]; epsilon?: number } = {}): Tensor =>
  apply('Normalize', [x], (t) => core.l2Normalize(t, o.axis ?? -1, { eps: o.epsilon ?? 1e-7 }));
