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
  /** Runs in a batch. */
  readonly count: number;
}

/**
 * Runs a new case twice, looks at its results, lets the engine optimize it, and finds how many runs make a batch.
 *
 * @param batchMs  a batch takes at least this long, so that the clock's own time, or that of waiting for a device, does not count
 */
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
  let count = 1;
  if (second < slowMs) {
    const until = now() + warmMs - second;
    for (let runs = 0; runs < warmRuns && now() < until; runs++) await batch(c, 1);
    while (count < 1 << 16 && (await timed(c, waits, count)) < batchMs) count *= 2;
  }
  return { first, check, case: c, waits, count };
}

const timed = (c: Case, waits: boolean, count: number): number | Promise<number> =>
  waits ? batch(c, count) : batchAtOnce(() => c.run(), count);
const middle = (sorted: readonly number[]): number =>
  (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;

/** Times a warm case for about `ms` milliseconds. */
export async function sample({ case: c, waits, count }: Warm, ms: number): Promise<Sample> {
  const times: number[] = [];
  const until = now() + ms;
  do times.push((await timed(c, waits, count)) / count);
  while (now() < until);
  times.sort((a, b) => a - b);
  return { median: middle(times), best: times[0]!, runs: times.length * count };
}
