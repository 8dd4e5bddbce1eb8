// One capture of a function: its kernels with their memory plan, the Variables that it reads and writes, and the conditions under which it holds.
import type { Backend } from '../backend/index.js';
import { describe, DeviceError, sameShape, sizeOf, type Spec } from '../base/index.js';
import { apply } from './apply.js';
import { captureBackward, type Differentiate } from './backward.js';
import { allocateStorage, freeNow, own, releaseStorage } from './memory.js';
import { Plan } from './plan.js';
import { recordTogether } from './record.js';
import { schedule } from './schedule.js';
import { currentBackend, isGradEnabled, onBackend, placeholder, Trace, withTrace } from './state.js';
import { checkAlive, Edge, Storage, Tensor, type Cell, type Node, type Source } from './tensor.js';
import { fits, flatten, type Flat } from './tree.js';

/** One captured run of the function. */
export interface Capture {
  readonly signature: string;
  readonly plan: Plan;
  readonly variables: readonly { readonly name: string; readonly spec: Spec; readonly written: boolean }[];
  /** Whether it holds for these arguments and the world as it is; then their tensors are added to `leaves`. */
  fits(args: unknown[], leaves: Tensor[]): boolean;
  run(inputs: readonly Tensor[]): unknown;
  /** Gives back the memory that it holds between runs. */
  release(): void;
}
/** What a function was called with, as far as a capture depends on it. */
export interface Call {
  readonly args: Flat<unknown[]>;
  readonly backend: Backend;
  readonly grad: boolean;
  readonly signature: string;
}

const otherDevice = (name: string, backend: Backend, { spec, backend: other }: Tensor): DeviceError =>
  new DeviceError(
    `compiled "${name}": inputs and Variables are on two devices, ${backend.name} and ${other.name}: ${describe(spec)} is on ${other.name}. Move it with to('${backend.name}')`,
  );
/** Traces `f` on placeholders for `args`, and schedules what it did. */
export function capture(
  f: (...args: unknown[]) => unknown,
  { args, backend: device, grad, signature }: Call,
  name: string,
  differentiate: Differentiate | null,
): Capture {
  const trace = new Trace(false);
  if (args.leaves.some((t) => t.literal === null)) trace.home = device;
  const inputs = args.leaves.map((t) => placeholder(t.spec, null, t.needsGrad));
  const result = withTrace(trace, () => flatten(f(...args.rebuild(inputs))));
  const outputs = result.leaves;
  const holes = [...trace.captures];
  const cells = new Map(holes.map(([v, hole]) => [hole.node, v]));
  /** Whether a value comes of numbers that the host knows: those of state that follows the device in use. */
  const counts = ({ literal, node }: Tensor): boolean =>
    literal !== null || (cells.get(node)?.follows ?? (!!node?.prim && node.inputs.every(counts)));
  const now = (t: Tensor): Tensor =>
    t.literal === null
      ? (cells.get(t.node)?.peek() ?? apply(t.node!.prim!, t.node!.inputs.map(now), t.node!.attrs))
      : t;
  /** Writes that the host makes itself, so that it goes on knowing the numbers; and those of kernels. */
  const counted = [...trace.writes].filter(([v, t]) => v.follows && t && counts(t)) as [Cell, Tensor][];
  const writes = [...trace.writes].filter(([v]) => !counted.some(([c]) => c === v));
  const backend = trace.home ?? device;
  const guards = trace.guards;
  // A function that takes gradients itself is a whole step; of any other, gradients may be taken from outside.
  const open = differentiate && !trace.differentiated ? outputs.filter((t) => t.edge?.node) : [];
  const entering = [...inputs, ...holes.map(([, hole]) => hole)];
  const backward = open.length
    ? captureBackward(
        trace,
        backend,
        open,
        entering.filter((t) => t.edge),
        differentiate!,
      )
    : null;
  const leaving = [...outputs, ...writes.flatMap(([, t]) => (t ? [t] : []))];
  const roots = [
    ...leaving.flatMap((t) => (t.node?.prim && !t.storage && t.literal === null ? [t.node] : [])),
    ...(backward?.residuals.filter((n) => n.prim) ?? []),
  ];
  const successor = new Map<Node, Node>();
  for (const [v, next] of writes) {
    const hole = trace.captures.get(v);
    if (hole && next?.node?.prim && !next.storage) successor.set(hole.node!, next.node);
  }
  const { steps, resolve } = schedule(backend, roots, new Set(), successor);
  const results = [...new Set(roots.map((n) => resolve(n) as Node))];
  const plan = new Plan(backend, steps, new Set(results));
  const sourceOf = (t: Tensor): Source => resolve(t.storage ?? t.node!);
  const constants = [
    ...new Set<Source>([...steps.flatMap((step) => step.inputs), ...leaving.flatMap((t) => t.storage ?? [])]),
  ].filter((s) => s instanceof Storage);
  for (const s of constants) s.references++;

  // All that a run touches, in one list: what comes in, what is computed, what is always the same.
  const entries = entering.map((hole) => hole.node!);
  const sources: readonly Source[] = [...entries, ...results, ...constants];
  const memory: (Storage | null)[] = sources.map((s) => (s instanceof Storage ? s : null));
  const numberOf = new Map<Source, number>(sources.map((s, k) => [s, k]));
  const places = sources.map((s) => plan.placeOf(s));
  const variables = holes.map(([v]) => v);
  const overwritten = inPlace(plan, results, holes, writes, sourceOf, [
    ...leaving.filter((t) => t.literal === null).map(sourceOf),
    ...(backward?.residuals.map(resolve) ?? []),
  ]);
  const sizes = results.map(({ spec }) => sizeOf(spec.shape));
  /** Whether a result has new memory in this run, instead of that of a Variable. */
  const fresh = results.map(() => false);
  const numbers = new Numbers(backend);
  const where = `compiled "${name}"`;

  /** What becomes of a traced value: a number, or memory by its number in the list. */
  interface Leaving {
    readonly spec: Spec;
    readonly literal: number | null;
    readonly from: number;
    readonly sealed: boolean;
  }
  const leave = (t: Tensor, sealed: boolean): Leaving => ({
    spec: t.spec,
    literal: t.literal,
    from: t.literal === null ? numberOf.get(sourceOf(t))! : -1,
    sealed: sealed && t.edge?.node != null,
  });
  const returned = outputs.map((t) => leave(t, trace.differentiated));
  const written = writes.map(([v, t]) => {
    const to = t && leave(t, false);
    const result = to ? to.from - entries.length : -1;
    return { v, to, result: overwritten[result] === v ? result : -1 };
  });
  const valueOf = ({ spec, literal, from, sealed }: Leaving): Tensor => {
    if (literal !== null) return new Tensor(spec, backend, { literal });
    const storage = memory[from]!;
    storage.references++;
    if (!sealed) return own(new Tensor(spec, backend, { storage }));
    const edge = new Edge(null, null, spec);
    edge.sealed =
      'it came out of a compiled function that takes gradients itself. Call backward() (or take gradients) inside of that function';
    return own(new Tensor(spec, backend, { storage, edge }));
  };

  /** Records the results as one call, whose backward was captured too. */
  const recorded = (out: readonly Tensor[], values: readonly Tensor[]): readonly Tensor[] => {
    if (!backward) return out;
    const kept = new Map<Source, Storage>();
    for (const n of backward.residuals) kept.set(n, memory[numberOf.get(resolve(n))!]!);
    const holders = [...kept.values()].map((storage) => hold(storage));
    const actual = [...values, ...variables.map((v) => v.get())].filter((_, k) => entering[k]!.edge);
    const pull = (gs: readonly (Tensor | null)[]): readonly (Tensor | null)[] => {
      for (const t of holders) checkAlive(`backward of ${where}`, t);
      return backward.run(kept, gs);
    };
    const differentiable = out.filter((_, k) => open.includes(outputs[k]!));
    const together = recordTogether(where, actual, differentiable, pull);
    return out.map((t) => together[differentiable.indexOf(t)] ?? t);
  };

  const bind = (values: readonly Tensor[]): void => {
    for (let k = 0; k < entries.length; k++) {
      const value = k < inputs.length ? values[k]! : variables[k - inputs.length]!.peek();
      checkAlive(where, value);
      const { storage } = value;
      if (storage && value.backend !== backend) throw otherDevice(name, backend, value);
      memory[k] = storage ?? numbers.memory(k, value);
    }
    for (let k = 0; k < results.length; k++) {
      const ownMemory = overwritten[k]?.ownMemory() ?? null;
      memory[entries.length + k] = ownMemory ?? allocateStorage(backend, sizes[k]!, results[k]!.spec.dtype);
      fresh[k] = !ownMemory;
    }
    for (let k = 0; k < places.length; k++) {
      const place = places[k];
      if (place !== undefined) plan.bind(place, memory[k]!.buffer);
    }
  };
  /** Gives up the memory that was made for this run; what somebody holds by now stays. */
  const unbind = (): void => {
    for (let k = 0; k < results.length; k++) {
      if (fresh[k]) releaseStorage(memory[entries.length + k]!);
      fresh[k] = false;
    }
    for (let k = 0; k < entries.length + results.length; k++) memory[k] = null;
  };
  const run = (values: readonly Tensor[]): unknown => {
    try {
      bind(values);
      plan.run();
      const next = counted.map(([, t]) => now(t));
      const out = recorded(returned.map(valueOf), values);
      const changed = written.map(({ to, result: k }) => (k >= 0 && !fresh[k] ? null : to && valueOf(to)));
      for (let k = 0; k < written.length; k++) {
        const { v, result: own } = written[k]!;
        const t = changed[k]!;
        if (own >= 0 && !fresh[own]) v.rewritten();
        else {
          v.replace(t);
          if (t) freeNow(t, 'a compiled function has handed it to a Variable');
        }
      }
      counted.forEach(([v], k) => v.replace(next[k]!));
      return result.rebuild(out);
    } finally {
      unbind();
    }
  };
  const { statics } = args;
  const fitsValues = (leaves: readonly Tensor[]): boolean => {
    let on: Backend | null = null;
    for (let k = 0; k < inputs.length; k++) {
      const [t, like] = [leaves[k]!, inputs[k]!];
      if (t.needsGrad !== like.needsGrad || !sameSpec(t.spec, like.spec)) return false;
      if (t.literal === null) on ??= t.backend;
    }
    return (on ?? currentBackend()) === backend && isGradEnabled() === grad;
  };
  return {
    signature,
    plan,
    variables: variableTable(holes, [...trace.writes]),
    fits(xs, leaves) {
      leaves.length = 0;
      if (!fits(xs, statics, leaves) || !fitsValues(leaves)) return false;
      for (const { read, value } of guards) if (!Object.is(read(), value)) return false;
      return true;
    },
    // State that follows the device in use follows this one now.
    run: (values) => (currentBackend() === backend ? run(values) : onBackend(backend, () => run(values))),
    release() {
      plan.release();
      backward?.release();
      numbers.release();
      for (const s of constants) releaseStorage(s);
    },
  };
}
const sameSpec = (a: Spec, b: Spec): boolean => a === b || (a.dtype === b.dtype && sameShape(a.shape, b.shape));

/** Memory for entries that are only numbers: written when the number changes. */
class Numbers {
  private readonly known = new Map<number, { readonly storage: Storage; value: number }>();
  constructor(private readonly backend: Backend) {}
  memory(entry: number, { literal, dtype }: Tensor): Storage {
    const value = literal!;
    const known = this.known.get(entry);
    if (known && Object.is(known.value, value)) return known.storage;
    const storage = known?.storage ?? allocateStorage(this.backend, 1, dtype);
    this.known.set(entry, { storage, value });
    this.backend.write(storage.buffer, Float64Array.of(value));
    return storage;
  }
  release(): void {
    for (const { storage } of this.known.values()) releaseStorage(storage);
    this.known.clear();
  }
}

/** For each result the Variable whose own memory it may be written to; undefined where it needs memory of its own. */
function inPlace(
  plan: Plan,
  results: readonly Node[],
  holes: readonly (readonly [Cell, Tensor])[],
  writes: readonly (readonly [Cell, Tensor | null])[],
  sourceOf: (t: Tensor) => Source,
  seen: readonly Source[],
): (Cell | undefined)[] {
  const holeOf = new Map(holes.map(([v, hole]) => [v, hole.node!]));
  return results.map((node) => {
    // The value is of one Variable alone, and nobody is given what the Variable held before.
    if (seen.filter((s) => s === node).length !== 1) return undefined;
    const write = writes.find(([, t]) => t && t.literal === null && sourceOf(t) === node);
    if (!write) return undefined;
    const hole = holeOf.get(write[0]);
    return !hole || (!seen.includes(hole) && plan.mayReplace(node, hole)) ? write[0] : undefined;
  });
}

/** A tensor that keeps memory alive as long as it lives itself. */
function hold(storage: Storage): Tensor {
  storage.references++;
  return own(new Tensor({ shape: [storage.size], dtype: storage.dtype }, storage.backend, { storage }));
}

const variableTable = (
  holes: readonly (readonly [Cell, Tensor])[],
  writes: readonly (readonly [Cell, Tensor | null])[],
): Capture['variables'] =>
  [...new Set([...holes.map(([v]) => v), ...writes.map(([v]) => v)])].map((v) => ({
    name: v.name,
    spec: v.spec,
    written: writes.some(([w]) => w === v),
  }));
