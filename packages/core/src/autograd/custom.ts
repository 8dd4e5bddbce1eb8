// Functions with a backward of their own, and checkpoints, which compute a part again instead of keeping it.
import { describe, GradError, sameShape } from '../base/index.js';
import { detach } from '../graph/create.js';
import { currentTrace, enableGrad, isGradEnabled, noGrad } from '../graph/state.js';
import { recordTogether } from '../graph/record.js';
import { Tensor, type Edge } from '../graph/tensor.js';
import { flatten } from '../graph/tree.js';
import { zerosLike as zerosFor } from '../ops/creation.js';
import { reshapeTo } from '../ops/define.js';
import { gradients } from './gradients.js';

/** What a custom function hands from its forward to its backward. */
export interface FunctionContext {
  /** Tensors that backward reads. */
  saveForBackward(...tensors: readonly Tensor[]): void;
  readonly saved: readonly Tensor[];
  /** Anything else. */
  [key: string]: unknown;
}
export interface CustomFunction {
  readonly name: string;
  /** Computes the results; nothing in it is recorded. */
  forward(ctx: FunctionContext, ...xs: Tensor[]): Tensor | readonly Tensor[];
  /** Cotangents of the inputs from those of the results; null where there is none. */
  backward(ctx: FunctionContext, ...gs: Tensor[]): Tensor | null | readonly (Tensor | null)[];
  /** Backward is the derivative of forward, only shorter: where nothing but the operations counts (symbolic runs), those of forward are recorded. */
  readonly derived?: true;
}

/**
 * A differentiable function with its own backward (torch.autograd.Function, tf.custom_gradient).
 * Backward is made of operations, so it can be differentiated itself.
 *
 * @throws GradError  when backward returns another number of cotangents, or one of another shape than its input
 * @example
 * const clip = customFunction({ name: 'clip', forward: (_, x) => x, backward: (_, g) => clamp(g, { min: -1, max: 1 }) })
 * const x = requireGrad(tensor([3]))
 * toArraySync(gradients([sum(mul(clip(x), 5))], { targets: [x] }).get(x)) // => [1]
 */
export function customFunction(f: CustomFunction): (...xs: Tensor[]) => Tensor {
  return (...xs) => customFunctionTuple(f)(...xs)[0]!;
}
/** The same for functions with several results. */
export function customFunctionTuple(f: CustomFunction): (...xs: Tensor[]) => Tensor[] {
  return (...xs) => {
    let saved: readonly Tensor[] = [];
    const ctx: FunctionContext = {
      saveForBackward: (...tensors) => {
        saved = tensors;
      },
      get saved() {
        return saved;
      },
    };
    const plain = f.derived && currentTrace()?.symbolic;
    const result = plain ? f.forward(ctx, ...xs) : noGrad(() => f.forward(ctx, ...xs));
    const outs = result instanceof Tensor ? [result] : [...result];
    if (plain || !isGradEnabled() || !xs.some((x) => x.edge)) return outs;
    return recordTogether(f.name, xs, outs, (gs) => {
      const given = gs.map((g, k) => g ?? zerosFor(outs[k]!));
      const back = f.backward(ctx, ...given);
      const list = back === null || back instanceof Tensor ? [back] : [...back];
      if (list.length !== xs.length)
        throw new GradError(`${f.name}: backward returned ${list.length} cotangents for ${xs.length} inputs`);
      list.forEach((d, k) => {
        if (d && !sameShape(d.shape, xs[k]!.shape))
          throw new GradError(
            `${f.name}: cotangent ${k} is ${describe(d.spec)}, its input is ${describe(xs[k]!.spec)}`,
          );
      });
      return list;
    });
  };
}

/**
 * Runs `f` without keeping what its gradient needs; the backward pass runs it a second time (Chen et al. 2016, arXiv:1604.06174).
 * `f` must do the same both times: draw random numbers outside of it.
 *
 * @param f   of tensors, or trees of handles, to one tensor or handle
 * @returns   the same numbers as `f(...inputs)`, also in the gradients, of its inputs and of the Variables that it reads
 */
export function checkpoint<A extends unknown[], R>(f: (...inputs: A) => R, ...inputs: A): R {
  const args = flatten(inputs);
  const probe = enableGrad(() => flatten(f(...args.rebuild(args.leaves.map((x) => x)))));
  if (!isGradEnabled() || !probe.leaves.some((t) => t.edge)) return probe.rebuild(probe.leaves.map(detach));
  const leaves = leavesOf(probe.leaves, args.leaves);
  const outs = probe.leaves.map(detach);
  const sources = [...args.leaves, ...leaves];
  const recorded = recordTogether('checkpoint', sources, outs, (gs) => {
    // Fresh names for the inputs, still tied to them: the derivative by each is partial, and higher ones pass through.
    const fresh = enableGrad(() => args.leaves.map((x) => (x.edge ? reshapeTo(x, [...x.shape]) : x)));
    const again = enableGrad(() => flatten(f(...args.rebuild(fresh))));
    const ys = again.leaves.flatMap((y, k) => (gs[k] && y.edge ? [{ y, g: gs[k] }] : []));
    const targets = [...fresh, ...sources.slice(args.leaves.length)];
    const found = gradients(
      ys.map(({ y }) => y),
      { cotangents: ys.map(({ g }) => g), targets, barriers: fresh, createGraph: isGradEnabled() },
    );
    return targets.map((t) => found.get(t) ?? null);
  });
  return probe.rebuild(recorded);
}
/** The leaves that values depend on otherwise than through `inputs`. */
function leavesOf(ys: readonly Tensor[], inputs: readonly Tensor[]): Tensor[] {
  const found: Tensor[] = [];
  const seen = new Set<Edge>(inputs.flatMap((x) => x.edge ?? []));
  const stack = ys.flatMap((y) => (y.edge ? [y] : []));
  while (stack.length) {
    const t = stack.pop()!;
    if (seen.has(t.edge!)) continue;
    seen.add(t.edge!);
    if (!t.edge!.node) found.push(t);
    else for (const x of t.edge!.node.inputs) if (x.edge) stack.push(x);
  }
  return found;
}
