// Reading and writing at positions that are data: gather, take, and their derivatives, which add into or write over an array.
import { describe, DTypeError, IndexError, isFloat, normalizeAxis, sameShape, ShapeError } from '../base/index.js';
import { cast as castExpr, type Access, type Expr, type KernelAttrs } from '../kernel/index.js';
import { apply } from '../graph/apply.js';
import { dataSync } from '../graph/create.js';
import { currentTrace } from '../graph/state.js';
import type { Primitive, Tensor } from '../graph/tensor.js';
import { commonType, expandTo, toTensor, toType, zerosFor, type Operand } from './define.js';
import { within } from './movement.js';

interface AxisAttrs {
  readonly axis: number;
}
const put = (i: readonly Expr[], axis: number, e: Expr): Expr[] => i.map((x, d) => (d === axis ? e : x));
/** A position that is data, as an index that stays inside the array. */
const position = (indices: Access, at: readonly Expr[], n: number): Expr => within(castExpr(indices(at), 'i32'), n);
const integers = ['f32', 'i32', 'f32'] as const;

/** The record of `gather`: out[i] = x[i with i[axis] replaced by indices[i]]. */
export const gatherPrimitive: Primitive<AxisAttrs> = {
  name: 'gather',
  domain: 'real',
  keep: { inputs: [1] },
  samples: [
    {
      shapes: [
        [3, 4],
        [2, 4],
      ],
      dtypes: integers,
      attrs: { axis: 0 },
    },
  ],
  infer: ([x, indices]) => ({ shape: indices!.shape, dtype: x!.dtype }),
  lower: ([x, indices], { axis }, { inputs: [s] }) => ({
    form: 'map',
    body: (i) => x!(put(i, axis, position(indices!, i, s!.shape[axis]!))),
  }),
  vjp: (g, { inputs: [x, indices], attrs: { axis } }, k) =>
    k === 0 ? apply(scatterAddPrimitive, [zerosFor(x!.shape, g), indices!, g], { axis }) : null,
};

/** out = x, then for each position p of `updates`: out[p with p[axis] replaced by indices[p]] changes by updates[p]. */
function scatterRecord(name: string, attrs: KernelAttrs, vjp: Primitive<AxisAttrs>['vjp']): Primitive<AxisAttrs> {
  return {
    name,
    domain: 'real',
    keep: { inputs: [1] },
    samples: [
      {
        shapes: [
          [3, 4],
          [2, 4],
          [2, 4],
        ],
        dtypes: integers,
        attrs: { axis: 0 },
      },
    ],
    infer: ([x]) => x!,
    lower: ([x, indices, updates], { axis }, { inputs: [s, , u] }) => ({
      form: 'scatter',
      attrs,
      over: u!.shape,
      init: (i) => x!(i),
      index: (r) => put(r, axis, position(indices!, r, s!.shape[axis]!)),
      body: (_, r) => updates!(r),
    }),
    vjp,
  };
}
/** The record of `scatterAdd`. */
export const scatterAddPrimitive: Primitive<AxisAttrs> = scatterRecord(
  'scatterAdd',
  { op: 'add' },
  (g, { inputs: [, indices], attrs }, k) => [g, null, apply(gatherPrimitive, [g, indices!], attrs)][k]!,
);
/** The record of `scatter`. */
export const scatterPrimitive: Primitive<AxisAttrs> = scatterRecord(
  'scatter',
  {},
  (g, { inputs: [, indices, updates], attrs }, k) =>
    k === 0
      ? apply(scatterPrimitive, [g, indices!, zerosFor(updates!.shape, g)], attrs)
      : k === 1
        ? null
        : apply(gatherPrimitive, [g, indices!], attrs),
);

/** The record of `take`: whole slices at positions of one axis. */
export const takePrimitive: Primitive<AxisAttrs> = {
  name: 'take',
  domain: 'real',
  keep: { inputs: [1] },
  samples: [
    {
      shapes: [
        [3, 4],
        [2, 2],
      ],
      dtypes: integers,
      attrs: { axis: 0 },
    },
    { shapes: [[2, 3], [4]], dtypes: integers, attrs: { axis: 1 } },
  ],
  infer: ([x, indices], { axis }) => ({
    shape: [...x!.shape.slice(0, axis), ...indices!.shape, ...x!.shape.slice(axis + 1)],
    dtype: x!.dtype,
  }),
  lower: ([x, indices], { axis }, { inputs: [s, t] }) => ({
    form: 'map',
    body: (i) =>
      x!([
        ...i.slice(0, axis),
        position(indices!, i.slice(axis, axis + t!.shape.length), s!.shape[axis]!),
        ...i.slice(axis + t!.shape.length),
      ]),
  }),
  vjp: (g, { inputs: [x, indices], attrs }, k) =>
    k === 0 ? apply(takeAddPrimitive, [zerosFor(x!.shape, g), indices!, g], attrs) : null,
};
/** The derivative of `take`: whole slices added at positions of one axis. */
export const takeAddPrimitive: Primitive<AxisAttrs> = {
  name: 'takeAdd',
  domain: 'real',
  keep: { inputs: [1] },
  samples: [
    {
      shapes: [
        [3, 4],
        [2, 2],
        [2, 2, 4],
      ],
      dtypes: integers,
      attrs: { axis: 0 },
    },
  ],
  infer: ([x]) => x!,
  lower: ([x, indices, updates], { axis }, { inputs: [s, t, u] }) => ({
    form: 'scatter',
    attrs: { op: 'add' },
    over: u!.shape,
    init: (i) => x!(i),
    index: (r) => [
      ...r.slice(0, axis),
      position(indices!, r.slice(axis, axis + t!.shape.length), s!.shape[axis]!),
      ...r.slice(axis + t!.shape.length),
    ],
    body: (_, r) => updates!(r),
  }),
  vjp: (g, { inputs: [, indices], attrs }, k) => [g, null, apply(takePrimitive, [g, indices!], attrs)][k]!,
};

/** Integer positions, inside of [0, n) where the device can be asked without waiting. */
function checkIndices(op: string, indices: Operand, x: Tensor, axis: number): Tensor {
  const t = toTensor(indices);
  if (isFloat(t.dtype) || t.dtype === 'bool')
    throw new DTypeError(`${op}: indices are integers, received ${describe(t.spec)}. Cast them to i32 first`);
  const n = x.shape[axis]!;
  if (!currentTrace() && t.storage && t.backend.readSync) {
    for (const k of dataSync(t))
      if (k < 0 || k >= n)
        throw new IndexError(
          `${op}: index ${k} is out of range for axis ${axis} of ${describe(x.spec)}, which has ${n} positions (0 to ${n - 1})`,
        );
  }
  return t;
}
/** Throws unless the positions fit the array outside of the axis. */
function checkFit(op: string, x: Tensor, indices: Tensor, axis: number): void {
  if (x.ndim !== indices.ndim || x.shape.some((n, d) => d !== axis && indices.shape[d]! > n))
    throw new ShapeError(
      `${op}: indices ${describe(indices.spec)} do not fit ${describe(x.spec)} outside of axis ${axis}`,
    );
}
/**
 * out[i, j, …] = x[indices[i, j, …], j, …] for axis 0, and so on for other axes (torch.gather).
 *
 * @throws IndexError  "gather: index 5 is out of range for axis 0 of f32[3,4], which has 3 positions (0 to 2)"
 */
export function gather(x: Operand, indices: Operand, axis: number): Tensor {
  const t = toTensor(x);
  const d = normalizeAxis('gather', axis, t.ndim);
  const at = checkIndices('gather', indices, t, d);
  checkFit('gather', t, at, d);
  return apply(gatherPrimitive, [t, at], { axis: d });
}
/** Slices of x at positions of one axis: indices of any shape take the place of the axis (torch.index_select, embeddings). */
export function take(x: Operand, indices: Operand, axis = 0): Tensor {
  const t = toTensor(x);
  const d = normalizeAxis('take', axis, t.ndim);
  return apply(takePrimitive, [t, checkIndices('take', indices, t, d)], { axis: d });
}
/** x with slices added at positions of one axis (torch.index_add). */
export function takeAdd(x: Operand, indices: Operand, updates: Operand, axis = 0): Tensor {
  const type = commonType('takeAdd', [x, updates]);
  const t = toType(x, type);
  const d = normalizeAxis('takeAdd', axis, t.ndim);
  const at = checkIndices('takeAdd', indices, t, d);
  const u = toType(updates, type);
  const want = [...t.shape.slice(0, d), ...at.shape, ...t.shape.slice(d + 1)];
  if (!sameShape(u.shape, want)) throw new ShapeError(`takeAdd: updates ${describe(u.spec)} should be [${want}]`);
  return apply(takeAddPrimitive, [t, at, u], { axis: d });
}
function scatterInto(
  op: string,
  primitive: Primitive<AxisAttrs>,
  x: Operand,
  indices: Operand,
  updates: Operand,
  axis: number,
): Tensor {
  const type = commonType(op, [x, updates]);
  const t = toType(x, type);
  const d = normalizeAxis(op, axis, t.ndim);
  const at = checkIndices(op, indices, t, d);
  checkFit(op, t, at, d);
  const u = toType(updates, type);
  if (u.ndim && !sameShape(u.shape, at.shape))
    throw new ShapeError(`${op}: updates ${describe(u.spec)} and indices ${describe(at.spec)} differ in shape`);
  return apply(primitive, [t, at, expandTo(u, at.shape)], { axis: d });
}
/** x with updates added at positions of one axis; positions may repeat (torch.scatter_add). */
export const scatterAdd = (x: Operand, indices: Operand, updates: Operand, axis: number): Tensor =>
  scatterInto('scatterAdd', scatterAddPrimitive, x, indices, updates, axis);
/** x with updates written at positions of one axis; of repeated positions the last one counts (torch.scatter). */
export const scatter = (x: Operand, indices: Operand, updates: Operand, axis: number): Tensor =>
  scatterInto('scatter', scatterPrimitive, x, indices, updates, axis);
