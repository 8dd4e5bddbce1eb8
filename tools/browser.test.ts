// The WebAssembly device in a real browser: it starts at once on the main thread and in a worker, passes the suite of backends, and computes
// random cases as the CPU backend does.
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import { bundle, reportOf } from './page.ts';

const core = fileURLToPath(new URL('../packages/core/src', import.meta.url));
const page = `
import * as nn from './index.js';
import { cpu } from './backend/cpu/cpu.js';
import { engine } from './backend/wasm/engine.js';
import { createWasm } from './backend/wasm/wasm.js';
import { primitives } from './ops/primitives.js';
import { backendSuite } from './testing/backend-suite.js';
import { checkDifference } from './testing/differential.js';

const first = nn.toArraySync(nn.add(nn.ones([2]), 1));
const report = { device: nn.device().name, first, engine: engine(), passed: 0, failures: [] };
const attempt = async (what, run) => {
  try {
    await run();
    report.passed++;
  } catch (error) {
    report.failures.push(what + ': ' + error.message);
  }
};
const device = createWasm();
for (const check of backendSuite(() => device, { cases: 4 })) await attempt(check.of + ' ' + check.name, check.run);
for (const p of primitives)
  await attempt(p.name + ' as on the CPU', () => {
    for (let seed = 0; seed < 12; seed++) checkDifference(p, seed, device, cpu);
  });
const worker = new Worker('/worker.js', { type: 'module' });
report.worker = await new Promise((resolve, reject) => {
  worker.onmessage = (message) => resolve(message.data);
  worker.onerror = (error) => reject(new Error(error.message));
});
globalThis.report = report;
`;
const inWorker = `
import * as nn from './index.js';
postMessage({ device: nn.device().name, first: nn.toArraySync(nn.matmul(nn.ones([2, 3]), nn.ones([3, 2]))) });
`;
interface Report {
  readonly device: string;
  readonly first: unknown;
  readonly engine: { readonly madd: boolean };
  readonly passed: number;
  readonly failures: readonly string[];
  readonly worker: { readonly device: string; readonly first: unknown };
}
let report: Report;
beforeAll(async () => {
  const scripts = { '/page.js': await bundle(page, core), '/worker.js': await bundle(inWorker, core) };
  report = (await reportOf(scripts, 150_000)) as Report;
}, 180_000);

test('starts on WebAssembly at once, with relaxed instructions, on the main thread and in a worker', () => {
  expect(report).toMatchObject({ device: 'wasm', first: [2, 2], engine: { madd: true } });
  expect(report.worker).toEqual({
    device: 'wasm',
    first: [
      [3, 3],
      [3, 3],
    ],
  });
});
test('passes the suite of backends, and random cases against the CPU', () => {
  expect(report.failures).toEqual([]);
  expect(report.passed).toBeGreaterThan(350);
});
