// Replays the group `files`: checkpoints of the real libraries, and hostile files that must be refused.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  decode,
  FormatError,
  readSafetensors,
  writeSafetensors,
  type StoredArray,
  type StoredDType,
} from '@nn/formats';
import { distance } from '../golden/distance.js';
import type { GoldenCase } from '../golden/group.js';
import { NotCovered } from './outcome.js';
import type { Adapter, Replay } from './run.js';

interface FileCase extends GoldenCase {
  readonly kind: string;
  readonly path: string;
  readonly expect: 'ok' | 'error' | 'no_crash';
  readonly value?: {
    readonly $dict: readonly (readonly [
      string,
      { readonly $tensor: string; readonly dtype: string; readonly shape: readonly number[] },
    ])[];
  };
  readonly metadata?: Readonly<Record<string, string>> | null;
}

/** What the original libraries call the element types of files. */
const dtypes: Readonly<Record<string, StoredDType>> = {
  bool: 'bool',
  uint8: 'u8',
  int8: 'i8',
  uint16: 'u16',
  int16: 'i16',
  uint32: 'u32',
  int32: 'i32',
  uint64: 'u64',
  int64: 'i64',
  float16: 'f16',
  bfloat16: 'bf16',
  float32: 'f32',
  float64: 'f64',
  complex64: 'c64',
  float8_e4m3fn: 'f8_e4m3',
  float8_e5m2: 'f8_e5m2',
  float8_e4m3fnuz: 'f8_e4m3fnuz',
  float8_e5m2fnuz: 'f8_e5m2fnuz',
  float8_e8m0fnu: 'f8_e8m0',
};

/** A reader for each kind of file, as far as there are any. */
const readers: Readonly<Record<string, (bytes: Uint8Array, golden: FileCase, replay: Replay) => void>> = {
  safetensors,
};

export const replayFile: Adapter<FileCase> = async (golden, replay) => {
  const read = readers[golden.kind];
  if (!read) throw new NotCovered(`no reader of ${golden.kind} files`);
  const bytes = new Uint8Array(readFileSync(join(replay.group.directory, golden.path)));
  const { check } = replay;
  check.count++;
  try {
    read(bytes, golden, replay);
    if (golden.expect === 'error') check.fail('the file was accepted, it must be refused');
  } catch (error) {
    if (golden.expect === 'ok' || !(error instanceof FormatError))
      check.fail(`${(error as Error).name}: ${(error as Error).message}`);
  }
};

function safetensors(bytes: Uint8Array, golden: FileCase, { check, tensors }: Replay): void {
  const { arrays, metadata } = readSafetensors(bytes);
  if (golden.expect !== 'ok') return;
  const wanted = golden.value!.$dict;
  check.same('the names', [...arrays.keys()].sort(), wanted.map(([name]) => name).sort());
  check.same('the metadata', Object.fromEntries(metadata), golden.metadata ?? {});
  for (const [name, { $tensor, dtype, shape }] of wanted) {
    const array = arrays.get(name);
    if (!array) continue;
    check.same(`${name} dtype and shape`, [array.dtype, array.shape], [dtypes[dtype], shape]);
    if (!equal(array, tensors.stored($tensor))) check.fail(`${name} holds other values`);
  }
  const written = writeSafetensors(arrays, metadata.size > 0 ? metadata : undefined);
  if (Buffer.compare(written, bytes) !== 0) check.fail('written again, the file has other bytes');
}

/** The same values: byte for byte where both have the same type, else after widening. */
function equal(a: StoredArray, b: StoredArray): boolean {
  if (a.dtype === b.dtype) return Buffer.compare(a.bytes, b.bytes) === 0;
  return distance(decode(a).data, decode(b)) === 0;
}
