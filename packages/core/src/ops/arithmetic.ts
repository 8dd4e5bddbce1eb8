// Arithmetic, comparison, logic and choice, element by element, with NumPy broadcasting.
import { isFloat, type DType } from '../base/index.js';
import { expr, lit, type Expr, type ScalarOp } from '../kernel/index.js';
import { apply } from '../graph/apply.js';
import type { Primitive, Tensor } from '../graph/tensor.js';
import { commonType, elementwise, toTensor, toType, zerosFor, type Operand } from './define.js';
import {
  binaryFunction,
  boolean,
  both,
  common,
  floating,
  like,
  numeric,
  op,
  other,
  sameTypeFunction,
  type BinaryOp,
  type UnaryOp,
} from './makers.js';

const zero = (g: Tensor): Tensor => zerosFor(g.shape, g);
/** -x */
export const neg: UnaryOp = sameTypeFunction('neg', { expr: op('neg'), grad: (g) => neg(g) });
/** |x|; the derivative at 0 is 0. */
export const abs: UnaryOp = sameTypeFunction('abs', {
  expr: op('abs'),
  grad: (g, x) => mul(g, sign(x)),
  keep: 'x',
  domain: 'apart',
});
/** -1, 0 or 1. */
export const sign: UnaryOp = sameTypeFunction('sign', { expr: op('sign'), grad: zero, domain: 'apart' });
/** The largest integer that is not above x. */
export const floor: UnaryOp = sameTypeFunction('floor', { expr: op('floor'), grad: zero, domain: 'apart' });
/** The smallest integer that is not below x. */
export const ceil: UnaryOp = sameTypeFunction('ceil', { expr: op('ceil'), grad: zero, domain: 'apart' });
/** x without its fraction. */
export const trunc: UnaryOp = sameTypeFunction('trunc', { expr: op('trunc'), grad: zero, domain: 'apart' });
/** The nearest integer; halves go to the even one. */
export const round: UnaryOp = sameTypeFunction('round', { expr: op('round'), grad: zero, domain: 'apart' });
/** x^2 */
export const square: UnaryOp = sameTypeFunction('square', {
  expr: (x) => expr('mul', x, x),
  grad: (g, x) => mul(g, mul(x, 2)),
  keep: 'x',
});

const toBool = { result: 'bool' } as const;
/** True where x is 0 or false. */
export const logicalNot: UnaryOp = sameTypeFunction('logicalNot', { expr: (x) => expr('eq', x, like(0, x)) }, toBool);
/** True where x is not a number. */
export const isNaN: UnaryOp = sameTypeFunction('isNaN', { expr: (x) => expr('ne', x, x) }, toBool);
/** True where x is infinite. */
export const isInf: UnaryOp = sameTypeFunction(
  'isInf',
  { expr: (x) => (isFloat(x.dtype) ? expr('eq', expr('abs', x), like(Infinity, x)) : lit(0, 'bool')) },
  toBool,
);
/** True where x is neither infinite nor NaN. */
export const isFinite: UnaryOp = sameTypeFunction(
  'isFinite',
  { expr: (x) => (isFloat(x.dtype) ? expr('lt', expr('abs', x), like(Infinity, x)) : lit(1, 'bool')) },
  toBool,
);
/** All bits turned; on bools the logical not. */
export const bitwiseNot: UnaryOp = sameTypeFunction(
  'bitwiseNot',
  {
    expr: (x) =>
      x.dtype === 'bool' ? expr('xor', x, like(1, x)) : expr('xor', x, like(x.dtype === 'i32' ? -1 : 2 ** 32 - 1, x)),
  },
  { dtypes: ['i32'], domain: 'integer' },
);

/** x as another dtype: floats lose their fraction, everything but 0 is true. */
export const cast: (x: Operand, dtype: DType) => Tensor = toType;

/** 1 where the condition holds, 0 elsewhere, as the type of `g`. */
const choose = (condition: Tensor, g: Tensor): Tensor => where(condition, g, 0);

/** a + b */
export const add: BinaryOp = binaryFunction('add', numeric, { expr: op('add'), vjp: [(g) => g, (g) => g] });
/** a - b */
export const sub: BinaryOp = binaryFunction('sub', numeric, { expr: op('sub'), vjp: [(g) => g, (g) => neg(g)] });
/** a * b */
export const mul: BinaryOp = binaryFunction('mul', numeric, {
  expr: op('mul'),
  vjp: [(g, { inputs: [, b] }) => mul(g, b!), (g, { inputs: [a] }) => mul(g, a!)],
  ...other,
});
/** a / b; integers divide as f32. */
export const div: BinaryOp = binaryFunction('div', floating, {
  expr: op('div'),
  domain: 'positive',
  vjp: [(g, { inputs: [, b] }) => div(g, b!), (g, { inputs: [a, b] }) => neg(div(mul(g, a!), mul(b!, b!)))],
  keep: { reads: [[1], [0, 1]] },
});
/** Half of the cotangent goes to each side of a tie, as in PyTorch. */
const share = (g: Tensor, mine: Tensor, other: Tensor, wins: (a: Operand, b: Operand) => Tensor): Tensor =>
  where(wins(mine, other), g, where(equal(mine, other), mul(g, 0.5), 0));
/** The larger of a and b; NaN if one is NaN. */
export const maximum: BinaryOp = binaryFunction('maximum', common, {
  expr: op('max'),
  domain: 'apart',
  vjp: [(g, { inputs: [a, b] }) => share(g, a!, b!, greater), (g, { inputs: [a, b] }) => share(g, b!, a!, greater)],
  ...both,
});
/** The smaller of a and b; NaN if one is NaN. */
export const minimum: BinaryOp = binaryFunction('minimum', common, {
  expr: op('min'),
  domain: 'apart',
  vjp: [(g, { inputs: [a, b] }) => share(g, a!, b!, less), (g, { inputs: [a, b] }) => share(g, b!, a!, less)],
  ...both,
});
const comparison = { result: 'bool' } as const;
const swap =
  (name: ScalarOp) =>
  (a: Expr, b: Expr): Expr =>
    expr(name, b, a);
/** a < b */
export const less: BinaryOp = binaryFunction('less', common, { expr: op('lt'), ...comparison });
/** a <= b */
export const lessEqual: BinaryOp = binaryFunction('lessEqual', common, { expr: op('le'), ...comparison });
/** a > b */
export const greater: BinaryOp = binaryFunction('greater', common, { expr: swap('lt'), ...comparison });
/** a >= b */
export const greaterEqual: BinaryOp = binaryFunction('greaterEqual', common, { expr: swap('le'), ...comparison });
/** a equals b; NaN equals nothing. */
export const equal: BinaryOp = binaryFunction('equal', common, { expr: op('eq'), ...comparison });
/** a differs from b. */
export const notEqual: BinaryOp = binaryFunction('notEqual', common, { expr: op('ne'), ...comparison });

const logic = { result: 'bool', dtypes: ['bool', 'bool'], domain: 'integer' } as const;
/** Both are true (or not 0). */
export const logicalAnd: BinaryOp = binaryFunction('logicalAnd', boolean, { expr: op('and'), ...logic });
/** One of them is true (or not 0). */
export const logicalOr: BinaryOp = binaryFunction('logicalOr', boolean, { expr: op('or'), ...logic });
/** Exactly one of them is true (or not 0). */
export const logicalXor: BinaryOp = binaryFunction('logicalXor', boolean, { expr: op('xor'), ...logic });

const integers = { dtypes: ['i32', 'i32'], domain: 'integer' } as const;
/** The bits that both have. */
export const bitwiseAnd: BinaryOp = binaryFunction('bitwiseAnd', common, { expr: op('and'), ...integers });
/** The bits that one of them has. */
export const bitwiseOr: BinaryOp = binaryFunction('bitwiseOr', common, { expr: op('or'), ...integers });
/** The bits that exactly one of them has. */
export const bitwiseXor: BinaryOp = binaryFunction('bitwiseXor', common, { expr: op('xor'), ...integers });
/** a shifted left by b bits. */
export const leftShift: BinaryOp = binaryFunction('leftShift', numeric, { expr: op('shl'), ...integers });
/** a shifted right by b bits: i32 keeps its sign. */
export const rightShift: BinaryOp = binaryFunction('rightShift', numeric, {
  expr: (a, b) => expr(a.dtype === 'i32' ? 'shr' : 'ushr', a, b),
  ...integers,
});

/** The record of `where`. */
export const wherePrimitive: Primitive<null> = elementwise('where', {
  arity: 3,
  expr: (c, a, b) => expr('where', c, a, b),
  dtypes: ['bool', 'f32', 'f32'],
  keep: { inputs: [0] },
  vjp: [null, (g, { inputs: [c] }) => choose(c!, g), (g, { inputs: [c] }) => where(c!, 0, g)],
});
/**
 * a where the condition holds, b elsewhere. Numbers take the dtype of a tensor beside them; alone they are what `tensor` makes of them: f32,
 * and booleans bool.
 *
 * @example
 * where(tensor([true, false]), 1, 0) // => [1, 0]
 */
export function where(condition: Operand, a: Operand, b: Operand): Tensor {
  const type = commonType('where', [a, b]);
  return apply(wherePrimitive, [toType(condition, 'bool'), toType(a, type), toType(b, type)], null);
}
/** x brought into [min, max]; a bound that is not given does not bind. */
export function clamp(
  x: Operand,
  { min, max }: { readonly min?: Operand | undefined; readonly max?: Operand | undefined },
): Tensor {
  const low = min === undefined ? toTensor(x) : where(less(x, min), min, x);
  return max === undefined ? low : where(greater(low, max), max, low);
}
