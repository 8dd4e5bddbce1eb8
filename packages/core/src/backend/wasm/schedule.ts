// Which way a rows kernel is computed: in vectors along its rows, in vectors across rows, or one by one; by what its loads and operations cost each way.
import { sizeOf } from '../../base/index.js';
import type { Expr, RowsKernel } from '../../kernel/index.js';
import { columnsExtent, columnsScratch, emitColumns, isColumns } from './columns.js';
import { weightOf } from './cost.js';
import { emitKept, planKept } from './kept.js';
import type { Module, Signature } from './module.js';
import { decideKept, partsOf, type Part } from './parts.js';
import { directOutputs, emitByRows, type PartPlan } from './rows.js';
import { joinAxes, stepOf, sumOf, type Axis } from './sums.js';
import { nothing, type Emitted } from './phase.js';
import { piecesOf, type Piece } from './pieces.js';
import { emitTransposed, readingAxis, turnedExtent } from './transpose.js';

/** What it costs more to read four elements that are so far apart than four that lie side by side; null for unequal steps. */
function apart(step: number | null): number {
  if (step === null) return 7;
  return step === 1 || step === 0 ? 0 : step === -1 ? 1 : step === 2 ? 1.5 : 4;
}
function readingCost(roots: readonly Expr[], bit: number): number {
  const seen = new Set<Expr>();
  let cost = 0;
  const visit = (e: Expr): void => {
    if (seen.has(e) || !(e.reads & bit)) return;
    seen.add(e);
    if (e.kind === 'load') {
      cost += apart(stepOf(sumOf(e.at), bit));
      visit(e.at);
    } else if (e.kind === 'op' || e.kind === 'cast') e.args.forEach(visit);
  };
  roots.forEach(visit);
  return cost;
}
/** Bringing four lanes of a running value together. */
const collecting = 40;

interface Choice {
  readonly cost: number;
  readonly axis: Axis | null;
}
/** The axis of a part that vectors lie along, if they do, and the cost of a row; four elements one by one cost four times as much as together. */
function alongRow(part: Part): Choice {
  const size = sizeOf(part.over);
  const weight = weightOf(part.roots, -1) + part.outputs.length;
  let best: Choice = { cost: 4 * weight * size, axis: null };
  const candidates = part.outputs.length ? part.axes.slice(-1) : [...part.axes].reverse();
  for (const axis of candidates) {
    if (axis.extent < 4) continue;
    const cost = (weight + readingCost(part.roots, axis.bit)) * size + collecting * part.stages.length;
    if (cost < best.cost) best = { cost, axis };
  }
  return best;
}
function acrossRows(parts: readonly Part[], { bit, extent }: Axis): number {
  if (extent < 4 || parts.some((p) => p.outputs.length && p.axes.length)) return Infinity;
  return parts.reduce(
    (cost, p) => cost + (weightOf(p.roots, -1) + p.outputs.length + readingCost(p.roots, bit)) * sizeOf(p.over),
    0,
  );
}
/** Writes the phases of a kernel. */
export function emitRows(module: Module, kernel: RowsKernel, signature: Signature): Emitted {
  if (sizeOf(kernel.shape) === 0) return nothing;
  const made = piecesOf(kernel).map((piece) => emitPiece(module, piece, signature));
  return {
    phases: made.flatMap((m) => m.phases),
    scratch: Math.max(...made.map((m) => m.scratch)),
    shared: Math.max(...made.map((m) => m.shared)),
  };
}
function emitPiece(module: Module, kernel: Piece, signature: Signature): Emitted {
  const parts = partsOf(kernel);
  const roots = parts.flatMap((p) => p.roots);
  const axes = joinAxes('i', kernel.shape, kernel.at ? [...roots, kernel.at] : roots);
  const turned = readingAxis(kernel, axes);
  if (turned) {
    const extent = turnedExtent(axes, turned);
    const func = module.add(signature, (f) => emitTransposed(f, kernel, axes, turned));
    return { phases: [{ func, extent, cost: sizeOf(kernel.shape) / extent / 2 }], scratch: 0, shared: 0 };
  }
  const last = axes.axes.at(-1);
  const rows = parts.map(alongRow);
  const rowCost = rows.reduce((sum, c) => sum + c.cost, 0);
  const kept = last ? acrossRows(parts, last) : Infinity;
  const perUnit = (cost: number, extent: number): number => (cost * sizeOf(kernel.shape)) / extent / 12;
  const inOrder = last && parts.every((p) => readingCost(p.roots, last.bit) === 0);
  if (kept <= rowCost && inOrder && isColumns(axes, parts)) {
    const extent = columnsExtent(axes);
    const func = module.add(signature, (f) => emitColumns(f, kernel, axes, parts));
    return { phases: [{ func, extent, cost: perUnit(kept, extent) }], scratch: columnsScratch(kernel), shared: 0 };
  }
  if (kept <= rowCost) {
    const plan = planKept(axes, parts);
    const func = module.add(signature, (f) => emitKept(f, kernel, plan));
    return { phases: [{ func, extent: plan.extent, cost: perUnit(kept, plan.extent) }], scratch: 0, shared: 0 };
  }
  decideKept(parts);
  const plans = parts.map((part, k): PartPlan => {
    const { axis } = rows[k]!;
    return {
      ...part,
      vector: axis,
      loops: part.axes.filter((a) => a !== axis),
      direct: directOutputs(kernel, parts, k),
    };
  });
  let scratch = 0;
  const func = module.add(signature, (f) => ({ scratch } = emitByRows(f, kernel, axes, plans)));
  const extent = axes.axes[0]?.extent ?? 1;
  return { phases: [{ func, extent, cost: perUnit(rowCost, extent) }], scratch, shared: 0 };
}
