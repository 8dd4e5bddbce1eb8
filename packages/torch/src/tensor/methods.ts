// What only a method does: reading, moving, describing.
import * as core from '@nn/core';
import { type } from '../ops/convert.js';
import { coreDType, type DType } from './dtype.js';
import { type Operand, promote, raw, Tensor } from './handle.js';
import { printTensor } from './print.js';

/** How many axes it has. */
export const dim = (x: Tensor): number => x.shape.length;
/** How many elements it has. */
export const numel = (x: Tensor): number => core.sizeOf(x.shape);
/** Bytes of one element. */
export const elementSize = (x: Tensor): number => core.dtypes[x.spec.dtype].bytes;
/** Whether it holds floating point numbers. */
export const isFloatingPoint = (x: Tensor): boolean => core.isFloat(x.spec.dtype);

/** `size` with its two forms. */
export interface SizeMethod {
  /** All sizes. */
  size(): readonly number[];
  /** The size of one axis. */
  size(dim: number): number;
}
export function size(x: Tensor, dim?: number): number | readonly number[] {
  return dim === undefined ? x.shape : x.shape[core.normalizeAxis('size', dim, x.shape.length)]!;
}

/**
 * The only number of the tensor.
 *
 * @throws ShapeError  when it has more than one element
 */
export const item = (x: Tensor): Promise<number> => core.item(one(x));
/** `item` on devices that can be read without waiting. */
export const itemSync = (x: Tensor): number => core.itemSync(one(x));
function one(x: Tensor): core.Tensor {
  const v = x.value;
  if (v.size !== 1) {
    throw new core.ShapeError(
      `a Tensor with ${v.size} elements cannot be converted to Scalar: its shape is [${v.shape.join(', ')}]. Reduce it first, or read data()`,
    );
  }
  return v;
}
/** The elements in order, as a typed array that is yours; bool as 0 and 1. */
export const data = (x: Tensor): Promise<core.TypedArray> => core.data(x.value);
/** `data` on devices that can be read without waiting. */
export const dataSync = (x: Tensor): core.TypedArray => core.dataSync(x.value);
/** The elements as nested arrays. */
export const toArray = (x: Tensor): Promise<core.NestedArray> => core.toArray(x.value);
/** `toArray` on devices that can be read without waiting. */
export const toArraySync = (x: Tensor): core.NestedArray => core.toArraySync(x.value);

/** `to` with its forms. */
export interface ToMethod {
  /** The tensor in another dtype (or itself). */
  to(dtype: DType): Tensor;
  /** The tensor in the dtype of another. */
  to(other: Tensor): Tensor;
  /** The tensor on another device (or itself); waits for the data. */
  to(device: core.DeviceName): Promise<Tensor>;
}
export function to(x: Tensor, where: DType | core.DeviceName | Tensor): Tensor | Promise<Tensor> {
  if (where instanceof Tensor) return type(x, where.dtype);
  if (!core.isDevice(where)) return type(x, where);
  const v = x.value;
  return core.to(v, where).then((moved) => (moved === v ? x : new Tensor(moved, 'ToCopy')));
}

/** Frees the memory now. Programs that use scopes or the data loader need not call it. */
export function dispose(x: Tensor): void {
  x._grad?.slot?.dispose();
  if (x._cell) x._cell.dispose();
  else x.value.dispose();
}
/** Keeps the value when the scope ends in which it was made. */
export function keep(x: Tensor): Tensor {
  if (!x._cell && !x._view) promote(x);
  return x;
}

/** PyTorch's text of the tensor. Where it cannot be read at once, dots stand for the values. */
export function toString(x: Tensor): string {
  const v = x.value;
  let data: core.TypedArray | null = null;
  try {
    data = core.dataSync(v);
  } catch {
    // Traced, freed, or on a device that must be waited for: shape and device say what is known.
  }
  const text = printTensor({
    spec: v.spec,
    data,
    device: data && v.device.name === core.device().name ? null : v.device.name,
    gradFn: x.gradFn?.name ?? null,
    requiresGrad: x.requiresGrad,
  });
  return x._describe(text);
}

type Size = number | readonly number[];
const filled = (x: Tensor, size: Size, value: number | boolean, o: { dtype?: DType } | undefined): Tensor =>
  new Tensor(
    core.beside(x.value, () =>
      core.full(typeof size === 'number' ? [size] : size, Number(value), o?.dtype ? coreDType(o.dtype) : x.spec.dtype),
    ),
  );
/** Zeros of the same dtype. */
export const newZeros = (x: Tensor, size: Size, o?: { dtype?: DType }): Tensor => filled(x, size, 0, o);
/** Ones of the same dtype. */
export const newOnes = (x: Tensor, size: Size, o?: { dtype?: DType }): Tensor => filled(x, size, 1, o);
/** One value, of the same dtype. */
export const newFull = (x: Tensor, size: Size, value: number | boolean, o?: { dtype?: DType }): Tensor =>
  filled(x, size, value, o);

/** The elements of this tensor where `condition` is true, of `other` elsewhere. */
export function where(x: Tensor, condition: Tensor, other: Operand): Tensor {
  return new Tensor(core.where(condition.value, x.value, raw(other)), 'Where');
}
/** Whether both have the same shape and equal elements. Read at once. */
export function equal(x: Tensor, other: Tensor): boolean {
  const [a, b] = [x.value, other.value];
  return (
    a.ndim === b.ndim && a.shape.every((n, d) => n === b.shape[d]) && core.itemSync(core.all(core.equal(a, b))) !== 0
  );
}
/** Whether all elements are close: `|x - other| <= atol + rtol * |other|`. Read at once. */
export function allclose(
  x: Tensor,
  other: Operand,
  o: { rtol?: number; atol?: number; equalNan?: boolean } = {},
): boolean {
  const v = x.value;
  const b = other instanceof Tensor ? other.value : core.literal(other, v.dtype);
  const near = core.lessEqual(
    core.abs(core.sub(v, b)),
    core.add(core.mul(core.abs(b), o.rtol ?? 1e-5), o.atol ?? 1e-8),
  );
  const same = core.logicalOr(core.equal(v, b), near);
  const all = o.equalNan ? core.logicalOr(same, core.logicalAnd(core.isNaN(v), core.isNaN(b))) : same;
  return core.itemSync(core.all(all)) !== 0;
}

export { isContiguous } from './view.js';
export { dim as ndimension, numel as nelement, toArray as tolist, newZeros as newEmpty };
