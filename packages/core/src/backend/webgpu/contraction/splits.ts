// The second pass of a product whose depth was split: adds the parts in their order, and writes what becomes of the sums.
import { load, loop, ravel, type Expr } from '../../../kernel/index.js';
import { vectorOf, type Pass } from '../wgsl/shader.js';
import type { Frame } from './frame.js';
import { axis, type Product } from './product.js';
import type { Schedule } from './schedule.js';

/** Position, at the flat loops, of what that split found. */
export function partialAt(split: Expr, splits: number, { batch, rows, columns }: Product): Expr {
  const element = [loop('i', axis.batch, batch), loop('i', axis.row, rows), loop('i', axis.column, columns)];
  return ravel([split, ...element], [splits, batch, rows, columns]);
}
/** One thread for each four elements, side by side along the columns. */
export function addingSchedule({ columns }: Product, threads: number): Schedule {
  const each = columns % 4 ? 1 : 4;
  const across = Math.min(threads, 2 ** Math.ceil(Math.log2(columns / each)));
  return { rows: 1, columns: each, down: threads / across, across, slices: 1, depth: 0, buffers: 1, splits: 1 };
}
/** What that pass reads, at the flat loops and the loop `r` over the splits. */
export const partial = (place: number, splits: number, product: Product): Expr =>
  load(place, partialAt(loop('r', 0, splits), splits, product), product.dtype);

export function emitAdding(frame: Frame, place: number, splits: number): Pass {
  const { main, shader, product, columns } = frame;
  frame.begin(true);
  const found = partial(place, splits, product);
  const block = main.open();
  block.bind('r', 0, 'split');
  const lanes = Array.from({ length: columns.lanes }, (_, lane) => frame.placed([found], 0, 0, 0, lane, 0)[0]!);
  shader.expect(...lanes);
  const texts = lanes.map((e) => block.value(e));
  block.say(`${frame.sum(0, 0)} += ${vectorOf(texts, frame.scalar)};`);
  main.close(`for (var split = 0i; split < ${splits}; split++) {`, block);
  frame.end();
  return frame.finish();
}
