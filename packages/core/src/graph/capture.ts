// One capture of a function: its kernels with their memory plan, the Variables that it reads and writes, and the conditions under which it holds.
import type { Backend } from '../backend/index.js';
import { describe, DeviceError, sizeOf, type Spec } from '../base/index.js';
import { captureBackward, type Differentiate } from './backward.js';
import { allocateStorage, freeNow, own, releaseStorage } from './memory.js';
import { Plan } from './plan.js';
import { recordTogether } from './record.js';
import { schedule } from './schedule.js';
import { currentBackend, placeholder, Trace, withTrace } from './state.js';
import { checkAlive, Edge, Storage, Tensor, type Cell, type Node, type Source } from './tensor.js';
import { flatten, type Flat } from './tree.js';

/** One captured run of the function. */
export interface Capture {
  readonly signature: string;
  readonly plan: Plan;
  readonly variables: readonly { readonly name: string; readonly spec: Spec; readonly written: boolean }[];
  valid(): boolean;
  run(inputs: readonly Tensor[]): unknown;
  /** Gives back the memory that it holds between runs. */
  release(): void;
}

const otherDevice = (name: string, backend: Backend, { spec, backend: other }: Tensor): DeviceError =>
  new DeviceError(
    `compiled "${name}": inputs and Variables are on two devices, ${backend.name} and ${other.name}: ${describe(spec)} is on ${other.name}. Move it with to('${backend.name}')`,
  );
/** Memory for a value that is only a number so far. */
function materialize(backend: Backend, t: Tensor): Storage {
  const storage = allocateStorage(backend, 1, t.dtype);
  backend.write(storage.buffer, Float64Array.of(t.literal!));
  return storage;
}

/** Traces `f` on placeholders for `args`, and schedules what it did. */
export function capture(
  f: (...args: unknown[]) => unknown,
  args: Flat<unknown[]>,
  signature: string,
  name: string,
  differentiate: Differentiate | null,
): Capture {
  const trace = new Trace(false);
  const inputs = args.leaves.map((t) => placeholder(t.spec, null, t.needsGrad));
  const result = withTrace(trace, () => flatten(f(...args.rebuild(inputs))));
  const backend = args.leaves.find((t) => t.literal === null)?.backend ?? currentBackend();
  const outputs = result.leaves;
  const writes = [...trace.writes];
  const holes = [...trace.captures];
  const guards = trace.guards;
  // A function that takes gradients itself is a whole step; of any other, gradients may be taken from outside.
  const open = differentiate && !trace.differentiated ? outputs.filter((t) => t.edge?.node) : [];
  const leaves = [...inputs, ...holes.map(([, hole]) => hole)].filter((t) => t.edge);
  const backward = open.length ? captureBackward(trace, backend, open, leaves, differentiate!) : null;
  const leaving = [...outputs, ...writes.flatMap(([, t]) => (t ? [t] : []))];
  const roots = [
    ...leaving.flatMap((t) => (t.node?.prim && !t.storage && t.literal === null ? [t.node] : [])),
    ...(backward?.residuals.filter((n) => n.prim) ?? []),
  ];
  const { steps, resolve } = schedule(backend, roots);
  const plan = new Plan(backend, steps, new Set(roots.map((n) => resolve(n) as Node)));
  const constants = new Set<Source>([
    ...steps.flatMap((step) => step.inputs),
    ...leaving.flatMap((t) => t.storage ?? []),
  ]);
  for (const s of constants) if (s instanceof Storage) s.references++;

  const variables = holes.map(([v]) => v);
  const entries = [...inputs, ...holes.map(([, hole]) => hole)].map((hole) => hole.node!);
  const entryOf = new Map<Source, number>(entries.map((n, k) => [n, k]));
  const entryPlaces = entries.map((n) => plan.placeOf(n));
  const results = [...new Set(roots.map((n) => resolve(n) as Node))];
  const resultOf = new Map<Source, number>(results.map((n, k) => [n, k]));
  const sourceOf = (t: Tensor): Source => resolve(t.storage ?? t.node!);
  const overwritten = inPlace(plan, results, holes, writes, sourceOf, [
    ...leaving.filter((t) => t.literal === null).map(sourceOf),
    ...(backward?.residuals.map(resolve) ?? []),
  ]);

  /** Memory of the inputs and of the results in one run. */
  interface Run {
    readonly bound: Storage[];
    readonly made: Storage[];
  }
  const memoryOf = (source: Source, { bound, made }: Run): Storage =>
    source instanceof Storage ? source : (made[resultOf.get(source)!] ?? bound[entryOf.get(source)!])!;
  /** What a traced value became: memory from the run, memory of an input, or a number. */
  const valueOf = (t: Tensor, now: Run, sealed: boolean): Tensor => {
    if (t.literal !== null) return new Tensor(t.spec, t.backend, { literal: t.literal });
    const storage = memoryOf(sourceOf(t), now);
    storage.references++;
    const edge = sealed && t.edge?.node ? new Edge(null, null, t.spec) : null;
    if (edge)
      edge.sealed =
        'it came out of a compiled function that takes gradients itself. Call backward() (or take gradients) inside of that function';
    return own(new Tensor(t.spec, t.backend, { storage, edge }));
  };

  /** Records the results as one call, whose backward was captured too. */
  const recorded = (out: readonly Tensor[], values: readonly Tensor[], now: Run): readonly Tensor[] => {
    if (!backward) return out;
    const kept = new Map<Source, Storage>();
    for (const n of backward.residuals) kept.set(n, memoryOf(resolve(n), now));
    const holders = [...kept.values()].map((storage) => hold(storage));
    const actual = [...values, ...variables.map((v) => v.get())].filter(
      (_, k) => [...inputs, ...holes.map(([, h]) => h)][k]!.edge,
    );
    const pull = (gs: readonly (Tensor | null)[]): readonly (Tensor | null)[] => {
      for (const t of holders) checkAlive(`backward of compiled "${name}"`, t);
      return backward.run(kept, gs);
    };
    const differentiable = out.filter((_, k) => open.includes(outputs[k]!));
    const together = recordTogether(`compiled "${name}"`, actual, differentiable, pull);
    return out.map((t) => together[differentiable.indexOf(t)] ?? t);
  };

  const run = (values: readonly Tensor[]): unknown => {
    const now: Run = { bound: [], made: [] };
    const temporary: Storage[] = [];
    for (let k = 0; k < entries.length; k++) {
      const value = k < inputs.length ? values[k]! : variables[k - inputs.length]!.peek();
      checkAlive(`compiled "${name}"`, value);
      if (value.storage && value.backend !== backend) throw otherDevice(name, backend, value);
      const storage = value.storage ?? materialize(backend, value);
      if (!value.storage) temporary.push(storage);
      now.bound.push(storage);
      const place = entryPlaces[k];
      if (place !== undefined) plan.bind(place, storage.buffer);
    }
    for (let k = 0; k < results.length; k++) {
      const { spec } = results[k]!;
      const storage = overwritten[k]?.ownMemory() ?? null;
      now.made.push(storage ?? allocateStorage(backend, sizeOf(spec.shape), spec.dtype));
      if (!storage) temporary.push(now.made[k]!);
      plan.bind(plan.placeOf(results[k]!)!, now.made[k]!.buffer);
    }
    plan.run();
    const out = recorded(
      outputs.map((t) => valueOf(t, now, trace.differentiated)),
      values,
      now,
    );
    const changed = writes.map(([v, t]) => {
      const k = t && t.literal === null ? resultOf.get(sourceOf(t)) : undefined;
      const inOwn = k !== undefined && overwritten[k] === v && !temporary.includes(now.made[k]!);
      return inOwn ? null : ([v, t && valueOf(t, now, false)] as const);
    });
    changed.forEach((write, k) => {
      if (!write) return writes[k]![0].rewritten();
      const [v, t] = write;
      v.replace(t);
      if (t) freeNow(t, 'a compiled function has handed it to a Variable');
    });
    for (const s of temporary) releaseStorage(s);
    return result.rebuild(out);
  };
  return {
    signature,
    plan,
    variables: variableTable(holes, writes),
    valid: () => guards.every(({ read, value }) => Object.is(read(), value)),
    run,
    release() {
      plan.release();
      backward?.release();
      for (const s of constants) if (s instanceof Storage) releaseStorage(s);
    },
  };
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
    const hole = write && holeOf.get(write[0]);
    if (!write || !hole || seen.includes(hole)) return undefined;
    return plan.mayReplace(node, hole) ? write[0] : undefined;
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
