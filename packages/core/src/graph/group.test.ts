// Which values share a kernel: what is computed from a row while it is at hand, and what shares its loops. And what is written in place.
import { expect, test } from 'vitest';
import * as nn from '../index.js';

/** The kernels of a function on these inputs, as `show` lists them. */
function kernels(f: (...xs: nn.Tensor[]) => unknown, ...xs: nn.Tensor[]): string[] {
  const compiled = nn.compile(f);
  compiled(...xs);
  return nn
    .show(compiled)
    .split('\n')
    .filter((line) => /^ {2}%.* = /.test(line));
}
const x = nn.normal([8, 16]);

test('a row is read once: softmax, log-softmax, layer norm and cross-entropy are one kernel each', () => {
  expect(kernels((t) => nn.softmax(t!, 1), x)).toHaveLength(1);
  expect(kernels((t) => nn.logSoftmax(t!, 1), x)).toHaveLength(1);
  expect(
    kernels(
      (t, weight, bias) => nn.layerNorm(t!, [16], { weight: weight!, bias: bias! }),
      x,
      nn.ones([16]),
      nn.zeros([16]),
    ),
  ).toHaveLength(1);
});
test('what follows a product or a sum is done where its result is at hand', () => {
  const w = nn.normal([16, 4]);
  expect(kernels((a, b, c) => nn.relu(nn.add(nn.matmul(a!, b!), c!)), x, w, nn.ones([4]))).toHaveLength(1);
  expect(kernels((a) => nn.sqrt(nn.sum(nn.square(a!), { axes: 1 })), x)).toHaveLength(1);
});
test('maps of the same arrays are one kernel with several results', () => {
  expect(kernels((a) => [nn.exp(a!), nn.neg(a!)], x)).toEqual([
    expect.stringMatching(/%0: f32\[8,16\], %1: f32\[8,16\] = /),
  ]);
});
test('a sum along another axis waits until all rows are done', () => {
  const found = kernels((a) => {
    const e = nn.exp(a!);
    return [e, nn.sum(e, { axes: 0 })];
  }, x);
  expect(found).toHaveLength(2);
});
test('a value is not computed in a kernel that waits for it', () => {
  const y = nn.normal([8, 16]);
  const f = (a: nn.Tensor): nn.Tensor => {
    const m = nn.max(a, { axes: 1, keepdims: true });
    const down = nn.sum(nn.sub(a, m), { axes: 0, keepdims: true });
    return nn.add(nn.mul(nn.sub(a, m), down), nn.sum(m));
  };
  const right = nn.toArraySync(f(y)) as number[][];
  const got = nn.toArraySync(nn.compile(f)(y)) as number[][];
  got.flat().forEach((v, k) => expect(v).toBeCloseTo(right.flat()[k]!, 3));
});

test('a Variable that nobody looks at is written where it is', () => {
  const v = new nn.Variable(nn.zeros([4]));
  const step = nn.compile((a: nn.Tensor) => v.set(nn.add(v.get(), a)));
  step(nn.ones([4]));
  step(nn.ones([4]));
  const memory = v.ownMemory();
  expect(memory).not.toBeNull();
  step(nn.ones([4]));
  expect(v.ownMemory()).toBe(memory);
  const held = v.get();
  expect(v.ownMemory()).toBeNull();
  step(nn.ones([4]));
  expect(() => nn.toArraySync(held)).toThrow(/which a compiled function has written since/);
  expect(nn.toArraySync(v.get())).toEqual([4, 4, 4, 4]);
});
test('a Variable whose old value is a result, or is still read, gets new memory', () => {
  const v = new nn.Variable(nn.tensor([1, 2]));
  const swap = nn.compile(() => {
    const old = v.get();
    v.set(nn.mul(old, 10));
    return old;
  });
  expect([nn.toArraySync(swap()), nn.toArraySync(swap())]).toEqual([
    [1, 2],
    [10, 20],
  ]);
  const w = new nn.Variable(nn.tensor([1, 2, 3]));
  const turn = nn.compile(() => w.set(nn.flip(w.get(), [0])));
  turn();
  turn();
  turn();
  expect(nn.toArraySync(w.get())).toEqual([3, 2, 1]);
});
