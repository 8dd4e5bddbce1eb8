// What the engine allows: a product of matrices in hand-written WebAssembly without any framework around it. Panels of 5 rows and 8 columns
// are packed block by block, tiles are held in registers (Goto & van de Geijn 2008). It stands for itself, so that it can be measured against.
import type { Case, Library } from '../measure/case.js';
import { digest, input } from '../work/numbers.js';
import { peak, type MatmulTask, type PeakTask } from '../work/task.js';
import {
  add,
  addFloats,
  advance,
  fma,
  get,
  less,
  load,
  moduleOf,
  mul,
  number,
  repeat,
  set,
  shuffle,
  splat,
  store,
  storeLane,
  sub,
  unsigned,
  when,
  zero,
  type Code,
  type Func,
} from './wasm-code.js';

const [rows, columns] = [5, 8];
const block = { m: 240, k: 256, n: 1024 } as const;
const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** One tile: c (+)= a b over `depth`. Engines with madd keep the order of code; older ones turn it round and do not like long bodies. */
function micro(madd: boolean): Func {
  const [depth, a, b, c, stride, more] = range(6) as [number, number, number, number, number, number];
  const [k, vectors] = [6, 7];
  const sum = (r: number, v: number): number => vectors + 2 * r + v;
  const [x, left, right] = [vectors + 2 * rows, vectors + 2 * rows + 1, vectors + 2 * rows + 2];
  const step = (d: number): Code => [
    set(left, load(get(b), d * columns * 4)),
    set(right, load(get(b), d * columns * 4 + 16)),
    (madd ? range(rows) : range(rows).reverse()).map((r) => [
      set(x, splat(get(a), (d * rows + r) * 4)),
      set(sum(r, 0), fma(madd, get(x), get(left), get(sum(r, 0)))),
      set(sum(r, 1), fma(madd, get(x), get(right), get(sum(r, 1)))),
    ]),
  ];
  const steps = madd ? 4 : 1;
  /** while k < end: so many steps */
  const loop = (count: number, end: Code): Code => {
    const more = less(get(k), end);
    const body = [
      range(count).map(step),
      advance(a, number(count * rows * 4)),
      advance(b, number(count * columns * 4)),
      advance(k, number(count)),
    ];
    return when(more, repeat(body, more), []);
  };
  const write = (accumulate: boolean): Code =>
    range(rows).map((r) => [
      [0, 1].map((v) =>
        store(get(c), accumulate ? addFloats(get(sum(r, v)), load(get(c), 16 * v)) : get(sum(r, v)), 16 * v),
      ),
      advance(c, get(stride)),
    ]);
  return {
    name: 'micro',
    params: 6,
    locals: [1, 2 * rows + 3],
    body: [
      range(2 * rows).map((i) => set(vectors + i, zero)),
      loop(steps, sub(get(depth), number(steps - 1))),
      // The rest; none is left, but V8 11 (Node 20) schedules the loop before it twice as well when this one is here.
      loop(1, get(depth)),
      when(get(more), write(true), write(false)),
    ],
  };
}

/** All tiles of a block of packed panels. */
const macro: Func = (() => {
  const [m, n, depth, a, b, c, stride, more, i, j, panelA, place] = range(12) as number[] & { length: 12 };
  const tile = [get(depth!), get(panelA!), get(b!), get(place!), get(stride!), get(more!), [0x10, 0]];
  return {
    name: 'macro',
    params: 8,
    locals: [4, 0],
    body: repeat(
      [
        set(i!, number(0)),
        set(panelA!, get(a!)),
        set(place!, get(c!)),
        repeat(
          [
            tile,
            advance(panelA!, mul(get(depth!), number(rows * 4))),
            advance(place!, mul(get(stride!), number(rows))),
            advance(i!, number(rows)),
          ],
          less(get(i!), get(m!)),
        ),
        advance(b!, mul(get(depth!), number(columns * 4))),
        advance(c!, number(columns * 4)),
        advance(j!, number(columns)),
      ],
      less(get(j!), get(n!)),
    ),
  };
})();

/** Packs one panel whose lines lie side by side: row after row of depth. */
function across(width: number): Func {
  const [to, from, stride, depth] = [0, 1, 2, 3];
  const vectors = range(width >> 2).map((v) => store(get(to), load(get(from), 16 * v), 16 * v));
  const rest = range(width & 3).map((r) => {
    const offset = 4 * ((width & ~3) + r);
    return [get(to), [get(from), 0x28, 0, unsigned(offset)], 0x36, 0, unsigned(offset)];
  });
  return {
    name: `across${width}`,
    params: 4,
    locals: [0, 0],
    body: repeat(
      [vectors, rest, advance(from, get(stride)), advance(to, number(width * 4)), advance(depth, number(-1))],
      get(depth),
    ),
  };
}

/** Packs one panel whose lines run along the depth: transposes, four deep at a time. */
function along(width: number): Func {
  const [to, from, stride, depth] = [0, 1, 2, 3];
  const line = (r: number): number => 4 + r;
  const v = range(8).map((i) => 4 + width + i);
  const fours = range(width >> 2).map((g) => {
    const pair = (out: number, a: number, b: number, words: readonly number[]): Code =>
      set(v[out]!, shuffle(get(v[a]!), get(v[b]!), words));
    const put = (d: number, a: number, b: number, words: readonly number[]): Code =>
      store(get(to), shuffle(get(v[a]!), get(v[b]!), words), 16 * g + d * width * 4);
    return [
      range(4).map((q) => set(v[q]!, load(get(line(4 * g + q))))),
      pair(4, 0, 1, [0, 4, 1, 5]),
      pair(5, 2, 3, [0, 4, 1, 5]),
      pair(6, 0, 1, [2, 6, 3, 7]),
      pair(7, 2, 3, [2, 6, 3, 7]),
      put(0, 4, 5, [0, 1, 4, 5]),
      put(1, 4, 5, [2, 3, 6, 7]),
      put(2, 6, 7, [0, 1, 4, 5]),
      put(3, 6, 7, [2, 3, 6, 7]),
    ];
  });
  const rest = range(width & 3).map((q) => {
    const r = (width & ~3) + q;
    return [
      set(v[0]!, load(get(line(r)))),
      range(4).map((d) => storeLane(get(to), get(v[0]!), d, 4 * (r + d * width))),
    ];
  });
  return {
    name: `along${width}`,
    params: 4,
    locals: [width, 8],
    body: [
      range(width).map((r) => set(line(r), r === 0 ? get(from) : add(get(line(r - 1)), get(stride)))),
      repeat(
        [
          fours,
          rest,
          range(width).map((r) => advance(line(r), number(16))),
          advance(to, number(width * 16)),
          set(depth, sub(get(depth), number(4))),
        ],
        get(depth),
      ),
    ],
  };
}

type Pack = (to: number, from: number, stride: number, depth: number) => void;
interface Exports {
  macro(m: number, n: number, depth: number, a: number, b: number, c: number, stride: number, more: number): void;
  readonly across5: Pack;
  readonly across8: Pack;
  readonly along5: Pack;
  readonly along8: Pack;
}

/** The functions with the multiply-add where the engine has it. */
function moduleFor(functions: (madd: boolean) => readonly Func[]): WebAssembly.Module {
  const relaxed = moduleOf(functions(true));
  return new WebAssembly.Module(WebAssembly.validate(relaxed) ? relaxed : moduleOf(functions(false)));
}
function instantiate(memory: WebAssembly.Memory): Exports {
  const module = moduleFor((madd) => [micro(madd), macro, across(rows), across(columns), along(rows), along(columns)]);
  return new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Exports;
}

/** c = a b for square matrices whose size is a multiple of 8, so that tiles only stand out at the last rows, where there is room. */
function matmul({ form, n }: MatmulTask): Case | null {
  if (n % 8 > 0) return null;
  const size = (n * n + 2 * rows * n) * 4;
  const packedSize = { a: (block.m + rows) * block.k * 4, b: block.n * block.k * 4 };
  const [atA, atB, atC] = [0, size, 2 * size];
  const [packedA, packedB] = [3 * size, 3 * size + packedSize.a];
  const pages = Math.ceil((packedB + packedSize.b) / 65536);
  const memory = new WebAssembly.Memory({ initial: pages });
  const { macro: multiply, across5, across8, along5, along8 } = instantiate(memory);
  const floats = new Float32Array(memory.buffer);
  floats.set(input([n, n], 1).data, atA / 4);
  floats.set(input([n, n], 2).data, atB / 4);
  const stride = 4 * n;
  const [packA, packB] = [form === 'TN' ? across5 : along5, form === 'NT' ? along8 : across8];
  /** Where line i and depth k of an operand are. */
  const placeA = (i: number, k: number): number => atA + (form === 'TN' ? k * stride + 4 * i : i * stride + 4 * k);
  const placeB = (j: number, k: number): number => atB + (form === 'NT' ? j * stride + 4 * k : k * stride + 4 * j);
  return {
    run() {
      for (let j0 = 0; j0 < n; j0 += block.n) {
        const width = Math.min(block.n, n - j0);
        for (let k0 = 0; k0 < n; k0 += block.k) {
          const depth = Math.min(block.k, n - k0);
          for (let j = 0; j < width; j += columns) packB(packedB + j * depth * 4, placeB(j0 + j, k0), stride, depth);
          for (let i0 = 0; i0 < n; i0 += block.m) {
            const height = Math.min(block.m, n - i0);
            for (let i = 0; i < height; i += rows) packA(packedA + i * depth * 4, placeA(i0 + i, k0), stride, depth);
            multiply(height, width, depth, packedA, packedB, atC + i0 * stride + 4 * j0, stride, k0);
          }
        }
      }
    },
    check: () => digest(floats.subarray(atC / 4, atC / 4 + n * n)),
  };
}

/** sum += a b for many sums at once, in registers; in the end one of them goes to memory. */
function arithmetic(madd: boolean): Func {
  const [iterations, a, b, first] = range(4) as [number, number, number, number];
  const sums = range(peak.sums).map((k) => first + k);
  const step = sums.map((s) => set(s, fma(madd, get(a), get(b), get(s))));
  return {
    name: 'arithmetic',
    params: 1,
    locals: [0, 2 + peak.sums],
    body: [
      [a, b].map((factor) => set(factor, splat(number(0)))),
      repeat([range(peak.steps).map(() => step), advance(iterations, number(-1))], less(number(0), get(iterations))),
      store(number(16), sums.map(get).reduce(addFloats)),
    ],
  };
}
/** Each sum grows by 2^-8 at each step, so the result is known exactly. */
function reachPeak({ iterations }: PeakTask): Case {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const floats = new Float32Array(memory.buffer);
  floats[0] = 2 ** -4;
  const run = new WebAssembly.Instance(
    moduleFor((madd) => [arithmetic(madd)]),
    { env: { memory } },
  ).exports['arithmetic'] as (iterations: number) => void;
  return { run: () => run(iterations), check: () => [floats[4]! / (peak.sums * peak.steps * iterations * 2 ** -8)] };
}

/** Products of matrices, and the arithmetic that they are made of. */
export const limit = (): Library => ({
  versions: {},
  prepare(task) {
    if (task.kind === 'peak') return reachPeak(task);
    return task.kind === 'matmul' && !task.dtype ? matmul(task) : null;
  },
});
