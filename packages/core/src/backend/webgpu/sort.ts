// Sorting without barriers: keys as ordered integers, ranks inside of blocks by counting, then runs merged pairwise by binary search. Stable, since
// equal keys keep the order of their positions.
import { sizeOf, type Shape } from '../../base/index.js';
import { loop, substitute, type Expr, type SerialKernel } from '../../kernel/index.js';
import type { Adapter } from './adapter.js';
import type { Place } from './place.js';
import { Shader, unravelInto, type Pass } from './wgsl/shader.js';

/** Elements whose ranks are counted instead of merged. */
const counted = 256;

/** The lines to sort: `lines` of them, each with n keys; `key` is an expression of loops `i` over `shape`, whose last axis is the line's. */
export interface Lines {
  readonly name: string;
  readonly shape: Shape;
  readonly key: Expr;
  readonly descending: boolean;
}
/** Where the last pass writes the position with rank `rank` of line `line`: an array and a place in it. */
export interface Target {
  readonly place: number;
  at(line: string, rank: string): string;
}

/** A key as u32 in whose order the numbers stand; NaN is the largest. */
function ordered(text: string, dtype: Expr['dtype'], descending: boolean): string {
  const key =
    dtype === 'f32'
      ? `sortkey_(${text})`
      : dtype === 'i32'
        ? `(u32(${text}) ^ 0x80000000u)`
        : dtype === 'bool'
          ? `select(0u, 1u, ${text})`
          : text;
  return descending ? `~${key}` : key;
}

/** Passes that sort positions by their keys. */
export function sortLines(lines: Lines, adapter: Adapter, place: Place, target: Target): Pass[] {
  const { name, shape, key, descending } = lines;
  const n = shape.at(-1)!;
  const total = sizeOf(shape);
  const { threads } = adapter;
  const groups = Math.ceil(total / threads);
  const start = (title: string): Shader => {
    const shader = new Shader({ name: `${name} ${title}`, places: place.dtypes, threads });
    shader.main.say(`let id = group * ${threads}u + thread;`, `if (id >= ${total}u) { return; }`);
    shader.main.say(`let line = id / ${n}u;`, `let first = line * ${n}u;`, 'let at = id - first;');
    return shader;
  };
  const keys = place.take(total, 'u32');
  const first = start('keys');
  first.expect(key);
  unravelInto(first.main, 'i', shape, 'id');
  first.main.say(first.store(keys, 'id', ordered(first.main.value(key), key.dtype, descending)));
  const passes = [first.finish(groups)];

  const merges = Math.max(0, Math.ceil(Math.log2(n / counted)));
  const pairs = merges ? [0, 1].map(() => ({ key: place.take(total, 'u32'), position: place.take(total, 'u32') })) : [];
  /** Writes an element of rank `rank` (inside its line) of the sorted runs. */
  const write = (shader: Shader, to: { key: number; position: number } | undefined, rank: string): void => {
    if (to) {
      shader.main.say(
        shader.store(to.key, `first + ${rank}`, 'own'),
        shader.store(to.position, `first + ${rank}`, 'position'),
      );
    } else shader.main.say(shader.store(target.place, target.at('line', rank), 'i32(position)'));
  };

  const rank = start('ranks');
  rank.main.say(
    `let own = ${rank.load(keys, 'id', 'u32')};`,
    'let position = at;',
    `let begin = at - at % ${counted}u;`,
    `let end = min(begin + ${counted}u, ${n}u);`,
    'var before = begin;',
    'for (var other = begin; other < end; other++) {',
    `  let k = ${rank.load(keys, 'first + other', 'u32')};`,
    '  if (k < own || (k == own && other < at)) { before++; }',
    '}',
  );
  write(rank, pairs[0], 'before');
  passes.push(rank.finish(groups));

  for (let k = 0; k < merges; k++) {
    const from = pairs[k % 2]!;
    const to = k === merges - 1 ? undefined : pairs[(k + 1) % 2];
    const run = counted * 2 ** k;
    const merge = start(`merge ${k}`);
    merge.main.say(
      `let own = ${merge.load(from.key, 'id', 'u32')};`,
      `let position = ${merge.load(from.position, 'id', 'u32')};`,
      `let pair = at - at % ${2 * run}u;`,
      `let isLeft = at - pair < ${run}u;`,
      // the other run of the pair
      `let begin = select(pair, min(pair + ${run}u, ${n}u), isLeft);`,
      `let end = select(pair + ${run}u, min(pair + ${2 * run}u, ${n}u), isLeft);`,
      'var low = begin;',
      'var high = end;',
      'loop {',
      '  if (low >= high) { break; }',
      '  let middle = (low + high) / 2u;',
      `  let k = ${merge.load(from.key, 'first + middle', 'u32')};`,
      // equal keys of the left run come first
      '  if (k < own || (k == own && !isLeft)) { low = middle + 1u; } else { high = middle; }',
      '}',
      `let rank = at - select(${run}u, 0u, isLeft) + (low - begin);`,
    );
    write(merge, to, 'rank');
    passes.push(merge.finish(groups));
  }
  return passes;
}

/** out[i] = the position along the axis of the element with rank i. */
export function emitSort(kernel: SerialKernel, adapter: Adapter, place: Place): Pass[] {
  const { name, shape, attrs, body } = kernel;
  const axis = attrs.axis!;
  const n = shape[axis]!;
  const stride = sizeOf(shape.slice(axis + 1));
  const lines: Lines = {
    name,
    shape: [...shape.filter((_, d) => d !== axis), n],
    key: substitute([body], (_, d) => loop('i', d === axis ? shape.length - 1 : d > axis ? d - 1 : d, shape[d]!))[0]!,
    descending: attrs.descending ?? false,
  };
  return sortLines(lines, adapter, place, {
    place: place.output(0),
    at: (line, rank) =>
      stride === 1
        ? `${line} * ${n}u + ${rank}`
        : `(${line} / ${stride}u) * ${stride * n}u + (${rank}) * ${stride}u + ${line} % ${stride}u`,
  });
}
