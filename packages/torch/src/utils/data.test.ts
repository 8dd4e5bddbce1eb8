// Data sets and the loader.
import { describe, expect, test } from 'vitest';
import * as core from '@nn/core';
import * as torch from '../index.js';

const { ConcatDataset, DataLoader, Dataset, randomSplit, Subset, TensorDataset } = torch.utils.data;
type Tensor = torch.Tensor;
const list = (t: Tensor): unknown => t.toArraySync();

class Squares extends Dataset<{ x: Tensor; y: number }> {
  readonly length = 5;
  get(i: number): { x: Tensor; y: number } {
    return { x: torch.full([2], i), y: i * i };
  }
}

describe('DataLoader', () => {
  test('batches of tensors, in order', () => {
    const data = new TensorDataset(torch.arange(5), torch.arange(5).mul(10));
    const loader = new DataLoader(data, { batchSize: 2 });
    expect([...loader].length).toBe(3);
    const seen: unknown[] = [];
    for (const [x, y] of loader) seen.push([list(x!), list(y!)]);
    expect(seen).toEqual([
      [
        [0, 1],
        [0, 10],
      ],
      [
        [2, 3],
        [20, 30],
      ],
      [[4], [40]],
    ]);
    expect(new DataLoader(data, { batchSize: 2, dropLast: true }).length).toBe(2);
  });
  test('shuffles anew in each round, by the seed', async () => {
    const loader = new DataLoader(new TensorDataset(torch.arange(20)), { batchSize: 20, shuffle: true });
    function* roundOf(): Generator<number> {
      for (const [x] of loader) yield* list(x!) as number[];
    }
    torch.manualSeed(3);
    const [first, second] = [[...roundOf()], [...roundOf()]];
    expect(first).not.toEqual(second);
    expect([...first].sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i));
    torch.manualSeed(3);
    const again: number[] = [];
    for await (const [x] of loader) again.push(...(list(x!) as number[]));
    expect(again).toEqual(first);
  });
  test('collates objects, numbers and texts', () => {
    const [first] = batches(new DataLoader(new Squares(), { batchSize: 3 }), ({ x, y }) => [
      list(x),
      list(y as unknown as Tensor),
    ]);
    expect(first).toEqual([
      [
        [0, 0],
        [1, 1],
        [2, 2],
      ],
      [0, 1, 4],
    ]);
    const named = new DataLoader(new Squares(), {
      batchSize: 2,
      collateFn: (samples) => samples.map(({ y }) => `${y}`),
    });
    expect(batches(named, (b) => b)).toEqual([['0', '1'], ['4', '9'], ['16']]);
  });
  test('samples may be promises in for await', async () => {
    class Slow extends Dataset<number> {
      readonly length = 3;
      get(i: number): Promise<number> {
        return Promise.resolve(i);
      }
    }
    const seen: unknown[] = [];
    for await (const batch of new DataLoader(new Slow(), { batchSize: 2 })) seen.push(list(batch as unknown as Tensor));
    expect(seen).toEqual([[0, 1], [2]]);
    expect(() => [...new DataLoader(new Slow())]).toThrow('loop with `for await');
  });
  test('each batch frees what was made in it', () => {
    const loader = new DataLoader(new TensorDataset(torch.randn([8, 3])), { batchSize: 2 });
    const total = torch.zeros([3]);
    const live: number[] = [];
    for (const [x] of loader) {
      live.push(core.memory().buffers);
      total.add_(x!.exp().sum(0));
    }
    expect(new Set(live.slice(1)).size).toBe(1);
    expect(total.gt(0).all().itemSync()).toBe(1);
  });
  test('a scope is closed when the loop is left early', () => {
    const loader = new DataLoader(new TensorDataset(torch.randn([8, 3])), { batchSize: 2 });
    const before = core.memory().buffers;
    for (const [x] of loader) {
      x!.exp();
      break;
    }
    expect(core.memory().buffers).toBe(before);
  });
  test('wrong uses', () => {
    expect(() => new TensorDataset(torch.ones([2]), torch.ones([3]))).toThrow(
      'Size mismatch between tensors: the first sizes are 2, 3',
    );
    expect(() => new DataLoader(new Squares(), { batchSize: 0 })).toThrow(
      'batch_size should be a positive integer value, but got batch_size=0',
    );
    expect(() => new DataLoader(new Squares(), { shuffle: true, sampler: [1] })).toThrow(
      'sampler option is mutually exclusive with shuffle',
    );
  });
});

describe('data sets of data sets', () => {
  const data = new TensorDataset(torch.arange(10));
  test('parts', () => {
    expect(batches(new DataLoader(new Subset(data, [7, 1]), { batchSize: 2 }), ([x]) => list(x!))).toEqual([[7, 1]]);
    const [a, b] = randomSplit(data, [0.75, 0.25]);
    expect([a!.length, b!.length]).toEqual([8, 2]);
    expect(new Set([...a!.indices, ...b!.indices]).size).toBe(10);
    expect(() => randomSplit(data, [3, 3])).toThrow(
      'Sum of input lengths does not equal the length of the input dataset!',
    );
  });
  test('sums', () => {
    const both = new ConcatDataset([data, new Subset(data, [0])]);
    expect(both.length).toBe(11);
    expect(list((both.get(10) as Tensor[])[0]!)).toBe(0);
  });
});

function batches<T, B, R>(loader: InstanceType<typeof DataLoader<T, B>>, read: (batch: B) => R): R[] {
  const seen: R[] = [];
  for (const batch of loader) seen.push(read(batch));
  return seen;
}
