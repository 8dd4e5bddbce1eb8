// Replays the losses of both frameworks: value and gradient.
import { replayKerasLoss, type KerasLossCase } from './keras-losses.js';
import type { Adapter } from './run.js';
import { replayModule, type ModuleCase } from './torch-modules.js';

type LossCase = (ModuleCase & { readonly framework: 'torch' }) | (KerasLossCase & { readonly framework: 'keras' });

export const replayLoss: Adapter<LossCase> = (golden, replay) =>
  golden.framework === 'torch' ? replayModule(golden, replay) : replayKerasLoss(golden, replay);
