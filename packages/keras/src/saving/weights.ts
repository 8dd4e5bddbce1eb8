// Weights as files: named arrays in the safetensors format.
import * as core from '@nn/core';
import { decode, encode, readSafetensors, writeSafetensors, type StoredArray } from '@nn/formats';
import { formatShape } from '../tensor/format.js';
import { Tensor } from '../tensor/tensor.js';
import type { Variable } from '../tensor/variable.js';
import { readFile, writeFile } from './files.js';

/** Variables by the names that they have in a file. */
export type Named = Iterable<readonly [name: string, variable: Variable]>;

const extension = '.safetensors';
/** Throws for a path that is not one of the format that is written. */
export function checkPath(what: string, path: string): void {
  if (path.endsWith(extension)) return;
  throw new core.ValueError(
    `${what}: the filename must end in \`${extension}\`, the one format of weights so far. Received: filepath=${path}`,
  );
}

/** The values of variables as a safetensors file. */
export async function encodeVariables(
  variables: Named,
  metadata?: Readonly<Record<string, string>>,
): Promise<Uint8Array> {
  const arrays: [string, StoredArray][] = [];
  for (const [name, v] of variables) {
    const { shape, dtype } = v.cell;
    arrays.push([name, encode({ dtype, shape, data: await core.data(core.detach(v.cell.get())) })]);
  }
  return writeSafetensors(arrays, metadata && Object.entries(metadata));
}

/**
 * Writes the values of a safetensors file into variables of the same names and shapes, all of them or none.
 *
 * @param o.skipMismatch  leaves alone what does not fit; default false
 * @returns  the metadata of the file
 * @throws ValueError  naming what is missing, unexpected, or of another shape
 */
export function decodeVariables(
  bytes: Uint8Array,
  variables: Named,
  what: string,
  o: { skipMismatch?: boolean } = {},
): ReadonlyMap<string, string> {
  const { arrays, metadata } = readSafetensors(bytes);
  const wanted = new Map(variables);
  const wrong: string[] = [];
  const found: [Variable, core.Tensor][] = [];
  for (const [name, v] of wanted) {
    const stored = arrays.get(name);
    if (!stored) wrong.push(`"${name}" is not in the file`);
    else if (formatShape(stored.shape) !== formatShape(v.shape))
      wrong.push(`"${name}" is ${formatShape(stored.shape)} in the file and ${formatShape(v.shape)} in the model`);
    else {
      const { data, shape, dtype } = decode(stored);
      found.push([v, core.cast(core.tensor(data, { shape, dtype }), v.cell.dtype)]);
    }
  }
  for (const name of arrays.keys()) if (!wanted.has(name)) wrong.push(`"${name}" is in the file only`);
  if (wrong.length && !o.skipMismatch) {
    const listed = wrong.slice(0, 10).join('; ') + (wrong.length > 10 ? `; and ${wrong.length - 10} more` : '');
    throw new core.ValueError(
      `${what}: the file does not fit: ${listed}. Load it into a model of the same layers, or pass skipMismatch: true to take what fits`,
    );
  }
  for (const [v, value] of found) v.assign(new Tensor(value));
  return metadata;
}

/** What has weights and a name for each. */
export interface Weighted {
  readonly name: string;
  readonly built: boolean;
  namedWeights(): [name: string, variable: Variable][];
}
const checkBuilt = (what: string, model: Weighted): void => {
  if (!model.built && !model.namedWeights().length)
    throw new core.ValueError(
      `${what}: model '${model.name}' has no weights yet. Call it on data, or build it, before`,
    );
};

/** The weights of a model as a safetensors file. */
export function weightsFile(model: Weighted): Promise<Uint8Array> {
  checkBuilt('weightsFile', model);
  return encodeVariables(model.namedWeights());
}
/** Writes the weights of a model to a file. */
export async function saveWeights(model: Weighted, path: string, what = 'saveWeights'): Promise<void> {
  checkPath(what, path);
  await writeFile(path, await weightsFile(model), what, 'Take the bytes: await model.weightsFile()');
}
/** Reads the weights of a model from a file, or from the bytes of one. */
export async function loadWeights(
  model: Weighted,
  from: string | Uint8Array,
  o: { skipMismatch?: boolean } = {},
): Promise<void> {
  checkBuilt('loadWeights', model);
  if (typeof from === 'string') checkPath('loadWeights', from);
  const bytes =
    typeof from === 'string'
      ? await readFile(from, 'loadWeights', 'Pass the bytes of the file: model.loadWeights(bytes)')
      : from;
  decodeVariables(bytes, model.namedWeights(), 'loadWeights', o);
}
