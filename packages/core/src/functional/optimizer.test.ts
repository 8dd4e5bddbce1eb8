// Optimizer updates against scalar formulas over several steps with a rate that changes, eager and through the cache of a compiled step.
import { describe, expect, it } from 'vitest';
import { compile } from '../autograd/index.js';
import { dataSync, tensor } from '../graph/create.js';
import type { Tensor } from '../graph/tensor.js';
import { Variable } from '../graph/variable.js';
import { cast, mul } from '../ops/index.js';
import { distance } from '../testing/distance.js';
import * as F from './index.js';

type State = Record<string, number>;
type Tensors = Record<string, Tensor>;
interface Rule {
  readonly name: string;
  readonly start: State;
  /** The state after one step of one number. */
  formula(p: number, g: number, s: State, lr: number, t: number): State & { p: number };
  update(p: Tensor, g: Tensor, s: never, o: { lr: Tensor; step: Tensor }): Tensors;
}
const [b1, b2, eps] = [0.8, 0.95, 1e-3];
const moments = (g: number, s: State): { m: number; v: number } => ({
  m: b1 * s['m']! + (1 - b1) * g,
  v: b2 * s['v']! + (1 - b2) * g * g,
});
const adam = { beta1: b1, beta2: b2, eps };
const mu = (t: number, decay: number): number => b1 * (1 - 0.5 * 0.96 ** (t * decay));

const rules: Rule[] = [
  {
    name: 'sgd',
    start: {},
    formula: (p, g, _, lr) => ({ p: p - lr * g }),
    update: (p, g, _, o) => F.sgdUpdate(p, g, {}, o),
  },
  {
    name: 'sgd, nesterov',
    start: { buffer: 0.5 },
    formula: (p, g, s, lr) => {
      const buffer = 0.9 * s['buffer']! + 0.7 * g;
      return { p: p - lr * (g + 0.9 * buffer), buffer };
    },
    update: (p, g, s, o) => F.sgdUpdate(p, g, s, { ...o, momentum: 0.9, dampening: 0.3, nesterov: true }),
  },
  {
    name: 'sgd of Keras, nesterov',
    start: { velocity: 0 },
    formula: (p, g, s, lr) => {
      const velocity = 0.9 * s['velocity']! - lr * g;
      return { p: p + 0.9 * velocity - lr * g, velocity };
    },
    update: (p, g, s, o) => F.sgdVelocityUpdate(p, g, s, { ...o, momentum: 0.9, nesterov: true }),
  },
  ...(['torch', 'keras'] as const).flatMap((form): Rule[] => [
    {
      name: `adam, ${form}`,
      start: { m: 0, v: 0, vMax: 0 },
      formula: (p, g, s, lr, t) => {
        const { m, v } = moments(g, s);
        const vMax = Math.max(s['vMax']!, v);
        const root = Math.sqrt(1 - b2 ** t);
        const size = form === 'torch' ? Math.sqrt(vMax) / root + eps : (Math.sqrt(vMax) + eps) / root;
        return { p: p - ((lr / (1 - b1 ** t)) * m) / size, m, v, vMax };
      },
      update: (p, g, s, o) => F.adamUpdate(p, g, { m: s['m']!, v: s['v']!, vMax: s['vMax']! }, { ...o, ...adam, form }),
    },
    {
      name: `adamax, ${form}`,
      start: { m: 0, u: 0 },
      formula: (p, g, s, lr, t) => {
        const m = b1 * s['m']! + (1 - b1) * g;
        const u = Math.max(b2 * s['u']!, Math.abs(g) + (form === 'torch' ? eps : 0));
        return { p: p - ((lr / (1 - b1 ** t)) * m) / (form === 'torch' ? u : u + eps), m, u };
      },
      update: (p, g, s, o) => F.adamaxUpdate(p, g, s, { ...o, ...adam, form }),
    },
    {
      name: `rmsprop, ${form}`,
      start: { v: 0, mean: 0, buffer: 0 },
      formula: (p, g, s, lr) => {
        const v = 0.9 * s['v']! + 0.1 * g * g;
        const mean = 0.9 * s['mean']! + 0.1 * g;
        const u = g / (form === 'torch' ? Math.sqrt(v - mean * mean) + eps : Math.sqrt(v - mean * mean + eps));
        const buffer = 0.5 * s['buffer']! + (form === 'torch' ? u : lr * u);
        return { p: p - (form === 'torch' ? lr * buffer : buffer), v, mean, buffer };
      },
      update: (p, g, s, o) => F.rmspropUpdate(p, g, s, { ...o, rho: 0.9, eps, momentum: 0.5, form }),
    },
    {
      name: `adagrad, ${form}`,
      start: { sum: 0.1 },
      formula: (p, g, s, lr, t) => {
        const sum = s['sum']! + g * g;
        const rate = form === 'torch' ? lr / (1 + (t - 1) * 0.3) : lr;
        return { p: p - (rate * g) / (form === 'torch' ? Math.sqrt(sum) + eps : Math.sqrt(sum + eps)), sum };
      },
      update: (p, g, s, o) => F.adagradUpdate(p, g, s, { ...o, eps, form, ...(form === 'torch' && { lrDecay: 0.3 }) }),
    },
  ]),
  {
    name: 'adadelta',
    start: { v: 0, a: 0 },
    formula: (p, g, s, lr) => {
      const v = 0.9 * s['v']! + 0.1 * g * g;
      const d = (Math.sqrt(s['a']! + eps) / Math.sqrt(v + eps)) * g;
      return { p: p - lr * d, v, a: 0.9 * s['a']! + 0.1 * d * d };
    },
    update: (p, g, s, o) => F.adadeltaUpdate(p, g, s, { ...o, rho: 0.9, eps }),
  },
  {
    name: 'nadam',
    start: { m: 0, v: 0, product: 1 },
    formula: (p, g, s, lr, t) => {
      const { m, v } = moments(g, s);
      const product = s['product']! * mu(t, 0.1);
      const next = mu(t + 1, 0.1);
      const ahead = (next * m) / (1 - product * next) + ((1 - mu(t, 0.1)) * g) / (1 - product);
      return { p: p - (lr * ahead) / (Math.sqrt(v / (1 - b2 ** t)) + eps), m, v, product };
    },
    update: (p, g, s: Tensors, o) => {
      const product = mul(s['product']!, F.nadamMomentum(cast(o.step, p.dtype), b1, 0.1));
      return {
        ...F.nadamUpdate(p, g, s as unknown as F.Moments, { ...o, ...adam, decay: 0.1, muProduct: product }),
        product,
      };
    },
  },
  {
    name: 'radam',
    start: { m: 0, v: 0 },
    formula: (p, g, s, lr, t) => {
      const { m, v } = moments(g, s);
      const limit = 2 / (1 - b2) - 1;
      const rho = limit - (2 * t * b2 ** t) / (1 - b2 ** t);
      const r = Math.sqrt(((rho - 4) * (rho - 2) * limit) / ((limit - 4) * (limit - 2) * rho));
      const factor = rho > 5 ? (r * Math.sqrt(1 - b2 ** t)) / (Math.sqrt(v) + eps) : 1;
      return { p: p - (lr * m * factor) / (1 - b1 ** t), m, v };
    },
    update: (p, g, s, o) => F.radamUpdate(p, g, s, { ...o, ...adam }),
  },
  {
    name: 'lion',
    start: { m: 0 },
    formula: (p, g, s, lr) => ({ p: p - lr * Math.sign(b1 * s['m']! + (1 - b1) * g), m: b2 * s['m']! + (1 - b2) * g }),
    update: (p, g, s, o) => F.lionUpdate(p, g, s, { ...o, beta1: b1, beta2: b2 }),
  },
  {
    name: 'ftrl',
    start: { n: 0.1, z: 0 },
    formula: (p, g, s, lr) => {
      const n = s['n']! + g * g;
      const z = s['z']! + g + 2 * 0.2 * p - ((n ** 0.6 - s['n']! ** 0.6) / lr) * p;
      const clipped = Math.min(0.01, Math.max(-0.01, z));
      return { p: (clipped - z) / (n ** 0.6 / lr + 2 * (0.3 + 0.5 / (2 * lr))), n, z };
    },
    update: (p, g, s, o) => F.ftrlUpdate(p, g, s, { ...o, power: -0.6, l1: 0.01, l2: 0.3, shrinkage: 0.2, beta: 0.5 }),
  },
  {
    name: 'rprop',
    start: { previous: 0, size: 0.1 },
    formula: (p, g, s) => {
      const agree = g * s['previous']!;
      const size = Math.min(0.3, Math.max(0.05, s['size']! * (agree > 0 ? 1.2 : agree < 0 ? 0.5 : 1)));
      const previous = agree < 0 ? 0 : g;
      return { p: p - Math.sign(previous) * size, previous, size };
    },
    update: (p, g, s) => F.rpropUpdate(p, g, s, { min: 0.05, max: 0.3 }),
  },
];

const gradientAt = (p: number, t: number): number => Math.sin(3 * p + t) + 0.3;
const rates = [0.1, 0.1, 0.05, 0.02, 0.02, 0.01, 0.01];
const starts = [0.7, -0.4, 1.3];

describe.each(rules)('$name', ({ start, formula, update }) => {
  const right = starts.map((p0) => {
    const path: number[] = [];
    let s: State & { p: number } = { ...start, p: p0 };
    rates.forEach((lr, k) => {
      s = formula(s.p, gradientAt(s.p, k + 1), s, lr, k + 1);
      path.push(s.p);
    });
    return path;
  });
  it.each([
    ['f64', false, 1e-12],
    ['f32', false, 1e-5],
    ['f64', true, 1e-12],
  ] as const)('in %s, compiled: %s', (dtype, compiled, tol) => {
    const values = Object.entries(start).map(
      ([k, v]) =>
        [
          k,
          new Variable(
            tensor(
              starts.map(() => v),
              { dtype },
            ),
          ),
        ] as const,
    );
    const p = new Variable(tensor(starts, { dtype }));
    const run = (g: Tensor, lr: Tensor, step: Tensor): Tensor => {
      const state = Object.fromEntries(values.map(([k, v]) => [k, v.get()]));
      const next = update(p.get(), g, state as never, { lr, step });
      p.set(next['p']!);
      for (const [k, v] of values) v.set(next[k]!);
      return p.get();
    };
    const step = compiled ? compile(run) : run;
    rates.forEach((lr, k) => {
      const g = tensor(
        [...dataSync(p.get())].map((x) => gradientAt(x, k + 1)),
        { dtype },
      );
      // rates and step counts of another dtype leave the parameter's as it is
      const moved = step(g, tensor(lr, { dtype: 'f64' }), tensor(k + 1));
      expect(moved.dtype).toBe(dtype);
      expect(
        distance(
          dataSync(moved),
          right.map((path) => path[k]!),
        ),
      ).toBeLessThan(tol);
    });
  });
});

describe('around the update', () => {
  it('corrects the bias with all digits of float32', () => {
    const exact = -Math.expm1(Math.log(0.999999));
    const relative = Math.abs(dataSync(F.biasCorrection(0.999999, tensor(1)))[0]! / exact - 1);
    expect(relative).toBeLessThan(1e-6);
  });
  it('starts the momentum with the gradient itself', () => {
    const first = F.sgdUpdate(tensor([1]), tensor([2]), {}, { lr: 0.5, momentum: 0.9, dampening: 0.5 });
    expect([...dataSync(first.buffer!)]).toEqual([2]);
  });
  it('scales by the ratio of the norms in lamb, and by 1 for a parameter of zeros', () => {
    const o = { lr: 0.5, step: 1, eps: 0 };
    const zeros = (): F.Moments => ({ m: tensor([0, 0]), v: tensor([0, 0]) });
    expect(
      distance(dataSync(F.lambUpdate(tensor([3, 4]), tensor([1, -1]), zeros(), o).p), [
        3 - 2.5 / Math.SQRT2,
        4 + 2.5 / Math.SQRT2,
      ]),
    ).toBeLessThan(1e-6);
    expect(distance(dataSync(F.lambUpdate(tensor([0, 0]), tensor([1, -1]), zeros(), o).p), [-0.5, 0.5])).toBeLessThan(
      1e-6,
    );
  });
  it('averages in asgd once t0 has passed', () => {
    const state = { eta: tensor(0.1), mu: tensor(1), a: tensor([0]) };
    const {
      p,
      eta,
      mu: next,
      a,
    } = F.asgdUpdate(tensor([2]), tensor([1]), state, { lr: 0.1, step: 3, lambd: 0.5, alpha: 0.5, t0: 1 });
    expect(
      distance(
        [p, eta, next, a].map((t) => dataSync(t)[0]!),
        [1.8, 0.1 / Math.sqrt(1.15), 0.5, 1.8],
      ),
    ).toBeLessThan(1e-6);
  });
  it('clips by the common norm, and leaves short and zero gradients', () => {
    const { clipped, norm } = F.clipByNorm([tensor([3, 0]), tensor([[4]])], 1, { eps: 1e-6 });
    expect(distance(dataSync(norm), 5)).toBeLessThan(1e-6);
    expect(
      distance(
        clipped.flatMap((t) => [...dataSync(t)]),
        [0.6, 0, 0.8],
      ),
    ).toBeLessThan(1e-6);
    expect([...dataSync(F.clipByNorm([tensor([0.3, 0.4])], 1).clipped[0]!)]).toEqual([...new Float32Array([0.3, 0.4])]);
    expect([...dataSync(F.clipByNorm([tensor([0, 0])], 1).clipped[0]!)]).toEqual([0, 0]);
    expect(distance(dataSync(F.globalNorm([tensor([-3]), tensor([1, 2])], Infinity)), 3)).toBe(0);
  });
  it('decays beside the gradient or in it', () => {
    expect(distance(dataSync(F.coupledDecay(tensor([2]), tensor([1]), 0.1)), [1.2])).toBeLessThan(1e-6);
    expect(distance(dataSync(F.decoupledDecay(tensor([2]), tensor(0.5), 0.1)), [1.9])).toBeLessThan(1e-6);
  });
});
