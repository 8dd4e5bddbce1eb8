// TensorFlow.js as a peer: the tasks in its words.
import type { Case, Library } from '../measure/case.js';
import { convolution, digest, input } from '../work/numbers.js';
import type { ConvTask, HostTask, MatmulTask, RowTask, SumTask, Task, TrainTask } from '../work/task.js';
import { tfLayerNorm, tfTensor, type TfTensor, type Tfjs } from './tfjs-api.js';
import { tfjsTraining } from './tfjs-models.js';

/** Waits until the device has done what was enqueued; absent where calls compute at once. */
type Settle = (() => Promise<unknown>) | undefined;

function operation(tf: Tfjs, settle: Settle, f: () => TfTensor): Case {
  let last: TfTensor | null = null;
  return {
    run() {
      const next = tf.tidy(f);
      last?.dispose();
      last = next;
    },
    ...(settle && { settle }),
    check: async () => digest(await last!.data()),
    dispose: () => last?.dispose(),
  };
}

function matmul(tf: Tfjs, settle: Settle, { form, n }: MatmulTask): Case {
  const [a, b] = [tfTensor(tf, input([n, n], 1)), tfTensor(tf, input([n, n], 2))];
  return operation(tf, settle, () => tf.matMul(a, b, form === 'TN', form === 'NT'));
}

function conv(tf: Tfjs, settle: Settle, task: ConvTask): Case {
  const numbers = convolution(task, 'channels last');
  const [x, w, g] = [tfTensor(tf, numbers.x), tfTensor(tf, numbers.w), tfTensor(tf, numbers.g)];
  const parts: Record<ConvTask['part'], () => TfTensor> = {
    forward: () => tf.conv2d(x, w, 1, 'same'),
    input: () => tf.conv2dTranspose(g, w, numbers.x.shape, 1, 'same'),
    weight: () => tf.grad((v) => tf.conv2d(x, v, 1, 'same'))(w, g),
  };
  return operation(tf, settle, parts[task.part]);
}

function row(tf: Tfjs, settle: Settle, { kind, rows, columns }: RowTask): Case {
  if (kind === 'softmax') {
    const x = tfTensor(tf, input([rows, columns], 1, 4));
    return operation(tf, settle, () => tf.softmax(x));
  }
  const x = tfTensor(tf, input([rows, columns], 1));
  const [weight, bias] = [tfTensor(tf, input([columns], 2)), tfTensor(tf, input([columns], 3))];
  return operation(tf, settle, () => tfLayerNorm(tf, x, weight, bias));
}

function chain(tf: Tfjs, settle: Settle, n: number): Case {
  const x = tfTensor(tf, input([n], 1));
  return operation(tf, settle, () => tf.add(tf.mul(tf.tanh(tf.add(tf.mul(x, 1.3), 0.1)), 0.7), x));
}

function sum(tf: Tfjs, settle: Settle, { rows, columns, axis }: SumTask): Case {
  const x = tfTensor(tf, input([rows, columns], 1));
  return operation(tf, settle, () => tf.sum(x, axis));
}

function host(tf: Tfjs, settle: Settle, { op, n, calls }: HostTask): Case {
  const [a, b] = [tfTensor(tf, input([n, n], 1)), tfTensor(tf, input([n, n], 2))];
  const f = { add: tf.add, mul: tf.mul, matmul: tf.matMul }[op];
  return operation(tf, settle, () => {
    let y = f(a, b);
    for (let i = 1; i < calls; i++) y = f(a, b);
    return y;
  });
}

function train(tf: Tfjs, settle: Settle, task: TrainTask): Case {
  const loss = tfjsTraining(tf, task);
  const optimizer = tf.train.adam(1e-3);
  let last: TfTensor | null = null;
  let value = 0;
  return {
    run() {
      last?.dispose();
      last = optimizer.minimize(() => tf.tidy(loss), true);
      if (!settle) [value] = last.dataSync() as unknown as [number];
    },
    ...(settle && {
      settle: async () => {
        [value] = (await last!.data()) as unknown as [number];
      },
    }),
    check: () => [value],
  };
}

function prepare(tf: Tfjs, settle: Settle, task: Task): Case | null {
  switch (task.kind) {
    case 'matmul':
      return matmul(tf, settle, task);
    case 'conv':
      return conv(tf, settle, task);
    case 'softmax':
    case 'layernorm':
      return row(tf, settle, task);
    case 'sum':
      return sum(tf, settle, task);
    case 'chain':
      return chain(tf, settle, task.n);
    case 'host':
      return host(tf, settle, task);
    case 'train':
      return train(tf, settle, task);
  }
}

/** The library with its backend chosen. */
export const tfjs = (tf: Tfjs, settle?: () => Promise<unknown>): Library => ({
  versions: { '@tensorflow/tfjs': tf.version_core },
  prepare: (task) => prepare(tf, settle, task),
});
