// The data loader: batches of a data set, each with a scope of its own.
import * as core from '@nn/core';
import { range } from '../tensor/range.js';
import { Tensor } from '../tensor/tensor.js';
import { type Dataset, shuffled, shuffledSync } from './dataset.js';

export interface DataLoaderOptions<T, B> {
  /** Samples in a batch; default 1. */
  batchSize?: number;
  /** A new random order in each round; default false. */
  shuffle?: boolean;
  /** Leave out a last batch that is not full; default false. */
  dropLast?: boolean;
  /** Where the order comes from; default the generator that manualSeed sets. */
  generator?: core.Generator;
  /** Makes a batch of samples; default `defaultCollate`. */
  collateFn?: (samples: T[]) => B;
  /** The order of samples, instead of `shuffle`. */
  sampler?: Iterable<number>;
}

/** Samples as one batch: tensors are stacked, numbers become a tensor, arrays and objects are put together part by part. */
export function defaultCollate<T>(samples: readonly T[]): T {
  const first: unknown = samples[0];
  const parts = samples as readonly unknown[];
  const made = ((): unknown => {
    if (first instanceof Tensor) {
      const all = parts as readonly Tensor[];
      const odd = all.find((t) => !core.sameShape(t.shape, first.shape));
      if (odd)
        throw new core.ShapeError(
          `stack expects each tensor to be equal size, but got [${first.shape.join(', ')}] and [${odd.shape.join(', ')}] in one batch. Give the loader a collateFn that pads`,
        );
      return new Tensor(
        core.stack(
          all.map((t) => t.value),
          0,
        ),
        'Stack',
      );
    }
    if (typeof first === 'number')
      return new Tensor(core.tensor(parts as number[], { dtype: parts.every(Number.isInteger) ? 'i32' : 'f32' }));
    if (typeof first === 'boolean') return new Tensor(core.tensor(parts as boolean[]));
    if (Array.isArray(first)) return first.map((_, i) => defaultCollate(parts.map((s) => (s as unknown[])[i])));
    if (first !== null && typeof first === 'object' && Object.getPrototypeOf(first) === Object.prototype) {
      return Object.fromEntries(
        Object.keys(first).map((key) => [key, defaultCollate(parts.map((s) => (s as Record<string, unknown>)[key]))]),
      );
    }
    return [...samples];
  })();
  return made as T;
}

/**
 * Batches of a data set, for `for` and `for await`. Each batch has a scope: what is made while it is worked on is freed before the next
 * one, except what parameters, buffers and optimizers hold. Numbers read with `item()` stay; use `core.Scope.keep` for tensors.
 *
 * @example
 * const loader = new utils.data.DataLoader(new utils.data.TensorDataset(torch.arange(5)), { batchSize: 2 });
 * [...loader].map(([x]) => x.shape[0]) // => [2, 2, 1]
 * loader.length // => 3
 */
export class DataLoader<T, B = T> {
  readonly dataset: Dataset<T>;
  readonly batchSize: number;
  readonly dropLast: boolean;
  private readonly shuffle: boolean;
  private readonly options: DataLoaderOptions<T, B>;

  constructor(dataset: Dataset<T>, o: DataLoaderOptions<T, B> = {}) {
    this.dataset = dataset;
    this.batchSize = o.batchSize ?? 1;
    this.shuffle = o.shuffle ?? false;
    this.dropLast = o.dropLast ?? false;
    this.options = o;
    if (!(Number.isInteger(this.batchSize) && this.batchSize > 0))
      throw new core.ValueError(`batch_size should be a positive integer value, but got batch_size=${this.batchSize}`);
    if (o.sampler && this.shuffle) throw new core.ValueError('sampler option is mutually exclusive with shuffle');
  }
  /** How many batches a round has. */
  get length(): number {
    const n = this.dataset.length;
    return this.dropLast ? Math.floor(n / this.batchSize) : Math.ceil(n / this.batchSize);
  }

  *[Symbol.iterator](): Generator<B> {
    const order = this.shuffle ? shuffledSync(this.dataset.length, this.options.generator) : this.fixedOrder();
    for (const indices of this.batches(order)) {
      const scope = core.openScope();
      try {
        const whole = this.whole(indices);
        yield whole ?? this.collate(indices.map((i) => this.sample(i)));
      } finally {
        scope.close();
      }
    }
  }
  async *[Symbol.asyncIterator](): AsyncGenerator<B> {
    const order = this.shuffle ? await shuffled(this.dataset.length, this.options.generator) : this.fixedOrder();
    for (const indices of this.batches(order)) {
      const scope = core.openScope();
      try {
        const whole = this.whole(indices);
        yield whole ?? this.collate(await Promise.all(indices.map((i) => this.dataset.get(i))));
      } finally {
        scope.close();
      }
    }
  }

  private fixedOrder(): number[] {
    return this.options.sampler ? [...this.options.sampler] : range(this.dataset.length);
  }
  private *batches(order: readonly number[]): Generator<number[]> {
    for (let i = 0; i < order.length; i += this.batchSize) {
      const indices = order.slice(i, i + this.batchSize);
      if (!this.dropLast || indices.length === this.batchSize) yield indices;
    }
  }
  private whole(indices: readonly number[]): B | null {
    return this.options.collateFn ? null : (this.dataset.batch(indices) as B | null);
  }
  private sample(index: number): T {
    const s = this.dataset.get(index);
    if (s instanceof Promise)
      throw new core.ValueError('this data set gives promises: loop with `for await (const batch of loader)`');
    return s;
  }
  private collate(samples: T[]): B {
    return this.options.collateFn ? this.options.collateFn(samples) : (defaultCollate(samples) as unknown as B);
  }
}
