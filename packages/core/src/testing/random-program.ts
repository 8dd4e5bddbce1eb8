// Random steps of training, compiled: graphs of elementwise functions, products, reductions and movements, with gradients and Variables that are
// written in place. They find what fusing, planning and scheduling do wrong with each other, which a primitive alone does not show.
import { compile, gradients } from '../autograd/index.js';
import type { Backend } from '../backend/index.js';
import { layerNorm, softmax } from '../functional/index.js';
import { data, tensor } from '../graph/create.js';
import { useBackend } from '../graph/state.js';
import type { Tensor } from '../graph/tensor.js';
import { Variable } from '../graph/variable.js';
import * as ops from '../ops/index.js';
import { distance } from './distance.js';
import { drawFrom, seeded } from './draw.js';

/** One step: makes f32[m,n] of two of that shape, a square f32[n,n] and a row f32[n]. */
type Maker = (a: Tensor, c: Tensor, w: Tensor, b: Tensor) => Tensor;
const rows = { axes: [1], keepdims: true } as const;
const columns = { axes: [0], keepdims: true } as const;
/** Positions from 0 to n - 1. */
const places = (x: Tensor, n: number): Tensor => ops.cast(ops.mul(ops.sigmoid(x), n - 0.51), 'i32');
const swapped = (x: Tensor): Tensor => ops.permute(x, [1, 0]);
const [tall, wide] = [(x: Tensor) => x.shape[0]!, (x: Tensor) => x.shape[1]!];

const makers: readonly Maker[] = [
  (a, _, w) => ops.tanh(ops.matmul(a, w)),
  (a, _, w) => ops.matmul(a, swapped(w)),
  (a, _, w, b) => ops.add(ops.matmul(a, w), b),
  (a, c) => ops.matmul(ops.matmul(a, swapped(c)), ops.mul(c, 0.1)),
  (a, c) => ops.mul(a, c),
  (a, c) => ops.add(a, c),
  (a, c) => ops.sub(ops.mul(a, 0.5), c),
  (a, c) => ops.where(ops.less(a, c), a, ops.mul(c, 0.3)),
  (a, c) => ops.mul(ops.add(a, c), ops.sub(1, ops.square(ops.tanh(a)))),
  (a, c) => ops.maximum(ops.exp(ops.minimum(a, 1)), ops.abs(c)),
  (a) => softmax(a, 1),
  (a, c) => ops.sub(softmax(ops.add(a, c), 0), ops.mul(ops.sum(a, columns), 0.01)),
  (a) => layerNorm(a, [wide(a)]),
  (a) => ops.sub(a, ops.max(a, rows)),
  (a, c) => ops.div(a, ops.add(1, ops.sum(ops.square(c), columns))),
  (a, c) => ops.add(a, ops.mean(c, rows)),
  (a) => ops.cumsum(ops.mul(a, 0.2), 1),
  (a, c) => ops.add(ops.cumsum(ops.mul(a, 0.1), 0), ops.flip(ops.cumsum(ops.mul(c, 0.1), 1), [1])),
  (a) => ops.flip(a, [1]),
  (a, c) => ops.add(ops.mul(a, ops.flip(c, [0])), ops.flip(a, [0, 1])),
  (a, c) => ops.concat([ops.slice(a, [0, 1], [...a.shape]), ops.slice(c, [0, 0], [tall(c), 1])], 1),
  (a, c) => ops.reshape(swapped(ops.reshape(ops.mul(a, ops.tanh(c)), [wide(a), tall(a)])), a.shape),
  (a, c) => ops.gather(a, places(c, tall(a)), 0),
  (a, c) => ops.scatterAdd(ops.mul(a, 0.5), places(c, wide(a)), c, 1),
  (a, _, w) => {
    const window = ops.reshape(ops.slice(w, [0, 0], [3, 3]), [1, 1, 3, 3]);
    return ops.reshape(ops.tanh(ops.conv(ops.reshape(a, [1, 1, ...a.shape]), window, { padding: 1 })), a.shape);
  },
];

/** What three steps of the program of a seed give on a device, and the Variables after them. */
async function run(device: Backend, seed: number): Promise<ArrayLike<number>[]> {
  const draw = drawFrom(seeded(seed));
  const [n, m] = [draw.pick([3, 4, 5, 7, 8, 12, 16, 20]), draw.pick([1, 3, 4, 6, 8, 17, 32])];
  const filled = (shape: readonly number[], most: number): Tensor => {
    const values = Float32Array.from(
      { length: shape.reduce((a, b) => a * b, 1) },
      () => most * (2 * draw.random() - 1),
    );
    return tensor(values, { shape });
  };
  const was = useBackend(device);
  try {
    const weights = [0, 1].map(() => new Variable(filled([n, n], 1 / Math.sqrt(n)), { trainable: true }));
    const state = new Variable(filled([m, n], 1));
    const [x, b] = [filled([m, n], 1), filled([n], 0.5)];
    const plan = Array.from({ length: draw.int(4, 18) }, (_, k) => ({
      make: draw.pick(makers),
      from: [draw.int(0, k + 1), draw.int(0, k + 1), draw.int(0, 1)] as const,
    }));
    const step = compile((xs: Tensor, bs: Tensor) => {
      const made = [xs, state.get()];
      const ws = weights.map((w) => w.get());
      for (const { make, from } of plan) made.push(make(made[from[0]]!, made[from[1]]!, ws[from[2]]!, bs));
      const last = made.slice(-3);
      const ends = [...last, ops.matmul(ops.matmul(xs, ws[0]!), ws[1]!)];
      const loss = ends.map((t) => ops.mean(ops.square(ops.tanh(t)))).reduce((p, q) => ops.add(p, q));
      const slopes = gradients([loss], { targets: ws });
      weights.forEach((w, k) => w.set(ops.sub(ws[k]!, ops.mul(slopes.get(ws[k]!)!, 0.1))));
      state.set(ops.tanh(last.at(-1)!));
      return [loss, ...last];
    });
    const results: Tensor[] = [];
    for (let k = 0; k < 3; k++) results.push(...step(x, b));
    return await Promise.all([...results, ...weights.map((w) => w.get()), state.get()].map((t) => data(t)));
  } finally {
    useBackend(was);
  }
}

/** How far what a device makes of the program of a seed is from what the other makes of it. */
export async function programDistance(seed: number, device: Backend, right: Backend): Promise<number> {
  const [got, expected] = [await run(device, seed), await run(right, seed)];
  return Math.max(...expected.map((v, k) => distance(Array.from(got[k]!), Array.from(v))));
}
