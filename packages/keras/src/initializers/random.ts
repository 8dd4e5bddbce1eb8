// Random initializers. Each draws the same numbers at every call, as in Keras: its seed is fixed when it is made.
import * as core from '@nn/core';
import type { Config } from '../object.js';
import { configOf } from '../object.js';
import { makeSeed, SeedGenerator } from '../seed.js';
import { Initializer } from './initializer.js';

export interface SeedOptions {
  /** A number, or a generator that goes on with every call; default a new seed. */
  seed?: number | SeedGenerator | null;
}

/** What random initializers share: the seed. */
export abstract class RandomInitializer extends Initializer {
  readonly seed: number | null;
  protected readonly source: number | SeedGenerator;
  constructor(o: SeedOptions = {}) {
    super();
    this.seed = typeof o.seed === 'number' ? o.seed : null;
    this.source = o.seed ?? makeSeed();
  }
  protected generator(): core.Generator {
    return this.source instanceof SeedGenerator ? this.source.generator : new core.Generator(this.source);
  }
}

/** Normal: default mean 0, standard deviation 0.05. */
export class RandomNormal extends RandomInitializer {
  static override readonly className: string = 'RandomNormal';
  readonly mean: number;
  readonly stddev: number;
  constructor(o: SeedOptions & { mean?: number; stddev?: number } = {}) {
    super(o);
    this.mean = o.mean ?? 0;
    this.stddev = o.stddev ?? 0.05;
  }
  protected override make(shape: readonly number[], dtype: core.DType): core.Tensor {
    return core.normal(shape, { mean: this.mean, std: this.stddev, dtype, generator: this.generator() });
  }
  override getConfig(): Config {
    return configOf(this, ['mean', 'stddev', 'seed']);
  }
}
/** Normal, cut at two standard deviations: default mean 0, standard deviation 0.05. */
export class TruncatedNormal extends RandomNormal {
  static override readonly className = 'TruncatedNormal';
  protected override make(shape: readonly number[], dtype: core.DType): core.Tensor {
    return core.truncatedNormal(shape, { mean: this.mean, std: this.stddev, dtype, generator: this.generator() });
  }
}
/** Uniform: default from -0.05 to 0.05. */
export class RandomUniform extends RandomInitializer {
  static override readonly className = 'RandomUniform';
  readonly minval: number;
  readonly maxval: number;
  constructor(o: SeedOptions & { minval?: number; maxval?: number } = {}) {
    super(o);
    this.minval = o.minval ?? -0.05;
    this.maxval = o.maxval ?? 0.05;
  }
  protected override make(shape: readonly number[], dtype: core.DType): core.Tensor {
    return core.uniform(shape, { low: this.minval, high: this.maxval, dtype, generator: this.generator() });
  }
  override getConfig(): Config {
    return configOf(this, ['minval', 'maxval', 'seed']);
  }
}
/** A matrix with orthonormal rows or columns, whichever are fewer, times `gain`. */
export class Orthogonal extends RandomInitializer {
  static override readonly className = 'Orthogonal';
  readonly gain: number;
  constructor(o: SeedOptions & { gain?: number } = {}) {
    super(o);
    this.gain = o.gain ?? 1;
  }
  protected override make(shape: readonly number[], dtype: core.DType): core.Tensor {
    if (shape.length < 2)
      throw new core.ValueError(
        `The tensor to initialize must be at least two-dimensional. Received: shape=[${shape}] of rank ${shape.length}.`,
      );
    return core.orthogonal(shape, { gain: this.gain, rows: shape.length - 1, dtype, generator: this.generator() });
  }
  override getConfig(): Config {
    return configOf(this, ['gain', 'seed']);
  }
}

/** fan_in and fan_out of a weight: all axes but the last two count as receptive field. */
export function computeFans(
  shape: readonly number[],
  inputAxes: readonly number[] | null = null,
  outputAxes: readonly number[] | null = null,
): [number, number] {
  const product = (axes: readonly number[]): number => axes.reduce((n, a) => n * shape.at(a)!, 1);
  if (inputAxes && outputAxes) return [product(inputAxes), product(outputAxes)];
  if (shape.length < 2) return [shape[0] ?? 1, shape[0] ?? 1];
  const field = core.sizeOf(shape.slice(0, -2));
  return [shape.at(-2)! * field, shape.at(-1)! * field];
}

export type FanMode = 'fan_in' | 'fan_out' | 'fan_avg';
export type Distribution = 'truncated_normal' | 'untruncated_normal' | 'uniform';
const modes: readonly FanMode[] = ['fan_in', 'fan_out', 'fan_avg'];
const distributions: readonly string[] = ['uniform', 'truncated_normal', 'untruncated_normal'];
// standard deviation of a unit normal that is cut at two standard deviations
const truncatedStd = 0.87962566103423978;

/**
 * Variance `scale / fan`, where fan is what `mode` says: truncated normal (cut at 2 std), untruncated normal, or uniform within sqrt(3 scale / fan).
 */
export class VarianceScaling extends RandomInitializer {
  static override readonly className: string = 'VarianceScaling';
  readonly scale: number;
  readonly mode: FanMode;
  readonly distribution: Distribution;
  readonly inputAxes: readonly number[] | null;
  readonly outputAxes: readonly number[] | null;
  constructor(o: FanOptions & { scale?: number; mode?: string; distribution?: string } = {}) {
    super(o);
    const { scale = 1, mode = 'fan_in', distribution = 'truncated_normal' } = o;
    if (scale <= 0) throw new core.ValueError(`Argument \`scale\` must be positive float. Received: scale=${scale}`);
    if (!modes.includes(mode as FanMode))
      throw new core.ValueError(
        `Invalid \`mode\` argument: ${mode}. Please use one of ${modes.join(', ')}.${core.nearest(mode, modes)}`,
      );
    const kind = distribution === 'normal' ? 'truncated_normal' : distribution;
    if (!distributions.includes(kind)) {
      throw new core.ValueError(
        `Invalid \`distribution\` argument: ${distribution}. Please use one of ${distributions.join(', ')}.${core.nearest(distribution, distributions)}`,
      );
    }
    this.scale = scale;
    this.mode = mode as FanMode;
    this.distribution = kind as Distribution;
    this.inputAxes = o.inputAxes ?? null;
    this.outputAxes = o.outputAxes ?? null;
  }
  protected override make(shape: readonly number[], dtype: core.DType): core.Tensor {
    const [fanIn, fanOut] = computeFans(shape, this.inputAxes, this.outputAxes);
    const variance =
      this.scale / Math.max(1, { fan_in: fanIn, fan_out: fanOut, fan_avg: (fanIn + fanOut) / 2 }[this.mode]);
    const generator = this.generator();
    if (this.distribution === 'uniform') {
      const limit = Math.sqrt(3 * variance);
      return core.uniform(shape, { low: -limit, high: limit, dtype, generator });
    }
    if (this.distribution === 'untruncated_normal')
      return core.normal(shape, { std: Math.sqrt(variance), dtype, generator });
    return core.truncatedNormal(shape, { std: Math.sqrt(variance) / truncatedStd, dtype, generator });
  }
  /** The same, with these axes of the weight counted as inputs and outputs. */
  withAxes(inputAxes: readonly number[], outputAxes: readonly number[]): VarianceScaling {
    return new VarianceScaling({
      scale: this.scale,
      mode: this.mode,
      distribution: this.distribution,
      seed: this.source,
      inputAxes,
      outputAxes,
    });
  }
  override getConfig(): Config {
    return configOf(this, ['scale', 'mode', 'distribution', 'seed', 'input_axes', 'output_axes']);
  }
}

export interface FanOptions extends SeedOptions {
  inputAxes?: readonly number[] | null;
  outputAxes?: readonly number[] | null;
}
abstract class NamedScaling extends VarianceScaling {
  override getConfig(): Config {
    return configOf(this, ['seed', 'input_axes', 'output_axes']);
  }
}
/** Uniform within sqrt(6 / (fan_in + fan_out)). */
export class GlorotUniform extends NamedScaling {
  static override readonly className = 'GlorotUniform';
  constructor(o: FanOptions = {}) {
    super({ ...o, scale: 1, mode: 'fan_avg', distribution: 'uniform' });
  }
}
/** Truncated normal of variance 2 / (fan_in + fan_out). */
export class GlorotNormal extends NamedScaling {
  static override readonly className = 'GlorotNormal';
  constructor(o: FanOptions = {}) {
    super({ ...o, scale: 1, mode: 'fan_avg', distribution: 'truncated_normal' });
  }
}
/** Uniform within sqrt(6 / fan_in). */
export class HeUniform extends NamedScaling {
  static override readonly className = 'HeUniform';
  constructor(o: FanOptions = {}) {
    super({ ...o, scale: 2, mode: 'fan_in', distribution: 'uniform' });
  }
}
/** Truncated normal of variance 2 / fan_in. */
export class HeNormal extends NamedScaling {
  static override readonly className = 'HeNormal';
  constructor(o: FanOptions = {}) {
    super({ ...o, scale: 2, mode: 'fan_in', distribution: 'truncated_normal' });
  }
}
/** Uniform within sqrt(3 / fan_in). */
export class LecunUniform extends NamedScaling {
  static override readonly className = 'LecunUniform';
  constructor(o: FanOptions = {}) {
    super({ ...o, scale: 1, mode: 'fan_in', distribution: 'uniform' });
  }
}
/** Truncated normal of variance 1 / fan_in. */
export class LecunNormal extends NamedScaling {
  static override readonly className = 'LecunNormal';
  constructor(o: FanOptions = {}) {
    super({ ...o, scale: 1, mode: 'fan_in', distribution: 'truncated_normal' });
  }
}
