// Which schedule a product gets: the quickest of a few shapes by a simple count of its work.
import { alongDepth, axis, type Product } from './product.js';
import { threadsOf, tileColumns, tileRows, workgroupBytes, type Schedule } from './schedule.js';

/** A schedule without its splits, and what is known of its speed. */
export interface Shape extends Omit<Schedule, 'splits'> {
  /** Products per cycle and lane of the hardware, 1 at best, when enough workgroups are at work. */
  readonly speed: number;
  /** Only for columns whose elements lie side by side along the depth (true), or not (false). */
  readonly along?: boolean;
  /** Only for products of at least so many multiplications: with fewer, it takes longer to compile than it saves. */
  readonly from?: number;
}
/** A class of hardware. */
export interface Table {
  /** Parts of the hardware that work by themselves, and the threads that each runs in a cycle. */
  readonly units: number;
  readonly width: number;
  /** Cycles that one more dispatch costs. */
  readonly launch: number;
  /** Cycles in which a unit reads or writes 16 bytes. */
  readonly memory: number;
  readonly shapes: readonly Shape[];
}
export interface Limits {
  readonly threads: number;
  readonly bytes: number;
}
/** Splits are tried up to this many, while each has this much depth. */
const mostSplits = 64;
const leastDepth = 64;

/** Cycles that a product takes. */
function cycles(p: Product, s: Shape, splits: number, { units, width, launch, memory }: Table): number {
  const whole = { ...s, splits };
  const [tm, tn] = [tileRows(whole), tileColumns(whole)];
  const groups = Math.ceil(p.rows / tm) * Math.ceil(p.columns / tn) * p.batch * splits;
  const step = Math.max(4 * s.slices, s.depth);
  const work = tm * tn * Math.ceil(p.depth / splits / step) * step;
  const together = (groups * work) / (units * width);
  const alone = Math.ceil(groups / units) * (work / Math.min(width, threadsOf(whole)));
  const adding = splits > 1 ? launch + (p.batch * p.rows * p.columns * (2 * splits + 1) * memory) / (4 * units) : 0;
  return Math.max(together, alone) / s.speed + adding;
}

/** A schedule and the cycles that the count of its work gives. */
interface Candidate {
  readonly schedule: Schedule;
  readonly time: number;
}
/** The schedules that fit a product and a device, the quickest first. */
export const candidates = (product: Product, table: Table, limits: Limits): Schedule[] =>
  counted(product, table, limits).map((c) => c.schedule);

/** Splits of each shape that are worth measuring, and how many times the count of the first a count may be. */
const [splitsOfShape, within] = [2, 8];
/** Those of them that are worth measuring: the best of each shape, none that would take far longer than the first. */
export function contenders(product: Product, table: Table, limits: Limits): Schedule[] {
  const taken = new Map<string, number>();
  const all = counted(product, table, limits);
  return all
    .filter(({ schedule: { splits: _, ...shape }, time }) => {
      const key = JSON.stringify(shape);
      const count = taken.get(key) ?? 0;
      taken.set(key, count + 1);
      return count < splitsOfShape && time <= within * all[0]!.time;
    })
    .map((c) => c.schedule);
}
function counted(product: Product, table: Table, limits: Limits): Candidate[] {
  const multiplications = product.batch * product.rows * product.columns * product.depth;
  const along = alongDepth(product.b, axis.column);
  return table.shapes
    .filter((s) => (s.along === undefined || s.along === along) && multiplications >= (s.from ?? 0))
    .flatMap((shape) => {
      const { speed: _, along: __, from: ___, ...rest } = shape;
      const deepest = Math.min(mostSplits, Math.floor(product.depth / leastDepth / shape.slices));
      const splits = [1];
      for (let n = 2; n <= deepest; n *= 2) splits.push(n);
      return splits.map((n) => ({ schedule: { ...rest, splits: n }, time: cycles(product, shape, n, table) }));
    })
    .filter(({ schedule: s }) => threadsOf(s) <= limits.threads && workgroupBytes(s) <= limits.bytes)
    .sort((a, b) => a.time - b.time);
}
