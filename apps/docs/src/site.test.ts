// The built site in a real browser: both styles of every program, as text and run on the devices; the demo; the tables, navigation, links.
import { execFileSync } from 'node:child_process';
import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser, type Page } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chromiumLaunch } from '../../../tools/chromium.js';
import { differences } from './differences.js';
import { cut, exportsOf, pairs, runnable, shared, type ContractFile } from './programs.js';

const docs = fileURLToPath(new URL('..', import.meta.url));
const dist = join(docs, 'site/.vitepress/dist');
const types: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.woff2': 'font/woff2',
};
let server: Server;
let browser: Browser;
let page: Page;
let address: string;
const problems: string[] = [];

beforeAll(async () => {
  const bin = join(docs, 'node_modules/.bin');
  const run = (command: string, args: readonly string[]): void =>
    void execFileSync(command, args, { cwd: docs, stdio: 'pipe' });
  run(process.execPath, ['--conditions=@nn/source', '--import', 'tsx', 'src/generate.ts']);
  run(join(bin, 'vitepress'), ['build', 'site']);
  server = createServer((request, response) => {
    const path = join(dist, decodeURIComponent(new URL(request.url!, 'http://localhost').pathname));
    const file = existsSync(path) && statSync(path).isDirectory() ? join(path, 'index.html') : path;
    if (!existsSync(file)) return response.writeHead(404).end();
    response.writeHead(200, { 'content-type': types[extname(file)] ?? 'application/octet-stream' });
    return createReadStream(file).pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  browser = await chromium.launch(chromiumLaunch());
  page = await browser.newPage();
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  page.on('pageerror', (error) => problems.push(error.message));
  page.on(
    'response',
    (response) => response.status() >= 400 && problems.push(`${response.status()} ${response.url()}`),
  );
}, 180_000);
afterAll(async () => {
  await browser?.close();
  server?.close();
});

test('every program of the contract is on the first page', () => {
  const shown = (file: ContractFile): string[] => [
    ...pairs.flatMap((p) => (file === 'torch' ? p.torch : file === 'keras' ? p.keras : [])),
    ...shared.flatMap((s) => (s.file === file ? s.names : [])),
  ];
  for (const file of ['torch', 'keras', 'core', 'port'] as const)
    expect(shown(file)).toEqual(expect.arrayContaining(exportsOf(file)));
});
test('the first page shows both styles side by side, as they are in the tested files', async () => {
  await page.goto(`${address}/index.html`);
  const columns = page.locator('.pair > div');
  expect(await columns.count()).toBe(2 * pairs.length);
  const text = (await page.locator('main').innerText()).replaceAll(/\s+/g, ' ');
  for (const { torch, keras } of pairs) {
    for (const name of torch) expect(text).toContain(cut('torch', name).replaceAll(/\s+/g, ' '));
    for (const name of keras) expect(text).toContain(cut('keras', name).replaceAll(/\s+/g, ' '));
  }
  const [left, right] = [await columns.nth(0).boundingBox(), await columns.nth(1).boundingBox()];
  expect(left!.y).toBe(right!.y);
  expect(right!.x).toBeGreaterThan(left!.x + 300);
  expect(await page.locator('main table').count()).toBe(differences.length);
});
/** What the programs on the first page come to on a device, by file and name. */
async function runAll(device: string): Promise<Record<string, string>> {
  await page.goto(`${address}/index.html`);
  await page.locator('device-chooser select').selectOption(device);
  const results: Record<string, string> = {};
  for (const program of await page.locator('run-program').all()) {
    await program.locator('button').click();
    const result = program.locator('pre, .failed');
    await result.waitFor({ timeout: 60_000 });
    results[`${await program.getAttribute('of')} ${await program.getAttribute('name')}`] = await result.innerText();
    expect(await program.locator('.said').innerText()).toMatch(
      (await program.locator('.failed').count()) ? /^$/ : new RegExp(`^on ${device}, [\\d.]+ ms$`),
    );
  }
  return results;
}
const wanted: Readonly<Record<string, string | RegExp>> = {
  'torch customActivation': 'output: [0, 0, 0, 0.75, 2]',
  'torch trainingLoop': /losses: \[72\.\d+, …, 9\.\d+\] \(100 numbers\)/,
  'torch compiledTrainingLoop': /losses: \[72\.\d+, …, 9\.\d+\] \(100 numbers\)/,
  'torch customCell': 'output: [4, 7, 20]\nhidden: [1, 4, 20]',
  'keras functionalModel': 'Total params: 3,201',
  'keras compileAndFit': /accuracy: 0\.9\d+\n/,
  'keras tracedFunction': 'first: 2\nsecond: 6\nthird: [2, 4]\ntraces: 2',
  'port structuralPort': 'equal: true',
  'port customRule': 'true',
};
test.each(['wasm', 'webgpu'])('every program runs in the browser on %s', { timeout: 200_000 }, async (device) => {
  const results = await runAll(device);
  const names = (['torch', 'keras', 'core', 'port'] as const).flatMap((file) =>
    runnable(file, exportsOf(file)).map((name) => `${file} ${name}`),
  );
  expect(Object.keys(results).sort()).toEqual(names.sort());
  for (const [name, text] of Object.entries(wanted)) expect(`${name}: ${results[name]}`).toMatch(text);
  expect(results['core chooseDevice']).toBe(`name: ${device}\ntorch: ${device}\nkeras: ${device}`);
  expect(results['core gradientsCheck']).toMatch(device === 'wasm' ? /^ok: true/ : 'device "webgpu" has no f64');
  expect(await page.locator('run-program[name=trainingLoop] polyline').count()).toBe(1);
  expect(problems).toEqual([]);
});
test.each(['wasm', 'webgpu'])('the demo trains in the browser on %s', { timeout: 120_000 }, async (device) => {
  await page.goto(`${address}/digits.html`);
  await page.locator('device-chooser select').selectOption(device);
  const demo = page.locator('train-digits');
  await demo.evaluate((e) => e.setAttribute('epochs', '2'));
  await demo.locator('button').click();
  await demo.locator('table, .failed').waitFor({ timeout: 100_000 });
  const text = await demo.locator('table').innerText();
  const [torch, keras] = [...text.matchAll(/([\d.]+) %/g)].map((m) => Number(m[1]));
  expect([torch! > 90, keras]).toEqual([true, torch]);
  expect(Number(/differ by\s+(\S+)/.exec(text)![1])).toBeLessThan(1e-5);
  expect(text).toMatch(/ported to Keras\s+equal/);
  expect(await demo.locator('polyline').count()).toBe(2);
  expect(problems).toEqual([]);
});
test('a narrow screen has one column and does not scroll sideways', async () => {
  await page.setViewportSize({ width: 400, height: 800 });
  await page.goto(`${address}/index.html`);
  const columns = page.locator('.pair > div');
  expect((await columns.nth(1).boundingBox())!.y).toBeGreaterThan((await columns.nth(0).boundingBox())!.y);
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)).toBe(true);
  await page.setViewportSize({ width: 1400, height: 900 });
});
test('navigation works, no link is broken, the console is clean', async () => {
  await page.goto(`${address}/index.html`);
  await page.locator('.VPNavBarMenu a', { hasText: 'Differences' }).click();
  await page.waitForURL('**/differences.html');
  expect(await page.locator('main table').count()).toBe(differences.length);
  const seen = new Set<string>();
  const queue = [`${address}/index.html`];
  while (queue.length) {
    const url = queue.pop()!;
    if (seen.has(url)) continue;
    seen.add(url);
    const response = await page.goto(url);
    expect(`${response!.status()} ${url}`).toBe(`200 ${url}`);
    const links = await page
      .locator('a[href]')
      .evaluateAll((all) => all.map((a) => (a as HTMLAnchorElement).href.split('#')[0]!));
    queue.push(...links.filter((link) => link.startsWith(address) && !link.endsWith('/')));
  }
  expect(seen.size).toBeGreaterThanOrEqual(7);
  expect(problems).toEqual([]);
});
