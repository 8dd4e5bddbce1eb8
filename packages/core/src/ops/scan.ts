// Running sums, products and extremes along an axis.
import { dtypes, normalizeAxis, range, type Shape } from '../base/index.js';
import type { KernelAttrs } from '../kernel/index.js';
import { apply } from '../graph/apply.js';
import type { Primitive, Tensor } from '../graph/tensor.js';
import { detach } from '../graph/create.js';
import { beside } from '../graph/state.js';
import { equal, greaterEqual, less, logicalAnd, mul, where } from './arithmetic.js';
import { iota } from './creation.js';
import { expandTo, reshapeTo, sumOver, toTensor, toType, zerosFor, type Operand } from './define.js';
import { scatterAdd } from './indexing.js';
import { permute } from './movement.js';

interface ScanAttrs {
  readonly axis: number;
  readonly reverse: boolean;
  readonly exclusive: boolean;
}
function scanRecord(
  name: string,
  op: NonNullable<KernelAttrs['op']>,
  o: Pick<Primitive<ScanAttrs>, 'vjp' | 'keep' | 'domain'>,
): Primitive<ScanAttrs> {
  return {
    name,
    samples: [
      { shapes: [[3, 4]], attrs: { axis: 1, reverse: false, exclusive: false } },
      { shapes: [[3, 2]], attrs: { axis: 0, reverse: true, exclusive: true } },
    ],
    infer: ([x]) => x!,
    lower: ([x], attrs) => ({ form: 'scan', attrs: { op, ...attrs }, body: (i) => x!(i) }),
    ...o,
  };
}

/** The record of `cumsum`. */
export const cumsumPrimitive: Primitive<ScanAttrs> = scanRecord('cumsum', 'add', {
  domain: 'real',
  keep: {},
  vjp: (g, { attrs }) => apply(cumsumPrimitive, [g], { ...attrs, reverse: !attrs.reverse }),
});
/**
 * The record of `cumprod`. Element k meets position i through the product of the others that i covers: no division, so zeros do no harm.
 * The n by n table of those products is a cumprod itself, so higher derivatives follow.
 */
export const cumprodPrimitive: Primitive<ScanAttrs> = scanRecord('cumprod', 'mul', {
  domain: 'real',
  keep: { inputs: [0] },
  vjp: (g, { inputs: [x], attrs }) => {
    const { axis } = attrs;
    const n = x!.shape[axis]!;
    // Two axes at the end: k, the element that is left out, and i, the position that is reached.
    const square: Shape = [...x!.shape.map((s, d) => (d === axis ? 1 : s)), n, n];
    const k = iota([n, n], 0);
    const i = iota([n, n], 1);
    const moved = (t: Tensor): Tensor => {
      const order = [...range(t.ndim).filter((d) => d !== axis), axis];
      const last = permute(t, order);
      return reshapeTo(last, [...t.shape.map((s, d) => (d === axis ? 1 : s)), 1, n]);
    };
    const table = expandTo(moved(x!), square);
    const others = apply(cumprodPrimitive, [where(equal(k, i), 1, table)], { ...attrs, axis: square.length - 1 });
    const reached = attrs.exclusive
      ? attrs.reverse
        ? less(i, k)
        : less(k, i)
      : attrs.reverse
        ? greaterEqual(k, i)
        : greaterEqual(i, k);
    const summed = sumOver(where(reached, mul(others, expandTo(moved(g), square)), 0), [square.length - 1]);
    const back = [...range(x!.ndim).filter((d) => d !== axis), axis];
    return permute(
      reshapeTo(
        summed,
        back.map((d) => x!.shape[d]!),
      ),
      range(x!.ndim).map((d) => back.indexOf(d)),
    );
  },
});
/**
 * The cotangent of a running extreme goes to the element that was the extreme: of equals the last one reached. Elements that set the
 * record are found in the inclusive scan; before the first one (exclusive) nothing has a cotangent.
 */
const extremeVjp =
  (primitive: () => Primitive<ScanAttrs>): Primitive<ScanAttrs>['vjp'] =>
  (g, { inputs: [x], attrs }) => {
    const { axis, reverse } = attrs;
    const record = apply(primitive(), [detach(x!)], { ...attrs, exclusive: false });
    const n = x!.shape[axis]!;
    const hit = where(equal(x!, record), iota(x!.shape, axis), reverse ? n : -1);
    const at = apply(reverse ? cumminPrimitive : cummaxPrimitive, [hit], attrs);
    const known = logicalAnd(greaterEqual(at, 0), less(at, n));
    return scatterAdd(zerosFor(g.shape, g), where(known, at, 0), where(known, g, 0), axis);
  };
const byInput = { domain: 'apart', keep: { inputs: [0] } } as const;
/** The record of `cummax`. */
export const cummaxPrimitive: Primitive<ScanAttrs> = scanRecord('cummax', 'max', {
  ...byInput,
  vjp: extremeVjp(() => cummaxPrimitive),
});
/** The record of `cummin`. */
export const cumminPrimitive: Primitive<ScanAttrs> = scanRecord('cummin', 'min', {
  ...byInput,
  vjp: extremeVjp(() => cumminPrimitive),
});

export interface ScanOptions {
  /** From the end to the start. Default false. */
  readonly reverse?: boolean;
  /** Without the element itself. Default false. */
  readonly exclusive?: boolean;
}
function running(
  primitive: Primitive<ScanAttrs>,
  x: Operand,
  axis: number,
  { reverse = false, exclusive = false }: ScanOptions,
): Tensor {
  const t = toTensor(x);
  const counted = dtypes[t.dtype].rank < dtypes.i32.rank ? toType(t, 'i32') : t;
  return t.ndim === 0
    ? counted
    : apply(primitive, [counted], { axis: normalizeAxis(primitive.name, axis, t.ndim), reverse, exclusive });
}
/** Sum of all elements up to each one, along an axis. */
export const cumsum = (x: Operand, axis: number, o: ScanOptions = {}): Tensor => running(cumsumPrimitive, x, axis, o);
/** Product of all elements up to each one, along an axis. */
export const cumprod = (x: Operand, axis: number, o: ScanOptions = {}): Tensor => running(cumprodPrimitive, x, axis, o);
/** Largest element up to each one, and its position (the last one of equals). */
export function cummax(x: Operand, axis: number): { values: Tensor; indices: Tensor } {
  return withIndices(cummaxPrimitive, x, axis);
}
/** Smallest element up to each one, and its position (the last one of equals). */
export function cummin(x: Operand, axis: number): { values: Tensor; indices: Tensor } {
  return withIndices(cumminPrimitive, x, axis);
}
function withIndices(primitive: Primitive<ScanAttrs>, x: Operand, axis: number): { values: Tensor; indices: Tensor } {
  const t = toTensor(x);
  const values = running(primitive, t, axis, {});
  const hit = where(
    equal(t, values),
    beside(t, () => iota(t.shape, axis)),
    -1,
  );
  return { values, indices: running(cummaxPrimitive, hit, axis, {}) };
}
