// Functional models as configs and back: layers with their calls, as Keras writes them.
import * as core from '@nn/core';
import { nodeOf, type Graph } from '../graph/graph.js';
import type { KerasTensor } from '../graph/node.js';
import { isSymbolic, type Node, type Operation } from '../graph/node.js';
import { Layer, type Open } from '../layers/layer.js';
import { camelCase } from '../naming.js';
import { isSerialized, nested, type Config, type Constructible, type Resolve } from '../object.js';
import * as ops from '../ops/elementwise.js';
import type { Tensor } from '../tensor/tensor.js';
import { flattenTree, isPlain, type Nested } from '../tensor/tree.js';

const snakeKey = (key: string): string => key.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`);
type Index = (t: KerasTensor) => number;

/** Arguments of a call, with tensors as references to the calls that made them. */
function writeArgs(x: unknown, index: Index): unknown {
  if (isSymbolic(x))
    return {
      class_name: '__keras_tensor__',
      config: {
        shape: [...x.shape],
        dtype: x.dtype,
        keras_history: [x.history!.operation.name, index(x), x.history!.tensorIndex],
      },
    };
  if (Array.isArray(x)) return x.map((y) => writeArgs(y, index));
  return isPlain(x) ? Object.fromEntries(Object.entries(x).map(([key, y]) => [key, writeArgs(y, index)])) : x;
}
function writeNode(node: Node, index: Index): { args: unknown; kwargs: unknown } {
  const last = node.args.at(-1);
  const options = node.operation instanceof Layer && node.args.length > 1 && isPlain(last) ? last : null;
  const args = options ? node.args.slice(0, -1) : node.args;
  return {
    args: args.map((a) => writeArgs(a, index)),
    kwargs: Object.fromEntries(Object.entries(options ?? {}).map(([key, v]) => [snakeKey(key), writeArgs(v, index)])),
  };
}
const writeOperation = (op: Operation): Config =>
  op instanceof Layer
    ? { ...op.serialize() }
    : {
        module: 'keras.src.ops.numpy',
        class_name: op.className,
        config: { name: op.name },
        registered_name: op.className,
      };

/** The config of a functional model. */
export function functionalConfig(model: Layer, graph: Graph): Config {
  const kept = new Set<Node>(graph.levels.flat());
  // nested models have had a node of their own in Keras, so their calls count from 1
  const first = (op: Operation): number => (['Functional'].includes(op.className) ? 1 : 0);
  const place = (node: Node): number =>
    first(node.operation) + node.operation.inboundNodes.filter((n) => kept.has(n)).indexOf(node);
  const index: Index = (t) => place(nodeOf(t)!);
  const reference = (t: KerasTensor): unknown => [t.history!.operation.name, index(t), t.history!.tensorIndex];
  const references = (tree: Nested<KerasTensor>): unknown =>
    isSymbolic(tree)
      ? reference(tree)
      : Array.isArray(tree)
        ? tree.map(references)
        : Object.fromEntries(Object.entries(tree).map(([key, t]) => [key, references(t)]));
  return {
    name: model.name,
    trainable: model.trainable,
    layers: graph.operations.map((op) => ({
      ...writeOperation(op),
      name: op.name,
      inbound_nodes: op.inboundNodes.filter((n) => kept.has(n) && !n.isInput).map((n) => writeNode(n, index)),
    })),
    input_layers: references(graph.inputTree),
    output_layers: references(graph.outputTree),
  };
}

export const isFunctionalConfig = (config: Config): boolean =>
  Array.isArray(config['layers']) && 'input_layers' in config && 'output_layers' in config;

type Call = (...args: unknown[]) => unknown;
interface Made {
  readonly call: Call;
  readonly isOperation: boolean;
  readonly first: number;
  /** Outputs of its calls so far. */
  readonly outputs: Nested<Tensor>[];
  /** Calls that still wait for their inputs. */
  readonly waiting: { args: unknown; kwargs: unknown }[];
}
class NotYet extends core.NNError {}

/** Rebuilds a functional model: layers first, then their calls as soon as the inputs are there. */
export function functionalFromConfig<M extends Layer>(c: Constructible<M>, config: Config, resolve?: Resolve): M {
  const made = new Map<string, Made>();
  for (const entry of config['layers'] as (Config & { name: string; inbound_nodes: Made['waiting'] })[]) {
    if (!isSerialized(entry))
      throw new core.ValueError(
        `Invalid Functional model configuration: layer '${String((entry as { name?: unknown }).name)}' has no class_name`,
      );
    const isOperation = typeof entry.module === 'string' && entry.module.includes('ops');
    const layer = isOperation ? null : (nested(resolve, entry) as Layer);
    const call = layer ? (layer as unknown as Call) : operation(entry.class_name);
    const outputs = layer?.className === 'InputLayer' ? [layer.output] : [];
    made.set(entry.name, {
      call,
      isOperation,
      first: layer?.className === 'Functional' ? 1 : 0,
      outputs,
      waiting: [...entry.inbound_nodes],
    });
  }
  const lookUp = (name: string, node: number, tensor: number): Tensor => {
    const source = made.get(name);
    if (!source)
      throw new core.ValueError(
        `Invalid Functional model configuration: could not find layer '${name}'.${core.nearest(name, made.keys())}`,
      );
    const outputs = source.outputs[node - source.first];
    if (outputs === undefined) throw new NotYet(`layer '${name}' has not been called ${node + 1} times`);
    return flattenTree(outputs)[tensor] as Tensor;
  };
  const read = (x: unknown): unknown => {
    if (Array.isArray(x)) return x.map(read);
    if (!isPlain(x)) return x;
    if (x['class_name'] === '__keras_tensor__') {
      const [name, node, tensor] = (x['config'] as { keras_history: [string, number, number] }).keras_history;
      return lookUp(name, node, tensor);
    }
    return Object.fromEntries(Object.entries(x).map(([key, y]) => [key, read(y)]));
  };
  let progress = true;
  while (progress) {
    progress = false;
    for (const [name, layer] of made) {
      while (layer.waiting.length) {
        try {
          const { args, kwargs } = layer.waiting[0]!;
          const options = Object.entries(kwargs as Config).map(([key, v]) => [camelCase(key), read(v)]);
          const outputs = layer.call(
            ...(read(args) as unknown[]),
            ...(options.length ? [Object.fromEntries(options)] : []),
          ) as Nested<Tensor>;
          if (layer.isOperation) rename(outputs, name);
          layer.outputs.push(outputs);
        } catch (error) {
          if (error instanceof NotYet) break;
          throw error;
        }
        layer.waiting.shift();
        progress = true;
      }
    }
  }
  const stuck = [...made].filter(([, l]) => l.waiting.length).map(([name]) => name);
  if (stuck.length)
    throw new core.ValueError(
      `Invalid Functional model configuration. The graph of the Functional model either has loops or disconnected nodes. The following nodes failed to be resolved: ${stuck.join(', ')}`,
    );
  const tensors = (x: unknown): Nested<Tensor> => {
    if (Array.isArray(x))
      return typeof x[0] === 'string' ? lookUp(x[0], x[1] as number, x[2] as number) : x.map(tensors);
    return Object.fromEntries(Object.entries(x as Config).map(([key, y]) => [key, tensors(y)]));
  };
  const options: Open = {
    inputs: tensors(config['input_layers']),
    outputs: tensors(config['output_layers']),
    name: config['name'],
  };
  const model = new c(...([options] as never[]));
  if (config['trainable'] === false) model.trainable = false;
  return model;
}

/** Gives the operation that made these outputs the name that it had. */
function rename(outputs: Nested<Tensor>, name: string): void {
  const [first] = flattenTree(outputs);
  if (isSymbolic(first) && first.history) (first.history.operation as { name: string }).name = name;
}
/** The elementwise operation that a node of a saved model stands for. */
function operation(className: string): Call {
  const table = ops as unknown as Record<string, Call>;
  const name = className === 'TrueDivide' ? 'divide' : `${className.charAt(0).toLowerCase()}${className.slice(1)}`;
  if (Object.hasOwn(table, name)) return table[name]!;
  throw new core.ValueError(
    `Could not rebuild operation '${className}' of a functional model from its config: only elementwise operations can be. Put it into a layer.${core.nearest(name, Object.keys(table))}`,
  );
}
