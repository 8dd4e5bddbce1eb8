// Hooks: functions that a module calls before and after its forward, and with the gradients of its inputs and outputs.
import * as core from '@nn/core';
import { alias } from '../tensor/handle.js';
import { Tensor } from '../tensor/tensor.js';
import type { Hook, Hooks, Node } from './tree.js';

/** Takes back what was registered. */
export interface RemovableHandle {
  remove(): void;
}

export function addHook(node: Node, kind: keyof Hooks, hook: Hook, prepend = false): RemovableHandle {
  const hooks = (node._state.hooks ??= {
    pre: new Set(),
    post: new Set(),
    backwardPre: new Set(),
    backward: new Set(),
  });
  const before = prepend ? [...hooks[kind]] : [];
  if (prepend) hooks[kind].clear();
  hooks[kind].add(hook);
  for (const h of before) hooks[kind].add(h);
  return { remove: () => void hooks[kind].delete(hook) };
}

type Grads = (Tensor | null)[];
type Call = (module: Node, ...args: unknown[]) => unknown;

/** A copy of the tensor whose gradient `seen` gets, and may replace. */
function watched(t: Tensor, seen: (g: Tensor) => Tensor | null | undefined): Tensor {
  const v = alias(t.value);
  if (v.edge) (v.edge.hooks ??= new Set()).add((g) => seen(new Tensor(g))?.value);
  return new Tensor(v, 'BackwardHookFunction');
}

const tensorsOf = (tree: unknown): unknown[] => (Array.isArray(tree) ? tree : [tree]);
const asGrads = (x: unknown): Grads | null => (x === undefined || x === null ? null : (tensorsOf(x) as Grads));

/** Runs the forward of a module between its hooks. */
export function callWithHooks(
  module: Node,
  hooks: Hooks,
  input: unknown[],
  forward: (args: unknown[]) => unknown,
): unknown {
  let args = input;
  for (const hook of hooks.pre) {
    const changed = (hook as Call)(module, args);
    if (changed !== undefined && changed !== null) args = Array.isArray(changed) ? changed : [changed];
  }
  const backward = hooks.backward.size + hooks.backwardPre.size > 0;
  const outGrads: { grads: Grads } = { grads: [] };
  if (backward) args = watchInputs(module, hooks, args, outGrads);
  let result = forward(args);
  for (const hook of hooks.post) {
    const changed = (hook as Call)(module, args, result);
    if (changed !== undefined && changed !== null) result = changed;
  }
  return backward ? watchOutputs(module, hooks, result, outGrads) : result;
}

function watchInputs(module: Node, hooks: Hooks, args: unknown[], out: { grads: Grads }): unknown[] {
  const places = args.flatMap((a, i) => (a instanceof Tensor && a.requiresGrad ? [i] : []));
  const arrived: Grads = args.map(() => null);
  let missing = places.length;
  const call = (): Grads | null => {
    let changed: Grads | null = null;
    for (const hook of hooks.backward)
      changed = asGrads((hook as Call)(module, changed ?? [...arrived], out.grads)) ?? changed;
    missing = places.length;
    return changed;
  };
  return args.map((a, i) => {
    if (!places.includes(i)) return a;
    return watched(a as Tensor, (g) => {
      arrived[i] = g;
      if (--missing > 0) return null;
      const changed = call();
      if (changed && places.length > 1) {
        throw new core.GradError(
          'a full backward hook can replace the gradient of a module with one differentiable input only; this one has several. Register a hook on the input tensor instead',
        );
      }
      return changed?.[i];
    });
  });
}

function watchOutputs(module: Node, hooks: Hooks, result: unknown, out: { grads: Grads }): unknown {
  const list = tensorsOf(result);
  out.grads = list.map(() => null);
  const seen = list.map((t, i) => {
    if (!(t instanceof Tensor) || !t.requiresGrad) return t;
    return watched(t, (g) => {
      out.grads[i] = g;
      let changed: Grads | null = null;
      for (const hook of hooks.backwardPre)
        changed = asGrads((hook as Call)(module, changed ?? [...out.grads])) ?? changed;
      if (changed?.[i]) out.grads[i] = changed[i]!;
      return changed?.[i];
    });
  });
  return Array.isArray(result) ? seen : seen[0];
}
