// Rows kernels whose vectors lie along the innermost kept axis: four rows at a time, each lane with results of its own. Maps are the case without stages.
import { sizeOf } from '../../base/index.js';
import { accBit, identity, type Expr } from '../../kernel/index.js';
import { weightOf } from './cost.js';
import { Scope } from './evaluate.js';
import type { Source } from './point.js';
import { i32 } from './instructions.js';
import type { Func } from './module.js';
import { around, aroundInPieces, sweep, type Range, type Work } from './nest.js';
import type { Part } from './parts.js';
import { positionOf, type Piece } from './pieces.js';
import { argumentsOf, unitsFor, usesOf, type Arguments } from './rows.js';
import { isCut, longest, RunningVectors } from './running.js';
import { isSum, rowBits, type Axes, type Axis } from './sums.js';
import { constantVector, hold } from './vector.js';

/** The most steps of reduced loops that are written out. */
const writtenOut = 16;
/** Elements in a unit of a map over one axis. */
const blockSize = 1024;

/** From so many integer operations on, some vectors are computed side by side: each operation of a chain waits for the one before. */
const longChain = 32;
const beside = 4;
/** The integer operations of elements that change along an axis, arguments first; indices are left out. */
function chainOf(roots: readonly Expr[], bit: number): Expr[] {
  const found = new Set<Expr>();
  const seen = new Set<Expr>();
  const visit = (e: Expr): void => {
    if (seen.has(e) || (e.kind !== 'op' && e.kind !== 'cast') || !(e.reads & bit) || isSum(e)) return;
    seen.add(e);
    e.args.forEach(visit);
    if (e.kind === 'op' && (e.dtype === 'u32' || e.dtype === 'i32')) found.add(e);
  };
  roots.forEach(visit);
  return found.size < longChain ? [] : [...found];
}
/** How the vectors of a kernel are divided. */
export interface KeptPlan {
  readonly axes: Axes;
  readonly parts: readonly Part[];
  readonly units: number;
  /** Units of the phase, and the elements in one, where there is one axis alone. */
  readonly extent: number;
  readonly block: number;
}
export function planKept(axes: Axes, parts: readonly Part[]): KeptPlan {
  const axis = axes.axes.at(-1)!;
  const reduced = parts.reduce((n, p) => Math.max(n, p.stages.length), 0);
  const weight = parts.reduce((w, p) => w + weightOf(p.roots, -1), 0);
  const chain = parts.some((p) => chainOf(p.roots, axis.bit).length > 0);
  const units = chain && axis.extent >= 4 * beside ? beside : unitsFor(weight, axis.extent, reduced > 2 ? 2 : 4);
  const outer = axes.axes.length > 1 ? axes.axes[0]!.extent : 0;
  if (outer) return { axes, parts, units, extent: outer, block: 0 };
  const work = parts.reduce((n, p) => Math.max(n, sizeOf(p.over)), 1);
  const block = 4 * units * Math.max(1, Math.floor(blockSize / (4 * units * work)));
  return { axes, parts, units, extent: Math.max(1, Math.floor(axis.extent / block)), block };
}

/** Writes a phase over the rows. */
export function emitKept(
  f: Func,
  kernel: Piece,
  { axes: { axes, gone }, parts, units, extent, block }: KeptPlan,
): void {
  const given = argumentsOf(f, kernel.inputs.length, kernel.outputs.length, kernel.stages);
  const roots = parts.flatMap((p) => p.roots);
  const axis = axes.at(-1)!;
  const top = Scope.outermost(given.frame, gone);
  const work = keptWork(kernel, given, axes, parts);
  top.hoist(roots, -1, 0);
  const later = accBit | rowBits;
  if (axes.length === 1) {
    const range: Range = { from: given.from, to: given.to, block, extent };
    return sweep(top, axis, work, { range, units, later, results: true });
  }
  const [first, ...rest] = axes;
  const variable = f.local('i32');
  f.for(variable, given.from, given.to, i32.const(1), () =>
    around(top.inside(first!.bit, variable), rest.slice(0, -1), { roots, later: later | axis.bit }, (s) =>
      sweep(s, axis, work, { units, later, results: true }),
    ),
  );
}
/** What is done with vectors of rows: all stages, then all outputs. */
export function keptWork(kernel: Piece, given: Arguments, axes: readonly Axis[], parts: readonly Part[]): Work {
  const { bit } = axes.at(-1)!;
  const target = (k: number): Source => ({
    key: `y${k}`,
    base: given.outputs[k]!,
    dtype: kernel.outputs[k]!.dtype,
    sum: positionOf(kernel, axes),
    at: null,
  });
  return {
    roots: parts.flatMap((p) => p.roots),
    early: true,
    vectors: (l, moves, tail) => {
      const points = moves.map((move) => l.moved(bit, move));
      const writes: (() => void)[] = [];
      for (const part of parts) {
        given.frame.uses = usesOf(part.roots);
        if (part.stages.length) {
          reduce(kernel, l, bit, moves, points, part);
          continue;
        }
        for (const e of chainOf(part.roots, bit)) for (const at of points) at.vector(e);
        for (const at of points) {
          const values = part.outputs.map((k) => at.vector(kernel.outputs[k]!.body));
          const write = (): void => part.outputs.forEach((k, n) => at.storeVector(target(k), values[n]!));
          // Reads of an element come before its writes; the elements of other moves are not read through what is written.
          if (tail) writes.push(write);
          else write();
        }
      }
      return () => writes.forEach((write) => write());
    },
  };
}
/** Reduces the rows of some vectors; each point learns its results. */
function reduce(
  kernel: Piece,
  l: Scope,
  bit: number,
  moves: readonly number[],
  points: readonly Scope[],
  { stages: slots, over, axes, gone, roots }: Part,
): void {
  const { f } = l.frame;
  const stages = slots.map((k) => kernel.stages[k]!);
  const size = sizeOf(over);
  if (size === 0) {
    slots.forEach((slot, n) => {
      const neutral = constantVector(f, identity(stages[n]!.op, stages[n]!.dtype), stages[n]!.dtype);
      for (const p of points) p.setResult(slot, neutral);
    });
    return;
  }
  const running = stages.map((stage) => new RunningVectors(f, stage, moves.length));
  const totals = stages.map((stage, n) => {
    running[n]!.start();
    if (!isCut(stage, size)) return null;
    const total = new RunningVectors(f, stage, moves.length);
    total.start();
    return total;
  });
  const step = (t: Scope): void =>
    moves.forEach((move, u) => {
      const at = t.moved(bit, move, points[u]);
      stages.forEach(({ body }, n) => running[n]!.addValue(u, at, body));
    });
  const s = l.without(gone);
  for (const p of points) p.hoist(roots, rowBits, bit | accBit);
  if (size <= writtenOut && size * moves.length <= 2 * writtenOut)
    for (const values of every(axes)) step(s.fixed(values));
  else {
    const about = { roots, vector: bit | accBit, apart: bit | accBit };
    const work = (): void => running.forEach((r, n) => totals[n] && r.moveTo(totals[n]));
    if (totals.some((t) => t))
      aroundInPieces(s, axes, about, { every: { iterations: longest, work }, length: 1 }, step);
    else around(s, axes, about, step);
  }
  slots.forEach((slot, n) => points.forEach((p, u) => p.setResult(slot, hold(f, (totals[n] ?? running[n]!).lanes(u)))));
}
/** All positions in some loops. */
function every(axes: readonly Axis[]): ReadonlyMap<number, number>[] {
  let all: ReadonlyMap<number, number>[] = [new Map()];
  for (const { bit, extent } of axes)
    all = all.flatMap((m) => Array.from({ length: extent }, (_, k) => new Map([...m, [bit, k]])));
  return all;
}
