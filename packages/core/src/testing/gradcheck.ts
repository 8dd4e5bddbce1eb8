// Gradients against finite differences, to any order: the gradient of a function is checked as a function of its own.
import { gradients } from '../autograd/index.js';
import { isFloat, type DType, type Shape } from '../base/index.js';
import { data, requireGrad } from '../graph/create.js';
import { scope, upload } from '../graph/memory.js';
import type { Tensor } from '../graph/tensor.js';
import { flatten } from '../graph/tree.js';
import { zeros } from '../ops/index.js';
import { apart } from './distance.js';
import { seeded, type Random } from './draw.js';

export interface GradcheckOptions {
  /** How often to differentiate: 1 checks gradients, 2 also the gradients of gradients; default 1. */
  readonly order?: number;
  /** Step of the differences; default 1e-4 in f64, where the error falls with its fourth power, and 1e-2 in f32. */
  readonly eps?: number;
  /** The largest `|analytic - numeric| / (1 + |numeric|)` that counts as right; default 1e-6 in f64, 1e-2 in f32. */
  readonly tol?: number;
}

export interface GradcheckResult {
  readonly ok: boolean;
  /** The largest difference found, over all orders. */
  readonly maxError: number;
  /** The largest difference of each order, the first order first. */
  readonly errors: readonly number[];
  /** Where the largest difference was. */
  readonly message: string;
}

/** A point to differentiate at. */
interface Point {
  readonly values: readonly Float64Array[];
  readonly shapes: readonly Shape[];
}
/** A function of several tensors, differentiable in all of them. */
type Several = (xs: readonly Tensor[]) => readonly Tensor[];

/** The gradients of f as a function of f's inputs and of one cotangent for each output. */
const gradientOf =
  (f: Several, count: number): Several =>
  (inputs) => {
    const xs = inputs.slice(0, count);
    const flowing = f(xs)
      .map((y, k) => ({ y, c: inputs[count + k]! }))
      .filter(({ y }) => y.needsGrad);
    const options = { cotangents: flowing.map(({ c }) => c), targets: xs, createGraph: true };
    const found = flowing.length
      ? gradients(
          flowing.map(({ y }) => y),
          options,
        )
      : new Map<Tensor, Tensor>();
    return xs.map((x) => found.get(x) ?? zeros(x.shape, x.dtype));
  };

/** Sum of products; what has weight 0 does not count, not even an infinity. */
const dot = (a: readonly ArrayLike<number>[], weights: readonly ArrayLike<number>[]): number => {
  let s = 0;
  weights.forEach((w, k) => {
    for (let i = 0; i < w.length; i++) if (w[i] !== 0) s += a[k]![i]! * w[i]!;
  });
  return s;
};

/** Above this many elements only random directions are tried. */
const everyElementUpTo = 64;

/** Directions to differentiate along: each element of a small point, and some random mixtures. */
function directions(at: Point, random: Random): { name: string; d: Float64Array[] }[] {
  const blank = (): Float64Array[] => at.values.map((v) => new Float64Array(v.length));
  const total = at.values.reduce((n, v) => n + v.length, 0);
  const single = at.values.flatMap((v, k) =>
    total > everyElementUpTo
      ? []
      : Array.from(v, (_, i) => {
          const d = blank();
          d[k]![i] = 1;
          return { name: `input ${k}, element ${i}`, d };
        }),
  );
  const mixed = Array.from({ length: total === 0 ? 0 : 4 }, (_, n) => ({
    name: `random direction ${n}`,
    d: at.values.map((v) => v.map(() => (2 * random() - 1) / Math.sqrt(total))),
  }));
  return [...single, ...mixed];
}

/**
 * Compares the gradients of f with central differences at the inputs: per element for small inputs, along random directions for all.
 * Outputs that are infinite are left out. The second order checks the gradient in the same way, by the inputs and by the cotangent it was given.
 *
 * @param f       from tensors to a tensor, or a tree of tensors; called with the same kind of handle as `inputs` holds
 * @param inputs  trees of core tensors or of a face's tensors; floats are moved to f64 where the device has it, the rest stays as it is
 * @param o       see GradcheckOptions
 * @returns       a promise of `ok` and the largest difference
 * @example
 * (await gradcheck((x) => tanh(x), [tensor([0.5, -1], { dtype: 'f64' })], { order: 2 })).ok // => true
 */
export async function gradcheck<A extends readonly unknown[]>(
  f: (...inputs: A) => unknown,
  inputs: readonly [...A],
  o: GradcheckOptions = {},
): Promise<GradcheckResult> {
  const tree = flatten(inputs as unknown as A);
  const checked = tree.leaves.map((t, k) => ({ t, k })).filter(({ t }) => isFloat(t.dtype));
  const wide = checked.every(({ t }) => t.backend.dtypes.has('f64'));
  const dtype: DType = wide ? 'f64' : 'f32';
  const { order = 1, eps = wide ? 1e-4 : 1e-2, tol = wide ? 1e-6 : 1e-2 } = o;

  const base: Several = (xs) => {
    const leaves = [...tree.leaves];
    checked.forEach(({ k }, n) => (leaves[k] = xs[n]!));
    return flatten(f(...tree.rebuild(leaves))).leaves.filter((y) => isFloat(y.dtype));
  };
  const run = async (g: Several, { values, shapes }: Point): Promise<Point> => {
    const outputs = scope(() => {
      const place = (v: Float64Array, k: number): Tensor =>
        upload(checked[0]!.t.backend, wide ? v : Float32Array.from(v), dtype, shapes[k]!);
      return g(values.map((v, k) => requireGrad(place(v, k)))).map((y) => ({ shape: y.shape, read: data(y) }));
    });
    const read = await Promise.all(outputs.map((y) => y.read));
    return { values: read.map((v) => Float64Array.from(v)), shapes: outputs.map((y) => y.shape) };
  };

  const random = seeded(1);
  let g = base;
  let at: Point = {
    values: (await Promise.all(checked.map(({ t }) => data(t)))).map((v) => Float64Array.from(v)),
    shapes: checked.map(({ t }) => t.shape),
  };
  const errors: number[] = [];
  let [maxError, message] = [-1, 'nothing to check: no input is a float'];
  for (let n = 1; n <= order && checked.length > 0; n++) {
    const out = await run(g, at);
    const cotangents = out.values.map((v) => v.map((y) => (Math.abs(y) === Infinity ? 0 : 2 * random() - 1)));
    const next = gradientOf(g, at.values.length);
    const wider: Point = { values: [...at.values, ...cotangents], shapes: [...at.shapes, ...out.shapes] };
    const gradient = (await run(next, wider)).values;
    const along = async (d: readonly Float64Array[], t: number): Promise<number> =>
      dot(
        (await run(g, { ...at, values: at.values.map((v, k) => v.map((x, i) => x + t * d[k]![i]!)) })).values,
        cotangents,
      );
    errors.push(0);
    for (const { name, d } of directions(at, random)) {
      const near = (await along(d, eps)) - (await along(d, -eps));
      const far = (await along(d, 2 * eps)) - (await along(d, -2 * eps));
      const [analytic, numeric] = [dot(gradient, d), (8 * near - far) / (12 * eps)];
      const error = apart(analytic, numeric);
      errors[n - 1] = Math.max(errors[n - 1]!, error);
      if (error > maxError)
        [maxError, message] = [error, `order ${n}, ${name}: the gradient says ${analytic}, differences say ${numeric}`];
    }
    [g, at] = [next, wider];
  }
  maxError = Math.max(0, maxError);
  return { ok: maxError <= tol, maxError, errors, message };
}
