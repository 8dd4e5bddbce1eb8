// Settings of parameter groups as data: a compiled step sees each change of such a setting, and is not traced anew.
import * as core from '@nn/core';
import { promote } from '../tensor/handle.js';
import { Tensor } from '../tensor/tensor.js';

/** The Variables in which numbers of groups stand, by the name of the setting. */
const data = new WeakMap<object, Map<string, core.Variable>>();

/** The number of a setting that counts: itself, or the first one of a list, such as Adam's betas. */
const numberOf = (value: unknown): number => Number(Array.isArray(value) ? value[0] : value);

/** The number of a rate as it is given: a number, or a tensor of one. That of a tensor on a device that has to be waited for is taken for sound: 0. */
export function rateOf(lr: number | Tensor): number {
  if (!(lr instanceof Tensor)) return lr;
  if (lr.value.size !== 1 || !core.isFloat(lr.spec.dtype))
    throw new core.ValueError(
      `Tensor lr must be 1-element and of floating point: got ${core.describe(lr.spec)}. Give a number, or torch.tensor(0.1)`,
    );
  if (lr.requiresGrad)
    throw new core.ValueError(
      'Tensor lr must not require a gradient: its value is changed in place. Pass lr.detach().clone()',
    );
  return lr.value.backend.readSync ? core.itemSync(lr.value) : 0;
}

/** Makes a setting of a group one whose number also stands in a Variable; `dtype` is that of the parameters. */
export function track(group: object, name: string, dtype: core.DType): void {
  const known = data.get(group) ?? new Map<string, core.Variable>();
  data.set(group, known);
  if (known.has(name)) return;
  const fields = group as Record<string, unknown>;
  let value = fields[name];
  const given = value instanceof Tensor ? value : null;
  // The Variable of a tensor itself: changing the tensor in place changes the setting.
  const cell = given
    ? (given._cell ?? promote(given))
    : core.untraced(() => new core.Variable(core.literal(numberOf(value), dtype), { name, slot: true }));
  known.set(name, cell);
  Object.defineProperty(group, name, {
    enumerable: true,
    configurable: true,
    get: () => (given ? core.untraced(() => core.itemSync(cell.get())) : value),
    set(next: unknown) {
      value = typeof value === 'number' ? Number(next) : next;
      cell.set(core.reshape(core.literal(numberOf(next), cell.spec.dtype), cell.spec.shape));
    },
  });
}

export const isTracked = (group: object, name: string): boolean => data.get(group)?.has(name) ?? false;
/** The number of a tracked setting as data. */
export const tracked = (group: object, name: string): core.Tensor =>
  core.reshape(data.get(group)!.get(name)!.get(), []);
/** The dtype in which a group's numbers are kept. */
export const dtypeOfGroup = (group: { readonly params: readonly Tensor[] }): core.DType =>
  group.params.some((p) => p.spec.dtype === 'f64') ? 'f64' : 'f32';
