// What is measured on a GPU, by name, in the order of the table: large sizes, or small ones for programs that play a GPU on the CPU.
import type { ConvTask, Model, Task } from './task.js';
import {
  convolution,
  memory,
  mlp,
  transformer,
  workloads,
  type First,
  type Timed,
  type Unit,
  type Workload,
} from './workloads.js';

interface Sizes {
  /** Ends the names of tasks that have no size in them. */
  readonly suffix: string;
  readonly products: readonly number[];
  /** The first so many of them in all transpositions. */
  readonly turned: number;
  readonly convolution: Omit<ConvTask, 'part'>;
  readonly memory: Readonly<Record<keyof typeof memory, number>>;
  readonly models: readonly (readonly [name: string, model: Model, batch: number])[];
}
const large: Sizes = {
  suffix: '',
  products: [1024, 2048, 4096, 8192],
  turned: 3,
  convolution,
  memory,
  models: [
    ['mlp', mlp, 64],
    ['lenet', { name: 'lenet' }, 64],
    ['transformer', transformer, 8],
  ],
};
const small: Sizes = {
  suffix: '-small',
  products: [64, 128],
  turned: 1,
  convolution: { ...convolution, batch: 1, size: 14, channels: 16, filters: 16 },
  memory: { n: 1e4, rows: 64, columns: 256, wide: 192 },
  models: [
    ['mlp', { name: 'mlp', sizes: [64, 32, 10] }, 16],
    ['lenet', { name: 'lenet' }, 4],
    ['transformer', { name: 'transformer', layers: 1, width: 32, heads: 2, length: 16 }, 2],
  ],
};
const launches = 100;

function gpuWorkloads(which: 'large' | 'small'): readonly Workload[] {
  const { suffix, products, turned, convolution: conv, memory: m, models } = { large, small }[which];
  const timed = (group: string, unit: Unit, name: string, task: Task, calls = 1): Timed => ({
    name,
    group,
    measure: 'time',
    unit,
    task,
    calls,
  });
  const forms = ['NN', 'NT', 'TN'] as const;
  const f32 = products.flatMap((n, k) =>
    forms
      .slice(0, k < turned ? 3 : 1)
      .map((form) => timed('Products of matrices', 'GFLOP/s', `matmul-${form}-${n}`, { kind: 'matmul', form, n })),
  );
  const f16 = products.map((n) =>
    timed('Products of matrices in half precision', 'GFLOP/s', `matmul-NN-${n}-f16`, {
      kind: 'matmul',
      form: 'NN',
      n,
      dtype: 'f16',
    }),
  );
  const image = [conv.batch, conv.size, conv.size, conv.channels].join();
  const convolutions = (
    [
      ['conv3x3', 'forward'],
      ['conv3x3-dx', 'input'],
      ['conv3x3-dw', 'weight'],
    ] as const
  ).map(([name, part]) =>
    timed(
      `Convolution 3x3, [${image}] -> ${conv.filters}: forward, gradients by input and weight`,
      'GFLOP/s',
      name + suffix,
      { ...conv, part },
    ),
  );
  const { n, rows, columns, wide } = m;
  const passes = (
    [
      ['chain', { kind: 'chain', n }],
      ['softmax', { kind: 'softmax', rows, columns }],
      ['layernorm', { kind: 'layernorm', rows, columns: wide }],
      ['sum0', { kind: 'sum', rows, columns, axis: 0 }],
      ['sum1', { kind: 'sum', rows, columns, axis: 1 }],
    ] as const
  ).map(([name, task]) =>
    timed(
      `Memory: tanh(ax+b)c+x over ${n}, softmax and sums of [${rows},${columns}], layer norm of [${rows},${wide}]`,
      'GB/s',
      name + suffix,
      task,
    ),
  );
  const steps = models.map(([name, model, batch]) =>
    timed('Training step: forward, backward, Adam', 'ms', name + suffix, { kind: 'train', model, batch }),
  );
  const firsts = steps.map(
    ({ name, task }): First => ({
      name: `first-${name}`,
      group: 'First call in a new process',
      measure: 'first',
      task,
    }),
  );
  const kernels = (
    [
      ['launch', 'done'],
      ['launch-host', 'handed over'],
    ] as const
  ).map(([name, until]) =>
    timed(
      'A kernel of a compiled function, a product of [4,4]: until it is done, and handing it over',
      'µs',
      name,
      { kind: 'launch', n: 4, calls: launches, until },
      launches,
    ),
  );
  const hosts = (['add', 'mul', 'matmul'] as const).map((op) =>
    timed('One eager operation on [4,4]', 'µs', `host-${op}`, { kind: 'host', op, n: 4, calls: launches }, launches),
  );
  return [...f32, ...f16, ...convolutions, ...passes, ...steps, ...firsts, ...kernels, ...hosts];
}

/** All workloads of a device. */
export const workloadsOn = (device: string, small: boolean): readonly Workload[] =>
  device === 'webgpu' ? gpuWorkloads(small ? 'small' : 'large') : workloads;
