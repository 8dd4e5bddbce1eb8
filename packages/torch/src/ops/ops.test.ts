// Functions and methods of tensors: forms of arguments, results, and messages in PyTorch's words. Numbers are compared by the golden cases.
// Long because it is a table: a few lines for each function.
import { describe, expect, test } from 'vitest';
import * as torch from '../index.js';

const { tensor } = torch;
type Tensor = torch.Tensor;
const list = (t: Tensor | readonly Tensor[]): unknown =>
  t instanceof torch.Tensor ? t.toArraySync() : [...t].map(list);
const ints = (data: number[]): Tensor => tensor(data, { dtype: 'int32' });
const x = tensor([
  [1, 2, 3],
  [4, 5, 6],
]);

describe('creation', () => {
  test.each<[string, Tensor, string, unknown]>([
    ['numbers are float32', tensor([1, 2]), 'float32', [1, 2]],
    ['booleans are bool', tensor([true]), 'bool', [true]],
    ['typed arrays keep their type', tensor(new Float64Array([1])), 'float64', [1]],
    ['a dtype', tensor([1.7], { dtype: 'int32' }), 'int32', [1]],
    ['zeros', torch.zeros([2]), 'float32', [0, 0]],
    ['one size', torch.ones(2), 'float32', [1, 1]],
    ['full of booleans', torch.full([2], true), 'bool', [true, true]],
    ['arange', torch.arange(3), 'int32', [0, 1, 2]],
    ['arange of fractions', torch.arange(0, 1, 0.5), 'float32', [0, 0.5]],
    ['arange with a dtype', torch.arange(2, { dtype: 'float32' }), 'float32', [0, 1]],
    ['linspace', torch.linspace(0, 1, 3), 'float32', [0, 0.5, 1]],
    [
      'eye',
      torch.eye(2),
      'float32',
      [
        [1, 0],
        [0, 1],
      ],
    ],
    ['zerosLike', torch.zerosLike(ints([1])), 'int32', [0]],
    ['fullLike', torch.fullLike(x, 7, { dtype: 'int32' }).at(0), 'int32', [7, 7, 7]],
    [
      'trilIndices',
      torch.trilIndices(2, 2),
      'int32',
      [
        [0, 1, 1],
        [0, 0, 1],
      ],
    ],
  ])('%s', (_, t, dtype, data) => {
    expect(t.dtype).toBe(dtype);
    expect(list(t)).toEqual(data);
  });
  test('random numbers by seed', () => {
    const draw = (): unknown[] => {
      torch.manualSeed(5);
      return [
        torch.rand([3]),
        torch.randn([3]),
        torch.randint(0, 9, [3]),
        torch.randperm(4),
        torch.bernoulli(torch.full([3], 0.5)),
      ].map(list);
    };
    expect(draw()).toEqual(draw());
    const own = new torch.Generator(1);
    expect(list(torch.rand([2], { generator: own }))).toEqual(
      list(torch.rand([2], { generator: new torch.Generator(1) })),
    );
    expect(torch.randint(5, [100]).max().itemSync()).toBeLessThan(5);
    expect(torch.multinomial(tensor([0, 1, 0]), 1).itemSync()).toBe(1);
    expect(new Set(list(torch.multinomial(torch.ones([5]), 5)) as number[]).size).toBe(5);
  });
  test('refusals', () => {
    expect(() => tensor([[1], [1, 2]])).toThrow('rows differ in length');
    expect(() => tensor([1], { dtype: 'flaot32' as never })).toThrow("dtype 'flaot32' does not exist here");
    expect(() => tensor([1], { dtype: 'int64' as never })).toThrow('Integers have 32 bits here: use int32.');
    expect(() => torch.arange(3, 1)).toThrow('upper bound and lower bound inconsistent with step sign');
    expect(() => x.add([1, 2] as never)).toThrow(
      'expected a Tensor or a number, but got Array. Make a tensor of it with torch.tensor(...)',
    );
    expect(() => x.add(undefined as never)).toThrow('expected a Tensor or a number, but got undefined');
  });
});

describe('reductions', () => {
  test('dim and keepdim in order or by name, as method or function', () => {
    expect(x.sum().itemSync()).toBe(21);
    expect(list(x.sum(0))).toEqual([5, 7, 9]);
    expect(list(torch.sum(x, 1, { keepdim: true }))).toEqual([[6], [15]]);
    expect(list(torch.sum(x, { dim: -1, keepdim: true }))).toEqual([[6], [15]]);
    expect(x.mean([0, 1]).itemSync()).toBe(3.5);
    expect(x.sum(null).itemSync()).toBe(21);
    expect(x.sum([]).itemSync()).toBe(21);
    expect(ints([1, 2]).mean({ dtype: 'float32' }).itemSync()).toBe(1.5);
  });
  test('max and min in three forms', () => {
    expect(x.max().itemSync()).toBe(6);
    const [values, indices] = x.max(1);
    expect([list(values), list(indices)]).toEqual([
      [3, 6],
      [2, 2],
    ]);
    expect(list(x.min(0).values)).toEqual([1, 2, 3]);
    expect(list(torch.max(x, 1, { keepdim: true }).indices)).toEqual([[2], [2]]);
    expect(list(x.max(tensor(3)))).toEqual([
      [3, 3, 3],
      [4, 5, 6],
    ]);
  });
  test('median, var, norm', () => {
    expect(tensor([4, 1, 3, 2]).median().itemSync()).toBe(2);
    expect(list(x.median(1).values)).toEqual([2, 5]);
    expect([x.at(0).var().itemSync(), x.at(0).var({ correction: 0 }).itemSync()].map((v) => v.toFixed(4))).toEqual([
      '1.0000',
      '0.6667',
    ]);
    expect(tensor([3, 4]).norm().itemSync()).toBe(5);
    const zero = torch.zeros([2], { requiresGrad: true });
    zero.norm().backward();
    expect(list(zero.grad!)).toEqual([0, 0]);
  });
  test('refusals', () => {
    expect(() => x.sum(2)).toThrow('Dimension out of range (expected to be in range of [-2, 1], but got 2)');
    expect(() => x.sum([0, 0])).toThrow('dim 0 appears multiple times in the list of dims');
    expect(() => ints([1]).mean()).toThrow('mean(): could not infer output dtype');
  });
});

describe('shapes', () => {
  test('sizes as an array or as arguments', () => {
    expect(x.view(3, 2).shape).toEqual([3, 2]);
    expect(x.reshape([-1]).shape).toEqual([6]);
    expect(x.permute(1, 0).shape).toEqual([3, 2]);
    expect(x.expand(4, -1, 3).shape).toEqual([4, 2, 3]);
    expect(x.repeat(2, 1).shape).toEqual([4, 3]);
    expect([x.T.shape, x.mT.shape, x.size(), x.size(-1), x.dim(), x.numel()]).toEqual([
      [3, 2],
      [3, 2],
      [2, 3],
      3,
      2,
      6,
    ]);
    expect(x.unsqueeze(-1).squeeze().shape).toEqual([2, 3]);
    expect(x.flatten().unflatten(0, [2, -1]).shape).toEqual([2, 3]);
    expect(list(torch.movedim(x, 0, 1))).toEqual([
      [1, 4],
      [2, 5],
      [3, 6],
    ]);
  });
  test.each<[() => unknown, string]>([
    [() => x.view(4), "shape '[4]' is invalid for input of size 6"],
    [() => x.view(-1, -1), 'only one dimension can be inferred'],
    [() => x.permute(0), 'input.dim() = 2 is not equal to len(dims) = 1'],
    [
      () => x.expand(2, 4),
      'The expanded size of the tensor (4) must match the existing size (3) at non-singleton dimension 1.',
    ],
    [() => x.narrow(0, 1, 2), 'start (1) + length (2) exceeds dimension size (2).'],
    [() => x.select(0, 2), 'select(): index 2 out of range for tensor of size [2, 3] at dimension 0'],
    [() => x.split([1, 2]), 'split_with_sizes expects split_sizes to sum exactly to 2'],
    [() => torch.zeros([2, 2, 2]).t(), 't() expects a tensor with <= 2 dimensions, but self is 3D'],
    [
      () => torch.cat([x, torch.ones([1, 2])]),
      'Sizes of tensors must match except in dimension 0. Expected size 3 but got size 2 for tensor number 1 in the list.',
    ],
    [() => torch.cat([]), 'torch.cat(): expected a non-empty list of Tensors'],
    [
      () => torch.stack([x, x.t()]),
      'stack expects each tensor to be equal size, but got [2, 3] at entry 0 and [3, 2] at entry 1',
    ],
    [() => x.matmul(x), 'mat1 and mat2 shapes cannot be multiplied (2x3 and 2x3)'],
    [() => x.matmul(tensor(1)), 'both arguments to matmul need to be at least 1D, but they are 2D and 0D'],
    [
      () => x.matmul(torch.ones([3, 2], { dtype: 'float64' })),
      'expected m1 and m2 to have the same dtype, but got: float32 != float64',
    ],
    [() => x.add(torch.ones([4])), 'cannot broadcast [2,3] with [4]'],
    [() => x.gather(1, tensor([[0]])), 'gather(): Expected dtype int32 for index, but got float32'],
    [() => x.maskedFill(x, 0), 'masked_fill_ only supports boolean masks, but got mask with dtype float32'],
    [() => x.topk(4), 'selected index k out of range'],
    [() => x.clamp(), "At least one of 'min' or 'max' must not be None"],
    [
      () => x.div(2, { roundingMode: 'up' as never }),
      "div expected rounding_mode to be one of None, 'trunc', or 'floor' but found 'up'",
    ],
    [() => x.itemSync(), 'a Tensor with 6 elements cannot be converted to Scalar'],
  ])('%#', (f, message) => {
    expect(f).toThrow(message);
  });
  test('joining', () => {
    expect(list(torch.cat([ints([1]), tensor([2])]))).toEqual([1, 2]);
    expect(torch.cat([torch.zeros([0]), x], 1).shape).toEqual([2, 3]);
    expect(torch.stack([x, x], -1).shape).toEqual([2, 3, 2]);
    expect(torch.vstack([tensor([1, 2]), tensor([3, 4])]).shape).toEqual([2, 2]);
    expect(list(torch.meshgrid(ints([1, 2]), ints([3]), { indexing: 'xy' }))).toEqual([[[1, 2]], [[3, 3]]]);
  });
});

describe('dtypes', () => {
  test('conversions', async () => {
    expect(tensor([1.9, -1.9]).int().dtype).toBe('int32');
    expect(list(tensor([1.9, -1.9]).int())).toEqual([1, -1]);
    expect(list(tensor([0, 2]).bool())).toEqual([false, true]);
    expect(x.to('float64').dtype).toBe('float64');
    expect(x.to('float32')).toBe(x);
    expect(x.to(ints([1])).dtype).toBe('int32');
    expect(await x.to(x.device.name)).toBe(x);
    expect(x.typeAs(ints([1])).dtype).toBe('int32');
    expect(torch.float32).toBe('float32');
  });
  test('promotion', () => {
    expect(ints([1]).add(0.5).dtype).toBe('float32');
    expect(ints([3]).div(2).dtype).toBe('float32');
    expect(list(ints([-7]).div(2, { roundingMode: 'floor' }))).toEqual([-4]);
    expect(list(ints([-7]).div(2, { roundingMode: 'trunc' }))).toEqual([-3]);
    expect(x.add(tensor([1], { dtype: 'float64' })).dtype).toBe('float64');
    expect(tensor([true]).add(1).dtype).toBe('int32');
    expect(tensor([true, true]).sum().itemSync()).toBe(2);
  });
});

describe('reading', () => {
  test('now or later', async () => {
    expect(await tensor(2.5).item()).toBe(2.5);
    expect(await x.data()).toEqual(new Float32Array([1, 2, 3, 4, 5, 6]));
    expect(await x.tolist()).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect(x.dataSync()).toHaveLength(6);
    expect([x.equal(x.clone()), x.allclose(x.add(1e-9)), x.allclose(x.add(1))]).toEqual([true, true, false]);
  });
  test('a clone is independent', () => {
    const y = x.clone();
    y.add_(1);
    expect(list(x)).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
  });
  test('freed tensors say so', () => {
    const y = x.mul(2);
    y.dispose();
    expect(() => y.add(1)).toThrow('has been freed: dispose() was called on it');
  });
});

test('results whose size depends on values', () => {
  expect(
    list(
      torch.nonzero(
        tensor([
          [0, 1],
          [1, 0],
        ]),
      ),
    ),
  ).toEqual([
    [0, 1],
    [1, 0],
  ]);
  expect(list(torch.nonzero(tensor([0, 1, 1]), { asTuple: true }))).toEqual([[1, 2]]);
  expect(list(torch.maskedSelect(x, x.gt(4)))).toEqual([5, 6]);
  expect(list(torch.unique(ints([3, 1, 3])) as Tensor)).toEqual([1, 3]);
  expect(list(torch.bincount(ints([1, 1, 3])))).toEqual([0, 2, 0, 1]);
  expect(() => torch.compile((t: Tensor) => torch.nonzero(t))(x)).toThrow(
    "JavaScript's if and while are frozen by a trace",
  );
});
