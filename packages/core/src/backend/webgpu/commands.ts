// The stream of work: commands are recorded one after another, and handed to the GPU once for each batch.
import type { Gpu } from './device.js';

/** The most dispatches in one batch: the GPU begins while JavaScript is still recording. */
const longestBatch = 128;
const uniform = 0x40;
const copyDestination = 0x8;
const parameterBytes = 1 << 16;

/** What is run over how many workgroups. */
export interface Dispatch {
  readonly name: string;
  readonly pipeline: GPUComputePipeline;
  /** Number of bind groups is 1, or 2 when the kernel takes numbers. */
  readonly group: GPUBindGroup;
  readonly x: number;
  readonly y: number;
}
/** Hears of every dispatch while a profile is taken: gives the pass its timestamps. */
export type Observer = (name: string) => GPUComputePassTimestampWrites | undefined;

export class Commands {
  /** Number of the batch that is being recorded. */
  batch = 1;
  /** How many batches were handed over, and how many dispatches were in them. */
  submits = 0;
  dispatches = 0;
  observer: Observer | null = null;
  /** Called after each hand-over, when destroying is safe. */
  afterSubmit: () => void = () => {};
  private encoder: GPUCommandEncoder | null = null;
  private pass: GPUComputePassEncoder | null = null;
  private recorded = 0;
  /** Numbers of this batch, as they will lie in the uniform buffer. */
  private readonly numbers = new Uint32Array(parameterBytes / 4);
  private numbersUsed = 0;
  private readonly numbersBuffer: GPUBuffer;
  private readonly numbersGroup: GPUBindGroup;
  /** The layout of the numbers' bind group: one uniform buffer whose offset changes. */
  readonly numbersLayout: GPUBindGroupLayout;

  constructor(private readonly gpu: Gpu) {
    const { device } = gpu;
    this.numbersLayout = device.createBindGroupLayout({
      entries: [{ binding: 0, visibility: 4, buffer: { type: 'uniform', hasDynamicOffset: true } }],
    });
    this.numbersBuffer = device.createBuffer({ size: parameterBytes, usage: uniform | copyDestination });
    this.numbersGroup = device.createBindGroup({
      layout: this.numbersLayout,
      entries: [{ binding: 0, resource: { buffer: this.numbersBuffer, size: 256 } }],
    });
  }
  private begin(): GPUCommandEncoder {
    if (this.encoder) return this.encoder;
    this.gpu.check();
    queueMicrotask(this.flush);
    return (this.encoder = this.gpu.device.createCommandEncoder());
  }
  /** Records a kernel; `numbers` are the bits of its parameters. Long batches are handed over on the way. */
  run(dispatch: Dispatch, numbers: Uint32Array | null): void {
    if (this.recorded >= longestBatch || (numbers && this.numbersUsed + 64 > this.numbers.length)) this.flush();
    const pass = this.passFor(dispatch);
    if (numbers) {
      this.numbers.set(numbers, this.numbersUsed);
      pass.setBindGroup(1, this.numbersGroup, [4 * this.numbersUsed]);
      this.numbersUsed += 64;
    }
    pass.dispatchWorkgroups(dispatch.x, dispatch.y);
  }
  /** Records a kernel without parameters into the batch, however long that is. */
  append(dispatch: Dispatch): void {
    this.passFor(dispatch).dispatchWorkgroups(dispatch.x, dispatch.y);
  }
  private passFor({ name, pipeline, group }: Dispatch): GPUComputePassEncoder {
    const encoder = this.begin();
    if (this.observer) {
      this.endPass();
      const timestampWrites = this.observer(name);
      this.pass = encoder.beginComputePass(timestampWrites ? { label: name, timestampWrites } : { label: name });
    }
    const pass = (this.pass ??= encoder.beginComputePass());
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    this.recorded++;
    return pass;
  }
  /** Records the copy of `bytes` from the beginning of one buffer to `at` in another. */
  copy(from: GPUBuffer, to: GPUBuffer, at: number, bytes: number): void {
    const encoder = this.begin();
    this.endPass();
    encoder.copyBufferToBuffer(from, 0, to, at, bytes);
  }
  private endPass(): void {
    this.pass?.end();
    this.pass = null;
  }
  /** Hands the batch over. */
  readonly flush = (): void => {
    const encoder = this.encoder;
    if (!encoder) return;
    this.endPass();
    this.encoder = null;
    this.batch++;
    const { queue } = this.gpu.device;
    if (this.numbersUsed) queue.writeBuffer(this.numbersBuffer, 0, this.numbers, 0, this.numbersUsed);
    this.numbersUsed = 0;
    queue.submit([encoder.finish()]);
    this.submits++;
    this.dispatches += this.recorded;
    this.recorded = 0;
    this.afterSubmit();
  };
}
