// safetensors: what is written reads back, and no damaged or hostile file is accepted.
import { describe, expect, it } from 'vitest';
import {
  decode,
  encode,
  FormatError,
  readSafetensors,
  writeSafetensors,
  type StoredArray,
  type StoredDType,
} from './index.js';

/** A file with this header text and this many bytes of data. */
function file(header: string, dataBytes: number, headerLength = -1): Uint8Array {
  const json = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + json.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerLength < 0 ? json.length : headerLength), true);
  bytes.set(json, 8);
  return bytes;
}
const entry = (dtype: string, shape: number[], begin: number, end: number): string =>
  JSON.stringify({ dtype, shape, data_offsets: [begin, end] });
const f32 = (...values: number[]): StoredArray =>
  encode({ dtype: 'f32', shape: [values.length], data: Float32Array.from(values) });

describe('reading back what was written', () => {
  it('keeps names, shapes, values and metadata, names that objects treat as special included', () => {
    const arrays: [string, StoredArray][] = [
      ['w', encode({ dtype: 'f32', shape: [2, 2], data: Float32Array.from([1, -2, NaN, Infinity]) })],
      ['__proto__', f32(1)],
      ['constructor', f32(2)],
      ['a "quoted" \\ name', f32(3)],
      ['scalar', encode({ dtype: 'i32', shape: [], data: Int32Array.from([7]) })],
      ['empty', encode({ dtype: 'f64', shape: [2, 0, 3], data: new Float64Array(0) })],
      ['mask', encode({ dtype: 'bool', shape: [3], data: Uint8Array.from([1, 0, 1]) })],
    ];
    const metadata: [string, string][] = [
      ['format', 'pt'],
      ['__proto__', 'x'],
    ];
    const back = readSafetensors(writeSafetensors(arrays, metadata));
    expect(new Map(back.metadata)).toEqual(new Map(metadata));
    expect(back.arrays.size).toBe(arrays.length);
    for (const [name, array] of arrays) {
      expect(back.arrays.get(name)).toEqual(array);
      expect(decode(back.arrays.get(name)!)).toEqual(decode(array));
    }
  });

  it('reads a file that begins anywhere in its buffer', () => {
    const written = writeSafetensors([['w', f32(1, 2, 3)]]);
    const shifted = new Uint8Array(written.length + 3).subarray(3);
    shifted.set(written);
    expect([...decode(readSafetensors(shifted).arrays.get('w')!).data]).toEqual([1, 2, 3]);
  });

  it('sorts by descending alignment, then by the bytes of the name, and pads the header to 8 bytes', () => {
    const written = writeSafetensors([
      ['b', f32(1)],
      ['z', encode({ dtype: 'f64', shape: [1], data: Float64Array.of(1) })],
      ['é', f32(1)],
      ['a', f32(1)],
    ]);
    expect([...readSafetensors(written).arrays.keys()]).toEqual(['z', 'a', 'b', 'é']);
    expect(Number(new DataView(written.buffer).getBigUint64(0, true)) % 8).toBe(0);
  });

  it('refuses to write a reserved name, a name twice and bytes of the wrong length', () => {
    expect(() => writeSafetensors([['__metadata__', f32(1)]])).toThrow('cannot be named "__metadata__"');
    expect(() =>
      writeSafetensors([
        ['a', f32(1)],
        ['a', f32(1)],
      ]),
    ).toThrow('the name "a" is given twice');
    expect(() => writeSafetensors([['a', { ...f32(1), shape: [2] }]])).toThrow('"a" f32[2] needs 8 bytes, got 4');
    expect(() => encode({ dtype: 'f32', shape: [3], data: new Float32Array(2) })).toThrow(
      'f32[3] needs a Float32Array of 3, got a Float32Array of 2',
    );
    expect(() => encode({ dtype: 'i32', shape: [2], data: new Float32Array(2) })).toThrow('needs a Int32Array of 2');
  });
});

describe('refusing damaged and hostile files', () => {
  const w = entry('F32', [1], 0, 4);
  it.each<[string, Uint8Array, string]>([
    ['too short', new Uint8Array(3), '3 bytes are too short'],
    ['a header of 2^63 bytes', file('{}', 0, 2 ** 62), 'the format allows 100000000'],
    ['a header just over the limit', file('{}', 0, 100_000_001), 'the format allows 100000000'],
    ['a header beyond the file', file('{}', 0, 50), 'only 2 follow'],
    ['no JSON', file('{"a', 0), 'the header is not JSON'],
    ['not an object', file('[]', 0), 'does not begin with "{"'],
    ['broken UTF-8', file('{}', 0).map((b, i) => (i === 9 ? 0xff : b)), 'the header is not JSON'],
    ['deep nesting', file(`{"a":${'['.repeat(200_000)}`, 0), 'the header is not JSON'],
    ['an entry that is no object', file('{"a":1}', 0), '"a" is not a JSON object'],
    ['metadata that is no text', file('{"__metadata__":{"a":1}}', 0), '__metadata__ "a" is number'],
    ['an unknown dtype', file(`{"a":${entry('F128', [1], 0, 16)}}`, 16), 'the dtype "F128"'],
    [
      'a dtype named as a method of objects',
      file(`{"a":${entry('constructor', [1], 0, 4)}}`, 4),
      'the dtype "constructor"',
    ],
    ['a negative size', file(`{"a":${entry('F32', [-1], 0, 4)}}`, 4), 'expected whole numbers'],
    ['a broken size', file(`{"a":${entry('F32', [0.5], 0, 2)}}`, 2), 'expected whole numbers'],
    ['a size beyond 2^53', file(`{"a":${entry('F32', [2 ** 30, 2 ** 30], 0, 0)}}`, 0), 'is too large'],
    ['a negative offset', file(`{"a":${entry('F32', [1], -4, 0)}}`, 4), 'expected [begin, end]'],
    ['three offsets', file('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}}', 8), 'expected [begin, end]'],
    [
      'an unknown field',
      file('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"code":"x"}}', 4),
      'unknown fields code',
    ],
    [
      'offsets that do not fit the shape',
      file(`{"a":${entry('F32', [2], 0, 4)}}`, 4),
      'takes 8 bytes, its data_offsets hold 4',
    ],
    ['data beyond the file', file(`{"a":${w}}`, 2), 'there are only 2 bytes of data'],
    [
      'an overlap',
      file(`{"a":${w},"b":${entry('F32', [1], 2, 6)}}`, 6),
      'expected 4: data must follow without overlap',
    ],
    ['a hole', file(`{"a":${w},"b":${entry('F32', [1], 6, 10)}}`, 10), 'expected 4: data must follow without holes'],
    ['data that does not begin at 0', file(`{"a":${entry('F32', [1], 4, 8)}}`, 8), 'expected 0'],
    ['trailing bytes', file(`{"a":${w}}`, 5), '1 bytes after the last array'],
    ['a name twice', file(`{"a":${w},"a":${w}}`, 4), 'stands in the header twice'],
    [
      'a field twice',
      file('{"a":{"dtype":"F64","dtype":"F32","shape":[1],"data_offsets":[0,4]}}', 4),
      'stands in the header twice',
    ],
  ])('%s', (_, bytes, message) => {
    expect(() => readSafetensors(bytes)).toThrow(FormatError);
    expect(() => readSafetensors(bytes)).toThrow(message);
  });

  it('accepts colons and quotes inside names', () => {
    const name = 'a:"b":\\';
    expect([...readSafetensors(file(`{${JSON.stringify(name)}:${w}}`, 4)).arrays.keys()]).toEqual([name]);
  });
});

describe('element types of files', () => {
  const values = (dtype: StoredDType, ...bytes: number[]): number[] => [
    ...decode({ dtype, shape: [], bytes: Uint8Array.from(bytes) }).data,
  ];
  it('widens the small floats', () => {
    expect(values('f16', 0x00, 0x3c, 0x01, 0x00, 0xff, 0x7b, 0x00, 0xfc)).toEqual([1, 2 ** -24, 65504, -Infinity]);
    expect(values('bf16', 0x80, 0x3f, 0xc0, 0xff)).toEqual([1, NaN]);
    expect(values('f8_e4m3', 0x38, 0x7e, 0x7f, 0x01)).toEqual([1, 448, NaN, 2 ** -9]);
    expect(values('f8_e5m2', 0x3c, 0x7b, 0x7c)).toEqual([1, 57344, Infinity]);
    expect(values('f8_e4m3fnuz', 0x40, 0x80, 0x7f)).toEqual([1, NaN, 240]);
    expect(values('f8_e5m2fnuz', 0x40, 0x80, 0x7f)).toEqual([1, NaN, 57344]);
    expect(values('f8_e8m0', 127, 128, 255)).toEqual([1, 2, NaN]);
  });

  it('makes 32-bit integers of all others, or says which value does not fit', () => {
    expect(values('i8', 0xff)).toEqual([-1]);
    expect(values('u16', 0xff, 0xff)).toEqual([65535]);
    expect(values('i16', 0xff, 0xff)).toEqual([-1]);
    const big = (v: bigint): Uint8Array => new Uint8Array(BigInt64Array.of(v).buffer);
    expect(decode({ dtype: 'i64', shape: [1], bytes: big(-(2n ** 31n)) })).toEqual({
      dtype: 'i32',
      shape: [1],
      data: Int32Array.of(-(2 ** 31)),
    });
    expect(() => decode({ dtype: 'i64', shape: [1], bytes: big(2n ** 31n) })).toThrow(
      'i64 value 2147483648 does not fit i32',
    );
    expect(() => decode({ dtype: 'u64', shape: [1], bytes: big(-1n) })).toThrow(
      'u64 value 18446744073709551615 does not fit u32',
    );
  });

  it('gives complex numbers as pairs and booleans as 0 and 1', () => {
    expect(decode({ dtype: 'c64', shape: [1], bytes: new Uint8Array(Float32Array.of(1, 2).buffer) })).toEqual({
      dtype: 'f32',
      shape: [1, 2],
      data: Float32Array.of(1, 2),
    });
    expect(values('bool', 0, 1, 7)).toEqual([0, 1, 1]);
  });
});
