// Arrays put together and taken apart: concat, stack, split, tile, repeat, roll, triangles, and the padding modes.
import { describe, normalizeAxis, range, ShapeError, ValueError, type Shape } from '../base/index.js';
import { expr, lit } from '../kernel/index.js';
import { apply } from '../graph/apply.js';
import { tensor } from '../graph/create.js';
import type { Primitive, Tensor } from '../graph/tensor.js';
import { beside } from '../graph/state.js';
import { add, lessEqual, where } from './arithmetic.js';
import { iota } from './creation.js';
import { commonType, expandTo, reshapeTo, toTensor, toType, type Operand } from './define.js';
import { take } from './indexing.js';
import { padPrimitive, permute, slice, unsqueeze, within } from './movement.js';

/** The record of `concat`. */
export const concatPrimitive: Primitive<{ readonly axis: number }> = {
  name: 'concat',
  domain: 'real',
  keep: {},
  samples: [
    {
      shapes: [
        [2, 3],
        [2, 1],
        [2, 2],
      ],
      attrs: { axis: 1 },
    },
    {
      shapes: [
        [1, 2],
        [3, 2],
      ],
      attrs: { axis: 0 },
    },
  ],
  infer: (specs, { axis }) => ({
    shape: specs[0]!.shape.map((n, d) => (d === axis ? specs.reduce((s, x) => s + x.shape[axis]!, 0) : n)),
    dtype: specs[0]!.dtype,
  }),
  lower: (xs, { axis }, { inputs }) => ({
    form: 'map',
    body: (i) => {
      let offset = 0;
      const parts = xs
        .map((x, k) => {
          const n = inputs[k]!.shape[axis]!;
          const at = within(expr('sub', i[axis]!, lit(offset)), Math.max(1, n));
          const start = offset;
          offset += n;
          return { start, n, read: () => x(i.map((e, d) => (d === axis ? at : e))) };
        })
        .filter((p) => p.n > 0);
      if (!parts.length) return lit(0, xs[0]!(i.map(() => lit(0))).dtype);
      return parts
        .slice(0, -1)
        .reduceRight(
          (rest, p) => expr('where', expr('lt', i[axis]!, lit(p.start + p.n)), p.read(), rest),
          parts.at(-1)!.read(),
        );
    },
  }),
  vjp: (g, { inputs, attrs: { axis } }, k) => {
    const start = inputs.slice(0, k).reduce((s, x) => s + x.shape[axis]!, 0);
    const only = (v: number): (number | undefined)[] => range(axis + 1).map((d) => (d === axis ? v : undefined));
    return slice(g, only(start), only(start + inputs[k]!.shape[axis]!));
  },
};
/**
 * Arrays one after the other along an axis; the other sizes are equal.
 *
 * @throws ShapeError  "concat: f32[2,3] and f32[4,3] differ outside of axis 1"
 */
export function concat(xs: readonly Operand[], axis = 0): Tensor {
  if (!xs.length) throw new ValueError('concat: expected at least one tensor, received none');
  const type = commonType('concat', xs);
  const ts = xs.map((x) => toType(x, type));
  const first = ts[0]!;
  const d = normalizeAxis('concat', axis, first.ndim);
  for (const t of ts) {
    if (t.ndim !== first.ndim || t.shape.some((n, k) => k !== d && n !== first.shape[k]))
      throw new ShapeError(`concat: ${describe(first.spec)} and ${describe(t.spec)} differ outside of axis ${d}`);
  }
  return ts.length === 1 ? first : apply(concatPrimitive, ts, { axis: d });
}
/** Arrays of one shape along a new axis. */
export function stack(xs: readonly Operand[], axis = 0): Tensor {
  const ts = xs.map(toTensor);
  const odd = ts.find((t) => t.shape.join() !== ts[0]!.shape.join());
  if (odd)
    throw new ShapeError(
      `stack: all shapes must be equal, received ${describe(ts[0]!.spec)} and ${describe(odd.spec)}`,
    );
  return concat(
    ts.map((t) => unsqueeze(t, axis)),
    axis,
  );
}
/** Consecutive parts of the given sizes along an axis. */
export function split(x: Operand, sizes: readonly number[], axis = 0): Tensor[] {
  const t = toTensor(x);
  const d = normalizeAxis('split', axis, t.ndim);
  const total = sizes.reduce((a, b) => a + b, 0);
  if (total !== t.shape[d])
    throw new ShapeError(
      `split: sizes [${sizes}] add up to ${total}, axis ${d} of ${describe(t.spec)} has ${t.shape[d]}`,
    );
  let start = 0;
  const only = (v: number): (number | undefined)[] => range(d + 1).map((e) => (e === d ? v : undefined));
  return sizes.map((n) => {
    const part = slice(t, only(start), only(start + n));
    start += n;
    return part;
  });
}
/** The array repeated repeats[d] times along axis d. */
export function tile(x: Operand, repeats: readonly number[]): Tensor {
  const t = toTensor(x);
  const rank = Math.max(t.ndim, repeats.length);
  const shape: Shape = [...range(rank - t.ndim).map(() => 1), ...t.shape];
  const times = [...range(rank - repeats.length).map(() => 1), ...repeats];
  const wide = expandTo(
    reshapeTo(
      t,
      shape.flatMap((n) => [1, n]),
    ),
    shape.flatMap((n, d) => [times[d]!, n]),
  );
  return reshapeTo(
    wide,
    shape.map((n, d) => n * times[d]!),
  );
}
/** Each element n times in a row along an axis. */
export function repeat(x: Operand, n: number, axis = 0): Tensor {
  const t = toTensor(x);
  const d = normalizeAxis('repeat', axis, t.ndim);
  const shape = t.shape.flatMap((s, k) => (k === d ? [s, n] : [s]));
  return reshapeTo(
    expandTo(unsqueeze(t, d + 1), shape),
    t.shape.map((s, k) => (k === d ? s * n : s)),
  );
}
/** Elements moved along axes; those that leave at the end come back at the start. */
export function roll(x: Operand, shifts: number | readonly number[], axes?: number | readonly number[]): Tensor {
  const t = toTensor(x);
  if (axes === undefined) return reshapeTo(roll(reshapeTo(t, [t.size]), shifts, 0), t.shape);
  const list = typeof axes === 'number' ? [axes] : axes;
  const by = typeof shifts === 'number' ? list.map(() => shifts) : shifts;
  return list.reduce((y, axis, k) => {
    const d = normalizeAxis('roll', axis, t.ndim);
    const n = t.shape[d]!;
    const cut = n ? ((-by[k]! % n) + n) % n : 0;
    return cut ? concat(split(y, [cut, n - cut], d).reverse(), d) : y;
  }, t);
}
/** The lower triangle, from the k-th diagonal down; zeros elsewhere. */
export function tril(x: Operand, k = 0): Tensor {
  const t = toTensor(x);
  const plane = t.shape.slice(-2);
  return where(
    beside(t, () => lessEqual(iota(plane, 1), diagonalOf(plane, k))),
    t,
    0,
  );
}
/** The upper triangle, from the k-th diagonal up; zeros elsewhere. */
export function triu(x: Operand, k = 0): Tensor {
  const t = toTensor(x);
  const plane = t.shape.slice(-2);
  return where(
    beside(t, () => lessEqual(diagonalOf(plane, k), iota(plane, 1))),
    t,
    0,
  );
}
const diagonalOf = (plane: Shape, k: number): Tensor => add(iota(plane, 0), k);
/** The k-th diagonal of two axes, as a new last axis. */
export function diagonal(
  x: Operand,
  { offset = 0, axes = [0, 1] }: { readonly offset?: number; readonly axes?: readonly [number, number] } = {},
): Tensor {
  const t = toTensor(x);
  const [a, b] = [normalizeAxis('diagonal', axes[0], t.ndim), normalizeAxis('diagonal', axes[1], t.ndim)];
  const rest = range(t.ndim).filter((d) => d !== a && d !== b);
  const [rows, cols] = [t.shape[a]!, t.shape[b]!];
  const n = Math.max(0, offset >= 0 ? Math.min(rows, cols - offset) : Math.min(rows + offset, cols));
  const flat = reshapeTo(permute(t, [...rest, a, b]), [...rest.map((d) => t.shape[d]!), rows * cols]);
  const start = offset >= 0 ? offset : -offset * cols;
  const head = rest.map(() => undefined);
  return slice(flat, [...head, start], [...head, n ? start + (n - 1) * (cols + 1) + 1 : start], [...head, cols + 1]);
}

export type PadMode = 'constant' | 'reflect' | 'replicate' | 'circular';
/** The position in an axis of n that a padded position reads, for each mode that repeats the array. */
const readFrom: Record<Exclude<PadMode, 'constant'>, (at: number, n: number) => number> = {
  reflect: (at, n) => {
    const period = Math.max(1, 2 * (n - 1));
    const m = ((at % period) + period) % period;
    return m < n ? m : period - m;
  },
  replicate: (at, n) => Math.min(Math.max(at, 0), n - 1),
  circular: (at, n) => ((at % n) + n) % n,
};
/**
 * Elements added before and after each axis; negative numbers crop.
 *
 * @param pads  [before, after] for each axis; missing trailing axes are not padded
 * @param mode  what is added: `value`, or the array mirrored, its edge, or the array again
 * @throws ShapeError  "pad: reflect needs less padding than the axis is long, …"
 */
export function pad(
  x: Operand,
  pads: readonly (readonly [number, number])[],
  { mode = 'constant', value = 0 }: { readonly mode?: PadMode; readonly value?: Operand } = {},
): Tensor {
  let t = toTensor(x);
  if (pads.length > t.ndim) throw new ShapeError(`pad: ${pads.length} axes named, ${describe(t.spec)} has ${t.ndim}`);
  const full = t.shape.map((_, d) => pads[d] ?? ([0, 0] as const));
  if (full.some(([lo, hi], d) => lo + hi + t.shape[d]! < 0))
    throw new ShapeError(`pad: [${full.join('; ')}] crops more than ${describe(t.spec)} has`);
  if (full.some(([lo, hi]) => lo < 0 || hi < 0))
    t = slice(
      t,
      full.map(([lo]) => Math.max(0, -lo)),
      full.map(([, hi], d) => t.shape[d]! - Math.max(0, -hi)),
    );
  const grow = full.map(([lo, hi]) => [Math.max(0, lo), Math.max(0, hi)] as const);
  if (grow.every(([lo, hi]) => !lo && !hi)) return t;
  if (mode === 'constant') return apply(padPrimitive, [t, toType(value, t.dtype)], { pads: grow });
  const read = readFrom[mode];
  if (!read)
    throw new ValueError(`pad: unknown mode "${String(mode)}". Expected constant, ${Object.keys(readFrom).join(', ')}`);
  return grow.reduce((y, [lo, hi], d) => {
    if (!lo && !hi) return y;
    const n = t.shape[d]!;
    if (mode === 'reflect' && Math.max(lo, hi) >= n)
      throw new ShapeError(
        `pad: reflect needs less padding than the axis is long, received [${lo},${hi}] for axis ${d} of ${describe(t.spec)}`,
      );
    if (mode === 'circular' && Math.max(lo, hi) > n)
      throw new ShapeError(
        `pad: circular wraps around once at most, received [${lo},${hi}] for axis ${d} of ${describe(t.spec)}`,
      );
    const from = Int32Array.from({ length: lo + n + hi }, (_, k) => read(k - lo, n));
    return take(
      y,
      beside(y, () => tensor(from)),
      d,
    );
  }, t);
}
