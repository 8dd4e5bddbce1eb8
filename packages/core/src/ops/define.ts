// How primitives are declared: one record each, with makers for the families that share a shape rule.
import {
  broadcastShapes,
  dtypes,
  isFloat,
  promote,
  range,
  sameShape,
  type DType,
  type Shape,
  type Spec,
} from '../base/index.js';
import {
  broadcastIndex,
  cast as castExpr,
  ravel,
  unravel,
  type Access,
  type Expr,
  type ReduceOp,
} from '../kernel/index.js';
import { apply, literal } from '../graph/apply.js';
import { Tensor, type Call, type Keep, type Primitive } from '../graph/tensor.js';

/** A tensor, or a number that takes the dtype of the tensor that it meets. */
export type Operand = Tensor | number | boolean;

/** The dtype that operands meet in. Numbers give way to tensors, except that a fraction among integers makes f32. */
export function commonType(op: string, xs: readonly Operand[]): DType {
  let type: DType | null = null;
  for (const x of xs) if (x instanceof Tensor) type = type === null ? x.dtype : promote(op, type, x.dtype);
  if (type === null) return xs.every((x) => typeof x === 'boolean') ? 'bool' : 'f32';
  if (isFloat(type)) return type;
  for (const x of xs) {
    if (typeof x === 'number' && !Number.isInteger(x)) return 'f32';
    if (typeof x === 'number' && type === 'bool') type = 'i32';
  }
  return type;
}
/** An operand as a tensor of that dtype. */
export function toType(x: Operand, dtype: DType): Tensor {
  if (!(x instanceof Tensor)) return literal(x, dtype);
  return x.dtype === dtype ? x : apply(castTo[dtype], [x], null);
}
/** An operand as a tensor; a bare number is f32, a bare boolean bool. */
export const toTensor = (x: Operand): Tensor => (x instanceof Tensor ? x : literal(x));

const spread =
  (x: Access, from: Shape): Access =>
  (i) =>
    x(broadcastIndex(i, from));

/** Sums a cotangent back to the shape that its input had before broadcasting. */
export function unbroadcast(g: Tensor, shape: Shape): Tensor {
  const lead = g.ndim - shape.length;
  const axes = range(g.ndim).filter((d) => d < lead || (shape[d - lead] === 1 && g.shape[d] !== 1));
  return axes.length ? reshapeTo(sumOver(g, axes), shape) : g;
}

type Vjp = (g: Tensor, call: Call<null>) => Tensor;
export interface Elementwise {
  readonly expr: (...x: Expr[]) => Expr;
  readonly arity: 1 | 2 | 3;
  /** One function for each input; none at all when the output does not depend smoothly on the inputs. */
  readonly vjp?: readonly (Vjp | null)[];
  readonly keep?: Keep;
  readonly domain?: Primitive['domain'];
  /** dtype of the result: that of the last input when not said. */
  readonly result?: DType;
  /** dtypes of the test's inputs. */
  readonly dtypes?: readonly DType[];
}
/** A primitive that works element by element on inputs of one dtype, with NumPy broadcasting. */
/* @__NO_SIDE_EFFECTS__ */
export function elementwise(name: string, o: Elementwise): Primitive<null> {
  const vjps = o.vjp ?? [];
  return {
    name,
    domain: o.domain ?? 'real',
    keep: o.keep ?? {},
    samples: [
      range(o.arity).map((k) => (k === 1 ? [3] : [2, 3])),
      range(o.arity).map((k) => (k === 0 ? [2, 1] : [4])),
    ].map((shapes) => ({ shapes, attrs: null, ...(o.dtypes && { dtypes: o.dtypes }) })),
    infer: (specs) => {
      let shape = specs[0]!.shape;
      for (let k = 1; k < specs.length; k++) shape = broadcastShapes(name, shape, specs[k]!.shape);
      return { shape, dtype: o.result ?? specs.at(-1)!.dtype };
    },
    lower: (xs, _, { inputs }) => {
      const spreads = xs.map((x, k) => spread(x, inputs[k]!.shape));
      return { form: 'map', body: (i) => o.expr(...spreads.map((x) => x(i))) };
    },
    vjp: (g, call, k) => {
      const c = vjps[k]?.(g, call);
      return c ? unbroadcast(c, call.inputs[k]!.shape) : null;
    },
  };
}

export interface ReduceAttrs {
  readonly axes: readonly number[];
}
export interface Reduction {
  readonly op: ReduceOp;
  readonly vjp: Primitive<ReduceAttrs>['vjp'];
  readonly keep?: Keep;
  readonly domain?: Primitive['domain'];
}
/** A primitive that folds some axes away. */
/* @__NO_SIDE_EFFECTS__ */
export function reduction(name: string, o: Reduction): Primitive<ReduceAttrs> {
  return {
    name,
    domain: o.domain ?? 'real',
    keep: o.keep ?? {},
    samples: [
      { shapes: [[2, 3, 4]], attrs: { axes: [0, 2] } },
      { shapes: [[5]], attrs: { axes: [0] } },
    ],
    infer: ([x], { axes }) => ({ shape: x!.shape.filter((_, d) => !axes.includes(d)), dtype: x!.dtype }),
    lower: ([x], { axes }, { inputs: [s] }) => {
      const kept = range(s!.shape.length).filter((d) => !axes.includes(d));
      return {
        form: 'reduce',
        attrs: { op: o.op },
        over: axes.map((d) => s!.shape[d]!),
        body: (i, r) => x!(s!.shape.map((_, d) => (axes.includes(d) ? r[axes.indexOf(d)]! : i[kept.indexOf(d)]!))),
      };
    },
    vjp: o.vjp,
  };
}

/** A primitive that moves elements: its whole meaning is the index that each output element is read from. */
/* @__NO_SIDE_EFFECTS__ */
export function movement<A>(
  name: string,
  o: {
    readonly infer: (x: Spec, attrs: A) => Shape;
    readonly at: (x: Access, i: readonly Expr[], attrs: A, from: Shape, to: Shape) => Expr;
    readonly vjp: (g: Tensor, call: Call<A>) => Tensor;
    readonly samples: readonly { readonly shape: Shape; readonly attrs: A }[];
    readonly alias?: true;
  },
): Primitive<A> {
  return {
    name,
    domain: 'real',
    keep: {},
    movement: true,
    ...(o.alias && { alias: o.alias }),
    samples: o.samples.map(({ shape, attrs }) => ({ shapes: [shape], attrs })),
    infer: ([x], attrs) => ({ shape: o.infer(x!, attrs), dtype: x!.dtype }),
    lower: ([x], attrs, { inputs: [s], out }) => ({
      form: 'map',
      body: (i) => o.at(x!, i, attrs, s!.shape, out.shape),
    }),
    vjp: (g, call) => o.vjp(g, call),
  };
}

// The casts, the sum and the reshape stand here, because all other records lean on them.

const castPrimitive = (dtype: DType): Primitive<null> => ({
  name: `cast_${dtype}`,
  domain: 'real',
  keep: {},
  samples: [{ shapes: [[2, 3]], attrs: null }],
  infer: ([x]) => ({ shape: x!.shape, dtype }),
  lower: ([x]) => ({ form: 'map', body: (i) => castExpr(x!(i), dtype) }),
  vjp: (g, { inputs: [x] }) => (isFloat(x!.dtype) ? apply(castTo[x!.dtype], [g], null) : null),
});
/** One primitive for each target: the dtype is part of the operation. */
export const castTo: Readonly<Record<DType, Primitive<null>>> = Object.fromEntries(
  (Object.keys(dtypes) as DType[]).map((d) => [d, castPrimitive(d)]),
) as Record<DType, Primitive<null>>;

export const sumPrimitive: Primitive<ReduceAttrs> = reduction('sum', {
  op: 'add',
  vjp: (g, { inputs: [x], attrs: { axes } }) =>
    expandTo(
      reshapeTo(
        g,
        x!.shape.map((n, d) => (axes.includes(d) ? 1 : n)),
      ),
      x!.shape,
    ),
});
export const sumOver = (x: Tensor, axes: readonly number[]): Tensor => apply(sumPrimitive, [x], { axes });

interface ShapeAttrs {
  readonly shape: Shape;
}
export const reshapePrimitive: Primitive<ShapeAttrs> = movement<ShapeAttrs>('reshape', {
  infer: (_, { shape }) => shape,
  at: (x, i, { shape }, from) => x(unravel(ravel(i, shape), from)),
  vjp: (g, { inputs: [x] }) => reshapeTo(g, x!.shape),
  samples: [
    { shape: [2, 6], attrs: { shape: [3, 4] } },
    { shape: [2, 3, 2], attrs: { shape: [12] } },
  ],
  alias: true,
});
/** Zeros of a shape, of the dtype of a cotangent. */
export const zerosFor = (shape: Shape, like: Tensor): Tensor => expandTo(literal(0, like.dtype, like.backend), shape);
/** reshape to sizes that are known to fit. */
export const reshapeTo = (x: Tensor, shape: Shape): Tensor =>
  x.shape === shape ? x : apply(reshapePrimitive, [x], { shape: [...shape] });

export const expandPrimitive: Primitive<ShapeAttrs> = movement<ShapeAttrs>('expand', {
  infer: (x, { shape }) => broadcastShapes('expand', x.shape, shape),
  at: (x, i, _, from) => x(broadcastIndex(i, from)),
  vjp: (g, { inputs: [x] }) => unbroadcast(g, x!.shape),
  samples: [
    { shape: [2, 1], attrs: { shape: [2, 3] } },
    { shape: [3], attrs: { shape: [2, 3] } },
  ],
});
export const expandTo = (x: Tensor, shape: Shape): Tensor =>
  sameShape(x.shape, shape) ? x : apply(expandPrimitive, [x], { shape: [...shape] });
