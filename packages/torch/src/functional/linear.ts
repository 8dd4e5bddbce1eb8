// Linear and bilinear maps, embeddings, one-hot.
import * as core from '@nn/core';
import { Tensor } from '../tensor/handle.js';

/**
 * `x weight^T + bias` over the last axis.
 *
 * @param x       [..., in]
 * @param weight  [out, in]
 * @param bias    [out]
 * @throws ShapeError  mat1 and mat2 shapes cannot be multiplied (2x3 and 4x5)
 */
export function linear(x: Tensor, weight: Tensor, bias?: Tensor | null): Tensor {
  const v = x.value;
  const w = weight.value;
  const inner = w.shape.at(-1)!;
  if (v.ndim === 0 || v.shape.at(-1) !== inner) {
    const rows = core.sizeOf(v.shape.slice(0, -1));
    throw new core.ShapeError(
      `mat1 and mat2 shapes cannot be multiplied (${rows}x${v.shape.at(-1) ?? 1} and ${inner}x${w.shape[0]}): the last axis of the input must have ${inner} elements`,
    );
  }
  if (v.dtype !== w.dtype) {
    throw new core.DTypeError(
      `mat1 and mat2 must have the same dtype, but got ${x.dtype} and ${weight.dtype}. Convert one: x.to('${weight.dtype}')`,
    );
  }
  const y = core.dot(v, w, { contract: [[v.ndim - 1], [w.ndim - 1]] });
  return new Tensor(bias ? core.add(y, bias.value) : y, bias && v.ndim === 2 ? 'Addmm' : v.ndim === 2 ? 'Mm' : 'View');
}

/**
 * `sum_ij x1_i weight_oij x2_j + bias_o` over the last axes.
 *
 * @param x1      [..., in1]
 * @param x2      [..., in2]
 * @param weight  [out, in1, in2]
 */
export function bilinear(x1: Tensor, x2: Tensor, weight: Tensor, bias?: Tensor | null): Tensor {
  const [, in1, in2] = weight.shape;
  if (x1.shape.at(-1) !== in1 || x2.shape.at(-1) !== in2) {
    throw new core.ShapeError(
      `bilinear(): input1 size does not match weight size: got ${x1.shape.at(-1)} but expected ${in1}, and ${x2.shape.at(-1)} but expected ${in2}`,
    );
  }
  const y = core.einsum('...i,oij,...j->...o', x1.value, weight.value, x2.value);
  return new Tensor(bias ? core.add(y, bias.value) : y, 'Add');
}

/** 1 at the index, 0 elsewhere, along a new last axis; without a number of classes it is read from the data. */
export function oneHot(x: Tensor, classes: number | { numClasses?: number } = -1): Tensor {
  const given = typeof classes === 'number' ? classes : (classes.numClasses ?? -1);
  const n = given < 0 ? core.itemSync(core.max(x.value)) + 1 : given;
  return new Tensor(core.oneHot(x.value, n, 'i32'));
}
