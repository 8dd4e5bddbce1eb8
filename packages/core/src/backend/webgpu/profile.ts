// How long each kernel takes on the GPU, by timestamps around every dispatch.
import type { Commands } from './commands.js';
import type { Gpu } from './device.js';

/** What the kernels of one name took together. */
export interface KernelTime {
  readonly name: string;
  readonly count: number;
  /** Milliseconds on the GPU; null where the device has no timestamps. */
  readonly ms: number | null;
}
export interface Profile {
  /** Longest first. */
  readonly kernels: readonly KernelTime[];
  /** Batches of commands that were handed over. */
  readonly submits: number;
}

/** Dispatches whose times one query set holds: a pair of timestamps each. */
const inSet = 2048;
const queryResolve = 0x200;
const [copySource, copyDestination, mapRead] = [0x4, 0x8, 0x1];

/** Runs `f`, waits for the GPU, and tells what its kernels took. */
export async function profile(gpu: Gpu, commands: Commands, f: () => unknown): Promise<Profile> {
  const { device } = gpu;
  const timed = gpu.has('timestamp-query');
  const names: string[] = [];
  const sets: GPUQuerySet[] = [];
  commands.flush();
  const before = commands.submits;
  commands.observer = (name) => {
    const at = names.push(name) - 1;
    if (!timed) return undefined;
    if (at % inSet === 0) sets.push(device.createQuerySet({ type: 'timestamp', count: 2 * inSet }));
    const begin = 2 * (at % inSet);
    return { querySet: sets.at(-1)!, beginningOfPassWriteIndex: begin, endOfPassWriteIndex: begin + 1 };
  };
  try {
    await f();
  } finally {
    commands.flush();
    commands.observer = null;
  }
  const submits = commands.submits - before;
  const times = timed ? await readTimes(device, sets, names.length) : null;
  const byName = new Map<string, { count: number; ms: number }>();
  names.forEach((name, k) => {
    const known = byName.get(name) ?? { count: 0, ms: 0 };
    byName.set(name, { count: known.count + 1, ms: known.ms + (times?.[k] ?? 0) });
  });
  const kernels = [...byName].map(([name, { count, ms }]) => ({ name, count, ms: times ? ms : null }));
  return { kernels: kernels.sort((a, b) => (b.ms ?? b.count) - (a.ms ?? a.count)), submits };
}
/** Milliseconds between the timestamps of each pair. */
async function readTimes(device: GPUDevice, sets: readonly GPUQuerySet[], count: number): Promise<number[]> {
  const bytes = 16 * inSet;
  const times: number[] = [];
  for (const [k, set] of sets.entries()) {
    const resolved = device.createBuffer({ size: bytes, usage: queryResolve | copySource });
    const readable = device.createBuffer({ size: bytes, usage: copyDestination | mapRead });
    const encoder = device.createCommandEncoder();
    encoder.resolveQuerySet(set, 0, 2 * inSet, resolved, 0);
    encoder.copyBufferToBuffer(resolved, 0, readable, 0, bytes);
    device.queue.submit([encoder.finish()]);
    await readable.mapAsync(1);
    const stamps = new BigUint64Array(readable.getMappedRange());
    for (let n = 0; n < Math.min(inSet, count - k * inSet); n++)
      times.push(Number(stamps[2 * n + 1]! - stamps[2 * n]!) / 1e6);
    readable.destroy();
    resolved.destroy();
    set.destroy();
  }
  return times;
}
