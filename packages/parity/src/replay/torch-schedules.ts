// Replays learning rate schedules of torch, and gradient clipping.
import { nn } from '@nn/torch';
import * as torch from '@nn/torch';
import type { GoldenCase } from '../golden/group.js';
import type { Args } from './call.js';
import type { ScheduleCase } from './problem.js';
import type { Adapter } from './run.js';
import { clipper, makeOptimizer, makeScheduler } from './torch-optim.js';
import { torchTensor } from './torch-run.js';

export interface ClipCase extends GoldenCase {
  readonly kind: 'clip';
  readonly framework: 'torch';
  readonly name: string;
  readonly args: Args;
  readonly count: number;
  readonly total: number | null;
  readonly tol: { readonly clipped: number };
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
