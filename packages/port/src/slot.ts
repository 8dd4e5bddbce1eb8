// The vocabulary of weight conversions: how a torch tensor becomes a Keras weight, and back.
import * as core from '@nn/core';
import { featuresToKeras, featuresToTorch, inverse, type Layout } from './layout.js';

/** One of `of` equal blocks along an axis. */
export interface Block {
  readonly axis: number;
  readonly index: number;
  readonly of: number;
}

/**
 * Where a torch tensor goes. The steps run in the order in which they stand here; backwards they are undone.
 *
 * @example
 * convertSlot(core.tensor([[1, 2, 3]]), { to: 'kernel', transpose: [1, 0] }) // => [[1], [2], [3]]
 */
export interface Slot {
  /** The Keras weight: its name, a path such as `query/kernel`, or a field of the layer. */
  readonly to: string;
  /** Which of the layers that the module becomes; default the one that the rule names. */
  readonly layer?: number;
  /** Only this block of the torch tensor. */
  readonly take?: Block;
  /** The equal blocks along the first axis in another order (gates). */
  readonly gates?: readonly number[];
  /** Seen under this shape, before the axes are permuted. */
  readonly view?: readonly number[];
  /** `keras = permute(torch, transpose)`. */
  readonly transpose?: readonly number[];
  /** The shape in Keras. */
  readonly shape?: readonly number[];
  /** The axis in Keras along which the features of the input lie, so that a Flatten before it is made up for. */
  readonly features?: number;
  /** It fills only this block of the Keras weight. */
  readonly put?: Block;
  /** Added to what another tensor brings to the same place; on the way back it becomes zero. */
  readonly add?: boolean;
  /** Why the two differ after training, if they do. */
  readonly differs?: string;
}
/** A tensor that stays behind. */
export interface Drop {
  readonly drop: string;
}
/** What becomes of the parameters and buffers of a module, by their names in PyTorch; `keras` lists weights that only Keras has. */
export type Weights = Readonly<Record<string, string | Slot | readonly Slot[] | Drop>>;

export const isDrop = (x: Weights[string]): x is Drop => typeof x === 'object' && 'drop' in x;
export const slotsOf = (x: string | Slot | readonly Slot[]): readonly Slot[] =>
  typeof x === 'string' ? [{ to: x }] : Array.isArray(x) ? (x as readonly Slot[]) : [x as Slot];

const sliceOf = (t: core.Tensor, { axis, index, of }: Block): core.Tensor => {
  const size = t.shape[axis]! / of;
  const starts = t.shape.map((_, d) => (d === axis ? index * size : 0));
  return core.slice(
    t,
    starts,
    t.shape.map((n, d) => (d === axis ? (index + 1) * size : n)),
  );
};
/** Zeros around a block. */
const embed = (t: core.Tensor, block: Block, shape: readonly number[]): core.Tensor => {
  const size = t.shape[block.axis]!;
  return core.pad(
    t,
    shape.map((n, d): [number, number] =>
      d === block.axis ? [block.index * size, n - (block.index + 1) * size] : [0, 0],
    ),
  );
};
const regate = (t: core.Tensor, order: readonly number[]): core.Tensor =>
  core.concat(
    order.map((index) => sliceOf(t, { axis: 0, index, of: order.length })),
    0,
  );

/** The part of a Keras weight that a torch tensor (or its gradient) becomes. */
export function convertSlot(t: core.Tensor, slot: Slot, layout: Layout = { kind: 'same' }): core.Tensor {
  let x = slot.take ? sliceOf(t, slot.take) : t;
  if (slot.gates) x = regate(x, slot.gates);
  if (slot.view) x = core.reshape(x, slot.view);
  if (slot.transpose) x = core.permute(x, slot.transpose);
  if (slot.features !== undefined) x = featuresToKeras(x, slot.features, layout);
  return slot.shape ? core.reshape(x, slot.shape) : x;
}
/** The part of a Keras weight that belongs to a slot. */
export const partOf = (keras: core.Tensor, slot: Slot): core.Tensor => (slot.put ? sliceOf(keras, slot.put) : keras);

/** What a Keras weight brings to a torch tensor of this shape: zeros where other weights go. */
export function convertBack(
  keras: core.Tensor,
  slot: Slot,
  shape: readonly number[],
  layout: Layout = { kind: 'same' },
): core.Tensor {
  const { take, gates } = slot;
  const own = take ? shape.map((n, d) => (d === take.axis ? n / take.of : n)) : shape;
  if (slot.add) return core.zeros(shape, keras.dtype);
  const viewed = slot.view ?? own;
  let x = partOf(keras, slot);
  const permutedShape = slot.transpose ? slot.transpose.map((p) => viewed[p]!) : viewed;
  x = core.reshape(x, permutedShape);
  if (slot.features !== undefined && layout.kind === 'flat') x = featuresToTorch(x, slot.features, layout);
  if (slot.transpose) x = core.permute(x, inverse(slot.transpose));
  x = core.reshape(x, own);
  if (gates) x = regate(x, inverse(gates));
  return take ? embed(x, take, shape) : x;
}
/** What a torch tensor brings to a Keras weight of this shape: zeros where other tensors go. */
export function contribution(t: core.Tensor, slot: Slot, shape: readonly number[], layout: Layout): core.Tensor {
  const part = convertSlot(t, slot, layout);
  return slot.put ? embed(part, slot.put, shape) : part;
}
