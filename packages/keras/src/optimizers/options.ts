// The options that all optimizers have, their checks, and clipping.
import * as core from '@nn/core';
import type { Variable } from '../tensor/variable.js';
import type { LearningRateSchedule } from './schedules.js';

export interface OptimizerOptions {
  /** A number, a variable that holds it, or a schedule of the number of steps. */
  learningRate?: number | Variable | LearningRateSchedule;
  /** Shrinks weights by `weightDecay * learningRate` before each step. Default none. */
  weightDecay?: number | null;
  /** Largest norm of each gradient. */
  clipnorm?: number | null;
  /** Largest absolute value of an element. */
  clipvalue?: number | null;
  /** Largest norm of all gradients together. */
  globalClipnorm?: number | null;
  /** Keep moving averages of the weights. Default false. */
  useEma?: boolean;
  /** Default 0.99. */
  emaMomentum?: number;
  /** Replace the weights by their averages every so many steps. */
  emaOverwriteFrequency?: number | null;
  /** Losses are multiplied by it before gradients are taken, which undo it. */
  lossScaleFactor?: number | null;
  /** Average the gradients of so many calls into one step. */
  gradientAccumulationSteps?: number | null;
  name?: string | null;
}
/** The options but the learning rate and the name, with their defaults. */
export type Settings = Required<Omit<OptimizerOptions, 'learningRate' | 'name'>>;

/** Config keys that all optimizers have, in Keras's order. */
export const baseKeys = [
  'name',
  'learning_rate',
  'weight_decay',
  'clipnorm',
  'global_clipnorm',
  'clipvalue',
  'use_ema',
  'ema_momentum',
  'ema_overwrite_frequency',
  'loss_scale_factor',
  'gradient_accumulation_steps',
] as const;

/** Options with their defaults. Throws ValueError for those that cannot be. */
export function settingsOf(o: OptimizerOptions): Settings {
  const settings: Settings = {
    weightDecay: o.weightDecay ?? null,
    clipnorm: limit('clipnorm', o.clipnorm),
    clipvalue: limit('clipvalue', o.clipvalue),
    globalClipnorm: limit('global_clipnorm', o.globalClipnorm),
    useEma: o.useEma ?? false,
    emaMomentum: o.emaMomentum ?? 0.99,
    emaOverwriteFrequency: o.emaOverwriteFrequency ?? null,
    lossScaleFactor: o.lossScaleFactor ?? null,
    gradientAccumulationSteps: o.gradientAccumulationSteps ?? null,
  };
  const { clipnorm, clipvalue, globalClipnorm, emaMomentum, emaOverwriteFrequency: every } = settings;
  if ([clipnorm, clipvalue, globalClipnorm].filter((v) => v !== null).length > 1) {
    throw new core.ValueError(
      `Only one of \`clipnorm\`, \`clipvalue\` and \`global_clipnorm\` can be set. Received: clipnorm=${clipnorm}, clipvalue=${clipvalue}, global_clipnorm=${globalClipnorm}.`,
    );
  }
  if (settings.useEma && !(emaMomentum >= 0 && emaMomentum <= 1))
    throw new core.ValueError(`\`ema_momentum\` must be in the range [0, 1]. Received: ema_momentum=${emaMomentum}`);
  if (settings.useEma && every !== null && !(Number.isInteger(every) && every >= 1))
    throw new core.ValueError(
      `\`ema_overwrite_frequency\` must be an integer >= 1 or None. Received: ema_overwrite_frequency=${every}`,
    );
  const n = settings.gradientAccumulationSteps;
  if (n !== null && !(Number.isInteger(n) && n >= 2))
    throw new core.ValueError(
      `\`gradient_accumulation_steps\` must be an integer >= 2. Received: gradient_accumulation_steps=${n}`,
    );
  return settings;
}
function limit(name: string, value: number | null | undefined): number | null {
  if (value === null || value === undefined) return null;
  if (value <= 0) throw new core.ValueError(`\`${name}\` must be positive. Received: ${name}=${value}.`);
  return value;
}

/** Gradients within the limits of the settings. */
export function clipGradients(
  grads: readonly core.Tensor[],
  { clipnorm, globalClipnorm, clipvalue }: Pick<Settings, 'clipnorm' | 'globalClipnorm' | 'clipvalue'>,
): readonly core.Tensor[] {
  if (clipnorm !== null) return grads.map((g) => core.clipByNorm([g], clipnorm).clipped[0]!);
  if (globalClipnorm !== null) return core.clipByNorm(grads, globalClipnorm).clipped;
  if (clipvalue !== null) return grads.map((g) => core.clamp(g, { min: -clipvalue, max: clipvalue }));
  return grads;
}
