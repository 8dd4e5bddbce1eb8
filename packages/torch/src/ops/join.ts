// Several tensors into one, and one function of many: cat, stack, meshgrid, einsum.
import * as core from '@nn/core';
import { Tensor } from '../tensor/handle.js';
import { dimOf } from './arguments.js';
import { expand } from './shape.js';
import { range } from '../tensor/range.js';

const flatten = (list: readonly (Tensor | readonly Tensor[])[]): Tensor[] =>
  list.flatMap((t) => (t instanceof Tensor ? [t] : [...t]));
function values(name: string, tensors: readonly Tensor[]): core.Tensor[] {
  if (tensors.length === 0) throw new core.ValueError(`torch.${name}(): expected a non-empty list of Tensors`);
  const all = tensors.map((t) => t.value);
  const kind = all.reduce((d, t) => core.promote(name, d, t.dtype), all[0]!.dtype);
  return all.map((t) => (t.dtype === kind ? t : core.cast(t, kind)));
}

/**
 * Tensors one after the other along an axis.
 *
 * @throws ShapeError  Sizes of tensors must match except in dimension 0. Expected size 2 but got size 3 for tensor number 1 in the list.
 * @example
 * cat([tensor([1, 2]), tensor([3])]) // => [1, 2, 3]
 */
export function cat(tensors: readonly Tensor[], dim: number | { dim?: number } = 0): Tensor {
  const all = values('cat', tensors);
  // An empty vector counts as nothing, whatever the rank of the others.
  const used = all.filter((t) => !(t.ndim === 1 && t.shape[0] === 0));
  const first = used[0];
  if (!first) return new Tensor(all[0]!, 'Cat');
  if (first.ndim === 0)
    throw new core.ShapeError('zero-dimensional tensor (at position 0) cannot be concatenated. Use torch.stack');
  const axis = dimOf(typeof dim === 'number' ? dim : (dim.dim ?? 0), first.ndim);
  used.forEach((t, k) => {
    if (t.ndim !== first.ndim)
      throw new core.ShapeError(`Tensors must have same number of dimensions: got ${first.ndim} and ${t.ndim}`);
    t.shape.forEach((n, d) => {
      if (d !== axis && n !== first.shape[d]) {
        throw new core.ShapeError(
          `Sizes of tensors must match except in dimension ${axis}. Expected size ${first.shape[d]} but got size ${n} for tensor number ${k} in the list.`,
        );
      }
    });
  });
  return new Tensor(core.concat(used, axis), 'Cat');
}
/** Tensors of one shape along a new axis. */
export function stack(tensors: readonly Tensor[], dim: number | { dim?: number } = 0): Tensor {
  const all = values('stack', tensors);
  const first = all[0]!;
  all.forEach((t, k) => {
    if (t.ndim !== first.ndim || t.shape.some((n, d) => n !== first.shape[d])) {
      throw new core.ShapeError(
        `stack expects each tensor to be equal size, but got [${first.shape.join(', ')}] at entry 0 and [${t.shape.join(', ')}] at entry ${k}`,
      );
    }
  });
  return new Tensor(core.stack(all, dimOf(typeof dim === 'number' ? dim : (dim.dim ?? 0), first.ndim + 1)), 'Stack');
}
const atLeast = (x: Tensor, n: number): Tensor => {
  const v = x.value;
  if (v.ndim >= n) return x;
  return new Tensor(
    core.reshape(
      v,
      n === 1
        ? [1]
        : v.ndim === 0
          ? new Array<number>(n).fill(1)
          : n === 2
            ? [1, v.shape[0]!]
            : v.ndim === 1
              ? [1, v.shape[0]!, 1]
              : [...v.shape, 1],
    ),
    'View',
  );
};
/** With at least one axis. */
export const atleast1d = (x: Tensor): Tensor => atLeast(x, 1);
/** With at least two axes. */
export const atleast2d = (x: Tensor): Tensor => atLeast(x, 2);
/** With at least three axes. */
export const atleast3d = (x: Tensor): Tensor => atLeast(x, 3);
/** Side by side: along axis 1, vectors along axis 0. */
export function hstack(tensors: readonly Tensor[]): Tensor {
  const all = tensors.map(atleast1d);
  return cat(all, all[0]?.shape.length === 1 ? 0 : 1);
}
/** One below the other; vectors are rows. */
export function vstack(tensors: readonly Tensor[]): Tensor {
  return cat(tensors.map(atleast2d), 0);
}
/** One behind the other, along the third axis. */
export function dstack(tensors: readonly Tensor[]): Tensor {
  return cat(tensors.map(atleast3d), 2);
}
/** Vectors as the columns of a matrix. */
export function columnStack(tensors: readonly Tensor[]): Tensor {
  return hstack(tensors.map((t) => (t.shape.length < 2 ? new Tensor(core.reshape(t.value, [-1, 1]), 'View') : t)));
}

/**
 * Sums of products by subscripts.
 *
 * @example
 * einsum('ij,jk->ik', tensor([[1, 2]]), tensor([[3], [4]])) // => [[11]]
 */
export function einsum(equation: string, ...operands: readonly (Tensor | readonly Tensor[])[]): Tensor {
  const list = flatten(operands);
  return new Tensor(core.einsum(equation, ...list.map((t) => t.value)), 'View');
}
/** Products summed over the last `dims` axes of x and the first of `other`, or over the given axes. */
export function tensordot(
  x: Tensor,
  other: Tensor,
  dims:
    | number
    | readonly [readonly number[], readonly number[]]
    | { dims?: number | readonly [readonly number[], readonly number[]] } = 2,
): Tensor {
  const [a, b] = [x.value, other.value];
  const given =
    typeof dims === 'object' && 'dims' in dims
      ? (dims.dims ?? 2)
      : (dims as number | readonly [readonly number[], readonly number[]]);
  const contract: [number[], number[]] =
    typeof given === 'number'
      ? [range(given).map((i) => a.ndim - given + i), range(given)]
      : [given[0].map((d) => dimOf(d, a.ndim)), given[1].map((d) => dimOf(d, b.ndim))];
  return new Tensor(core.dot(a, b, { contract }), 'View');
}

/** Tensors expanded to their common shape. */
export function broadcastTensors(...tensors: readonly (Tensor | readonly Tensor[])[]): Tensor[] {
  const list = flatten(tensors);
  const shape = list.reduce<readonly number[]>((s, t) => core.broadcastShapes('broadcast_tensors', s, t.shape), []);
  return list.map((t) => expand(t, shape));
}
/** Vectors as the axes of grids. */
export function meshgrid(...tensors: readonly (Tensor | readonly Tensor[] | { indexing?: 'ij' | 'xy' })[]): Tensor[] {
  const list = tensors.filter((t) => t instanceof Tensor || Array.isArray(t)).flat() as Tensor[];
  const options = tensors.find((t) => !(t instanceof Tensor) && !Array.isArray(t)) as
    | { indexing?: 'ij' | 'xy' }
    | undefined;
  const xy = options?.indexing === 'xy' && list.length >= 2;
  const order = xy ? [1, 0, ...range(list.length).slice(2)] : range(list.length);
  const shape = order.map((i) => list[i]!.shape[0] ?? 1);
  return list.map((t, i) => {
    const axis = order.indexOf(i);
    return new Tensor(
      core.expand(
        core.reshape(
          t.value,
          shape.map((n, d) => (d === axis ? n : 1)),
        ),
        shape,
      ),
      'Expand',
    );
  });
}
/** All combinations of the elements of vectors, as rows. */
export function cartesianProd(...tensors: readonly Tensor[]): Tensor {
  const grids = meshgrid(...tensors);
  return grids.length === 1
    ? tensors[0]!
    : stack(
        grids.map((g) => new Tensor(core.reshape(g.value, [-1]), 'View')),
        1,
      );
}
/** All choices of `r` elements of a vector, as rows. */
export function combinations(x: Tensor, r = 2, withReplacement = false): Tensor {
  const n = x.shape[0]!;
  const rows: number[][] = [];
  const visit = (row: number[], from: number): void => {
    if (row.length === r) rows.push(row);
    else for (let i = from; i < n; i++) visit([...row, i], withReplacement ? i : i + 1);
  };
  visit([], 0);
  const places = core.beside(x.value, () => core.reshape(core.tensor(Int32Array.from(rows.flat())), [rows.length, r]));
  return new Tensor(core.take(x.value, places, 0), 'View');
}
/** Matrices along the diagonal of a larger one. */
export function blockDiag(...tensors: readonly Tensor[]): Tensor {
  const all = values('block_diag', tensors.map(atleast2d));
  const columns = all.reduce((n, t) => n + t.shape[1]!, 0);
  let left = 0;
  const rows = all.map((t) => {
    const width = t.shape[1]!;
    left += width;
    return core.pad(t, [
      [0, 0],
      [left - width, columns - left],
    ]);
  });
  return new Tensor(core.concat(rows, 0), 'Cat');
}
/** The Kronecker product. */
export function kron(x: Tensor, other: Tensor): Tensor {
  const rank = Math.max(x.shape.length, other.shape.length);
  const lift = (t: Tensor): number[] => [...new Array<number>(rank - t.shape.length).fill(1), ...t.shape];
  const [a, b] = [lift(x), lift(other)];
  const outer = core.mul(
    core.reshape(
      x.value,
      a.flatMap((n) => [n, 1]),
    ),
    core.reshape(
      other.value,
      b.flatMap((n) => [1, n]),
    ),
  );
  return new Tensor(
    core.reshape(
      outer,
      a.map((n, i) => n * b[i]!),
    ),
    'View',
  );
}
/** The vector product of 3-vectors along an axis. */
export function cross(x: Tensor, other: Tensor, o: { dim?: number } = {}): Tensor {
  const [a, b] = [x.value, other.value];
  const axis = dimOf(o.dim ?? x.shape.findIndex((n) => n === 3), a.ndim);
  if (a.shape[axis] !== 3)
    throw new core.ShapeError(
      `linalg.cross: inputs dimension ${axis} must have length 3. Got ${a.shape[axis]} and ${b.shape[axis]}`,
    );
  const turn = (t: core.Tensor, by: number): core.Tensor => core.roll(t, [by], [axis]);
  return new Tensor(core.sub(core.mul(turn(a, -1), turn(b, 1)), core.mul(turn(a, 1), turn(b, -1))), 'LinalgCross');
}
/** Integrals of samples along an axis by the trapezoid rule. */
export function trapezoid(
  y: Tensor,
  x?: Tensor | { dx?: number; dim?: number },
  o: { dx?: number; dim?: number } = {},
): Tensor {
  const at = x instanceof Tensor ? o : { ...x, ...o };
  const v = y.value;
  const axis = dimOf(at.dim ?? -1, v.ndim);
  const n = v.shape[axis]!;
  const cut = (t: core.Tensor, d: number, from: number): core.Tensor =>
    core.slice(
      t,
      t.shape.map((_, k) => (k === d ? from : 0)),
      t.shape.map((m, k) => (k === d ? from + n - 1 : m)),
    );
  const heights = core.mul(core.add(cut(v, axis, 0), cut(v, axis, 1)), 0.5);
  if (!(x instanceof Tensor)) return new Tensor(core.mul(core.sum(heights, { axes: axis }), at.dx ?? 1), 'Mul');
  const p = x.value;
  const d = p.ndim === 1 ? 0 : axis;
  const widths = core.sub(cut(p, d, 1), cut(p, d, 0));
  const lines =
    p.ndim === 1
      ? core.reshape(
          widths,
          v.shape.map((_, k) => (k === axis ? n - 1 : 1)),
        )
      : widths;
  return new Tensor(core.sum(core.mul(heights, lines), { axes: axis }), 'Sum');
}
export { cat as concat, cat as concatenate };
