// Recurrent cells against scalar formulas, in the gate orders of both frameworks, and gradients to second order.
import { expect, it } from 'vitest';
import { dataSync, tensor } from '../graph/create.js';
import type { Tensor } from '../graph/tensor.js';
import { add, concat, matmul, slice } from '../ops/index.js';
import { distance } from '../testing/distance.js';
import { gradcheck } from '../testing/gradcheck.js';
import { relu } from './activation.js';
import { gruCell, gruGates, gruGatesBefore, lstmCell, lstmGates, rnnCell } from './recurrent.js';

const wave = (shape: number[], phase: number): Tensor => {
  const n = shape.reduce((a, b) => a * b, 1);
  return tensor(
    Float64Array.from({ length: n }, (_, i) => Math.sin(1.3 * i + phase)),
    { shape },
  );
};
const s = (x: number): number => 1 / (1 + Math.exp(-x));
const [n, input, hidden] = [2, 3, 4];
const [x, h, c] = [wave([n, input], 0), wave([n, hidden], 1), wave([n, hidden], 2)];
const weights = (gates: number) => ({
  wIh: wave([gates * hidden, input], 3),
  wHh: wave([gates * hidden, hidden], 4),
  bIh: wave([gates * hidden], 5),
  bHh: wave([gates * hidden], 6),
});
/** The projection of sample `row` on unit `unit` of gate `gate`. */
const project = (t: Tensor, w: Tensor, b: Tensor, row: number, gate: number, unit: number): number => {
  const width = t.shape[1]!;
  let sum = dataSync(b)[gate * hidden + unit]!;
  for (let k = 0; k < width; k++)
    sum += dataSync(t)[row * width + k]! * dataSync(w)[(gate * hidden + unit) * width + k]!;
  return sum;
};
const each = (f: (row: number, unit: number) => number): number[] =>
  Array.from({ length: n * hidden }, (_, i) => f(Math.floor(i / hidden), i % hidden));
const at = (t: Tensor, row: number, unit: number): number => dataSync(t)[row * hidden + unit]!;

it('steps a plain network', () => {
  const w = weights(1);
  const sum = (r: number, u: number): number => project(x, w.wIh, w.bIh, r, 0, u) + project(h, w.wHh, w.bHh, r, 0, u);
  expect(
    distance(
      dataSync(rnnCell(x, h, w)),
      each((r, u) => Math.tanh(sum(r, u))),
    ),
  ).toBeLessThan(1e-14);
  expect(
    distance(
      dataSync(rnnCell(x, h, w, relu)),
      each((r, u) => Math.max(sum(r, u), 0)),
    ),
  ).toBeLessThan(1e-14);
});
it('steps an LSTM with gates i, f, g, o', () => {
  const w = weights(4);
  const gate = (g: number, r: number, u: number): number =>
    project(x, w.wIh, w.bIh, r, g, u) + project(h, w.wHh, w.bHh, r, g, u);
  const next = each((r, u) => s(gate(1, r, u)) * at(c, r, u) + s(gate(0, r, u)) * Math.tanh(gate(2, r, u)));
  const [h1, c1] = lstmCell(x, [h, c], w);
  expect(distance(dataSync(c1), next)).toBeLessThan(1e-14);
  expect(
    distance(
      dataSync(h1),
      each((r, u) => s(gate(3, r, u)) * Math.tanh(next[r * hidden + u]!)),
    ),
  ).toBeLessThan(1e-14);
});
it('steps a GRU with gates r, z, n', () => {
  const w = weights(3);
  const [px, ph] = [
    (g: number, r: number, u: number) => project(x, w.wIh, w.bIh, r, g, u),
    (g: number, r: number, u: number) => project(h, w.wHh, w.bHh, r, g, u),
  ];
  const expected = each((r, u) => {
    const z = s(px(1, r, u) + ph(1, r, u));
    return z * at(h, r, u) + (1 - z) * Math.tanh(px(2, r, u) + s(px(0, r, u) + ph(0, r, u)) * ph(2, r, u));
  });
  expect(distance(dataSync(gruCell(x, h, w)), expected)).toBeLessThan(1e-14);
});
it('reads Keras gates z, r, n by their order', () => {
  const [gx, gh] = [wave([n, 3 * hidden], 7), wave([n, 3 * hidden], 8)];
  const block = (t: Tensor, g: number): Tensor => slice(t, [0, g * hidden], [n, (g + 1) * hidden]);
  const swapped = (t: Tensor): Tensor => concat([block(t, 1), block(t, 0), block(t, 2)], 1);
  expect(
    distance(dataSync(gruGates(swapped(gx), swapped(gh), h, { order: 'zrn' })), dataSync(gruGates(gx, gh, h))),
  ).toBe(0);
});
it('resets before the projection', () => {
  const [gx, gh, u] = [wave([n, 3 * hidden], 7), wave([n, 2 * hidden], 8), wave([hidden, hidden], 9)];
  const g = (t: Tensor, width: number, row: number, i: number): number => dataSync(t)[row * width * hidden + i]!;
  const expected = each((row, i) => {
    const z = s(g(gx, 3, row, i) + g(gh, 2, row, i));
    const reset = (j: number): number => s(g(gx, 3, row, hidden + j) + g(gh, 2, row, hidden + j)) * at(h, row, j);
    let candidate = g(gx, 3, row, 2 * hidden + i);
    for (let j = 0; j < hidden; j++) candidate += reset(j) * dataSync(u)[j * hidden + i]!;
    return z * at(h, row, i) + (1 - z) * Math.tanh(candidate);
  });
  expect(distance(dataSync(gruGatesBefore(gx, gh, h, (rh) => matmul(rh, u))), expected)).toBeLessThan(1e-14);
});
it('names gates that do not divide', () => {
  expect(() => lstmGates(wave([2, 6], 0), c)).toThrow(
    'lstmGates: the last axis of f64[2,6] does not hold 4 gates of equal size',
  );
});
it('has gradients', async () => {
  const [wr, wl, wg] = [weights(1), weights(4), weights(3)];
  const checks = [
    gradcheck((a: Tensor, b: Tensor) => rnnCell(a, b, wr), [x, h], { order: 2 }),
    gradcheck((a: Tensor, b: Tensor, d: Tensor) => add(...lstmCell(a, [b, d], wl)), [x, h, c], { order: 2 }),
    gradcheck((a: Tensor, b: Tensor) => gruCell(a, b, wg), [x, h], { order: 2 }),
  ];
  for (const check of checks) {
    const result = await check;
    expect(result).toMatchObject({ ok: true });
  }
});
