// The safetensors format: u64 header length, JSON header, raw data. Reading trusts nothing in the file.
import { elementBytes, type StoredArray, type StoredDType } from './array.js';
import { FormatError } from './error.js';

/** What a safetensors file holds, in the order of its data. */
export interface Safetensors {
  readonly arrays: ReadonlyMap<string, StoredArray>;
  readonly metadata: ReadonlyMap<string, string>;
}

/** The format's own limit on the header, in bytes. */
const maxHeader = 100_000_000;

/** File names in the order of alignment in which a writer sorts them: widest first. */
const fileNames: readonly (readonly [string, StoredDType])[] = [
  ['U64', 'u64'],
  ['I64', 'i64'],
  ['F64', 'f64'],
  ['C64', 'c64'],
  ['F32', 'f32'],
  ['U32', 'u32'],
  ['I32', 'i32'],
  ['BF16', 'bf16'],
  ['F16', 'f16'],
  ['U16', 'u16'],
  ['I16', 'i16'],
  ['F8_E5M2FNUZ', 'f8_e5m2fnuz'],
  ['F8_E4M3FNUZ', 'f8_e4m3fnuz'],
  ['F8_E8M0', 'f8_e8m0'],
  ['F8_E4M3', 'f8_e4m3'],
  ['F8_E5M2', 'f8_e5m2'],
  ['I8', 'i8'],
  ['U8', 'u8'],
  ['BOOL', 'bool'],
];
const byFileName = new Map(fileNames);
const rank = new Map(fileNames.map(([name, dtype], order) => [dtype, { name, order }]));

/**
 * Reads a safetensors file. The arrays are views of `bytes`, so nothing is copied: {@link decode} turns one into a core array.
 *
 * @param bytes  the whole file
 * @throws FormatError  a header beyond 100 MB or the file, bad JSON, duplicate names, an unknown dtype, offsets that overlap,
 *                      leave holes or do not fit the shape, bytes after the data
 * @see https://github.com/huggingface/safetensors (format of the header)
 * @example
 * const file = writeSafetensors([['w', { dtype: 'f32', shape: [1], bytes: new Uint8Array(4) }]]);
 * [...readSafetensors(file).arrays.keys()] // => ['w']
 */
export function readSafetensors(bytes: Uint8Array): Safetensors {
  if (bytes.byteLength < 8) refuse(`${bytes.byteLength} bytes are too short to hold the header length (8 bytes)`);
  const headerLength = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
  if (headerLength > BigInt(maxHeader))
    refuse(`the header is said to be ${headerLength} bytes long, the format allows ${maxHeader}`);
  const start = 8 + Number(headerLength);
  if (start > bytes.byteLength)
    refuse(
      `the header is said to be ${headerLength} bytes long, but only ${bytes.byteLength - 8} follow; the file is cut off or damaged`,
    );
  const header = parseHeader(bytes.subarray(8, start));

  const metadata = new Map<string, string>();
  const found: { name: string; begin: number; end: number; array: StoredArray }[] = [];
  for (const [name, value] of Object.entries(header)) {
    if (name === '__metadata__') {
      for (const [key, text] of Object.entries(object(value, '__metadata__'))) {
        if (typeof text !== 'string') refuse(`__metadata__ "${key}" is ${typeof text}, only strings are allowed`);
        metadata.set(key, text);
      }
      continue;
    }
    const { dtype, shape, begin, end } = entry(name, value);
    if (end > bytes.byteLength - start)
      refuse(`"${name}" ends at ${end}, but there are only ${bytes.byteLength - start} bytes of data`);
    found.push({ name, begin, end, array: { dtype, shape, bytes: bytes.subarray(start + begin, start + end) } });
  }

  found.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let next = 0;
  for (const { name, begin, end } of found) {
    if (begin !== next)
      refuse(
        `"${name}" begins at ${begin}, expected ${next}: data must follow without ${begin > next ? 'holes' : 'overlap'}`,
      );
    next = end;
  }
  if (next !== bytes.byteLength - start) refuse(`${bytes.byteLength - start - next} bytes after the last array`);
  return { arrays: new Map(found.map(({ name, array }) => [name, array])), metadata };
}

/**
 * Writes a safetensors file as the reference implementation does: data sorted by descending alignment, then by name.
 *
 * @param arrays    names with stored arrays ({@link encode} makes one from a core array)
 * @param metadata  texts for `__metadata__`
 * @throws FormatError  a name twice or reserved, or bytes that do not fit dtype and shape
 * @example
 * writeSafetensors([['w', { dtype: 'u8', shape: [2], bytes: new Uint8Array([1, 2]) }]]).slice(-2) // => Uint8Array [1, 2]
 */
export function writeSafetensors(
  arrays: Iterable<readonly [name: string, array: StoredArray]>,
  metadata?: Iterable<readonly [key: string, text: string]>,
): Uint8Array {
  const order = (a: StoredArray): number => rank.get(a.dtype)!.order;
  const encoder = new TextEncoder();
  const sorted = [...arrays].map(([name, array]) => ({ name, key: encoder.encode(name), array }));
  sorted.sort((a, b) => order(a.array) - order(b.array) || compareBytes(a.key, b.key));

  const fields: string[] = [];
  const names = new Set(['__metadata__']);
  if (metadata) fields.push(`"__metadata__":${JSON.stringify(Object.fromEntries(metadata))}`);
  let at = 0;
  for (const { name, array } of sorted) {
    if (names.has(name))
      refuse(name === '__metadata__' ? 'an array cannot be named "__metadata__"' : `the name "${name}" is given twice`);
    names.add(name);
    const size = byteSize(name, array.dtype, array.shape);
    if (size !== array.bytes.byteLength)
      refuse(`"${name}" ${array.dtype}[${array.shape.join(',')}] needs ${size} bytes, got ${array.bytes.byteLength}`);
    const text = { dtype: rank.get(array.dtype)!.name, shape: array.shape, data_offsets: [at, (at += size)] };
    fields.push(`${JSON.stringify(name)}:${JSON.stringify(text)}`);
  }

  const json = encoder.encode(`{${fields.join(',')}}`);
  const start = 8 + Math.ceil(json.byteLength / 8) * 8;
  if (start - 8 > maxHeader)
    refuse(`the header would be ${start - 8} bytes long, the format allows ${maxHeader}; write several files`);
  const file = new Uint8Array(start + at);
  new DataView(file.buffer).setBigUint64(0, BigInt(start - 8), true);
  file.set(json, 8);
  file.fill(0x20, 8 + json.byteLength, start);
  let to = start;
  for (const { array } of sorted) {
    file.set(array.bytes, to);
    to += array.bytes.byteLength;
  }
  return file;
}

function refuse(what: string): never {
  throw new FormatError(`safetensors: ${what}.`);
}

function parseHeader(bytes: Uint8Array): Record<string, unknown> {
  if (bytes[0] !== 0x7b) refuse('the header does not begin with "{"');
  let text: string;
  let header: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    header = JSON.parse(text);
  } catch (error) {
    refuse(`the header is not JSON (${(error as Error).message})`);
  }
  const fields = object(header, 'the header');
  // JSON.parse keeps the last of two equal keys: a key too many in the text is a name that stands there twice.
  let kept = 0;
  for (const value of Object.values(fields)) kept += 1 + (isObject(value) ? Object.keys(value).length : 0);
  if (countKeys(text) !== kept)
    refuse('a name stands in the header twice, or an entry holds more than dtype, shape and data_offsets');
  return fields;
}

/** Keys of a valid JSON text: the colons outside of strings. */
function countKeys(json: string): number {
  let keys = 0;
  for (let i = 0; i < json.length; i++) {
    if (json[i] === ':') keys++;
    else if (json[i] === '"') while (json[++i] !== '"') if (json[i] === '\\') i++;
  }
  return keys;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function object(value: unknown, what: string): Record<string, unknown> {
  return isObject(value) ? value : refuse(`${what} is not a JSON object`);
}

function entry(name: string, value: unknown): { dtype: StoredDType; shape: number[]; begin: number; end: number } {
  const { dtype, shape, data_offsets: offsets, ...rest } = object(value, `"${name}"`);
  const stored =
    byFileName.get(String(dtype)) ??
    refuse(`"${name}" has the dtype ${JSON.stringify(dtype)}, known are ${[...byFileName.keys()].join(', ')}`);
  if (Object.keys(rest).length > 0) refuse(`"${name}" has the unknown fields ${Object.keys(rest).join(', ')}`);
  if (!isSizes(shape)) refuse(`"${name}" has the shape ${JSON.stringify(shape)}, expected whole numbers from 0`);
  if (!isSizes(offsets) || offsets.length !== 2)
    refuse(`"${name}" has the data_offsets ${JSON.stringify(offsets)}, expected [begin, end]`);
  const [begin, end] = offsets as [number, number];
  const size = byteSize(name, stored, shape);
  if (end - begin !== size)
    refuse(`"${name}" ${stored}[${shape.join(',')}] takes ${size} bytes, its data_offsets hold ${end - begin}`);
  return { dtype: stored, shape, begin, end };
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);
}

function byteSize(name: string, dtype: StoredDType, shape: readonly number[]): number {
  let size = elementBytes(dtype);
  for (const d of shape)
    if (!Number.isSafeInteger((size *= d))) refuse(`"${name}" with shape [${shape.join(',')}] is too large`);
  return size;
}

/** The order of UTF-8 bytes, which the reference writer sorts names by; JavaScript compares UTF-16 units. */
function compareBytes(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return a.length - b.length;
}
