// The WebAssembly device in a real browser: it starts at once on the main thread and in a worker, passes the suite of backends, and computes
// random cases as the CPU backend does.
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { chromium } from 'playwright';
import { beforeAll, expect, test } from 'vitest';
import { chromiumLaunch } from './chromium.ts';

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
async function bundle(contents: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: core, loader: 'ts' },
    bundle: true,
    format: 'esm',
    target: 'es2022',
    platform: 'browser',
    write: false,
  });
  return outputFiles[0]!.text;
}

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
  const browser = await chromium.launch(chromiumLaunch());
  try {
    const tab = await browser.newPage();
    const problems: string[] = [];
    tab.on('pageerror', (error) => problems.push(error.message));
    const files: Readonly<Record<string, readonly [type: string, body: string]>> = {
      '/': ['text/html', '<!doctype html><script type="module" src="/page.js"></script>'],
      '/page.js': ['text/javascript', await bundle(page)],
      '/worker.js': ['text/javascript', await bundle(inWorker)],
    };
    await tab.route('http://localhost/**', (route) => {
      const file = files[new URL(route.request().url()).pathname];
      return file ? route.fulfill({ contentType: file[0], body: file[1] }) : route.fulfill({ status: 404 });
    });
    await tab.goto('http://localhost/');
    await tab.waitForFunction('globalThis.report', undefined, { timeout: 150_000 }).catch((error: Error) => {
      throw new Error([...problems, error.message].join('\n'));
    });
    report = (await tab.evaluate('globalThis.report')) as Report;
  } finally {
    await browser.close();
  }
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
