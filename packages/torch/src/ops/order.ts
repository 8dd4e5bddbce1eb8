// Order statistics and running extremes, which are not methods.
import * as core from '@nn/core';
import { Tensor } from '../tensor/handle.js';
import { range } from '../tensor/range.js';
import { bind, dimOf, pair, type ValuesIndices } from './arguments.js';
import { along, ranked } from './ranking.js';
import { sort } from './scan.js';

/** Running `logsumexp` along an axis. */
export function logcumsumexp(x: Tensor, dim: number): Tensor {
  const stable = (v: core.Tensor, axis: number): core.Tensor => {
    // Two running extremes would be needed for one pass; n^2 stable sums along one axis are exact.
    const n = v.shape[axis]!;
    const moved = core.unsqueeze(core.transpose(v, axis, -1), -2);
    const earlier = core.tril(core.beside(v, () => core.ones([n, n], 'bool')));
    const masked = core.where(earlier, moved, -Infinity);
    return core.transpose(core.logSumExp(masked, { axes: -1 }), axis, -1);
  };
  return along(x, dim, undefined, stable, 'Logcumsumexp');
}

function runningExtreme(x: Tensor, dim: number, largest: boolean): ValuesIndices {
  const v = x.value;
  const axis = dimOf(dim, v.ndim);
  const n = v.shape[axis]!;
  const moved = core.unsqueeze(core.transpose(v, axis, -1), -2);
  const earlier = core.tril(core.beside(v, () => core.ones([n, n], 'bool')));
  const masked = core.where(earlier, moved, largest ? -Infinity : Infinity);
  // The last one of equal elements counts, as in PyTorch.
  const reversed = core.flip(masked, [-1]);
  const place = core.sub(n - 1, largest ? core.argmax(reversed, { axis: -1 }) : core.argmin(reversed, { axis: -1 }));
  const indices = core.transpose(place, axis, -1);
  return pair('values', new Tensor(core.gather(v, indices, axis), 'Cummax'), 'indices', new Tensor(indices));
}

/** Running maxima along an axis, with their indices. */
export function cummax(x: Tensor, dim: number): ValuesIndices {
  return runningExtreme(x, dim, true);
}

/** Running minima along an axis, with their indices. */
export function cummin(x: Tensor, dim: number): ValuesIndices {
  return runningExtreme(x, dim, false);
}

/** Sorted along the first axis. */
export function msort(x: Tensor): Tensor {
  return sort(x, 0).values;
}

/** The k-th smallest element (counted from 1) along an axis, with its index. */
export function kthvalue(x: Tensor, k: number, o: { dim?: number; keepdim?: boolean } = {}): ValuesIndices {
  const v = x.value;
  const axis = dimOf(o.dim ?? -1, v.ndim);
  const n = v.shape[axis] ?? 1;
  if (!(k >= 1 && k <= n))
    throw new core.ShapeError(
      `kthvalue(): selected number k out of range for dimension ${axis}: k is ${k}, the size ${n}`,
    );
  return ranked(v, axis, k - 1, o.keepdim ?? false, 'Kthvalue');
}

/** The most frequent element along an axis (the smallest one of several), with the last of its indices. */
export function mode(
  x: Tensor,
  dim?: number | { dim?: number; keepdim?: boolean },
  o?: { keepdim?: boolean },
): ValuesIndices {
  const at = bind<{ dim: number; keepdim: boolean }>(['dim'], dim, o);
  const v = x.value;
  const axis = dimOf(at.dim ?? -1, v.ndim);
  const lines = core.transpose(v, axis, -1);
  const counts = core.sum(core.cast(core.equal(core.unsqueeze(lines, -1), core.unsqueeze(lines, -2)), 'i32'), {
    axes: -1,
  });
  const often = core.equal(counts, core.max(counts, { axes: -1, keepdims: true }));
  const numbers = v.dtype === 'bool' ? core.cast(lines, 'u8') : lines;
  const found = core.where(often, numbers, core.dtypes[numbers.dtype].highest);
  const value = core.min(found, { axes: -1, keepdims: true });
  const n = v.shape[axis]!;
  const last = core.sub(
    n - 1,
    core.argmax(core.flip(core.cast(core.equal(found, value), 'i32'), [-1]), { axis: -1, keepdims: true }),
  );
  const index = core.transpose(last, axis, -1);
  const out = (t: core.Tensor): core.Tensor => (at.keepdim ? t : core.squeeze(t, [axis]));
  return pair('values', new Tensor(out(core.gather(v, index, axis)), 'Mode'), 'indices', new Tensor(out(index)));
}

export interface QuantileOptions {
  dim?: number | null;
  keepdim?: boolean;
}

/** The q-quantile (0 to 1) along an axis, between neighbours by linear interpolation; several q make a first axis. */
export function quantile(
  x: Tensor,
  q: number | Tensor,
  dim?: number | QuantileOptions | null,
  o?: QuantileOptions,
): Tensor {
  const at = bind<QuantileOptions>(['dim'], dim, o);
  const flat = at.dim === undefined || at.dim === null;
  const v = flat ? core.reshape(x.value, [-1]) : x.value;
  const axis = flat ? 0 : dimOf(at.dim!, v.ndim);
  const sorted = core.sort(core.transpose(v, axis, -1)).values;
  const n = sorted.shape.at(-1)!;
  const wanted =
    typeof q === 'number' ? core.beside(v, () => core.tensor([q], { dtype: v.dtype })) : core.reshape(q.value, [-1]);
  const place = core.mul(wanted, n - 1);
  const low = core.floor(place);
  const weight = core.sub(place, low);
  const pick = (p: core.Tensor): core.Tensor => core.take(sorted, core.cast(p, 'i32'), sorted.ndim - 1);
  const [a, b] = [pick(low), pick(core.ceil(place))];
  const values = core.add(a, core.mul(core.sub(b, a), weight));
  // [..., q] with the reduced axis in place, then q to the front.
  const lines = flat || !at.keepdim ? values : core.unsqueeze(values, axis);
  const front = core.permute(lines, [lines.ndim - 1, ...range(lines.ndim - 1)]);
  const single = typeof q === 'number' || q.shape.length === 0;
  return new Tensor(single ? core.squeeze(front, [0]) : front, 'Squeeze');
}

/** Differences of neighbours along an axis, `n` times. */
export function diff(x: Tensor, o: { n?: number; dim?: number } = {}): Tensor {
  let v = x.value;
  const axis = dimOf(o.dim ?? -1, v.ndim);
  for (let i = 0; i < (o.n ?? 1); i++) {
    const [lo, hi] = [v.shape.map(() => 0), [...v.shape]];
    const [lo2, hi2] = [[...lo], [...hi]];
    lo[axis] = 1;
    hi2[axis] = hi2[axis]! - 1;
    v = core.sub(core.slice(v, lo, hi), core.slice(v, lo2, hi2));
  }
  return new Tensor(v, 'Sub');
}
