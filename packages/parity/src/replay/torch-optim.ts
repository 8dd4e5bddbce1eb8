// Optimizers, schedulers and gradient clipping of torch from their Python arguments.
import { nn, optim, type Tensor } from '@nn/torch';
import { runMethod, type World } from '../python/evaluate.js';
import { parseClass } from '../python/parse.js';
import { bind, find } from './arguments.js';
import type { Args } from './call.js';

export type AnyOptimizer = optim.Optimizer & { step(closure?: () => Tensor): unknown };

export interface Scheduler {
  step(metric?: number): void;
}

/** An optimizer of torch from its Python arguments. */
export function makeOptimizer(name: string, parameters: readonly unknown[], args: Args): AnyOptimizer {
  const Optimizer = find(optim, 'optim', name) as new (...args: unknown[]) => AnyOptimizer;
  const bound = bind(`optim.${name}`, Optimizer, [parameters], args);
  const optimizer = new Optimizer(...bound.args);
  bound.assertRead();
  return optimizer;
}

/** Clips the gradients of the parameters in place with the function of torch.nn.utils that the case names. */
export function clipper({ kind, ...args }: Args, parameters: readonly Tensor[]): () => unknown {
  const name = `clip_grad_${String(kind)}_`;
  const f = find(nn, 'nn', `utils.${name}`) as (...args: unknown[]) => unknown;
  const given = args['norm_type'] === 'inf' ? { ...args, norm_type: Infinity } : args;
  return () => f(...bind(name, f, [parameters], given).args);
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
    lrLambda === undefined ? rest : { ...rest, lr_lambda: lambda(lrLambda as string) },
  );
  const scheduler = new Class(...bound.args);
  bound.assertRead();
  return scheduler;
}
