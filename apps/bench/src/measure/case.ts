// What a peer makes of a task: something that can be run again and again, and whose result can be looked at.
import type { Task } from '../work/task.js';

/** A task made ready: its inputs exist, and everything before the first run is done. */
export interface Case {
  /** Does the work once, or enqueues it; a promise where the library only has that. */
  run(): void | Promise<void>;
  /** Waits until everything that was enqueued is done. Absent where `run` has done it when it returns. */
  settle?(): Promise<unknown>;
  /** Waits like `settle` where only handing work over is timed: between batches, and outside of the time. */
  rest?(): Promise<unknown>;
  /** Numbers that must agree with those of the other peers: the digest of the last result, or the last loss. */
  check(): number[] | Promise<number[]>;
  dispose?(): void;
}

/** Live memory as the library counts it. */
export interface Live {
  readonly buffers: number;
  readonly bytes: number;
}
/** A training loop written as its users write it, for the count of what stays alive. */
export interface Loop {
  step(): Promise<void>;
  live(): Live;
}

/** How a loop is written: over a data loader, eager or compiled; or eager with neither loader nor scope. */
export type LoopStyle = 'eager' | 'compiled' | 'plain';

/** A library that can be measured. */
export interface Library {
  /** Versions of what was loaded. */
  readonly versions: Readonly<Record<string, string>>;
  /** The case, or null where the library cannot do the task. */
  prepare(task: Task): Case | null | Promise<Case | null>;
  loop?(task: Task, style: LoopStyle): Loop;
}
