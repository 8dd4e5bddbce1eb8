// Normalization as functions.
import * as core from '@nn/core';
import { bind, type Dim, dimsOf } from '../ops/arguments.js';
import { norm } from '../ops/reduce.js';
import { write } from '../tensor/assign.js';
import { Tensor } from '../tensor/handle.js';

export type Affine = Tensor | null;
/** Weight and bias as core takes them. */
export const affine = (weight?: Affine, bias?: Affine): { weight?: core.Tensor; bias?: core.Tensor } => ({
  ...(weight && { weight: weight.value }),
  ...(bias && { bias: bias.value }),
});

export interface NormOptions {
  weight?: Affine;
  bias?: Affine;
  eps?: number;
}

function checkTail(op: string, x: Tensor, shape: readonly number[]): void {
  const tail = x.shape.slice(x.shape.length - shape.length);
  if (x.shape.length < shape.length || tail.some((n, i) => n !== shape[i])) {
    const text = shape.join(', ');
    throw new core.ShapeError(
      `Given normalized_shape=[${text}], expected input with shape [*, ${text}], but got input of size [${x.shape.join(', ')}] (${op})`,
    );
  }
}

/** `(x - E[x]) / sqrt(Var[x] + eps) * weight + bias` over the last axes. */
export function layerNorm(
  x: Tensor,
  normalizedShape: readonly number[],
  weight?: Affine | NormOptions,
  bias?: Affine | NormOptions,
  eps?: number | NormOptions,
): Tensor {
  const o = bind<NormOptions>(['weight', 'bias', 'eps'], weight, bias, eps);
  checkTail('layer_norm', x, normalizedShape);
  const value = core.layerNorm(x.value, normalizedShape, { ...affine(o.weight, o.bias), eps: o.eps ?? 1e-5 });
  return new Tensor(value, 'NativeLayerNorm');
}

/** `x / sqrt(E[x^2] + eps) * weight` over the last axes; eps defaults to the dtype's machine epsilon. */
export function rmsNorm(
  x: Tensor,
  normalizedShape: readonly number[],
  weight?: Affine | NormOptions,
  eps?: number | null | NormOptions,
): Tensor {
  const o = bind<NormOptions>(['weight', 'eps'], weight, eps);
  checkTail('rms_norm', x, normalizedShape);
  const machine = x.spec.dtype === 'f64' ? Number.EPSILON : 2 ** -23;
  return new Tensor(
    core.rmsNorm(x.value, normalizedShape, { ...(o.weight && { weight: o.weight.value }), eps: o.eps ?? machine }),
    'Mul',
  );
}

/** Normalizes groups of channels (axis 1) of each sample. */
export function groupNorm(
  x: Tensor,
  groups: number,
  weight?: Affine | NormOptions,
  bias?: Affine | NormOptions,
  eps?: number | NormOptions,
): Tensor {
  const o = bind<NormOptions>(['weight', 'bias', 'eps'], weight, bias, eps);
  if (x.shape.length < 2)
    throw new core.ShapeError(`Expected at least 2 dimensions for input tensor but received ${x.shape.length}`);
  if (x.shape[1]! % groups) {
    throw new core.ShapeError(
      `Expected number of channels in input to be divisible by num_groups, but got input of shape [${x.shape.join(', ')}] and num_groups=${groups}`,
    );
  }
  return new Tensor(
    core.groupNorm(x.value, groups, { ...affine(o.weight, o.bias), eps: o.eps ?? 1e-5 }),
    'NativeGroupNorm',
  );
}

export interface BatchNormOptions extends NormOptions {
  /** Use the batch's own statistics, and move the running ones; default false. */
  training?: boolean;
  /** How far the running statistics move; default 0.1. */
  momentum?: number | core.Tensor;
}
/** Throws when there is only one value per channel, whose variance means nothing. */
function checkValues(shape: readonly number[]): void {
  const n = shape[0]! * core.sizeOf(shape.slice(2));
  if (n === 1) {
    throw new core.ValueError(
      `Expected more than 1 value per channel when training, got input size torch.Size([${shape.join(', ')}]). Use a larger batch, or eval()`,
    );
  }
}

/** Normalizes each channel (axis 1) over all other axes; in training the running statistics are moved in place. */
export function batchNorm(
  x: Tensor,
  runningMean: Tensor | null,
  runningVar: Tensor | null,
  o: BatchNormOptions = {},
): Tensor {
  const { training = false, momentum = 0.1, eps = 1e-5 } = o;
  const v = x.value;
  if (training) checkValues(v.shape);
  const own = training || !runningMean || !runningVar;
  const { output, mean, variance } = core.batchNorm(v, {
    axis: 1,
    ...affine(o.weight, o.bias),
    eps,
    ...(own ? {} : { mean: runningMean.value, variance: runningVar.value }),
  });
  if (training && runningMean && runningVar) {
    const n = v.size / v.shape[1]!;
    move(runningMean, mean, momentum);
    move(runningVar, core.mul(variance, n / (n - 1)), momentum);
  }
  return new Tensor(output, 'NativeBatchNorm');
}
/** `running = (1 - momentum) * running + momentum * now`, without a history. */
export function move(running: Tensor, now: core.Tensor, momentum: number | core.Tensor): void {
  core.noGrad(() => {
    const old = running.value;
    write(running, core.add(old, core.mul(core.sub(core.detach(now), old), momentum)), 'Lerp');
  });
}

export interface InstanceNormOptions extends NormOptions {
  runningMean?: Tensor | null;
  runningVar?: Tensor | null;
  /** Use each sample's own statistics; default true. */
  useInputStats?: boolean;
  momentum?: number;
}
/** Normalizes each channel of each sample over its other axes. */
export function instanceNorm(x: Tensor, o: InstanceNormOptions = {}): Tensor {
  const { useInputStats = true, momentum = 0.1, eps = 1e-5, runningMean, runningVar } = o;
  const v = x.value;
  if (!useInputStats && runningMean && runningVar) {
    return batchNorm(x, runningMean, runningVar, { ...o, training: false });
  }
  const count = core.sizeOf(v.shape.slice(2));
  if (count === 1) {
    throw new core.ValueError(
      `Expected more than 1 spatial element when training, got input size torch.Size([${v.shape.join(', ')}])`,
    );
  }
  const axes = v.shape.map((_, d) => d).slice(2);
  const stats = core.moments(v, axes, { keepdims: true });
  const channel = (t: Tensor | null | undefined): core.Tensor | undefined =>
    t
      ? core.reshape(
          t.value,
          v.shape.map((_, d) => (d === 1 ? v.shape[1]! : 1)),
        )
      : undefined;
  const [weight, bias] = [channel(o.weight), channel(o.bias)];
  if (runningMean && runningVar) {
    const perChannel = (t: core.Tensor): core.Tensor => core.mean(core.reshape(t, v.shape.slice(0, 2)), { axes: 0 });
    move(runningMean, perChannel(stats.mean), momentum);
    move(runningVar, core.mul(perChannel(stats.variance), count / (count - 1)), momentum);
  }
  return new Tensor(core.normalize(v, { ...stats, ...(weight && { weight }), ...(bias && { bias }), eps }), 'View');
}

/** `x / (k + alpha / size * sum of x^2 over neighbouring channels)^beta` */
export function localResponseNorm(
  x: Tensor,
  size: number,
  o: { alpha?: number; beta?: number; k?: number } = {},
): Tensor {
  if (x.shape.length < 3)
    throw new core.ShapeError(`Expected 3D or higher dimensionality input (got ${x.shape.length} dimensions)`);
  return new Tensor(
    core.localResponseNorm(x.value, size, { alpha: o.alpha ?? 1e-4, beta: o.beta ?? 0.75, k: o.k ?? 1 }),
    'Div',
  );
}

export interface NormalizeOptions {
  p?: number;
  dim?: Dim;
  eps?: number;
}
/** `x / max(norm, eps)` with the p-norm along an axis. */
export function normalize(x: Tensor, o: NormalizeOptions = {}): Tensor {
  const { p = 2, dim = 1, eps = 1e-12 } = o;
  const size = norm(x, p, { dim: dimsOf(dim, x.shape.length), keepdim: true });
  return new Tensor(core.div(x.value, core.maximum(size.value, eps)), 'Div');
}
