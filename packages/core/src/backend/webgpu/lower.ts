// From a kernel to the dispatches that compute it.
import { sizeOf } from '../../base/index.js';
import type { Kernel, RowsKernel } from '../../kernel/index.js';
import type { Adapter } from './adapter.js';
import { emitContraction } from './contraction/contraction.js';
import { joinRows } from './join.js';
import { packInputs, type Copy } from './pack.js';
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
  /** Inputs that are brought together first. */
  readonly copies: readonly Copy[];
  readonly passes: readonly Pass[];
  readonly place: Place;
}

function lowerRows(kernel: RowsKernel, adapter: Adapter, place: Place): Pass[] {
  const product = emitContraction(kernel, place, adapter);
  if (product) return product;
  const joined = joinRows(kernel);
  if (!joined.stages.length) return emitElements(joined, adapter, place);
  const schedule = chooseRows(joined, adapter);
  const whole = { kernel: joined, targets: joined.outputs.map((_, k) => place.output(k)) };
  if (schedule.pieces > 1) {
    const passes = splitRows(joined, schedule.pieces, place).map((part) =>
      emitRows(part.kernel, chooseRows(part.kernel, adapter), place, part.targets, adapter.subgroups),
    );
    if (passes.every((p) => p.bindings.length <= adapter.maxBuffers)) return passes;
  }
  return [emitRows(whole.kernel, schedule, place, whole.targets, adapter.subgroups)];
}

/**
 * @param aliases  inputs whose memory an output takes: the place of that output
 * @param sizes    elements of the inputs
 */
export function lower(
  given: Kernel,
  adapter: Adapter,
  aliases: ReadonlyMap<number, number>,
  sizes: readonly number[],
): Lowered {
  const place = new Place(given, aliases);
  if (sizeOf(given.shape) === 0) return { copies: [], passes: [], place };
  const { kernel, copies } = packInputs(given, sizes, adapter.maxBuffers, place);
  if (kernel.form === 'rows') return { copies, passes: lowerRows(kernel, adapter, place), place };
  const emit = { scan: emitScan, scatter: emitScatter, sort: emitSort }[kernel.form];
  return { copies, passes: emit(kernel, adapter, place), place };
}
