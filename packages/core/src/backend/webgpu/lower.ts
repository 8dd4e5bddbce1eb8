// From a kernel to the dispatches that compute it.
import { sizeOf } from '../../base/index.js';
import type { Kernel, RowsKernel } from '../../kernel/index.js';
import type { Adapter } from './adapter.js';
import { joinRows } from './join.js';
import { Place } from './place.js';
import { emitElements, emitRows } from './rows.js';
import { emitScan } from './scan.js';
import { emitScatter } from './scatter.js';
import { emitSort } from './sort.js';
import type { Pass } from './wgsl/shader.js';

/** The dispatches of a kernel and the memory that they need beside its arrays. */
export interface Lowered {
  readonly passes: readonly Pass[];
  readonly place: Place;
}

function lowerRows(kernel: RowsKernel, adapter: Adapter, place: Place): Pass[] {
  const joined = joinRows(kernel);
  if (!joined.stages.length) return emitElements(joined, adapter, place);
  return [emitRows(joined, { lanes: 1, rows: adapter.threads, along: true }, place)];
}

export function lower(kernel: Kernel, adapter: Adapter, aliases: ReadonlyMap<number, number>): Lowered {
  const place = new Place(kernel, aliases);
  const passes = (): Pass[] => {
    if (sizeOf(kernel.shape) === 0) return [];
    if (kernel.form === 'rows') return lowerRows(kernel, adapter, place);
    const emit = { scan: emitScan, scatter: emitScatter, sort: emitSort }[kernel.form];
    return emit(kernel, adapter, place);
  };
  return { passes: passes(), place };
}
