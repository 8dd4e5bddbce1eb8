// Whole steps captured once: modules, statistics, random numbers, control flow.
import { describe, expect, test } from 'vitest';
import * as torch from './index.js';

const { nn, tensor } = torch;
type Tensor = torch.Tensor;
const list = (t: Tensor | null | undefined): unknown => t && t.toArraySync();

describe('compile', () => {
  test('a network with batch statistics runs as without', () => {
    const make = (): torch.nn.Sequential => {
      torch.manualSeed(3);
      return new nn.Sequential(
        new nn.Conv2d(1, 3, 3, { padding: 1 }),
        new nn.BatchNorm2d(3),
        new nn.ReLU(),
        new nn.MaxPool2d(2),
        new nn.Flatten(),
        new nn.Linear(12, 2),
      );
    };
    const [plain, fast] = [make(), make()];
    const run = (net: (x: Tensor) => Tensor, x: Tensor): Tensor => {
      const loss = net(x).pow(2).mean();
      loss.backward();
      return loss;
    };
    const step = torch.compile((x: Tensor) => {
      fast.zeroGrad();
      return run(fast, x);
    });
    for (let i = 0; i < 5; i++) {
      const x = torch.randn([4, 1, 4, 4]);
      plain.zeroGrad();
      expect(step(x).itemSync()).toBeCloseTo(run(plain, x).itemSync(), 5);
    }
    const [a, b] = [plain.stateDict(), fast.stateDict()];
    for (const name of Object.keys(a)) expect(a[name]!.allclose(b[name]!, { atol: 1e-5 })).toBe(true);
    for (const [name, p] of plain.namedParameters())
      expect(p.grad!.allclose(fast.getParameter(name).grad!, { atol: 1e-5 })).toBe(true);
    expect(step.traces).toBe(1);
    expect(a['1.num_batches_tracked']!.itemSync()).toBe(5);
  });
  test('random numbers differ from call to call and follow the seed', () => {
    const f = torch.compile((x: Tensor) => nn.functional.dropout(x, 0.5));
    const x = torch.ones([64]);
    torch.manualSeed(1);
    const [a, b] = [list(f(x)), list(f(x))];
    expect(a).not.toEqual(b);
    torch.manualSeed(1);
    expect(list(f(x))).toEqual(a);
    torch.manualSeed(1);
    expect(list(nn.functional.dropout(x, 0.5))).toEqual(a);
  });
  test('trees of tensors and settings', () => {
    const f = torch.compile(({ x, y }: { x: Tensor; y: Tensor[] }, by: number) => ({
      sum: x.add(y[0]!),
      list: [y[1]!.mul(by)],
    }));
    const out = f({ x: tensor(1), y: [tensor(2), tensor(3)] }, 10);
    expect([out.sum.itemSync(), out.list[0]!.itemSync()]).toEqual([3, 30]);
    f({ x: tensor(1), y: [tensor(2), tensor(3)] }, 20);
    expect(f.traces).toBe(2);
  });
  test('reading a value is an error that names the way out', () => {
    const f = torch.compile((x: Tensor) => (x.sum().itemSync() > 0 ? x : x.neg()));
    expect(() => f(tensor([1]))).toThrow('use cond, whileLoop or scan');
  });
  test('a parameter made in each call is an error', () => {
    const f = torch.compile((x: Tensor) => new nn.Linear(2, 2)(x));
    expect(() => f(torch.ones([1, 2]))).toThrow('a Parameter cannot be made from a value of a compiled function');
  });
  test('in-place changes of what is made inside', () => {
    const f = torch.compile((x: Tensor) => {
      const y = x.mul(2);
      y.at(0).add_(1);
      y.set(['1:'], 0);
      return y;
    });
    expect(list(f(tensor([1, 2, 3])))).toEqual([3, 0, 0]);
    expect(list(f(tensor([5, 2, 3])))).toEqual([11, 0, 0]);
  });
  test('copies taken before a compiled update keep their values', () => {
    const w = new nn.Parameter(tensor([1, 2]));
    const f = torch.compile((x: Tensor) => torch.noGrad(() => w.add_(x)));
    f(tensor([1, 1]));
    const kept = w.clone();
    f(tensor([1, 1]));
    expect([list(kept), list(w)]).toEqual([
      [2, 3],
      [3, 4],
    ]);
  });
});

describe('control flow', () => {
  test('cond', () => {
    const f = torch.compile((x: Tensor) =>
      torch.cond(
        x.sum().gt(0),
        (t) => t.mul(2),
        (t) => t.neg(),
        [x],
      ),
    );
    expect(list(f(tensor([1, 2])))).toEqual([2, 4]);
    expect(list(f(tensor([-1, -2])))).toEqual([1, 2]);
    expect(f.traces).toBe(1);
  });
  test('whileLoop and scan', () => {
    expect(
      torch
        .whileLoop(
          (x: Tensor) => x.lt(100),
          (x) => x.mul(2),
          tensor(3),
        )
        .itemSync(),
    ).toBe(192);
    const [total, sums] = torch.scan(
      (c: Tensor, x: Tensor) => [c.add(x), c.add(x)] as const,
      tensor(0),
      tensor([1, 2, 3]),
    );
    expect([total.itemSync(), list(sums)]).toEqual([6, [1, 3, 6]]);
  });
});
