// Training data: what fit accepts, cut into batches.
import * as core from '@nn/core';
import { convertInputs } from '../layers/call-arguments.js';
import { apply, Tensor, type TensorLike } from '../tensor/tensor.js';
import { flattenTree, mapTree, type Nested } from '../tensor/tree.js';

/** Arrays or tensors, lists of them, or objects of them by name. */
export type Data = TensorLike | readonly Data[] | { readonly [name: string]: Data };
/** What one step of training sees. */
export type Batch = readonly [x: Nested<Tensor>, y: Nested<Tensor> | null, sampleWeight: Nested<Tensor> | null];
/** Batches that the caller makes: `x`, `[x, y]` or `[x, y, sampleWeight]` each. */
export type Dataset = Iterable<unknown> | AsyncIterable<unknown>;
/** How one class counts against the others, by its number. */
export type ClassWeight = Readonly<Record<number, number>>;

/** A dataset is something that gives batches: no array, no tensor. */
export const isDataset = (x: unknown): x is Dataset =>
  x !== null &&
  typeof x === 'object' &&
  !Array.isArray(x) &&
  !ArrayBuffer.isView(x) &&
  (Symbol.iterator in x || Symbol.asyncIterator in x);

export const toTensors = (x: unknown, what: string): Nested<Tensor> | null =>
  x === null || x === undefined ? null : (convertInputs(x, (t) => t, what) as Nested<Tensor>);

/** Where batches come from. */
export interface BatchSource {
  /** Batches in an epoch; null when it is not known. */
  readonly steps: number | null;
  /** The batches of one epoch. */
  epoch(): AsyncIterable<Batch>;
}

const leaves = (tree: unknown): Tensor[] => flattenTree(tree).filter((t) => t instanceof Tensor);
/** The number of samples; throws when arrays differ in it. */
export function cardinality(batch: Batch): number {
  const sizes = new Set(leaves([...batch]).map((t) => t.shape[0] ?? 0));
  if (sizes.size > 1) {
    const list = (['x', 'y', 'sample_weight'] as const).flatMap((label, i) => {
      const found = leaves(batch[i]).map((t) => t.shape[0]);
      return found.length ? [`'${label}' sizes: ${found.join(', ')}`] : [];
    });
    throw new core.ValueError(
      `Data cardinality is ambiguous. Make sure all arrays contain the same number of samples. ${list.join('\n')}`,
    );
  }
  for (const t of leaves([...batch]))
    if (!t.ndim) throw new core.ValueError('Training data must have a batch axis: received a scalar');
  return [...sizes][0] ?? 0;
}
/** Rows of every tensor of a batch. */
export const rows = (batch: Batch, indices: Int32Array): Batch => {
  const index = new Tensor(core.tensor(indices));
  return batch.map((part) =>
    part === null ? null : mapTree((t) => apply('Rows', [t as Tensor, index], (x, i) => core.take(x, i, 0)), part),
  ) as unknown as Batch;
};

/** Batches out of arrays. */
export class ArraySource implements BatchSource {
  readonly steps: number;
  private readonly size: number;
  constructor(
    private readonly data: Batch,
    private readonly o: { readonly batchSize: number; readonly shuffle: boolean; readonly steps?: number | null },
  ) {
    this.size = cardinality(data);
    if (!Number.isInteger(o.batchSize) || o.batchSize <= 0)
      throw new core.ValueError(`\`batchSize\` must be a positive integer. Received: batchSize=${o.batchSize}`);
    this.steps = o.steps ?? Math.ceil(this.size / o.batchSize);
  }
  async *epoch(): AsyncIterable<Batch> {
    const order = this.o.shuffle
      ? ((await core.data(core.permutation(this.size))) as Int32Array)
      : Int32Array.from({ length: this.size }, (_, i) => i);
    const inOnePass = Math.ceil(this.size / this.o.batchSize);
    for (let step = 0; step < this.steps; step++) {
      const from = (step % inOnePass) * this.o.batchSize;
      yield rows(this.data, order.slice(from, from + this.o.batchSize));
    }
  }
}
const asBatch = (item: unknown): Batch => {
  const parts =
    Array.isArray(item) && item.length <= 3 && item.some((p) => p !== null && typeof p === 'object') ? item : [item];
  return [toTensors(parts[0], 'x')!, toTensors(parts[1], 'y'), toTensors(parts[2], 'sample_weight')];
};
/** Batches that the caller makes. With `steps`, an epoch is that many; the iteration goes on in the next one and starts again when it ends. */
export class DatasetSource implements BatchSource {
  readonly steps: number | null;
  private open: AsyncIterator<unknown> | Iterator<unknown> | null = null;
  constructor(
    private readonly dataset: Dataset,
    o: { readonly steps?: number | null },
  ) {
    const { length } = dataset as { length?: unknown };
    this.steps = o.steps ?? (typeof length === 'number' ? length : null);
  }
  private start(): AsyncIterator<unknown> | Iterator<unknown> {
    return Symbol.asyncIterator in this.dataset
      ? this.dataset[Symbol.asyncIterator]()
      : this.dataset[Symbol.iterator]();
  }
  async *epoch(): AsyncIterable<Batch> {
    const iterator = (this.steps === null ? null : this.open) ?? this.start();
    this.open = this.steps === null ? null : iterator;
    for (let step = 0; this.steps === null || step < this.steps; step++) {
      const next = await iterator.next();
      if (!next.done) {
        yield asBatch(next.value);
        continue;
      }
      this.open = null;
      if (this.steps !== null)
        console.warn(
          'Your input ran out of data; interrupting epoch. Make sure that your dataset or generator can generate at least `stepsPerEpoch * epochs` batches.',
        );
      return;
    }
  }
}

/** Batches of an array or a dataset. */
export function batchesOf(
  x: unknown,
  y: unknown,
  sampleWeight: unknown,
  o: { batchSize?: number | null; shuffle: boolean; steps?: number | null },
): BatchSource {
  if (isDataset(x)) {
    if (y !== null && y !== undefined)
      throw new core.ValueError('When passing a dataset, `y` should not be passed: its batches are [x, y].');
    return new DatasetSource(x, o);
  }
  const data: Batch = [toTensors(x, 'x')!, toTensors(y, 'y'), toTensors(sampleWeight, 'sample_weight')];
  return new ArraySource(data, {
    batchSize: o.batchSize ?? 32,
    shuffle: o.shuffle,
    ...(o.steps !== undefined && { steps: o.steps }),
  });
}

/** [training, validation]: the last share of the samples is for validation. */
export function splitValidation(batch: Batch, share: number): [Batch, Batch] {
  const size = cardinality(batch);
  const at = Math.floor(size * (1 - share));
  if (at === 0 || at === size) {
    throw new core.ValueError(
      `Training data contains ${size} samples, which is not sufficient to split it into a validation and training set as specified by \`validationSplit=${share}\`. Either provide more data, or a different value for the \`validationSplit\` argument.`,
    );
  }
  const part = (from: number, to: number): Batch =>
    batch.map((tree) =>
      tree === null ? null : mapTree((t) => (t as Tensor).at([from, to]), tree),
    ) as unknown as Batch;
  return [part(0, at), part(at, size)];
}

/** One weight for each sample: that of its class. */
export async function classWeights(y: Nested<Tensor> | null, weights: ClassWeight): Promise<Tensor> {
  const [labels, ...more] = leaves(y);
  if (!labels || more.length)
    throw new core.ValueError(
      `\`classWeight\` is only supported for models with a single output; received ${more.length + (labels ? 1 : 0)} targets.`,
    );
  const bad = Object.keys(weights).find((key) => !Number.isInteger(Number(key)));
  if (bad !== undefined)
    throw new core.ValueError(
      `\`classWeight\` must be a dictionary with integer keys representing class indices. Received an invalid key: ${bad}`,
    );
  const oneHot = labels.ndim > 1 && labels.shape.at(-1) !== 1;
  const classes = core.scope(() =>
    oneHot ? core.argmax(labels.read(), { axis: -1 }) : core.reshape(labels.read(), [-1]),
  );
  const values = await core.data(classes);
  return new Tensor(core.tensor(Float32Array.from(values, (c) => weights[Math.round(c)] ?? 1)));
}

/** Batches, each in a scope that ends when the next one is asked for, with a flag on the last one. */
export async function* scoped(source: BatchSource): AsyncIterable<readonly [Batch, boolean]> {
  let count = 0;
  const batches = source.epoch()[Symbol.asyncIterator]();
  let scope = core.openScope();
  try {
    let next = await batches.next();
    while (!next.done) {
      count++;
      // with a known number of steps the last one is known; without, every step may be
      const last = source.steps === null || count === source.steps;
      yield [next.value, last];
      scope.close();
      scope = core.openScope();
      next = await batches.next();
    }
  } finally {
    scope.close();
  }
}
