// Counter-based random numbers: Threefry-2x32 (Salmon et al. 2011, 20 rounds). The same seed gives the same numbers on every device.
import { checkShape, dtypes, ValueError, type DType, type Shape } from '../base/index.js';
import { cast as castExpr, erf, expr, lit, ravel, type Expr } from '../kernel/index.js';
import { apply, literal } from '../graph/apply.js';
import { scope } from '../graph/memory.js';
import type { Primitive, Tensor } from '../graph/tensor.js';
import { Variable } from '../graph/variable.js';
import { add, clamp, less, mul, rightShift, sub } from './arithmetic.js';
import { toType, type Operand } from './define.js';
import { argsort } from './sorting.js';
import { cos, erfinv, log1p, remainder, sqrt } from './transcendental.js';

const u32 = (v: number): Expr => lit(v >>> 0, 'u32');
const rotations = [13, 15, 26, 6, 17, 29, 16, 24];
/** The two words that Threefry makes of a counter under a key. */
function threefry(key: readonly [Expr, Expr], counter: readonly [Expr, Expr]): readonly [Expr, Expr] {
  const plus = (a: Expr, b: Expr): Expr => expr('add', a, b);
  const keys = [key[0], key[1], expr('xor', expr('xor', key[0], key[1]), u32(0x1bd11bda))];
  let a = plus(counter[0], keys[0]!);
  let b = plus(counter[1], keys[1]!);
  for (let round = 0; round < 20; round++) {
    a = plus(a, b);
    const by = rotations[round % 8]!;
    b = expr('xor', expr('or', expr('shl', b, u32(by)), expr('ushr', b, u32(32 - by))), a);
    if (round % 4 === 3) {
      const s = (round + 1) / 4;
      a = plus(a, keys[s % 3]!);
      b = plus(b, plus(keys[(s + 1) % 3]!, u32(s)));
    }
  }
  return [a, b];
}
interface BitsAttrs {
  readonly shape: Shape;
  /** Which of the two words. */
  readonly word: 0 | 1;
}
/** 32 random bits for each element: inputs are the seed and the number of the draw. */
export const randomBitsPrimitive: Primitive<BitsAttrs> = {
  name: 'randomBits',
  domain: 'integer',
  keep: {},
  samples: [],
  infer: (_, { shape }) => ({ shape, dtype: 'u32' }),
  lower: ([seed, draw], { shape, word }) => ({
    form: 'map',
    body: (i) => threefry([seed!([]), draw!([])], [castExpr(ravel(i, shape), 'u32'), u32(0)])[word],
  }),
  vjp: () => null,
};

/** A source of random numbers: a seed and the number of draws so far, both state. */
export class Generator {
  /** u32[] */
  readonly seed: Variable;
  /** u32[]: how many arrays have been drawn. */
  readonly draws: Variable;
  constructor(seed: number = Math.floor(Math.random() * 2 ** 32)) {
    this.seed = new Variable(literal(checkSeed(seed), 'u32'), { name: 'random seed' });
    this.draws = new Variable(literal(0, 'u32'), { name: 'random draws' });
  }
  /** Starts again from a seed, a whole number from 0 to 2^32 - 1. */
  manualSeed(seed: number): this {
    this.seed.set(literal(checkSeed(seed), 'u32'));
    this.draws.set(literal(0, 'u32'));
    return this;
  }
  /** The key of the next draw. */
  next(): readonly [Tensor, Tensor] {
    const draw = this.draws.get();
    this.draws.set(add(draw, 1));
    return [this.seed.get(), draw];
  }
}
function checkSeed(seed: number): number {
  if (!Number.isInteger(seed) || seed < 0 || seed >= 2 ** 32)
    throw new ValueError(`manualSeed: a seed is an integer from 0 to 2^32 - 1, received ${seed}`);
  return seed;
}
/** The generator that is used when none is given. */
export const defaultGenerator: Generator = /* @__PURE__ */ new Generator();

export interface RandomOptions {
  readonly dtype?: DType;
  readonly generator?: Generator | undefined;
}
const bits = (key: readonly [Tensor, Tensor], shape: Shape, word: 0 | 1): Tensor =>
  apply(randomBitsPrimitive, key, { shape: [...checkShape('random', shape)], word });
/** 32 random bits for each element, as u32. */
export const randomBits = (shape: Shape, { generator = defaultGenerator }: RandomOptions = {}): Tensor =>
  bits(generator.next(), shape, 0);

/** Numbers in [0, 1) with the mantissa's bits (24 for f32, 53 for f64), from one word or two. */
function fraction(key: readonly [Tensor, Tensor], shape: Shape, dtype: DType, word: 0 | 1): Tensor {
  const high = bits(key, shape, word);
  if (dtype === 'f32') return mul(toType(rightShift(high, 8), 'f32'), 2 ** -24);
  if (dtype !== 'f64') throw new ValueError(`random: ${dtype} has no fractions. Use f32 or f64, or randint`);
  const low = bits([key[0], add(key[1], 0x80000000)], shape, word);
  return mul(add(mul(toType(rightShift(high, 5), 'f64'), 2 ** 26), toType(rightShift(low, 6), 'f64')), 2 ** -53);
}

/** Uniform numbers in [low, high). */
export const uniform = (
  shape: Shape,
  {
    low = 0,
    high = 1,
    dtype = 'f32',
    generator = defaultGenerator,
  }: RandomOptions & { readonly low?: number; readonly high?: number } = {},
): Tensor =>
  scope(() => {
    const u = fraction(generator.next(), shape, dtype, 0);
    return low === 0 && high === 1 ? u : add(mul(u, high - low), low);
  });
/** Normal numbers, by Box and Muller: sqrt(-2 log(1 - u)) cos(2 pi v). */
export const normal = (
  shape: Shape,
  {
    mean = 0,
    std = 1,
    dtype = 'f32',
    generator = defaultGenerator,
  }: RandomOptions & { readonly mean?: number; readonly std?: number } = {},
): Tensor =>
  scope(() => {
    const key = generator.next();
    const [u, v] = [fraction(key, shape, dtype, 0), fraction(key, shape, dtype, 1)];
    const n = mul(sqrt(mul(log1p(sub(0, u)), -2)), cos(mul(v, 2 * Math.PI)));
    return mean === 0 && std === 1 ? n : add(mul(n, std), mean);
  });
/** Normal numbers between `low` and `high` standard deviations from the mean, by the inverse of the distribution. */
export const truncatedNormal = (
  shape: Shape,
  {
    mean = 0,
    std = 1,
    low = -2,
    high = 2,
    dtype = 'f32',
    generator = defaultGenerator,
  }: RandomOptions & {
    readonly mean?: number;
    readonly std?: number;
    readonly low?: number;
    readonly high?: number;
  } = {},
): Tensor =>
  scope(() => {
    const [a, b] = [erf(low / Math.SQRT2), erf(high / Math.SQRT2)];
    const z = mul(erfinv(uniform(shape, { low: a, high: b, dtype, generator })), Math.SQRT2);
    return clamp(add(mul(z, std), mean), { min: mean + low * std, max: mean + high * std });
  });
/** Integers from low up to, but not including, high, as i32. */
export function randint(
  shape: Shape,
  low: number,
  high: number,
  { generator = defaultGenerator }: RandomOptions = {},
): Tensor {
  if (!Number.isInteger(low) || !Number.isInteger(high) || high <= low || high - low > dtypes.u32.highest)
    throw new ValueError(`randint: expected integers low < high, received ${low} and ${high}`);
  return scope(() => add(toType(remainder(bits(generator.next(), shape, 0), high - low), 'i32'), low));
}
/** True with probability p, which broadcasts to `shape`. */
export const bernoulli = (p: Operand, shape: Shape, { generator = defaultGenerator }: RandomOptions = {}): Tensor =>
  less(uniform(shape, { generator }), p);
/** 0 to n - 1 in random order, as i32. */
export const permutation = (n: number, { generator = defaultGenerator }: RandomOptions = {}): Tensor =>
  scope(() => argsort(bits(generator.next(), [n], 0), { axis: 0 }));
