// The report of a replay as text: a table by group, what is not covered by kind, the failures.
import type { Replayed } from './replay/run.js';
import type { Failure } from './replay/outcome.js';

export interface GroupResult {
  readonly group: string;
  readonly results: readonly Replayed[];
}

type Status = Replayed['outcome']['status'];
const statuses: readonly Status[] = ['passed', 'failed', 'not covered'];

/** How many cases of a group came to what. */
export function counts({ results }: GroupResult): Readonly<Record<Status, number>> {
  const found = { passed: 0, failed: 0, 'not covered': 0 };
  for (const { outcome } of results) found[outcome.status]++;
  return found;
}

/** Rows as a table whose columns line up: the first to the left, numbers to the right. */
export function table(rows: readonly (readonly (string | number)[])[]): string {
  const text = rows.map((row) => row.map(String));
  const widths = text[0]!.map((_, column) => Math.max(...text.map((row) => row[column]!.length)));
  const line = (row: string[]): string =>
    row.map((cell, c) => (c === 0 ? cell.padEnd(widths[c]!) : cell.padStart(widths[c]!))).join('  ');
  const [head, ...body] = text.map(line);
  return [head, '-'.repeat(head!.length), ...body].join('\n');
}

/** Passed, failed and not covered, by group. */
export function countTable(groups: readonly GroupResult[]): string {
  const rows = groups.map((g) => [g.group, ...statuses.map((s) => counts(g)[s]), g.results.length]);
  const total = statuses.map((s) => groups.reduce((n, g) => n + counts(g)[s], 0));
  rows.push(['total', ...total, total.reduce((a, b) => a + b, 0)]);
  return table([['group', ...statuses, 'cases'], ...rows]);
}

/** What is not covered yet, a line for each kind and reason. */
export function notCovered(groups: readonly GroupResult[]): string {
  const lines = groups.flatMap(({ group, results }) => {
    const byReason = new Map<string, number>();
    for (const { kind, outcome } of results) {
      if (outcome.status !== 'not covered') continue;
      const key = `${kind}\t${outcome.reason}`;
      byReason.set(key, (byReason.get(key) ?? 0) + 1);
    }
    return [...byReason].map(([key, n]) => {
      const [kind, reason] = key.split('\t') as [string, string];
      return { group, kind, reason, n };
    });
  });
  if (lines.length === 0) return '';
  const width = (column: 'group' | 'kind'): number => Math.max(...lines.map((line) => line[column].length));
  const text = lines.map(
    ({ group, kind, reason, n }) =>
      `  ${group.padEnd(width('group'))}  ${kind.padEnd(width('kind'))}  ${String(n).padStart(3)}  ${reason}`,
  );
  return ['Not covered yet:', ...text].join('\n');
}

/** One failure as a line. */
export function failureText({ what, distance, tol }: Failure): string {
  return distance === undefined ? what : `${what}: distance ${distance.toExponential(2)}, tol ${tol!.toExponential(2)}`;
}

/** The cases that failed, each with its comparisons that did not hold. */
export function failures(groups: readonly GroupResult[]): string {
  const lines = groups.flatMap(({ group, results }) =>
    results.flatMap(({ golden, outcome }) =>
      outcome.status === 'failed'
        ? [`  ${group} ${golden.id}`, ...outcome.failures.map((f) => `    ${failureText(f)}`)]
        : [],
    ),
  );
  return lines.length === 0 ? '' : ['Failed:', ...lines].join('\n');
}

/** The whole report. */
export function report(groups: readonly GroupResult[]): string {
  return [notCovered(groups), failures(groups), countTable(groups)].filter((part) => part !== '').join('\n\n');
}
