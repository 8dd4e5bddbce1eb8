// The losses of the training tasks in TensorFlow.js.
import {
  lenetNumbers,
  mlpNumbers,
  oneHot,
  transformerNumbers,
  type Classification,
  type Given,
} from '../work/numbers.js';
import type { TrainTask, TransformerModel } from '../work/task.js';
import { tfLayerNorm, tfTensor, type TfTensor, type Tfjs, type TfVariable } from './tfjs-api.js';

type Loss = () => TfTensor;
interface Dense {
  readonly weight: TfVariable;
  readonly bias: TfVariable;
}
const variable = (tf: Tfjs, numbers: Given): TfVariable => tf.variable(tfTensor(tf, numbers));
const zeros = (tf: Tfjs, n: number): TfVariable => tf.variable(tf.zeros([n]));
const dense = (tf: Tfjs, weights: readonly Given[]): Dense[] =>
  weights.map((w) => ({ weight: variable(tf, w), bias: zeros(tf, w.shape[1]!) }));
const targets = (tf: Tfjs, { classes, classCount }: Classification): TfTensor =>
  tfTensor(tf, { shape: [classes.length, classCount], data: oneHot(classes, classCount) });

/** Dense layers with ReLU between them. */
const forward = (tf: Tfjs, layers: readonly Dense[], x: TfTensor): TfTensor =>
  layers.reduce((h, { weight, bias }, i) => tf.add(tf.matMul(i > 0 ? tf.relu(h) : h, weight), bias), x);

function mlp(tf: Tfjs, sizes: readonly number[], batch: number): Loss {
  const numbers = mlpNumbers(sizes, batch);
  const [x, y, layers] = [tfTensor(tf, numbers.x), targets(tf, numbers), dense(tf, numbers.dense)];
  return () => tf.losses.softmaxCrossEntropy(y, forward(tf, layers, x));
}

function lenet(tf: Tfjs, batch: number): Loss {
  const numbers = lenetNumbers(batch, 'channels last');
  const [x, y, layers] = [tfTensor(tf, numbers.x), targets(tf, numbers), dense(tf, numbers.dense)];
  const [w1, w2] = numbers.convolutions.map((w) => variable(tf, w)) as [TfVariable, TfVariable];
  const [b1, b2] = [zeros(tf, 6), zeros(tf, 16)];
  const block = (h: TfTensor, w: TfTensor, b: TfTensor, pad: 'same' | 'valid'): TfTensor =>
    tf.maxPool(tf.relu(tf.add(tf.conv2d(h, w, 1, pad), b)), 2, 2, 'valid');
  return () => {
    const h = block(block(x, w1, b1, 'same'), w2, b2, 'valid');
    return tf.losses.softmaxCrossEntropy(y, forward(tf, layers, tf.reshape(h, [batch, 400])));
  };
}

function gelu(tf: Tfjs, x: TfTensor): TfTensor {
  const cubic = tf.mul(tf.mul(tf.mul(x, x), x), 0.044715);
  const inner = tf.mul(tf.add(cubic, x), Math.sqrt(2 / Math.PI));
  return tf.mul(tf.mul(x, tf.add(tf.tanh(inner), 1)), 0.5);
}

function transformer(tf: Tfjs, sizes: TransformerModel, batch: number): Loss {
  const { width, heads, length } = sizes;
  const numbers = transformerNumbers(sizes, batch);
  const [x, target] = [tfTensor(tf, numbers.x), tfTensor(tf, numbers.target)];
  const norm = (): Dense => ({ weight: tf.variable(tf.ones([width])), bias: zeros(tf, width) });
  const blocks = numbers.blocks.map(({ qkv, out, up, down }) => ({
    norm1: norm(),
    qkv: variable(tf, qkv),
    out: variable(tf, out),
    norm2: norm(),
    up: dense(tf, [up])[0]!,
    down: dense(tf, [down])[0]!,
  }));
  const size = width / heads;
  return () => {
    let h = x;
    for (const { norm1, qkv, out, norm2, up, down } of blocks) {
      const parts = tf.split(tf.matMul(tfLayerNorm(tf, h, norm1.weight, norm1.bias), qkv), 3, 1);
      const [q, k, v] = parts.map((t) => tf.transpose(tf.reshape(t, [batch, length, heads, size]), [0, 2, 1, 3])) as [
        TfTensor,
        TfTensor,
        TfTensor,
      ];
      const attention = tf.softmax(tf.mul(tf.matMul(q, k, false, true), 1 / Math.sqrt(size)));
      const mixed = tf.reshape(tf.transpose(tf.matMul(attention, v), [0, 2, 1, 3]), [batch * length, width]);
      h = tf.add(h, tf.matMul(mixed, out));
      const hidden = gelu(tf, forward(tf, [up], tfLayerNorm(tf, h, norm2.weight, norm2.bias)));
      h = tf.add(h, forward(tf, [down], hidden));
    }
    return tf.mean(tf.square(tf.sub(h, target)));
  };
}

/** The loss of a model, from weights that are variables. */
export function tfjsTraining(tf: Tfjs, { model, batch }: TrainTask): Loss {
  if (model.name === 'mlp') return mlp(tf, model.sizes, batch);
  return model.name === 'lenet' ? lenet(tf, batch) : transformer(tf, model, batch);
}
