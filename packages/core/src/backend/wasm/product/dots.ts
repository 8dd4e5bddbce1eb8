// Products whose depth lies side by side in both factors: vectors go along the depth, and the lanes of each sum come together at the end. Nothing is
// packed. For matrices with the second one transposed, and for the gradient of a convolution by its weights.
import { sizeOf } from '../../../base/index.js';
import { finishOf, isPlain } from './finish.js';
import { i32, select, type I32, type Local } from '../instructions.js';
import {
  c,
  from,
  matrixOf,
  outerCount,
  outerPositions,
  panelsOf,
  resultOf,
  scratch,
  shared,
  to,
  type Draft,
  type Given,
  type Job,
  type Panels,
  type Schedule,
} from './job.js';
import type { Engine, Func } from '../module.js';
import { dotsFunc } from './dots-tile.js';
import { outputSteps } from './form.js';

interface Shape {
  readonly rowsHeld: boolean;
  readonly rows: Panels;
  readonly columns: Panels;
  /** Multiplications of a step along the depth, and what else it costs in their time. */
  readonly cost: number;
}
/** The panels of rows and of columns with the least work; vectors that come from afar cost more. */
function shapeOf(m: number, n: number, { madd }: Engine, isFar = false): Shape {
  const sizes = madd
    ? [
        [2, 6],
        [2, 5],
        [3, 3],
        [1, 8],
      ]
    : [
        [2, 4],
        [1, 4],
      ];
  const reading = isFar ? 0.5 : 0.1;
  const cost = (held: Panels, coming: Panels): number => {
    const each = (h: number, x: number): number => (h && x ? Math.max(h * x, 8) + reading * (h + x) : 0);
    return (
      held.count * (coming.count * each(held.height, coming.height) + each(held.height, coming.rest)) +
      coming.count * each(held.rest, coming.height) +
      each(held.rest, coming.rest)
    );
  };
  const all = sizes.flatMap(([h, x]) =>
    [true, false].map((rowsHeld) => {
      const [rows, columns] = [panelsOf(m, rowsHeld ? h! : x!), panelsOf(n, rowsHeld ? x! : h!)];
      return { rowsHeld, rows, columns, cost: rowsHeld ? cost(rows, columns) : cost(columns, rows) };
    }),
  );
  return all.reduce((best, x) => (x.cost < best.cost ? x : best));
}
/** Depth that is worked off for all rows before the next: it stays in a cache. */
const blockDepth = 640;
/** Numbers of the innermost loop that are added up without a break: sums of sums have smaller errors. */
const longestRun = 1024;

/** The depth of a product, as loops outside of all tiles, one in blocks, and what a tile covers. */
interface Blocking {
  readonly outside: readonly Loop[];
  /** The loop that is cut, and how many of its steps a block has. */
  readonly cut: Loop & { readonly extent: number; readonly block: number };
  /** Loops of a tile inside of the one that is cut. */
  readonly inner: readonly Loop[];
  readonly run: number;
  /** What is left when the innermost loop itself is cut. */
  readonly rest: number;
}
interface Loop {
  readonly extent: number;
  readonly a: number;
  readonly b: number;
}
function blockingOf(around: readonly Loop[], run: number, small: boolean): Blocking {
  if (run > longestRun) {
    const piece = longestRun / 2;
    const cut = { extent: Math.floor(run / piece), a: 4 * piece, b: 4 * piece, block: 1 };
    return { outside: around, cut, inner: [], run: piece, rest: run % piece };
  }
  let blocked = around.length - 1;
  let inside = run;
  while (blocked > 0 && (small || inside * around[blocked]!.extent < blockDepth)) inside *= around[blocked--]!.extent;
  const cut = around[blocked] ?? { extent: 1, a: 0, b: 0 };
  const blocks = small ? 1 : Math.ceil((cut.extent * inside) / blockDepth);
  return {
    outside: around.slice(0, Math.max(0, blocked)),
    cut: { ...cut, block: Math.ceil(cut.extent / blocks) },
    inner: around.slice(blocked + 1),
    run,
    rest: 0,
  };
}

/** Rough nanoseconds, for the choice among schedules; infinite where the factors do not lie as this one needs them. */
export function dotsCost({ product, lanes, engine }: Given): number {
  const { a, b, m, n, k } = product;
  if (lanes.name !== 'f32' || !('step' in a.line) || !a.steps || !b.steps || !k.length) return Infinity;
  if (a.steps.at(-1) !== 1 || b.steps.at(-1) !== 1 || k.at(-1)! < 4 || m * n < 5) return Infinity;
  // What a block reads again for each panel of columns should stay in the second cache.
  const { rows, columns, cost } = shapeOf(m, n, engine, m * Math.min(sizeOf(k), blockDepth) > 2 ** 16);
  const vectors = (sizeOf(k) / k.at(-1)!) * Math.ceil(k.at(-1)! / 4);
  const tiles = Math.ceil(m / rows.height) * Math.ceil(n / columns.height);
  return (vectors * cost) / 8.2 + tiles * 4 + m * n * 0.3 + 30;
}
export function dots(job: Job): Schedule {
  const { product, engine, module, kernel, place } = job;
  const { a, b, m, n, k } = product;
  const out = outputSteps(product)!;
  if (!('step' in a.line)) throw new Error('wasm: rows of dot products in a table');
  const plain = isPlain(product) && out.column === 1;
  const { rowsHeld, rows, columns } = shapeOf(m, n, engine);
  const row = 4 * a.line.step;
  const around = k.slice(0, -1).map((extent, d) => ({ extent, a: 4 * a.steps![d]!, b: 4 * b.steps![d]! }));
  const { outside, cut, inner, run, rest } = blockingOf(around, k.at(-1)!, (m + n) * sizeOf(k) * 4 < 2 ** 17);
  const once = !outside.length && cut.block === cut.extent && !rest;
  const line = b.line;
  const table = 'table' in line ? place(line.table.map((x) => 4 * x)) : 0;
  const outers = outerCount(job);
  const panels = columns.count + (columns.rest ? 1 : 0);
  const step = plain ? 4 * out.row : 4 * n;
  const finish = plain ? null : finishOf(module, kernel, product, n);
  const func = (height: number, width: number, length: number): Func => {
    const [held, coming] = rowsHeld ? [height, width] : [width, height];
    const loops = length !== run ? [] : cut.extent === 1 ? inner : [{ ...cut, extent: null }, ...inner];
    return dotsFunc(module, engine, { held, coming, rowsHeld, row, loops, run: length });
  };

  /** Columns of one panel times all rows, for one block of depth. */
  interface At {
    readonly ma: I32;
    readonly mb: I32;
    readonly result: I32;
    readonly more: I32;
    readonly count: I32;
    readonly length: number;
  }
  const panel = (f: Func, column: I32, width: number, { ma, mb, result, more, count, length }: At): void => {
    const address = (q: number): I32 =>
      'step' in line
        ? i32.add(mb, i32.mul(i32.add(column, c(q)), c(4 * line.step)))
        : i32.add(mb, i32.load(i32.add(c(table + 4 * q), i32.shl(column, c(2)))));
    const bs = Array.from({ length: width }, (_, q) => f.let(address(q)));
    const [at, to_] = [f.let(ma), f.let(i32.add(result, i32.shl(column, c(2))))];
    const call = (height: number): void =>
      f.do(module.call(func(height, width, length), count, at, ...bs, to_, c(step), more));
    const i = f.local('i32');
    f.set(i, c(0));
    f.loop(i, c(rows.count), c(1), () => {
      call(rows.height);
      f.set(at, i32.add(at, c(rows.height * row)));
      f.set(to_, i32.add(to_, c(rows.height * step)));
    });
    if (rows.rest) call(rows.rest);
  };
  /** All panels [first, last), block by block. */
  const product_ = (f: Func, first: I32, last: I32, ma: Local<'i32'>, mb: Local<'i32'>, result: I32): void => {
    const more = f.let(c(0));
    const p = f.local('i32');
    const block = (count: I32, length: number): void => {
      const at = { ma, mb, result, more, count, length };
      f.for(p, first, last, c(1), () => {
        const column = f.let(i32.mul(p, c(columns.height)));
        if (!columns.rest) return panel(f, column, columns.height, at);
        f.if(
          i32.lt(p, c(columns.count)),
          () => panel(f, column, columns.height, at),
          () => panel(f, column, columns.rest, at),
        );
      });
      if (!once) f.set(more, c(1));
    };
    const go = (onA: number, onB: number): void => {
      if (onA) f.set(ma, i32.add(ma, c(onA)));
      if (onB) f.set(mb, i32.add(mb, c(onB)));
    };
    const visit = (d: number): void => {
      const loop = outside[d];
      if (loop) {
        f.for(f.local('i32'), c(0), c(loop.extent), c(1), () => {
          visit(d + 1);
          go(loop.a, loop.b);
        });
        return go(-loop.a * loop.extent, -loop.b * loop.extent);
      }
      if (cut.block === cut.extent) block(c(cut.extent), run);
      else {
        const [t, count] = [f.local('i32'), f.local('i32')];
        f.for(t, c(0), c(cut.extent), c(cut.block), () => {
          const left = i32.sub(c(cut.extent), t);
          f.set(count, cut.extent % cut.block ? select(left, c(cut.block), i32.lt(left, c(cut.block))) : c(cut.block));
          block(count, run);
          go(cut.a * cut.block, cut.b * cut.block);
        });
        // The last block may have been shorter than the addresses went on.
        const gone = cut.block * Math.ceil(cut.extent / cut.block);
        go(cut.a * (cut.extent - gone), cut.b * (cut.extent - gone));
      }
      const moved = cut.block < cut.extent;
      if (rest) {
        if (!moved) go(cut.a * cut.extent, cut.b * cut.extent);
        block(c(1), rest);
      }
      if (moved || rest) go(-cut.a * cut.extent, -cut.b * cut.extent);
    };
    visit(0);
  };
  const size = 4 * m * n;
  const drafts: Draft[] = [];
  const cost = (m * n * sizeOf(k)) / 20 + 8 * m * n;
  if (outers === 1) {
    const write = (f: Func): void => {
      const result = plain ? resultOf(f, job, []) : shared(f, job);
      product_(f, from(f), to(f), matrixOf(f, job, a, []), matrixOf(f, job, b, []), result);
    };
    drafts.push({ write, extent: panels, cost: cost / panels });
    if (finish) {
      const last = (f: Func): void => finish(f, [], [from(f), to(f), c(0), c(n)], shared(f, job));
      drafts.push({ write: last, extent: m, cost: n });
    }
    return { drafts, scratch: 0, shared: plain ? 0 : size };
  }
  const write = (f: Func): void => {
    const o = f.local('i32');
    const position = outerPositions(f, job);
    f.for(o, from(f), to(f), c(1), () => {
      const outer = position(o);
      const result = plain ? resultOf(f, job, outer) : scratch(f, job);
      product_(f, c(0), c(panels), matrixOf(f, job, a, outer), matrixOf(f, job, b, outer), result);
      finish?.(f, outer, [c(0), c(m), c(0), c(n)], result);
    });
  };
  return { drafts: [{ write, extent: outers, cost: cost + m * n }], scratch: plain ? 0 : size, shared: 0 };
}
