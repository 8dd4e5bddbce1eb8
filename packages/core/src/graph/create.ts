// Tensors from JavaScript values, and back: reading is the only act that waits for a device.
import { openBackend, type Backend, type DeviceName } from '../backend/index.js';
import {
  allocate,
  checkShape,
  describe,
  DeviceError,
  dtypeOf,
  ShapeError,
  sizeOf,
  ValueError,
  type DType,
  type Shape,
  type TypedArray,
} from '../base/index.js';
import { share, upload } from './memory.js';
import { currentBackend, currentTrace, tracedRead } from './state.js';
import { checkAlive, Edge, Tensor } from './tensor.js';

/** Nested arrays of numbers or booleans: all rows of one length. */
export type NestedArray = number | boolean | readonly NestedArray[];

const isTyped = (x: unknown): x is TypedArray => ArrayBuffer.isView(x) && !(x instanceof DataView);

/** The shape of nested arrays; ragged rows are an error. */
function shapeOf(data: NestedArray): number[] {
  const shape: number[] = [];
  for (let x: NestedArray | undefined = data; Array.isArray(x); x = x[0] as NestedArray) shape.push(x.length);
  return shape;
}
function fillFlat(data: NestedArray, shape: Shape, depth: number, out: TypedArray, at: number): number {
  if (depth === shape.length) {
    if (Array.isArray(data))
      throw new ShapeError(
        `tensor: expected a number at depth ${depth}, received an array of ${data.length}: rows differ in depth`,
      );
    if (typeof data !== 'number' && typeof data !== 'boolean')
      throw new ValueError(`tensor: expected a number or a boolean, received ${data === null ? 'null' : typeof data}`);
    out[at] = Number(data);
    return at + 1;
  }
  if (!Array.isArray(data))
    throw new ShapeError(
      `tensor: expected an array of ${shape[depth]} at depth ${depth}, received ${typeof data}: rows differ in depth`,
    );
  if (data.length !== shape[depth])
    throw new ShapeError(
      `tensor: expected ${shape[depth]} elements at depth ${depth}, received ${data.length}: rows differ in length`,
    );
  for (const x of data) at = fillFlat(x as NestedArray, shape, depth + 1, out, at);
  return at;
}
const firstLeaf = (data: NestedArray): NestedArray | undefined =>
  Array.isArray(data) ? firstLeaf(data[0] as NestedArray) : data;

/**
 * A tensor from a number, nested arrays, or a typed array (copied).
 *
 * @param data   nested arrays have rows of one length; a typed array keeps its dtype
 * @param shape  default: that of the nesting, or [length] of a typed array
 * @param dtype  default f32 for numbers, bool for booleans
 * @throws ShapeError  "tensor: expected 2 elements at depth 1, received 3: rows differ in length"
 * @example
 * tensor([[1, 2], [3, 4]]).shape // => [2, 2]
 */
export function tensor(
  data: NestedArray | TypedArray,
  { shape, dtype }: { readonly shape?: Shape; readonly dtype?: DType } = {},
): Tensor {
  const typed = isTyped(data);
  const own: Shape = typed ? [data.length] : shapeOf(data);
  const target = shape ? checkShape('tensor', shape) : own;
  if (sizeOf(target) !== sizeOf(own))
    throw new ShapeError(`tensor: ${sizeOf(own)} elements do not fill [${target}], which has ${sizeOf(target)}`);
  const type = dtype ?? (typed ? dtypeOf(data) : typeof firstLeaf(data) === 'boolean' ? 'bool' : 'f32');
  const flat = allocate(type, sizeOf(own));
  if (typed) flat.set(type === 'bool' ? Uint8Array.from(data, (v) => +(v !== 0)) : data);
  else {
    fillFlat(data, own, 0, flat, 0);
    if (type === 'bool') for (let k = 0; k < flat.length; k++) flat[k] = +(flat[k] !== 0);
  }
  return upload(currentBackend(), flat, type, [...target]);
}

/** Data of a tensor, a copy. */
export async function data(t: Tensor): Promise<TypedArray> {
  return known('data', t) ?? t.backend.read(t.storage!.buffer);
}
/** Data of a tensor, a copy, on devices that can read without waiting. */
export function dataSync(t: Tensor): TypedArray {
  const value = known('dataSync', t);
  if (value) return value;
  if (!t.backend.readSync)
    throw new DeviceError(`dataSync: device "${t.backend.name}" cannot be read without waiting. Use await data(t)`);
  return t.backend.readSync(t.storage!.buffer);
}
/** What is known without asking the device; throws where there is nothing to read. */
function known(op: string, t: Tensor): TypedArray | null {
  checkAlive(op, t);
  if (t.literal !== null) return allocate(t.dtype, 1).fill(t.literal);
  if (!t.storage) throw tracedRead(op, `${describe(t.spec)}`);
  return null;
}
const single = (op: string, t: Tensor): Tensor => {
  if (t.size !== 1)
    throw new ShapeError(
      `${op}: a tensor with one element is expected, received ${describe(t.spec)}. Reduce or index it first, or read data()`,
    );
  return t;
};
/** The one number that a tensor holds. */
export const item = async (t: Tensor): Promise<number> => (await data(single('item', t)))[0]!;
export const itemSync = (t: Tensor): number => dataSync(single('item', t))[0]!;

function nestedFrom(flat: TypedArray, shape: Shape, isBool: boolean): NestedArray {
  const build = (depth: number, at: number, size: number): NestedArray => {
    if (depth === shape.length) return isBool ? flat[at] !== 0 : flat[at]!;
    const step = size / (shape[depth]! || 1);
    return Array.from({ length: shape[depth]! }, (_, k) => build(depth + 1, at + k * step, step));
  };
  return build(0, 0, flat.length);
}
/** Data as nested arrays; bools as true and false. */
export const toArray = async (t: Tensor): Promise<NestedArray> =>
  nestedFrom(await data(t), t.shape, t.dtype === 'bool');
export const toArraySync = (t: Tensor): NestedArray => nestedFrom(dataSync(t), t.shape, t.dtype === 'bool');

const withEdge = (t: Tensor, edge: Edge | null): Tensor => {
  checkAlive('detach', t);
  if (t.storage && !currentTrace()) return share(t, t.spec, edge);
  return new Tensor(t.spec, t.backend, {
    ...(t.node && { node: t.node }),
    ...(t.storage && { storage: t.storage }),
    ...(t.literal !== null && { literal: t.literal }),
    edge,
  });
};
/** The same data without its history: no gradient flows through it. */
export const detach = (t: Tensor): Tensor => withEdge(t, null);
/** The same data as a new leaf that gradients flow to. */
export const requireGrad = (t: Tensor): Tensor => withEdge(t, new Edge(null, null, t.spec));

/** The tensor on another device, from one that can be read without waiting. */
export function moveSync(t: Tensor, target: Backend): Tensor {
  if (t.literal !== null) return new Tensor(t.spec, target, { literal: t.literal });
  return upload(target, dataSync(t), t.dtype, t.shape);
}

/** The tensor on another device: moved by way of the host, or itself when it is there already. */
export async function to(t: Tensor, name: DeviceName): Promise<Tensor> {
  if (t.backend.name === name) return t;
  const target = await openBackend(name);
  if (t.literal !== null) return new Tensor(t.spec, target, { literal: t.literal });
  return upload(target, await data(t), t.dtype, t.shape);
}
