// The worked example of CONTRIBUTING.md: its code is these files, and everything that it promises works by itself does.
import { readFileSync } from 'node:fs';
import * as core from '@nn/core';
import { gradcheck } from '@nn/core/testing';
import { tf } from '@nn/keras';
import { checkParity, toKeras, toTorch } from '@nn/port';
import * as torch from '@nn/torch';
import { expect, test } from 'vitest';
import { Angle, AngleLayer } from './angle.js';
import { gudermannian } from './gudermannian.js';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');

test('the guide shows these files', () => {
  const guide = read('../../../../CONTRIBUTING.md');
  for (const file of ['gudermannian.ts', 'angle.ts']) expect(guide).toContain(read(file).trimEnd());
});
test('the operation: values, gradients to second order, compiled, integers', async () => {
  const x = core.tensor([-2, 0, 0.5, 3], { dtype: 'f64' });
  const expected = [-2, 0, 0.5, 3].map((v) => 2 * Math.atan(Math.tanh(v / 2)));
  core.dataSync(gudermannian(x)).forEach((v, k) => expect(v).toBeCloseTo(expected[k]!, 14));
  expect((await gradcheck((t: core.Tensor) => core.sum(gudermannian(t)), [x], { order: 2 })).ok).toBe(true);
  expect(core.toArraySync(core.compile((t: core.Tensor) => gudermannian(core.mul(t, 1)))(x))).toEqual(
    core.toArraySync(gudermannian(x)),
  );
  expect(gudermannian(core.tensor([1], { dtype: 'i32' })).dtype).toBe('f32');
});
test('the layer: in both styles, on symbolic tensors, ported both ways', async () => {
  const inputs = tf.keras.Input({ shape: [3] });
  expect(new tf.keras.Model({ inputs, outputs: new AngleLayer()(inputs) }).outputShape).toEqual([null, 3]);
  const module = new Angle(3);
  const layer = toKeras(module, { inputShape: [3] });
  const report = await checkParity(module, layer, {
    inputs: [torch.randn([4, 3])],
    train: { steps: 5, optimizer: 'adam' },
  });
  expect(report.equal).toBe(true);
  expect(Object.keys((toTorch(layer, { inputShape: [3] }) as torch.nn.Module).stateDict())).toEqual(['scale']);
});
