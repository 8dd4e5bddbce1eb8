// Counter-based random numbers: Threefry-2x32 (Salmon et al. 2011, 20 rounds). The same seed gives the same numbers on every device.
import { checkShape, dtypes, isFloat, ValueError, type DType, type Shape } from '../base/index.js';
import { cast as castExpr, erf, expr, lit, ravel, type Expr } from '../kernel/index.js';
import { apply, literal } from '../graph/apply.js';
import { scope } from '../graph/memory.js';
import type { Primitive, Tensor } from '../graph/tensor.js';
import { Variable } from '../graph/variable.js';
import { add, less } from './arithmetic.js';
import { toType, type Operand } from './define.js';
import { argsort } from './sorting.js';
import { remainder } from './transcendental.js';

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
interface DrawAttrs {
  readonly shape: Shape;
  readonly dtype: DType;
}
/** Makes the value of one element from its two random words; `numbers` are the 0-d inputs after the key. */
type Distribution = (
  words: readonly [Expr, Expr],
  second: () => readonly [Expr, Expr],
  numbers: readonly Expr[],
  dtype: DType,
) => Expr;

/** A draw in one kernel, so that eager and compiled programs round alike: inputs are the seed, the number of the draw, and numbers. */
function draw(name: string, value: Distribution): Primitive<DrawAttrs> {
  return {
    name,
    domain: 'integer',
    keep: {},
    samples: [],
    infer: (_, { shape, dtype }) => ({ shape, dtype }),
    lower: ([seed, number, ...rest], { shape, dtype }) => ({
      form: 'map',
      body: (i) => {
        const words = (block: number): readonly [Expr, Expr] =>
          threefry([seed!([]), number!([])], [castExpr(ravel(i, shape), 'u32'), u32(block)]);
        return value(
          words(0),
          () => words(1),
          rest.map((x) => x([])),
          dtype,
        );
      },
    }),
    vjp: () => null,
  };
}
/** A number in [0, 1) with the bits of the mantissa: 24 for f32 from one word, 53 for f64 from two. */
function fraction(high: Expr, low: Expr, dtype: DType): Expr {
  const part = (word: Expr, drop: number, scale: number): Expr =>
    expr('mul', castExpr(expr('ushr', word, u32(drop)), dtype), lit(scale, dtype));
  return dtype === 'f64' ? expr('add', part(high, 5, 2 ** -27), part(low, 6, 2 ** -53)) : part(high, 8, 2 ** -24);
}
const like = (v: number, x: Expr): Expr => lit(v, x.dtype);

/** 32 random bits for each element. */
export const randomBitsPrimitive: Primitive<DrawAttrs> = draw('randomBits', ([word]) => word);
/** low + (high - low) * u. */
export const randomUniformPrimitive: Primitive<DrawAttrs> = draw('randomUniform', ([a, b], _, [low, width], dtype) =>
  expr('add', expr('mul', fraction(a, b, dtype), width!), low!),
);
/** mean + std * sqrt(-2 log(1 - u)) cos(2 pi v), by Box and Muller. */
export const randomNormalPrimitive: Primitive<DrawAttrs> = draw(
  'randomNormal',
  ([a, b], second, [mean, std], dtype) => {
    const [c, d] = dtype === 'f64' ? second() : [b, b];
    const [u, v] =
      dtype === 'f64' ? [fraction(a, b, dtype), fraction(c, d, dtype)] : [fraction(a, a, dtype), fraction(b, b, dtype)];
    const radius = expr('sqrt', expr('mul', expr('log1p', expr('neg', u)), like(-2, u)));
    return expr(
      'add',
      expr('mul', expr('mul', radius, expr('cos', expr('mul', v, like(2 * Math.PI, v)))), std!),
      mean!,
    );
  },
);
/** mean + std * sqrt(2) erfinv(a + (b - a) u), brought into [low, high]: the inverse of the cut distribution. */
export const randomTruncatedPrimitive: Primitive<DrawAttrs> = draw(
  'randomTruncated',
  ([a, b], _, [mean, std, start, width, low, high], dtype) => {
    const z = expr(
      'mul',
      expr('erfinv', expr('add', expr('mul', fraction(a, b, dtype), width!), start!)),
      lit(Math.SQRT2, dtype),
    );
    return expr('max', low!, expr('min', high!, expr('add', expr('mul', z, std!), mean!)));
  },
);

/** A source of random numbers: a seed and the number of draws so far, both state. */
export class Generator {
  /** u32[] */
  readonly seed: Variable;
  /** u32[]: how many arrays have been drawn. */
  readonly draws: Variable;
  constructor(seed: number = Math.floor(Math.random() * 2 ** 32)) {
    this.seed = new Variable(literal(checkSeed(seed), 'u32'), { name: 'random seed', follows: true });
    this.draws = new Variable(literal(0, 'u32'), { name: 'random draws', follows: true });
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
const sample = (
  primitive: Primitive<DrawAttrs>,
  generator: Generator,
  shape: Shape,
  dtype: DType,
  ...numbers: readonly number[]
): Tensor =>
  apply(primitive, [...generator.next(), ...numbers.map((v) => literal(v, dtype))], {
    shape: [...checkShape('random', shape)],
    dtype,
  });
const floating = (dtype: DType): DType => {
  if (!isFloat(dtype)) throw new ValueError(`random: ${dtype} has no fractions. Use f32 or f64, or randint`);
  return dtype;
};
/** 32 random bits for each element, as u32. */
export const randomBits = (shape: Shape, { generator = defaultGenerator }: RandomOptions = {}): Tensor =>
  sample(randomBitsPrimitive, generator, shape, 'u32');

/** Uniform numbers in [low, high). */
export const uniform = (
  shape: Shape,
  {
    low = 0,
    high = 1,
    dtype = 'f32',
    generator = defaultGenerator,
  }: RandomOptions & { readonly low?: number; readonly high?: number } = {},
): Tensor => sample(randomUniformPrimitive, generator, shape, floating(dtype), low, high - low);
/** Normal numbers. */
export const normal = (
  shape: Shape,
  {
    mean = 0,
    std = 1,
    dtype = 'f32',
    generator = defaultGenerator,
  }: RandomOptions & { readonly mean?: number; readonly std?: number } = {},
): Tensor => sample(randomNormalPrimitive, generator, shape, floating(dtype), mean, std);
/** Normal numbers between `low` and `high` standard deviations from the mean. */
export function truncatedNormal(
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
): Tensor {
  const [a, b] = [erf(low / Math.SQRT2), erf(high / Math.SQRT2)];
  return sample(
    randomTruncatedPrimitive,
    generator,
    shape,
    floating(dtype),
    mean,
    std,
    a,
    b - a,
    mean + low * std,
    mean + high * std,
  );
}
/** Integers from low up to, but not including, high, as i32. */
export function randint(
  shape: Shape,
  low: number,
  high: number,
  { generator = defaultGenerator }: RandomOptions = {},
): Tensor {
  if (!Number.isInteger(low) || !Number.isInteger(high) || high <= low || high - low > dtypes.u32.highest)
    throw new ValueError(`randint: expected integers low < high, received ${low} and ${high}`);
  return scope(() => add(toType(remainder(randomBits(shape, { generator }), high - low), 'i32'), low));
}
/** True with probability p, which broadcasts to `shape`. */
export const bernoulli = (p: Operand, shape: Shape, { generator = defaultGenerator }: RandomOptions = {}): Tensor =>
  less(uniform(shape, { generator }), p);
/** 0 to n - 1 in random order, as i32. */
export const permutation = (n: number, { generator = defaultGenerator }: RandomOptions = {}): Tensor =>
  scope(() => argsort(randomBits([n], { generator }), { axis: 0 }));
