// Tests of optimizers: groups, state dicts, what a compiled step sees, memory.
import * as core from '@nn/core';
import { describe, expect, it } from 'vitest';
import * as torch from '../index.js';
import { optim, type Tensor } from '../index.js';

type Make = (params: readonly Tensor[]) => optim.Optimizer;
/** Every optimizer that updates parameters one by one, with settings that use all of its state. */
const all: readonly (readonly [string, Make])[] = [
  ['SGD', (p) => new optim.SGD(p, { lr: 0.05 })],
  ['SGD with momentum', (p) => new optim.SGD(p, { lr: 0.05, momentum: 0.9, nesterov: true, weightDecay: 0.1 })],
  ['SGD with dampening', (p) => new optim.SGD(p, { lr: 0.05, momentum: 0.9, dampening: 0.2 })],
  ['Adam', (p) => new optim.Adam(p, { lr: 0.05, amsgrad: true, weightDecay: 0.1 })],
  ['AdamW', (p) => new optim.AdamW(p, { lr: 0.05 })],
  ['RMSprop', (p) => new optim.RMSprop(p, { lr: 0.05, momentum: 0.5, centered: true })],
  ['Adagrad', (p) => new optim.Adagrad(p, { lr: 0.05, lrDecay: 0.1, initialAccumulatorValue: 0.1 })],
  ['Adadelta', (p) => new optim.Adadelta(p)],
  ['Adamax', (p) => new optim.Adamax(p)],
  ['NAdam', (p) => new optim.NAdam(p)],
  ['RAdam', (p) => new optim.RAdam(p)],
  ['Rprop', (p) => new optim.Rprop(p)],
  ['ASGD', (p) => new optim.ASGD(p, { t0: 2 })],
  ['Adafactor', (p) => new optim.Adafactor(p)],
  ['Muon', (p) => new optim.Muon(p.filter((t) => t.shape.length === 2))],
  ['SparseAdam', (p) => new optim.SparseAdam(p)],
];

/** A small problem: `mean((tanh(x w + b) - y)^2)`. */
function problem(make: Make): { params: Tensor[]; optimizer: optim.Optimizer; step: () => Tensor } {
  const x = torch.tensor([
    [0.5, -1, 2],
    [1, 0.25, -0.5],
    [-1.5, 1, 0.75],
    [0.1, 0.2, 0.3],
  ]);
  const y = torch.tensor([
    [0.5, -0.5],
    [0.25, 0.75],
    [-0.5, 0.1],
    [0.3, -0.2],
  ]);
  const w = torch.tensor(
    [
      [0.3, -0.2],
      [0.1, 0.4],
      [-0.5, 0.2],
    ],
    { requiresGrad: true },
  );
  const b = torch.tensor([0.1, -0.1], { requiresGrad: true });
  const optimizer = make([w, b]);
  const step = (): Tensor => {
    optimizer.zeroGrad();
    const loss = torch.tanh(x.matmul(w).add(b)).sub(y).pow(2).mean();
    loss.backward();
    optimizer.step();
    return loss;
  };
  return { params: [w, b], optimizer, step };
}
const values = (params: readonly Tensor[]): number[] => params.flatMap((p) => [...core.dataSync(p.value)]);
const run = (step: () => Tensor, n: number): void =>
  core.scope(() => {
    for (let i = 0; i < n; i++) step();
  });
const expectClose = (a: readonly number[], b: readonly number[]): void => {
  expect(a).toHaveLength(b.length);
  a.forEach((v, i) => expect(Math.abs(v - b[i]!)).toBeLessThan(1e-5));
};

describe.each(all)('%s', (_, make) => {
  it('moves the parameters the same eager and compiled, with one trace once its state is there', () => {
    const [eager, compiled] = [problem(make), problem(make)];
    const before = values(eager.params);
    run(eager.step, 7);
    const step = torch.compile(compiled.step);
    run(step, 7);
    expect(values(eager.params)).not.toEqual(before);
    expectClose(values(compiled.params), values(eager.params));
    expect(step.traces).toBeLessThanOrEqual(2);
  });
  it('goes on from a state dict as if it had never stopped', () => {
    const [whole, first, second] = [problem(make), problem(make), problem(make)];
    run(whole.step, 6);
    run(first.step, 3);
    torch.noGrad(() => second.params.forEach((p, i) => p.copy_(first.params[i]!)));
    second.optimizer.loadStateDict(first.optimizer.stateDict());
    run(second.step, 3);
    expectClose(values(second.params), values(whole.params));
  });
  it('loads a state dict under a compiled step', () => {
    const [whole, resumed] = [problem(make), problem(make)];
    const step = torch.compile(resumed.step);
    run(step, 2);
    const start = resumed.params.map((p) => p.detach().clone());
    const saved = Object.fromEntries(
      Object.entries(resumed.optimizer.stateDict().state).map(([i, slots]) => [
        i,
        Object.fromEntries(Object.entries(slots as object).map(([name, t]) => [name, (t as Tensor).clone()])),
      ]),
    );
    run(step, 3);
    torch.noGrad(() => resumed.params.forEach((p, i) => p.copy_(start[i]!)));
    resumed.optimizer.loadStateDict({ ...resumed.optimizer.stateDict(), state: saved });
    run(step, 3);
    run(whole.step, 5);
    expectClose(values(resumed.params), values(whole.params));
  });
  it('keeps the number of live buffers flat', () => {
    for (const compiled of [false, true]) {
      const { step } = problem(make);
      const f = compiled ? torch.compile(step) : step;
      run(f, 3);
      const before = core.memory().buffers;
      for (let i = 0; i < 20; i++) run(f, 1);
      expect(core.memory().buffers).toBe(before);
    }
  });
});

describe('groups', () => {
  const [a, b] = [torch.zeros([2], { requiresGrad: true }), torch.zeros([2], { requiresGrad: true })];
  it('have their own settings', () => {
    const optimizer = new optim.SGD([{ params: [a], lr: 0.5 }, { params: b }], { lr: 0.1, momentum: 0.9 });
    expect(optimizer.paramGroups.map(({ lr, momentum }) => [lr, momentum])).toEqual([
      [0.5, 0.9],
      [0.1, 0.9],
    ]);
    optimizer.addParamGroup({ params: torch.zeros([1], { requiresGrad: true }), momentum: 0 });
    expect(optimizer.paramGroups[2]).toMatchObject({ lr: 0.1, momentum: 0 });
    expect(() => optimizer.addParamGroup({ params: [a] })).toThrow(
      'some parameters appear in more than one parameter group',
    );
  });
  it('take names', () => {
    const optimizer = new optim.SGD(new torch.nn.Linear(2, 3).namedParameters(), { lr: 0.1 });
    expect(optimizer.stateDict().param_groups[0]).toMatchObject({ params: [0, 1], param_names: ['weight', 'bias'] });
  });
  it('added after a compiled step has been traced are updated too', () => {
    const [p, q] = [torch.ones([1], { requiresGrad: true }), torch.ones([1], { requiresGrad: true })];
    const sgd = new optim.SGD([p], { lr: 0.5 });
    const step = torch.compile(() => {
      sgd.zeroGrad();
      p.mul(q).sum().backward();
      sgd.step();
    });
    step();
    sgd.addParamGroup({ params: [q], lr: 0.25 });
    step();
    expect(values([p, q])).toEqual([0, 0.875]);
  });
});

describe('step and zeroGrad', () => {
  it('calls a closure, with gradients on, and returns its loss', () => {
    const w = torch.tensor([2], { requiresGrad: true });
    const sgd = new optim.SGD([w], { lr: 0.25 });
    const loss = torch.noGrad(() =>
      sgd.step(() => {
        sgd.zeroGrad();
        const l = w.pow(2).sum();
        l.backward();
        return l;
      }),
    );
    expect(core.itemSync(loss!.value)).toBe(4);
    expect(values([w])).toEqual([1]);
  });
  it('leaves parameters without a gradient alone, and counts as a change in place', () => {
    const [w, still] = [torch.tensor([2], { requiresGrad: true }), torch.tensor([3], { requiresGrad: true })];
    const adam = new optim.Adam([w, still]);
    const y = w.mul(w);
    y.sum().backward({ retainGraph: true });
    adam.step();
    expect(values([still])).toEqual([3]);
    expect(Object.keys(adam.stateDict().state)).toEqual(['0']);
    expect(() => y.sum().backward()).toThrow('modified by an inplace operation');
  });
  it('sets gradients to zero on demand', () => {
    const w = torch.tensor([2], { requiresGrad: true });
    const sgd = new optim.SGD([w]);
    w.sum().backward();
    sgd.zeroGrad({ setToNone: false });
    expect(values([w.grad!])).toEqual([0]);
    sgd.zeroGrad();
    expect(w.grad).toBeNull();
  });
});

describe('state dicts', () => {
  it("have PyTorch's layout and names", () => {
    const { optimizer, step } = problem((p) => new optim.Adam(p, { amsgrad: true }));
    run(step, 2);
    const { state, param_groups: groups } = optimizer.stateDict();
    expect(Object.keys(state['0']!)).toEqual(['step', 'exp_avg', 'exp_avg_sq', 'max_exp_avg_sq']);
    expect(core.itemSync((state['1']!['step'] as Tensor).value)).toBe(2);
    expect(groups).toEqual([
      {
        lr: 1e-3,
        betas: [0.9, 0.999],
        eps: 1e-8,
        weight_decay: 0,
        amsgrad: true,
        maximize: false,
        foreach: null,
        capturable: false,
        differentiable: false,
        fused: null,
        decoupled_weight_decay: false,
        params: [0, 1],
      },
    ]);
  });
  it('refuse groups that do not fit', () => {
    const { optimizer } = problem((p) => new optim.SGD(p));
    expect(() => optimizer.loadStateDict({ state: {}, param_groups: [] })).toThrow(
      'loaded state dict has a different number of parameter groups',
    );
    expect(() => optimizer.loadStateDict({ state: {}, param_groups: [{ params: [0] }] })).toThrow(
      "doesn't match the size of optimizer's group",
    );
  });
  it('of L-BFGS keep its history', () => {
    const make = (p: readonly Tensor[]): optim.LBFGS =>
      new optim.LBFGS(p, { maxIter: 3, lineSearchFn: 'strong_wolfe' });
    const lossOf = (w: Tensor): Tensor => w.pow(4).add(w.mul(w.sum())).sum();
    const begin = (): { w: Tensor; optimizer: optim.LBFGS; step: () => void } => {
      const w = torch.tensor([1, -2, 3], { requiresGrad: true });
      const optimizer = make([w]);
      const step = (): void =>
        void optimizer.step(() => {
          optimizer.zeroGrad();
          const loss = lossOf(w);
          loss.backward();
          return loss;
        });
      return { w, optimizer, step };
    };
    const [whole, first, second] = [begin(), begin(), begin()];
    whole.step();
    whole.step();
    first.step();
    torch.noGrad(() => second.w.copy_(first.w));
    second.optimizer.loadStateDict(first.optimizer.stateDict());
    second.step();
    expectClose(values([second.w]), values([whole.w]));
    expect(Object.keys(whole.optimizer.stateDict().state['0']!)).toEqual(
      expect.arrayContaining([
        'func_evals',
        'n_iter',
        'd',
        't',
        'old_dirs',
        'old_stps',
        'ro',
        'H_diag',
        'prev_flat_grad',
        'prev_loss',
      ]),
    );
  });
});
