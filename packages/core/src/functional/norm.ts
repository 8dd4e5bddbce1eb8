// Normalization: statistics over some axes, and the layer, batch, group, RMS and L2 forms made of them. Variances are biased (divide by n).
import {
  add,
  div,
  maximum,
  mean,
  mul,
  pow,
  reshape,
  rsqrt,
  sqrt,
  square,
  sub,
  sum,
  windowReduce,
} from '../ops/index.js';
import { customFunction } from '../autograd/index.js';
import { isGradEnabled } from '../graph/state.js';
import type { Tensor } from '../graph/tensor.js';
import { describe, normalizeAxis, normalizeAxes, ShapeError, ValueError } from '../base/index.js';

/** How much a normalized value is scaled and shifted: `y * weight + bias`. Either may be missing. */
export interface Affine {
  readonly weight?: Tensor;
  readonly bias?: Tensor;
}

/**
 * Mean and biased variance over the axes, `E[x]` and `E[(x - E[x])^2]`.
 *
 * @param axes        default all
 * @param o.keepdims  default false
 * @example
 * moments(tensor([1, 3])).variance // => 1
 */
export function moments(
  x: Tensor,
  axes?: number | readonly number[],
  o: { keepdims?: boolean } = {},
): { mean: Tensor; variance: Tensor } {
  const over = normalizeAxes('moments', axes, x.ndim);
  const m = mean(x, { axes: over, keepdims: true });
  const v = mean(square(sub(x, m)), { axes: over, keepdims: true });
  if (o.keepdims) return { mean: m, variance: v };
  const shape = x.shape.filter((_, i) => !over.includes(i));
  return { mean: reshape(m, shape), variance: reshape(v, shape) };
}

/**
 * `(x - mean) / sqrt(variance + eps) * weight + bias`; everything broadcasts against x.
 *
 * @param o.eps  in units of x^2
 * @example
 * normalize(tensor([1, 3]), { mean: tensor(2), variance: tensor(4), eps: 0 }) // => [-0.5, 0.5]
 */
export function normalize(x: Tensor, o: Affine & { mean: Tensor; variance: Tensor; eps: number }): Tensor {
  const scale = rsqrt(add(o.variance, o.eps));
  return affine(mul(sub(x, o.mean), scale), o);
}

function affine(y: Tensor, o: Affine): Tensor {
  const scaled = o.weight === undefined ? y : mul(y, o.weight);
  return o.bias === undefined ? scaled : add(scaled, o.bias);
}

/**
 * Layer normalization: `y = (x - E[x]) / sqrt(Var[x] + eps) * weight + bias` over the last axes.
 *
 * @param x         [..., ...shape]
 * @param shape     sizes of the axes to normalize
 * @param o.weight  [...shape]; default 1
 * @param o.bias    [...shape]; default 0
 * @param o.eps     added to the variance, in units of x^2; default 1e-5
 * @returns         [..., ...shape]
 * @throws ShapeError  when x does not end with `shape`
 * @see Ba, Kiros & Hinton 2016, arXiv:1607.06450
 * @example
 * layerNorm(tensor([[1, 3]]), [2]) // => [[-1, 1]] within 1e-5
 */
export function layerNorm(x: Tensor, shape: readonly number[], o: Affine & { eps?: number } = {}): Tensor {
  return affine(standardize(x, lastAxes('layerNorm', x, shape), o.eps ?? 1e-5), o);
}

/**
 * `y = (x - E[x]) / sqrt(Var[x] + eps)` over the axes. Its gradient reads y and the scale alone:
 * `dx = (g - E[g] - y E[g y]) / sqrt(Var[x] + eps)`.
 */
function standardize(x: Tensor, axes: readonly number[], eps: number): Tensor {
  const forward = (): { y: Tensor; scale: Tensor } => {
    const { mean: m, variance } = moments(x, axes, { keepdims: true });
    const scale = rsqrt(add(variance, eps));
    return { y: mul(sub(x, m), scale), scale };
  };
  let kept: ReturnType<typeof forward>;
  return customFunction({
    name: 'standardize',
    derived: true,
    forward: () => (kept = forward()).y,
    backward: (_, g) => {
      // a gradient that is differentiated again needs both as functions of x
      const { y, scale } = isGradEnabled() ? forward() : kept;
      const average = (t: Tensor): Tensor => mean(t, { axes, keepdims: true });
      return mul(sub(sub(g, average(g)), mul(y, average(mul(g, y)))), scale);
    },
  })(x);
}

/**
 * Root mean square normalization over the last axes: `x / sqrt(E[x^2] + eps) * weight`.
 *
 * @param x         [..., ...shape]
 * @param shape     sizes of the axes to normalize
 * @param o.weight  [...shape]; default 1
 * @param o.eps     in units of x^2; 1e-6 in Keras, the dtype's epsilon in PyTorch
 * @throws ShapeError  when x does not end with `shape`
 * @see Zhang & Sennrich 2019, arXiv:1910.07467
 * @example
 * rmsNorm(tensor([3, 4]), [2], { eps: 0 }) // => [0.848528, 1.131371] within 1e-6
 */
export function rmsNorm(x: Tensor, shape: readonly number[], o: { weight?: Tensor; eps: number }): Tensor {
  const power = mean(square(x), { axes: lastAxes('rmsNorm', x, shape), keepdims: true });
  return affine(mul(x, rsqrt(add(power, o.eps))), { weight: o.weight });
}

function lastAxes(op: string, x: Tensor, shape: readonly number[]): number[] {
  const first = x.ndim - shape.length;
  if (shape.length === 0 || first < 0 || shape.some((n, i) => n !== x.shape[first + i])) {
    throw new ShapeError(`${op}: x ${describe(x.spec)} does not end with [${shape}]`);
  }
  return shape.map((_, i) => first + i);
}

/**
 * Group normalization: the channels are split into groups, and each group of each sample is normalized over its channels and all other
 * axes but the first. `groups` = channels is instance normalization, `groups` = 1 normalizes each sample.
 *
 * @param x         [n, ...], with the channels on `axis`
 * @param groups    must divide the number of channels
 * @param o.axis    the channel axis; default 1
 * @param o.weight  [channels]; default 1
 * @param o.bias    [channels]; default 0
 * @param o.eps     in units of x^2; default 1e-5
 * @throws ValueError  when the groups do not divide the channels
 * @see Wu & He 2018, arXiv:1803.08494
 * @example
 * groupNorm(tensor([[1, 3, 10, 30]]), 2) // => [[-1, 1, -1, 1]] within 1e-5
 */
export function groupNorm(
  x: Tensor,
  groups: number,
  o: { axis?: number; weight?: Tensor; bias?: Tensor; eps?: number } = {},
): Tensor {
  const axis = normalizeAxis('groupNorm', o.axis ?? 1, x.ndim);
  const channels = x.shape[axis]!;
  if (groups < 1 || channels % groups !== 0) {
    throw new ValueError(`groupNorm: ${groups} groups do not divide the ${channels} channels of ${describe(x.spec)}`);
  }
  const split = reshape(x, [...x.shape.slice(0, axis), groups, channels / groups, ...x.shape.slice(axis + 1)]);
  const axes = split.shape.map((_, i) => i).filter((i) => i !== 0 && i !== axis);
  const y = reshape(standardize(split, axes, o.eps ?? 1e-5), x.shape);
  return affine(y, { weight: onAxis(o.weight, x, axis), bias: onAxis(o.bias, x, axis) });
}

/**
 * Batch normalization over all axes but one, with the batch's own statistics or with given ones (inference).
 *
 * @param x           [n, ...], with the channels on `axis`
 * @param o.axis      the channel axis; default 1
 * @param o.mean      [channels]; together with `variance`: normalize by these instead of the batch's own
 * @param o.variance  [channels]
 * @param o.weight    [channels]; default 1
 * @param o.bias      [channels]; default 0
 * @param o.eps       in units of x^2; default 1e-5
 * @returns           output, and the statistics used, [channels] each, variance biased. PyTorch's running variance takes
 *                    `variance * n / (n - 1)`, n values per channel; Keras takes it as it is
 * @see Ioffe & Szegedy 2015, arXiv:1502.03167
 * @example
 * batchNorm(tensor([[1], [3]])).output // => [[-1], [1]] within 1e-5
 * batchNorm(tensor([[1], [3]])).mean // => [2]
 */
export function batchNorm(
  x: Tensor,
  o: { axis?: number; mean?: Tensor; variance?: Tensor; weight?: Tensor; bias?: Tensor; eps?: number } = {},
): { output: Tensor; mean: Tensor; variance: Tensor } {
  const axis = normalizeAxis('batchNorm', o.axis ?? 1, x.ndim);
  const others = x.shape.map((_, i) => i).filter((i) => i !== axis);
  const own =
    o.mean === undefined || o.variance === undefined ? moments(x, others) : { mean: o.mean, variance: o.variance };
  const output = normalize(x, {
    mean: onAxis(own.mean, x, axis),
    variance: onAxis(own.variance, x, axis),
    weight: onAxis(o.weight, x, axis),
    bias: onAxis(o.bias, x, axis),
    eps: o.eps ?? 1e-5,
  });
  return { output, ...own };
}

/** A vector of one value per index of the axis, shaped to broadcast against x. */
function onAxis<T extends Tensor | undefined>(v: T, x: Tensor, axis: number): T | Tensor {
  return v === undefined
    ? v
    : reshape(
        v,
        x.shape.map((n, i) => (i === axis ? n : 1)),
      );
}

/**
 * `x / max(norm, eps)` with the Euclidean norm along the axes.
 *
 * @param axes   default all
 * @param o.eps  the smallest norm to divide by; default 1e-12
 * @example
 * l2Normalize(tensor([3, 4]), 0) // => [0.6, 0.8] within 1e-6
 */
export function l2Normalize(x: Tensor, axes?: number | readonly number[], o: { eps?: number } = {}): Tensor {
  const eps = o.eps ?? 1e-12;
  const power = sum(square(x), { axes, keepdims: true });
  return div(x, sqrt(maximum(power, eps * eps)));
}

/**
 * Local response normalization: `x / (k + alpha / size * s)^beta`, s the sum of x^2 over `size` neighbouring channels,
 * `floor(size / 2)` of them before.
 *
 * @param x        [n, channels, ...]
 * @param size     how many channels count
 * @param o.alpha  default 1e-4
 * @param o.beta   default 0.75
 * @param o.k      default 1
 * @see Krizhevsky, Sutskever & Hinton 2012
 * @example
 * localResponseNorm(tensor([[[3], [0]]]), 2, { alpha: 2, beta: 1 }) // => [[[0.3], [0]]] within 1e-6
 */
export function localResponseNorm(
  x: Tensor,
  size: number,
  o: { alpha?: number; beta?: number; k?: number } = {},
): Tensor {
  const { alpha = 1e-4, beta = 0.75, k = 1 } = o;
  const spatial = x.shape.slice(2);
  const near: [number, number] = [Math.floor(size / 2), Math.floor((size - 1) / 2)];
  const power = windowReduce(square(x), 'sum', {
    window: [size, ...spatial.map(() => 1)],
    stride: 1,
    padding: [near, ...spatial.map((): [number, number] => [0, 0])],
  });
  return div(x, pow(add(mul(power, alpha / size), k), beta));
}
