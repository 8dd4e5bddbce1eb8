// torch.nn.init: fills tensors in place, outside of gradients.
import * as core from '@nn/core';
import { bind } from '../ops/arguments.js';
import { fill_, normal_, uniform_ } from '../tensor/inplace.js';
import { store } from '../tensor/assign.js';
import { Tensor } from '../tensor/tensor.js';

export interface InitOptions {
  generator?: core.Generator;
}
const quietly = (f: () => Tensor): Tensor => core.noGrad(f);
const source = (o: InitOptions): InitOptions => (o.generator ? { generator: o.generator } : {});
const put = (t: Tensor, v: core.Tensor): Tensor => quietly(() => store(t, new Tensor(v), 'Copy'));

/** Optional arguments may come in order or by name. */
type Arg<O> = number | O;
export interface UniformOptions extends InitOptions {
  a?: number;
  b?: number;
}
/** Uniform in [a, b), by default [0, 1). */
function uniformInit(t: Tensor, a?: Arg<UniformOptions>, b?: Arg<UniformOptions>, o?: UniformOptions): Tensor {
  const x = bind<UniformOptions>(['a', 'b'], a, b, o);
  return quietly(() => uniform_(t, x.a ?? 0, x.b ?? 1, source(x)));
}
export interface NormalOptions extends InitOptions {
  mean?: number;
  std?: number;
}
/** Normal with mean (0) and standard deviation (1). */
function normalInit(t: Tensor, mean?: Arg<NormalOptions>, std?: Arg<NormalOptions>, o?: NormalOptions): Tensor {
  const x = bind<NormalOptions>(['mean', 'std'], mean, std, o);
  return quietly(() => normal_(t, x.mean ?? 0, x.std ?? 1, source(x)));
}
export interface TruncNormalOptions extends NormalOptions, UniformOptions {}
/** Normal, drawn again outside of [a, b], by default [-2, 2]. */
export function truncNormal_(t: Tensor, ...args: Arg<TruncNormalOptions>[]): Tensor {
  const x = bind<TruncNormalOptions>(['mean', 'std', 'a', 'b'], ...args);
  const { mean = 0, std = 1, a = -2, b = 2 } = x;
  const bounds = { low: (a - mean) / std, high: (b - mean) / std };
  return put(t, core.truncatedNormal(t.shape, { mean, std, ...bounds, dtype: t.spec.dtype, ...source(x) }));
}
/** One value. */
export function constant_(t: Tensor, value: number): Tensor {
  return quietly(() => fill_(t, value));
}
/** Ones. */
export function ones_(t: Tensor): Tensor {
  return constant_(t, 1);
}
/** Zeros. */
export function zeros_(t: Tensor): Tensor {
  return constant_(t, 0);
}
/** The identity matrix. */
export function eye_(t: Tensor): Tensor {
  if (t.shape.length !== 2) throw new core.ShapeError('Only tensors with 2 dimensions are supported');
  return put(
    t,
    core.beside(t.value, () => core.eye(t.shape[0]!, t.shape[1], t.spec.dtype)),
  );
}
/** The convolution that passes channels on: 1 in the middle of window (i, i), in each group. */
export function dirac_(t: Tensor, o: { groups?: number } = {}): Tensor {
  const { groups = 1 } = o;
  const { shape } = t;
  if (shape.length < 3 || shape.length > 5)
    throw new core.ShapeError('Only tensors with 3, 4, or 5 dimensions are supported');
  if (shape[0]! % groups) throw new core.ValueError('dim 0 must be divisible by groups');
  const data = new Float32Array(core.sizeOf(shape));
  const window = shape.slice(2);
  const middle = window.reduce((at, n) => at * n + Math.floor(n / 2), 0);
  const area = core.sizeOf(window);
  const each = shape[0]! / groups;
  for (let g = 0; g < groups; g++) {
    for (let d = 0; d < Math.min(each, shape[1]!); d++) data[((g * each + d) * shape[1]! + d) * area + middle] = 1;
  }
  return put(
    t,
    core.beside(t.value, () => core.tensor(data, { shape })),
  );
}

/** Inputs and outputs of one unit: sizes 1 and 0, times the window. */
export function fans(t: Tensor): { fanIn: number; fanOut: number } {
  const { shape } = t;
  if (shape.length < 2)
    throw new core.ShapeError('Fan in and fan out can not be computed for tensor with fewer than 2 dimensions');
  const window = core.sizeOf(shape.slice(2));
  return { fanIn: shape[1]! * window, fanOut: shape[0]! * window };
}
export type Nonlinearity =
  | 'linear'
  | 'conv1d'
  | 'conv2d'
  | 'conv3d'
  | 'conv_transpose1d'
  | 'conv_transpose2d'
  | 'conv_transpose3d'
  | 'sigmoid'
  | 'tanh'
  | 'relu'
  | 'leaky_relu'
  | 'selu';
/** How much an activation shrinks a signal, to be made up for by the weights before it. */
export function calculateGain(nonlinearity: Nonlinearity, param?: number): number {
  if (/^(linear|conv|sigmoid)/.test(nonlinearity)) return 1;
  if (nonlinearity === 'tanh') return 5 / 3;
  if (nonlinearity === 'relu') return Math.SQRT2;
  if (nonlinearity === 'leaky_relu') return Math.sqrt(2 / (1 + (param ?? 0.01) ** 2));
  if (nonlinearity === 'selu') return 3 / 4;
  throw new core.ValueError(
    `Unsupported nonlinearity ${String(nonlinearity)}${core.nearest(String(nonlinearity), ['linear', 'sigmoid', 'tanh', 'relu', 'leaky_relu', 'selu'])}`,
  );
}
export interface GainOptions extends InitOptions {
  /** Default 1; see calculateGain. */
  gain?: number;
}
/** Uniform with bound `gain * sqrt(6 / (fanIn + fanOut))`. */
export function xavierUniform_(t: Tensor, gain?: Arg<GainOptions>): Tensor {
  const o = bind<GainOptions>(['gain'], gain);
  const { fanIn, fanOut } = fans(t);
  const bound = (o.gain ?? 1) * Math.sqrt(6 / (fanIn + fanOut));
  return uniformInit(t, -bound, bound, source(o));
}
/** Normal with standard deviation `gain * sqrt(2 / (fanIn + fanOut))`. */
export function xavierNormal_(t: Tensor, gain?: Arg<GainOptions>): Tensor {
  const o = bind<GainOptions>(['gain'], gain);
  const { fanIn, fanOut } = fans(t);
  return normalInit(t, 0, (o.gain ?? 1) * Math.sqrt(2 / (fanIn + fanOut)), source(o));
}
export interface KaimingOptions extends InitOptions {
  /** Slope of the leaky relu after it; default 0. */
  a?: number;
  mode?: 'fan_in' | 'fan_out';
  nonlinearity?: Nonlinearity;
}
function kaimingStd(t: Tensor, o: KaimingOptions): number {
  const mode = o.mode ?? 'fan_in';
  if (mode !== 'fan_in' && mode !== 'fan_out') {
    throw new core.ValueError(
      `Mode ${String(mode)} not supported, please use one of fan_in, fan_out.${core.nearest(String(mode), ['fan_in', 'fan_out'])}`,
    );
  }
  const { fanIn, fanOut } = fans(t);
  return calculateGain(o.nonlinearity ?? 'leaky_relu', o.a ?? 0) / Math.sqrt(mode === 'fan_in' ? fanIn : fanOut);
}
/** Uniform with bound `gain * sqrt(3 / fan)`. */
export function kaimingUniform_(t: Tensor, o: KaimingOptions = {}): Tensor {
  const bound = Math.sqrt(3) * kaimingStd(t, o);
  return uniformInit(t, -bound, bound, source(o));
}
/** Normal with standard deviation `gain / sqrt(fan)`. */
export function kaimingNormal_(t: Tensor, o: KaimingOptions = {}): Tensor {
  return normalInit(t, 0, kaimingStd(t, o), source(o));
}
/** Orthonormal rows or columns (of the matrix [first axis, rest]), times the gain. */
export function orthogonal_(t: Tensor, gain?: Arg<GainOptions>): Tensor {
  const o = bind<GainOptions>(['gain'], gain);
  if (t.shape.length < 2) throw new core.ShapeError('Only tensors with 2 or more dimensions are supported');
  return put(t, core.orthogonal(t.shape, { gain: o.gain ?? 1, dtype: t.spec.dtype, ...source(o) }));
}
/** Normal numbers with a part of each column, chosen at random, set to zero. */
export function sparse_(t: Tensor, sparsity: number, o: InitOptions & { std?: number } = {}): Tensor {
  if (t.shape.length !== 2) throw new core.ShapeError('Only tensors with 2 dimensions are supported');
  const [rows, columns] = t.shape as [number, number];
  const zeros = Math.ceil(sparsity * rows);
  const order = core.argsort(
    core.beside(t.value, () => core.uniform([rows, columns], source(o))),
    { axis: 0 },
  );
  return put(
    t,
    core.where(
      core.less(order, zeros),
      0,
      core.beside(t.value, () =>
        core.normal([rows, columns], { std: o.std ?? 0.01, dtype: t.spec.dtype, ...source(o) }),
      ),
    ),
  );
}
export { normalInit as normal_, uniformInit as uniform_ };
