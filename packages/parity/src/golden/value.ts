// Values in the JSON of the golden data: tensors, numbers that JSON lacks, modules given as arguments.
import type { TensorRef } from './group.js';

/** A module given as an argument. */
export interface ModuleRef {
  readonly $module: string;
  readonly args: Readonly<Record<string, unknown>>;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
export const isTensorRef = (value: unknown): value is TensorRef =>
  isRecord(value) && typeof value['$tensor'] === 'string';
const isModuleRef = (value: unknown): value is ModuleRef => isRecord(value) && typeof value['$module'] === 'string';
const isFloatRef = (value: unknown): value is { $float: 'nan' | 'inf' | '-inf' } =>
  isRecord(value) && typeof value['$float'] === 'string';

const floats = { nan: NaN, inf: Infinity, '-inf': -Infinity };

/** What tensors and modules in a value become. */
export interface Revive {
  tensor(ref: TensorRef): unknown;
  module?(ref: ModuleRef): unknown;
}

/** The value with every reference in it replaced. Keys of objects stay as they are. */
export function revive(value: unknown, to: Revive): unknown {
  if (isTensorRef(value)) return to.tensor(value);
  if (isFloatRef(value)) return floats[value.$float];
  if (isModuleRef(value)) {
    if (!to.module) throw new Error(`A module (${value.$module}) cannot stand here.`);
    return to.module(value);
  }
  if (Array.isArray(value)) return value.map((v) => revive(v, to));
  if (isRecord(value)) return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, revive(v, to)]));
  return value;
}

/** The tensors in a tree, in order, each with where it stands in the tree ("1/0"). */
export function* tensorsIn(tree: unknown, path = ''): Generator<{ ref: TensorRef; path: string }> {
  if (isTensorRef(tree)) yield { ref: tree, path: path === '' ? '0' : path };
  else if (Array.isArray(tree))
    for (const [i, branch] of tree.entries()) yield* tensorsIn(branch, path === '' ? `${i}` : `${path}/${i}`);
  else if (isRecord(tree))
    for (const [key, branch] of Object.entries(tree)) yield* tensorsIn(branch, path === '' ? key : `${path}/${key}`);
}

/** `running_mean` as JavaScript writes it: `runningMean`. Names that are data (parameters, weights) are never changed. */
export function camel(name: string): string {
  return name.replace(/(?<=[A-Za-z0-9])_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
