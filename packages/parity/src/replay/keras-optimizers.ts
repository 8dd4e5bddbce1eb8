// Replays optimizers and learning rate schedules of keras.
import * as core from '@nn/core';
import { tf, Variable, type Tensor } from '@nn/keras';
import { find, bind } from './arguments.js';
import type { Args } from './call.js';
import { kerasTensor } from './keras-run.js';
import { problemOf, weightNames, type OptimizerCase, type ScheduleCase } from './problem.js';
import type { Adapter } from './run.js';
import { Track } from './track.js';

export interface AnyOptimizer {
  applyGradients(pairs: readonly (readonly [Tensor | null, Variable])[]): unknown;
  readonly variables: readonly Variable[];
}

export const replayKerasOptimizer: Adapter<OptimizerCase> = async (golden, replay) => {
  // Names of variables count from the start again, as in the process that made the case.
  tf.keras.utils.clearSession();
  const { x, y, weights } = problemOf(
    golden,
    replay,
    kerasTensor,
    (array, name) => new Variable(kerasTensor(array), { name }),
  );
  const { schedule } = golden.options;
  const rate = schedule ? { learning_rate: makeSchedule(schedule.name, schedule.args) } : {};
  const optimizer = makeOptimizer(golden.name, { ...golden.args, ...rate });

  const all = weightNames.map((name) => weights[name]);
  const step = (): readonly [Tensor, readonly (Tensor | null)[]] => {
    const tape = new tf.GradientTape();
    const { W, b, U } = weights;
    const loss = tf.reduceMean(tf.square(tf.tanh(x.matmul(W).add(b)).matmul(U).sub(y)));
    const grads = tape.gradient(loss, all);
    optimizer.applyGradients(grads.map((grad, i) => [grad, all[i]!] as const));
    return [loss, grads];
  };
  const run = replay.compiled ? tf.function(step) : step;

  const track = new Track();
  const values = (): Args => Object.fromEntries(weightNames.map((name) => [name, weights[name].value]));
  await track.add('param', values());
  for (let i = 0; i < golden.steps; i++) {
    const [loss, grads] = run();
    await track.add('loss', { '': loss });
    await track.add('grad', Object.fromEntries(weightNames.map((name, k) => [name, grads[k]])));
    await track.add('param', values());
  }
  for (const [i, variable] of optimizer.variables.entries()) {
    await track.add('state', { [`${String(i).padStart(2, '0')}/${variable.path}`]: variable.value });
  }
  await track.compare(golden, replay);
};

/** An optimizer of keras from its Python arguments. */
export function makeOptimizer(name: string, args: Args): AnyOptimizer {
  const Class = find(tf.keras, 'keras', `optimizers.${name}`) as new (...args: unknown[]) => AnyOptimizer;
  const bound = bind(`optimizers.${name}`, Class, [], args);
  const optimizer = new Class(...bound.args);
  bound.assertRead();
  return optimizer;
}

type Schedule = (step: number) => Tensor | number;

function makeSchedule(name: string, args: Args): Schedule {
  const Class = find(tf.keras, 'keras', `optimizers.schedules.${name}`) as new (...args: unknown[]) => Schedule;
  const bound = bind(`schedules.${name}`, Class, [], args);
  const schedule = new Class(...bound.args);
  bound.assertRead();
  return schedule;
}

export const replayKerasSchedule: Adapter<ScheduleCase> = async (golden, { check }) => {
  const schedule = makeSchedule(golden.name, golden.args);
  const lrs: number[] = [];
  for (let i = 0; i < golden.lrs.length; i++) {
    const rate = schedule(i);
    lrs.push(typeof rate === 'number' ? rate : await core.item(rate.read()));
  }
  check.numbers('lrs', lrs, golden.lrs, golden.tol.lrs);
};
