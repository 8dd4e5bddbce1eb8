// Between host and GPU: writing in the order of the commands, and reading, where the reads of one tick share one copy and one wait.
import { allocate, type TypedArray } from '../../base/index.js';
import type { Commands } from './commands.js';
import type { Gpu } from './device.js';
import type { Faults } from './faults.js';
import { classOf, elementBytes, mustExist, restored, stored, type Block } from './memory.js';

const stagingUsage = 0x1 | 0x8; // MAP_READ | COPY_DST
const leastStaging = 1 << 16;
/** Staging memory that waits for the next read. */
const keptStaging = 4;

interface Waiting {
  readonly block: Block;
  readonly at: number;
  resolve(data: TypedArray): void;
  reject(error: unknown): void;
}
interface Staging {
  readonly gpu: GPUBuffer;
  readonly bytes: number;
}

export class Transfer {
  private staging: Staging | null = null;
  private used = 0;
  private waiting: Waiting[] = [];
  private readonly idle: Staging[] = [];
  constructor(
    private readonly gpu: Gpu,
    private readonly commands: Commands,
    private readonly faults: Faults,
  ) {}

  write(block: Block, data: TypedArray): void {
    this.gpu.check();
    mustExist([block]);
    if (!data.length) return;
    const { memory, dtype } = block;
    if (memory.batch === this.commands.batch) this.commands.flush();
    const values = stored(data, dtype);
    this.gpu.device.queue.writeBuffer(memory.gpu, 0, values.buffer, values.byteOffset, values.byteLength);
  }

  read(block: Block): Promise<TypedArray> {
    if (this.gpu.lost !== null) return Promise.reject(this.gpu.lossError());
    if (!block.size) return Promise.resolve(allocate(block.dtype, 0));
    return new Promise((resolve, reject) => {
      mustExist([block]);
      const bytes = block.size * elementBytes;
      if (this.staging && this.used + bytes > this.staging.bytes) this.fetch();
      this.staging ??= this.take(bytes);
      if (!this.waiting.length) queueMicrotask(() => this.fetch());
      this.commands.copy(block.memory.gpu, this.staging.gpu, this.used, bytes);
      block.memory.batch = this.commands.batch;
      this.waiting.push({ block, at: this.used, resolve, reject });
      this.used += bytes;
    });
  }
  private take(bytes: number): Staging {
    const known = this.idle.findIndex((s) => s.bytes >= bytes);
    if (known >= 0) return this.idle.splice(known, 1)[0]!;
    const size = classOf(Math.max(bytes, leastStaging));
    return { gpu: this.gpu.device.createBuffer({ size, usage: stagingUsage }), bytes: size };
  }
  /** Waits for the copies so far. */
  private fetch(): void {
    const { staging, waiting, used } = this;
    this.staging = null;
    this.waiting = [];
    this.used = 0;
    if (!staging) return;
    const fail = (error: unknown): void => {
      for (const w of waiting) w.reject(error);
    };
    const stop = this.gpu.onLost(fail);
    const arrive = async (): Promise<void> => {
      this.commands.flush();
      await staging.gpu.mapAsync(1, 0, used);
      await this.faults.settle();
      const all = staging.gpu.getMappedRange(0, used);
      for (const { block, at, resolve } of waiting)
        resolve(restored(all.slice(at, at + block.size * elementBytes), block.dtype));
      staging.gpu.unmap();
      if (this.idle.length < keptStaging) this.idle.push(staging);
      else staging.gpu.destroy();
    };
    arrive()
      .catch((error: unknown) => {
        staging.gpu.destroy();
        fail(this.gpu.lost === null ? error : this.gpu.lossError());
      })
      .finally(stop);
  }
}
