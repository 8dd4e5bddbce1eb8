// From a traced graph to kernels: which values get memory, and which are fused into their readers.
import type { Backend, Program } from '../backend/index.js';
import { sizeOf, type DType, type Spec } from '../base/index.js';
import { lit, load, ravel, type Access, type Kernel } from '../kernel/index.js';
import { programOf } from './apply.js';
import { buildKernel, lowerCall } from './lower.js';
import type { Lowering, Node, Storage, Tensor } from './tensor.js';

/** Where a kernel's input comes from: a value of the graph, or memory that was there before. */
export type Source = Node | Storage;
export interface Step {
  readonly kernel: Kernel;
  readonly program: Program;
  readonly inputs: readonly Source[];
  readonly out: Node;
}

const access =
  (slot: number, spec: Spec): Access =>
  (i) =>
    load(slot, ravel(i, spec.shape), spec.dtype);
/** What an input is read from; null for numbers. */
export const sourceOf = (t: Tensor): Source | null => (t.literal !== null ? null : (t.storage ?? t.node!));

/** The nodes that the roots need, inputs first. Holes, and what is given, are not among them. */
export function order(roots: readonly Node[], given: ReadonlySet<Node>): Node[] {
  const done = new Set<Node>(given);
  const list: Node[] = [];
  const stack: { node: Node; next: number }[] = [];
  for (const root of roots) {
    if (done.has(root)) continue;
    done.add(root);
    stack.push({ node: root, next: 0 });
    while (stack.length) {
      const top = stack.at(-1)!;
      const child = top.node.inputs[top.next++];
      if (!child) {
        stack.pop();
        if (top.node.prim) list.push(top.node);
      } else if (child.node && !child.storage && child.literal === null && !done.has(child.node)) {
        done.add(child.node);
        stack.push({ node: child.node, next: 0 });
      }
    }
  }
  return list;
}

const attrKeys = new WeakMap<object, string>();
const attrKey = (attrs: unknown): string => {
  if (attrs === null || typeof attrs !== 'object') return String(attrs);
  let key = attrKeys.get(attrs);
  if (!key) attrKeys.set(attrs, (key = JSON.stringify(attrs)));
  return key;
};

/** For each node the first one that computes the same: equal calls are made once. */
function shareEqual(nodes: readonly Node[]): Map<Node, Node> {
  const ids = new Map<Source, number>();
  const idOf = (s: Source): number => ids.get(s) ?? ids.set(s, ids.size).get(s)!;
  const first = new Map<string, Node>();
  const same = new Map<Node, Node>();
  for (const node of nodes) {
    const inputs = node.inputs.map((t) => {
      const s = sourceOf(t);
      return s === null ? `#${Object.is(t.literal, -0) ? '-0' : t.literal}${t.dtype}` : idOf(same.get(s as Node) ?? s);
    });
    const key = `${node.prim!.name}(${inputs.join()})${attrKey(node.attrs)}:${node.spec.dtype}`;
    const known = first.get(key);
    if (known) same.set(node, known);
    else first.set(key, node);
  }
  return same;
}

/** The most operations that are fused into one kernel. */
const longest = 128;
/** Decides by data flow which values are stored: roots, all that is not a map, what several read, and what one reader would compute again and again. */
function decide(
  roots: ReadonlySet<Node>,
  nodes: readonly Node[],
  lowerings: ReadonlyMap<Node, Lowering>,
  resolve: (t: Tensor) => Source | null,
): Set<Node> {
  const uses = new Map<Node, number>();
  /** The most often that an element of the value is computed if it is fused, as a number of loop steps. */
  const work = new Map<Node, number>();
  const stored = new Set<Node>();
  for (let k = nodes.length - 1; k >= 0; k--) {
    const node = nodes[k]!;
    const lowering = lowerings.get(node)!;
    const own = sizeOf(node.spec.shape) * sizeOf(lowering.over ?? []);
    const readers = uses.get(node) ?? 0;
    const reads = work.get(node) ?? 0;
    const hasArrays = node.inputs.some((t) => t.literal === null);
    const again = readers > 1 || reads > sizeOf(node.spec.shape);
    if (roots.has(node) || lowering.form !== 'map' || (again && !node.prim!.movement && hasArrays)) stored.add(node);
    const cost = stored.has(node) ? Math.max(own, 1) : Math.max(reads, own);
    for (const t of node.inputs) {
      const s = resolve(t) as Node | null;
      if (!s || !('prim' in s)) continue;
      uses.set(s, (uses.get(s) ?? 0) + (stored.has(node) ? 1 : Math.max(1, readers)));
      work.set(s, Math.max(work.get(s) ?? 0, cost));
    }
  }
  // An expression that has grown long is cut: kernels stay of a readable size, and building them does not run out of stack.
  const length = new Map<Node, number>();
  for (const node of nodes) {
    let total = 1;
    for (const t of node.inputs) {
      const s = resolve(t) as Node | null;
      if (s && 'prim' in s && !stored.has(s)) total += length.get(s) ?? 0;
    }
    if (total > longest) stored.add(node);
    length.set(node, total);
  }
  return stored;
}

/** Schedules the graph above `roots` for a backend. */
export function schedule(
  backend: Backend,
  rootNodes: readonly Node[],
  given: ReadonlySet<Node> = new Set(),
): { steps: Step[]; resolve: (s: Source) => Source } {
  const all = order(rootNodes, given);
  const same = shareEqual(all);
  const resolve = (s: Source): Source => same.get(s as Node) ?? s;
  const resolveTensor = (t: Tensor): Source | null => {
    const s = sourceOf(t);
    return s && resolve(s);
  };
  const nodes = all.filter((n) => !same.has(n));
  /** Calls `lower` of a node with its inputs read through `read`. */
  const lower = (node: Node, read: (t: Tensor) => Access): Lowering =>
    lowerCall(node.prim!, node.inputs.map(read), node.attrs, {
      inputs: node.inputs.map((t) => t.spec),
      out: node.spec,
    });
  const lowerings = new Map(nodes.map((n) => [n, lower(n, (t) => access(0, t.spec))]));
  const stored = decide(new Set(rootNodes.map((n) => resolve(n) as Node)), nodes, lowerings, resolveTensor);
  const steps: Step[] = [];
  for (const node of nodes) {
    if (!stored.has(node)) continue;
    const inputs: Source[] = [];
    const dtypes: DType[] = [];
    const fused = new Map<Node, Access>();
    const read = (t: Tensor): Access => {
      if (t.literal !== null) return () => lit(t.literal!, t.dtype);
      const s = resolveTensor(t)!;
      if ('prim' in s && s.prim && !stored.has(s) && !given.has(s)) {
        let inner = fused.get(s);
        if (!inner) {
          const { body } = lower(s, read);
          fused.set(s, (inner = (i) => body(i, [])));
        }
        return inner;
      }
      let slot = inputs.indexOf(s);
      if (slot < 0) {
        slot = inputs.push(s) - 1;
        dtypes.push(t.dtype);
      }
      return access(slot, t.spec);
    };
    const kernel = buildKernel(node.prim!.name, lower(node, read), node.spec, { inputs: dtypes, params: [] });
    steps.push({ kernel, program: programOf(backend, kernel), inputs, out: node });
  }
  return { steps, resolve };
}
