// The time of work on the GPU: by timestamps where the device has them, else from handing it over until it is done.
import type { Gpu } from './device.js';

const [queryResolve, copySource, copyDestination, mapRead] = [0x200, 0x4, 0x8, 0x1];
const bytes = 16;

export class Stopwatch {
  private readonly query: {
    readonly set: GPUQuerySet;
    readonly resolved: GPUBuffer;
    readonly readable: GPUBuffer;
  } | null;
  constructor(private readonly gpu: Gpu) {
    const { device } = gpu;
    this.query = gpu.has('timestamp-query')
      ? {
          set: device.createQuerySet({ type: 'timestamp', count: 2 }),
          resolved: device.createBuffer({ size: bytes, usage: queryResolve | copySource }),
          readable: device.createBuffer({ size: bytes, usage: copyDestination | mapRead }),
        }
      : null;
  }
  /** Milliseconds of what is recorded into one pass. */
  async time(record: (pass: GPUComputePassEncoder) => void): Promise<number> {
    this.gpu.check();
    const { query } = this;
    const { device } = this.gpu;
    const encoder = device.createCommandEncoder();
    const timestampWrites = query && { querySet: query.set, beginningOfPassWriteIndex: 0, endOfPassWriteIndex: 1 };
    const pass = encoder.beginComputePass(timestampWrites ? { timestampWrites } : {});
    record(pass);
    pass.end();
    if (query) {
      encoder.resolveQuerySet(query.set, 0, 2, query.resolved, 0);
      encoder.copyBufferToBuffer(query.resolved, 0, query.readable, 0, bytes);
    }
    const began = performance.now();
    device.queue.submit([encoder.finish()]);
    if (!query) {
      await device.queue.onSubmittedWorkDone();
      return performance.now() - began;
    }
    await query.readable.mapAsync(1);
    const [begin, end] = new BigUint64Array(query.readable.getMappedRange());
    const ms = Number(end! - begin!) / 1e6;
    query.readable.unmap();
    return ms;
  }
  release(): void {
    this.query?.set.destroy();
    this.query?.resolved.destroy();
    this.query?.readable.destroy();
  }
}
