// Random tensors. The numbers are counter-based: the same seed gives the same ones on every device, eager or compiled.
import * as core from '@nn/core';
import { optionalDType, type Operand, raw } from '../tensor/handle.js';
import { Tensor } from '../tensor/tensor.js';
import { type CreateOptions, made, type Size, sizeList } from './create.js';

export interface RandomOptions extends CreateOptions {
  /** Where the numbers come from; default the generator that `manualSeed` sets. */
  generator?: core.Generator | null;
}
export const source = (o: { generator?: core.Generator | null } | undefined): { generator?: core.Generator } =>
  o?.generator ? { generator: o.generator } : {};
const kind = (o: RandomOptions | undefined): core.DType => optionalDType(o?.dtype) ?? 'f32';

/**
 * Sets the seed of the default generator.
 *
 * @example
 * manualSeed(0); const a = rand([2]); manualSeed(0); a.equal(rand([2])) // => true
 */
export function manualSeed(seed: number): core.Generator {
  core.defaultGenerator.manualSeed(seed);
  return core.defaultGenerator;
}
/** Uniform numbers in [0, 1). */
export function rand(size: Size, o?: RandomOptions): Tensor {
  return made(core.uniform(sizeList(size), { dtype: kind(o), ...source(o) }), o);
}
/** Numbers of the standard normal distribution. */
export function randn(size: Size, o?: RandomOptions): Tensor {
  return made(core.normal(sizeList(size), { dtype: kind(o), ...source(o) }), o);
}
/** Whole numbers from `low` (default 0) up to (not including) `high`, int32. */
export function randint(low: number, high: number | Size, size?: Size | RandomOptions, o?: RandomOptions): Tensor {
  const full = typeof size === 'number' || Array.isArray(size);
  const [from, to, shape] = full ? [low, high as number, size as Size] : [0, low, high];
  const options = full ? o : (size as RandomOptions | undefined);
  if (!(from < to))
    throw new core.ValueError(`random_ expects 'from' to be less than 'to', but got from=${from} >= to=${to}`);
  const v = core.randint(sizeList(shape), from, to, source(options));
  const dtype = optionalDType(options?.dtype);
  return made(dtype && dtype !== v.dtype ? core.cast(v, dtype) : v, options);
}
/** The numbers 0 to n - 1 in random order. */
export function randperm(n: number, o?: RandomOptions): Tensor {
  return new Tensor(core.permutation(n, source(o)));
}
const floating = (x: Tensor, o: RandomOptions | undefined): RandomOptions => ({ dtype: x.dtype, ...o });
/** `rand` in the shape and dtype of another tensor. */
export function randLike(x: Tensor, o?: RandomOptions): Tensor {
  return core.beside(x.value, () => rand(x.shape, floating(x, o)));
}
/** `randn` in the shape and dtype of another tensor. */
export function randnLike(x: Tensor, o?: RandomOptions): Tensor {
  return core.beside(x.value, () => randn(x.shape, floating(x, o)));
}
/** `randint` in the shape and dtype of another tensor. */
export function randintLike(x: Tensor, low: number, high: number, o?: RandomOptions): Tensor {
  return randint(low, high, x.shape, floating(x, o));
}
/** Normal numbers with means and standard deviations that broadcast, or of one shape. */
export function normal(mean: Operand, std: Operand, size?: Size | RandomOptions, o?: RandomOptions): Tensor {
  const given = typeof size === 'number' || Array.isArray(size);
  const options = given ? o : (size as RandomOptions | undefined);
  const shape = given
    ? sizeList(size as Size)
    : core.broadcastShapes('normal', mean instanceof Tensor ? mean.shape : [], std instanceof Tensor ? std.shape : []);
  const z = core.normal(shape, { dtype: kind(options), ...source(options) });
  return made(core.add(core.mul(z, raw(std)), raw(mean)), options);
}
/** 1 with the probability in each element of p, else 0. */
export function bernoulli(p: Tensor, o?: RandomOptions): Tensor {
  const v = core.detach(p.value);
  return new Tensor(
    core.cast(
      core.beside(v, () => core.bernoulli(v, v.shape, source(o))),
      v.dtype,
    ),
  );
}
/** Indices of a row drawn in proportion to its values. Without replacement by the largest of Gumbel-perturbed logarithms. */
export function multinomial(
  p: Tensor,
  count: number,
  o: { replacement?: boolean; generator?: core.Generator } = {},
): Tensor {
  const v = core.detach(p.value);
  const n = v.shape.at(-1)!;
  if (!o.replacement && count > n)
    throw new core.ValueError('cannot sample n_sample > prob_dist.size(-1) samples without replacement');
  const noise = (shape: readonly number[]): core.Tensor => {
    const u = core.beside(v, () => core.uniform(shape, { low: 1e-20, dtype: v.dtype, ...source(o) }));
    return core.neg(core.log(core.neg(core.log(u))));
  };
  const logits = core.log(v);
  if (!o.replacement) return new Tensor(core.topk(core.add(logits, noise(v.shape)), count, { axis: -1 }).indices);
  const lines = core.unsqueeze(logits, -2);
  const shape = [...v.shape.slice(0, -1), count, n];
  return new Tensor(core.argmax(core.add(lines, noise(shape)), { axis: -1 }));
}
