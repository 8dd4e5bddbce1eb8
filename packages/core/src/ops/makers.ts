// Makers of elementwise operations: how operands meet in one dtype, and the record behind each function.
import { isFloat, type DType } from '../base/index.js';
import { expr, lit, type Expr, type ScalarOp } from '../kernel/index.js';
import { apply } from '../graph/apply.js';
import type { Primitive, Tensor } from '../graph/tensor.js';
import { commonType, elementwise, toTensor, toType, type Elementwise, type Operand } from './define.js';

/** The expression that is just a scalar operation. */
export const op =
  (name: ScalarOp) =>
  (...x: Expr[]): Expr =>
    expr(name, ...x);
/** A constant of an expression's dtype. */
export const like = (v: number, x: Expr): Expr => lit(v, x.dtype);
/** Each derivative reads the other input. */
export const other: { readonly keep: { readonly reads: readonly (readonly number[])[] } } = {
  keep: { reads: [[1], [0]] },
};
/** Each derivative reads both inputs. */
export const both: { readonly keep: { readonly inputs: readonly number[] } } = { keep: { inputs: [0, 1] } };

/** An operation of one argument, with its record. */
export type UnaryOp = ((x: Operand) => Tensor) & { readonly primitive: Primitive<null> };

interface Real {
  readonly expr: (x: Expr) => Expr;
  /** d/dx times the cotangent, from x and y = f(x): it may read only what `keep` names. */
  readonly grad?: (g: Tensor, x: Tensor, y: Tensor) => Tensor;
  readonly keep?: 'x' | 'y';
  readonly domain?: Elementwise['domain'];
}
/* @__NO_SIDE_EFFECTS__ */
function record(
  name: string,
  { expr: expression, grad, keep, domain }: Real,
  extra: Partial<Elementwise> = {},
): Primitive<null> {
  return elementwise(name, {
    arity: 1,
    expr: expression,
    ...(grad && { vjp: [(g, { inputs: [x], out }) => grad(g, x!, out)] }),
    keep: keep === 'x' ? { inputs: [0] } : keep === 'y' ? { output: true } : {},
    ...(domain && { domain }),
    ...extra,
  });
}
/** A real function: integers become f32 first. */
/* @__NO_SIDE_EFFECTS__ */
export function realFunction(name: string, o: Real): UnaryOp {
  const primitive = record(name, o);
  return Object.assign(
    (x: Operand) => {
      const t = toTensor(x);
      return apply(primitive, [isFloat(t.dtype) ? t : toType(t, 'f32')], null);
    },
    { primitive },
  );
}
/** A function that keeps the dtype. */
/* @__NO_SIDE_EFFECTS__ */
export function sameTypeFunction(name: string, o: Real, extra: Partial<Elementwise> = {}): UnaryOp {
  const primitive = record(name, o, extra);
  return Object.assign((x: Operand) => apply(primitive, [toTensor(x)], null), { primitive });
}

/** An operation of two arguments, with its record. */
export type BinaryOp = ((a: Operand, b: Operand) => Tensor) & { readonly primitive: Primitive<null> };

/** The dtype that the arguments of an operation are brought to. */
export type Meeting = (name: string, a: Operand, b: Operand) => DType;
export const common: Meeting = (name, a, b) => commonType(name, [a, b]);
export const floating: Meeting = (name, a, b) => {
  const type = common(name, a, b);
  return isFloat(type) ? type : 'f32';
};
/** Arithmetic on bools happens in i32. */
export const numeric: Meeting = (name, a, b) => {
  const type = common(name, a, b);
  return type === 'bool' ? 'i32' : type;
};
export const boolean: Meeting = () => 'bool';

/* @__NO_SIDE_EFFECTS__ */
export function binaryFunction(name: string, meet: Meeting, o: Omit<Elementwise, 'arity'>): BinaryOp {
  const primitive = elementwise(name, { arity: 2, ...o });
  return Object.assign(
    (a: Operand, b: Operand) => {
      const type = meet(name, a, b);
      return apply(primitive, [toType(a, type), toType(b, type)], null);
    },
    { primitive },
  );
}
