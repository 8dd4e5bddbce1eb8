// What the tasks use of TensorFlow.js, which is loaded by whoever measures.
import type { Given } from '../work/numbers.js';

/** A tensor of TensorFlow.js. */
export interface TfTensor {
  dispose(): void;
  data(): Promise<Float32Array>;
  dataSync(): Float32Array;
}
export type TfVariable = TfTensor;
type Binary = (a: TfTensor, b: TfTensor | number) => TfTensor;
type Unary = (a: TfTensor) => TfTensor;
type Reduce = (a: TfTensor, axis?: number, keepDims?: boolean) => TfTensor;

/** The part of its API that the tasks use. */
export interface Tfjs {
  readonly version_core: string;
  env(): { set(flag: string, value: unknown): void };
  tidy<R>(f: () => R): R;
  tensor(data: Float32Array, shape: readonly number[], dtype: 'float32'): TfTensor;
  variable(t: TfTensor): TfVariable;
  zeros(shape: readonly number[]): TfTensor;
  ones(shape: readonly number[]): TfTensor;
  readonly add: Binary;
  readonly sub: Binary;
  readonly mul: Binary;
  readonly tanh: Unary;
  readonly relu: Unary;
  readonly square: Unary;
  readonly rsqrt: Unary;
  readonly softmax: Unary;
  readonly sum: Reduce;
  readonly mean: Reduce;
  matMul(a: TfTensor, b: TfTensor, transposeA?: boolean, transposeB?: boolean): TfTensor;
  reshape(x: TfTensor, shape: readonly number[]): TfTensor;
  slice(x: TfTensor, begin: readonly number[], size: readonly number[]): TfTensor;
  transpose(x: TfTensor, axes: readonly number[]): TfTensor;
  split(x: TfTensor, parts: number, axis: number): TfTensor[];
  conv2d(x: TfTensor, w: TfTensor, strides: number, pad: 'same' | 'valid'): TfTensor;
  depthwiseConv2d(x: TfTensor, w: TfTensor, strides: number, pad: 'same'): TfTensor;
  conv2dTranspose(x: TfTensor, w: TfTensor, shape: readonly number[], strides: number, pad: 'same'): TfTensor;
  maxPool(x: TfTensor, size: number, strides: number, pad: 'valid'): TfTensor;
  grad(f: (x: TfTensor) => TfTensor): (x: TfTensor, dy: TfTensor) => TfTensor;
  readonly losses: { softmaxCrossEntropy(labels: TfTensor, logits: TfTensor): TfTensor };
  readonly train: { adam(learningRate: number): { minimize(f: () => TfTensor, returnCost: true): TfTensor } };
}

export const tfTensor = (tf: Tfjs, { shape, data }: Given): TfTensor => tf.tensor(data, shape, 'float32');

/** Layer normalization as one writes it with its operations. */
export function tfLayerNorm(tf: Tfjs, x: TfTensor, weight: TfTensor, bias: TfTensor): TfTensor {
  const d = tf.sub(x, tf.mean(x, -1, true));
  const variance = tf.mean(tf.square(d), -1, true);
  return tf.add(tf.mul(tf.mul(d, tf.rsqrt(tf.add(variance, 1e-5))), weight), bias);
}
