// The adapter of each group.
import type { GoldenCase, Group } from '../golden/group.js';
import { replayFile } from './files.js';
import { replayLayer } from './keras-layers.js';
import { replayLoss } from './losses.js';
import { replayOp } from './ops.js';
import { replayOptimizer } from './optimizers.js';
import { replayPair } from './pairs.js';
import { replayModule } from './torch-modules.js';
import { NotCovered } from './outcome.js';
import type { Adapter } from './run.js';

const adapters: Readonly<Record<string, Adapter<never>>> = {
  files: replayFile,
  torch_modules: replayModule,
  keras_layers: replayLayer,
  losses: replayLoss,
  ops: replayOp,
  optimizers: replayOptimizer,
  pairs: replayPair,
};

/** The adapter of a group. A group without one is not covered yet. */
export function adapterOf(group: Group): Adapter<GoldenCase> {
  const adapter = adapters[group.name] as Adapter<GoldenCase> | undefined;
  return (
    adapter ??
    (() => {
      throw new NotCovered(`no adapter for the group ${group.name}`);
    })
  );
}
