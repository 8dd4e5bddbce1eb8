// Writes the small ONNX models of the operations: protocol buffers by hand, because no peer ships a writer.
import { convolution, input, type Given } from '../work/numbers.js';
import { groupsOf, type ConvTask, type MatmulTask, type RowTask, type SumTask, type Task } from '../work/task.js';

type Bytes = readonly number[];
function varint(n: number): number[] {
  const out: number[] = [];
  do {
    const low = n % 128;
    n = Math.floor(n / 128);
    out.push(n > 0 ? low | 128 : low);
  } while (n > 0);
  return out;
}
/** A field: its number, its wire type (0 varint, 2 bytes, 5 four bytes), its content. */
const field = (number: number, wire: 0 | 2 | 5, content: Bytes): number[] => [...varint(number * 8 + wire), ...content];
const bytes = (number: number, content: Bytes): number[] => field(number, 2, [...varint(content.length), ...content]);
const text = (number: number, content: string): number[] => bytes(number, [...new TextEncoder().encode(content)]);
const whole = (number: number, value: number): number[] => field(number, 0, varint(value));
const floats = (...values: number[]): number[] => [...new Uint8Array(Float32Array.from(values).buffer)];

/** Element types of ONNX. */
const elements = { f32: 1, i64: 7, f16: 10 } as const;
export type OnnxFloat = 'f32' | 'f16';
type Attribute = readonly [name: string, value: number | readonly number[], type: 'float' | 'int' | 'ints'];
const attribute = ([name, value, type]: Attribute): number[] => {
  if (type === 'float') return [...text(1, name), ...field(2, 5, floats(value as number)), ...whole(20, 1)];
  if (type === 'int') return [...text(1, name), ...whole(3, value as number), ...whole(20, 2)];
  return [...text(1, name), ...(value as readonly number[]).flatMap((v) => whole(8, v)), ...whole(20, 7)];
};

interface Node {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly attributes?: readonly Attribute[];
}
const node = ({ op, inputs, output, attributes = [] }: Node): number[] => [
  ...inputs.flatMap((name) => text(1, name)),
  ...text(2, output),
  ...text(3, output),
  ...text(4, op),
  ...attributes.flatMap((a) => bytes(5, attribute(a))),
];
const value = (name: string, shape: readonly number[], dtype: OnnxFloat): number[] => {
  const sizes = shape.flatMap((d) => bytes(1, whole(1, d)));
  return [...text(1, name), ...bytes(2, bytes(1, [...whole(1, elements[dtype]), ...bytes(2, sizes)]))];
};

type Constants = Readonly<Record<string, number | readonly [axis: number]>>;
/** A constant: a scalar f32, or a list of one i64. */
const constant = (name: string, v: number | readonly [number]): number[] =>
  typeof v === 'number'
    ? [...whole(2, elements.f32), ...text(8, name), ...bytes(9, floats(v))]
    : [...whole(1, 1), ...whole(2, elements.i64), ...text(8, name), ...bytes(9, [v[0], 0, 0, 0, 0, 0, 0, 0])];

/** A model, what it is fed with, and the shape of its output `y`. */
export interface OnnxModel {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly inputs: Readonly<Record<string, Given>>;
  readonly shape: readonly number[];
  /** Of inputs and output. */
  readonly dtype: OnnxFloat;
}
function model(
  nodes: readonly Node[],
  inputs: Readonly<Record<string, Given>>,
  shape: readonly number[],
  constants: Constants = {},
  dtype: OnnxFloat = 'f32',
): OnnxModel {
  const graph = [
    ...nodes.flatMap((n) => bytes(1, node(n))),
    ...text(2, 'task'),
    ...Object.entries(constants).flatMap(([name, v]) => bytes(5, constant(name, v))),
    ...Object.entries(inputs).flatMap(([name, { shape }]) => bytes(11, value(name, shape, dtype))),
    ...bytes(12, value('y', shape, dtype)),
  ];
  // IR version 8, operator set 17
  const content = [...whole(1, 8), ...bytes(8, [...text(1, ''), ...whole(2, 17)]), ...bytes(7, graph)];
  return { bytes: Uint8Array.from(content), inputs, shape, dtype };
}
const single = (
  op: string,
  inputs: Readonly<Record<string, Given>>,
  shape: readonly number[],
  attributes: readonly Attribute[] = [],
  dtype: OnnxFloat = 'f32',
): OnnxModel => model([{ op, inputs: Object.keys(inputs), output: 'y', attributes }], inputs, shape, {}, dtype);

function matmul({ form, n, dtype }: MatmulTask): OnnxModel {
  const inputs = { a: input([n, n], 1), b: input([n, n], 2) };
  if (form === 'NN') return single('MatMul', inputs, [n, n], [], dtype);
  return single('Gemm', inputs, [n, n], [[form === 'NT' ? 'transB' : 'transA', 1, 'int']], dtype);
}

/** The gradient by the filters has no operator of its own. */
function conv(task: ConvTask): OnnxModel | null {
  const { x, w, g } = convolution(task, 'channels first');
  const pad = (task.window - 1) / 2;
  const attributes: Attribute[] = [
    ['kernel_shape', [task.window, task.window], 'ints'],
    ['pads', [pad, pad, pad, pad], 'ints'],
    ['group', groupsOf(task), 'int'],
  ];
  if (task.part === 'forward') return single('Conv', { x, w }, g.shape, attributes);
  return task.part === 'input' ? single('ConvTranspose', { g, w }, x.shape, attributes) : null;
}

function row({ kind, rows, columns }: RowTask): OnnxModel {
  const shape = [rows, columns];
  if (kind === 'softmax') return single('Softmax', { x: input(shape, 1, 4) }, shape, [['axis', 1, 'int']]);
  const inputs = { x: input(shape, 1), weight: input([columns], 2), bias: input([columns], 3) };
  return single('LayerNormalization', inputs, shape, [
    ['axis', 1, 'int'],
    ['epsilon', 1e-5, 'float'],
  ]);
}

function sum({ rows, columns, axis }: SumTask): OnnxModel {
  const nodes: Node[] = [{ op: 'ReduceSum', inputs: ['x', 'axis'], output: 'y', attributes: [['keepdims', 0, 'int']] }];
  return model(nodes, { x: input([rows, columns], 1) }, [axis === 0 ? columns : rows], { axis: [axis] });
}

function chain(n: number): OnnxModel {
  const nodes: Node[] = [
    { op: 'Mul', inputs: ['x', 'p'], output: 's' },
    { op: 'Add', inputs: ['s', 'q'], output: 't' },
    { op: 'Tanh', inputs: ['t'], output: 'u' },
    { op: 'Mul', inputs: ['u', 'r'], output: 'v' },
    { op: 'Add', inputs: ['v', 'x'], output: 'y' },
  ];
  return model(nodes, { x: input([n], 1) }, [n], { p: 1.3, q: 0.1, r: 0.7 });
}

/** The model of an operation; null for what ONNX has no operator for, and for training. */
export function onnxModel(task: Task): OnnxModel | null {
  switch (task.kind) {
    case 'matmul':
      return matmul(task);
    case 'conv':
      return conv(task);
    case 'softmax':
    case 'layernorm':
      return row(task);
    case 'sum':
      return sum(task);
    case 'chain':
      return chain(task.n);
    default:
      return null;
  }
}
