// Compiled functions on the GPU: pipelines, scratch memory and bind groups are made once, and again only where an array of the table has moved.
import type { DType } from '../../base/index.js';
import type { Launch, Sequence } from '../backend.js';
import type { Commands, Dispatch } from './commands.js';
import { mustExist, type Block, type Memory, type Pool } from './memory.js';
import { aliasesOf, recordCopy, type Compiler, type Variant } from './program.js';

interface Step {
  readonly launch: Launch;
  /** The memories of inputs, outputs and scratch arrays in the last run. */
  memories: Memory[];
  aliases: string;
  variant: Variant | null;
  /** Null while they have to be made anew. */
  dispatches: Dispatch[] | null;
}

export class GpuSequence implements Sequence {
  private readonly steps: readonly Step[];
  /** Scratch memory that steps share, by place. */
  private scratch: Block[] = [];
  private last: (Memory | undefined)[] = [];
  private settings = '';
  constructor(
    launches: readonly Launch[],
    private readonly compiler: Compiler,
    private readonly commands: Commands,
    private readonly pool: Pool,
  ) {
    this.steps = launches.map((launch) => ({ launch, memories: [], aliases: '-', variant: null, dispatches: null }));
  }
  get sources(): readonly string[] {
    return this.steps.map(({ launch }) => this.compiler.codes(launch.kernel).join('\n'));
  }
  run(table: readonly Block[]): void {
    const { commands } = this;
    if (this.pool.lacking) this.makeRoom(table);
    let moved = this.last.length !== table.length || this.settings !== this.compiler.settings;
    for (let k = 0; k < table.length && !moved; k++) moved = table[k]?.memory !== this.last[k];
    if (moved) this.prepare(table);
    for (const { variant, memories, dispatches } of this.steps) {
      for (const copy of variant!.copies) recordCopy(commands, copy, this.withScratch(memories, variant!));
      for (const d of dispatches!) commands.append(d);
    }
    for (const m of this.last) if (m) m.batch = commands.batch;
    for (const { memory } of this.scratch) memory.batch = commands.batch;
    commands.flush();
  }
  /** Tries again where there was no room: for arrays that are written before they are read. */
  private makeRoom(table: readonly Block[]): void {
    const read = new Set<number>();
    const written = new Set<number>();
    for (const { launch } of this.steps) {
      for (const place of launch.inputs) if (!written.has(place)) read.add(place);
      for (const place of launch.outputs) written.add(place);
    }
    mustExist([...read].map((place) => table[place]!));
    const lacking = [...[...written].map((place) => table[place]!), ...this.scratch].filter((b) => b.memory.missing);
    for (const block of lacking) if (block.memory.missing) this.pool.renew(block);
    if (!lacking.length) return;
    this.last = [];
    for (const step of this.steps) step.memories = [];
    for (const step of this.steps) if (step.variant?.scratch.length) step.dispatches = null;
  }
  /** Brings the dispatches up to date with the table. */
  private prepare(table: readonly Block[]): void {
    const { adapter, settings } = this.compiler;
    const same = settings === this.settings;
    this.settings = settings;
    this.last = table.map((b) => b?.memory);
    for (const step of this.steps) {
      const { inputs, outputs, kernel } = step.launch;
      const blocks = [...inputs, ...outputs].map((place) => table[place]!);
      const memories = blocks.map((b) => b.memory);
      if (same && step.variant && memories.every((m, k) => m === step.memories[k])) continue;
      const { key, map } = aliasesOf(kernel, blocks, adapter.maxBuffers);
      const sizes = inputs.map((place) => table[place]!.size);
      if (!same || !step.variant || key !== step.aliases) step.variant = this.compiler.variant(kernel, map, sizes);
      step.aliases = key;
      step.memories = memories;
      step.dispatches = null;
    }
    if (this.growScratch()) for (const step of this.steps) if (step.variant!.scratch.length) step.dispatches = null;
    for (const step of this.steps) step.dispatches ??= this.dispatchesOf(step);
  }
  /** Makes the shared scratch arrays as large as the largest that a step asks for; true when one is new. */
  private growScratch(): boolean {
    const needed: { size: number; dtype: DType }[] = [];
    for (const { variant } of this.steps)
      variant!.scratch.forEach((s, k) => {
        if (s.size > (needed[k]?.size ?? -1)) needed[k] = s;
      });
    let grown = false;
    needed.forEach(({ size, dtype }, k) => {
      const known = this.scratch[k];
      if (known && known.size >= size) return;
      if (known) this.pool.release(known);
      this.scratch[k] = this.pool.allocate(size, dtype);
      grown = true;
    });
    return grown;
  }
  private withScratch(memories: readonly Memory[], variant: Variant): Memory[] {
    return [...memories, ...variant.scratch.map((_, k) => this.scratch[k]!.memory)];
  }
  private dispatchesOf({ variant, memories }: Step): Dispatch[] {
    const all = this.withScratch(memories, variant!);
    return variant!.passes.map((ready) => ({
      name: ready.pass.name,
      pipeline: ready.pipeline,
      group: this.compiler.group(ready, all),
      x: ready.pass.x,
      y: ready.pass.y,
    }));
  }
  release(): void {
    for (const block of this.scratch) this.pool.release(block);
    this.scratch = [];
    this.last = [];
    for (const step of this.steps) {
      step.dispatches = null;
      step.memories = [];
      step.variant = null;
      step.aliases = '-';
    }
  }
}
