// The training steps in jax-js: value, gradient and Adam inside one jitted function.
import { lenetNumbers, mlpNumbers, oneHot, transformerNumbers, type Given } from '../work/numbers.js';
import type { TrainTask, TransformerModel } from '../work/task.js';
import { jaxArray, jaxLayerNorm, type Jax, type JaxArray, type Tree } from './jax-api.js';

type Loss = (parameters: Tree, ...data: JaxArray[]) => JaxArray;
interface Network {
  readonly parameters: Tree;
  readonly loss: Loss;
  readonly data: readonly JaxArray[];
}
interface Dense {
  readonly [name: string]: JaxArray;
  readonly weight: JaxArray;
  readonly bias: JaxArray;
}

const dense = (jax: Jax, weights: readonly Given[]): Dense[] =>
  weights.map((w) => ({ weight: jaxArray(jax, w), bias: jax.numpy.zeros([w.shape[1]!]) }));
const forward = ({ numpy: np, nn }: Jax, layers: readonly Dense[], x: JaxArray): JaxArray =>
  layers.reduce((h, { weight, bias }, i) => np.matmul(i > 0 ? nn.relu(h) : h, weight).add(bias), x);

/** Cross-entropy of logits with rows that have a one at the class. */
function crossEntropy({ numpy: np, lax }: Jax, y: JaxArray, logits: JaxArray): JaxArray {
  const top = lax.stopGradient(np.max(logits.ref, -1, { keepdims: true }));
  const shifted = logits.sub(top);
  const logSum = np.log(np.sum(np.exp(shifted.ref), -1, { keepdims: true }));
  return np.mean(np.sum(y.mul(logSum.sub(shifted)), -1));
}
const targets = (jax: Jax, classes: Int32Array, count: number): JaxArray =>
  jaxArray(jax, { shape: [classes.length, count], data: oneHot(classes, count) });

function mlp(jax: Jax, sizes: readonly number[], batch: number): Network {
  const numbers = mlpNumbers(sizes, batch);
  return {
    parameters: dense(jax, numbers.dense),
    loss: (parameters, x, y) => crossEntropy(jax, y, forward(jax, parameters as Dense[], x)),
    data: [jaxArray(jax, numbers.x), targets(jax, numbers.classes, numbers.classCount)],
  };
}

function lenet(jax: Jax, batch: number): Network {
  const numbers = lenetNumbers(batch, 'channels first');
  const { numpy: np, nn, lax } = jax;
  const block = (h: JaxArray, { weight, bias }: Dense, padding: 'SAME' | 'VALID'): JaxArray =>
    lax.reduceWindow(nn.relu(lax.convGeneralDilated(h, weight, [1, 1], padding).add(bias)), np.max, [2, 2], [2, 2]);
  const convolutions = numbers.convolutions.map((w) => ({
    weight: jaxArray(jax, w),
    bias: np.zeros([w.shape[0]!, 1, 1]),
  }));
  return {
    parameters: [...convolutions, ...dense(jax, numbers.dense)],
    loss: (parameters, x, y) => {
      const [first, second, ...rest] = parameters as [Dense, Dense, ...Dense[]];
      const h = block(block(x, first, 'SAME'), second, 'VALID').reshape([batch, 400]);
      return crossEntropy(jax, y, forward(jax, rest, h));
    },
    data: [jaxArray(jax, numbers.x), targets(jax, numbers.classes, numbers.classCount)],
  };
}

function gelu({ numpy: np }: Jax, x: JaxArray): JaxArray {
  const cubic = x.ref.mul(x.ref).mul(x.ref).mul(0.044715);
  const gate = np.tanh(cubic.add(x.ref).mul(Math.sqrt(2 / Math.PI))).add(1);
  return x.mul(gate).mul(0.5);
}

interface Block {
  readonly [name: string]: Tree;
  readonly norm1: Dense;
  readonly qkv: JaxArray;
  readonly out: JaxArray;
  readonly norm2: Dense;
  readonly up: Dense;
  readonly down: Dense;
}
function transformer(jax: Jax, sizes: TransformerModel, batch: number): Network {
  const { numpy: np, nn } = jax;
  const { width, heads, length } = sizes;
  const size = width / heads;
  const numbers = transformerNumbers(sizes, batch);
  const norm = (): Dense => ({ weight: np.ones([width]), bias: np.zeros([width]) });
  const blocks = numbers.blocks.map(({ qkv, out, up, down }) => ({
    norm1: norm(),
    qkv: jaxArray(jax, qkv),
    out: jaxArray(jax, out),
    norm2: norm(),
    up: dense(jax, [up])[0]!,
    down: dense(jax, [down])[0]!,
  }));
  const apply = (h: JaxArray, { norm1, qkv, out, norm2, up, down }: Block): JaxArray => {
    const parts = np.split(np.matmul(jaxLayerNorm(jax, h.ref, norm1.weight, norm1.bias), qkv), 3, 1);
    const [q, k, v] = parts.map((t) => np.transpose(t.reshape([batch, length, heads, size]), [0, 2, 1, 3])) as [
      JaxArray,
      JaxArray,
      JaxArray,
    ];
    const scores = np.matmul(q, np.transpose(k, [0, 1, 3, 2])).mul(1 / Math.sqrt(size));
    const mixed = np.transpose(np.matmul(nn.softmax(scores, -1), v), [0, 2, 1, 3]).reshape([batch * length, width]);
    const middle = h.add(np.matmul(mixed, out));
    const hidden = gelu(jax, forward(jax, [up], jaxLayerNorm(jax, middle.ref, norm2.weight, norm2.bias)));
    return middle.add(forward(jax, [down], hidden));
  };
  return {
    parameters: blocks,
    loss: (parameters, x, y) => np.mean(np.square((parameters as Block[]).reduce(apply, x).sub(y))),
    data: [jaxArray(jax, numbers.x), jaxArray(jax, numbers.target)],
  };
}

function network(jax: Jax, { model, batch }: TrainTask): Network {
  if (model.name === 'mlp') return mlp(jax, model.sizes, batch);
  return model.name === 'lenet' ? lenet(jax, batch) : transformer(jax, model, batch);
}

const [beta1, beta2, learningRate, epsilon] = [0.9, 0.999, 1e-3, 1e-8];

/** A function that does one step and returns the loss. */
export function jaxTraining(jax: Jax, task: TrainTask): () => JaxArray {
  const { numpy: np, tree } = jax;
  const { parameters, loss, data } = network(jax, task);
  const zeros = (t: Tree): Tree =>
    tree.map((p) => {
      const z = np.zeros(p.shape);
      p.dispose();
      return z;
    }, t);
  type State = readonly [parameters: Tree, m: Tree, v: Tree];
  const step = jax.jit(
    (p: Tree, m: Tree, v: Tree, c1: JaxArray, c2: JaxArray, ...d: JaxArray[]): readonly [JaxArray, ...State] => {
      const [value, g] = jax.valueAndGrad((q) => loss(q, ...d.map((x) => x.ref)))(tree.ref(p));
      for (const x of d) x.dispose();
      const m2 = tree.map((a, b) => a.mul(beta1).add(b.mul(1 - beta1)), m, tree.ref(g));
      const v2 = tree.map((a, b) => a.mul(beta2).add(b.ref.mul(b).mul(1 - beta2)), v, g);
      const p2 = tree.map(
        (w, a, b) =>
          w.sub(
            a
              .mul(c1.ref)
              .mul(learningRate)
              .div(np.sqrt(b.mul(c2.ref)).add(epsilon)),
          ),
        p,
        tree.ref(m2),
        tree.ref(v2),
      );
      c1.dispose();
      c2.dispose();
      return [value, p2, m2, v2];
    },
  );
  let state: State = [parameters, zeros(tree.ref(parameters)), zeros(tree.ref(parameters))];
  let count = 0;
  return () => {
    count++;
    const corrections = [beta1, beta2].map((b) => np.array(1 / (1 - b ** count))) as [JaxArray, JaxArray];
    const [value, ...next] = step(...state, ...corrections, ...data.map((x) => x.ref));
    state = next;
    return value;
  };
}
