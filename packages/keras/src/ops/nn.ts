// Convolutions, pools, attention, losses of single steps as functions (keras.ops, tf.nn).
import * as core from '@nn/core';
import { dataFormatOf } from '../config.js';
import {
  channelsBack,
  channelsFirst,
  convolve,
  convolveTransposed,
  depthwise,
  padsOf,
  type ConvolutionOptions,
} from '../layers/convolution/convolve.js';
import { standardizePadding, standardizeTuple, type Size } from '../layers/convolution/tuples.js';
import { softmaxOver } from '../layers/attention/scores.js';
import { apply, type Tensor, type TensorLike } from '../tensor/tensor.js';

export interface ConvOpOptions {
  strides?: Size;
  padding?: string;
  dataFormat?: string | null;
  dilationRate?: Size;
}
const settings = (n: number, o: ConvOpOptions): ConvolutionOptions => ({
  strides: standardizeTuple(o.strides ?? 1, n, 'strides'),
  padding: standardizePadding(o.padding ?? 'valid', n === 1),
  dataFormat: dataFormatOf(o.dataFormat),
  dilationRate: standardizeTuple(o.dilationRate ?? 1, n, 'dilation_rate'),
});
/** Convolution with a kernel [*window, inputs / groups, outputs] over 1 to 3 spatial axes. */
export const conv = (x: TensorLike, kernel: TensorLike, o: ConvOpOptions = {}): Tensor =>
  apply('Conv', [x, kernel], (t, k) => {
    const s = settings(k.ndim - 2, o);
    const channels = t.shape.at(s.dataFormat === 'channels_first' ? 1 : -1)!;
    return convolve(t, k, { ...s, groups: channels / k.shape.at(-2)! });
  });
export const depthwiseConv = (x: TensorLike, kernel: TensorLike, o: ConvOpOptions = {}): Tensor =>
  apply('DepthwiseConv', [x, kernel], (t, k) => depthwise(t, k, settings(k.ndim - 2, o)));
export const convTranspose = (
  x: TensorLike,
  kernel: TensorLike,
  o: ConvOpOptions & { outputPadding?: Size | null } = {},
): Tensor =>
  apply('ConvTranspose', [x, kernel], (t, k) => {
    const n = k.ndim - 2;
    const outputPadding =
      o.outputPadding === undefined || o.outputPadding === null
        ? null
        : standardizeTuple(o.outputPadding, n, 'output_padding', true);
    return convolveTransposed(t, k, { ...settings(n, o), outputPadding });
  });

export interface PoolOpOptions {
  strides?: Size | null;
  padding?: string;
  dataFormat?: string | null;
}
function pool(name: string, kind: 'max' | 'average', x: TensorLike, poolSize: Size, o: PoolOpOptions): Tensor {
  return apply(name, [x], (given) => {
    const format = dataFormatOf(o.dataFormat);
    const t = channelsFirst(given, format);
    const window = standardizeTuple(poolSize, t.ndim - 2, 'pool_size');
    const stride =
      o.strides === undefined || o.strides === null ? window : standardizeTuple(o.strides, t.ndim - 2, 'strides');
    const padding = padsOf(t.shape.slice(2), window, {
      strides: stride,
      padding: standardizePadding(o.padding ?? 'valid'),
      dilationRate: window.map(() => 1),
    });
    return channelsBack(
      kind === 'max'
        ? core.maxPool(t, { window, stride, padding })
        : core.avgPool(t, { window, stride, padding, countIncludePad: false }),
      format,
    );
  });
}
export const maxPool = (x: TensorLike, poolSize: Size, o: PoolOpOptions = {}): Tensor =>
  pool('MaxPool', 'max', x, poolSize, o);
export const averagePool = (x: TensorLike, poolSize: Size, o: PoolOpOptions = {}): Tensor =>
  pool('AveragePool', 'average', x, poolSize, o);

/** keras.ops.gelu: the tanh form by default, unlike the activation. */
export const gelu = (x: TensorLike, o: { approximate?: boolean } = {}): Tensor =>
  apply('Gelu', [x], (t) => core.gelu(t, { approximate: o.approximate ?? true }));
/** Attention of [batch, steps, heads, size] tensors; mask true where a query may look. */
export const dotProductAttention = (
  query: TensorLike,
  key: TensorLike,
  value: TensorLike,
  o: { mask?: TensorLike | null; scale?: number; isCausal?: boolean } = {},
): Tensor =>
  apply(
    'DotProductAttention',
    o.mask === undefined || o.mask === null ? [query, key, value] : [query, key, value, o.mask],
    (q, k, v, m) => {
      const heads = (t: core.Tensor): core.Tensor => core.transpose(t, 1, 2);
      const scores = core.mul(
        core.matmul(heads(q), core.transpose(heads(k))),
        o.scale ?? 1 / Math.sqrt(q.shape.at(-1)!),
      );
      const causal = o.isCausal ? core.causalMask(scores.shape.at(-2)!, scores.shape.at(-1)!) : undefined;
      const mask = m ? core.cast(m, 'bool') : undefined;
      return heads(
        core.matmul(softmaxOver(scores, mask && causal ? core.logicalAnd(mask, causal) : (mask ?? causal)), heads(v)),
      );
    },
  );
export const layerNormalization = (
  x: TensorLike,
  o: { gamma?: TensorLike; beta?: TensorLike; axis?: number; epsilon?: number } = {},
): Tensor =>
  apply('LayerNormalization', [x, o.gamma ?? 1, o.beta ?? 0], (t, weight, bias) => {
    const { mean, variance } = core.moments(t, o.axis ?? -1, { keepdims: true });
    return core.normalize(t, { mean, variance, weight, bias, eps: o.epsilon ?? 1e-7 });
  });
export const rmsNormalization = (
  x: TensorLike,
  o: { scale?: TensorLike; axis?: number; epsilon?: number } = {},
): Tensor =>
  apply('RMSNorm', [x, o.scale ?? 1], (t, scale) =>
    core.mul(
      core.mul(
        t,
        core.rsqrt(core.add(core.mean(core.square(t), { axes: o.axis ?? -1, keepdims: true }), o.epsilon ?? 1e-7)),
      ),
      scale,
    ),
  );
/** Softmax cross-entropy of logits with probabilities, one value per row (tf.nn). */
export const softmaxCrossEntropyWithLogits = (o: { labels: TensorLike; logits: TensorLike; axis?: number }): Tensor =>
  apply('SoftmaxCrossEntropyWithLogits', [o.labels, o.logits], (y, x) =>
    core.neg(core.sum(core.mul(y, core.logSoftmax(x, o.axis ?? -1)), { axes: o.axis ?? -1 })),
  );
/** The same with integer labels. */
export const sparseSoftmaxCrossEntropyWithLogits = (o: { labels: TensorLike; logits: TensorLike }): Tensor =>
  apply(
    'SparseSoftmaxCrossEntropyWithLogits',
    [o.labels, o.logits],
    (y, x) => core.crossEntropy(x, core.cast(y, 'i32'), x.ndim - 1).loss,
  );
/** `max(x, 0) - x y + log(1 + exp(-|x|))`, elementwise. */
export const sigmoidCrossEntropyWithLogits = (o: { labels: TensorLike; logits: TensorLike }): Tensor =>
  apply('SigmoidCrossEntropyWithLogits', [o.labels, o.logits], (y, x) =>
    core.add(core.sub(core.relu(x), core.mul(x, y)), core.log1p(core.exp(core.neg(core.abs(x))))),
  );
