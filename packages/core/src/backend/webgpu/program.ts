// Compiled kernels on the device: pipelines, bind groups, and what a run records.
import { DeviceError, type DType } from '../../base/index.js';
import { printKernel, type Kernel } from '../../kernel/index.js';
import type { Program } from '../backend.js';
import type { Adapter } from './adapter.js';
import type { Commands } from './commands.js';
import type { Gpu } from './device.js';
import type { Faults } from './faults.js';
import { lower } from './lower.js';
import { elementBytes, mustExist, type Block, type Memory, type Pool } from './memory.js';
import type { Copy } from './pack.js';
import type { Binding, Pass } from './wgsl/shader.js';

const compute = 0x4;
/** Bind groups that a dispatch keeps. */
const keptGroups = 512;

/** A dispatch with its pipeline. */
export interface Ready {
  readonly pass: Pass;
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}
/** One way to run a kernel: for one pattern of outputs that take the memory of inputs. */
export interface Variant {
  readonly copies: readonly Copy[];
  readonly passes: readonly Ready[];
  /** Elements of the arrays that live while it runs, and their dtypes. */
  readonly scratch: readonly { readonly size: number; readonly dtype: DType }[];
  /** The place of the first of them. */
  readonly firstScratch: number;
}

/** The bits of numbers as their dtypes store them. */
function bitsOf(values: readonly number[], dtypes: readonly DType[]): Uint32Array {
  const bits = new Uint32Array(values.length);
  const floats = new Float32Array(bits.buffer);
  values.forEach((v, k) => {
    if (dtypes[k] === 'f32') floats[k] = v;
    else bits[k] = dtypes[k] === 'bool' ? +(v !== 0) : dtypes[k] === 'u8' ? v & 255 : v;
  });
  return bits;
}

/** Makes pipelines and bind groups, each once. */
export class Compiler {
  private readonly layouts = new Map<
    string,
    { group: GPUBindGroupLayout; plain: GPUPipelineLayout; numbers: GPUPipelineLayout }
  >();
  private readonly pipelines = new Map<string, GPUComputePipeline>();
  constructor(
    private readonly gpu: Gpu,
    private readonly faults: Faults,
    private readonly commands: Commands,
    private readonly pool: Pool,
    private known: Adapter,
  ) {}
  private changes = 0;
  /** Hears of every kernel that is lowered. */
  lowered: ((kernel: Kernel, aliases: ReadonlyMap<number, number>, sizes: readonly number[]) => void) | null = null;
  /** What schedules go by. */
  get adapter(): Adapter {
    return this.known;
  }
  /** Stands for what schedules go by in the keys of what was made: when it changes, kernels are lowered anew. */
  get settings(): string {
    return `${this.known.products} ${this.changes}`;
  }
  /** Kernels are lowered with other numbers from now on. */
  adapt(change: Partial<Adapter>): void {
    this.known = { ...this.known, ...change };
    this.changes++;
  }

  private layoutOf(bindings: readonly Binding[]) {
    const key = bindings.map((b) => (b.writes ? 'w' : 'r')).join('');
    let known = this.layouts.get(key);
    if (!known) {
      const { device } = this.gpu;
      const group = device.createBindGroupLayout({
        entries: bindings.map((b, binding) => ({
          binding,
          visibility: compute,
          buffer: { type: b.writes ? 'storage' : 'read-only-storage' },
        })),
      });
      const { numbersLayout } = this.commands;
      known = {
        group,
        plain: device.createPipelineLayout({ bindGroupLayouts: [group] }),
        numbers: device.createPipelineLayout({ bindGroupLayouts: [group, numbersLayout] }),
      };
      this.layouts.set(key, known);
    }
    return known;
  }
  private ready(pass: Pass): Ready {
    const layout = this.layoutOf(pass.bindings);
    let pipeline = this.pipelines.get(pass.code);
    if (!pipeline) {
      const { device } = this.gpu;
      pipeline = this.faults.guard(
        'validation',
        (message) => new DeviceError(`webgpu: the kernel "${pass.name}" was refused: ${message}\n${pass.code}`),
        () =>
          device.createComputePipeline({
            label: pass.name,
            layout: pass.numbers ? layout.numbers : layout.plain,
            compute: { module: device.createShaderModule({ label: pass.name, code: pass.code }) },
          }),
      );
      this.pipelines.set(pass.code, pipeline);
    }
    return { pass, pipeline, layout: layout.group };
  }
  /** The dispatches of a kernel when these inputs lie where outputs do. */
  variant(
    kernel: Kernel,
    aliases: ReadonlyMap<number, number>,
    sizes: readonly number[],
    adapter: Adapter = this.adapter,
  ): Variant {
    this.lowered?.(kernel, aliases, sizes);
    const { copies, passes, place } = lower(kernel, adapter, aliases, sizes);
    const firstScratch = place.dtypes.length - place.scratch.length;
    return {
      copies,
      passes: passes.map((p) => this.ready(p)),
      scratch: place.scratch.map((size, k) => ({ size, dtype: place.dtypes[firstScratch + k]! })),
      firstScratch,
    };
  }
  /** The texts of a kernel's dispatches, for `show`. */
  codes(kernel: Kernel): string[] {
    const sizes = kernel.inputs.map(() => 0);
    return lower(kernel, this.adapter, new Map(), sizes).passes.map((p) => p.code);
  }
  group({ pass, layout }: Ready, memories: readonly Memory[]): GPUBindGroup {
    return this.gpu.device.createBindGroup({
      layout,
      entries: pass.bindings.map(({ place }, binding) => ({ binding, resource: { buffer: memories[place]!.gpu } })),
    });
  }
  compile(kernel: Kernel): Program {
    return new KernelProgram(kernel, this, this.commands, this.pool);
  }
}

/** Which inputs lie where an output does, as a map from input to place; and what the dispatches depend on beside the kernel, as a key. */
export function aliasesOf(
  kernel: Kernel,
  blocks: readonly Block[],
  most: number,
): { readonly key: string; readonly map: ReadonlyMap<number, number> } {
  const map = new Map<number, number>();
  const count = kernel.inputs.length;
  let key = '';
  for (let place = count; place < blocks.length; place++)
    for (let k = 0; k < count; k++)
      if (blocks[k]!.memory === blocks[place]!.memory) {
        map.set(k, place);
        key += `${k}=${place} `;
      }
  // sizes matter where inputs are brought together
  if (blocks.length > most) for (let k = 0; k < count; k++) key += `${blocks[k]!.size},`;
  return { key, map };
}

/** Records one of a variant's copies. */
export function recordCopy(commands: Commands, { input, to, at, size }: Copy, memories: readonly Memory[]): void {
  if (size) commands.copy(memories[input]!.gpu, memories[to]!.gpu, at * elementBytes, size * elementBytes);
}

class KernelProgram implements Program {
  private readonly variants = new Map<string, Variant>();
  private groups: Map<string, GPUBindGroup>[] = [];
  private settings = '';
  constructor(
    private readonly kernel: Kernel,
    private readonly compiler: Compiler,
    private readonly commands: Commands,
    private readonly pool: Pool,
  ) {}
  get source(): string {
    return [printKernel(this.kernel), ...this.compiler.codes(this.kernel)].join('\n');
  }
  run(inputs: readonly Block[], outputs: readonly Block[], params: readonly number[]): void {
    if (this.pool.lacking) mustExist(inputs);
    const blocks = [...inputs, ...outputs];
    const { adapter, settings } = this.compiler;
    if (settings !== this.settings) {
      this.settings = settings;
      this.variants.clear();
      this.groups = [];
    }
    const { key, map } = aliasesOf(this.kernel, blocks, adapter.maxBuffers);
    let variant = this.variants.get(key);
    if (!variant) {
      const sizes = inputs.map((b) => b.size);
      this.variants.set(key, (variant = this.compiler.variant(this.kernel, map, sizes)));
    }
    const memories = blocks.map((b) => b.memory);
    if (!variant.passes.length) return;
    const numbers = params.length ? bitsOf(params, this.kernel.params) : null;
    const scratch = variant.scratch.map(({ size, dtype }) => this.pool.allocate(size, dtype));
    for (const s of scratch) memories.push(s.memory);
    for (const copy of variant.copies) recordCopy(this.commands, copy, memories);
    variant.passes.forEach((ready, k) => {
      const groups = (this.groups[k] ??= new Map<string, GPUBindGroup>());
      let name = key;
      for (const { place } of ready.pass.bindings) name += `,${memories[place]!.id}`;
      let group = groups.get(name);
      if (!group) {
        if (groups.size >= keptGroups) groups.clear();
        groups.set(name, (group = this.compiler.group(ready, memories)));
      }
      const { pass, pipeline } = ready;
      this.commands.run({ name: pass.name, pipeline, group, x: pass.x, y: pass.y }, pass.numbers ? numbers : null);
    });
    for (const m of memories) m.batch = this.commands.batch;
    for (const s of scratch) this.pool.release(s);
  }
}
