// Control flow that a trace can hold.
import * as core from '@nn/core';
import type { Tensor } from '../tensor/tensor.js';
import { toCore, type TensorLike } from '../tensor/tensor.js';

/**
 * `trueFn()` or `falseFn()`; inside tf.function both are captured and the result is chosen.
 *
 * @example
 * tf.cond(tf.constant(3).gt(2), () => tf.constant(1), () => tf.constant(0)).itemSync() // => 1
 */
export const cond = <T>(pred: TensorLike, trueFn: () => T, falseFn: () => T): T =>
  core.cond(toCore(pred), trueFn, falseFn);
/**
 * Repeats `body(...loopVars)` while `condition(...loopVars)` holds. Inside tf.function, `maximumIterations` is needed.
 *
 * @example
 * tf.whileLoop((i) => i.lt(3), (i) => [i.add(1)], [tf.constant(0)])[0].itemSync() // => 3
 */
export function whileLoop<T extends readonly unknown[] | []>(
  condition: (...loopVars: T) => TensorLike,
  body: (...loopVars: T) => T,
  loopVars: T,
  o: { maximumIterations?: number | null } = {},
): T {
  const limit = o.maximumIterations ?? null;
  return core.whileLoop<T>(
    (s) => toCore(condition(...s)),
    (s) => body(...s),
    loopVars,
    limit === null ? {} : { maxIterations: limit },
  );
}
/** Carries a value over the leading axis of `xs`: `[last carry, stacked outputs]`. */
export const scan = <C, Y>(f: (carry: C, x: Tensor) => readonly [C, Y], init: C, xs: Tensor): [C, Y] =>
  core.scan<C, Tensor, Y>(f, init, xs);
/** `f` of each slice of the leading axis, stacked. */
export const map = (f: (x: Tensor) => Tensor, xs: Tensor): Tensor =>
  core.scan<null, Tensor, Tensor>((_, x) => [null, f(x)], null, xs)[1];
