// The transcendental functions against double precision, over all exponents: units in the last place, and the special cases exactly.
import { describe, expect, it } from 'vitest';
import { expr, lit, load, loop, scalarOps, type Expr, type ScalarOp } from '../../kernel/index.js';
import { engine } from './engine.js';
import { createWasm } from './wasm.js';

type Device = ReturnType<typeof createWasm>;
/** An expression of the arrays' elements. */
type Body = (...args: Expr[]) => Expr;
/** The operation on arrays of floats. */
function run(device: Device, op: ScalarOp | Body, ...args: readonly Float32Array[]): Float32Array {
  const n = args[0]!.length;
  const body: Body = typeof op === 'string' ? (...x) => expr(op, ...x) : op;
  const program = device.compile({
    name: 'function',
    form: 'rows',
    inputs: args.map(() => 'f32'),
    params: [],
    shape: [n],
    stages: [],
    outputs: [
      {
        dtype: 'f32',
        over: [],
        body: body(...args.map((_, k) => load(k, loop('i', 0, n), 'f32'))),
        replaces: [],
      },
    ],
  });
  const inputs = args.map((x) => {
    const block = device.alloc(n, 'f32');
    device.write(block, x);
    return block;
  });
  const out = device.alloc(n, 'f32');
  program.run(inputs, [out], []);
  const result = device.readSync!(out) as Float32Array;
  for (const b of [...inputs, out]) device.free(b);
  return result;
}
const bits = new Uint32Array(1);
const float = new Float32Array(bits.buffer);
/** The distance of two neighbouring floats at x. */
function unit(x: number): number {
  float[0] = Math.abs(x);
  bits[0] = bits[0]! & 0x7f800000;
  return Math.max(float[0] * 2 ** -23, 2 ** -149);
}
const ulps = (got: number, right: number): number => {
  const rounded = Math.fround(right);
  if (Object.is(got, rounded) || (Number.isNaN(got) && Number.isNaN(rounded))) return 0;
  if (!Number.isFinite(rounded) || !Number.isFinite(got)) {
    // the largest float and infinity are neighbours
    return Math.abs(right) >= 3.4028234e38 && Math.abs(got) >= 3.4028234e38 && got * right > 0 ? 1 : Infinity;
  }
  if (got === 0 && rounded === 0) return Infinity;
  return Math.abs(got - right) / unit(right);
};
const special = [0, -0, 1, -1, NaN, Infinity, -Infinity, 1e-45, -1e-45, 1.1754942e-38, 3.4028235e38, -3.4028235e38];
/** Floats of all exponents and both signs, the special ones, and many of ordinary size. */
function sweep(count: number): Float32Array {
  const pattern = new Uint32Array(count);
  const step = Math.floor(2 ** 32 / count) | 1;
  for (let k = 0; k < count; k++) pattern[k] = Math.imul(k, step);
  const x = new Float32Array(pattern.buffer);
  for (let k = 0; k < count / 2; k++) x[2 * k] = ((k / count) * 4 - 1) * (k % 3 ? 12 : k % 2 ? 90 : 2000);
  x.set(special);
  return x;
}

const engines = [
  ['relaxed instructions', engine()],
  ['none', { ...engine(), madd: false }],
] as const;
describe.each(engines)('functions of vectors with %s', (_, chosen) => {
  const device = createWasm({ engine: chosen });
  const count = 2 ** 18;
  it.each(['exp', 'log', 'tanh', 'erf', 'expm1', 'log1p', 'sin', 'cos'] as const)('%s is within 1.5 ulp', (op) => {
    const x = sweep(count);
    const y = run(device, op, x);
    let [worst, at] = [0, 0];
    for (let k = 0; k < count; k++) {
      const d = ulps(y[k]!, scalarOps[op].js(x[k]!));
      if (d > worst) [worst, at] = [d, x[k]!];
    }
    expect(worst, `${op}(${at})`).toBeLessThanOrEqual(1.5);
  });
  it.each(['sin', 'cos'] as const)('%s is within 1.5 ulp beside the multiples of pi/2', (op) => {
    const x = new Float32Array(3 * 4096);
    for (let n = 0; n < 4096; n++) {
      float[0] = (n * Math.PI) / 2;
      bits[0]! -= 1;
      for (let k = 0; k < 3; k++, bits[0]!++) x[3 * n + k] = float[0]!;
    }
    const y = run(device, op, x);
    let [worst, at] = [0, 0];
    for (let k = 0; k < x.length; k++) {
      const d = ulps(y[k]!, scalarOps[op].js(x[k]!));
      if (d > worst) [worst, at] = [d, x[k]!];
    }
    expect(worst, `${op}(${at})`).toBeLessThanOrEqual(1.5);
  });
  it('exp of what is not above 0 is within 1.5 ulp', () => {
    const x = sweep(count);
    const y = run(device, (a) => expr('exp', expr('neg', expr('abs', a))), x);
    let [worst, at] = [0, 0];
    for (let k = 0; k < count; k++) {
      const d = ulps(y[k]!, Math.exp(-Math.abs(x[k]!)));
      if (d > worst) [worst, at] = [d, x[k]!];
    }
    expect(worst, `exp(-|${at}|)`).toBeLessThanOrEqual(1.5);
  });
  it('pow is within 1.5 ulp, and right in all special cases', () => {
    const x = sweep(count);
    const y = sweep(count).map((v, k) => (k % 3 ? v : Math.round(v)));
    for (let k = count - 1; k > 0; k--) {
      const j = (k * 7919) % (k + 1);
      [y[k], y[j]] = [y[j]!, y[k]!];
    }
    special.forEach((a, i) =>
      special.forEach((b, j) => {
        x[16 * i + j] = a;
        y[16 * i + j] = b;
      }),
    );
    const z = run(device, 'pow', x, y);
    let [worst, at] = [0, ''];
    for (let k = 0; k < count; k++) {
      const d = ulps(z[k]!, scalarOps.pow.js(x[k]!, y[k]!));
      if (d > worst) [worst, at] = [d, `${x[k]}, ${y[k]}`];
    }
    expect(worst, `pow(${at})`).toBeLessThanOrEqual(1.5);
  });
  it.each([1, 2, 3, 4, 5, 6, 7, 8, -1, 0.5, -0.5])('the power %s is within 1.5 ulp', (n) => {
    const x = sweep(count);
    const y = run(device, (a) => expr('pow', a, lit(n, 'f32')), x);
    let [worst, at] = [0, 0];
    for (let k = 0; k < count; k++) {
      const d = ulps(y[k]!, scalarOps.pow.js(x[k]!, n));
      if (d > worst) [worst, at] = [d, x[k]!];
    }
    expect(worst, `pow(${at}, ${n})`).toBeLessThanOrEqual(1.5);
  });
  it('gives a number the same value at the end of an array as in a vector', () => {
    const x = Float32Array.of(0.3, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3);
    for (const op of ['exp', 'tanh', 'erf', 'log1p', 'sin'] as const) expect(new Set(run(device, op, x)).size).toBe(1);
  });
});

/**
 * The largest distance in units in the last place, where results are normal; denormal ones may be 0, and from 2^127.5 on they may be infinite.
 */
function farthest(x: Float32Array, y: Float32Array, right: (x: number) => number): readonly [number, number] {
  let worst: [number, number] = [0, 0];
  x.forEach((v, k) => {
    const [got, want] = [y[k]!, right(v)];
    if (Math.abs(want) < 2 ** -126 && Math.abs(got) <= 2 ** -126 && got * want >= 0) return;
    if (Math.abs(want) >= 2 ** 127.5 && Math.abs(got) >= 2 ** 127.4 && got * want > 0) return;
    const d = ulps(got, want);
    if (d > worst[0]) worst = [d, v];
  });
  return worst;
}
describe.each(engines)('less exact functions with %s', (_, chosen) => {
  const device = createWasm({ engine: chosen });
  const x = sweep(2 ** 18);
  it.each(['exp', 'tanh', 'erf'] as const)('%s is within 8 ulp', (op) => {
    device.setFast(true);
    const [worst, at] = farthest(x, run(device, op, x), scalarOps[op].js);
    expect(worst, `${op}(${at})`).toBeLessThanOrEqual(8);
  });
  it('exp of what is not above 0 is within 8 ulp, and 0 far below', () => {
    device.setFast(true);
    const y = run(device, (a) => expr('exp', expr('neg', expr('abs', a))), x);
    const [worst, at] = farthest(x, y, (v) => Math.exp(-Math.abs(v)));
    expect(worst, `exp(-|${at}|)`).toBeLessThanOrEqual(8);
    expect([...run(device, 'exp', Float32Array.of(-Infinity, -100, Infinity, 100, -88.1, 0))]).toEqual([
      0,
      0,
      Infinity,
      Infinity,
      0,
      1,
    ]);
  });
  it('the same program is exact again, and back', () => {
    device.setFast(false);
    const exact = run(device, 'exp', x);
    device.setFast(true);
    const fast = run(device, 'exp', x);
    device.setFast(false);
    expect(run(device, 'exp', x)).toEqual(exact);
    device.setFast(true);
    expect(run(device, 'exp', x)).toEqual(fast);
    expect(fast).not.toEqual(exact);
  });
});
