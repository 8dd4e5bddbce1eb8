// What a layer expects of its inputs, and the errors when it is given something else.
import { ValueError } from '@nn/core';
import { formatShape } from '../tensor/format.js';
import { Numeric, type Shape } from '../tensor/tensor.js';
import { flattenTree, isPlain } from '../tensor/tree.js';

export interface InputSpecOptions {
  dtype?: string;
  shape?: Shape;
  ndim?: number;
  maxNdim?: number;
  minNdim?: number;
  /** Sizes of single axes; -1 is the last. */
  axes?: Readonly<Record<number, number | null>>;
  /** A last axis of size 1 may be there or not. */
  allowLastAxisSqueeze?: boolean;
  name?: string | null;
  optional?: boolean;
}
/** The rank, shape and dtype that a layer expects of one input. */
export class InputSpec {
  readonly dtype: string | null;
  readonly shape: Shape | null;
  readonly ndim: number | null;
  readonly maxNdim: number | null;
  readonly minNdim: number | null;
  readonly axes: Readonly<Record<number, number | null>>;
  readonly allowLastAxisSqueeze: boolean;
  readonly name: string | null;
  readonly optional: boolean;
  constructor(o: InputSpecOptions = {}) {
    this.dtype = o.dtype ?? null;
    this.shape = o.shape ?? null;
    this.ndim = o.shape?.length ?? o.ndim ?? null;
    this.maxNdim = o.maxNdim ?? null;
    this.minNdim = o.minNdim ?? null;
    this.axes = o.axes ?? {};
    this.allowLastAxisSqueeze = o.allowLastAxisSqueeze ?? false;
    this.name = o.name ?? null;
    this.optional = o.optional ?? false;
  }
}
export type InputSpecs = InputSpec | readonly (InputSpec | null)[] | null;

/** Throws, in Keras's words, when inputs are not what `specs` say. */
export function assertInputCompatibility(specs: InputSpecs, inputs: unknown, layer: string): void {
  if (!specs) return;
  const list = Array.isArray(specs) ? (specs as readonly (InputSpec | null)[]) : [specs as InputSpec];
  const names = list.map((s) => s?.name ?? null);
  const named = names.every((n): n is string => n !== null);
  const given = flattenTree(isPlain(inputs) && named ? names.map((n) => pick(inputs, n, names)) : inputs);
  if (given.length !== list.length) {
    throw new ValueError(
      named && list.length > 1
        ? `Layer "${layer}" expects ${list.length} named input(s) with keys [${names.join(', ')}], but it received ${given.length} input tensors. Pass inputs as a dict, e.g. \`layer({${names.map((n) => `'${n}': ...`).join(', ')}})\`.`
        : `Layer "${layer}" expects ${list.length} input(s), but it received ${given.length} input tensors. Inputs received: [${given.map(show).join(', ')}]`,
    );
  }
  given.forEach((x, k) => {
    const spec = list[k];
    if (!spec || ((x === null || x === undefined) && spec.optional)) return;
    if (!(x instanceof Numeric))
      throw new ValueError(
        `Inputs to a layer should be tensors. Got '${String(x)}' (of type ${typeof x}) as input for layer '${layer}'.`,
      );
    check(spec, x, k, layer);
  });
}
const show = (x: unknown): string => (x instanceof Numeric ? `<${x.dtype} ${formatShape(x.shape)}>` : String(x));
function pick(inputs: Record<string, unknown>, name: string, names: readonly string[]): unknown {
  if (!(name in inputs))
    throw new ValueError(
      `Missing data for input "${name}". You passed a data dictionary with keys [${Object.keys(inputs).join(', ')}]. Expected the following keys: [${names.join(', ')}]`,
    );
  return inputs[name];
}

function check(spec: InputSpec, x: Numeric, k: number, layer: string): void {
  const shape = x.shape;
  const fail = (expected: string): never => {
    throw new ValueError(
      `Input ${k} with name '${spec.name ?? 'None'}' of layer '${layer}' is incompatible with the layer: ${expected}`,
    );
  };
  const full = `Full shape received: ${formatShape(shape)}`;
  if (spec.ndim !== null && !spec.allowLastAxisSqueeze && shape.length !== spec.ndim)
    fail(`expected ndim=${spec.ndim}, found ndim=${shape.length}. ${full}`);
  if (spec.maxNdim !== null && shape.length > spec.maxNdim)
    fail(`expected max_ndim=${spec.maxNdim}, found ndim=${shape.length}`);
  if (spec.minNdim !== null && shape.length < spec.minNdim)
    fail(`expected min_ndim=${spec.minNdim}, found ndim=${shape.length}. ${full}`);
  if (spec.dtype !== null && x.dtype !== spec.dtype) fail(`expected dtype=${spec.dtype}, found dtype=${x.dtype}`);
  for (const [axis, size] of Object.entries(spec.axes)) {
    const found = shape.at(Number(axis));
    if (size !== null && found !== null && found !== size)
      fail(
        `expected axis ${axis} of input shape to have value ${size}, but received input with shape ${formatShape(shape)}`,
      );
  }
  if (spec.shape === null) return;
  const squeeze = (s: Shape): Shape => (spec.allowLastAxisSqueeze && s.at(-1) === 1 ? s.slice(0, -1) : s);
  const [want, have] = [squeeze(spec.shape), squeeze(shape)];
  const differs = want.some((d, i) => i < have.length && d !== null && have[i] !== null && have[i] !== d);
  if (differs) fail(`expected shape=${formatShape(spec.shape)}, found shape=${formatShape(shape)}`);
}
