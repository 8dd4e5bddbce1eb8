// How a value lies in a Keras model, compared with the same value in the torch module.
import * as core from '@nn/core';

/** Sizes without the batch axis or with it; null where unknown. */
export type Sizes = readonly (number | null)[];

/**
 * - `same`: the same array.
 * - `permuted`: Keras holds `permute(torch, perm)`; channels last is `[0, 2, 3, 1]`.
 * - `flat`: the last axis holds a flattened `[...sizes]`; Keras has flattened it after permuting it by `perm`.
 */
export type Layout =
  | { readonly kind: 'same' }
  | { readonly kind: 'permuted'; readonly perm: readonly number[] }
  | { readonly kind: 'flat'; readonly sizes: readonly number[]; readonly perm: readonly number[] };

export const same: Layout = { kind: 'same' };
const rising = (perm: readonly number[]): boolean => perm.every((p, i) => p === i);
/** Keras holds `permute(torch, perm)`. */
export const permuted = (perm: readonly number[]): Layout => (rising(perm) ? same : { kind: 'permuted', perm });
/** The last axis is a flattened array that Keras has permuted before. Axes of size 1 do not matter. */
export function flat(sizes: readonly number[], perm: readonly number[]): Layout {
  const moving = perm.filter((p) => sizes[p] !== 1);
  return moving.every((p, i) => i === 0 || moving[i - 1]! < p) ? same : { kind: 'flat', sizes, perm };
}
const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
/** Images, sequences and volumes: `[n, c, ...spatial]` in torch, `[n, ...spatial, c]` in Keras. */
export const channelsLast = (rank: number): Layout =>
  rank < 3 ? same : permuted([0, ...range(rank - 2).map((i) => i + 2), 1]);
/** Recurrent modules without `batchFirst`: `[steps, n, c]` in torch, `[n, steps, c]` in Keras. */
export const batchSecond = (rank: number): Layout => permuted([1, 0, ...range(rank).slice(2)]);

export const inverse = (perm: readonly number[]): number[] => range(perm.length).map((i) => perm.indexOf(i));

/** Whether both say the same. */
export function sameLayout(a: Layout, b: Layout): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** Reorders one axis that holds a flattened array: `view` it as sizes, permute, flatten again. */
function reorder(t: core.Tensor, axis: number, sizes: readonly number[], perm: readonly number[]): core.Tensor {
  const [before, after] = [t.shape.slice(0, axis), t.shape.slice(axis + 1)];
  const moved = [
    ...range(before.length),
    ...perm.map((p) => before.length + p),
    ...range(after.length).map((i) => before.length + sizes.length + i),
  ];
  return core.reshape(core.permute(core.reshape(t, [...before, ...sizes, ...after]), moved), t.shape);
}
/** One axis from torch's flat order to that of Keras. */
export const featuresToKeras = (t: core.Tensor, axis: number, layout: Layout): core.Tensor =>
  layout.kind === 'flat' ? reorder(t, axis, layout.sizes, layout.perm) : t;
/** One axis from the flat order of Keras to torch's. */
export const featuresToTorch = (
  t: core.Tensor,
  axis: number,
  { sizes, perm }: Layout & { kind: 'flat' },
): core.Tensor =>
  reorder(
    t,
    axis,
    perm.map((p) => sizes[p]!),
    inverse(perm),
  );

/** The array of a torch value as Keras has it. */
export function valueToKeras(t: core.Tensor, layout: Layout): core.Tensor {
  if (layout.kind === 'permuted') return core.permute(t, layout.perm);
  return featuresToKeras(t, t.ndim - 1, layout);
}
/** The array of a Keras value as torch has it. */
export function valueToTorch(t: core.Tensor, layout: Layout): core.Tensor {
  if (layout.kind === 'permuted') return core.permute(t, inverse(layout.perm));
  return layout.kind === 'flat' ? featuresToTorch(t, t.ndim - 1, layout) : t;
}
/** The shape of a torch value as Keras has it. */
export const shapeToKeras = (shape: Sizes, layout: Layout): Sizes =>
  layout.kind === 'permuted' ? layout.perm.map((p) => shape[p]!) : shape;
/** The shape of a Keras value as torch has it. */
export const shapeToTorch = (shape: Sizes, layout: Layout): Sizes =>
  layout.kind === 'permuted' ? inverse(layout.perm).map((p) => shape[p]!) : shape;
