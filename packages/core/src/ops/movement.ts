// Operations that move elements without changing them: a change of index, and the inverse change as derivative.
import {
  broadcastShapes,
  checkShape,
  describe,
  normalizeAxes,
  normalizeAxis,
  range,
  sameShape,
  ShapeError,
  sizeOf,
  ValueError,
  type Shape,
} from '../base/index.js';
import { expr, lit, type Access, type Expr } from '../kernel/index.js';
import { apply } from '../graph/apply.js';
import type { Primitive, Tensor } from '../graph/tensor.js';
import { sub } from './arithmetic.js';
import { expandTo, movement, reshapeTo, sumOver, toTensor, type Operand } from './define.js';

/**
 * The same elements in the same order under another shape; one size may be -1.
 *
 * @throws ShapeError  "reshape: f32[2,3] has 6 elements, [4] has 4"
 */
export function reshape(x: Operand, shape: Shape): Tensor {
  const t = toTensor(x);
  const holes = shape.filter((n) => n === -1).length;
  const known = sizeOf(shape.filter((n) => n !== -1));
  if (holes > 1) throw new ShapeError(`reshape: only one size may be -1, received [${shape}]`);
  if (holes && (known === 0 ? t.size !== 0 : t.size % known !== 0))
    throw new ShapeError(`reshape: ${describe(t.spec)} has ${t.size} elements, which do not divide into [${shape}]`);
  const target = checkShape(
    'reshape',
    shape.map((n) => (n === -1 ? (known ? t.size / known : 0) : n)),
  );
  if (sizeOf(target) !== t.size)
    throw new ShapeError(`reshape: ${describe(t.spec)} has ${t.size} elements, [${target}] has ${sizeOf(target)}`);
  return sameShape(target, t.shape) ? t : reshapeTo(t, target);
}

/** The record of `permute`. */
export const permutePrimitive: Primitive<{ readonly perm: readonly number[] }> = movement<{
  readonly perm: readonly number[];
}>('permute', {
  infer: (x, { perm }) => perm.map((d) => x.shape[d]!),
  at: (x, i, { perm }) => x(perm.map((_, d) => i[perm.indexOf(d)]!)),
  vjp: (g, { attrs: { perm } }) =>
    permute(
      g,
      perm.map((_, d) => perm.indexOf(d)),
    ),
  samples: [{ shape: [2, 3, 4], attrs: { perm: [2, 0, 1] } }],
});
/** The axes in another order: axis d of the result is axis perm[d] of x. */
export function permute(x: Operand, perm: readonly number[]): Tensor {
  const t = toTensor(x);
  const order = perm.map((d) => normalizeAxis('permute', d, t.ndim));
  if (order.length !== t.ndim || new Set(order).size !== t.ndim)
    throw new ShapeError(`permute: [${perm}] does not name each axis of ${describe(t.spec)} once`);
  return order.every((d, k) => d === k) ? t : apply(permutePrimitive, [t], { perm: order });
}
/** Two axes exchanged; by default the last two. */
export function transpose(x: Operand, a = -2, b = -1): Tensor {
  const t = toTensor(x);
  const [p, q] = [normalizeAxis('transpose', a, t.ndim), normalizeAxis('transpose', b, t.ndim)];
  return permute(
    t,
    range(t.ndim).map((d) => (d === p ? q : d === q ? p : d)),
  );
}
/** Broadcast to a larger shape; a size of -1 keeps the axis. */
export function expand(x: Operand, shape: Shape): Tensor {
  const t = toTensor(x);
  const lead = shape.length - t.ndim;
  const target = shape.map((n, d) => (n === -1 && d >= lead ? t.shape[d - lead]! : n));
  checkShape('expand', target);
  if (!sameShape(broadcastShapes('expand', t.shape, target), target))
    throw new ShapeError(`expand: ${describe(t.spec)} cannot become [${target}]`);
  return expandTo(t, target);
}
/** Without the named axes, which have size 1; without all axes of size 1 when none are named. */
export function squeeze(x: Operand, axes?: number | readonly number[]): Tensor {
  const t = toTensor(x);
  const named =
    axes === undefined ? range(t.ndim).filter((d) => t.shape[d] === 1) : normalizeAxes('squeeze', axes, t.ndim);
  for (const d of named)
    if (t.shape[d] !== 1)
      throw new ShapeError(`squeeze: axis ${d} of ${describe(t.spec)} has size ${t.shape[d]}, not 1`);
  return reshape(
    t,
    t.shape.filter((_, d) => !named.includes(d)),
  );
}
/** With a new axis of size 1 at `axis` of the result. */
export function unsqueeze(x: Operand, axis: number): Tensor {
  const t = toTensor(x);
  const at = normalizeAxis('unsqueeze', axis, t.ndim + 1);
  return reshape(t, [...t.shape.slice(0, at), 1, ...t.shape.slice(at)]);
}

interface SliceAttrs {
  readonly starts: readonly number[];
  readonly steps: readonly number[];
  readonly sizes: readonly number[];
}
/** The record of `slice`, with steps of 1 or more. */
export const slicePrimitive: Primitive<SliceAttrs> = movement<SliceAttrs>('slice', {
  infer: (_, { sizes }) => sizes,
  at: (x, i, { starts, steps }) => x(i.map((e, d) => expr('add', expr('mul', e, lit(steps[d]!)), lit(starts[d]!)))),
  vjp: (g, { inputs: [x], attrs }) => apply(unslicePrimitive, [g], { ...attrs, shape: [...x!.shape] }),
  samples: [{ shape: [5, 4], attrs: { starts: [1, 0], steps: [2, 1], sizes: [2, 3] } }],
});
interface UnsliceAttrs extends SliceAttrs {
  readonly shape: Shape;
}
/** The derivative of `slice`: its elements at their places, zeros elsewhere. */
export const unslicePrimitive: Primitive<UnsliceAttrs> = {
  ...movement<UnsliceAttrs>('unslice', {
    infer: (_, { shape }) => shape,
    at: (x, i, { starts, steps, sizes }) => {
      let inside: Expr = lit(1, 'bool');
      const index = i.map((e, d) => {
        const from = expr('sub', e, lit(starts[d]!));
        const q = expr('idiv', from, lit(steps[d]!));
        for (const ok of [
          expr('le', lit(0), from),
          expr('lt', q, lit(sizes[d]!)),
          expr('eq', expr('mod', from, lit(steps[d]!)), lit(0)),
        ])
          inside = both(inside, ok);
        return within(q, sizes[d]!);
      });
      return choose(inside, x, index, sizes);
    },
    vjp: (g, { attrs: { starts, steps, sizes } }) => apply(slicePrimitive, [g], { starts, steps, sizes }),
    samples: [{ shape: [2, 3], attrs: { starts: [1, 0], steps: [2, 1], sizes: [2, 3], shape: [5, 4] } }],
  }),
};
const both = (a: Expr, b: Expr): Expr =>
  a.kind === 'const' ? (a.value ? b : a) : b.kind === 'const' ? (b.value ? a : b) : expr('and', a, b);
/** An index forced into [0, n): reads stay inside the array whatever the condition around them says. */
export const within = (e: Expr, n: number): Expr => expr('max', lit(0), expr('min', e, lit(n - 1)));
/** x at the index where `inside` holds, `otherwise` (or 0) elsewhere. */
function choose(inside: Expr, x: Access, index: readonly Expr[], from: Shape, otherwise?: Expr): Expr {
  const value = x(from.every((n) => n > 0) ? index : index.map(() => lit(0)));
  return expr('where', sizeOf(from) ? inside : lit(0, 'bool'), value, otherwise ?? lit(0, value.dtype));
}

/**
 * A part of an array: for each axis from `start` up to, but not including, `end`, by `step`. Python's rules: negative positions count
 * from the end, positions beyond the array are brought back to it, a negative step walks backwards.
 *
 * @param ends  undefined for an axis: to its end
 * @example
 * slice(tensor([0, 1, 2, 3, 4]), [1], [4], [2]) // => [1, 3]
 */
export function slice(
  x: Operand,
  starts: readonly (number | undefined)[],
  ends: readonly (number | undefined)[] = [],
  steps: readonly (number | undefined)[] = [],
): Tensor {
  let t = toTensor(x);
  if (Math.max(starts.length, ends.length, steps.length) > t.ndim)
    throw new ShapeError(
      `slice: ${Math.max(starts.length, ends.length)} axes named, ${describe(t.spec)} has ${t.ndim}`,
    );
  const backwards = range(t.ndim).filter((d) => (steps[d] ?? 1) < 0);
  const parts = t.shape.map((n, d) => {
    const step = steps[d] ?? 1;
    if (!Number.isInteger(step) || step === 0)
      throw new ValueError(`slice: step ${step} of axis ${d} is not an integer other than 0`);
    const position = (p: number | undefined, fallback: number): number => {
      if (p === undefined) return fallback;
      if (!Number.isInteger(p)) throw new ValueError(`slice: position ${p} of axis ${d} is not an integer`);
      const q = p < 0 ? p + n : p;
      return step > 0 ? Math.min(Math.max(q, 0), n) : Math.min(Math.max(q, -1), n - 1);
    };
    const start = position(starts[d], step > 0 ? 0 : n - 1);
    const end = position(ends[d], step > 0 ? n : -1);
    const size = Math.max(0, Math.ceil((end - start) / step));
    return { start: step > 0 ? start : n - 1 - start, step: Math.abs(step), size };
  });
  if (backwards.length) t = flip(t, backwards);
  if (parts.every(({ start, step, size }, d) => start === 0 && step === 1 && size === t.shape[d])) return t;
  return apply(slicePrimitive, [t], {
    starts: parts.map((p) => p.start),
    steps: parts.map((p) => p.step),
    sizes: parts.map((p) => p.size),
  });
}
/** One position of an axis; the axis goes away. */
export function select(x: Operand, axis: number, index: number): Tensor {
  const t = toTensor(x);
  const d = normalizeAxis('select', axis, t.ndim);
  const n = t.shape[d]!;
  if (!Number.isInteger(index) || index < -n || index >= n)
    throw new ShapeError(`select: index ${index} is out of range for axis ${axis} of ${describe(t.spec)}`);
  const k = index < 0 ? index + n : index;
  const only = (v: number): (number | undefined)[] => range(d + 1).map((e) => (e === d ? v : undefined));
  return squeeze(slice(t, only(k), only(k + 1)), d);
}

/** The record of `flip`. */
export const flipPrimitive: Primitive<{ readonly axes: readonly number[] }> = movement<{
  readonly axes: readonly number[];
}>('flip', {
  infer: (x) => x.shape,
  at: (x, i, { axes }, from) => x(i.map((e, d) => (axes.includes(d) ? expr('sub', lit(from[d]! - 1), e) : e))),
  vjp: (g, { attrs: { axes } }) => flip(g, axes),
  samples: [{ shape: [2, 3], attrs: { axes: [1] } }],
});
/** The order of the elements reversed along the axes. */
export function flip(x: Operand, axes?: number | readonly number[]): Tensor {
  const t = toTensor(x);
  const list = normalizeAxes('flip', axes, t.ndim);
  return list.length ? apply(flipPrimitive, [t], { axes: list }) : t;
}

interface PadAttrs {
  readonly pads: readonly (readonly [number, number])[];
}
/** The record of `pad` with a constant: inputs are the array and the 0-d value. */
export const padPrimitive: Primitive<PadAttrs> = {
  name: 'pad',
  domain: 'real',
  keep: {},
  samples: [
    {
      shapes: [[2, 3], []],
      attrs: {
        pads: [
          [1, 0],
          [0, 2],
        ],
      },
    },
  ],
  infer: ([x], { pads }) => ({ shape: x!.shape.map((n, d) => n + pads[d]![0] + pads[d]![1]), dtype: x!.dtype }),
  lower: ([x, value], { pads }, { inputs: [s] }) => ({
    form: 'map',
    body: (i) => {
      let inside: Expr = lit(1, 'bool');
      const index = i.map((e, d) => {
        const [lo, hi] = pads[d]!;
        if (!lo && !hi) return e;
        const at = expr('sub', e, lit(lo));
        inside = both(both(inside, expr('le', lit(0), at)), expr('lt', at, lit(s!.shape[d]!)));
        return within(at, s!.shape[d]!);
      });
      return choose(inside, x!, index, s!.shape, value!([]));
    },
  }),
  vjp: (g, { inputs: [x], attrs: { pads } }, k) => {
    const inner = slice(
      g,
      pads.map(([lo]) => lo),
      pads.map(([lo], d) => lo + x!.shape[d]!),
    );
    return k === 0 ? inner : sub(sumOver(g, range(g.ndim)), sumOver(inner, range(inner.ndim)));
  },
};
