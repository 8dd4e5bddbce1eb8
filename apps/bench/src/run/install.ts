// The other libraries: installed on demand into a folder of their own, outside of the workspace.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where their package.json is, beside the sources and beside the built program alike. */
export const peersFolder: string = fileURLToPath(new URL('../../peers/', import.meta.url));

/** Installs the peers unless they are there; says so, because it takes a while. */
export function installPeers(say: (line: string) => void): void {
  const lock = readFileSync(join(peersFolder, 'pnpm-lock.yaml'), 'utf8');
  const mark = join(peersFolder, 'node_modules/.installed');
  if (existsSync(mark) && readFileSync(mark, 'utf8') === lock) return;
  say('Installing the libraries to compare with (about 750 MB, once) ...');
  // No install script runs: that of onnxruntime-node would download a GPU build, and its CPU build is in the package.
  const { status, stdout, error } = spawnSync(
    'pnpm',
    ['install', '--ignore-workspace', '--frozen-lockfile', '--ignore-scripts', '--prefer-offline'],
    { cwd: peersFolder, encoding: 'utf8', shell: process.platform === 'win32', env: { ...process.env, CI: 'true' } },
  );
  if (status !== 0)
    throw new Error(
      `the libraries to compare with cannot be installed: ${error?.message ?? stdout}\nMeasure without them by --peers ours`,
    );
  writeFileSync(mark, lock);
}
