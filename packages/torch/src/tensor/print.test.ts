// Printed tensors, letter by letter as PyTorch prints them.
import { afterEach, describe, expect, test } from 'vitest';
import { inspect } from 'node:util';
import * as torch from '../index.js';
import { setPrintoptions } from './print.js';

const { tensor } = torch;
afterEach(() => setPrintoptions({ precision: 4, threshold: 1000, edgeitems: 3, linewidth: 80 }));

describe('printing', () => {
  test.each<[torch.Tensor, string]>([
    [tensor(3.5), 'tensor(3.5000)'],
    [tensor(2), 'tensor(2.)'],
    [tensor([1, 2, 3]), 'tensor([1., 2., 3.])'],
    [tensor([1, 2.5, -3]), 'tensor([ 1.0000,  2.5000, -3.0000])'],
    [
      tensor([
        [1, 2],
        [3, 4],
      ]),
      'tensor([[1., 2.],\n        [3., 4.]])',
    ],
    [tensor([1, 20], { dtype: 'int32' }), 'tensor([ 1, 20], dtype=torch.int32)'],
    [tensor([true, false]), 'tensor([ True, False])'],
    [tensor([0.5], { dtype: 'float64' }), 'tensor([0.5000], dtype=torch.float64)'],
    [tensor([1e-5, 1, 100]), 'tensor([1.0000e-05, 1.0000e+00, 1.0000e+02])'],
    [tensor([1, 2000]), 'tensor([1.0000e+00, 2.0000e+03])'],
    [tensor([1, 1000]), 'tensor([   1., 1000.])'],
    [tensor([NaN, 1, Infinity]), 'tensor([nan, 1., inf])'],
    [tensor([NaN, 1.5, -Infinity]), 'tensor([   nan, 1.5000,   -inf])'],
    [tensor([-0]), 'tensor([-0.])'],
    [tensor([0.03125, 0.09375]), 'tensor([0.0312, 0.0938])'],
    [torch.zeros([0]), 'tensor([])'],
    [torch.zeros([2, 0]), 'tensor([], size=(2, 0))'],
    [torch.zeros([0], { dtype: 'int32' }), 'tensor([], dtype=torch.int32)'],
    [torch.zeros([2, 1, 2]), 'tensor([[[0., 0.]],\n\n        [[0., 0.]]])'],
    [tensor([1, 2], { requiresGrad: true }), 'tensor([1., 2.], requires_grad=True)'],
    [tensor([1, 2], { requiresGrad: true }).add(1), 'tensor([2., 3.], grad_fn=<AddBackward0>)'],
    [tensor(2, { requiresGrad: true }).mul(3), 'tensor(6., grad_fn=<MulBackward0>)'],
    [new torch.nn.Parameter(torch.ones([1])), 'Parameter containing:\ntensor([1.], requires_grad=True)'],
  ])('%#', (t, text) => {
    expect(String(t)).toBe(text);
    expect(inspect(t)).toBe(text);
  });

  test('long vectors break at 80 characters', () => {
    expect(String(torch.arange(30))).toBe(
      'tensor([ 0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11, 12, 13, 14, 15, 16, 17,\n' +
        '        18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29], dtype=torch.int32)',
    );
  });
  test('a suffix that does not fit stands on its own line', () => {
    const x = torch.zeros([11], { requiresGrad: true });
    expect(String(x.add(0.5))).toBe(
      'tensor([0.5000, 0.5000, 0.5000, 0.5000, 0.5000, 0.5000, 0.5000, 0.5000, 0.5000,\n        0.5000, 0.5000], grad_fn=<AddBackward0>)',
    );
    expect(String(torch.zeros([9], { requiresGrad: true }).add(0.5))).toBe(
      'tensor([0.5000, 0.5000, 0.5000, 0.5000, 0.5000, 0.5000, 0.5000, 0.5000, 0.5000],\n       grad_fn=<AddBackward0>)',
    );
  });
  test('large tensors are summarized', () => {
    expect(String(torch.zeros([1001]))).toBe('tensor([0., 0., 0.,  ..., 0., 0., 0.])');
    const text = String(torch.ones([40, 40]));
    expect(text.split('\n')).toHaveLength(7);
    expect(text.split('\n')[3]).toBe('        ...,');
    expect(text.split('\n')[0]).toBe('tensor([[1., 1., 1.,  ..., 1., 1., 1.],');
  });
  test('setPrintoptions', () => {
    setPrintoptions({ precision: 2 });
    expect(String(tensor([1.234]))).toBe('tensor([1.23])');
    setPrintoptions({ threshold: 5, edgeitems: 1 });
    expect(String(torch.zeros([6]))).toBe('tensor([0.,  ..., 0.])');
  });
  test('a traced tensor has no values', () => {
    let seen = '';
    torch.compile((x: torch.Tensor) => {
      seen = String(x);
      return x.add(1);
    })(torch.ones([2, 3]));
    expect(seen).toBe(`tensor(..., device='${torch.ones([1]).device.name}', size=(2, 3))`);
  });
});
