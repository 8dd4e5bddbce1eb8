// Shows that the linter, as configured, catches reads that nobody waits for.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from './sources.ts';

interface Report {
  readonly diagnostics: readonly {
    readonly code: string;
    readonly labels: readonly { readonly span: { readonly line: number } }[];
  }[];
}

test('unawaited promises are refused, awaited ones are not', () => {
  const fixture = 'tools/fixtures/unawaited.ts';
  const wanted = readFileSync(join(root, fixture), 'utf8')
    .split('\n')
    .flatMap((text, index) => {
      const rule = /refused: (\S+)/.exec(text)?.[1];
      return rule === undefined ? [] : [`${index + 1} typescript(${rule})`];
    });
  const config = JSON.parse(readFileSync(join(root, '.oxlintrc.json'), 'utf8')) as { ignorePatterns: string[] };
  const copy = join(mkdtempSync(join(tmpdir(), 'lint-')), 'oxlintrc.json');
  writeFileSync(copy, JSON.stringify({ ...config, ignorePatterns: [] }));
  const command = ['--type-aware', '--format=json', `--config=${copy}`, fixture];
  const { stdout, status } = spawnSync('oxlint', command, { cwd: root, encoding: 'utf8' });
  rmSync(dirname(copy), { recursive: true });
  expect(status).toBe(1);
  const found = (JSON.parse(stdout) as Report).diagnostics.map(({ code, labels }) => `${labels[0]!.span.line} ${code}`);
  expect(found.sort()).toEqual(wanted.sort());
});
