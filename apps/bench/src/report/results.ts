// What a run of the benchmark leaves behind, as it is written to a file; and how figures are taken out of it.
import type { LiveRow, Round } from '../measure/questions.js';
import type { Task } from '../work/task.js';

/** What one peer made of one workload. */
export interface Cell {
  readonly rounds: readonly Round[];
  /** Milliseconds of the first run. */
  readonly first?: number;
  /** The most memory of its process, in bytes; of workloads that have a process to themselves. */
  readonly peak?: number;
  readonly check?: readonly number[];
  readonly live?: readonly LiveRow[];
  /** Why there are no figures. */
  readonly failure?: string;
}
export interface Result {
  readonly workload: string;
  /** When it was measured. */
  readonly date: string;
  readonly cells: Readonly<Record<string, Cell>>;
  /** How the peers' results disagree; empty when they agree. */
  readonly disagreements: readonly string[];
}
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly system: string;
  readonly node: string;
  readonly v8: string;
  /** Adapter and driver, where ours computed on a GPU. */
  readonly gpu?: string;
}
export interface Results {
  readonly machine: Machine;
  /** Where ours computed, and on how many threads each peer did. */
  readonly device: string;
  readonly threads: number;
  /** Whether sizes were those for a program that plays the GPU. */
  readonly small?: boolean;
  readonly versions: Readonly<Record<string, string>>;
  /** What each peer is. */
  readonly peers: Readonly<Record<string, string>>;
  readonly results: readonly Result[];
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
}

/** The median of the rounds' medians, and the best run of all. */
export function timesOf(cell: Cell): { median: number; best: number } | null {
  if (cell.rounds.length === 0) return null;
  return { median: median(cell.rounds.map((r) => r.median)), best: Math.min(...cell.rounds.map((r) => r.best)) };
}

/**
 * How many times as long `a` takes as `b`: the median of the ratios of the rounds, which lay side by side in time. Rounds that only one of
 * them has (a slow peer runs once) are compared with the median.
 */
export function timeRatio(a: Cell, b: Cell): number {
  const [x, y] = [timesOf(a)!, timesOf(b)!];
  const count = Math.max(a.rounds.length, b.rounds.length);
  return median(
    Array.from({ length: count }, (_, i) => (a.rounds[i]?.median ?? x.median) / (b.rounds[i]?.median ?? y.median)),
  );
}

/** How far numbers may be apart that were computed in other orders; Adam's first step turns on the sign of gradients that are nearly 0. */
const tolerance = 2e-4;
/** The same for a task: sums in half precision are apart by more. */
export const toleranceOf = (task: Task): number => (task.kind === 'matmul' && task.dtype === 'f16' ? 3e-2 : tolerance);

/** The first of a peer's numbers that is not that of another; -1 where they agree. */
export const firstApart = (a: readonly number[], b: readonly number[], within = tolerance): number =>
  b.findIndex((v, i) => !(Math.abs(v - a[i]!) <= within * Math.max(1, Math.abs(v))));

/** Says which peers' numbers are not those of the first one that has any. */
export function disagreements(cells: Readonly<Record<string, Cell>>, within = tolerance): string[] {
  const [first, ...rest] = Object.entries(cells).flatMap(([name, { check }]) => (check ? [{ name, check }] : []));
  if (!first) return [];
  return rest.flatMap(({ name, check }) => {
    const far = firstApart(check, first.check, within);
    if (far < 0) return [];
    return [`${name} has ${check[far]!} where ${first.name} has ${first.check[far]!} (number ${far} of the check)`];
  });
}

/** The results with some workloads measured again. They have to come from the same machine and setting. */
export function merge(before: Results, now: Results): Results {
  const same = (x: Results): string => JSON.stringify([x.machine, x.device, x.threads, ...(x.small ? ['small'] : [])]);
  if (same(before) !== same(now))
    throw new Error(
      `the file holds results of ${same(before)}, these are of ${same(now)}: write them to another file, or measure everything`,
    );
  const fresh = new Map(now.results.map((r) => [r.workload, r]));
  const kept = before.results.map((r) => fresh.get(r.workload) ?? r);
  const had = new Set(before.results.map((r) => r.workload));
  return {
    ...now,
    versions: { ...before.versions, ...now.versions },
    peers: { ...before.peers, ...now.peers },
    results: [...kept, ...now.results.filter((r) => !had.has(r.workload))],
  };
}
