// Shows that the measured bundle holds what the program uses and nothing else.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { esbuildSize, viteSize } from './size.ts';

const folder = mkdtempSync(join(tmpdir(), 'size-'));
const library = join(folder, 'node_modules', 'library');
mkdirSync(library, { recursive: true });
writeFileSync(
  join(library, 'package.json'),
  '{ "name": "library", "type": "module", "sideEffects": false, "exports": "./index.ts" }',
);
writeFileSync(join(library, 'index.ts'), "export { small } from './small.js';\nexport { large } from './large.js';\n");
writeFileSync(join(library, 'small.ts'), 'export const small: number = 1;\n');
const words = Array.from({ length: 2000 }, (_, i) => Math.sin(i).toString(36)).join('');
writeFileSync(join(library, 'large.ts'), `export const large: string = '${words}';\n`);

afterAll(() => rmSync(folder, { recursive: true }));

test('an import that is not used costs nothing', async () => {
  const small = await esbuildSize("import { small } from 'library';\nconsole.log(small);", folder);
  const large = await esbuildSize("import { large } from 'library';\nconsole.log(large);", folder);
  expect(small.gzip).toBeLessThan(100);
  expect(large.gzip).toBeGreaterThan(10_000);
  expect(large.minified).toBeGreaterThan(large.gzip);
  expect(await viteSize("import { small } from 'library';\nconsole.log(small);", folder)).toBeLessThan(100);
  expect(await viteSize("import { large } from 'library';\nconsole.log(large);", folder)).toBeGreaterThan(10_000);
  expect(large.largest[0]![0]).toMatch(/large\.ts$/);
});
test('what is left out is imported, not counted', async () => {
  const code = "import { small, large } from 'library';\nconsole.log(small, large);";
  expect(await viteSize(code, folder)).toBeGreaterThan(10_000);
  expect(await viteSize(code, folder, /\/large\.ts$/)).toBeLessThan(300);
});
