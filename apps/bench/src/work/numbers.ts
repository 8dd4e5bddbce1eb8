// The numbers that all peers work with: the same for each of them, in whatever order its layout wants.
import { groupsOf, type ConvTask, type Model } from './task.js';

/** Calls `f` with `n` numbers from [0, 1), by a linear congruential generator that pytorch.py repeats. */
function draw(n: number, seed: number, f: (u: number, i: number) => void): void {
  let state = seed >>> 0;
  for (let i = 0; i < n; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    f(state / 2 ** 32, i);
  }
}

/** `n` numbers from [-scale, scale). */
export function uniform(n: number, seed: number, scale = 1): Float32Array<ArrayBuffer> {
  const out = new Float32Array(n);
  draw(n, seed, (u, i) => {
    out[i] = (u * 2 - 1) * scale;
  });
  return out;
}

/** `n` classes from 0 to classes - 1. */
function labels(n: number, classes: number, seed: number): Int32Array<ArrayBuffer> {
  const out = new Int32Array(n);
  draw(n, seed, (u, i) => {
    out[i] = Math.floor(u * classes);
  });
  return out;
}

/** Rows with a one at the class. */
export function oneHot(classes: ArrayLike<number>, count: number): Float32Array<ArrayBuffer> {
  const out = new Float32Array(classes.length * count);
  for (let i = 0; i < classes.length; i++) out[i * count + classes[i]!] = 1;
  return out;
}

/** The elements of an array of that shape with its axes in another order. */
export function permute(
  data: Float32Array,
  shape: readonly number[],
  axes: readonly number[],
): Float32Array<ArrayBuffer> {
  const strides = shape.map((_, d) => shape.slice(d + 1).reduce((a, b) => a * b, 1));
  const sizes = axes.map((a) => shape[a]!);
  const steps = axes.map((a) => strides[a]!);
  const out = new Float32Array(data.length);
  let at = 0;
  const walk = (axis: number, from: number): void => {
    if (axis === sizes.length) out[at++] = data[from]!;
    else for (let i = 0; i < sizes[axis]!; i++) walk(axis + 1, from + i * steps[axis]!);
  };
  walk(0, 0);
  return out;
}

/** Where a peer keeps the channels of images, and in which order the axes of filters. */
export type Layout = 'channels last' | 'channels first';

/** A shape and its elements. */
export interface Given {
  readonly shape: readonly number[];
  readonly data: Float32Array<ArrayBuffer>;
}
const given = (shape: readonly number[], seed: number, scale = 1): Given => ({
  shape,
  data: uniform(
    shape.reduce((a, b) => a * b, 1),
    seed,
    scale,
  ),
});
function turned({ shape, data }: Given, axes: readonly number[]): Given {
  return { shape: axes.map((a) => shape[a]!), data: permute(data, shape, axes) };
}
/** Images [n, h, w, c], or [n, c, h, w]. */
export const images = (layout: Layout, x: Given): Given => (layout === 'channels last' ? x : turned(x, [0, 3, 1, 2]));
/** Filters [h, w, in, out], or [out, in, h, w]. */
export const filters = (layout: Layout, w: Given): Given => (layout === 'channels last' ? w : turned(w, [3, 2, 0, 1]));

/** Matrices, vectors and rows; inputs are seeds 1, 2, 3. */
export const input = (shape: readonly number[], seed: number, scale = 1): Given => given(shape, seed, scale);

/** A matrix that turns neighbouring axes by a radian, so that products of many of them neither grow nor vanish. */
export function rotation(n: number): Given {
  const data = new Float32Array(n * n);
  for (let i = 0; i + 1 < n; i += 2) {
    data[i * n + i] = data[(i + 1) * n + i + 1] = Math.cos(1);
    data[i * n + i + 1] = Math.sin(1);
    data[(i + 1) * n + i] = -Math.sin(1);
  }
  return { shape: [n, n], data };
}

export function convolution(task: ConvTask, layout: Layout): { x: Given; w: Given; g: Given } {
  const { batch, size, channels, window } = task;
  return {
    x: images(layout, given([batch, size, size, channels], 1)),
    w: filters(layout, given([window, window, channels / groupsOf(task), task.filters], 2, 0.1)),
    g: images(layout, given([batch, size, size, task.filters], 3)),
  };
}

/** A layer's first weights: uniform, as wide as one over the root of the number of inputs. */
const weights = (shape: readonly number[], seed: number, inputs: number): Given =>
  given(shape, seed, 1 / Math.sqrt(inputs));

/** Dense layers: weights [in, out], from one seed upwards. */
const dense = (sizes: readonly number[], seed: number): Given[] =>
  sizes.slice(1).map((out, i) => weights([sizes[i]!, out], seed + i, sizes[i]!));

export interface Classification {
  readonly x: Given;
  readonly classes: Int32Array<ArrayBuffer>;
  readonly classCount: number;
}
export function mlpNumbers(sizes: readonly number[], batch: number): Classification & { dense: Given[] } {
  const classCount = sizes.at(-1)!;
  return {
    x: given([batch, sizes[0]!], 1),
    classes: labels(batch, classCount, 2),
    classCount,
    dense: dense(sizes, 10),
  };
}

/** Sizes of LeNet's dense layers; the first takes 5x5 images of 16 channels. */
const lenetSizes = [400, 120, 84, 10] as const;
export function lenetNumbers(
  batch: number,
  layout: Layout,
): Classification & { convolutions: [Given, Given]; dense: Given[] } {
  const [first, ...rest] = dense(lenetSizes, 20);
  // Rows of the first dense layer follow the order in which the images are flattened.
  const flat =
    layout === 'channels last'
      ? first!
      : { shape: first!.shape, data: permute(first!.data, [5, 5, 16, 120], [2, 0, 1, 3]) };
  return {
    x: images(layout, given([batch, 28, 28, 1], 1)),
    classes: labels(batch, 10, 2),
    classCount: 10,
    convolutions: [filters(layout, weights([5, 5, 1, 6], 10, 25)), filters(layout, weights([5, 5, 6, 16], 11, 150))],
    dense: [flat, ...rest],
  };
}

export interface BlockNumbers {
  /** Queries, keys and values side by side, [width, 3 width]. */
  readonly qkv: Given;
  readonly out: Given;
  readonly up: Given;
  readonly down: Given;
}
export function transformerNumbers(
  { layers, width, length }: Extract<Model, { name: 'transformer' }>,
  batch: number,
): { x: Given; target: Given; blocks: BlockNumbers[] } {
  return {
    x: given([batch * length, width], 1),
    target: given([batch * length, width], 2),
    blocks: Array.from({ length: layers }, (_, i) => ({
      qkv: weights([width, 3 * width], 100 + 4 * i, width),
      out: weights([width, width], 101 + 4 * i, width),
      up: weights([width, 4 * width], 102 + 4 * i, width),
      down: weights([4 * width, width], 103 + 4 * i, 4 * width),
    })),
  };
}

/** A result in four numbers that do not depend on the layout: ln of the root mean square, then first, last and mean over it. */
export function digest(data: ArrayLike<number>): number[] {
  let [total, squares] = [0, 0];
  for (let i = 0; i < data.length; i++) {
    total += data[i]!;
    squares += data[i]! ** 2;
  }
  const rms = Math.sqrt(squares / data.length);
  return [Math.log(rms), data[0]! / rms, data[data.length - 1]! / rms, total / data.length / rms];
}
