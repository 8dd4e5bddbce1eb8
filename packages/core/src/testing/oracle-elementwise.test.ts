// Elementwise primitives against formulas that are written down here a second time, with broadcasting done by hand.
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { broadcastShapes, type DType } from '../base/index.js';
import { apply } from '../graph/apply.js';
import { dataSync, tensor } from '../graph/create.js';
import { elementwisePrimitives } from '../ops/primitives.js';
import { cast, erf as erfOp, erfinv as erfinvOp } from '../ops/index.js';
import { randomCase } from './cases.js';
import { distance } from './distance.js';
import { drawFrom, seeded, valuesFor } from './draw.js';
import { indices, store, type HostArray } from './interpret.js';

type Formula = (x: number, y: number, z: number) => number;

/** Simpson's rule. */
const erf = (x: number): number => {
  if (Number.isNaN(x)) return NaN;
  const [end, n] = [Math.min(Math.abs(x), 6), 4000];
  const f = (t: number): number => Math.exp(-t * t);
  let s = f(0) + f(end);
  for (let k = 1; k < n; k++) s += (k % 2 ? 4 : 2) * f((k * end) / n);
  return (Math.sign(x) * 2 * s * end) / (3 * n * Math.sqrt(Math.PI));
};
/** Stirling's series far out, reached by the recurrence. */
const lgamma = (x: number): number =>
  x < 20
    ? lgamma(x + 1) - Math.log(x)
    : (x - 0.5) * Math.log(x) -
      x +
      0.5 * Math.log(2 * Math.PI) +
      1 / (12 * x) -
      1 / (360 * x ** 3) +
      1 / (1260 * x ** 5);
const digamma = (x: number): number =>
  x < 20
    ? digamma(x + 1) - 1 / x
    : Math.log(x) - 1 / (2 * x) - 1 / (12 * x ** 2) + 1 / (120 * x ** 4) - 1 / (252 * x ** 6);
const halfEven = (x: number): number => {
  const below = Math.floor(x);
  const part = x - below;
  return part < 0.5 ? below : part > 0.5 ? below + 1 : below % 2 === 0 ? below : below + 1;
};
const floorMod = (x: number, y: number): number => (x % y === 0 || x % y > 0 === y > 0 ? x % y : (x % y) + y);

const formulas: Readonly<Record<string, Formula>> = {
  neg: (x) => -x,
  abs: (x) => (x < 0 ? -x : x === 0 ? 0 : x),
  sign: (x) => (x > 0 ? 1 : x < 0 ? -1 : x),
  floor: (x) => Math.floor(x),
  ceil: (x) => -Math.floor(-x),
  trunc: (x) => (x < 0 ? Math.ceil(x) : Math.floor(x)),
  round: halfEven,
  square: (x) => x * x,
  logicalNot: (x) => +(x === 0),
  isNaN: (x) => +Number.isNaN(x),
  isInf: (x) => +(x === Infinity || x === -Infinity),
  isFinite: (x) => +Number.isFinite(x),
  bitwiseNot: (x) => ~x,
  add: (x, y) => x + y,
  sub: (x, y) => x - y,
  mul: (x, y) => x * y,
  div: (x, y) => x / y,
  maximum: (x, y) => (Number.isNaN(x) || Number.isNaN(y) ? NaN : x > y ? x : y),
  minimum: (x, y) => (Number.isNaN(x) || Number.isNaN(y) ? NaN : x < y ? x : y),
  less: (x, y) => +(x < y),
  lessEqual: (x, y) => +(x <= y),
  greater: (x, y) => +(x > y),
  greaterEqual: (x, y) => +(x >= y),
  equal: (x, y) => +(x === y),
  notEqual: (x, y) => +(x !== y),
  logicalAnd: (x, y) => +(x !== 0 && y !== 0),
  logicalOr: (x, y) => +(x !== 0 || y !== 0),
  logicalXor: (x, y) => +((x !== 0) !== (y !== 0)),
  bitwiseAnd: (x, y) => x & y,
  bitwiseOr: (x, y) => x | y,
  bitwiseXor: (x, y) => x ^ y,
  leftShift: (x, y) => x * 2 ** y,
  rightShift: (x, y) => Math.floor(x / 2 ** y),
  where: (c, a, b) => (c ? a : b),
  sqrt: (x) => (x < 0 ? NaN : x ** 0.5),
  rsqrt: (x) => (x < 0 ? NaN : 1 / Math.sqrt(x)),
  reciprocal: (x) => 1 / x,
  exp: (x) => Math.exp(x),
  exp2: (x) => 2 ** x,
  expm1: (x) => Math.expm1(x),
  log: (x) => Math.log(x),
  log1p: (x) => Math.log1p(x),
  log2: (x) => Math.log2(x),
  log10: (x) => Math.log10(x),
  sin: (x) => Math.sin(x),
  cos: (x) => Math.cos(x),
  tan: (x) => Math.tan(x),
  asin: (x) => Math.asin(x),
  acos: (x) => Math.acos(x),
  atan: (x) => Math.atan(x),
  sinh: (x) => Math.sinh(x),
  cosh: (x) => Math.cosh(x),
  tanh: (x) => Math.tanh(x),
  asinh: (x) => Math.asinh(x),
  acosh: (x) => Math.acosh(x),
  atanh: (x) => Math.atanh(x),
  erf,
  erfc: (x) => 1 - erf(x),
  lgamma,
  digamma,
  sigmoid: (x) => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x))),
  pow: (x, y) => x ** y,
  // a quotient that is too small to be told from 0 is still below it
  floorDivide: (x, y) => (x !== 0 && x < 0 !== y < 0 && Math.floor(x / y) === 0 ? -1 : Math.floor(x / y)),
  remainder: floorMod,
  fmod: (x, y) => x % y,
  atan2: (x, y) => Math.atan2(x, y),
};
/** Defined here for positive arguments only. */
const positiveOnly = new Set(['lgamma', 'digamma']);
/** Not a formula of its own: it is what erf undoes. */
const inverse = ['erfinv'];

/** The element of an array that an index of the broadcast result reads. */
const read = ({ shape, data }: HostArray, index: readonly number[]): number => {
  let at = 0;
  shape.forEach((n, k) => (at = at * n + (n === 1 ? 0 : index[index.length - shape.length + k]!)));
  return data[at]!;
};

describe('elementwise primitives', () => {
  it('all have a formula here', () => {
    expect(elementwisePrimitives.map((p) => p.name).sort()).toEqual([...Object.keys(formulas), ...inverse].sort());
  });
  it.each(elementwisePrimitives.filter((p) => p.name in formulas).map((p) => [p.name, p] as const))(
    '%s',
    (name, primitive) => {
      fc.assert(
        fc.property(fc.nat(), (seed) => {
          const draw = drawFrom(seeded(seed));
          const drawn = randomCase(primitive, draw);
          const inputs = valuesFor(primitive, drawn, draw.random, { special: !positiveOnly.has(name) });
          const out = dataSync(apply(primitive, inputs.map(asTensor), null));
          const shape = inputs.map((a) => a.shape).reduce((a, b) => broadcastShapes(name, a, b));
          const dtype = primitive.infer(inputs, null).dtype;
          const right = Array.from(indices(shape), (index) => {
            const [x, y, z] = inputs.map((a) => read(a, index)) as [number, number, number];
            const value = formulas[name]!(x, y, z);
            // of the bits of a bool only the last one is there
            return store(name === 'bitwiseNot' && dtype === 'bool' ? value & 1 : value, dtype);
          });
          // Simpson's rule and Stirling's series are good to 1e-11
          expect(distance(out, right)).toBeLessThanOrEqual(dtype === 'f32' ? 1e-6 : dtype === 'f64' ? 1e-11 : 0);
        }),
        { numRuns: 200, seed: 4 },
      );
    },
  );
  it('erfinv undoes erf', () => {
    const x = tensor([-0.999, -0.5, -1e-3, 0, 0.3, 0.9999], { dtype: 'f64' });
    expect(distance(dataSync(erfOp(erfinvOp(x))), dataSync(x))).toBeLessThan(1e-14);
    expect([...dataSync(erfinvOp(tensor([-1, 1, 2])))]).toEqual([-Infinity, Infinity, NaN]);
  });
});

const asTensor = ({ data, shape, dtype }: HostArray) => tensor(Float64Array.from(data), { shape, dtype });

describe('casts', () => {
  const cases: [DType, number[], number[]][] = [
    ['i32', [1.9, -1.9, 0, 7], [1, -1, 0, 7]],
    ['u8', [1.9, 200, 0.5], [1, 200, 0]],
    ['u32', [3.7, 2 ** 31 + 5], [3, 2 ** 31 + 5]],
    ['bool', [0, -0, 0.1, NaN, -3], [0, 0, 1, 1, 1]],
    ['f32', [0.1, 1e-50, 1e40], [Math.fround(0.1), 0, Infinity]],
  ];
  it.each(cases)('to %s', (dtype, from, to) => {
    const x = tensor(from, { dtype: 'f64' });
    expect([...dataSync(cast(x, dtype))]).toEqual(to);
  });
});
