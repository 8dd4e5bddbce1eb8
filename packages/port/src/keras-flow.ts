// The flow of a Keras model: read from its graph, or from a symbolic run of its own call.
import type * as core from '@nn/core';
import { keras, Layer, Model, Tensor, Variable } from '@nn/keras';
import { at, PortError } from './error.js';
import { type Call, fillArguments, type Flow, type Operation, tensor, Value, type Weight } from './flow.js';
import { OperationLayer } from './keras-steps.js';
import type { Sizes } from './layout.js';

type Symbolic = InstanceType<typeof keras.KerasTensor>;
type Graph = NonNullable<Model['graph']>;
type Node = Graph['nodes'][number];

const dtypes: Readonly<Record<string, core.DType>> = {
  float32: 'f32',
  float64: 'f64',
  int32: 'i32',
  uint32: 'u32',
  uint8: 'u8',
  bool: 'bool',
};

/** Operations of the Keras face that work element by element: they do not care how the axes lie. */
const pointwiseNames: ReadonlySet<string> = new Set(
  (
    'Add Subtract Multiply TrueDivide FloorDivide Mod Power Negative Absolute Sqrt Square Exp Log Maximum Minimum Cast Clip Sign Relu ReLU ' +
    'LeakyReLU Relu6 Sigmoid Elu Celu Selu Gelu Softplus Softsign SoftShrink HardShrink Silu Tanh TanhShrink HardTanh Threshold HardSigmoid HardSilu LogSigmoid Mish ' +
    'StopGradient Identity Greater GreaterEqual Less LessEqual Equal NotEqual Squareplus Rsqrt Reciprocal Sin Cos Erf Log1p Expm1'
  ).split(' '),
);

const isSymbolic = (x: unknown): x is Symbolic => x instanceof keras.KerasTensor;
/** Arrays and objects, walked in the order that Keras walks them in, with `f` applied to each leaf. */
export function mapLeaves(tree: unknown, f: (leaf: unknown) => unknown): unknown {
  if (Array.isArray(tree)) return tree.map((x) => mapLeaves(x, f));
  if (tree === null || typeof tree !== 'object' || Object.getPrototypeOf(tree) !== Object.prototype) return f(tree);
  const out: Record<string, unknown> = {};
  for (const key of Object.keys(tree).sort()) out[key] = mapLeaves((tree as Record<string, unknown>)[key], f);
  return out;
}
/** The leaves of a class, in order. */
export function leavesOf<T>(tree: unknown, is: (x: unknown) => x is T): T[] {
  const found: T[] = [];
  mapLeaves(tree, (x) => void (is(x) && found.push(x)));
  return found;
}
/** Keras tensors in a tree, symbolic or not. */
export const kerasTensorsIn = (tree: unknown): Tensor[] => leavesOf(tree, (x) => x instanceof Tensor);

/** The name that a weight of a layer goes by: the field that holds it, or its own. */
export function weightName(layer: Layer, variable: Variable): string {
  const field = Object.entries(layer).find(([, x]) => x === variable);
  return field ? field[0] : variable.name;
}

function operationOf(node: Node, owner: Layer): Operation {
  const { operation, args } = node;
  const variables = leavesOf(args, (x) => x instanceof Variable);
  const weights: Weight[] = variables.map((v) => ({ name: weightName(owner, v), cell: v.cell }));
  const numbers = leavesOf(args, (x): x is unknown => !isSymbolic(x)).every(
    (x) => typeof x === 'number' || typeof x === 'boolean',
  );
  return {
    name: operation.className,
    pointwise: pointwiseNames.has(operation.className) && numbers,
    weights,
    run(xs, ws) {
      let [x, w] = [0, 0];
      const concrete = args.map((arg) =>
        mapLeaves(arg, (leaf) =>
          isSymbolic(leaf) ? new Tensor(xs[x++]!) : leaf instanceof Variable ? new Tensor(ws[w++]!) : leaf,
        ),
      );
      return kerasTensorsIn(operation.rerun(concrete)).map((t) => t.read());
    },
  };
}

/** The operation of a traced torch module, with the weights that the layer holds for it. */
const held = ({ operation, held: variables }: OperationLayer): Operation => ({
  ...operation,
  weights: variables.map((v) => ({ name: v.name, cell: v.cell })),
});

function readGraph(graph: Graph, owner: Layer): Flow {
  const values = new Map<unknown, Value>();
  const valueOf = (t: Symbolic): Value => {
    const known = values.get(t);
    if (known) return known;
    const made = new Value(t.shape, dtypes[t.dtype]!);
    values.set(t, made);
    return made;
  };
  const inputs = graph.inputs.map(valueOf);
  const calls = graph.nodes.flatMap((node): Call[] => {
    if (node.isInput) return [];
    const { operation } = node;
    const part =
      operation instanceof OperationLayer
        ? held(operation)
        : operation instanceof Layer
          ? operation
          : operationOf(node, owner);
    const outputs = leavesOf(node.outputs, isSymbolic).map(valueOf);
    return [
      {
        path: operation.name,
        part,
        inputs: node.inputs.map(valueOf),
        outputs,
        args: node.args.map((a) => mapLeaves(a, (x) => (isSymbolic(x) ? tensor : x))),
      },
    ];
  });
  return { inputs, calls, outputs: graph.outputs.map(valueOf) };
}

type CallFunction = (...args: unknown[]) => unknown;
/** Layers that do something else in training than in inference. */
export const actsInTraining = (layer: object): boolean =>
  [
    keras.layers.Dropout,
    keras.layers.AlphaDropout,
    keras.layers.GaussianNoise,
    keras.layers.GaussianDropout,
    keras.layers.BatchNormalization,
  ].some((c) => layer instanceof c) || ((layer as { dropout?: unknown }).dropout ?? 0) !== 0;

/** The graph of a layer's own call. */
function symbolicCall(layer: Layer, path: string, shapes: readonly Sizes[], args: readonly unknown[]): Graph {
  const name = `layer '${layer.name}' (${layer.className})${at(path)}`;
  const run = (options: object | null): Graph => {
    const inputs = shapes.map((s) => keras.Input({ batchShape: s }));
    const given = fillArguments(args, inputs, true);
    const call = layer.call as unknown as CallFunction;
    try {
      const outputs = call.apply(layer, options ? [...given, options] : given) as Tensor;
      return new Model({ inputs: inputs.length === 1 ? inputs[0]! : inputs, outputs }).graph!;
    } catch (error) {
      throw new PortError(
        `toTorch: ${name} has no rule, and its call cannot be read as a graph: ${error instanceof Error ? error.message : String(error)}. Declare it with definePort, or keep it as it is with asModule`,
      );
    }
  };
  const asks = /\b(training|options)\b/.test(Function.prototype.toString.call(layer.call));
  if (!asks || args.some((a) => isOptions(a) && 'training' in a)) return run(null);
  const [on, off] = [run({ training: true }), run({ training: false })];
  const text = (g: Graph): string =>
    g.nodes.map((n) => (n.operation instanceof Layer ? n.operation.name : n.operation.className)).join(' ');
  const plain = (g: Graph): string => text(g).replaceAll(/input_layer\w*/g, 'input');
  if (plain(on) !== plain(off)) {
    throw new PortError(
      `toTorch: ${name} computes something else in training than in inference; put what differs into layers of its own, such as Dropout, or keep it as it is with asModule`,
    );
  }
  return off;
}

const isOptions = (x: unknown): x is Record<string, unknown> =>
  typeof x === 'object' && x !== null && Object.getPrototypeOf(x) === Object.prototype;
/** Throws when a model with a graph is called with options that change what its layers do. */
function checkCallOptions(model: Model, path: string, args: readonly unknown[]): void {
  const options = Object.entries(args.find((a, i) => i > 0 && isOptions(a)) ?? {}).filter(
    ([, x]) => x !== undefined && x !== null,
  );
  const lost = options.find(([key]) => key !== 'training' || model.flattenLayers().some((l) => actsInTraining(l)));
  if (lost) {
    throw new PortError(
      `toTorch: model '${model.name}'${at(path)} is called with ${lost[0]}: ${String(lost[1] === tensor ? 'a tensor' : lost[1])}, which a torch module does not take: call eval() or train() on the part instead. Port the model without the option, or keep it as it is with asModule`,
    );
  }
}

/** What a model, or a layer without a rule, computes. */
export function readLayer(
  layer: Layer,
  path: string,
  inputs: readonly { readonly shape: Sizes }[],
  args: readonly unknown[],
): Flow {
  let graph = layer instanceof Model ? layer.graph : null;
  if (graph) checkCallOptions(layer as Model, path, args);
  graph ??= symbolicCall(
    layer,
    path,
    inputs.map((x) => x.shape),
    args,
  );
  const flow = readGraph(graph, layer);
  const seen = new Set<core.Variable>();
  for (const { part } of flow.calls) {
    for (const cell of part instanceof Layer
      ? part.weights.map((v) => v.cell)
      : (part as Operation).weights.map((w) => w.cell))
      seen.add(cell);
  }
  const hidden = layer.weights.find((v) => !seen.has(v.cell));
  if (hidden) {
    throw new PortError(
      `toTorch: layer '${layer.name}' (${layer.className})${at(path)} has no rule, and its weight '${hidden.name}' is not an argument of the operations of its call. Declare it with definePort, or keep it as it is with asModule`,
    );
  }
  return flow;
}
