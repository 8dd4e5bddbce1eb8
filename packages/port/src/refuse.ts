// Says no, with the layer, the setting, the reason and the way out.
import type { Layer } from '@nn/keras';
import { nn } from '@nn/torch';
import { isLayer, type Part, tensor } from './flow.js';
import { at, type Direction, PortError, wayOut } from './error.js';
import { actsInTraining } from './keras-flow.js';
import type { Module, PortContext, PortRecord, Refusal } from './rule.js';

const written = (x: unknown): string =>
  Array.isArray(x) ? `[${x.map(written).join(', ')}]` : typeof x === 'string' ? `'${x}'` : String(x);

/** ` at "encoder.0"`, where it says more than the name of a layer. */
const place = (part: Part, path: string): string => (isLayer(part) && path === part.name ? '' : at(path));

/** `nn.MaxPool2d(2, dilation: 2)`, or `Conv2D 'conv' (padding: 'same')`. */
function describe(part: Part, record: PortRecord, setting: string | null): string {
  if (isLayer(part)) return `${part.className} '${part.name}'${setting === null ? '' : ` (${setting})`}`;
  const positional = (record.rule.torchArguments?.(part) ?? []).map(written);
  const all = [...positional, ...(setting === null ? [] : [setting])];
  return `nn.${part.constructor.name}${all.length ? `(${all.join(', ')})` : ''}`;
}

/** Throws when the rule does not take this instance. */
export function checkRefusals(
  direction: Direction,
  record: PortRecord,
  part: Part,
  context: PortContext,
  path: string,
): void {
  const list = (direction === 'toKeras' ? record.rule.refuseToKeras : record.rule.refuseToTorch) as
    | readonly Refusal<Part>[]
    | undefined;
  for (const { setting, when, reason, wayOut: way } of list ?? []) {
    if (!when(part, context)) continue;
    const target = direction === 'toKeras' ? 'a Keras layer' : 'a torch module';
    throw new PortError(
      `${direction}: ${describe(part, record, setting(part))}${place(part, path)} cannot become ${target}: ${reason}. ${way ?? wayOut[direction]}`,
    );
  }
}

/** Throws when the call has options that the rule would lose. */
export function checkOptions(
  direction: Direction,
  { rule }: PortRecord,
  part: Part,
  { args }: PortContext,
  path: string,
): void {
  const plain = (x: unknown): x is object =>
    typeof x === 'object' && x !== null && Object.getPrototypeOf(x) === Object.prototype;
  const same = isLayer(part) && !actsInTraining(part);
  const taken = (key: string, value: unknown): boolean =>
    value === undefined || value === null || (key === 'training' && same) || (rule.takesOptions ?? []).includes(key);
  const lost = args.flatMap((a) =>
    plain(a)
      ? Object.entries(a).flatMap(([key, x]) =>
          taken(key, x) ? [] : [`${key}: ${x === tensor ? 'a tensor' : written(x)}`],
        )
      : a === tensor || a === null || a === undefined || Array.isArray(a)
        ? []
        : [written(a)],
  );
  if (!lost.length) return;
  const name = isLayer(part) ? `${part.className} '${part.name}'` : `nn.${part.constructor.name}`;
  throw new PortError(
    `${direction}: ${name}${place(part, path)} is called with ${lost.join(', ')}, which its rule does not carry over. ${wayOut[direction]}`,
  );
}

/** A refusal of all values of a field but the given ones. */
export function only<T>(field: keyof T & string, allowed: unknown, reason: string, way?: string): Refusal<T> {
  const value = (source: T): unknown => source[field];
  const list = (x: unknown): readonly unknown[] => (Array.isArray(x) ? x : [x]);
  return {
    setting: (source) => `${field}: ${written(value(source))}`,
    when: (source) => list(value(source)).some((x) => x !== allowed),
    reason,
    ...(way !== undefined && { wayOut: way }),
  };
}

/** Penalties and constraints of weights belong to the training loop in torch: a layer that has them is refused. */
export function checkTrainerSettings(layer: Layer, path: string): void {
  const found = Object.entries(layer).find(
    ([key, x]) => /(Regularizer|Constraint)$/.test(key) && x !== null && x !== undefined,
  );
  if (!found) return;
  const way = found[0].endsWith('Regularizer')
    ? 'Remove it and add the penalty to the loss of the training loop, or use weightDecay of the optimizer'
    : 'Remove it and constrain the weight after each optimizer step';
  throw new PortError(
    `toTorch: ${layer.className} '${layer.name}' (${found[0]})${place(layer, path)} cannot become a torch module: torch modules have no regularizers and constraints. ${way}`,
  );
}

/** Hooks and parametrizations are code around a module: nothing in Keras stands for them. */
export function checkBare(module: Module, path: string): void {
  const { hooks } = module._state;
  const name = `${module.getName()}${at(path)}`;
  if (hooks && Object.values(hooks).some((set) => set.size > 0)) {
    throw new PortError(
      `toKeras: ${name} has hooks, which are code that Keras layers do not have. Remove them, or ${keep}`,
    );
  }
  const changed = (module as { parametrizations?: unknown }).parametrizations;
  if (!(changed instanceof nn.Module)) return;
  const [first] = changed.namedChildren();
  throw new PortError(
    `toKeras: ${name} computes its ${first?.[0] ?? 'weight'} by a parametrization in every call. Bake it with nn.utils.parametrizations.removeParametrizations(module, '${first?.[0] ?? 'weight'}'), or ${keep}`,
  );
}
const keep = 'keep the module as it is with asLayer';
