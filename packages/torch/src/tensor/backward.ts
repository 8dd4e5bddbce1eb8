// Gradients as PyTorch gives them: backward() fills .grad of the leaves, hooks see gradients on their way.
import * as core from '@nn/core';
import { accumulate, type GradHook, leaves, Tensor } from './handle.js';

export interface BackwardOptions {
  /** The gradient of the result with respect to this tensor; needed unless it has one element. */
  gradient?: Tensor | null;
  /** Keep what the gradient needs, to go back again; default as createGraph. */
  retainGraph?: boolean;
  /** Record the gradients themselves, for gradients of gradients. */
  createGraph?: boolean;
  /** Only fill `.grad` of these leaves; default all. */
  inputs?: readonly Tensor[];
}

/**
 * Adds the gradient of this tensor with respect to each leaf to the leaf's `.grad`.
 *
 * @throws GradError  grad can be implicitly created only for scalar outputs
 * @example
 * const w = tensor([1, 2], { requiresGrad: true })
 * w.mul(w).sum().backward()
 * w.grad // => [2, 4]
 */
export function backward(x: Tensor, gradient?: Tensor | BackwardOptions | null): void {
  const o: BackwardOptions = gradient instanceof Tensor ? { gradient } : (gradient ?? {});
  backwardAll([x], [o.gradient ?? null], o);
}

/** `backward` from several tensors at once. */
export function backwardAll(ys: readonly Tensor[], gradients: readonly (Tensor | null)[], o: BackwardOptions): void {
  ys.forEach((y, k) => checkRoot(y, k, gradients[k] ?? null));
  const found = core.gradients(
    ys.map((y) => y.value),
    { cotangents: gradients.map((g) => g?.value ?? null), ...graphOptions(o) },
  );
  const wanted = o.inputs && new Set(o.inputs);
  const work = (): void => {
    for (const [leaf, g] of found) {
      const t = leaves.get(leaf.owner ?? leaf.edge!);
      if (!t && core.isTracing() && !leaf.owner) throw argumentGrad(leaf);
      if (t && (!wanted || wanted.has(t))) accumulate(t, hooked(t, g));
    }
  };
  if (o.createGraph) work();
  else core.noGrad(work);
}

const argumentGrad = (leaf: core.Tensor): core.GradError =>
  new core.GradError(
    `backward() inside a compiled function reached ${core.describe(leaf.spec)}, which was passed to the function as an argument: its .grad cannot be set from inside. Let the function use the tensor from outside instead, or return torch.autograd.grad(...)`,
  );
export const graphOptions = (o: BackwardOptions): { createGraph?: boolean; retainGraph?: boolean } => ({
  ...(o.createGraph !== undefined && { createGraph: o.createGraph }),
  ...(o.retainGraph !== undefined && { retainGraph: o.retainGraph }),
});

export function checkRoot(y: Tensor, k: number, gradient: Tensor | null): void {
  if (!y.requiresGrad) {
    throw new core.GradError(
      `element ${k} of tensors does not require grad and does not have a grad_fn. Make a leaf with requiresGrad: true, and do not compute it inside noGrad`,
    );
  }
  const n = core.sizeOf(y.shape);
  if (!gradient && n !== 1) {
    throw new core.GradError(
      `grad can be implicitly created only for scalar outputs: this one has shape [${y.shape.join(', ')}]. Reduce it, for example with sum(), or pass backward(gradient)`,
    );
  }
  if (gradient && (gradient.shape.length !== y.shape.length || gradient.shape.some((m, d) => m !== y.shape[d]))) {
    throw new core.ShapeError(
      `Mismatch in shape: grad_output[${k}] has a shape of [${gradient.shape.join(', ')}] and output[${k}] has a shape of [${y.shape.join(', ')}].`,
    );
  }
}

function hooked(t: Tensor, g: core.Tensor): core.Tensor {
  let now = g;
  for (const hook of t._hooks ?? []) now = hook(new Tensor(now))?.value ?? now;
  return now;
}

/** Takes back what was registered. */
export interface RemovableHandle {
  remove(): void;
}

/** Calls `hook` with each gradient of this tensor; a tensor that it returns takes the gradient's place. */
export function registerHook(x: Tensor, hook: GradHook): RemovableHandle {
  if (!x.requiresGrad) throw new core.GradError("cannot register a hook on a tensor that doesn't require gradient");
  if (x.isLeaf) {
    const hooks = (x._hooks ??= new Set());
    hooks.add(hook);
    return { remove: () => void hooks.delete(hook) };
  }
  const edge = x.value.edge!;
  const raw = (g: core.Tensor): core.Tensor | void => hook(new Tensor(g))?.value;
  (edge.hooks ??= new Set()).add(raw);
  return { remove: () => void edge.hooks?.delete(raw) };
}

/** Keeps the gradient of this computed tensor in `.grad` too. */
export function retainGrad(x: Tensor): void {
  if (!x.requiresGrad) throw new core.GradError("can't retain_grad on Tensor that has requires_grad=False");
  if (!x.isLeaf) registerHook(x, (g) => accumulate(x, g.value));
}
