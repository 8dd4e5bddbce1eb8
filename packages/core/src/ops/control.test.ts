// cond, whileLoop and scan do the same eager and compiled, with gradients and Variables.
import { expect, test } from 'vitest';
import * as nn from '../index.js';

const both = <A extends nn.Tensor[]>(f: (...xs: A) => nn.Tensor, ...xs: A): unknown => {
  const eager = nn.toArraySync(f(...xs));
  const compiled = nn.compile(f)(...xs);
  // Fused kernels round less often than eager ones.
  nn.dataSync(compiled).forEach((v, k) => expect(v).toBeCloseTo([eager].flat(9)[k] as number, 6));
  return eager;
};

test('cond chooses by a value', () => {
  const f = (x: nn.Tensor): nn.Tensor =>
    nn.cond(
      nn.greater(nn.sum(x), 0),
      () => nn.mul(x, 2),
      () => nn.neg(x),
    );
  expect(both(f, nn.tensor([1, 2]))).toEqual([2, 4]);
  expect(both(f, nn.tensor([-1, -2]))).toEqual([1, 2]);
});
test('cond in a trace: Variables of both sides, one trace for both values', () => {
  const v = new nn.Variable(nn.tensor([10]));
  const f = nn.compile((x: nn.Tensor) =>
    nn.cond(
      nn.greater(x, 0),
      () => {
        v.set(x);
        return x;
      },
      () => x,
    ),
  );
  f(nn.tensor([-1]));
  expect(nn.toArraySync(v.get())).toEqual([10]);
  f(nn.tensor([3]));
  expect(nn.toArraySync(v.get())).toEqual([3]);
  expect(f.traces).toBe(1);
});
test('cond has gradients on the side that was taken', () => {
  const df = nn.grad((x) =>
    nn.cond(
      nn.greater(nn.sum(x), 0),
      () => nn.sum(nn.square(x)),
      () => nn.sum(x),
    ),
  );
  expect(nn.toArraySync(df(nn.tensor([1, 2]))[0]!)).toEqual([2, 4]);
  expect(nn.toArraySync(nn.compile(df)(nn.tensor([-1, -2]))[0]!)).toEqual([1, 1]);
});
test('cond asks for equal shapes and one condition', () => {
  const two = nn.compile((x: nn.Tensor) =>
    nn.cond(
      nn.greater(nn.sum(x), 0),
      () => x,
      () => nn.zeros([3]),
    ),
  );
  expect(() => two(nn.tensor([1, 2]))).toThrow('cond: both sides must have the same shape, received f32[2] and f32[3]');
  expect(() =>
    nn.cond(
      nn.tensor([true, false]),
      () => 1,
      () => 2,
    ),
  ).toThrow('cond: the condition must have one element, received bool[2]. Use any or all');
});
test('whileLoop runs until its condition fails', () => {
  const f = (x: nn.Tensor): nn.Tensor =>
    nn.whileLoop(
      (s) => nn.less(nn.sum(s), 100),
      (s) => nn.mul(s, 2),
      x,
      { maxIterations: 8 },
    );
  expect(both(f, nn.tensor([1, 2]))).toEqual([64, 128].map((v) => v / 1));
  expect(() =>
    nn.compile((x: nn.Tensor) =>
      nn.whileLoop(
        (s) => nn.less(s, 3),
        (s) => nn.add(s, 1),
        x,
      ),
    )(nn.tensor(0)),
  ).toThrow('Give maxIterations');
});
test('scan carries a value over an axis, with gradients', () => {
  const f = (x: nn.Tensor): nn.Tensor =>
    nn.scan((c: nn.Tensor, row: nn.Tensor) => [nn.tanh(nn.add(c, row)), nn.mul(c, 2)] as const, nn.zeros([2]), x)[1];
  both(
    f,
    nn.tensor([
      [1, 2],
      [3, 4],
      [5, 6],
    ]),
  );
  const df = nn.grad((x) => nn.sum(f(x)));
  expect(
    both(
      (x) => df(x)[0]!,
      nn.tensor([
        [1, 2],
        [0, 1],
        [5, 6],
      ]),
    ),
  ).toHaveLength(3);
});
