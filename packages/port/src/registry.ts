// Which rule belongs to which class: those of this package and those that users declare.
import * as core from '@nn/core';
import { keras, type Layer } from '@nn/keras';
import { nn } from '@nn/torch';
import { at, type Direction, PortError, wayOut } from './error.js';
import { isLayer, type Part } from './flow.js';
import { TorchModuleLayer } from './live/as-layer.js';
import { type ClassOf, type Module, type PortRecord, type PortRule, record } from './rule.js';
import { builtIn } from './rules/index.js';

type AnyClass = abstract new (...args: never[]) => unknown;
const declared: PortRecord[] = [];
const tables: Record<Direction, Map<AnyClass, PortRecord> | null> = { toKeras: null, toTorch: null };

/** Records that go in this direction, by class; those declared last win. */
function table(direction: Direction): Map<AnyClass, PortRecord> {
  const side = direction === 'toKeras' ? 'torch' : 'keras';
  return (tables[direction] ??= new Map(
    [...builtIn, ...declared].flatMap((r) => (r[side] && r.rule[direction] ? [[r[side], r] as const] : [])),
  ));
}

/**
 * Declares once how instances of a torch module and of a Keras layer become each other; also in place of a built-in rule.
 *
 * @param rule.toKeras  makes the layer of a module; the weights follow by `weights`
 * @param rule.toTorch  makes the module of a layer; `{ inputShape }` is that of the layer's input, without the batch axis
 * @param rule.weights  by name in torch: the name in Keras, `{ to, transpose }`, or `{ drop: reason }`
 * @example
 * class Scale extends nn.Module {
 *   weight = new nn.Parameter(torch.ones([3]));
 *   forward(x: Tensor): Tensor { return x.mul(this.weight); }
 * }
 * class ScaleLayer extends keras.Layer {
 *   build(shape: Shape) { this.w = this.addWeight({ name: 'w', shape: [shape.at(-1)], initializer: 'ones' }); }
 *   call(x: Tensor): Tensor { return x.mul(this.w); }
 * }
 * definePort(Scale, ScaleLayer, { toKeras: () => new ScaleLayer(), toTorch: () => new Scale(), weights: { weight: 'w' } })
 * toKeras(new Scale(), { inputShape: [3] }) instanceof ScaleLayer // => true
 */
export function definePort<M extends Module, L extends Layer>(
  torch: ClassOf<M>,
  kerasClass: ClassOf<L>,
  rule: PortRule<M, L>,
): void {
  declared.push(record(torch, kerasClass, rule));
  tables.toKeras = null;
  tables.toTorch = null;
}

const classOf = (part: Part): AnyClass => part.constructor as AnyClass;
const parentOf = (c: AnyClass): AnyClass => Object.getPrototypeOf(c) as AnyClass;
const listOf = (namespace: object): ReadonlySet<unknown> => new Set(Object.values(namespace));
/** Whether the class is one of the library's own. */
const isLibrary = (part: Part): boolean => listOf(isLayer(part) ? keras.layers : nn).has(classOf(part));

/** Library modules that are made of others: they are looked into. */
const composed = (): readonly unknown[] => [
  nn.Sequential,
  nn.TransformerEncoderLayer,
  nn.TransformerDecoderLayer,
  nn.TransformerEncoder,
  nn.TransformerDecoder,
  nn.Transformer,
];

/** The rule of a part; null where it has none and is looked into instead. */
export function ruleOf(part: Part, direction: Direction, path: string): PortRecord | null {
  const rules = table(direction);
  let found = rules.get(classOf(part));
  // A lazy module is the plain one that waits for its first input.
  if (!found && !isLayer(part) && part.constructor.name.startsWith('Lazy')) found = rules.get(parentOf(classOf(part)));
  // Each wrapped module class has a layer class of its own.
  if (!found && part instanceof TorchModuleLayer) found = rules.get(TorchModuleLayer);
  if (found) return found;
  if (!isLibrary(part) || composed().includes(classOf(part))) return null;
  const name = part.constructor.name;
  const known = [...rules.keys()].map((c) => c.name);
  const what = isLayer(part)
    ? `${part.className} '${part.name}' has no counterpart in torch`
    : `nn.${name} has no counterpart in Keras`;
  throw new PortError(
    `${direction}: ${what}${isLayer(part) && path === part.name ? '' : at(path)}.${core.nearest(name, known)} ${wayOut[direction]}`,
  );
}

/** All records: the table of the docs and the tests run over them. */
export const records = (): readonly PortRecord[] => [...builtIn, ...declared];
