// Records what the own forward of a module does, by running it on tensors without data.
import * as core from '@nn/core';
import { nn, Tensor } from '@nn/torch';
import { at, PortError } from './error.js';
import { fillArguments, tensor } from './flow.js';
import type { Module } from './rule.js';

/** The identity of a value while a trace is made. */
export type NodeOf = NonNullable<core.Tensor['node']>;
/** A call of a child: what went in and what stands for what came out. */
export interface ChildCall {
  readonly path: string;
  readonly module: Module;
  readonly args: readonly unknown[];
  readonly inputs: readonly core.Tensor[];
  readonly outputs: readonly core.Tensor[];
}
/** One run of a forward. */
export interface Trace {
  readonly batch: number;
  readonly inputs: readonly core.Tensor[];
  readonly calls: readonly ChildCall[];
  readonly outputs: readonly core.Tensor[];
  /** The parameters and buffers that were there to be read. */
  readonly weights: ReadonlyMap<NodeOf, { readonly name: string; readonly cell: core.Variable }>;
}
/** What goes into a forward: its shape, with null for the batch axis. */
export interface TraceInput {
  readonly shape: readonly (number | null)[];
  readonly dtype: core.DType;
}

/** The cell of core in which a parameter or a buffer lives. */
export function cellOf(t: Tensor): core.Variable {
  if (t._cell) return t._cell;
  throw new PortError(`a tensor of shape [${t.shape.join(', ')}] is neither a parameter nor a buffer of a module`);
}

/** Arrays and objects of tensors, with `f` applied to each tensor; the rest stays. */
export function mapTensors(tree: unknown, f: (t: Tensor) => unknown): unknown {
  if (tree instanceof Tensor) return f(tree);
  if (Array.isArray(tree)) return tree.map((x) => mapTensors(x, f));
  if (tree === null || typeof tree !== 'object' || Object.getPrototypeOf(tree) !== Object.prototype) return tree;
  return Object.fromEntries(Object.entries(tree).map(([key, x]) => [key, mapTensors(x, f)]));
}
/** The tensors of arrays and objects, in order. */
export function tensorsIn(tree: unknown): Tensor[] {
  const found: Tensor[] = [];
  mapTensors(tree, (t) => void found.push(t));
  return found;
}

const hole = (spec: core.Spec): core.Tensor => core.placeholder(spec, null, core.isFloat(spec.dtype));

type Forward = (...args: unknown[]) => unknown;
const withTensors = (args: readonly unknown[], xs: readonly core.Tensor[]): unknown[] =>
  fillArguments(
    args,
    xs.map((x) => new Tensor(x)),
    false,
  );
/** Replaces `forward` of all descendants for the time of `run`, so that their calls are recorded instead of looked into. */
function recordingChildren<R>(root: Module, calls: ChildCall[], run: () => R): R {
  let inside = 0;
  const undo: (() => void)[] = [];
  for (const [path, module] of root.namedModules()) {
    if (module === root) continue;
    const forward = module.forward as unknown as Forward;
    const own = Object.getOwnPropertyDescriptor(module, 'forward');
    const replacement: Forward = (...args) => {
      if (inside) return forward.apply(module, args);
      inside++;
      let result: unknown;
      try {
        result = forward.apply(module, args);
      } finally {
        inside--;
      }
      const outputs: core.Tensor[] = [];
      const stand = mapTensors(result, (t) => {
        outputs.push(hole(t.spec));
        return new Tensor(outputs.at(-1)!);
      });
      const inputs = tensorsIn(args).map((t) => t.value);
      calls.push({ path, module, args: args.map((a) => mapTensors(a, () => tensor)), inputs, outputs });
      return stand;
    };
    Object.defineProperty(module, 'forward', { configurable: true, writable: true, value: replacement });
    undo.push(() => {
      Reflect.deleteProperty(module, 'forward');
      if (own) Object.defineProperty(module, 'forward', own);
    });
  }
  try {
    return run();
  } finally {
    for (const f of undo) f();
  }
}

/** Runs `f` with the whole module in training or in evaluation, and puts the flags back. */
export function withMode<R>(root: Module, training: boolean, f: () => R): R {
  const was = [...root.modules()].map((m) => [m, m.training] as const);
  root.train(training);
  try {
    return f();
  } finally {
    for (const [m, on] of was) m.training = on;
  }
}

const keepIt = 'keep the module as it is with asLayer, or declare it with definePort';

/**
 * Records the own forward of a module: calls of its children, and the operations between them.
 *
 * @throws PortError  when the forward reads values, writes buffers or has hooks
 */
export function traceForward(
  module: Module,
  path: string,
  inputs: readonly TraceInput[],
  o: { readonly args: readonly unknown[]; readonly batch: number; readonly training: boolean },
): Trace {
  const name = `module ${module.getName()}${at(path)}`;
  const calls: ChildCall[] = [];
  const forward = (xs: readonly core.Tensor[]): unknown =>
    recordingChildren(module, calls, () => (module.forward as unknown as Forward)(...withTensors(o.args, xs)));
  const run = (): Trace => {
    const weights = new Map<NodeOf, { name: string; cell: core.Variable }>();
    const buffers = [...module.namedBuffers('', false)].map(([key, t]) => ({
      key,
      cell: cellOf(t),
      before: cellOf(t).get(),
    }));
    for (const [key, t] of [...module.namedParameters(), ...module.namedBuffers()]) {
      const { node } = cellOf(t).get();
      if (node) weights.set(node, { name: key, cell: cellOf(t) });
    }
    const xs = inputs.map(({ shape, dtype }) => hole({ shape: shape.map((n) => n ?? o.batch), dtype }));
    const result = forward(xs);
    const written = buffers.find(({ cell, before }) => cell.get() !== before);
    if (written)
      throw new PortError(
        `toKeras: ${name} writes its buffer '${written.key}' in forward, which a graph of layers cannot do: ${keepIt}`,
      );
    return { batch: o.batch, inputs: xs, calls, outputs: tensorsIn(result).map((t) => t.value), weights };
  };
  try {
    return withMode(module, o.training, () => core.enableGrad(() => core.symbolic(run)));
  } catch (error) {
    if (!(error instanceof core.TraceError)) throw error;
    throw new PortError(
      `toKeras: the forward of ${name} reads the values of tensors, so it cannot become a graph (${error.message}): ${keepIt}`,
    );
  }
}

/** Modules whose parameters wait for a first call get one, on zeros. */
export function materialize(module: Module, inputs: readonly TraceInput[], args: readonly unknown[]): void {
  if (![...module.parameters()].some((p) => p instanceof nn.UninitializedParameter && p.pending)) return;
  const xs = inputs.map(({ shape, dtype }) =>
    core.zeros(
      shape.map((n) => n ?? 1),
      dtype,
    ),
  );
  withMode(module, false, () =>
    core.noGrad(() => core.scope(() => void (module as unknown as Forward)(...withTensors(args, xs)))),
  );
}
