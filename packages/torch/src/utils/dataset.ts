// Data sets: what can be asked for its n-th sample.
import * as core from '@nn/core';
import { Tensor } from '../tensor/tensor.js';

/** Samples by number. A subclass gives `length` and `get`. */
export abstract class Dataset<T> {
  /** How many samples there are. */
  abstract readonly length: number;
  /** The sample of a number; may be a promise, for loops with `for await`. */
  abstract get(index: number): T | Promise<T>;
  /** Several samples as one batch; null leaves it to the loader's collateFn. */
  batch(_indices: readonly number[]): T | null {
    return null;
  }
}

/**
 * Rows of tensors with the same first size: sample i is row i of each.
 *
 * @example
 * const data = new utils.data.TensorDataset(torch.ones([4, 2]), torch.zeros([4]))
 * data.length // => 4
 */
export class TensorDataset extends Dataset<Tensor[]> {
  readonly tensors: readonly Tensor[];
  readonly length: number;
  constructor(...tensors: Tensor[]) {
    super();
    const [first] = tensors;
    if (!first || tensors.some((t) => t.shape[0] !== first.shape[0])) {
      throw new core.ShapeError(
        `Size mismatch between tensors: the first sizes are ${tensors.map((t) => t.shape[0] ?? 'none').join(', ') || 'missing'}`,
      );
    }
    this.tensors = tensors;
    this.length = first.shape[0]!;
  }
  get(index: number): Tensor[] {
    return this.tensors.map((t) => t.select(0, index));
  }
  override batch(indices: readonly number[]): Tensor[] {
    const places = core.tensor(Int32Array.from(indices));
    return this.tensors.map((t) => new Tensor(core.take(t.value, places, 0)));
  }
}

/** Some samples of a data set. */
export class Subset<T> extends Dataset<T> {
  readonly length: number;
  constructor(
    readonly dataset: Dataset<T>,
    readonly indices: readonly number[],
  ) {
    super();
    this.length = indices.length;
  }
  get(index: number): T | Promise<T> {
    return this.dataset.get(this.indices[index]!);
  }
  override batch(indices: readonly number[]): T | null {
    return this.dataset.batch(indices.map((i) => this.indices[i]!));
  }
}
/** Data sets one after the other. */
export class ConcatDataset<T> extends Dataset<T> {
  readonly length: number;
  constructor(readonly datasets: readonly Dataset<T>[]) {
    super();
    if (datasets.length === 0) throw new core.ValueError('datasets should not be an empty iterable');
    this.length = datasets.reduce((n, d) => n + d.length, 0);
  }
  get(index: number): T | Promise<T> {
    let i = index;
    for (const d of this.datasets) {
      if (i < d.length) return d.get(i);
      i -= d.length;
    }
    throw new core.IndexError(`index ${index} is out of range for ${this.length} samples`);
  }
}
/** Random parts of a data set, of the given sizes or shares (which sum to 1). */
export function randomSplit<T>(
  dataset: Dataset<T>,
  lengths: readonly number[],
  o: { generator?: core.Generator } = {},
): Subset<T>[] {
  const n = dataset.length;
  const shares = Math.abs(lengths.reduce((a, b) => a + b, 0) - 1) < 1e-9 && lengths.some((l) => !Number.isInteger(l));
  const sizes = shares ? lengths.map((l) => Math.floor(n * l)) : [...lengths];
  if (shares)
    for (let left = n - sizes.reduce((a, b) => a + b, 0), i = 0; left > 0; left--, i++) sizes[i % sizes.length]!++;
  if (sizes.reduce((a, b) => a + b, 0) !== n)
    throw new core.ValueError('Sum of input lengths does not equal the length of the input dataset!');
  const order = shuffledSync(n, o.generator);
  let start = 0;
  return sizes.map((size) => new Subset(dataset, order.slice(start, (start += size))));
}

const drawn = (n: number, generator: core.Generator | undefined): core.Tensor =>
  core.untraced(() => core.permutation(n, generator ? { generator } : {}));
/** The numbers 0 to n - 1 in random order. */
export function shuffledSync(n: number, generator?: core.Generator): number[] {
  return core.scope(() => [...core.dataSync(drawn(n, generator))]);
}
/** The same for devices that must be waited for. */
export async function shuffled(n: number, generator?: core.Generator): Promise<number[]> {
  const order = drawn(n, generator);
  const numbers = [...(await core.data(order))];
  order.dispose();
  return numbers;
}
