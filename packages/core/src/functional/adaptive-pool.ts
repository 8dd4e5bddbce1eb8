// Adaptive pooling: windows chosen so that the result gets given sizes.
import { add, argmax, gather, matmul, mul, reshape, take, transpose, windowReduce } from '../ops/index.js';
import { tensor } from '../graph/create.js';
import type { Tensor } from '../graph/tensor.js';
import { allocate, describe, ShapeError, sizeOf } from '../base/index.js';
import { beside } from '../graph/state.js';

/** For each window along an axis the positions that it holds; all windows hold equally many, short ones repeat their first. */
type AxisTable = readonly (readonly number[])[];

const padded = (rows: readonly (readonly number[])[]): AxisTable => {
  const width = Math.max(0, ...rows.map((r) => r.length));
  return rows.map((r) => [...r, ...Array.from({ length: width - r.length }, () => r[0]!)]);
};

/** Window i of `out` over n values: from floor(i n / out) to ceil((i + 1) n / out). */
const adaptive = (size: number, out: number): number[][] =>
  Array.from({ length: out }, (_, i) => {
    const start = Math.floor((i * size) / out);
    return Array.from({ length: Math.ceil(((i + 1) * size) / out) - start }, (__, j) => start + j);
  });

/** [windows, elements]: positions in the flattened last axes, the last axis fastest. */
function product(x: Tensor, tables: readonly AxisTable[], sizes: readonly number[]): Tensor {
  const join = (a: AxisTable, b: AxisTable, n: number): AxisTable =>
    a.flatMap((p) => b.map((q) => p.flatMap((i) => q.map((j) => i * n + j))));
  const all = tables.reduce((joined, t, axis) => join(joined, t, sizes[axis]!), [[0]] as AxisTable);
  const flat = allocate('i32', all.length * (all[0]?.length ?? 0));
  flat.set(all.flat());
  return beside(x, () => tensor(flat, { shape: [all.length, all[0]?.length ?? 0] }));
}

/** The first largest value of each window and its place in the flattened last axes. */
function maxOf(x: Tensor, tables: readonly AxisTable[]): { values: Tensor; indices: Tensor } {
  const n = tables.length;
  const [lead, sizes] = [x.shape.slice(0, x.ndim - n), x.shape.slice(x.ndim - n)];
  const table = product(x, tables, sizes);
  const [count, width] = table.shape as [number, number];
  const flat = reshape(x, [...lead, sizeOf(sizes)]);
  const best = argmax(take(flat, table, lead.length), { axis: lead.length + 1 });
  const row = Int32Array.from({ length: count }, (_, i) => i * width);
  const indices = take(
    reshape(table, [count * width]),
    add(
      best,
      beside(x, () => tensor(row)),
    ),
    0,
  );
  const shape = [...lead, ...tables.map((t) => t.length)];
  return { values: reshape(gather(flat, indices, lead.length), shape), indices: reshape(indices, shape) };
}

/**
 * Means over windows chosen so that the last axes get the given sizes: window i covers `floor(i n / size)` to `ceil((i + 1) n / size)`.
 *
 * @param x      [..., ...spatial]
 * @param sizes  sizes of the result's last axes
 * @returns      [..., ...sizes]
 * @throws ShapeError  when x has fewer axes than sizes
 * @example
 * adaptiveAvgPool(tensor([[[1, 2, 3]]]), [2]) // => [[[1.5, 2.5]]]
 */
export function adaptiveAvgPool(x: Tensor, sizes: readonly number[]): Tensor {
  const first = firstAxis('adaptiveAvgPool', x, sizes);
  if (even(x, sizes)) {
    const window = sizes.map((n, i) => x.shape[first + i]! / n);
    return mul(windowReduce(x, 'sum', { window, stride: window }), 1 / sizeOf(window));
  }
  return sizes.reduce((y, n, i) => averageAxis(y, first + i, n), x);
}

/** Averages one axis by a matrix whose columns are the windows. */
function averageAxis(x: Tensor, axis: number, out: number): Tensor {
  const size = x.shape[axis]!;
  if (size === out) return x;
  const flat = allocate(x.dtype, size * out);
  adaptive(size, out).forEach((window, o) => window.forEach((i) => (flat[i * out + o] = 1 / window.length)));
  const matrix = beside(x, () => tensor(flat, { shape: [size, out] }));
  const last = x.ndim - 1;
  if (axis === last) return matmul(x, matrix);
  return transpose(matmul(transpose(x, axis, last), matrix), axis, last);
}

/**
 * The largest value of each of adaptiveAvgPool's windows.
 *
 * @param x      [..., ...spatial]
 * @param sizes  sizes of the result's last axes
 * @returns      [..., ...sizes]
 * @throws ShapeError  when x has fewer axes than sizes
 * @example
 * adaptiveMaxPool(tensor([[[1, 2, 3]]]), [2]) // => [[[2, 3]]]
 */
export function adaptiveMaxPool(x: Tensor, sizes: readonly number[]): Tensor {
  const first = firstAxis('adaptiveMaxPool', x, sizes);
  if (!even(x, sizes)) return adaptiveMaxPoolWithIndices(x, sizes).values;
  const window = sizes.map((n, i) => x.shape[first + i]! / n);
  return windowReduce(x, 'max', { window, stride: window });
}

/**
 * adaptiveMaxPool together with the places of the maxima in the flattened last axes of x.
 *
 * @example
 * adaptiveMaxPoolWithIndices(tensor([[[1, 2, 3]]]), [2]).indices // => [[[1, 2]]]
 */
export function adaptiveMaxPoolWithIndices(x: Tensor, sizes: readonly number[]): { values: Tensor; indices: Tensor } {
  const first = firstAxis('adaptiveMaxPoolWithIndices', x, sizes);
  return maxOf(
    x,
    sizes.map((n, i) => padded(adaptive(x.shape[first + i]!, n))),
  );
}

function firstAxis(op: string, x: Tensor, sizes: readonly number[]): number {
  if (x.ndim < sizes.length)
    throw new ShapeError(`${op}: x ${describe(x.spec)} has fewer axes than the sizes [${sizes}]`);
  return x.ndim - sizes.length;
}

/** Whether all windows are equally large and do not overlap. */
const even = (x: Tensor, sizes: readonly number[]): boolean =>
  sizes.every(
    (n, i) => n > 0 && x.shape[x.ndim - sizes.length + i]! % n === 0 && x.shape[x.ndim - sizes.length + i]! > 0,
  );
