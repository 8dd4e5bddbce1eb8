// jax-js as a peer: the tasks in its words, jitted where its users would.
import type { Case, Library } from '../measure/case.js';
import { convolution, digest, input } from '../work/numbers.js';
import {
  groupsOf,
  type ConvTask,
  type HostTask,
  type MatmulTask,
  type RowTask,
  type Task,
  type TrainTask,
} from '../work/task.js';
import { jaxArray, jaxLayerNorm, type Jax, type JaxArray } from './jax-api.js';
import { jaxTraining } from './jax-models.js';

type Operation = (...inputs: JaxArray[]) => JaxArray;

/** Results that are waited for together; never more than a device has room for. */
const together = 16;

/** Arrays are lazy: what is disposed of before anybody waits for it is never computed. So each result is kept until it is ready. */
class Results {
  private pending: JaxArray[] = [];
  private ready: JaxArray | null = null;
  add(x: JaxArray): void | Promise<void> {
    this.pending.push(x);
    return this.pending.length < together ? undefined : this.settle();
  }
  async settle(): Promise<void> {
    const all = this.pending;
    this.pending = [];
    await Promise.all(all.map((x) => x.blockUntilReady()));
    for (const x of all) {
      this.ready?.dispose();
      this.ready = x;
    }
  }
  last(): Promise<ArrayLike<number>> {
    return this.ready!.ref.data();
  }
}

function operation(f: Operation, ...inputs: JaxArray[]): Case {
  const results = new Results();
  return {
    run: () => results.add(f(...inputs.map((x) => x.ref))),
    settle: () => results.settle(),
    check: async () => digest(await results.last()),
    dispose() {
      for (const x of inputs) x.dispose();
    },
  };
}

function matmul(jax: Jax, { form, n, dtype }: MatmulTask): Case {
  const { numpy: np } = jax;
  const forms: Record<MatmulTask['form'], Operation> = {
    NN: (a, b) => np.matmul(a, b),
    NT: (a, b) => np.matmul(a, np.transpose(b)),
    TN: (a, b) => np.matmul(np.transpose(a), b),
  };
  const of = (seed: number): JaxArray => {
    const x = jaxArray(jax, input([n, n], seed));
    return dtype ? x.astype('float16') : x;
  };
  return operation(jax.jit(forms[form]), of(1), of(2));
}

function conv(jax: Jax, task: ConvTask): Case {
  const numbers = convolution(task, 'channels first');
  const [x, w, g] = [jaxArray(jax, numbers.x), jaxArray(jax, numbers.w), jaxArray(jax, numbers.g)];
  const forward: Operation = (x, w) =>
    jax.lax.convGeneralDilated(x, w, [1, 1], 'SAME', { featureGroupCount: groupsOf(task) });
  if (task.part === 'forward') return operation(jax.jit(forward), x, w);
  const gradient = jax.grad((x, w, g) => jax.numpy.mean(forward(x, w).mul(g)), {
    argnums: task.part === 'input' ? 0 : 1,
  });
  const count = task.batch * task.size ** 2 * task.filters;
  return operation(
    jax.jit((x: JaxArray, w: JaxArray, g: JaxArray) => gradient(x, w, g).mul(count)),
    x,
    w,
    g,
  );
}

function row(jax: Jax, { kind, rows, columns }: RowTask): Case {
  if (kind === 'softmax')
    return operation(
      jax.jit((x: JaxArray) => jax.nn.softmax(x, -1)),
      jaxArray(jax, input([rows, columns], 1, 4)),
    );
  return operation(
    jax.jit((x: JaxArray, weight: JaxArray, bias: JaxArray) => jaxLayerNorm(jax, x, weight, bias)),
    jaxArray(jax, input([rows, columns], 1)),
    jaxArray(jax, input([columns], 2)),
    jaxArray(jax, input([columns], 3)),
  );
}

function host(jax: Jax, { op, n, calls }: HostTask): Case {
  const f = {
    add: (a: JaxArray, b: JaxArray) => a.add(b),
    mul: (a: JaxArray, b: JaxArray) => a.mul(b),
    matmul: (a: JaxArray, b: JaxArray) => jax.numpy.matmul(a, b),
  }[op];
  const [a, b] = [jaxArray(jax, input([n, n], 1)), jaxArray(jax, input([n, n], 2))];
  const results = new Results();
  return {
    async run() {
      for (let i = 0; i < calls; i++) await results.add(f(a.ref, b.ref));
    },
    settle: () => results.settle(),
    check: async () => digest(await results.last()),
  };
}

function train(jax: Jax, task: TrainTask, readsAtOnce: boolean): Case {
  const step = jaxTraining(jax, task);
  if (readsAtOnce) {
    let value = 0;
    return {
      run() {
        value = step().dataSync()[0]!;
      },
      check: () => [value],
    };
  }
  const losses = new Results();
  return {
    run: () => losses.add(step()),
    settle: () => losses.settle(),
    check: async () => [(await losses.last())[0]!],
  };
}

function prepare(jax: Jax, readsAtOnce: boolean, task: Task): Case | null {
  const { numpy: np } = jax;
  switch (task.kind) {
    case 'matmul':
      return matmul(jax, task);
    case 'conv':
      return conv(jax, task);
    case 'softmax':
    case 'layernorm':
      return row(jax, task);
    case 'sum':
      return operation(
        jax.jit((x: JaxArray) => np.sum(x, task.axis)),
        jaxArray(jax, input([task.rows, task.columns], 1)),
      );
    case 'chain':
      return operation(
        jax.jit((x: JaxArray) => np.tanh(x.ref.mul(1.3).add(0.1)).mul(0.7).add(x)),
        jaxArray(jax, input([task.n], 1)),
      );
    case 'host':
      return host(jax, task);
    case 'peak':
    case 'launch':
      return null;
    case 'train':
      return train(jax, task, readsAtOnce);
  }
}

/** The library with its backend chosen. */
export const jaxJs = (jax: Jax, version: string, readsAtOnce: boolean): Library => ({
  versions: { '@jax-js/jax': version },
  prepare: (task) => prepare(jax, readsAtOnce, task),
});
