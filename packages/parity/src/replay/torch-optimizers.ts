// Replays optimizers of torch: the trajectory of 20 steps, and the state at its end.
import * as torch from '@nn/torch';
import { nn, type Tensor } from '@nn/torch';
import { camel } from '../golden/value.js';
import type { Args } from './call.js';
import { problemOf, weightNames, type OptimizerCase, type WeightName } from './problem.js';
import type { Adapter } from './run.js';
import { clipper, makeOptimizer, makeScheduler } from './torch-optim.js';
import { Track } from './track.js';
import { torchTensor } from './torch-run.js';

export const replayTorchOptimizer: Adapter<OptimizerCase> = async (golden, replay) => {
  const { options } = golden;
  const { x, y, weights } = problemOf(golden, replay, torchTensor, (array) => new nn.Parameter(torchTensor(array)));
  const only = options.sparse ? (['U'] as const) : weightNames;
  const optimized = options.groups?.flatMap(({ params }) => params) ?? options.params ?? only;
  const byName = (name: string): nn.Parameter => weights[name as WeightName];

  const groups = options.groups?.map(({ params, ...rest }) => ({ ...camelKeys(rest), params: params.map(byName) }));
  const optimizer = makeOptimizer(golden.name, groups ?? optimized.map(byName), golden.args);
  const { scheduler: schedule, clip } = options;
  const scheduler = schedule && makeScheduler(optimizer, schedule.name, schedule.args);
  const clipGradients = clip && clipper(clip, optimized.map(byName));

  const closure = (): Tensor => {
    optimizer.zeroGrad();
    const loss = torch.tanh(x.matmul(weights.W).add(weights.b)).matmul(weights.U).sub(y).pow(2).mean();
    loss.backward();
    return loss;
  };
  const step = (rows: Tensor): readonly [Tensor, (Tensor | null)[]] => {
    const loss = closure();
    if (options.sparse) weights.U.grad = weights.U.grad!.mul(rows);
    const grads = optimized.map((name) => byName(name).grad?.clone() ?? null);
    clipGradients?.();
    // LBFGS evaluates the loss as often as it likes.
    if (golden.name === 'LBFGS') optimizer.step(closure);
    else optimizer.step();
    return [loss, grads];
  };
  const run = replay.compiled ? torch.compile(step) : step;

  const track = new Track();
  await track.add('param', weights);
  for (let i = 0; i < golden.steps; i++) {
    const [loss, grads] = run(rowsAt(i, weights.U.shape[0]!));
    scheduler?.step();
    await track.add('loss', { '': loss });
    await track.add('grad', Object.fromEntries(optimized.map((name, k) => [name, grads[k]])));
    await track.add('param', weights);
  }
  const { state } = optimizer.stateDict();
  for (const [i, name] of optimized.entries()) {
    for (const [slot, value] of Object.entries(state[i] ?? {}))
      await track.add('state', { [`${name}/${slot}`]: value });
  }
  await track.compare(golden, replay);
};

/** Ones for the rows that have a gradient in a step of the sparse problem: step % n and (2 step + 1) % n. */
function rowsAt(step: number, n: number): Tensor {
  const given = new Set([step % n, (2 * step + 1) % n]);
  return torch.tensor(Array.from({ length: n }, (_, row) => [given.has(row) ? 1 : 0]));
}

const camelKeys = (args: Args): Args =>
  Object.fromEntries(Object.entries(args).map(([key, value]) => [camel(key), value]));
