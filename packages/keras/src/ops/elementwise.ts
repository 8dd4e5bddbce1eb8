// Elementwise operations; numbers take the dtype of the other operand.
import * as core from '@nn/core';
import { coreDType } from '../tensor/dtype.js';
import { apply, elementwise, type Tensor, type TensorLike } from '../tensor/tensor.js';

type One = (x: TensorLike) => Tensor;
type Two = (x: TensorLike, y: TensorLike) => Tensor;

export const add: Two = (x, y) => elementwise('Add', [x, y], core.add);
export const subtract: Two = (x, y) => elementwise('Subtract', [x, y], core.sub);
export const multiply: Two = (x, y) => elementwise('Multiply', [x, y], core.mul);
export const divide: Two = (x, y) => elementwise('Divide', [x, y], core.div);
/** `x / y`, and 0 where y is 0. */
export const divideNoNan: Two = (x, y) =>
  elementwise('DivideNoNan', [x, y], (a, b) => {
    const zero = core.equal(b, 0);
    return core.where(zero, 0, core.div(a, core.where(zero, 1, b)));
  });
export const floorDivide: Two = (x, y) => elementwise('FloorDivide', [x, y], core.floorDivide);
export const mod: Two = (x, y) => elementwise('Mod', [x, y], core.remainder);
export const power: Two = (x, y) => elementwise('Power', [x, y], core.pow);
export const maximum: Two = (x, y) => elementwise('Maximum', [x, y], core.maximum);
export const minimum: Two = (x, y) => elementwise('Minimum', [x, y], core.minimum);
export const arctan2: Two = (x, y) => elementwise('Arctan2', [x, y], core.atan2);
export const squaredDifference: Two = (x, y) =>
  elementwise('SquaredDifference', [x, y], (a, b) => core.square(core.sub(a, b)));

export const equal: Two = (x, y) => elementwise('Equal', [x, y], core.equal);
export const notEqual: Two = (x, y) => elementwise('NotEqual', [x, y], core.notEqual);
export const less: Two = (x, y) => elementwise('Less', [x, y], core.less);
export const lessEqual: Two = (x, y) => elementwise('LessEqual', [x, y], core.lessEqual);
export const greater: Two = (x, y) => elementwise('Greater', [x, y], core.greater);
export const greaterEqual: Two = (x, y) => elementwise('GreaterEqual', [x, y], core.greaterEqual);
export const logicalAnd: Two = (x, y) => elementwise('LogicalAnd', [x, y], core.logicalAnd);
export const logicalOr: Two = (x, y) => elementwise('LogicalOr', [x, y], core.logicalOr);
export const logicalXor: Two = (x, y) => elementwise('LogicalXor', [x, y], core.logicalXor);
export const logicalNot: One = (x) => apply('LogicalNot', [x], core.logicalNot);
export const bitwiseAnd: Two = (x, y) => elementwise('BitwiseAnd', [x, y], core.bitwiseAnd);
export const bitwiseOr: Two = (x, y) => elementwise('BitwiseOr', [x, y], core.bitwiseOr);
export const bitwiseXor: Two = (x, y) => elementwise('BitwiseXor', [x, y], core.bitwiseXor);

export const negative: One = (x) => apply('Negative', [x], core.neg);
export const absolute: One = (x) => apply('Absolute', [x], core.abs);
export const sign: One = (x) => apply('Sign', [x], core.sign);
export const floor: One = (x) => apply('Floor', [x], core.floor);
export const ceil: One = (x) => apply('Ceil', [x], core.ceil);
/** To the nearest integer, halves to even. */
export const round: One = (x) => apply('Round', [x], core.round);
export const trunc: One = (x) => apply('Trunc', [x], core.trunc);
export const square: One = (x) => apply('Square', [x], core.square);
export const sqrt: One = (x) => apply('Sqrt', [x], core.sqrt);
export const rsqrt: One = (x) => apply('Rsqrt', [x], core.rsqrt);
export const reciprocal: One = (x) => apply('Reciprocal', [x], core.reciprocal);
export const exp: One = (x) => apply('Exp', [x], core.exp);
export const exp2: One = (x) => apply('Exp2', [x], core.exp2);
export const expm1: One = (x) => apply('Expm1', [x], core.expm1);
export const log: One = (x) => apply('Log', [x], core.log);
export const log1p: One = (x) => apply('Log1p', [x], core.log1p);
export const log2: One = (x) => apply('Log2', [x], core.log2);
export const log10: One = (x) => apply('Log10', [x], core.log10);
export const sin: One = (x) => apply('Sin', [x], core.sin);
export const cos: One = (x) => apply('Cos', [x], core.cos);
export const tan: One = (x) => apply('Tan', [x], core.tan);
export const arcsin: One = (x) => apply('Arcsin', [x], core.asin);
export const arccos: One = (x) => apply('Arccos', [x], core.acos);
export const arctan: One = (x) => apply('Arctan', [x], core.atan);
export const sinh: One = (x) => apply('Sinh', [x], core.sinh);
export const cosh: One = (x) => apply('Cosh', [x], core.cosh);
export const tanh: One = (x) => apply('Tanh', [x], core.tanh);
export const arcsinh: One = (x) => apply('Arcsinh', [x], core.asinh);
export const arccosh: One = (x) => apply('Arccosh', [x], core.acosh);
export const arctanh: One = (x) => apply('Arctanh', [x], core.atanh);
export const erf: One = (x) => apply('Erf', [x], core.erf);
export const erfc: One = (x) => apply('Erfc', [x], core.erfc);
export const erfinv: One = (x) => apply('Erfinv', [x], core.erfinv);
export const lgamma: One = (x) => apply('Lgamma', [x], core.lgamma);
export const digamma: One = (x) => apply('Digamma', [x], core.digamma);
export const isnan: One = (x) => apply('Isnan', [x], core.isNaN);
export const isinf: One = (x) => apply('Isinf', [x], core.isInf);
export const isfinite: One = (x) => apply('Isfinite', [x], core.isFinite);

/** The element type is changed; floats are cut towards zero. */
export function cast(x: TensorLike, dtype: string): Tensor {
  const to = coreDType('cast', dtype);
  return apply('Cast', [x], (t) => core.cast(t, to));
}
/** Values held between the two. */
export const clip = (x: TensorLike, min: TensorLike | null, max: TensorLike | null): Tensor =>
  elementwise('Clip', [x, min ?? -Infinity, max ?? Infinity], (t, lo, hi) =>
    core.clamp(t, { ...(min !== null && { min: lo }), ...(max !== null && { max: hi }) }),
  );
/** `a` where the condition holds, else `b`. */
export const where = (condition: TensorLike, a: TensorLike, b: TensorLike): Tensor =>
  elementwise('Where', [condition, a, b], core.where);
/** The same value, through which no gradient flows. */
export const stopGradient: One = (x) => apply('StopGradient', [x], core.detach);
export const identity: One = (x) => apply('Identity', [x], (t) => t);
