// The two factors of a product as panels of lines, and the depth as loops around what one table describes.
import { sizeOf } from '../../../base/index.js';
import { i32, select, type I32, type Local } from '../instructions.js';
import type { Func } from '../module.js';
import type { Factor } from './form.js';
import { positions } from './positions.js';
import { c, type Job, type Panels } from './job.js';
import { packFunc } from './pack.js';

/** The most positions in one table of depth. */
const mostTable = 8192;

/** Depth as loops in the code, each with its steps of a and b in bytes, around depth that one table (or one step) describes. */
export interface DepthPlan {
  readonly outside: readonly { readonly extent: number; readonly a: number; readonly b: number }[];
  readonly inner: readonly number[];
  /** Depth inside; in groups of at most `group`, when it is one loop. */
  readonly size: number;
  readonly group: number;
}
export function depthOf(
  a: Factor,
  b: Factor,
  k: readonly number[],
  bytes: number,
  most: number = mostTable,
): DepthPlan {
  const first = ((): number => {
    let d = k.length;
    let size = 1;
    if (a.steps && b.steps) while (d > 0 && (d === k.length || size * k[d - 1]! <= mostTable)) size *= k[--d]!;
    else d = 0;
    return d;
  })();
  const inner = k.slice(first);
  const size = sizeOf(inner);
  const groups = inner.length === 1 ? Math.ceil(size / most) : 1;
  return {
    outside: k.slice(0, first).map((extent, d) => ({ extent, a: a.steps![d]! * bytes, b: b.steps![d]! * bytes })),
    inner,
    size,
    group: groups > 1 ? Math.ceil(size / groups / 4) * 4 : size,
  };
}
/** One step of a factor for all depth inside, in elements; null where there is none. */
function steadyStep({ steps }: Factor, plan: DepthPlan): number | null {
  if (!plan.inner.length) return 0;
  const own = steps?.slice(plan.outside.length);
  if (!own) return null;
  for (let d = 0; d + 1 < own.length; d++) if (own[d] !== own[d + 1]! * plan.inner[d + 1]!) return null;
  return own.at(-1)!;
}
const inFours = (list: Int32Array): boolean => {
  for (let k = 0; k + 1 < list.length; k++) if (k % 4 < 3 && list[k + 1]! - list[k]! !== 1) return false;
  return list.length >= 4;
};

/** A factor in panels: where its lines and its depth are, in bytes, or in tables at these addresses. */
export interface Side {
  readonly factor: Factor;
  readonly isRows: boolean;
  readonly panels: Panels;
  /** Number of all panels, and the width of the last one when it is a smaller one. */
  readonly total: number;
  readonly restWidth: number;
  readonly line: number | null;
  readonly lines: number;
  readonly depth: number | null;
  readonly depths: number;
  readonly along: boolean;
  /** Address of a table that says for each panel whether its lines lie side by side. */
  readonly beside: number;
}
export function sideOf({ lanes, place, product }: Job, isRows: boolean, panels: Panels, plan: DepthPlan): Side {
  const { bytes, count: vector } = lanes;
  const factor = isRows ? product.a : product.b;
  const { height, count, rest } = panels;
  const step = steadyStep(factor, plan);
  const outside = plan.outside.length;
  const steps =
    step === null
      ? positions(
          factor.depth,
          product.k.map((n, d) => (d < outside ? 1 : n)),
        )
      : null;
  const inBytes = (list: Int32Array): Int32Array => list.map((x) => x * bytes);
  const total = count + (rest ? 1 : 0);
  const restWidth = isRows ? rest : Math.ceil(rest / vector) * vector;
  const known = {
    factor,
    isRows,
    panels,
    total,
    restWidth,
    depth: step === null ? null : step * bytes,
    depths: steps ? place(inBytes(steps)) : 0,
    along: step === 1 || (steps !== null && inFours(steps)),
  };
  if ('step' in factor.line) return { ...known, line: factor.line.step * bytes, lines: 0, beside: 0 };
  const { table } = factor.line;
  const padded = new Int32Array(count * height + restWidth).fill(table.at(-1)!);
  padded.set(table);
  const beside = Int32Array.from({ length: total }, (_, p) => {
    const last = p < count ? (p + 1) * height : padded.length;
    for (let r = p * height; r < last; r++)
      if ((r - p * height) % vector && padded[r]! - padded[r - 1]! !== 1) return 0;
    return 1;
  });
  return { ...known, line: null, lines: place(inBytes(padded)), beside: place(beside) };
}

export const least = (f: Func, a: I32, b: I32): Local<'i32'> => {
  const x = f.let(a);
  return f.let(select(x, b, i32.lt(x, b)));
};
/** Where the loops over depth stand. */
export interface At {
  /** Addresses of the matrices there. */
  readonly a: Local<'i32'>;
  readonly b: Local<'i32'>;
  /** Depth before this group: of all, and of the loops inside. */
  readonly before: Local<'i32'>;
  readonly inside: Local<'i32'>;
  /** Depth of this group. */
  readonly size: I32;
}
/** Where packed panels are, and the bytes from one panel to the next; of which the first is panel number `first`. */
export interface Packed {
  readonly at: I32;
  readonly stride: number;
  readonly first: I32;
  /** Steps of depth of each panel before this group. */
  readonly before: I32;
}

/** Lines of a panel. */
export const widthOf = ({ panels, restWidth }: Side, rest: boolean): number => (rest ? restWidth : panels.height);
/** Runs body for panels [first, last), the last of which may be the smaller one. */
export function eachPanel(
  f: Func,
  { panels }: Side,
  first: I32,
  last: I32,
  body: (p: Local<'i32'>, rest: boolean) => void,
): void {
  const p = f.local('i32');
  if (!panels.rest) return f.for(p, first, last, c(1), () => body(p, false));
  if (panels.count) f.for(p, first, least(f, last, c(panels.count)), c(1), () => body(p, false));
  f.if(i32.gt(last, c(panels.count)), () => {
    f.set(p, c(panels.count));
    body(p, true);
  });
}
/** Packs panels [first, last) of a side for one group of depth. */
export function packPanels(
  f: Func,
  { module, lanes }: Job,
  side: Side,
  at: At,
  to: Packed,
  range: readonly [I32, I32],
): void {
  const { panels, line, lines, depth, depths, along, beside, isRows } = side;
  const matrix = isRows ? at.a : at.b;
  const source = depth === null ? matrix : f.let(i32.add(matrix, i32.mul(at.inside, c(depth))));
  const table = depth === null ? f.let(i32.add(c(depths), i32.shl(at.inside, c(2)))) : c(0);
  eachPanel(f, side, ...range, (p, rest) => {
    const width = widthOf(side, rest);
    const func = packFunc(module, { lanes, width, valid: rest ? panels.rest : width, line, depth, along });
    const on = i32.mul(to.before, c(width * lanes.bytes));
    const tabled = line === null;
    f.do(
      module.call(
        func,
        i32.add(i32.add(to.at, on), i32.mul(i32.sub(p, to.first), c(to.stride))),
        tabled ? source : i32.add(source, i32.mul(p, c(panels.height * line))),
        tabled ? i32.add(c(lines), i32.mul(p, c(4 * panels.height))) : c(0),
        table,
        at.size,
        tabled ? i32.load(i32.add(c(beside), i32.shl(p, c(2)))) : c(0),
      ),
    );
  });
}
