// From a traced graph to kernels: which values get memory, and which are fused into their readers.
import type { Backend } from '../backend/index.js';
import { sizeOf, type Spec } from '../base/index.js';
import { lit, load, ravel, type Access, type Kernel } from '../kernel/index.js';
import { Group, type Graph } from './group.js';
import { lowerCall } from './lower.js';
import type { Lowering, Node, Source, Tensor } from './tensor.js';

export interface Step {
  readonly kernel: Kernel;
  readonly inputs: readonly Source[];
  /** The values that it stores, as the kernel's outputs are ordered. */
  readonly outs: readonly Node[];
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

/** What is read of the graph's memory to compute a node: stored values and arrays, through all that is fused into it. */
function sourcesOf(node: Node, resolve: (t: Tensor) => Source | null, isFused: (s: Source) => boolean): Set<Source> {
  const found = new Set<Source>();
  const visit = (n: Node): void => {
    for (const t of n.inputs) {
      const s = resolve(t);
      if (!s || found.has(s)) continue;
      if (isFused(s)) visit(s as Node);
      else found.add(s);
    }
  };
  visit(node);
  return found;
}
const reaches = (from: Group, to: Group, seen: Set<Group> = new Set()): boolean => {
  if (from === to) return true;
  if (seen.has(from)) return false;
  seen.add(from);
  for (const g of from.needs) if (reaches(g, to, seen)) return true;
  return false;
};
/** Readers of the same array that are asked whether a value may join them. */
const siblings = 4;

/** Puts the stored nodes into groups, each of which becomes one kernel. */
function gather(
  graph: Graph,
  stored: readonly Node[],
  lowerings: ReadonlyMap<Node, Lowering>,
  sources: (n: Node) => Set<Source>,
): { groups: Group[]; groupOf: Map<Node, Group> } {
  const groupOf = new Map<Node, Group>();
  const readers = new Map<Source, Group[]>();
  const groups: Group[] = [];
  for (const node of stored) {
    const lowering = lowerings.get(node)!;
    const read = sources(node);
    const producers = [...read].flatMap((s) => groupOf.get(s as Node) ?? []);
    const candidates = new Set([
      ...producers.sort((a, b) => b.number - a.number),
      ...[...read].flatMap((s) => (readers.get(s) ?? []).slice(-siblings)),
    ]);
    let home: Group | undefined;
    for (const g of candidates) {
      // What the value reads beside the group must not wait for the group.
      if (producers.some((p) => p !== g && reaches(p, g))) continue;
      if (!g.join(node, lowering)) continue;
      home = g;
      break;
    }
    if (!home) groups.push((home = new Group(graph, node, lowering, groups.length)));
    groupOf.set(node, home);
    for (const p of producers) if (p !== home) home.needs.add(p);
    for (const s of read) {
      const list = readers.get(s) ?? readers.set(s, []).get(s)!;
      if (!list.includes(home)) list.push(home);
    }
  }
  return { groups, groupOf };
}
/** Groups after those whose results they read. */
function inOrder(groups: readonly Group[]): Group[] {
  const done = new Set<Group>();
  const visit = (g: Group): void => {
    if (done.has(g)) return;
    done.add(g);
    for (const p of g.needs) visit(p);
    list.push(g);
  };
  const list: Group[] = [];
  for (const g of groups) visit(g);
  return list;
}

/**
 * Schedules the graph above `roots` for a backend.
 *
 * @param given      nodes whose values are there before
 * @param successor  by hole, the root that is its next value: it is computed after all that read the hole, where that is possible, so that it
 *                   may take its memory
 */
export function schedule(
  backend: Backend,
  rootNodes: readonly Node[],
  given: ReadonlySet<Node> = new Set(),
  successor: ReadonlyMap<Node, Node> = new Map(),
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
  const roots = new Set(rootNodes.map((n) => resolve(n) as Node));
  const stored = decide(roots, nodes, lowerings, resolveTensor);
  const isFused = (s: Source): s is Node => 'prim' in s && s.prim !== null && !stored.has(s) && !given.has(s);
  const graph: Graph = { lower, sourceOf: resolveTensor, literal: (t) => lit(t.literal!, t.dtype), isFused };
  const known = new Map<Node, Set<Source>>();
  const sources = (n: Node): Set<Source> => known.get(n) ?? known.set(n, sourcesOf(n, resolveTensor, isFused)).get(n)!;
  const kept = nodes.filter((n) => stored.has(n));
  const { groups, groupOf } = gather(graph, kept, lowerings, sources);
  if (successor.size)
    for (const n of kept)
      for (const s of sources(n)) {
        const next = successor.get(s as Node);
        const [reader, writer] = [groupOf.get(n)!, next && groupOf.get(resolve(next) as Node)];
        if (writer && reader !== writer && !reaches(reader, writer)) writer.needs.add(reader);
      }
  /** Values that a kernel other than their own reads. */
  const needed = new Set<Node>(roots);
  for (const n of kept)
    for (const s of sources(n)) if (groupOf.get(s as Node) !== groupOf.get(n)) needed.add(s as Node);
  const build = (g: Group, of: ReadonlySet<Node>): Step => g.build((n) => of.has(n));
  const steps = inOrder(groups).flatMap((g): Step[] => {
    const step = build(g, needed);
    if (g.nodes.length === 1 || step.inputs.length + step.outs.length <= backend.maxBuffers) return [step];
    // More arrays than a kernel of this device may touch: one kernel for each value.
    return g.nodes.map((n) => build(new Group(graph, n, lowerings.get(n)!, 0), new Set([n])));
  });
  return { steps, resolve };
}
