// torch.compile and control flow that a trace can hold.
import * as core from '@nn/core';
import { isNode } from './nn/tree.js';
import type { Tensor } from './tensor/tensor.js';

export type Compiled<F extends (...args: never[]) => unknown> = core.Compiled<F>;
export interface CompileOptions {
  /** For messages and `show`. */
  name?: string;
}
/**
 * Captures a function (a forward pass, or a whole training step) or a module once for each signature of its arguments and replays it as
 * fused kernels. Parameters, buffers, gradients, optimizer state and learning rates are read and written at each call; other JavaScript
 * runs only while it is captured.
 *
 * @throws TraceError  when a value is read inside (use torch.cond, torch.whileLoop or torch.scan instead of `if` and `while`)
 * @example
 * const f = torch.compile((x: Tensor) => x.mul(2).add(1))
 * f(torch.tensor([1, 2])) // => [3, 5]
 * f.traces // => 1
 */
export function compile<F extends (...args: never[]) => unknown>(f: F, o: CompileOptions = {}): Compiled<F> {
  if (!isNode(f)) return core.compile(f, o);
  const run = core.compile((...args: never[]) => f(...args), { name: f.constructor.name, ...o });
  // Everything but the call is the module's; methods that return the module return the compiled one.
  const call = (...args: never[]): unknown => run(...args);
  const proxy: Compiled<F> = new Proxy(call, {
    get(_, key) {
      if (key === 'traces' || key === 'captures') return run[key];
      const value: unknown = Reflect.get(f, key, f);
      if (typeof value !== 'function' || isNode(value)) return value;
      return (...args: unknown[]): unknown => {
        const result: unknown = Reflect.apply(value, f, args);
        return result === f ? proxy : result;
      };
    },
    set: (_, key, value) => Reflect.set(f, key, value, f),
    ownKeys: () => Reflect.ownKeys(f),
    getOwnPropertyDescriptor(_, key) {
      const field = Reflect.getOwnPropertyDescriptor(f, key);
      return field && { ...field, configurable: true };
    },
    getPrototypeOf: () => Object.getPrototypeOf(f) as object,
  }) as unknown as Compiled<F>;
  return proxy;
}

/**
 * `onTrue(...operands)` where the condition holds, else `onFalse(...operands)`. Inside a compiled function both are captured, so they must
 * return the same shapes, and not change tensors in place.
 */
export function cond<T, A extends unknown[]>(
  condition: Tensor,
  onTrue: (...operands: A) => T,
  onFalse: (...operands: A) => T,
  operands: A = [] as unknown as A,
): T {
  return core.cond(
    condition,
    () => onTrue(...operands),
    () => onFalse(...operands),
  );
}
/** Repeats `body` on a state (a tensor or a tree of them) while `condition` holds; a compiled function needs `maxIterations`. */
export function whileLoop<T>(
  condition: (state: T) => Tensor,
  body: (state: T) => T,
  state: T,
  o: { maxIterations?: number } = {},
): T {
  return core.whileLoop(condition, body, state, o);
}
/** Runs `f(carry, x)` over the first axis of `xs`: the last carry, and the second results stacked. */
export function scan<C, X, Y>(f: (carry: C, x: X) => readonly [C, Y], init: C, xs: X): [C, Y] {
  return core.scan(f, init, xs);
}
