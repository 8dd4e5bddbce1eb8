// Results as tables: workloads down, peers across.
import { operations, traffic } from '../work/task.js';
import { workloads as allWorkloads, type Timed, type Unit, type Workload } from '../work/workloads.js';
import { timesOf, type Cell, type Result, type Results } from './results.js';
import { headroom, judgeAll } from './targets.js';

/** A table of text; the first row is its head. */
export interface Table {
  readonly title: string;
  /** Columns of words at the left; the others hold figures. Default 1. */
  readonly words?: number;
  readonly rows: readonly (readonly string[])[];
  /** Sentences below it. */
  readonly notes: readonly string[];
}

const figure = (x: number): string => (x >= 99.5 ? x.toFixed(0) : x >= 9.95 ? x.toFixed(1) : x.toPrecision(2));

/** Milliseconds of a run in the workload's unit. */
function inUnit(ms: number, { task, unit, calls = 1 }: Pick<Timed, 'task' | 'unit' | 'calls'>): number {
  const scale: Record<Unit, number> = {
    'GFLOP/s': operations(task) / ms / 1e6,
    'GB/s': traffic(task) / ms / 1e6,
    ms: ms / calls,
    µs: (1000 * ms) / calls,
  };
  return scale[unit];
}

function timeText(cell: Cell | undefined, workload: Pick<Timed, 'task' | 'unit' | 'calls'>): string {
  if (!cell) return '';
  const times = timesOf(cell);
  if (!times)
    return cell.failure === 'not supported' ? '-' : cell.failure?.startsWith('more than') ? 'too slow' : 'fails';
  return `${figure(inUnit(times.median, workload))} (${figure(inUnit(times.best, workload))})`;
}

type Row = readonly [workload: Workload, result: Result];

/** Why cells are empty, each reason once. */
function reasons(rows: readonly Row[]): string[] {
  const said = new Map<string, string[]>();
  for (const [{ name }, { cells }] of rows)
    for (const [peer, { failure }] of Object.entries(cells))
      if (failure && failure !== 'not supported') {
        const key = `${peer}: ${failure.split('\n')[0]!}`;
        said.set(key, [...(said.get(key) ?? []), name]);
      }
  return [...said].map(([reason, names]) => `${names.join(', ')}: ${reason}`);
}

function timeTable(title: string, rows: readonly Row[], peers: readonly string[]): Table {
  const asked = peers.filter((p) => rows.some(([, { cells }]) => cells[p]));
  const able = asked.filter((p) => rows.some(([, { cells }]) => cells[p] && cells[p].failure !== 'not supported'));
  const shown = able.length > 0 ? able : asked;
  const unit = (rows[0]![0] as Timed).unit;
  const units = rows.every(([w]) => (w as Timed).unit === unit) ? `, ${unit}` : '';
  const label = (w: Timed): string => (units ? w.name : `${w.name}, ${w.unit}`);
  return {
    title: `${title}${units}`,
    rows: [
      ['', ...shown],
      ...rows.map(([w, { cells }]) => [label(w as Timed), ...shown.map((p) => timeText(cells[p], w as Timed))]),
    ],
    notes: [...reasons(rows), ...rows.flatMap(([w, r]) => r.disagreements.map((d) => `${w.name}: ERROR: ${d}`))],
  };
}

function firstTable(title: string, rows: readonly Row[], peers: readonly string[]): Table {
  const shown = peers.filter((p) => rows.some(([, { cells }]) => cells[p]));
  const text = ([w, { cells }]: Row): string[] => [
    `${w.name}, ms`,
    ...shown.map((p) => timeText(cells[p], { task: w.task, unit: 'ms' })),
  ];
  const memory = ([w, { cells }]: Row): string[] => [
    `${w.name}, peak MB`,
    ...shown.map((p) => {
      const peak = cells[p]?.peak;
      return peak === undefined ? '' : (peak / 1e6).toFixed(0);
    }),
  ];
  return {
    title,
    rows: [['', ...shown], ...rows.map(text), ...rows.map(memory)],
    notes: [...reasons(rows), ...rows.flatMap(([w, r]) => r.disagreements.map((d) => `${w.name}: ERROR: ${d}`))],
  };
}

function liveTable(title: string, rows: readonly Row[]): Table {
  const cells = rows.flatMap(([w, r]) => Object.values(r.cells).map((cell) => ({ name: w.name, cell })));
  const counted = cells.find(({ cell }) => cell.live)?.cell.live ?? [];
  return {
    title: `${title}: buffers / kB that are alive, MB of the process`,
    rows: [
      ['steps', ...cells.map(({ name }) => name)],
      ...counted.map(({ step }, i) => [
        String(step),
        ...cells.map(({ cell }) => {
          const row = cell.live?.[i];
          return row ? `${row.buffers} / ${(row.bytes / 1e3).toFixed(1)}, ${(row.rss / 1e6).toFixed(0)}` : 'fails';
        }),
      ]),
    ],
    notes: reasons(rows),
  };
}

/** How long the first run of each training step took, where all libraries were loaded before: tracing, compiling and running. */
export function firstRuns(results: Pick<Results, 'results' | 'peers'>, workloads: readonly Workload[]): Table[] {
  const rows = workloads.flatMap((w): Row[] => {
    const result = results.results.find((r) => r.workload === w.name);
    return w.task.kind === 'train' && result ? [[w, result]] : [];
  });
  const shown = Object.keys(results.peers).filter((p) => rows.some(([, { cells }]) => cells[p]?.first !== undefined));
  if (shown.length === 0) return [];
  const text = (cell: Cell | undefined): string => (cell?.first === undefined ? '' : figure(cell.first));
  return [
    {
      title: 'First run of a training step, ms',
      rows: [['', ...shown], ...rows.map(([w, { cells }]) => [w.name, ...shown.map((p) => text(cells[p]))])],
      notes: [],
    },
  ];
}

/** The tables of all results, by group, in the order of the workloads. */
export function tablesOf(
  results: Pick<Results, 'results' | 'peers'>,
  workloads: readonly Workload[] = allWorkloads,
): Table[] {
  const found = new Map(results.results.map((r) => [r.workload, r]));
  const peers = Object.keys(results.peers);
  const groups = [...new Set(workloads.map((w) => w.group))];
  return groups.flatMap((group): Table[] => {
    const rows = workloads.flatMap((w): Row[] => {
      const result = found.get(w.name);
      return w.group === group && result ? [[w, result]] : [];
    });
    if (rows.length === 0) return [];
    const { measure } = rows[0]![0];
    if (measure === 'live') return [liveTable(group, rows)];
    return [measure === 'first' ? firstTable(group, rows, peers) : timeTable(group, rows, peers)];
  });
}

/** The targets beside what was measured; `all`: also those that nothing was measured for. */
export function targetTable(results: Results, all: boolean): Table {
  const judged = judgeAll(results);
  const verdict = { true: 'yes', false: 'NO', null: '' } as const;
  const met = judged.filter((j) => j.met === true).length;
  const decided = judged.filter((j) => j.met !== null).length;
  return {
    title: `Targets: ${met} of ${decided} that were measured are met (${judged.length} in all)`,
    words: 2,
    rows: [
      ['workload', 'what', 'asked', 'measured', 'met'],
      ...judged
        .filter((j) => all || j.met !== null)
        .map((j) => [j.workload, j.asked, j.bound, j.measured, verdict[`${j.met}`]]),
    ],
    notes: headroom(results),
  };
}

const widths = (rows: Table['rows']): number[] => rows[0]!.map((_, c) => Math.max(...rows.map((r) => r[c]!.length)));
/** Words to the left, figures to the right. */
const placed = (row: readonly string[], widths: readonly number[], words: number): string[] =>
  row.map((text, c) => (c < words ? text.padEnd(widths[c]!) : text.padStart(widths[c]!)));

/** For a terminal. */
export function plain({ title, words = 1, rows, notes }: Table): string {
  const w = widths(rows);
  const line = (row: readonly string[]): string => `  ${placed(row, w, words).join('   ')}`.trimEnd();
  return [title, ...rows.map(line), ...notes.map((n) => `  ${n}`)].join('\n');
}

/** For Markdown. */
export function markdown({ title, words = 1, rows, notes }: Table): string {
  const escaped = rows.map((row) => row.map((text) => text.replaceAll('|', '\\|')));
  const w = widths(escaped).map((n) => Math.max(n, 3));
  const line = (row: readonly string[]): string => `| ${placed(row, w, words).join(' | ')} |`;
  const rule = w.map((n, c) => (c < words ? '-'.repeat(n + 2) : `${'-'.repeat(n + 1)}:`)).join('|');
  const [head, ...rest] = escaped;
  return [
    `### ${title}`,
    '',
    line(head!),
    `|${rule}|`,
    ...rest.map(line),
    ...(notes.length > 0 ? ['', ...notes.map((n) => `- ${n}`)] : []),
  ].join('\n');
}
