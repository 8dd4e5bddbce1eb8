// Tests of what optimizers print and refuse.
import { describe, expect, it, vi } from 'vitest';
import * as torch from '../index.js';
import { optim, type Tensor } from '../index.js';

type Options = Record<string, unknown>;

it("prints as PyTorch's", () => {
  const sgd = new optim.SGD([{ params: [torch.zeros([1])] }, { params: [torch.zeros([1])], lr: 1e-5 }], {
    momentum: 0.9,
  });
  const group = (i: number, lr: string): string =>
    `Parameter Group ${i}\n    dampening: 0\n    differentiable: False\n    foreach: None\n    fused: None\n    lr: ${lr}\n    maximize: False\n    momentum: 0.9\n    nesterov: False\n    weight_decay: 0\n`;
  expect(String(sgd)).toBe(`SGD (\n${group(0, '0.001')}\n${group(1, '1e-05')})`);
});

describe('errors', () => {
  const w = (): Tensor[] => [torch.zeros([2, 2], { requiresGrad: true })];
  const cases: readonly (readonly [string, () => unknown])[] = [
    ['Invalid learning rate: -1', () => new optim.Adam(w(), { lr: -1 })],
    ['Invalid epsilon value: -0.1', () => new optim.Adam(w(), { eps: -0.1 })],
    ['Invalid beta parameter at index 1: 1', () => new optim.Adam(w(), { betas: [0.9, 1] })],
    ['Invalid weight_decay value: -1', () => new optim.AdamW(w(), { weightDecay: -1 })],
    ['Invalid momentum value: -1', () => new optim.SGD(w(), { momentum: -1 })],
    ['Nesterov momentum requires a momentum and zero dampening', () => new optim.SGD(w(), { nesterov: true })],
    ['Invalid alpha value: -1', () => new optim.RMSprop(w(), { alpha: -1 })],
    ['Invalid rho value: 2', () => new optim.Adadelta(w(), { rho: 2 })],
    ['Invalid eta values: 2, 3', () => new optim.Rprop(w(), { etas: [2, 3] })],
    ['Learning rate should be >= 0 but is: -1', () => new optim.Adafactor(w(), { lr: -1 })],
    [
      'Muon only supports 2D parameters whereas we found a parameter with size: [3]',
      () => new optim.Muon([torch.zeros([3])]),
    ],
    ['Did you mean "match_rms_adamw"?', () => new optim.Muon(w(), { adjustLrFn: 'match_rms_adam' } as Options)],
    [
      "LBFGS doesn't support per-parameter options (parameter groups)",
      () =>
        new optim.LBFGS(
          w()
            .map((params) => ({ params }))
            .concat(w().map((params) => ({ params }))),
        ),
    ],
    ["only 'strong_wolfe' is supported", () => new optim.LBFGS(w(), { lineSearchFn: 'wolfe' } as Options)],
    ['optimizer got an empty parameter list', () => new optim.SGD([])],
    [
      'params argument given to the optimizer should be an iterable of Tensors or groups',
      () => new optim.SGD(w()[0] as unknown as Tensor[]),
    ],
    [
      'optimizer can only optimize Tensors, but one of the params is number',
      () => new optim.SGD([{ params: [1] as unknown as Tensor[] }]),
    ],
    ["can't optimize a non-leaf Tensor", () => new optim.SGD([w()[0]!.mul(2)])],
    [
      'Tensor lr must be 1-element and of floating point: got f32[2]',
      () => new optim.SGD(w(), { lr: torch.ones([2]) }),
    ],
    ['Invalid learning rate: -2', () => new optim.SGD(w(), { lr: torch.tensor(-2) })],
    ['lr should be a number', () => new optim.SGD(w(), { lr: '0.1' } as Options)],
  ];
  it.each(cases)('%s', (message, f) => expect(f).toThrow(message));
  it('warns of a parameter that comes twice', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const [p] = w();
    expect(new optim.SGD([p!, p!]).paramGroups[0]!.params).toHaveLength(2);
    expect(warn).toHaveBeenCalledWith(expect.stringContaining('duplicate parameters'));
    warn.mockRestore();
  });
});
