// torch.autograd.functional: Jacobians, Hessians and their products with vectors.
import * as core from '@nn/core';
import { range } from './tensor/range.js';
import { Tensor } from './tensor/tensor.js';

type Scalar = (...xs: Tensor[]) => Tensor;
const listOf = (x: Tensor | readonly Tensor[]): Tensor[] => (x instanceof Tensor ? [x] : [...x]);
/** The inputs as leaves of their own. */
const leaves = (xs: readonly Tensor[]): Tensor[] => xs.map((x) => new Tensor(core.requireGrad(x.value)));
function pull(y: Tensor, xs: readonly Tensor[], v: core.Tensor | null, createGraph: boolean): core.Tensor[] {
  const targets = xs.map((x) => x.value);
  if (!y.requiresGrad) return targets.map((t) => core.zerosLike(t));
  const found = core.gradients([y.value], { cotangents: [v], targets, createGraph, retainGraph: true });
  return targets.map((t) => found.get(t) ?? core.zerosLike(t));
}
const like = <T>(inputs: Tensor | readonly Tensor[], all: T[]): T | T[] => (inputs instanceof Tensor ? all[0]! : all);

export interface DerivativeOptions {
  /** Record the result for further derivatives; default false. */
  createGraph?: boolean;
}
/** The Jacobian of a function of one or several tensors: [...output, ...input] for each input. */
export function jacobian(f: Scalar, inputs: Tensor | readonly Tensor[], o: DerivativeOptions = {}): Tensor | Tensor[] {
  const xs = leaves(listOf(inputs));
  const y = core.enableGrad(() => f(...xs));
  const n = core.sizeOf(y.shape);
  const eye = core.beside(y.value, () => core.eye(n, n, y.value.dtype));
  const rows = range(n).map((i) => pull(y, xs, core.reshape(core.select(eye, 0, i), y.shape), o.createGraph ?? false));
  const all = xs.map(
    (x, k) =>
      new Tensor(
        core.reshape(
          core.stack(
            rows.map((r) => r[k]!),
            0,
          ),
          [...y.shape, ...x.shape],
        ),
      ),
  );
  return like(inputs, all);
}
/** The Hessian of a scalar function: [...input, ...input] (for several inputs, a table of blocks). */
export function hessian(f: Scalar, inputs: Tensor | readonly Tensor[], o: DerivativeOptions = {}): Tensor | Tensor[][] {
  const xs = listOf(inputs);
  const first = (...at: Tensor[]): Tensor[] =>
    pull(
      core.enableGrad(() => f(...at)),
      at,
      null,
      true,
    ).map((g) => new Tensor(g));
  const blocks = xs.map((_, i) => listOf(jacobian((...at) => first(...at)[i]!, xs, o)));
  return inputs instanceof Tensor ? blocks[0]![0]! : blocks;
}
/** The value of a function, and its Jacobian's transpose times a vector. */
export function vjp(
  f: Scalar,
  inputs: Tensor | readonly Tensor[],
  v?: Tensor | null,
  o: DerivativeOptions = {},
): [Tensor, Tensor | Tensor[]] {
  const xs = leaves(listOf(inputs));
  const y = core.enableGrad(() => f(...xs));
  const all = pull(y, xs, v?.value ?? null, o.createGraph ?? false).map((g) => new Tensor(g));
  return [o.createGraph ? y : y.detach(), like(inputs, all)];
}
/** The value of a function, and its Jacobian times a vector (by two backward passes). */
export function jvp(
  f: Scalar,
  inputs: Tensor | readonly Tensor[],
  v: Tensor | readonly Tensor[],
  o: DerivativeOptions = {},
): [Tensor, Tensor] {
  const xs = leaves(listOf(inputs));
  const vs = listOf(v);
  const y = core.enableGrad(() => f(...xs));
  const u = new Tensor(core.requireGrad(core.beside(y.value, () => core.zeros(y.shape, y.value.dtype))));
  const gs = core.enableGrad(() => pull(y, xs, u.value, true));
  const products = core.enableGrad(() =>
    gs.map((g, k) => core.sum(core.mul(g, vs[k]!.value))).reduce((a, b) => core.add(a, b)),
  );
  const [out] = pull(new Tensor(products), [u], null, o.createGraph ?? false);
  return [o.createGraph ? y : y.detach(), new Tensor(out!)];
}
/** The value of a scalar function, and its Hessian times a vector. */
export function hvp(
  f: Scalar,
  inputs: Tensor | readonly Tensor[],
  v: Tensor | readonly Tensor[],
  o: DerivativeOptions = {},
): [Tensor, Tensor | Tensor[]] {
  const xs = leaves(listOf(inputs));
  const vs = listOf(v);
  const y = core.enableGrad(() => f(...xs));
  const gs = core.enableGrad(() => pull(y, xs, null, true));
  const product = core.enableGrad(() =>
    gs.map((g, k) => core.sum(core.mul(g, vs[k]!.value))).reduce((a, b) => core.add(a, b)),
  );
  const all = pull(new Tensor(product), xs, null, o.createGraph ?? false).map((g) => new Tensor(g));
  return [o.createGraph ? y : y.detach(), like(inputs, all)];
}
/** The same as `hvp`: the Hessian is symmetric. */
export function vhp(
  f: Scalar,
  inputs: Tensor | readonly Tensor[],
  v: Tensor | readonly Tensor[],
  o: DerivativeOptions = {},
): [Tensor, Tensor | Tensor[]] {
  return hvp(f, inputs, v, o);
}
