// The inputs of a functional model, brought to the order, dtypes and ranks that its graph wants.
import * as core from '@nn/core';
import type { Graph } from '../graph/graph.js';
import { formatShape } from '../tensor/format.js';
import type { Tensor } from '../tensor/tensor.js';
import { flattenTree, isPlain, type Nested } from '../tensor/tree.js';

/** Inputs in the order of the graph, with its dtypes and ranks. */
export function standardize(inputs: Nested<Tensor>, graph: Graph): Tensor[] {
  const named = isPlain(inputs) && !isPlain(graph.inputTree);
  const list = named
    ? graph.inputs.map((t) => (inputs as Record<string, Tensor>)[t.history?.operation.name ?? t.name])
    : flattenTree(inputs);
  if (list.length !== graph.inputs.length || list.some((x) => x === undefined)) {
    throw new core.ValueError(
      `The structure of \`inputs\` doesn't match the expected structure.\nExpected: ${graph.inputs.map((t) => t.history?.operation.name ?? t.name).join(', ')}\nReceived: ${list.length} tensors`,
    );
  }
  return (list as Tensor[]).map((x, i) => {
    const wanted = graph.inputs[i]!;
    let y = x.dtype === wanted.dtype ? x : x.cast(wanted.dtype);
    if (y.ndim === wanted.ndim + 1 && y.shape.at(-1) === 1) y = y.reshape(y.shape.slice(0, -1));
    else if (y.ndim === wanted.ndim - 1 && wanted.shape.at(-1) === 1) y = y.reshape([...y.shape, 1]);
    if (y.ndim !== wanted.ndim)
      throw new core.ValueError(
        `Invalid input shape for input ${i} with name '${wanted.history?.operation.name ?? wanted.name}'. Expected shape ${formatShape(wanted.shape)}, but input has incompatible shape ${formatShape(x.shape)}`,
      );
    if (y !== x) y.kerasMask = x.kerasMask;
    return y;
  });
}
