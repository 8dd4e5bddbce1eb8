// Rows kernels whose reduction is a sum of products of two arrays: the dispatches that compute them.
import { acc, loop, type RowsKernel } from '../../../kernel/index.js';
import type { Adapter } from '../adapter.js';
import type { Place } from '../place.js';
import type { Pass } from '../wgsl/shader.js';
import { Frame, own, type Target } from './frame.js';
import { productOf } from './product.js';
import { emitRegisters } from './registers.js';
import { addingSchedule, emitAdding, partial, partialAt } from './splits.js';
import { emitTiles } from './tiles.js';

/** Threads of a workgroup that adds what splits found. */
const addingThreads = 64;

/** The dispatches of a kernel that is a contraction; null when it is none. */
export function emitContraction(kernel: RowsKernel, place: Place, adapter: Adapter): Pass[] | null {
  const product = productOf(kernel);
  if (!product) return null;
  const schedule = adapter.scheduleOf(product);
  const { splits } = schedule;
  const outputs = product.outputs.map(({ body }, k): Target => ({ place: place.output(k), body, at: product.at }));
  const emit = (frame: Frame): Pass => (schedule.depth ? emitTiles(frame) : emitRegisters(frame, adapter.subgroups));
  const sides = { place, name: kernel.name, reads: [product.a, product.b], precision: adapter.products };
  if (splits === 1) return [emit(new Frame(product, schedule, outputs, sides))];
  const found = place.take(splits * product.batch * product.rows * product.columns, product.dtype);
  const at = partialAt(loop('i', own.split, splits), splits, product);
  const parts: Target = { place: found, body: acc(0, product.dtype), at };
  const adding = addingSchedule(product, addingThreads);
  const reads = [partial(found, splits, product)];
  return [
    emit(new Frame(product, schedule, [parts], sides)),
    emitAdding(new Frame(product, adding, outputs, { place, name: `${kernel.name} (sum)`, reads }), found, splits),
  ];
}
