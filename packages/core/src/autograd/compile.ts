// compile: whole functions captured once for each signature, with their gradients.
import { compileWith, type CompileOptions, type Compiled } from '../graph/compile.js';
import { gradients } from './gradients.js';

/**
 * Captures a whole function - forward, backward, optimizer, random numbers, statistics - once for each signature of its arguments
 * (shapes, dtypes, and the values of everything that is not a tensor), and replays the fused kernels after that.
 * Variables are read and written at each call; JavaScript side effects happen only while tracing.
 *
 * @param f     arguments and results may be trees of tensors
 * @param name  for messages and `show`; default the function's own
 * @throws TraceError  when `f` reads a traced value, or makes a Variable from one
 * @example
 * const double = compile((x) => mul(x, 2))
 * toArraySync(double(tensor([1, 2]))) // => [2, 4]
 * double.traces // => 1
 */
export function compile<F extends (...args: never[]) => unknown>(f: F, options: CompileOptions = {}): Compiled<F> {
  return compileWith(
    (ys, cotangents, targets) => {
      const found = gradients(ys, { cotangents, targets });
      return targets.map((t) => found.get(t) ?? null);
    },
    f,
    options,
  );
}
