// backward(), .grad, hooks and graphs, as in PyTorch.
import { describe, expect, test } from 'vitest';
import * as torch from '../index.js';

const { tensor } = torch;
const leaf = (...data: number[]): torch.Tensor => tensor(data, { requiresGrad: true });
const list = (t: torch.Tensor | null | undefined): unknown => t && t.toArraySync();

describe('backward', () => {
  test('gradients add up until they are cleared', () => {
    const w = leaf(1, 2);
    w.pow(2).sum().backward();
    w.pow(2).sum().backward();
    expect(list(w.grad)).toEqual([4, 8]);
    expect(w.grad).toBe(w.grad);
    w.grad = null;
    expect(w.grad).toBeNull();
    w.sum().backward();
    expect(list(w.grad)).toEqual([1, 1]);
  });
  test('a gradient taken before stays what it was', () => {
    const w = leaf(1, 2);
    w.sum().backward();
    const first = w.grad;
    w.grad = null;
    w.mul(3).sum().backward();
    expect(list(first)).toEqual([1, 1]);
    expect(list(w.grad)).toEqual([3, 3]);
  });
  test('.grad can be changed in place and assigned', () => {
    const w = leaf(1, 2);
    w.sum().backward();
    w.grad!.mul_(5);
    expect(list(w.grad)).toEqual([5, 5]);
    w.grad = tensor([7, 8]);
    expect(list(w.grad)).toEqual([7, 8]);
    expect(() => (w.grad = tensor([1]))).toThrow('assigned grad has data of a different size');
    expect(() => (w.grad = tensor([1, 2], { dtype: 'float64' }))).toThrow('assigned grad has data of a different type');
  });
  test('results that are no scalars need a gradient', () => {
    const w = leaf(1, 2);
    expect(() => w.mul(2).backward()).toThrow('grad can be implicitly created only for scalar outputs');
    w.mul(2).backward(tensor([1, 10]));
    expect(list(w.grad)).toEqual([2, 20]);
    w.mul(2).backward({ gradient: tensor([1, 0]) });
    expect(list(w.grad)).toEqual([4, 20]);
    expect(() => w.mul(2).backward(tensor([1]))).toThrow(
      'Mismatch in shape: grad_output[0] has a shape of [1] and output[0] has a shape of [2].',
    );
  });
  test('what needs no gradient has none', () => {
    expect(() => tensor([1]).sum().backward()).toThrow(
      'element 0 of tensors does not require grad and does not have a grad_fn',
    );
    const w = leaf(1);
    expect(torch.noGrad(() => w.mul(2)).requiresGrad).toBe(false);
    expect(w.detach().requiresGrad).toBe(false);
    expect(torch.noGrad(() => torch.enableGrad(() => w.mul(2))).requiresGrad).toBe(true);
    expect(torch.isGradEnabled()).toBe(true);
  });
  test('a graph is used once, unless it is kept', () => {
    const w = leaf(2);
    const y = w.exp().sum();
    y.backward({ retainGraph: true });
    y.backward();
    expect(() => y.backward()).toThrow('Trying to backward through the graph a second time');
  });
  test('gradients of gradients', () => {
    const w = leaf(2);
    w.pow(3).sum().backward({ createGraph: true });
    const g = w.grad!;
    expect(g.requiresGrad).toBe(true);
    w.grad = null;
    g.sum().backward();
    expect(list(w.grad)).toEqual([12]);
  });
  test('leaves, and the names of what made the others', () => {
    const w = leaf(1, 2);
    expect([w.isLeaf, w.gradFn, tensor([1]).isLeaf]).toEqual([true, null, true]);
    expect(w.mul(2).isLeaf).toBe(false);
    expect(w.mul(2).gradFn).toEqual({ name: 'MulBackward0' });
    expect(w.sum().gradFn?.name).toBe('SumBackward0');
    expect(w.view(2, 1).gradFn?.name).toBe('ViewBackward0');
    expect(torch.cat([w, w]).gradFn?.name).toBe('CatBackward0');
  });
  test('only some leaves', () => {
    const [a, b] = [leaf(1), leaf(2)];
    a.mul(b)
      .sum()
      .backward({ inputs: [b] });
    expect([list(a.grad), list(b.grad)]).toEqual([null, [1]]);
  });
});

describe('hooks', () => {
  test('see and replace the gradients of leaves', () => {
    const w = leaf(1, 2);
    const seen: unknown[] = [];
    const hook = w.registerHook((g) => {
      seen.push(list(g));
      return g.mul(10);
    });
    w.sum().backward();
    hook.remove();
    w.sum().backward();
    expect(seen).toEqual([[1, 1]]);
    expect(list(w.grad)).toEqual([11, 11]);
  });
  test('and of computed tensors', () => {
    const w = leaf(1, 2);
    const y = w.mul(2);
    y.registerHook((g) => g.mul(3));
    y.sum().backward();
    expect(list(w.grad)).toEqual([6, 6]);
    expect(() => tensor([1]).registerHook(() => undefined)).toThrow(
      "cannot register a hook on a tensor that doesn't require gradient",
    );
  });
  test('retainGrad', () => {
    const w = leaf(1, 2);
    const y = w.mul(2);
    expect(y.grad).toBeNull();
    y.retainGrad();
    y.mul(y).sum().backward();
    expect(list(y.grad)).toEqual([4, 8]);
  });
});

describe('inside compile', () => {
  test('gradients of captured leaves are set by each call', () => {
    const w = leaf(1, 2);
    const f = torch.compile((x: torch.Tensor) => {
      w.grad = null;
      const loss = w.mul(x).sum();
      loss.backward();
      return loss;
    });
    expect(f(tensor([3, 4])).itemSync()).toBe(11);
    expect(list(w.grad)).toEqual([3, 4]);
    f(tensor([5, 6]));
    expect(list(w.grad)).toEqual([5, 6]);
    expect(f.traces).toBe(1);
  });
  test('gradients flow through a compiled function to what it captured and what it was given', () => {
    const [w, x] = [leaf(1, 2), leaf(3, 4)];
    const f = torch.compile((v: torch.Tensor) => w.mul(v).sum());
    f(x).backward();
    expect(list(w.grad)).toEqual([3, 4]);
    expect(list(x.grad)).toEqual([1, 2]);
  });
  test('an argument gets no .grad from inside', () => {
    const f = torch.compile((v: torch.Tensor) => {
      v.sum().backward();
      return v;
    });
    expect(() => f(leaf(1))).toThrow('was passed to the function as an argument: its .grad cannot be set from inside');
  });
});
