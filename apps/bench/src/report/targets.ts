// What the library has to reach, as data, and how near the results come to it.
import { operations } from '../work/task.js';
import { workloads } from '../work/workloads.js';
import { timeRatio, timesOf, type Cell, type Results } from './results.js';

/** Where ours has to reach them. */
export const targetDevice = 'wasm';

/** The cell of a peer; null where it has no figures. */
type Lookup = (workload: string, peer: string) => Cell | null;
interface Target {
  readonly workload: string;
  readonly peer: string;
  /** In words, after the workload's name. */
  readonly asked: string;
  readonly at: 'least' | 'most';
  readonly bound: number;
  readonly unit: '' | ' ms' | ' µs';
  readonly value: (cell: Cell, of: Lookup) => number | null;
}

const scripted = ['tfjs-wasm', 'tfjs-cpu', 'jax-js', 'ort-web'] as const;

interface Rivals {
  readonly rivals: readonly string[];
  /** In words. */
  readonly than: string;
  /** The workload that the rivals are looked at in; default the same. */
  readonly rivalWorkload?: string;
  readonly peer?: string;
}
/** The fastest of the rivals. */
function fastest(of: Lookup, workload: string, rivals: readonly string[]): Cell | null {
  const cells = rivals.flatMap((peer) => of(workload, peer) ?? []);
  return cells.reduce<Cell | null>((a, b) => (a && timesOf(a)!.median <= timesOf(b)!.median ? a : b), null);
}
/** At least so many times as fast as the fastest rival. */
const faster = (
  workload: string,
  bound: number,
  { rivals, than, rivalWorkload = workload, peer = 'ours' }: Rivals,
): Target => ({
  workload,
  peer,
  asked: `speed / ${than}`,
  at: 'least',
  bound,
  unit: '',
  value: (cell, of) => {
    const rival = fastest(of, rivalWorkload, rivals);
    return rival && timeRatio(rival, cell);
  },
});
/** At most so many times the time of the fastest rival. */
const within = (workload: string, bound: number, { rivals, than, peer = 'ours' }: Rivals): Target => ({
  workload,
  peer,
  asked: `time / ${than}`,
  at: 'most',
  bound,
  unit: '',
  value: (cell, of) => {
    const rival = fastest(of, workload, rivals);
    return rival && timeRatio(cell, rival);
  },
});
/** At most so long; `calls` operations make a run. */
const below = (workload: string, bound: number, unit: ' ms' | ' µs', peer = 'ours', calls = 1): Target => ({
  workload,
  peer,
  asked: calls > 1 ? 'time of one' : 'time',
  at: 'most',
  bound,
  unit,
  value: (cell) => (timesOf(cell)!.median * (unit === ' µs' ? 1000 : 1)) / calls,
});
/** At the end no more bytes are alive than after a tenth of the steps. */
const flat = (workload: string): Target => ({
  workload,
  peer: 'ours',
  asked: 'live bytes at the end / after a tenth',
  at: 'most',
  bound: 1,
  unit: '',
  value: ({ live }) => (live ? live.at(-1)!.bytes / live[0]!.bytes : null),
});

const torch = { rivals: ['torch'], than: 'torch' } as const;
const best = { rivals: scripted, than: 'best JavaScript peer' } as const;

const sizes = [256, 512, 1024, 2048] as const;
const targets: readonly Target[] = [
  ...sizes.flatMap((n) =>
    ['NN', 'NT', 'TN'].flatMap((form) => [
      faster(`matmul-${form}-${n}`, 1.5, {
        rivals: ['tfjs-wasm'],
        than: "tfjs-wasm's NN",
        rivalWorkload: `matmul-NN-${n}`,
      }),
      faster(`matmul-${form}-${n}`, 0.85, { rivals: ['limit'], than: 'limit' }),
    ]),
  ),
  faster('conv3x3', 1.7, { rivals: ['tfjs-wasm'], than: 'tfjs-wasm' }),
  ...['conv3x3-dx', 'conv3x3-dw'].map((name) =>
    faster(name, 0.75, { rivals: ['ours'], than: 'our forward', rivalWorkload: 'conv3x3' }),
  ),
  faster('chain', 8, { rivals: ['tfjs-wasm'], than: 'tfjs-wasm' }),
  faster('chain', 5, { rivals: ['jax-js'], than: 'jax-js' }),
  ...['softmax', 'layernorm', 'sum0', 'sum1'].map((name) => faster(name, 1, best)),
  within('mlp', 1, torch),
  ...['tiny-b1', 'tiny-b32'].flatMap((name) => [faster(name, 30, torch), below(name, 20, ' µs')]),
  within('lenet', 1.4, torch),
  within('transformer', 1.5, torch),
  ...['add', 'mul', 'matmul'].map((op) => below(`host-${op}`, 3, ' µs', 'ours-eager', 100)),
  within('mlp', 2.5, { rivals: ['ours'], than: 'compiled', peer: 'ours-eager' }),
  ...['matmul-NN-1024', 'lenet'].map((name) =>
    faster(name, 1.6, { rivals: ['ours'], than: 'one thread', peer: 'ours-2t' }),
  ),
  below('first-mlp', 30, ' ms'),
  below('first-lenet', 80, ' ms'),
  below('first-transformer', 250, ' ms'),
  ...['live-eager', 'live-compiled', 'live-plain'].map(flat),
];

/** A target beside what was measured. */
export interface Judged {
  readonly workload: string;
  readonly asked: string;
  /** `≥ 1.5`, `≤ 20 µs`. */
  readonly bound: string;
  /** `2.1`, or why there is no figure. */
  readonly measured: string;
  /** Null where nothing was measured. */
  readonly met: boolean | null;
}

/** What the engine allows beside what is asked of products of matrices; empty where it was not measured. */
export function headroom(results: Results): string[] {
  const ratios = sizes.flatMap((n) => {
    const cells = results.results.find((r) => r.workload === `matmul-NN-${n}`)?.cells;
    const [limit, tfjs] = [cells?.['limit'], cells?.['tfjs-wasm']];
    return limit?.rounds.length && tfjs?.rounds.length ? [`${figure(timeRatio(tfjs, limit))} at ${n}`] : [];
  });
  if (ratios.length === 0) return [];
  /** Time of an operation in the median run. */
  const perOperation = (workload: string, peer: string): number | null => {
    const cell = results.results.find((r) => r.workload === workload)?.cells[peer];
    const { task } = workloads.find((w) => w.name === workload)!;
    return cell?.rounds.length ? timesOf(cell)!.median / operations(task) : null;
  };
  const alone = perOperation('peak', 'limit');
  const shares = sizes.flatMap((n) => {
    const tfjs = perOperation(`matmul-NN-${n}`, 'tfjs-wasm');
    return alone && tfjs ? [`${figure(tfjs / alone)} at ${n}`] : [];
  });
  return [
    `speed / tfjs-wasm's NN of \`limit\`, for comparison: ${ratios.join(', ')}`,
    ...(shares.length > 0
      ? [`the same of \`peak\`, multiplications and additions alone, which nothing exceeds: ${shares.join(', ')}`]
      : []),
  ];
}

const figure = (x: number): string => (x >= 100 ? x.toFixed(0) : x.toPrecision(3));

function judge({ workload, peer, asked, at, bound, unit, value }: Target, results: Results): Judged {
  const cellOf = (w: string, p: string): Cell | undefined => results.results.find((r) => r.workload === w)?.cells[p];
  const of: Lookup = (w, p) => {
    const cell = cellOf(w, p);
    return cell && (timesOf(cell) ?? cell.live) ? cell : null;
  };
  const name = peer === 'ours' ? workload : `${workload}, ${peer}`;
  const row = { workload: name, asked, bound: `${at === 'least' ? '≥' : '≤'} ${bound}${unit}` };
  const cell = of(workload, peer);
  const failure = cellOf(workload, peer)?.failure;
  if (!cell) return { ...row, measured: failure ?? 'not measured', met: failure === undefined ? null : false };
  const measured = value(cell, of);
  if (measured === null) return { ...row, measured: 'no rival measured', met: null };
  const met = at === 'least' ? measured >= bound : measured <= bound;
  return { ...row, measured: `${figure(measured)}${unit}`, met };
}

/** Every target beside what the results say of it. */
export const judgeAll = (results: Results): Judged[] => targets.map((t) => judge(t, results));
