// Transposed convolutions, which are made of parts without zeros between elements, and those with channels last, against what they are defined as.
import { describe, expect, it } from 'vitest';
import type { Shape } from '../base/index.js';
import { requireGrad } from '../graph/create.js';
import type { Tensor } from '../graph/tensor.js';
import { gradients } from '../autograd/index.js';
import { distance } from '../testing/distance.js';
import { randomValues, runOn, type Arrays, type Program } from '../testing/on-device.js';
import { cpu } from '../backend/cpu/cpu.js';
import * as ops from './index.js';

/** x[N,C,*s], w[C,O,*k]: the window reversed, over the elements of x with zeros between them. */
function defined(x: Tensor, w: Tensor, stride: readonly number[], padding: number, outputPadding: number): Tensor {
  const axes = stride.map((_, d) => d + 2);
  return ops.conv(x, ops.permute(ops.flip(w, axes), [1, 0, ...axes]), {
    inputDilation: stride,
    padding: axes.map((d) => [w.shape[d]! - 1 - padding, w.shape[d]! - 1 - padding + outputPadding] as const),
  });
}
const cases: readonly (readonly [Shape, Shape, readonly number[], number, number])[] = [
  [[2, 5, 7], [5, 3, 12], [2], 0, 0],
  [[1, 6, 9], [6, 8, 7], [3], 2, 1],
  [[2, 4, 5, 6], [4, 5, 3, 3], [2, 2], 1, 1],
  [[1, 40, 4, 3], [40, 2, 1, 2], [2, 3], 0, 0],
  [[1, 4, 4, 5], [4, 3, 4, 3], [2, 1], 1, 0],
  [[1, 3, 3, 2, 4], [3, 4, 2, 3, 3], [2, 2, 2], 1, 1],
];
/** The value of a function and the gradients of the sum of its squares. */
const withGradients =
  (f: (x: Tensor, w: Tensor) => Tensor): Program =>
  (x, w) => {
    const [a, b] = [requireGrad(x), requireGrad(w)];
    const y = f(a, b);
    return [y, ...gradients([ops.sum(ops.mul(y, y))]).values()];
  };
async function expectEqual(arrays: Arrays, f: Program, defined: Program): Promise<void> {
  const values = randomValues(arrays);
  const [right, got] = [await runOn(cpu, arrays, values, defined), await runOn(cpu, arrays, values, f)];
  expect(Math.max(...right.map((v, k) => distance(got[k]!, v)))).toBeLessThan(1e-5);
}
describe('a transposed convolution', () => {
  it.each(cases)('of %j with %j, stride %j', (from, window, stride, padding, outputPadding) =>
    expectEqual(
      [[from], [window]],
      withGradients((x, w) => ops.convTranspose(x, w, { stride, padding, outputPadding })),
      withGradients((x, w) => defined(x, w, stride, padding, outputPadding)),
    ),
  );
});
describe('a convolution with channels last', () => {
  const layouts: readonly (readonly [Shape, Shape, ops.ConvOptions])[] = [
    [[2, 7, 6], [6, 1, 3], { groups: 6, padding: 1 }],
    [[2, 6, 5, 4], [4, 1, 3, 2], { groups: 4, stride: 2 }],
    [[1, 5, 4, 3, 2], [2, 1, 2, 2, 2], { groups: 2, padding: 1, dilation: 2 }],
    [[2, 6, 5, 4], [8, 2, 3, 2], { groups: 2, padding: [1, 0] }],
  ];
  it.each(layouts)('of %j with %j', (from, window, options) => {
    const axes = from.map((_, d) => d).slice(2);
    return expectEqual(
      [[from], [window]],
      withGradients((x, w) => ops.conv(x, w, { ...options, channelsLast: true })),
      withGradients((x, w) => {
        const y = ops.conv(ops.permute(x, [0, from.length - 1, ...axes.map((d) => d - 1)]), w, options);
        return ops.permute(y, [0, ...axes, 1]);
      }),
    );
  });
});
