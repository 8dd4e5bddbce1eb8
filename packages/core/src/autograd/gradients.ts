// Reverse mode: cotangents walk the record of calls backwards, through the same door as everything else.
import { describe, GradError, sameShape } from '../base/index.js';
import { literal } from '../graph/apply.js';
import { requireGrad } from '../graph/create.js';
import { beside, currentTrace, setGradEnabled } from '../graph/state.js';
import { keptInputs, Tensor, type Edge, type Node } from '../graph/tensor.js';
import { add } from '../ops/arithmetic.js';
import { expandTo } from '../ops/define.js';

export interface GradientOptions {
  /** Cotangent of each y; one for a scalar when not given. */
  readonly cotangents?: readonly (Tensor | null | undefined)[];
  /** What to differentiate by; all leaves that need a gradient when not given. */
  readonly targets?: readonly Tensor[];
  /** Values that no cotangent passes beyond, even when a target lies there. */
  readonly barriers?: readonly Tensor[];
  /** Record the gradients themselves, for higher derivatives. Default false. */
  readonly createGraph?: boolean;
  /** Keep what the record holds, to differentiate again. Default: as createGraph. */
  readonly retainGraph?: boolean;
}

/** The edges that the roots depend on, each before those that it depends on. */
function order(roots: readonly Edge[], barriers: ReadonlySet<Edge>): Edge[] {
  const done = new Set<Edge>();
  const list: Edge[] = [];
  const stack: { edge: Edge; next: number }[] = [];
  for (const root of roots) {
    if (done.has(root)) continue;
    done.add(root);
    stack.push({ edge: root, next: 0 });
    while (stack.length) {
      const top = stack.at(-1)!;
      const inputs = barriers.has(top.edge) ? [] : (top.edge.node?.inputs ?? []);
      if (top.next >= inputs.length) {
        stack.pop();
        list.push(top.edge);
        continue;
      }
      const child = inputs[top.next++]!.edge;
      if (child && !done.has(child)) {
        done.add(child);
        stack.push({ edge: child, next: 0 });
      }
    }
  }
  return list.reverse();
}

/** Throws when a value that the gradient is about to read is no longer what it was. */
function checkKept(name: string, node: Node, out: Tensor | null): void {
  const keep = node.prim!.keep;
  const kept = keptInputs(node.prim!, node.inputs);
  for (let k = 0; k < node.inputs.length; k++) if (kept & (1 << k)) checkUnchanged(name, node.inputs[k]!);
  if (out && (!keep || keep.output)) checkUnchanged(name, out);
}
function checkUnchanged(name: string, { overwritten, spec }: Tensor): void {
  if (overwritten)
    throw new GradError(
      `one of the variables needed for gradient computation has been modified by an inplace operation: ${describe(spec)}, which ${name} reads in its backward, was changed by ${overwritten}. Use the operation that returns a new tensor, or clone() before changing it`,
    );
}

/**
 * Gradients of `ys` by the targets, or by every leaf that needs one.
 *
 * @returns  a Map from tensor to gradient; a target that no y depends on has no entry
 * @throws GradError  when y is not a scalar and has no cotangent, when a graph is used twice without `retainGraph`,
 *                    or when a value that the gradient reads was changed in place
 * @example
 * const x = requireGrad(tensor([1, 2]))
 * toArraySync(gradients([sum(square(x))], { targets: [x] }).get(x)) // => [2, 4]
 */
export function gradients(
  ys: readonly Tensor[],
  { cotangents = [], targets, barriers = [], createGraph = false, retainGraph = createGraph }: GradientOptions = {},
): Map<Tensor, Tensor> {
  const stops = new Set(barriers.flatMap((t) => t.edge ?? []));
  const grads = new Map<Edge, Tensor>();
  const accumulate = (edge: Edge, g: Tensor): void => {
    const sofar = grads.get(edge);
    grads.set(edge, sofar ? add(sofar, g) : g);
  };
  const trace = currentTrace();
  if (trace) trace.differentiated = true;
  const was = setGradEnabled(createGraph);
  try {
    const roots = ys.map((y, k) => {
      const given = cotangents[k];
      if (!y.edge)
        throw new GradError(
          `element ${k} of tensors does not require grad and does not have a grad_fn: ${describe(y.spec)} depends on nothing that needs a gradient`,
        );
      if (!given && y.size !== 1)
        throw new GradError(
          `grad can be implicitly created only for scalar outputs: received ${describe(y.spec)}. Give a cotangent of that shape, or reduce it with sum or mean`,
        );
      if (given && !sameShape(given.shape, y.shape))
        throw new GradError(
          `the cotangent ${describe(given.spec)} does not have the shape of the output ${describe(y.spec)}`,
        );
      accumulate(y.edge, given ?? expandTo(literal(1, y.dtype, y.backend), y.shape));
      return y.edge;
    });
    const edges = order(roots, stops);
    const wanted = targets && neededFor(edges, new Set(targets.flatMap((t) => (t.edge ? [t.edge] : []))), stops);
    for (const edge of edges) {
      let g = grads.get(edge);
      if (!g || (wanted && !wanted.has(edge))) continue;
      if (edge.sealed) throw new GradError(`no gradient flows through ${describe(edge.spec)}: ${edge.sealed}`);
      for (const hook of edge.hooks ?? []) g = hook(g) ?? g;
      grads.set(edge, g);
      const { node } = edge;
      const cotangent = g;
      if (node && !stops.has(edge))
        beside(cotangent, () => walk(edge, node, cotangent, accumulate, wanted, retainGraph));
    }
    return collect(ys, edges, grads, targets);
  } finally {
    setGradEnabled(was);
  }
}

/** The edges on a path to one of the targets. */
function neededFor(edges: readonly Edge[], targets: ReadonlySet<Edge>, barriers: ReadonlySet<Edge>): ReadonlySet<Edge> {
  const needed = new Set(targets);
  for (let k = edges.length - 1; k >= 0; k--) {
    if (!barriers.has(edges[k]!) && edges[k]!.node?.inputs.some((x) => x.edge && needed.has(x.edge)))
      needed.add(edges[k]!);
  }
  return needed;
}

/** Passes a cotangent from the output of one call to its inputs. */
function walk(
  edge: Edge,
  node: Node,
  g: Tensor,
  accumulate: (e: Edge, g: Tensor) => void,
  wanted: ReadonlySet<Edge> | undefined,
  retain: boolean,
): void {
  const prim = node.prim!;
  const keeps = prim.keep === undefined || prim.keep.output === true || keptInputs(prim, node.inputs) !== 0;
  if (node.released && keeps) {
    throw new GradError(
      `Trying to backward through the graph a second time (or directly access saved tensors after they have already been freed): ${prim.name} has given up what it kept. Specify retainGraph: true the first time`,
    );
  }
  checkKept(prim.name, node, edge.out);
  const call = { inputs: node.inputs, out: edge.out!, attrs: node.attrs };
  node.inputs.forEach((x, k) => {
    if (!x.edge || (wanted && !wanted.has(x.edge))) return;
    const d = prim.vjp(g, call, k);
    if (d) accumulate(x.edge, d);
  });
  if (!retain && !currentTrace()) node.released = true;
}

/** The result by tensors: the given targets, or a stand-in for each leaf. */
function collect(
  ys: readonly Tensor[],
  edges: readonly Edge[],
  grads: ReadonlyMap<Edge, Tensor>,
  targets: readonly Tensor[] | undefined,
): Map<Tensor, Tensor> {
  const found = new Map<Tensor, Tensor>();
  if (targets) {
    for (const t of targets) {
      const g = t.edge && grads.get(t.edge);
      if (g) found.set(t, g);
    }
    return found;
  }
  for (const edge of edges) {
    const g = edge.node ? undefined : grads.get(edge);
    if (g) found.set(new Tensor(edge.spec, ys[0]!.backend, { edge }), g);
  }
  return found;
}

/**
 * The function that computes the gradients of a scalar function by its arguments.
 *
 * @example
 * const df = grad((x) => sum(mul(x, mul(x, x))))
 * toArraySync(df(tensor([1, 2]))[0]) // => [3, 12]
 */
export function grad(f: (...xs: Tensor[]) => Tensor): (...xs: Tensor[]) => Tensor[] {
  return (...xs) => {
    const leaves = xs.map((x) => (x.edge ? x : requireGrad(x)));
    const found = gradients([f(...leaves)], { targets: leaves, createGraph: true });
    return leaves.map((x) => found.get(x) ?? expandTo(literal(0, x.dtype, x.backend), x.shape));
  };
}

/** Says that the data a tensor named has been written over: a gradient that needs it is an error from now on. */
export function markOverwritten(t: Tensor, what: string): void {
  t.overwritten = what;
}
