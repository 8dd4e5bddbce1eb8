// Products of packed factors, block by block (Goto & van de Geijn 2008): the smaller factor is packed once, the larger one in blocks of panels that
// stay in a cache while all of the smaller one goes by. For everything that is large, and for all that lies irregularly.
import { sizeOf } from '../../../base/index.js';
import { finishOf, isPlain, type Finish } from './finish.js';
import { i32, type I32, type Local } from '../instructions.js';
import {
  c,
  from,
  matrixOf,
  mostRows,
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
  type Schedule,
} from './job.js';
import type { Func } from '../module.js';
import { outputSteps, type Factor } from './form.js';
import {
  depthOf,
  eachPanel,
  least,
  packPanels,
  sideOf,
  widthOf,
  type At,
  type DepthPlan,
  type Packed,
  type Side,
} from './sides.js';
import { tileFunc } from './tile.js';

/** The most depth in one pass over a block; of a block too where sums wait in the result: wider blocks read the other factor less often. */
const mostDepth = 384;
/** Elements of a block of the larger factor, and of the sums of a block. */
const [blockSize, sumsSize] = [1 << 16, 1 << 15];

class Blocked {
  private readonly plan: DepthPlan;
  private readonly rows: Side;
  private readonly columns: Side;
  private readonly large: Side;
  private readonly small: Side;
  /** Rows of a are read where they are, when the steps of depth lie side by side. */
  private readonly unpacked: boolean;
  private readonly depth: number;
  private readonly pass: number;
  private readonly groups: boolean;
  /** Panels of a block of the larger side, and of the smaller. */
  private readonly block: { readonly large: number; readonly small: number };
  private readonly plain: boolean;
  private readonly stride: number;
  private readonly finish: Finish | null;
  constructor(private readonly job: Job) {
    const { product, lanes, engine } = job;
    const { a, b, m, n, k } = product;
    const wide = 2 * lanes.count;
    this.plain = isPlain(product) && outputSteps(product)!.column === 1;
    this.plan = depthOf(a, b, k, lanes.bytes, this.plain ? mostDepth : undefined);
    const { group, size, outside } = this.plan;
    this.rows = sideOf(job, true, panelsOf(m, mostRows(engine)), this.plan);
    this.columns = sideOf(job, false, { height: wide, count: Math.floor(n / wide), rest: n % wide }, this.plan);
    [this.large, this.small] = m > n ? [this.rows, this.columns] : [this.columns, this.rows];
    this.unpacked = this.rows.line !== null && this.rows.depth === lanes.bytes;
    this.depth = sizeOf(k);
    const passes = Math.ceil(group / mostDepth);
    this.pass = Math.min(group, Math.ceil(group / passes / 4) * 4);
    this.groups = outside.length > 0 || group < size;
    const fit = (lines: number, side: Side): number =>
      Math.min(side.total, Math.max(1, Math.floor(lines / side.panels.height)));
    const large = fit(Math.min(512, Math.max(32, blockSize / group)), this.large);
    const others = this.plain ? 240 : sumsSize / (large * this.large.panels.height);
    this.block = { large, small: fit(Math.min(512, others), this.small) };
    const whole = (side: Side): number => (this.groups && side === this.small ? side.total : this.blockOf(side));
    this.stride = this.plain ? outputSteps(product)!.row : whole(this.columns) * wide;
    this.sums = this.plain ? 0 : whole(this.rows) * this.rows.panels.height * this.stride * lanes.bytes;
    this.finish = this.plain ? null : finishOf(job.module, job.kernel, product, this.stride);
  }
  private readonly sums: number;
  private blockOf = (side: Side): number => (side === this.large ? this.block.large : this.block.small);
  private packs = (side: Side): boolean => !(side.isRows && this.unpacked);
  /** Bytes of a panel that holds so much depth. */
  private panelBytes = (side: Side, depth: number): number => side.panels.height * depth * this.job.lanes.bytes;

  /** The loops over depth, one group after another. */
  private walk(f: Func, outer: readonly Local<'i32'>[], visit: (at: At, isLast: I32 | null) => void): void {
    const { plan, job } = this;
    const { product } = job;
    const [a, b] = [matrixOf(f, job, product.a, outer), matrixOf(f, job, product.b, outer)];
    const [before, inside] = [f.let(c(0)), f.let(c(0))];
    const left = f.let(c(Math.ceil(plan.size / plan.group) * plan.outside.reduce((x, l) => x * l.extent, 1)));
    const each = (d: number): void => {
      const loop = plan.outside[d];
      if (loop) {
        f.for(f.local('i32'), c(0), c(loop.extent), c(1), () => {
          each(d + 1);
          f.set(a, i32.add(a, c(loop.a)));
          f.set(b, i32.add(b, c(loop.b)));
        });
        f.set(a, i32.sub(a, c(loop.a * loop.extent)));
        f.set(b, i32.sub(b, c(loop.b * loop.extent)));
        return;
      }
      const one = (size: I32): void => {
        f.set(left, i32.sub(left, c(1)));
        visit({ a, b, before, inside, size }, this.groups ? i32.eqz(left) : null);
        if (this.groups) f.set(before, i32.add(before, size));
      };
      if (plan.group === plan.size) return one(c(plan.size));
      f.for(inside, c(0), c(plan.size), c(plan.group), () =>
        one(least(f, i32.sub(c(plan.size), inside), c(plan.group))),
      );
    };
    each(0);
  }
  /** The tiles of row panels [i0, i1) and column panels [j0, j1), in passes over the depth of a group. */
  private tiles(
    f: Func,
    at: At,
    from_: { readonly rows: Packed; readonly columns: Packed },
    [i0, i1, j0, j1]: readonly [I32, I32, I32, I32],
    /** Address of the sum of row 0 and column 0. */
    sums: I32,
    more: I32 | null,
  ): void {
    const { job, rows, columns, pass, plan, unpacked, stride, plain } = this;
    const { module, engine, lanes } = job;
    const { bytes, count: vector } = lanes;
    const onePass = pass === plan.group;
    const [k, size] = [f.let(c(0)), onePass ? at.size : f.local('i32')];
    const address = (packed: Packed, p: I32, width: number): I32 =>
      i32.add(
        i32.add(packed.at, i32.mul(i32.sub(p, packed.first), c(packed.stride))),
        i32.mul(i32.add(packed.before, k), c(width * bytes)),
      );
    const inPass = (): void => {
      const add = onePass ? (more ?? c(0)) : more ? i32.or(more, k) : k;
      eachPanel(f, columns, j0, j1, (q, restQ) => {
        const width = widthOf(columns, restQ);
        const pb = f.let(address(from_.columns, q, width));
        const out = f.let(i32.add(sums, i32.mul(q, c(columns.panels.height * bytes))));
        eachPanel(f, rows, i0, i1, (p, restP) => {
          const height = widthOf(rows, restP);
          const tail = restQ && plain ? columns.panels.rest - (width - vector) : vector;
          const row = unpacked ? rows.line! : bytes;
          const deep = { extent: null, a: unpacked ? bytes : height * bytes, b: width * bytes };
          const shape = { lanes, rows: height, vectors: width / vector, apart: false, row, depth: [deep], tail };
          const pa = unpacked
            ? i32.add(i32.add(at.a, i32.mul(i32.add(at.inside, k), c(bytes))), i32.mul(p, c(rows.panels.height * row)))
            : address(from_.rows, p, height);
          const place = i32.add(out, i32.mul(p, c(rows.panels.height * stride * bytes)));
          f.do(module.call(tileFunc(module, engine, shape), size, pa, pb, place, c(stride * bytes), add));
        });
      });
    };
    if (onePass) return inPass();
    f.for(k, c(0), at.size, c(pass), () => {
      f.set(size as Local<'i32'>, least(f, i32.sub(at.size, k), c(pass)));
      inPass();
    });
  }
  /** Panels [first, last) of the larger side times all of the smaller one. */
  private multiply(f: Func, outer: readonly Local<'i32'>[], first: I32, last: I32, room: Room): void {
    const { job, large, small, block, plan, plain, stride } = this;
    const { bytes } = job.lanes;
    const { m, n } = job.product;
    const zero = c(0);
    const result = plain ? resultOf(f, job, outer) : room.sums;
    const x = f.local('i32');
    f.for(x, first, last, c(block.large), () => {
      const xEnd = least(f, i32.add(x, c(block.large)), last);
      const more = this.groups ? f.let(zero) : null;
      const packedLarge: Packed = {
        at: room.large,
        stride: this.panelBytes(large, plan.group),
        first: x,
        before: zero,
      };
      this.walk(f, outer, (at, isLast) => {
        const packedSmall: Packed = {
          at: room.small,
          stride: this.panelBytes(small, this.depth),
          first: zero,
          before: at.before,
        };
        if (this.packs(large)) packPanels(f, job, large, at, packedLarge, [x, xEnd]);
        const y = f.local('i32');
        f.for(y, zero, c(small.total), c(block.small), () => {
          const yEnd = least(f, i32.add(y, c(block.small)), c(small.total));
          const [i0, i1, j0, j1] = large.isRows ? [x, xEnd, y, yEnd] : [y, yEnd, x, xEnd];
          // Sums are kept from the first line of the block on; of the smaller side from line 0 on when they wait for other groups.
          const start = (side: Side, p: I32): I32 => (this.groups && side === small ? zero : p);
          const sums = plain
            ? result
            : f.let(
                i32.sub(
                  result,
                  i32.add(
                    i32.mul(start(this.rows, i0), c(this.rows.panels.height * stride * bytes)),
                    i32.mul(start(this.columns, j0), c(this.columns.panels.height * bytes)),
                  ),
                ),
              );
          const packed = large.isRows
            ? { rows: packedLarge, columns: packedSmall }
            : { rows: packedSmall, columns: packedLarge };
          this.tiles(f, at, packed, [i0, i1, j0, j1], sums, more);
          if (!this.finish) return;
          const lineOf = (side: Side, p: I32, all: number): I32 =>
            side.panels.rest || side.total === 1
              ? least(f, i32.mul(p, c(side.panels.height)), c(all))
              : i32.mul(p, c(side.panels.height));
          const write = (): void =>
            this.finish!(
              f,
              outer,
              [
                lineOf(this.rows, i0, m),
                lineOf(this.rows, i1, m),
                lineOf(this.columns, j0, n),
                lineOf(this.columns, j1, n),
              ],
              sums,
            );
          if (isLast) f.if(isLast, write);
          else write();
        });
        if (more) f.set(more, c(1));
      });
    });
  }
  schedule(): Schedule {
    const { job, large, small, plan } = this;
    const { m, n } = job.product;
    const outers = outerCount(job);
    const whole = this.packs(small) ? small.total * this.panelBytes(small, this.depth) : 0;
    const part = this.packs(large) ? this.block.large * this.panelBytes(large, plan.group) : 0;
    /** The smaller side is packed once for all when it does not change with the outer loops. */
    const once = whole > 0 && (outers === 1 || !(small.factor.anew || small.factor.outer.reads));
    const room = (f: Func): Room => ({
      sums: scratch(f, job),
      large: f.let(i32.add(scratch(f, job), c(this.sums))),
      small: once ? shared(f, job) : f.let(i32.add(scratch(f, job), c(this.sums + part))),
    });
    const packSmall = (f: Func, outer: readonly Local<'i32'>[], at: I32, first: I32, last: I32): void =>
      this.walk(f, outer, (where) => {
        const packed = { at, stride: this.panelBytes(small, this.depth), first: c(0), before: where.before };
        packPanels(f, job, small, where, packed, [first, last]);
      });
    const drafts: Draft[] = [];
    const zeros = (f: Func): Local<'i32'>[] => job.product.outer.map(() => f.let(c(0)));
    if (once) {
      const write = (f: Func): void => packSmall(f, zeros(f), shared(f, job), from(f), to(f));
      drafts.push({ write, extent: small.total, cost: (small.panels.height * this.depth) / 4 });
    }
    const cost = (m * n * this.depth) / 20;
    if (outers === 1) {
      const write = (f: Func): void => this.multiply(f, [], from(f), to(f), room(f));
      drafts.push({ write, extent: large.total, cost: cost / large.total });
    } else {
      const write = (f: Func): void => {
        const o = f.local('i32');
        const own = room(f);
        const position = outerPositions(f, job);
        f.for(o, from(f), to(f), c(1), () => {
          const outer = position(o);
          if (whole && !once) packSmall(f, outer, own.small, c(0), c(small.total));
          this.multiply(f, outer, c(0), c(large.total), own);
        });
      };
      drafts.push({ write, extent: outers, cost });
    }
    return { drafts, scratch: this.sums + part + (once ? 0 : whole), shared: once ? whole : 0 };
  }
}
interface Room {
  readonly sums: I32;
  readonly large: I32;
  readonly small: I32;
}
export const blocked = (job: Job): Schedule => new Blocked(job).schedule();
/** Rough nanoseconds, for the choice among schedules. Some columns of a large matrix are packed from rows that are far apart. */
export function blockedCost({ product, lanes, engine }: Given): number {
  const { a, b, m, n, k } = product;
  const depth = sizeOf(k);
  const { height } = panelsOf(m, mostRows(engine));
  const wide = Math.ceil(n / lanes.count) * lanes.count;
  const plain = 'step' in a.line && a.steps?.at(-1) === 1 && a.steps.length === 1;
  const pack = (lines: number, of: Factor): number =>
    lines * depth * ('step' in of.line && of.line.step === 1 ? (lines * depth > 2 ** 18 ? 0.35 : 0.1) : 0.2);
  const tiles = Math.ceil(m / height) * Math.ceil(wide / (2 * lanes.count));
  const work = (m * wide * depth) / lanes.count / 8 / Math.min(1, height / 4);
  return work + tiles * 6 + pack(wide, b) + (plain ? 0 : pack(m, a)) + 60;
}
