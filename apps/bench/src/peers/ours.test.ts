// Every kind of task, small: ours eager and compiled agree, and the product of matrices is that of the hand-written one.
import { describe, expect, test } from 'vitest';
import { firstApart } from '../report/results.js';
import type { Task } from '../work/task.js';
import { limit } from './limit.js';
import { ours } from './ours.js';

const convolution = { kind: 'conv', batch: 2, size: 6, channels: 3, filters: 4, window: 3 } as const;
const tasks: readonly Task[] = [
  { kind: 'matmul', form: 'NN', n: 24 },
  { kind: 'matmul', form: 'NT', n: 24 },
  { kind: 'matmul', form: 'TN', n: 24 },
  { ...convolution, part: 'forward' },
  { ...convolution, part: 'input' },
  { ...convolution, part: 'weight' },
  { ...convolution, filters: 3, depthwise: true, part: 'forward' },
  { ...convolution, filters: 3, depthwise: true, part: 'input' },
  { ...convolution, filters: 3, depthwise: true, part: 'weight' },
  { kind: 'chain', n: 100 },
  { kind: 'softmax', rows: 5, columns: 7 },
  { kind: 'layernorm', rows: 5, columns: 7 },
  { kind: 'sum', axis: 0, rows: 5, columns: 7 },
  { kind: 'sum', axis: 1, rows: 5, columns: 7 },
  { kind: 'launch', n: 4, calls: 5, until: 'done' },
  { kind: 'launch', n: 4, calls: 5, until: 'handed over' },
  { kind: 'train', model: { name: 'mlp', sizes: [6, 5, 4] }, batch: 3 },
  { kind: 'train', model: { name: 'lenet' }, batch: 2 },
  { kind: 'train', model: { name: 'transformer', layers: 2, width: 8, heads: 2, length: 3 }, batch: 2 },
];
const title = (task: Task): string =>
  Object.values(task)
    .map((v) => JSON.stringify(v))
    .join(' ');

/** What a case says after each of two runs. */
async function checks(library: Awaited<ReturnType<typeof ours>>, task: Task): Promise<number[]> {
  const c = (await library.prepare(task))!;
  const said: number[] = [];
  for (let run = 0; run < 2; run++) {
    await c.run();
    said.push(...(await c.check()));
  }
  c.dispose?.();
  return said;
}

describe('eager and compiled', () => {
  test.each(tasks.map((task) => [title(task), task] as const))('%s', async (_, task) => {
    const [eager, compiled] = [await ours('cpu', 'eager'), await ours('cpu', 'compiled')];
    const expected = await checks(eager, task);
    expect(expected.every(Number.isFinite)).toBe(true);
    expect(firstApart(await checks(compiled, task), expected)).toBe(-1);
  });
  test('an operation by itself is eager only', async () => {
    const task: Task = { kind: 'host', op: 'add', n: 2, calls: 3 };
    expect((await checks(await ours('cpu', 'eager'), task)).every(Number.isFinite)).toBe(true);
    expect(await (await ours('cpu', 'compiled')).prepare(task)).toBe(null);
  });
  test.each(['eager', 'compiled', 'plain'] as const)('a loop, %s', async (style) => {
    const loop = (await ours('cpu', 'eager')).loop!(tasks.find((t) => t.kind === 'train')!, style);
    await loop.step();
    expect(loop.live().buffers).toBeGreaterThan(0);
  });
});

test.each(['NN', 'NT', 'TN'] as const)('the hand-written product, %s, in blocks and at edges', async (form) => {
  const task: Task = { kind: 'matmul', form, n: 264 };
  const expected = await checks(await ours('wasm', 'eager'), task);
  expect(firstApart(await checks(limit(), task), expected)).toBe(-1);
});
test('the arithmetic by itself does all of its additions', async () => {
  expect(await checks(limit(), { kind: 'peak', iterations: 1000 })).toEqual([1, 1]);
});
