// The page: says what machine it is on, measures what is ticked, shows the tables as they grow.
// In the address, `sizes=tiny` takes small sizes, `libraries=a,b` ticks libraries, `rounds=3` takes so many, and `run` begins at once.
import { takeTurns, turnOf } from '../src/measure/turns.js';
import { disagreements, toleranceOf, type Result } from '../src/report/results.js';
import { firstRuns, markdown, tablesOf, type Table } from '../src/report/tables.js';
import type { Timed } from '../src/work/workloads.js';
import { libraries, libraryNames, type LibraryName } from './libraries.js';
import { LibraryWorker } from './library-worker.js';
import { choices, describe, element, notes, show } from './view.js';
import { pageWorkloads } from './workloads.js';

const roundMs = 250;

interface Gpu {
  readonly description: string;
  readonly f16: boolean;
}
async function findGpu(): Promise<Gpu> {
  const adapter = await navigator.gpu?.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) return { description: 'no WebGPU in this browser, or no adapter for it', f16: false };
  const { vendor, architecture, device, description } = adapter.info;
  const names = [description || device, vendor, architecture].filter(Boolean);
  return { description: names.join(', ') || 'unnamed', f16: adapter.features.has('shader-f16') };
}

const takes = (name: LibraryName, { task }: Timed): boolean => libraries[name].takes?.(task) ?? true;

/** Starts a worker for each library. Those that cannot be had are told once, and left out. */
async function startAll(names: readonly LibraryName[]): Promise<Map<LibraryName, LibraryWorker>> {
  const workers = new Map<LibraryName, LibraryWorker>();
  const refusals: string[] = [];
  for (const name of names) {
    element('progress').textContent = `Loading ${name}`;
    const worker = new LibraryWorker(name);
    const refusal = await worker.start();
    if (refusal === null) workers.set(name, worker);
    else refusals.push(`${name} is left out: ${refusal}`);
  }
  notes('refusals', refusals);
  return workers;
}

/** Measures and calls `changed` after each workload with all tables so far. */
async function measure(
  workloads: readonly Timed[],
  workers: ReadonlyMap<LibraryName, LibraryWorker>,
  rounds: number,
  changed: (tables: Table[], versions: Readonly<Record<string, string>>) => void,
): Promise<void> {
  const names = [...workers.keys()];
  const peers = Object.fromEntries(names.map((name) => [name, libraries[name].about]));
  const total = workloads.length * names.length * rounds;
  const results: Result[] = [];
  let done = 0;
  const advance = (what: string): void => {
    (element('bar') as HTMLProgressElement).value = ++done / total;
    element('progress').textContent = what;
  };
  try {
    for (const workload of workloads) {
      const turns = names.filter((name) => takes(name, workload)).map(turnOf);
      await takeTurns(workload.task, turns, {
        rounds,
        ms: roundMs,
        ask: (name, question) => workers.get(name)!.ask(question),
        done: ({ peer }) => advance(`${workload.group}: ${workload.name}, ${peer}`),
      });
      const cells = Object.fromEntries(turns.map(({ peer, cell }) => [peer, cell]));
      results.push({
        workload: workload.name,
        date: new Date().toISOString(),
        cells,
        disagreements: disagreements(cells, toleranceOf(workload.task)),
      });
      const versions: Record<string, string> = {};
      for (const worker of workers.values()) Object.assign(versions, worker.versions);
      changed([...tablesOf({ results, peers }, workloads), ...firstRuns({ results, peers }, workloads)], versions);
    }
  } finally {
    for (const worker of workers.values()) worker.stop();
  }
}

async function page(): Promise<void> {
  const asked = new URLSearchParams(location.search);
  const gpu = await findGpu();
  const machine = [
    ['GPU', `${gpu.description}${gpu.f16 ? '; half precision' : ''}`],
    ['Browser', navigator.userAgent],
    ['Cores', String(navigator.hardwareConcurrency)],
  ] as const;
  describe('machine', machine);
  const workloads = pageWorkloads(asked.get('sizes') === 'tiny' ? 'tiny' : 'normal', gpu.f16);
  const wanted = asked.get('libraries')?.split(',');
  const chosenLibraries = choices(
    'libraries',
    libraryNames,
    (name) => wanted?.includes(name) ?? !libraries[name].onDemand,
  );
  const groups = [...new Set(workloads.map((w) => w.group))];
  const chosenGroups = choices('groups', groups, () => true);
  const [run, copy] = [element('run') as HTMLButtonElement, element('copy') as HTMLButtonElement];
  let text = '';

  const start = async (): Promise<void> => {
    run.disabled = true;
    element('bar').hidden = false;
    const picked = chosenGroups();
    await measure(
      workloads.filter((w) => picked.includes(w.group)),
      await startAll(libraryNames.filter((name) => chosenLibraries().includes(name))),
      Number(asked.get('rounds') ?? 5),
      (tables, versions) => {
        show(tables);
        const facts = [...machine, ...Object.entries(versions), ['Date', new Date().toISOString().slice(0, 10)]];
        text = [facts.map(([term, what]) => `- ${term}: ${what}`).join('\n'), ...tables.map(markdown)].join('\n\n');
        copy.disabled = false;
      },
    );
    element('bar').hidden = true;
    element('progress').textContent = 'Done.';
    document.body.dataset['state'] = 'done';
    run.disabled = false;
  };
  const explain = (error: unknown): void => {
    element('progress').textContent = String(error);
  };
  element('choice').addEventListener('submit', (event) => {
    event.preventDefault();
    start().catch(explain);
  });
  copy.addEventListener('click', () => {
    navigator.clipboard.writeText(text).catch(explain);
  });
  if (asked.has('run')) await start();
}

await page();
