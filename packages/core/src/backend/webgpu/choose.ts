// How the rows of a kernel are spread over threads: by how many there are, how long they are, and along which loop memory is read.
import { sizeOf } from '../../base/index.js';
import { bitOf, everyExpr, linear, type RowsKernel } from '../../kernel/index.js';
import type { Adapter } from './adapter.js';

/** How rows are spread over threads. */
export interface RowSchedule {
  /** Threads that share a row: a power of two. */
  readonly lanes: number;
  /** Rows of a workgroup. */
  readonly rows: number;
  /** Whether neighbouring threads share a row; else they have neighbouring rows. */
  readonly along: boolean;
  /** Pieces into which rows are cut, each reduced by itself first. */
  readonly pieces: number;
}
/** Rows up to this length are one thread's work in any case. */
const short = 8;
/** Terms that a thread should have when rows are shared. */
const perLane = 4;
/** Terms of one thread from which on a row is cut where there are too few rows. */
const long = 256;
const power = (n: number): number => 2 ** Math.ceil(Math.log2(Math.max(1, n)));

/** Whether the stages read memory side by side along their own loops, rather than along the rows. */
function readsAlong({ shape, stages }: RowsKernel): boolean {
  let [along, across] = [0, 0];
  for (const { over, body } of stages) {
    const [r, i] = [bitOf('r', over.length - 1), bitOf('i', shape.length - 1)];
    for (const e of everyExpr([body])) {
      if (e.kind !== 'load') continue;
      if (over.length && Math.abs(linear(e.at, r)?.stride ?? 0) === 1) along++;
      if (shape.length && Math.abs(linear(e.at, i)?.stride ?? 0) === 1) across++;
    }
  }
  return along >= across;
}

export function chooseRows(kernel: RowsKernel, { busy, lanes: most, threads }: Adapter): RowSchedule {
  const rows = sizeOf(kernel.shape);
  const terms = Math.max(...kernel.stages.map((s) => sizeOf(s.over)));
  const along = readsAlong(kernel);
  const enough = rows >= busy && (!along || most === 1);
  const wanted = power(Math.min(terms / perLane, along ? Infinity : busy / rows));
  const lanes = most === 1 || terms <= short || enough ? 1 : Math.min(most, wanted);
  const inGroup = lanes === 1 ? threads : Math.max(1, Math.min(along ? threads / lanes : 32, most / lanes));
  const cuts = rows * lanes < busy / 4 && terms / lanes >= long;
  const pieces = cuts
    ? Math.min(power(busy / (rows * lanes)), power(Math.sqrt(terms / lanes)), power(terms / lanes / 16))
    : 1;
  return { lanes, rows: inGroup, along, pieces };
}
