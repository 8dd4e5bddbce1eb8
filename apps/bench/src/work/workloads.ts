// All workloads by name, in the order of the table.
import type { LoopStyle } from '../measure/case.js';
import type { MlpModel, Task, TransformerModel } from './task.js';

/** How the time of a run is told. */
export type Unit = 'GFLOP/s' | 'GB/s' | 'ms' | 'µs';
interface Named {
  readonly name: string;
  /** Heading of the table that it stands in. */
  readonly group: string;
  readonly task: Task;
}
/** The time of a run, warm. */
export interface Timed extends Named {
  readonly measure: 'time';
  readonly unit: Unit;
  /** Operations in a run, each of which the time is told for; default 1. */
  readonly calls?: number;
}
/** The time of the first run in a new process, and the memory that it takes by the time it is warm. */
export interface First extends Named {
  readonly measure: 'first';
}
/** What stays alive over a training loop. Ours only. */
export interface Alive extends Named {
  readonly measure: 'live';
  readonly style: LoopStyle;
}
export type Workload = Timed | First | Alive;

export const mlp: MlpModel = { name: 'mlp', sizes: [784, 256, 128, 10] };
const tiny: MlpModel = { name: 'mlp', sizes: [10, 5, 2] };
export const transformer: TransformerModel = { name: 'transformer', layers: 4, width: 128, heads: 4, length: 64 };
export const convolution = { kind: 'conv', batch: 8, size: 56, channels: 64, filters: 64, window: 3 } as const;
/** Sizes of what memory limits. */
export const memory = { n: 1e6, rows: 4096, columns: 1024, wide: 768 } as const;
const { rows, columns, wide } = memory;
const hostCalls = 100;

const forms = ['NN', 'NT', 'TN'] as const;
const arithmetic: Timed = {
  name: 'peak',
  group: 'Products of matrices',
  measure: 'time',
  unit: 'GFLOP/s',
  task: { kind: 'peak', iterations: 1e5 },
};
const products: readonly Timed[] = [256, 512, 1024, 2048].flatMap((n) =>
  forms.map((form): Timed => {
    const task = { kind: 'matmul', form, n } as const;
    return { name: `matmul-${form}-${n}`, group: 'Products of matrices', measure: 'time', unit: 'GFLOP/s', task };
  }),
);
const convolutions: readonly Timed[] = (
  [
    ['conv3x3', 'Convolution 3x3, [8,56,56,64] -> 64', convolution],
    ['depthwise3x3', 'Depthwise convolution 3x3, [8,56,56,64]', { ...convolution, depthwise: true }],
  ] as const
).flatMap(([name, title, task]) =>
  (
    [
      ['', 'forward'],
      ['-dx', 'input'],
      ['-dw', 'weight'],
    ] as const
  ).map(([suffix, part]) => ({
    name: name + suffix,
    group: `${title}: forward, gradients by input and weight`,
    measure: 'time',
    unit: 'GFLOP/s',
    task: { ...task, part },
  })),
);

const passes: readonly Timed[] = (
  [
    ['chain', { kind: 'chain', n: memory.n }],
    ['softmax', { kind: 'softmax', rows, columns }],
    ['layernorm', { kind: 'layernorm', rows, columns: wide }],
    ['sum0', { kind: 'sum', rows, columns, axis: 0 }],
    ['sum1', { kind: 'sum', rows, columns, axis: 1 }],
  ] as const
).map(([name, task]) => ({
  name,
  group: 'Memory: tanh(ax+b)c+x over 1e6, softmax and sums of [4096,1024], layer norm of [4096,768]',
  measure: 'time',
  unit: 'GB/s',
  task,
}));

const steps = [
  ['mlp', { kind: 'train', model: mlp, batch: 64 }, 'ms'],
  ['tiny-b1', { kind: 'train', model: tiny, batch: 1 }, 'µs'],
  ['tiny-b32', { kind: 'train', model: tiny, batch: 32 }, 'µs'],
  ['lenet', { kind: 'train', model: { name: 'lenet' }, batch: 64 }, 'ms'],
  ['transformer', { kind: 'train', model: transformer, batch: 8 }, 'ms'],
] as const;
const trainings: readonly Timed[] = steps.map(([name, task, unit]) => ({
  name,
  group: 'Training step: forward, backward, Adam',
  measure: 'time',
  unit,
  task,
}));
const firsts: readonly First[] = steps
  .filter(([name]) => !name.startsWith('tiny'))
  .map(([name, task]) => ({ name: `first-${name}`, group: 'First call in a new process', measure: 'first', task }));

const hosts: readonly Timed[] = (['add', 'mul', 'matmul'] as const).map((op) => ({
  name: `host-${op}`,
  group: 'One eager operation on [4,4]',
  measure: 'time',
  unit: 'µs',
  task: { kind: 'host', op, n: 4, calls: hostCalls },
  calls: hostCalls,
}));
const loops: readonly Alive[] = (['eager', 'compiled', 'plain'] as const).map((style) => ({
  name: `live-${style}`,
  group: 'Memory over 10,000 steps',
  measure: 'live',
  style,
  task: steps[2][1],
}));

export const workloads: readonly Workload[] = [
  arithmetic,
  ...products,
  ...convolutions,
  ...passes,
  ...trainings,
  ...firsts,
  ...hosts,
  ...loops,
];
