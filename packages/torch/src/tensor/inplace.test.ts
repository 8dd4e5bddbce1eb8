// In-place methods, with gradients and traces, and their refusals in PyTorch's words.
import { describe, expect, test } from 'vitest';
import * as core from '@nn/core';
import * as torch from '../index.js';

const { tensor } = torch;
const list = (t: torch.Tensor | null): unknown => t && t.toArraySync();

describe('in place', () => {
  test('methods change the tensor and return it', () => {
    const x = tensor([1, 4]);
    expect(x.add_(1)).toBe(x);
    expect(list(x)).toEqual([2, 5]);
    expect(list(x.mul_(2).sub_(1).clamp_(4, 8))).toEqual([4, 8]);
    expect(list(x.zero_())).toEqual([0, 0]);
    expect(list(x.fill_(3))).toEqual([3, 3]);
    expect(list(x.copy_(tensor(7)))).toEqual([7, 7]);
    expect(x._version).toBe(7);
  });
  test('the dtype stays: whole numbers take whole numbers only', () => {
    const x = tensor([1, 2], { dtype: 'int32' });
    expect(list(x.add_(2))).toEqual([3, 4]);
    expect(() => x.add_(0.5)).toThrow("result type Float can't be cast to the desired output type Int");
    expect(() => x.div_(2)).toThrow("result type Float can't be cast to the desired output type Int");
    expect(() => tensor([true]).add_(tensor([1], { dtype: 'int32' }))).toThrow(
      "result type Int can't be cast to the desired output type Bool",
    );
    expect(list(tensor([1, 2]).copy_(tensor([3, 4], { dtype: 'float64' })))).toEqual([3, 4]);
  });
  test('the shape stays', () => {
    expect(() => tensor([1, 2]).add_(torch.ones([3, 2]))).toThrow(
      "output with shape [2] doesn't match the broadcast shape [3, 2]",
    );
    expect(() => tensor([1, 2]).copy_(torch.ones([3]))).toThrow('must match the size of tensor b');
  });
  test('random fills', () => {
    torch.manualSeed(1);
    const u = torch.zeros([1000]).uniform_(2, 4);
    expect(u.min().itemSync()).toBeGreaterThanOrEqual(2);
    expect(u.max().itemSync()).toBeLessThan(4);
    expect(torch.zeros([4000]).normal_(3, 0.5).mean().itemSync()).toBeCloseTo(3, 1);
    expect(torch.zeros([1000]).bernoulli_(0.25).mean().itemSync()).toBeCloseTo(0.25, 1);
    expect(torch.zeros([4000]).exponential_(2).mean().itemSync()).toBeCloseTo(0.5, 1);
    expect(() => torch.zeros([2], { dtype: 'int32' }).uniform_()).toThrow('not implemented for int32');
  });
});

describe('gradients', () => {
  const leaf = (): torch.Tensor => tensor([1, 2], { requiresGrad: true });
  test('leaves and their views refuse, outside of noGrad', () => {
    const w = leaf();
    expect(() => w.add_(1)).toThrow('a leaf Variable that requires grad is being used in an in-place operation.');
    expect(() => w.at(0).zero_()).toThrow(
      'a view of a leaf Variable that requires grad is being used in an in-place operation.',
    );
    torch.noGrad(() => w.add_(1));
    torch.noGrad(() => w.at(0).zero_());
    expect(list(w)).toEqual([0, 3]);
    expect(w.requiresGrad).toBe(true);
    expect(w.isLeaf).toBe(true);
  });
  test('computed tensors go on through the change', () => {
    const w = leaf();
    const y = w.mul(3);
    y.add_(1).mul_(w);
    y.sum().backward();
    expect(list(w.grad)).toEqual([7, 13]);
  });
  test('a change through a view is part of the base and its gradient', () => {
    const w = leaf();
    const y = w.mul(2);
    y.at(0).mul_(10);
    expect(y.gradFn).toEqual({ name: 'CopySlicesBackward0' });
    y.sum().backward();
    expect(list(w.grad)).toEqual([20, 2]);
  });
  test('a tensor without gradients takes up those of what is written to it', () => {
    const w = leaf();
    const buffer = torch.zeros([3]);
    buffer.at('1:').copy_(w);
    expect(buffer.requiresGrad).toBe(true);
    buffer
      .mul(tensor([1, 2, 3]))
      .sum()
      .backward();
    expect(list(w.grad)).toEqual([2, 3]);
  });
  test('what the gradient needs must not have been changed', () => {
    const w = leaf();
    const y = w.exp();
    const z = y.mul(y);
    y.add_(1);
    expect(() => z.sum().backward()).toThrow(
      'one of the variables needed for gradient computation has been modified by an inplace operation',
    );
    const v = leaf();
    const out = v.mul(v);
    torch.noGrad(() => v.zero_());
    expect(() => out.sum().backward()).toThrow('modified by an inplace operation');
  });
  test('data written through detach() keeps the history of a computed tensor', () => {
    const w = leaf();
    const y = w.mul(2);
    y.detach().fill_(5);
    expect(list(y)).toEqual([5, 5]);
    y.sum().backward();
    expect(list(w.grad)).toEqual([2, 2]);
  });
  test('detach_ and requiresGrad_', () => {
    const y = leaf().mul(2);
    y.detach_();
    expect(y.requiresGrad).toBe(false);
    y.requiresGrad_();
    y.pow(2).sum().backward();
    expect(list(y.grad)).toEqual([4, 8]);
    expect(() => tensor([1], { dtype: 'int32' }).requiresGrad_()).toThrow(
      'only Tensors of floating point dtype can require gradients',
    );
    expect(() => leaf().mul(2).requiresGrad_(false)).toThrow(
      'you can only change requires_grad flags of leaf variables',
    );
  });
});

describe('memory and traces', () => {
  test('a tensor that is changed inside a scope outlives it', () => {
    const total = tensor(0);
    for (let i = 0; i < 3; i++) core.scope(() => void total.add_(torch.ones([2]).sum()));
    expect(total.itemSync()).toBe(6);
  });
  test('temporary tensors that are changed in place leave nothing behind', () => {
    const step = (): void => core.scope(() => void torch.ones([4]).relu_().add_(1).at(0).mul_(2));
    step();
    const before = core.memory().buffers;
    for (let i = 0; i < 10; i++) step();
    expect(core.memory().buffers).toBe(before);
  });
  test('a compiled function sees and makes changes of captured tensors', () => {
    const state = tensor([1, 2]);
    const f = torch.compile((x: torch.Tensor) => {
      state.add_(x);
      return state.mul(10);
    });
    expect(list(f(tensor([1, 1])))).toEqual([20, 30]);
    expect(list(state)).toEqual([2, 3]);
    state.zero_();
    expect(list(f(tensor([1, 1])))).toEqual([10, 10]);
    expect(list(state)).toEqual([1, 1]);
    expect(f.traces).toBe(1);
  });
  test('also through a view that was made before', () => {
    const state = torch.zeros([3]);
    const first = state.at(0);
    const f = torch.compile((x: torch.Tensor) => {
      first.add_(x);
      return state.sum();
    });
    f(tensor(2));
    expect(f(tensor(2)).itemSync()).toBe(4);
    expect(list(state)).toEqual([4, 0, 0]);
    expect(first.itemSync()).toBe(4);
  });
});
