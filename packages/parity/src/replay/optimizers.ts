// Replays the optimizers, schedules and gradient clipping of both frameworks.
import { replayKerasOptimizer, replayKerasSchedule } from './keras-optimizers.js';
import type { OptimizerCase, ScheduleCase } from './problem.js';
import type { Adapter } from './run.js';
import { replayTorchOptimizer } from './torch-optimizers.js';
import { replayClip, replayTorchSchedule, type ClipCase } from './torch-schedules.js';

export const replayOptimizer: Adapter<OptimizerCase | ScheduleCase | ClipCase> = (golden, replay) => {
  if (golden.kind === 'clip') return replayClip(golden, replay);
  const torch = golden.framework === 'torch';
  if (golden.kind === 'schedule') return (torch ? replayTorchSchedule : replayKerasSchedule)(golden, replay);
  return (torch ? replayTorchOptimizer : replayKerasOptimizer)(golden, replay);
};
