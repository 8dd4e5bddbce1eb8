// Replaying a compiled function: the same numbers as the eager one, in place, with flat memory; and what is left when a device is full.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { createWasm } from '../backend/wasm/wasm.js';
import * as nn from '../index.js';
import { useBackend } from './state.js';

/** A network of two layers with the state of Adam, and one step of its training. */
function network([batch, inputs, hidden, outputs]: readonly [number, number, number, number]) {
  const generator = new nn.Generator(5);
  const noise = (...shape: number[]): nn.Tensor => nn.mul(nn.normal(shape, { generator }), 0.3);
  const weights = [noise(inputs, hidden), noise(hidden), noise(hidden, outputs), noise(outputs)].map((w) => ({
    p: new nn.Variable(w, { trainable: true }),
    m: new nn.Variable(nn.zeros(w.shape)),
    v: new nn.Variable(nn.zeros(w.shape)),
  }));
  const count = new nn.Variable(nn.zeros([]));
  const step = (x: nn.Tensor, y: nn.Tensor): nn.Tensor => {
    const leaves = weights.map(({ p }) => p.get());
    const [w1, b1, w2, b2] = leaves as [nn.Tensor, nn.Tensor, nn.Tensor, nn.Tensor];
    const out = nn.add(nn.matmul(nn.relu(nn.add(nn.matmul(x, w1), b1)), w2), b2);
    const loss = nn.mean(nn.square(nn.sub(out, y)));
    const slopes = nn.gradients([loss], { targets: leaves });
    count.set(nn.add(count.get(), 1));
    weights.forEach(({ p, m, v }, k) => {
      const o = { lr: 0.01, step: count.get(), eps: 1e-8, form: 'torch' } as const;
      const next = nn.adamUpdate(leaves[k]!, slopes.get(leaves[k]!)!, { m: m.get(), v: v.get() }, o);
      p.set(next.p);
      m.set(next.m);
      v.set(next.v);
    });
    return loss;
  };
  const variables = [count, ...weights.flatMap(({ p, m, v }) => [p, m, v])];
  return { step, variables, x: noise(batch, inputs), y: noise(batch, outputs) };
}
const numbers = (vs: readonly nn.Variable[]): number[] => vs.flatMap((v) => [...nn.dataSync(v.peek())]);

// The batch is what a weight's gradient sums over: more than one block of a product, and the weight is updated in the same kernel.
test.each([[[3, 10, 5, 2]], [[700, 24, 16, 9]]] as const)('20 steps of %j are those of the eager function', (sizes) => {
  const [eager, compiled] = [network(sizes), network(sizes)];
  const f = nn.compile(compiled.step);
  for (let k = 0; k < 20; k++) {
    const right = nn.itemSync(eager.step(eager.x, eager.y)) as number;
    expect(nn.itemSync(f(compiled.x, compiled.y))).toBeCloseTo(right, 4);
  }
  const right = numbers(eager.variables);
  numbers(compiled.variables).forEach((v, k) => expect(v).toBeCloseTo(right[k]!, 3));
});
test('every Variable of a step is written where it is', () => {
  const { step, variables, x, y } = network([3, 10, 5, 2]);
  const f = nn.compile(step);
  f(x, y);
  f(x, y);
  const memory = variables.map((v) => v.ownMemory());
  expect(memory).not.toContain(null);
  f(x, y);
  expect(variables.map((v) => v.ownMemory())).toEqual(memory);
});
test('10,000 steps make nothing that stays', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const { step, x, y } = network([3, 10, 5, 2]);
  const f = nn.compile(step);
  /** How much the heap grows by so many steps, after finalizers have run. */
  const growth = async (times: number): Promise<number> => {
    const before = process.memoryUsage().heapUsed;
    for (let k = 0; k < times; k++) f(x, y).dispose();
    collect();
    await new Promise((next) => void setTimeout(next, 5));
    collect();
    return process.memoryUsage().heapUsed - before;
  };
  await growth(2000);
  const before = nn.memory();
  // What stays for each step would show in every round; the engine's own state changes in some.
  const grown: number[] = [];
  for (let k = 0; k < 4; k++) grown.push(await growth(2500));
  expect(nn.memory().buffers).toBeLessThanOrEqual(before.buffers);
  expect(Math.min(...grown)).toBeLessThan(2 ** 16);
});
test('the values between kernels take little more than what is alive at once', () => {
  const f = nn.compile((x: nn.Tensor) => {
    let y = x;
    for (const n of [60, 90, 50, 80, 40, 70, 30]) y = nn.tanh(nn.matmul(y, nn.ones([y.shape[1]!, n])));
    return nn.sum(y);
  });
  f(nn.ones([100, 100]));
  // Two neighbours at once: 100 rows of 90 and of 80.
  expect(f.captures[0]!.plan.heldBytes).toBeLessThanOrEqual(4 * 100 * (90 + 80));
});
test('a device without room for the values between kernels loses nothing, and goes on when there is room', () => {
  const was = useBackend(createWasm({ maximumPages: 64 }));
  try {
    const v = new nn.Variable(nn.tensor([1, 2, 3]));
    const f = nn.compile((x: nn.Tensor) => {
      v.set(nn.add(v.get(), 1));
      const large = nn.add(nn.reshape(x, [1000, 1]), nn.reshape(x, [1, 1000]));
      return nn.add(nn.sum(nn.matmul(large, large)), nn.sum(v.get()));
    });
    const x = nn.ones([1000]);
    const before = nn.memory();
    for (let k = 0; k < 3; k++) {
      expect(() => f(x)).toThrow(/wasm: no room for .* Nothing was lost/);
      expect(nn.toArraySync(v.peek())).toEqual([1, 2, 3]);
      expect(nn.memory().buffers).toBeLessThanOrEqual(before.buffers);
    }
    const small = nn.compile(() => v.set(nn.add(v.get(), 1)));
    small();
    expect(nn.toArraySync(v.peek())).toEqual([2, 3, 4]);
  } finally {
    useBackend(was);
  }
});
