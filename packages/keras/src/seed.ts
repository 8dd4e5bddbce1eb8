// Random seeds: one source for whole programs (`setRandomSeed`), and generators that layers own.
import * as core from '@nn/core';
import { Variable } from './tensor/variable.js';

// Mulberry32: seeds are drawn on the host, so that an initializer can be written to a config.
let state = (Math.random() * 2 ** 32) >>> 0;
function nextUint32(): number {
  state = (state + 0x6d2b79f5) >>> 0;
  let t = state;
  t = Math.imul(t ^ (t >>> 15), t | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return (t ^ (t >>> 14)) >>> 0;
}

/** A seed for an object that was given none. */
export const makeSeed = (): number => nextUint32() % 1_000_000_000;

/**
 * Seeds everything random: initializers, dropout, shuffling, `tf.random`.
 *
 * @example
 * tf.keras.utils.setRandomSeed(0)
 */
export function setRandomSeed(seed: number): void {
  if (!Number.isInteger(seed))
    throw new core.ValueError(
      `Expected \`seed\` argument to be an integer. Received: seed=${seed} (of type ${typeof seed})`,
    );
  state = seed >>> 0;
  core.defaultGenerator.manualSeed(seed);
}

/** A stream of random numbers with its own state, which is a variable of the layer that owns it. */
export class SeedGenerator {
  readonly generator: core.Generator;
  readonly state: Variable;
  readonly seed: number;
  constructor(seed: number | null = null, o: { name?: string } = {}) {
    this.seed = seed ?? makeSeed();
    this.generator = core.untraced(() => new core.Generator(this.seed));
    this.state = new Variable(this.generator.draws, { name: `${o.name ?? 'seed_generator'}_state`, trainable: false });
  }
}
/** The generator of what users pass as `seed`: a number (the same numbers at every call), a SeedGenerator, or nothing. */
export function generatorOf(seed: number | SeedGenerator | null | undefined): core.Generator {
  if (seed instanceof SeedGenerator) return seed.generator;
  return typeof seed === 'number' ? new core.Generator(seed) : core.defaultGenerator;
}
