// An operation: the Gudermannian function, gd(x) = 2 atan(tanh(x / 2)).
import { cosh, div, expr, like, realFunction, type UnaryOp } from '@nn/core';

/** 2 atan(tanh(x / 2)); its derivative is 1 / cosh(x). */
export const gudermannian: UnaryOp = realFunction('gudermannian', {
  expr: (x) => expr('mul', expr('atan', expr('tanh', expr('mul', x, like(0.5, x)))), like(2, x)),
  grad: (g, x) => div(g, cosh(x)),
  keep: 'x',
});
