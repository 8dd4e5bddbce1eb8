// The graph between symbolic inputs and outputs: its nodes in order, and how it runs on other tensors.
import { ValueError } from '@nn/core';
import type { Tensor } from '../tensor/tensor.js';
import { flattenTree, mapTree, type Nested } from '../tensor/tree.js';
import { isSymbolic, type KerasTensor, type Node, type Operation } from './node.js';

export const nodeOf = (t: KerasTensor): Node | null =>
  t.history ? t.history.operation.inboundNodes[t.history.nodeIndex]! : null;

/** A directed graph of operations from inputs to outputs. */
export class Graph {
  readonly inputs: readonly KerasTensor[];
  readonly outputs: readonly KerasTensor[];
  /** Each before those that depend on it. */
  readonly nodes: readonly Node[];
  /** Layers and single operations by depth, inputs first, as Keras orders them. */
  readonly operations: readonly Operation[];
  /** Nodes by their distance from the outputs, the farthest first. */
  readonly levels: readonly (readonly Node[])[];

  constructor(
    readonly inputTree: Nested<KerasTensor>,
    readonly outputTree: Nested<KerasTensor>,
  ) {
    for (const [what, tree] of [
      ['inputs', inputTree],
      ['outputs', outputTree],
    ] as const) {
      for (const x of flattenTree(tree)) {
        if (!isSymbolic(x))
          throw new ValueError(
            `All \`${what}\` values must be KerasTensors. Received: ${what} including invalid value ${String(x)} of type ${typeof x}`,
          );
      }
    }
    this.inputs = flattenTree(inputTree) as KerasTensor[];
    this.outputs = flattenTree(outputTree) as KerasTensor[];
    const visits: Operation[] = [];
    const order = this.traverse(visits);
    const depths = this.depths(order);
    for (const t of this.inputs) {
      const node = nodeOf(t);
      if (node?.isInput && !depths.has(node)) depths.set(node, 0);
    }
    const byDepth = [...new Set(depths.values())].sort((a, b) => b - a);
    const place = (op: Operation): number => visits.indexOf(op);
    this.levels = byDepth.map((d) => [...depths].filter(([, depth]) => depth === d).map(([node]) => node));
    this.nodes = order;
    const operationDepth = new Map<Operation, number>();
    for (const [node, d] of depths)
      operationDepth.set(node.operation, Math.max(d, operationDepth.get(node.operation) ?? 0));
    this.operations = [...operationDepth.keys()].sort(
      (a, b) => operationDepth.get(b)! - operationDepth.get(a)! || place(a) - place(b),
    );
    this.check(new Set(depths.keys()));
  }

  /** Nodes from inputs to outputs; `visits` receives the operations in the order in which they are met from the outputs. */
  private traverse(visits: Operation[]): Node[] {
    const order: Node[] = [];
    const done = new Set<Node>();
    const active = new Set<Node>();
    const visit = (t: KerasTensor): void => {
      const node = nodeOf(t);
      if (!node || done.has(node)) return;
      if (!node.isInput && this.inputs.includes(t)) return;
      if (active.has(node))
        throw new ValueError(`Tensor ${t.toString()} from operation '${node.operation.name}' is part of a cycle.`);
      if (!visits.includes(node.operation)) visits.push(node.operation);
      active.add(node);
      if (!node.isInput) node.inputs.forEach(visit);
      active.delete(node);
      done.add(node);
      order.push(node);
    };
    this.outputs.forEach(visit);
    return order;
  }
  private depths(order: readonly Node[]): Map<Node, number> {
    const depths = new Map<Node, number>();
    const operations = new Map<Operation, number>();
    for (const node of [...order].reverse()) {
      const depth = Math.max(depths.get(node) ?? 0, operations.get(node.operation) ?? 0);
      depths.set(node, depth);
      operations.set(node.operation, depth);
      for (const t of node.inputs) {
        const parent = nodeOf(t);
        if (parent && order.includes(parent)) depths.set(parent, Math.max(depth + 1, depths.get(parent) ?? 0));
      }
    }
    return depths;
  }
  private check(inGraph: ReadonlySet<Node>): void {
    const known = new Set<KerasTensor>(this.inputs);
    const before: string[] = [];
    for (const node of this.nodes) {
      if (!inGraph.has(node)) continue;
      for (const t of node.inputs) {
        if (!known.has(t)) {
          throw new ValueError(
            `Graph disconnected: cannot find parent for tensor ${t.toString()} at operation '${node.operation.name}'. The following previous operations were accessed without issue: [${before.join(', ')}]`,
          );
        }
      }
      before.push(node.operation.name);
      if (!node.isInput) for (const t of flattenTree(node.outputs) as KerasTensor[]) known.add(t);
    }
    const names = this.operations.map((op) => op.name);
    const twice = names.find((name, i) => names.indexOf(name) !== i);
    if (twice !== undefined)
      throw new ValueError(
        `The name "${twice}" is used ${names.filter((n) => n === twice).length} times in the model. All operation names should be unique.`,
      );
    const missing = this.inputs.find((t, i) => this.inputs.indexOf(t) !== i);
    if (missing)
      throw new ValueError(
        `The list of inputs passed to the model contains the same input multiple times: ${missing.toString()}`,
      );
  }

  /** The outputs for other inputs, which may be symbolic too. */
  run(inputs: readonly unknown[]): Nested<Tensor> {
    const values = new Map<unknown, unknown>(this.inputs.map((t, i) => [t, inputs[i]]));
    for (const node of this.nodes) {
      if (node.isInput) continue;
      const args = node.args.map((arg) => mapTree((x) => (isSymbolic(x) ? values.get(x) : x), arg));
      const outputs = flattenTree(node.operation.rerun(args));
      flattenTree(node.outputs).forEach((t, i) => values.set(t, outputs[i]));
    }
    return mapTree((t) => values.get(t) as Tensor, this.outputTree);
  }
}
