// Reductions: sums, products, extremes and what is made of them.
import {
  describe,
  dtypes,
  isFloat,
  normalizeAxes,
  normalizeAxis,
  range,
  ShapeError,
  sizeOf,
  type DType,
  type Shape,
} from '../base/index.js';
import { apply } from '../graph/apply.js';
import { detach as detached } from '../graph/create.js';
import type { Primitive, Tensor } from '../graph/tensor.js';
import { beside } from '../graph/state.js';
import { add, div, equal, isFinite, isNaN, logicalOr, mul, notEqual, sub, where } from './arithmetic.js';
import { iota } from './creation.js';
import {
  expandTo,
  reduction,
  reshapeTo,
  sumOver,
  sumPrimitive,
  toTensor,
  toType,
  type Operand,
  type ReduceAttrs,
} from './define.js';
import { cumprod } from './scan.js';
import { exp, log } from './transcendental.js';
import { permute } from './movement.js';

export interface ReduceOptions {
  /** Axes to fold; all when not given. */
  readonly axes?: number | readonly number[] | undefined;
  /** Leave folded axes with size 1. Default false. */
  readonly keepdims?: boolean | undefined;
}

/** The shape with the folded axes at size 1. */
const kept = (shape: Shape, axes: readonly number[]): Shape => shape.map((n, d) => (axes.includes(d) ? 1 : n));
/** A folded value spread over the folded axes again. */
const spread = (y: Tensor, like: Tensor, axes: readonly number[]): Tensor =>
  expandTo(reshapeTo(y, kept(like.shape, axes)), like.shape);

/** Shares the cotangent among all elements that equal the extreme. */
const extremeVjp: Primitive<ReduceAttrs>['vjp'] = (g, { inputs: [x], out, attrs: { axes } }) => {
  const hit = toType(equal(x!, spread(out, x!, axes)), g.dtype);
  return mul(hit, spread(div(g, sumOver(hit, axes)), x!, axes));
};
const byInputAndOutput = { keep: { inputs: [0], output: true }, domain: 'apart' } as const;
export const maxPrimitive: Primitive<ReduceAttrs> = reduction('max', {
  op: 'max',
  vjp: extremeVjp,
  ...byInputAndOutput,
});
export const minPrimitive: Primitive<ReduceAttrs> = reduction('min', {
  op: 'min',
  vjp: extremeVjp,
  ...byInputAndOutput,
});
/** Each element's cotangent is the product of all others: those before it times those after it, so zeros do no harm. */
export const prodPrimitive: Primitive<ReduceAttrs> = reduction('prod', {
  op: 'mul',
  keep: { inputs: [0] },
  vjp: (g, { inputs: [x], attrs: { axes } }) => {
    const rest = range(x!.ndim).filter((d) => !axes.includes(d));
    const order = [...rest, ...axes];
    const flat = reshapeTo(permute(x!, order), [
      ...rest.map((d) => x!.shape[d]!),
      sizeOf(axes.map((d) => x!.shape[d]!)),
    ]);
    const others = mul(cumprod(flat, -1, { exclusive: true }), cumprod(flat, -1, { exclusive: true, reverse: true }));
    const back = permute(
      reshapeTo(
        others,
        order.map((d) => x!.shape[d]!),
      ),
      range(x!.ndim).map((d) => order.indexOf(d)),
    );
    return mul(spread(g, x!, axes), back);
  },
});

function reduce(primitive: Primitive<ReduceAttrs>, x: Tensor, { axes, keepdims }: ReduceOptions): Tensor {
  const list = normalizeAxes(primitive.name, axes, x.ndim);
  const y = list.length ? apply(primitive, [x], { axes: list }) : x;
  return keepdims ? reshapeTo(y, kept(x.shape, list)) : y;
}
/** Sums of bools and bytes are counted in i32. */
const countable = (x: Operand): Tensor => {
  const t = toTensor(x);
  return dtypes[t.dtype].rank < dtypes.i32.rank ? toType(t, 'i32') : t;
};
const real = (x: Operand): Tensor => {
  const t = toTensor(x);
  return isFloat(t.dtype) ? t : toType(t, 'f32');
};
function checkNotEmpty(op: string, t: Tensor, axes: number | readonly number[] | undefined): Tensor {
  if (normalizeAxes(op, axes, t.ndim).some((d) => t.shape[d] === 0))
    throw new ShapeError(`${op}: an axis of ${describe(t.spec)} has no elements, so there is no ${op}`);
  return t;
}
/** Sum over the axes; bools and bytes are summed as i32. */
export const sum = (x: Operand, o: ReduceOptions = {}): Tensor => reduce(sumPrimitive, countable(x), o);
/** Product over the axes; bools and bytes are multiplied as i32. */
export const prod = (x: Operand, o: ReduceOptions = {}): Tensor => reduce(prodPrimitive, countable(x), o);
/** Largest element; NaN if there is one. Equal largest elements share the gradient. */
export const max = (x: Operand, o: ReduceOptions = {}): Tensor =>
  reduce(maxPrimitive, checkNotEmpty('max', toTensor(x), o.axes), o);
/** Smallest element; NaN if there is one. Equal smallest elements share the gradient. */
export const min = (x: Operand, o: ReduceOptions = {}): Tensor =>
  reduce(minPrimitive, checkNotEmpty('min', toTensor(x), o.axes), o);
/** True if one element is true (or not 0). */
export const any = (x: Operand, o: ReduceOptions = {}): Tensor => reduce(maxPrimitive, toType(x, 'bool'), o);
/** True if all elements are true (or not 0). */
export const all = (x: Operand, o: ReduceOptions = {}): Tensor => reduce(minPrimitive, toType(x, 'bool'), o);
/** Arithmetic mean over the axes; integers give f32. */
export function mean(x: Operand, o: ReduceOptions = {}): Tensor {
  const t = real(x);
  const n = sizeOf(normalizeAxes('mean', o.axes, t.ndim).map((d) => t.shape[d]!));
  return mul(sum(t, o), n ? 1 / n : NaN);
}
/** Mean of squared distances from the mean, divided by n - correction. Default correction 0. */
export function variance(
  x: Operand,
  { axes, keepdims, correction = 0 }: ReduceOptions & { readonly correction?: number },
): Tensor {
  const t = real(x);
  const n = sizeOf(normalizeAxes('variance', axes, t.ndim).map((d) => t.shape[d]!));
  const d = sub(t, mean(t, { axes, keepdims: true }));
  const free = n - correction;
  return div(sum(mul(d, d), { axes, keepdims }), Math.max(0, free));
}
/** How many elements are not 0, as i32. */
export const countNonzero = (x: Operand, o: ReduceOptions = {}): Tensor => sum(notEqual(x, 0), o);
/** log of the sum of e^x, without overflow. */
export function logSumExp(x: Operand, { axes, keepdims }: ReduceOptions = {}): Tensor {
  const t = real(x);
  const top = max(t, { axes, keepdims: true });
  const shift = detached(where(isFinite(top), top, 0));
  const y = add(log(sum(exp(sub(t, shift)), { axes, keepdims: true })), shift);
  return keepdims
    ? y
    : reshapeTo(
        y,
        t.shape.filter((_, d) => !normalizeAxes('logSumExp', axes, t.ndim).includes(d)),
      );
}
interface ArgOptions {
  /** The axis to search; the flattened array when not given. */
  readonly axis?: number | undefined;
  readonly keepdims?: boolean | undefined;
}
/** The first position of an extreme; NaN counts as the extreme. */
function argExtreme(extreme: Primitive<ReduceAttrs>, op: string, x: Operand, { axis, keepdims }: ArgOptions): Tensor {
  const t = toTensor(x);
  if (axis === undefined) {
    const flat = argExtreme(extreme, op, reshapeTo(t, [t.size]), { axis: 0 });
    return keepdims
      ? reshapeTo(
          flat,
          t.shape.map(() => 1),
        )
      : flat;
  }
  const d = normalizeAxis(op, axis, t.ndim);
  checkNotEmpty(op, t, d);
  const top = reduce(extreme, detached(t), { axes: d, keepdims: true });
  const hit = isFloat(t.dtype) ? logicalOr(equal(t, top), isNaN(t)) : equal(t, top);
  const at: DType = 'i32';
  return reduce(
    minPrimitive,
    where(
      hit,
      beside(t, () => iota(t.shape, d, at)),
      toType(t.shape[d]!, at),
    ),
    { axes: d, keepdims },
  );
}
/** Position of the largest element, the first one of equals, as i32. */
export const argmax = (x: Operand, o: ArgOptions = {}): Tensor => argExtreme(maxPrimitive, 'argmax', x, o);
/** Position of the smallest element, the first one of equals, as i32. */
export const argmin = (x: Operand, o: ArgOptions = {}): Tensor => argExtreme(minPrimitive, 'argmin', x, o);
