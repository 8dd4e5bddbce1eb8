// Running sums, products and extremes along an axis: one thread for each line, or for each piece of a line when lines are few.
import { sizeOf } from '../../base/index.js';
import { identity, type SerialKernel } from '../../kernel/index.js';
import type { Adapter } from './adapter.js';
import type { Place } from './place.js';
import { spell } from './wgsl/number.js';
import { combine } from './wgsl/scalar.js';
import { Shader, unravelInto, type Block, type Pass } from './wgsl/shader.js';

/** Lines shorter than this are not cut. */
const shortest = 256;

/** out[i] = op over the positions of the axis up to i's, from the end when reversed, without i's own when exclusive. */
export function emitScan(kernel: SerialKernel, adapter: Adapter, place: Place): Pass[] {
  const { shape, attrs, dtype } = kernel;
  const n = shape[attrs.axis!]!;
  const lines = sizeOf(shape) / n;
  const pieces = n >= shortest && lines < adapter.busy ? 2 ** Math.ceil(Math.log2(Math.sqrt(n))) : 1;
  if (pieces === 1) return [pass(kernel, adapter, place, 1, null, 'write')];
  const totals = place.take(lines * pieces, dtype);
  return [
    pass(kernel, adapter, place, pieces, totals, 'total'),
    sumBefore(kernel, adapter, place, { lines, pieces, totals }),
    pass(kernel, adapter, place, pieces, totals, 'write'),
  ];
}

/** A running value; what rounding loses of a sum of f32 is kept beside it (Kahan), but for infinities. */
class Running {
  private readonly exact: boolean;
  constructor(
    block: Block,
    private readonly kernel: SerialKernel,
    start: string,
  ) {
    this.exact = kernel.dtype === 'f32' && kernel.attrs.op === 'add';
    block.say(`var a = ${start};`);
    if (this.exact) block.say('var lost = 0f;');
  }
  add(inner: Block, value: string): void {
    const { dtype, attrs } = this.kernel;
    if (!this.exact) return inner.say(`a = ${combine(attrs.op!, dtype, 'a', value)};`);
    inner.say(
      `let more = ${value} + lost;`,
      'let next = a + more;',
      'lost = more - (next - a);',
      'lost = select(0f, lost, abs(lost) < 3e38f);',
      'a = next;',
    );
  }
  readonly value = 'a';
}

/** Goes through each piece of each line: writes what has been met, or only the piece's total. */
function pass(
  kernel: SerialKernel,
  { threads }: Adapter,
  place: Place,
  pieces: number,
  totals: number | null,
  what: 'write' | 'total',
): Pass {
  const { shape, body, dtype, attrs, name } = kernel;
  const axis = attrs.axis!;
  const n = shape[axis]!;
  const length = Math.ceil(n / pieces);
  const others = shape.map((m, d) => (d === axis ? 1 : m));
  const count = sizeOf(others) * pieces;
  const shader = new Shader({ name, places: place.dtypes, threads });
  const { main } = shader;
  shader.expect(body);
  main.say(`let id = group * ${threads}u + thread;`, `if (id >= ${count}u) { return; }`);
  unravelInto(main, 'i', others, pieces === 1 ? 'id' : `(id / ${pieces}u)`);
  const stride = sizeOf(shape.slice(axis + 1));
  const line = pieces === 1 ? 'id' : `(id / ${pieces}u)`;
  // where the line begins in memory
  main.say(`let first = (${line} / ${stride}u) * ${stride * n}u + ${line} % ${stride}u;`);
  const start =
    what === 'write' && totals !== null ? shader.load(totals, 'id', dtype) : spell(identity(attrs.op!, dtype), dtype);
  const running = new Running(main, kernel, start);
  const from = pieces === 1 ? '0u' : `(id % ${pieces}u) * ${length}u`;
  main.say(`let begin = ${from};`, `let end = min(begin + ${length}u, ${n}u);`);
  const inner = main.open();
  inner.say(attrs.reverse ? `let at = ${n - 1}u - step;` : 'let at = step;');
  inner.bind('i', axis, 'i32(at)');
  const value = inner.value(body);
  const put = shader.store(place.output(0), `first + at * ${stride}u`, running.value);
  if (what === 'write' && attrs.exclusive) inner.say(put);
  running.add(inner, value);
  if (what === 'write' && !attrs.exclusive) inner.say(put);
  main.close('for (var step = begin; step < end; step++) {', inner);
  if (what === 'total') main.say(shader.store(totals!, 'id', running.value));
  return shader.finish(Math.ceil(count / threads));
}
/** Turns the totals of a line's pieces into what comes before each piece. */
function sumBefore(
  kernel: SerialKernel,
  { threads }: Adapter,
  place: Place,
  { lines, pieces, totals }: { lines: number; pieces: number; totals: number },
): Pass {
  const { dtype, attrs } = kernel;
  const shader = new Shader({ name: `${kernel.name} totals`, places: place.dtypes, threads });
  const { main } = shader;
  main.say(`let id = group * ${threads}u + thread;`, `if (id >= ${lines}u) { return; }`);
  const running = new Running(main, kernel, spell(identity(attrs.op!, dtype), dtype));
  const inner = main.open();
  inner.say(`let at = id * ${pieces}u + piece;`, `let own = ${shader.load(totals, 'at', dtype)};`);
  inner.say(shader.store(totals, 'at', running.value));
  running.add(inner, 'own');
  main.close(`for (var piece = 0u; piece < ${pieces}u; piece++) {`, inner);
  return shader.finish(Math.ceil(lines / threads));
}
