// Numbers for tests: the same ones at each run, and far enough from where a derivative does not exist.
import { isFloat, sizeOf, type DType, type Shape } from '../base/index.js';
import type { Primitive } from '../graph/tensor.js';
import { store, type HostArray } from './interpret.js';

/** A source of numbers from 0 to 1. */
export type Random = () => number;

/** A small generator (mulberry32). */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Choices that a random case is made of: a seed makes them here, a property test may make and shrink them. */
export interface Draw {
  /** An integer from low to high, both included. */
  int(low: number, high: number): number;
  pick<T>(from: readonly T[]): T;
  /** Values, which need not shrink. */
  readonly random: Random;
  /** What an axis may have; small sizes when not said. */
  readonly sizes?: readonly number[];
}

/** Choices made by a generator. */
export const drawFrom = (random: Random): Draw => ({
  int: (low, high) => low + Math.floor(random() * (high - low + 1)),
  pick: (from) => from[Math.floor(random() * from.length)]!,
  random,
});

/** Values where floating point is special. */
export const specialValues: readonly number[] = [
  0,
  -0,
  1,
  -1,
  0.5,
  2.5,
  -2.5,
  NaN,
  Infinity,
  -Infinity,
  1e-40,
  -1e-42,
  3e38,
  -3e38,
  1e20,
  1e-20,
  16777217,
];

/** Whether a value is so small that devices may take it for 0. */
export const isDenormal = (v: number): boolean => v !== 0 && Math.abs(v) < 2 ** -126;

const real: Readonly<Record<Primitive['domain'], (u: number, k: number) => number>> = {
  real: (u) => 4 * u - 2,
  positive: (u) => 0.3 + 2 * u,
  unit: (u) => 1.8 * u - 0.9,
  aboveOne: (u) => 1.2 + 2 * u,
  // no two equal, none at a multiple of 1/2
  apart: (u, k) => (k % 2 ? -1 : 1) * (0.13 + 0.5 * Math.floor(k / 2) + 0.2 * u),
  integer: (u) => Math.floor(10 * u),
};
const lowest: Partial<Record<DType, number>> = { i32: -9 };

export interface Values {
  readonly shapes: readonly Shape[];
  readonly dtypes: readonly DType[];
  /** Integers of an input stay below this. */
  readonly below?: readonly (number | undefined)[];
  /** The values of an input that random ones would not suit. */
  readonly fixed?: readonly (readonly number[] | undefined)[];
}

/**
 * Arrays for a primitive, from where its derivative exists.
 *
 * @param o.special    sometimes zeros, infinities, NaN, denormal and huge numbers; default false
 * @param o.denormals  with denormal numbers among them; default true
 */
export function valuesFor(
  primitive: Primitive,
  { shapes, dtypes, below, fixed }: Values,
  random: Random,
  o: { special?: boolean; denormals?: boolean } = {},
): HostArray[] {
  const values = specialValues.filter((v) => o.denormals !== false || !isDenormal(v));
  let place = Math.floor(random() * 4);
  const total = shapes.reduce((n, s) => n + sizeOf(s), 0);
  const order = Array.from({ length: total }, (_, k) => ({ k, u: random() })).sort((a, b) => a.u - b.u);
  let next = 0;
  return shapes.map((shape, n) => {
    const dtype = dtypes[n]!;
    const limit = below?.[n];
    const given = fixed?.[n];
    if (given) return { shape, dtype, data: given.map((v) => store(v, dtype)) };
    const data = Array.from({ length: sizeOf(shape) }, (_, i) => {
      const k = order[next++]!.k;
      if (dtype === 'bool') return random() < 0.5 ? 0 : 1;
      // distinct along each axis as long as the limit allows
      if (!isFloat(dtype) && limit !== undefined) return coordinateSum(i, shape, place) % Math.max(1, limit);
      if (!isFloat(dtype)) return Math.floor((lowest[dtype] ?? 0) + random() * 19);
      if (o.special && random() < 0.15) return store(values[Math.floor(random() * values.length)]!, dtype);
      return store(real[primitive.domain](random(), k), dtype);
    });
    place++;
    return { shape, dtype, data };
  });
}

function coordinateSum(flat: number, shape: Shape, start: number): number {
  let [rest, sum] = [flat, start];
  for (let d = shape.length - 1; d >= 0; d--) {
    sum += rest % shape[d]!;
    rest = Math.floor(rest / shape[d]!);
  }
  return sum;
}
