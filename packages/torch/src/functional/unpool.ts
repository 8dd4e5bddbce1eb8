// The inverse of max pooling, and max pooling over windows at random places.
import * as core from '@nn/core';
import { pair } from '../ops/arguments.js';
import { Tensor } from '../tensor/handle.js';
import { range } from '../tensor/range.js';
import { type PerAxis, spread } from './conv.js';
import type { Indexed } from './pool.js';

export interface UnpoolOptions {
  stride?: PerAxis | null;
  padding?: PerAxis;
  /** Sizes of the result's last axes; default the smallest that pooling could have come from. */
  outputSize?: readonly number[] | null;
}
function maxUnpool(rank: number, x: Tensor, indices: Tensor, kernel: PerAxis, o: UnpoolOptions): Tensor {
  const window = spread(kernel, rank, 'kernel_size');
  const stride = o.stride == null ? window : spread(o.stride, rank, 'stride');
  const padding = spread(o.padding ?? 0, rank, 'padding');
  const spatial = x.shape.slice(x.shape.length - rank);
  const smallest = spatial.map((n, i) => (n - 1) * stride[i]! + window[i]! - 2 * padding[i]!);
  const size = o.outputSize ? o.outputSize.slice(o.outputSize.length - rank) : smallest;
  size.forEach((n, i) => {
    if (n <= smallest[i]! - stride[i]! || n >= smallest[i]! + stride[i]!) {
      throw new core.ValueError(
        `invalid output_size "[${size.join(', ')}]" (dim ${i} must be between ${smallest[i]! - stride[i]!} and ${smallest[i]! + stride[i]!})`,
      );
    }
  });
  return new Tensor(core.maxUnpool(x.value, indices.value, size), `MaxUnpool${rank}D`);
}
/** Puts pooled elements back where they were, zeros elsewhere. */
export function maxUnpool1d(x: Tensor, indices: Tensor, kernelSize: PerAxis, o: UnpoolOptions = {}): Tensor {
  return maxUnpool(1, x, indices, kernelSize, o);
}
/** Puts pooled elements back where they were, zeros elsewhere. */
export function maxUnpool2d(x: Tensor, indices: Tensor, kernelSize: PerAxis, o: UnpoolOptions = {}): Tensor {
  return maxUnpool(2, x, indices, kernelSize, o);
}
/** Puts pooled elements back where they were, zeros elsewhere. */
export function maxUnpool3d(x: Tensor, indices: Tensor, kernelSize: PerAxis, o: UnpoolOptions = {}): Tensor {
  return maxUnpool(3, x, indices, kernelSize, o);
}

export interface FractionalOptions {
  /** Sizes of the result's last axes. */
  outputSize?: PerAxis | null;
  /** Sizes as parts of the input's, between 0 and 1. */
  outputRatio?: PerAxis | null;
  returnIndices?: boolean;
  /** [n, c, axes] in [0, 1): where the windows begin; default drawn. */
  randomSamples?: Tensor | null;
}
/** Starts of the windows of one axis for each plane, [planes, out]: `trunc((i + u) a) - trunc(u a)`, the last one at the end. */
function starts(u: core.Tensor, size: number, out: number, window: number): core.Tensor {
  if (out === 1) return core.beside(u, () => core.full([u.shape[0]!, 1], size - window, 'i32'));
  const a = (size - window) / (out - 1);
  const i = core.beside(u, () => core.arange(0, out, 1, u.dtype));
  const column = core.unsqueeze(u, 1);
  const begin = core.sub(core.trunc(core.mul(core.add(i, column), a)), core.trunc(core.mul(column, a)));
  return core.cast(core.where(core.equal(i, out - 1), size - window, begin), 'i32');
}
function fractional(rank: number, x: Tensor, kernel: PerAxis, o: FractionalOptions): Tensor | Indexed {
  if ((o.outputSize == null) === (o.outputRatio == null)) {
    throw new core.ValueError(
      'FractionalMaxPool requires specifying either an output size, or a pooling ratio, but not both',
    );
  }
  const v = x.value;
  const window = spread(kernel, rank, 'kernel_size');
  const lead = v.shape.slice(0, v.ndim - rank);
  const spatial = v.shape.slice(v.ndim - rank);
  const out =
    o.outputSize != null
      ? spread(o.outputSize, rank, 'output_size')
      : spread(o.outputRatio!, rank, 'output_ratio').map((r, i) => Math.floor(r * spatial[i]!));
  const planes = core.sizeOf(lead);
  const samples = core.reshape(
    o.randomSamples ? o.randomSamples.value : core.beside(v, () => core.uniform([planes, rank], { dtype: v.dtype })),
    [planes, rank],
  );
  // PyTorch's two-dimensional form takes its samples in the order width, height.
  const column = (axis: number): number => (rank === 2 ? rank - 1 - axis : axis);
  let places = core.beside(v, () => core.zeros([planes, ...new Array<number>(2 * rank).fill(1)], 'i32'));
  spatial.forEach((n, axis) => {
    const u = core.select(samples, 1, column(axis));
    const at = core.add(
      core.unsqueeze(starts(u, n, out[axis]!, window[axis]!), 2),
      core.beside(v, () => core.iota([1, 1, window[axis]!], 2)),
    );
    const shape = [
      planes,
      ...range(2 * rank).map((d) => (d === axis ? out[axis]! : d === rank + axis ? window[axis]! : 1)),
    ];
    places = core.add(core.mul(places, n), core.reshape(at, shape));
  });
  const count = core.sizeOf(out);
  const flat = core.reshape(places, [planes, count, core.sizeOf(window)]);
  const image = core.reshape(v, [planes, core.sizeOf(spatial)]);
  const seen = core.reshape(core.gather(image, core.reshape(flat, [planes, -1]), 1), flat.shape);
  const best = core.argmax(seen, { axis: 2, keepdims: true });
  const shape = [...lead, ...out];
  const values = new Tensor(core.reshape(core.gather(seen, best, 2), shape), `FractionalMaxPool${rank}D`);
  return o.returnIndices
    ? pair('values', values, 'indices', new Tensor(core.reshape(core.gather(flat, best, 2), shape)))
    : values;
}
/** Max pooling over windows at random places (Graham 2014). */
export function fractionalMaxPool2d(x: Tensor, kernelSize: PerAxis, o: FractionalOptions): Tensor | Indexed {
  return fractional(2, x, kernelSize, o);
}
/** Max pooling over windows at random places (Graham 2014). */
export function fractionalMaxPool3d(x: Tensor, kernelSize: PerAxis, o: FractionalOptions): Tensor | Indexed {
  return fractional(3, x, kernelSize, o);
}
