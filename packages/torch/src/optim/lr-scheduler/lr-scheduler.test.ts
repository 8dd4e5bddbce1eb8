// Tests of learning rate schedulers beside the golden ones: state dicts, steps to an epoch, combinations, errors.
import { describe, expect, it } from 'vitest';
import * as torch from '../../index.js';
import { optim } from '../../index.js';

const { lrScheduler: s } = optim;
const sgd = (lr: number = 1): optim.SGD => new optim.SGD([torch.zeros([1])], { lr, momentum: 0.9 });
const follow = (optimizer: optim.SGD, scheduler: { step(): void }, n: number): number[] =>
  Array.from({ length: n }, () => {
    scheduler.step();
    return optimizer.paramGroups[0]!.lr;
  });
const close = (a: readonly number[], b: readonly number[]): void => {
  expect(a).toHaveLength(b.length);
  a.forEach((v, i) => expect(v).toBeCloseTo(b[i]!, 12));
};

type Make = (o: optim.SGD) => optim.lrScheduler.LRScheduler;
const all: readonly (readonly [string, Make])[] = [
  ['LambdaLR', (o) => new s.LambdaLR(o, (epoch) => 1 / (1 + epoch))],
  ['MultiplicativeLR', (o) => new s.MultiplicativeLR(o, () => 0.9)],
  ['StepLR', (o) => new s.StepLR(o, 3)],
  ['MultiStepLR', (o) => new s.MultiStepLR(o, [2, 5, 5])],
  ['ConstantLR', (o) => new s.ConstantLR(o)],
  ['LinearLR', (o) => new s.LinearLR(o)],
  ['ExponentialLR', (o) => new s.ExponentialLR(o, 0.8)],
  ['PolynomialLR', (o) => new s.PolynomialLR(o, { power: 2 })],
  ['CosineAnnealingLR', (o) => new s.CosineAnnealingLR(o, 4)],
  ['CosineAnnealingWarmRestarts', (o) => new s.CosineAnnealingWarmRestarts(o, 2, { TMult: 2 })],
  ['CyclicLR', (o) => new s.CyclicLR(o, 0.1, 1, { stepSizeUp: 3 })],
  ['OneCycleLR', (o) => new s.OneCycleLR(o, 1, { totalSteps: 10 })],
  ['SWALR', (o) => new s.SWALR(o, 0.1, { annealEpochs: 4 })],
];

describe.each(all)('%s', (_, make) => {
  it('goes on from state dicts of itself and of the optimizer', () => {
    const [whole, first, second] = [sgd(), sgd(), sgd()];
    const expected = follow(whole, make(whole), 8);
    const begun = make(first);
    follow(first, begun, 4);
    const resumed = make(second);
    second.loadStateDict(first.stateDict());
    resumed.loadStateDict(JSON.parse(JSON.stringify(begun.stateDict())) as optim.lrScheduler.SchedulerState);
    expect(resumed.getLastLr()).toEqual(begun.getLastLr());
    close(follow(second, resumed, 4), expected.slice(4));
  });
});

it.each(all.filter(([name]) => !['MultiplicativeLR', 'SWALR'].includes(name)))(
  '%s goes to an epoch that is given',
  (_, make) => {
    const [stepped, jumped] = [sgd(), sgd()];
    const expected = follow(stepped, make(stepped), 4).at(-1)!;
    const scheduler = make(jumped);
    scheduler.step(4);
    close(scheduler.getLastLr(), [expected]);
  },
);

describe('state dicts', () => {
  it("have PyTorch's names", () => {
    expect(new s.CosineAnnealingLR(sgd(), 4).stateDict()).toEqual({
      T_max: 4,
      eta_min: 0,
      base_lrs: [1],
      last_epoch: 0,
      _step_count: 1,
      _last_lr: [1],
    });
  });
  it('of combinations hold those of their parts', () => {
    const make = (o: optim.SGD): optim.lrScheduler.SequentialLR =>
      new s.SequentialLR(o, [new s.LinearLR(o, { totalIters: 2 }), new s.ExponentialLR(o, 0.5)], [3]);
    const [whole, first, second] = [sgd(), sgd(), sgd()];
    const expected = follow(whole, make(whole), 7);
    const begun = make(first);
    follow(first, begun, 4);
    const resumed = make(second);
    second.loadStateDict(first.stateDict());
    resumed.loadStateDict(begun.stateDict());
    close(follow(second, resumed, 3), expected.slice(4));
  });
  it('of ReduceLROnPlateau keep the best and the counts', () => {
    const [first, second] = [sgd(), sgd()];
    const begun = new s.ReduceLROnPlateau(first, { patience: 1 });
    for (const loss of [3, 2, 2.5]) begun.step(loss);
    const resumed = new s.ReduceLROnPlateau(second, { patience: 1 });
    resumed.loadStateDict(begun.stateDict());
    resumed.step(torch.tensor(2.5));
    close(resumed.getLastLr(), [0.1]);
  });
});

it('schedules every group from its own rate', () => {
  const optimizer = new optim.SGD([
    { params: [torch.zeros([1])], lr: 1 },
    { params: [torch.zeros([1])], lr: 4 },
  ]);
  const scheduler = new s.LambdaLR(optimizer, [(e) => 1 / (1 + e), (e) => 0.5 ** e]);
  scheduler.step();
  expect(scheduler.getLastLr()).toEqual([0.5, 2]);
  expect(optimizer.paramGroups.map(({ lr }) => lr)).toEqual([0.5, 2]);
});
it('is followed by a compiled step without a new trace', () => {
  const w = torch.tensor([1], { requiresGrad: true });
  const optimizer = new optim.SGD([w], { lr: 0.5 });
  const scheduler = new s.ExponentialLR(optimizer, 0.5);
  const step = torch.compile(() => {
    optimizer.zeroGrad();
    w.sum().backward();
    optimizer.step();
  });
  for (let i = 0; i < 3; i++) {
    step();
    scheduler.step();
  }
  expect(w.toArraySync()).toEqual([0.125]);
  expect(step.traces).toBe(1);
});
it('moves the first beta of Adam where there is no momentum', () => {
  const adam = new optim.Adam([torch.zeros([1])]);
  new s.OneCycleLR(adam, 0.1, { epochs: 2, stepsPerEpoch: 5 }).step();
  expect(adam.paramGroups[0]!.betas[0]).toBeLessThan(0.95);
  expect(adam.paramGroups[0]!.betas[1]).toBe(0.999);
});
it.each<[string, (p: torch.Tensor[]) => optim.Optimizer]>([
  ['SGD', (p) => new optim.SGD(p, { lr: 0.1, momentum: 0.9 })],
  ['RMSprop', (p) => new optim.RMSprop(p, { lr: 0.1, momentum: 0.9 })],
  ['Adam', (p) => new optim.Adam(p, { lr: 0.1 })],
  ['Adamax', (p) => new optim.Adamax(p, { lr: 0.1 })],
  ['NAdam', (p) => new optim.NAdam(p, { lr: 0.1 })],
  ['RAdam', (p) => new optim.RAdam(p, { lr: 0.1 })],
  ['Muon', (p) => new optim.Muon(p, { lr: 0.1 })],
])(
  'moves the momentum of %s as data: a compiled step follows without a new trace, as the eager one does',
  (_, make) => {
    const train = (compiled: boolean): [number[], number] => {
      const w = torch.tensor([[1, 2]], { requiresGrad: true });
      const optimizer = make([w]);
      const scheduler = new s.OneCycleLR(optimizer as optim.SGD, 0.1, { totalSteps: 12 });
      const body = (): void => {
        optimizer.zeroGrad();
        w.pow(2).sum().backward();
        optimizer.step();
      };
      const step = compiled ? torch.compile(body) : body;
      for (let i = 0; i < 12; i++) {
        step();
        if (i < 11) scheduler.step();
      }
      return [(w.toArraySync() as number[][])[0]!, 'traces' in step ? Number(step.traces) : 0];
    };
    const [eager, [compiled, traces]] = [train(false)[0], train(true)];
    compiled.forEach((v, i) => expect(v).toBeCloseTo(eager[i]!, 6));
    expect(eager).not.toEqual([1, 2]);
    expect(traces).toBe(1);
  },
);

describe('errors', () => {
  const cases: readonly (readonly [string, () => unknown])[] = [
    ["param 'initial_lr' is not specified in param_groups[0]", () => new s.StepLR(sgd(), 1, { lastEpoch: 3 })],
    ['Expected 1 lr_lambdas, but got 2', () => new s.LambdaLR(sgd(), [Math.abs, Math.abs])],
    ['Constant multiplicative factor expected to be between 0 and 1', () => new s.ConstantLR(sgd(), { factor: 2 })],
    ['Starting multiplicative factor expected to be greater than 0', () => new s.LinearLR(sgd(), { startFactor: 0 })],
    ['Ending multiplicative factor expected to be between 0 and 1', () => new s.LinearLR(sgd(), { endFactor: 2 })],
    ['Expected positive integer T_0, but got 0', () => new s.CosineAnnealingWarmRestarts(sgd(), 0)],
    ['Expected integer T_mult >= 1, but got 0.5', () => new s.CosineAnnealingWarmRestarts(sgd(), 1, { TMult: 0.5 })],
    ['expected 1 values for max_lr, got 2', () => new s.CyclicLR(sgd(), 0.1, [1, 2])],
    [
      'optimizer must support momentum or beta1 with `cycle_momentum` option enabled',
      () => new s.CyclicLR(new optim.Adagrad([torch.zeros([1])]), 0.1, 1),
    ],
    ['You must define either total_steps OR (epochs AND steps_per_epoch)', () => new s.OneCycleLR(sgd(), 1)],
    ['Expected positive integer total_steps, but got -1', () => new s.OneCycleLR(sgd(), 1, { totalSteps: -1 })],
    [
      'Tried to step 4 times. The specified number of total steps is 3',
      () => follow(sgd(), new s.OneCycleLR(sgd(), 1, { totalSteps: 3 }), 4),
    ],
    ['Factor should be < 1.0.', () => new s.ReduceLROnPlateau(sgd(), { factor: 1 })],
    ['mode max_ is unknown! Did you mean "max"?', () => new s.ReduceLROnPlateau(sgd(), { mode: 'max_' as 'max' })],
    ['ChainedScheduler expects at least one scheduler', () => new s.ChainedScheduler([])],
    [
      'does not support `ReduceLROnPlateau`',
      () => new s.ChainedScheduler([new s.ReduceLROnPlateau(sgd()) as unknown as optim.lrScheduler.Part]),
    ],
    [
      'SequentialLR expects all schedulers to belong to the same optimizer',
      () => new s.SequentialLR(sgd(), [new s.ConstantLR(sgd())], []),
    ],
    [
      'expects number of schedulers provided to be one more than the number of milestone points',
      () => {
        const o = sgd();
        return new s.SequentialLR(o, [new s.ConstantLR(o)], [3]);
      },
    ],
  ];
  it.each(cases)('%s', (message, f) => expect(f).toThrow(message));
});
