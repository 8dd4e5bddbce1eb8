// A page in the headless browser: bundled from sources, served without a server, left when it has put its report into `globalThis.report`.
import { build } from 'esbuild';
import { chromium } from 'playwright';
import { chromiumLaunch } from './chromium.ts';

/** One script of the sources, as an ES module for browsers. */
export async function bundle(contents: string, resolveDir: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir, loader: 'ts' },
    bundle: true,
    format: 'esm',
    target: 'es2022',
    platform: 'browser',
    write: false,
  });
  return outputFiles[0]!.text;
}

/**
 * Opens `/page.js` in the browser and waits for its report.
 *
 * @param scripts  by path; `/page.js` is the page's own
 * @param timeout  in milliseconds
 */
export async function reportOf(scripts: Readonly<Record<string, string>>, timeout: number): Promise<unknown> {
  const browser = await chromium.launch(chromiumLaunch());
  try {
    const tab = await browser.newPage();
    const problems: string[] = [];
    tab.on('pageerror', (error) => problems.push(error.message));
    tab.on('console', (message) => problems.push(`${message.type()}: ${message.text()}`));
    await tab.route('http://localhost/**', (route) => {
      const { pathname } = new URL(route.request().url());
      const page = '<!doctype html><script type="module" src="/page.js"></script>';
      if (pathname === '/') return route.fulfill({ contentType: 'text/html', body: page });
      const body = scripts[pathname];
      return body === undefined
        ? route.fulfill({ status: 404 })
        : route.fulfill({ contentType: 'text/javascript', body });
    });
    await tab.goto('http://localhost/');
    await tab.waitForFunction('globalThis.report', undefined, { timeout }).catch((error: Error) => {
      throw new Error([...problems.slice(0, 20), error.message].join('\n'));
    });
    return await tab.evaluate('globalThis.report');
  } finally {
    await browser.close();
  }
}
