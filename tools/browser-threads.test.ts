// Threads of the WebAssembly device in a real browser: with the worker's file, without it, and in a page that may not share memory.
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { chromium, type Browser } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chromiumLaunch } from './chromium.ts';

const core = fileURLToPath(new URL('../packages/core/src', import.meta.url));
const program = `
import { tensor, matmul, exp, sum, dataSync } from './index.js';
import { createWasm } from './backend/wasm/wasm.js';
import { useBackend } from './graph/state.js';

const said = [];
console.warn = (message) => said.push(message);
const device = createWasm({ divideFrom: 0 });
useBackend(device);
const x = tensor(Float32Array.from({ length: 65536 }, (_, k) => Math.sin(k)), { shape: [256, 256] });
const run = () => [...new Uint32Array(dataSync(sum(exp(matmul(exp(x), x)), { axes: 0 })).buffer)].join();
const right = run();
const same = [];
for (const n of [2, 3]) {
  await device.threads.set(n);
  for (let k = 0; k < 30; k++) same.push(run() === right);
}
const helped = device.threads.workers?.helped ?? 0;
await device.threads.set(1);
globalThis.report = { isolated: crossOriginIsolated, same: same.every(Boolean), runs: same.length, helped, said };
`;
const differences = `
import { cpu } from './backend/cpu/cpu.js';
import { createWasm } from './backend/wasm/wasm.js';
import { primitives } from './ops/primitives.js';
import { checkDifference } from './testing/differential.js';

const device = createWasm({ divideFrom: 0 });
await device.threads.set(2);
const failures = [];
const end = performance.now() + 30_000;
let seed = 0;
// The kernels are so small that one thread may have done them before the other has looked: more follow until it was there.
for (; seed < 6 || (!device.threads.workers.helped && performance.now() < end); seed++) {
  for (const p of primitives)
    try {
      checkDifference(p, seed, device, cpu);
    } catch (error) {
      failures.push(p.name + ': ' + error.message);
    }
  await new Promise((next) => setTimeout(next));
}
const helped = device.threads.workers.helped;
await device.threads.set(1);
globalThis.report = { runs: seed * primitives.length, helped, said: failures };
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
  readonly isolated: boolean;
  readonly same: boolean;
  readonly runs: number;
  readonly helped: number;
  readonly said: readonly string[];
  /** Whether the worker's file was asked for, and whether it was there. */
  readonly asked: boolean;
}

let browser: Browser;
let page: string;
let differing: string;
let worker: string;
beforeAll(async () => {
  [browser, page, differing, worker] = await Promise.all([
    chromium.launch(chromiumLaunch()),
    bundle(program),
    bundle(differences),
    bundle("import './backend/wasm/kernel-worker.js';"),
  ]);
}, 120_000);
afterAll(() => browser?.close());

async function open(
  files: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>>,
): Promise<Report> {
  const tab = await browser.newPage();
  const problems: string[] = [];
  let asked = false;
  tab.on('pageerror', (error) => problems.push(error.message));
  await tab.context().route('http://localhost/**', (route) => {
    const { pathname } = new URL(route.request().url());
    asked ||= pathname === '/kernel-worker.js';
    const body = files[pathname];
    const contentType = pathname === '/' ? 'text/html' : 'text/javascript';
    return body === undefined ? route.fulfill({ status: 404 }) : route.fulfill({ contentType, body, headers });
  });
  try {
    await tab.goto('http://localhost/');
    await tab.waitForFunction('globalThis.report', undefined, { timeout: 60_000 }).catch((error: Error) => {
      throw new Error([...problems, error.message].join('\n'));
    });
    return { ...((await tab.evaluate('globalThis.report')) as Report), asked };
  } finally {
    await tab.context().unroute('http://localhost/**');
    await tab.close();
  }
}
const html = '<!doctype html><script type="module" src="/page.js"></script>';
const isolating = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' };

test('one, two and three threads give the same bits, with the file of the worker', async () => {
  const report = await open({ '/': html, '/page.js': page, '/kernel-worker.js': worker }, isolating);
  expect(report).toMatchObject({ isolated: true, same: true, runs: 60, said: [], asked: true });
  expect(report.helped).toBeGreaterThan(0);
}, 90_000);
test('the same where a bundler has left the file out', async () => {
  const report = await open({ '/': html, '/page.js': page }, isolating);
  expect(report).toMatchObject({ isolated: true, same: true, runs: 60, said: [], asked: true });
  expect(report.helped).toBeGreaterThan(0);
}, 90_000);
test('every primitive on two threads is as on the CPU', async () => {
  const report = await open({ '/': html, '/page.js': differing, '/kernel-worker.js': worker }, isolating);
  expect(report.said).toEqual([]);
  expect(report.runs).toBeGreaterThan(500);
  expect(report.helped).toBeGreaterThan(0);
}, 90_000);
test('a page that is not isolated runs on one thread and says what to do', async () => {
  const report = await open({ '/': html, '/page.js': page }, {});
  expect(report).toMatchObject({ isolated: false, same: true, runs: 60, helped: 0, asked: false });
  expect(report.said).toEqual([expect.stringMatching(/^setThreads\(2\): this page is not cross-origin isolated/)]);
}, 90_000);
