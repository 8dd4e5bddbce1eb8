// The stopwatch: warms a case up, then times it in batches that are long beside the clock's step.
import type { Case } from './case.js';

/** One round of a case; times are in milliseconds for one run. */
export interface Sample {
  readonly median: number;
  readonly best: number;
  /** Runs in this round. */
  readonly runs: number;
}
export interface FirstCall {
  /** The first run: tracing, compiling and running. */
  readonly first: number;
  /** What the case says after its first and second run. */
  readonly check: readonly number[];
}

/** Warm-up: that long, or that many runs. */
const warmMs = 300;
const warmRuns = 400;
/** A case that takes this long is not warmed up: one more run says enough. */
const slowMs = 2000;
/** Runs in a batch, at most. */
const mostRuns = 1 << 16;

const now = (): number => performance.now();

/** Runs `count` times and returns the milliseconds of all. Waits only where the case makes promises. */
async function batch(c: Case, count: number): Promise<number> {
  const began = now();
  for (let i = 0; i < count; i++) {
    const running = c.run();
    if (running) await running;
  }
  if (c.settle) await c.settle();
  return now() - began;
}
/** The same for a case that never waits: nothing of it may be counted that a synchronous program would not pay. */
function batchAtOnce(run: () => unknown, count: number): number {
  const began = now();
  for (let i = 0; i < count; i++) run();
  return now() - began;
}

/** A case that is warm, and how to time it. */
export interface Warm extends FirstCall {
  readonly case: Case;
  /** Whether a run has to be waited for. */
  readonly waits: boolean;
  /** A batch takes at least this long, so that the clock's own time, or that of waiting for a device, does not count. */
  readonly batchMs: number;
  /** Runs in a batch; doubled when a batch is too short, which does not count then. */
  count: number;
}

/** Runs a new case twice, looks at its results, and lets the engine optimize it. */
export async function warm(c: Case, batchMs: number): Promise<Warm> {
  const first = await batch(c, 1);
  const check = [...(await c.check())];
  const began = now();
  const running = c.run();
  const waits = running !== undefined || c.settle !== undefined;
  await running;
  await c.settle?.();
  const second = now() - began;
  check.push(...(await c.check()));
  if (second < slowMs) {
    const until = now() + warmMs - second;
    for (let runs = 0; runs < warmRuns && now() < until; runs++) await batch(c, 1);
  }
  return { first, check, case: c, waits, batchMs, count: 1 };
}

const timed = ({ case: c, waits, count }: Warm): number | Promise<number> =>
  waits ? batch(c, count) : batchAtOnce(() => c.run(), count);
const middle = (sorted: readonly number[]): number =>
  (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;

/** Times a warm case for about `ms` milliseconds. */
export async function sample(w: Warm, ms: number): Promise<Sample> {
  const times: number[] = [];
  const until = now() + ms;
  do {
    const took = await timed(w);
    await w.case.rest?.();
    if (took < w.batchMs && w.count < mostRuns) w.count *= 2;
    else times.push(took / w.count);
  } while (times.length === 0 || now() < until);
  times.sort((a, b) => a - b);
  return { median: middle(times), best: times[0]!, runs: times.length * w.count };
}
