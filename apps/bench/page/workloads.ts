// What the page measures: sizes for a GPU, or tiny ones that only show that everything works.
import type { Model, Task } from '../src/work/task.js';
import { mlp, transformer, type Timed, type Unit } from '../src/work/workloads.js';

interface Sizes {
  readonly matmul: readonly number[];
  readonly image: {
    readonly batch: number;
    readonly size: number;
    readonly channels: number;
    readonly filters: number;
  };
  readonly rows: number;
  readonly columns: number;
  readonly models: readonly (readonly [title: string, model: Model, batch: number])[];
  readonly calls: number;
}
export type SizeName = 'normal' | 'tiny';
const sizes: Readonly<Record<SizeName, Sizes>> = {
  normal: {
    matmul: [1024, 2048, 4096],
    image: { batch: 8, size: 56, channels: 64, filters: 64 },
    rows: 4096,
    columns: 1024,
    models: [
      ['MLP 784-256-128-10, batch 64', mlp, 64],
      ['LeNet, batch 64', { name: 'lenet' }, 64],
      ['transformer, 4 layers, 128 wide, 8 x 64', transformer, 8],
    ],
    calls: 100,
  },
  tiny: {
    matmul: [32, 64],
    image: { batch: 1, size: 8, channels: 4, filters: 4 },
    rows: 16,
    columns: 32,
    models: [
      ['MLP', { name: 'mlp', sizes: [8, 6, 4] }, 2],
      ['LeNet', { name: 'lenet' }, 2],
      ['transformer', { name: 'transformer', layers: 1, width: 16, heads: 2, length: 4 }, 2],
    ],
    calls: 10,
  },
};

const launching = 'Launching a kernel on [4,4]';

/** The workloads in the order of the tables. */
export function pageWorkloads(name: SizeName, f16: boolean): readonly Timed[] {
  const { matmul, image, rows, columns, models, calls } = sizes[name];
  const row = (group: string, unit: Unit, title: string, task: Task, calls = 1): Timed => ({
    name: title,
    group,
    measure: 'time',
    unit,
    task,
    calls,
  });
  const product = (dtype?: 'f16') => (n: number) =>
    row('Products of matrices', 'GFLOP/s', `${n}, ${dtype ?? 'f32'}`, {
      kind: 'matmul',
      form: 'NN',
      n,
      ...(dtype && { dtype }),
    });
  const { batch: images, size, channels, filters } = image;
  const conv = (title: string, part: 'forward' | 'input' | 'weight'): Timed =>
    row(`Convolution 3x3, [${images},${size},${size},${channels}] -> ${filters}`, 'GFLOP/s', title, {
      kind: 'conv',
      part,
      window: 3,
      ...image,
    });
  const memory = `Rows of [${rows},${columns}]`;
  return [
    ...matmul.map(product()),
    ...(f16 ? matmul.map(product('f16')) : []),
    conv('forward', 'forward'),
    conv('gradient by the input', 'input'),
    conv('gradient by the weight', 'weight'),
    row(memory, 'GB/s', 'softmax', { kind: 'softmax', rows, columns }),
    row(memory, 'GB/s', 'layer norm', { kind: 'layernorm', rows, columns }),
    ...models.map(([title, model, batch]) =>
      row('Training step: forward, backward, Adam', 'ms', title, { kind: 'train', model, batch }),
    ),
    row(launching, 'µs', 'in a compiled function', { kind: 'launch', n: 4, calls, until: 'done' }, calls),
    row(launching, 'µs', 'an eager addition', { kind: 'host', op: 'add', n: 4, calls }, calls),
  ];
}
