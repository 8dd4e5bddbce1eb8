// What is measured, as data that every peer reads in its own words.

/** A product of two square matrices: as they are (NN), with the second (NT) or the first (TN) stored transposed. */
export interface MatmulTask {
  readonly kind: 'matmul';
  readonly form: 'NN' | 'NT' | 'TN';
  readonly n: number;
  /** Default f32. */
  readonly dtype?: 'f16';
}
/** A convolution of images [batch, size, size, channels] that keeps their size, or one of its gradients. */
export interface ConvTask {
  readonly kind: 'conv';
  readonly part: 'forward' | 'input' | 'weight';
  readonly batch: number;
  readonly size: number;
  readonly channels: number;
  readonly filters: number;
  /** Width and height of the filters; odd. */
  readonly window: number;
  /** Each channel by itself: as many filters as channels. */
  readonly depthwise?: true;
}
export const groupsOf = ({ depthwise, channels }: ConvTask): number => (depthwise ? channels : 1);
/** `tanh(1.3 x + 0.1) 0.7 + x` over n numbers. */
export interface ChainTask {
  readonly kind: 'chain';
  readonly n: number;
}
/** Over the last axis of [rows, columns]. */
export interface RowTask {
  readonly kind: 'softmax' | 'layernorm';
  readonly rows: number;
  readonly columns: number;
}
export interface SumTask {
  readonly kind: 'sum';
  readonly axis: 0 | 1;
  readonly rows: number;
  readonly columns: number;
}
/** An operation so small that only what happens around its kernel counts: `calls` of it, one after the other. */
export interface HostTask {
  readonly kind: 'host';
  readonly op: 'add' | 'mul' | 'matmul';
  readonly n: number;
  readonly calls: number;
}
/** Multiplications and additions of vectors of four floats that stay in registers: what arithmetic alone allows. */
export interface PeakTask {
  readonly kind: 'peak';
  readonly iterations: number;
}
/** Sums that are in the making side by side, enough to hide how long one takes, and steps that an iteration writes out. */
export const peak = { sums: 12, steps: 4 } as const;
/** Products of [n, n] matrices, `calls` of them in a row, each of the last one's result: what launching a kernel of a compiled function costs. */
export interface LaunchTask {
  readonly kind: 'launch';
  readonly n: number;
  readonly calls: number;
  /** What is timed: until the device is done, or only handing the work over. */
  readonly until: 'done' | 'handed over';
}
/** Dense layers with ReLU between them. */
export interface MlpModel {
  readonly name: 'mlp';
  readonly sizes: readonly number[];
}
/** LeNet-5 for images [28, 28, 1] with ReLU and max pooling. */
export interface LenetModel {
  readonly name: 'lenet';
}
/** Blocks with normalization first, no mask, GELU (tanh) and no biases in attention; the loss is a mean square. */
export interface TransformerModel {
  readonly name: 'transformer';
  readonly layers: number;
  readonly width: number;
  readonly heads: number;
  readonly length: number;
}
export type Model = MlpModel | LenetModel | TransformerModel;
/** A training step: forward, backward, Adam with its defaults, and the loss read. */
export interface TrainTask {
  readonly kind: 'train';
  readonly model: Model;
  readonly batch: number;
}
export type Task = MatmulTask | ConvTask | ChainTask | RowTask | SumTask | HostTask | LaunchTask | PeakTask | TrainTask;

/** Whether most of the time goes to products of matrices and convolutions. */
export const isProduct = ({ kind }: Task): boolean => ['matmul', 'conv', 'train'].includes(kind);

/** Floating-point operations of the task that a peer cannot avoid; 0 where time is not spent on them. */
export function operations(task: Task): number {
  if (task.kind === 'matmul') return 2 * task.n ** 3;
  if (task.kind === 'conv')
    return 2 * task.batch * task.size ** 2 * (task.channels / groupsOf(task)) * task.filters * task.window ** 2;
  if (task.kind === 'peak') return 2 * 4 * peak.sums * peak.steps * task.iterations;
  return 0;
}

/** Bytes that the task has to read and write at least; 0 where time is not spent on them. */
export function traffic(task: Task): number {
  if (task.kind === 'chain') return 8 * task.n;
  if (task.kind === 'softmax' || task.kind === 'layernorm') return 8 * task.rows * task.columns;
  if (task.kind === 'sum') return 4 * task.rows * task.columns;
  return 0;
}
