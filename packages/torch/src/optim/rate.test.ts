// The learning rate as data: what compiled steps see of its changes.
import { describe, expect, it } from 'vitest';
import * as torch from '../index.js';
import { optim } from '../index.js';

describe('the learning rate', () => {
  it('is data: a compiled step follows it without a new trace', () => {
    const w = torch.tensor([1], { requiresGrad: true });
    const sgd = new optim.SGD([w], { lr: 1 });
    const step = torch.compile(() => {
      sgd.zeroGrad();
      w.sum().backward();
      sgd.step();
    });
    const seen = [0.5, 0.25, 0.125].map((lr) => {
      sgd.paramGroups[0]!.lr = lr;
      step();
      return (w.toArraySync() as number[])[0];
    });
    expect(seen).toEqual([0.5, 0.25, 0.125]);
    expect(step.traces).toBe(1);
  });
  it.each<[string, (f: () => void) => (() => void) & { readonly traces?: number }, number | undefined]>([
    ['eager', (f) => f, undefined],
    ['compiled', (f) => torch.compile(f), 1],
  ])('may be a tensor: changes in place, through the group and by a scheduler are seen, %s', (_, wrap, traces) => {
    const lr = torch.tensor(1);
    const w = torch.tensor([8], { requiresGrad: true });
    const sgd = new optim.SGD([{ params: [w] }], { lr });
    const step = wrap(() => {
      sgd.zeroGrad();
      w.sum().backward();
      sgd.step();
    });
    step();
    lr.mul_(0.5);
    step();
    sgd.paramGroups[0]!.lr = 0.25;
    step();
    new optim.lrScheduler.ExponentialLR(sgd, 0.5).step();
    step();
    expect(w.toArraySync()).toEqual([6.125]);
    expect([lr.itemSync(), sgd.paramGroups[0]!.lr]).toEqual([0.125, 0.125]);
    expect(step.traces).toBe(traces);
  });
  it('other settings make a new trace', () => {
    const w = torch.tensor([1], { requiresGrad: true });
    const adam = new optim.Adam([w], { lr: 0.1 });
    const step = torch.compile(() => {
      adam.zeroGrad();
      w.sum().backward();
      adam.step();
    });
    step();
    step();
    const { traces } = step;
    adam.paramGroups[0]!.betas = [0.5, 0.9];
    step();
    expect(step.traces).toBe(traces + 1);
  });
});
