// Which stored values one kernel computes. A group is a kernel in the making: loops over rows, reductions of each row, and maps of the row or
// of its elements. Values join by data flow alone: a value may join when all that it reads of the group is what the loops hold at that moment.
import { sizeOf, type DType, type Shape } from '../base/index.js';
import {
  acc,
  lit,
  load,
  loops,
  ravel,
  type Access,
  type Expr,
  type Kernel,
  type Output,
  type Stage,
} from '../kernel/index.js';
import { buildSerial, buildStage, type Slots } from './lower.js';
import { Storage, type Lowering, type Node, type Source, type Tensor } from './tensor.js';

/** Rows whose elements are made in the loops that also reduce them are at most this long, so that a row stays in a cache (or in one workgroup). */
const longestRow = 16384;

/** What a group needs to know of the graph. */
export interface Graph {
  /** The lowering of a node whose inputs are read through `read`. */
  lower(node: Node, read: (t: Tensor) => Access): Lowering;
  /** What a tensor is read from; null for a number. */
  sourceOf(t: Tensor): Source | null;
  /** The expression of a number. */
  literal(t: Tensor): Expr;
  /** Whether a node has no memory, and is computed where it is read. */
  isFused(s: Source): s is Node;
}

/** A value of the group: its result at the current row, or at the current element of the row. */
interface Member {
  readonly node: Node;
  /** Loops beside those of the rows. */
  readonly over: Shape;
  readonly value: Expr;
  /** Row-major position of that value in the node's array. */
  readonly at: Expr;
}
/** Thrown when a value cannot join, as it reads the group at another place than the current one. */
const elsewhere = new Error('the value reads the group at another place');

const squeezed = (shape: Shape): Shape => shape.filter((n) => n !== 1);
/** The sizes of `shape` that follow those of `first`, axes of size 1 left aside; null when it does not start with them. */
function beyond(shape: Shape, first: Shape): Shape | null {
  const [all, head] = [squeezed(shape), squeezed(first)];
  return head.every((n, d) => n === all[d]) ? all.slice(head.length) : null;
}

/** The outputs with the inputs whose memory they may take: those of their size that are read only at the element that is written. */
function replacing(
  shape: Shape,
  stages: readonly Stage[],
  outputs: readonly Output[],
  inputs: readonly Source[],
): Output[] {
  const sizes = new Set(outputs.map((o) => sizeOf(shape) * sizeOf(o.over)));
  const size = (s: Source): number => (s instanceof Storage ? s.size : sizeOf(s.spec.shape));
  const fitting = inputs.map((s) => sizes.has(size(s)));
  if (!fitting.includes(true)) return [...outputs];
  /** By input, where it is read in loops over what, as text. */
  const places = new Map<number, Map<Expr, Set<string>>>();
  const seenIn = new Map<string, Set<Expr>>();
  for (const { body, over } of [...stages, ...outputs]) {
    const loopsText = over.join();
    const seen = seenIn.get(loopsText) ?? seenIn.set(loopsText, new Set()).get(loopsText)!;
    const visit = (e: Expr): void => {
      if (e.kind === 'const' || e.kind === 'loop' || seen.has(e)) return;
      seen.add(e);
      if (e.kind === 'load') {
        if (fitting[e.input]) {
          const at = places.get(e.input) ?? places.set(e.input, new Map()).get(e.input)!;
          (at.get(e.at) ?? at.set(e.at, new Set()).get(e.at)!).add(loopsText);
        }
        visit(e.at);
      } else if (e.kind === 'op' || e.kind === 'cast') for (const x of e.args) visit(x);
    };
    visit(body);
  }
  return outputs.map((o) => {
    const own = [...shape, ...o.over];
    const loopsText = o.over.join();
    const at = ravel([...loops('i', shape), ...loops('r', o.over)], own);
    const fits = (source: Source, k: number): boolean => {
      if (!fitting[k] || size(source) !== sizeOf(own)) return false;
      if ((source instanceof Storage ? source.dtype : source.spec.dtype) !== o.dtype) return false;
      const read = places.get(k);
      return !read || (read.size === 1 && read.get(at)?.size === 1 && read.get(at)!.has(loopsText));
    };
    return { ...o, replaces: inputs.flatMap((source, k) => (fits(source, k) ? [k] : [])) };
  });
}

export class Group {
  shape: Shape;
  private members = new Map<Node, Member>();
  private stages: Stage[] = [];
  private inputs: Source[] = [];
  private slots: Slots = { inputs: [], params: [] };
  /** Groups whose results it reads. */
  readonly needs: Set<Group> = new Set();
  private serial: Lowering | null = null;
  private contraction = false;

  constructor(
    private readonly graph: Graph,
    first: Node,
    lowering: Lowering,
    /** Its number among the groups, in the order in which they were begun. */
    readonly number: number,
  ) {
    this.shape = first.spec.shape;
    if (lowering.form === 'map' || lowering.form === 'reduce') this.add(first, lowering.form, []);
    else {
      this.serial = lowering;
      this.members.set(first, { node: first, over: [], value: loops('i', [1])[0]!, at: loops('i', [1])[0]! });
    }
  }
  get nodes(): Node[] {
    return [...this.members.keys()];
  }
  /** The name of what it computes last. */
  get name(): string {
    return this.nodes.at(-1)!.prim!.name;
  }
  /** True when it holds nothing but maps of single elements. */
  private get onlyMaps(): boolean {
    return !this.stages.length && [...this.members.values()].every((m) => !m.over.length);
  }

  /** Takes a value in, if it fits the loops; false, and unchanged, if not. */
  join(node: Node, lowering: Lowering): boolean {
    const { form } = lowering;
    if (this.serial || (form !== 'map' && form !== 'reduce') || lowering.contraction) return false;
    if (this.contraction && form === 'reduce') return false;
    const over = beyond(node.spec.shape, this.shape);
    if (!over) return form === 'reduce' && this.onlyMaps && this.resplit(node);
    if (!over.length) return this.attempt(node, form, []);
    const reduced = this.stages.length > 0 && !this.contraction;
    return form === 'map' && reduced && sizeOf(over) <= longestRow && this.attempt(node, 'map', over);
  }
  /** Makes the last axes of the rows the elements of longer rows, so that `node` can reduce them. */
  private resplit(node: Node): boolean {
    const over = beyond(this.shape, node.spec.shape);
    if (!over?.length || sizeOf(over) > longestRow) return false;
    const before = this.snapshot();
    const nodes = this.nodes;
    this.shape = node.spec.shape;
    this.members = new Map();
    this.inputs = [];
    this.slots = { inputs: [], params: [] };
    if (nodes.every((n) => this.attempt(n, 'map', over)) && this.attempt(node, 'reduce', [])) return true;
    this.restore(before);
    return false;
  }
  private snapshot() {
    const { shape, members, stages, inputs, slots } = this;
    return {
      shape,
      members: new Map(members),
      stages: [...stages],
      inputs: [...inputs],
      slots: { inputs: [...slots.inputs], params: [] },
    };
  }
  private restore({ shape, members, stages, inputs, slots }: ReturnType<Group['snapshot']>): void {
    Object.assign(this, { shape, members, stages, inputs, slots });
  }
  private attempt(node: Node, form: 'map' | 'reduce', over: Shape): boolean {
    const before = this.snapshot();
    try {
      this.add(node, form, over);
      return true;
    } catch (e) {
      if (e !== elsewhere) throw e;
      this.restore(before);
      return false;
    }
  }
  private add(node: Node, form: 'map' | 'reduce', over: Shape): void {
    const { spec } = node;
    const i = loops('i', this.shape);
    const r = loops('r', over);
    const at = ravel([...i, ...r], [...this.shape, ...over]);
    const long = [...this.shape, ...over].flatMap((n, d) => (n === 1 ? [] : [[...i, ...r][d]!]));
    let next = 0;
    const index = spec.shape.map((n) => (n === 1 ? lit(0) : long[next++]!));
    const lowering = this.graph.lower(node, this.reader());
    let value: Expr;
    if (form === 'reduce') {
      const stage = buildStage(lowering, spec, index);
      value = acc(this.stages.push(stage) - 1, spec.dtype);
      if (stage.contraction) this.contraction = true;
    } else value = lowering.body(index, []);
    this.members.set(node, { node, over, value, at });
  }
  /** How the expressions of this group read tensors. */
  private reader(): (t: Tensor) => Access {
    const fused = new Map<Node, Access>();
    const read = (t: Tensor): Access => {
      const source = this.graph.sourceOf(t);
      if (source === null) return () => this.graph.literal(t);
      const member = this.members.get(source as Node);
      if (member)
        return (i) => {
          if (ravel(i, t.spec.shape) !== member.at) throw elsewhere;
          return member.value;
        };
      if (this.graph.isFused(source)) {
        let inner = fused.get(source);
        if (!inner) {
          const { body } = this.graph.lower(source, read);
          fused.set(source, (inner = (i) => body(i, [])));
        }
        return inner;
      }
      const slot = this.slotOf(source, t.dtype);
      return (i) => load(slot, ravel(i, t.spec.shape), t.dtype);
    };
    return read;
  }
  private slotOf(source: Source, dtype: DType): number {
    const known = this.inputs.indexOf(source);
    if (known >= 0) return known;
    this.slots.inputs.push(dtype);
    return this.inputs.push(source) - 1;
  }

  /** The kernel that computes the group and stores the values that `needed` names, with the arrays that it reads and writes. */
  build(needed: (n: Node) => boolean): { kernel: Kernel; inputs: readonly Source[]; outs: readonly Node[] } {
    const { shape, stages, slots, name } = this;
    if (this.serial) {
      const node = this.nodes[0]!;
      const kernel = buildSerial(name, this.graph.lower(node, this.reader()), node.spec, slots);
      return { kernel, inputs: this.inputs, outs: [node] };
    }
    const stored = [...this.members.values()].filter((m) => needed(m.node));
    const outputs = stored.map(
      ({ node, over, value }): Output => ({ dtype: node.spec.dtype, over, body: value, replaces: [] }),
    );
    const kernel: Kernel = {
      name,
      form: 'rows',
      inputs: slots.inputs,
      params: [],
      shape,
      stages,
      outputs: replacing(shape, stages, outputs, this.inputs),
    };
    return { kernel, inputs: this.inputs, outs: stored.map((m) => m.node) };
  }
}
