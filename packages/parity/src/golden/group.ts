// Reads a group of the golden format: `manifest.json` with its cases, and their tensors in safetensors files.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decode, readSafetensors, type CoreArray, type StoredArray } from '@nn/formats';

/** What every case has; each group adds fields of its own. */
export interface GoldenCase {
  readonly id: string;
  readonly file?: string;
}

/** A reference to a tensor in the JSON of a case. */
export interface TensorRef {
  readonly $tensor: string;
  readonly grad?: boolean;
}

/** One group of cases, with the tensors that belong to them. */
export class Group {
  readonly name: string;
  readonly cases: readonly GoldenCase[];
  /** Fields of the manifest beside `cases`. */
  readonly manifest: Readonly<Record<string, unknown>>;
  readonly directory: string;
  private readonly files = new Map<string, ReadonlyMap<string, StoredArray>>();

  constructor(directory: string) {
    const { cases, ...manifest } = JSON.parse(readFileSync(join(directory, 'manifest.json'), 'utf8')) as {
      group: string;
      cases: GoldenCase[];
    };
    this.directory = directory;
    this.name = manifest.group;
    this.cases = cases;
    this.manifest = manifest;
  }

  /** The tensors of a case, under `<role>/<name>`. */
  tensorsOf(golden: GoldenCase): Tensors {
    return this.tensors(golden.file ?? '', golden.id);
  }

  /** The tensors in `file` whose keys begin with `<prefix>/`. */
  tensors(file: string, prefix: string): Tensors {
    return new Tensors(file === '' ? new Map() : this.load(file), prefix);
  }

  private load(file: string): ReadonlyMap<string, StoredArray> {
    let arrays = this.files.get(file);
    if (!arrays)
      this.files.set(file, (arrays = readSafetensors(new Uint8Array(readFileSync(join(this.directory, file)))).arrays));
    return arrays;
  }
}

/** Tensors of one case. */
export class Tensors {
  constructor(
    private readonly arrays: ReadonlyMap<string, StoredArray>,
    private readonly prefix: string,
  ) {}

  has(key: string): boolean {
    return this.arrays.has(`${this.prefix}/${key}`);
  }

  /** The array as the file holds it. */
  stored(key: string): StoredArray {
    const array = this.arrays.get(`${this.prefix}/${key}`);
    if (!array) throw new Error(`The golden data has no tensor "${this.prefix}/${key}".`);
    return array;
  }

  /** The array in a dtype of core. Throws FormatError where core has none that holds its values. */
  get(key: string): CoreArray {
    return decode(this.stored(key));
  }
}

/** What a case is about: its id without the number, such as "Linear" or "keras-Adam". */
export function kindOf(golden: GoldenCase): string {
  return golden.id.replace(/\.\d+$/, '');
}

/** The groups in a folder: the folder itself when it has a manifest, else its sub-folders that have one. */
export function readGroups(directory: string): Group[] {
  if (existsSync(join(directory, 'manifest.json'))) return [new Group(directory)];
  if (!existsSync(directory)) throw new Error(`There is no folder ${directory}.`);
  const found = readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(directory, entry.name, 'manifest.json')))
    .map((entry) => new Group(join(directory, entry.name)));
  if (found.length === 0)
    throw new Error(`${directory} holds no golden data: neither it nor a folder in it has a manifest.json.`);
  return found;
}
