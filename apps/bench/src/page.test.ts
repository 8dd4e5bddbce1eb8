// The built page in a real browser: tiny sizes on WebAssembly, and what it says of libraries that cannot be had.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser, type Page } from 'playwright';
import { build, preview, type PreviewServer } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chromiumLaunch } from '../../../tools/chromium.js';

const outDir = mkdtempSync(join(tmpdir(), 'bench-page-'));
const config = {
  configFile: fileURLToPath(new URL('../vite.config.ts', import.meta.url)),
  mode: 'alone',
  build: { outDir, emptyOutDir: true },
};
let server: PreviewServer;
let browser: Browser;
let page: Page;
let address: string;
const problems: string[] = [];

beforeAll(async () => {
  await build(config);
  server = await preview({ ...config, preview: { port: 0, host: '127.0.0.1' } });
  address = server.resolvedUrls!.local[0]!;
  browser = await chromium.launch(chromiumLaunch());
  page = await browser.newPage();
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  page.on('pageerror', (error) => problems.push(error.message));
}, 180_000);
afterAll(async () => {
  await browser?.close();
  await server?.close();
  rmSync(outDir, { recursive: true, force: true });
});

/** Cells of the tables by the names of their rows, of the first table that has one. */
const figures = async (): Promise<Record<string, string[]>> =>
  Object.fromEntries(
    await page.locator('tbody tr').evaluateAll((rows) =>
      rows
        .map((row) => [...row.children].map((c) => c.textContent))
        .map(([name, ...rest]) => [name!, rest])
        .reverse(),
    ),
  ) as Record<string, string[]>;

test('measures every task on WebAssembly', { timeout: 120_000 }, async () => {
  await page.goto(`${address}?sizes=tiny&libraries=ours-wasm,ours-wasm-eager&rounds=1&run`);
  await page.waitForSelector('[data-state=done]', { timeout: 100_000 });
  const rows = await figures();
  const figure = /^\d\S* \(\d\S*\)$/;
  for (const name of ['32, f32', 'gradient by the weight', 'softmax', 'layer norm', 'MLP', 'LeNet', 'transformer'])
    expect(rows[name]).toEqual([expect.stringMatching(figure)]);
  expect(await page.locator('h2').allInnerTexts()).toContain('First run of a training step, ms');
  expect(rows['an eager addition']).toEqual(['-', expect.stringMatching(figure)]);
  expect(await page.locator('.error').count()).toBe(0);
  expect(await page.locator('td.best').count()).toBeGreaterThan(5);
  expect(problems).toEqual([]);
});

test('offers libraries and tasks, and fits a narrow screen', async () => {
  await page.setViewportSize({ width: 400, height: 800 });
  await page.goto(address);
  await page.waitForSelector('#groups input');
  expect(await page.locator('#libraries input:checked').count()).toBe(8);
  expect(await page.locator('#groups input:checked').count()).toBe(5);
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)).toBe(true);
  await page.setViewportSize({ width: 1200, height: 800 });
});

test('says why a library cannot be had', { timeout: 60_000 }, async () => {
  await page.goto(`${address}?sizes=tiny&libraries=tfjs-webgpu,jax-js,ours-wasm&rounds=1&run`);
  await page.waitForSelector('[data-state=done]', { timeout: 50_000 });
  expect(await page.locator('#refusals p').allInnerTexts()).toEqual([
    expect.stringMatching(/^tfjs-webgpu is left out: .*pnpm bench:page/),
    expect.stringMatching(/^jax-js is left out: .*pnpm bench:page/),
  ]);
  expect((await figures())['softmax']).toEqual([expect.stringMatching(/^\d/)]);
});
