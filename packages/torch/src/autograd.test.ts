// torch.autograd: gradients as values, own backward functions, Jacobians and Hessians.
import { describe, expect, test } from 'vitest';
import * as torch from './index.js';
import type { FunctionContext } from './autograd.js';

const { autograd, tensor } = torch;
type Tensor = torch.Tensor;
const leaf = (...data: number[]): Tensor => tensor(data, { requiresGrad: true });
const list = (t: Tensor | null | undefined | Tensor[] | Tensor[][]): unknown =>
  Array.isArray(t) ? t.map(list) : t && t.toArraySync();

describe('grad', () => {
  test('returns gradients and leaves .grad alone', () => {
    const [a, b] = [leaf(1, 2), leaf(3, 4)];
    const gs = autograd.grad(a.mul(b).sum(), [a, b]);
    expect(gs.map(list)).toEqual([
      [3, 4],
      [1, 2],
    ]);
    expect(a.grad).toBeNull();
  });
  test('of computed tensors, with cotangents, several times', () => {
    const a = leaf(1, 2);
    const y = a.pow(2);
    const z = y.mul(3);
    expect(list(autograd.grad(z, y, { gradOutputs: tensor([1, 10]), retainGraph: true })[0])).toEqual([3, 30]);
    expect(list(autograd.grad(z.sum(), a)[0])).toEqual([6, 12]);
  });
  test('second derivatives', () => {
    const a = leaf(2);
    const [g] = autograd.grad(a.pow(4).sum(), a, { createGraph: true });
    expect(list(autograd.grad(g!.sum(), a)[0])).toEqual([48]);
  });
  test('unused inputs', () => {
    const [a, b] = [leaf(1), leaf(2)];
    expect(() => autograd.grad(a.sum(), b)).toThrow(
      'One of the differentiated Tensors appears to not have been used in the graph',
    );
    expect(autograd.grad(a.sum(), [b], { allowUnused: true })).toEqual([null]);
    expect(list(autograd.grad(a.sum(), [b], { materializeGrads: true })[0])).toEqual([0]);
    expect(() => autograd.grad(a.sum(), tensor([1]))).toThrow(
      'One of the differentiated Tensors does not require grad',
    );
  });
  test('backward of several tensors', () => {
    const a = leaf(1, 2);
    autograd.backward([a.sum(), a.mul(2)], [null, tensor([1, 1])]);
    expect(list(a.grad)).toEqual([3, 3]);
  });
});

describe('Function', () => {
  class Clip extends autograd.Function {
    static forward(ctx: FunctionContext, x: Tensor, limit: number): Tensor {
      ctx.saveForBackward(x);
      ctx['limit'] = limit;
      return x.clamp(-limit, limit);
    }
    static backward(ctx: FunctionContext, g: Tensor): (Tensor | null)[] {
      const [x] = ctx.savedTensors;
      return [
        g.mul(
          x!
            .abs()
            .le(ctx['limit'] as number)
            .float(),
        ),
        null,
      ];
    }
  }
  test('has its own backward, and other arguments', () => {
    const x = leaf(-3, 0.5, 2);
    const y = Clip.apply(x, 1);
    expect(list(y)).toEqual([-1, 0.5, 1]);
    expect(y.gradFn?.name).toBe('ClipBackward0');
    y.sum().backward();
    expect(list(x.grad)).toEqual([0, 1, 0]);
  });
  class Split extends autograd.Function {
    static forward(_: FunctionContext, x: Tensor): Tensor[] {
      return [x.mul(2), x.mul(3)];
    }
    static backward(_: FunctionContext, a: Tensor, b: Tensor): Tensor {
      return a.mul(2).add(b.mul(3));
    }
  }
  test('of several results', () => {
    const x = leaf(1);
    const [a, b] = Split.apply(x);
    a!.add(b!.mul(10)).sum().backward();
    expect(list(x.grad)).toEqual([32]);
  });
  test('a wrong number of gradients is an error', () => {
    class Wrong extends autograd.Function {
      static forward(_: FunctionContext, x: Tensor, y: Tensor): Tensor {
        return x.add(y);
      }
      static backward(_: FunctionContext, g: Tensor): Tensor[] {
        return [g];
      }
    }
    expect(() => Wrong.apply(leaf(1), leaf(2)).sum().backward()).toThrow(
      'function WrongBackward returned an incorrect number of gradients (expected 2, got 1)',
    );
  });
});

describe('functional', () => {
  const cube = (x: Tensor): Tensor => x.pow(3);
  test('jacobian and hessian', () => {
    expect(list(autograd.functional.jacobian(cube, tensor([1, 2])))).toEqual([
      [3, 0],
      [0, 12],
    ]);
    expect(list(autograd.functional.hessian((x) => x.pow(3).sum(), tensor([1, 2])))).toEqual([
      [6, 0],
      [0, 12],
    ]);
    const blocks = autograd.functional.hessian((x, y) => x.mul(y).sum(), [tensor([1]), tensor([2])]);
    expect(list(blocks as Tensor[][])).toEqual([
      [[[0]], [[1]]],
      [[[1]], [[0]]],
    ]);
  });
  test('products with vectors', () => {
    const x = tensor([1, 2]);
    expect(list(autograd.functional.vjp(cube, x, tensor([1, 1]))[1] as Tensor)).toEqual([3, 12]);
    expect(list(autograd.functional.jvp(cube, x, tensor([1, 10]))[1])).toEqual([3, 120]);
    expect(list(autograd.functional.hvp((v) => v.pow(3).sum(), x, tensor([1, 10]))[1] as Tensor)).toEqual([6, 120]);
  });
});

test('checkpoint gives the same gradients', () => {
  const w = leaf(0.5, -1);
  torch.utils.checkpoint
    .checkpoint((x: Tensor) => x.sin().exp(), w)
    .sum()
    .backward();
  const recomputed = list(w.grad);
  w.grad = null;
  w.sin().exp().sum().backward();
  expect(recomputed).toEqual(list(w.grad));
});
