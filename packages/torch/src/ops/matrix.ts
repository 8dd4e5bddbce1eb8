// Products of vectors and matrices.
import * as core from '@nn/core';
import { Tensor } from '../tensor/handle.js';

function sizesDiffer(a: Tensor, b: Tensor): core.ShapeError {
  const text = (x: Tensor): string => x.shape.join('x');
  return new core.ShapeError(
    `mat1 and mat2 shapes cannot be multiplied (${text(a)} and ${text(b)}): the last size of the first must equal the first size of the second`,
  );
}
function rank(name: string, x: Tensor, n: number): void {
  if (x.shape.length !== n)
    throw new core.ShapeError(
      `${name}: expected a ${n}D tensor, but got ${x.shape.length}D with shape [${x.shape.join(', ')}]`,
    );
}
function sameType(a: Tensor, b: Tensor): void {
  if (a.spec.dtype !== b.spec.dtype) {
    throw new core.DTypeError(
      `expected m1 and m2 to have the same dtype, but got: ${a.dtype} != ${b.dtype}. Convert one of them with .to(dtype)`,
    );
  }
}

/**
 * The product of vectors, matrices, or batches of matrices; batch axes broadcast.
 *
 * @throws ShapeError  mat1 and mat2 shapes cannot be multiplied (2x3 and 4x5)
 * @example
 * matmul(tensor([[1, 2], [3, 4]]), tensor([1, 1])) // => [3, 7]
 */
export function matmul(x: Tensor, other: Tensor): Tensor {
  const [a, b] = [x.shape, other.shape];
  if (a.length === 0 || b.length === 0) {
    throw new core.ShapeError(
      `both arguments to matmul need to be at least 1D, but they are ${a.length}D and ${b.length}D`,
    );
  }
  sameType(x, other);
  const inner = b[Math.max(b.length - 2, 0)];
  if (a.at(-1) !== inner) {
    if (a.length === 2 && b.length === 2) throw sizesDiffer(x, other);
    if (a.length === 1 && b.length === 1) throw tensorSizes(a[0]!, b[0]!);
    if (a.length <= 2 && b.length <= 2)
      throw new core.ShapeError(`size mismatch, got input (${a[0]}), mat (${a.join('x')}), vec (${b.join('x')})`);
    throw new core.ShapeError(
      `Expected size for first two dimensions of batch2 tensor to be: [${a.slice(0, -2).join(', ')}, ${a.at(-1)}] but got: [${b.slice(0, -1).join(', ')}].`,
    );
  }
  return new Tensor(
    core.matmul(x.value, other.value),
    a.length === 1 && b.length === 1
      ? 'Dot'
      : b.length === 1
        ? 'Mv'
        : a.length <= 2 && b.length <= 2
          ? 'Mm'
          : 'UnsafeView',
  );
}
const tensorSizes = (a: number, b: number): core.ShapeError =>
  new core.ShapeError(
    `inconsistent tensor size, expected tensor [${a}] and src [${b}] to have the same number of elements, but got ${a} and ${b} elements respectively`,
  );

/** The product of two matrices. */
export function mm(x: Tensor, other: Tensor): Tensor {
  rank('mm', x, 2);
  rank('mm', other, 2);
  return matmul(x, other);
}
/** Products of two batches of matrices. */
export function bmm(x: Tensor, other: Tensor): Tensor {
  rank('bmm', x, 3);
  rank('bmm', other, 3);
  if (x.shape[0] !== other.shape[0]) {
    throw new core.ShapeError(
      `Expected size for first two dimensions of batch2 tensor to be: [${x.shape[0]}, ${x.shape[2]}] but got: [${other.shape[0]}, ${other.shape[1]}].`,
    );
  }
  return matmul(x, other);
}
/** The product of a matrix and a vector. */
export function mv(x: Tensor, vec: Tensor): Tensor {
  rank('mv', x, 2);
  rank('mv', vec, 1);
  return matmul(x, vec);
}
/** The inner product of two vectors. */
export function dot(x: Tensor, other: Tensor): Tensor {
  if (x.shape.length !== 1 || other.shape.length !== 1) {
    throw new core.ShapeError(`1D tensors expected, but got ${x.shape.length}D and ${other.shape.length}D tensors`);
  }
  return matmul(x, other);
}
/** All products of the elements of two vectors. */
export function outer(x: Tensor, other: Tensor): Tensor {
  rank('outer', x, 1);
  rank('outer', other, 1);
  return new Tensor(core.mul(core.unsqueeze(x.value, 1), core.unsqueeze(other.value, 0)), 'Mul');
}

export interface ScaleOptions {
  beta?: number;
  alpha?: number;
}
function plus(x: Tensor, product: core.Tensor, { beta = 1, alpha = 1 }: ScaleOptions, fn: string): Tensor {
  const scaled = alpha === 1 ? product : core.mul(product, alpha);
  return new Tensor(beta === 0 ? scaled : core.add(beta === 1 ? x.value : core.mul(x.value, beta), scaled), fn);
}
/** `beta * x + alpha * (mat1 @ mat2)` */
export function addmm(x: Tensor, mat1: Tensor, mat2: Tensor, o: ScaleOptions = {}): Tensor {
  return plus(x, mm(mat1, mat2).value, o, 'Addmm');
}
/** `beta * x + alpha * (mat @ vec)` */
export function addmv(x: Tensor, mat: Tensor, vec: Tensor, o: ScaleOptions = {}): Tensor {
  return plus(x, mv(mat, vec).value, o, 'Addmv');
}
/** `beta * x + alpha * outer(vec1, vec2)` */
export function addr(x: Tensor, vec1: Tensor, vec2: Tensor, o: ScaleOptions = {}): Tensor {
  return plus(x, outer(vec1, vec2).value, o, 'Addr');
}
/** `beta * x + alpha * bmm(batch1, batch2)` */
export function baddbmm(x: Tensor, batch1: Tensor, batch2: Tensor, o: ScaleOptions = {}): Tensor {
  return plus(x, bmm(batch1, batch2).value, o, 'Baddbmm');
}

/** The sum of the diagonal. */
export function trace(x: Tensor): Tensor {
  rank('trace', x, 2);
  return new Tensor(core.sum(core.diagonal(x.value)), 'Trace');
}

/** The part on and below a diagonal. */
export function tril(x: Tensor, diagonal = 0): Tensor {
  return new Tensor(core.tril(x.value, diagonal), 'Tril');
}
/** The part on and above a diagonal. */
export function triu(x: Tensor, diagonal = 0): Tensor {
  return new Tensor(core.triu(x.value, diagonal), 'Triu');
}
