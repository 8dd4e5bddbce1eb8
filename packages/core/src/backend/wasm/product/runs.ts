// Columns of a factor in runs that lie equal steps apart.
import type { Line } from './positions.js';

/** Columns [from, to), from position `at` on. */
export interface Run {
  readonly from: number;
  readonly to: number;
  readonly at: number;
}
/** The columns in runs of one step, each of at most `longest`; null where steps are too irregular for that. */
export function runsOf(line: Line, n: number, longest: number): { readonly step: number; readonly runs: Run[] } | null {
  const place = 'step' in line ? (j: number) => line.step * j : (j: number) => line.table[j]!;
  const step = n > 1 ? place(1) - place(0) : 1;
  const runs: Run[] = [];
  for (let j = 0, start = 0; j < n; j++) {
    if (j + 1 < n && place(j + 1) === place(j) + step && j + 1 - start < longest) continue;
    runs.push({ from: start, to: j + 1, at: place(start) });
    start = j + 1;
  }
  return runs.length * 2 <= n || n === 1 ? { step, runs } : null;
}
