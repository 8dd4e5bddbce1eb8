// Views: what is written to them is in their base, and the other way round.
import { describe, expect, test } from 'vitest';
import * as torch from '../index.js';

const { tensor } = torch;
const list = (t: torch.Tensor): unknown => t.toArraySync();

describe('views', () => {
  test('a change of a view changes the base, and the other way round', () => {
    const x = torch.zeros([2, 3]);
    const row = x.select(0, 1);
    const part = row.narrow(0, 1, 2);
    part.fill_(5);
    expect(list(x)).toEqual([
      [0, 0, 0],
      [0, 5, 5],
    ]);
    x.add_(1);
    expect(list(row)).toEqual([1, 6, 6]);
    expect(part._version).toBe(2);
  });
  test.each<[string, (x: torch.Tensor) => torch.Tensor, number[][]]>([
    [
      't',
      (x) => x.t().select(0, 0),
      [
        [9, 2, 3],
        [9, 5, 6],
      ],
    ],
    [
      'view',
      (x) => x.view(-1).narrow(0, 0, 4),
      [
        [9, 9, 9],
        [9, 5, 6],
      ],
    ],
    [
      'permute',
      (x) => x.permute(1, 0).at('1:'),
      [
        [1, 9, 9],
        [4, 9, 9],
      ],
    ],
    [
      'unsqueeze',
      (x) => x.unsqueeze(0).at(0, 1),
      [
        [1, 2, 3],
        [9, 9, 9],
      ],
    ],
    [
      'squeeze',
      (x) => x.unsqueeze(1).squeeze(1).at(0),
      [
        [9, 9, 9],
        [4, 5, 6],
      ],
    ],
    [
      'slices with a step',
      (x) => x.at(':', '::2'),
      [
        [9, 2, 9],
        [9, 5, 9],
      ],
    ],
    [
      'split',
      (x) => x.split(2, 1)[1]!,
      [
        [1, 2, 9],
        [4, 5, 9],
      ],
    ],
    [
      'chunk',
      (x) => x.chunk(2)[0]!,
      [
        [9, 9, 9],
        [4, 5, 6],
      ],
    ],
    [
      'unbind',
      (x) => x.unbind(1)[1]!,
      [
        [1, 9, 3],
        [4, 9, 6],
      ],
    ],
    [
      'flatten',
      (x) => x.flatten().at('-2:'),
      [
        [1, 2, 3],
        [4, 9, 9],
      ],
    ],
    [
      'transpose',
      (x) => x.transpose(0, 1).at(2),
      [
        [1, 2, 9],
        [4, 5, 9],
      ],
    ],
    [
      'diagonal',
      (x) => torch.diagonal(x),
      [
        [9, 2, 3],
        [4, 9, 6],
      ],
    ],
    [
      'a diagonal below',
      (x) => torch.diagonal(x, -1),
      [
        [1, 2, 3],
        [9, 5, 6],
      ],
    ],
    [
      'detach',
      (x) => x.detach().at(0),
      [
        [9, 9, 9],
        [4, 5, 6],
      ],
    ],
    [
      'expand of nothing',
      (x) => x.expand(2, 3),
      [
        [9, 9, 9],
        [9, 9, 9],
      ],
    ],
  ])('%s', (_, view, expected) => {
    const x = tensor([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    view(x).fill_(9);
    expect(list(x)).toEqual(expected);
  });
  test('expanded tensors refuse', () => {
    const x = torch.zeros([3, 1]).expand(3, 4);
    expect(() => x.add_(1)).toThrow(
      'more than one element of the written-to tensor refers to a single memory location. Please clone()',
    );
  });
  test('strides decide what can be viewed', () => {
    const x = torch.zeros([2, 3, 4]);
    expect(x.stride()).toEqual([12, 4, 1]);
    expect(x.permute(2, 0, 1).stride()).toEqual([1, 12, 4]);
    expect(x.transpose(0, 1).isContiguous()).toBe(false);
    expect(x.at(':', 1).stride()).toEqual([12, 1]);
    expect(() => x.transpose(0, 1).view(6, 4)).toThrow(
      "view size is not compatible with input tensor's size and stride",
    );
    expect(x.transpose(0, 1).reshape(6, 4).shape).toEqual([6, 4]);
    expect(x.transpose(1, 2).contiguous().view(2, 12).shape).toEqual([2, 12]);
    expect(x.view(2, 12).stride()).toEqual([12, 1]);
  });
  test('a reshape that has to copy is no view', () => {
    const x = tensor([
      [1, 2],
      [3, 4],
    ]);
    x.t().reshape(-1).fill_(0);
    expect(list(x)).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });
});
