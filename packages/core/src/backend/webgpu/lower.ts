// From a kernel to the dispatches that compute it.
import { sizeOf } from '../../base/index.js';
import type { Kernel, RowsKernel } from '../../kernel/index.js';
import type { Adapter } from './adapter.js';
import { joinRows } from './join.js';
import { Place } from './place.js';
import { chooseRows } from './choose.js';
import { emitElements, emitRows } from './rows.js';
import { emitScan } from './scan.js';
import { emitScatter } from './scatter.js';
import { emitSort } from './sort.js';
import { splitRows } from './split.js';
import type { Pass } from './wgsl/shader.js';

/** The dispatches of a kernel and the memory that they need beside its arrays. */
export interface Lowered {
  readonly passes: readonly Pass[];
  readonly place: Place;
}

function lowerRows(kernel: RowsKernel, adapter: Adapter, place: Place): Pass[] {
  const joined = joinRows(kernel);
  if (!joined.stages.length) return emitElements(joined, adapter, place);
  const schedule = chooseRows(joined, adapter);
  const whole = { kernel: joined, targets: joined.outputs.map((_, k) => place.output(k)) };
  if (schedule.pieces > 1) {
    const passes = splitRows(joined, schedule.pieces, place).map((part) =>
      emitRows(part.kernel, chooseRows(part.kernel, adapter), place, part.targets),
    );
    if (passes.every((p) => p.bindings.length <= adapter.maxBuffers)) return passes;
  }
  return [emitRows(whole.kernel, schedule, place, whole.targets)];
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
