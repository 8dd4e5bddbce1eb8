// The functions of 64-bit floats against the true values, computed in integers of 320 bits: units in the last place over all exponents, and the special cases.
import { describe, expect, it } from 'vitest';
import { expr, lit, load, loop, scalarOps, type Expr } from '../../kernel/index.js';
import type { doubleMath } from './double-math.js';
import { engine } from './engine.js';
import { createWasm } from './wasm.js';

/** Numbers as integers, in units of 2^-320. */
const bits = 320n;
const one = 1n << bits;
const times = (a: bigint, b: bigint): bigint => (a * b) >> bits;
const over = (a: bigint, b: bigint): bigint => (a << bits) / b;
const view = new DataView(new ArrayBuffer(8));
/** The float as m * 2^e with an integer m. */
function parts(x: number): readonly [bigint, number] {
  view.setFloat64(0, x);
  const raw = view.getBigUint64(0);
  const field = Number((raw >> 52n) & 0x7ffn);
  const m = (raw & 0xfffffffffffffn) | (field ? 1n << 52n : 0n);
  return [x < 0 ? -m : m, (field || 1) - 1075];
}
const shift = (m: bigint, by: number): bigint => (by >= 0 ? m << BigInt(by) : m >> BigInt(-by));
const fixed = (x: number): bigint => shift(parts(x)[0], parts(x)[1] + Number(bits));
/** The sum of terms, each made of the one before, until they vanish. */
function series(
  first: bigint,
  next: (term: bigint, k: number) => bigint,
  part = (term: bigint, _: number): bigint => term,
): bigint {
  let sum = 0n;
  for (let [term, k] = [first, 0]; term !== 0n && term !== -1n; term = next(term, ++k)) sum += part(term, k);
  return sum;
}
/** 2 atanh(s), for small s. */
const logOf = (s: bigint): bigint => {
  const square = times(s, s);
  return (
    2n *
    series(
      s,
      (t) => times(t, square),
      (t, k) => t / BigInt(2 * k + 1),
    )
  );
};
const ln2 = logOf(one / 3n);
const arctan = (n: bigint): bigint =>
  series(
    one / n,
    (t) => -t / (n * n),
    (t, k) => t / BigInt(2 * k + 1),
  );
const half = 8n * arctan(5n) - 2n * arctan(239n);
/** A result as m * 2^e. */
type Result = readonly [bigint, number];
const result = (x: bigint): Result => [x, -Number(bits)];
const exp = (x: number): Result => expOf(fixed(x));
function expOf(v: bigint): Result {
  const n = v / ln2;
  const r = v - n * ln2;
  return [series(one, (t, k) => times(t, r) / BigInt(k)), Number(n) - Number(bits)];
}
const log = (x: number): Result => result(logFixed(x));
function logFixed(x: number): bigint {
  const [m, e] = parts(x);
  const size = m.toString(2).length;
  const v = shift(m, Number(bits) - size);
  const large = v * 10n > one * 7n;
  const mantissa = large ? v : 2n * v;
  return logOf(over(mantissa - one, mantissa + one)) + BigInt(e + size - (large ? 0 : 1)) * ln2;
}
function tanh(x: number): Result {
  if (Math.abs(x) < 2 ** -60) return parts(x);
  if (Math.abs(x) > 30) return result(x < 0 ? -one : one);
  const [m, e] = exp(2 * x);
  const v = shift(m, e + Number(bits));
  return result(over(v - one, v + one));
}
/** log(1 + x): as a series near 0, where 1 + x would have too few bits of x. */
function log1p(x: number): Result {
  if (Math.abs(x) < 2 ** -120) return parts(x);
  const v = fixed(x);
  if (Math.abs(x) < 0.25) return result(logOf(over(v, 2n * one + v)));
  const w = v + one;
  const size = w.toString(2).length;
  const mantissa = shift(w, Number(bits) - size);
  return result(logOf(over(mantissa - one, mantissa + one)) + BigInt(size - Number(bits)) * ln2);
}
/** 2/sqrt(pi), by Newton's iteration for the root. */
const perRoot = ((): bigint => {
  const pi = 2n * half;
  let root = 2n * one;
  for (let k = 0; k < 12; k++) root = (root + over(pi, root)) / 2n;
  return over(2n * one, root);
})();
function erf(x: number): Result {
  if (Math.abs(x) > 6.5) return result(x < 0 ? -one : one);
  const [m, e] = parts(x);
  if (Math.abs(x) < 2 ** -60) return [m * perRoot, e - Number(bits)];
  const v = fixed(x);
  const square = times(v, v);
  return result(
    times(
      series(
        v,
        (t, k) => -times(t, square) / BigInt(k),
        (t, k) => t / BigInt(2 * k + 1),
      ),
      perRoot,
    ),
  );
}
const circular =
  (cosine: boolean) =>
  (x: number): Result => {
    if (!cosine && Math.abs(x) < 2 ** -60) return parts(x);
    const v = fixed(x);
    let n = (2n * v + half) / (2n * half);
    if (2n * v + half < 0n) n -= 1n;
    const r = v - n * half;
    const square = -times(r, r);
    const quarter = Number(((n % 4n) + 4n) % 4n) + (cosine ? 1 : 0);
    const sin = (): bigint => series(r, (t, k) => times(t, square) / BigInt(2 * k * (2 * k + 1)));
    const cos = (): bigint => series(one, (t, k) => times(t, square) / BigInt(2 * k * (2 * k - 1)));
    const y = quarter % 2 ? cos() : sin();
    return result(quarter % 4 < 2 ? y : -y);
  };
/** The distance from the true value, in units of the last place of a float of its size. */
function ulps(got: number, [m, e]: Result): number {
  const size = (m < 0n ? -m : m).toString(2).length + e;
  const unit = Math.max(size - 53, -1074);
  if (unit > 971 || (unit === 971 && !Number.isFinite(got)))
    return size > 1023 && got === (m > 0n ? Infinity : -Infinity) ? 0 : Infinity;
  if (!Number.isFinite(got)) return Infinity;
  const [g, at] = parts(got);
  const low = Math.min(at, e, unit - 20);
  return (
    Math.abs(Number(shift(g, at - low) - shift(m, e - low)) / 2 ** 20) /
    2 ** Math.min(0, unit - low - 20) /
    2 ** Math.max(0, unit - low - 20)
  );
}

type Name = Extract<keyof typeof doubleMath, 'exp' | 'log' | 'log1p' | 'tanh' | 'erf' | 'sin' | 'cos'>;
const truths: Readonly<Record<Name, readonly [(x: number) => Result, (x: number) => boolean]>> = {
  exp: [exp, (x) => x > -746 && x < 710],
  log: [log, (x) => x > 0 && x < Infinity],
  log1p: [log1p, (x) => x > -1 && x !== 0 && x < Infinity],
  erf: [erf, (x) => x !== 0 && Math.abs(x) < Infinity],
  tanh: [tanh, (x) => x !== 0 && Math.abs(x) < Infinity],
  // larger ones are the engine's own
  sin: [circular(false), (x) => x !== 0 && Math.abs(x) < 2 ** 20],
  cos: [circular(true), (x) => Math.abs(x) < 2 ** 20],
};
const special = [
  0,
  -0,
  1,
  -1,
  NaN,
  Infinity,
  -Infinity,
  5e-324,
  -5e-324,
  2 ** -1022,
  Number.MAX_VALUE,
  -Number.MAX_VALUE,
  800,
  -800,
];
/** Floats of all exponents, many of ordinary size, the ends of exp, neighbours of 1 and of multiples of pi/2. */
function sweep(): Float64Array {
  const x: number[] = [...special];
  for (let e = -1074; e < 1024; e++) for (const m of [1, 1.3, -1.7]) x.push(m * 2 ** e);
  for (let k = 0; k < 4000; k++)
    x.push(((k * 0.6180339887498949) % 1) * 24 - 12, ((k * 0.7548776662466927) % 1) * 1460 - 748);
  for (let k = 1; k < 300; k++)
    x.push(1 + k * 2 ** -20, 1 - k * 2 ** -22, (k * Math.PI) / 2, -k * 977 * Math.PI, 2 ** 19 + k / 7);
  return Float64Array.from(x);
}

const engines = [
  ['relaxed instructions', engine()],
  ['none', { ...engine(), madd: false }],
] as const;
describe.each(engines)('functions of 64-bit vectors with %s', (_, chosen) => {
  const device = createWasm({ engine: chosen });
  const run = (
    op: Name | 'pow',
    x: Float64Array,
    f = (a: Expr, _: Expr): Expr => expr(op, a),
    y: Float64Array = x,
  ): Float64Array => {
    const n = x.length;
    const [a, b] = [0, 1].map((k) => load(k, loop('i', 0, n), 'f64')) as [Expr, Expr];
    const body = f(a, b);
    const outputs = [{ dtype: 'f64', over: [], body, replaces: [] }] as const;
    const program = device.compile({
      name: op,
      form: 'rows',
      inputs: ['f64', 'f64'],
      params: [],
      shape: [n],
      stages: [],
      outputs,
    });
    const [first, second, out] = [device.alloc(n, 'f64'), device.alloc(n, 'f64'), device.alloc(n, 'f64')];
    device.write(first, x);
    device.write(second, y);
    program.run([first, second], [out], []);
    return device.readSync!(out) as Float64Array;
  };
  const x = sweep();
  it.each(Object.keys(truths) as Name[])('%s is within 1.5 ulp', (op) => {
    const y = run(op, x);
    const [truth, known] = truths[op];
    const ends = x.map((_, k) => k).filter((k) => !known(x[k]!));
    expect(Array.from(ends, (k) => y[k])).toEqual(Array.from(ends, (k) => scalarOps[op].js(x[k]!)));
    let [worst, at] = [0, 0];
    x.forEach((v, k) => {
      const d = known(v) ? ulps(y[k]!, truth(v)) : 0;
      if (d > worst) [worst, at] = [d, v];
    });
    expect(worst, `${op}(${at})`).toBeLessThanOrEqual(1.5);
  });
  it.each([1, 2, 3, -1, 0.5, -0.5])('the power %s is within two roundings', (n) => {
    const y = run('pow', x, (a) => expr('pow', a, lit(n, 'f64')));
    const right = Float64Array.from(x, (v) => v ** n);
    const far = x.filter(
      (_, k) =>
        !(
          Object.is(y[k], right[k]) ||
          Math.abs(y[k]! - right[k]!) <= Math.max(2 ** -52 * Math.abs(right[k]!), 2 ** -1074)
        ),
    );
    expect(far).toEqual(new Float64Array());
  });
  it('pow is within 1.5 ulp, and right in all special cases', () => {
    const pairs: [number, number][] = special.flatMap((a) =>
      [...special, 0.5, 3, -2, 1e300].map((b): [number, number] => [a, b]),
    );
    const exact = pairs.length;
    for (let k = 0; k < 6000; k++) {
      const [u, v] = [(k * 0.6180339887498949) % 1, (k * 0.7548776662466927) % 1];
      const base = k % 3 === 0 ? 2 ** (2040 * u - 1020) : k % 3 === 1 ? 0.5 + u : 1 + (u - 0.5) * 2 ** -(k % 40);
      pairs.push([base, k % 5 === 0 ? Math.round(20 * v) - 10 : ((v - 0.5) * 1400) / (Math.abs(Math.log(base)) || 1)]);
    }
    const [a, b] = [0, 1].map((n) => Float64Array.from(pairs, (p) => p[n]!)) as [Float64Array, Float64Array];
    const z = run('pow', a, (p, q) => expr('pow', p, q), b);
    expect(z.slice(0, exact)).toEqual(Float64Array.from(pairs.slice(0, exact), ([p, q]) => scalarOps.pow.js(p, q)));
    let [worst, at] = [0, ''];
    for (let k = exact; k < pairs.length; k++) {
      const [p, q] = pairs[k]!;
      const [m, e] = parts(q);
      // beyond 2^40 the definition is taken
      const d = Math.abs(q) < 2 ** 40 ? ulps(z[k]!, expOf(shift(logFixed(p) * m, e))) : 0;
      if (d > worst) [worst, at] = [d, `${p}, ${q}`];
    }
    expect(worst, `pow(${at})`).toBeLessThanOrEqual(1.5);
  });
  it('gives a number the same value alone as in a vector', () => {
    for (const op of Object.keys(truths) as Name[])
      expect(run(op, Float64Array.of(0.3, 0.3, 0.3))[2]).toBe(run(op, new Float64Array(9).fill(0.3))[8]);
  });
});
