// As many WebAssembly instructions as a product of matrices needs, as nested bytes, and the module around them.

/** Bytes of code in any nesting. */
export type Code = number | readonly Code[];
const bytesOf = (code: Code): number[] => (typeof code === 'number' ? [code] : code.flatMap(bytesOf));
export const unsigned = (n: number): number[] => (n < 128 ? [n] : [(n & 127) | 128, ...unsigned(n >>> 7)]);
const signed = (n: number): number[] => (n >= -64 && n < 64 ? [n & 127] : [(n & 127) | 128, ...signed(n >> 7)]);
const sized = (code: Code): number[] => {
  const bytes = bytesOf(code);
  return [...unsigned(bytes.length), ...bytes];
};
const list = (items: readonly Code[]): Code => [unsigned(items.length), items];
const name = (text: string): Code => sized([...new TextEncoder().encode(text)]);

const [I32, V128, none] = [0x7f, 0x7b, 0x40];
const simd = (op: number): Code => [0xfd, unsigned(op)];
export const number = (n: number): Code => [0x41, signed(n)];
export const get = (local: number): Code => [0x20, unsigned(local)];
export const set = (local: number, value: Code): Code => [value, 0x21, unsigned(local)];
export const add = (a: Code, b: Code): Code => [a, b, 0x6a];
export const sub = (a: Code, b: Code): Code => [a, b, 0x6b];
export const mul = (a: Code, b: Code): Code => [a, b, 0x6c];
export const advance = (local: number, by: Code): Code => set(local, add(get(local), by));
export const load = (at: Code, offset = 0): Code => [at, simd(0), 0, unsigned(offset)];
export const store = (at: Code, value: Code, offset = 0): Code => [at, value, simd(11), 0, unsigned(offset)];
export const splat = (at: Code, offset = 0): Code => [at, simd(9), 0, unsigned(offset)];
export const storeLane = (at: Code, value: Code, lane: number, offset: number): Code => [
  at,
  value,
  simd(90),
  0,
  unsigned(offset),
  lane,
];
export const shuffle = (a: Code, b: Code, words: readonly number[]): Code => [
  a,
  b,
  simd(13),
  words.flatMap((w) => [4 * w, 4 * w + 1, 4 * w + 2, 4 * w + 3]),
];
export const zero: Code = [simd(12), new Array<number>(16).fill(0)];
export const addFloats = (a: Code, b: Code): Code => [a, b, simd(228)];
export const fma = (madd: boolean, a: Code, b: Code, sum: Code): Code =>
  madd ? [a, b, sum, simd(0x105)] : addFloats(sum, [a, b, simd(230)]);
/** do body while (condition) */
export const repeat = (body: Code, condition: Code): Code => [0x03, none, body, condition, 0x0d, 0, 0x0b];
export const less = (a: Code, b: Code): Code => [a, b, 0x48];
export const when = (condition: Code, then: Code, otherwise: Code): Code => [
  condition,
  0x04,
  none,
  then,
  0x05,
  otherwise,
  0x0b,
];

export interface Func {
  readonly name: string;
  readonly params: number;
  /** i32, then v128. */
  readonly locals: readonly [number, number];
  readonly body: Code;
}
export function moduleOf(functions: readonly Func[]): Uint8Array<ArrayBuffer> {
  const section = (id: number, items: readonly Code[]): Code => [id, sized(list(items))];
  return Uint8Array.from(
    bytesOf([
      [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      section(
        1,
        functions.map((f) => [0x60, list(new Array<Code>(f.params).fill(I32)), list([])]),
      ),
      section(2, [[name('env'), name('memory'), 2, 0, unsigned(1)]]),
      section(
        3,
        functions.map((_, i) => unsigned(i)),
      ),
      section(
        7,
        functions.map((f, i) => [name(f.name), 0, unsigned(i)]),
      ),
      section(
        10,
        functions.map((f) =>
          sized([
            list([
              [unsigned(f.locals[0]), I32],
              [unsigned(f.locals[1]), V128],
            ]),
            f.body,
            0x0b,
          ]),
        ),
      ),
    ]),
  );
}
