// Transposed convolutions, which are made of parts without zeros between elements, against the convolution that they are defined as.
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
describe('a transposed convolution', () => {
  it.each(cases)('of %j with %j, stride %j', async (from, window, stride, padding, outputPadding) => {
    const arrays: Arrays = [[from], [window]];
    const values = randomValues(arrays);
    const both =
      (f: (x: Tensor, w: Tensor) => Tensor): Program =>
      (x, w) => {
        const [a, b] = [requireGrad(x), requireGrad(w)];
        const y = f(a, b);
        return [y, ...gradients([ops.sum(ops.mul(y, y))]).values()];
      };
    const right = await runOn(
      cpu,
      arrays,
      values,
      both((x, w) => defined(x, w, stride, padding, outputPadding)),
    );
    const got = await runOn(
      cpu,
      arrays,
      values,
      both((x, w) => ops.convTranspose(x, w, { stride, padding, outputPadding })),
    );
    expect(Math.max(...right.map((v, k) => distance(got[k]!, v)))).toBeLessThan(1e-5);
  });
});
