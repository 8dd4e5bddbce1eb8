// keras.activations
import * as core from '@nn/core';
import { isSerialized, type Config } from './object.js';
import { shown } from './tensor/format.js';
import { apply, asTensor, type Tensor, type TensorLike } from './tensor/tensor.js';

/** A function of one tensor. */
export type Activation = (x: Tensor) => Tensor;
/** A name such as 'relu', a function, or a serialized one. */
export type ActivationLike = string | Activation | Config;

/**
 * Rectifier: `min(max(x, 0), maxValue)` above `threshold`, `negativeSlope * (x - threshold)` below it.
 *
 * @example
 * tf.keras.activations.relu(tf.constant([-2, 2]), { negativeSlope: 0.5 }).toArraySync() // => [-1, 2]
 */
export function relu(
  x: TensorLike,
  o: { negativeSlope?: number; maxValue?: number | null; threshold?: number } = {},
): Tensor {
  const { negativeSlope = 0, maxValue = null, threshold: limit = 0 } = o;
  return apply('ReLU', [x], (t) => {
    if (negativeSlope && maxValue === null && !limit) return core.leakyRelu(t, negativeSlope);
    let y = limit ? core.where(core.greater(t, limit), t, 0) : maxValue === 6 ? core.relu6(t) : core.relu(t);
    if (maxValue !== null && (limit || maxValue !== 6)) y = core.clamp(y, { min: 0, max: maxValue });
    return negativeSlope ? core.sub(y, core.mul(core.relu(core.sub(limit, t)), negativeSlope)) : y;
  });
}
export const leakyRelu = (x: TensorLike, o: { negativeSlope?: number } = {}): Tensor =>
  apply('LeakyReLU', [x], (t) => core.leakyRelu(t, o.negativeSlope ?? 0.2));
export const relu6 = (x: TensorLike): Tensor => apply('Relu6', [x], core.relu6);
/** `exp(x) / sum(exp(x))` along `axis` (default -1). Losses use the logits behind it. */
export function softmax(x: TensorLike, o: { axis?: number | readonly number[] } = {}): Tensor {
  return remember(
    apply('Softmax', [x], (t) => core.softmax(t, o.axis ?? -1)),
    x,
  );
}
export const logSoftmax = (x: TensorLike, o: { axis?: number } = {}): Tensor =>
  apply('LogSoftmax', [x], (t) => core.logSoftmax(t, o.axis ?? -1));
/** `1 / (1 + exp(-x))`. Losses use the logits behind it. */
export const sigmoid = (x: TensorLike): Tensor => remember(apply('Sigmoid', [x], core.sigmoid), x);
export const elu = (x: TensorLike, o: { alpha?: number } = {}): Tensor =>
  apply('Elu', [x], (t) => core.elu(t, o.alpha ?? 1));
export const celu = (x: TensorLike, o: { alpha?: number } = {}): Tensor =>
  apply('Celu', [x], (t) => celuOf(t, o.alpha ?? 1));
export const selu = (x: TensorLike): Tensor => apply('Selu', [x], seluOf);
export const gelu = (x: TensorLike, o: { approximate?: boolean } = {}): Tensor =>
  apply('Gelu', [x], (t) => core.gelu(t, { approximate: o.approximate ?? false }));
export const softplus = (x: TensorLike): Tensor => apply('Softplus', [x], (t) => core.softplus(t));
export const softsign = (x: TensorLike): Tensor => apply('Softsign', [x], core.softsign);
export const softShrink = (x: TensorLike, o: { threshold?: number } = {}): Tensor =>
  apply('SoftShrink', [x], (t) => softShrinkOf(t, o.threshold ?? 0.5));
export const hardShrink = (x: TensorLike, o: { threshold?: number } = {}): Tensor =>
  apply('HardShrink', [x], (t) => core.where(core.greater(core.abs(t), o.threshold ?? 0.5), t, 0));
export const sparsePlus = (x: TensorLike): Tensor => apply('SparsePlus', [x], core.sparsePlus);
export const sparseSigmoid = (x: TensorLike): Tensor => apply('SparseSigmoid', [x], core.sparseSigmoid);
export const squareplus = (x: TensorLike, o: { b?: number } = {}): Tensor =>
  apply('Squareplus', [x], (t) => core.squareplus(t, o.b ?? 4));
export const sparsemax = (x: TensorLike, o: { axis?: number } = {}): Tensor =>
  apply('Sparsemax', [x], (t) => sparsemaxOf(t, o.axis ?? -1));
export const silu = (x: TensorLike): Tensor => apply('Silu', [x], core.silu);
export const glu = (x: TensorLike, o: { axis?: number } = {}): Tensor =>
  apply('Glu', [x], (t) => core.glu(t, o.axis ?? -1));
export const tanh = (x: TensorLike): Tensor => apply('Tanh', [x], core.tanh);
export const tanhShrink = (x: TensorLike): Tensor => apply('TanhShrink', [x], core.tanhShrink);
export const hardTanh = (x: TensorLike): Tensor => apply('HardTanh', [x], hardTanhOf);
/** `x` above the limit, else `defaultValue`. */
export const threshold = (x: TensorLike, limit: number, defaultValue: number): Tensor =>
  apply('Threshold', [x], (t) => core.where(core.greater(t, limit), t, defaultValue));
export const exponential = (x: TensorLike): Tensor => apply('Exp', [x], core.exp);
export const hardSigmoid = (x: TensorLike): Tensor => apply('HardSigmoid', [x], core.hardSigmoid);
export const hardSilu = (x: TensorLike): Tensor => apply('HardSilu', [x], core.hardSwish);
export const logSigmoid = (x: TensorLike): Tensor => apply('LogSigmoid', [x], core.logSigmoid);
export const mish = (x: TensorLike): Tensor => apply('Mish', [x], core.mish);
export const linear = (x: Tensor): Tensor => x;
export { silu as swish, hardSilu as hardSwish };

// What becomes of NaN is TensorFlow's: the shrinks make it 0 and threshold its default value, where PyTorch's keep it.
function softShrinkOf(t: core.Tensor, limit: number): core.Tensor {
  const low = core.where(core.less(t, -limit), core.add(t, limit), 0);
  return core.where(core.greater(t, limit), core.sub(t, limit), low);
}
// The slopes at the bends are TensorFlow's: 1.0507 at 0 for selu, 2 at 0 for celu, 1 at -1 and 1 for hard_tanh.
function seluOf(t: core.Tensor): core.Tensor {
  const negative = core.mul(core.expm1(core.where(core.less(t, 0), t, 0)), 1.6732632423543772);
  return core.mul(core.where(core.less(t, 0), negative, t), 1.0507009873554805);
}
function celuOf(t: core.Tensor, alpha: number): core.Tensor {
  const negative = core.where(core.lessEqual(t, 0), t, 0);
  return core.add(core.where(core.less(t, 0), 0, t), core.mul(core.expm1(core.div(negative, alpha)), alpha));
}
const hardTanhOf = (t: core.Tensor): core.Tensor =>
  core.where(core.less(t, -1), -1, core.where(core.greater(t, 1), 1, t));
// As Keras computes it on TensorFlow: tau is the sum of all cumulative sums of the support, less 1, over its size.
function sparsemaxOf(t: core.Tensor, axis: number): core.Tensor {
  const a = core.normalizeAxis('sparsemax', axis, t.ndim);
  const { values } = core.sort(t, { axis: a, descending: true });
  const sums = core.cumsum(values, a);
  const rank = core.add(core.iota(t.shape, a, t.dtype), 1);
  const support = core.greater(core.sub(values, core.div(core.sub(sums, 1), rank)), 0);
  const over = { axes: a, keepdims: true };
  const tau = core.div(
    core.sub(core.sum(core.where(support, sums, 0), over), 1),
    core.sum(core.cast(support, t.dtype), over),
  );
  return core.maximum(core.sub(t, tau), 0);
}

function remember(output: Tensor, x: TensorLike): Tensor {
  if (!output.symbolic) output.kerasLogits = asTensor(x);
  return output;
}

const byName = (): Record<string, Activation> => ({
  relu,
  leaky_relu: leakyRelu,
  relu6,
  softmax,
  celu,
  elu,
  selu,
  softplus,
  softsign,
  squareplus,
  soft_shrink: softShrink,
  sparse_plus: sparsePlus,
  silu,
  gelu,
  glu,
  tanh,
  tanh_shrink: tanhShrink,
  sigmoid,
  sparse_sigmoid: sparseSigmoid,
  exponential,
  hard_sigmoid: hardSigmoid,
  hard_silu: hardSilu,
  hard_tanh: hardTanh,
  hard_shrink: hardShrink,
  linear,
  mish,
  log_softmax: logSoftmax,
  log_sigmoid: logSigmoid,
  sparsemax,
  swish: silu,
  hard_swish: hardSilu,
});

/**
 * The activation that a name stands for; null when none is given.
 *
 * @throws ValueError  "Could not interpret activation function identifier: rellu. Did you mean "relu"?"
 * @example
 * tf.keras.activations.get('tanh') === tf.keras.activations.tanh // => true
 */
export function get(identifier: ActivationLike): Activation;
export function get(identifier: ActivationLike | null | undefined): Activation | null;
export function get(identifier: ActivationLike | null | undefined): Activation | null {
  if (identifier === null || identifier === undefined) return null;
  if (typeof identifier === 'function') return identifier;
  const table = byName();
  const { class_name: kind, config } = isSerialized(identifier) ? identifier : { class_name: identifier };
  const name = shown(kind === 'function' ? config : kind);
  if (Object.hasOwn(table, name)) return table[name]!;
  throw new core.ValueError(
    `Could not interpret activation function identifier: ${name}.${core.nearest(name, Object.keys(table))}`,
  );
}
/** The name of a built-in activation; 'linear' for none. Functions of the user are errors: they are code, not data. */
export function serialize(activation: Activation | null): string {
  if (activation === null) return 'linear';
  const found = Object.entries(byName()).find(([, f]) => f === activation);
  if (found) return found[0];
  throw new core.ValueError(
    `Unknown activation function '${activation.name || 'anonymous'}' cannot be serialized: use one of ${Object.keys(byName()).join(', ')}`,
  );
}
export const deserialize = (identifier: ActivationLike): Activation => get(identifier);
