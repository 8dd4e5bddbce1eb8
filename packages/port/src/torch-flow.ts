// The flow of a torch module: its forward is recorded three times, so that the batch size and the mode can be told from what is fixed.
import * as core from '@nn/core';
import { at, PortError } from './error.js';
import { type Call, type Flow, type Operation, tensor, Value, type Weight } from './flow.js';
import type { Module } from './rule.js';
import { type ChildCall, type NodeOf, type Trace, traceForward, type TraceInput } from './torch-trace.js';

// Two batch sizes: what grows with them depends on the batch, linearly. The third run is in training mode.
const batches = [6, 12] as const;
type Three<T> = readonly [T, T, T];

/** A size or a setting that is the same number for all batches, or grows with the batch. */
function atBatch(first: unknown, second: unknown, n: number): unknown {
  if (typeof first === 'number' && typeof second === 'number') {
    return first === second ? first : first + ((second - first) / (batches[1] - batches[0])) * (n - batches[0]);
  }
  if (Array.isArray(first) && Array.isArray(second)) return first.map((x, i) => atBatch(x, second[i], n));
  if (first === null || typeof first !== 'object' || second === null || typeof second !== 'object') return first;
  return Object.fromEntries(
    Object.entries(first).map(([key, x]) => [key, atBatch(x, (second as Record<string, unknown>)[key], n)]),
  );
}
/** The batch size that a size stands for, when it depends on it. */
const batchOf = (size: number, first: number, second: number): number =>
  batches[0] + ((size - first) / (second - first)) * (batches[1] - batches[0]);

/** How a value of an operation is found again: an input of the operation, a weight, a constant, or an operation inside of it. */
type Recipe =
  | { readonly kind: 'input'; readonly index: number }
  | { readonly kind: 'weight'; readonly index: number }
  | { readonly kind: 'constant'; readonly value: core.Variable | number; readonly dtype: core.DType }
  | {
      readonly kind: 'apply';
      readonly nodes: readonly [NodeOf, NodeOf];
      readonly inputs: readonly Recipe[];
      readonly stops: readonly boolean[];
    };

/** Turns the traces of one module into its flow. */
class Reader {
  readonly calls: Call[] = [];
  private readonly values = new Map<NodeOf, Value>();
  /** The shapes of a value at the two batch sizes, and whether gradients flow through it. */
  private readonly facts = new Map<Value, Facts>();
  private readonly inputs: readonly Value[];
  private readonly name: string;
  constructor(
    module: Module,
    path: string,
    private readonly traces: Three<Trace>,
  ) {
    this.name = `module ${module.getName()}${at(path)}`;
    this.inputs = traces[0].inputs.map((_, i) => this.define(this.three((t) => t.inputs[i]!)));
  }
  private three<T>(f: (t: Trace) => T): Three<T> {
    return [f(this.traces[0]), f(this.traces[1]), f(this.traces[2])];
  }
  private fail(reason: string): PortError {
    return new PortError(
      `toKeras: ${this.name} ${reason}. Keep the module as it is with asLayer, or declare it with definePort`,
    );
  }
  /** Where the runs part, one of them did something else. */
  private same(ok: boolean, run: number): void {
    if (!ok)
      throw this.fail(
        run === 2
          ? 'computes something else in training than in evaluation; put what differs into child modules, such as nn.Dropout'
          : 'computes something else for another batch size',
      );
  }
  private define(ts: Three<core.Tensor>): Value {
    const [a, b] = ts;
    const value = new Value(
      a.shape.map((n, d) => (n === b.shape[d] ? n : null)),
      a.dtype,
    );
    for (const t of ts) if (t.node) this.values.set(t.node, value);
    this.facts.set(value, { small: a.shape, large: b.shape, flows: a.edge !== null });
    return value;
  }

  read(): Flow {
    const [a, b, c] = this.traces;
    [b, c].forEach((t, i) =>
      this.same(t.calls.length === a.calls.length && t.outputs.length === a.outputs.length, i + 1),
    );
    a.calls.forEach((_, i) => this.child(this.three((t) => t.calls[i]!)));
    const outputs = a.outputs.map((_, i) => this.value(this.three((t) => t.outputs[i]!)));
    return { inputs: this.inputs, calls: this.calls, outputs };
  }
  private child(calls: Three<ChildCall>): void {
    const [a, b, c] = calls;
    [b, c].forEach((x, i) => this.same(x.module === a.module && x.inputs.length === a.inputs.length, i + 1));
    const inputs = a.inputs.map((_, i) => this.value([a.inputs[i]!, b.inputs[i]!, c.inputs[i]!]));
    const outputs = a.outputs.map((_, i) => this.define([a.outputs[i]!, b.outputs[i]!, c.outputs[i]!]));
    this.calls.push({ path: a.path, part: a.module, inputs, outputs, args: a.args });
  }
  /** The value behind a tensor; operations that lead to it are added to the calls. */
  private value(ts: Three<core.Tensor>): Value {
    const known = ts[0].node && this.values.get(ts[0].node);
    if (known) {
      ts.forEach((t, i) => this.same(t.node !== null && this.values.get(t.node) === known, i));
      return ts[0].edge === null && this.facts.get(known)!.flows ? this.stopped(known) : known;
    }
    const inputs: Value[] = [];
    const weights: Weight[] = [];
    const recipe = this.recipe(ts, inputs, weights, true);
    if (!inputs.length) {
      // What depends on no input still has to stand in the graph: it hangs on the first one.
      inputs.push(this.inputs[0]!);
    }
    const output = this.define(ts);
    this.operation(operationOf(recipe, inputs, weights, this.inputs[0]!, this.facts), inputs, output);
    return output;
  }
  private operation(part: Operation, inputs: readonly Value[], output: Value): void {
    this.calls.push({ path: part.name, part, inputs, outputs: [output], args: inputs.map(() => tensor) });
  }
  /** The same value, through which no gradient flows. */
  private stopped(value: Value): Value {
    const output = new Value(value.shape, value.dtype);
    this.facts.set(output, { ...this.facts.get(value)!, flows: false });
    this.operation(
      { name: 'StopGradient', pointwise: true, weights: [], run: ([x]) => [core.detach(x!)] },
      [value],
      output,
    );
    return output;
  }
  private recipe(ts: Three<core.Tensor>, inputs: Value[], weights: Weight[], root: boolean): Recipe {
    const [a, b] = ts;
    if (a.literal !== null || !a.node) return this.constant(a);
    const weight = this.traces[0].weights.get(a.node);
    if (weight) {
      ts.forEach((t, i) =>
        this.same(t.node !== null && this.traces[i as 0 | 1 | 2].weights.get(t.node)?.cell === weight.cell, i),
      );
      const found = weights.findIndex((w) => w.cell === weight.cell);
      return { kind: 'weight', index: found >= 0 ? found : weights.push(weight) - 1 };
    }
    const { prim } = a.node;
    if (!root && (this.values.has(a.node) || this.dependsOnInputs(a.node))) {
      const known = this.values.get(a.node);
      const value = known ?? this.value(ts);
      const found = inputs.indexOf(value);
      return { kind: 'input', index: found >= 0 ? found : inputs.push(value) - 1 };
    }
    if (!prim) {
      throw this.fail(
        'uses a tensor in forward that is neither an argument nor a parameter or buffer. Register it with registerBuffer; let random numbers come from child modules, such as nn.Dropout',
      );
    }
    ts.forEach((t, i) => this.same(t.node?.prim === prim && t.node.inputs.length === a.node!.inputs.length, i));
    const parts = a.node.inputs.map((_, i) =>
      this.recipe(ts.map((t) => t.node!.inputs[i]!) as unknown as Three<core.Tensor>, inputs, weights, false),
    );
    return { kind: 'apply', nodes: [a.node, b.node!], inputs: parts, stops: a.node.inputs.map((t) => t.edge === null) };
  }
  private constant(t: core.Tensor): Recipe {
    if (t.literal !== null) return { kind: 'constant', value: t.literal, dtype: t.dtype };
    return { kind: 'constant', value: core.untraced(() => new core.Variable(t)), dtype: t.dtype };
  }
  private readonly depends = new Map<NodeOf, boolean>();
  private dependsOnInputs(node: NodeOf): boolean {
    const known = this.depends.get(node);
    if (known !== undefined) return known;
    const answer = this.values.has(node) || node.inputs.some((t) => t.node !== null && this.dependsOnInputs(t.node));
    this.depends.set(node, answer);
    return answer;
  }
}

interface Facts {
  readonly small: readonly number[];
  readonly large: readonly number[];
  readonly flows: boolean;
}
const titled = (name: string): string => name[0]!.toUpperCase() + name.slice(1);

function operationOf(
  recipe: Recipe,
  inputs: Value[],
  weights: readonly Weight[],
  first: Value,
  facts: ReadonlyMap<Value, Facts>,
): Operation {
  const root = recipe.kind === 'apply' ? recipe.nodes[0] : null;
  // Which input tells the batch size, when settings depend on it.
  const telling = (v: Value): number => v.shape.indexOf(null);
  if (!inputs.some((v) => telling(v) >= 0) && telling(first) >= 0) inputs.push(first);
  const witness = inputs.findIndex((v) => telling(v) >= 0);
  const axis = witness < 0 ? -1 : telling(inputs[witness]!);
  const seen = witness < 0 ? null : facts.get(inputs[witness]!)!;
  const run = (r: Recipe, xs: readonly core.Tensor[], ws: readonly core.Tensor[], n: number): core.Tensor => {
    if (r.kind === 'input') return xs[r.index]!;
    if (r.kind === 'weight') return ws[r.index]!;
    if (r.kind === 'constant') return typeof r.value === 'number' ? core.literal(r.value, r.dtype) : r.value.get();
    const args = r.inputs.map((part, i) => {
      const x = run(part, xs, ws, n);
      return r.stops[i] && x.needsGrad ? core.detach(x) : x;
    });
    const [a, b] = r.nodes;
    return core.apply(a.prim!, args, atBatch(a.attrs, b.attrs, n));
  };
  return {
    name: root ? titled(root.prim!.name) : 'Constant',
    pointwise:
      root !== null &&
      root.attrs === null &&
      inputs.length === root.inputs.filter((t) => t.literal === null).length &&
      weights.length === 0,
    weights,
    run: (xs, ws) => [
      run(recipe, xs, ws, seen ? batchOf(xs[witness]!.shape[axis]!, seen.small[axis]!, seen.large[axis]!) : batches[0]),
    ],
  };
}

/** What a module with its own forward computes. */
export function readModule(
  module: Module,
  path: string,
  inputs: readonly TraceInput[],
  args: readonly unknown[],
): Flow {
  const trace = (batch: number, training: boolean): Trace =>
    traceForward(module, path, inputs, { args, batch, training });
  return new Reader(module, path, [trace(batches[0], false), trace(batches[1], false), trace(batches[0], true)]).read();
}
