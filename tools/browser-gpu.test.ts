// The WebGPU device in a real browser: the suite of backends, training in both modes, reads, a lost device and its successor.
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import { bundle, reportOf } from './page.ts';

const core = fileURLToPath(new URL('../packages/core/src', import.meta.url));
const page = `
import * as nn from './index.js';
import { createWebgpu, openWebgpu } from './backend/webgpu/index.js';
import { backendSuite } from './testing/backend-suite.js';

const report = { adapter: '', first: null, passed: 0, failures: [], lost: '', after: null, kernels: 0 };
try {
  await nn.setDevice('webgpu');
  report.first = [nn.device().name, await nn.toArray(nn.matmul(nn.ones([2, 3]), nn.ones([3, 2])))];
  const device = await createWebgpu();
  report.adapter = device.report.description || device.report.vendor;
  for (const check of backendSuite(() => device, { cases: 2, denormals: false })) {
    try {
      await check.run();
      report.passed++;
    } catch (error) {
      report.failures.push(check.of + ' ' + check.name + ': ' + error.message);
    }
  }
  device.destroy();
  const shared = await openWebgpu();
  report.kernels = (await shared.profile(() => nn.data(nn.exp(nn.ones([10]))))).kernels.length;
  const waiting = nn.data(nn.ones([1000]));
  shared.destroy();
  await waiting.catch((error) => (report.lost = error.message));
  await nn.setDevice('webgpu');
  report.after = await nn.item(nn.sum(nn.ones([10])));
} catch (error) {
  report.failures.push(error.message);
}
globalThis.report = report;
`;
interface Report {
  readonly adapter: string;
  readonly first: unknown;
  readonly passed: number;
  readonly failures: readonly string[];
  readonly lost: string;
  readonly after: unknown;
  readonly kernels: number;
}
let report: Report;
beforeAll(async () => {
  report = (await reportOf({ '/page.js': await bundle(page, core) }, 200_000)) as Report;
}, 220_000);

test('is chosen by name, and computes', () => {
  expect(report.first).toEqual([
    'webgpu',
    [
      [3, 3],
      [3, 3],
    ],
  ]);
});
test('passes the suite of backends', () => {
  expect(report.failures).toEqual([]);
  expect(report.passed).toBeGreaterThan(250);
});
test('profiles, says when the device is lost, and goes on with a new one', () => {
  expect(report.kernels).toBeGreaterThan(0);
  expect(report.lost).toContain('webgpu: the device was lost');
  expect(report.after).toBe(10);
});
