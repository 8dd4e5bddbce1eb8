// Threads: the same bits for any number of them, errors, and programs that end.
import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { allocate, isFloat, sizeOf, type DType, type Shape, type TypedArray } from '../../base/index.js';
import { compile, gradients } from '../../autograd/index.js';
import { adamUpdate, crossEntropy, layerNorm, maxPool, relu, softmax } from '../../functional/index.js';
import { dataSync, requireGrad, tensor } from '../../graph/create.js';
import { scope } from '../../graph/memory.js';
import { useBackend } from '../../graph/state.js';
import type { Tensor } from '../../graph/tensor.js';
import { Variable } from '../../graph/variable.js';
import * as ops from '../../ops/index.js';
import { seeded } from '../../testing/draw.js';
import { mostByDefault } from './threads.js';
import { createWasm, type WasmBackend } from './wasm.js';

/** Everything is divided that can be. */
const teams: WasmBackend[] = [1, 2, 3].map(() => createWasm({ divideFrom: 0 }));
beforeAll(() => Promise.all(teams.map((b, k) => b.threads.set(k + 1))));
afterAll(() => Promise.all(teams.map((b) => b.threads.set(1))));

function on<R>(b: WasmBackend, f: () => R): R {
  const was = useBackend(b);
  try {
    return f();
  } finally {
    useBackend(was);
  }
}
const filled = (shape: Shape, dtype: DType, seed: number): TypedArray => {
  const random = seeded(seed);
  return allocate(dtype, sizeOf(shape)).map(() => (isFloat(dtype) ? 4 * random() - 2 : random() * 200));
};
type Program = (...xs: Tensor[]) => readonly Tensor[];
const bits = (t: Tensor): string => {
  const { buffer, byteOffset, byteLength } = dataSync(t);
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength).toString('base64');
};
/** What each number of threads makes of the same arrays. */
const results = (shapes: readonly Shape[], dtype: DType, f: Program): string[][] =>
  teams.map((b) =>
    on(b, () =>
      scope(() => f(...shapes.map((shape, k) => tensor(filled(shape, dtype, k), { shape, dtype }))).map(bits)),
    ),
  );

describe('the number of threads does not change a bit', () => {
  const programs: Readonly<Record<string, { readonly shapes: readonly Shape[]; readonly f: Program }>> = {
    maps: {
      shapes: [[37, 53], [53]],
      f: (x, y) => [ops.add(ops.mul(x!, y!), 3), ops.transpose(x!), ops.flip(x!, [1]), ops.slice(x!, [3, 5], [30, 21])],
    },
    sums: {
      shapes: [[37, 9, 53]],
      f: (x) => [ops.sum(x!), ...[0, 1, 2].map((axes) => ops.sum(x!, { axes })), ops.max(x!, { axes: [0, 2] })],
    },
    'long sums': { shapes: [[100_003]], f: (x) => [ops.sum(x!), ops.max(x!), ops.mean(ops.square(x!))] },
    products: {
      shapes: [
        [67, 129],
        [129, 45],
        [3, 45, 67],
      ],
      f: (a, b, c) => [
        ops.matmul(a!, b!),
        ops.matmul(ops.transpose(b!), ops.transpose(a!)),
        ops.matmul(c!, ops.matmul(a!, b!)),
        ops.matmul(a!, ops.slice(b!, [0, 0], [129, 1])),
      ],
    },
    'products with a few vectors': {
      shapes: [[350, 600], [3, 600], [2, 350], [350], [11, 350]],
      f: (a, b, c, d, e) => [
        ops.matmul(b!, ops.transpose(a!)),
        ops.matmul(a!, ops.transpose(b!)),
        ops.matmul(c!, a!),
        ops.matmul(d!, a!),
        ops.matmul(e!, a!),
      ],
    },
    'depthwise convolutions': {
      shapes: [
        [3, 8, 15, 13],
        [8, 1, 3, 3],
      ],
      f: (x, w) => {
        const [a, b] = [requireGrad(x!), requireGrad(w!)];
        const first = ops.conv(a, b, { groups: 8, padding: 1 });
        const last = ops.conv(ops.permute(a, [0, 2, 3, 1]), b, { groups: 8, stride: 2, channelsLast: true });
        const of = (t: Tensor): Tensor[] => [...gradients([ops.sum(ops.mul(t, t))]).values()];
        return [first, ...of(first), relu(last), ...of(last)];
      },
    },
    'rows and scans': {
      shapes: [[41, 300]],
      f: (x) => [softmax(x!, 1), softmax(x!, 0), ops.cumsum(x!, 1), layerNorm(x!, [300])],
    },
    'scatter and sort': {
      shapes: [[300, 7]],
      f: (x) => [
        ops.sort(x!, { axis: 0 }).values,
        ops.sort(x!, { axis: 1 }).values,
        ops.gather(x!, ops.full([3, 7], 250, 'i32'), 0),
      ],
    },
    // A definition in JavaScript, which only this thread has.
    'special functions': { shapes: [[64, 64]], f: (x) => [ops.erfinv(x!), ops.lgamma(x!)] },
  };
  for (const [name, { shapes, f }] of Object.entries(programs))
    it.each(['f32', 'f64'] as const)(`${name} of %s`, (dtype) => {
      const [one, two, three] = results(shapes, dtype, f);
      expect(two).toEqual(one);
      expect(three).toEqual(one);
    });
  it('steps of a convolutional network with Adam, compiled', () => {
    const train = (b: WasmBackend): string[] =>
      on(b, () => {
        const images = tensor(filled([4, 1, 28, 28], 'f32', 1), { shape: [4, 1, 28, 28] });
        const labels = tensor(Int32Array.of(1, 0, 3, 2));
        const shapes: Shape[] = [[6, 1, 5, 5], [6, 1, 1], [16, 6, 5, 5], [256, 32], [32], [32, 4]];
        const slots = shapes.map((shape, k) => ({
          p: new Variable(ops.mul(tensor(filled(shape, 'f32', k + 2), { shape }), 0.1), { trainable: true }),
          m: new Variable(tensor(allocate('f32', sizeOf(shape)), { shape })),
          v: new Variable(tensor(allocate('f32', sizeOf(shape)), { shape })),
        }));
        const count = new Variable(tensor(Float32Array.of(0), { shape: [] }));
        const step = compile((x: Tensor, y: Tensor) => {
          const leaves = slots.map(({ p }) => p.get());
          const [w1, b1, w2, w3, b3, w4] = leaves as [Tensor, Tensor, Tensor, Tensor, Tensor, Tensor];
          const h = maxPool(relu(ops.add(ops.conv(x, w1), b1)), { window: [2, 2] });
          const g = maxPool(relu(ops.conv(h, w2)), { window: [2, 2] });
          const d = relu(ops.add(ops.matmul(ops.reshape(g, [4, 256]), w3), b3));
          const loss = ops.mean(crossEntropy(ops.matmul(d, w4), y, 1).loss);
          const slopes = gradients([loss], { targets: leaves });
          count.set(ops.add(count.get(), 1));
          slots.forEach(({ p, m, v }, k) => {
            const o = { lr: 0.01, step: count.get(), eps: 1e-8, form: 'torch' } as const;
            const next = adamUpdate(leaves[k]!, slopes.get(leaves[k]!)!, { m: m.get(), v: v.get() }, o);
            p.set(next.p);
            m.set(next.m);
            v.set(next.v);
          });
          return loss;
        });
        const losses = [1, 2, 3].map(() => bits(step(images, labels)));
        return [...losses, ...slots.flatMap(({ p, m, v }) => [p, m, v].map((x) => bits(x.peek())))];
      });
    const [one, two, three] = teams.map(train);
    expect(two).toEqual(one);
    expect(three).toEqual(one);
  });
});

it('threads can be changed at any time, also while they start', async () => {
  const b = createWasm({ divideFrom: 0 });
  const x = filled([64, 100], 'f32', 1);
  const run = (): string => on(b, () => scope(() => bits(ops.exp(tensor(x, { shape: [64, 100] })))));
  const right = run();
  for (const n of [2, 3, 1, 2]) {
    const started = b.threads.set(n);
    for (let k = 0; k < 20; k++) expect(run()).toBe(right);
    await started;
    for (let k = 0; k < 200; k++) expect(run()).toBe(right);
  }
  await b.threads.set(1);
});
it('where nobody asks for a number, threads start when there is enough work for them', async () => {
  const b = createWasm({ divideFrom: 0 });
  expect(b.threads.count).toBe(1);
  const expected = Math.min(availableParallelism(), mostByDefault);
  on(b, () =>
    scope(() => {
      const x = tensor(filled([256, 256], 'f32', 1), { shape: [256, 256] });
      for (let k = 0; k < 1000 && b.threads.count < expected; k++) ops.matmul(x, x);
    }),
  );
  expect(b.threads.count).toBe(expected);
  await b.threads.set(1);
});
it('workers do a part of the work', async () => {
  const b = teams[1]!;
  const x = on(b, () => tensor(filled([512, 512], 'f32', 1), { shape: [512, 512] }));
  const end = performance.now() + 20_000;
  while (b.threads.workers!.helped === 0 && performance.now() < end) {
    on(b, () => scope(() => ops.exp(x)));
    await new Promise((next) => void setTimeout(next, 1));
  }
  expect(b.threads.workers!.helped).toBeGreaterThan(0);
});
it('more than 32 compiled functions may come and go between two runs', async () => {
  const b = createWasm({ divideFrom: 0 });
  await b.threads.set(2);
  on(b, () => {
    for (let round = 0; round < 100; round++) {
      const f = compile((x: Tensor) => ops.mul(ops.exp(x), round + 1));
      const x = tensor(filled([50, 20], 'f32', round), { shape: [50, 20] });
      const got = dataSync(f(x));
      expect(got[999]).toBeCloseTo(Math.exp(dataSync(x)[999]!) * (round + 1), 3);
      for (const c of f.captures) c.release();
    }
  });
  await b.threads.set(1);
});
it('a bundled and minified script with threads ends by itself', async () => {
  const { outputFiles } = await build({
    stdin: {
      contents: `import { memory, tensor, matmul, sum, itemSync } from './src/index.ts';
import { setThreads } from './src/backend/wasm/index.ts';
await setThreads(2);
const x = tensor(new Float32Array(90000).fill(1), { shape: [300, 300] });
console.log(itemSync(sum(matmul(x, x))), memory().buffers > 0);`,
      resolveDir: new URL('../../../', import.meta.url).pathname,
    },
    bundle: true,
    minify: true,
    keepNames: true,
    format: 'esm',
    platform: 'node',
    write: false,
  });
  const out = execFileSync(process.execPath, ['--input-type=module', '-'], {
    input: outputFiles[0]!.text,
    timeout: 30_000,
    encoding: 'utf8',
  });
  expect(out).toBe('27000000 true\n');
});
it('a wrong number is an error', async () => {
  await expect(teams[0]!.threads.set(0)).rejects.toThrow(
    'setThreads: expected a whole number from 1 to 256, received 0',
  );
  await expect(teams[0]!.threads.set(1.5)).rejects.toThrow('received 1.5');
});
it('where threads cannot share memory there is one, and one warning that says what to do', async () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  vi.stubGlobal('crossOriginIsolated', false);
  try {
    const b = createWasm({ divideFrom: 0 });
    expect(b.heap.memory.buffer).toBeInstanceOf(ArrayBuffer);
    await b.threads.set(2);
    await b.threads.set(4);
    expect(warn.mock.calls).toEqual([
      [
        'setThreads(2): this page is not cross-origin isolated, so threads cannot share memory; serve it with the headers "Cross-Origin-Opener-Policy: same-origin" and "Cross-Origin-Embedder-Policy: require-corp". Kernels run on one thread',
      ],
    ]);
    expect(on(b, () => dataSync(ops.add(tensor([1, 2]), 1)))).toEqual(Float32Array.of(2, 3));
  } finally {
    vi.unstubAllGlobals();
    warn.mockRestore();
  }
});
