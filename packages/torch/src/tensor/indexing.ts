// x[...] and x[...] = value: numbers, slices, null, dots, and index or mask tensors, with PyTorch's rules.
import * as core from '@nn/core';
import { assign, store } from './assign.js';
import { type Operand, rawTensor, Tensor } from './handle.js';
import { type AxisRange, readRanges, replaceRanges, rowMajor, stridesOf, viewOf } from './view.js';
import { range } from './range.js';

/** A range of an axis, as Python's `start:stop:step`; see `slice`. */
export class Slice {
  constructor(
    readonly start: number | null = null,
    readonly stop: number | null = null,
    readonly step: number | null = null,
  ) {}
}
/**
 * A range of an axis for `at` and `set`: `x.at(slice(1, 3))` is Python's `x[1:3]`. A string does the same: `x.at('1:3')`.
 *
 * @param start  default the first element; negative counts from the end
 * @param stop   not included; default past the last element
 * @param step   positive; default 1
 */
export const slice = (start?: number | null, stop?: number | null, step?: number | null): Slice =>
  new Slice(start, stop, step);

/** One part of an index: a place, a range (`'1:3'`), a new axis (null), all the axes between (`'...'`), places, or a mask. */
export type Index = number | boolean | null | string | Slice | Tensor | readonly number[] | readonly boolean[];

const sliceText = /^\s*(-?\d+)?\s*:\s*(-?\d+)?\s*(?::\s*(-?\d+)?\s*)?$/;
function parse(item: Index): Exclude<Index, string> {
  if (typeof item !== 'string') return item;
  const found = sliceText.exec(item);
  if (!found)
    throw new core.ValueError(`index "${item}" is not a range. Write "start:stop", "start:stop:step", ":" or "..."`);
  const number = (s: string | undefined): number | null => (s === undefined ? null : Number(s));
  return new Slice(number(found[1]), number(found[2]), number(found[3]));
}

function rangeOf(s: Slice, axis: number, n: number): AxisRange {
  const step = s.step ?? 1;
  if (step <= 0) throw new core.ValueError('step must be greater than zero. Use torch.flip to turn an axis round');
  const clip = (i: number): number => Math.min(Math.max(i < 0 ? i + n : i, 0), n);
  const start = clip(s.start ?? 0);
  const stop = clip(s.stop ?? n);
  return { axis, start, size: Math.max(0, Math.ceil((stop - start) / step)), step };
}

interface Plan {
  /** Numbers and slices. */
  readonly ranges: AxisRange[];
  /** Shape after the ranges, with the axes of numbers. */
  readonly middle: number[];
  /** Shape after that: without the axes of numbers, with new ones. */
  readonly shape: number[];
  readonly strides: number[];
  /** Index tensors, by axis of `shape`. */
  readonly tensors: Map<number, core.Tensor>;
}

const asTensor = (x: Tensor, item: Tensor | readonly number[] | readonly boolean[]): core.Tensor => {
  if (item instanceof Tensor) return item.value;
  const mask = typeof item[0] === 'boolean';
  return core.beside(x.value, () => core.tensor(item, { shape: [item.length], dtype: mask ? 'bool' : 'i32' }));
};
const isPlaces = (item: unknown): item is Tensor | readonly number[] | readonly boolean[] =>
  item instanceof Tensor || Array.isArray(item);

function plan(x: Tensor, index: readonly Index[]): Plan {
  const { shape } = x;
  const items: (Exclude<Index, string> | core.Tensor)[] = [];
  const used = index.reduce<number>(
    (n, item) =>
      n +
      (item === null || item === '...' || typeof item === 'boolean'
        ? 0
        : isPlaces(item)
          ? consumed(asTensor(x, item))
          : 1),
    0,
  );
  if (used > shape.length) throw new core.IndexError(`too many indices for tensor of dimension ${shape.length}`);
  const free = (): Slice[] => range(shape.length - used).map(() => new Slice());
  if (index.filter((i) => i === '...').length > 1)
    throw new core.ValueError("an index can only have a single ellipsis ('...')");
  for (const item of index) {
    if (item === '...') items.push(...free());
    else items.push(isPlaces(item) ? asTensor(x, item) : parse(item));
  }
  if (!index.includes('...')) items.push(...free());

  const base = stridesOf(x);
  const out: Plan = { ranges: [], middle: [...shape], shape: [], strides: [], tensors: new Map() };
  let axis = 0;
  const keep = (size: number, stride: number): void => {
    out.shape.push(size);
    out.strides.push(stride);
  };
  for (const item of items) {
    if (item === null) keep(1, 1);
    else if (typeof item === 'boolean') {
      out.tensors.set(out.shape.length, asTensor(x, item ? [0] : []));
      keep(1, 1);
    } else if (typeof item === 'number') {
      const n = shape[axis]!;
      if (!Number.isInteger(item) || item < -n || item >= n)
        throw new core.IndexError(`index ${item} is out of bounds for dimension ${axis} with size ${n}`);
      out.ranges.push({ axis, start: item < 0 ? item + n : item, size: 1, step: 1 });
      out.middle[axis] = 1;
      axis++;
    } else if (item instanceof Slice) {
      const range = rangeOf(item, axis, shape[axis]!);
      if (range.start !== 0 || range.step !== 1 || range.size !== shape[axis]) out.ranges.push(range);
      out.middle[axis] = range.size;
      keep(range.size, base[axis]! * range.step);
      axis++;
    } else if (item instanceof core.Tensor) {
      for (const places of placesOf(item, shape, axis)) {
        out.tensors.set(out.shape.length, places);
        keep(shape[axis]!, base[axis]!);
        axis++;
      }
    }
  }
  return out;
}
const consumed = (t: core.Tensor): number => (t.dtype === 'bool' ? t.ndim : 1);

/** A mask as one index vector per axis (which reads it), other indices as they are. */
function placesOf(t: core.Tensor, shape: readonly number[], axis: number): core.Tensor[] {
  if (t.dtype !== 'bool') {
    if (core.isFloat(t.dtype))
      throw new core.DTypeError(
        'tensors used as indices must be int32, uint8 or bool tensors. Convert the index first: index.int()',
      );
    return [t];
  }
  t.shape.forEach((n, d) => {
    if (n !== shape[axis + d]) {
      throw new core.ShapeError(
        `The shape of the mask [${t.shape.join(', ')}] at index ${d} does not match the shape of the indexed tensor [${shape.join(', ')}] at index ${axis + d}`,
      );
    }
  });
  const data = core.dataSync(t);
  const hits: number[] = [];
  data.forEach((v, i) => v && hits.push(i));
  const steps = rowMajor(t.shape);
  return t.shape.map((n, d) =>
    core.beside(t, () => core.tensor(Int32Array.from(hits, (i) => Math.floor(i / steps[d]!) % n))),
  );
}

function basic(x: Tensor, { ranges, middle, shape, strides }: Plan, fn: string): Tensor {
  const same = shape.length === middle.length && shape.every((n, d) => n === middle[d]);
  const shaped = (v: core.Tensor): core.Tensor => (same ? v : core.reshape(v, shape));
  return viewOf(
    x,
    fn,
    (b) => shaped(ranges.length ? readRanges(b, ranges) : b),
    (b, v) => replaceRanges(b, same ? v : core.reshape(v, middle), ranges),
    strides,
  );
}

/** How index tensors select from `v`: the axes go to the front and become one. */
interface Selection {
  readonly axes: number[];
  readonly flat: core.Tensor;
  /** The common shape of the index tensors. */
  readonly shape: readonly number[];
  readonly perm: number[];
  readonly lines: readonly number[];
  readonly rest: number[];
  /** From [...shape, ...rest] to the order of the result. */
  readonly order: number[];
}
function selection(v: core.Tensor, tensors: Map<number, core.Tensor>): Selection {
  const axes = [...tensors.keys()].sort((a, b) => a - b);
  const others = range(v.ndim).filter((d) => !axes.includes(d));
  let shape: readonly number[] = [];
  for (const a of axes) shape = core.broadcastShapes('index', shape, tensors.get(a)!.shape);
  const steps = rowMajor(axes.map((a) => v.shape[a]!));
  let flat: core.Tensor | null = null;
  axes.forEach((a, k) => {
    const places = core.cast(tensors.get(a)!, 'i32');
    const positive = core.where(core.less(places, 0), core.add(places, v.shape[a]!), places);
    const part = steps[k] === 1 ? positive : core.mul(positive, steps[k]!);
    flat = flat ? core.add(flat, part) : part;
  });
  const together = axes.every((a, k) => k === 0 || a === axes[k - 1]! + 1);
  const before = together ? others.filter((d) => d < axes[0]!).length : 0;
  const b = shape.length;
  const order = [
    ...range(before).map((i) => b + i),
    ...range(b),
    ...range(others.length - before).map((i) => b + before + i),
  ];
  const rest = others.map((d) => v.shape[d]!);
  return {
    axes,
    flat: core.expand(flat!, shape),
    shape,
    perm: [...axes, ...others],
    lines: [core.sizeOf(axes.map((a) => v.shape[a]!)), ...rest],
    rest,
    order,
  };
}
const inverse = (perm: readonly number[]): number[] => perm.map((_, i) => perm.indexOf(i));

/**
 * Elements by place, range or index tensor: Python's `x[a, b, ...]`. Numbers and ranges give a view, index tensors and masks a copy.
 * A mask is read at once, since the size of the result depends on it.
 *
 * @example
 * tensor([[1, 2, 3], [4, 5, 6]]).at(1, '1:') // => [5, 6]
 * tensor([1, 2, 3]).at(tensor([true, false, true])) // => [1, 3]
 */
export function at(x: Tensor, ...index: Index[]): Tensor {
  const steps = plan(x, index);
  const part = basic(x, steps, index.some((i) => typeof i === 'number') ? 'Select' : 'Slice');
  if (steps.tensors.size === 0) return part;
  const v = part.value;
  const s = selection(v, steps.tensors);
  if (s.axes.length === 1) return new Tensor(core.take(v, s.flat, s.axes[0]), 'Index');
  const lines = core.reshape(core.permute(v, s.perm), s.lines);
  return new Tensor(core.permute(core.take(lines, s.flat, 0), s.order), 'Index');
}

/**
 * Writes elements in place: Python's `x[index] = value`.
 *
 * @param index  one part, or an array of parts
 * @param value  broadcasts to the selected elements
 * @example
 * tensor([1, 2, 3]).set(['1:'], 0) // => [1, 0, 0]
 */
export function set(x: Tensor, index: Index | readonly Index[], value: Operand): Tensor {
  const parts = (Array.isArray(index) ? index : [index]) as readonly Index[];
  const mask = parts.length === 1 && parts[0] instanceof Tensor && parts[0].dtype === 'bool' ? parts[0] : null;
  if (mask && (!(value instanceof Tensor) || value.shape.length === 0)) {
    // A single value under a mask needs no reading of the mask.
    const wide = core.reshape(mask.value, [...mask.shape, ...x.shape.slice(mask.shape.length).map(() => 1)]);
    return assign(x, core.where(wide, core.cast(rawTensor(value), x.spec.dtype), x.value), 'IndexPut');
  }
  return put(x, parts, value, false);
}

/** Writes elements at places given by one index tensor per axis; `accumulate` adds to what is there. */
export function indexPut_(
  x: Tensor,
  indices: readonly Tensor[],
  value: Operand,
  o: { accumulate?: boolean } = {},
): Tensor {
  return put(x, indices, value, o.accumulate ?? false);
}

function put(x: Tensor, index: readonly Index[], value: Operand, accumulate: boolean): Tensor {
  const steps = plan(x, index);
  const part = basic(x, steps, 'Slice');
  if (steps.tensors.size === 0) {
    store(part, accumulate ? new Tensor(core.add(part.value, rawTensor(value))) : value, 'CopySlices');
    return x;
  }
  const v = part.value;
  const s = selection(v, steps.tensors);
  const result = s.order.map((d) => [...s.shape, ...s.rest][d]!);
  const given = core.cast(rawTensor(value), v.dtype);
  if (!fits(given.shape, result)) {
    throw new core.ShapeError(
      `shape mismatch: value tensor of shape [${given.shape.join(', ')}] cannot be broadcast to indexing result of shape [${result.join(', ')}]`,
    );
  }
  const n = core.sizeOf(s.shape);
  const updates = core.reshape(core.permute(core.expand(given, result), inverse(s.order)), [n, ...s.rest]);
  const places = core.expand(core.reshape(s.flat, [n, ...s.rest.map(() => 1)]), [n, ...s.rest]);
  const lines = core.reshape(core.permute(v, s.perm), s.lines);
  const written = accumulate ? core.scatterAdd(lines, places, updates, 0) : core.scatter(lines, places, updates, 0);
  const whole = core.permute(
    core.reshape(
      written,
      s.perm.map((d) => v.shape[d]!),
    ),
    inverse(s.perm),
  );
  assign(part, whole, 'IndexPut');
  return x;
}
const fits = (from: readonly number[], to: readonly number[]): boolean =>
  from.length <= to.length
    ? from.every((n, i) => n === 1 || n === to[to.length - from.length + i])
    : fits(from.slice(1), to) && from[0] === 1;

export { at as get };
