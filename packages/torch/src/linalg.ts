// torch.linalg: what needs no decomposition.
import * as core from '@nn/core';
import { bind, type Dim } from './ops/arguments.js';
import { eye } from './ops/create.js';
import { matmul } from './ops/matrix.js';
import { norm as pNorm } from './ops/reduce.js';
import type { Tensor } from './tensor/tensor.js';

export { cross } from './ops/join.js';
export { matmul } from './ops/matrix.js';
export { diagonal } from './ops/diagonals.js';
export { vander } from './ops/create.js';

export interface VectorNormOptions {
  ord?: number;
  dim?: Dim;
  keepdim?: boolean;
}
/** The norm of order `ord` (2) over some axes, all of them together by default. */
export function vectorNorm(x: Tensor, ord?: number | VectorNormOptions, o?: VectorNormOptions): Tensor {
  const a = bind<VectorNormOptions>(['ord'], ord, o);
  return pNorm(x, a.ord ?? 2, { dim: a.dim ?? null, keepdim: a.keepdim ?? false });
}
/** The inner products of vectors along an axis. */
export function vecdot(x: Tensor, y: Tensor, o: { dim?: number } = {}): Tensor {
  return x.mul(y).sum(o.dim ?? -1);
}
/** The product of several matrices, from left to right. */
export function multiDot(tensors: readonly Tensor[]): Tensor {
  const [first, ...rest] = tensors;
  if (!first || rest.length === 0)
    throw new core.ValueError('multi_dot(): expected at least 2 tensors but got ' + String(tensors.length));
  return rest.reduce((a, b) => matmul(a, b), first);
}
/** A square matrix to a whole power of 0 or more. */
export function matrixPower(x: Tensor, n: number): Tensor {
  if (!Number.isInteger(n) || n < 0)
    throw new core.ValueError(`matrix_power: the exponent must be a whole number of 0 or more, got ${n}`);
  const size = x.shape.at(-1)!;
  if (x.shape.length < 2 || x.shape.at(-2) !== size)
    throw new core.ShapeError(
      `linalg.matrix_power: A must be batches of square matrices, but they are [${x.shape.join(', ')}]`,
    );
  let result: Tensor | null = null;
  let power = x;
  for (let k = n; k > 0; k = Math.floor(k / 2)) {
    if (k % 2) result = result ? matmul(result, power) : power;
    if (k > 1) power = matmul(power, power);
  }
  return result ?? eye(size, { dtype: x.dtype }).expand(x.shape);
}
