// Symbolic tensors and the graph that they record: what functional models are made of.
import * as core from '@nn/core';
import { autoName } from '../naming.js';
import { coreDType, type DTypeName } from '../tensor/dtype.js';
import { formatShape } from '../tensor/format.js';
import { Numeric, Tensor, toCore, type Shape, type TensorLike } from '../tensor/tensor.js';
import { flattenTree, mapTree, packTree, type Nested } from '../tensor/tree.js';

/** What a node calls: a layer, or a single operation such as `Add`. */
export interface Operation {
  readonly name: string;
  /** The name of its class, as summaries and configs show it. */
  readonly className: string;
  readonly inboundNodes: Node[];
  /** Runs it on other tensors, symbolic or not. */
  rerun(args: readonly unknown[]): unknown;
}
/** Where a symbolic tensor comes from. */
export interface History {
  readonly operation: Operation;
  readonly nodeIndex: number;
  readonly tensorIndex: number;
}

const noData = (op: string, t: KerasTensor): core.TraceError =>
  new core.TraceError(
    `${op}: ${t.toString()} is symbolic and has no data. Put what needs values into a layer's call, or run the model on data`,
  );

/** A tensor without data: shape and dtype of what a model will compute. Unknown sizes are null. */
export class KerasTensor extends Tensor {
  readonly name: string;
  history: History | null = null;
  private readonly spec: { readonly shape: Shape; readonly dtype: DTypeName };

  constructor(shape: Shape, dtype: DTypeName = 'float32', name: string = autoName('keras_tensor')) {
    super(null);
    this.spec = { shape: [...shape], dtype };
    this.name = name;
  }
  override get shape(): Shape {
    return this.spec.shape;
  }
  override get dtype(): DTypeName {
    return this.spec.dtype;
  }
  override read(): core.Tensor {
    throw noData('read', this);
  }
  override get size(): number {
    throw noData('size', this);
  }
  override get device(): { readonly name: string } {
    return { name: core.device().name };
  }
  override toString(): string {
    return `<KerasTensor shape=${formatShape(this.shape)}, dtype=${this.dtype}, sparse=False, ragged=False, name=${this.name}>`;
  }

  override defer(name: string, inputs: readonly TensorLike[], f: CoreFunction): Tensor | Tensor[] {
    return new OperationNode(name, f).rerun(inputs) as Tensor | Tensor[];
  }
}

type CoreFunction = (...xs: core.Operand[]) => core.Tensor | readonly core.Tensor[];

/** One operation of a functional model that is not a layer. */
class OperationNode implements Operation {
  readonly name: string;
  readonly inboundNodes: Node[] = [];
  constructor(
    readonly className: string,
    private readonly f: CoreFunction,
  ) {
    this.name = autoName(className);
  }
  rerun(args: readonly unknown[]): unknown {
    if (symbolicTensors(args).length)
      return new Node(
        this,
        args,
        infer((concrete) => this.rerun(concrete(args) as unknown[])),
      ).outputs;
    const out = this.f(
      ...args.map((x) => (typeof x === 'number' || typeof x === 'boolean' ? x : toCore(x as TensorLike))),
    );
    return out instanceof core.Tensor ? new Tensor(out) : out.map((t) => new Tensor(t));
  }
}

/** One call of an operation on symbolic tensors. */
export class Node {
  readonly inputs: readonly KerasTensor[];
  constructor(
    readonly operation: Operation,
    readonly args: readonly unknown[],
    readonly outputs: Nested<KerasTensor>,
  ) {
    this.inputs = symbolicTensors(args);
    const nodeIndex = operation.inboundNodes.push(this) - 1;
    flattenTree(outputs).forEach((t, tensorIndex) => {
      if (t instanceof KerasTensor) t.history = { operation, nodeIndex, tensorIndex };
    });
  }
  /** True for the node of an Input: nothing comes before it. */
  get isInput(): boolean {
    return this.inputs.length === 0;
  }
}

export const isSymbolic = (x: unknown): x is KerasTensor => x instanceof KerasTensor;
/** The symbolic tensors in a tree, in order. */
export const symbolicTensors = (tree: unknown): KerasTensor[] => flattenTree(tree).filter(isSymbolic);

// Every unknown size is replaced by two numbers in turn; what comes out different is unknown too. They have many divisors, so that
// reshapes of unknown sizes work, and are unlike the sizes of real models, so that a layer that is built meanwhile can be told "unknown".
const standIns: readonly (readonly [batch: number, other: number])[] = [
  [720720, 10080],
  [1441440, 20160],
];
const standInNumbers = new RegExp(`\\b(${standIns.flat().join('|')})\\b`, 'g');
let inferring = false;

/** True while only shapes are wanted: loops over an unknown number of steps need one. */
export const isInferring = (): boolean => inferring;
/** The shape that a layer is built with: sizes that only stand in for unknown ones become null. */
export const buildShape = (shape: Shape): Shape =>
  inferring ? shape.map((d) => (standIns.some((s) => s.includes(d ?? 0)) ? null : d)) : shape;

/**
 * The symbolic result of a function, found by running it on tensors that have no data.
 *
 * @param f  receives a function that puts tensors without data in the place of symbolic ones
 */
export function infer(f: (concrete: (tree: unknown) => unknown) => unknown): Nested<KerasTensor> {
  let unknown = false;
  const run = ([batch, other]: readonly [number, number]): unknown =>
    core.symbolic(() =>
      f((tree) =>
        mapTree((x) => {
          if (!isSymbolic(x)) return x;
          if (x.shape.includes(null)) unknown = true;
          return new Tensor(
            core.placeholder({
              shape: x.shape.map((d, axis) => d ?? (axis ? other : batch)),
              dtype: coreDType('symbolic', x.dtype),
            }),
          );
        }, tree),
      ),
    );
  const was = inferring;
  inferring = true;
  try {
    const first = run(standIns[0]!);
    const second = flattenTree(unknown ? run(standIns[1]!) : first);
    return packTree(
      first,
      flattenTree(first).map((a, k) => merge(a, second[k])),
    );
  } catch (error) {
    // A message speaks of unknown sizes as its reader does.
    if (error instanceof Error) error.message = error.message.replaceAll(standInNumbers, 'None');
    throw error;
  } finally {
    inferring = was;
  }
}
function merge(a: unknown, b: unknown): KerasTensor {
  if (!(a instanceof Numeric) || !(b instanceof Numeric))
    throw new core.ValueError(`A symbolic call must return tensors, received ${a === null ? 'null' : typeof a}`);
  if (a.ndim !== b.ndim)
    throw new core.ShapeError(
      `A symbolic call gave ${a.ndim} or ${b.ndim} dimensions, depending on the size of an unknown axis: give that axis a size in Input`,
    );
  return new KerasTensor(
    a.shape.map((d, i) => (d === b.shape[i] ? d : null)),
    a.dtype,
  );
}
