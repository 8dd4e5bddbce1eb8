// Tests of the updates that look at a parameter as a matrix.
import { describe, expect, it } from 'vitest';
import { compile } from '../autograd/index.js';
import { dataSync, tensor } from '../graph/create.js';
import type { Tensor } from '../graph/tensor.js';
import { matmul, mul, transpose } from '../ops/index.js';
import { distance } from '../testing/distance.js';
import { adafactorUpdate, muonUpdate, newtonSchulz } from './optimizer-matrix.js';

const close = (a: Tensor, b: Tensor, tol: number): void =>
  expect(distance(dataSync(a), dataSync(b))).toBeLessThanOrEqual(tol);
const wide = (): Tensor =>
  tensor([
    [1, 2, -0.5],
    [0.25, -1, 3],
  ]);

describe('newtonSchulz', () => {
  it.each(['keras', 'torch'] as const)('brings singular values near 1 (%s)', (form) => {
    const y = newtonSchulz(wide(), { form });
    const gram = dataSync(matmul(y, transpose(y)));
    for (const diagonal of [gram[0]!, gram[3]!]) {
      expect(diagonal).toBeGreaterThan(0.4);
      expect(diagonal).toBeLessThan(1.5);
    }
  });
  it('of a tall matrix is that of the wide one, transposed, and does not depend on the size of the numbers', () => {
    const y = newtonSchulz(wide(), { form: 'keras' });
    close(newtonSchulz(transpose(wide()), { form: 'keras' }), transpose(y), 1e-6);
    close(newtonSchulz(mul(wide(), 1000), { form: 'keras' }), y, 1e-5);
  });
  it('has results of 8 bits in the form of PyTorch, and keeps zeros', () => {
    const y = dataSync(newtonSchulz(wide(), { form: 'torch' }));
    for (const v of y) expect(new Uint32Array(Float32Array.of(v).buffer)[0]! & 0xffff).toBe(0);
    expect([...dataSync(newtonSchulz(tensor([[0, 0]]), { form: 'torch' }))]).toEqual([0, 0]);
  });
});

describe('adafactorUpdate', () => {
  const o = { lr: 0.1, step: 1, eps1: 1e-30, eps2: 1e-3, form: 'keras' as const };
  it('estimates squares of rank one exactly', () => {
    const g = tensor([
      [1, 2, 3],
      [2, 4, 6],
    ]);
    const zeros = (shape: [number, number]): Tensor => tensor(new Float32Array(shape[0] * shape[1]), { shape });
    const factored = adafactorUpdate(wide(), g, { row: zeros([2, 1]), col: zeros([1, 3]) }, o);
    const full = adafactorUpdate(wide(), g, { v: zeros([2, 3]) }, o);
    close(factored.estimate, full.estimate, 1e-5);
    close(factored.p, full.p, 1e-6);
  });
  it('keeps f64, and takes the step as data', () => {
    const f64 = (...v: number[]): Tensor => tensor(Float64Array.of(...v));
    const f = (step: Tensor): Tensor =>
      adafactorUpdate(f64(1, 2), f64(0.5, -1), { v: f64(0.1, 0.2) }, { ...o, step }).p;
    const compiled = compile(f);
    for (const step of [1, 2, 100]) close(compiled(tensor(step)), f(tensor(step)), 1e-12);
    expect(f(tensor(3)).dtype).toBe('f64');
    expect(compiled.traces).toBe(1);
  });
});

describe('muonUpdate', () => {
  it('averages in the form of PyTorch and adds in that of Keras', () => {
    const o = { lr: 0.1, momentum: 0.75, nesterov: true, scale: 1 };
    const m = tensor([
      [4, 0, 0],
      [0, 4, 0],
    ]);
    close(
      muonUpdate(wide(), wide(), { m }, { ...o, form: 'torch' }).m,
      tensor([
        [3.25, 0.5, -0.125],
        [0.0625, 2.75, 0.75],
      ]),
      1e-6,
    );
    close(
      muonUpdate(wide(), wide(), { m }, { ...o, form: 'keras' }).m,
      tensor([
        [4, 2, -0.5],
        [0.25, 2, 3],
      ]),
      1e-6,
    );
  });
});
