// keras.random and tf.random.
import * as core from '@nn/core';
import type { SeedGenerator } from './seed.js';
import { generatorOf, setRandomSeed } from './seed.js';
import { coreDType } from './tensor/dtype.js';
import { known } from './tensor/arguments.js';
import { apply, Tensor, type Shape, type TensorLike } from './tensor/tensor.js';

export { SeedGenerator } from './seed.js';
export interface RandomOptions {
  dtype?: string;
  /** A number (the same numbers at every call), a SeedGenerator, or nothing (the global generator). */
  seed?: number | SeedGenerator | null;
}
const settings = (
  op: string,
  o: RandomOptions,
  dtype = 'float32',
): { dtype: core.DType; generator: core.Generator } => ({
  dtype: coreDType(op, o.dtype ?? dtype),
  generator: generatorOf(o.seed),
});

/** Normal numbers; default mean 0, stddev 1. */
export const normal = (shape: Shape, o: RandomOptions & { mean?: number; stddev?: number } = {}): Tensor =>
  new Tensor(core.normal(known('normal', shape), { mean: o.mean ?? 0, std: o.stddev ?? 1, ...settings('normal', o) }));
/** Uniform numbers in [minval, maxval), default [0, 1); whole numbers for an integer dtype. */
export function uniform(shape: Shape, o: RandomOptions & { minval?: number; maxval?: number } = {}): Tensor {
  const { dtype, generator } = settings('uniform', o);
  if (!core.isFloat(dtype)) return randint(shape, o.minval ?? 0, o.maxval ?? 1, o);
  return new Tensor(
    core.uniform(known('uniform', shape), { low: o.minval ?? 0, high: o.maxval ?? 1, dtype, generator }),
  );
}
/** Normal numbers within two standard deviations. */
export const truncatedNormal = (shape: Shape, o: RandomOptions & { mean?: number; stddev?: number } = {}): Tensor =>
  new Tensor(
    core.truncatedNormal(known('truncatedNormal', shape), {
      mean: o.mean ?? 0,
      std: o.stddev ?? 1,
      ...settings('truncatedNormal', o),
    }),
  );
/** Whole numbers in [minval, maxval). */
export const randint = (shape: Shape, minval: number, maxval: number, o: RandomOptions = {}): Tensor => {
  const { dtype, generator } = settings('randint', o, 'int32');
  const t = core.randint(known('randint', shape), minval, maxval, { generator });
  return new Tensor(dtype === t.dtype ? t : core.cast(t, dtype));
};
/** The rows (slices of `axis`) in random order. */
export const shuffle = (x: TensorLike, o: RandomOptions & { axis?: number } = {}): Tensor =>
  apply('Shuffle', [x], (t) =>
    core.take(t, core.permutation(t.shape.at(o.axis ?? 0)!, { generator: generatorOf(o.seed) }), o.axis ?? 0),
  );
/** Drops a share of the values and scales the others up. */
export const dropout = (x: TensorLike, rate: number, o: RandomOptions & { noiseShape?: Shape | null } = {}): Tensor =>
  apply('Dropout', [x], (t) =>
    core.dropout(t, rate, {
      generator: generatorOf(o.seed),
      shape: o.noiseShape ? o.noiseShape.map((d, i) => d ?? t.shape[i]!) : t.shape,
    }),
  );
/** Draws of class indices from logits [batch, classes], [batch, numSamples]. */
export const categorical = (logits: TensorLike, numSamples: number, o: RandomOptions = {}): Tensor =>
  apply('Categorical', [logits], (t) => {
    const [rows, classes] = t.shape as [number, number];
    const u = core.uniform([rows, numSamples, classes], { generator: generatorOf(o.seed) });
    const gumbel = core.neg(core.log(core.neg(core.log(core.add(u, 1e-20)))));
    return core.argmax(core.add(core.unsqueeze(t, 1), gumbel), { axis: -1 });
  });
/** Seeds everything random. */
export const setSeed = (seed: number): void => setRandomSeed(seed);
