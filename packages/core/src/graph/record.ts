// Calls that are recorded for gradients with a backward of their own: custom functions, checkpoints, compiled functions.
import { GradError, type Spec } from '../base/index.js';
import { share } from './memory.js';
import { Edge, Node, Tensor, type Primitive } from './tensor.js';

/** A call that is recorded for gradients, but never computed from its record: its vjp is given. */
const opaque = (name: string, vjp: Primitive['vjp']): Primitive => ({
  name,
  domain: 'real',
  keep: {},
  samples: [],
  infer: (): Spec => {
    throw new GradError(`${name}: a function with its own backward is recorded, not inferred`);
  },
  lower: () => {
    throw new GradError(`${name}: a function with its own backward is recorded, not lowered`);
  },
  vjp,
});

/** The values of `outs`, recorded as results of one call on `inputs` whose cotangents come together. */
export function recordTogether(
  name: string,
  inputs: readonly Tensor[],
  outs: readonly Tensor[],
  pull: (gs: readonly (Tensor | null)[]) => readonly (Tensor | null)[],
): Tensor[] {
  return outs.map((out, j) => {
    let last: { g: Tensor; pulled: readonly (Tensor | null)[] } | null = null;
    const prim = opaque(name, (g, _, k) => {
      if (last?.g !== g) last = { g, pulled: pull(outs.map((_o, m) => (m === j ? g : null))) };
      return last.pulled[k] ?? null;
    });
    const edge = new Edge(new Node(prim, inputs, null, out.spec), null, out.spec);
    if (out.storage && !out.node) return share(out, out.spec, edge);
    return new Tensor(out.spec, out.backend, {
      ...(out.node && { node: out.node }),
      ...(out.storage && { storage: out.storage }),
      ...(out.literal !== null && { literal: out.literal }),
      edge,
    });
  });
}
