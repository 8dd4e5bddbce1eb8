// The product of two matrices whose elements lie anywhere: row and column positions come from tables. Both are packed into panels, block by block
// (Goto & van de Geijn 2008), and tiles of 5 rows by 8 columns are held in registers.
import { f32, f32x4, i32, select, v128, type I32, type Local, type Type, type V128 } from './instructions.js';
import type { Engine, Func, Module, Signature } from './module.js';

export const tile: { readonly rows: 5; readonly columns: 8 } = { rows: 5, columns: 8 };
/** Rows, depth and columns of the blocks that stay in the caches. */
const block = { m: 240, k: 256, n: 1024 } as const;
/** Bytes of the workspace: a scratch tile with its row table, packed rows, packed columns. */
const scratchBytes = 256;
const packedRows = block.m * block.k * 4;
export const workspaceBytes: number = scratchBytes + packedRows + (block.n + tile.columns) * block.k * 4;

/**
 * The plan of a product in memory, in 32-bit words: sizes, then addresses of tables. All positions are in bytes; tables of rows and columns
 * are as long as their panels.
 */
export const planWords = {
  m: 0,
  n: 1,
  k: 2,
  /** Positions of rows and depths of a, of depths and columns of b, of rows and columns of c. */
  rowA: 3,
  depthA: 4,
  depthB: 5,
  columnB: 6,
  rowC: 7,
  columnC: 8,
  /** For each panel of columns: how those of b lie, and those of c. */
  panelB: 9,
  panelC: 10,
  /** How rows of a lie. */
  layoutA: 11,
} as const;
/** How the elements of a panel lie: anywhere, side by side, each with its depths side by side in fours, or side by side in two halves. */
export const layout = { any: 0, across: 1, along: 2, halves: 3 } as const;

const { rows, columns } = tile;
const c = i32.const;
const at4 = (base: I32, index: I32): I32 => i32.add(base, i32.shl(index, c(2)));
const word = (plan: I32, name: keyof typeof planWords): I32 => i32.load(plan, 4 * planWords[name]);
const least = (f: Func, a: I32, b: number): Local<'i32'> => {
  const x = f.let(a);
  return f.let(select(x, c(b), i32.lt(x, c(b))));
};
const ints = (n: number): Signature => ({ params: Array.from({ length: n }, (): Type => 'i32'), result: 'void' });

/** Transposes four vectors of four. */
export function transpose(f: Func, v: readonly V128[]): V128[] {
  const [a, b, d, e] = v as [V128, V128, V128, V128];
  const low = [f.let(v128.shuffle32(a, b, [0, 4, 1, 5])), f.let(v128.shuffle32(d, e, [0, 4, 1, 5]))] as const;
  const high = [f.let(v128.shuffle32(a, b, [2, 6, 3, 7])), f.let(v128.shuffle32(d, e, [2, 6, 3, 7]))] as const;
  return [low, high].flatMap(([x, y]) => [v128.shuffle32(x, y, [0, 1, 4, 5]), v128.shuffle32(x, y, [2, 3, 6, 7])]);
}

/**
 * Packs one panel of `width` rows (or columns): dst[d*width + r] = src[lines[r] + depths[d]]. The ways to read are those of `layout`.
 */
function addPack(module: Module, width: number): Func {
  return module.add(ints(6), (f) => {
    const [dst, src, lines, depths, count, lies] = f.params as Local<'i32'>[] as [
      Local<'i32'>,
      Local<'i32'>,
      Local<'i32'>,
      Local<'i32'>,
      Local<'i32'>,
      Local<'i32'>,
    ];
    const line = Array.from({ length: width }, (_, r) => f.let(i32.add(src, i32.load(lines, 4 * r))));
    const [end, whole, way] = [f.let(at4(depths, count)), f.local('i32'), f.local('i32')];
    const next = (depthCount: number): void => {
      f.set(dst, i32.add(dst, c(4 * width * depthCount)));
      f.set(depths, i32.add(depths, c(4 * depthCount)));
    };
    /** do body while there are depths before `stop` */
    const each = (stop: I32, step: number, body: () => void): void =>
      f.if(i32.ltU(depths, stop), () =>
        f.repeat(
          () => {
            f.set(way, i32.load(depths));
            body();
            next(step);
          },
          () => i32.ltU(depths, stop),
        ),
      );
    const one = (): void => line.forEach((l, r) => f.do(f32.store(dst, f32.load(i32.add(l, way)), 4 * r)));
    f.if(i32.eq(lies, c(layout.across)), () => {
      each(end, 1, () => {
        const from = f.let(i32.add(line[0]!, way));
        for (let r = 0; r + 4 <= width; r += 4) f.do(v128.store(dst, v128.load(from, 4 * r), 4 * r));
        for (let r = width & ~3; r < width; r++) f.do(f32.store(dst, f32.load(from, 4 * r), 4 * r));
      });
    });
    if (width === columns)
      f.if(i32.eq(lies, c(layout.halves)), () => {
        each(end, 1, () => {
          f.do(v128.store(dst, v128.load(i32.add(line[0]!, way))));
          f.do(v128.store(dst, v128.load(i32.add(line[4]!, way)), 16));
        });
      });
    f.if(i32.eq(lies, c(layout.along)), () => {
      f.set(whole, i32.add(depths, i32.shl(i32.and(count, c(-4)), c(2))));
      each(whole, 4, () => {
        for (let r = 0; r + 4 <= width; r += 4) {
          const four = [0, 1, 2, 3].map((q) => f.let(v128.load(i32.add(line[r + q]!, way))));
          transpose(f, four).forEach((v, d) => f.do(v128.store(dst, v, 4 * (d * width + r))));
        }
        for (let r = width & ~3; r < width; r++) {
          const v = f.let(v128.load(i32.add(line[r]!, way)));
          for (let d = 0; d < 4; d++) f.do(v128.store32Lane(dst, v, d, 4 * (d * width + r)));
        }
      });
    });
    each(end, 1, one);
  });
}

/** One tile: c[row][0..8] = (or +=) sum over depth of packed a times packed b; only the first `height` rows are stored, at `rowTable`. */
function addMicro(module: Module, { madd, steps, reversed }: Engine): Func {
  return module.add(ints(7), (f) => {
    const [depth, a, b, out, rowTable, height, more] = f.params as Local<'i32'>[] as [
      Local<'i32'>,
      Local<'i32'>,
      Local<'i32'>,
      Local<'i32'>,
      Local<'i32'>,
      Local<'i32'>,
      Local<'i32'>,
    ];
    const sums = Array.from({ length: rows }, () => [f.local('v128'), f.local('v128')] as const);
    const [left, right, x] = [f.local('v128'), f.local('v128'), f.local('v128')];
    const fma = (p: V128, q: V128, s: V128): V128 =>
      madd ? f32x4.relaxedMadd(p, q, s) : f32x4.add(s, f32x4.mul(p, q));
    for (const row of sums) for (const s of row) f.set(s, v128.f32s(0));
    const step = (d: number): void => {
      f.set(left, v128.load(b, d * columns * 4));
      f.set(right, v128.load(b, d * columns * 4 + 16));
      const order = Array.from({ length: rows }, (_, r) => (reversed ? rows - 1 - r : r));
      for (const r of order) {
        f.set(x, v128.load32Splat(a, (d * rows + r) * 4));
        f.set(sums[r]![0], fma(x, left, sums[r]![0]));
        f.set(sums[r]![1], fma(x, right, sums[r]![1]));
      }
    };
    const i = f.local('i32');
    const advance = (n: number): void => {
      for (let d = 0; d < n; d++) step(d);
      f.set(a, i32.add(a, c(n * rows * 4)));
      f.set(b, i32.add(b, c(n * columns * 4)));
    };
    f.for(i, c(0), i32.sub(depth, c(steps - 1)), c(steps), () => advance(steps));
    if (steps > 1) f.if(i32.lt(i, depth), () => f.loop(i, depth, c(1), () => advance(1)));
    const place = f.local('i32');
    sums.forEach(([p, q], r) =>
      f.if(i32.gt(height, c(r)), () => {
        f.set(place, i32.add(out, i32.load(rowTable, 4 * r)));
        f.if(more, () => {
          f.set(p, f32x4.add(p, v128.load(place)));
          f.set(q, f32x4.add(q, v128.load(place, 16)));
        });
        f.do(v128.store(place, p));
        f.do(v128.store(place, q, 16));
      }),
    );
  });
}

/** The tiles of one block: packed rows times packed columns into c. Tiles whose columns do not lie side by side go through scratch memory. */
function addMacro(module: Module, micro: Func): Func {
  // plan, c, packed a, packed b, scratch; first row, rows, first column, columns, depth, whether c has a value already
  return module.add(ints(11), (f) => {
    const [plan, out, packedA, packedB, scratch, i0, m, j0, n, depth, more] = f.params as Local<'i32'>[] as [
      Local<'i32'>,
      Local<'i32'>,
      Local<'i32'>,
      Local<'i32'>,
      Local<'i32'>,
      Local<'i32'>,
      Local<'i32'>,
      Local<'i32'>,
      Local<'i32'>,
      Local<'i32'>,
      Local<'i32'>,
    ];
    const [rowC, columnC, panelC] = [
      f.let(at4(word(plan, 'rowC'), i0)),
      f.let(at4(word(plan, 'columnC'), j0)),
      f.let(at4(word(plan, 'panelC'), i32.shrU(j0, c(3)))),
    ];
    const [i, j, r, q] = [f.local('i32'), f.local('i32'), f.local('i32'), f.local('i32')];
    const [pa, pb, place, from] = [f.local('i32'), f.local('i32'), f.local('i32'), f.local('i32')];
    f.for(j, c(0), n, c(columns), () => {
      f.set(pb, i32.add(packedB, i32.shl(i32.mul(j, depth), c(2))));
      const width = least(f, i32.sub(n, j), columns);
      const base = f.let(i32.add(out, i32.load(at4(columnC, j))));
      const direct = f.let(i32.and(i32.eq(width, c(columns)), i32.load(i32.add(panelC, i32.shrU(j, c(1))))));
      f.for(i, c(0), m, c(rows), () => {
        f.set(pa, i32.add(packedA, i32.shl(i32.mul(i, depth), c(2))));
        const height = least(f, i32.sub(m, i), rows);
        f.if(
          direct,
          () => f.do(module.call(micro, depth, pa, pb, base, at4(rowC, i), height, more)),
          () => {
            const tileAt = i32.add(scratch, c(32));
            f.do(module.call(micro, depth, pa, pb, tileAt, scratch, height, c(0)));
            f.for(r, c(0), height, c(1), () => {
              const row = f.let(i32.add(out, i32.load(at4(rowC, i32.add(i, r)))));
              f.for(q, c(0), width, c(1), () => {
                f.set(place, i32.add(row, i32.load(at4(columnC, i32.add(j, q)))));
                f.set(from, i32.add(tileAt, i32.add(i32.shl(r, c(5)), i32.shl(q, c(2)))));
                const value = f.let(f32.load(from));
                f.if(more, () => f.set(value, f32.add(value, f32.load(place))));
                f.do(f32.store(place, value));
              });
            });
          },
        );
      });
    });
  });
}

/** The function product(plan, a, b, c, workspace) of a module. */
export const productIn = (module: Module): Func =>
  module.once('product', ints(5), (product) => emitProduct(product, module.engine));
function emitProduct(f: Func, machine: Engine): void {
  const { module } = f;
  const [packA, packB, micro] = [addPack(module, rows), addPack(module, columns), addMicro(module, machine)];
  const macro = addMacro(module, micro);
  const [plan, a, b, out, workspace] = f.params as Local<'i32'>[] as [
    Local<'i32'>,
    Local<'i32'>,
    Local<'i32'>,
    Local<'i32'>,
    Local<'i32'>,
  ];
  const [m, n, k] = [f.let(word(plan, 'm')), f.let(word(plan, 'n')), f.let(word(plan, 'k'))];
  const [packedA, packedB] = [
    f.let(i32.add(workspace, c(scratchBytes))),
    f.let(i32.add(workspace, c(scratchBytes + packedRows))),
  ];
  // rows of the scratch tile
  for (let r = 0; r < rows; r++) f.do(i32.store(workspace, c(32 * r), 4 * r));
  const [j0, k0, i0, p] = [f.local('i32'), f.local('i32'), f.local('i32'), f.local('i32')];
  f.for(j0, c(0), n, c(block.n), () => {
    const width = least(f, i32.sub(n, j0), block.n);
    f.for(k0, c(0), k, c(block.k), () => {
      const depth = least(f, i32.sub(k, k0), block.k);
      f.for(p, c(0), width, c(columns), () => {
        const column = f.let(i32.add(j0, p));
        f.do(
          module.call(
            packB,
            i32.add(packedB, i32.shl(i32.mul(p, depth), c(2))),
            b,
            at4(word(plan, 'columnB'), column),
            at4(word(plan, 'depthB'), k0),
            depth,
            i32.load(at4(word(plan, 'panelB'), i32.shrU(column, c(3)))),
          ),
        );
      });
      f.for(i0, c(0), m, c(block.m), () => {
        const height = least(f, i32.sub(m, i0), block.m);
        f.for(p, c(0), height, c(rows), () =>
          f.do(
            module.call(
              packA,
              i32.add(packedA, i32.shl(i32.mul(p, depth), c(2))),
              a,
              at4(word(plan, 'rowA'), i32.add(i0, p)),
              at4(word(plan, 'depthA'), k0),
              depth,
              word(plan, 'layoutA'),
            ),
          ),
        );
        f.do(module.call(macro, plan, out, packedA, packedB, workspace, i0, height, j0, width, depth, k0));
      });
    });
  });
}
