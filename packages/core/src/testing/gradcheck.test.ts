// The gradient check itself: what it accepts, what it notices, and with which handles it works.
import { describe, expect, it } from 'vitest';
import { customFunction } from '../autograd/index.js';
import { relu } from '../functional/index.js';
import { detach, tensor } from '../graph/create.js';
import { memory } from '../graph/memory.js';
import type { Primitive, Tensor } from '../graph/tensor.js';
import { handle } from '../graph/tree.js';
import { cumsum, exp, matmul, mul, sin, sum, tanh } from '../ops/index.js';
import { close, distance } from './distance.js';
import { gradcheck } from './gradcheck.js';
import { primitiveSuite } from './primitive-suite.js';

const f64 = (values: number[] | number[][]): Tensor => tensor(values, { dtype: 'f64' });

describe('distance', () => {
  it('is |a - b| / (1 + |b|), the largest of all', () => {
    expect(distance([1, 2], [1, 3])).toBe(0.25);
    expect(distance([NaN, Infinity, -0], [NaN, Infinity, 0])).toBe(0);
    expect(distance([Infinity], [-Infinity])).toBe(Infinity);
    expect(distance([1], [NaN])).toBe(Infinity);
    expect(distance([1, 2], [1])).toBe(Infinity);
    expect(distance(Float32Array.of(1, 0), [[true], [false]])).toBe(0);
    expect(close([1], [1.1])).toBe(false);
    expect(close([1], [1.1], 0.1)).toBe(true);
  });
});

describe('gradcheck', () => {
  it('accepts right gradients to third order', async () => {
    const result = await gradcheck(
      (x: Tensor, y: Tensor) => matmul(tanh(x), sin(y)),
      [
        f64([
          [0.3, -1],
          [2, 0.1],
        ]),
        f64([[1], [-0.5]]),
      ],
      { order: 3 },
    );
    expect(result).toMatchObject({ ok: true });
    expect(result.errors.length).toBe(3);
  });
  it('notices a wrong gradient, and says where', async () => {
    const wrong = customFunction({ name: 'wrong', forward: (_, x) => exp(x), backward: (_, g) => g });
    const result = await gradcheck(wrong, [f64([1])]);
    expect(result.ok).toBe(false);
    expect(result.message).toContain('order 1, input 0, element 0: the gradient says');
  });
  it('notices a gradient that is right once only', async () => {
    const once = customFunction({
      name: 'once',
      forward: (ctx, x) => {
        ctx.saveForBackward(x);
        return mul(x, x);
      },
      backward: ({ saved: [x] }, g) => mul(g, mul(detach(x!), 2)),
    });
    expect(await gradcheck(once, [f64([1.5])])).toMatchObject({ ok: true });
    expect(await gradcheck(once, [f64([1.5])], { order: 2 })).toMatchObject({ ok: false });
  });
  it('notices a kink', async () => {
    expect(await gradcheck(relu, [f64([0])])).toMatchObject({ ok: false });
  });
  it('takes trees, other dtypes and many elements', async () => {
    const many = tensor(Float64Array.from({ length: 500 }, (_, i) => Math.sin(i)));
    const index = tensor([1, 0], { dtype: 'i32' });
    const f = (o: { x: Tensor; index: Tensor }): Tensor[] => [mul(sum(o.x), o.index), cumsum(tanh(o.x), 0)];
    expect(await gradcheck(f, [{ x: many, index }], { order: 2 })).toMatchObject({ ok: true });
    const narrow = tensor([0.5]);
    expect(await gradcheck(tanh, [narrow], { order: 2 })).toMatchObject({ ok: true });
  });
  it('hands the function the handles that it was given', async () => {
    class Face {
      constructor(readonly value: Tensor) {}
      [handle]() {
        return { value: this.value, wrap: (v: Tensor) => new Face(v) };
      }
      tanh(): Face {
        return new Face(tanh(this.value));
      }
    }
    expect(await gradcheck((x: Face) => x.tanh(), [new Face(f64([0.2, 0.4]))], { order: 2 })).toMatchObject({
      ok: true,
    });
  });
  it('leaves no memory behind', async () => {
    const x = f64([0.1, 0.2]);
    const before = memory().buffers;
    await gradcheck(tanh, [x], { order: 2 });
    expect(memory().buffers).toBe(before);
  });
  it('has nothing to say where no input is a float', async () => {
    expect(await gradcheck((x: Tensor) => x, [tensor([1], { dtype: 'i32' })])).toMatchObject({ ok: true, maxError: 0 });
  });
});

describe('the suite of primitives notices', () => {
  const failing = async (changed: Partial<Primitive>): Promise<string[]> => {
    const failed: string[] = [];
    for (const check of primitiveSuite([{ ...(tanh.primitive as Primitive), ...changed }])) {
      await check.run().catch(() => failed.push(check.name));
    }
    return failed;
  };
  it('nothing in a right one', async () => expect(await failing({})).toEqual([]));
  it('a wrong derivative', async () =>
    expect(await failing({ vjp: (g) => g })).toEqual(['has its gradients to second order']));
  it('a derivative that reads what was not kept', async () => {
    expect(await failing({ keep: {} })).toEqual(['has its gradients to second order']);
  });
});
