// Replays learning rate schedules of torch, and gradient clipping.
import { nn, optim } from '@nn/torch';
import * as torch from '@nn/torch';
import type { GoldenCase } from '../golden/group.js';
import { runMethod, type World } from '../python/evaluate.js';
import { parseClass } from '../python/parse.js';
import { bind, find } from './arguments.js';
import type { Args } from './call.js';
import type { ScheduleCase } from './problem.js';
import type { Adapter } from './run.js';
import { clipper, makeOptimizer } from './torch-optimizers.js';
import { torchTensor } from './torch-run.js';

interface Scheduler {
  step(metric?: number): void;
}

export interface ClipCase extends GoldenCase {
  readonly kind: 'clip';
  readonly framework: 'torch';
  readonly name: string;
  readonly args: Args;
  readonly count: number;
  readonly total: number | null;
  readonly tol: { readonly clipped: number };
}

/** Arithmetic of Python on numbers, for the expressions of LambdaLR. */
const arithmetic: World = {
  global: (name) => refuse(name),
  attribute: (_, name) => refuse(name),
  assignAttribute: (_, name) => refuse(name),
  call: () => refuse('a call'),
  item: () => refuse('an item'),
  unary: (value) => -(value as number),
  binary: (operator, left, right) => operations[operator]!(left as number, right as number),
};
const operations: Readonly<Record<string, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '%': (a, b) => a - b * Math.floor(a / b),
  '**': (a, b) => a ** b,
};
function refuse(what: string): never {
  throw new Error(`The expression of a schedule knows only "epoch" and arithmetic, not ${what}.`);
}

function lambda(expression: string): (epoch: number) => number {
  const method = parseClass(`def f(self, epoch):\nreturn ${expression}`).get('f')!;
  return (epoch) => runMethod(method, null, [epoch], arithmetic) as number;
}

/** A scheduler from its Python arguments; nested ones are made for the same optimizer. */
export function makeScheduler(optimizer: optim.Optimizer, name: string, args: Args): Scheduler {
  const Class = find(optim, 'optim', `lr_scheduler.${name}`) as new (...args: unknown[]) => Scheduler;
  const { schedulers, lr_lambda: lrLambda, ...rest } = args;
  const nested = (schedulers as readonly { name: string; args: Args }[] | undefined)?.map((s) =>
    makeScheduler(optimizer, s.name, s.args),
  );
  // ChainedScheduler finds the optimizer in the schedulers that it is given.
  const first = name === 'ChainedScheduler' ? [nested, optimizer] : nested ? [optimizer, nested] : [optimizer];
  const bound = bind(
    name,
    Class,
    first,
    lrLambda === undefined ? rest : { ...rest, lr_lambda: lambda(String(lrLambda)) },
  );
  const scheduler = new Class(...bound.args);
  bound.assertRead();
  return scheduler;
}

export const replayTorchSchedule: Adapter<ScheduleCase> = async (golden, { check }) => {
  const momentum = golden.momenta ? { momentum: 0.9 } : {};
  const optimizer = makeOptimizer('SGD', [new nn.Parameter(torch.zeros([1]))], { lr: golden.lr, ...momentum });
  const scheduler = makeScheduler(optimizer, golden.name, golden.args);
  const group = optimizer.paramGroups[0] as unknown as Readonly<Record<'lr' | 'momentum', number>>;
  const lrs = [group.lr];
  const momenta = [group.momentum];
  for (let i = 0; i + 1 < golden.lrs.length; i++) {
    optimizer.step();
    scheduler.step(...(golden.metric ? [golden.metric[i]!] : []));
    lrs.push(group.lr);
    momenta.push(group.momentum);
  }
  check.numbers('lrs', lrs, golden.lrs, golden.tol.lrs);
  if (golden.momenta) check.numbers('momenta', momenta, golden.momenta, golden.tol.lrs);
};

export const replayClip: Adapter<ClipCase> = async (golden, { tensors, check }) => {
  const parameters = Array.from({ length: golden.count }, (_, i) => {
    const grad = torchTensor(tensors.get(`grad/${i}`));
    const parameter = new nn.Parameter(torch.zerosLike(grad));
    parameter.grad = grad;
    return parameter;
  });
  const kind = golden.name.replace(/^clip_grad_|_$/g, '');
  const total = clipper({ kind, ...golden.args }, parameters)();
  for (const [i, parameter] of parameters.entries())
    await check.tensor(`clipped/${i}`, parameter.grad, tensors.get(`clipped/${i}`), golden.tol.clipped);
  if (golden.total !== null)
    await check.tensor(
      'total',
      total,
      { dtype: 'f32', shape: [], data: Float32Array.of(golden.total) },
      golden.tol.clipped,
    );
};
