// A rows kernel as parts that follow one another: stages that share a loop, then outputs that share one; and the values that one part keeps for later ones.
import { sizeOf, type Shape } from '../../base/index.js';
import { accBit, type Expr, type RowsKernel } from '../../kernel/index.js';
import { weightOf } from './cost.js';
import { joinAxes, rowBits, type Axis } from './sums.js';

/** Stages, or outputs, over the same loops. */
export interface Part {
  readonly stages: readonly number[];
  readonly outputs: readonly number[];
  readonly over: Shape;
  readonly axes: readonly Axis[];
  readonly gone: number;
  readonly roots: readonly Expr[];
  /** Values that later parts read too, kept in memory by this one. */
  readonly keeps: Expr[];
}
/** The stages whose results the roots read. */
export function resultsOf(roots: readonly Expr[]): Set<number> {
  const found = new Set<number>();
  const seen = new Set<Expr>();
  const visit = (e: Expr): void => {
    if (seen.has(e) || !(e.reads & accBit)) return;
    seen.add(e);
    if (e.kind === 'acc') found.add(e.slot);
    else if (e.kind === 'load') visit(e.at);
    else if (e.kind === 'op' || e.kind === 'cast') e.args.forEach(visit);
  };
  roots.forEach(visit);
  return found;
}
export function partsOf({ stages, outputs }: RowsKernel): Part[] {
  const parts: Part[] = [];
  const part = (over: Shape, stageList: readonly number[], outputList: readonly number[]): void => {
    const empty = sizeOf(over) === 0;
    if (empty && !stageList.length) return;
    const roots = empty ? [] : [...stageList.map((k) => stages[k]!.body), ...outputList.map((k) => outputs[k]!.body)];
    const { axes, gone } = joinAxes('r', over, roots);
    parts.push({ stages: stageList, outputs: outputList, over, axes, gone, roots, keeps: [] });
  };
  const levels: number[] = [];
  const groups = new Map<string, { readonly level: number; readonly over: Shape; readonly stages: number[] }>();
  stages.forEach(({ body, over }, k) => {
    const level = [...resultsOf([body])].reduce((most, slot) => Math.max(most, levels[slot]! + 1), 0);
    levels.push(level);
    const key = `${level}:${over.join()}`;
    const group = groups.get(key);
    if (group) group.stages.push(k);
    else groups.set(key, { level, over, stages: [k] });
  });
  for (const g of [...groups.values()].sort((a, b) => a.level - b.level)) part(g.over, g.stages, []);
  const byLoops = new Map<string, { readonly over: Shape; readonly outputs: number[] }>();
  outputs.forEach(({ over }, k) => {
    const group = byLoops.get(over.join());
    if (group) group.outputs.push(k);
    else byLoops.set(over.join(), { over, outputs: [k] });
  });
  for (const g of byLoops.values()) part(g.over, [], g.outputs);
  return parts;
}

/** Values that cost more than this are kept rather than computed twice. */
const dear = 8;
/** Rows longer than this are not kept: they would not stay in a cache. */
const longestKept = 16384;
/** Decides which values of a row are kept in memory, each by the part that computes it first. */
export function decideKept(parts: readonly Part[]): void {
  parts.forEach((later, q) => {
    const size = sizeOf(later.over);
    if (!later.axes.length || size > longestKept) return;
    const earlier = parts.slice(0, q).filter((p) => p.over.join() === later.over.join());
    if (!earlier.length) return;
    const computed = earlier.map((p) => reached(p.roots));
    const seen = new Set<Expr>();
    const visit = (e: Expr): void => {
      if (seen.has(e) || !(e.reads & rowBits) || (e.kind !== 'op' && e.kind !== 'cast')) return;
      seen.add(e);
      const first = earlier.find((p, k) => computed[k]!.has(e) && !p.keeps.includes(e));
      const kept = earlier.some((p) => p.keeps.includes(e));
      if (kept) return;
      // What does not change along one of the loops is computed outside of it.
      const varies = [...(first?.axes ?? []), ...later.axes].every((a) => e.reads & a.bit);
      if (first && varies && weightOf([e], rowBits) > dear) {
        first.keeps.push(e);
        return;
      }
      e.args.forEach(visit);
    };
    later.roots.forEach(visit);
  });
}
/** The row's values that are computed below the roots. */
function reached(roots: readonly Expr[]): Set<Expr> {
  const seen = new Set<Expr>();
  const visit = (e: Expr): void => {
    if (seen.has(e) || !(e.reads & rowBits)) return;
    seen.add(e);
    if (e.kind === 'op' || e.kind === 'cast') e.args.forEach(visit);
  };
  roots.forEach(visit);
  return seen;
}
