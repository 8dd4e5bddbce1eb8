// Sorting along an axis: the positions are the primitive, the values are read through them.
import { describe, normalizeAxis, range, ShapeError } from '../base/index.js';
import { apply } from '../graph/apply.js';
import type { Primitive, Tensor } from '../graph/tensor.js';
import { toTensor, type Operand } from './define.js';
import { gatherPrimitive } from './indexing.js';
import { slice } from './movement.js';

interface SortAttrs {
  readonly axis: number;
  readonly descending: boolean;
}
/** The record of `argsort`: stable, NaN counts as the largest. */
export const argsortPrimitive: Primitive<SortAttrs> = {
  name: 'argsort',
  domain: 'apart',
  keep: {},
  samples: [
    { shapes: [[3, 4]], attrs: { axis: 1, descending: false } },
    { shapes: [[4, 2]], attrs: { axis: 0, descending: true } },
  ],
  infer: ([x]) => ({ shape: x!.shape, dtype: 'i32' }),
  lower: ([x], attrs) => ({ form: 'sort', attrs, body: (i) => x!(i) }),
  vjp: () => null,
};
export interface SortOptions {
  /** Default the last axis. */
  readonly axis?: number;
  /** Largest first. Default false. */
  readonly descending?: boolean;
}
/** Positions that sort x along an axis, as i32; equal elements keep their order, NaN is the largest. */
export function argsort(x: Operand, { axis = -1, descending = false }: SortOptions = {}): Tensor {
  const t = toTensor(x);
  return apply(argsortPrimitive, [t], { axis: normalizeAxis('argsort', axis, t.ndim), descending });
}
/** x in order along an axis, and the positions that its elements had. */
export function sort(
  x: Operand,
  { axis = -1, descending = false }: SortOptions = {},
): { values: Tensor; indices: Tensor } {
  const t = toTensor(x);
  const indices = argsort(t, { axis, descending });
  return { values: apply(gatherPrimitive, [t, indices], { axis: normalizeAxis('sort', axis, t.ndim) }), indices };
}
/** The k largest (or smallest) elements along an axis in order, and their positions. */
export function topk(
  x: Operand,
  k: number,
  { axis = -1, largest = true }: { readonly axis?: number; readonly largest?: boolean } = {},
): { values: Tensor; indices: Tensor } {
  const t = toTensor(x);
  const d = normalizeAxis('topk', axis, t.ndim);
  if (!Number.isInteger(k) || k < 0 || k > t.shape[d]!)
    throw new ShapeError(
      `topk: k=${k} is not between 0 and the ${t.shape[d]} elements of axis ${d} of ${describe(t.spec)}`,
    );
  const indices = slice(
    argsort(t, { axis: d, descending: largest }),
    [],
    range(d + 1).map((e) => (e === d ? k : undefined)),
  );
  return { values: apply(gatherPrimitive, [t, indices], { axis: d }), indices };
}
