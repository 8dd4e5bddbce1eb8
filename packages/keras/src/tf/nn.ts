// tf.nn
import * as core from '@nn/core';
import { standardizeTuple } from '../layers/convolution/tuples.js';
import * as ops from '../ops/index.js';
import { apply, type Tensor, type TensorLike } from '../tensor/tensor.js';

export {
  elu,
  leakyRelu,
  logSoftmax,
  relu,
  relu6,
  selu,
  sigmoid,
  sigmoidCrossEntropyWithLogits,
  silu,
  softmax,
  softmaxCrossEntropyWithLogits,
  softplus,
  softsign,
  sparseSoftmaxCrossEntropyWithLogits,
  swish,
  tanh,
  moments,
} from '../ops/index.js';
export { dropout } from '../random.js';
/** The exact form by default. */
export const gelu = (x: TensorLike, o: { approximate?: boolean } = {}): Tensor =>
  ops.gelu(x, { approximate: o.approximate ?? false });
/** tf.nn's arguments: padding 'VALID' or 'SAME'. */
export const conv2d = (x: TensorLike, filters: TensorLike, o: ops.ConvOpOptions & { padding: string }): Tensor =>
  ops.conv(x, filters, o);
export const maxPool2d = (x: TensorLike, ksize: number | readonly number[], o: ops.PoolOpOptions = {}): Tensor =>
  ops.maxPool(x, standardizeTuple(ksize, 2, 'ksize'), o);
export const avgPool2d = (x: TensorLike, ksize: number | readonly number[], o: ops.PoolOpOptions = {}): Tensor =>
  ops.averagePool(x, standardizeTuple(ksize, 2, 'ksize'), o);
export const biasAdd = (x: TensorLike, bias: TensorLike): Tensor => ops.add(x, bias);
export const embeddingLookup = (params: TensorLike, ids: TensorLike): Tensor => ops.gather(params, ids);
/** `x * rsqrt(max(sum(x^2), epsilon))` along the axis. */
export const l2Normalize = (x: TensorLike, o: { axis?: number; epsilon?: number } = {}): Tensor =>
  apply('L2Normalize', [x], (t) => core.l2Normalize(t, o.axis ?? -1, { eps: Math.sqrt(o.epsilon ?? 1e-12) }));
