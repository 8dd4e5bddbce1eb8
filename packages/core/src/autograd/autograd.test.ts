// Gradients: leaves, targets, cotangents, hooks, freed graphs, overwritten values, custom functions, checkpoints.
import { describe as group, expect, test } from 'vitest';
import * as nn from '../index.js';

const values = (t: nn.Tensor | undefined): unknown => t && nn.toArraySync(t);
const leaf = (data: nn.NestedArray): nn.Tensor => nn.requireGrad(nn.tensor(data));

group('gradients', () => {
  test('all leaves with their Variables, when no targets are named', () => {
    const w = new nn.Variable(nn.tensor([2, 3]), { trainable: true, name: 'w' });
    const frozen = new nn.Variable(nn.tensor([5, 5]));
    const found = [...nn.gradients([nn.sum(nn.mul(nn.mul(w.get(), w.get()), frozen.get()))])];
    expect(found.map(([t, g]) => [t.owner === w, values(g)])).toEqual([[true, [20, 30]]]);
  });
  test('cotangents, several outputs, targets in the middle of the graph', () => {
    const x = leaf([1, 2]);
    const mid = nn.mul(x, 3);
    const found = nn.gradients([nn.square(mid), nn.sum(mid)], { cotangents: [nn.tensor([1, 10])], targets: [mid, x] });
    expect([values(found.get(mid)), values(found.get(x))]).toEqual([
      [7, 121],
      [21, 363],
    ]);
  });
  test('a value that is used many times collects all cotangents', () => {
    const x = leaf([3]);
    let y = x;
    for (let k = 0; k < 10; k++) y = nn.add(y, x);
    expect(values(nn.gradients([nn.sum(y)], { targets: [x] }).get(x))).toEqual([11]);
  });
  test('graphs of 20,000 calls do not run out of stack', () => {
    const x = leaf([1]);
    const y = nn.scope(() => {
      let z = x;
      for (let k = 0; k < 20_000; k++) z = nn.add(z, 1);
      return values(nn.gradients([nn.sum(z)], { targets: [x] }).get(x));
    });
    expect(y).toEqual([1]);
  });
  test('integers, comparisons and noGrad stop gradients', () => {
    const x = leaf([1.5, 2.5]);
    expect(
      [nn.floor(x), nn.less(x, 2), nn.cast(x, 'i32'), nn.noGrad(() => nn.mul(x, 2)), nn.detach(x)].map(
        (t) => t.needsGrad,
      ),
    ).toEqual([true, false, false, false, false]);
    expect(values(nn.gradients([nn.sum(nn.floor(x))], { targets: [x] }).get(x))).toEqual([0, 0]);
    expect(nn.gradients([nn.sum(nn.mul(x, 2))], { targets: [leaf([0])] }).size).toBe(0);
  });
  test('f32 and f64 meet with a cotangent of their own dtype', () => {
    const x = leaf([1, 2]);
    const found = nn
      .gradients([nn.sum(nn.mul(nn.cast(x, 'f64'), nn.tensor([3, 4], { dtype: 'f64' })))], { targets: [x] })
      .get(x)!;
    expect([found.dtype, values(found)]).toEqual(['f32', [3, 4]]);
  });
  test('third derivative', () => {
    const d = (f: (x: nn.Tensor) => nn.Tensor) => (x: nn.Tensor) => nn.sum(nn.grad((y) => nn.sum(f(y)))(x)[0]!);
    expect(nn.itemSync(d(d(d((x) => nn.pow(x, 4))))(nn.tensor([2])))).toBe(48);
  });
});

group('errors', () => {
  test('in the words of PyTorch', () => {
    const x = leaf([1, 2]);
    expect(() => nn.gradients([nn.mul(x, 2)])).toThrow(
      'grad can be implicitly created only for scalar outputs: received f32[2]. Give a cotangent of that shape, or reduce it with sum or mean',
    );
    expect(() => nn.gradients([nn.sum(nn.tensor([1]))])).toThrow(
      'element 0 of tensors does not require grad and does not have a grad_fn',
    );
    expect(() => nn.gradients([nn.mul(x, 2)], { cotangents: [nn.tensor([1])] })).toThrow(
      'the cotangent f32[1] does not have the shape of the output f32[2]',
    );
    const y = nn.sum(nn.exp(x));
    nn.gradients([y]);
    expect(() => nn.gradients([y])).toThrow('Trying to backward through the graph a second time');
    const z = nn.sum(nn.exp(x));
    nn.gradients([z], { retainGraph: true });
    expect(nn.gradients([z]).size).toBe(1);
  });
  test('a graph that kept nothing may be used again, as in PyTorch', () => {
    const x = leaf([1, 2]);
    const y = nn.sum(nn.add(x, 1));
    nn.gradients([y]);
    expect(values([...nn.gradients([y]).values()][0])).toEqual([1, 1]);
  });
  test('a value that was overwritten, only where the gradient reads it', () => {
    const x = leaf([1, 2]);
    const y = nn.exp(x);
    const reads = nn.sum(nn.square(y));
    const ignores = nn.sum(nn.add(y, 1));
    nn.markOverwritten(y, 'add_');
    expect(() => nn.gradients([reads])).toThrow(
      'has been modified by an inplace operation: f32[2], which square reads in its backward, was changed by add_',
    );
    expect(() => nn.gradients([ignores])).toThrow('which exp reads in its backward');
    const w = nn.add(x, 1);
    const fine = nn.sum(nn.mul(w, 2));
    nn.markOverwritten(w, 'add_');
    expect(nn.gradients([fine]).size).toBe(1);
  });
});

group('hooks', () => {
  test('see and replace the cotangent of a value', () => {
    const x = leaf([1, 2]);
    const mid = nn.mul(x, 2);
    const seen: unknown[] = [];
    mid.edge!.hooks = new Set([
      (g) => {
        seen.push(values(g));
      },
      (g) => nn.mul(g, 10),
    ]);
    expect(values(nn.gradients([nn.sum(mid)], { targets: [x] }).get(x))).toEqual([20, 20]);
    expect(seen).toEqual([[1, 1]]);
  });
});

group('custom functions', () => {
  const cube = nn.customFunction({
    name: 'cube',
    forward: (ctx, x) => {
      ctx.saveForBackward(x);
      return nn.mul(nn.mul(x, x), x);
    },
    backward: ({ saved: [x] }, g) => nn.mul(g, nn.mul(nn.square(x!), 3)),
  });
  test('first and second derivative, eager and compiled', () => {
    const d2 = (t: nn.Tensor): nn.Tensor => nn.grad((y) => nn.sum(nn.grad((z) => nn.sum(cube(z)))(y)[0]!))(t)[0]!;
    for (const f of [d2, nn.compile(d2)]) expect(values(f(nn.tensor([1, 2])))).toEqual([6, 12]);
  });
  test('several results', () => {
    const both = nn.customFunctionTuple({
      name: 'split',
      forward: (_, x) => [nn.mul(x, 2), nn.mul(x, 3)],
      backward: (_, a, b) => nn.add(nn.mul(a, 2), nn.mul(b, 3)),
    });
    const x = leaf([1]);
    const [a, b] = both(x) as [nn.Tensor, nn.Tensor];
    expect(values(nn.gradients([nn.sum(nn.mul(a, b))], { targets: [x] }).get(x))).toEqual([12]);
  });
  test('wrong cotangents are refused', () => {
    const wrong = (backward: nn.CustomFunction['backward']) => () =>
      nn.gradients([nn.sum(nn.customFunction({ name: 'f', forward: (_, x) => nn.neg(x), backward })(leaf([1, 2])))]);
    expect(wrong(() => [null, null])).toThrow('f: backward returned 2 cotangents for 1 inputs');
    expect(wrong(() => nn.tensor([1]))).toThrow('f: cotangent 0 is f32[1], its input is f32[2]');
  });
});

group('checkpoint', () => {
  test('gradients equal those without it, of inputs and Variables, eager and compiled', () => {
    const w = new nn.Variable(
      nn.tensor([
        [0.5, -1],
        [1, 2],
      ]),
      { trainable: true },
    );
    const block = (x: nn.Tensor): nn.Tensor => nn.tanh(nn.matmul(x, w.get()));
    const run =
      (f: (x: nn.Tensor) => nn.Tensor) =>
      (x: nn.Tensor): nn.Tensor[] => {
        const found = nn.gradients([nn.sum(nn.square(f(f(x))))], { targets: [x, w.get()] });
        return [...found.values()];
      };
    const x = leaf([
      [1, 2],
      [3, -1],
    ]);
    const plain = run(block)(x).map(values);
    expect(plain).toHaveLength(2);
    const checked = run((y) => nn.checkpoint(block, y));
    expect(checked(x).map(values)).toEqual(plain);
    // Compiled, the second forward is fused otherwise: one rounding of f32 more or less.
    (nn.compile(checked)(x).map(values).flat(2) as number[]).forEach((v, k) =>
      expect(v).toBeCloseTo((plain.flat(2) as number[])[k]!, 5),
    );
  });
  test('a weight that is used before and inside of the checkpoint', () => {
    const w = new nn.Variable(nn.tensor([2]), { trainable: true });
    const run = (f: (x: nn.Tensor) => nn.Tensor): unknown =>
      values([...nn.gradients([nn.sum(f(nn.mul(w.get(), 3)))]).values()][0]);
    const f = (x: nn.Tensor): nn.Tensor => nn.mul(nn.square(x), w.get());
    expect([run(f), run((x) => nn.checkpoint(f, x))]).toEqual([[108], [108]]);
  });
  test('second derivatives', () => {
    const d2 = nn.grad((y) => nn.sum(nn.grad((z) => nn.sum(nn.checkpoint((t: nn.Tensor) => nn.pow(t, 3), z)))(y)[0]!));
    expect(values(d2(nn.tensor([1, 2]))[0])).toEqual([6, 12]);
  });
});
