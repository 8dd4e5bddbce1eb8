// Reductions over sliding windows: what pooling is made of.
import { describe, range, ShapeError, sizeOf, type Shape } from '../base/index.js';
import { expr, identity, lit, ravel, type Expr } from '../kernel/index.js';
import { apply } from '../graph/apply.js';
import type { Primitive, Tensor } from '../graph/tensor.js';
import {
  padsOf,
  perAxis,
  transposedWindow,
  windowIndex,
  windowShape,
  type Pads,
  type PerAxis,
  type WindowAttrs,
} from './sliding.js';
import { reshapeTo, toTensor, zerosFor, type Operand } from './define.js';
import { scatterAdd } from './indexing.js';

interface PoolAttrs extends WindowAttrs {
  readonly window: Shape;
}
const leading = (shape: Shape, rank: number): Shape => shape.slice(0, shape.length - rank);
const trailing = (shape: Shape, rank: number): Shape => shape.slice(shape.length - rank);
const one = (rank: number): number[] => range(rank).map(() => 1);
const samples = [
  {
    shapes: [[2, 5]],
    attrs: { window: [3], stride: [2], padding: [[1, 1] as const], dilation: [1], inputDilation: [1] },
  },
  {
    shapes: [[4, 5]],
    attrs: {
      window: [2, 2],
      stride: [2, 1],
      padding: [[0, 0] as const, [1, 0] as const],
      dilation: [1, 2],
      inputDilation: [1, 1],
    },
  },
];
const inferPool: Primitive<PoolAttrs>['infer'] = ([x], attrs) => {
  const rank = attrs.window.length;
  return {
    shape: [...leading(x!.shape, rank), ...windowShape('windowReduce', trailing(x!.shape, rank), attrs.window, attrs)],
    dtype: x!.dtype,
  };
};
/** Reads the window element `r` of the output `i`, or `otherwise` in the padding. */
function readWindow(
  x: (i: readonly Expr[]) => Expr,
  i: readonly Expr[],
  r: readonly Expr[],
  shape: Shape,
  attrs: PoolAttrs,
  otherwise: number,
): Expr {
  const rank = attrs.window.length;
  const head = i.slice(0, i.length - rank);
  const { index, inside } = windowIndex(i.slice(i.length - rank), r, trailing(shape, rank), attrs);
  const value = x([...head, ...index]);
  return sizeOf(shape) ? expr('where', inside, value, lit(otherwise, value.dtype)) : lit(otherwise, value.dtype);
}

/** The record of the window sum; its derivative is the window sum of the transposed window. */
export const windowSumPrimitive: Primitive<PoolAttrs> = {
  name: 'windowSum',
  domain: 'real',
  keep: {},
  samples,
  infer: inferPool,
  lower: ([x], attrs, { inputs: [s] }) => ({
    form: 'reduce',
    attrs: { op: 'add' },
    over: attrs.window,
    body: (i, r) => readWindow(x!, i, r, s!.shape, attrs, 0),
  }),
  vjp: (g, { inputs: [x], attrs }) => {
    const rank = attrs.window.length;
    return apply(windowSumPrimitive, [g], {
      window: attrs.window,
      ...transposedWindow(trailing(x!.shape, rank), attrs.window, trailing(g.shape, rank), attrs),
    });
  },
};
/** The record of the window maximum; the cotangent goes to the first largest element. */
export const windowMaxPrimitive: Primitive<PoolAttrs> = {
  name: 'windowMax',
  domain: 'apart',
  keep: { inputs: [0], output: true },
  samples,
  infer: inferPool,
  lower: ([x], attrs, { inputs: [s] }) => ({
    form: 'reduce',
    attrs: { op: 'max' },
    over: attrs.window,
    body: (i, r) => readWindow(x!, i, r, s!.shape, attrs, identity('max', s!.dtype)),
  }),
  vjp: (g, { inputs: [x], out, attrs }) => {
    const rank = attrs.window.length;
    const head = leading(x!.shape, rank);
    const flat = (t: Tensor): Tensor => reshapeTo(t, [...head, sizeOf(trailing(t.shape, rank))]);
    const at = apply(windowArgmaxPrimitive, [x!, out], attrs);
    return reshapeTo(
      scatterAdd(zerosFor([...head, sizeOf(trailing(x!.shape, rank))], g), flat(at), flat(g), head.length),
      x!.shape,
    );
  },
};
/** Flat position, among the spatial axes, of the first element of each window that equals its maximum. NaN equals NaN here. */
export const windowArgmaxPrimitive: Primitive<PoolAttrs> = {
  name: 'windowArgmax',
  domain: 'apart',
  keep: {},
  samples: [],
  infer: ([, out]) => ({ shape: out!.shape, dtype: 'i32' }),
  lower: ([x, out], attrs, { inputs: [s] }) => {
    const rank = attrs.window.length;
    const plane = trailing(s!.shape, rank);
    return {
      form: 'reduce',
      attrs: { op: 'min' },
      over: attrs.window,
      body: (i, r) => {
        const { index, inside } = windowIndex(i.slice(i.length - rank), r, plane, attrs);
        const [value, top] = [x!([...i.slice(0, i.length - rank), ...index]), out!(i)];
        const hit = expr('or', expr('eq', value, top), expr('and', expr('ne', value, value), expr('ne', top, top)));
        return expr('where', expr('and', inside, hit), ravel(index, plane), lit(2 ** 31 - 1));
      },
    };
  },
  vjp: () => null,
};

export interface WindowOptions {
  readonly window: Shape;
  /** Default: the window. */
  readonly stride?: PerAxis;
  readonly padding?: PerAxis | Pads;
  readonly dilation?: PerAxis;
}
function attrsOf(
  op: string,
  x: Tensor,
  { window, stride = window, padding = 0, dilation = 1 }: WindowOptions,
): PoolAttrs {
  const rank = window.length;
  if (x.ndim < rank)
    throw new ShapeError(`${op}: a window [${window}] needs ${rank} axes, received ${describe(x.spec)}`);
  return {
    window: perAxis(op, 'window', window, rank),
    stride: perAxis(op, 'stride', stride, rank),
    padding: padsOf(op, padding, rank),
    dilation: perAxis(op, 'dilation', dilation, rank),
    inputDilation: one(rank),
  };
}
/** Sum or maximum over windows of the last axes; padding adds the value that changes nothing. */
export function windowReduce(x: Operand, op: 'max' | 'sum', options: WindowOptions): Tensor {
  const t = toTensor(x);
  return apply(op === 'max' ? windowMaxPrimitive : windowSumPrimitive, [t], attrsOf('windowReduce', t, options));
}
/** Maximum over windows, and its flat position among the last axes. */
export function windowMax(x: Operand, options: WindowOptions): { values: Tensor; indices: Tensor } {
  const t = toTensor(x);
  const attrs = attrsOf('windowMax', t, options);
  const values = apply(windowMaxPrimitive, [t], attrs);
  return { values, indices: apply(windowArgmaxPrimitive, [t, values], attrs) };
}
