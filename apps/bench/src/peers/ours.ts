// This library as a peer: the tasks as a user of @nn/torch writes them, eager or compiled, on the device that is in use.
import * as core from '@nn/core';
import * as torch from '@nn/torch';
import { nn, type Tensor } from '@nn/torch';
import type { Webgpu } from '@nn/core/webgpu';
import type { Case, Library, Loop, LoopStyle } from '../measure/case.js';
import type { GpuSetup } from '../run/setup.js';
import { convolution, digest, input, rotation } from '../work/numbers.js';
import {
  groupsOf,
  type ConvTask,
  type HostTask,
  type LaunchTask,
  type MatmulTask,
  type RowTask,
  type SumTask,
  type Task,
  type TrainTask,
} from '../work/task.js';
import { tensor, training } from './ours-models.js';

export type Mode = 'eager' | 'compiled';
type Operation = (...inputs: Tensor[]) => Tensor;
const { functional: F } = nn;

/** Whether a value can be read at once. Where it cannot, a batch of runs ends with waiting for one number. */
const readsAtOnce = (): boolean => core.device().name !== 'webgpu';

/** A function of tensors as a case. What a run leaves behind is freed, as in any loop that has a scope. */
function operation(mode: Mode, f: Operation, ...inputs: Tensor[]): Case {
  const call = mode === 'compiled' ? torch.compile(f) : f;
  let last: Tensor | null = null;
  return {
    run() {
      const next = core.scope(() => call(...inputs));
      last?.dispose();
      last = next;
    },
    ...(!readsAtOnce() && { settle: () => core.scope(() => last!.reshape([-1]).get(0).item()) }),
    check: async () => digest(await last!.data()),
    dispose() {
      last?.dispose();
      for (const x of inputs) x.dispose();
    },
  };
}

const matmuls: Readonly<Record<MatmulTask['form'], Operation>> = {
  NN: (a, b) => torch.matmul(a, b),
  NT: (a, b) => torch.matmul(a, b.T),
  TN: (a, b) => torch.matmul(a.T, b),
};
const matmul = (mode: Mode, { form, n }: MatmulTask): Case =>
  operation(mode, matmuls[form], tensor(input([n, n], 1)), tensor(input([n, n], 2)));

function conv(mode: Mode, task: ConvTask): Case {
  const numbers = convolution(task, 'channels first');
  const [x, w, g] = [tensor(numbers.x), tensor(numbers.w), tensor(numbers.g)];
  const padding = (task.window - 1) / 2;
  const groups = groupsOf(task);
  if (task.part === 'forward') return operation(mode, (x, w) => F.conv2d(x, w, { padding, groups }), x, w);
  const by = task.part === 'input' ? x : w;
  by.requiresGrad = true;
  // Compiled, the forward pass is dead code of the gradient; eager, it has been run before.
  const before = mode === 'eager' ? F.conv2d(x, w, { padding, groups }) : null;
  const gradient: Operation = (x, w, g) =>
    torch.autograd.grad(before ?? F.conv2d(x, w, { padding, groups }), task.part === 'input' ? x : w, {
      gradOutputs: g,
      retainGraph: true,
    })[0]!;
  return operation(mode, gradient, x, w, g);
}

const rows: Readonly<Record<RowTask['kind'], (columns: number) => Operation>> = {
  softmax: () => (x) => torch.softmax(x, 1),
  layernorm: (columns) => (x, weight, bias) => F.layerNorm(x, [columns], { weight: weight, bias: bias }),
};
function row(mode: Mode, { kind, rows: n, columns }: RowTask): Case {
  const x = tensor(input([n, columns], 1, kind === 'softmax' ? 4 : 1));
  return operation(mode, rows[kind](columns), x, tensor(input([columns], 2)), tensor(input([columns], 3)));
}

const sum = (mode: Mode, task: SumTask): Case =>
  operation(mode, (x) => x.sum(task.axis), tensor(input([task.rows, task.columns], 1)));
const chain = (mode: Mode, n: number): Case =>
  operation(mode, (x) => torch.tanh(x.mul(1.3).add(0.1)).mul(0.7).add(x), tensor(input([n], 1)));

/** What a call costs beside its kernel. Compiled, there is no such call. */
function host(mode: Mode, { op, n, calls }: HostTask): Case | null {
  if (mode === 'compiled') return null;
  const f = { add: torch.add, mul: torch.mul, matmul: torch.matmul }[op];
  const all: Operation = (a, b) => {
    let y = f(a, b);
    for (let i = 1; i < calls; i++) y = f(a, b);
    return y;
  };
  return operation(mode, all, tensor(input([n, n], 1)), tensor(input([n, n], 2)));
}

function launch(mode: Mode, { n, calls, until }: LaunchTask): Case {
  const all: Operation = (x, turn) => {
    let y = x;
    for (let i = 0; i < calls; i++) y = torch.matmul(y, turn);
    return y;
  };
  const { settle, ...made } = operation(mode, all, tensor(input([n, n], 1)), tensor(rotation(n)));
  if (!settle) return made;
  return until === 'done' ? { ...made, settle } : { ...made, rest: settle };
}

function train(mode: Mode, task: TrainTask): Case {
  const { step: eager, x, target } = training(task);
  const step = mode === 'compiled' ? torch.compile(eager) : eager;
  let last = 0;
  if (readsAtOnce())
    return {
      run() {
        last = core.scope(() => step(x, target).itemSync());
      },
      check: () => [last],
    };
  let loss: Tensor | null = null;
  return {
    run() {
      const next = core.scope(() => step(x, target).detach());
      loss?.dispose();
      loss = next;
    },
    settle: async () => {
      last = await loss!.item();
    },
    check: () => [last],
  };
}

/** A loop as the documentation writes it; `plain` has no loader, so no scope frees what a step leaves behind. */
function loop(task: Task, style: LoopStyle): Loop {
  if (task.kind !== 'train') throw new Error(`a loop trains a model, but the task is ${task.kind}`);
  const { step: eager, x, target } = training(task);
  const step = style === 'compiled' ? torch.compile(eager) : eager;
  const live = core.memory;
  if (style === 'plain')
    return {
      async step() {
        await step(x, target).item();
      },
      live,
    };
  const loader = new torch.utils.data.DataLoader(new torch.utils.data.TensorDataset(x, target), {
    batchSize: task.batch,
  });
  return {
    async step() {
      for await (const [x, target] of loader as AsyncIterable<[Tensor, Tensor]>) await step(x, target).item();
    },
    live,
  };
}

function prepare(mode: Mode, task: Task): Case | null {
  switch (task.kind) {
    case 'matmul':
      return matmul(mode, task);
    case 'conv':
      return conv(mode, task);
    case 'softmax':
    case 'layernorm':
      return row(mode, task);
    case 'sum':
      return sum(mode, task);
    case 'chain':
      return chain(mode, task.n);
    case 'host':
      return host(mode, task);
    case 'peak':
      return null;
    case 'launch':
      return launch(mode, task);
    case 'train':
      return train(mode, task);
  }
}

const dtypeOf = (task: Task): 'f32' | 'f16' => (task.kind === 'matmul' && task.dtype) || 'f32';

/** A task on a GPU: with products in half precision where it asks for that, and measured first where that is asked for. */
async function prepareOnGpu(gpu: Webgpu, mode: Mode, task: Task, tuned: boolean): Promise<Case | null> {
  const dtype = dtypeOf(task);
  if (dtype === 'f16' && !gpu.report.features.includes('shader-f16')) return null;
  gpu.setProductPrecision(dtype);
  const trial = tuned ? prepare(mode, task) : null;
  if (trial) {
    await gpu.autotune(() => trial.run());
    trial.dispose?.();
  }
  return prepare(mode, task);
}

/** The library on a device. */
export async function ours(
  device: core.DeviceName,
  mode: Mode,
  { tuned = false, replay = true }: GpuSetup = {},
): Promise<Library> {
  // where nobody asks for a GPU its code is not loaded
  const gpu = device === 'webgpu' ? await (await import('@nn/core/webgpu')).openWebgpu({ replay }) : null;
  await core.setDevice(device);
  return {
    versions: {},
    prepare: (task) => {
      if (gpu) return prepareOnGpu(gpu, mode, task, tuned);
      return dtypeOf(task) === 'f16' ? null : prepare(mode, task);
    },
    loop,
  };
}
