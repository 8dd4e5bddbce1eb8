// x.at(...) and x.set(...): PyTorch's x[...] and x[...] = value.
import { describe, expect, test } from 'vitest';
import * as torch from '../index.js';
import type { Index } from './indexing.js';

const { tensor, slice } = torch;
const grid = (): torch.Tensor => torch.arange(12).view(3, 4);
const ints = (data: number[] | number[][]): torch.Tensor => tensor(data, { dtype: 'int32' });

describe('reading', () => {
  test.each<[string, Index[], unknown]>([
    ['a number', [1], [4, 5, 6, 7]],
    ['from the end', [-1], [8, 9, 10, 11]],
    ['two numbers', [1, 2], 6],
    [
      'a range',
      ['1:'],
      [
        [4, 5, 6, 7],
        [8, 9, 10, 11],
      ],
    ],
    [
      'a range with a step',
      [':', '::2'],
      [
        [0, 2],
        [4, 6],
        [8, 10],
      ],
    ],
    [
      'a slice',
      [slice(0, 2), slice(1, -1)],
      [
        [1, 2],
        [5, 6],
      ],
    ],
    ['an empty range', ['2:1'], []],
    ['beyond the end', ['1:99', 0], [4, 8]],
    ['a new axis', [null, 0], [[0, 1, 2, 3]]],
    ['dots', ['...', 0], [0, 4, 8]],
    ['places', [[2, 0], 1], [9, 1]],
    ['index tensors', [ints([0, 2]), ints([1, 3])], [1, 11]],
    [
      'index tensors that broadcast',
      [ints([[0], [1]]), ints([0, 3])],
      [
        [0, 3],
        [4, 7],
      ],
    ],
    ['negative places', [ints([-1])], [[8, 9, 10, 11]]],
    [
      'places of the second axis',
      [':', ints([3, 0])],
      [
        [3, 0],
        [7, 4],
        [11, 8],
      ],
    ],
    [
      'a mask',
      [tensor([true, false, true])],
      [
        [0, 1, 2, 3],
        [8, 9, 10, 11],
      ],
    ],
    ['a mask of one axis', [1, tensor([true, false, false, true])], [4, 7]],
  ])('%s', (_, index, expected) => {
    expect(
      grid()
        .at(...index)
        .toArraySync(),
    ).toEqual(expected);
    expect(
      grid()
        .get(...index)
        .toArraySync(),
    ).toEqual(expected);
  });
  test('a mask of all elements', () => {
    const x = grid();
    expect(x.at(x.gt(8)).toArraySync()).toEqual([9, 10, 11]);
  });
  test('index tensors with an axis between come first', () => {
    const x = torch.arange(24).view(2, 3, 4);
    expect(x.at(ints([0, 1]), ':', ints([2, 3])).toArraySync()).toEqual([
      [2, 6, 10],
      [15, 19, 23],
    ]);
    expect(x.at(':', ints([0, 2]), ints([1, 1])).toArraySync()).toEqual([
      [1, 9],
      [13, 21],
    ]);
  });
  test('gradients', () => {
    const x = tensor([1, 2, 3], { requiresGrad: true });
    x.at(ints([0, 0, 2]))
      .mul(tensor([1, 10, 100]))
      .sum()
      .backward();
    expect(x.grad?.toArraySync()).toEqual([11, 0, 100]);
  });
  test.each<[Index[], string]>([
    [[3], 'index 3 is out of bounds for dimension 0 with size 3'],
    [[0, -5], 'index -5 is out of bounds for dimension 1 with size 4'],
    [[0, 0, 0], 'too many indices for tensor of dimension 2'],
    [['1-2'], 'index "1-2" is not a range'],
    [['::-1'], 'step must be greater than zero'],
    [['...', '...'], "an index can only have a single ellipsis ('...')"],
    [[tensor([0.5])], 'tensors used as indices must be int32, uint8 or bool tensors'],
    [
      [tensor([true, false])],
      'The shape of the mask [2] at index 0 does not match the shape of the indexed tensor [3, 4] at index 0',
    ],
  ])('%#', (index, message) => {
    expect(() => grid().at(...index)).toThrow(message);
  });
});

describe('writing', () => {
  test.each<[string, Index[], torch.Operand, number[][]]>([
    [
      'a row',
      [1],
      -1,
      [
        [0, 1, 2, 3],
        [-1, -1, -1, -1],
        [8, 9, 10, 11],
      ],
    ],
    [
      'a column',
      [':', 0],
      ints([7, 8, 9]),
      [
        [7, 1, 2, 3],
        [8, 5, 6, 7],
        [9, 9, 10, 11],
      ],
    ],
    [
      'an element',
      [2, 3],
      0,
      [
        [0, 1, 2, 3],
        [4, 5, 6, 7],
        [8, 9, 10, 0],
      ],
    ],
    [
      'a step',
      [0, '1::2'],
      0,
      [
        [0, 0, 2, 0],
        [4, 5, 6, 7],
        [8, 9, 10, 11],
      ],
    ],
    [
      'places',
      [[0, 2]],
      0,
      [
        [0, 0, 0, 0],
        [4, 5, 6, 7],
        [0, 0, 0, 0],
      ],
    ],
    [
      'index tensors',
      [ints([0, 2]), ints([1, 3])],
      ints([50, 60]),
      [
        [0, 50, 2, 3],
        [4, 5, 6, 7],
        [8, 9, 10, 60],
      ],
    ],
    [
      'a mask of rows',
      [tensor([false, true, false])],
      0,
      [
        [0, 1, 2, 3],
        [0, 0, 0, 0],
        [8, 9, 10, 11],
      ],
    ],
    [
      'a mask with values',
      [tensor([true, false, true])],
      ints([
        [1, 1, 1, 1],
        [2, 2, 2, 2],
      ]),
      [
        [1, 1, 1, 1],
        [4, 5, 6, 7],
        [2, 2, 2, 2],
      ],
    ],
  ])('%s', (_, index, value, expected) => {
    const x = grid();
    expect(x.set(index, value)).toBe(x);
    expect(x.toArraySync()).toEqual(expected);
  });
  test('a mask of all elements', () => {
    const x = tensor([1, -2, 3]);
    expect(x.set(x.lt(0), 0).toArraySync()).toEqual([1, 0, 3]);
  });
  test('indexPut_ adds up', () => {
    const x = torch.zeros([3]);
    x.indexPut_([ints([0, 0, 2])], tensor([1, 2, 3]), { accumulate: true });
    expect(x.toArraySync()).toEqual([3, 0, 3]);
  });
  test('values must fit', () => {
    expect(() => grid().set([ints([0, 1])], ints([1, 2, 3]))).toThrow(
      'shape mismatch: value tensor of shape [3] cannot be broadcast to indexing result of shape [2, 4]',
    );
  });
  test('gradients reach the value and what stays', () => {
    const x = tensor([1, 2, 3], { requiresGrad: true });
    const v = tensor([5], { requiresGrad: true });
    const y = x.mul(2);
    y.set(['1:2'], v);
    y.mul(tensor([1, 10, 100]))
      .sum()
      .backward();
    expect(x.grad?.toArraySync()).toEqual([2, 0, 200]);
    expect(v.grad?.toArraySync()).toEqual([10]);
  });
});
