// Threads: workers that share the memory and take chunks of large phases. Results do not depend on how many there are, nor on which of them is quick.
import type { Words } from './serve.js';
import { cores, startThread, type Thread } from './start.js';

/** A module whose parts can be divided. */
export interface Divisible {
  /** Differs from that of every other module. */
  readonly number: number;
  /** Where its bytes are in memory, and how many. */
  readonly bytes: number;
  readonly length: number;
  /** Runs units of a part on this thread. */
  readonly run: (part: number, from: number, to: number, scratch: number, shared: number) => void;
}
/** Where a run has its workspace. */
export interface Workspace {
  /** That of this thread; that of thread k is k strides on. */
  readonly scratch: number;
  readonly stride: number;
  readonly shared: number;
}

const line = 16;
const at: Words = {
  claim: 0,
  done: line,
  sleeping: 2 * line,
  waiting: 3 * line,
  ready: 3 * line + 1,
  failed: 3 * line + 2,
  module: 4 * line,
  bytes: 4 * line + 1,
  length: 4 * line + 2,
  part: 4 * line + 3,
  extent: 4 * line + 4,
  chunks: 4 * line + 5,
  scratch: 4 * line + 6,
  stride: 4 * line + 7,
  shared: 4 * line + 8,
  dropped: 5 * line,
  drops: 5 * line + 1,
  dropRoom: 2 * line - 1,
};
/** 32-bit words that a team needs in memory. */
export const teamWords: number = at.drops + at.dropRoom;
/** Milliseconds that a thread looks for work, or for the end of it, before it sleeps. Longer harms where other programs want the core. */
const spin = 0.04;
/** A chunk takes at least about so many nanoseconds, and there are at most so many chunks for each thread, so that none waits long for the last. */
const leastChunk = 3e4;
const chunksPerThread = 4;
/** The claim of a command that is not to be read. */
const closed = 255;

/** Threads where nobody has asked for a number, at most, and the work in nanoseconds after which they start. */
export const mostByDefault = 4;
const enough = 5e7;

let mayWait: boolean | null = null;
/** The main thread of a page must not sleep. */
function maySleep(): boolean {
  if (mayWait !== null) return mayWait;
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 1, 0);
    return (mayWait = true);
  } catch {
    return (mayWait = false);
  }
}

/** Why threads cannot share memory here; null when they can. */
export function threadsMissing(): string | null {
  if (
    typeof SharedArrayBuffer === 'function' &&
    (globalThis as { crossOriginIsolated?: boolean }).crossOriginIsolated !== false
  )
    return null;
  return 'this page is not cross-origin isolated, so threads cannot share memory; serve it with the headers "Cross-Origin-Opener-Policy: same-origin" and "Cross-Origin-Embedder-Policy: require-corp"';
}

/** The workers of one memory. */
export class Team {
  private readonly words: Int32Array;
  private readonly threads: Thread[] = [];
  private command = 0;
  /** Chunks that workers have done. */
  helped = 0;
  /** Settles when all workers are at work, or one cannot be. */
  readonly started: Promise<void>;

  /** @param base  where `teamWords` zeros are in the memory, at a multiple of 64 */
  constructor(
    private readonly memory: WebAssembly.Memory,
    base: number,
    /** This thread is one of them. */
    readonly size: number,
  ) {
    this.words = new Int32Array(memory.buffer, base, teamWords);
    this.words[at.claim] = closed;
    const starts = Array.from({ length: size - 1 }, (_, k) => {
      const message = { memory, base, number: k + 1, spin, at };
      return new Promise<void>((resolve, reject) => {
        this.threads.push(startThread(message, resolve, reject));
      });
    });
    this.started = Promise.all(starts).then(() => undefined);
    this.started.catch(() => undefined);
  }

  /** Runs a part in chunks that the threads take as they come; returns when all are done. */
  run(module: Divisible, part: number, extent: number, cost: number, { scratch, stride, shared }: Workspace): void {
    const chunks = Math.min(
      extent,
      chunksPerThread * this.size,
      Math.max(this.size, Math.floor(cost / leastChunk)),
      closed - 1,
    );
    if (chunks < 2 || !Atomics.load(this.words, at.ready)) return module.run(part, 0, extent, scratch, shared);
    const { words } = this;
    const command = this.next();
    words[at.module] = module.number;
    words[at.bytes] = module.bytes;
    words[at.length] = module.length;
    words[at.part] = part;
    words[at.extent] = extent;
    words[at.chunks] = chunks;
    words[at.scratch] = scratch;
    words[at.stride] = stride;
    words[at.shared] = shared;
    Atomics.store(words, at.done, 0);
    Atomics.store(words, at.claim, command << 8);
    if (Atomics.load(words, at.sleeping)) Atomics.notify(words, at.claim);
    let own = 0;
    try {
      for (;;) {
        const word = Atomics.load(words, at.claim);
        const chunk = word & 255;
        if (chunk >= chunks) break;
        if (Atomics.compareExchange(words, at.claim, word, word + 1) !== word) continue;
        own++;
        module.run(
          part,
          Math.floor((chunk * extent) / chunks),
          Math.floor(((chunk + 1) * extent) / chunks),
          scratch,
          shared,
        );
      }
    } finally {
      const taken = Atomics.exchange(words, at.claim, (command << 8) | closed) & 255;
      this.join(taken - own);
      this.helped += taken - own;
    }
    if (words[at.failed]) {
      words[at.failed] = 0;
      throw new Error('wasm: a thread has failed in a kernel');
    }
  }
  /** The number of the next command; the one before is closed. */
  private next(): number {
    this.command = (this.command + 1) & 0xffffff;
    Atomics.store(this.words, at.claim, (this.command << 8) | closed);
    return this.command;
  }
  /** Waits until the workers have done so many chunks. */
  private join(count: number): void {
    const { words } = this;
    const until = performance.now() + spin;
    for (;;) {
      for (let k = 0; k < 64; k++) if (Atomics.load(words, at.done) >= count) return;
      if (!maySleep() || performance.now() < until) continue;
      Atomics.store(words, at.waiting, 1);
      const done = Atomics.load(words, at.done);
      if (done < count) Atomics.wait(words, at.done, done, 1000);
      Atomics.store(words, at.waiting, 0);
    }
  }
  /** Workers forget a module; its bytes may go after that. */
  drop(module: number): void {
    this.next();
    const { words } = this;
    const dropped = words[at.dropped]!;
    words[at.drops + (dropped % at.dropRoom)] = module;
    Atomics.store(words, at.dropped, dropped + 1);
  }
  /** Ends the workers. */
  end(): void {
    this.next();
    Atomics.store(this.words, at.ready, 0);
    for (const thread of this.threads.splice(0)) thread.end();
  }
}

let warned = false;
/** How many threads a memory's kernels run on. */
export class Threads {
  private team: Team | null = null;
  /** What was asked for; null before that. */
  private wanted: number | null = null;
  /** Nanoseconds of work that could have been divided. */
  private missed = 0;

  /** @param place  gives `teamWords` words of the memory that are zero, at a multiple of 64 bytes, and never asks for them back */
  constructor(
    private readonly memory: WebAssembly.Memory,
    private readonly place: () => number,
  ) {}
  /** The threads that a run may count on, this one included. */
  get count(): number {
    return this.team?.size ?? 1;
  }
  /** The workers; present where there is more than one thread. */
  get workers(): Team | null {
    return this.team;
  }
  /** Divides work among so many threads from now on, this one included; settles when they are at work. */
  async set(n: number): Promise<void> {
    if (!Number.isInteger(n) || n < 1 || n > 256)
      throw new RangeError(`setThreads: expected a whole number from 1 to 256, received ${n}`);
    this.wanted = n;
    if (n === this.count) return this.team?.started;
    this.team?.end();
    this.team = null;
    if (n === 1) return;
    const missing = threadsMissing();
    if (missing) {
      if (!warned) console.warn(`setThreads(${n}): ${missing}. Kernels run on one thread`);
      warned = true;
      return;
    }
    const team = (this.team = new Team(this.memory, this.place(), n));
    try {
      await team.started;
    } catch (reason) {
      if (this.team !== team) return;
      team.end();
      this.team = null;
      console.warn(
        `setThreads(${n}): workers could not be started (${(reason as Error).message}). Kernels run on one thread`,
      );
    }
  }
  /** Hears of work that could be divided: where nobody has asked for a number of threads, they start when there is enough of it. */
  hear(cost: number): void {
    if (this.wanted !== null || (this.missed += cost) < enough) return;
    this.wanted = Math.min(cores(), mostByDefault);
    if (!threadsMissing()) this.set(this.wanted).catch(() => undefined);
  }
}
