// Measuring: the schedules that are promising for the products that a program meets, on arrays of the tuner's own.
import { sizeOf, type DType } from '../../base/index.js';
import type { Kernel } from '../../kernel/index.js';
import type { Product } from './contraction/product.js';
import type { Schedule } from './contraction/schedule.js';
import type { Gpu } from './device.js';
import type { Faults } from './faults.js';
import { lower } from './lower.js';
import { elementBytes, type Block, type Memory, type Pool } from './memory.js';
import type { Compiler, Ready } from './program.js';
import { Stopwatch } from './stopwatch.js';
import { productName, type TuningCache } from './tuning.js';

/** What was measured for a product. */
export interface TunedProduct {
  /** Batch x rows x columns x depth, dtype, precision, and how the factors are read. */
  readonly product: string;
  /** The quickest, and its milliseconds. */
  readonly schedule: Schedule;
  readonly ms: number;
  /** Milliseconds of the schedule that would have been taken without measuring. */
  readonly before: number;
  /** How many schedules were measured. */
  readonly tried: number;
}

/** A kernel that was lowered, and what that depended on. */
interface Met {
  readonly kernel: Kernel;
  readonly aliases: ReadonlyMap<number, number>;
  readonly sizes: readonly number[];
}
const rounds = 5;
/** A round of a candidate takes about so many milliseconds, in this many runs at most. */
const [roundMs, mostRuns] = [4, 200];
/** A candidate whose run takes so many times that of the best is given up. */
const hopeless = 3;
/** What would be chosen without measuring stays, unless another takes at most this part of its time. */
const clearly = 0.97;
/** Numbers that are written at a time. */
const chunk = 1 << 18;

interface Candidate {
  readonly schedule: Schedule;
  readonly dispatches: readonly { readonly ready: Ready; readonly group: GPUBindGroup }[];
  runs: number;
  readonly times: number[];
}
const middle = (times: readonly number[]): number => [...times].sort((a, b) => a - b)[times.length >> 1]!;
function play({ dispatches, runs }: Candidate, pass: GPUComputePassEncoder): void {
  for (let run = 0; run < runs; run++)
    for (const { ready, group } of dispatches) {
      pass.setPipeline(ready.pipeline);
      pass.setBindGroup(0, group);
      pass.dispatchWorkgroups(ready.pass.x, ready.pass.y);
    }
}

export class Autotuner {
  constructor(
    private readonly gpu: Gpu,
    private readonly faults: Faults,
    private readonly pool: Pool,
    private readonly compiler: Compiler,
    private readonly cache: TuningCache,
  ) {}

  /** Runs `f`, measures the products of its kernels that are not known yet, and keeps the winners. */
  async tune(f: () => unknown): Promise<TunedProduct[]> {
    const { compiler } = this;
    const met = new Map<string, Met>();
    compiler.lowered = (kernel, aliases, sizes) => {
      const product = this.productOf({ kernel, aliases, sizes });
      const name = product && productName(product, compiler.adapter.products);
      if (name !== null && !met.has(name)) met.set(name, { kernel, aliases, sizes });
    };
    // kernels that are known already are lowered anew, so that they are met, too
    compiler.adapt({});
    try {
      await f();
    } finally {
      compiler.lowered = null;
    }
    await this.gpu.device.queue.onSubmittedWorkDone();
    const found: TunedProduct[] = [];
    try {
      for (const [name, kernel] of met) if (!this.cache.get(name)) found.push(await this.measure(name, kernel));
    } finally {
      compiler.adapt({});
    }
    return found;
  }
  /** The product of a kernel, which its lowering asks a schedule for. Numbers come with runs of single kernels, never with those of compiled ones. */
  private productOf({ kernel, aliases, sizes }: Met): Product | null {
    if (kernel.params.length) return null;
    const { adapter } = this.compiler;
    const found: Product[] = [];
    const scheduleOf = (product: Product): Schedule => {
      found.push(product);
      return adapter.scheduleOf(product);
    };
    lower(kernel, { ...adapter, scheduleOf }, aliases, sizes);
    return found[0] ?? null;
  }
  private async measure(name: string, met: Met): Promise<TunedProduct> {
    const schedules = this.compiler.adapter.contendersOf(this.productOf(met)!);
    const stopwatch = new Stopwatch(this.gpu);
    const arrays = new Arrays(this.gpu, this.pool);
    try {
      const memories = arrays.of(met);
      const live: Candidate[] = [];
      let best = Infinity;
      for (const schedule of schedules) {
        const candidate = this.ready(met, schedule, memories, arrays);
        const once = (): Promise<number> => stopwatch.time((pass) => play(candidate, pass));
        // the first run compiles
        await once();
        await this.faults.settle();
        const ms = await once();
        best = Math.min(best, ms);
        if (live.length && ms > hopeless * best) continue;
        candidate.runs = Math.max(1, Math.min(mostRuns, Math.ceil(roundMs / ms)));
        live.push(candidate);
      }
      for (let round = 0; round < rounds; round++)
        for (const c of live) c.times.push((await stopwatch.time((pass) => play(c, pass))) / c.runs);
      const took = live.map((c) => middle(c.times));
      const quickest = took.indexOf(Math.min(...took));
      const winner = took[quickest]! <= clearly * took[0]! ? quickest : 0;
      const { schedule } = live[winner]!;
      this.cache.set(name, schedule);
      return { product: name, schedule, ms: took[winner]!, before: took[0]!, tried: schedules.length };
    } finally {
      arrays.release();
      stopwatch.release();
    }
  }
  private ready(met: Met, schedule: Schedule, memories: readonly Memory[], arrays: Arrays): Candidate {
    const { compiler } = this;
    const adapter = { ...compiler.adapter, scheduleOf: () => schedule };
    const { passes, scratch } = compiler.variant(met.kernel, met.aliases, met.sizes, adapter);
    const all = [...memories, ...scratch.map(({ size, dtype }) => arrays.take(size, dtype))];
    const dispatches = passes.map((ready) => ({ ready, group: compiler.group(ready, all) }));
    return { schedule, dispatches, runs: 1, times: [] };
  }
}

/** The arrays that candidates work on. */
class Arrays {
  private readonly blocks: Block[] = [];
  private readonly numbers = Float32Array.from({ length: chunk }, () => Math.random() - 0.5);
  private readonly zeros = new Float32Array(chunk);
  constructor(
    private readonly gpu: Gpu,
    private readonly pool: Pool,
  ) {}
  /** Those of a kernel, by place. */
  of({ kernel, aliases, sizes }: Met): Memory[] {
    const inputs = kernel.inputs.map((dtype, k) => (aliases.has(k) ? null : this.take(sizes[k]!, dtype)));
    const outputs =
      kernel.form === 'rows'
        ? kernel.outputs.map(({ dtype, over }) => this.take(sizeOf(kernel.shape) * sizeOf(over), dtype))
        : [];
    return [...inputs.map((own, k) => own ?? outputs[aliases.get(k)! - inputs.length]!), ...outputs];
  }
  take(size: number, dtype: DType): Memory {
    const block = this.pool.allocate(size, dtype);
    this.blocks.push(block);
    const from = dtype === 'f32' ? this.numbers : this.zeros;
    for (let at = 0; at < size; at += chunk)
      this.gpu.device.queue.writeBuffer(block.memory.gpu, at * elementBytes, from, 0, Math.min(chunk, size - at));
    return block.memory;
  }
  release(): void {
    for (const block of this.blocks) this.pool.release(block);
  }
}
