// Activations as functions.
import * as core from '@nn/core';
import { bind, dimOf } from '../ops/arguments.js';
import { assign } from '../tensor/assign.js';
import { Tensor } from '../tensor/handle.js';

export interface InPlaceOptions {
  /** Write the result into the input; default false. */
  inplace?: boolean;
}
const out = (x: Tensor, value: core.Tensor, fn: string, o: InPlaceOptions | undefined): Tensor =>
  o?.inplace ? assign(x, value, fn) : new Tensor(value, fn);

/** `max(x, 0)` */
export function relu(x: Tensor, o?: InPlaceOptions): Tensor {
  return out(x, core.relu(x.value), 'Relu', o);
}
/** `min(max(x, 0), 6)` */
export function relu6(x: Tensor, o?: InPlaceOptions): Tensor {
  return out(x, core.relu6(x.value), 'Hardtanh', o);
}
export interface LeakyReluOptions extends InPlaceOptions {
  negativeSlope?: number;
}
/** x where positive, else `negativeSlope * x` (0.01). */
export function leakyRelu(x: Tensor, negativeSlope?: number | LeakyReluOptions, o?: LeakyReluOptions): Tensor {
  const a = bind<LeakyReluOptions>(['negativeSlope'], negativeSlope, o);
  return out(x, core.leakyRelu(x.value, a.negativeSlope ?? 0.01), 'LeakyRelu', a);
}
export interface AlphaOptions extends InPlaceOptions {
  alpha?: number;
}
/** x where positive, else `alpha * (exp(x) - 1)`. */
export function elu(x: Tensor, alpha?: number | AlphaOptions, o?: AlphaOptions): Tensor {
  const a = bind<AlphaOptions>(['alpha'], alpha, o);
  return out(x, core.elu(x.value, a.alpha ?? 1), 'Elu', a);
}
/** x where positive, else `alpha * (exp(x / alpha) - 1)`. */
export function celu(x: Tensor, alpha?: number | AlphaOptions, o?: AlphaOptions): Tensor {
  const a = bind<AlphaOptions>(['alpha'], alpha, o);
  return out(x, core.celu(x.value, a.alpha ?? 1), 'Celu', a);
}
/** The self-normalizing `elu`. */
export function selu(x: Tensor, o?: InPlaceOptions): Tensor {
  return out(x, core.selu(x.value), 'Elu', o);
}
/** `x * P(N(0, 1) <= x)`, by erf or (approximate: 'tanh') by tanh. */
export function gelu(x: Tensor, o: { approximate?: 'none' | 'tanh' } = {}): Tensor {
  const kind = o.approximate ?? 'none';
  if (kind !== 'none' && kind !== 'tanh') {
    throw new core.ValueError(`approximate argument must be either none or tanh, but got '${String(kind)}'`);
  }
  return new Tensor(core.gelu(x.value, { approximate: kind === 'tanh' }), 'Gelu');
}
/** `x * sigmoid(x)` */
export function silu(x: Tensor, o?: InPlaceOptions): Tensor {
  return out(x, core.silu(x.value), 'Silu', o);
}
/** `x * tanh(softplus(x))` */
export function mish(x: Tensor, o?: InPlaceOptions): Tensor {
  return out(x, core.mish(x.value), 'Mish', o);
}
export interface SoftplusOptions {
  beta?: number;
  threshold?: number;
}
/** `log(1 + exp(beta x)) / beta`, x itself where `beta x` is above the threshold (20). */
export function softplus(x: Tensor, beta?: number | SoftplusOptions, threshold?: number | SoftplusOptions): Tensor {
  const a = bind<SoftplusOptions>(['beta', 'threshold'], beta, threshold);
  return new Tensor(core.softplus(x.value, { beta: a.beta ?? 1, threshold: a.threshold ?? 20 }), 'Softplus');
}
/** `x / (1 + |x|)` */
export function softsign(x: Tensor): Tensor {
  return new Tensor(core.softsign(x.value), 'Div');
}
/** `log(sigmoid(x))` */
export function logsigmoid(x: Tensor): Tensor {
  return new Tensor(core.logSigmoid(x.value), 'LogSigmoid');
}
/** `x - tanh(x)` */
export function tanhshrink(x: Tensor): Tensor {
  return new Tensor(core.tanhShrink(x.value), 'Sub');
}
/** x where `|x| > lambd` (0.5), else 0. */
export function hardshrink(x: Tensor, lambd = 0.5): Tensor {
  return new Tensor(core.hardShrink(x.value, lambd), 'Hardshrink');
}
/** x moved towards 0 by `lambd` (0.5), 0 when nearer. */
export function softshrink(x: Tensor, lambd = 0.5): Tensor {
  return new Tensor(core.softShrink(x.value, lambd), 'Softshrink');
}
export interface HardtanhOptions extends InPlaceOptions {
  minVal?: number;
  maxVal?: number;
}
/** x within [-1, 1], or other bounds. */
export function hardtanh(
  x: Tensor,
  minVal?: number | HardtanhOptions,
  maxVal?: number | HardtanhOptions,
  o?: HardtanhOptions,
): Tensor {
  const a = bind<HardtanhOptions>(['minVal', 'maxVal'], minVal, maxVal, o);
  return out(x, core.hardTanh(x.value, { min: a.minVal ?? -1, max: a.maxVal ?? 1 }), 'Hardtanh', a);
}
/** `relu6(x + 3) / 6` */
export function hardsigmoid(x: Tensor, o?: InPlaceOptions): Tensor {
  return out(x, core.hardSigmoid(x.value), 'Hardsigmoid', o);
}
/** `x * hardsigmoid(x)` */
export function hardswish(x: Tensor, o?: InPlaceOptions): Tensor {
  return out(x, core.hardSwish(x.value), 'Hardswish', o);
}
/** x above the threshold, else `value`. */
export function threshold(x: Tensor, limit: number, value: number, o?: InPlaceOptions): Tensor {
  return out(x, core.threshold(x.value, limit, value), 'Threshold', o);
}
/** x where positive, else `weight * x`; one weight, or one for each channel (axis 1). */
export function prelu(x: Tensor, weight: Tensor): Tensor {
  const v = x.value;
  const w = weight.value;
  const channels = v.ndim > 1 ? v.shape[1]! : 1;
  if (w.size !== 1 && w.size !== channels) {
    throw new core.ShapeError(
      `Mismatch of parameter numbers and input channel size. Found parameter numbers = ${w.size} and channel size = ${channels}.`,
    );
  }
  const shaped =
    w.size === 1
      ? core.reshape(w, [])
      : core.reshape(
          w,
          v.shape.map((_, d) => (d === 1 ? w.size : 1)),
        );
  return new Tensor(core.prelu(v, shaped), 'PreluKernel');
}
export interface RreluOptions extends InPlaceOptions {
  lower?: number;
  upper?: number;
  training?: boolean;
}
/** x where positive, else x times a slope: drawn from [lower, upper] in training, their mean otherwise. */
export function rrelu(x: Tensor, o: RreluOptions = {}): Tensor {
  const { lower = 1 / 8, upper = 1 / 3 } = o;
  const v = x.value;
  const slope = o.training
    ? core.beside(v, () => core.uniform(v.shape, { low: lower, high: upper, dtype: v.dtype }))
    : (lower + upper) / 2;
  return out(x, core.leakyRelu(v, slope), 'Rrelu', o);
}
/** The first half of an axis times the sigmoid of the second. */
export function glu(x: Tensor, dim: number | { dim?: number } = -1): Tensor {
  const axis = dimOf(typeof dim === 'number' ? dim : (dim.dim ?? -1), x.shape.length);
  const n = x.shape[axis] ?? 0;
  if (n % 2) throw new core.ShapeError(`Halving dimension must be even, but dimension ${axis} is size ${n}`);
  return new Tensor(core.glu(x.value, axis), 'Glu');
}

/** The axis that softmax takes when none is named: 0 for 0, 1 or 3 axes, else 1. */
const implicitDim = (rank: number): number => (rank === 0 || rank === 1 || rank === 3 ? 0 : 1);
type DimOption = number | null | { dim?: number | null };
const softDim = (x: Tensor, dim: DimOption | undefined): number => {
  const given = typeof dim === 'object' && dim !== null ? dim.dim : dim;
  return dimOf(given ?? implicitDim(x.shape.length), x.shape.length);
};
/** `exp(x) / sum(exp(x))` along an axis. */
export function softmax(x: Tensor, dim?: DimOption): Tensor {
  return new Tensor(core.softmax(x.value, softDim(x, dim)), 'Softmax');
}
/** `softmax(-x)` */
export function softmin(x: Tensor, dim?: DimOption): Tensor {
  return new Tensor(core.softmax(core.neg(x.value), softDim(x, dim)), 'Softmax');
}
/** The logarithm of `softmax`. */
export function logSoftmax(x: Tensor, dim?: DimOption): Tensor {
  return new Tensor(core.logSoftmax(x.value, softDim(x, dim)), 'LogSoftmax');
}
/** Samples of a categorical distribution by Gumbel noise: `softmax((x + g) / tau)`, or one-hot with `hard`. */
export function gumbelSoftmax(x: Tensor, o: { tau?: number; hard?: boolean; dim?: number } = {}): Tensor {
  const v = x.value;
  const axis = dimOf(o.dim ?? -1, v.ndim);
  const u = core.beside(v, () => core.uniform(v.shape, { low: 1e-20, dtype: v.dtype }));
  const gumbel = core.neg(core.log(core.neg(core.log(u))));
  const soft = core.softmax(core.div(core.add(v, gumbel), o.tau ?? 1), axis);
  if (!o.hard) return new Tensor(soft, 'Softmax');
  const top = core.cast(
    core.equal(
      core.beside(v, () => core.iota(v.shape, axis)),
      core.argmax(soft, { axis, keepdims: true }),
    ),
    v.dtype,
  );
  return new Tensor(core.add(core.sub(top, core.detach(soft)), soft), 'Add');
}
