// TensorFlow.js as a peer: the tasks in its words.
import type { Case, Library } from '../measure/case.js';
import { convolution, digest, input } from '../work/numbers.js';
import type { ConvTask, HostTask, MatmulTask, RowTask, SumTask, Task, TrainTask } from '../work/task.js';
import { tfLayerNorm, tfTensor, type TfTensor, type Tfjs } from './tfjs-api.js';
import { tfjsTraining } from './tfjs-models.js';

/** How a batch of runs ends: where calls compute at once, it has ended; on a device one number is waited for. */
type Ends = 'at once' | 'by waiting';

async function readOne(tf: Tfjs, x: TfTensor): Promise<void> {
  const one = tf.tidy(() => tf.slice(tf.reshape(x, [-1]), [0], [1]));
  await one.data();
  one.dispose();
}

function operation(tf: Tfjs, ends: Ends, f: () => TfTensor): Case {
  let last: TfTensor | null = null;
  return {
    run() {
      const next = tf.tidy(f);
      last?.dispose();
      last = next;
    },
    ...(ends === 'by waiting' && { settle: () => readOne(tf, last!) }),
    check: async () => digest(await last!.data()),
    dispose: () => last?.dispose(),
  };
}

function matmul(tf: Tfjs, ends: Ends, { form, n }: MatmulTask): Case {
  const [a, b] = [tfTensor(tf, input([n, n], 1)), tfTensor(tf, input([n, n], 2))];
  return operation(tf, ends, () => tf.matMul(a, b, form === 'TN', form === 'NT'));
}

function conv(tf: Tfjs, ends: Ends, task: ConvTask): Case {
  const numbers = convolution(task, 'channels last');
  const [x, w, g] = [tfTensor(tf, numbers.x), tfTensor(tf, numbers.w), tfTensor(tf, numbers.g)];
  /** Depthwise filters are [h, w, channels, 1] here. */
  const forward = (x: TfTensor, w: TfTensor): TfTensor =>
    task.depthwise
      ? tf.depthwiseConv2d(x, tf.reshape(w, [task.window, task.window, task.channels, 1]), 1, 'same')
      : tf.conv2d(x, w, 1, 'same');
  const parts: Record<ConvTask['part'], () => TfTensor> = {
    forward: () => forward(x, w),
    input: () =>
      task.depthwise ? tf.grad((v) => forward(v, w))(x, g) : tf.conv2dTranspose(g, w, numbers.x.shape, 1, 'same'),
    weight: () => tf.grad((v) => forward(x, v))(w, g),
  };
  return operation(tf, ends, parts[task.part]);
}

function row(tf: Tfjs, ends: Ends, { kind, rows, columns }: RowTask): Case {
  if (kind === 'softmax') {
    const x = tfTensor(tf, input([rows, columns], 1, 4));
    return operation(tf, ends, () => tf.softmax(x));
  }
  const x = tfTensor(tf, input([rows, columns], 1));
  const [weight, bias] = [tfTensor(tf, input([columns], 2)), tfTensor(tf, input([columns], 3))];
  return operation(tf, ends, () => tfLayerNorm(tf, x, weight, bias));
}

function chain(tf: Tfjs, ends: Ends, n: number): Case {
  const x = tfTensor(tf, input([n], 1));
  return operation(tf, ends, () => tf.add(tf.mul(tf.tanh(tf.add(tf.mul(x, 1.3), 0.1)), 0.7), x));
}

function sum(tf: Tfjs, ends: Ends, { rows, columns, axis }: SumTask): Case {
  const x = tfTensor(tf, input([rows, columns], 1));
  return operation(tf, ends, () => tf.sum(x, axis));
}

function host(tf: Tfjs, ends: Ends, { op, n, calls }: HostTask): Case {
  const [a, b] = [tfTensor(tf, input([n, n], 1)), tfTensor(tf, input([n, n], 2))];
  const f = { add: tf.add, mul: tf.mul, matmul: tf.matMul }[op];
  return operation(tf, ends, () => {
    let y = f(a, b);
    for (let i = 1; i < calls; i++) y = f(a, b);
    return y;
  });
}

function train(tf: Tfjs, ends: Ends, task: TrainTask): Case {
  const loss = tfjsTraining(tf, task);
  const optimizer = tf.train.adam(1e-3);
  let last: TfTensor | null = null;
  let value = 0;
  return {
    run() {
      last?.dispose();
      last = optimizer.minimize(() => tf.tidy(loss), true);
      if (ends === 'at once') [value] = last.dataSync() as unknown as [number];
    },
    ...(ends === 'by waiting' && {
      settle: async () => {
        [value] = (await last!.data()) as unknown as [number];
      },
    }),
    check: () => [value],
  };
}

function prepare(tf: Tfjs, ends: Ends, task: Task): Case | null {
  switch (task.kind) {
    case 'matmul':
      return task.dtype ? null : matmul(tf, ends, task);
    case 'conv':
      return conv(tf, ends, task);
    case 'softmax':
    case 'layernorm':
      return row(tf, ends, task);
    case 'sum':
      return sum(tf, ends, task);
    case 'chain':
      return chain(tf, ends, task.n);
    case 'host':
      return host(tf, ends, task);
    case 'peak':
    case 'launch':
      return null;
    case 'train':
      return train(tf, ends, task);
  }
}

/** The library with its backend chosen. */
export const tfjs = (tf: Tfjs, ends: Ends): Library => ({
  versions: { '@tensorflow/tfjs': tf.version_core },
  prepare: (task) => prepare(tf, ends, task),
});
