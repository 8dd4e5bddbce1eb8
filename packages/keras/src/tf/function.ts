// tf.function: traces a function once for each signature of its arguments, and runs the compiled graph after that.
import * as core from '@nn/core';
import { isInferring } from '../graph/node.js';
import { standsFor } from '../layers/call-arguments.js';
import { coreDType } from '../tensor/dtype.js';
import { formatShape } from '../tensor/format.js';
import { Tensor, toCore, type Shape, type TensorLike } from '../tensor/tensor.js';
import { variablesCreated, withoutCreation } from '../tensor/variable.js';

type AnyFunction = (...args: never[]) => unknown;
/** What one argument of a function with `inputSignature` must be; null sizes are free. */
export interface TensorSpec {
  readonly shape: Shape;
  readonly dtype?: string;
}
export interface FunctionOptions {
  /** Arguments are cast to these, and must have these shapes. */
  inputSignature?: readonly TensorSpec[] | null;
  /** Accepted: every size is traced by itself. */
  reduceRetracing?: boolean;
  /** Accepted: functions are always compiled. */
  jitCompile?: boolean | null;
  autograph?: boolean;
  name?: string;
}
/** A function under tf.function. */
export type Traced<F extends AnyFunction> = F & {
  /** How often it was traced. */
  readonly traces: number;
};

const creationMessage =
  'tf.function only supports singleton tf.Variables created on the first call. Make sure the tf.Variable is only created once or created outside tf.function. See https://www.tensorflow.org/guide/function#creating_tfvariables for more information.';

function bind(specs: readonly TensorSpec[], args: readonly unknown[], name: string): unknown[] {
  if (args.length !== specs.length)
    throw new TypeError(
      `Binding inputs to tf.function failed due to \`expected ${specs.length} arguments, received ${args.length}\`. Function: ${name}`,
    );
  return specs.map((spec, k) => {
    const dtype = coreDType('inputSignature', spec.dtype ?? 'float32');
    const t = toCore(args[k] as TensorLike, dtype);
    const fits = t.ndim === spec.shape.length && spec.shape.every((d, i) => d === null || d === t.shape[i]);
    if (!fits)
      throw new TypeError(
        `Binding inputs to tf.function failed due to \`argument ${k} of shape ${formatShape(t.shape)} is not compatible with the spec of shape ${formatShape(spec.shape)}\`. Function: ${name}`,
      );
    return new Tensor(t);
  });
}

function trace<F extends AnyFunction>(f: F, o: FunctionOptions): Traced<F> {
  const name = o.name ?? (f.name || 'anonymous');
  const call = f as unknown as (...args: unknown[]) => unknown;
  let first = true;
  const guarded = (...args: unknown[]): unknown => {
    if (!first) return withoutCreation(creationMessage, () => call(...args));
    const before = variablesCreated();
    const result = call(...args);
    first = false;
    // as TensorFlow: a function that made variables runs again, to see that it does not make them at every call
    if (variablesCreated() > before) core.symbolic(() => withoutCreation(creationMessage, () => call(...args)));
    return result;
  };
  const compiled = core.compile(guarded, { name });
  const run = (...args: unknown[]): unknown => {
    const inputs = o.inputSignature ? bind(o.inputSignature, args, name) : args;
    return core.isTracing() || isInferring() ? call(...inputs) : compiled(...(inputs as never[]));
  };
  Object.defineProperties(run, { traces: { get: () => compiled.traces }, name: { value: name } });
  standsFor(run, f);
  return run as unknown as Traced<F>;
}

/** One traced method for each object. */
function method(f: AnyFunction, o: FunctionOptions): AnyFunction {
  const perInstance = new WeakMap<object, AnyFunction>();
  const run = function (this: object, ...args: never[]): unknown {
    let traced = perInstance.get(this);
    if (!traced) {
      const bound: AnyFunction = (...xs) => f.apply(this, xs);
      traced = trace(bound, { name: f.name, ...o });
      perInstance.set(this, traced);
    }
    return traced(...args);
  };
  Object.defineProperty(run, 'name', { value: f.name });
  standsFor(run, f);
  return run;
}

const isContext = (x: unknown): x is ClassMethodDecoratorContext =>
  typeof x === 'object' && x !== null && (x as { kind?: unknown }).kind === 'method';

/**
 * Traces `f` once for each signature (shapes and dtypes of tensors, values of everything else) and runs the compiled graph after that.
 * The body runs in JavaScript only while tracing. Variables may be made in the first call only.
 * Also a decorator of methods: `@(tf.function) call(inputs) { … }`, with one cache for each object.
 *
 * @throws ValueError  when a later call makes a variable, in TensorFlow's words
 * @example
 * const double = tf.function((x) => x.mul(2))
 * double(tf.constant([1, 2])).toArraySync() // => [2, 4]
 */
export function tfFunction<F extends AnyFunction>(f: F, context: ClassMethodDecoratorContext): F;
export function tfFunction<F extends AnyFunction>(f: F, o?: FunctionOptions): Traced<F>;
export function tfFunction(
  o: FunctionOptions,
): <F extends AnyFunction>(f: F, context?: ClassMethodDecoratorContext) => F;
export function tfFunction(
  f: AnyFunction | FunctionOptions,
  o: FunctionOptions | ClassMethodDecoratorContext = {},
): unknown {
  if (typeof f !== 'function')
    return (g: AnyFunction, context?: ClassMethodDecoratorContext) => (isContext(context) ? method(g, f) : trace(g, f));
  return isContext(o) ? method(f, {}) : trace(f, o);
}
