// What is asked of a library, wherever it runs, and what it answers. In Node they are lines of JSON; pytorch.py speaks it, too.
import type { Task } from '../work/task.js';
import type { Live, LoopStyle } from './case.js';

export type Question =
  /** Times a task for `ms`; a task that is new is made ready first, and the one before it is given up. */
  | { readonly ask: 'time'; readonly task: Task; readonly ms: number }
  /** Counts what is alive over a training loop. */
  | { readonly ask: 'live'; readonly task: Task; readonly style: LoopStyle; readonly steps: number };

/** One round; times are milliseconds of a run. */
export interface Round {
  readonly median: number;
  readonly best: number;
  readonly runs: number;
}
export interface TimeAnswer extends Round {
  /** Of a task that was made ready now: the first run, and what the results were. */
  readonly first?: number;
  readonly check?: readonly number[];
  /** The most memory that the process has held so far, in bytes; where that can be known. */
  readonly peak?: number;
}
/** What was alive after so many steps, and the memory of the process. */
export interface LiveRow extends Live {
  readonly step: number;
  readonly rss: number;
}
export interface LiveAnswer {
  readonly live: readonly LiveRow[];
}
export type Failure = { readonly unsupported: true } | { readonly error: string };
export type Answer = TimeAnswer | LiveAnswer | Failure;

/** Why there are no figures; null when there are. */
export const failureOf = (answer: Answer): string | null =>
  'unsupported' in answer ? 'not supported' : 'error' in answer ? answer.error : null;
