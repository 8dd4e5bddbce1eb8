// compile: captures a function once for each signature of its inputs, and replays the kernels after that.
import { describe, type Spec } from '../base/index.js';
import { allocateStorage, freeNow, own, releaseStorage } from './memory.js';
import { Plan } from './plan.js';
import { schedule, type Source } from './schedule.js';
import { currentBackend, currentTrace, isGradEnabled, placeholder, symbolic, Trace, withTrace } from './state.js';
import { checkAlive, Edge, Storage, Tensor, type Cell, type Node } from './tensor.js';
import { flatten, type Flat } from './tree.js';

type AnyFunction = (...args: never[]) => unknown;
/** A compiled function: called like the original. */
export type Compiled<F extends AnyFunction> = F & {
  /** How often the function was traced. */
  readonly traces: number;
  /** The captured programs, for `show`. */
  readonly captures: readonly Capture[];
};

/** One captured run of the function. */
export interface Capture {
  readonly signature: string;
  readonly plan: Plan;
  readonly variables: readonly { readonly name: string; readonly spec: Spec; readonly written: boolean }[];
  valid(): boolean;
  run(inputs: readonly Tensor[]): unknown;
}

const captures = new WeakMap<object, readonly Capture[]>();
/** The captures of a compiled function. */
export const capturesOf = (f: object): readonly Capture[] | undefined => captures.get(f);

const identities = new WeakMap<object, number>();
let identityCount = 0;
const staticKey = (x: unknown): string => {
  if (x === Tensor) return 'T';
  if (x === null || (typeof x !== 'object' && typeof x !== 'function'))
    return `${typeof x}:${Object.is(x, -0) ? '-0' : String(x)}`;
  if (!identities.has(x)) identities.set(x, identityCount++);
  return `@${identities.get(x)}`;
};

/** Memory for a value that is only a number so far. */
function materialize(t: Tensor): Storage {
  const storage = allocateStorage(t.backend, 1, t.dtype);
  t.backend.write(storage.buffer, Float64Array.of(t.literal!));
  return storage;
}

/** Gives back what a traced value became: memory from the run, memory of an input, or a number. */
function valueOf(
  t: Tensor,
  resolve: (s: Source) => Source,
  holes: ReadonlyMap<Source, Storage>,
  results: ReadonlyMap<Node, Storage>,
): Tensor {
  if (t.literal !== null) return new Tensor(t.spec, t.backend, { literal: t.literal });
  const source = resolve(t.storage ?? t.node!);
  const storage = source instanceof Storage ? source : (results.get(source) ?? holes.get(source)!);
  storage.references++;
  const edge = t.edge?.node ? new Edge(null, null, t.spec) : null;
  if (edge)
    edge.sealed =
      'it came out of a compiled function, which ran forward only. Call backward() (or take gradients) inside of the compiled function';
  return own(new Tensor(t.spec, t.backend, { storage, edge }));
}

function capture(f: (...args: unknown[]) => unknown, args: Flat<unknown[]>, signature: string): Capture {
  const trace = new Trace(false);
  const inputs = args.leaves.map((t) => placeholder(t.spec, null, t.needsGrad));
  const result = withTrace(trace, () => flatten(f(...args.rebuild(inputs))));
  const backend = args.leaves.find((t) => t.literal === null)?.backend ?? currentBackend();
  const outputs = result.leaves;
  const writes = [...trace.writes];
  const leaving = [...outputs, ...writes.flatMap(([, t]) => (t ? [t] : []))];
  const roots = leaving.flatMap((t) => (t.node?.prim && !t.storage && t.literal === null ? [t.node] : []));
  const { steps, resolve } = schedule(backend, roots);
  const plan = new Plan(backend, steps, new Set(roots.map((n) => resolve(n) as Node)));
  const holes = [...trace.captures];
  const guards = trace.guards;
  for (const s of new Set(steps.flatMap((step) => step.inputs))) if (s instanceof Storage) s.references++;

  const run = (values: readonly Tensor[]): unknown => {
    const memory = new Map<Source, Storage>();
    const temporary: Storage[] = [];
    const bind = (hole: Tensor, value: Tensor): void => {
      checkAlive('compile', value);
      const storage = value.storage ?? materialize(value);
      if (!value.storage) temporary.push(storage);
      memory.set(hole.node!, storage);
    };
    inputs.forEach((hole, k) => bind(hole, values[k]!));
    for (const [v, hole] of holes) bind(hole, v.get());
    const results = plan.run(memory);
    const out = outputs.map((t) => valueOf(t, resolve, memory, results));
    const written = writes.map(([v, t]) => [v, t && valueOf(t, resolve, memory, results)] as const);
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
  };
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

const warnAfter = 8;

/**
 * Captures a whole function - forward, backward, optimizer, random numbers, statistics - once for each signature of its arguments
 * (shapes, dtypes, and the values of everything that is not a tensor), and replays the fused kernels after that.
 * Variables are read and written at each call; JavaScript side effects happen only while tracing.
 *
 * @param f     arguments and results may be trees of tensors
 * @param name  for messages and `show`; default the function's own
 * @throws TraceError  when `f` reads a traced value, or makes a Variable from one
 * @example
 * const double = compile((x) => mul(x, 2))
 * toArraySync(double(tensor([1, 2]))) // => [2, 4]
 * double.traces // => 1
 */
export function compile<F extends AnyFunction>(
  f: F,
  {
    name = f.name || 'anonymous',
    onRetrace,
  }: { readonly name?: string; readonly onRetrace?: (message: string) => void } = {},
): Compiled<F> {
  const bySignature = new Map<string, Capture[]>();
  const all: Capture[] = [];
  let recent: number[] = [];
  let calls = 0;
  let warnings = 0;
  const call = f as unknown as (...args: unknown[]) => unknown;
  const warn = (): void => {
    recent = [...recent, calls].filter((c) => c > calls - 10);
    if (recent.length < 5 || all.length < warnAfter || warnings >= 2) return;
    warnings++;
    const message = `compile: "${name}" was traced ${recent.length} times in its last 10 calls. Each new shape, dtype or non-tensor argument is a new trace: pass numbers that change as tensors, and keep shapes the same`;
    (onRetrace ?? console.warn)(message);
  };
  const compiled = (...args: unknown[]): unknown => {
    if (currentTrace()) return call(...args);
    calls++;
    const flat = flatten(args);
    const specs = flat.leaves.map((t) => `${describe(t.spec)}${t.needsGrad ? 'g' : ''}`);
    const signature = `${currentBackend().name}|${isGradEnabled()}|${specs.join(';')}|${flat.statics.map(staticKey).join(',')}`;
    const known = bySignature.get(signature) ?? bySignature.set(signature, []).get(signature)!;
    let hit = known.find((c) => c.valid());
    if (!hit) {
      hit = capture(call, flat, signature);
      known.push(hit);
      all.push(hit);
      warn();
    }
    return hit.run(flat.leaves);
  };
  captures.set(compiled, all);
  Object.defineProperties(compiled, {
    traces: { get: () => all.length },
    captures: { get: () => all },
    name: { value: name },
  });
  return compiled as unknown as Compiled<F>;
}

/** The specs of a function's result, found by running it on tensors that have no data. */
export function evalSpec(f: (...xs: Tensor[]) => unknown, ...specs: readonly Spec[]): Spec[] {
  return symbolic(() => flatten(f(...specs.map((s) => placeholder(s)))).leaves.map((t) => t.spec));
}
