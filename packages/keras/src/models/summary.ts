// `model.summary()`: the table of Keras 3, as rich prints it.
import { sizeOf, ValueError } from '@nn/core';
import type { Graph } from '../graph/graph.js';
import { Layer } from '../layers/layer.js';
import type { Node, Operation } from '../graph/node.js';
import { dtypeSize } from '../tensor/dtype.js';
import { isShape, type Shapes } from '../tensor/shapes.js';
import type { Shape } from '../tensor/tensor.js';
import { flattenTree, mapTree } from '../tensor/tree.js';
import type { Variable } from '../tensor/variable.js';
import { printLine, terminalColumns } from '../toolbox/console.js';
import { renderTable, type Column } from './table.js';
import type { Trainee } from '../training/trainee.js';

export interface SummaryOptions {
  /** Width of the table; default that of Keras, within the terminal. */
  lineLength?: number | null;
  /** Where columns end, as shares of the width. */
  positions?: readonly number[] | null;
  /** Receives the text instead of standard output. */
  printFn?: ((text: string) => void) | null;
  /** Also lists the layers inside of models; default false. */
  expandNested?: boolean;
  /** Adds a column that says what is trained; default false. */
  showTrainable?: boolean;
  /** Names of the first and the last layer to list, which may be regular expressions. */
  layerRange?: readonly [string, string] | null;
}

const countOf = (variables: readonly Variable[]): number => variables.reduce((n, v) => n + sizeOf(v.shape), 0);
const bytesOf = (variables: readonly Variable[]): number =>
  [...new Set(variables)].reduce((n, v) => n + sizeOf(v.shape) * dtypeSize(v.dtype), 0);
/** `4.00 KB` */
export function readableSize(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB', 'PB'];
  let size = bytes;
  let unit = 0;
  while (size >= 1024 && unit < units.length - 1) {
    size /= 1024;
    unit++;
  }
  return `${size.toFixed(2)} ${units[unit]}`;
}
const grouped = (n: number): string => String(n).replace(/\B(?=(\d{3})+$)/g, ',');

/** A shape, or a tuple or list of shapes as Python prints them. */
function shapeText(shapes: unknown): string {
  if (isShape(shapes)) return `(${shapes.map((d) => d ?? 'None').join(', ')})`;
  if (Array.isArray(shapes))
    return shapes.length === 1 ? shapeText(shapes[0]) : `[${shapes.map(shapeText).join(', ')}]`;
  return `{${Object.entries(shapes as object)
    .map(([key, s]) => `${key}: ${shapeText(s)}`)
    .join(', ')}}`;
}
function outputShape(op: Operation): string {
  const node = op.inboundNodes.at(-1);
  if (node) {
    const shapes = mapTree((t) => ({ shape: (t as { shape: Shape }).shape }), node.outputs);
    const flat = flattenTree(node.outputs) as { shape: Shape }[];
    return flat.length === 1 ? shapeText(flat[0]!.shape) : shapeText(plainShapes(shapes));
  }
  if (!(op instanceof Layer) || !op.buildShapes?.length) return '?';
  try {
    return shapeText(op.computeOutputShape(...(op.buildShapes as Shapes[])));
  } catch {
    return '?';
  }
}
const plainShapes = (x: unknown): unknown =>
  Array.isArray(x)
    ? x.map(plainShapes)
    : 'shape' in (x as object)
      ? (x as { shape: Shape }).shape
      : Object.fromEntries(Object.entries(x as object).map(([k, v]) => [k, plainShapes(v)]));

/** One node a level with one input each, and no layer twice: a plain stack. */
function isStack(model: Trainee, graph: Graph): boolean {
  if (graph.levels.some((level) => level.length > 1 || level[0]!.inputs.length > 1)) return false;
  const nodes = new Set<Node>(graph.levels.flat());
  return model.layers.every((l) => l.inboundNodes.filter((n) => nodes.has(n)).length <= 1);
}
const connections = (op: Operation, nodes: ReadonlySet<Node>): string =>
  op.inboundNodes
    .filter((n) => nodes.has(n))
    .flatMap((n) =>
      n.inputs.map((t) => `${t.history!.operation.name}[${t.history!.nodeIndex}][${t.history!.tensorIndex}]`),
    )
    .join(', ') || '-';

function range(
  ops: readonly Operation[],
  layerRange: readonly [string, string] | null | undefined,
): readonly Operation[] {
  if (!layerRange) return ops;
  const places = layerRange.map((pattern) =>
    ops.flatMap((op, i) => (new RegExp(`^(?:${pattern})`).test(op.name) ? [i] : [])),
  );
  if (!places[0]!.length || !places[1]!.length)
    throw new ValueError(
      `Passed layer_names do not match the layer names in the model. Received: [${layerRange.join(', ')}]`,
    );
  const all = places.flat();
  return ops.slice(Math.min(...all), Math.max(...all) + 1);
}

/** The text of a summary. */
export function summaryText(model: Trainee, o: SummaryOptions = {}): string {
  const graph = model.graph;
  const functional = graph !== null && model.className === 'Functional';
  const ops: readonly Operation[] = functional ? graph.operations : model.layers;
  const stack = !functional || isStack(model, graph);
  const nodes = new Set<Node>(graph ? graph.levels.flat() : []);
  let columns: Omit<Column, 'width'>[] = [
    { name: 'Layer (type)', align: 'left' },
    { name: 'Output Shape', align: 'left' },
    { name: 'Param #', align: 'right' },
    ...(stack ? [] : [{ name: 'Connected to', align: 'left' } as const]),
  ];
  let positions = o.positions ?? (stack ? [0.45, 0.8, 1] : [0.3, 0.56, 0.74, 1]);
  let length = stack ? 88 : 108;
  if (o.showTrainable) {
    length += 12;
    positions = [...positions.map((p) => p * 0.9), 1];
    columns = [...columns, { name: 'Trainable', align: 'center' }];
  }
  length = o.lineLength ?? Math.min(length, terminalColumns() - 4);
  let used = 0;
  const widths = positions.map((p) => {
    const width = Math.floor(p * length) - used;
    if (width < 4) throw new ValueError('Insufficient console width to print summary.');
    used += width;
    return width;
  });
  const fields = (op: Operation, prefix: string): string[] => {
    const layer = op instanceof Layer ? op : null;
    const row = [
      `${prefix}${op.name} (${op.className})`,
      outputShape(op),
      !layer ? '0' : layer.built ? grouped(layer.countParams()) : '0 (unbuilt)',
    ];
    if (!stack) row.push(connections(op, nodes));
    if (o.showTrainable) row.push(layer?.weights.length ? (layer.trainable ? 'Y' : 'N') : '-');
    return row;
  };
  const list = (op: Operation, level: number): string[][] => {
    const rows = [fields(op, level ? `${'   '.repeat(level)}└ ` : '')];
    const inner = o.expandNested ? (op as { layers?: unknown }).layers : null;
    return Array.isArray(inner) ? [...rows, ...(inner as Layer[]).flatMap((l) => list(l, level + 1))] : rows;
  };
  const rows = range(ops, o.layerRange).flatMap((op) => list(op, 0));
  const optimizer = model.optimizer?.built ? model.optimizer.variables : [];
  const [trainable, frozen] = [model.trainableWeights, model.nonTrainableWeights];
  const total = (name: string, variables: readonly Variable[]): string =>
    ` ${name}: ${grouped(countOf(variables))} (${readableSize(bytesOf(variables))})`;
  return [
    `Model: "${model.name}"`,
    renderTable(
      columns.map((c, i) => ({ ...c, width: widths[i]! })),
      rows,
      length,
    ),
    total('Total params', [...trainable, ...frozen, ...optimizer]),
    total('Trainable params', trainable),
    total('Non-trainable params', frozen),
    ...(optimizer.length ? [total('Optimizer params', optimizer)] : []),
  ].join('\n');
}
export function printSummary(model: Trainee, o: SummaryOptions = {}): void {
  const text = summaryText(model, o);
  if (o.printFn) o.printFn(text);
  else printLine(text);
}
