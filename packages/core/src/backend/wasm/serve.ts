// What a worker does: it takes chunks of the phases that the main thread opens, and sleeps in between. It uses nothing from outside, so that it can
// be sent as text.

/** Places of the words through which threads speak, in 32-bit words; those that threads write at the same time are far apart. */
export interface Words {
  /** Number of the command in the upper 24 bits, and in the lower 8 the next chunk; 255 while the command is not to be read. */
  readonly claim: number;
  /** Chunks that workers have finished. */
  readonly done: number;
  /** Workers that sleep, and whether the main thread does. */
  readonly sleeping: number;
  readonly waiting: number;
  /** Workers that have started, and whether a chunk has failed. */
  readonly ready: number;
  readonly failed: number;
  /** The command: number of the module, where its bytes are and how many, number of the part. */
  readonly module: number;
  readonly bytes: number;
  readonly length: number;
  readonly part: number;
  /** Units of the part and in how many chunks they are divided. */
  readonly extent: number;
  readonly chunks: number;
  /** Where the workspace of thread 0 is, how far that of the next one, and where the shared one is. */
  readonly scratch: number;
  readonly stride: number;
  readonly shared: number;
  /** How many modules were given up, and the last ones of them. */
  readonly dropped: number;
  readonly drops: number;
  readonly dropRoom: number;
}

/** Serves until the worker is ended. `spin` is the time in milliseconds that it looks for work before it sleeps. */
export function serve(memory: WebAssembly.Memory, base: number, number: number, spin: number, at: Words): void {
  const words = new Int32Array(memory.buffer, base, at.drops + at.dropRoom);
  const known = new Map<number, WebAssembly.Exports>();
  const none = (): never => {
    throw new Error('this function is for the main thread');
  };
  let dropped = Atomics.load(words, at.dropped);
  let seen = 0;
  let finished = 0;
  let failedAt = -1;
  const sleep = (word: number): void => {
    const until = performance.now() + spin;
    do {
      for (let k = 0; k < 64; k++) if (Atomics.load(words, at.claim) !== word) return;
    } while (performance.now() < until);
    Atomics.add(words, at.sleeping, 1);
    Atomics.wait(words, at.claim, word);
    Atomics.sub(words, at.sleeping, 1);
  };
  const forget = (): void => {
    const now = Atomics.load(words, at.dropped);
    if (now - dropped > at.dropRoom) known.clear();
    else for (; dropped < now; dropped++) known.delete(words[at.drops + (dropped % at.dropRoom)]!);
    dropped = now;
  };
  Atomics.add(words, at.ready, 1);
  for (;;) {
    const word = Atomics.load(words, at.claim);
    const command = word >>> 8;
    const chunk = word & 255;
    if (chunk === 255 || command === finished) {
      sleep(word);
      continue;
    }
    // Once around the loop before work begins: there the engine tells this thread that the memory has grown.
    if (command !== seen) {
      seen = command;
      continue;
    }
    const chunks = words[at.chunks]!;
    if (chunk >= chunks) {
      finished = command;
      continue;
    }
    const module = words[at.module]!;
    let exports = known.get(module);
    if (!exports) {
      forget();
      if (failedAt === command) {
        finished = command;
        continue;
      }
      try {
        const from = words[at.bytes]! >>> 0;
        const bytes = new Uint8Array(memory.buffer).slice(from, from + words[at.length]!);
        // The bytes are those of the command if it is still the same.
        if (Atomics.load(words, at.claim) >>> 8 !== command) continue;
        const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
          env: { memory, one: none, two: none, divide: none },
        });
        exports = instance.exports;
        known.set(module, exports);
      } catch {
        failedAt = command;
      }
      continue;
    }
    const run = exports[`part${words[at.part]!}`] as (
      from: number,
      to: number,
      scratch: number,
      shared: number,
    ) => void;
    const extent = words[at.extent]!;
    const scratch = words[at.scratch]! + number * words[at.stride]!;
    const shared = words[at.shared]!;
    // Nothing that was read has changed if the word has not.
    if (Atomics.compareExchange(words, at.claim, word, word + 1) !== word) continue;
    try {
      run(Math.floor((chunk * extent) / chunks), Math.floor(((chunk + 1) * extent) / chunks), scratch, shared);
    } catch {
      Atomics.store(words, at.failed, 1);
    }
    Atomics.add(words, at.done, 1);
    if (Atomics.load(words, at.waiting)) Atomics.notify(words, at.done);
  }
}
