// One capture of a function: its kernels with their memory plan, the Variables that it reads and writes, and the conditions under which it holds.
import type { Backend } from '../backend/index.js';
import { describe, DeviceError, type Spec } from '../base/index.js';
import { captureBackward, type Differentiate } from './backward.js';
import { allocateStorage, freeNow, own, releaseStorage } from './memory.js';
import { Plan } from './plan.js';
import { recordTogether } from './record.js';
import { schedule, type Source } from './schedule.js';
import { currentBackend, placeholder, Trace, withTrace } from './state.js';
import { checkAlive, Edge, Storage, Tensor, type Cell, type Node } from './tensor.js';
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

/** Gives back what a traced value became: memory from the run, memory of an input, or a number. */
function valueOf(
  t: Tensor,
  resolve: (s: Source) => Source,
  holes: ReadonlyMap<Source, Storage>,
  results: ReadonlyMap<Node, Storage>,
  sealed: boolean,
): Tensor {
  if (t.literal !== null) return new Tensor(t.spec, t.backend, { literal: t.literal });
  const source = resolve(t.storage ?? t.node!);
  const storage = source instanceof Storage ? source : (results.get(source) ?? holes.get(source)!);
  storage.references++;
  const edge = sealed && t.edge?.node ? new Edge(null, null, t.spec) : null;
  if (edge)
    edge.sealed =
      'it came out of a compiled function that takes gradients itself. Call backward() (or take gradients) inside of that function';
  return own(new Tensor(t.spec, t.backend, { storage, edge }));
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

  /** Records the results as one call, whose backward was captured too. */
  const recorded = (
    out: readonly Tensor[],
    values: readonly Tensor[],
    memory: ReadonlyMap<Source, Storage>,
    results: ReadonlyMap<Node, Storage>,
  ): Tensor[] => {
    if (!backward) return [...out];
    const kept = new Map<Source, Storage>();
    for (const n of backward.residuals) kept.set(n, (results.get(resolve(n) as Node) ?? memory.get(n))!);
    const holders = [...kept.values()].map((storage) => hold(storage));
    const actual = [...values, ...holes.map(([v]) => v.get())].filter(
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
    const memory = new Map<Source, Storage>();
    const temporary: Storage[] = [];
    const bind = (hole: Tensor, value: Tensor): void => {
      checkAlive(`compiled "${name}"`, value);
      if (value.storage && value.backend !== backend) throw otherDevice(name, backend, value);
      const storage = value.storage ?? materialize(backend, value);
      if (!value.storage) temporary.push(storage);
      memory.set(hole.node!, storage);
    };
    inputs.forEach((hole, k) => bind(hole, values[k]!));
    for (const [v, hole] of holes) bind(hole, v.get());
    const results = plan.run(memory);
    const out = recorded(
      outputs.map((t) => valueOf(t, resolve, memory, results, trace.differentiated)),
      values,
      memory,
      results,
    );
    const written = writes.map(([v, t]) => [v, t && valueOf(t, resolve, memory, results, false)] as const);
    for (const [v, t] of written) {
      v.replace(t);
      if (t) freeNow(t, 'a compiled function has handed it to a Variable');
    }
    for (const s of [...results.values(), ...temporary]) releaseStorage(s);
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
