// Pairs of a torch tensor and a Keras weight that hold the same numbers, and copying between them.
import * as core from '@nn/core';
import type { Layer, Variable } from '@nn/keras';
import { at, PortError } from './error.js';
import type { Layout } from './layout.js';
import type { Module, PortContext, PortRecord } from './rule.js';
import { contribution, convertBack, isDrop, type Slot, slotsOf } from './slot.js';
import { cellOf } from './torch-trace.js';

/** One torch tensor (or a block of it) and the Keras weight (or the block of it) that it becomes. */
export interface Pair {
  readonly torch: core.Variable;
  readonly keras: core.Variable;
  readonly slot: Slot;
  /** The order of the features of the input. */
  readonly layout: Layout;
}
/** A torch tensor that Keras does not have. */
export interface Dropped {
  readonly cell: core.Variable;
  readonly reason: string;
}
export interface Pairs {
  readonly pairs: readonly Pair[];
  readonly dropped: readonly Dropped[];
}

/** The weight of a layer that a rule names: a field, a path whose end is unique, or a place among the weights (`#0`). */
function findWeight(layer: Layer, name: string): Variable | null {
  if (name.startsWith('#')) return layer.weights[Number(name.slice(1))] ?? null;
  const field = (layer as unknown as Record<string, unknown>)[name];
  const own = layer.weights.find((v) => v === field);
  if (own) return own;
  const ending = layer.weights.filter((v) => `/${v.path}`.endsWith(`/${name}`));
  return ending.length === 1 ? ending[0]! : null;
}

const tensorsOf = (module: Module): Map<string, core.Variable> =>
  new Map([...module.namedParameters(), ...module.namedBuffers()].map(([name, t]) => [name, cellOf(t)]));

/**
 * Resolves the weights of a rule for one module and the layers that it became (or came from).
 *
 * @throws PortError  when a tensor of either side is not spoken for
 */
export function pairsOf(
  { rule }: PortRecord,
  module: Module,
  layers: readonly Layer[],
  main: Layer,
  context: PortContext,
  path: string,
): Pairs {
  const weights = typeof rule.weights === 'function' ? rule.weights(module, main, context) : (rule.weights ?? {});
  const tensors = tensorsOf(module);
  const pairs: Pair[] = [];
  const dropped: Dropped[] = [];
  const names = `the rule for ${module.getName()} and ${main.className}${at(path)}`;
  const has = `it has ${[...tensors.keys()].join(', ') || 'none'}`;
  for (const [name, entry] of Object.entries(weights)) {
    const torch = tensors.get(name);
    if (!torch)
      throw new PortError(
        `${names} names the tensor '${name}', which the module does not have; ${has}.${core.nearest(name, tensors.keys())}`,
      );
    if (isDrop(entry)) {
      dropped.push({ cell: torch, reason: entry.drop });
      continue;
    }
    for (const slot of slotsOf(entry)) {
      const layer = slot.layer === undefined ? main : layers[slot.layer]!;
      const weight = findWeight(layer, slot.to);
      if (!weight) {
        const known = layer.weights.map((v) => v.name);
        throw new PortError(
          `${names} sends '${name}' to the weight '${slot.to}', which layer '${layer.name}' does not have; it has ${known.join(', ') || 'none'}.${core.nearest(slot.to, known)}`,
        );
      }
      pairs.push({ torch, keras: weight.cell, slot, layout: context.layout });
    }
  }
  const left = [...tensors].find(
    ([, cell]) => !pairs.some((p) => p.torch === cell) && !dropped.some((d) => d.cell === cell),
  );
  if (left)
    throw new PortError(`${names} does not say what becomes of '${left[0]}': add it to weights, or { drop: reason }`);
  const open = layers.flatMap((l) => l.weights).find((v) => !pairs.some((p) => p.keras === v.cell));
  if (open)
    throw new PortError(`${names} does not say what the Keras weight '${open.name}' is in torch: add it to weights`);
  return { pairs, dropped };
}

const shapeText = (shape: readonly number[]): string => `[${shape.join(', ')}]`;
const group = (pairs: readonly Pair[], key: (p: Pair) => core.Variable): Map<core.Variable, Pair[]> => {
  const groups = new Map<core.Variable, Pair[]>();
  for (const p of pairs) groups.set(key(p), [...(groups.get(key(p)) ?? []), p]);
  return groups;
};
const sum = (xs: readonly core.Tensor[]): core.Tensor => xs.reduce((a, b) => core.add(a, b));

/** Writes a value into a cell, in the dtype of the cell. */
function write(cell: core.Variable, value: core.Tensor, what: string): void {
  if (!core.sameShape(value.shape, cell.shape))
    throw new PortError(
      `${what}: a weight of shape ${shapeText(value.shape)} does not fit into one of shape ${shapeText(cell.shape)}`,
    );
  cell.set(core.detach(value.dtype === cell.dtype ? value : core.cast(value, cell.dtype)));
}

/** The value of a Keras weight that the torch tensors of its pairs make. */
export const kerasValue = (
  pairs: readonly Pair[],
  valueOf: (cell: core.Variable) => core.Tensor = (c) => c.get(),
): core.Tensor => sum(pairs.map((p) => contribution(valueOf(p.torch), p.slot, p.keras.shape, p.layout)));

const compute = (f: () => void): void => core.noGrad(() => core.scope(f));
/** Copies torch tensors into the Keras weights, and whether they are trained. */
export function copyToKeras(pairs: readonly Pair[], flags = false): void {
  compute(() => {
    for (const [keras, list] of group(pairs, (p) => p.keras)) {
      if (list.some((p) => p.torch === keras)) continue;
      write(keras, kerasValue(list), 'toKeras');
      if (flags && keras.trainable) keras.trainable = list.some((p) => p.torch.trainable);
    }
  });
}
/** Copies Keras weights into the torch tensors, and whether they are trained. */
export function copyToTorch(pairs: readonly Pair[], flags = false): void {
  compute(() => {
    for (const [torch, list] of group(pairs, (p) => p.torch)) {
      if (list.some((p) => p.keras === torch)) continue;
      write(torch, sum(list.map((p) => convertBack(p.keras.get(), p.slot, torch.shape, p.layout))), 'toTorch');
      if (flags && torch.trainable) torch.trainable = list.some((p) => p.keras.trainable);
    }
  });
}
