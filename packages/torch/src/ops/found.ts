// Functions whose result has a size that depends on the values: they read their input at once, so they cannot be traced.
import * as core from '@nn/core';
import { Tensor } from '../tensor/handle.js';
import { rowMajor } from '../tensor/view.js';
import { dimOf } from './arguments.js';
import { range } from '../tensor/range.js';

/** Integers where x is. */
const ints = (x: Tensor, values: readonly number[], shape?: readonly number[]): Tensor =>
  new Tensor(core.beside(x.value, () => core.tensor(Int32Array.from(values), shape ? { shape } : {})));

/** The places of the elements that are not 0, as rows; or one vector per axis with `asTuple`. */
export function nonzero(x: Tensor, o: { asTuple: true }): Tensor[];
export function nonzero(x: Tensor, o?: { asTuple?: false }): Tensor;
export function nonzero(x: Tensor, o: { asTuple?: boolean } = {}): Tensor | Tensor[] {
  const v = x.value;
  const hits: number[] = [];
  core.dataSync(v).forEach((e, i) => e !== 0 && hits.push(i));
  const steps = rowMajor(v.shape);
  const place = (i: number, d: number): number => Math.floor(i / steps[d]!) % v.shape[d]!;
  if (o.asTuple)
    return v.shape.map((_, d) =>
      ints(
        x,
        hits.map((i) => place(i, d)),
      ),
    );
  return ints(
    x,
    hits.flatMap((i) => v.shape.map((_, d) => place(i, d))),
    [hits.length, v.ndim],
  );
}
/** The places of the elements that are not 0, as rows. */
export function argwhere(x: Tensor): Tensor {
  return nonzero(x);
}
/** The elements where `mask` is true, in order. */
export function maskedSelect(x: Tensor, mask: Tensor): Tensor {
  const shape = core.broadcastShapes('masked_select', x.shape, mask.shape);
  const hits: number[] = [];
  core.dataSync(core.expand(mask.value, shape)).forEach((e, i) => e !== 0 && hits.push(i));
  return new Tensor(
    core.take(
      core.reshape(core.expand(x.value, shape), [-1]),
      core.beside(x.value, () => core.tensor(Int32Array.from(hits))),
      0,
    ),
    'MaskedSelect',
  );
}

export interface UniqueOptions {
  sorted?: boolean;
  returnInverse?: boolean;
  returnCounts?: boolean;
  dim?: number | null;
}
/** Rows of an axis as texts, to compare them. */
function rowsOf(v: core.Tensor, axis: number): number[][] {
  const lines = core.reshape(core.permute(v, [axis, ...range(v.ndim).filter((d) => d !== axis)]), [v.shape[axis]!, -1]);
  const width = lines.shape[1]!;
  const data = core.dataSync(lines);
  return range(lines.shape[0]!).map((i) => Array.from(data.subarray(i * width, (i + 1) * width)));
}
const compare = (a: readonly number[], b: readonly number[]): number => {
  const d = a.findIndex((x, i) => x !== b[i]);
  return d < 0 ? 0 : a[d]! - b[d]!;
};
function groups(x: Tensor, o: UniqueOptions, consecutive: boolean): Tensor | Tensor[] {
  const flat = o.dim === undefined || o.dim === null;
  const v = flat ? core.reshape(x.value, [-1]) : x.value;
  const axis = flat ? 0 : dimOf(o.dim!, v.ndim);
  const rows = rowsOf(v, axis);
  const order = range(rows.length);
  if (!consecutive) order.sort((a, b) => compare(rows[a]!, rows[b]!) || a - b);
  const firsts: number[] = [];
  const counts: number[] = [];
  const inverse = new Array<number>(rows.length);
  for (const i of order) {
    const last = firsts.at(-1);
    if (last === undefined || compare(rows[last]!, rows[i]!) !== 0) {
      firsts.push(i);
      counts.push(0);
    }
    counts[counts.length - 1]!++;
    inverse[i] = firsts.length - 1;
  }
  const values = new Tensor(
    core.take(
      v,
      core.beside(v, () => core.tensor(Int32Array.from(firsts))),
      axis,
    ),
  );
  const more = [
    ...(o.returnInverse ? [ints(x, inverse, flat ? x.shape : undefined)] : []),
    ...(o.returnCounts ? [ints(x, counts)] : []),
  ];
  return more.length ? [values, ...more] : values;
}
/** The different elements (or slices of an axis) in order; with options also where each went and how often each is there. */
export function unique(x: Tensor, o: UniqueOptions = {}): Tensor | Tensor[] {
  return groups(x, o, false);
}
/** The first element (or slice of an axis) of each run of equal ones. */
export function uniqueConsecutive(x: Tensor, o: UniqueOptions = {}): Tensor | Tensor[] {
  return groups(x, o, true);
}

/** How often each whole number is there, or the sum of the weights. */
export function bincount(
  x: Tensor,
  weights?: Tensor | { weights?: Tensor; minlength?: number },
  o: { minlength?: number } = {},
): Tensor {
  const w = weights instanceof Tensor ? weights : weights?.weights;
  const minlength = (weights instanceof Tensor ? undefined : weights?.minlength) ?? o.minlength ?? 0;
  const data = [...core.dataSync(x.value)];
  if (data.some((n) => n < 0)) throw new core.ValueError('bincount only supports 1-d non-negative integral inputs');
  const length = data.reduce((a, b) => Math.max(a, b + 1), minlength);
  const kind = w ? w.spec.dtype : 'i32';
  return new Tensor(
    core.scatterAdd(
      core.beside(x.value, () => core.zeros([length], kind)),
      x.value,
      w ? w.value : core.beside(x.value, () => core.ones(x.shape, 'i32')),
      0,
    ),
  );
}
/** How many elements fall into each of `bins` equal intervals between `min` and `max` (both 0: the extremes of the data). */
export function histc(
  x: Tensor,
  bins: number | { bins?: number; min?: number; max?: number } = 100,
  min = 0,
  max = 0,
): Tensor {
  const o = typeof bins === 'number' ? { bins, min, max } : { bins: 100, min: 0, max: 0, ...bins };
  const data = [...core.dataSync(x.value)];
  let [lo, hi] = [o.min, o.max];
  if (lo === hi) {
    lo = data.reduce((a, b) => Math.min(a, b), Infinity);
    hi = data.reduce((a, b) => Math.max(a, b), -Infinity);
    if (lo === hi) [lo, hi] = [lo - 1, hi + 1];
  }
  const counts = new Array<number>(o.bins).fill(0);
  for (const e of data)
    if (e >= lo && e <= hi) counts[Math.min(o.bins - 1, Math.floor(((e - lo) / (hi - lo)) * o.bins))]!++;
  return new Tensor(core.beside(x.value, () => core.tensor(counts, { shape: [o.bins], dtype: x.spec.dtype })));
}
